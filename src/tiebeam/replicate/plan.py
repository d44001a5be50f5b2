"""What to read, what a page means, and what is proven: decisions as data, without any I/O."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias
from zlib import crc32
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tiebeam.connectors.streams import ReadMode, Scope, TimeFilter
from tiebeam.kernel.canonical import UnstorableError
from tiebeam.kernel.moments import parse_moment
from tiebeam.kernel.paths import parse_path
from tiebeam.replicate.choices.model import EVERYTHING, kept
from tiebeam.replicate.model import (
    Access,
    Incoming,
    Mode,
    PageChanges,
    PullStatus,
    Segment,
    State,
    Stored,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import date

    from tiebeam.connectors.streams import Listing, Stream
    from tiebeam.replicate.choices.model import Choice
    from tiebeam.replicate.model import Feed, Pull

FUSE_RECORDS = 20
FUSE_SHARE = 0.05
STEPS_BACK_MAX = 8
OVERLAP = timedelta(hours=1)
REFUSAL_WAIT_MIN = timedelta(hours=24)
REFUSAL_WAIT_MAX = timedelta(days=7)
DETAIL_DAYS = 7
"""Within so many daily sweeps every detail is fetched anew."""

Anew: TypeAlias = "Callable[[str], bool]"
"""Says of which keys the detail is fetched although the listed row looks unchanged."""

UNREACHED = frozenset({"transport.unknown_host", "transport.unreachable", "transport.proxy"})
"""Codes of nobody answering at all: they say nothing of what was asked for, and hold for everything else."""


def value_at(row: Mapping[str, Any], path: str) -> Any:
    """Return what lies at `path` of a row, or None."""
    if path in row:
        return row[path]
    value: Any = row
    for step in parse_path(path):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit():
            value = value[int(step)] if int(step) < len(value) else None
        else:
            return None
    return value


def day_of(row: Mapping[str, Any], path: str | None) -> date | None:
    """Return the day at `path` (a date or a moment), or None."""
    moment = parse_moment(value_at(row, path)) if path else None
    return moment.date() if moment else None


def key_of(stream: Stream, row: Mapping[str, Any]) -> str:
    """Return the record's key. Raises UnstorableError when the row has none, or one that cannot be stored."""
    key = value_at(row, stream.key)
    if type(key) is int:
        return str(key)
    if key is None or isinstance(key, dict | list | bool) or "\0" in str(key):
        raise UnstorableError(f"the row has no usable {stream.key!r}")
    return str(key)


def flagged(stream: Stream, row: Mapping[str, Any]) -> bool:
    """Say whether a row of a FLAGGED listing says of itself that it is deleted."""
    return bool(value_at(row, stream.deleted_field)) if stream.deleted_field else False


def newest(rows: Sequence[Incoming]) -> list[Incoming]:
    """Return one row a key: of repeated ids, the one with the latest vendor time, else the last read."""
    kept = {row.key: row for row in rows}
    if len(kept) == len(rows):
        return list(rows)
    kept.clear()
    for row in rows:
        other = kept.get(row.key)
        if other is None or _at(row) >= _at(other):
            kept[row.key] = row
    return list(kept.values())


def _at(row: Incoming) -> datetime:
    return row.vendor_at or datetime.min.replace(tzinfo=UTC)


def batches(rows: Iterable[Incoming], *, bytes_max: int) -> Iterator[list[Incoming]]:
    """Cut rows into lists of at most `bytes_max` bytes of content; a larger row comes alone."""
    batch: list[Incoming] = []
    room = bytes_max
    for row in rows:
        room -= len(row.data)
        if batch and room < 0:
            yield batch
            batch, room = [], bytes_max - len(row.data)
        batch.append(row)
    if batch:
        yield batch


def classify(
    rows: Iterable[Incoming],
    stored: Mapping[str, Stored],
    *,
    owed: Mapping[str, bytes] | None = None,
    anew: Anew = lambda _: False,
) -> PageChanges:
    """Compare a page with what is stored.

    `owed` is None for a stream whose listing is the whole record; otherwise it maps the keys whose detail
    is already owed to the hash of the row that it is owed for.
    """
    sorter = _Sorter(stored, owed, anew)
    for row in rows:
        sorter.put(row)
    return PageChanges(
        created=tuple(sorter.created),
        updated=tuple(sorter.updated),
        restored=tuple(sorter.restored),
        conflicts=tuple(sorter.conflicts),
        gone=tuple(sorter.gone),
        owed=tuple(sorter.owed),
        found_again=tuple(sorter.found_again),
        unchanged=sorter.unchanged,
    )


