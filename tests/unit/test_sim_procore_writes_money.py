from __future__ import annotations

from typing import Any

import pytest
from tests.factories.procore_writer import OF_PROJECT, P, Writer

ORDERS = "/rest/v1.0/potential_change_orders"


@pytest.fixture
def writer() -> Writer:
    return Writer()


def order(writer: Writer, **said: Any) -> Any:
    body = {"project_id": 5, "contract_id": writer.contract, "change_order": {"title": "Wet slab", **said}}
    return writer.created(ORDERS, body)


def test_a_potential_change_order_and_its_lines(writer: Writer) -> None:
    made = order(writer, grand_total="100.5", origin_id="cor-1", due_date="2026-04-01T00:00:00Z")
    assert (made["number"], made["status"], made["grand_total"]) == ("001", "draft", "100.50")
    assert (made["contract_id"], made["vendor"]) == (writer.contract, {"id": 11})
    lines = f"{ORDERS}/{made['id']}/line_items"
    manual = {"description": "Board", "amount": "200", "cost_code_id": writer.code, "line_item_type_id": 502}
    first = writer.created(lines, {"project_id": 5, "line_item": manual})
    assert (first["amount"], first["cost_code"]["full_code"], first["position"]) == ("200.00", "09-250", 1)
    assert first["holder"] == {"id": writer.contract, "holder_type": "PrimeContract"}
    counted = {"extended_type": "calculated", "quantity": "3", "unit_cost": "10.10", "amount": "999"}
    second = writer.created(lines, {"project_id": 5, "line_item": counted})
    assert (second["amount"], second["quantity"]) == ("30.30", "3.0")
    assert writer.got(f"{ORDERS}/{made['id']}", OF_PROJECT)["grand_total"] == "230.30"
    writer.changed(f"{lines}/{second['id']}", {"project_id": 5, "line_item": {"quantity": "4"}})
    assert writer.send("DELETE", f"{lines}/{first['id']}?project_id=5").status == 200
    assert writer.got(f"{ORDERS}/{made['id']}", OF_PROJECT)["grand_total"] == "40.40"
    ignored = writer.changed(
        f"{ORDERS}/{made['id']}", {"project_id": 5, "change_order": {"grand_total": "1"}}
    )
    assert ignored["grand_total"] == "40.40"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"contract_id": 1, "change_order": {"title": "x"}}, 400),
        ({"project_id": 5, "change_order": {"title": "x"}}, 400),
        ({"project_id": 5, "contract_id": 404, "change_order": {"title": "x"}}, 422),
        ({"project_id": 5, "contract_id": 1}, 400),
    ],
)
def test_an_order_needs_its_project_its_contract_and_its_wrapper(
    writer: Writer, body: Any, status: int
) -> None:
    assert writer.json("POST", ORDERS, body).status == status


def test_an_origin_id_is_unique_in_the_whole_company(writer: Writer) -> None:
    order(writer, origin_id="cor-1")
    elsewhere = writer.state.insert("prime_contracts", {"number": "2"}, project_id=6)["id"]
    body = {"project_id": 6, "contract_id": elsewhere, "change_order": {"title": "x", "origin_id": "cor-1"}}
    answer = writer.json("POST", ORDERS, body)
    assert (answer.status, answer.json) == (422, {"errors": {"origin_id": ["has already been taken"]}})
    path = f"{ORDERS}/sync?project_id=6&contract_id={elsewhere}"
    synced = writer.changed(path, {"updates": [{"origin_id": "cor-1", "title": "y"}]})
    assert synced["entities"] == []
    assert synced["errors"][0]["errors"] == {"origin_id": ["has already been taken"]}


