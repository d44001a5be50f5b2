"""How a document's way to a target stands, in answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Standing:
    """A document and a target. Did it arrive: `state`; when: `done_at`; why not: `cause`, and `action`."""

    intent_id: UUID
    document_kind: str
    document_id: UUID
    number: str
    project: str
    target: str
    state: str
    code: str | None
    cause: str | None
    owner: str | None
    action: str | None
    field: str | None
    fix: str | None
    wanted_by: str
    wanted_at: datetime
    trigger: str
    next_at: datetime | None
    """When it goes on by itself; None: it does not."""
    done_at: datetime | None
    correlation_id: str
    steps: int
    done: int
    uncertain: int
    stuck: int
    """Steps that wait for a person."""

    @property
    def synced(self) -> bool:
        """Whether the document is there, whatever became of its photos."""
        return self.done_at is not None

    @property
    def can_send_again(self) -> bool:
        """Whether pressing Send again does anything."""
        return self.state != "done"

    @property
    def in_words(self) -> str:
        """The state as people read it."""
        if self.uncertain and self.state == "open":
            return "uncertain"
        return WORDS[self.state]


WORDS: Final[Mapping[str, str]] = {
    "waiting": "waiting",
    "open": "on its way",
    "blocked": "blocked",
    "failed": "failed",
    "done": "sent",
    "done_with_failures": "sent, a part is missing",
}


@dataclass(frozen=True, slots=True)
class NotSent:
    """How many documents wait for a person."""

    documents: int
    since: datetime
    """When the oldest of them was wanted."""
    cause: str | None
    """Why that one is not there."""


class Stuck(StrEnum):
    """What a page of trouble can be narrowed to."""

    BLOCKED = "blocked"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    """Given up, as a whole or a photo."""


@dataclass(frozen=True, slots=True)
class StepStanding:
    """One write of a document and how it stands."""

    name: str
    kind: str
    best_effort: bool
    state: str
    attempt: int
    version: int
    code: str | None
    cause: str | None
    owner: str | None
    action: str | None
    next_at: datetime | None
    vendor_id: str | None
    seen_at: datetime | None
    payload_sha256: bytes | None
    """Of what was sent, as canonical JSON."""
    payload: dict[str, Any]
    """What is sent, with placeholders for ids that did not exist when it was planned."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was sent, or what came of it: an entry that nobody can change."""

    id: int
    name: str
    attempt: int
    event: str
    at: datetime
    correlation_id: str
    sent: dict[str, Any] | None
    answer: dict[str, Any] | None
    code: str | None
    cause: str | None
