"""Exponential back-off with full jitter, as arithmetic."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before each further attempt.

    The wait before attempt n+1 lies between half of and the whole of `base_seconds * 2**(n-1)`, at most
    `wait_seconds_max`; after `attempts_max` attempts there is no further one.
    """

    base_seconds: float = 0.5
    wait_seconds_max: float = 60.0
    attempts_max: int = 6

    def wait_seconds(self, attempt: int, chance: float) -> float | None:
        """Return the wait after failed attempt number `attempt` (1-based), or None when it was the last.

        `chance` is a number in [0, 1) from the caller's own source of chance.
        """
        if attempt >= self.attempts_max:
            return None
        whole = min(self.wait_seconds_max, self.base_seconds * 2.0 ** (attempt - 1))
        return whole * (0.5 + chance / 2)