class _Sorter:
    """Puts the rows of one page into their piles."""

    def __init__(
        self,
        stored: Mapping[str, Stored],
        owed: Mapping[str, bytes] | None,
        anew: Anew,
    ) -> None:
        self._stored = stored
        self._owed_now = owed
        self._anew = anew
        self.created: list[Incoming] = []
        self.updated: list[Incoming] = []
        self.restored: list[Incoming] = []
        self.conflicts: list[str] = []
        self.gone: list[str] = []
        self.owed: list[Incoming] = []
        self.found_again: list[str] = []
        self.unchanged = 0

    def put(self, row: Incoming) -> None:
        known = self._stored.get(row.key)
        if row.gone:
            self._put_gone(row, known)
        elif self._owed_now is not None:
            self._put_listed(row, known, self._owed_now)
        else:
            self._put_whole(row, known)

    def _put_gone(self, row: Incoming, known: Stored | None) -> None:
        if known is None:
            self.created.append(row)
        elif known.state == State.DELETED:
            self.unchanged += 1
        else:
            self.gone.append(row.key)

    def _put_listed(self, row: Incoming, known: Stored | None, owed: Mapping[str, bytes]) -> None:
        fresh = known is not None and known.state == State.LIVE and known.list_hash == row.hash
        if owed.get(row.key) == row.hash or (fresh and not self._anew(row.key)):
            self._note_unchanged(known)
        else:
            self.owed.append(row)

    def _put_whole(self, row: Incoming, known: Stored | None) -> None:
        if known is None:
            self.created.append(row)
        elif known.state != State.LIVE:
            self.restored.append(row)
        elif known.hash == row.hash:
            self._note_unchanged(known)
        else:
            self.updated.append(row)
            if known.vendor_at and row.vendor_at and known.vendor_at > row.vendor_at:
                self.conflicts.append(row.key)

    def _note_unchanged(self, known: Stored | None) -> None:
        self.unchanged += 1
        if known is not None and known.missed:
            self.found_again.append(known.key)


def fuse(candidates: int, live: int) -> Verdict:
    """Say whether so many deletions at once may be applied without a person (promise 4)."""
    return Verdict.APPLY if candidates <= max(FUSE_RECORDS, FUSE_SHARE * live) else Verdict.HOLD


def evidence(gone: Sequence[str], absent: Sequence[str]) -> str:
    """Say in words why records are taken for deleted."""
    parts = []
    if gone:
        parts.append(f"{len(gone)} in the vendor's recycle bin or marked deleted")
    if absent:
        parts.append(f"{len(absent)} missing from two complete listings")
    return "; ".join(parts)


def renewal(feed: Feed, pull: Pull) -> Anew:
    """Return of which keys a pull fetches the detail although the listed row looks unchanged.

    What hangs on a record (a reply, an attachment) may change without moving anything that is listed, and
    Procore does not say when. So the first sweep of a day renews a seventh of the details, and a week all.
    """
    if pull.all_details:
        return lambda _: True
    day = pull.started_at.date()
    last = feed.swept_at or feed.completed_at
    if pull.mode is not Mode.SWEEP or last is None or last.date() >= day:
        return lambda _: False
    part = day.toordinal() % DETAIL_DAYS
    return lambda key: crc32(key.encode()) % DETAIL_DAYS == part


def mode_for(stream: Stream, feed: Feed, *, now: datetime, sweep_every: timedelta, full: bool) -> Mode:
    """Choose how a feed is read next."""
    if feed.completed_at is None:
        return Mode.INITIAL
    swept_at = feed.swept_at or feed.completed_at
    if full or stream.mode is ReadMode.FULL or now - swept_at >= sweep_every:
        return Mode.SWEEP
    if stream.mode is ReadMode.WINDOW:
        return Mode.WINDOW
    return Mode.INCREMENTAL if feed.watermark else Mode.SWEEP


def segments_for(stream: Stream, mode: Mode) -> tuple[Segment, ...]:
    """Return the listings to walk, in order; windows of days are laid out by `windows` instead."""
    return tuple(
        Segment(index)
        for index, listing in enumerate(stream.listings)
        if mode is not Mode.INCREMENTAL or listing.time_filter is not TimeFilter.NONE
    )


