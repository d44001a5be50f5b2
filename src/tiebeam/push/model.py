"""What is pushed, the steps it takes, and what is known of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime
    from uuid import UUID

    from tiebeam.kernel.errors import Owner

RECEIPT: Final = "$receipt"
"""`{"$receipt": "entry"}` in a payload stands for the vendor's id of what the step `entry` made."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to a paper. `name` is as its owner gave it, in any script; it may be empty."""

    id: UUID
    name: str
    media_type: str
    sha256: str
    size_bytes: int
    open: Callable[[], AsyncIterator[bytes]] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Paper:
    """One version of one document, as a target is given it."""

    kind: str
    id: UUID
    version: int
    number: str
    project: str
    """The target's own id of the project; empty while it has none."""
    body: Mapping[str, Any]
    attachments: tuple[Attachment, ...]
    origin: str
    """The key by which the target knows it again, unique over companies: `origin_of`."""
    later: Mapping[str, Any] = field(default_factory=dict)
    """What was chosen beside the body, which stays as it was: `change_event`, in the target's own id."""
    made: frozenset[str] = frozenset()
    """Once the paper is there, the names of its steps that are done: only what is beside them is planned."""


def origin_of(tenant_id: UUID, document_id: UUID) -> str:
    """Return the key under which a document is known outside."""
    return f"tiebeam:{tenant_id}:{document_id}"


def step_origin(paper: Paper, step: PlannedStep) -> str:
    """Return the key under which what one step makes is known outside."""
    return f"{paper.origin}:{step.name}"


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One write. What it makes can be looked for by its name within its paper.

    `payload` is exactly what is sent, JSON, with placeholders (`RECEIPT`) for ids that do not exist yet; a
    file goes by the id of its attachment. `needs` names the steps whose receipts it uses. What is
    `best_effort` (a photo) may fail without failing the paper.
    """

    name: str
    kind: str
    needs: tuple[str, ...]
    payload: Mapping[str, Any]
    best_effort: bool = False


@dataclass(frozen=True, slots=True)
class Steps:
    """What is to be written, in an order in which it can be.

    `made` are steps of an earlier plan that are done. Raises ValueError for two steps of one name, a need
    that no earlier step meets, a placeholder for what is not needed, and a step that must succeed but needs
    one that need not.
    """

    steps: tuple[PlannedStep, ...]
    made: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        earlier: dict[str, PlannedStep] = {}
        for step in self.steps:
            if step.name in earlier:
                raise ValueError(f"two steps are called {step.name}")
            for need in step.needs:
                if need not in earlier and need not in self.made:
                    raise ValueError(f"{step.name} needs {need}, which no earlier step makes")
                if need in earlier and earlier[need].best_effort and not step.best_effort:
                    raise ValueError(f"{step.name} must succeed but needs {need}, which may fail")
            if not placeholders(step.payload) <= set(step.needs):
                raise ValueError(f"{step.name} holds a placeholder for what it does not need")
            earlier[step.name] = step


def placeholders(payload: Any) -> set[str]:
    """Return the names of the steps whose receipts a payload waits for."""
    if isinstance(payload, Mapping):
        if set(payload) == {RECEIPT}:
            return {payload[RECEIPT]}
        return set[str]().union(*map(placeholders, payload.values()))
    if isinstance(payload, list | tuple):
        return set[str]().union(*map(placeholders, payload))
    return set()


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why nothing can be sent before a person has done something. `field` names the place in the body."""

    code: str
    cause: str
    owner: Owner
    action: str
    field: str | None = None
    """Where in the body, as a dotted path such as `labour.2.cost_code`."""
    fix: str | None = None
    """Where in Tiebeam it can be mended, as a path of its pages, where it can."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why it is not its time yet; it goes on by itself when that changes."""

    reason: str


Plan: TypeAlias = Steps | Blocked | Waiting


class StepState(StrEnum):
    """How far a step is."""

    PLANNED = "planned"
    SENDING = "sending"
    """Written down before the call is made; found after a crash it means `uncertain`."""
    DONE = "done"
    RETRY_AT = "retry_at"
    """Nothing was done; it is tried again at its time."""
    UNCERTAIN = "uncertain"
    """It may have been done: it is looked for, and only sent again when it is not there."""
    BLOCKED = "blocked"
    """A person must act first."""
    DEAD = "dead"
    """Given up after too many attempts, until a person has it sent again."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that something is there: the target's own id of it, and what the target said of it."""

    vendor_id: str
    answer: Mapping[str, Any]
    seen_at: datetime


class IntentState(StrEnum):
    """How the wish to have a document in a target stands."""

    WAITING = "waiting"
    """It is not its time yet, or the connection is gone; it goes on by itself."""
    OPEN = "open"
    """Something is still to be done, and is done by itself."""
    BLOCKED = "blocked"
    """A person must act first."""
    FAILED = "failed"
    """Given up, until a person has it sent again."""
    DONE = "done"
    DONE_WITH_FAILURES = "done_with_failures"
    """The document is there, and something that belongs to it (a photo) could not be sent."""


@dataclass(frozen=True, slots=True)
class Intent:
    """The wish that a document be in a target, once. `next_at` None: nothing happens by itself."""

    id: UUID
    document_kind: str
    document_id: UUID
    number: str
    project: str
    target: str
    state: IntentState
    plan_due: bool
    planned_version: int | None
    sent_stands: bool
    """A person has decided that what was sent of an older version stays as it is."""
    next_at: datetime | None
    trouble: Blocked | None
    wanted_by: str
    wanted_at: datetime
    trigger: str
    correlation_id: str
    done_at: datetime | None
    """When everything but what may fail was there; the document is read-only since."""


@dataclass(frozen=True, slots=True)
class Step:
    """A planned step and how it stands. `attempt` counts the calls that were begun to make it."""

    planned: PlannedStep
    state: StepState = StepState.PLANNED
    attempt: int = 0
    failures: int = 0
    """In a row; what decides about the next wait."""
    version: int = 1
    """Of the paper that it was planned for."""
    sent_at: datetime | None = None
    next_at: datetime | None = None
    trouble: Blocked | None = None
    receipt: Receipt | None = None

    @property
    def name(self) -> str:
        """Its name within its paper."""
        return self.planned.name


@dataclass(frozen=True, slots=True)
class Wish:
    """That a document be in a target. `project` is our own, by which it is told who may see it."""

    document_kind: str
    document_id: UUID
    number: str
    project: str
    target: str
