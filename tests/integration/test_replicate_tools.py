from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from tests.factories.procore_desk import ProcoreDesk

from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.replicate.replica import Records
from tiebeam.replicate.repository import Replica
from tiebeam.replicate.sync import Pace, Sync, SyncReport, Wish

if TYPE_CHECKING:
    from tiebeam.identity.model import Tenant
    from tiebeam.store.pool import Store

WANTED = {"procore.projects", "procore.project_tools", "procore.rfis"}


@pytest.mark.req("R1", "R2")
async def test_a_tool_that_is_off_is_left_alone_until_the_project_changes_its_tools(
    store: Store, tenant: Tenant
) -> None:
    desk = ProcoreDesk()
    project_id = int(next(iter(desk.state.rows("projects")))["id"])
    desk.put("rfis", subject="Which anchor?")
    desk.state.set_tool(project_id, "rfis", enabled=False)
    connection_id = uuid4()
    replica = Replica(store, tenant.id, connection_id, desk.clock)

    async def sync() -> SyncReport:
        desk.clock.advance(60)
        streams = [stream for stream in STREAMS if stream.name in WANTED]
        return await Sync(replica, desk.reader, desk.clock, streams, Wish(), pace=Pace(concurrency=1)).run()

    async def rfis() -> int:
        status = await Records(store, tenant.id, connection_id).streams()
        return sum(stream.live for stream in status if stream.stream == "procore.rfis")

    first, second = await sync(), await sync()
    assert (first.feeds_off, first.tally.refused) == (1, 1)
    assert (second.feeds_off, second.tally.refused) == (0, 0), "nobody asked for it again"
    assert await rfis() == 0
    desk.state.set_tool(project_id, "rfis", enabled=True)
    third = await sync()
    assert third.failures == []
    assert await rfis() == 1
