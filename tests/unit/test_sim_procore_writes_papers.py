from __future__ import annotations

from typing import Any

import pytest
from tests.factories.procore_writer import COMPANY, OF_PROJECT, P11, P, Writer

from tiebeam.simulators.procore.truth import truth

RFI = {"subject": "Slab edge", "rfi_manager_id": 21, "question": {"body": "Which detail governs?"}}
ITEMS = "/rest/v1.0/observations/items"


@pytest.fixture
def writer() -> Writer:
    return Writer()


def ids(rows: list[Any]) -> list[Any]:
    return [row["id"] for row in rows]


def test_an_rfi_is_asked_answered_recycled_and_retrieved(writer: Writer) -> None:
    made = writer.created(f"{P}/rfis", {"rfi": {**RFI, "assignee_ids": [21], "due_date": "2026-03-09"}})
    assert (made["number"], made["full_number"], made["status"]) == ("1", "RFI-1", "open")
    assert made["questions"][0]["plain_text_body"] == "Which detail governs?"
    assert made["ball_in_courts"] == [{"id": 21, "login": "ana@example.com", "name": "Ana Cruz"}]
    writer.clock.advance(60)
    reply = writer.created(f"{P}/rfis/{made['id']}/replies", {"reply": {"body": "A-501", "official": True}})
    shown = writer.got(f"{P}/rfis/{made['id']}")
    assert ids(shown["questions"][0]["answers"]) == [reply["id"]]
    assert shown["updated_at"] == "2026-03-02T15:01:00Z"
    assert writer.send("PATCH", f"{P}/rfis/{made['id']}/recycle").status == 200
    assert writer.caller.get(f"{P}/rfis/{made['id']}").status == 404
    assert ids(writer.got(f"{P}/rfis/recycle_bin")) == [made["id"]]
    assert [row.state for row in truth(writer.state, "rfis")] == ["deleted"]
    assert writer.send("PATCH", f"{P}/rfis/{made['id']}/retrieve").status == 200
    assert writer.got(f"{P}/rfis")[0]["status"] == "open"


def test_an_rfi_with_a_sketch_in_brackets(writer: Writer) -> None:
    made = writer.multipart(
        "POST",
        f"{P}/rfis",
        ("rfi[subject]", "Slab"),
        ("rfi[rfi_manager_id]", "21"),
        ("rfi[question][body]", "See sketch"),
        ("rfi[question][attachments][]", "s.pdf", "application/pdf", b"%PDF"),
        ("rfi[cost_impact][status]", "tbd"),
    )
    assert made.status == 201, made.response.body
    (file,) = made.json["questions"][0]["attachments"]
    assert writer.downloaded(file["url"]) == b"%PDF"
    assert made.json["cost_impact"] == {"status": "tbd"}


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({**RFI, "subject": ""}, "subject"),
        ({"subject": "x", "rfi_manager_id": 21}, "question"),
        ({**RFI, "question": {"upload_ids": []}}, "question.body"),
        ({**RFI, "rfi_manager_id": 404}, "rfi_manager_id"),
        ({**RFI, "cost_impact": {"status": "huge"}}, "cost_impact.status"),
    ],
)
def test_an_rfi_that_lacks_something_is_not_made(writer: Writer, sent: Any, field: str) -> None:
    answer = writer.json("POST", f"{P}/rfis", {"rfi": sent})
    assert (answer.status, list(answer.json["errors"])) == (422, [field])
    assert writer.got(f"{P}/rfis") == []


def test_replies_change_in_one_thing_only_and_are_withdrawn(writer: Writer) -> None:
    rfi_id = writer.put("rfis", subject="x", questions=[{"id": 1, "body": "?"}])
    path = f"{P}/rfis/{rfi_id}/replies"
    reply = writer.created(path, {"reply": {"body": "no", "upload_ids": [writer.uploaded()]}})
    assert reply["attachments"][0]["filename"] == "slab.jpg"
    changed = writer.changed(f"{path}/{reply['id']}", {"reply": {"official": True, "body": "yes"}})
    assert (changed["official"], changed["plain_text_body"]) == (True, "no")
    other = writer.put("rfis", subject="y")
    assert writer.send("DELETE", f"{P}/rfis/{other}/replies/{reply['id']}").status == 404
    assert writer.send("DELETE", f"{path}/{reply['id']}").status == 200
    assert writer.got(path) == []


