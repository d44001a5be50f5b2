from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from tiebeam.simulators.base.clock import ManualClock, WallClock
from tiebeam.simulators.base.faults import FaultRule, Faults
from tiebeam.simulators.base.server import serve
from tiebeam.simulators.procore.app import ProcoreSimulator
from tiebeam.simulators.procore.state import ProcoreState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

APP = {"client_id": "tiebeam-client-id", "client_secret": "tiebeam-client-secret"}
RFIS = "/rest/v1.0/projects/5/rfis"


@asynccontextmanager
async def opened(*rules: FaultRule) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    state = ProcoreState(1000, ManualClock(datetime(2026, 3, 2, 15, tzinfo=UTC)).now, 1)
    state.insert("projects", {"id": 5})
    for number in range(25):
        state.insert("rfis", {"subject": f"Größe {number} \U0001f3d7"}, project_id=5)
    simulator = ProcoreSimulator(state, faults=Faults(1, rules))
    async with serve(simulator) as base_url, aiohttp.ClientSession() as session:
        fields = {"grant_type": "client_credentials", **APP}
        async with session.post(f"{base_url}/oauth/token", data=fields) as answer:
            token = (await answer.json())["access_token"]
        session.headers["Authorization"] = f"Bearer {token}"
        session.headers["Procore-Company-Id"] = "1000"
        yield session, base_url


async def fired(session: aiohttp.ClientSession, base_url: str) -> Any:
    async with session.get(f"{base_url}/__sim/stats") as answer:
        return (await answer.json())["faults"]


async def test_a_real_client_walks_the_links_over_a_socket() -> None:
    subjects: list[str] = []
    async with opened() as (session, base_url):
        url: Any = f"{base_url}{RFIS}?per_page=10&filters[updated_at]=2026-03-01...2026-03-03"
        while url is not None:
            async with session.get(url) as answer:
                assert answer.status == 200
                assert answer.headers["Date"] == "Mon, 02 Mar 2026 15:00:00 GMT"
                assert answer.headers["X-Rate-Limit-Limit"] == "25"
                subjects += [row["subject"] for row in await answer.json()]
                url = answer.links["next"]["url"] if "next" in answer.links else None
    assert subjects == [f"Größe {number} \U0001f3d7" for number in range(25)]


async def test_a_lost_connection_is_lost_to_the_client_too() -> None:
    # A client may try a kept-alive connection once more by itself, so it is broken twice.
    async with opened(FaultRule("drop_answer", match="rfis", count=2)) as (session, base_url):
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(f"{base_url}{RFIS}")
        async with session.get(f"{base_url}{RFIS}") as answer:
            assert answer.status == 200


async def test_a_late_answer_is_late_and_others_are_not_held_up() -> None:
    rule = FaultRule("delay", match="rfis", delay_seconds=600, count=1)
    async with opened(rule) as (session, base_url):
        late = asyncio.ensure_future(session.get(f"{base_url}{RFIS}"))
        async with session.get(f"{base_url}/rest/v1.0/me") as answer:
            assert answer.status == 200
        while await fired(session, base_url) != {"delay": 1}:
            assert not late.done()
        assert not late.done()
        late.cancel()


async def test_redirects_are_answered_as_redirects() -> None:
    async with opened() as (session, base_url):
        query = {"response_type": "code", "client_id": APP["client_id"], "state": "s"}
        url = f"{base_url}/oauth/authorize"
        async with session.get(url, params=query, allow_redirects=False) as answer:
            assert answer.status == 302
            assert answer.headers["Location"].startswith("http://localhost?code=")


def test_the_wall_clock_is_aware() -> None:
    assert WallClock().now().tzinfo is UTC
