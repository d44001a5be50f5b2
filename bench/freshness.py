"""How fresh the planner keeps the copy, beside what is possible and beside fixed intervals.

`python bench/freshness.py [--json] [--seed N] [--weeks N]` ends with one line of JSON,
`{"figure": "freshness", "ratios": {…}}`. Virtual time: a company of 20 projects with every stream of the catalogue in each,
heavy-tailed change rates (lognormal), almost all changes in working hours, and 600 calls an hour. Every policy passes the same
gate and meets the same changes; the last of the weeks is measured, the others are there to learn in. A delay is
the time from a change at the vendor to our copy; delays are weighted by the priority of the stream.

- `over_optimum`: the planner's mean delay, over the least that any allocation of 600 calls an hour could leave if it knew
  the true rates of each hour of the week (the square-root law on the truth, without ceilings, without probes; the
  planner has ceilings and must learn the rates). It has no probes here either. Goal: at most 1.10.
- `over_constant_optimum`: the same where rates are the same at all hours: the optimum is that of one static policy.
- `over_fixed`: the planner's mean delay with probes, over that of the seed's intervals, squeezed until they fit the
  budget. Goal: at most 0.33.
- `p95_over_fixed`: the same of the 95th percentiles.
- `over_round_robin`: the planner's mean delay, over that of reading one feed after another.
- `first_week_over_optimum`: `over_optimum` in the first week, when nothing is known at its beginning.
- `webhook_p95_s`: in seconds, the 95th percentile of the delays of streams that webhooks cover, when one delivery in a
  hundred is lost. Goal: under 15.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import json
import math
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent / "rig"))

from freshness_run import BURST, CALLS_AN_HOUR, Found, Look, Outcome, Run, percentile
from freshness_world import World, company

from tiebeam.replicate.freshness.allocate import Demand, allocate
from tiebeam.replicate.freshness.estimate import estimates, observe
from tiebeam.replicate.freshness.model import (
    HOURS_OF_WEEK,
    Estimate,
    Evidence,
    Seen,
    hours_since_epoch,
    moment_of,
)
from tiebeam.replicate.freshness.plan import Plan, plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiebeam.replicate.freshness.model import Item

START = hours_since_epoch(datetime(2026, 1, 5, tzinfo=UTC))
"""A Monday."""
POLLED = CALLS_AN_HOUR - BURST
"""What polling is paced at, so that no hour holds more than the limit even after a burst."""
HEADROOM = 0.1
LEARN_EVERY_HOURS = 6


class Fixed:
    """Each feed at the seed's interval, all of them stretched alike until they fit the budget."""

    def __init__(self, items: Sequence[Item], calls_an_hour: float) -> None:
        wanted = sum(item.cost_calls / _ceiling_hours(item) for item in items)
        self._every = {
            item.feed_id: _ceiling_hours(item) * max(1.0, wanted / calls_an_hour) for item in items
        }
        # Spread over its own interval, so that the feeds do not all come at once.
        spread = [(number * 0.618034) % 1.0 for number in range(len(items))]
        pairs = zip(items, spread, strict=True)
        self._heap = [(START + part * self._every[item.feed_id], item.feed_id) for item, part in pairs]
        heapq.heapify(self._heap)

    def next(self, now: float) -> Look:  # noqa: ARG002 - the protocol's; a fixed interval does not ask
        """Return the feed whose interval ends next."""
        return Look(*self._heap[0])

    def learn(self, found: Found) -> None:
        """Lay down when it comes next."""
        heapq.heapreplace(self._heap, (found.at + self._every[found.look.feed_id], found.look.feed_id))

    def told(self, feed_id: int, at: float) -> None:
        """Ignore webhooks."""

    def pace(self, now: float) -> float:  # noqa: ARG002 - as above
        """Return the whole budget."""
        return POLLED


