from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tiebeam.simulators.base.clock import ManualClock
from tiebeam.simulators.procore.app import ProcoreSimulator
from tiebeam.simulators.procore.caller import Caller
from tiebeam.simulators.procore.options import ProcoreOptions
from tiebeam.simulators.procore.state import ProcoreState

COMPANY = 1000
P = "/rest/v1.0/projects/5"


class Desk:
    def __init__(self, **options: Any) -> None:
        self.clock = ManualClock(datetime(2026, 3, 2, 15, 30, 7, 654_321, tzinfo=UTC))
        self.state = ProcoreState(COMPANY, self.clock.now, 1)
        self.state.insert("companies", {"id": COMPANY, "name": "Ridgeline Builders"})
        self.state.insert("projects", {"id": 5, "name": "Tower"})
        self.state.insert("projects", {"id": 6, "name": "Annex"})
        self.rfi_id = self.state.insert("rfis", {"subject": "Which anchor?"}, project_id=5)["id"]
        known: dict[str, Any] = {"hourly_limit": None, "spike_limit": None, **options}
        self.simulator = ProcoreSimulator(self.state, options=ProcoreOptions(**known))
        self.caller = Caller(self.simulator, company_id=COMPANY).sign_in()

    def without_header(self) -> Caller:
        bare = Caller(self.simulator)
        bare.token = self.caller.token
        return bare


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("path", ["/rest/v1.0/me", "/rest/v1.0/companies"])
def test_two_paths_need_no_company_header(desk: Desk, path: str) -> None:
    assert desk.without_header().get(path).status == 200


def test_without_the_company_header_version_1_says_not_found(desk: Desk) -> None:
    answer = desk.without_header().get(f"{P}/rfis")
    assert answer.status == 404
    assert set(answer.json) == {"code", "message", "fields", "reason", "error"}


def test_without_the_company_header_version_2_says_what_is_missing(desk: Desk) -> None:
    answer = desk.without_header().get(f"/rest/v2.0/companies/{COMPANY}/projects/5/schedules")
    assert answer.status == 400
    assert answer.json["error"]["message"] == "Missing Procore-Company-Id header!"


def test_the_documented_message_can_be_switched_on() -> None:
    answer = Desk(missing_company="message").without_header().get(f"{P}/rfis")
    assert (answer.status, answer.json["message"]) == (400, "Missing Procore-Company-Id header!")


@pytest.mark.parametrize("company", [999, "x"])
def test_another_company_is_forbidden(desk: Desk, company: Any) -> None:
    desk.caller.company_id = company
    assert desk.caller.get(f"{P}/rfis").status == 403


def test_another_company_in_the_path_or_the_query_is_forbidden(desk: Desk) -> None:
    assert desk.caller.get("/rest/v1.3/companies/999/users").status == 403
    assert desk.caller.get("/rest/v1.1/projects", {"company_id": 999}).status == 403


def test_a_list_of_the_company_demands_its_id(desk: Desk) -> None:
    for path in ("/rest/v1.1/projects", "/rest/v1.0/vendors", "/rest/v1.0/projects/5"):
        answer = desk.caller.get(path)
        assert (answer.status, "company_id" in answer.json["message"]) == (400, True), path


def test_a_list_of_a_project_demands_its_id(desk: Desk) -> None:
    answer = desk.caller.get("/rest/v1.0/images")
    assert (answer.status, "project_id" in answer.json["message"]) == (400, True)


def test_a_tool_that_is_off_is_forbidden_in_its_project_only(desk: Desk) -> None:
    desk.state.set_tool(5, "rfis", False)
    assert desk.caller.get(f"{P}/rfis").status == 403
    assert desk.caller.get(f"{P}/rfis/{desk.rfi_id}").status == 403
    assert desk.caller.get(f"{P}/submittals").status == 200
    assert desk.caller.get("/rest/v1.0/projects/6/rfis").status == 200
    desk.state.set_tool(5, "rfis", True)
    assert desk.caller.get(f"{P}/rfis").status == 200


def test_a_project_that_is_not_permitted_is_forbidden_and_absent(desk: Desk) -> None:
    listed = {"company_id": COMPANY}
    assert [row["id"] for row in desk.caller.every("/rest/v1.1/projects", listed)] == [5, 6]
    desk.state.permit_project(5, False)
    assert desk.caller.get(f"{P}/rfis").status == 403
    assert desk.caller.get("/rest/v1.0/projects/5", listed).status == 403
    assert [row["id"] for row in desk.caller.every("/rest/v1.1/projects", listed)] == [6]
    desk.state.permit_project(5, True)
    assert [row["id"] for row in desk.caller.every("/rest/v1.1/projects", listed)] == [5, 6]


def test_a_hidden_record_is_absent_and_not_found(desk: Desk) -> None:
    desk.state.hide("rfis", desk.rfi_id)
    assert desk.caller.get(f"{P}/rfis").json == []
    assert desk.caller.get(f"{P}/rfis/recycle_bin").json == []
    assert desk.caller.get(f"{P}/rfis/{desk.rfi_id}").status == 404
    desk.state.unhide("rfis", desk.rfi_id)
    assert desk.caller.get(f"{P}/rfis/{desk.rfi_id}").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/rest/v1.0/projects/7/rfis",
        "/rest/v1.0/projects/x/rfis",
        f"{P}/rfis/12345",
        f"{P}/rfis/abc",
        f"{P}/nothing_like_it",
        "/rest/v9.9/projects",
        "/",
    ],
)
def test_what_does_not_exist_is_not_found(desk: Desk, path: str) -> None:
    assert desk.caller.get(path).status == 404


def test_a_record_is_not_found_through_another_project(desk: Desk) -> None:
    assert desk.caller.get(f"/rest/v1.0/projects/6/rfis/{desk.rfi_id}").status == 404


def test_a_method_that_no_route_has_is_not_found(desk: Desk) -> None:
    assert desk.caller.post("/rest/v1.0/me", {}).status == 404


def test_every_answer_carries_the_simulators_date_in_whole_seconds(desk: Desk) -> None:
    paths = ("/rest/v1.0/me", "/nowhere", "/oauth/nowhere", "/__sim/stats", "/files/images/1/url")
    for path in paths:
        assert desk.caller.get(path).headers["Date"] == "Mon, 02 Mar 2026 15:30:07 GMT"


def test_the_owner_is_told_before_each_call_so_that_the_company_can_live(desk: Desk) -> None:
    moments: list[datetime] = []

    def live(moment: datetime) -> None:
        moments.append(moment)
        desk.state.insert("rfis", {"subject": "Born just now"}, project_id=5)

    desk.simulator.on_request = live
    assert len(desk.caller.get(f"{P}/rfis").json) == 2
    assert moments == [desk.clock.now()]
