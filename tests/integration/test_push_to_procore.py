"""From what was captured on site into a connected Procore: whole, once, and with words when it cannot be."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from tests.factories.field_work import OFFICES, request_form, ticket
from tests.factories.procore_site import PAGES, PHOTO, Site, procore_site

from tiebeam.app import App
from tiebeam.field.forms import form_of
from tiebeam.field.model import Kind
from tiebeam.field.rules import totals
from tiebeam.identity.model import Role
from tiebeam.kernel.errors import Owner
from tiebeam.operations.tokens.model import GrantKind
from tiebeam.push.deliveries.procore.amounts import line_amount, markup_amounts
from tiebeam.pushing import FieldPapers
from tiebeam.replicate.sync import Wish
from tiebeam.simulators.base.faults import FaultRule

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from uuid import UUID

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.operations.tokens.model import Connection
    from tiebeam.push.board.model import Standing
    from tiebeam.store.pool import Store


@pytest.fixture
async def site(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Site]:
    async with procore_site(store, clock, tenant, tmp_path) as made:
        yield made


@pytest.mark.req("P6", "P8", "P12", "P13")
async def test_an_approved_ticket_is_in_procore_and_read_only_here(site: Site) -> None:
    document_id = await site.captured()
    await site.pressed(document_id)
    await site.worked()
    standing = await site.standing(document_id)
    assert (standing.state, standing.synced) == ("done", True)
    (entry,) = site.rows("time_and_material_entries")
    assert entry["reference_number"] == f"tiebeam:{site.app.tenant.id}:{document_id}"
    assert [row["hours_worked"] for row in site.rows("time_and_material_timecards")] == [8.5]
    paper, photo = site.rows("time_and_material_entry_attachments")
    assert (paper["content_type"], "صورة" in photo["filename"]) == ("application/pdf", True)
    assert f"Rates and totals: {paper['filename']}" in entry["description"]
    sent = [one.data or b"" for one in site.desk.simulator.storeroom.uploads._uploads.values()]
    assert (sent[0][:5], sent[1]) == (b"%PDF-", PHOTO)
    kept = await site.pushing.documents().get(document_id)
    assert kept.locked_reason == "It was sent to Procore. Corrections are made there."


async def test_the_map_of_projects_is_read_once_a_run(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    document_id = await site.captured()
    document, whole, reads = await site.pushing.documents().get(document_id), App.connections, []

    async def connections(app: App) -> list[Connection]:
        reads.append(1)
        return await whole(app)

    monkeypatch.setattr(App, "connections", connections)
    papers = FieldPapers(site.app)
    assert [(await papers.paper(document, "procore")).project for _ in range(3)] == ["5", "5", "5"]
    assert len(reads) == 1


@pytest.mark.req("P14")
async def test_two_admins_who_press_at_once_make_one_ticket(site: Site) -> None:
    document_id = await site.captured()
    first, second = await asyncio.gather(site.pressed(document_id), site.pressed(document_id))
    assert first == second
    await asyncio.gather(site.pushing.runner().run(first), site.pushing.runner().run(first))
    await site.worked(3, 301)
    assert (await site.standing(document_id)).state == "done"
    assert len(site.rows("time_and_material_entries")) == 1
    assert len(site.rows("time_and_material_entry_attachments")) == 2


@pytest.mark.req("P7", "P12")
async def test_an_order_without_a_contract_says_so_and_goes_on_once_it_has_one(site: Site) -> None:
    document_id = await site.captured(Kind.CHANGE_ORDER_REQUEST)
    await site.pressed(document_id)
    await site.worked()
    standing = await site.standing(document_id)
    assert (standing.state, standing.code, standing.owner) == (
        "blocked",
        "procore.contract_missing",
        Owner.OFFICE,
    )
    assert (standing.field, standing.fix) == ("contract", f"/field/{document_id}")
    assert site.rows("potential_change_orders") == []
    contract = site.desk.put("prime_contracts", number="PC-1", title="Prime", vendor={"id": 11})
    body = request_form(contract=str(contract), photos=[])
    await site.pushing.documents().put(
        document_id,
        Kind.CHANGE_ORDER_REQUEST,
        site.project,
        body,
        OFFICES,
        captured_at=site.app.clock.now(),
        base_version=1,
    )
    await site.pushing.documents().approve(document_id, OFFICES, version=2)
    await site.pressed(document_id)
    await site.worked()
    assert (await site.standing(document_id)).state == "done"
    (order,) = site.rows("potential_change_orders")
    ours = totals(Kind.CHANGE_ORDER_REQUEST, form_of(Kind.CHANGE_ORDER_REQUEST, body).model_dump(mode="json"))
    assert ours is not None
    assert order["grand_total"] == str(ours.total)


@pytest.mark.req("P13", "P14")
async def test_a_ticket_that_is_edited_during_its_sync_is_never_half_old_and_half_new(site: Site) -> None:
    document_id = await site.captured()
    site.fault(FaultRule("status", match="materials/bulk_create", status=429))
    await site.pressed(document_id)
    await site.worked()
    assert len(site.rows("time_and_material_entries")) == 1
    await site.edited(document_id, ticket(description="Moved the riser in corridor C"), 1)
    site.fault()
    await site.worked(4, 1000)
    standing = await site.standing(document_id)
    assert (standing.state, standing.code) == ("blocked", "push.sent_part_changed")
    assert site.rows("materials") == []
    await site.pushing.send_again([standing.intent_id], sent_stands=True)
    await site.worked(2, 1000)
    assert (await site.standing(document_id)).synced
    assert [len(site.rows(each)) for each in ("time_and_material_entries", "materials")] == [1, 1]


@pytest.mark.req("P2", "P19", "P20")
async def test_a_connection_revoked_in_mid_batch_waits_and_goes_on_when_it_is_back(site: Site) -> None:
    documents = [await site.captured() for _ in range(3)]
    for document_id in documents:
        await site.pressed(document_id)
    site.fault(
        FaultRule("revoke_grant", match="timecards/bulk_create", count=1),
        FaultRule("status", match="oauth/token", status=401),
    )
    await site.worked()
    states = [await site.standing(one) for one in documents]
    assert "waiting" in {one.state for one in states}
    assert {one.code for one in states if one.code} == {"push.not_connected"}
    captured_meanwhile = await site.captured()
    site.fault()
    connection, _, _ = await site.app.add_procore(None, grant=None, kind=GrantKind.CLIENT_CREDENTIALS)
    assert connection.id == site.connection.id
    await site.pressed(captured_meanwhile)
    await site.worked(3, 601)
    assert [(await site.standing(one)).state for one in [*documents, captured_meanwhile]] == ["done"] * 4
    assert len(site.rows("time_and_material_entries")) == 4
    assert len(site.rows("time_and_material_timecards")) == 4


@pytest.mark.req("P2", "P20")
async def test_while_it_is_disconnected_everything_waits_and_says_why(site: Site) -> None:
    await site.app.grants.disconnect(site.app.tenant.id, site.connection.id)
    document_id = await site.captured()
    await site.pressed(document_id)
    await site.worked()
    standing = await site.standing(document_id)
    assert (standing.state, standing.code) == ("waiting", "push.not_connected")
    assert "Connect" in (standing.action or "")
    await site.app.add_procore(None, grant=None, kind=GrantKind.CLIENT_CREDENTIALS)
    await site.worked(2, 601)
    assert (await site.standing(document_id)).state == "done"


@pytest.mark.req("P14", "P19", "P20")
async def test_an_hour_without_procore_keeps_nobody_from_capturing_and_ends_by_itself(site: Site) -> None:
    documents = [await site.captured() for _ in range(3)]
    for document_id in documents:
        await site.pressed(document_id)
    site.fault(FaultRule("status", match="/rest/", status=503))
    await site.worked(4, 900)
    assert site.rows("time_and_material_entries") == []
    assert {(await site.standing(one)).owner for one in documents} == {"nobody"}
    documents.append(await site.captured())
    await site.pressed(documents[-1])
    site.fault()
    await site.worked(8, 901)
    assert [(await site.standing(one)).state for one in documents] == ["done"] * 4
    counts = [len(site.rows(each)) for each in ("time_and_material_entries", "materials")]
    assert counts == [4, 4]


CHOICE: dict[str, Any] = {
    "tickets": "documents",
    "album_id": 77,
    "folder_id": None,
    "order_status": "draft",
    "logs": {
        "weather": "weather_logs",
        "crew": "notes_logs",
        "work": None,
        "delays": "delay_logs",
        "notes": "notes_logs",
    },
    "order_tiers": 1,
    "orders_grouped": True,
    "time_types": {"regular": 8, "overtime": None, "double": 9},
}


@pytest.mark.req("P6", "P9")
async def test_a_company_chooses_how_its_documents_are_in_procore(site: Site) -> None:
    admin, office = await site.client(Role.TENANT_ADMIN), await site.client(Role.OFFICE)
    before = (await office.get("/api/v1/push/procore")).json()
    assert (before["tickets"], before["logs"]["crew"]) == ("tool", "manpower_logs")
    assert (await office.put("/api/v1/push/procore", json=CHOICE)).status_code == 403
    odd = {**CHOICE, "logs": {**CHOICE["logs"], "crew": "rfis"}}
    assert (await admin.put("/api/v1/push/procore", json=odd)).status_code == 422
    assert (await admin.put("/api/v1/push/procore", json=CHOICE)).status_code == 200
    assert (await office.get("/api/v1/push/procore")).json() == CHOICE
    await site.pressed(await site.captured())
    await site.worked()
    assert site.rows("time_and_material_entries") == []
    assert [row["document_type"] for row in site.rows("documents")] == ["file"]


async def test_the_same_is_chosen_on_a_page(site: Site) -> None:
    admin = await site.client(Role.TENANT_ADMIN)
    page = (await admin.get("/push/procore")).text
    assert "Into the T&amp;M tool" in page
    form = {
        "csrf": admin.headers["X-CSRF-Token"],
        "tickets": "tool",
        "album_id": "78",
        "folder_id": "",
        "order_status": "pricing",
        "order_tiers": "2",
        "orders_grouped": "on",
        "time_regular": "8695",
        "time_overtime": "",
        "time_double": "",
        **{f"log_{part}": kind or "" for part, kind in CHOICE["logs"].items()},
    }
    kept = await admin.post("/push/procore", data=form)
    assert kept.status_code == 303
    found = (await admin.get("/api/v1/push/procore")).json()
    assert (found["album_id"], found["order_status"], found["logs"]["work"]) == (78, "pricing", None)
    assert (found["order_tiers"], found["orders_grouped"]) == (2, True)
    assert found["time_types"] == {"regular": 8695, "overtime": None, "double": None}
    for name, value in (
        ("album_id", "the first"),
        ("order_status", "void"),
        ("log_crew", "rfis"),
        ("order_tiers", "4"),
        ("time_double", "RT"),
    ):
        refused = await admin.post("/push/procore", data={**form, name: value})
        assert refused.status_code != 303 or "/push/procore" not in refused.headers.get("location", "")
    assert (await admin.get("/api/v1/push/procore")).json() == found


def test_what_procore_is_told_is_what_the_form_adds_up_to() -> None:
    body = form_of(Kind.CHANGE_ORDER_REQUEST, request_form()).model_dump(mode="json")
    ours = totals(Kind.CHANGE_ORDER_REQUEST, body)
    assert ours is not None
    theirs = [line_amount(line) for line in body["lines"]], markup_amounts(body["lines"], body["markups"])
    assert sum(theirs[0] + theirs[1]) == ours.total
    assert theirs[1] == [amount for _, amount in ours.markups]


async def stuck_order(site: Site) -> tuple[UUID, Standing, list[int]]:
    """Return a request that names none of two contracts, which our copy knows."""
    contracts = [
        site.desk.put("prime_contracts", number=f"PC-{number}", title=f"Part {number}", vendor={"id": 11})
        for number in (1, 2)
    ]
    await site.app.sync_one(site.connection, Wish(stream="procore.prime_contracts"))
    document_id = await site.captured(Kind.CHANGE_ORDER_REQUEST)
    await site.pressed(document_id)
    await site.worked()
    return document_id, await site.standing(document_id), contracts


@pytest.mark.req("P7", "P12", "P15")
async def test_the_missing_contract_is_chosen_where_the_trouble_stands(site: Site) -> None:
    document_id, standing, (_, second) = await stuck_order(site)
    office = await site.client(Role.OFFICE)
    for page in ("/push", f"/field/{document_id}", f"/push/sent/{standing.intent_id}"):
        shown = (await office.get(page)).text
        assert f'<option value="{second}">Part 2</option>' in shown.partition("/push/mend")[2]
    form = {"csrf": office.headers["X-CSRF-Token"], "intent": str(standing.intent_id), "version": "1"}
    for odd in ({"value": "4711"}, {"value": ""}, {"value": str(second), "version": "2"}):
        assert (await office.post("/push/mend", data={**form, **odd})).status_code == 409
    elsewhere, came = await site.house.signed_in(Role.OFFICE, projects=["6"])
    theirs = {**form, "csrf": came.session.csrf, "value": str(second)}
    assert (await elsewhere.post("/push/mend", data=theirs)).status_code == 400
    assert (await site.pushing.documents().get(document_id)).version == 1
    await site.worked()
    assert site.rows("potential_change_orders") == []
    assert (await office.post("/push/mend", data={**form, "value": str(second)})).status_code == 303
    await site.worked()
    (order,) = site.rows("potential_change_orders")
    assert (order["contract_id"], (await site.standing(document_id)).state) == (second, "done")
    assert "/push/mend" not in (await office.get("/push")).text
    # It is in Procore: nothing is mended here any more.
    assert (await office.post("/push/mend", data={**form, "value": str(second)})).status_code == 409


@pytest.mark.req("P12")
async def test_a_person_sees_what_would_be_sent_and_where_it_then_is(site: Site) -> None:
    document_id, _, (first, _) = await stuck_order(site)
    office = await site.client(Role.OFFICE)
    assert "names no contract" in (await office.get(f"/push/preview/procore/{document_id}")).text
    other = await site.captured(Kind.CHANGE_ORDER_REQUEST, contract=str(first))
    preview = (await office.get(f"/push/preview/procore/{other}")).text
    assert "PATCH /rest/v1.0/potential_change_orders/sync" in preview
    assert "with the file COR-0002" in preview
    assert site.rows("potential_change_orders") == []
    form = {"csrf": office.headers["X-CSRF-Token"], "document": str(other), "target": "procore"}
    assert (await office.post("/push/send", data=form)).status_code == 303
    await site.worked()
    (order,) = site.rows("potential_change_orders")
    page = (await office.get(f"/field/{other}")).text
    place = f"prime_contracts/{first}/change_orders/potential_change_orders/{order['id']}"
    assert f'href="{PAGES}/5/project/{place}"' in page
    assert "In Procore" in (await office.get("/field")).text
    assert (await office.post("/push/send", data={**form, "target": "nowhere"})).status_code == 400


async def test_nobody_sees_or_sends_what_lies_in_a_project_that_is_not_theirs(site: Site) -> None:
    document_id = await site.captured()
    elsewhere, came = await site.house.signed_in(Role.OFFICE, projects=["6"])
    assert (await elsewhere.get(f"/push/preview/procore/{document_id}")).status_code >= 400
    form = {"csrf": came.session.csrf, "document": str(document_id), "target": "procore"}
    assert (await elsewhere.post("/push/send", data=form)).status_code >= 400
    assert await site.pushing.board().of_documents([document_id]) == []