class RoundRobin(Fixed):
    """One feed after another, again and again."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._order = itertools.cycle([item.feed_id for item in items])
        self._next = next(self._order)

    def next(self, now: float) -> Look:
        """Return the next in turn, at once."""
        return Look(now, self._next)

    def learn(self, found: Found) -> None:  # noqa: ARG002 - the protocol's
        """Go on."""
        self._next = next(self._order)


class Planned:
    """The planner, as it runs for real: planned anew each hour, its estimates fed by its own reads alone."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = list(items)
        begun = moment_of(START)
        self._evidence = {item.feed_id: Evidence(as_of=begun) for item in items}
        self._reads = {item.feed_id: begun for item in items}
        self._probes: dict[int, datetime] = {}
        self._estimates: dict[int, Estimate] = {}
        self._learnt_at = self._planned_at = -math.inf
        self._heap: list[Look] = []
        self._stamp: dict[int, float] = {}
        self._plan: Plan | None = None
        self._pace = float(POLLED)

    def next(self, now: float) -> Look:
        """Return what is due next by the plan of this hour."""
        if math.floor(now) > self._planned_at:
            self._replan(now)
        while True:
            look = self._heap[0]
            if look.at <= math.floor(now) + 1.0:
                return look
            if now >= self._planned_at + 1.0:
                self._replan(now)
                continue
            return look

    def _replan(self, now: float) -> None:
        moment = moment_of(now)
        if now >= self._learnt_at + LEARN_EVERY_HOURS:
            self._estimates = estimates(self._items, self._evidence, moment)
            self._learnt_at = now
        self._planned_at = math.floor(now)
        self._pace = self._polled(now)
        self._plan = plan(
            self._items, self._estimates, self._pace, moment, self._reads, last_probes=self._probes
        )
        self._heap = []
        for item in self._items:
            self._push(item.feed_id)
        heapq.heapify(self._heap)

    def _polled(self, now: float) -> float:
        """Return what webhooks are expected to leave, less the headroom."""
        covered = [item.feed_id for item in self._items if item.covered_by_webhook]
        if not covered:
            return POLLED
        fetched = sum(self._estimates[feed_id].mean(now, now + 1.0) for feed_id in covered)
        return max(0.2 * CALLS_AN_HOUR, CALLS_AN_HOUR * (1 - HEADROOM) - 1.2 * fetched)

    def _push(self, feed_id: int) -> None:
        assert self._plan
        slot = self._plan.slots[feed_id]
        read_at = self._reads[feed_id]
        due = Look(hours_since_epoch(slot.next_read(read_at)), feed_id)
        probe_at = slot.next_probe(max(read_at, self._probes.get(feed_id, read_at)))
        if probe_at is not None and hours_since_epoch(probe_at) < due.at:
            due = Look(hours_since_epoch(probe_at), feed_id, probe=True)
        heapq.heappush(self._heap, due)

    def learn(self, found: Found) -> None:
        """Feed the estimates."""
        look, moment = found.look, moment_of(found.at)
        heapq.heappop(self._heap)
        evidence = self._evidence[look.feed_id]
        if look.probe:
            self._probes[look.feed_id] = moment
            self._evidence[look.feed_id] = replace(evidence, probed_at=moment)
            if found.announced:
                heapq.heappush(self._heap, Look(found.at, look.feed_id))
                return
        else:
            seen = Seen(moment, found.changes, found.calls, found.announced)
            shape = self._estimates[look.feed_id].rates_per_hour
            self._evidence[look.feed_id] = observe(evidence, seen, shape)
            self._reads[look.feed_id] = moment
        self._push(look.feed_id)

    def told(self, feed_id: int, at: float) -> None:  # noqa: ARG002 - the protocol's
        """Count a change that a webhook brought."""
        evidence = self._evidence[feed_id]
        self._evidence[feed_id] = replace(evidence, told_pending=evidence.told_pending + 1)

    def pace(self, now: float) -> float:  # noqa: ARG002 - the protocol's
        """Return what the plan was made for."""
        return self._pace


def _ceiling_hours(item: Item) -> float:
    return item.ceiling.total_seconds() / 3600


def optimum(world: World) -> float:
    """Return the least weighted mean delay in hours that 600 calls an hour can leave, knowing the true rates."""
    waited = changed = 0.0
    for hour in range(HOURS_OF_WEEK):
        rates = {item.feed_id: world.truth[item.feed_id].rates_per_hour[hour] for item in world.items}
        owed = sum(item.calls_per_change * rates[item.feed_id] for item in world.items)
        demands = [
            Demand(item.cost_calls, rates[item.feed_id], item.weight, 0.0, math.inf) for item in world.items
        ]
        waited += allocate(demands, CALLS_AN_HOUR - owed).delay
        changed += sum(item.weight * rates[item.feed_id] for item in world.items)
    return waited / changed


