"""What a connector is given and what it gives back. A connector sees these and never the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from tiebeam.kernel.errors import Owner, TiebeamError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from tiebeam.connectors.streams import Scope, Stream

Query: TypeAlias = "tuple[tuple[str, str], ...]"


class Share(StrEnum):
    """Who spends a call of the rate budget (requirement R9)."""

    POLL = "poll"
    WEBHOOK = "webhook"
    DEMAND = "demand"
    HEADROOM = "headroom"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `url` is absolute and without a query; what may hold secrets has no repr."""

    method: str
    url: str
    query: Query = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    timeout_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer. The keys of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class TransportError(TiebeamError):
    """No answer came: the host was unreachable, the connection broke, or the time ran out.

    `sent` is False only when the request certainly never reached the vendor.
    """

    code = "transport.failed"
    owner = Owner.NOBODY

    def __init__(
        self,
        cause: str,
        *,
        action: str,
        sent: bool,
        code: str | None = None,
        owner: Owner | None = None,
    ) -> None:
        super().__init__(cause, action=action, code=code, owner=owner)
        self.sent = sent


class Transport(Protocol):
    """How requests travel: sockets in production, a simulator in process under test."""

    async def send(self, request: Request) -> Response:
        """Return the answer, whatever its status. Redirects are not followed. Raises TransportError."""
        ...


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one answer, or its absence, tells the gate of the limits. Times are the vendor's own."""

    status: int | None
    """None when there was no answer (a connection error)."""
    limit: int | None = None
    remaining: int | None = None
    reset: datetime | None = None
    date: datetime | None = None
    retry_after_seconds: float | None = None


class Gate(Protocol):
    """What every call of a connection passes before it is made."""

    async def enter(self, share: Share) -> None:
        """Return when a call may be made and has been counted; wait until then."""
        ...

    async def observe(self, sighting: Sighting) -> None:
        """Learn from an answer: limits, what remains, a pause."""
        ...


class TokenSource(Protocol):
    """Where a connector gets its bearer token."""

    async def token(self) -> str:
        """Return a token that is good for at least a minute. Raises TiebeamError (revoked, unreachable)."""
        ...

    async def replace(self, stale: str) -> str:
        """Return another token than `stale`, which the vendor has just refused. Raises TiebeamError."""
        ...


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of which listing of a stream, within a scope."""

    stream: Stream
    listing: int
    """Index into `stream.listings`."""
    scope: Scope
    page: int = 1
    """1-based."""
    per_page: int | None = None
    """None: the listing's own maximum. A resumed pull passes the size it began with."""
    updated_from: datetime | None = None
    updated_to: datetime | None = None
    day_from: date | None = None
    day_to: date | None = None
    share: Share = Share.POLL


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing."""

    rows: Sequence[bytes]
    """The vendor's objects, unwrapped, each as the JSON text it came as."""
    has_next: bool
    total: int | None
    """The vendor's count of the whole listing, where it says."""
    per_page: int
    """What was really asked for, after any shrinking."""
    server_date: datetime | None
    """The vendor's clock when it answered (whole seconds, UTC)."""
    calls: int = 1
    """Calls spent, retries included."""
    damaged: Sequence[Damage] = ()
    """Rows that could not be read, each with its reason: nothing is dropped in silence."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A row that could not be taken in, kept as it came."""

    reason: str
    raw: bytes = field(repr=False)
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Detail:
    """One object by its id."""

    row: dict[str, Any]
    server_date: datetime | None
    calls: int = 1


class RefusalKind(StrEnum):
    """What a refusal means for the one who reads."""

    TOOL_OFF = "tool_off"
    """403 on a project's tool: switched off there, or not granted to us."""
    NOT_FOUND = "not_found"
    """404: missing, or not ours to see. Never evidence of a deletion by itself."""
    FORBIDDEN = "forbidden"
    """403 on a whole project or company."""
    BAD_REQUEST = "bad_request"
    """400, 406, 422: the vendor does not accept what we ask."""
    WINDOW_TOO_LONG = "window_too_long"
    """400: the window of days is longer than the vendor allows. Ask again for a shorter one."""
    WINDOW_AHEAD = "window_ahead"
    """400: the window ends after the project's own today. Ask again for one that ends a day earlier."""
    UNREADABLE = "unreadable"
    """A success whose body is no JSON of the promised shape, after retries."""
    UNAVAILABLE = "unavailable"
    """5xx, 429 or no answer, after all retries."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An expected outcome: the vendor would not give what was asked. The pull goes on elsewhere."""

    kind: RefusalKind
    code: str
    """A code of the error table, such as `procore.tool_off`."""
    cause: str
    action: str
    status: int | None = None
    calls: int = 1
    owner: Owner = Owner.NOBODY
    days_max: int | None = None
    """For WINDOW_TOO_LONG: the most days the vendor takes, where it says so; None: halve the window."""
    maybe_done: bool = False
    """Whether a write may have been done all the same: it must be looked for before it is sent again."""
    wait_seconds: float = 0.0
    """How long the vendor asked to be left alone, where it did."""


class Reader(Protocol):
    """How replicate reads any vendor."""

    async def page(self, request: PageRequest) -> Page | Refusal:
        """Return one page, or why there is none. Raises TiebeamError when no call can succeed any more."""
        ...

    async def detail(self, stream: Stream, scope: Scope, key: str, share: Share) -> Detail | Refusal:
        """Return one whole object by its key."""
        ...

    async def busy_days(
        self, stream: Stream, scope: Scope, day_from: date, day_to: date, share: Share
    ) -> Mapping[str, int] | Refusal:
        """Return how many rows a window of days holds in each stream of the family of `stream`, by its name.

        A stream that the vendor's counts do not mention is absent: it must be read to be known.
        """
        ...
