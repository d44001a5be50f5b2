"""Which feeds to read now and in the next hour, why, and what the budget cannot cover. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from tiebeam.replicate.freshness.allocate import Allocation, Demand, Pace, allocate
from tiebeam.replicate.freshness.estimate import PRIOR_RATE_PER_HOUR
from tiebeam.replicate.freshness.model import Estimate, hour_of_week, hours_since_epoch, moment_of
from tiebeam.replicate.freshness.words import Why, reason, shortfalls

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tiebeam.replicate.freshness.model import Item

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for the last read of what was never read, so that it comes first."""
HOURS_MIN = 1 / 60
"""Nothing is read more often than once a minute: webhooks are for that."""
RECONCILE_EVERY = timedelta(hours=6)
"""How often at least what webhooks or glances show is read whole, for what they do not."""
CRITICAL_TIMES = 5.0
"""So many times its interval, and a feed's age is critical (requirement R16)."""
CRITICAL_SHARE_MAX = 0.6
"""How much of the budget may keep every feed below critical when the intervals themselves do not fit."""
FLOOR_SHARE = 0.12
"""How much goes into the quietest feeds when that does not fit either: it keeps their estimates true."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A feed that is due, and why."""

    feed_id: int
    reason: str
    probe: bool = False
    """Probe it, and read it only if the probe tells of a change."""
    feed_ids: tuple[int, ...] = ()
    """All feeds that are read with it."""


@dataclass(frozen=True, slots=True)
class Call:
    """One read or probe of the next hour."""

    at: datetime
    calls: float
    choice: Choice


@dataclass(frozen=True, slots=True)
class Slot:
    """When one item is due, as planned for one hour."""

    item: Item
    estimate: Estimate
    price: float
    pace: Pace
    rate_per_hour: float
    """Changes that only a read or a probe will show, in the hour planned for."""
    hours_max: float
    hours_hidden_max: float
    """How long at most it may go without being read whole, where probes show most of it."""

    @property
    def interval(self) -> timedelta:
        """How often it is looked at, by a read or by a probe."""
        return timedelta(hours=min(self.pace.read_hours, self.pace.probe_hours or math.inf))

    def next_read(self, read_at: datetime) -> datetime:
        """Return when it is to be read whole again, having been read whole at `read_at`."""
        probe = self.item.probe
        shown = probe.sees_share if probe and self.pace.probe_hours else 0.0
        most = self.hours_hidden_max if shown else self.hours_max
        return moment_of(self._due(hours_since_epoch(read_at), self.item.cost_calls, 1 - shown, most))

    def next_probe(self, looked_at: datetime) -> datetime | None:
        """Return when it is to be probed, having been looked at `looked_at`; None: it is not probed."""
        probe = self.item.probe
        if probe is None or self.pace.probe_hours is None:
            return None
        start = hours_since_epoch(looked_at)
        return moment_of(self._due(start, probe.cost_calls, probe.sees_share, self.hours_max))

    def _due(self, start: float, calls: float, share: float, most: float) -> float:
        """Return when what has piled up since `start` is worth the calls at the plan's price.

        With a constant rate this is the square-root law. With the week's ups and downs it is the same law
        on what has really piled up: the expected changes, times how long each has waited.
        """
        if share <= 0:
            return start + most
        unseen = (self.item.missed_share if self.item.covered_by_webhook else 1.0) * share
        worth = self.price * calls / self.item.weight
        at, end = start, start + most
        changes = waited = 0.0
        while at < end:
            upto = math.floor(at) + 1.0
            rate, span = self.estimate.rates_per_hour[hour_of_week(at)] * unseen, upto - at
            more = changes * span + rate * span * span / 2
            if waited + more >= worth:
                at += _until(changes, rate, worth - waited)
                break
            changes, waited, at = changes + rate * span, waited + more, upto
        return min(max(at, start + HOURS_MIN), end)


def _until(changes: float, rate: float, worth: float) -> float:
    """Solve `changes x + rate x²/2 = worth` for x."""
    root = math.sqrt(changes * changes + 2 * rate * worth)
    return 2 * worth / (changes + root) if changes + root > 0 else 0.0