def covers(stream: Stream, pull: Pull) -> bool:
    """Whether a pull walks every listing that its mode calls for: one that does not moves no watermark."""
    if pull.mode is not Mode.INCREMENTAL:
        return True
    walked = {segment.listing for segment in pull.segments}
    return walked.issuperset(segment.listing for segment in segments_for(stream, pull.mode))


def windows(day_from: date, day_to: date, *, days_max: int) -> tuple[tuple[date, date], ...]:
    """Cover a range of days, both ends included, with the fewest windows of at most `days_max` days.

    They are laid from the end backwards, so that the newest window is a full one.
    """
    found: list[tuple[date, date]] = []
    end = day_to
    while end >= day_from:
        start = max(day_from, end - timedelta(days=days_max - 1))
        found.append((start, end))
        end = start - timedelta(days=1)
    return tuple(reversed(found))


def halved(segment: Segment) -> tuple[Segment, ...]:
    """Split a window of days in two; a single day cannot be split and is returned as it is."""
    if segment.day_from is None or segment.day_to is None or segment.day_from == segment.day_to:
        return (segment,)
    middle = segment.day_from + (segment.day_to - segment.day_from) // 2
    return (
        Segment(segment.listing, segment.day_from, middle),
        Segment(segment.listing, middle + timedelta(days=1), segment.day_to),
    )


