"""Streams as data: what kinds of record a vendor has and how each can be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class ReadMode(StrEnum):
    """How a stream can be read again."""

    INCREMENTAL = "incremental"
    """By a filter on the vendor's modification time."""
    WINDOW = "window"
    """By a range of days; each range is re-read whole."""
    FULL = "full"
    """Only whole."""


class Means(StrEnum):
    """What being in a listing says of a record."""

    LIVE = "live"
    DELETED = "deleted"
    """A recycle bin: positive evidence of deletion."""
    FLAGGED = "flagged"
    """Live and deleted rows together; the row's `deleted_field` tells."""


class Absence(StrEnum):
    """What it means when a record is missing from two complete sweeps."""

    DELETED = "deleted"
    """The vendor shows every record it has: what is missing is gone."""
    HIDDEN = "hidden"
    """The vendor shows deleted records elsewhere, or the right to see may have gone: we cannot tell."""


class Envelope(StrEnum):
    """How the rows of an answer are wrapped."""

    BARE = "bare"
    """`[…]`"""
    DATA = "data"
    """`{"data": […]}` (Procore v2)"""
    GROUPS = "groups"
    """`[{"group_title": …, "meetings": […]}]` or `{"meetings": […]}`"""
    SINGLE = "single"
    """One object, read as a listing of one."""


class TimeFilter(StrEnum):
    """How a listing filters on modification time."""

    NONE = "none"
    RANGE = "range"
    """`filters[updated_at]=A...B`"""
    AFTER = "after"
    """`filters[updated_at][gt]=A`: open above"""


class Priority(IntEnum):
    """Which stream goes first when calls are short (requirement R1)."""

    HIGH = 1
    MEDIUM = 2
    LOW = 3


class Phase(IntEnum):
    """The four phases of an initial sync (requirement R12)."""

    METADATA = 1
    ACTIVE = 2
    FILES = 3
    SCHEDULES = 4


@dataclass(frozen=True, slots=True)
class Listing:
    """One URL that lists records of a stream."""

    path: str
    """With `{company_id}`, `{project_id}` … filled from the scope."""
    params: Mapping[str, str] = field(default_factory=dict)
    """Fixed query parameters; values may hold the same placeholders."""
    means: Means = Means.LIVE
    per_page: int | None = 1000
    """The most the endpoint accepts; None: it is not paginated."""
    envelope: Envelope = Envelope.BARE
    time_filter: TimeFilter = TimeFilter.NONE


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a stream's typed view."""

    name: str
    path: str
    """Into the payload: `status`, `rfi_manager.name`, `custom.0`."""
    type: str = "text"
    """A PostgreSQL type: text, bigint, boolean, date, timestamptz, numeric, jsonb."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of record read from a vendor."""

    name: str
    """Vendor and kind: `procore.rfis`."""
    title: str
    """In words, plural: `RFIs`."""
    listings: tuple[Listing, ...]
    mode: ReadMode
    phase: Phase
    priority: Priority
    interval_minutes: int
    """The ceiling of staleness (requirement R1)."""
    scope: tuple[str, ...] = ()
    """What it is read within, as path parameters: (), ("project_id",), ("project_id", "schedule_id")."""
    parent: str | None = None
    """The stream whose live records supply the last of `scope`."""
    tool: str | None = None
    """The project tool it belongs to: one refusal speaks for every stream of that tool in that project."""
    family: str | None = None
    """Streams that the vendor counts together (`daily_logs`), under `family_member`."""
    family_member: str | None = None
    """The vendor's name of this stream in the family's counts (`accident_log`)."""
    key: str = "id"
    vendor_time: str | None = "updated_at"
    deleted_field: str | None = None
    """Path that is set (and not false) when a FLAGGED row is deleted."""
    day_field: str | None = None
    """Path of the date by which a WINDOW stream is read."""
    detail: str | None = None
    """Path of the call that returns the whole record, `{id}` included; merged over the row of the listing."""
    volatile: tuple[str, ...] = ()
    """Paths of values that change at every read (signed URLs): neither hashed nor kept."""
    absence: Absence = Absence.DELETED
    columns: tuple[Column, ...] = ()

    @property
    def view(self) -> str:
        """The name of its typed view in schema `replica`."""
        return self.name.partition(".")[2]

    @property
    def vendor(self) -> str:
        """The vendor's short name."""
        return self.name.partition(".")[0]


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """Where a stream is read: the values of its path parameters, in their order. `Scope()` is the company."""

    values: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """`project_id=12/schedule_id=ab`, or an empty string for the company."""
        return "/".join(f"{name}={value}" for name, value in self.values)

    @property
    def project_id(self) -> str | None:
        """The project it lies in, if any."""
        return dict(self.values).get("project_id")

    def within(self, name: str, value: str) -> Scope:
        """Return the narrower scope with one more parameter."""
        return Scope((*self.values, (name, value)))

    @classmethod
    def parse(cls, text: str) -> Scope:
        """Return the scope that `text` was made from."""
        pairs = (part.partition("=") for part in text.split("/") if part)
        return cls(tuple((name, value) for name, _, value in pairs))