def test_rfis_change_together_and_close(writer: Writer) -> None:
    first, second = (
        writer.put("rfis", number="1", status="open"),
        writer.put("rfis", number="2", status="open"),
    )
    data = [{"id": str(each), "due_date": "2026-04-01"} for each in (first, second)]
    assert {row["due_date"] for row in writer.changed(f"{P}/rfis", {"data": data})} == {"2026-04-01"}
    closed = writer.changed(f"{P}/rfis/{first}", {"rfi": {"accepted": True}})
    assert (closed["status"], closed["time_resolved"]) == ("closed", "2026-03-02T15:00:00Z")
    draft = writer.changed(f"{P}/rfis/{second}", {"rfi": {"draft": True}})
    assert draft["status"] == "draft"


def test_a_submittal_is_made_changed_and_binned(writer: Writer) -> None:
    status = {"id": 92, "name": "Open", "status": "Open"}
    writer.state.insert("submittal_statuses", status)
    section = writer.put("specification_sections", number="09 25 00", description="Drywall")
    sent = {"number": "7", "title": "Board", "specification_section_id": section, "custom_field_12": True}
    made = writer.created(f"{P11}/submittals", {"submittal": sent})
    assert (made["formatted_number"], made["status"]) == ("09 25 00-7", status)
    assert made["custom_fields"] == {"custom_field_12": {"data_type": "boolean", "value": True}}
    path = f"{P11}/submittals/{made['id']}"
    changed = writer.changed(path, {"submittal": {"custom_field_13": "x", "due_date": "2026-05-01"}})
    assert list(changed["custom_fields"]) == ["custom_field_12", "custom_field_13"]
    assert writer.send("DELETE", path).status == 200
    assert ids(writer.got(f"{P11}/submittals/recycle_bin")) == [made["id"]]
    assert writer.json("POST", f"{P}/submittals", {"submittal": {"title": "no number"}}).status == 422


def test_an_observation_names_its_project_in_the_body(writer: Writer) -> None:
    sent = {"name": "Missing guardrail", "type_id": 8600, "assignee_id": 21, "priority": "High"}
    made = writer.multipart(
        "POST",
        ITEMS,
        ("project_id", "5"),
        *((f"observation[{name}]", str(value)) for name, value in sent.items()),
        ("attachments[]", "rail.jpg", "image/jpeg", b"jpg"),
    ).json
    assert (made["number"], made["status"], made["type"]["id"]) == ("1", "initiated", 8600)
    assert writer.got(f"{ITEMS}/{made['id']}", OF_PROJECT)["attachments"][0]["filename"] == "rail.jpg"
    answer = writer.created(
        f"{ITEMS}/{made['id']}/response_logs",
        {"project_id": 5, "status": "closed", "response_log": {"comment": "Done"}},
    )
    assert (answer["status"], answer["item_id"]) == ("Closed", made["id"])
    shown = writer.got(f"{ITEMS}/{made['id']}", OF_PROJECT)
    assert (shown["status"], shown["closed_at"]) == ("closed", "2026-03-02T15:00:00Z")
    assert writer.send("DELETE", f"{P}/observations/items/{made['id']}").status == 204
    assert ids(writer.got(f"{P}/recycle_bin/observations/items")) == [made["id"]]
    restored = writer.json("PATCH", f"{P}/recycle_bin/observations/items/{made['id']}/restore", {})
    assert (restored.status, restored.json["deleted_at"]) == (200, None)


def test_a_write_without_a_project_is_a_bad_request_and_with_another_is_not_found(writer: Writer) -> None:
    sent = {"observation": {"name": "x", "type_id": 1}}
    assert writer.json("POST", ITEMS, sent).status == 400
    assert writer.json("POST", ITEMS, {**sent, "project_id": 404}).status == 404
    item = writer.put("observations", name="x")
    assert writer.json("PATCH", f"{ITEMS}/{item}", {**sent, "project_id": 6}).status == 404
    writer.state.permit_project(5, False)
    assert writer.json("POST", ITEMS, {**sent, "project_id": 5}).status == 403