def played(world: World, policy: Fixed | Planned, seed: int, measured: int, weeks: int) -> Outcome:
    """Play `weeks` weeks and a day, and return what the changes from week `measured` on came to."""
    end = START + weeks * HOURS_OF_WEEK + 24
    run = Run(world, policy, START, START + measured * HOURS_OF_WEEK, end)
    outcome = run.play(world, seed)
    if outcome.most_in_an_hour > CALLS_AN_HOUR:
        raise SystemExit(f"{type(policy).__name__} made {outcome.most_in_an_hour} calls in an hour.")
    return outcome


def tell(name: str, outcome: Outcome) -> None:
    """Say what one policy came to, where it is not in the way of the JSON."""
    p95 = percentile(outcome.waits, 0.95)
    line = f"{name:28} mean {outcome.mean() * 60:7.2f} min   p95 {p95 * 60:7.1f} min   {outcome.calls:,} calls"
    print(line, file=sys.stderr, flush=True)


def ratios(seed: int, weeks: int) -> dict[str, float]:
    """Play every policy, and return every ratio by its name."""
    plain = company(seed, working_hours=True, probes=False)
    even = company(seed, working_hours=False, probes=False)
    probed = company(seed, working_hours=True)
    hooked = company(seed, working_hours=True, webhooks=True)
    last = weeks - 1
    owed = sum(
        item.calls_per_change * plain.truth[item.feed_id].mean(START, START + HOURS_OF_WEEK)
        for item in plain.items
    )
    outcomes = {
        "fixed": played(plain, Fixed(plain.items, POLLED - owed), seed, last, weeks),
        "round robin": played(plain, RoundRobin(plain.items), seed, last, weeks),
        "planner, first week": played(plain, Planned(plain.items), seed, 0, 1),
        "planner": played(plain, Planned(plain.items), seed, last, weeks),
        "planner, even hours": played(even, Planned(even.items), seed, last, weeks),
        "planner with probes": played(probed, Planned(probed.items), seed, last, weeks),
        "planner with webhooks": played(hooked, Planned(hooked.items), seed, last, weeks),
    }
    for name, outcome in outcomes.items():
        tell(name, outcome)
    best, best_even = optimum(plain), optimum(even)
    print(f"optimum {best * 60:.2f} min, at even hours {best_even * 60:.2f} min", file=sys.stderr)
    mean = {name: outcome.mean() for name, outcome in outcomes.items()}
    p95 = {name: percentile(outcome.waits, 0.95) for name, outcome in outcomes.items()}
    return {
        "over_optimum": mean["planner"] / best,
        "over_constant_optimum": mean["planner, even hours"] / best_even,
        "over_fixed": mean["planner with probes"] / mean["fixed"],
        "p95_over_fixed": p95["planner with probes"] / p95["fixed"],
        "over_round_robin": mean["planner with probes"] / mean["round robin"],
        "first_week_over_optimum": mean["planner, first week"] / best,
        "webhook_p95_s": percentile(outcomes["planner with webhooks"].told, 0.95) * 3600,
    }


def main() -> None:
    """Print every ratio."""
    parser = argparse.ArgumentParser(description="Measure how fresh the planner keeps the copy.")
    parser.add_argument("--json", action="store_true", help="one line of JSON on standard output, no table")
    parser.add_argument("--seed", type=int, default=1, help="which company, and which changes")
    parser.add_argument("--weeks", type=int, default=4, help="how long; the last week is measured")
    asked = parser.parse_args()
    if asked.weeks < 1:
        parser.error("--weeks must be positive")
    found = ratios(asked.seed, asked.weeks)
    if not asked.json:
        for name, ratio in found.items():
            print(f"{name:26}{ratio:8.3f}")
    line: dict[str, Any] = {"figure": "freshness", "ratios": found}
    print(json.dumps(line))


if __name__ == "__main__":
    main()
