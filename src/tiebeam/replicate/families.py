"""Families: streams that a vendor counts together by day, as Procore does its nineteen daily logs.

Only the windows of days that hold something are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tiebeam.connectors.ports import Refusal
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
class Layout:
    """Which windows each feed of a family is to read, and what finding out cost."""

    segments: Mapping[int, tuple[Segment, ...]]
    calls: int


async def lay_out(
    puller: Puller,
    members: Sequence[tuple[Feed, Stream]],
    mode: Mode,
    *,
    recent_days: int,
    header_stream: str,
    project_stream: str,
) -> Layout | Refusal:
    """Find the windows of days that are worth reading for the feeds of one family in one project.

    A window in which the vendor counts nothing, and we hold nothing, is known without being read.
    """
    scope = members[0][0].scope
    first, project = await puller.replica.days_known(
        scope, header_stream=header_stream, project_stream=project_stream
    )
    today = local_today(puller.server_clock.now(), project.get("tz_name"))
    start = _start(mode, today, first, project.get("created_at"), recent_days)
    segments: dict[int, list[Segment]] = {feed.id: [] for feed, _ in members}
    calls = 0
    for day_from, day_to in windows(start, today, days_max=WINDOW_DAYS_MAX):
        counts = await puller.reader.busy_days(members[0][1], scope, day_from, day_to, puller.share)
        if isinstance(counts, Refusal):
            return counts
        calls += 1
        held = await puller.replica.live_in_window([feed for feed, _ in members], day_from, day_to)
        for feed, stream in members:
            if counts.get(stream.name, 1) > 0 or feed.id in held:
                segments[feed.id].append(Segment(0, day_from, day_to))
    return Layout({feed_id: tuple(found) for feed_id, found in segments.items()}, calls)


def _start(mode: Mode, today: date, first: str | None, created_at: object, recent_days: int) -> date:
    if mode is Mode.WINDOW:
        return today - timedelta(days=recent_days - 1)
    known = [moment.date() for moment in (parse_moment(first), parse_moment(created_at)) if moment]
    return min([*known, today])