def pages_back(pull: Pull, total: int | None, per_page: int) -> int:
    """Return how many pages to go back because rows left the set while it was read, shifting the rest."""
    if total is None or pull.total is None or pull.next_page == 1:
        return 0
    left = pull.total - total
    return min(pull.next_page - 1, -(-left // per_page)) if left > 0 else 0


def next_watermark(pull: Pull) -> datetime | None:
    """Return the point up to which the stream is now known: the vendor's time at the start, less the overlap.

    When the window was closed before that, its end counts. Never our clock, never the newest row.
    """
    if pull.server_started_at is None:
        return None
    end = min(filter(None, (pull.server_started_at, pull.updated_to)))
    return end - OVERLAP


def ending(pull: Pull, *, distinct: Sequence[int], totals: Sequence[int | None]) -> PullStatus:
    """Say whether a pull at its end saw everything: per segment, distinct keys against Total."""
    whole = all(total is None or seen >= total for seen, total in zip(distinct, totals, strict=True))
    return PullStatus.DONE if pull.settled and whole else PullStatus.UNSETTLED


def refusal_wait(refusals: int) -> timedelta:
    """Return how long a switched-off tool is left alone: a day, doubling to a week."""
    doublings = max(0, min(refusals, 8) - 1)
    return min(REFUSAL_WAIT_MAX, REFUSAL_WAIT_MIN * float(2**doublings))


def may_be_read(feed: Feed, *, now: datetime, insist: bool) -> bool:
    """Whether a feed should be asked at all: what is switched off is remembered, not hammered."""
    if feed.access is Access.OPEN:
        return True
    if feed.access in (Access.HIDDEN, Access.GONE):
        return False
    return insist or feed.access_next_at is None or feed.access_next_at <= now


def filters(listing: Listing, pull: Pull) -> tuple[datetime | None, datetime | None]:
    """Return the ends of the modification-time filter for a listing of this pull."""
    if pull.mode is not Mode.INCREMENTAL or listing.time_filter is TimeFilter.NONE:
        return None, None
    return pull.updated_from, pull.updated_to


def after_page(pull: Pull, listing: Listing, *, has_next: bool, total: int | None, per_page: int) -> Pull:
    """Return the pull with its checkpoint moved past the page just read, which may mean some pages back."""
    shrunk = listing.per_page is not None and per_page < (pull.per_page or listing.per_page)
    kept = replace(pull, per_page=per_page) if shrunk else pull
    if shrunk and pull.next_page > 1:
        return replace(kept, next_page=1, total=None)
    back = pages_back(pull, total, per_page)
    if back and pull.steps_back < STEPS_BACK_MAX:
        return replace(kept, next_page=pull.next_page - back, total=total, steps_back=pull.steps_back + 1)
    settled = pull.settled and not back
    if has_next:
        return replace(kept, next_page=pull.next_page + 1, total=total, settled=settled)
    return replace(skip_segment(kept), settled=settled)


def skip_segment(pull: Pull, *, settled: bool = True) -> Pull:
    """Return the pull at the start of its next segment."""
    return replace(pull, segment=pull.segment + 1, next_page=1, total=None, settled=pull.settled and settled)


def split_segment(pull: Pull, days_max: int | None) -> Pull | None:
    """Return the pull with the window in hand cut into shorter ones, or None when it is a single day.

    Into windows of `days_max` days where the vendor said how many it takes, else in two halves.
    """
    segment = pull.segments[pull.segment]
    parts = halved(segment)
    if days_max and segment.day_from and segment.day_to:
        cut = windows(segment.day_from, segment.day_to, days_max=days_max)
        parts = tuple(Segment(segment.listing, *days) for days in cut)
    if len(parts) == 1:
        return None
    return _with_parts(pull, parts)


def trim_segment(pull: Pull) -> Pull | None:
    """Return the pull with the window in hand a day shorter at its end, or None when it is a single day."""
    segment = pull.segments[pull.segment]
    if segment.day_to is None or segment.day_from == segment.day_to:
        return None
    return _with_parts(pull, (replace(segment, day_to=segment.day_to - timedelta(days=1)),))


def _with_parts(pull: Pull, parts: tuple[Segment, ...]) -> Pull:
    segments = (*pull.segments[: pull.segment], *parts, *pull.segments[pull.segment + 1 :])
    return replace(pull, segments=segments, next_page=1, total=None)


def families(streams: Iterable[Stream]) -> dict[str | None, str]:
    """Return the family of each tool that has one: what shares a tool with a family is read with it."""
    return {stream.tool: stream.family for stream in streams if stream.family}


def group_name(stream: Stream, scope: Scope, families: Mapping[str | None, str]) -> str:
    """Return the group that a feed is read in, which is also the lock that its readers take."""
    kin = families.get(stream.tool) or stream.tool or stream.name
    return f"{scope.project_id or 'company'}/{kin}"


def wanted_feeds(
    streams: Sequence[Stream],
    parents: Mapping[str, Sequence[tuple[Scope, str]]],
    choice: Choice = EVERYTHING,
) -> list[tuple[str, Scope]]:
    """Return every feed that ought to exist, given the live records of the streams that are parents."""
    names = kept(streams, choice)
    return [
        (stream.name, scope)
        for stream in streams
        for scope in _scopes(stream, parents)
        if choice.takes(stream, scope, names)
    ]


def _scopes(stream: Stream, parents: Mapping[str, Sequence[tuple[Scope, str]]]) -> list[Scope]:
    if stream.parent is None:
        return [Scope()]
    return [scope.within(stream.scope[-1], key) for scope, key in parents.get(stream.parent, ())]


def parent_access(
    feed: Feed,
    stream: Stream,
    *,
    wanted: AbstractSet[tuple[str, Scope]],
    lost: Mapping[tuple[str, Scope, str], State],
    parent_feeds: Mapping[tuple[str, Scope], Access],
) -> Access | None:
    """Return what the fate of a feed's parent makes of its access; None when it changes nothing.

    A feed whose parent lives is opened again, unless its own tool is off. One whose parent is proven
    deleted is gone; one whose parent cannot be seen is hidden: hidden is not deleted.
    """
    if (feed.stream, feed.scope) in wanted:
        return Access.OPEN if feed.access in (Access.HIDDEN, Access.GONE) else None
    values = feed.scope.values
    if stream.parent is None or not values:
        return None
    around = Scope(values[:-1])
    state = lost.get((stream.parent, around, values[-1][1]))
    deleted = state == State.DELETED or parent_feeds.get((stream.parent, around)) is Access.GONE
    access = Access.GONE if deleted else Access.HIDDEN
    return access if access is not feed.access else None


def local_today(server_now: datetime, zone: str | None) -> date:
    """Return the day it is at a project; without a known time zone, a day that no zone has yet to reach."""
    try:
        return server_now.astimezone(ZoneInfo(zone)).date() if zone else _latest_zone_day(server_now)
    except (ZoneInfoNotFoundError, ValueError):
        return _latest_zone_day(server_now)


def _latest_zone_day(server_now: datetime) -> date:
    return (server_now - timedelta(hours=12)).date()
