"""One pull: page after page into the replica, each with its checkpoint, until the listing is at its end."""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson

from tiebeam.connectors.ports import Damage, PageRequest, Refusal, RefusalKind, Share
from tiebeam.connectors.streams import Means
from tiebeam.kernel.canonical import UnstorableError
from tiebeam.kernel.errors import TiebeamError
from tiebeam.replicate.model import Mode, PullStatus, Tally
from tiebeam.replicate.plan import (
    after_page,
    filters,
    key_of,
    read_row,
    segments_for,
    skip_segment,
    split_segment,
    trim_segment,
)
from tiebeam.replicate.repository import ReadPage

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from datetime import datetime

    from tiebeam.connectors.ports import Page, Reader
    from tiebeam.connectors.streams import Listing, Stream
    from tiebeam.kernel.clock import Clock
    from tiebeam.replicate.model import Feed, Incoming, PageChanges, Pull
    from tiebeam.replicate.repository import Ending, Replica

LOCKED_OUT = frozenset({RefusalKind.TOOL_OFF, RefusalKind.NOT_FOUND, RefusalKind.FORBIDDEN})
"""Refusals that say something of what we may see, and nothing of what exists."""

HOPELESS = frozenset({RefusalKind.BAD_REQUEST, RefusalKind.WINDOW_TOO_LONG, RefusalKind.WINDOW_AHEAD})
"""Refusals that the same question would meet again: the pull begins anew next time."""


_ROWS_AT_ONCE = 64
"""How many rows are read at a stretch: the database must not wait while a whole page is."""


class ServerClock:
    """The vendor's clock, as far as its answers have told it: ours is never trusted with a watermark."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead: timedelta | None = None

    def learn(self, server_date: datetime | None) -> None:
        """Take in the `Date` of an answer that has just come."""
        if server_date is not None:
            self._ahead = server_date - self._clock.now()

    def now(self) -> datetime:
        """Return the vendor's time, to about a second; our own until an answer has told better."""
        return self._clock.now() + (self._ahead or timedelta())

    def told(self) -> datetime | None:
        """Return the vendor's time, or None before the first answer: our own may be ahead of it."""
        return None if self._ahead is None else self.now()


@dataclass(slots=True)
class PullResult:
    """What a pull came to: what it did, and the refusal that ended it early, if one did."""

    tally: Tally = field(default_factory=Tally)
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class _Fetched:
    """A page, and what its rows came to."""

    page: Page
    rows: list[Incoming]
    damaged: list[Damage]


class _Ahead:
    """The next page, fetched and read while the database is busy with the present one."""

    def __init__(self) -> None:
        self._task: asyncio.Task[_Fetched | Refusal] | None = None

    def fetch(self, work: Coroutine[Any, Any, _Fetched | Refusal]) -> None:
        self._task = asyncio.create_task(work)

    def take(self) -> asyncio.Task[_Fetched | Refusal] | None:
        task, self._task = self._task, None
        return task

    async def drop(self) -> None:
        if (task := self.take()) is not None:
            task.cancel()
            # Whatever it came to, nobody wants it any more; what ended the pull is on its way already.
            with suppress(asyncio.CancelledError, TiebeamError):
                await task


