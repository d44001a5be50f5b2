"""`kill -9` of whoever sends tickets, in the middle of their calls: everything arrives once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.push_kill.storm import SENDER, run_storm

if TYPE_CHECKING:
    from pathlib import Path

    from tests.factories.database import TestServer


@pytest.mark.req("P7", "P8", "P14", "P15")
async def test_whoever_sends_is_killed_and_everything_arrives_once(
    database_server: TestServer, database_name: str, tmp_path: Path
) -> None:
    found = await run_storm(
        database_server, database_name, tmp_path / "home", tickets=3, kills=2, seed=5, program=SENDER
    )
    assert found.wrong == []
    assert found.kills == 2
    assert found.tickets >= 3
    assert found.caught > 0
    assert found.looked > 0
