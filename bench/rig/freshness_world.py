"""A make-believe company for the bench of freshness: what is read, and when it changes. All from a seed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.replicate.freshness.items import items_of
from tiebeam.replicate.freshness.model import HOURS_OF_WEEK, Estimate, hour_of_week
from tiebeam.replicate.model import Access, Feed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.connectors.streams import Stream
    from tiebeam.replicate.freshness.model import Item

PROJECTS = 20
CALLS_AN_HOUR_A_PROJECT = 30
BURST = 10
PARENTS_EACH = {"contract_id": 1, "schedule_id": 1, "specification_section_division_id": 3}
"""How many records of the kinds that streams are read within a project has."""
UNTOLD = frozenset({"delay_logs", "project_tools", "project_users", "project_vendors", "companies"})
"""Views that no webhook tells of, or not of all changes, by what was seen of Procore."""
MEDIAN_CHANGES_A_DAY = {1: 0.4, 2: 0.08, 3: 0.016}
"""By priority; what is asked for most often is what changes most often."""
FEED_SPREAD = 2.0
PROJECT_SPREAD = 1.2
"""Sigmas of the lognormal factors: most tools of a project are hardly used and some are used all day, most
projects are ending or only begun and some are in full swing (one in twenty is 7 times as busy as usual)."""
WORKING_HOURS = {day * 24 + hour for day in range(5) for hour in range(12, 22)}
"""Monday to Friday, seven to five in Chicago, in hours of the week in UTC."""
AT_NIGHT = 0.03
"""How busy the other hours are beside a working hour."""
COUNT_SHOWS = 0.7
FILTER_SHOWS = 0.95
"""Which part of the changes a probe shows: counts what is new, a filter on time all but deletions."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change at the vendor. Times are hours since the epoch."""

    at: float
    counted: bool
    """Whether a probe shows it."""


@dataclass(frozen=True)
class World:
    """What is read and how it really changes."""

    items: tuple[Item, ...]
    truth: dict[int, Estimate]
    counted: frozenset[int]
    """The items of several feeds that the vendor counts together."""
    calls_an_hour: int

    @property
    def polled(self) -> int:
        """What polling is paced at, so that no hour holds more than the limit even after a burst."""
        return self.calls_an_hour - BURST

    def changes(self, feed_id: int, start: float, end: float, seed: int) -> list[Change]:
        """Return the changes of one feed, a Poisson process whose rate follows the hours of the week."""
        rng = Random(f"{seed}/{feed_id}")
        shows = COUNT_SHOWS if feed_id in self.counted else FILTER_SHOWS
        return [Change(at, rng.random() < shows) for at in self._moments(feed_id, start, end, rng)]

    def _moments(self, feed_id: int, start: float, end: float, rng: Random) -> Iterator[float]:
        rates = self.truth[feed_id].rates_per_hour
        at, left = start, rng.expovariate(1.0)
        while at < end:
            upto = math.floor(at) + 1.0
            rate = rates[hour_of_week(at)]
            if rate * (upto - at) < left:
                left -= rate * (upto - at)
                at = upto
                continue
            at += left / rate
            left = rng.expovariate(1.0)
            yield at


def company(
    seed: int, projects: int, *, working_hours: bool, probes: bool = True, webhooks: bool = False
) -> World:
    """Return a company of so many projects with every stream of the catalogue in each."""
    rng = Random(seed)
    streams = {stream.name: stream for stream in STREAMS}
    covered = {stream.name for stream in STREAMS if stream.view not in UNTOLD} if webhooks else set()
    feeds = [_feed(number, *place) for number, place in enumerate(_places(projects), 1)]
    busy = {str(project): rng.lognormvariate(0.0, PROJECT_SPREAD) for project in range(1, projects + 1)}
    rates = {
        feed.id: _rate(streams[feed.stream], rng) * busy.get(feed.scope.project_id or "", 1.0)
        for feed in feeds
    }
    shape = _shape(working_hours=working_hours)
    kept, truth = [], {}
    for item in items_of(STREAMS, feeds, covered=covered):
        rate = sum(rates[feed_id] for feed_id in item.feed_ids)
        truth[item.feed_id] = Estimate(tuple(rate * factor for factor in shape))
        kept.append(item if probes else replace(item, probe=None))
    together = frozenset(item.feed_id for item in kept if len(item.feed_ids) > 1)
    return World(tuple(kept), truth, together, CALLS_AN_HOUR_A_PROJECT * projects)


def _places(projects: int) -> Iterator[tuple[str, str]]:
    """Give stream and scope of every feed."""
    for stream in STREAMS:
        if not stream.scope:
            yield stream.name, ""
        for project in range(1, projects + 1) if stream.scope else ():
            inner = stream.scope[1:]
            for parent in range(PARENTS_EACH[inner[0]] if inner else 1):
                tail = f"/{inner[0]}={project * 10 + parent}" if inner else ""
                yield stream.name, f"project_id={project}{tail}"


def _feed(number: int, stream: str, scope_text: str) -> Feed:
    return Feed(
        number,
        UUID(int=1),
        stream,
        scope_text,
        Access.OPEN,
        None,
        0,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
    )


def _rate(stream: Stream, rng: Random) -> float:
    # A family has twenty streams, and together they change as often as two of the others.
    scale = 0.3 if stream.family else 1.0
    return MEDIAN_CHANGES_A_DAY[stream.priority] * scale * rng.lognormvariate(0.0, FEED_SPREAD) / 24


def _shape(*, working_hours: bool) -> list[float]:
    hours = range(HOURS_OF_WEEK)
    raw = [1.0 if hour in WORKING_HOURS or not working_hours else AT_NIGHT for hour in hours]
    return [value * HOURS_OF_WEEK / sum(raw) for value in raw]
