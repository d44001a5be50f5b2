"""A scheduler's process watches the workers, too."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from tests.factories.procore_desk import ProcoreDesk
from tests.factories.sim_transport import SimTransport

from tiebeam.always import AlwaysOn
from tiebeam.operations.queue.model import NewJob
from tiebeam.operations.queue.repository import Claims, Queue
from tiebeam.settings import read_settings

if TYPE_CHECKING:
    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store


@pytest.mark.req("Q3", "Q4")
async def test_what_dead_workers_held_is_put_back_though_no_worker_lives(
    store: Store, tenant: Tenant, clock: ManualClock
) -> None:
    claims, queue = Claims(store, clock), Queue(store, clock)
    await queue.enqueue(tenant.id, [NewJob("count.sheep", "all", {})])
    worker = await claims.join("killed")
    _, taken = await claims.turn(worker, [], 1, tenant_max=1, kinds=["count.sheep"])
    assert [job.key for job in taken] == ["all"]
    house = AlwaysOn(read_settings(), clock, store, SimTransport(ProcoreDesk().simulator, clock))
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(house.schedule())
        while "processing" in {one.state for one in await queue.history(tenant.id)}:
            await clock.sleep(0.1)
        house.stop.set()
    assert await claims.peers() == []
