from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from tiebeam.simulators.base.clock import ManualClock
from tiebeam.simulators.procore.app import ProcoreSimulator, read_routes
from tiebeam.simulators.procore.caller import Caller
from tiebeam.simulators.procore.options import ProcoreOptions
from tiebeam.simulators.procore.state import ProcoreState

COMPANY = 1000
P = "/rest/v1.0/projects/5"
P11 = "/rest/v1.1/projects/5"
V2 = f"/rest/v2.0/companies/{COMPANY}/projects/5"
OF_PROJECT = {"project_id": 5}


class Desk:
    def __init__(self) -> None:
        self.clock = ManualClock(datetime(2026, 3, 2, 15, tzinfo=UTC))
        self.state = ProcoreState(COMPANY, self.clock.now, 1)
        self.state.insert("companies", {"id": COMPANY, "name": "Ridgeline Builders", "is_active": True})
        self.state.insert("projects", {"id": 5, "name": "Tower"})
        options = ProcoreOptions(hourly_limit=None, spike_limit=None)
        self.caller = Caller(ProcoreSimulator(self.state, options=options), company_id=COMPANY).sign_in()

    def put(self, resource: str, parent_id: int | str | None = None, **fields: Any) -> Any:
        return self.state.insert(resource, fields, project_id=5, parent_id=parent_id)["id"]

    def get(self, path: str, /, **query: Any) -> Any:
        answer = self.caller.get(path, query)
        assert answer.status == 200, (path, answer.response.body)
        return answer.json


@pytest.fixture
def desk() -> Desk:
    return Desk()


def ids(rows: list[Any]) -> list[Any]:
    return [row["id"] for row in rows]


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        ("project_vendors", f"{P}/vendors"),
        ("project_users", f"{P}/users"),
        ("project_people", f"{P}/people"),
        ("rfis", f"{P}/rfis"),
        ("submittals", f"{P}/submittals"),
        ("submittals", f"{P11}/submittals"),
        ("submittal_packages", f"{P}/submittal_packages"),
        ("drawing_areas", f"{P}/drawing_areas"),
        ("drawing_areas", f"{P11}/drawing_areas"),
        ("drawing_sets", f"{P}/drawing_sets"),
        ("drawing_disciplines", f"{P11}/drawing_disciplines"),
        ("drawing_revisions", f"{P}/drawing_revisions"),
        ("prime_contracts", "/rest/v1.0/prime_contracts"),
        ("potential_change_orders", "/rest/v1.0/potential_change_orders"),
        ("change_order_packages", "/rest/v1.0/change_order_packages"),
        ("change_events", "/rest/v1.0/change_events"),
        ("change_events", "/rest/v1.1/change_events"),
        ("images", "/rest/v1.0/images"),
        ("image_categories", "/rest/v1.0/image_categories"),
        ("documents", f"{P}/documents"),
        ("specification_sections", "/rest/v1.0/specification_sections"),
        ("specification_section_divisions", "/rest/v1.0/specification_section_divisions"),
        ("specification_sets", f"{P}/specification_sets"),
        ("tasks", "/rest/v1.0/tasks"),
        ("wbs_codes", f"{P}/work_breakdown_structure/wbs_codes"),
        ("cost_codes", "/rest/v1.0/cost_codes"),
        ("locations", f"{P}/locations"),
        ("observations", "/rest/v1.0/observations/items"),
    ],
)
def test_every_list_of_a_project_shows_its_own_rows_only(desk: Desk, resource: str, path: str) -> None:
    desk.state.insert("projects", {"id": 6})
    desk.state.insert(resource, {"id": 41, "name": "elsewhere"}, project_id=6)
    made = desk.put(resource, id=42, name="here")
    assert ids(desk.get(path, **OF_PROJECT)) == [made]


def test_no_operation_is_routed_twice_and_each_list_names_its_resource() -> None:
    routes = list(read_routes())
    assert len({(route.method, route.path) for route in routes}) == len(routes) > 120


def test_the_company_and_its_zone(desk: Desk) -> None:
    assert ids(desk.get("/rest/v1.0/companies")) == [COMPANY]
    assert set(desk.get("/rest/v1.0/company_base_url")) == {"zone", "web_base_url"}
    assert set(desk.get("/rest/v1.0/me")) == {"id", "login", "name"}


