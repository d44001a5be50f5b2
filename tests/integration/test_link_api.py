"""What keeps jobs and boards in step, over the API: conflicts, pairs, how a board is kept, rules, the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from tests.factories.console_api import API, api_house

from tiebeam.identity.permissions import Permission
from tiebeam.identity.repository import Tenants
from tiebeam.reacting import Reactions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx
    from tests.factories.console_api import ApiHouse

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

P = Permission
BLIND = "WyIyMDI2LTAxLTAxIiwiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwIl0"
"""A cursor whose time is in no zone."""
MANAGES = [P.JOBS_READ, P.JOBS_EDIT, P.BOARDS_MANAGE]
ASK = {"owner": "ask", "flow": "both"}
SAYS: dict[str, Any] = {
    "name": "Say when a job is done",
    "trigger": {"happening": "job_changed", "fields": ["status"]},
    "conditions": [{"name": "job.status", "check": "is", "value": "Done"}],
    "actions": [{"kind": "notify", "values": {"text": "{job.title} is done."}}],
}


@pytest.fixture
async def house(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[ApiHouse]:
    async with api_house(store, clock, tenant, tmp_path) as made:
        yield made


@pytest.fixture
async def client(house: ApiHouse) -> httpx.AsyncClient:
    return await house.keyed(MANAGES)


async def sent(client: httpx.AsyncClient, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = await client.request(method, f"{API}{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def linked(client: httpx.AsyncClient, title: str = "Depot roof") -> tuple[str, str, str]:
    """Return a job, its item and its pair."""
    job = await sent(client, "post", "/jobs", {"title": title}, 201)
    (synced,) = (await sent(client, "post", f"/jobs/{job['id']}/sync-to-board"))["items"]
    (pair,) = (await sent(client, "get", f"/jobs/{job['id']}/pairs"))["items"]
    return job["id"], synced["item_id"], pair["id"]


async def apart(client: httpx.AsyncClient, title: str = "Depot roof") -> tuple[str, str, dict[str, Any]]:
    """Return a job and its item that both changed the name, and the conflict of it."""
    job, item, _ = await linked(client, title)
    board = (await sent(client, "get", f"/items/{item}"))["board_id"]
    await sent(
        client, "put", f"/boards/{board}/in-step", {"fields": [{"field": "title", **ASK}], "labels": {}}
    )
    await sent(client, "patch", f"/jobs/{job}", {"title": f"{title}, north"})
    await sent(client, "patch", f"/items/{item}", {"name": f"{title}, south"})
    await sent(client, "post", f"/jobs/{job}/sync-to-board")
    (conflict,) = (await sent(client, "get", f"/conflicts?job={job}"))["items"]
    return job, item, conflict


@pytest.mark.req("L3", "L4")
async def test_a_conflict_is_listed_settled_undone_and_settled_the_other_way(
    client: httpx.AsyncClient,
) -> None:
    job, item, conflict = await apart(client)
    held = conflict["field"], conflict["base"], conflict["job"], conflict["item"], conflict["state"]
    assert held == ("title", "Depot roof", "Depot roof, north", "Depot roof, south", "open")
    here = f"/conflicts/{conflict['id']}"
    settled = await sent(client, "post", f"{here}/settle", {"side": "item"})
    assert (settled["state"], settled["decided_by"]) == ("item", "tests")
    assert (await sent(client, "get", f"/jobs/{job}"))["title"] == "Depot roof, south"
    again = await sent(client, "post", f"{here}/settle", {"side": "job"}, 409)
    assert again["code"] == "link.decided_meanwhile"
    assert (await sent(client, "get", "/conflicts"))["items"] == []
    assert [one["id"] for one in (await sent(client, "get", "/conflicts?decided=true"))["items"]] == [
        conflict["id"]
    ]

    opened = await sent(client, "post", f"{here}/undo")
    assert (opened["state"], opened["id"] != conflict["id"]) == ("open", True)
    assert (await sent(client, "get", f"/jobs/{job}"))["title"] == "Depot roof, north"
    await sent(client, "post", f"/conflicts/{opened['id']}/settle", {"side": "job"})
    assert (await sent(client, "get", f"/items/{item}"))["name"] == "Depot roof, north"
    assert (await sent(client, "get", here))["state"] == "undone"


@pytest.mark.req("L4")
async def test_conflicts_and_questions_are_listed_page_by_page(
    client: httpx.AsyncClient, house: ApiHouse
) -> None:
    wanted, asked = [], []
    for number in range(3):
        job, item, conflict = await apart(client, f"Roof {number}")
        wanted.append(conflict["id"])
        house.console.clock.advance(60)
        await sent(client, "delete", f"/items/{item}", status=204)
        (synced,) = (await sent(client, "post", f"/jobs/{job}/sync-to-board"))["items"]
        assert synced["note"]
        asked.append(job)
    for path, order, name in (
        ("/conflicts?limit=2", wanted[::-1], "id"),
        ("/pairs/asking?limit=2", asked, "job_id"),
    ):
        first = await sent(client, "get", path)
        rest = await sent(client, "get", f"{path}&cursor={first['next']}")
        assert [one[name] for one in first["items"] + rest["items"]] == order
        assert (len(first["items"]), rest["next"]) == (2, None)
        for odd in (
            "W10",
            "WyIyMDI2LTAxLTAxIiwiMSJd",
            "WyIyMDI2LTAxLTAxIiwiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwIl0",
        ):
            refused = await sent(client, "get", f"{path}&cursor={odd}", status=400)
            assert refused["code"] == "api.cursor"


@pytest.mark.req("L3")
@pytest.mark.parametrize(
    ("answer", "job_stays", "item_back"),
    [("keep", True, True), ("delete", False, False), ("unlink", True, False)],
)
async def test_a_side_that_is_gone_is_asked_about_and_the_answer_counts(
    client: httpx.AsyncClient, answer: str, *, job_stays: bool, item_back: bool
) -> None:
    job, item, pair = await linked(client)
    await sent(client, "delete", f"/items/{item}", status=204)
    await sent(client, "post", f"/jobs/{job}/sync-to-board")
    (asking,) = (await sent(client, "get", "/pairs/asking"))["items"]
    assert (asking["id"], asking["asked"], asking["state"]) == (pair, "item_deleted", "asks")
    assert "Bring it back" in asking["question"]
    await sent(client, "post", f"/pairs/{pair}/answer", {"answer": answer})
    after = await sent(client, "get", f"/jobs/{job}"), await sent(client, "get", f"/items/{item}")
    assert [one["deleted_at"] is None for one in after] == [job_stays, item_back]
    assert (await sent(client, "get", f"/pairs/{pair}"))["state"] == ("linked" if item_back else "unlinked")
    late = await sent(client, "post", f"/pairs/{pair}/answer", {"answer": answer}, 409)
    assert late["code"] == "link.decided_meanwhile"


@pytest.mark.req("L3", "L4")
async def test_what_stood_there_before_is_suggested_linked_and_parted(
    client: httpx.AsyncClient,
) -> None:
    job = await sent(client, "post", "/jobs", {"title": "Library stairs"}, 201)
    boards = (await sent(client, "get", "/boards"))["items"]
    home = next(one["id"] for one in boards if one["purpose"] == "active_jobs")
    item = await sent(client, "post", f"/boards/{home}/items", {"name": "Library stairs"}, 201)
    for path in ("/pairs/suggested", f"/pairs/suggested?board={home}"):
        (found,) = (await sent(client, "get", path))["items"]
        assert (found["job_id"], found["item_id"], found["score"]) == (job["id"], item["id"], 1.0)
    both = {"job_id": job["id"], "item_id": item["id"]}
    assert (await sent(client, "post", "/pairs", both, 201))["made"]
    await sent(client, "post", "/pairs", both, 400)
    (pair,) = (await sent(client, "get", f"/jobs/{job['id']}/pairs"))["items"]
    assert pair["base"]["title"] == "Library stairs"
    await sent(client, "delete", f"/pairs/{pair['id']}", status=204)
    assert (await sent(client, "get", f"/pairs/{pair['id']}"))["state"] == "unlinked"
    assert (await sent(client, "get", f"/jobs/{job['id']}/pairs"))["items"] == []
    first = await sent(client, "get", f"/pairs/log?pair={pair['id']}&limit=1")
    rest = await sent(client, "get", f"/pairs/log?pair={pair['id']}&cursor={first['next']}")
    whats = [one["what"] for one in first["items"] + rest["items"]]
    assert (whats[0], whats[-1]) == ("unlinked", "linked")
    assert {one["by"] for one in first["items"]} == {"tests"}


@pytest.mark.req("L3")
async def test_how_a_board_is_kept_in_step_is_read_changed_and_not_overwritten_blindly(
    client: httpx.AsyncClient,
) -> None:
    _, item, _ = await linked(client)
    here = f"{API}/boards/{(await sent(client, 'get', f'/items/{item}'))['board_id']}/in-step"
    before = await client.get(here)
    whole = before.json()
    whole["fields"][0] |= {"owner": "board"}
    kept = await client.put(here, json=whole, headers={"If-Match": before.headers["etag"]})
    assert kept.status_code == 200, kept.text
    assert kept.json()["fields"][0]["owner"] == "board"
    assert kept.json()["fields"][1:] == whole["fields"][1:]
    assert (await client.get(here)).json() == kept.json()
    late = await client.put(here, json=whole, headers={"If-Match": before.headers["etag"]})
    assert late.status_code == 412
    for odd in (
        {"fields": [{"field": "colour", **ASK}], "labels": {}},
        {"fields": [{"field": "created", **ASK}], "labels": {}},
        {"fields": [], "labels": {"Nearly": "done"}},
    ):
        refused = await client.put(here, json=odd)
        assert (refused.status_code, refused.json()["code"]) == (400, "input.bad"), refused.text
    assert (await client.get(here)).json() == kept.json()


@pytest.mark.req("L5")
async def test_a_rule_is_tried_kept_changed_switched_and_removed(client: httpx.AsyncClient) -> None:
    job = await sent(client, "post", "/jobs", {"title": "Depot roof"}, 201)
    await sent(client, "patch", f"/jobs/{job['id']}", {"status": "done"})
    newest, created = (await sent(client, "post", "/automations/try", SAYS))["items"]
    assert (newest["result"], newest["said"]) == ("done", ["Raise an alert: text = Depot roof is done."])
    assert created["result"] is None

    rule = await sent(client, "post", "/automations", SAYS, 201)
    here = f"/automations/{rule['id']}"
    assert (rule["enabled"], rule["version"], rule["circle"]) == (True, 1, [])
    shown = await sent(client, "get", here)
    assert {name: shown[name] for name in ("name", "conditions")} == {
        name: SAYS[name] for name in ("name", "conditions")
    }
    changed = await sent(client, "put", here, {**SAYS, "name": "Tell", "version": 1})
    assert (changed["name"], changed["version"]) == ("Tell", 2)
    late = await sent(client, "put", here, {**SAYS, "version": 1}, 409)
    assert late["code"] == "jobs.rule_changed_meanwhile"
    assert (await sent(client, "put", f"{here}/enabled", {"enabled": False}))["enabled"] is False
    names = [one["name"] for one in (await sent(client, "get", "/automations"))["items"]]
    assert (len(names), names[-1]) == (3, "Tell")
    await sent(client, "delete", here, status=204)
    await sent(client, "get", here, status=404)
    await sent(client, "put", here, SAYS, 404)

    own = next(one for one in (await sent(client, "get", "/automations"))["items"] if one["built_in"])
    await sent(client, "put", f"/automations/{own['id']}/enabled", {"enabled": False})
    assert (await sent(client, "post", f"/automations/{own['id']}/restore"))["enabled"] is True
    await sent(client, "delete", f"/automations/{own['id']}", status=400)


@pytest.mark.req("L5")
async def test_a_rule_that_may_answer_itself_or_cannot_be_kept_says_so(client: httpx.AsyncClient) -> None:
    again = {"kind": "change_job", "values": {"title": "{job.title}!"}}
    wanted = {**SAYS, "trigger": {"happening": "job_changed"}, "actions": [again]}
    kept = await sent(client, "post", "/automations", wanted, 201)
    assert kept["circle"][0] == SAYS["name"]
    for odd in (
        {"trigger": {"happening": "job_changed", "fields": ["colour"]}},
        {"conditions": [{"name": "job.status", "check": "is", "value": "Nearly"}]},
        {"actions": [{"kind": "create_item", "values": {"name": "x"}}]},
        {"actions": [{"kind": "notify", "values": {"text": "{job.colour}"}}]},
    ):
        refused = await sent(client, "post", "/automations", {**SAYS, **odd}, 400)
        assert refused["action"], odd
    unfit: list[dict[str, Any]] = [{"actions": []}, {"name": " "}, {"trigger": {"happening": "never"}}]
    for odd in unfit:
        await sent(client, "post", "/automations", {**SAYS, **odd}, 422)


@pytest.mark.req("L5")
async def test_what_came_of_the_rules_is_listed(house: ApiHouse, client: httpx.AsyncClient) -> None:
    rule = await sent(client, "post", "/automations", SAYS, 201)
    job = await sent(client, "post", "/jobs", {"title": "Depot roof"}, 201)
    await sent(client, "patch", f"/jobs/{job['id']}", {"status": "done"})
    await Reactions(await house.console.house.app(house.console.tenant.id)).react()
    (told,) = (await sent(client, "get", f"/automations/firings?rule={rule['id']}"))["items"]
    assert (told["result"], told["subject_id"], told["rule_name"]) == ("done", job["id"], SAYS["name"])
    done = await sent(client, "get", "/automations/firings?result=done&limit=1")
    rest = await sent(client, "get", f"/automations/firings?result=done&cursor={done['next']}")
    assert told["id"] in {one["id"] for one in done["items"] + rest["items"]}
    await sent(client, "get", f"/automations/firings?result=done&rule={rule['id']}", status=400)


@pytest.mark.req("P4", "L4")
async def test_nobody_reaches_the_pairs_and_rules_of_another_company(
    house: ApiHouse, client: httpx.AsyncClient
) -> None:
    job, item, conflict = await apart(client)
    rule = await sent(client, "post", "/automations", SAYS, 201)
    board = (await sent(client, "get", f"/items/{item}"))["board_id"]
    other = await Tenants(house.console.store).create("other", "Other")
    stranger = await house.keyed(MANAGES, tenant=other)
    for method, path, body in (
        ("get", f"/conflicts/{conflict['id']}", None),
        ("post", f"/conflicts/{conflict['id']}/settle", {"side": "job"}),
        ("post", f"/conflicts/{conflict['id']}/undo", None),
        ("get", f"/pairs/{conflict['pair_id']}", None),
        ("delete", f"/pairs/{conflict['pair_id']}", None),
        ("post", f"/pairs/{conflict['pair_id']}/answer", {"answer": "keep"}),
        ("post", "/pairs", {"job_id": job, "item_id": item}),
        ("get", f"/jobs/{job}/pairs", None),
        ("get", f"/pairs/suggested?board={board}", None),
        ("get", f"/boards/{board}/in-step", None),
        ("put", f"/boards/{board}/in-step", {"fields": [], "labels": {}}),
        ("get", f"/automations/{rule['id']}", None),
        ("put", f"/automations/{rule['id']}", SAYS),
        ("put", f"/automations/{rule['id']}/enabled", {"enabled": False}),
        ("delete", f"/automations/{rule['id']}", None),
    ):
        await sent(stranger, method, path, body, 404)
    for path in (
        f"/conflicts?job={job}",
        "/conflicts",
        "/pairs/log",
        "/pairs/asking",
        "/automations/firings",
    ):
        assert (await sent(stranger, "get", path))["items"] == []
    assert rule["id"] not in {one["id"] for one in (await sent(stranger, "get", "/automations"))["items"]}
    assert (await sent(client, "get", f"/conflicts/{conflict['id']}"))["state"] == "open"


@pytest.mark.req("L4")
async def test_who_may_only_look_decides_nothing_and_what_there_is_not_is_said(
    house: ApiHouse, client: httpx.AsyncClient
) -> None:
    _, _, conflict = await apart(client)
    reader, editor = await house.keyed([P.JOBS_READ]), await house.keyed([P.JOBS_READ, P.JOBS_EDIT])
    await sent(reader, "get", f"/conflicts/{conflict['id']}")
    await sent(reader, "post", f"/conflicts/{conflict['id']}/settle", {"side": "job"}, 403)
    await sent(reader, "delete", f"/pairs/{conflict['pair_id']}", status=403)
    await sent(editor, "put", f"/boards/{conflict['board_id']}/in-step", {"fields": [], "labels": {}}, 403)
    await sent(editor, "post", "/automations", SAYS, 403)
    await sent(editor, "post", "/automations/try", SAYS, 403)
    for method, path, body in (
        ("post", f"/conflicts/{uuid4()}/settle", {"side": "job"}),
        ("post", f"/pairs/{uuid4()}/answer", {"answer": "keep"}),
        ("post", "/pairs", {"job_id": str(uuid4()), "item_id": conflict["item_id"]}),
        ("post", "/pairs", {"job_id": conflict["job_id"], "item_id": str(uuid4())}),
    ):
        await sent(editor, method, path, body, 404)
