"""Places within a group: how an item comes between two others. Pure."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def between(before: float | None, following: Sequence[float], *, all_told: bool) -> list[float]:
    """Return a place for an item behind `before` (None: first of all), then new ones for those following it.

    No more of them are moved than must be to stand in their order. `following` are the places of the next
    items in their order; `all_told` says whether they reach to the end of the group: else the last of them
    stays in any case. An empty list when there is no room among them.
    """
    if not following:
        return [0.0 if before is None else before + 1]
    start = min(following[0] - 1, math.nextafter(following[0], -math.inf)) if before is None else before
    for moved, end in enumerate(following):
        places = _spread(start, end, moved + 1)
        if places:
            return places
    return [start + number for number in range(1, len(following) + 2)] if all_told else []


def _spread(start: float, end: float, number: int) -> list[float]:
    """Return places that divide a stretch evenly, none when it is too short for them."""
    found = [start + (end - start) * (one / (number + 1)) for one in range(1, number + 1)]
    inside = [start, *found, end]
    return found if all(one < other for one, other in itertools.pairwise(inside)) else []
