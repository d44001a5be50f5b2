"""How old the copy is, by project and tool, for people to look at. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from tiebeam.replicate.model import Access

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from tiebeam.connectors.streams import Stream
    from tiebeam.replicate.model import Feed

WARNING_TIMES: Final = 2.0
CRITICAL_TIMES: Final = 5.0
"""How many of its intervals old something may be (R16)."""


class Warmth(StrEnum):
    """How current what was read is."""

    CURRENT = "current"
    """Read within its interval."""
    AGEING = "ageing"
    """Within twice its interval."""
    LATE = "late"
    """Within five times."""
    CRITICAL = "critical"
    UNREAD = "unread"
    """Some of it was never read to its end."""
    OFF = "off"
    """The project has the tool switched off, or it cannot be seen."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A tool of a project: how old the oldest of its listings is."""

    warmth: Warmth
    age: timedelta | None
    """Of the listing that was read longest ago; None where none was, or none can be."""
    why: str = ""
    """What stands in the way, in the words of the last error or refusal; empty when nothing does."""


@dataclass(frozen=True, slots=True)
class Heat:
    """The whole picture: a line a project, the company first, and a column a tool."""

    tools: tuple[str, ...]
    lines: tuple[tuple[str | None, Mapping[str, Cell]], ...]
    """The project's id (None: the company) and its cells by tool; tools it does not have are not there."""

    def count(self, warmth: Warmth) -> int:
        """Return how many cells are of a warmth."""
        return sum(cell.warmth is warmth for _, cells in self.lines for cell in cells.values())


def tool_of(stream: Stream) -> str:
    """Return the column that a stream belongs in, such as `rfis`."""
    return stream.tool or stream.view


def heat(
    streams: Sequence[Stream],
    feeds: Iterable[Feed],
    now: datetime,
    *,
    sees: Callable[[str | None], bool] = lambda _: True,
    intervals: Mapping[str, timedelta] | None = None,
) -> Heat:
    """Return how old each tool of each project is at `now`, of those projects that `sees` says yes to.

    `intervals` are those that the tenant has set, by stream; the others are as they come.
    """
    known = {stream.name: stream for stream in streams}
    wanted = {stream.name: timedelta(minutes=stream.interval_minutes) for stream in streams}
    wanted |= intervals or {}
    tool_by_stream = {stream.name: tool_of(stream) for stream in streams}
    piles: dict[str | None, dict[str, list[Feed]]] = defaultdict(lambda: defaultdict(list))
    for feed in feeds:
        if feed.stream in known and feed.access is not Access.GONE:
            project = feed.scope.project_id
            if sees(project):
                piles[project][tool_by_stream[feed.stream]].append(feed)
    tools = list(dict.fromkeys(tool_of(stream) for stream in streams))
    present = {tool for pile in piles.values() for tool in pile}
    order = sorted(piles, key=lambda project: (project is not None, _as_number(project)))
    return Heat(
        tuple(tool for tool in tools if tool in present),
        tuple((one, {tool: _cell(some, wanted, now) for tool, some in piles[one].items()}) for one in order),
    )


def _as_number(project: str | None) -> tuple[int, str]:
    return (int(project), "") if project and project.isdigit() else (0, project or "")


def _cell(feeds: Sequence[Feed], wanted: Mapping[str, timedelta], now: datetime) -> Cell:
    readable = [feed for feed in feeds if feed.access is Access.OPEN]
    if not readable:
        return Cell(Warmth.OFF, None, next((feed.access_reason for feed in feeds if feed.access_reason), ""))
    why = next((feed.last_error for feed in readable if feed.last_error), "") or ""
    read = [(now - feed.read_at, wanted[feed.stream]) for feed in readable if feed.read_at]
    age = max((age for age, _ in read), default=None)
    if len(read) < len(readable) or any(feed.completed_at is None for feed in readable):
        return Cell(Warmth.UNREAD, age, why)
    times = max(age / interval for age, interval in read)
    return Cell(_warmth(times), age, why)


def _warmth(times: float) -> Warmth:
    steps = ((1.0, Warmth.CURRENT), (WARNING_TIMES, Warmth.AGEING), (CRITICAL_TIMES, Warmth.LATE))
    return next((warmth for limit, warmth in steps if times <= limit), Warmth.CRITICAL)
