"""Who does things on the sites of a company: its chance and its memory."""

from __future__ import annotations

import heapq
import itertools
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from tiebeam.simulators.company import paper

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime
    from random import Random

    from tiebeam.simulators.company.life import Life
    from tiebeam.simulators.company.site import Site
    from tiebeam.simulators.procore.state import ProcoreState
    from tiebeam.simulators.procore.tables import RecordId


class Place(NamedTuple):
    """Where a record is to be found again."""

    resource: str
    project_id: int
    record_id: RecordId


Done = list[tuple[str, "RecordId"]]
"""The records that an act was about, as resource and id."""


@dataclass(slots=True, eq=False)
class Actor:
    """Acts by its own chance. `binned` and `hidden` may come back, `planned` is a heap of what will follow.

    `room` is how many records a large act may touch; when `at_once`, nothing is put off to a later moment.
    """

    state: ProcoreState
    sites: list[Site]
    life: Life
    rng: Random
    room: int = 60
    at_once: bool = False
    binned: list[Place] = field(default_factory=list)
    hidden: list[Place] = field(default_factory=list)
    planned: list[tuple[datetime, int, Site, str]] = field(default_factory=list)
    tickets: itertools.count[int] = field(default_factory=itertools.count)

    def acting_at_once(self, rng: Random) -> Actor:
        """The same actor with another source of chance, remembering the same things."""
        return replace(self, rng=rng, at_once=True)

    def plan(self, at: datetime, site: Site, name: str) -> None:
        """Have an act follow at a later moment."""
        heapq.heappush(self.planned, (at, next(self.tickets), site, name))

    def open_site(self) -> Site | None:
        """A site where work goes on, more likely one with much paper."""
        sites = [site for site in self.sites if site.job.active]
        return self.rng.choices(sites, [site.weight for site in sites])[0] if sites else None

    def kind(self, site: Site, among: Collection[str] | None = None) -> str | None:
        """A kind of paper, as often as this site makes it; None when its tool is off or there is none."""
        kinds = [kind for kind in site.mix if among is None or kind in among]
        if not kinds:
            return None
        chosen = self.rng.choices(kinds, [site.mix[kind] for kind in kinds])[0]
        return chosen if self.has_tool(site, chosen) else None

    def has_tool(self, site: Site, kind: str) -> bool:
        """Whether the site has the tool of a kind of paper."""
        return self.state.tool_enabled(site.project_id, paper.tool_of(kind))

    @contextmanager
    def maybe_silently(self) -> Iterator[bool]:
        """Whether parents are told of what is done meanwhile: always, unless life keeps a share silent."""
        told = self.state.children_touch_parents
        silent = self.rng.random() < self.life.silent_reply_share
        self.state.children_touch_parents = told and not silent
        try:
            yield not silent
        finally:
            self.state.children_touch_parents = told
