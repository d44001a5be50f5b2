"""When things happen: how busy a company is, and on which site something happens next."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from tiebeam.simulators.company.moments import WORKDAY_HOURS, activity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from random import Random

    from tiebeam.simulators.company.site import Site
    from tiebeam.simulators.company.size import Size

# How often each act is done; a weight of 0 switches one off.
LIFE_MIX: Mapping[str, float] = MappingProxyType(
    {
        "create": 36.0,
        "edit": 24.0,
        "status": 15.0,
        "reply": 14.0,
        "delete": 3.5,
        "erase": 2.5,
        "restore": 1.4,
        "purge": 0.3,
        "upload": 0.5,
        "round": 0.4,
        "retire": 0.06,
        "finish": 0.02,
        "toggle": 0.0,
        "hide": 0.0,
        "show": 0.0,
    }
)

_CHANGES_PER_ITEM_AND_DAY = 0.06
_CHANGES_PER_DAY_MIN = 20.0
# A company without an open site stays quiet; without a bound the search for its next event would not end.
_QUIET_TRIES_MAX = 200_000


@dataclass(frozen=True, slots=True)
class Life:
    """How a company lives.

    `rate_multiplier` speeds everything up, and 0 stops it; `changes_per_day` on a working day follows the
    size unless given. `mix` weighs the acts. `silent_reply_share` of the replies and topic edits leave their
    parent's `updated_at` alone. `always_open` ignores nights and weekends.
    """

    rate_multiplier: float = 1.0
    changes_per_day: float | None = None
    mix: Mapping[str, float] = field(default_factory=lambda: LIFE_MIX)
    silent_reply_share: float = 0.0
    always_open: bool = False

    def hourly_rate(self, size: Size) -> float:
        """Changes an hour when a company is as busy as it gets. Raises ValueError when it is negative."""
        usual = max(_CHANGES_PER_DAY_MIN, size.items * _CHANGES_PER_ITEM_AND_DAY)
        a_day = usual if self.changes_per_day is None else self.changes_per_day
        rate = a_day * self.rate_multiplier / sum(WORKDAY_HOURS.values())
        if rate < 0:
            raise ValueError("a company cannot live backwards: give a rate of 0 (nothing happens) or more")
        return rate


class Rhythm:
    """The moments at which something happens of itself: a seeded process, thinned by each site's hours."""

    def __init__(self, rng: Random, sites: list[Site], life: Life, size: Size, start: datetime) -> None:
        """Nothing happens before `start`."""
        self._rng = rng
        self._sites = sites
        self._weights = list(itertools.accumulate(site.weight for site in sites))
        self._rate = life.hourly_rate(size)
        self._always_open = life.always_open
        self._moment = start

    def next(self) -> tuple[datetime, Site] | None:
        """The next moment and its site; None at a rate of 0, or once no site is open any more."""
        if self._rate == 0:
            return None
        for _ in range(_QUIET_TRIES_MAX):
            self._moment += timedelta(hours=self._rng.expovariate(self._rate))
            site = self._rng.choices(self._sites, cum_weights=self._weights)[0]
            busy = 1.0 if self._always_open else activity(site.local(self._moment))
            if self._rng.random() < busy and site.job.active:
                return self._moment, site
        return None