def test_change_events_of_both_versions(writer: Writer) -> None:
    writer.put("change_events", number="7", status={"id": 601, "name": "Open", "mapped_to_status": "open"})
    line = {
        "description": "Board",
        "estimated_cost_quantity": 10,
        "estimated_cost_unit_cost": "2.5",
        "estimated_cost_calculation_strategy": "automatic",
        "proposed_vendor_id": 11,
    }
    sent = {
        "title": "Wet slab",
        "change_event_status_id": 601,
        "event_scope": "tbd",
        "origin_id": "ce-1",
        "change_event_line_items_attributes": [line],
        "attachments_by_uuid": [{"upload_uuid": writer.uploaded()}],
    }
    made = writer.created("/rest/v1.0/change_events?project_id=5", {"change_event": sent})
    assert (made["number"], made["status"], made["origin_id"]) == (8, "Open", "ce-1")
    assert made["change_event_line_items"][0]["estimated_cost_amount"] == "25.00"
    newer = f"/rest/v1.1/change_events/{made['id']}"
    shown = writer.got(newer, OF_PROJECT)
    assert (shown["status"]["id"], shown["attachments"][0]["filename"]) == (601, "slab.jpg")
    again = {**sent, "attachments_by_uuid": []}
    taken = writer.json("POST", "/rest/v1.0/change_events?project_id=5", {"change_event": again})
    assert taken.json == {"errors": {"origin_id": ["has already been taken"]}}
    assert writer.send("DELETE", f"{newer}?project_id=5").status == 204
    deleted = writer.got("/rest/v1.1/change_events", {**OF_PROJECT, "filters[include_deleted]": "only"})
    assert ids(deleted) == [made["id"]]
    restored = writer.json("PUT", f"{newer}/restore?project_id=5", {})
    assert restored.json["in_recycle_bin"] is False
    wrong = {**sent, "origin_id": "ce-2", "change_event_line_items_attributes": [{"proposed_vendor_id": 9}]}
    assert writer.json("POST", "/rest/v1.0/change_events?project_id=5", {"change_event": wrong}).status == 422


def test_projects_are_made_and_changed_for_the_company(writer: Writer) -> None:
    sent = {"name": "Depot", "project_number": "26-01", "origin_id": "J1", "start_date": "2026-04-01"}
    made = writer.created("/rest/v1.0/projects", {"company_id": COMPANY, "project": sent})
    assert made["display_name"] == "26-01 - Depot"
    listed = writer.got("/rest/v1.1/projects", {"company_id": COMPANY, "filters[origin_id]": "J1"})
    assert ids(listed) == [made["id"]]
    body = {"company_id": COMPANY, "project": {"active": False}}
    assert writer.changed(f"/rest/v1.0/projects/{made['id']}", body)["active"] is False
    assert made["id"] not in ids(writer.got("/rest/v1.1/projects", {"company_id": COMPANY}))
    assert writer.json("POST", "/rest/v1.0/projects", {"project": sent}).status == 400
    assert writer.json("POST", "/rest/v1.0/projects", {"company_id": 7, "project": sent}).status == 403


def test_firms_of_the_company_and_of_a_project(writer: Writer) -> None:
    firm = writer.created(
        "/rest/v1.0/vendors", {"company_id": COMPANY, "vendor": {"name": "Bolt", "origin_id": "V1"}}
    )
    joined = writer.json("POST", f"{P}/vendors/{firm['id']}/actions/add", {})
    assert (joined.status, ids(writer.got(f"{P}/vendors"))) == (201, [firm["id"]])
    body = {"company_id": COMPANY, "vendor": {"name": "Bolt & Co"}}
    writer.changed(f"/rest/v1.0/vendors/{firm['id']}", body)
    assert writer.got(f"{P}/vendors")[0]["name"] == "Bolt & Co"
    updates = [
        {"origin_id": "V1", "is_active": False},
        {"origin_id": "V2", "name": "Nut"},
        {"id": 1, "name": "?"},
    ]
    synced = writer.changed("/rest/v1.0/vendors/sync", {"company_id": COMPANY, "updates": updates})
    assert [row["name"] for row in synced["entities"]] == ["Bolt & Co", "Nut"]
    assert synced["errors"] == [{"id": 1, "name": "?", "errors": {"id": ["Entity with this ID not found"]}}]
    inactive = f"/rest/v1.0/companies/{COMPANY}/vendors/inactive"
    assert ids(writer.got(inactive)) == [firm["id"]]
    assert writer.json("PATCH", f"{inactive}/{firm['id']}", {}).json["is_active"] is True
    assert writer.send("DELETE", f"{P}/vendors/{firm['id']}/actions/remove").status == 204
    assert writer.got(f"{P}/vendors") == []


