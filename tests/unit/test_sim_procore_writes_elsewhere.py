"""What clients that others wrote were seen to rely on, each as the call they make."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
from tests.factories.procore_writer import COMPANY, OF_PROJECT, P11, P, Writer

from tiebeam.simulators.procore.caller import Caller

FILES = "/rest/v1.0/files?project_id=5"


@pytest.fixture
def writer() -> Writer:
    return Writer()


@pytest.mark.parametrize(
    "url",
    [
        f"/rest/v1.1/projects?company_id={COMPANY}&filters[by_status]=All&page=1&per_page=300",
        f"/rest/v1.0/companies/{COMPANY}/users",
        "/rest/v1.0/cost_codes?project_id=5&page=1&per_page=100",
    ],
)
def test_a_call_that_names_its_company_or_project_may_do_without_the_header(writer: Writer, url: str) -> None:
    def status(**options: Any) -> int:
        caller = Writer(**options).caller
        caller.company_id = None
        return caller.get(url).status

    assert (status(), status(query_names_company=False)) == (200, 404)
    writer.caller.company_id = None
    assert writer.caller.get(f"{P}/rfis").status == 404
    assert Writer(missing_company="accepted").caller.get(f"{P}/rfis").status == 200


def test_pages_are_walked_by_number_until_one_is_empty(writer: Writer) -> None:
    for number in range(3):
        writer.put("rfis", number=str(number))
    sizes = [len(writer.got(f"{P}/rfis", {"page": page, "per_page": 2})) for page in (1, 2, 3)]
    assert sizes == [2, 1, 0]


def test_a_secret_may_come_as_basic_with_a_form_and_a_redirect(writer: Writer) -> None:
    app = writer.simulator.options.clients[0]
    basic = base64.b64encode(f"{app.client_id}:{app.client_secret}".encode()).decode()
    answer = writer.send(
        "POST",
        "/oauth/token",
        content_type="application/x-www-form-urlencoded",
        body=b"grant_type=client_credentials&redirect_uri=",
        headers={"authorization": f"Basic {basic}"},
        signed_in=False,
    )
    assert answer.json["token_type"] == "Bearer"


def test_a_delete_with_a_json_type_and_no_body_gives_a_body_that_can_be_read(writer: Writer) -> None:
    note = writer.put("notes_logs", comment="x", date="2026-03-02")
    answer = writer.send("DELETE", f"{P}/notes_logs/{note}", content_type="application/json")
    assert (answer.status, orjson.loads(answer.response.body)) == (200, {})


def test_a_file_part_without_a_type_and_a_folder_id_as_text(writer: Writer) -> None:
    folder = writer.created(
        "/rest/v1.0/folders?project_id=5", {"folder": {"name": "A", "explicit_permissions": False}}
    )
    below = {"folder": {"name": "B", "parent_id": str(folder["id"])}}
    assert writer.created("/rest/v1.0/folders?project_id=5", below)["parent_id"] == folder["id"]
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file[name]"\r\n\r\nplan.pdf\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file[data]"; filename="plan.pdf"\r\n\r\n%PDF\r\n'
        b"--x--\r\n"
    )
    made = writer.send("POST", FILES, content_type="multipart/form-data; boundary=x", body=body)
    assert (made.status, made.json["name"], made.json["size"]) == (201, "plan.pdf", 4)
    path = f"/rest/v1.0/files/{made.json['id']}?project_id=5"
    renamed = writer.form("PATCH", path, ("file[name]", "b.pdf"), ("file[parent_id]", str(folder["id"])))
    assert renamed.json["name_with_path"] == "Tower/A/b.pdf"
    flat = {row["name"]: row for row in writer.got(f"{P}/documents")}
    assert (flat["b.pdf"]["is_deleted"], flat["b.pdf"]["document_type"]) == (False, "file")
    root = writer.got("/rest/v1.0/folders", OF_PROJECT)
    assert [each["name"] for each in root["folders"]] == ["A"]


def test_nested_filters_with_empty_brackets(writer: Writer) -> None:
    writer.put("rfis", status="open")
    writer.put("rfis", status="draft")
    query = {"filters[status][]": ["open", "closed"], "filters[updated_at]": "2020-01-01...2030-01-01"}
    assert [row["status"] for row in writer.got(f"{P}/rfis", query)] == ["open"]


def test_time_is_written_under_the_company(writer: Writer) -> None:
    path = f"/rest/v1.0/companies/{COMPANY}/timecard_entries"
    times = {"time_in": "2026-03-02T13:00:00Z", "time_out": "2026-03-02T21:00:00Z", "lunch_time": "30"}
    sent = {"date": "2026-03-02", "hours": "8", "party_id": 31, **times}
    made = writer.created(path, {"project_id": 5, "timecard_entry": sent})
    assert (made["hours"], made["party"]["last_name"], made["approval_status"]) == ("8.0", "Lind", "pending")
    changed = writer.changed(f"{path}/{made['id']}", {"timecard_entry": {"hours": "7.5"}})
    assert changed["hours"] == "7.5"
    assert len(writer.got(f"{P}/timecard_entries", {"log_date": "2026-03-02"})) == 1
    assert writer.send("DELETE", f"{path}/{made['id']}").status == 200


@pytest.mark.parametrize(
    ("url", "query"),
    [
        ("/rest/v1.0/change_event/statuses", OF_PROJECT),
        (f"/rest/v2.0/companies/{COMPANY}/change_events/statuses", {}),
        (f"/rest/v2.0/companies/{COMPANY}/change_event/types", {}),
        ("/rest/v1.0/change_order_change_reasons", {"company_id": COMPANY}),
        ("/rest/v1.0/change_order/statuses", OF_PROJECT),
        (f"/rest/v1.0/companies/{COMPANY}/observation_types", {}),
        (f"{P}/observation_types", {}),
        (f"/rest/v1.0/companies/{COMPANY}/trades", {"company_id": COMPANY, "per_page": 1000}),
        (f"/rest/v1.0/companies/{COMPANY}/timecard_time_types", {}),
        ("/rest/v1.0/timecard_time_types", OF_PROJECT),
        ("/rest/v1.0/line_item_types", OF_PROJECT),
    ],
)
def test_what_a_writer_chooses_from_can_be_listed(writer: Writer, url: str, query: dict[str, Any]) -> None:
    rows = writer.got(url, query)
    rows = rows["data"] if isinstance(rows, dict) else rows
    assert rows
    assert all(row["id"] for row in rows)


def test_a_choice_that_is_listed_is_shown_by_its_name(writer: Writer) -> None:
    kind = writer.got(f"{P}/observation_types")[1]
    made = writer.created(
        "/rest/v1.0/observations/items",
        {"project_id": 5, "observation": {"name": "x", "type_id": kind["id"]}},
    )
    assert made["type"]["name"] == kind["name"] == "Safety"
    firm = {"id": 11, "name": "Acme Drywall"}
    writer.send("POST", f"{P}/vendors/11/actions/add")
    assert writer.got(f"{P}/manpower_logs/contact_options") == [firm]


def test_a_user_of_the_authorisation_code_owns_what_they_make(writer: Writer) -> None:
    app = writer.simulator.options.clients[0]
    asked = {"client_id": app.client_id, "redirect_uri": "http://localhost", "response_type": "code"}
    there = Caller(writer.simulator).get("/oauth/authorize", asked).headers["Location"]
    code = {"grant_type": "authorization_code", "code": there.partition("code=")[2]}
    secrets = {"client_id": app.client_id, "client_secret": app.client_secret}
    grant = {**code, **secrets, "redirect_uri": "http://localhost"}
    writer.caller.token = writer.json("POST", "/oauth/token", grant).json["access_token"]
    made = writer.created(f"{P11}/submittals", {"submittal": {"number": "1", "title": "x"}})
    assert made["created_by"]["name"] == "Pat Quinn"
