"""One gate, several processes, real time, and a kill."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import orjson
import psycopg
import pytest
from tests.factories.processes import heard, process

from tiebeam.kernel.clock import SystemClock
from tiebeam.operations.limits.gate import RateGate
from tiebeam.operations.limits.model import Rates, domain_of
from tiebeam.operations.limits.repository import PostgresRow

if TYPE_CHECKING:
    from tiebeam.store.pool import Store

DOMAIN = domain_of("procore", "production", "shared-client")
RATES = {"burst_calls": 10, "calls_per_second": 1.0, "calls_per_hour": 600}
SPIKE_CALLS = 20
CALLS = SPIKE_CALLS + 8


@pytest.mark.req("R8", "R9")
async def test_four_processes_keep_one_budget_though_one_is_killed(database_url: str, store: Store) -> None:
    passed: list[float] = []
    shares: set[str] = set()

    async def follow(running: asyncio.subprocess.Process) -> None:
        while (told := await heard(running)) is not None:
            passed.append(float(str(told["at"])))
            shares.add(str(told["share"]))
            if len(passed) == 5:
                victim.kill()
            if len(passed) >= CALLS:
                break
        assert running is victim or len(passed) >= CALLS, "one ended by itself"
        for one in everybody:
            if len(passed) >= CALLS and one.returncode is None:
                one.kill()

    async with AsyncExitStack() as stack, asyncio.timeout(120):
        everybody = [
            await stack.enter_async_context(
                process("hammer", database_url, DOMAIN, share, orjson.dumps(RATES).decode())
            )
            for share in ("poll", "poll", "demand", "webhook")
        ]
        victim = everybody[0]
        for one in everybody:
            assert await heard(one) == {"ready": True}
        await asyncio.gather(*map(follow, everybody))
    assert len(passed) >= CALLS, "the others went on"
    assert victim.returncode == -signal.SIGKILL
    assert max(sum(at - 10 < other <= at for other in passed) for at in passed) <= SPIKE_CALLS
    assert {"poll", "demand", "webhook"} <= shares
    gate = RateGate(PostgresRow(store, DOMAIN), clock=SystemClock(), rates=Rates())
    assert (await gate.level()).windows[-1].used >= len(passed), "no call passed uncounted"


async def test_calls_wait_for_each_other_within_one_process_too(store: Store) -> None:
    gate = RateGate(PostgresRow(store, DOMAIN), clock=SystemClock(), rates=Rates())
    await asyncio.gather(*[gate.enter("poll") for _ in range(8)])
    assert (await gate.level()).windows[0].used == 8


@pytest.mark.req("P21")
async def test_the_application_role_cannot_look_at_gates_it_does_not_know(
    database_url: str, store: Store
) -> None:
    await RateGate(PostgresRow(store, DOMAIN), clock=SystemClock()).enter("poll")
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute("set role tiebeam_app")
        for statement in ("select * from tiebeam.gate", "delete from tiebeam.gate"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await connection.execute(statement)
        cursor = await connection.execute("select count(*) from tiebeam.gate_read('another')")
        assert await cursor.fetchone() == (0,)
