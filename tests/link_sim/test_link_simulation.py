"""Jobs and items stay in step whatever dies or comes twice; a link that forgets something is noticed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from tests.link_sim.mutants import KEPT_MUTANTS, mutated
from tests.link_sim.world import stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.factories.database import TestServer
    from tests.link_sim.world import Stage

SEEDS = int(os.environ.get("TIEBEAM_TEST_LINK_SEEDS", "12"))
"""A few of those that `make simulate WORLD=link` runs."""
CAUGHT_FROM = {"leave_answered_questions_open": 31}
"""Seeds to begin at, where the first ones do not notice."""
SEEDS_MAX = 60


@pytest.mark.req("L3")
async def test_both_sides_end_in_step_or_in_the_inbox(database_server: TestServer) -> None:
    async with stage(database_server) as ready:
        results = [await ready.run(seed) for seed in range(1, SEEDS + 1)]
    assert [(one.seed, one.detail) for one in results if one.promise] == []
    assert sum(one.kills for one in results) > 0


@pytest.mark.parametrize("name", KEPT_MUTANTS)
async def test_a_link_that_forgets_something_is_noticed(database_server: TestServer, name: str) -> None:
    async with stage(database_server) as ready:
        with mutated(name):
            first = CAUGHT_FROM.get(name, 1)
            found = [one async for one in broken(ready, range(first, first + SEEDS_MAX))]
    assert found


async def broken(ready: Stage, seeds: range) -> AsyncIterator[str]:
    """Yield what the first seed that breaks a promise says of it."""
    for seed in seeds:
        result = await ready.run(seed)
        if result.promise:
            yield result.promise
            return
