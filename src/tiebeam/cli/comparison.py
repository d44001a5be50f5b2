"""Is the copy equal to the vendor's truth, and how few calls could it have taken? A simulator can tell."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from tiebeam.connectors.streams import Means, ReadMode, Scope
from tiebeam.kernel.canonical import canonical
from tiebeam.kernel.diff import differences
from tiebeam.kernel.moments import parse_moment
from tiebeam.kernel.paths import drop
from tiebeam.replicate.families import WINDOW_DAYS_MAX
from tiebeam.replicate.model import State
from tiebeam.replicate.plan import local_today, windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from tiebeam.connectors.streams import Listing, Stream
    from tiebeam.replicate.replica import Records
    from tiebeam.simulators.procore.truth import TruthRow

_VISIBLE = ("live", "inactive")
_HEADERS = "daily_log_headers"


@dataclass(slots=True)
class Comparison:
    """What a comparison found; nothing in the lists means that copy and truth are equal."""

    compared: int = 0
    missing: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)
    records: dict[str, int] = field(default_factory=dict)

    @property
    def equal(self) -> bool:
        """Whether every live record of either side is on the other with the same content."""
        return not (self.missing or self.invented or self.different)


class KnownRow(Protocol):
    """A record as the vendor itself knows it."""

    @property
    def resource(self) -> str:
        """The vendor's name of its kind."""

    @property
    def id(self) -> int | str:
        """Its id."""

    @property
    def state(self) -> str:
        """`live`, `inactive`, `deleted` or `hidden`."""

    @property
    def list(self) -> Any:
        """Its content in listings."""

    @property
    def detail(self) -> Any:
        """Its whole content."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A record that has no place of its own in the vendor's state."""

    resource: str
    id: str
    list: Any
    state: str = "live"

    @property
    def detail(self) -> Any:
        """The same: there is no more to it."""
        return self.list


class Truth:
    """The vendor's own truth, sorted by stream and scope."""

    def __init__(
        self, rows: Iterable[TruthRow], streams: Sequence[Stream], volatile: AbstractSet[str]
    ) -> None:
        self.volatile = volatile
        by_resource = {stream.view: stream for stream in streams}
        self.rows: dict[tuple[str, Scope], list[KnownRow]] = defaultdict(list)
        for row in rows:
            stream = by_resource.get(row.resource)
            if stream is not None and row.reachable:
                self.rows[stream.name, _scope(stream, row)].append(row)

    def add(self, stream: Stream, scope: Scope, key: str, content: Any) -> None:
        """Add a record that the vendor makes up at each reading, as its API answers for it."""
        row = Answered(stream.view, key, content)
        self.rows[stream.name, scope].append(row)

    def projects(self) -> list[dict[str, Any]]:
        """Return every project that can be seen."""
        rows = self.rows.get(("procore.projects", Scope()), [])
        return [row.detail for row in rows if row.state in _VISIBLE]

    def visible(self, stream: Stream) -> dict[tuple[str, str], bytes]:
        """Return the content of every live record that can be seen, by scope and key."""
        return {
            (scope.text, str(row.id)): canonical(self._content(stream, row))
            for (name, scope), rows in self.rows.items()
            if name == stream.name and self._reachable(stream, scope)
            for row in rows
            if row.state in _VISIBLE
        }

    def _content(self, stream: Stream, row: KnownRow) -> Any:
        """Return what a copy must hold: without what changes at every read, and without other links to files.

        Whatever else our own list of volatile fields would hide stays in, and shows as a difference.
        """
        content = _stable(_content(stream, row), self.volatile)
        kept = drop(_stable(content, self.volatile), stream.volatile)
        hidden = differences(content, kept)
        return kept if all(_is_link(part.before) for part in hidden) else content

    def _reachable(self, stream: Stream, scope: Scope) -> bool:
        """Whether the parent of a scope is live as well: children of deleted parents cannot be listed."""
        if stream.parent is None or len(scope.values) < 2:
            return True
        around, key = Scope(scope.values[:-1]), scope.values[-1][1]
        parents = self.rows.get((stream.parent, around), ())
        return any(str(row.id) == key and row.state in _VISIBLE for row in parents)


def _scope(stream: Stream, row: TruthRow) -> Scope:
    scope = Scope()
    for name in stream.scope:
        scope = scope.within(name, str(_place(row, name)))
    return scope


def _place(row: TruthRow, name: str) -> Any:
    if name == "project_id":
        return row.project_id
    return row.parent_id if row.parent_id is not None else (row.detail or {}).get(name)


def _content(stream: Stream, row: KnownRow) -> Any:
    # The list of projects is read in its extended view, which has all that the detail has.
    if row.resource == "projects":
        return row.detail
    return {**row.list, **row.detail} if stream.detail else row.list


def _is_link(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.startswith("http"))


def _stable(value: Any, volatile: AbstractSet[str]) -> Any:
    """Return a value without the names that the simulator says are written anew at every read."""
    if isinstance(value, dict):
        return {name: _stable(part, volatile) for name, part in value.items() if name not in volatile}
    return [_stable(part, volatile) for part in value] if isinstance(value, list) else value


