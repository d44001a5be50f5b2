"""Schedules on the database: each tick once, changed without a deploy, by one scheduler at a time."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.factories.processes import heard
from tests.factories.queue_processes import started

from tiebeam.identity.repository import Tenants
from tiebeam.kernel.clock import SystemClock
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.queue.model import Done, NewJob
from tiebeam.operations.queue.plan import verdict
from tiebeam.operations.queue.repository import Claims, Queue
from tiebeam.operations.schedules.model import Schedule, Tick
from tiebeam.operations.schedules.repository import Schedules
from tiebeam.operations.schedules.scheduler import Scheduler
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock

EVERY = timedelta(minutes=10)


class Asked:
    """A schedule's other half: says what to queue, and remembers who was asked."""

    def __init__(self) -> None:
        self.tenants: list[UUID] = []
        self.failing: set[UUID] = set()

    async def jobs(self, tenant_id: UUID) -> Sequence[NewJob]:
        self.tenants.append(tenant_id)
        if tenant_id in self.failing:
            raise BadInputError("There is no connection.", action="Connect one.")
        return [NewJob("sync", "one", {}), NewJob("sync", "two", {})]


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def repository(store: Store, clock: ManualClock) -> Schedules:
    return Schedules(store, clock)


@pytest.fixture
def scheduler(repository: Schedules, clock: ManualClock, asked: Asked) -> Scheduler:
    return Scheduler(repository, clock, [Schedule("sync", EVERY, asked.jobs)])


@pytest.fixture
async def other(store: Store) -> Tenant:
    return await Tenants(store).create("birch", "Birch Ltd")


@pytest.mark.req("Q1")
async def test_every_interval_each_tenants_connections_are_queued_and_a_pending_one_not_twice(  # noqa: PLR0917 - pytest gives them by name
    store: Store, scheduler: Scheduler, asked: Asked, clock: ManualClock, tenant: Tenant, other: Tenant
) -> None:
    queue = Queue(store, clock)
    assert await scheduler.look() == 2
    assert sorted(asked.tenants) == sorted([tenant.id, other.id])
    assert await scheduler.look() == 0
    for _ in range(5):
        clock.advance(120)
        await scheduler.look()
    assert len(asked.tenants) == 4
    assert [(c.state, c.jobs) for c in await queue.counts(tenant.id)] == [("pending", 2)]
    worker = await Claims(store, clock).join("one")
    _, jobs = await Claims(store, clock).turn(worker, [], 9, tenant_max=9, kinds=["sync"])
    ended = [verdict(job, Done()) for job in jobs]
    await Claims(store, clock).turn(worker, ended, 0, tenant_max=9, kinds=["sync"])
    clock.advance(600)
    assert await scheduler.look() == 2
    states = {c.state: c.jobs for c in await queue.counts(tenant.id)}
    assert states == {"completed": 2, "pending": 2}


@pytest.mark.req("Q3")
async def test_what_came_of_each_tick_can_be_read(  # noqa: PLR0917 - pytest gives them by name
    repository: Schedules,
    scheduler: Scheduler,
    asked: Asked,
    clock: ManualClock,
    tenant: Tenant,
    other: Tenant,
) -> None:
    asked.failing = {other.id}
    assert await scheduler.look() == 1
    clock.advance(600)
    assert await scheduler.look() == 1
    later, former = await repository.history(tenant.id)
    assert (later.schedule, later.queued, former.queued, later.error) == ("sync", 0, 2, None)
    assert later.tick_at - former.tick_at == EVERY
    assert [(e.queued, e.error) for e in await repository.history(other.id)] == [
        (None, "There is no connection. Connect one.")
    ] * 2


@pytest.mark.req("Q5", "R1")
async def test_the_interval_and_the_switch_change_without_a_deploy_and_for_one_tenant(  # noqa: PLR0917 - pytest gives them by name
    repository: Schedules,
    scheduler: Scheduler,
    asked: Asked,
    clock: ManualClock,
    tenant: Tenant,
    other: Tenant,
) -> None:
    async def ticks(minutes: int) -> tuple[int, int]:
        asked.tenants.clear()
        for _ in range(minutes):
            clock.advance(60)
            await scheduler.look()
        return asked.tenants.count(tenant.id), asked.tenants.count(other.id)

    await scheduler.look()
    assert await ticks(20) == (2, 2)
    await repository.set("sync", every=5 * timedelta(minutes=1), tenant_id=tenant.id)
    # One more may come at once: a grid that is finer has a tick since the last.
    assert await ticks(20) in {(4, 2), (5, 2)}
    await repository.set("sync", every=timedelta(minutes=20))
    assert (await ticks(40))[1] == 2
    await repository.set("sync", every=None, enabled=False, tenant_id=other.id)
    assert (await ticks(20))[1] == 0
    await repository.set("sync", enabled=False)
    assert await ticks(20) == (0, 0)
    await repository.set("sync")
    assert (await ticks(20))[0] in {4, 5}
    with pytest.raises(BadInputError, match="once a second"):
        await repository.set("sync", every=timedelta(milliseconds=10))


async def test_a_tick_is_acted_on_once_whoever_tries(
    store: Store, repository: Schedules, clock: ManualClock, tenant: Tenant
) -> None:
    tick = Tick(tenant.id, "sync", clock.now())
    found = await asyncio.gather(*[repository.act(tick, [NewJob("sync", "a", {})]) for _ in range(5)])
    assert sorted(found, key=str) == [1, None, None, None, None]
    assert len(await Queue(store, clock).history(tenant.id)) == 1


async def test_one_leads_and_the_next_when_it_is_gone(
    scheduler: Scheduler, database_url: str, clock: ManualClock, asked: Asked, tenant: Tenant
) -> None:
    async with await Store.open(database_url, clock=clock) as elsewhere:
        second = Scheduler(Schedules(elsewhere, clock), clock, [Schedule("sync", EVERY, asked.jobs)])
        assert await scheduler.look() == 1
        assert asked.tenants == [tenant.id]
        clock.advance(600)
        assert await second.look() == 0
        assert (scheduler.leads, second.leads) == (True, False)
        stop = asyncio.Event()
        stop.set()
        await scheduler.run(stop)
        assert await second.look() == 1
        assert second.leads


async def test_old_ticks_are_forgotten_but_the_last_of_each(
    repository: Schedules, scheduler: Scheduler, clock: ManualClock, tenant: Tenant
) -> None:
    for _ in range(3):
        await scheduler.look()
        clock.advance(600)
    clock.advance(30 * 86_400)
    await repository.prune(clock.now() - timedelta(days=7))
    (left,) = await repository.history(tenant.id)
    assert left.queued == 0


@pytest.mark.req("Q1")
async def test_another_scheduler_takes_over_within_ten_seconds_of_a_kill(
    database_url: str, store: Store, tenant: Tenant
) -> None:
    clock = SystemClock()
    async with AsyncExitStack() as stack, asyncio.timeout(60):
        first = await stack.enter_async_context(started("schedule", database_url, 1))
        assert await heard(first) == {"ready": True}
        assert await heard(first) == {"acted": str(tenant.id)}
        second = await stack.enter_async_context(started("schedule", database_url, 1))
        assert await heard(second) == {"ready": True}
        first.kill()
        killed = clock.monotonic()
        assert await heard(second) == {"acted": str(tenant.id)}
        assert clock.monotonic() - killed < 10
        assert await heard(second) == {"acted": str(tenant.id)}, "so the former tick is written"
    ticks = [entry.tick_at for entry in await Schedules(store, clock).history(tenant.id, 100)]
    assert len(ticks) == len(set(ticks)) >= 2
