"""A rule: what it answers, under which conditions, and what it does then; and what came of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from tiebeam.jobs.boards.model import Board, Item
    from tiebeam.jobs.model import Cause, Job, Subject, What
    from tiebeam.operations.audit.model import Actor

NAME_MAX: Final = 200
RULES_MAX: Final = 200
PARTS_MAX: Final = 10
"""How many conditions a rule has at most, and how many actions."""
FIRINGS_A_MINUTE_MAX: Final = 1000
"""How often a rule acts within a minute. Rules that only bring pairs in step are let off: they write what
differs and nothing else."""


class Happening(StrEnum):
    """What a rule answers."""

    JOB_CREATED = "job_created"
    JOB_CHANGED = "job_changed"
    JOB_TOUCHED = "job_touched"
    """It was created, changed, deleted or restored."""
    ITEM_CREATED = "item_created"
    ITEM_CHANGED = "item_changed"
    ITEM_TOUCHED = "item_touched"
    """It was created, changed, deleted or restored."""
    COLUMN_BECOMES = "column_becomes"

    @property
    def in_words(self) -> str:
        """What happens, as people read it."""
        return _HAPPENINGS[self]

    @property
    def of_job(self) -> bool:
        """Whether it happens to a job; else to an item."""
        return self.value.startswith("job_")


_HAPPENINGS: Final[Mapping[Happening, str]] = {
    Happening.JOB_CREATED: "A job is created",
    Happening.JOB_CHANGED: "A job is changed",
    Happening.JOB_TOUCHED: "Anything happens to a job",
    Happening.ITEM_CREATED: "An item is created",
    Happening.ITEM_CHANGED: "An item is changed",
    Happening.ITEM_TOUCHED: "Anything happens to an item",
    Happening.COLUMN_BECOMES: "A column becomes a value",
}


@dataclass(frozen=True, slots=True)
class Trigger:
    """What a rule answers, and of which board and which fields."""

    happening: Happening
    board_id: UUID | None = None
    """Of items: the board, None for any."""
    fields: tuple[str, ...] = ()
    """One of these changed: fields of a job; `name`, `group` or columns' keys of an item. None: any."""
    value: Any = None
    """What the one column becomes."""


