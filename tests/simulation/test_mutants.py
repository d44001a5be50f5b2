"""The simulation can fail: each way of breaking the engine is caught by some seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.factories import database
from tests.simulation.mutants import MUTANTS, mutated
from tests.simulation.seeds import SeedResult, run_seed

if TYPE_CHECKING:
    from tests.factories.database import TestServer

# Where each was caught when last looked for, so that a test need not search; the search goes on from there.
CAUGHT_BY: dict[str, int] = {
    "drop_the_overlap": 24,
    "take_our_clock_for_the_watermark": 23,
    "trust_a_404_as_deletion": 3,
    "take_a_tool_switched_off_for_deletion": 1,
    "take_hidden_for_deleted": 7,
    "advance_the_watermark_before_the_pages": 1,
    "move_the_checkpoint_before_the_page": 1,
    "forget_the_old_version": 1,
    "hash_signed_urls": 1,
    "skip_the_last_page": 1,
    "ignore_shifts_of_the_total": 7,
    "believe_one_sweep": 15,
    "take_any_listing_for_a_whole_one": 1,
    "believe_windows_of_days": 6,
    "disable_the_fuse": 12,
    "ignore_the_recycle_bin": 2,
    "overlook_the_deleted_flag": 7,
    "forget_pages_on_resuming": 144,
    "let_every_call_pass": 1,
    "leave_switched_off_tools_off": 1,
}
TRIES_MAX = 12


def test_ten_and_more_are_looked_for() -> None:
    assert len(CAUGHT_BY) >= 10
    assert CAUGHT_BY.keys() == MUTANTS.keys()


def seeds_for(name: str) -> list[int]:
    first = CAUGHT_BY.get(name, 1)
    return [first, *(seed for seed in range(1, TRIES_MAX + 1) if seed != first)]


@pytest.mark.parametrize("name", CAUGHT_BY)
async def test_a_broken_engine_is_caught(name: str) -> None:
    tried: list[int] = []
    async with database.test_server() as server:
        for seed in seeds_for(name):
            tried.append(seed)
            if (await broken_run(server, seed, name)).promise:
                return
    pytest.fail(f"no seed of {tried} noticed {name}")


async def broken_run(server: TestServer, seed: int, name: str) -> SeedResult:
    with mutated(name):
        return await run_seed(server, seed)
