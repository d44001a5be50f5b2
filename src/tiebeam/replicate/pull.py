"""One pull: page after page into the replica, each with its checkpoint, until the listing is at its end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from tiebeam.connectors.ports import PageRequest, Refusal, RefusalKind, Share
from tiebeam.connectors.streams import Means
from tiebeam.kernel.errors import Owner, TiebeamError
from tiebeam.kernel.memory import keep_what_is_freed, spare_what_is_loaded
from tiebeam.replicate.model import Mode, PullStatus, Segment, Tally
from tiebeam.replicate.plan import (
    after_page,
    covers,
    filters,
    segments_for,
    skip_segment,
    split_segment,
    trim_segment,
)
from tiebeam.replicate.reading import Reading, ReadPage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from tiebeam.connectors.ports import Reader
    from tiebeam.connectors.streams import Stream
    from tiebeam.kernel.clock import Clock
    from tiebeam.replicate.model import Ending, Feed, PageChanges, Pull
    from tiebeam.replicate.repository import Replica

LOCKED_OUT = frozenset({RefusalKind.TOOL_OFF, RefusalKind.NOT_FOUND, RefusalKind.FORBIDDEN})
"""Refusals that say something of what we may see, and nothing of what exists."""

HOPELESS = frozenset({RefusalKind.BAD_REQUEST, RefusalKind.WINDOW_TOO_LONG, RefusalKind.WINDOW_AHEAD})
"""Refusals that the same question would meet again: the pull begins anew next time."""


_PAGES_AHEAD = 2
"""How many pages are fetched or wait ready to be applied, besides the one that is."""


class StoppedError(TiebeamError):
    """A sync was asked to stop. The page in hand is kept, and the next sync goes on from there."""

    code = "replicate.stopped"
    owner = Owner.NOBODY

    def __init__(self) -> None:
        super().__init__("The sync was asked to stop.", action="Start it again: it goes on where it was.")


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
    glance: bool = False
    """Whether it left listings out, so that the watermark stays."""


@dataclass(frozen=True, slots=True)
class _Over:
    """No page follows: the segment is at its end, the vendor refused, or something went wrong."""

    error: BaseException | None


class _Ahead:
    """The pages to come, fetched and read while the database is busy with the present one."""

    def __init__(self, work: Callable[[Pull], Awaitable[Reading | Refusal]], stream: Stream) -> None:
        self._work = work
        self._stream = stream
        self._pages: asyncio.Queue[ReadPage | Refusal | _Over] = asyncio.Queue()
        self._room = asyncio.Semaphore(_PAGES_AHEAD)
        self._task: asyncio.Task[None] | None = None

    async def next(self, pull: Pull) -> ReadPage | Refusal:
        """Return the page at the pull's checkpoint, or why there is none. Raises what fetching it raised."""
        while True:
            if self._task is None:
                self._task = asyncio.create_task(self._run(pull))
            page = await self._pages.get()
            if not isinstance(page, _Over):
                self._room.release()
                return page
            self._task = None
            if page.error is not None:
                raise page.error

    async def _run(self, pull: Pull) -> None:
        error: BaseException | None = None
        try:
            await self._fetch_all(pull)
        except BaseException as caught:  # noqa: BLE001 - keeps whoever waits for a page from waiting for ever
            error = caught
        self._pages.put_nowait(_Over(error))

    async def _fetch_all(self, pull: Pull) -> None:
        """Fetch page after page to the end of the segment, or to the first refusal."""
        going = True
        while going:
            await self._room.acquire()
            answer = await self._work(pull)
            if isinstance(answer, Refusal):
                self._pages.put_nowait(answer)
                return
            page = _ready(self._stream, pull, answer)
            going = _goes_on(pull, page.after)
            self._pages.put_nowait(page)
            pull = page.after

    async def drop(self) -> None:
        """Fetch no more: what ended the pull is on its way already."""
        if self._task is not None:
            self._task.cancel()
            await self._task


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
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """`stopping` is asked after each page."""
        self.replica = replica
        self.reader = reader
        self.share = share
        self.server_clock = ServerClock(clock)
        self._clock = clock
        spare_what_is_loaded()
        keep_what_is_freed()
        self._on_step = on_step
        self._stopping = stopping

    async def pull(
        self,
        feed: Feed,
        stream: Stream,
        mode: Mode,
        *,
        all_details: bool = False,
        glance: bool = False,
    ) -> PullResult:
        """Go on with the feed's unfinished pull, or begin one, to its end. Raises StoppedError.

        At a `glance` only the first listing is read for what has changed, and the watermark stays.
        """
        pull = await self.replica.running_pull(feed)
        if pull is None:
            walk = (Segment(0),) if glance else segments_for(stream, mode)
            mode = Mode.INCREMENTAL if glance else mode
            pull = await self._begin(feed, mode, walk, all_details=all_details)
        result = PullResult(glance=not covers(stream, pull))
        finished = await self._read(feed, stream, pull, result)
        if finished is not None:
            if result.glance:
                finished = replace(finished, server_started_at=None)
            ending = await self.replica.end_pull(feed, finished, stream.absence)
            self._count(_ending_tally(ending), result.tally)
        return result

    async def _begin(self, feed: Feed, mode: Mode, walk: tuple[Segment, ...], *, all_details: bool) -> Pull:
        window = (None, None) if mode.complete else (feed.watermark, self.server_clock.told())
        return await self.replica.begin_pull(feed, mode, walk, updated=window, all_details=all_details)

    async def _read(self, feed: Feed, stream: Stream, pull: Pull, result: PullResult) -> Pull | None:
        """Read the pages that are left; None when the vendor refused, or another process took over."""
        ahead = _Ahead(partial(self._fetch, feed, stream), stream)
        moved: Pull | None = pull
        try:
            while moved is not None and not moved.finished:
                page = await ahead.next(moved)
                if isinstance(page, Refusal):
                    moved = await self._refused(feed, stream, moved, page, result)
                else:
                    moved = await self._apply(feed, stream, moved, page, result)
                if self._stopping():
                    raise StoppedError
        finally:
            await ahead.drop()
        return moved

    async def _apply(
        self, feed: Feed, stream: Stream, pull: Pull, page: ReadPage, result: PullResult
    ) -> Pull | None:
        """Apply a page; None when another process has applied it."""
        changes = await self.replica.apply_page(feed, pull, page, detailed=stream.detail is not None)
        if changes is None:
            return None
        self._count(_page_tally(page, changes), result.tally)
        return page.after

    async def _fetch(self, feed: Feed, stream: Stream, pull: Pull) -> Reading | Refusal:
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
        reading = Reading(answer, stream, listing)
        # At the first load nothing is known yet; afterwards almost everything is.
        for _ in reading.read_all() if pull.mode is Mode.INITIAL else reading.take_fingerprints():
            await self._clock.sleep(0)
        return reading

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


