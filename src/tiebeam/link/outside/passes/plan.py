"""How often a joined board is read whole: as often as half of the day's calls allow. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

POLLED_SHARE: Final = 0.5
"""The part of a day's calls that looking alone may take."""
CALLS_FIRST: Final = 4
"""What a pass takes that was never made: board, people and two pages."""
_DAY_SECONDS: Final = 86_400.0
_SECONDS_MIN: Final = 120.0
_HEARS_SECONDS_MIN: Final = 3600.0
"""Where webhooks tell of what happens, a pass only finds what they have missed."""


def pass_seconds(calls_a_day: int, calls_of_each: Collection[int], *, hears: bool) -> float:
    """Return how long after a pass over a board the next one begins, all boards taking turns alike."""
    most = max(1.0, calls_a_day * POLLED_SHARE)
    seconds = _DAY_SECONDS * sum(calls_of_each) / most
    return max(seconds, _HEARS_SECONDS_MIN if hears else _SECONDS_MIN)
