"""When people on a building site do things."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

# Standard time all year round: an hour's error in summer moves no working day, and no zone data is needed.
ZONES = {
    "US/Eastern": ("America/New_York", -5),
    "US/Central": ("America/Chicago", -6),
    "US/Mountain": ("America/Denver", -7),
    "US/Pacific": ("America/Los_Angeles", -8),
}

WORKDAY_HOURS = {
    6: 0.05,
    7: 0.6,
    8: 0.9,
    9: 1.0,
    10: 1.0,
    11: 0.8,
    12: 0.4,
    13: 0.8,
    14: 0.9,
    15: 0.9,
    16: 0.8,
    17: 0.1,
    18: 0.03,
}
_NIGHT, _SATURDAY, _SUNDAY = 0.005, 0.06, 0.02


def activity(local: datetime) -> float:
    """How busy a site is at a local time, from 0 to 1."""
    share = WORKDAY_HOURS.get(local.hour, _NIGHT)
    weekday = local.weekday()
    if weekday < 5:
        return share
    return max(_NIGHT / 2, share * (_SATURDAY if weekday == 5 else _SUNDAY))


def is_working(local: datetime) -> bool:
    """Monday to Friday, 7 to 17."""
    return local.weekday() < 5 and 7 <= local.hour < 17


def workday(day: date) -> date:
    """The day itself, or the Friday before a weekend."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def workdays(first: date, last: date) -> list[date]:
    """Every Monday to Friday from `first` to `last`, both included."""
    days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5]


def moment_on(rng: Random, day: date, offset_hours: int) -> datetime:
    """A moment of a day between 7 and 17 local time, in UTC and whole seconds."""
    seconds = int(rng.triangular(7, 17, 10) * 3600) - offset_hours * 3600
    return at_midnight(day) + timedelta(seconds=seconds)


def at_midnight(day: date) -> datetime:
    """The start of a day in UTC."""
    return datetime.combine(day, time(), UTC)


def moment_between(rng: Random, first: date, last: date, offset_hours: int) -> datetime:
    """A working moment of a day between two, both included."""
    day = first + timedelta(days=int(rng.random() * ((last - first).days + 1)))
    return moment_on(rng, workday(day), offset_hours)


def later(rng: Random, moment: datetime, mean_days: float) -> datetime:
    """Some days later at about the same time of day; never less than an hour, never on a weekend."""
    gone = moment + timedelta(hours=1 + int(rng.expovariate(1 / mean_days) * 24))
    return gone + timedelta(days=max(0, 7 - gone.weekday()) if gone.weekday() >= 5 else 0)


def day_text(moment: datetime, days: int = 0) -> str:
    """The date of a moment some days on: `2026-01-05`."""
    return (moment + timedelta(days=days)).date().isoformat()
