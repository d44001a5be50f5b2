from __future__ import annotations

from typing import Any

import pytest
from tests.factories.procore_writer import P11, P, Writer

from tiebeam.simulators.procore.resources import DAILY_LOG_KINDS

TIMES = {"time_hour": 7, "time_minute": 30}
SPAN = {"start_hour": 7, "start_minute": 0, "end_hour": 8, "end_minute": 15}
WRAPPERS = {kind: "timecard_entry" if kind == "timecard_entries" else kind[:-1] for kind in DAILY_LOG_KINDS}
# The least that each kind takes.
LEAST: dict[str, Any] = {
    **{kind: {} for kind in DAILY_LOG_KINDS},
    **dict.fromkeys(("accident_logs", "delivery_logs", "safety_violation_logs", "waste_logs"), TIMES),
    "inspection_logs": SPAN,
    "visitor_logs": {"begin_hour": 7, "begin_minute": 0, "end_hour": 8, "end_minute": 0},
    "productivity_logs": {"line_item_id": 4},
    "daily_construction_report_logs": {"vendor_id": 11, "trade_id": 3},
    "timecard_entries": {
        "hours": "8.0",
        "lunch_time": "30",
        "time_in": "2026-03-02T13:00:00Z",
        "time_out": "2026-03-02T21:30:00Z",
    },
    "weather_logs": {"date": "2026-03-02"},
}


@pytest.fixture
def writer() -> Writer:
    return Writer()


@pytest.mark.parametrize("kind", DAILY_LOG_KINDS)
def test_a_log_of_every_kind_is_made_listed_changed_and_deleted(writer: Writer, kind: str) -> None:
    sent = {"location_id": writer.location, "date": "2026-03-02", **LEAST[kind]}
    made = writer.created(f"{P}/{kind}", {WRAPPERS[kind]: sent}, 200 if kind == "weather_logs" else 201)
    assert (made["date"], made["location"]["node_name"]) == ("2026-03-02", "Level 2")
    assert made["created_by"]["login"] == "dmsa-tiebeam@example.com"
    window = {"log_date": "2026-03-02"}
    assert [row["id"] for row in writer.got(f"{P}/{kind}", window)] == [made["id"]]
    writer.clock.advance(60)
    moved = writer.changed(f"{P}/{kind}/{made['id']}", {WRAPPERS[kind]: {"date": "2026-03-01"}})
    assert (moved["date"], moved["updated_at"]) == ("2026-03-01", "2026-03-02T15:01:00Z")
    assert moved["location"] == made["location"]
    assert writer.got(f"{P}/{kind}", window) == []
    assert writer.send("DELETE", f"{P}/{kind}/{made['id']}").status == 200
    assert writer.caller.get(f"{P}/{kind}/{made['id']}").status == 404


@pytest.mark.parametrize("kind", [kind for kind, least in LEAST.items() if least])
def test_what_a_kind_demands_is_missed_by_name(writer: Writer, kind: str) -> None:
    answer = writer.json("POST", f"{P}/{kind}", {WRAPPERS[kind]: {"vendor_id": 11, "comments": "x"}})
    assert answer.status == 422
    demanded = set(LEAST[kind]) - {"vendor_id"}
    assert answer.json["errors"] == {name: ["can't be blank"] for name in demanded}


def test_the_status_of_wrong_values_is_switchable() -> None:
    strict = Writer(invalid_status=400)
    assert strict.json("POST", f"{P}/accident_logs", {"accident_log": {"comments": "x"}}).status == 400


def test_crews_are_counted_as_people_send_them(writer: Writer) -> None:
    pairs = {"num_workers": "4", "num_hours": "7.5", "contact_id": "11", "cost_code_id": str(writer.code)}
    bracketed = [(f"manpower_log[{name}]", value) for name, value in pairs.items()]
    made = writer.form("POST", f"{P}/manpower_logs", *bracketed).json
    assert (made["num_workers"], made["num_hours"], made["man_hours"]) == (4, "7.5", "30.0")
    assert made["vendor"] == {"id": 11, "name": "Acme Drywall"}
    assert made["cost_code"] == {"id": writer.code, "name": "Drywall"}
    assert (made["status"], made["position"]) == ("approved", 1)


def test_photos_come_as_parts_beside_the_log(writer: Writer) -> None:
    made = writer.multipart(
        "POST",
        f"{P}/manpower_logs",
        ("manpower_log[num_workers]", "2"),
        ("attachments[]", "a.jpg", "image/jpeg", b"first"),
        ("attachments[]", "b.jpg", "image/jpeg", b"second"),
    ).json
    shown = writer.got(f"{P}/manpower_logs/{made['id']}")["attachments"]
    assert [(each["filename"], writer.downloaded(each["url"])) for each in shown] == [
        ("a.jpg", b"first"),
        ("b.jpg", b"second"),
    ]


