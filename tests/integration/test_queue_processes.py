"""Workers as processes, killed for real, in real time."""

from __future__ import annotations

import asyncio
import random
import signal
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
from tests.factories.embedded import told
from tests.factories.processes import heard
from tests.factories.queue_processes import EFFECTS, started

from tiebeam.identity.repository import Tenants
from tiebeam.kernel.clock import SystemClock
from tiebeam.operations.queue.model import NewJob
from tiebeam.operations.queue.repository import Queue

if TYPE_CHECKING:
    from tiebeam.identity.model import Tenant
    from tiebeam.store.pool import Store

RESUMED_SECONDS_MAX = 15.0


@pytest.mark.req("Q4")
async def test_a_killed_workers_job_is_resumed_by_another_within_15_seconds(
    database_url: str, store: Store, tenant: Tenant
) -> None:
    clock = SystemClock()
    queue = Queue(store, clock)
    async with AsyncExitStack() as stack, asyncio.timeout(60):
        victim = await stack.enter_async_context(started("work", database_url, "victim"))
        assert await heard(victim) == {"ready": True}
        await queue.enqueue(tenant.id, [NewJob("hang", "a", {})])
        assert await heard(victim) == {"started": "a", "attempt": 1}
        heir = await stack.enter_async_context(started("work", database_url, "heir"))
        assert await heard(heir) == {"ready": True}
        victim.kill()
        killed = clock.monotonic()
        assert await heard(heir) == {"started": "a", "attempt": 2}
        waited = clock.monotonic() - killed
        assert await victim.wait() == -signal.SIGKILL
        while (entry := (await queue.history(tenant.id))[0]).state != "completed":
            await clock.sleep(0.05)
    assert waited < RESUMED_SECONDS_MAX
    assert entry.attempts == 2
    assert "died" in entry.errors[0]["why"]


@pytest.mark.req("Q2", "Q4")
async def test_two_workers_under_kills_do_everything_and_no_line_twice_at_once(  # noqa: C901 - one story
    database_url: str, owner_url: str, store: Store
) -> None:
    clock, chance = SystemClock(), random.Random(6)
    queue = Queue(store, clock)
    await told(owner_url, *(line for line in EFFECTS.strip().split("\n")))
    tenants = [await Tenants(store).create(f"tenant-{n}", f"Tenant {n}") for n in range(3)]
    for tenant in tenants:
        jobs = [
            NewJob(
                "effect", f"{tenant.slug}/{n}", {"line": f"{tenant.slug}/{n % 12}"}, serial_key=str(n % 12)
            )
            for n in range(120)
        ]
        assert await queue.enqueue(tenant.id, jobs) == 120
    crowded: list[object] = []
    runs = 0

    async def follow(running: asyncio.subprocess.Process) -> None:
        nonlocal runs
        while (said := await heard(running)) is not None:
            runs += "started" in said
            if said.get("alone") is False:
                crowded.append(said)

    async def some_done() -> None:
        before = runs
        while runs < before + 20 and runs < 360:
            await clock.sleep(0.02)

    async with AsyncExitStack() as stack, asyncio.timeout(120):
        alive, following = [], []
        for number in range(6):
            running = await stack.enter_async_context(started("work", database_url, f"worker-{number}"))
            assert await heard(running) == {"ready": True}
            alive.append(running)
            following.append(asyncio.create_task(follow(running)))
            if number >= 2:
                await some_done()
                alive.pop(chance.randrange(2)).kill()
        while {count.state for count in await queue.counts(None)} != {"completed"}:
            await clock.sleep(0.1)
        for running in alive:
            running.kill()
        await asyncio.gather(*following)
    async with store.transaction(None) as tx:
        effects = await tx.rows("select key, runs from public.effect")
    assert len(effects) == 360, "nothing is lost"
    assert crowded == [], "no two of a line at once"
    repeated = sum(times - 1 for _, times in effects)
    assert repeated <= 4 * 4, "at most what the four killed had in hand was done again"
    for tenant in tenants:
        assert {(e.state, e.error) for e in await queue.history(tenant.id, 500)} == {("completed", None)}
