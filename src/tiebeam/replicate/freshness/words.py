"""A plan in words: why a feed is read now, and what the budget cannot cover. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tiebeam.replicate.freshness.model import Item


@dataclass(frozen=True, slots=True)
class Why:
    """What decided that an item is due."""

    item: Item
    rate_per_hour: float
    every: timedelta
    at_most: timedelta
    age: timedelta | None
    """None: never read."""
    probe: bool


def reason(why: Why) -> str:
    """Say in one sentence why an item is due."""
    name = where(why.item)
    if why.age is None:
        return f"{name}: never read."
    last = f"{'looked at' if why.probe else 'read'} {span(why.age)} ago"
    if why.probe:
        return f"{name}: {pace(why.rate_per_hour)}, worth {_probe(why)}, {last}."
    if why.every >= why.at_most * 0.999:
        return f"{name}: {_bound(why)}, {last}."
    return f"{name}: {pace(why.rate_per_hour)}, worth a read every {span(why.every)}, {last}."


def _bound(why: Why) -> str:
    if why.item.covered_by_webhook:
        return f"webhooks tell of it; read every {span(why.at_most)} to find what they missed"
    return f"{pace(why.rate_per_hour)}, and never left unread for longer than {span(why.at_most)}"


def _probe(why: Why) -> str:
    """Say what is asked instead of a read, and what that costs beside it."""
    assert why.item.probe
    cost = f"{why.item.probe.cost_calls:.0f} of the {why.item.cost_calls:.0f} calls of a read"
    return f"{why.item.probe.asks} every {span(why.every)} for {cost}"


def where(item: Item) -> str:
    """Name an item: `RFIs of project 12`, `Projects of the company`."""
    scope = item.scope_text.replace("_id=", " ").replace("/", ", ").replace("_", " ")
    return f"{item.title} of {scope or 'the company'}"


def pace(rate_per_hour: float) -> str:
    """Say a change rate in the unit that suits it."""
    for unit, hours in (("hour", 1.0), ("day", 24.0), ("week", 168.0)):
        if rate_per_hour * hours >= 1:
            count = rate_per_hour * hours
            return (
                f"about {count:.0f} change{'' if round(count) == 1 else 's'} a{'n' * (unit == 'hour')} {unit}"
            )
    return "less than a change a week"


def span(length: timedelta) -> str:
    """Say a length of time in whole minutes, or in hours from two on."""
    minutes = round(length / timedelta(minutes=1))
    if minutes < 1:
        return f"{round(length.total_seconds())} s"
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"


def shortfalls(ages: Iterable[tuple[Item, timedelta]], *, critical_times: float) -> tuple[str, ...]:
    """Say what will be older than its interval, one sentence a stream, the worst first."""
    streams: dict[str, list[tuple[Item, timedelta]]] = defaultdict(list)
    for item, age in ages:
        # A minute more than promised is rounding, not a shortfall.
        if not item.covered_by_webhook and age > item.ceiling + timedelta(minutes=1):
            streams[item.stream].append((item, age))
    ranked = sorted(streams.values(), key=lambda late: -max(age / item.ceiling for item, age in late))
    return tuple(_shortfall(late, critical_times) for late in ranked)


def _shortfall(late: Sequence[tuple[Item, timedelta]], critical_times: float) -> str:
    item = late[0][0]
    age = max(age for _, age in late)
    projects = {part for one, _ in late for part in one.scope_text.split("/")[:1] if part}
    of = f"of {len(projects)} project{'s' * (len(projects) != 1)}" if projects else "of the company"
    critical = (
        f", {age / item.ceiling:.0f} times that and critical" if age > item.ceiling * critical_times else ""
    )
    upto = "up to " if len(late) > 1 else ""
    return (
        f"{item.title} {of} will be {upto}{span(age)} old (wanted: {span(item.ceiling)}{critical}); "
        "ask Procore for a higher limit or enable webhooks."
    )