async def compare(records: Records, truth: Truth, streams: Sequence[Stream]) -> Comparison:
    """Compare every stream that the truth knows, record by record and byte by canonical byte."""
    found = Comparison()
    for stream in streams:
        wanted = truth.visible(stream)
        held = {
            (scope, key): canonical(_stable(payload, truth.volatile))
            for scope, key, state, payload in await records.contents(stream.name)
            if state is State.LIVE
        }
        _compare_stream(found, stream, wanted, held)
    return found


def _compare_stream(
    found: Comparison,
    stream: Stream,
    wanted: dict[tuple[str, str], bytes],
    held: dict[tuple[str, str], bytes],
) -> None:
    found.compared += len(wanted)
    found.records[stream.view] = len(held)
    found.missing += [f"{stream.view} {place}" for place in wanted.keys() - held.keys()]
    found.invented += [f"{stream.view} {place}" for place in held.keys() - wanted.keys()]
    both = wanted.keys() & held.keys()
    found.different += [f"{stream.view} {place}" for place in both if wanted[place] != held[place]]


@dataclass(frozen=True, slots=True)
class Site:
    """What counting the calls for one project needs to know."""

    id: str
    tools_off: frozenset[str]
    zone: str | None
    created_at: str | None


def fewest_calls(truth: Truth, streams: Sequence[Stream], sites: Sequence[Site], now: datetime) -> int:
    """Return the fewest calls that a first copy can take.

    One call a page of the endpoint's own maximum (an empty listing is one page), one for each detail, one to
    find a switched-off tool off, and for the daily logs one count a window of days and the pages of those
    kinds that the window holds.
    """
    calls = 0
    for stream in streams:
        if stream.family is None:
            calls += sum(_feed_calls(truth, stream, scope) for scope in _scopes(truth, stream, sites))
    # Streams that are counted together are read together: one refusal speaks for all of them.
    kin = {stream.tool: stream.family or stream.tool for stream in streams if stream.tool}
    kin |= {stream.tool: stream.family for stream in streams if stream.tool and stream.family}
    calls += sum(len({kin[tool] for tool in site.tools_off & kin.keys()}) for site in sites)
    members = [stream for stream in streams if stream.mode is ReadMode.WINDOW]
    return calls + sum(_log_calls(truth, members, site, now) for site in sites)


def _scopes(truth: Truth, stream: Stream, sites: Sequence[Site]) -> list[Scope]:
    if stream.parent is None:
        return [Scope()]
    open_sites = {site.id for site in sites if stream.tool not in site.tools_off}
    if len(stream.scope) == 1:
        return [Scope((("project_id", site),)) for site in sorted(open_sites)]
    return [
        scope.within(stream.scope[-1], str(row.id))
        for (name, scope), rows in truth.rows.items()
        if name == stream.parent and scope.project_id in open_sites
        for row in rows
        if row.state in _VISIBLE
    ]


def _feed_calls(truth: Truth, stream: Stream, scope: Scope) -> int:
    rows = truth.rows.get((stream.name, scope), [])
    details = sum(row.state == "live" for row in rows) if stream.detail else 0
    lists_inactive = len(stream.listings) > 1 and stream.listings[1].means is Means.LIVE
    return details + sum(
        _pages(sum(_listed(row, listing, place, lists_inactive) for row in rows), listing.per_page)
        for place, listing in enumerate(stream.listings)
    )


def _listed(row: KnownRow, listing: Listing, place: int, lists_inactive: bool) -> bool:
    if row.list is None:
        return False
    if listing.means is Means.FLAGGED:
        return row.state in ("live", "deleted")
    if listing.means is Means.DELETED:
        return row.state == "deleted"
    return row.state == ("inactive" if place == 1 and lists_inactive else "live")


def _pages(rows: int, per_page: int | None) -> int:
    return max(1, -(-rows // per_page)) if per_page else 1


def _log_calls(truth: Truth, members: Sequence[Stream], site: Site, now: datetime) -> int:
    if not members or members[0].tool in site.tools_off:
        return 0
    scope = Scope((("project_id", site.id),))
    today = local_today(now, site.zone)
    starts = [row.list["log_date"] for row in truth.rows.get((f"procore.{_HEADERS}", scope), []) if row.list]
    known = [moment.date() for moment in map(parse_moment, [*starts, site.created_at]) if moment]
    calls = 0
    for day_from, day_to in windows(min([*known, today]), today, days_max=WINDOW_DAYS_MAX):
        calls += 1
        for stream in members:
            rows = truth.rows.get((stream.name, scope), [])
            inside = sum(row.state == "live" and _inside(stream, row, day_from, day_to) for row in rows)
            calls += _pages(inside, stream.listings[0].per_page) if inside else 0
    return calls


def _inside(stream: Stream, row: KnownRow, day_from: date, day_to: date) -> bool:
    moment = parse_moment(row.list.get(stream.day_field or ""))
    return moment is not None and day_from <= moment.date() <= day_to


def a_while(seconds: float) -> str:
    """Return a stretch of time in words."""
    return str(timedelta(seconds=round(seconds)))
