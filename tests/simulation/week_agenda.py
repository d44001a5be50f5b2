"""What a seed has in store for a week: who dies, what is shut, when it storms, and who looks after it."""

from __future__ import annotations

import heapq
from datetime import timedelta
from itertools import count
from random import Random
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

DAYS = 7
CALM_HOURS_MIN = 8.0
"""A calm of this length or longer is judged at its end."""
_KILL_EVERY_HOURS = 9.0


class Entry(NamedTuple):
    """Something that is to happen at a moment."""

    at: datetime
    number: int
    name: str


class Agenda:
    """What is to happen, in order; more may be added while it does."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._numbers = count()

    def add(self, at: datetime, name: str) -> None:
        """Put something down."""
        heapq.heappush(self._entries, Entry(at, next(self._numbers), name))

    def due(self, now: datetime) -> list[str]:
        """Take out what is to happen by now."""
        found = []
        while self._entries and self._entries[0].at <= now:
            found.append(heapq.heappop(self._entries).name)
        return found

    def next_moment(self) -> datetime | None:
        """Return when the next thing is to happen."""
        return self._entries[0].at if self._entries else None

    def clear(self) -> None:
        """Cross everything out."""
        self._entries.clear()


def draw_agenda(seed: int, start: datetime) -> Agenda:
    """Return the week of a seed."""
    rng, agenda = Random(f"agenda:{seed}"), Agenda()
    for hours, name in sorted(_drawn(rng)):
        agenda.add(start + timedelta(hours=hours), name)
    return agenda


def draw_outages(seed: int, start: datetime) -> list[tuple[datetime, datetime]]:
    """Return when the vendor answers nothing but 503, if it storms then."""
    rng = Random(f"outages:{seed}")
    begins = [start + timedelta(hours=rng.uniform(1, DAYS * 24)) for _ in range(4)]
    return [(begin, begin + timedelta(hours=rng.choice((0.2, 1, 3)))) for begin in begins]


def _drawn(rng: Random) -> Iterator[tuple[float, str]]:
    end = DAYS * 24.0
    yield from _weather(rng, end)
    yield from _every(rng, _KILL_EVERY_HOURS, end, "kill")
    yield from ((rng.uniform(2, end), name) for name in ("restart", "restart", "late", "silent", "silent"))
    yield from ((rng.uniform(2, end), "burst") for _ in range(rng.randint(4, 9)))
    for hours in rng.sample((0.1, 0.8, 3.0, 14.0), rng.randint(2, 4)):
        begin = rng.uniform(3, end - 15)
        yield begin, "shut door"
        yield begin + hours, "open door"
    yield from ((rng.uniform(20, end), "delete hook") for _ in range(rng.choice((0, 0, 1, 2))))
    yield from ((rng.uniform(5, end), "revoke") for _ in range(rng.choice((0, 1))))
    for _ in range(rng.choice((0, 1, 2))):
        begin = rng.uniform(5, end / 2)
        name = rng.choice(("tool", "tool", "project"))
        yield begin, f"lose {name}"
        yield begin + rng.choice((0.5, 5.0, 30.0)), f"regain {name}"
    for day in range(DAYS):
        yield day * 24 + 12.0, "prune"
    yield from ((hours * 1.0, "check") for hours in range(2, DAYS * 24, 4))
    yield from ((hours * 1.0, "person") for hours in range(3, DAYS * 24, 3))


def _weather(rng: Random, end: float) -> Iterator[tuple[float, str]]:
    """Storms and calms in turn; a long calm is judged just before it ends."""
    at = rng.choice((0.0, 6.0))
    while at < end:
        yield at, "storm"
        at += rng.uniform(4, 16)
        yield at, "calm"
        calm = rng.uniform(4, 16)
        if calm >= CALM_HOURS_MIN and at + calm < end:
            yield at + calm - 0.01, "judge"
        at += calm


def _every(rng: Random, hours: float, end: float, name: str) -> Iterator[tuple[float, str]]:
    at = rng.expovariate(1 / hours)
    while at < end:
        yield at, name
        at += rng.expovariate(1 / hours)