def changes_tally(changes: PageChanges) -> Tally:
    """Count what a page did to the replica."""
    return Tally(
        created=len(changes.created),
        updated=len(changes.updated),
        restored=len(changes.restored),
        conflicts=len(changes.conflicts),
        owed=len(changes.owed),
        unchanged=changes.unchanged,
    )


def _page_tally(page: ReadPage, changes: PageChanges) -> Tally:
    reading = page.reading
    tally = Tally(calls=page.calls, pages=1, rows=reading.good, damaged=len(reading.damaged))
    tally.add(changes_tally(changes))
    return tally


def _ending_tally(ending: Ending) -> Tally:
    unsettled = int(ending.status is PullStatus.UNSETTLED)
    return Tally(deleted=ending.deleted, hidden=ending.hidden, held=ending.held, unsettled=unsettled)


def _ready(stream: Stream, pull: Pull, reading: Reading) -> ReadPage:
    page = reading.page
    listing = stream.listings[pull.segments[pull.segment].listing]
    after = after_page(pull, listing, has_next=page.has_next, total=page.total, per_page=page.per_page)
    after = replace(after, server_started_at=pull.server_started_at or page.server_date)
    return ReadPage(reading, page.total, page.calls, after)


def _goes_on(pull: Pull, after: Pull) -> bool:
    return after.segment == pull.segment and after.next_page == pull.next_page + 1
