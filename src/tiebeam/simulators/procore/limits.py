"""Two limits at once, hourly and spike, and headers that tell of whichever is nearer to its end."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from tiebeam.simulators.procore.options import ProcoreOptions


class Window:
    """The calls of the last `seconds`; `largest` is the most ever seen in any such stretch, limit or not."""

    def __init__(self, seconds: int, limit: int | None, *, fixed: bool = False) -> None:
        """`fixed` empties at once when its time is over; else calls drop out one by one."""
        self.seconds = seconds
        self.limit = limit
        self.fixed = fixed
        self.largest = 0
        self._counted: deque[float] = deque()
        self._seen: deque[float] = deque()
        self._opened = -math.inf

    def expire(self, now: float) -> None:
        """Forget what lies outside the window."""
        while self._seen and self._seen[0] <= now - self.seconds:
            self._seen.popleft()
        if not self.fixed:
            while self._counted and self._counted[0] <= now - self.seconds:
                self._counted.popleft()
        elif now >= self._opened + self.seconds:
            self._counted.clear()
            self._opened = now

    @property
    def full(self) -> bool:
        """Whether the next call would be refused."""
        return self.limit is not None and len(self._counted) >= self.limit

    def note(self, now: float, *, counts: bool) -> None:
        """Remember a call; `counts` when it uses up some of the limit."""
        self._seen.append(now)
        self.largest = max(self.largest, len(self._seen))
        if counts:
            self._counted.append(now)

    @property
    def remaining(self) -> int:
        """Calls that would still be let through now."""
        return 0 if self.limit is None else max(0, self.limit - len(self._counted))

    def reset(self, now: float) -> int:
        """The whole Unix second from which a call is let through again, or the window begins to empty."""
        if self.fixed:
            return math.ceil(self._opened + self.seconds)
        if not self._counted:
            return math.ceil(now + self.seconds)
        surplus = 0 if self.limit is None else max(0, len(self._counted) - self.limit)
        oldest = self._counted[min(surplus, len(self._counted) - 1)]
        return math.ceil(oldest + self.seconds)


class Limiter:
    """The windows of one caller."""

    def __init__(self, options: ProcoreOptions) -> None:
        """Sizes and habits come from `options`; a limit of None never refuses."""
        self.spike = Window(10, options.spike_limit)
        self.hourly = Window(3600, options.hourly_limit, fixed=options.hourly_window == "fixed")
        self.refused = 0
        self._refused_count = options.refused_calls_count

    def admit(self, moment: datetime) -> bool:
        """Count a call at `moment` and say whether it is let through."""
        now = moment.timestamp()
        windows = (self.spike, self.hourly)
        for window in windows:
            window.expire(now)
        admitted = not any(window.full for window in windows)
        for window in windows:
            window.note(now, counts=admitted or self._refused_count)
        self.refused += not admitted
        return admitted

    def headers(self, moment: datetime, skew_seconds: float = 0.0) -> dict[str, str]:
        """X-Rate-Limit headers of the window nearest to exhaustion; none when there are no limits."""
        limited = [window for window in (self.spike, self.hourly) if window.limit is not None]
        if not limited:
            return {}
        nearest = min(limited, key=lambda window: (window.remaining, -window.seconds))
        reset = nearest.reset(moment.timestamp()) + round(skew_seconds)
        return {
            "X-Rate-Limit-Limit": str(nearest.limit),
            "X-Rate-Limit-Remaining": str(nearest.remaining),
            "X-Rate-Limit-Reset": str(reset),
        }


class Limits:
    """The limiter of every caller."""

    def __init__(self, options: ProcoreOptions) -> None:
        """No callers yet."""
        self._options = options
        self.callers: dict[str, Limiter] = {}

    def of(self, caller: str) -> Limiter:
        """The caller's own windows."""
        return self.callers.setdefault(caller, Limiter(self._options))

    def largest(self) -> dict[str, int]:
        """The most calls that any one caller made within 10 seconds and within an hour."""
        return {
            "spike": max((limiter.spike.largest for limiter in self.callers.values()), default=0),
            "hourly": max((limiter.hourly.largest for limiter in self.callers.values()), default=0),
        }

    @property
    def refused(self) -> int:
        """Calls answered with 429."""
        return sum(limiter.refused for limiter in self.callers.values())