@pytest.mark.parametrize(
    ("resource", "active", "inactive"),
    [
        ("users", f"/rest/v1.3/companies/{COMPANY}/users", f"/rest/v1.3/companies/{COMPANY}/users/inactive"),
        ("users", f"/rest/v1.0/companies/{COMPANY}/users", f"/rest/v1.0/companies/{COMPANY}/users/inactive"),
        ("vendors", "/rest/v1.0/vendors", f"/rest/v1.0/companies/{COMPANY}/vendors/inactive"),
        (
            "people",
            f"/rest/v1.0/companies/{COMPANY}/people",
            f"/rest/v1.0/companies/{COMPANY}/people/inactive",
        ),
    ],
)
def test_the_directory_keeps_inactive_ones_apart(
    desk: Desk, resource: str, active: str, inactive: str
) -> None:
    first = desk.state.insert(resource, {"name": "A"})["id"]
    second = desk.state.insert(resource, {"name": "B"})["id"]
    desk.state.delete(resource, second)
    assert ids(desk.get(active, company_id=COMPANY)) == [first]
    assert ids(desk.get(inactive, company_id=COMPANY)) == [second]


def test_users_can_be_asked_for_ids_only_and_by_their_last_change(desk: Desk) -> None:
    user_id = desk.state.insert("users", {"name": "A"})["id"]
    path = f"/rest/v1.3/companies/{COMPANY}/users"
    assert desk.get(path, view="ids_only") == [user_id]
    assert desk.get(path, **{"filters[updated_at]": "2026-03-01...2026-03-02"}) == []
    assert ids(desk.get(path, **{"filters[updated_at]": "2026-03-01...2026-03-03"})) == [user_id]


def test_an_rfis_answers_are_in_its_detail_and_its_replies_only(desk: Desk) -> None:
    question = {"id": 1, "body": "Which?", "rich_text_body": "<p>Which?</p>"}
    rfi_id = desk.put("rfis", questions=[question], drawing_ids=[9])
    reply_id = desk.put("rfi_replies", parent_id=rfi_id, plain_text_body="This one", official=True)
    listed = desk.get(f"{P}/rfis")[0]
    assert listed["questions"] == [{"id": 1, "body": "Which?"}]
    assert "drawing_ids" not in listed
    shown = desk.get(f"{P}/rfis/{rfi_id}")
    assert shown["drawing_ids"] == [9]
    assert ids(shown["questions"][0]["answers"]) == [reply_id]
    assert ids(desk.get(f"{P}/rfis/{rfi_id}/replies")) == [reply_id]
    assert desk.get(f"{P}/rfis/{rfi_id}/replies/{reply_id}")["official"] is True


def test_a_detail_shown_before_knows_the_replies_that_came_and_went(desk: Desk) -> None:
    rfi_id = desk.put("rfis", questions=[{"id": 1, "body": "Which?"}])

    def answers() -> list[Any]:
        return ids(desk.get(f"{P}/rfis/{rfi_id}")["questions"][0]["answers"])

    assert answers() == []
    reply_id = desk.put("rfi_replies", parent_id=rfi_id)
    assert answers() == [reply_id]
    desk.state.hide("rfi_replies", reply_id)
    assert answers() == []
    desk.state.unhide("rfi_replies", reply_id)
    desk.state.delete("rfi_replies", reply_id)
    assert answers() == []


def test_a_reply_is_not_found_under_another_rfi(desk: Desk) -> None:
    first, second = desk.put("rfis"), desk.put("rfis")
    reply_id = desk.put("rfi_replies", parent_id=first)
    assert desk.caller.get(f"{P}/rfis/{second}/replies/{reply_id}").status == 404
    assert desk.caller.get(f"{P}/rfis/777/replies").status == 404


def test_submittals_list_their_approvers_and_find_by_them(desk: Desk) -> None:
    approver = {"id": 3, "user": {"id": 8, "name": "Ann"}, "response": None}
    desk.put("submittals", title="Doors", status={"id": 1, "name": "Open"}, approvers=[approver])
    desk.put("submittals", title="Paint", status={"id": 2, "name": "Closed"}, approvers=[])
    rows = desk.get(f"{P11}/submittals", **{"filters[approver_id][]": "8"})
    assert [row["approvers"] for row in rows] == [[approver]]
    assert [row["title"] for row in desk.get(f"{P}/submittals", **{"filters[status_id]": 2})] == ["Paint"]


