"""A job and the item it is linked to: what is laid beside what, and what comes of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from tiebeam.operations.audit.model import Actor


class Side(StrEnum):
    """One of the two that are linked."""

    JOB = "job"
    ITEM = "item"

    @property
    def other(self) -> Side:
        """The one across."""
        return Side.ITEM if self is Side.JOB else Side.JOB


class Owner(StrEnum):
    """Whose value counts where both sides have changed the same field."""

    JOB = "job"
    BOARD = "board"
    LATEST = "latest"
    """Of the side that was changed last."""
    ASK = "ask"
    """A person says; until then each side keeps its own."""


class Flow(StrEnum):
    """Which way a field goes where one side alone has changed it."""

    BOTH = "both"
    TO_BOARD = "to_board"
    """What is changed on the board is put back."""
    TO_JOB = "to_job"
    """What is changed on the job is put back."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """What of a job is what of an item, and how the two are kept in step."""

    field: str
    """Of the job: one of its fields, or `created`."""
    column: str
    """Of the item: `name`, or the key of a column."""
    owner: Owner
    flow: Flow = Flow.BOTH


FIELDS: Final = (
    FieldRule("title", "name", Owner.JOB),
    FieldRule("status", "status", Owner.LATEST),
    FieldRule("lead_id", "lead", Owner.LATEST),
    FieldRule("address", "address", Owner.JOB),
    FieldRule("created", "created", Owner.JOB, Flow.TO_BOARD),
    FieldRule("starts_on", "starts", Owner.LATEST),
    FieldRule("ends_on", "ends", Owner.LATEST),
)
"""What goes where unless somebody has said otherwise."""
LINK_COLUMN: Final = "job"
"""The key of the column that holds the id of the job, unless somebody has said otherwise."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How the items of a board are kept in step with jobs."""

    fields: tuple[FieldRule, ...] = FIELDS
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels of the status column that stand for a status beside those called like one."""

    def of(self, name: str) -> FieldRule | None:
        """Return the rule of a field, or None."""
        return next((one for one in self.fields if one.field == name), None)


@dataclass(frozen=True, slots=True)
class Odd:
    """What a side holds, and the other has nothing for."""

    text: str
    """As people read it there."""
    sentence: str
    """Why, and what to do."""


class Kind(StrEnum):
    """Why a field is not in step."""

    DIFFERS = "differs"
    """Both sides have changed it."""
    UNMAPPED = "unmapped"
    """One side holds what the other has nothing for."""


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that both sides have changed, or that one of them cannot hold."""

    field: str
    kind: Kind
    base: Any
    """What both last agreed on; None too where they never did."""
    job: Any
    item: Any
    sentence: str
    winner: Side | None = None
    """Whose value was taken; None where a person is asked."""

    def held(self, side: Side) -> Any:
        """Return what a side held, as JSON has it: an odd value by its text."""
        value = self.job if side is Side.JOB else self.item
        return value.text if isinstance(value, Odd) else value


@dataclass(frozen=True, slots=True)
class Merge:
    """What is to be written where. Nothing at all where nothing has changed."""

    to_job: Mapping[str, Any]
    to_item: Mapping[str, Any]
    base: Mapping[str, Any]
    """What both agree on when both have been written."""
    clashes: tuple[Clash, ...]
    meanwhile: Mapping[str, Any]
    """The base of what goes to the item until it has arrived: what the item held when that was decided."""

    @property
    def writes(self) -> bool:
        """Whether a side is to be written."""
        return bool(self.to_job or self.to_item)


@dataclass(frozen=True, slots=True)
class When:
    """When a field was last changed on each side; absent where nobody knows."""

    job: Mapping[str, datetime] = field(default_factory=dict)
    item: Mapping[str, datetime] = field(default_factory=dict)


class PairState(StrEnum):
    """How a pair stands."""

    LINKED = "linked"
    ASKS = "asks"
    """One side is gone, or the link was cleared: somebody says what is to become of the other."""
    UNLINKED = "unlinked"
    """Over; kept, so that no new item is made for the job by itself."""


class Asked(StrEnum):
    """What has happened to one side of a pair that asks."""

    JOB_DELETED = "job_deleted"
    ITEM_DELETED = "item_deleted"
    LINK_CLEARED = "link_cleared"

    @property
    def question(self) -> str:
        """What a person is asked."""
        return _QUESTIONS[self]


_QUESTIONS: Final = {
    Asked.JOB_DELETED: "The job was deleted. Bring it back, delete its item too, or leave the item alone?",
    Asked.ITEM_DELETED: "The item was deleted. Bring it back, delete its job too, or leave the job alone?",
    Asked.LINK_CLEARED: "The item no longer names its job. Put the link back, delete the item, or unlink it?",
}


class Answer(StrEnum):
    """What is to become of a pair that asks."""

    KEEP = "keep"
    """What is gone comes back, and both stay in step."""
    DELETE = "delete"
    """The other one goes too."""
    UNLINK = "unlink"
    """The other one stays, alone."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A job and the item it is linked to, with the base both last agreed on."""

    id: UUID
    job_id: UUID
    board_id: UUID
    item_ref: str
    """The id of the item."""
    base: Mapping[str, Any]
    state: PairState
    asked: Asked | None
    version: int
    made_at: datetime
    changed_at: datetime
    sent: Mapping[str, Any] = field(default_factory=dict)
    """What was sent to an item that is elsewhere, and is not known to have arrived."""


@dataclass(frozen=True, slots=True)
class Touched:
    """When a field of one side was changed last, and by whom."""

    at: datetime
    by: str


class Ruling(StrEnum):
    """How a conflict stands."""

    OPEN = "open"
    JOB = "job"
    """The job's value was taken."""
    ITEM = "item"
    AGREED = "agreed"
    """Somebody made both sides equal, or took back what they had changed."""
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A clash, kept: what each side held, since when and by whom, and what was decided."""

    id: UUID
    pair_id: UUID
    job_id: UUID
    board_id: UUID
    item_ref: str
    field: str
    kind: Kind
    base: Any
    job: Any
    item: Any
    job_at: datetime | None
    job_by: str
    """Who changed it there last, by name; empty where nobody knows."""
    item_at: datetime | None
    item_by: str
    sentence: str
    state: Ruling
    found_at: datetime
    decided_at: datetime | None
    decided_by: str

    @property
    def touched(self) -> dict[Side, Touched]:
        """When each side was changed last, and by whom, where that is known."""
        sides = ((Side.JOB, self.job_at, self.job_by), (Side.ITEM, self.item_at, self.item_by))
        return {side: Touched(at, by) for side, at, by in sides if at is not None}


@dataclass(frozen=True, slots=True)
class Done:
    """An operation, as the log has it."""

    id: int
    at: datetime
    pair_id: UUID | None
    job_id: UUID | None
    item_ref: str
    what: str
    """A verb: linked, synced, asked, answered, settled, undone, unlinked or chosen."""
    fields: Mapping[str, Any]
    """What was written, by field."""
    result: str
    """In words."""
    by: Actor
    cause_id: UUID
    hops: int


@dataclass(frozen=True, slots=True)
class Synced:
    """What came of a synchronisation."""

    pair_id: UUID | None = None
    item_id: UUID | None = None
    job_id: UUID | None = None
    to_job: Mapping[str, Any] = field(default_factory=dict)
    to_item: Mapping[str, Any] = field(default_factory=dict)
    conflicts: int = 0
    """Open ones of this pair."""
    made: bool = False
    """Whether the item or the pair was made by it."""
    asked: Asked | None = None
    note: str = ""
    """Why nothing was done, where that is to be explained."""
