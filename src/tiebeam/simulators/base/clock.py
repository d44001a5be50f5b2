"""The simulators' own clocks: real for a demo, by hand for a test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class SimClock(Protocol):
    """Where a simulator reads the time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class WallClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that moves only when told to."""

    def __init__(self, start: datetime) -> None:
        """Start at `start`, which must be aware."""
        self.set(start)

    def now(self) -> datetime:
        """The moment last set, in UTC."""
        return self._now

    def set(self, moment: datetime) -> None:
        """Jump to `moment`, forwards or backwards."""
        if moment.tzinfo is None:
            raise ValueError("a simulated clock needs an aware datetime: give it a tzinfo, such as UTC")
        self._now = moment.astimezone(UTC)

    def advance(self, seconds: float) -> None:
        """Move on by `seconds`."""
        self._now += timedelta(seconds=seconds)