def test_meetings_come_in_groups_and_their_topics_in_the_detail(desk: Desk) -> None:
    topics = [{"id": 1, "meeting_topic": [{"id": 2, "title": "Crane"}]}]
    first = desk.put("meetings", title="OAC", position=1, meeting_categories=topics)
    second = desk.put("meetings", title="Safety", position=1)
    third = desk.put("meetings", title="OAC", position=2)
    groups = desk.get(f"{P11}/meetings")
    assert [(group["group_title"], ids(group["meetings"])) for group in groups] == [
        ("OAC", [first, third]),
        ("Safety", [second]),
    ]
    assert "meeting_categories" not in groups[0]["meetings"][0]
    assert desk.get(f"{P11}/meetings/{first}")["meeting_categories"] == topics
    desk.state.delete("meetings", second)
    assert len(desk.get(f"{P11}/meetings")) == 1
    assert ids(desk.get(f"{P11}/meetings", deleted_only="true")[0]["meetings"]) == [second]


def test_pages_of_meetings_are_cut_by_meeting(desk: Desk) -> None:
    for position in range(5):
        desk.put("meetings", title="OAC", position=position)
    page = desk.caller.get(f"{P11}/meetings", {"per_page": 2})
    assert (page.headers["Total"], len(page.json[0]["meetings"])) == ("5", 2)
    groups = desk.caller.every(f"{P11}/meetings", {"per_page": 2})
    assert len({row["id"] for group in groups for row in group["meetings"]}) == 5


def test_observations_and_their_response_logs(desk: Desk) -> None:
    item = desk.put("observations", name="Loose rail", hazard={"id": 1})
    log = desk.put("observation_response_logs", parent_id=item, item_id=item, comment="Fixed")
    items = "/rest/v1.0/observations/items"
    assert "hazard" not in desk.get(items, **OF_PROJECT)[0]
    assert desk.get(f"{items}/{item}", **OF_PROJECT)["hazard"] == {"id": 1}
    assert ids(desk.get(f"{items}/{item}/response_logs", **OF_PROJECT)) == [log]
    assert ids(desk.get(f"{P}/observations/response_logs")) == [log]
    desk.state.delete("observations", item)
    assert desk.get(f"{P}/recycle_bin/observations/items/{item}")["deleted_at"]


def test_superseded_revisions_stay_away_unless_asked_for(desk: Desk) -> None:
    old = desk.put("drawing_revisions", drawing_id=1, current=False, drawing_set={"id": 3})
    new = desk.put("drawing_revisions", drawing_id=1, current=True, drawing_set={"id": 4})
    gone = desk.put("drawing_revisions", drawing_id=2, current=True, obsolete=True)
    path = f"{P}/drawing_revisions"
    assert ids(desk.get(path)) == [new]
    assert ids(desk.get(path, with_obsolete="true")) == [old, new, gone]
    assert ids(desk.get(path, with_obsolete="true", drawing_set_id=3)) == [old]
    assert ids(desk.get(path, drawing_set_id="current_set")) == [new]
    assert desk.get(path, view="only_ids") == [new]


def test_drawings_are_listed_by_their_area_and_its_projects_doors(desk: Desk) -> None:
    area = desk.put("drawing_areas", name="North")
    drawing = desk.put("drawings", parent_id=area, number="A-101")
    for version in ("v1.0", "v1.1"):
        assert ids(desk.get(f"/rest/{version}/drawing_areas/{area}/drawings")) == [drawing]
    desk.state.set_tool(5, "drawings", False)
    assert desk.caller.get(f"/rest/v1.1/drawing_areas/{area}/drawings").status == 403
    assert desk.caller.get("/rest/v1.1/drawing_areas/1/drawings").status == 404


def test_change_order_requests_demand_a_contract(desk: Desk) -> None:
    wanted = desk.put("change_order_requests", contract_id=3)
    desk.put("change_order_requests", contract_id=4)
    path = "/rest/v1.0/change_order_requests"
    answer = desk.caller.get(path, OF_PROJECT)
    assert (answer.status, "contract_id" in answer.json["message"]) == (400, True)
    assert ids(desk.get(path, **OF_PROJECT, contract_id=3)) == [wanted]


def test_potential_change_orders_by_contract_and_their_lines(desk: Desk) -> None:
    order = desk.put("potential_change_orders", contract_id=3, title="More steel")
    desk.put("potential_change_orders", contract_id=4)
    line = desk.put("potential_change_order_line_items", parent_id=order, amount="10.00")
    path = "/rest/v1.0/potential_change_orders"
    assert ids(desk.get(path, **OF_PROJECT, **{"filters[contract_id]": 3})) == [order]
    assert ids(desk.get(f"{path}/{order}/line_items", **OF_PROJECT)) == [line]