class Check(StrEnum):
    """How a value is looked at."""

    IS = "is"
    IS_NOT = "is_not"
    IS_EMPTY = "is_empty"
    IS_NOT_EMPTY = "is_not_empty"
    CONTAINS = "contains"
    ONE_OF = "one_of"

    @property
    def in_words(self) -> str:
        """The check as people read it."""
        return "is one of" if self is Check.ONE_OF else self.value.replace("_", " ")

    @property
    def compares(self) -> bool:
        """Whether it takes a value to compare with."""
        return self not in {Check.IS_EMPTY, Check.IS_NOT_EMPTY}


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold as the rule acts, whatever was when the change was made."""

    name: str
    """What is looked at: `job.status`, `item.lead`."""
    check: Check
    value: Any = None
    """A list for `one of`; None where nothing is compared."""


class ActionKind(StrEnum):
    """What a rule can do."""

    CREATE_JOB = "create_job"
    CHANGE_JOB = "change_job"
    CREATE_ITEM = "create_item"
    CHANGE_ITEM = "change_item"
    NOTIFY = "notify"
    SYNC_TO_BOARD = "sync_to_board"
    SYNC_TO_JOB = "sync_to_job"
    PUSH_DOCUMENT = "push_document"
    REFRESH_RECORD = "refresh_record"

    @property
    def in_words(self) -> str:
        """What is done, as people read it."""
        return _ACTIONS[self]

    @property
    def syncs(self) -> bool:
        """Whether it brings a pair in step: written is what differs, so it ends by itself."""
        return self in {ActionKind.SYNC_TO_BOARD, ActionKind.SYNC_TO_JOB}


_ACTIONS: Final[Mapping[ActionKind, str]] = {
    ActionKind.CREATE_JOB: "Create a job",
    ActionKind.CHANGE_JOB: "Change the job",
    ActionKind.CREATE_ITEM: "Create an item",
    ActionKind.CHANGE_ITEM: "Change the item",
    ActionKind.NOTIFY: "Raise an alert",
    ActionKind.SYNC_TO_BOARD: "Put the job on its board",
    ActionKind.SYNC_TO_JOB: "Put the item on its job",
    ActionKind.PUSH_DOCUMENT: "Send a document",
    ActionKind.REFRESH_RECORD: "Read a record anew",
}


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a rule does."""

    kind: ActionKind
    board_id: UUID | None = None
    """Where an item is created; and of a rule about jobs, on which board the job's items are changed."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """What is written, by field of the job, or `name`, `group` or column's key of the item; of the others by
    the names of `checks.GIVEN`. Text may name what is there: `{job.title}`, `{item.lead}`, `{today}`."""


class BuiltIn(StrEnum):
    """Rules that every company has from the start; they can be changed and switched off, not lost."""

    JOB_TO_BOARD = "job_to_board"
    ITEM_TO_JOB = "item_to_job"


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person says of a rule."""

    name: str
    trigger: Trigger
    conditions: tuple[Condition, ...] = ()
    actions: tuple[Action, ...] = ()

    @property
    def only_syncs(self) -> bool:
        """Whether it does nothing but bring pairs in step."""
        return all(one.kind.syncs for one in self.actions)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it is kept."""

    id: UUID
    draft: Draft
    enabled: bool
    built_in: BuiltIn | None
    version: int
    """Counted from 1, one more with each change."""
    created_at: datetime
    updated_at: datetime

    @property
    def name(self) -> str:
        """What people call it."""
        return self.draft.name


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to a job or an item at once: all fields that one write changed."""

    ids: tuple[int, ...]
    """Of its changes, in their order."""
    at: datetime
    subject: Subject
    subject_id: UUID
    board_id: UUID | None
    what: What
    fields: Mapping[str, tuple[Any, Any]]
    """Before and after, by field; of a whole job or item every field that held something."""
    version: int
    actor: Actor
    cause: Cause

    @property
    def id(self) -> int:
        """That of its first change: a rule answers it once."""
        return self.ids[0]


class Result(StrEnum):
    """What came of a rule that was asked."""

    BEGUN = "begun"
    """It is at it, or the process that was died: it goes on where it was."""
    DONE = "done"
    SKIPPED = "skipped"
    """A condition did not hold, or there was nothing to do it to."""
    FAILED = "failed"
    STOPPED = "stopped"
    """It would have gone on for ever, or acted too often."""


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule that was asked to answer something, and what came of it."""

    id: int
    rule_id: UUID
    change_id: int
    subject: Subject
    subject_id: UUID
    what: What
    cause: Cause
    at: datetime
    result: Result
    acts: int
    """How many of its actions are done."""
    detail: str
    """What was done, or why not, in a sentence."""
    rule_name: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """What rules can name: the boards of a company and its people."""

    boards: Mapping[UUID, Board]
    people: Mapping[UUID, str]
    """Everybody's name, of those who have left, too."""
    active: frozenset[UUID]
    """Who can be chosen."""

    @property
    def here(self) -> Mapping[UUID, bool]:
        """Of everybody whether they are still here."""
        return {one: one in self.active for one in self.people}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rule has come with what it answers."""

    rule: Rule
    event: Event
    result: Result
    acts: int
    detail: str


@dataclass(frozen=True, slots=True)
class Situation:
    """What a rule sees of what it answers, as it is now."""

    job: Job | None
    item: Item | None
    board: Board | None
    facts: Mapping[str, Any]

    @property
    def called(self) -> str:
        """What people call it."""
        if self.item is not None:
            return self.item.name
        return f"#{self.job.number} {self.job.title}" if self.job else "something that is gone"
