"""The simulated monday.com behind a socket, with a receiver of its webhooks behind another."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import urllib.request
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import aiohttp
import orjson
import pytest
from tests.factories.monday_desk import CREATE, HOOK, START, MondayDesk

from tiebeam.cli.sim_monday import options_of
from tiebeam.connectors.http import AiohttpTransport
from tiebeam.connectors.monday.hooks import challenge_of, read_event, verify
from tiebeam.connectors.monday.model import ItemsPage
from tiebeam.kernel.clock import ManualClock
from tiebeam.kernel.errors import BadInputError
from tiebeam.simulators.base.messages import SimRequest, SimResponse
from tiebeam.simulators.base.server import dispatching, serve
from tiebeam.simulators.monday.account import small_account
from tiebeam.simulators.monday.backdoor import truth

if TYPE_CHECKING:
    from collections.abc import Mapping


class Receiver:
    """Answers challenges, and keeps what else it is told."""

    def __init__(self, *, listens: bool = True) -> None:
        self.listens = listens
        self.told: asyncio.Queue[tuple[Mapping[str, str], bytes]] = asyncio.Queue()

    def handle(self, request: SimRequest) -> SimResponse:
        challenge = challenge_of(request.body)
        if challenge is not None:
            answer = {"challenge": challenge if self.listens else "no"}
            return SimResponse(200, {"Content-Type": "application/json"}, orjson.dumps(answer))
        self.told.put_nowait((request.headers, request.body))
        return SimResponse(200)


async def ask(session: aiohttp.ClientSession, api: str, query: str, **variables: str) -> bytes:
    content = {"query": query, "variables": variables}
    headers = {"Authorization": "tiebeam-app-token"}
    async with session.post(f"{api}/v2", json=content, headers=headers) as answer:
        assert answer.status == 200
        return await answer.read()


async def test_a_receiver_shows_that_it_listens_and_is_told_under_a_signature() -> None:
    desk, receiver = MondayDesk(), Receiver()
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(serve(desk.simulator))
        hooks = await stack.enter_async_context(serve(receiver))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        made = {"board": desk.board_id, "url": f"{hooks}/s3cret", "event": "create_item"}
        assert b'"errors"' not in await ask(session, url, HOOK, **made)
        await ask(session, url, CREATE, board=desk.board_id, name="Roof", values="{}")
        await stack.enter_async_context(dispatching(desk.simulator.webhooks, desk.clock.now, 0.01))
        headers, body = await receiver.told.get()
    claims = verify(headers["authorization"], "tiebeam-signing-secret", desk.clock.now())
    assert claims["aud"] == f"{hooks}/s3cret"
    (item,) = desk.board.items.values()
    assert read_event(body).item_id == str(item.id)


async def test_who_does_not_listen_gets_no_hook() -> None:
    desk, receiver = MondayDesk(), Receiver(listens=False)
    async with serve(desk.simulator) as url, serve(receiver) as hooks, aiohttp.ClientSession() as session:
        for at in (hooks, "http://127.0.0.1:9/closed", "no address"):
            made = {"board": desk.board_id, "url": at, "event": "create_item"}
            assert b"FailedChallenge" in await ask(session, url, HOOK, **made)
    assert not desk.simulator.webhooks.hooks


async def test_our_client_reads_it_over_a_socket() -> None:
    desk = MondayDesk()
    item_id = desk.create("Größe \U0001f3d7", address="1 Elm St")
    async with serve(desk.simulator) as url, AiohttpTransport() as transport:
        desk.connect(transport, f"{url}/v2")
        page = await desk.reader.page(desk.board_id)
    assert isinstance(page, ItemsPage)
    assert [(item.id, item.name) for item in page.items] == [(item_id, "Größe \U0001f3d7")]


def test_the_make_believe_account_is_the_same_for_the_same_seed() -> None:
    clock = ManualClock(START)
    one, other, another = (small_account(clock.now, seed=seed, items=30) for seed in (7, 7, 8))
    assert truth(one[0]) == truth(other[0]) != truth(another[0])
    assert len(one[1].items) == 30
    assert all({"status", "lead", "address"} <= item.values.keys() for item in one[1].items.values())


def test_the_command_serves_an_account() -> None:
    command = [sys.executable, "-m", "tiebeam", "sim", "monday", "--port", "0", "--items", "3", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            found = json.loads(process.stdout.readline())
            headers = {"Authorization": found["token"], "Content-Type": "application/json"}
            body = b'{"query": "{ boards { id items_count } }"}'
            asked = urllib.request.Request(found["url"], body, headers)
            with urllib.request.urlopen(asked, timeout=60) as answer:
                boards = json.load(answer)["data"]["boards"]
        finally:
            process.terminate()
    assert boards == [{"id": found["board_id"], "items_count": 3}]


def test_a_plan_that_is_not_sold_is_refused() -> None:
    with pytest.raises(BadInputError, match="no plan 'gold'"):
        options_of("gold")
