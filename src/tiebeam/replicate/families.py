"""Families: streams that a vendor counts together by day, as Procore does its nineteen daily logs.

Only the windows of days that hold something are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tiebeam.connectors.ports import Refusal, RefusalKind
from tiebeam.kernel.moments import parse_moment
from tiebeam.replicate.model import Mode, Segment
from tiebeam.replicate.plan import local_today, windows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tiebeam.connectors.streams import Stream
    from tiebeam.replicate.model import Feed
    from tiebeam.replicate.pull import Puller

WINDOW_DAYS_MAX = 90
"""Ranges of more than about 30 to 91 days were refused in the field; a refused window is split in two."""


@dataclass(frozen=True, slots=True)
class Family:
    """The feeds of one family in one project."""

    members: Sequence[tuple[Feed, Stream]]
    header_stream: str
    """The stream whose rows say on which days there are logs."""
    project_stream: str

    @property
    def feeds(self) -> list[Feed]:
        """The feeds without their streams."""
        return [feed for feed, _ in self.members]


@dataclass(frozen=True, slots=True)
class Layout:
    """Which windows each feed of a family is to read, and what finding out cost."""

    segments: Mapping[int, tuple[Segment, ...]]
    calls: int
    news: int
    """By how many rows what the vendor counts differs from what we hold."""


async def lay_out(puller: Puller, family: Family, mode: Mode, *, recent_days: int) -> Layout | Refusal:
    """Find the windows of days that are worth reading for the feeds of a family.

    A window in which the vendor counts nothing, and we hold nothing, is known without being read.
    """
    start, today = await _days(puller, family, mode, recent_days)
    segments: dict[int, list[Segment]] = {feed.id: [] for feed in family.feeds}
    calls = news = 0
    todo = list(reversed(windows(start, today, days_max=WINDOW_DAYS_MAX)))
    while todo:
        window = todo.pop()
        counts = await _counts(puller, family, window)
        calls += 1
        if isinstance(counts, Refusal):
            shorter = _shorter(window, counts)
            if shorter is None:
                return counts
            todo.extend(reversed(shorter))
            continue
        held = await puller.replica.live_in_window(family.feeds, *window)
        for feed, stream in family.members:
            mine = held.get(feed.id, 0)
            news += abs(counts.get(stream.name, mine) - mine)
            if counts.get(stream.name, 1) > 0 or mine:
                segments[feed.id].append(Segment(0, *window))
    return Layout({feed_id: tuple(found) for feed_id, found in segments.items()}, calls, news)


async def _counts(puller: Puller, family: Family, window: tuple[date, date]) -> Mapping[str, int] | Refusal:
    feed, stream = family.members[0]
    return await puller.reader.busy_days(stream, feed.scope, *window, puller.share)


def _shorter(window: tuple[date, date], refusal: Refusal) -> tuple[tuple[date, date], ...] | None:
    """Return the windows to ask for instead of one that was refused; None when there are none."""
    start, end = window
    if start == end:
        return None
    if refusal.kind is RefusalKind.WINDOW_AHEAD:
        return ((start, end - timedelta(days=1)),)
    if refusal.kind is RefusalKind.WINDOW_TOO_LONG:
        half = -(-((end - start).days + 1) // 2)
        return windows(start, end, days_max=refusal.days_max or half)
    return None


async def _days(puller: Puller, family: Family, mode: Mode, recent_days: int) -> tuple[date, date]:
    first, project = await puller.replica.days_known(
        family.feeds[0].scope, header_stream=family.header_stream, project_stream=family.project_stream
    )
    today = local_today(puller.server_clock.now(), project.get("tz_name"))
    return _start(mode, today, first, project.get("created_at"), recent_days), today


def _start(mode: Mode, today: date, first: str | None, created_at: object, recent_days: int) -> date:
    if mode is Mode.WINDOW:
        return today - timedelta(days=recent_days - 1)
    known = [moment.date() for moment in (parse_moment(first), parse_moment(created_at)) if moment]
    return min([*known, today])
