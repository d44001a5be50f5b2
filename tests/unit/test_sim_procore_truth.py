from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tiebeam.simulators.base.clock import ManualClock
from tiebeam.simulators.procore.app import ProcoreSimulator
from tiebeam.simulators.procore.caller import Caller
from tiebeam.simulators.procore.options import ProcoreOptions
from tiebeam.simulators.procore.render import VOLATILE_FIELDS
from tiebeam.simulators.procore.state import ProcoreState

P = "/rest/v1.0/projects/5"


class Desk:
    def __init__(self) -> None:
        self.clock = ManualClock(datetime(2026, 3, 2, 15, tzinfo=UTC))
        self.state = ProcoreState(1000, self.clock.now, 1)
        self.state.insert("projects", {"id": 5, "name": "Tower"})
        self.simulator = ProcoreSimulator(self.state, options=ProcoreOptions(spike_limit=2))
        self.stranger = Caller(self.simulator)

    def rfi(self, **fields: Any) -> int:
        record_id: int = self.state.insert("rfis", fields, project_id=5)["id"]
        return record_id

    def states(self, resource: str = "rfis") -> dict[Any, str]:
        return {row.id: row.state for row in self.simulator.truth(resource)}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def without_volatile(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_volatile(inner) for key, inner in value.items() if key not in VOLATILE_FIELDS}
    if isinstance(value, list):
        return [without_volatile(inner) for inner in value]
    return value


def test_truth_tells_live_deleted_and_hidden(desk: Desk) -> None:
    live, recycled, purged, hidden = (desk.rfi(subject=str(number)) for number in range(4))
    desk.state.delete("rfis", recycled)
    desk.state.purge("rfis", purged)
    desk.state.hide("rfis", hidden)
    assert desk.states() == {live: "live", recycled: "deleted", purged: "deleted", hidden: "hidden"}
    desk.state.restore("rfis", recycled)
    desk.state.unhide("rfis", hidden)
    assert set(desk.states().values()) == {"live", "deleted"}


def test_a_purged_record_has_no_content_and_an_inactive_one_says_so(desk: Desk) -> None:
    log = desk.state.insert("work_logs", {"date": "2026-03-02"}, project_id=5)["id"]
    desk.state.delete("work_logs", log)
    [row] = desk.simulator.truth("work_logs")
    assert (row.id, row.state, row.list, row.detail) == (log, "deleted", None, None)
    desk.state.insert("vendors", {"id": 3, "is_active": False})
    assert desk.states("vendors") == {3: "inactive"}


def test_truth_equals_what_is_read_but_for_what_every_read_changes(desk: Desk) -> None:
    attachment = {"id": 4, "filename": "a.pdf"}
    rfi_id = desk.rfi(questions=[{"id": 1, "body": "Which?", "attachments": [attachment]}])
    desk.state.insert("rfi_replies", {"body": "This"}, project_id=5, parent_id=rfi_id)
    desk.state.insert("drawing_revisions", {"drawing_id": 1}, project_id=5)
    caller = Caller(desk.simulator, company_id=1000).sign_in()
    [rfi] = desk.simulator.truth("rfis")
    [revision] = desk.simulator.truth("drawing_revisions")
    listed, shown = caller.get(f"{P}/rfis").json, caller.get(f"{P}/rfis/{rfi_id}").json
    desk.clock.advance(60)
    revisions = caller.get(f"{P}/drawing_revisions").json
    assert without_volatile(listed) == [rfi.list]
    assert without_volatile(shown) == rfi.detail != shown
    assert without_volatile(revisions) == [revision.list] != revisions


def test_truth_is_scoped(desk: Desk) -> None:
    desk.state.insert("projects", {"id": 6})
    here = desk.rfi()
    there = desk.state.insert("rfis", {}, project_id=6)["id"]
    for parent_id in (here, here, there):
        project_id = 5 if parent_id == here else 6
        desk.state.insert("rfi_replies", {}, project_id=project_id, parent_id=parent_id)
    assert [row.id for row in desk.simulator.truth("rfis", project_id=6)] == [there]
    assert len(list(desk.simulator.truth("rfi_replies", parent_id=here))) == 2
    assert {row.resource for row in desk.simulator.truth()} == {"projects", "rfis", "rfi_replies"}


