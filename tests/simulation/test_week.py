"""A week of everything that is always on keeps its promises under every trouble, and each seed replays."""

from __future__ import annotations

import pytest
from tests.factories import database
from tests.simulation.week import run_week
from tests.simulation.week_mutants import MUTANTS, mutated_week

# Two of the seeds that `make simulate WORLD=week` runs: with webhooks, and without.
SEEDS = (1, 3)
# By which seed each way of breaking it was caught when last looked for.
CAUGHT_BY: dict[str, int] = {
    "leave_jobs_in_dead_hands": 1,
    "answer_before_storing": 1,
    "strike_deliveries_before_fetching": 1,
    "never_look_at_missed_deliveries": 1,
    "use_a_grant_without_keeping_it": 1,
    "schedule_what_is_switched_off": 1,
}
TRIES = (1, 2, 4, 5)


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
        first, second = await run_week(server, 2, days=1), await run_week(server, 2, days=1)
    assert first.trace == second.trace
    assert first.plain() == second.plain()


def test_each_way_of_breaking_it_is_looked_for() -> None:
    assert CAUGHT_BY.keys() == MUTANTS.keys()


@pytest.mark.parametrize("name", CAUGHT_BY)
async def test_a_broken_week_is_caught(name: str) -> None:
    tried: list[int] = []
    async with database.test_server() as server:
        for seed in dict.fromkeys((CAUGHT_BY[name], *TRIES)):
            tried.append(seed)
            with mutated_week(name):
                result = await run_week(server, seed)
            if result.promise:
                return
    pytest.fail(f"no seed of {tried} noticed {name}")
