"""The nouns of looking things up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tiebeam.connectors.streams import Scope
from tiebeam.replicate.model import State

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from tiebeam.connectors.streams import Column, Stream

STANDING = (State.LIVE, State.HIDDEN)
"""What is shown when nobody asks for what is deleted."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record, and how much of it there is."""

    stream: str
    live: int
    deleted: int
    hidden: int
    read_at: datetime | None
    """When the newest of it was read; None: not yet."""
    at_least: bool = False
    """Whether counting ended before everything was counted."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What one field must say, whatever the case of its letters."""

    column: Column
    text: str
    whole: bool
    """Whether the field must say this and no more."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the order of changes, to go on after."""

    changed_at: datetime
    feed_id: int
    key: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records of a kind are wanted, and in which order."""

    stream: Stream
    search: str = ""
    project_id: str | None = None
    connection_id: UUID | None = None
    states: tuple[State, ...] = STANDING
    since: datetime | None = None
    conditions: tuple[Condition, ...] = ()
    sort: Column | None = None
    """None: by when they changed, the newest first."""
    descending: bool = False
    """Of `sort` alone."""

    @property
    def by_content(self) -> bool:
        """Whether records must be read to tell which are wanted."""
        return bool(self.search or self.conditions)


@dataclass(frozen=True, slots=True)
class Found:
    """One record that was looked up, with where it was read and by which connection."""

    feed_id: int
    connection_id: UUID
    scope_text: str
    key: str
    state: State
    version: int
    hash: bytes
    vendor_at: datetime | None
    created_at: datetime
    """When it came into the replica."""
    changed_at: datetime
    state_reason: str | None
    payload: dict[str, Any] = field(repr=False)

    def __post_init__(self) -> None:
        """Take the number of the database as what it means."""
        object.__setattr__(self, "state", State(self.state))

    @property
    def project_id(self) -> str | None:
        """The project it lies in, if any."""
        return Scope.parse(self.scope_text).project_id

    @property
    def mark(self) -> Mark:
        """Where it stands in the order of changes."""
        return Mark(self.changed_at, self.feed_id, self.key)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page of a list."""

    rows: list[Found]
    looked_to: Mark | None = None
    """Where looking ended before everything was looked at; None: nothing that is wanted was left out."""
    partly: bool = False
    """Whether more records would have to be read than are, to know all that is wanted."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many records are wanted, or how many at least."""

    records: int
    at_least: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where the records of one feed come from."""

    connection_id: UUID
    access: str
    access_reason: str | None
    read_at: datetime | None
    swept_at: datetime | None
    watermark: datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Touch:
    """One line of the sync log about a record."""

    at: datetime
    result: str
    mode: str | None
    """The kind of pull; None: a call of its own, for its details, a delivery or a person."""
    calls: int
    records: int
    """How many records the same line is about."""
    detail: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """One delivery about a record."""

    received_at: datetime
    event_type: str
    fate: str
    source: str


@dataclass(frozen=True, slots=True)
class Relative:
    """A record that another one names, or that names it, and in which field."""

    column: str
    stream: str
    scope_text: str
    feed_id: int
    key: str
    payload: dict[str, Any] = field(repr=False)

    @property
    def project_id(self) -> str | None:
        """The project it lies in, if any."""
        return Scope.parse(self.scope_text).project_id


@dataclass(frozen=True, slots=True)
class SavedView:
    """A list that somebody keeps."""

    name: str
    query: str
    made_at: datetime