def test_people_and_users(writer: Writer) -> None:
    user = {"first_name": "Di", "last_name": "Roe", "email_address": "di@example.com"}
    made = writer.created(f"{P}/users", {"user": user})
    assert (made["name"], made["initials"]) == ("Di Roe", "DR")
    company = f"/rest/v1.3/companies/{COMPANY}/users"
    assert made["id"] in ids(writer.got(company))
    writer.changed(f"{P}/users/{made['id']}", {"user": {"job_title": "PM"}})
    assert writer.got(f"{company}/{made['id']}")["job_title"] == "PM"
    synced = writer.changed(f"{company}/sync", {"updates": [{"id": made["id"], "last_name": "Rowe"}, {}]})
    assert synced["entities"][0]["name"] == "Di Rowe"
    assert synced["errors"][0]["errors"]["email_address"] == ["can't be blank"]
    person = writer.created(f"{P}/people", {"person": {"last_name": "Moss", "is_employee": True}})
    assert person["contact"] == {"is_active": True, "email": None}
    assert ids(writer.got(f"{P}/people")) == [person["id"]]


def test_tasks_cost_codes_and_locations(writer: Writer) -> None:
    task = {"name": "Pour", "start": "2026-04-01T07:00:00-05:00", "percentage": 10, "activity_id": "A10"}
    made = writer.created("/rest/v1.0/tasks", {"project_id": 5, "task": task})
    assert (made["start_datetime"], made["task_name"]) == ("2026-04-01T12:00:00Z", "Pour")
    updates = {"project_id": 5, "updates": [{"id": made["id"], "percentage": 60}, {"name": "Strip"}]}
    synced = writer.changed("/rest/v1.0/tasks/sync?project_id=5", updates)
    assert [row["percentage"] for row in synced["entities"]] == [60, 0]
    assert writer.send("DELETE", f"/rest/v1.0/tasks/{made['id']}?project_id=5").status == 200
    assert [row["name"] for row in writer.got("/rest/v1.0/tasks", OF_PROJECT)] == ["Strip"]
    code = {"code": "10", "name": "Board", "parent_id": writer.code}
    assert (
        writer.created("/rest/v1.0/cost_codes", {"project_id": 5, "cost_code": code})["full_code"]
        == "09-250-10"
    )
    room = writer.created(
        f"{P}/locations", {"location": {"node_name": "Room 2", "parent_id": writer.location}}
    )
    assert room["name"] == "Level 2>Room 2"
    assert writer.send("DELETE", f"{P}/locations/{room['id']}").status == 200


def test_a_photo_in_both_documented_ways(writer: Writer) -> None:
    album = writer.created(
        "/rest/v1.0/image_categories?project_id=5", {"image_category": {"name": "Progress"}}
    )
    path = "/rest/v1.0/images?project_id=5"
    said = {"image_category_id": album["id"], "description": "Slab", "location_id": writer.location}
    older = writer.created(
        path, {"upload_uuid": writer.uploaded(b"one"), "image_name": "1.jpg", "image": said}
    )
    newer = writer.created(
        path, {"upload": {"uuid": writer.uploaded(b"two"), "image_name": "2.jpg"}, "image": {}}
    )
    part = writer.multipart(
        "POST",
        path,
        ("image[image_category_id]", str(album["id"])),
        ("image[data]", "3.jpg", "image/jpeg", b"three"),
    ).json
    photos = [older, newer, part]
    assert [(each["filename"], writer.downloaded(each["url"])) for each in photos] == [
        ("1.jpg", b"one"),
        ("2.jpg", b"two"),
        ("3.jpg", b"three"),
    ]
    assert (older["size"], older["uploader"]["login"]) == (3, "dmsa-tiebeam@example.com")
    assert writer.got("/rest/v1.0/image_categories", OF_PROJECT)[0]["count"] == 3
    busy = writer.send("DELETE", f"/rest/v1.0/image_categories/{album['id']}?project_id=5")
    assert busy.status == 422


