"""A worker in this process, with real time: notices, stops, faults and lost leases."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from tests.factories.embedded import told

from tiebeam.kernel.clock import ManualClock, SystemClock
from tiebeam.kernel.errors import TiebeamError
from tiebeam.operations.queue.hands import Hands
from tiebeam.operations.queue.heartbeat import LEASE_SECONDS, Heartbeat
from tiebeam.operations.queue.model import Blocked, Done, Job, NewJob
from tiebeam.operations.queue.repository import Claims, Queue
from tiebeam.operations.queue.worker import Worker
from tiebeam.store.errors import StoreUnreachableError
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from tests.factories.database import TestServer

    from tiebeam.identity.model import Tenant
    from tiebeam.operations.queue.hands import Handler
    from tiebeam.operations.queue.model import Outcome

CLOCK = SystemClock()


@pytest.fixture
async def real(database_url: str) -> AsyncIterator[Store]:
    async with await Store.open(database_url, clock=CLOCK) as opened:
        yield opened


@asynccontextmanager
async def working(store: Store, handlers: Mapping[str, Handler], **more: Any) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    async with asyncio.timeout(60):
        running = asyncio.create_task(Worker(Claims(store, CLOCK), CLOCK, handlers, **more).run(stop))
        try:
            yield stop
        finally:
            stop.set()
            await running


async def settled(queue: Queue, tenant: Tenant, state: str) -> None:
    """Return when there is a job and every one is in `state`."""
    async with asyncio.timeout(30):
        while {entry.state for entry in await queue.history(tenant.id, 500)} != {state}:
            await CLOCK.sleep(0.02)


async def test_a_notice_wakes_a_worker_long_before_it_would_look(
    real: Store, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tiebeam.operations.queue.wake.POLL_SECONDS", 1000.0)
    queue, seen = Queue(real, CLOCK), asyncio.Event()

    async def handle(_: Job) -> Outcome:
        seen.set()
        return Done()

    async with working(real, {"sync": handle}):
        await queue.enqueue(tenant.id, [NewJob("sync", "first", {})])
        await seen.wait()
        await settled(queue, tenant, "completed")
        seen.clear()
        began = CLOCK.monotonic()
        await queue.enqueue(tenant.id, [NewJob("sync", "second", {})])
        await seen.wait()
        assert CLOCK.monotonic() - began < 5


async def test_a_stop_finishes_what_is_in_hand_and_takes_nothing_more(real: Store, tenant: Tenant) -> None:
    queue, started, finish = Queue(real, CLOCK), asyncio.Event(), asyncio.Event()
    done: list[str] = []

    async def handle(job: Job) -> Outcome:
        started.set()
        await finish.wait()
        done.append(job.key)
        return Done()

    await queue.enqueue(tenant.id, [NewJob("sync", "a", {}), NewJob("sync", "b", {})])
    async with working(real, {"sync": handle}, concurrency=1) as stop:
        await started.wait()
        stop.set()
        await CLOCK.sleep(0.05)
        finish.set()
    assert done == ["a"]
    assert [(e.key, e.state) for e in await queue.history(tenant.id)] == [
        ("b", "pending"),
        ("a", "completed"),
    ]
    assert await Claims(real, CLOCK).peers() == []


@pytest.mark.req("Q2", "Q6", "W16")
async def test_a_fault_is_kept_without_its_words_and_tried_again(real: Store, tenant: Tenant) -> None:
    queue, secret = Queue(real, CLOCK), "token=hunter2"

    async def handle(job: Job) -> Outcome:
        if job.key == "ours":
            raise TiebeamError("The tool is off.", action="Switch it on.", code="tool.off")
        raise ValueError(secret)

    await queue.enqueue(tenant.id, [NewJob("sync", "ours", {}), NewJob("sync", "theirs", {})])
    async with working(real, {"sync": handle}):
        async with asyncio.timeout(20):
            while any(e.error is None for e in await queue.history(tenant.id)):
                await CLOCK.sleep(0.02)
    theirs, ours = await queue.history(tenant.id)
    assert ours.error == "tool.off: The tool is off. Switch it on."
    assert theirs.error is not None
    assert theirs.error.startswith("ValueError in handle, line ")
    assert "hunter2" not in theirs.error
    for entry in (ours, theirs):
        assert entry.state == "pending"
        assert entry.not_before is not None
        assert 4 < (entry.not_before - entry.enqueued_at).total_seconds() < 20


async def test_a_cancelled_handler_is_stopped(real: Store, tenant: Tenant) -> None:
    queue, started = Queue(real, CLOCK), asyncio.Event()
    stopped: list[str] = []

    async def handle(job: Job) -> Outcome:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append(job.key)
        return Done()

    await queue.enqueue(tenant.id, [NewJob("sync", "a", {})])
    async with working(real, {"sync": handle}):
        await started.wait()
        (entry,) = await queue.history(tenant.id)
        assert await queue.cancel(tenant.id, entry.job_id)
        await settled(queue, tenant, "cancelled")
    assert stopped == ["a"]


async def test_a_worker_outlives_the_loss_of_every_connection(
    real: Store, tenant: Tenant, database_server: TestServer, database_name: str
) -> None:
    queue = Queue(real, CLOCK)
    begun = 0

    async def handle(_: Job) -> Outcome:
        nonlocal begun
        begun += 1
        if begun in {5, 25}:
            await told(
                database_server.admin_url,
                f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{database_name}'",
            )
        return Done()

    await queue.enqueue(tenant.id, [NewJob("sync", str(n), {}) for n in range(60)])
    async with working(real, {"sync": handle}, concurrency=4):
        async with asyncio.timeout(40):
            while begun < 60 or not await all_done(queue, tenant):
                await CLOCK.sleep(0.05)
    assert await Claims(real, CLOCK).peers() == []


async def all_done(queue: Queue, tenant: Tenant) -> bool:
    try:
        return {entry.state for entry in await queue.history(tenant.id, 100)} == {"completed"}
    except TiebeamError:
        return False


async def test_who_was_taken_for_dead_lets_go_of_everything_and_begins_anew(
    store: Store, clock: ManualClock
) -> None:
    claims = Claims(store, clock)
    ended: list[str] = []

    async def handle(job: Job) -> Outcome:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(job.key)
        return Blocked("never told")

    hands = Hands({"sync": handle}, clock, 5)
    heartbeat = Heartbeat(claims, clock, hands, "slow")
    await heartbeat.join()
    first = heartbeat.worker
    hands.take([Job(1, (await claims_tenant(store)), "sync", "a", {}, 1, clock.now())])
    await asyncio.sleep(0)
    await heartbeat.beat()
    assert (heartbeat.worker, ended) == (first, [])
    await claims.leave(first)
    await heartbeat.beat()
    assert heartbeat.worker not in {0, first}
    assert ended == ["a"]
    assert hands.ended() == []


async def test_who_cannot_say_that_it_lives_lets_go_before_others_take_over(
    store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = Claims(store, clock)

    async def unreachable(_: int) -> list[int]:
        raise StoreUnreachableError("Gone.", action="Wait.")

    async def handle(_: Job) -> Outcome:
        await asyncio.Event().wait()
        return Done()

    hands = Hands({"sync": handle}, clock, 5)
    heartbeat = Heartbeat(claims, clock, hands, "cut off")
    await heartbeat.join()
    hands.take([Job(1, (await claims_tenant(store)), "sync", "a", {}, 1, clock.now())])
    monkeypatch.setattr(claims, "beat", unreachable)
    clock.advance(2)
    await heartbeat.beat()
    assert not hands.empty
    clock.advance(LEASE_SECONDS - 4)
    await heartbeat.beat()
    assert hands.empty


async def claims_tenant(store: Store) -> Any:
    async with store.transaction(None) as tx:
        return await tx.value("select md5('anybody')::uuid")
