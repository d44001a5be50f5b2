"""Probes: one call that tells whether anything of a feed has changed, where reading it takes several.

A probe that tells of a change has the feed read. One that tells of none proves nothing: what it cannot show
is left to the reads that go on besides, and no watermark and no sweep ever rests on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tiebeam.connectors.ports import PageRequest, Refusal
from tiebeam.connectors.streams import Means, ReadMode, TimeFilter
from tiebeam.replicate.plan import OVERLAP

if TYPE_CHECKING:
    from datetime import datetime

    from tiebeam.connectors.ports import Page
    from tiebeam.connectors.streams import Stream
    from tiebeam.replicate.model import Feed
    from tiebeam.replicate.pull import Puller


class Probing(StrEnum):
    """How a feed is probed."""

    DAYS = "days"
    """By the vendor's counts of a window of days, one call for the whole family."""
    NEWER = "newer"
    """By one row of those changed since the last read: of the first listing only, so no deletions."""
    ROWS = "rows"
    """By the vendor's number of all rows, against ours: what was added or taken away, no edits."""


def probing(stream: Stream) -> Probing | None:
    """Return how a stream can be probed; None when the vendor documents no call that would tell."""
    first = stream.listings[0]
    if stream.family:
        return Probing.DAYS
    # A single listing that is not paged comes whole whatever is asked: that is a read, not a probe.
    if first.per_page is None or first.means is Means.DELETED:
        return None
    if stream.mode is ReadMode.INCREMENTAL:
        return None if first.time_filter is TimeFilter.NONE else Probing.NEWER
    # Where deleted rows are listed with the live ones, their number does not move with a deletion.
    return Probing.ROWS if first.means is Means.LIVE else None


def routine_calls(stream: Stream) -> int:
    """Return how many calls a routine read takes that finds nothing new, each listing being one page."""
    if stream.mode is not ReadMode.INCREMENTAL:
        return len(stream.listings)
    return sum(listing.time_filter is not TimeFilter.NONE for listing in stream.listings) or 1


@dataclass(frozen=True, slots=True)
class Told:
    """What a probe came to."""

    changes: int
    calls: int


class Prober:
    """Probes feeds that are not of a family; families are counted where their windows are laid out."""

    def __init__(self, puller: Puller) -> None:
        self._puller = puller

    async def ask(self, feed: Feed, stream: Stream) -> Told | Refusal:
        """Return how many changes one call tells of. Raises TiebeamError.

        Where the vendor's answer does not say, that counts as a change: the feed is then read.
        """
        since = feed.watermark + OVERLAP if feed.watermark and probing(stream) is Probing.NEWER else None
        until = self._puller.server_clock.told()
        request = PageRequest(
            stream=stream,
            listing=0,
            scope=feed.scope,
            per_page=1,
            updated_from=since,
            updated_to=until if since and until and until > since else None,
            share=self._puller.share,
        )
        answer = await self._puller.reader.page(request)
        if isinstance(answer, Refusal):
            return answer
        self._puller.server_clock.learn(answer.server_date)
        return Told(await self._changes(feed, stream, answer, since), answer.calls)

    async def _changes(self, feed: Feed, stream: Stream, answer: Page, since: datetime | None) -> int:
        if since is not None:
            return len(answer.rows) if answer.total is None else answer.total
        if answer.total is None or probing(stream) is not Probing.ROWS:
            return 1
        return abs(answer.total - await self._puller.replica.live_count(feed))