@pytest.mark.parametrize(("accepted", "other"), [("upload", "upload_uuid"), ("upload_uuid", "upload")])
def test_one_way_of_sending_a_photo_can_be_closed(accepted: Any, other: str) -> None:
    writer = Writer(image_body=accepted)
    bodies = {
        "upload": {"upload": {"uuid": writer.uploaded(), "image_name": "a.jpg"}, "image": {}},
        "upload_uuid": {"upload_uuid": writer.uploaded(), "image_name": "a.jpg", "image": {"private": False}},
    }
    path = "/rest/v1.0/images?project_id=5"
    assert writer.json("POST", path, bodies[accepted]).status == 201
    assert writer.json("POST", path, bodies[other]).status == 400


def test_a_photo_is_binned_retrieved_and_deleted_for_good(writer: Writer) -> None:
    photo = writer.put("images", filename="a.jpg")
    path = f"/rest/v1.0/images/{photo}"
    changed = writer.changed(f"{path}?project_id=5", {"image": {"private": "true"}})
    assert changed["private"] is True
    assert writer.send("DELETE", f"{path}?project_id=5").status == 200
    assert writer.got("/rest/v1.0/images", OF_PROJECT) == []
    assert writer.json("PATCH", f"{path}/retrieve?project_id=5", {}).status == 200
    assert ids(writer.got("/rest/v1.0/images", OF_PROJECT)) == [photo]
    assert writer.send("DELETE", f"{path}?project_id=5&permanent=true").status == 200
    assert writer.json("PATCH", f"{path}/retrieve?project_id=5", {}).status == 404


def test_folders_and_files(writer: Writer) -> None:
    folder = writer.created("/rest/v1.0/folders?project_id=5", {"folder": {"name": "Permits"}})
    sent = {"parent_id": folder["id"], "name": "permit.pdf", "upload_uuid": writer.uploaded(b"%PDF-1")}
    file = writer.created("/rest/v1.0/files?project_id=5", {"file": sent})
    assert (file["size"], file["name_with_path"]) == (6, "Tower/Permits/permit.pdf")
    assert writer.downloaded(file["file_versions"][0]["url"]) == b"%PDF-1"
    again = writer.json(
        "POST", "/rest/v1.0/files?project_id=5", {"file": {**sent, "upload_uuid": writer.uploaded()}}
    )
    assert (again.status, again.json["file"]["id"]) == (409, file["id"])
    assert set(again.json) == {"errors", "error_type", "file"}
    other = {**sent, "upload_uuid": writer.uploaded(), "unique_name": True}
    assert writer.created("/rest/v1.0/files?project_id=5", {"file": other})["name"] == "permit (1).pdf"
    path = f"/rest/v1.0/files/{file['id']}?project_id=5"
    newer = writer.multipart("PATCH", path, ("file[data]", "x.pdf", "application/pdf", b"%PDF-22")).json
    assert (newer["file_versions"][0]["number"], newer["size"], newer["name"]) == (2, 7, "permit.pdf")
    flat = writer.got(f"{P}/documents", {"filters[document_type]": "file"})
    assert {row["name"] for row in flat} == {"permit.pdf", "permit (1).pdf"}
    assert writer.send("DELETE", f"/rest/v1.0/folders/{folder['id']}?project_id=5").status == 200
    assert writer.got(f"{P}/documents") == []
    assert len(writer.got(f"{P}/documents", {"filters[is_in_recycle_bin]": "true"})) == 3
