"""The nouns of webhooks, without any I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from tiebeam.connectors.streams import Scope

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from tiebeam.connectors.procore.hooks import Event


class Fate(StrEnum):
    """What is to be done about a delivery."""

    FETCH = "fetch"
    ECHO = "echo"
    """Our own write, told back to us."""
    NOT_COPIED = "not_copied"
    """Of a kind that is not copied."""
    UNREADABLE = "unreadable"
    """From the right sender, and not understood: kept, and left to polling."""


class Answer(StrEnum):
    """What a delivery is answered. Each has one HTTP status, and says nothing of who is known here."""

    STORED = "stored"
    REFUSED = "refused"
    """A wrong secret, or a company that it is not for."""
    TOO_LARGE = "too_large"
    BUSY = "busy"
    """Too much at once, or the database is away: the sender tries again by itself."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook of one connection, as we keep it: by the hash of its secret."""

    id: UUID
    tenant_id: UUID
    connection_id: UUID
    company_id: str
    secret_hash: bytes = field(repr=False)
    vendor_hook_id: str | None
    destination_url: str
    payload_version: str
    own_application_id: str | None
    """The client id that we write under: what it did is an echo."""
    own_user_id: str | None
    """The service account that we write as; None for a person, who also writes by hand."""
    made_at: datetime
    retired_at: datetime | None
    seen_until: datetime
    """By the vendor's clock: of all that was to be delivered before, nothing is missing here."""


@dataclass(frozen=True, slots=True)
class Filed:
    """A delivery, ready to be stored."""

    hook: Hook
    dedupe_id: str
    fate: Fate
    source: str
    """`push`, or `gap` for one that was found in the vendor's list."""
    body: bytes = field(repr=False)
    received_at: datetime
    event_at: datetime
    event: Event | None
    """None when it is unreadable."""
    stream: str = ""
    scope_text: str = ""
    key: str = ""
    """Empty: whatever changed since."""
    correlation_id: str | None = None
    """The id under which it was taken in; what is fetched for it is told of under the same."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A record to be fetched, for however many deliveries that told of it."""

    stream: str
    scope_text: str
    """Of its project; the record may lie in a narrower scope."""
    key: str
    """Empty: whatever changed since `first_at`."""
    deleted: bool
    """Whether one of the deliveries said that it was deleted."""
    first_at: datetime
    last_at: datetime
    generation: int
    """Grows with every further delivery: what was asked before it proves nothing of it."""
    attempts: int
    correlation_id: str | None = None
    """Of the first delivery that told of it."""

    @property
    def scope(self) -> Scope:
        """The scope as values."""
        return Scope.parse(self.scope_text)


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """What one delivery told of, and what was to be done about it."""

    id: int
    hook_id: UUID
    received_at: datetime
    event_at: datetime
    resource: str
    record_id: str
    project_id: str
    """Empty for what lies in the company."""
    event_type: str
    fate: str
    source: str


@dataclass(frozen=True, slots=True)
class FateCount:
    """How many deliveries of one day had one fate."""

    day: date
    fate: str
    source: str
    deliveries: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """Records of one kind and project that are still to be fetched."""

    stream: str
    scope_text: str
    records: int
    oldest_at: datetime
    next_at: datetime
    attempts: int
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """What the replica has of a record that is to be fetched."""

    feed_id: int
    key: str
    state: int
    vendor_at: datetime | None
    day: date | None


@dataclass(slots=True)
class Fetched:
    """What a round of fetching did."""

    calls: int = 0
    created: int = 0
    updated: int = 0
    restored: int = 0
    deleted: int = 0
    held: int = 0
    unchanged: int = 0
    unconfirmed: int = 0
    """Deletions that nothing proved; polling decides."""
    left: int = 0
    """Records left to polling: not found, or not readable in time."""
    waiting: int = 0
    """Records to be asked for again."""
    by_feed: dict[int, int] = field(default_factory=dict)
    """How many records changed in the copy, by feed: what a planner learns from."""

    def changed(self, feed_id: int, records: int) -> None:
        """Count records of a feed that changed in the copy."""
        if records:
            self.by_feed[feed_id] = self.by_feed.get(feed_id, 0) + records
