"""What was answered as stored is stored, whatever happens to the process a moment later."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest

from tiebeam.identity.repository import Tenants

if TYPE_CHECKING:
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("R4")

ROOT = Path(__file__).resolve().parents[2]
RIG = ROOT / "bench" / "rig" / "webhooks_receive.py"
SENDERS = 24
ANSWERS_BEFORE_THE_KILL = 400
HEAD = (
    b"POST /webhooks/procore HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer bench\r\nContent-Length: %d\r\n\r\n"
)


def delivery(name: str) -> bytes:
    told = {"ulid": name, "company_id": 1, "project_id": 5, "event_type": "update"}
    return orjson.dumps(told | {"resource_name": "RFIs", "resource_id": 7})


async def deliver(address: tuple[str, int], sender: int, answered: list[str], enough: asyncio.Event) -> None:
    """Send one after another until the line is cut, and remember what was answered as stored."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        for number in range(100_000):
            name = f"{sender}-{number}"
            body = delivery(name)
            writer.write(HEAD % len(body) + body)
            assert b" 204 " in await reader.readuntil(b"\r\n\r\n")
            answered.append(name)
            if len(answered) >= ANSWERS_BEFORE_THE_KILL:
                enough.set()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def test_every_delivery_that_was_answered_outlives_a_kill_of_the_process(
    store: Store, database_url: str
) -> None:
    words = [str(RIG), f"--database={database_url}", "--api=http://127.0.0.1:9", "--no-fetch"]
    pipe, way = asyncio.subprocess.PIPE, {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    process = await asyncio.create_subprocess_exec(sys.executable, *words, stdin=pipe, stdout=pipe, env=way)
    assert process.stdout is not None
    host, _, port = (await process.stdout.readline()).decode().strip().removeprefix("http://").partition(":")
    answered: list[str] = []
    enough = asyncio.Event()
    senders = [
        asyncio.create_task(deliver((host, int(port)), one, answered, enough)) for one in range(SENDERS)
    ]
    await asyncio.wait_for(enough.wait(), 60)
    process.kill()
    await process.wait()
    await asyncio.gather(*senders)
    tenant = await Tenants(store).find("bench")
    assert tenant is not None
    async with store.transaction(tenant.id) as tx:
        kept = {row[0] for row in await tx.rows("select dedupe_id from tiebeam.webhook_delivery")}
    assert len(answered) >= ANSWERS_BEFORE_THE_KILL
    assert set(answered) <= kept