@dataclass(frozen=True)
class Plan:
    """What to spend the next hour's calls on. Made anew every few minutes; cheap enough for that."""

    now: datetime
    budget_calls_per_hour: float
    owed_calls_per_hour: float
    """Calls that changed records cost whenever they are read, such as details: not ours to spend."""
    stretch: float
    """How many times its interval a feed may be old at most; 1 when the budget holds every interval."""
    allocation: Allocation
    slots: Mapping[int, Slot]
    last_reads: Mapping[int, datetime]
    last_probes: Mapping[int, datetime]

    def due(self, now: datetime, *, spare_calls: float = 0.0) -> list[Choice]:
        """Return what should have been read by `now`, the most urgent first.

        When calls lie idle, `spare_calls` of them go to what is due next, ahead of its time: they cannot be
        saved up.
        """
        looks = sorted(look for slot in self.slots.values() for look in self._next(slot, now))
        due = sorted((look for look in looks if look.at <= now), key=lambda look: look.urgency(now))
        for look in looks[len(due) :]:
            spare_calls -= look.calls
            if spare_calls < 0:
                break
            due.append(look)
        return [self._choice(look, now) for look in due]

    @cached_property
    def hour(self) -> tuple[Call, ...]:
        """The next hour's calls, in the order in which they are due, as far as the budget goes."""
        end = self.now + timedelta(hours=1)
        calls, spent = [], self.owed_calls_per_hour
        for look in sorted(look for slot in self.slots.values() for look in self._hour(slot, end)):
            if spent + look.calls <= self.budget_calls_per_hour:
                spent += look.calls
                at = max(look.at, self.now)
                calls.append(Call(at, look.calls, self._choice(look, at)))
        return tuple(calls)

    @cached_property
    def shortfalls(self) -> tuple[str, ...]:
        """What the budget cannot cover, a sentence a stream, the worst first; empty when all hold."""
        ages = [(slot.item, slot.interval) for slot in self.slots.values()]
        return shortfalls(ages, critical_times=CRITICAL_TIMES)

    def _next(self, slot: Slot, now: datetime) -> list[_Look]:
        item = slot.item
        read_at = self.last_reads.get(item.feed_id)
        if read_at is None:
            return [_Look(NEVER, item.feed_id, probe=False, calls=item.cost_calls, last_at=NEVER)]
        read = _Look(
            slot.next_read(read_at), item.feed_id, probe=False, calls=item.cost_calls, last_at=read_at
        )
        looked_at = max(read_at, self.last_probes.get(item.feed_id, read_at))
        probe_at = slot.next_probe(looked_at)
        if probe_at is None or item.probe is None or read.at <= max(now, probe_at):
            return [read]
        probe = _Look(probe_at, item.feed_id, probe=True, calls=item.probe.cost_calls, last_at=looked_at)
        return [probe, read]

    def _hour(self, slot: Slot, end: datetime) -> Iterator[_Look]:
        """Give the reads and probes of one item until `end`, each as if the one before had been made."""
        for first in self._next(slot, self.now):
            look = first
            while look.at < end:
                yield look
                made = max(look.at, self.now)
                later = slot.next_probe(made) if look.probe else slot.next_read(made)
                assert later is not None
                look = look._replace(at=later, last_at=made)

    def _choice(self, look: _Look, now: datetime) -> Choice:
        slot = self.slots[look.feed_id]
        why = Why(
            item=slot.item,
            rate_per_hour=slot.rate_per_hour,
            every=timedelta(hours=(slot.pace.probe_hours if look.probe else None) or slot.pace.read_hours),
            at_most=timedelta(
                hours=slot.hours_max if look.probe or not slot.pace.probe_hours else slot.hours_hidden_max
            ),
            age=None if look.last_at == NEVER else max(now - look.last_at, timedelta(0)),
            probe=look.probe,
        )
        return Choice(look.feed_id, reason(why), look.probe, slot.item.feed_ids or (look.feed_id,))


class _Look(NamedTuple):
    """A read or a probe that is to come; sorts by urgency."""

    at: datetime
    feed_id: int
    probe: bool
    calls: float
    last_at: datetime

    def urgency(self, now: datetime) -> tuple[float, datetime, int]:
        """Sort by age in intervals: when calls are late, what is read often suffers most from it."""
        wanted = max(self.at - self.last_at, timedelta(seconds=1))
        return -((now - self.last_at) / wanted), self.at, self.feed_id