def test_change_events_differ_between_their_versions(desk: Desk) -> None:
    event = desk.put(
        "change_events",
        number="007",
        status={"id": 1, "name": "Open", "mapped_to_status": "open"},
        change_items=[{"id": 1}],
        change_event_line_items=[{"id": 2, "estimated_cost_amount": "5.00"}],
        external_data={"origin_id": "x-1"},
    )
    newer = desk.get("/rest/v1.1/change_events", **OF_PROJECT)[0]
    assert (newer["status"]["name"], newer["change_items"]) == ("Open", [{"id": 1}])
    assert "change_event_line_items" not in newer
    older = desk.get(f"/rest/v1.0/change_events/{event}", **OF_PROJECT)
    assert (older["status"], older["number"], older["alphanumeric_number"]) == ("Open", 7, "007")
    assert (older["origin_id"], ids(older["change_event_line_items"])) == ("x-1", [2])


def test_signed_urls_differ_at_every_read_and_work_until_they_end(desk: Desk) -> None:
    desk.put("images", filename="slab.jpg", size=12)
    storage = Caller(desk.caller.simulator)

    def opened(signed: str) -> bytes:
        answer = desk.caller.get(signed)
        assert answer.status == 302
        return storage.get(answer.headers["Location"]).response.body

    def url() -> str:
        return str(desk.get("/rest/v1.0/images", **OF_PROJECT)[0]["url"])

    first, second = url(), url()
    assert first != second
    assert urlsplit(first).path == urlsplit(second).path
    assert opened(first) == opened(second) != b""
    assert storage.get(first).status == 401
    assert desk.caller.get(first.replace("sig=", "sig=0")).status == 403
    desk.clock.advance(3600)
    assert desk.caller.get(first).status == 403


def test_urls_stand_wherever_a_file_is_and_are_never_stored(desk: Desk) -> None:
    rfi_id = desk.put("rfis", questions=[{"id": 1, "attachments": [{"id": 4, "filename": "a.pdf"}]}])
    version = {"id": 8, "number": 1, "size": 5}
    desk.put("documents", name="plan.pdf", document_type="file", file={"current_version": version})
    desk.put("drawing_revisions", drawing_id=1)
    attachment = desk.get(f"{P}/rfis/{rfi_id}")["questions"][0]["attachments"][0]
    assert attachment["url"].startswith("http://procore.test/files/")
    document = desk.get(f"{P}/documents")[0]
    assert "url" in document["file"]["current_version"]
    revision = desk.get(f"{P}/drawing_revisions")[0]
    assert {"pdf_url", "png_url", "zip_url", "thumbnail_url"} <= revision.keys()
    assert "url" not in str(desk.state.rows("documents"))


def test_a_reads_own_moment_shows_in_revisions(desk: Desk) -> None:
    desk.put("drawing_revisions", drawing_id=1)
    path = f"{P}/drawing_revisions"
    before = desk.get(path)[0]["activity_stream_last_viewed_at"]
    desk.clock.advance(5)
    assert desk.get(path)[0]["activity_stream_last_viewed_at"] != before


def test_documents_twice_over_and_as_a_tree(desk: Desk) -> None:
    plans = {"name": "Plans", "document_type": "folder", "parent_id": None}
    folder = desk.state.insert("documents", plans, project_id=5)["id"]
    drawing = {"name": "a.pdf", "document_type": "file", "parent_id": folder, "name_with_path": "x"}
    file = desk.state.insert("documents", drawing, project_id=5)["id"]
    assert ids(desk.get(f"{P}/documents", **{"filters[folder_id]": folder})) == [file]
    rows = desk.get("/rest/v2.0/projects/5/documents")["data"]
    assert [(row["id"], row["parent_id"]) for row in rows] == [
        (str(folder), None),
        (str(file), str(folder)),
    ]
    assert "name_with_path" not in rows[1]
    root = desk.get("/rest/v1.0/folders", **OF_PROJECT)
    assert (ids(root["folders"]), root["files"]) == ([folder], [])
    assert ids(desk.get(f"/rest/v1.0/folders/{folder}", **OF_PROJECT)["files"]) == [file]
    assert desk.get(f"/rest/v1.0/files/{file}", **OF_PROJECT)["name"] == "a.pdf"
    assert desk.caller.get(f"/rest/v1.0/files/{folder}", OF_PROJECT).status == 404


