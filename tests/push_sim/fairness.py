"""Whether everybody got their share of the calls: what was let through, against what is each one's."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.never_over.day import in_window

from tiebeam.operations.limits.bucket import own_calls
from tiebeam.operations.limits.model import HOUR, SHARES, SPIKE, Rates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.push_sim.crowd import Watch

HOUR_SECONDS = HOUR.reach * HOUR.slot_seconds
"""An hour as the gate counts it: a minute more, so that it is never shorter than the vendor's."""
_STEP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Fairness:
    """What the calls of a share came to while it always wanted more."""

    share: str
    own: int
    """Calls an hour that are its own."""
    hour_over_own: float
    """The fewest calls of any hour, over those."""
    wait_over_fair: float
    """The latest of its calls, over when its own share alone would have brought as many."""
    longest_seconds: float
    """The longest time without any."""


def own_of(share: str, hourly: int) -> int:
    """Return a share's own calls of an hour."""
    return own_calls(hourly, Rates())[SHARES.index(share)]


def fairness(watch: Watch, share: str, start: float, end: float, *, hourly: int) -> Fairness:
    """Return how a share fared that wanted more from `start` to `end`, which is longer than an hour."""
    own, all_passed = own_of(share, hourly), watch.passed(share)
    passed = [at for at in sorted(all_passed) if start <= at <= end]
    turn_seconds = HOUR_SECONDS / own
    late = [(at - start) / (number * turn_seconds) for number, at in enumerate(passed, 1) if number >= own]
    gaps = [after - before for before, after in zip([start, *passed], [*passed, end], strict=True)]
    return Fairness(share, own, fewest(passed, start, end) / own, max(late, default=0.0), max(gaps))


def fewest(moments: Sequence[float], start: float, end: float) -> int:
    """Return the fewest of these moments, in order, in any hour that lies between `start` and `end`."""
    counts, at = [], start
    while at + HOUR_SECONDS <= end:
        counts.append(bisect_left(moments, at + HOUR_SECONDS) - bisect_left(moments, at))
        at += _STEP_SECONDS
    return min(counts)


def windows_over(watch: Watch, *, hourly: int, spike: int) -> int:
    """Return how many windows held more calls, as the vendor saw them, than it allows."""
    arrived = [at for at, *_ in watch.answers]
    over = ((SPIKE.width_seconds, spike), (HOUR.width_seconds, hourly))
    return sum(inside > limit for seconds, limit in over for inside in in_window(arrived, seconds))