def test_sync_makes_changes_and_refuses_one_by_one_and_always_says_200(writer: Writer) -> None:
    path = f"{ORDERS}/sync?project_id=5&contract_id={writer.contract}"
    updates = [
        {"origin_id": "a", "title": "A"},
        {"title": "no origin"},
        {"id": 7, "title": "?"},
        {"status": "odd"},
    ]
    first = writer.changed(path, {"updates": updates})
    assert [(row["origin_id"], row["title"]) for row in first["entities"]] == [
        ("a", "A"),
        (None, "no origin"),
    ]
    assert [set(error["errors"]) for error in first["errors"]] == [{"id"}, {"status"}]
    assert first["errors"][0]["title"] == "?"
    made = first["entities"][0]["id"]
    writer.clock.advance(60)
    second = writer.changed(
        path, {"updates": [{"origin_id": "a", "title": "B"}, {"id": made, "origin_id": "b"}]}
    )
    assert [(row["id"], row["title"], row["origin_id"]) for row in second["entities"]] == [(made, "B", "b")]
    assert second["entities"][0]["updated_at"] == "2026-03-02T15:01:00Z"
    assert len(writer.got(ORDERS, OF_PROJECT)) == 2


def test_sync_twice_is_the_same_as_once(writer: Writer) -> None:
    made = order(writer, origin_id="cor-1")
    path = f"{ORDERS}/{made['id']}/line_items/sync?project_id=5"
    updates = {"updates": [{"origin_id": "l1", "amount": "10"}, {"origin_id": "l2", "amount": "20"}]}
    assert writer.changed(path, updates)["entities"] == writer.changed(path, updates)["entities"]
    assert writer.got(f"{ORDERS}/{made['id']}", OF_PROJECT)["grand_total"] == "30.00"


def test_a_thousand_may_be_synced_and_no_more(writer: Writer) -> None:
    path = "/rest/v1.0/cost_codes/sync?project_id=5"
    updates = [{"origin_id": f"c{n}", "code": str(n), "name": "x"} for n in range(1001)]
    assert writer.json("PATCH", path, {"updates": updates}).status == 400
    assert len(writer.changed(path, {"updates": updates[:1000]})["entities"]) == 1000
    assert writer.json("PATCH", path, {}).status == 400


def test_requests_packages_and_contracts(writer: Writer) -> None:
    body = {"project_id": 5, "contract_id": writer.contract}
    said = {"title": "COR", "status": "pending", "grand_total": "12"}
    request = writer.created("/rest/v1.0/change_order_requests", {**body, "change_order": said})
    assert (request["contract"]["number"], request["grand_total"]) == ("PC-1", "12.00")
    package = writer.created("/rest/v1.0/change_order_packages", {**body, "change_order": {"title": "CO"}})
    linked = {**body, "change_order": {"change_order_package_id": package["id"]}}
    writer.changed(f"/rest/v1.0/change_order_requests/{request['id']}", linked)
    query = {**OF_PROJECT, "contract_id": writer.contract, "filters[change_order_package_id]": package["id"]}
    assert [row["id"] for row in writer.got("/rest/v1.0/change_order_requests", query)] == [request["id"]]
    path = f"/rest/v1.0/change_order_requests/sync?project_id=5&contract_id={writer.contract}"
    assert len(writer.changed(path, {"updates": [{"origin_id": "r", "title": "R"}]})["entities"]) == 1
    contract = {"title": "Second", "vendor_id": 11}
    made = writer.created("/rest/v1.0/prime_contracts?project_id=5", {"prime_contract": contract})
    assert (made["status"], made["vendor"]["name"]) == ("Draft", "Acme Drywall")


TICKETS = f"{P}/time_and_material_entries"


def ticket(writer: Writer, **said: Any) -> Any:
    return writer.created(
        TICKETS, {"time_and_material_entry": {"name": "T&M 1", "reference_number": "X1", **said}}
    )


@pytest.mark.parametrize(
    ("tiers", "orders", "requests", "packages"), [(1, 422, 422, 201), (2, 201, 422, 201), (3, 201, 201, 201)]
)
def test_the_tiers_of_a_project_say_which_orders_can_be_made(
    writer: Writer, tiers: Any, orders: int, requests: int, packages: int
) -> None:
    writer.state.set_order_tiers(5, tiers)
    body = {"project_id": 5, "contract_id": writer.contract, "change_order": {"title": "Wet slab"}}
    for path, status in (
        (ORDERS, orders),
        ("/rest/v1.0/change_order_requests", requests),
        ("/rest/v1.0/change_order_packages", packages),
    ):
        assert writer.json("POST", path, body).status == status
    synced = writer.changed(
        f"{ORDERS}/sync?project_id=5&contract_id={writer.contract}", {"updates": [{"origin_id": "cor-1"}]}
    )
    assert [len(synced[name]) for name in ("entities", "errors")] == ([0, 1] if tiers == 1 else [1, 0])
    made = [row["change_order_tiers"] for row in writer.got(ORDERS, OF_PROJECT)]
    assert made == [tiers] * (1 if tiers == 1 else 2)


