"""The nouns of freshness, without any I/O. Rates are changed records an hour; hours of the week are UTC."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

HOURS_OF_WEEK = 168
"""Monday 00:00 to 01:00 UTC is hour 0."""
_EPOCH_HOUR_OF_WEEK = 72
"""1970 began on a Thursday."""


def hours_since_epoch(moment: datetime) -> float:
    """Return an aware moment as hours, in which intervals are reckoned."""
    return moment.timestamp() / 3600


def moment_of(hours: float) -> datetime:
    """Return the moment, in UTC, that lies so many hours after the epoch."""
    return datetime.fromtimestamp(hours * 3600, UTC)


def hour_of_week(hours: float) -> int:
    """Return which of the 168 hours of the week a time in hours since the epoch falls into."""
    return (math.floor(hours) + _EPOCH_HOUR_OF_WEEK) % HOURS_OF_WEEK


@dataclass(frozen=True, slots=True)
class Probe:
    """A call that costs less than a read and tells of some changes, such as a vendor's count of rows."""

    cost_calls: float
    sees_share: float
    """Which part of the changes it would show, 0 to 1: a count shows what was added, not what was edited."""
    brings: bool = False
    """Whether what it shows comes with it, as with a glance at one of two listings: no read need follow."""
    asks: str = "a count"
    """What it is, in words: `a count of the days`."""


@dataclass(frozen=True, slots=True)
class Item:
    """What is read at once: one feed, or the feeds that a vendor counts together in one project."""

    feed_id: int
    """The feed, or the lowest of those read together."""
    stream: str
    title: str
    """In words, plural: `RFIs`."""
    scope_text: str
    cost_calls: float
    """Calls of one read that finds nothing new."""
    weight: float
    ceiling: timedelta
    """How old the copy may be at most, while the budget allows (requirement R1)."""
    covered_by_webhook: bool = False
    missed_share: float = 0.01
    """Which part of the changes no webhook tells of, where webhooks cover it."""
    calls_per_change: float = 0.0
    """Calls that each changed record costs besides, such as its detail: owed whenever it is read."""
    probe: Probe | None = None
    feed_ids: tuple[int, ...] = ()
    """All feeds of the read; empty: `feed_id` alone."""

    def __post_init__(self) -> None:
        if not (self.cost_calls > 0 and self.weight > 0 and self.ceiling > timedelta(0)):
            raise ValueError(f"{self.stream} {self.scope_text}: cost, weight and ceiling must be positive.")


@dataclass(frozen=True, slots=True)
class Estimate:
    """The change rate to be expected of a feed at each hour of the week."""

    rates_per_hour: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.rates_per_hour) != HOURS_OF_WEEK or min(self.rates_per_hour) < 0:
            raise ValueError(f"An estimate has {HOURS_OF_WEEK} rates, none of them negative.")

    @classmethod
    def constant(cls, rate_per_hour: float) -> Estimate:
        """Return the estimate of a feed that changes alike at all hours."""
        return cls((rate_per_hour,) * HOURS_OF_WEEK)

    def mean(self, start: float, end: float) -> float:
        """Return the mean rate between two times in hours since the epoch."""
        if end <= start:
            return self.rates_per_hour[hour_of_week(start)]
        expected, at = 0.0, start
        while at < end:
            upto = min(end, math.floor(at) + 1.0)
            expected += self.rates_per_hour[hour_of_week(at)] * (upto - at)
            at = upto
        return expected / (end - start)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one read found: the records that had changed since the read before."""

    until: datetime
    """When the read began."""
    changes: int
    calls: int
    announced: int = 0
    """Of the changes, those that a probe had told of."""
    glance: bool = False
    """Whether it was a glance, which shows a part of the changes only."""
    glance_sees: float = 0.0
    """Which part of the changes glances at this feed show; 0: they are not made."""


def _zeros() -> array[float]:
    return array("d", bytes(8 * HOURS_OF_WEEK))


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is remembered of a feed's reads. Old reads fade, so sums are not whole numbers."""

    as_of: datetime | None = None
    """Up to when changes have been counted; None before the first read."""
    changes: array[float] = field(default_factory=_zeros)
    """Changed records seen, by hour of the week."""
    hours: array[float] = field(default_factory=_zeros)
    """Hours watched, by hour of the week."""
    reads: float = 0.0
    calls: float = 0.0
    """Calls that those reads took, without what each changed record costs besides."""
    announced: float = 0.0
    """Changes that a probe had told of before they were read."""
    unannounced: float = 0.0
    """Changes that a probe made since the read before had not told of."""
    probed_at: datetime | None = None
    told_pending: int = 0
    """Changes that webhooks told of, and that were fetched, since the last read."""
    told: float = 0.0
    """The same, of all intervals between reads."""
    missed: float = 0.0
    """Changes that reads found although webhooks should have told of them."""
