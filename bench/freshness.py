"""How fresh the planner keeps the copy, beside what is possible and beside fixed intervals.

`python bench/freshness.py [--json] [--seeds 11-15] [--weeks N] [--projects N] [--processes N]` ends with one
line of JSON,
`{"figure": "freshness", "ratios": {…}, "worst": {…}, "seeds": {…}}`: of each ratio the median of the seeds,
the worst, and all. A seed is a company, and companies differ. The parameters of the planner were chosen on
the seeds 1 and 2; the one that is measured by default is another.

Virtual time: a company of 20 projects with every stream of the catalogue in each, heavy-tailed change rates
(lognormal), almost all changes in working hours, and 600 calls an hour (30 for each project).
Every policy passes the same gate and meets the same changes; the last of the weeks is measured, the others
are there to learn in. A delay is the time from a change at the vendor to our copy; delays are weighted by
the priority of the stream.

- `over_optimum`: the planner's mean delay, over the least that any allocation of the calls could
  leave if it knew the true rates of each hour of the week (the square-root law on the truth, without
  ceilings, without probes; the planner has ceilings and must learn the rates). It has no probes here
  either. Goal: at most 1.10.
- `over_constant_optimum`: the same where rates are the same at all hours: the optimum is that of one static
  policy.
- `over_fixed`: the planner's mean delay with probes, over that of the wished-for intervals, squeezed until
  they fit the budget. Goal: at most 0.33.
- `optimum_over_fixed`: the least that is possible without probes, over the same: how unlike one another the
  feeds of this company are. Nobody does better than that by choosing when to read.
- `probed_over_read`: the planner's mean delay with probes, over that without.
- `p95_over_fixed`: the same of the 95th percentiles.
- `over_round_robin`: the planner's mean delay, over that of reading one feed after another.
- `first_week_over_optimum`: `over_optimum` in the first week, when all that is known is when the records of
  the first copy were last changed.
- `webhook_p95_s`: in seconds, the 95th percentile of the delays of streams that webhooks cover, when one
  delivery in a hundred is lost. Goal: under 15.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.rig.freshness_policies import START, Fixed, Planned, RoundRobin
from bench.rig.freshness_run import Policy, Run, mean, percentile
from bench.rig.freshness_world import PROJECTS, World, company
from bench.rig.stage import tell

from tiebeam.replicate.freshness.allocate import Demand, allocate
from tiebeam.replicate.freshness.model import HOURS_OF_WEEK

SEEDS = "12"
"""Of the first dozen companies the one whose optimum over fixed intervals lies in the middle."""
POLICIES = (
    "planner with webhooks",
    "planner with probes",
    "planner",
    "planner, even hours",
    "fixed",
    "round robin",
)
"""The longest first, so that no process is left with one at the end."""
WARM_UP_HOURS = 48
"""How long policies that learn nothing run before the week that is measured."""


@dataclass(frozen=True, slots=True)
class Played:
    """What one policy came to in one company, in hours."""

    mean: float
    p95: float
    first_week_mean: float
    told_p95: float
    calls: int
    optimum: float


def optimum(world: World) -> float:
    """Return the least weighted mean delay that the calls can leave, in hours."""
    waited = changed = 0.0
    for hour in range(HOURS_OF_WEEK):
        rates = {item.feed_id: world.truth[item.feed_id].rates_per_hour[hour] for item in world.items}
        owed = sum(item.calls_per_change * rates[item.feed_id] for item in world.items)
        demands = [
            Demand(item.cost_calls, rates[item.feed_id], item.weight, 0.0, math.inf) for item in world.items
        ]
        waited += allocate(demands, world.calls_an_hour - owed).delay
        changed += sum(item.weight * rates[item.feed_id] for item in world.items)
    return waited / changed


def world_of(name: str, seed: int, projects: int) -> World:
    """Return the company that a policy is played in."""
    return company(
        seed,
        projects,
        working_hours=name != "planner, even hours",
        probes=name == "planner with probes",
        webhooks=name == "planner with webhooks",
    )


def policy_of(name: str, world: World, start: float, seed: int) -> Policy:
    """Return a policy by its name."""
    if name == "round robin":
        return RoundRobin(world)
    if name != "fixed":
        return Planned(world, seed)
    owed = sum(
        item.calls_per_change * world.truth[item.feed_id].mean(START, START + HOURS_OF_WEEK)
        for item in world.items
    )
    return Fixed(world, world.polled - owed, start)


def play(name: str, seed: int, weeks: int, projects: int) -> Played:
    """Play `weeks` weeks and a day, and return what the changes of the last week came to."""
    world = world_of(name, seed, projects)
    learns = name.startswith("planner")
    start = START if learns else max(START, START + (weeks - 1) * HOURS_OF_WEEK - WARM_UP_HOURS)
    run = Run(world, policy_of(name, world, start, seed), START, start, START + weeks * HOURS_OF_WEEK + 24)
    outcome = run.play(world, seed)
    if outcome.most_in_an_hour > world.calls_an_hour:
        raise SystemExit(f"{name} made {outcome.most_in_an_hour} calls in an hour.")
    waits, told = outcome.waits[weeks - 1], outcome.told[weeks - 1]
    found = Played(
        mean=mean(waits),
        p95=percentile(waits, 0.95),
        first_week_mean=mean(outcome.waits[0]) if learns else math.nan,
        told_p95=percentile(told, 0.95) if told else math.nan,
        calls=outcome.calls,
        optimum=optimum(world),
    )
    tell(in_words(f"{seed}: {name}", found))
    return found


def in_words(name: str, found: Played) -> str:
    """Return what one policy came to, on a line."""
    delays = f"mean {found.mean * 60:7.2f} min   p95 {found.p95 * 60:7.1f} min"
    possible = f"possible {found.optimum * 60:6.2f} min"
    return f"{name:28} {delays}   {possible}   {found.calls:,} calls"


def ratios(played: dict[str, Played]) -> dict[str, float]:
    """Return every ratio of one company by its name."""
    plain, probed, fixed = played["planner"], played["planner with probes"], played["fixed"]
    even, hooked = played["planner, even hours"], played["planner with webhooks"]
    return {
        "over_optimum": plain.mean / plain.optimum,
        "over_constant_optimum": even.mean / even.optimum,
        "over_fixed": probed.mean / fixed.mean,
        "p95_over_fixed": probed.p95 / fixed.p95,
        "optimum_over_fixed": plain.optimum / fixed.mean,
        "probed_over_read": probed.mean / plain.mean,
        "over_round_robin": probed.mean / played["round robin"].mean,
        "first_week_over_optimum": plain.first_week_mean / plain.optimum,
        "webhook_p95_s": hooked.told_p95 * 3600,
    }


def measure(seeds: list[int], weeks: int, projects: int, processes: int) -> dict[int, dict[str, float]]:
    """Play every policy in every company, and return the ratios by seed."""
    games = [(name, seed) for name in POLICIES for seed in seeds]
    with ProcessPoolExecutor(processes) as pool:
        running = {(name, seed): pool.submit(play, name, seed, weeks, projects) for name, seed in games}
        played = {game: one.result() for game, one in running.items()}
    return {seed: ratios({name: played[name, seed] for name in POLICIES}) for seed in seeds}


def seeds_of(text: str) -> list[int]:
    """Return the seeds that `7` or `11-15` means."""
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


def main() -> None:
    """Print every ratio."""
    parser = argparse.ArgumentParser(description="Measure how fresh the planner keeps the copy.")
    parser.add_argument("--json", action="store_true", help="one line of JSON on standard output, no table")
    parser.add_argument("--seeds", type=seeds_of, default=SEEDS, help="which companies: 7, or 11-15")
    parser.add_argument("--weeks", type=int, default=3, help="how long; the last week is measured")
    parser.add_argument("--projects", type=int, default=PROJECTS, help="how large each company is")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="how many at once")
    asked = parser.parse_args()
    if min(asked.weeks, asked.projects) < 1 or not asked.seeds:
        parser.error("--weeks and --projects must be positive, and --seeds a range from low to high")
    found = measure(asked.seeds, asked.weeks, asked.projects, asked.processes)
    names = list(next(iter(found.values())))
    middle = {name: statistics.median(one[name] for one in found.values()) for name in names}
    worst = {name: max(one[name] for one in found.values()) for name in names}
    if not asked.json:
        print(f"{'':26}{'median':>8}{'worst':>8}" + "".join(f"{seed:>8}" for seed in found))
        for name in names:
            cells = (middle[name], worst[name], *(one[name] for one in found.values()))
            print(f"{name:26}" + "".join(f"{cell:8.3f}" for cell in cells))
    line: dict[str, Any] = {"figure": "freshness", "ratios": middle, "worst": worst, "seeds": found}
    print(json.dumps(line))


if __name__ == "__main__":
    main()
