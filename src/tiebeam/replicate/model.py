"""The nouns of replication, without any I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from tiebeam.connectors.streams import Scope

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID


class State(IntEnum):
    """Where a record stands, as stored in `tiebeam.record.state`."""

    LIVE = 1
    DELETED = 2
    """The vendor has proven it gone."""
    HIDDEN = 3
    """We can no longer see it, and nothing proves that it is gone."""


class Access(StrEnum):
    """Whether a feed can be read at all."""

    OPEN = "open"
    OFF = "off"
    """The tool is switched off in the project, or not granted to us."""
    HIDDEN = "hidden"
    """The project (or another parent) is no longer ours to see."""
    GONE = "gone"
    """The parent record is proven deleted, and its children with it."""


class Mode(StrEnum):
    """What a pull sets out to read."""

    INITIAL = "initial"
    """Everything, for the first time."""
    INCREMENTAL = "incremental"
    """What changed since the watermark."""
    WINDOW = "window"
    """Some days, whole."""
    SWEEP = "sweep"
    """Everything again: the only proof of absence."""

    @property
    def complete(self) -> bool:
        """Whether what such a pull does not see is evidence of absence (within its days, for a window)."""
        return self is not Mode.INCREMENTAL


class PullStatus(StrEnum):
    """How a pull stands."""

    RUNNING = "running"
    DONE = "done"
    UNSETTLED = "unsettled"
    """Read to the end, but rows moved too much meanwhile to be sure: the watermark stays."""
    REFUSED = "refused"
    """The vendor would not let us read on; it begins anew next time."""


class Change(StrEnum):
    """What a page did to a record."""

    CREATED = "created"
    UPDATED = "updated"
    RESTORED = "restored"
    DELETED = "deleted"
    HIDDEN = "hidden"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Feed:
    """One stream read within one scope of one connection: where watermark, checkpoint and records hang."""

    id: int
    connection_id: UUID
    stream: str
    scope_text: str
    access: Access
    access_reason: str | None
    access_refusals: int
    access_next_at: datetime | None
    watermark: datetime | None
    completed_at: datetime | None
    """When it was first read to the end; None while the initial sync still has to."""
    swept_at: datetime | None
    read_at: datetime | None
    """When a pull last ended well."""
    per_page: int | None
    """The page size that the vendor was found to accept, once it refused a larger one."""
    last_error: str | None

    @property
    def scope(self) -> Scope:
        """The scope as values."""
        return Scope.parse(self.scope_text)


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of a pull: a listing, and for windows its days (both ends included)."""

    listing: int
    day_from: date | None = None
    day_to: date | None = None


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull and its checkpoint: everything needed to go on after a kill."""

    id: int
    feed_id: int
    mode: Mode
    segments: tuple[Segment, ...]
    segment: int
    """Index of the segment in hand; `len(segments)` when all are read."""
    next_page: int
    per_page: int | None
    updated_from: datetime | None
    updated_to: datetime | None
    started_at: datetime
    server_started_at: datetime | None
    """The vendor's clock at our first page: the next watermark comes from it, never from our clock."""
    total: int | None
    """The vendor's count at the last page of the segment in hand."""
    steps_back: int
    settled: bool
    all_details: bool
    """Whether details are fetched anew even for rows that look unchanged."""

    @property
    def finished(self) -> bool:
        """Whether every segment is read."""
        return self.segment >= len(self.segments)


class Stored(NamedTuple):
    """What is known of a record before a page is applied."""

    key: str
    hash: bytes
    list_hash: bytes | None
    state: int
    vendor_at: datetime | None
    missed: bool


@dataclass(slots=True)
class Incoming:
    """A row of a page, made canonical. Not frozen: to make a frozen one takes three times as long."""

    key: str
    data: bytes = field(repr=False)
    hash: bytes
    vendor_at: datetime | None
    day: date | None
    gone: bool
    """Whether the vendor itself says that it is deleted."""
    fingerprint: bytes | None = None
    """By which its text is known again; None where the text would prove nothing."""


@dataclass(frozen=True, slots=True)
class PageChanges:
    """What a page means for the replica. Only what differs is in here, except for the counts."""

    created: tuple[Incoming, ...] = ()
    updated: tuple[Incoming, ...] = ()
    restored: tuple[Incoming, ...] = ()
    conflicts: tuple[str, ...] = ()
    """Keys among `updated` whose stored version was newer by the vendor's own time."""
    gone: tuple[str, ...] = ()
    """Live records that the vendor says are deleted: applied at the end of the pull, through the fuse."""
    owed: tuple[Incoming, ...] = ()
    """Rows whose detail must be fetched before they can be written."""
    found_again: tuple[str, ...] = ()
    """Unchanged records that an earlier sweep had missed."""
    unchanged: int = 0


class Verdict(StrEnum):
    """What the mass-delete fuse says."""

    APPLY = "apply"
    HOLD = "hold"


@dataclass(slots=True)
class Tally:
    """What a sync did, added up."""

    calls: int = 0
    pages: int = 0
    rows: int = 0
    created: int = 0
    updated: int = 0
    restored: int = 0
    deleted: int = 0
    hidden: int = 0
    unchanged: int = 0
    conflicts: int = 0
    damaged: int = 0
    owed: int = 0
    """Records of which a listing showed that the whole must be fetched, too."""
    details: int = 0
    held: int = 0
    refused: int = 0
    unsettled: int = 0

    def add(self, other: Tally) -> None:
        """Add `other` to this tally."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def changes(self) -> int:
        """How many records changed in the replica."""
        return self.created + self.updated + self.restored + self.deleted + self.hidden


@dataclass(frozen=True, slots=True)
class Debt:
    """A record whose detail is still to be fetched, and the listed row that it is owed for."""

    key: str
    list_hash: bytes
    vendor_at: datetime | None
    payload: dict[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True)
class Ending:
    """What the end of a pull came to."""

    status: PullStatus
    deleted: int = 0
    hidden: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class Hold:
    """Deletions, too many at once for a machine to believe: a person decides."""

    id: int
    stream: str
    scope_text: str
    status: str
    keys: list[str]
    live: int
    """How many records of the feed were live when they were found."""
    evidence: str
    found_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    feed_id: int


@dataclass(frozen=True, slots=True)
class Run:
    """One sync of a connection, from its first beginning, whatever kills came between."""

    id: int
    started_at: datetime