def test_an_upload_goes_with_a_log_and_a_list_of_names_is_dropped_in_silence(writer: Writer) -> None:
    sent = {**TIMES, "upload_ids": [writer.uploaded()]}
    made = writer.created(f"{P}/accident_logs", {"accident_log": sent, "attachments": ["slab.jpg"]})
    assert [each["filename"] for each in made["attachments"]] == ["slab.jpg"]
    more = {"accident_log": {"upload_ids": [writer.uploaded(filename="b.jpg")]}}
    changed = writer.changed(f"{P}/accident_logs/{made['id']}", more)
    assert [each["filename"] for each in changed["attachments"]] == ["slab.jpg", "b.jpg"]


def test_a_date_that_is_not_iso_is_silently_nothing(writer: Writer) -> None:
    made = writer.created(f"{P}/notes_logs", {"notes_log": {"comment": "x", "date": "03/02/2026"}})
    assert (made["date"], made["datetime"]) == (None, None)
    assert writer.got(f"{P}/notes_logs", {"log_date": "2026-03-02"}) == []


def test_without_a_date_it_is_today_where_the_project_is(writer: Writer) -> None:
    writer.clock.advance(11 * 3600)
    writer.caller.sign_in()
    made = writer.created(f"{P}/notes_logs", {"notes_log": {"comment": "late"}})
    assert made["date"] == "2026-03-02"
    told = writer.created(f"{P}/notes_logs", {"notes_log": {"datetime": "2026-03-02T03:00:00Z"}})
    assert told["date"] == "2026-03-01"


def test_the_newer_weather_takes_only_its_words(writer: Writer) -> None:
    path = f"{P11}/daily_logs/weather_logs"
    good = {"date": "2026-03-02", "sky": "Ice/Sleet/Hail", "wind": "High Wind"}
    assert writer.created(path, {"weather_log": good}, 200)["wind"] == "High Wind"
    wrong = writer.json("POST", path, {"weather_log": {**good, "sky": "Blue"}})
    assert wrong.json["errors"] == {"sky": ["is not included in the list"]}


def test_a_body_without_its_wrapper_is_a_bad_request(writer: Writer) -> None:
    answer = writer.json("POST", f"{P}/notes_logs", {"comment": "x"})
    assert answer.status == 400
    assert "notes_log" in answer.json["message"]


def test_a_day_is_completed_and_opened_again(writer: Writer) -> None:
    path = f"{P}/daily_log_headers?log_date=2026-03-02"
    done = writer.changed(path, {"daily_log_header": {"completed": True, "distributed": False}})
    assert (done["completed"], done["completed_at"]) == (True, "2026-03-02T15:00:00Z")
    assert done["completed_by"]["name"] == "Tiebeam Service Account"
    again = writer.changed(
        f"{P}/daily_log_headers?id={done['id']}", {"daily_log_header": {"completed": False}}
    )
    assert (again["id"], again["completed_by"]) == (done["id"], None)
    assert (
        writer.json("PATCH", f"{P}/daily_log_headers", {"daily_log_header": {"completed": True}}).status
        == 404
    )


def test_logs_are_approved_each_on_its_own(writer: Writer) -> None:
    pending = writer.put("notes_logs", status="pending", date="2026-03-02", comment="theirs")
    updates = {"notes_log": [{"id": pending, "status": "approved"}, {"id": 1, "status": "approved"}]}
    answer = writer.changed(f"{P}/daily_logs/bulk_updates/bulk_update", {"updates": updates})
    assert [each["success"] for each in answer[0]["notes_log"]] == [True, False]
    assert [row["id"] for row in writer.got(f"{P}/notes_logs", {"log_date": "2026-03-02"})] == [pending]


def test_a_tool_that_is_off_takes_no_log(writer: Writer) -> None:
    writer.state.set_tool(5, "daily_log", False)
    assert writer.json("POST", f"{P}/notes_logs", {"notes_log": {"comment": "x"}}).status == 403


def test_wrong_values_are_named(writer: Writer) -> None:
    sent = {"num_workers": "many", "user_id": 99, "status": "perhaps"}
    assert writer.json("POST", f"{P}/manpower_logs", {"manpower_log": sent}).json["errors"] == {
        "num_workers": ["is not a number"],
        "user_id": ["must exist"],
        "status": ["is not included in the list"],
    }
