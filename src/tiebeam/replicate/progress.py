"""How far a sync is and how long it still takes: arithmetic on what has been seen so far."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tiebeam.connectors.streams import Phase
    from tiebeam.replicate.model import Tally

RATE_WINDOW_SECONDS = 60.0
TELL_EVERY_SECONDS = 0.2
"""How often it is worth saying how far a sync is."""
NOTE_EVERY_SECONDS = 1.0
"""How often it is worth writing it down for other processes."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What the vendor's hourly limit allows."""

    left: int
    """Calls that can still be made now."""
    per_hour: int


@dataclass(frozen=True, slots=True)
class Progress:
    """A sync in hand, for people to look at."""

    phase: Phase
    feeds_done: int
    feeds_known: int
    doing: str
    tally: Tally
    calls_left: int | None
    """Estimated; None while too little is known to say."""
    seconds_left: float | None


class Meter:
    """Learns what feeds of each stream cost, and how fast calls go through."""

    def __init__(self) -> None:
        self._costs: dict[str, tuple[int, int]] = {}
        self._every = (0, 0)
        self._seen: deque[tuple[float, int]] = deque()

    def feed_done(self, stream: str, calls: int) -> None:
        """Take in what one feed of `stream` cost."""
        feeds, cost = self._costs.get(stream, (0, 0))
        self._costs[stream] = (feeds + 1, cost + calls)
        self._every = (self._every[0] + 1, self._every[1] + calls)

    def tick(self, seconds: float, calls: int) -> None:
        """Take in that `calls` calls had been made in all at `seconds` on a monotonic clock."""
        self._seen.append((seconds, calls))
        while len(self._seen) > 2 and seconds - self._seen[0][0] > RATE_WINDOW_SECONDS:
            self._seen.popleft()

    def calls_left(self, streams: Iterable[str], details: int) -> int:
        """Estimate the calls that feeds of these streams, and that many owed details, will take."""
        return details + round(sum(self._mean(stream) for stream in streams))

    def seconds_left(self, calls_left: int, budget: Budget | None = None) -> float | None:
        """Estimate the time for so many calls: at the pace of the last minute, and within the hour's budget.

        None before there is a pace. What exceeds the calls that this hour has left waits for later hours.
        """
        if len(self._seen) < 2:
            return None
        (start, before), (end, after) = self._seen[0], self._seen[-1]
        if after <= before:
            return None
        at_pace = calls_left * (end - start) / (after - before)
        beyond = max(0, calls_left - budget.left) if budget else 0
        return max(at_pace, 3600.0 * beyond / budget.per_hour) if budget and beyond else at_pace

    def _mean(self, stream: str) -> float:
        feeds, cost = self._costs.get(stream, self._every)
        return cost / feeds if feeds else 1.0
