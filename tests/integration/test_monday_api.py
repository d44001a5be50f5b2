"""Boards of monday.com over the API: joined, looked at, decided about, parted; each company its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.factories.monday_stage import monday_staged

from tiebeam.identity.model import Role
from tiebeam.mirrors import SameBoards

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.factories.monday_stage import MondayStage

    from tiebeam.identity.model import Tenant
    from tiebeam.store.pool import Store

API = "/api/v1"


@pytest.fixture
async def stage(store: Store, tenant: Tenant, tmp_path: Path) -> AsyncIterator[MondayStage]:
    async with monday_staged(store, tenant, tmp_path) as found:
        await found.connect()
        found.client.headers["X-CSRF-Token"] = found.who.session.csrf
        yield found


async def test_a_board_is_joined_looked_at_and_parted(stage: MondayStage) -> None:
    stage.desk.create("Roof")
    wanted = {"outside_board_id": stage.desk.board_id, "name": "Yard", "owner": "ask"}
    made = await stage.client.post(f"{API}/outside-boards", json=wanted)
    assert made.status_code == 201, made.text
    link = made.json()
    assert (link["board"], link["owner"], link["items"], link["passed_at"]) == ("Yard", "ask", 0, None)
    assert (await stage.client.post(f"{API}/outside-boards", json=wanted)).status_code == 400
    same = SameBoards(await stage.app())
    (known,) = await same.links()
    assert str(known.id) == link["id"]
    await same.pull(known.id)
    (listed,) = (await stage.client.get(f"{API}/outside-boards")).json()["items"]
    assert (listed["items"], listed["open"], listed["troubles"]) == (1, 0, [])
    asked = await stage.client.post(f"{API}/outside-boards/{link['id']}/pull", json={})
    assert (asked.status_code, asked.json()["queued"]) == (202, 1)
    assert (await stage.client.delete(f"{API}/outside-boards/{link['id']}")).status_code == 200
    assert (await stage.client.get(f"{API}/outside-boards")).json()["items"] == []
    assert (await stage.client.get(f"{API}/outside-boards/{link['id']}")).status_code == 404


async def test_what_waits_is_listed_and_decided_by_the_queue(stage: MondayStage) -> None:
    roof = stage.desk.create("Roof")
    wanted = {"outside_board_id": stage.desk.board_id}
    link = (await stage.client.post(f"{API}/outside-boards", json=wanted)).json()
    same = SameBoards(await stage.app())
    (known,) = await same.links()
    await same.pull(known.id)
    stage.desk.asked("mutation ($item: ID) { delete_item(item_id: $item) { id } }", item=roof)
    await same.pull(known.id)
    (ask,) = (await stage.client.get(f"{API}/outside-asks")).json()["items"]
    assert (ask["link_id"], ask["outside_id"], ask["asked"]) == (link["id"], roof, "theirs_deleted")
    answered = await stage.client.post(f"{API}/outside-asks/{ask['id']}/answer", json={"then": "apart"})
    assert answered.status_code == 202
    (job,) = await same.app.queue.jobs(same.app.tenant.id, ["pending"], kinds=["outside.decide"])
    assert job.key == f"{known.id}/{ask['id']}"
    assert (await stage.client.get(f"{API}/outside-conflicts")).json()["items"] == []


async def test_another_company_sees_and_touches_none_of_it(stage: MondayStage) -> None:
    wanted = {"outside_board_id": stage.desk.board_id}
    link = (await stage.client.post(f"{API}/outside-boards", json=wanted)).json()
    other = await stage.console.company("other")
    client, who = await stage.console.signed_in(Role.TENANT_ADMIN, tenant=other)
    client.headers["X-CSRF-Token"] = who.session.csrf
    assert (await client.get(f"{API}/outside-boards")).json()["items"] == []
    assert (await client.get(f"{API}/outside-boards/{link['id']}")).status_code == 404
    assert (await client.post(f"{API}/outside-boards/{link['id']}/pull", json={})).status_code == 404
    assert (await client.delete(f"{API}/outside-boards/{link['id']}")).status_code == 404
    refused = await client.post(f"{API}/outside-boards", json=wanted)
    assert (refused.status_code, refused.json()["code"]) == (409, "connection.not_connected")
    assert len(await SameBoards(await stage.app()).links()) == 1
