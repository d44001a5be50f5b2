"""The contractor itself: who it is, what it builds, and how it lives on."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from tiebeam.simulators.company.actor import Actor
from tiebeam.simulators.company.acts import ACTS, BURST_MIX, perform
from tiebeam.simulators.company.life import Life, Rhythm

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tiebeam.simulators.company.acts import Change
    from tiebeam.simulators.company.cast import Cast
    from tiebeam.simulators.company.site import Job, Site
    from tiebeam.simulators.company.size import Size
    from tiebeam.simulators.procore.state import ProcoreState

_TRIES_PER_CHANGE = 40


@dataclass(slots=True, eq=False)
class Company:
    """A company in a simulated Procore. What happens to it depends on its seed and on time alone.

    `jobs` and `cast` are what the simulators of other systems tell the same story from.
    """

    state: ProcoreState = field(repr=False)
    seed: int
    size: Size
    start: datetime
    cast: Cast = field(repr=False)
    sites: list[Site] = field(repr=False)
    life: Life
    _actor: Actor = field(init=False, repr=False)
    _rhythm: Rhythm = field(init=False, repr=False)
    _next: tuple[datetime, Site] | None = field(init=False, repr=False)
    _bursts: int = 0

    def __post_init__(self) -> None:
        """The first event is known from the start."""
        self._actor = Actor(self.state, self.sites, self.life, Random(f"life:{self.seed}:acts"))
        self._rhythm = Rhythm(
            Random(f"life:{self.seed}:rhythm"), self.sites, self.life, self.size, self.start
        )
        self._next = self._rhythm.next()

    @property
    def jobs(self) -> list[Job]:
        """Every job, in the order of their numbers' last part."""
        return [site.job for site in self.sites]

    def live_until(self, now: datetime) -> list[Change]:
        """Let everything happen that was to happen up to a moment, and tell what it was.

        One long call and many short ones have the same effect. A moment in the past changes nothing.
        """
        changes: list[Change] = []
        while (at := self._next_moment()) is not None and at <= now:
            changes += self._happen()
        return changes

    def burst(
        self, n_changes: int, *, mix: Mapping[str, float] | None = None, at: datetime | None = None
    ) -> list[Change]:
        """Make so many random changes at one moment (the state's now unless given), and tell what they were.

        `mix` weighs the names of `acts.ACTS`. Fewer changes come back when the company has nothing left that
        such acts could be done to. Raises ValueError for an unknown act.
        """
        weights = dict(BURST_MIX if mix is None else mix)
        unknown = set(weights) - set(ACTS)
        if unknown:
            raise ValueError(f"no such acts: {', '.join(sorted(unknown))}; there are {', '.join(ACTS)}")
        self._bursts += 1
        actor = self._actor.acting_at_once(Random(f"burst:{self.seed}:{self._bursts}"))
        moment = at or self.state.now()
        changes: list[Change] = []
        for _ in range(n_changes * _TRIES_PER_CHANGE):
            actor.room = n_changes - len(changes)
            if actor.room <= 0 or (site := actor.open_site()) is None:
                break
            changes += perform(actor, site, _choose(actor.rng, weights), moment)
        return changes

    def _next_moment(self) -> datetime | None:
        planned = self._actor.planned[0][0] if self._actor.planned else None
        spontaneous = self._next[0] if self._next else None
        return min((moment for moment in (planned, spontaneous) if moment is not None), default=None)

    def _happen(self) -> list[Change]:
        planned = self._actor.planned
        if planned and (self._next is None or planned[0][0] <= self._next[0]):
            at, _, site, act = heapq.heappop(planned)
            return perform(self._actor, site, act, at)
        if self._next is None:
            return []
        at, site = self._next
        self._next = self._rhythm.next()
        return perform(self._actor, site, _choose(self._actor.rng, self.life.mix), at)


def _choose(rng: Random, mix: Mapping[str, float]) -> str:
    return rng.choices(tuple(mix), tuple(mix.values()))[0]
