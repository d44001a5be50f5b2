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

if TYPE_CHECKING:
    from tiebeam.connectors.streams import Stream
    from tiebeam.replicate.model import Feed
    from tiebeam.replicate.pull import Puller


class Probing(StrEnum):
    """How a feed is probed."""

    DAYS = "days"
    """By the vendor's counts of a window of days, one call for the whole family."""
    GLANCE = "glance"
    """By reading the first of its listings alone: what changed comes with it, a deletion does not show."""
    ROWS = "rows"
    """By the vendor's number of all rows, against ours: what was added or taken away, no edits."""


def probing(stream: Stream) -> Probing | None:
    """Return how a stream can be probed; None when the vendor documents no cheaper call that would tell."""
    first = stream.listings[0]
    if stream.family:
        return Probing.DAYS
    # A listing that is not paged comes whole whatever is asked; where deleted rows are listed with the live
    # ones, their number does not move with a deletion.
    if first.per_page is None or first.means is not Means.LIVE:
        return None
    if stream.mode is not ReadMode.INCREMENTAL:
        return Probing.ROWS
    return Probing.GLANCE if first.time_filter is not TimeFilter.NONE and routine_calls(stream) > 1 else None


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


async def ask_rows(puller: Puller, feed: Feed, stream: Stream) -> Told | Refusal:
    """Ask for the number of a feed's rows, and return by how many ours differs. Raises TiebeamError.

    Where the vendor does not say, that counts as a change: the feed is then read.
    """
    answer = await puller.reader.page(PageRequest(stream, 0, feed.scope, per_page=1, share=puller.share))
    if isinstance(answer, Refusal):
        return answer
    puller.server_clock.learn(answer.server_date)
    held = await puller.replica.live_count(feed)
    return Told(1 if answer.total is None else abs(answer.total - held), answer.calls)
