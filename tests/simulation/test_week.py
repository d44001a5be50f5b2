"""A week of everything that is always on keeps its promises under every trouble, and each seed replays."""

from __future__ import annotations

import pytest
from tests.factories import database
from tests.simulation.week import run_week
from tests.simulation.week_agenda import DAYS
from tests.simulation.week_mutants import MUTANTS, mutated_week

# Two of the seeds that `make simulate WORLD=week` runs: with webhooks, and without.
SEEDS = (2, 3)
SHORT = (2, 1)
"""A seed and the days after which its week ends: enough for a replay, and for what shows at once."""
# By which seed and days each way of breaking it was caught when last looked for.
CAUGHT_BY: dict[str, tuple[int, int]] = {
    "leave_jobs_in_dead_hands": (1, DAYS),
    "answer_before_storing": (1, DAYS),
    "strike_deliveries_before_fetching": (5, 2),
    "never_look_at_missed_deliveries": (1, 1),
    "use_a_grant_without_keeping_it": (1, DAYS),
    "schedule_what_is_switched_off": (1, DAYS),
}
TRIES = tuple((seed, DAYS) for seed in (1, 2, 4, 5))


@pytest.mark.req("R1", "R4", "R8", "R10", "Q1", "Q4")
@pytest.mark.parametrize("seed", SEEDS)
async def test_every_promise_is_kept_for_a_week(seed: int) -> None:
    async with database.test_server() as server:
        result = await run_week(server, seed)
    replay = f"python tests/simulation/run.py --world week --seeds {seed} -v"
    assert not result.promise, f"{result.detail}\nreplay: {replay}"
    assert result.kills
    assert result.faults


async def test_a_week_replays_exactly() -> None:
    async with database.test_server() as server:
        seed, days = SHORT
        first, second = await run_week(server, seed, days=days), await run_week(server, seed, days=days)
    assert not first.promise, first.detail
    assert first.trace == second.trace
    assert first.plain() == second.plain()


def test_each_way_of_breaking_it_is_looked_for() -> None:
    assert CAUGHT_BY.keys() == MUTANTS.keys()


@pytest.mark.parametrize("name", CAUGHT_BY)
async def test_a_broken_week_is_caught(name: str) -> None:
    tried: list[tuple[int, int]] = []
    async with database.test_server() as server:
        for seed, days in dict.fromkeys((CAUGHT_BY[name], *TRIES)):
            tried.append((seed, days))
            with mutated_week(name):
                result = await run_week(server, seed, days=days)
            if result.promise:
                return
    pytest.fail(f"no seed and days of {tried} noticed {name}")
