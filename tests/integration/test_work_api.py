"""Jobs and boards over the API, and the four operations that bring the two together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from tests.factories.console_api import API, api_house

from tiebeam.identity.permissions import Permission
from tiebeam.operations.audit.model import Actor
from tiebeam.working import JobsAndBoards

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx
    from tests.factories.console_api import ApiHouse

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

P = Permission
EDITS = [P.JOBS_READ, P.JOBS_EDIT]


@pytest.fixture
async def house(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[ApiHouse]:
    async with api_house(store, clock, tenant, tmp_path) as made:
        yield made


@pytest.fixture
async def client(house: ApiHouse) -> httpx.AsyncClient:
    return await house.keyed(EDITS)


async def made_job(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await client.post(f"{API}/jobs", json={"title": "Roof of the depot", **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def active_jobs(client: httpx.AsyncClient) -> dict[str, Any]:
    boards: list[dict[str, Any]] = (await client.get(f"{API}/boards")).json()["items"]
    return next(one for one in boards if one["purpose"] == "active_jobs")


@pytest.mark.req("L1", "L4")
@pytest.mark.parametrize("root", ["/api", API])
async def test_a_job_is_put_on_the_board_and_an_item_back_on_its_job(
    client: httpx.AsyncClient, root: str
) -> None:
    job = await made_job(client, address="1 Dock Road", status="scheduled")
    assert (await client.get(f"{root}/jobs/{job['id']}/board-item")).status_code == 404
    (synced,) = (await client.post(f"{root}/jobs/{job['id']}/sync-to-board")).json()["items"]
    assert (synced["job_id"], synced["made"], synced["conflicts"]) == (job["id"], True, 0)
    item = (await client.get(f"{root}/jobs/{job['id']}/board-item")).json()
    assert item["id"] == synced["item_id"]
    assert item["board_id"] == (await active_jobs(client))["id"]
    assert (item["name"], item["column_values"]["status"], item["column_values"]["address"]) == (
        "Roof of the depot",
        "Scheduled",
        "1 Dock Road",
    )
    assert item["column_values"]["job"] == job["id"]

    changed = await client.patch(
        f"{API}/items/{item['id']}", json={"column_values": {"status": "Done", "ends": "2026-12-01"}}
    )
    assert changed.status_code == 200, changed.text
    back = (await client.post(f"{root}/items/{item['id']}/sync-to-job")).json()
    assert back["to_job"] == ["ends_on", "status"]
    found = (await client.get(f"{root}/items/{item['id']}/job")).json()
    assert (found["id"], found["status"], found["ends_on"]) == (job["id"], "done", "2026-12-01")
    again = (await client.post(f"{root}/items/{item['id']}/sync-to-job")).json()
    assert (again["to_job"], again["to_item"]) == ([], [])


@pytest.mark.req("L4")
async def test_nothing_else_has_an_address_without_a_version(client: httpx.AsyncClient) -> None:
    for address in ("/api/jobs", "/api/boards", f"/api/jobs/{uuid4()}", "/api/me"):
        assert (await client.get(address)).status_code == 404


@pytest.mark.req("L4")
async def test_an_item_without_a_job_says_so(client: httpx.AsyncClient) -> None:
    board = await active_jobs(client)
    item = (await client.post(f"{API}/boards/{board['id']}/items", json={"name": "Order nails"})).json()
    assert (await client.get(f"{API}/items/{item['id']}/job")).status_code == 404
    left = (await client.post(f"{API}/items/{item['id']}/sync-to-job")).json()
    assert left["job_id"] is None
    assert left["note"]


@pytest.mark.req("L4")
async def test_jobs_are_listed_page_by_page_changed_and_come_back(client: httpx.AsyncClient) -> None:
    for number in range(5):
        await made_job(client, title=f"Job {number}")
    first = (await client.get(f"{API}/jobs?limit=3")).json()
    rest = (await client.get(f"{API}/jobs", params={"limit": 3, "cursor": first["next"]})).json()
    assert [one["title"] for one in first["items"] + rest["items"]] == [f"Job {n}" for n in (4, 3, 2, 1, 0)]
    job = first["items"][0]
    address = f"{API}/jobs/{job['id']}"
    changed = (await client.patch(address, json={"status": "done", "version": job["version"]})).json()
    assert (changed["status"], changed["title"]) == ("done", "Job 4")
    late = await client.patch(address, json={"status": "new", "version": job["version"]})
    assert (late.status_code, late.json()["code"]) == (409, "jobs.changed_meanwhile")
    assert [one["title"] for one in (await client.get(f"{API}/jobs?status=done")).json()["items"]] == [
        "Job 4"
    ]
    assert (await client.delete(address)).status_code == 204
    assert (await client.get(f"{API}/jobs?search=Job 4")).json()["items"] == []
    assert (await client.post(f"{address}/restore")).json()["deleted_at"] is None
    whats = [(one["what"], one["field"]) for one in (await client.get(f"{address}/changes")).json()["items"]]
    assert whats == [("restored", None), ("deleted", None), ("changed", "status"), ("created", None)]


@pytest.mark.req("L4")
async def test_items_are_listed_page_by_page_and_odd_values_are_told_of(client: httpx.AsyncClient) -> None:
    board = await active_jobs(client)
    items = f"{API}/boards/{board['id']}/items"
    for number in range(5):
        assert (await client.post(items, json={"name": f"Item {number}"})).status_code == 201
    first = (await client.get(f"{items}?limit=3")).json()
    rest = (await client.get(items, params={"limit": 3, "cursor": first["next"]})).json()
    assert [one["name"] for one in first["items"] + rest["items"]] == [f"Item {n}" for n in range(5)]
    item = f"{API}/items/{first['items'][0]['id']}"
    for odd in ({"colour": "red"}, {"status": "Nearly"}, {"starts": "soon"}, {"lead": [str(uuid4())]}):
        refused = await client.patch(item, json={"column_values": odd})
        assert refused.status_code == 400, odd
        assert refused.json()["action"]
    assert (await client.get(items, params={"cursor": "W10"})).status_code == 400
    last = rest["items"][-1]["id"]
    assert (await client.post(f"{item}/move", json={"item_id": last, "behind": True})).status_code == 200
    assert (await client.get(items)).json()["items"][-1]["name"] == "Item 0"
    assert (await client.post(f"{item}/move", json={"item_id": str(uuid4())})).status_code == 404
    assert (await client.delete(item)).status_code == 204
    assert (await client.post(f"{item}/restore")).status_code == 200


@pytest.mark.req("L4")
async def test_who_may_only_read_changes_nothing(house: ApiHouse, client: httpx.AsyncClient) -> None:
    job, reader = await made_job(client), await house.keyed([P.JOBS_READ])
    assert (await reader.get(f"{API}/jobs/{job['id']}")).status_code == 200
    for refused in (
        await reader.post(f"{API}/jobs", json={"title": "x"}),
        await reader.post(f"/api/jobs/{job['id']}/sync-to-board"),
        await reader.delete(f"{API}/jobs/{job['id']}"),
    ):
        assert refused.status_code == 403
    stranger = await house.keyed([P.RECORDS_READ])
    assert (await stranger.get(f"/api/jobs/{job['id']}/board-item")).status_code == 403


@pytest.mark.req("L4")
async def test_a_board_is_deleted_and_restored_with_its_items(
    house: ApiHouse, client: httpx.AsyncClient
) -> None:
    app = await house.console.house.app(house.console.tenant.id)
    board = await JobsAndBoards(app).boards().create("Punch list", actor=Actor.command("tests"))
    here, manager = f"{API}/boards/{board.id}", await house.keyed([*EDITS, P.BOARDS_MANAGE])
    item = (await client.post(f"{here}/items", json={"name": "Gutter"})).json()
    assert (await client.delete(here)).status_code == 403
    assert (await manager.delete(here)).status_code == 204
    listed = [one["id"] for one in (await manager.get(f"{API}/boards")).json()["items"]]
    deleted = (await manager.get(f"{API}/boards?deleted=true")).json()["items"]
    assert str(board.id) not in listed
    assert [(one["id"], one["deleted_at"] is None) for one in deleted] == [(str(board.id), False)]
    assert (await client.patch(f"{API}/items/{item['id']}", json={"name": "x"})).status_code == 404
    assert (await manager.post(f"{here}/restore")).json()["deleted_at"] is None
    assert (await client.get(f"{here}/items")).json()["items"] == [item]
    active = await active_jobs(client)
    assert (await manager.delete(f"{API}/boards/{active['id']}")).status_code == 409