def test_what_cannot_be_reached_says_so_and_keeps_its_state(desk: Desk) -> None:
    desk.rfi()

    def reachable() -> list[bool]:
        return [row.reachable for row in desk.simulator.truth("rfis")]

    assert reachable() == [True]
    desk.state.set_tool(5, "rfis", False)
    assert reachable() == [False]
    desk.state.set_tool(5, "rfis", True)
    desk.state.permit_project(5, False)
    assert reachable() == [False]
    assert [row.reachable for row in desk.simulator.truth("projects")] == [False]
    assert desk.states() == dict.fromkeys(desk.states(), "live")


def test_truth_over_http_comes_in_pages_and_needs_no_token(desk: Desk) -> None:
    made = [desk.rfi(subject=str(number)) for number in range(5)]
    seen: list[Any] = []
    query: dict[str, Any] = {"resource": "rfis", "per_page": 2}
    while query.get("offset", 0) is not None:
        answer = desk.stranger.get("/__sim/truth", query)
        assert answer.status == 200
        seen += answer.json["rows"]
        query["offset"] = answer.json["next"]
    assert [row["id"] for row in seen] == made
    expected = {"resource", "project_id", "parent_id", "id", "state", "reachable", "list", "detail"}
    assert set(seen[0]) == expected


def test_truth_of_an_unknown_resource_is_refused(desk: Desk) -> None:
    assert desk.stranger.get("/__sim/truth", {"resource": "rfi"}).status == 400
    assert desk.stranger.get("/__sim/other").status == 404


def test_stats_count_calls_by_operation_and_own_doors_not_at_all(desk: Desk) -> None:
    caller = Caller(desk.simulator, company_id=1000).sign_in()
    for number in (1, 2):
        caller.get(f"{P}/rfis/{number}")
    caller.get(f"{P}/rfis")
    report = desk.stranger.get("/__sim/stats").json
    detail = "GET /rest/v1.0/projects/{project_id}/rfis/{id}"
    assert report["by_endpoint"][detail] == 2
    assert report["by_status"] == {"200": 1, "404": 2, "429": 1}
    assert (report["calls"], report["refused_429"]) == (4, 1)
    assert report["windows"]["spike"]["largest"] == 3


def test_control_advances_whoever_lives_here(desk: Desk) -> None:
    assert desk.stranger.post("/__sim/control", {"advance_seconds": 60}).status == 400
    desk.simulator.on_advance = desk.clock.advance
    answer = desk.stranger.post("/__sim/control", {"advance_seconds": 90})
    assert answer.json == {"now": "2026-03-02T15:01:30+00:00"}


def test_control_has_whoever_lives_here_change_things(desk: Desk) -> None:
    assert desk.stranger.post("/__sim/control", {"changes": 3}).status == 400
    desk.simulator.on_changes = lambda wanted: wanted - 1
    assert desk.stranger.post("/__sim/control", {"changes": 3}).json["changes"] == 2


def test_control_switches_faults_tools_and_projects(desk: Desk) -> None:
    caller = Caller(desk.simulator, company_id=1000).sign_in()
    rules = {"seed": 3, "rules": [{"kind": "status", "status": 502, "match": "/me"}]}
    assert desk.stranger.post("/__sim/control", {"faults": rules}).status == 200
    assert caller.get("/rest/v1.0/me").status == 502
    desk.stranger.post("/__sim/control", {"faults": "stop"})
    assert caller.get("/rest/v1.0/me").status == 200
    desk.clock.advance(11)
    desk.stranger.post("/__sim/control", {"tool": {"project_id": 5, "name": "rfis", "enabled": False}})
    assert caller.get(f"{P}/rfis").status == 403
    desk.stranger.post("/__sim/control", {"project": {"id": 5, "allowed": False}})
    assert caller.get(f"{P}/submittals").status == 403


@pytest.mark.parametrize("faults", ["explode", {"rules": [{"kind": "explode"}]}])
def test_control_refuses_faults_that_do_not_exist(desk: Desk, faults: Any) -> None:
    assert desk.stranger.post("/__sim/control", {"faults": faults}).status == 400
