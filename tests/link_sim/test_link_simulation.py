"""Jobs and items stay in step whatever dies or comes twice; a link that forgets something is noticed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from tests.link_sim.mutants import KEPT_MUTANTS, mutated
from tests.link_sim.world import stage

if TYPE_CHECKING:
    from tests.factories.database import TestServer

SEEDS = int(os.environ.get("TIEBEAM_TEST_LINK_SEEDS", "12"))
"""A few of those that `make simulate WORLD=link` runs."""
CAUGHT_BY = {
    "never_keep_the_base": 6,
    "keep_no_conflicts": 5,
    "leave_answered_questions_open": 31,
    "renew_what_has_not_changed": 1,
    "commit_each_statement": 3,
}
"""A seed that notices each."""


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
            assert (await ready.run(CAUGHT_BY[name])).promise
