"""The engine keeps its promises under every trouble we know, and each seed replays exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.factories import database
from tests.simulation.seeds import run_seed

if TYPE_CHECKING:
    from tests.simulation.seeds import SeedResult

# A few of the seeds that `make simulate` runs; each is a world of its own with faults, kills and restarts.
SEEDS = (1, 2, 3, 5, 8, 13, 21, 34)
SHORT = 2
"""A seed that is soon done."""


async def result_of(seed: int) -> SeedResult:
    async with database.test_server() as server:
        return await run_seed(server, seed)


@pytest.mark.req("R2", "R3", "R5", "R6", "R12")
@pytest.mark.parametrize("seed", SEEDS)
async def test_every_promise_is_kept(seed: int) -> None:
    result = await result_of(seed)
    assert not result.promise, f"{result.detail}\nreplay: python tests/simulation/run.py --seeds {seed} -v"
    assert result.steps > 1
    assert result.faults


async def test_a_seed_replays_exactly() -> None:
    first, second = await result_of(SHORT), await result_of(SHORT)
    assert first.trace
    assert first.trace == second.trace
    assert first.plain() == second.plain()