def test_with_one_tier_a_package_brings_its_order_which_can_be_changed(writer: Writer) -> None:
    writer.state.set_order_tiers(5, 1)
    body = {"project_id": 5, "contract_id": writer.contract, "change_order": {"title": "Wet slab"}}
    writer.created("/rest/v1.0/change_order_packages", body)
    (order,) = writer.got(ORDERS, OF_PROJECT)
    assert order["title"] == order["change_order_package_title"] == "Wet slab"
    change = {"project_id": 5, "contract_id": writer.contract, "change_order": {"origin_id": "cor-1"}}
    assert writer.changed(f"{ORDERS}/{order['id']}", change)["origin_id"] == "cor-1"


def test_an_order_goes_into_a_request_or_a_package_that_there_is(writer: Writer) -> None:
    body = {"project_id": 5, "contract_id": writer.contract, "change_order": {"title": "Wet slab"}}
    made = order(writer)
    request, package = (
        writer.created(f"/rest/v1.0/{name}", body)["id"]
        for name in ("change_order_requests", "change_order_packages")
    )
    for into, shown in (
        ({"change_order_request_id": request}, "change_order_request_title"),
        ({"change_order_request": {"change_order_package_id": package}}, "change_order_package_title"),
    ):
        change = {"project_id": 5, "contract_id": writer.contract, "change_order": into}
        assert writer.changed(f"{ORDERS}/{made['id']}", change)[shown] == "Wet slab"
    nowhere = {"project_id": 5, "contract_id": 1, "change_order": {"change_order_request_id": 77}}
    assert writer.json("PATCH", f"{ORDERS}/{made['id']}", nowhere).status == 422


def test_a_ticket_lives_and_is_restored(writer: Writer) -> None:
    made = ticket(
        writer, status="closed", work_performed_on_date="2026-03-01", upload_ids=[writer.uploaded()]
    )
    assert (made["number"], made["status"]) == (1, 3)
    assert made["time_and_material_entry_attachments"][0]["filename"] == "slab.jpg"
    assert (
        writer.changed(f"{TICKETS}/{made['id']}", {"time_and_material_entry": {"status": "1"}})["status"] == 1
    )
    gone = writer.send("DELETE", f"{TICKETS}/{made['id']}")
    assert (gone.status, gone.json["deleted_at"]) == (200, "2026-03-02T15:00:00Z")
    assert writer.got(TICKETS) == []
    assert writer.json("PATCH", f"{TICKETS}/{made['id']}/restore", {}).json["deleted_at"] is None
    assert [row["id"] for row in writer.got(TICKETS)] == [made["id"]]
    found = writer.json("POST", f"{TICKETS}/search?search_keyword=x1", {}).json
    assert [row["id"] for row in found] == [made["id"]]


def test_tickets_are_linked_to_a_change_event_all_or_none(writer: Writer) -> None:
    event, made = writer.put("change_events", number="1"), ticket(writer)
    wrapper = {"change_event_id": event, "time_and_material_entry_ids": [made["id"], 9]}
    assert writer.json("PATCH", f"{TICKETS}/bulk_update", {"time_and_material_entry": wrapper}).status == 422
    assert writer.got(f"{TICKETS}/{made['id']}")["change_event_id"] is None
    wrapper["time_and_material_entry_ids"] = [made["id"]]
    linked = writer.changed(f"{TICKETS}/bulk_update", {"time_and_material_entry": wrapper})
    assert [row["change_event_id"] for row in linked] == [event]