def test_section_revisions_demand_a_division_and_show_those_in_force(desk: Desk) -> None:
    division = desk.put("specification_section_divisions", number="03")
    old = desk.put("specification_section_revisions", parent_id=division, revision="0")
    new = desk.put("specification_section_revisions", parent_id=division, revision="1")
    desk.put("specification_sections", number="03 30 00", current_revision_id=new)
    path = "/rest/v1.0/specification_section_revisions"
    assert desk.caller.get(path, OF_PROJECT).status == 400
    of_division = {**OF_PROJECT, "specification_section_division_id": division}
    assert ids(desk.get(path, **of_division)) == [new]
    assert ids(desk.get(path, **of_division, all_revisions="true")) == [old, new]
    assert desk.get(f"{path}/{old}", **OF_PROJECT)["revision"] == "0"


def test_the_schedules_metadata_moves_with_every_change_of_a_task(desk: Desk) -> None:
    assert desk.get(f"{P}/schedule")["schedule_present"] is False
    task = desk.put("tasks", name="Pour slab")
    before = desk.get(f"{P}/schedule")
    assert (before["schedule_present"], before["type"]["key"]) == (True, "Microsoft Project")
    assert before["schedule_tasks_last_updated_at"] == "2026-03-02T15:00:00Z"
    desk.clock.advance(60)
    desk.state.delete("tasks", task)
    after = desk.get(f"{P}/schedule")
    assert after["schedule_tasks_last_updated_at"] == "2026-03-02T15:01:00Z"
    assert desk.get("/rest/v1.0/schedule_type", **OF_PROJECT)["key"] is None


def test_the_new_scheduler_has_ids_of_its_own_names_and_a_gt_filter(desk: Desk) -> None:
    schedule = desk.put("schedules", schedule_name="Master")
    activity = desk.put("activities", parent_id=schedule, activity_name="Dig")
    link = desk.put("activity_links", parent_id=schedule, from_activity=activity, to_activity="x")
    listed = desk.get(f"{V2}/schedules")["data"]
    assert [(row["schedule_id"], row["project_id"]) for row in listed] == [(schedule, "5")]
    activities = f"{V2}/schedules/{schedule}/activities"
    rows = desk.get(activities)["data"]
    assert [(row["activity_id"], row["schedule_id"]) for row in rows] == [(activity, schedule)]
    assert desk.get(f"{activities}/{activity}")["data"]["activity_name"] == "Dig"
    assert ids(desk.get(f"{V2}/schedules/{schedule}/activity_links")["data"]) == [link]
    later = {"filters[updated_at][gt]": "2026-03-02T15:00:00Z"}
    assert desk.get(activities, **later)["data"] == []
    desk.clock.advance(1)
    desk.state.update("activities", activity, {"percent_complete": 5})
    assert len(desk.get(activities, **later)["data"]) == 1
    assert desk.get("/rest/v1.0/tasks", **OF_PROJECT) == []


def test_a_deleted_schedule_stays_listed_with_its_moment(desk: Desk) -> None:
    schedule = desk.put("schedules", schedule_name="Master")
    desk.state.delete("schedules", schedule)
    assert desk.get(f"{V2}/schedules")["data"][0]["deleted_at"] == "2026-03-02T15:00:00Z"


def test_a_projects_tools_tell_which_are_switched_on(desk: Desk) -> None:
    desk.state.set_tool(5, "rfis", False)
    tools = desk.get(f"{P}/tools")
    assert set(tools[0]) == {"id", "title", "engine_name", "position", "is_active", "required"}
    off = desk.get(f"{P}/tools", **{"filters[is_active]": "false"})
    assert [tool["engine_name"] for tool in off] == ["rfis"]
    assert len(desk.get(f"{P}/tools", **{"filters[is_active]": "true"})) == len(tools) - 1


def test_strings_of_every_kind_come_through_whole(desk: Desk) -> None:
    text = 'NUL \x00, crane \U0001f3d7, quote ", mark ~{signature}'
    rfi_id = desk.put("rfis", id=2**62, subject=text, created_at="1962-01-01T00:00:00Z")
    shown = desk.get(f"{P}/rfis/{rfi_id}")
    assert (shown["subject"], shown["id"]) == (text, 2**62)
