"""A job, what is changed about it, and who changed what. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from tiebeam.operations.audit.model import Actor

HOPS_MAX: Final = 8
"""How often a change may be answered by another one: what goes on after that is a circle of rules."""


class JobStatus(StrEnum):
    """How far a job has come."""

    NEW = "new"
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    DONE = "done"
    CANCELLED = "cancelled"

    @property
    def in_words(self) -> str:
        """The status as people read it."""
        return self.value.replace("_", " ").capitalize()


FIELDS: Final = ("title", "status", "lead_id", "address", "starts_on", "ends_on")
"""What can be changed of a job, by its name."""


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work for a customer."""

    id: UUID
    number: int
    """Its own within the company, counted from 1."""
    title: str
    status: JobStatus
    lead_id: UUID | None
    """The person who leads it on site; somebody who has left stays named."""
    address: str
    starts_on: date | None
    ends_on: date | None
    created_at: datetime
    updated_at: datetime
    version: int
    """Counted from 1, one more with each change."""
    deleted_at: datetime | None = None


class Subject(StrEnum):
    """What a change is about."""

    JOB = "job"
    ITEM = "item"


class What(StrEnum):
    """What was done."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something is changed: a chain of changes that began with a person, and how far along it is."""

    id: UUID
    hops: int = 0
    """0 for what a person (or another system) did; one more for each rule or link that answered."""

    def next(self) -> Cause:
        """Return the cause of what is done in answer."""
        return Cause(self.id, self.hops + 1)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was done to a job or an item. Kept for ever: the activity that its page shows."""

    id: int
    at: datetime
    subject: Subject
    subject_id: UUID
    board_id: UUID | None
    """The board of an item."""
    what: What
    field: str | None
    """A field of a job; `name`, `group`, `position` or a column's key of an item; None: the whole of it."""
    before: Any
    """As JSON has it: dates as text, people as lists of ids."""
    after: Any
    version: int
    """The version that the subject has with it."""
    actor: Actor
    """Who did it: a person, or a part of Tiebeam (`Actor.system("rule …")`, `Actor.system("link")`)."""
    cause: Cause