def plan(
    items: Sequence[Item],
    estimates: Mapping[int, Estimate],
    budget_calls_per_hour: float,
    now: datetime,
    last_reads: Mapping[int, datetime],
    *,
    last_probes: Mapping[int, datetime] | None = None,
) -> Plan:
    """Return what the next hour's calls are best spent on.

    `budget_calls_per_hour` is what polling may spend; `last_reads` and `last_probes` are by `feed_id`, and
    an item without an estimate or a last read is simply read first. Raises ValueError for a budget that is
    not positive.
    """
    if not budget_calls_per_hour > 0:
        raise ValueError("A budget of no calls cannot be planned: give polling at least some calls an hour.")
    start = hours_since_epoch(now)
    known = {item.feed_id: estimates.get(item.feed_id, _UNKNOWN) for item in items}
    rates = {item.feed_id: _unseen_rate(item, known, start) for item in items}
    owed = math.fsum(item.calls_per_change * rates[item.feed_id] for item in items)
    owed = min(owed, budget_calls_per_hour / 2)
    budget = budget_calls_per_hour - owed
    stretch, relaxed = _stretch(items, budget)
    demands = [_demand(item, rates[item.feed_id], stretch, relaxed=relaxed) for item in items]
    allocation = allocate(demands, budget)
    slots = {
        item.feed_id: Slot(
            item,
            known[item.feed_id],
            allocation.price,
            pace,
            demand.rate_per_hour,
            demand.hours_max,
            demand.hours_hidden_max,
        )
        for item, pace, demand in zip(items, allocation.paces, demands, strict=True)
    }
    return Plan(now, budget_calls_per_hour, owed, stretch, allocation, slots, last_reads, last_probes or {})


_UNKNOWN = Estimate.constant(PRIOR_RATE_PER_HOUR)


def _unseen_rate(item: Item, estimates: Mapping[int, Estimate], start: float) -> float:
    rate = estimates[item.feed_id].mean(start, start + 1.0)
    return rate * item.missed_share if item.covered_by_webhook else rate


def _ceiling(item: Item) -> timedelta:
    return max(item.ceiling, RECONCILE_EVERY) if item.covered_by_webhook else item.ceiling


def _stretch(items: Sequence[Item], budget: float) -> tuple[float, bool]:
    """Return how far the ceilings must give way, and whether glances may stand for reads before that.

    Not at all while they fit, or while they fit with glances, which leave only deletions to be found later.
    Else to just below critical, while that leaves calls for what changes. Else so far that they cost a small
    part of the budget: then ages are bounded by what the calls can do, and the law does the rest.
    """
    if math.fsum(item.cost_calls / (_ceiling(item) / timedelta(hours=1)) for item in items) <= budget:
        return 1.0, False
    wanted = math.fsum(_look_calls(item) / (_ceiling(item) / timedelta(hours=1)) for item in items)
    if wanted <= budget:
        return 1.0, True
    if wanted <= CRITICAL_TIMES * CRITICAL_SHARE_MAX * budget:
        return CRITICAL_TIMES, True
    return wanted / (FLOOR_SHARE * budget), True


def _look_calls(item: Item) -> float:
    """Return what it costs to see almost all of what has changed."""
    return item.probe.cost_calls if item.probe and item.probe.brings else item.cost_calls


def _demand(item: Item, rate: float, stretch: float, *, relaxed: bool) -> Demand:
    hours_max = max(_ceiling(item) / timedelta(hours=1) * stretch, HOURS_MIN)
    probe = item.probe
    glances = relaxed and probe is not None and probe.brings
    hidden_max = max(hours_max, RECONCILE_EVERY / timedelta(hours=1)) if glances else hours_max
    return Demand(
        cost_calls=item.cost_calls,
        rate_per_hour=rate,
        weight=item.weight,
        hours_min=HOURS_MIN,
        hours_max=hours_max,
        probe_calls=probe.cost_calls if probe else 0.0,
        probe_sees=probe.sees_share if probe else 0.0,
        probe_brings=probe is not None and probe.brings,
        hours_hidden_max=hidden_max,
    )
