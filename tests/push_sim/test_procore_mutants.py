"""A push that is broken where it is Procore's own is noticed: each way by a seed of its simulation."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from tests.push_sim.procore_mutants import MUTANTS, mutated
from tests.push_sim.procore_seeds import run_procore_seed
from tests.push_sim.seeds import push_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.factories.database import TestServer

CAUGHT_BY: dict[str, tuple[int, ...]] = {
    "retry_without_looking": (3, 1),
    "keep_the_receipt_before_the_answer": (3, 1),
    "leave_the_tenant_out_of_the_key": (4, 14),
    "look_for_a_ticket_by_its_number_alone": (6, 16),
    "look_at_the_first_page_alone": (11, 13),
    "look_for_a_photo_without_its_letters": (4, 17, 29),
    "send_all_lines_where_a_part_is_there": (40, 11),
    "take_a_part_of_the_lines_for_all": (40, 11),
    "believe_a_sync_whatever_its_errors_say": (12, 52),
    "send_files_before_the_ticket_is_there": (11, 15),
    "tie_to_the_change_event_again": (2, 5),
    "forget_a_change_event_that_was_chosen_later": (2, 19),
    "make_a_package_again": (10, 18),
    "take_any_order_of_that_title": (10, 2),
    "take_a_page_for_the_storages_answer": (36, 47),
    "ask_a_person_about_bytes_that_were_not_kept": (20, 8),
}
"""Which seeds are tried first. Two processes at once meet in ways that no seed knows: the next may notice."""
TRIES_MAX = 60


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.getLogger("tiebeam.push.runner").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("tiebeam.push.runner").setLevel(logging.NOTSET)


def test_ten_and_more_are_looked_for() -> None:
    assert len(CAUGHT_BY) >= 10
    assert CAUGHT_BY.keys() == MUTANTS.keys()


@pytest.mark.req("P14", "P15")
@pytest.mark.parametrize("name", CAUGHT_BY)
async def test_a_push_that_is_broken_for_procore_is_caught(database_server: TestServer, name: str) -> None:
    for seed in dict.fromkeys((*CAUGHT_BY[name], *range(1, TRIES_MAX + 1))):
        async with push_database(database_server) as url:
            with mutated(name):
                result = await run_procore_seed(url, seed)
        if result.promise:
            return
    pytest.fail(f"no seed of the first {TRIES_MAX} noticed {name}")
