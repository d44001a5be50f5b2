"""Half a minute of `kill -9`, and what the database, the vendor and the copy say of it afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.crash.outcome import run_storm

if TYPE_CHECKING:
    from pathlib import Path

    from tests.factories.database import TestServer

SEED = 226
"""Its first half minute has six kills, of every kind of process."""


@pytest.mark.alone
@pytest.mark.req("Q1", "Q2", "Q4", "R4")
def test_kills_at_random_lose_nothing_and_do_nothing_twice(
    database_server: TestServer, tmp_path: Path
) -> None:
    found = run_storm(database_server, tmp_path, minutes=0.55, seed=SEED, size="tiny", say=lambda _: None)
    assert found.converged, found.differences
    assert (found.lost, found.twice, found.died) == ([], [], [])
    assert sum(found.kills.values()) >= 5
    assert found.kills["worker"] >= 1
    assert found.kills["scheduler"] >= 1
    assert found.accepted > 30
    assert found.jobs_done > 20
    assert found.in_time, found.resumed_within_s
