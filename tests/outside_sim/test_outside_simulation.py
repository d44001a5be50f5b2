"""Boards stay the same whatever dies, is lost or comes twice; one that forgets something is noticed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from tests.outside_sim.kept import kept_stage
from tests.outside_sim.mutants import MUTANTS, mutated
from tests.outside_sim.world import run_outside_seed

if TYPE_CHECKING:
    from tests.factories.database import TestServer

SEEDS = int(os.environ.get("TIEBEAM_TEST_OUTSIDE_SEEDS", "60"))
"""A few of those that `make simulate WORLD=monday` runs."""
KEPT_SEEDS = 5
FOUND = (6995,)
"""Those that have found something: a list that was older than what was written since."""
CAUGHT_FROM = {
    "adopt_what_another_has": 1121,
    "see_changes_before_they_are_read": 429,
    "take_what_was_sent_for_arrived": 78,
    "forget_what_was_sent": 16,
    "never_ask": 21,
    "see_no_change": 11,
    "write_there_before_it_is_kept": 19,
    "write_what_cannot_be_held": 11,
    "conclude_from_a_part": 10,
}
"""Seeds to begin at, where the first ones do not notice."""
SEEDS_MAX = 40


@pytest.mark.req("L3")
async def test_both_boards_end_the_same_or_in_the_inbox() -> None:
    results = [await run_outside_seed(seed) for seed in (*range(1, SEEDS + 1), *FOUND)]
    assert [(one.seed, one.promise, one.detail) for one in results if one.promise] == []
    assert sum(one.kills for one in results) > 0


@pytest.mark.parametrize("name", MUTANTS)
async def test_a_joined_board_that_forgets_something_is_noticed(name: str) -> None:
    first = CAUGHT_FROM.get(name, 1)
    with mutated(name):
        for seed in range(first, first + SEEDS_MAX):
            if (await run_outside_seed(seed)).promise:
                return
    pytest.fail(f"nobody noticed: {name}")


@pytest.mark.req("L3")
async def test_what_is_kept_survives_a_kill_at_any_statement(database_server: TestServer) -> None:
    async with kept_stage(database_server) as ready:
        results = [await ready.run(seed) for seed in range(1, KEPT_SEEDS + 1)]
    assert [(one.seed, one.promise, one.detail) for one in results if one.promise] == []
    assert sum(one.kills for one in results) > 0
