"""Every paper arrives in Procore exactly once, whatever dies or is lost on the way."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from tests.push_sim.procore_seeds import run_procore_seed
from tests.push_sim.seeds import push_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.factories.database import TestServer

SEEDS = (1, 2, 3, 4, 5, 6)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.getLogger("tiebeam.push.runner").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("tiebeam.push.runner").setLevel(logging.NOTSET)


@pytest.mark.req("P7", "P8", "P9", "P14", "P15")
async def test_every_paper_is_in_procore_exactly_once(database_server: TestServer) -> None:
    kills, faults = 0, 0
    async with push_database(database_server) as url:
        for seed in SEEDS:
            result = await run_procore_seed(url, seed)
            assert not result.promise, (
                f"{result.detail}\nreplay: python tests/simulation/run.py --world procore --seeds {seed} -v"
            )
            kills, faults = kills + result.kills, faults + sum(result.faults.values())
    assert kills
    assert faults
