"""Every paper arrives exactly once, whatever dies or lies on the way; a push that is broken is noticed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from tests.push_sim.mutants import MUTANTS, mutated
from tests.push_sim.seeds import push_database, run_push_seed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.factories.database import TestServer

SEEDS = (1, 2, 3, 4, 5)
"""A few of those that `make simulate WORLD=push` runs."""

CAUGHT_BY: dict[str, int] = {
    "retry_without_looking": 2,
    "take_no_answer_for_nothing_done": 1,
    "keep_the_receipt_before_the_answer": 1,
    "leave_no_mark_before_the_call": 1,
    "leave_the_tenant_out_of_the_key": 1,
    "look_while_it_may_still_be_done": 3,
    "take_who_is_at_work_for_dead": 3,
    "send_again_without_looking": 1,
    "let_nobody_look_after_a_crash": 2,
    "seal_a_half_made_paper": 3,
    "forget_what_was_sent_when_edited": 3,
    "overlook_an_edit": 3,
    "give_up_photos_in_silence": 3,
    "send_the_version_that_was_planned_first": 3,
}
TRIES_MAX = 30


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    # Errors that nobody foresaw are part of this world, and each is logged with where it came from.
    logging.getLogger("tiebeam.push.runner").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("tiebeam.push.runner").setLevel(logging.NOTSET)


@pytest.mark.req("P14", "P15", "P19", "P21")
async def test_every_paper_arrives_exactly_once(database_server: TestServer) -> None:
    kills, faults = 0, 0
    async with push_database(database_server) as url:
        for seed in SEEDS:
            result = await run_push_seed(url, seed)
            again = f"python tests/simulation/run.py --world push --seeds {seed} -v"
            assert not result.promise, f"{result.detail}\nreplay: {again}"
            kills, faults = kills + result.kills, faults + sum(result.faults.values())
    assert kills
    assert faults


def test_ten_and_more_are_looked_for() -> None:
    assert len(CAUGHT_BY) >= 10
    assert CAUGHT_BY.keys() == MUTANTS.keys()


@pytest.mark.parametrize("name", CAUGHT_BY)
async def test_a_broken_push_is_caught(database_server: TestServer, name: str) -> None:
    first = CAUGHT_BY[name]
    for seed in (first, *(one for one in range(1, TRIES_MAX + 1) if one != first)):
        if await broken_promise(database_server, seed, name):
            return
    pytest.fail(f"no seed of the first {TRIES_MAX} noticed {name}")


async def broken_promise(server: TestServer, seed: int, name: str) -> str:
    async with push_database(server) as url:
        with mutated(name):
            return (await run_push_seed(url, seed)).promise
