"""How often one caller may ask, counted in this process: enough against a loop that runs away."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tiebeam.web.api.problems import Problem

if TYPE_CHECKING:
    from tiebeam.kernel.clock import Clock

_WINDOW_SECONDS: Final = 60
_CALLERS_MAX: Final = 10_000


@dataclass(slots=True)
class _Window:
    ends: float
    used: int = 0


class Rates:
    """Calls of each caller in the minute that runs."""

    def __init__(self, clock: Clock, calls_per_minute: int) -> None:
        self._clock = clock
        self._most = calls_per_minute
        self._windows: dict[str, _Window] = {}

    def count(self, caller: str) -> dict[str, str]:
        """Count a call; return the headers that say what is left. Raises Problem 429 once nothing is."""
        now = self._clock.monotonic()
        window = self._windows.get(caller)
        if window is None or window.ends <= now:
            self._forget(now)
            window = self._windows[caller] = _Window(now + _WINDOW_SECONDS)
        wait_seconds = max(1, math.ceil(window.ends - now))
        said = {
            "RateLimit-Policy": f'"default";q={self._most};w={_WINDOW_SECONDS}',
            "RateLimit": f'"default";r={max(0, self._most - window.used - 1)};t={wait_seconds}',
        }
        if window.used >= self._most:
            raise Problem(
                429,
                "api.too_often",
                f"More than {self._most} calls were made within a minute.",
                action=f"Wait {wait_seconds} s; ask for larger pages, or only for what changed.",
                headers={**said, "Retry-After": str(wait_seconds)},
            )
        window.used += 1
        return said

    def _forget(self, now: float) -> None:
        if len(self._windows) >= _CALLERS_MAX:
            self._windows = {name: one for name, one in self._windows.items() if one.ends > now}