class Puller:
    """Pulls feeds of one connection, one feed at a time."""

    def __init__(
        self,
        replica: Replica,
        reader: Reader,
        clock: Clock,
        *,
        share: Share = Share.POLL,
        on_step: Callable[[Tally], None] = lambda _: None,
    ) -> None:
        self.replica = replica
        self.reader = reader
        self.share = share
        self.server_clock = ServerClock(clock)
        self._clock = clock
        _spare_what_is_loaded()
        self._on_step = on_step

    async def pull(
        self,
        feed: Feed,
        stream: Stream,
        mode: Mode,
        *,
        all_details: bool = False,
    ) -> PullResult:
        """Go on with the feed's unfinished pull, or begin one, and read it to its end."""
        result = PullResult()
        pull = await self.replica.running_pull(feed)
        if pull is None:
            pull = await self._begin(feed, stream, mode, all_details=all_details)
        finished = await self._read(feed, stream, pull, result)
        if finished is not None:
            ending = await self.replica.end_pull(feed, finished, stream.absence)
            self._count(_ending_tally(ending), result.tally)
        return result

    async def _begin(
        self,
        feed: Feed,
        stream: Stream,
        mode: Mode,
        *,
        all_details: bool,
    ) -> Pull:
        window = (None, None) if mode.complete else (feed.watermark, self.server_clock.told())
        walk = segments_for(stream, mode)
        return await self.replica.begin_pull(feed, mode, walk, updated=window, all_details=all_details)

    async def _read(self, feed: Feed, stream: Stream, pull: Pull, result: PullResult) -> Pull | None:
        """Read the pages that are left; None when the vendor refused, or another process took over."""
        ahead = _Ahead()
        moved: Pull | None = pull
        try:
            while moved is not None and not moved.finished:
                answer = await (ahead.take() or self._fetch(feed, stream, moved))
                if isinstance(answer, Refusal):
                    moved = await self._refused(feed, stream, moved, answer, result)
                else:
                    moved = await self._apply(feed, stream, moved, answer, ahead=ahead, result=result)
        finally:
            await ahead.drop()
        return moved

    async def _apply(
        self, feed: Feed, stream: Stream, pull: Pull, fetched: _Fetched, *, ahead: _Ahead, result: PullResult
    ) -> Pull | None:
        """Apply a page while the next one is on its way; None when another process has applied it."""
        page = _ready(stream, pull, fetched)
        if _goes_on(pull, page.after):
            ahead.fetch(self._fetch(feed, stream, page.after))
        changes = await self.replica.apply_page(feed, pull, page, detailed=stream.detail is not None)
        if changes is None:
            return None
        self._count(_page_tally(page, changes), result.tally)
        return page.after

    async def _fetch(self, feed: Feed, stream: Stream, pull: Pull) -> _Fetched | Refusal:
        segment = pull.segments[pull.segment]
        listing = stream.listings[segment.listing]
        updated_from, updated_to = filters(listing, pull)
        answer = await self.reader.page(
            PageRequest(
                stream=stream,
                listing=segment.listing,
                scope=feed.scope,
                page=pull.next_page,
                per_page=pull.per_page,
                updated_from=updated_from,
                updated_to=updated_to,
                day_from=segment.day_from,
                day_to=segment.day_to,
                share=self.share,
            )
        )
        if isinstance(answer, Refusal):
            return answer
        self.server_clock.learn(answer.server_date)
        return await self._read_rows(stream, listing, answer)

    async def _read_rows(self, stream: Stream, listing: Listing, page: Page) -> _Fetched:
        fetched = _Fetched(page, [], [])
        for start in range(0, len(page.rows), _ROWS_AT_ONCE):
            rows, damaged = read_rows(stream, listing, page.rows[start : start + _ROWS_AT_ONCE])
            fetched.rows.extend(rows)
            fetched.damaged.extend(damaged)
            await self._clock.sleep(0)
        return fetched

    async def _refused(
        self, feed: Feed, stream: Stream, pull: Pull, refusal: Refusal, result: PullResult
    ) -> Pull | None:
        """Find a way on after a refusal; None when there is none."""
        self._count(Tally(calls=refusal.calls), result.tally)
        moved = self._way_on(stream, pull, refusal)
        if moved is not None and await self.replica.advance(pull, moved):
            return moved
        result.refusal = refusal
        self._count(Tally(refused=1), result.tally)
        cause = f"{refusal.cause} {refusal.action}"
        if refusal.kind in LOCKED_OUT or refusal.kind in HOPELESS:
            await self.replica.refuse_pull(feed, pull, cause)
        else:
            await self.replica.fail_feed(feed, cause)
        return None

    def _way_on(self, stream: Stream, pull: Pull, refusal: Refusal) -> Pull | None:
        segment = pull.segments[pull.segment]
        if refusal.kind is RefusalKind.WINDOW_TOO_LONG:
            return split_segment(pull, refusal.days_max)
        if refusal.kind is RefusalKind.WINDOW_AHEAD:
            return trim_segment(pull)
        if refusal.kind in LOCKED_OUT and segment.listing > 0:
            bin_only = stream.listings[segment.listing].means is Means.DELETED
            return skip_segment(pull, settled=bin_only)
        return None

    def _count(self, step: Tally, tally: Tally) -> None:
        tally.add(step)
        self._on_step(step)


@cache
def _spare_what_is_loaded() -> None:
    """Have the garbage collector pass over what this process has loaded, once.

    A page is some ten thousand objects, so that the collector looks at everything there is after every few
    pages. Modules and classes live as long as the process: walking them took a quarter of a pull's time.
    """
    gc.collect()
    gc.freeze()


def changes_tally(changes: PageChanges) -> Tally:
    """Count what a page did to the replica."""
    return Tally(
        created=len(changes.created),
        updated=len(changes.updated),
        restored=len(changes.restored),
        conflicts=len(changes.conflicts),
        unchanged=changes.unchanged,
    )


def _page_tally(page: ReadPage, changes: PageChanges) -> Tally:
    tally = Tally(calls=page.calls, pages=1, rows=len(page.rows), damaged=len(page.damaged))
    tally.add(changes_tally(changes))
    return tally


def _ending_tally(ending: Ending) -> Tally:
    unsettled = int(ending.status is PullStatus.UNSETTLED)
    return Tally(deleted=ending.deleted, hidden=ending.hidden, held=ending.held, unsettled=unsettled)


def read_rows(
    stream: Stream, listing: Listing, rows: Sequence[dict[str, Any]]
) -> tuple[list[Incoming], list[Damage]]:
    """Make rows canonical; those that cannot be stored come back as damage, each with its reason."""
    good: list[Incoming] = []
    damaged: list[Damage] = []
    for row in rows:
        try:
            good.append(read_row(stream, row, means=listing.means))
        except UnstorableError as error:
            damaged.append(Damage(reason=str(error), raw=raw_bytes(row), key=_key_if_any(stream, row)))
    return good, damaged


def raw_bytes(row: dict[str, Any]) -> bytes:
    """Return a row as JSON if it can be, else as Python shows it: what is kept of what cannot be stored."""
    try:
        return orjson.dumps(row)
    except (TypeError, orjson.JSONEncodeError):
        return repr(row).encode("utf-8", "backslashreplace")


def _key_if_any(stream: Stream, row: dict[str, Any]) -> str | None:
    try:
        return key_of(stream, row)
    except UnstorableError:
        return None


def _ready(stream: Stream, pull: Pull, fetched: _Fetched) -> ReadPage:
    page = fetched.page
    listing = stream.listings[pull.segments[pull.segment].listing]
    after = after_page(pull, listing, has_next=page.has_next, total=page.total, per_page=page.per_page)
    return ReadPage(
        rows=fetched.rows,
        damaged=[*page.damaged, *fetched.damaged],
        total=page.total,
        calls=page.calls,
        after=replace(after, server_started_at=pull.server_started_at or page.server_date),
    )


def _goes_on(pull: Pull, after: Pull) -> bool:
    return after.segment == pull.segment and after.next_page == pull.next_page + 1