CHILDREN = [
    (
        "time_and_material_timecards",
        "time_and_material_timecard",
        "time_and_material_timecards",
        {"hours_worked": 7.5},
    ),
    ("materials", "material", "time_and_material_materials", {"name": "Board", "quantity": 2.5, "uom": "ea"}),
    (
        "time_and_material_equipment_logs",
        "time_and_material_equipment_log",
        "time_and_material_equipment_logs",
        {"description": "Lift", "quantity": 3},
    ),
]


@pytest.mark.parametrize(("path", "one", "many", "said"), CHILDREN)
def test_what_hangs_on_a_ticket(writer: Writer, path: str, one: str, many: str, said: dict[str, Any]) -> None:
    entry = {"time_and_material_entry_id": ticket(writer)["id"]}
    made = writer.created(f"{P}/{path}", {one: {**entry, **said}})
    assert {name: made[name] for name in said} == said
    assert made["project_id"] == 5
    lost = writer.json("POST", f"{P}/{path}", {one: {"time_and_material_entry_id": 9}})
    assert lost.json["errors"] == {"time_and_material_entry_id": ["must exist"]}
    half_lost = {many: [entry, {"time_and_material_entry_id": 9}]}
    assert writer.json("POST", f"{P}/{path}/bulk_create", half_lost).status == 422
    assert [row["id"] for row in writer.got(f"{P}/{path}")] == [made["id"]]
    rows = writer.created(f"{P}/{path}/bulk_create", {many: [{**entry, **said}, {**entry, **said}]})
    changed = writer.changed(f"{P}/{path}/bulk_update", {many: [{"id": row["id"], **said} for row in rows]})
    assert len(changed) == 2
    wanted = {many: {f"{many}_ids": [row["id"] for row in rows]}}
    assert writer.json("DELETE", f"{P}/{path}/bulk_destroy", wanted).status == 200
    assert writer.json("DELETE", f"{P}/{path}/bulk_destroy", wanted).status == 404
    assert writer.send("DELETE", f"{P}/{path}/{made['id']}").json["id"] == made["id"]


def test_half_an_hour_of_equipment_is_cut_off_or_refused(writer: Writer) -> None:
    path, body = (
        f"{P}/time_and_material_equipment_logs",
        {"time_and_material_equipment_log": {"quantity": 2.5}},
    )
    assert writer.created(path, body)["quantity"] == 2
    strict = Writer(fractional_equipment="refuse")
    assert strict.json("POST", path, body).json["errors"] == {"quantity": ["must be an integer"]}


def test_files_and_signatures_of_a_ticket(writer: Writer) -> None:
    made = ticket(writer)
    files = f"{P}/time_and_material_entry_attachments"
    body = {
        "time_and_material_entry_id": made["id"],
        "time_and_material_entry_attachment": {"upload_uuids": [writer.uploaded(b"pdf", "t.pdf")]},
    }
    file = writer.created(files, body)
    assert writer.downloaded(file["url"]) == b"pdf"
    assert len(writer.got(f"{TICKETS}/{made['id']}")["time_and_material_entry_attachments"]) == 1
    assert writer.send("DELETE", f"{files}/{file['id']}").status == 200
    assert writer.got(f"{TICKETS}/{made['id']}")["time_and_material_entry_attachments"] == []
    drawn = {"party_id": 31, "data": "data:image/png;base64,aW5r", "signature_text": "Bo"}
    signed = writer.created(f"{TICKETS}/signatures", {"signature": drawn})
    assert writer.downloaded(signed["url"]) == b"ink"
    said = {"customer_signature_id": signed["id"], "customer_signee_party_id": 31}
    shown = writer.changed(f"{TICKETS}/{made['id']}", {"time_and_material_entry": said})
    assert shown["customer_signature"]["signature_text"] == "Bo"
    assert shown["customer_signee_party"]["last_name"] == "Lind"
    assert writer.json("POST", f"{TICKETS}/signatures", {"signature": {"data": "x"}}).status == 422
    assert (
        writer.json("POST", f"{TICKETS}/signatures", {"signature": {"party_id": 31, "data": "%"}}).status
        == 422
    )
