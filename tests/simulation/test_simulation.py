"""The engine keeps its promises under every trouble we know, and each seed replays exactly."""

from __future__ import annotations

import pytest
from tests.factories import database
from tests.simulation.seeds import SeedResult, run_seed

# A few of the seeds that `make simulate` runs; each is a world of its own with faults, kills and restarts.
SEEDS = (1, 2, 3, 5, 8, 13, 21, 34)
_known: dict[int, SeedResult] = {}


async def result_of(seed: int) -> SeedResult:
    """What a seed came to in this process, run at most once: nothing but the seed decides that."""
    if seed not in _known:
        async with database.test_server() as server:
            _known[seed] = await run_seed(server, seed)
    return _known[seed]


@pytest.mark.req("R2", "R3", "R5", "R6", "R12")
@pytest.mark.parametrize("seed", SEEDS)
async def test_every_promise_is_kept(seed: int) -> None:
    result = await result_of(seed)
    assert not result.promise, f"{result.detail}\nreplay: python tests/simulation/run.py --seeds {seed} -v"
    assert result.steps > 1


async def test_a_seed_replays_exactly() -> None:
    first = await result_of(SEEDS[0])
    async with database.test_server() as server:
        second = await run_seed(server, SEEDS[0])
    assert first.trace
    assert first.trace == second.trace
    assert first.plain() == second.plain()


async def test_troubles_happen() -> None:
    results = [await result_of(seed) for seed in (1, 2, 3)]
    assert any(result.faults for result in results)
