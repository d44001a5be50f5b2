from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tiebeam.simulators.base.clock import ManualClock
from tiebeam.simulators.procore.app import ProcoreSimulator
from tiebeam.simulators.procore.caller import Caller
from tiebeam.simulators.procore.options import ProcoreOptions
from tiebeam.simulators.procore.state import ProcoreState

COMPANY = 1000
START = datetime(2026, 3, 1, tzinfo=UTC)
P = "/rest/v1.0/projects/5"
V2 = f"/rest/v2.0/companies/{COMPANY}/projects/5"


class Desk:
    """A project with 250 RFIs, one made every hour from START on."""

    def __init__(self, **options: Any) -> None:
        self.clock = ManualClock(START + timedelta(days=30))
        self.state = ProcoreState(COMPANY, self.clock.now, 1)
        self.state.insert("projects", {"id": 5, "name": "Tower"}, at=START)
        for hour in range(250):
            made = START + timedelta(hours=hour)
            fields = {"id": hour + 1, "subject": f"RFI {hour}", "number": str(250 - hour)}
            fields["status"] = "open" if hour % 2 else "closed"
            self.state.insert("rfis", fields, project_id=5, at=made)
        known: dict[str, Any] = {"hourly_limit": None, "spike_limit": None, **options}
        self.caller = Caller(
            ProcoreSimulator(self.state, options=ProcoreOptions(**known)), company_id=COMPANY
        ).sign_in()

    def ids(self, path: str = f"{P}/rfis", /, **query: Any) -> list[int]:
        answer = self.caller.get(path, {"per_page": 1000, **query})
        assert answer.status == 200, answer.json
        return [row["id"] for row in answer.json]


@pytest.fixture(scope="module")
def shared() -> Desk:
    return Desk()


@pytest.fixture
def desk() -> Desk:
    return Desk()


def updated(span: str) -> dict[str, str]:
    return {"filters[updated_at]": span}


def test_the_first_page_points_on_with_absolute_links(shared: Desk) -> None:
    page = shared.caller.get(f"{P}/rfis", {"per_page": 100, "filters[status]": "open"})
    assert (page.headers["Total"], page.headers["Per-Page"], len(page.json)) == ("125", "100", 100)
    assert set(page.links) == {"next", "last"}
    assert page.links["next"].startswith(f"http://procore.test{P}/rfis?")
    assert "filters%5Bstatus%5D=open" in page.links["next"]


def test_a_page_in_the_middle_points_both_ways_and_the_last_only_back(shared: Desk) -> None:
    middle = shared.caller.get(f"{P}/rfis", {"per_page": 100, "page": 2})
    assert set(middle.links) == {"first", "prev", "next", "last"}
    last = shared.caller.get(middle.links["next"])
    assert set(last.links) == {"first", "prev"}
    assert len(last.json) == 50


def test_a_page_beyond_the_end_is_empty(shared: Desk) -> None:
    page = shared.caller.get(f"{P}/rfis", {"page": 9})
    assert (page.json, page.headers["Total"]) == ([], "250")
    assert "next" not in page.links


def test_one_page_needs_no_link(shared: Desk) -> None:
    assert "Link" not in shared.caller.get(f"{P}/rfis", {"per_page": 1000}).headers


def test_walking_the_links_gives_every_row_once_in_the_order_of_ids(shared: Desk) -> None:
    rows = shared.caller.every(f"{P}/rfis", {"per_page": 37})
    assert [row["id"] for row in rows] == list(range(1, 251))


def test_classic_lists_take_up_to_a_thousand_and_lower_what_is_more(desk: Desk) -> None:
    assert len(desk.caller.get(f"{P}/rfis").json) == 100
    assert desk.caller.get(f"{P}/rfis", {"per_page": 5000}).headers["Per-Page"] == "1000"
    assert desk.caller.get(f"{P}/rfis", {"per_page": -3}).headers["Per-Page"] == "100"


def test_projects_send_three_hundred_at_most(desk: Desk) -> None:
    for number in range(400):
        desk.state.insert("projects", {"name": f"Job {number}"})
    page = desk.caller.get("/rest/v1.1/projects", {"company_id": COMPANY, "per_page": 1000})
    assert (len(page.json), page.headers["Per-Page"], page.headers["Total"]) == (300, "300", "401")
    assert len(desk.caller.get("/rest/v1.1/projects", {"company_id": COMPANY}).json) == 100


@pytest.mark.parametrize(
    "path",
    [f"{V2}/schedules", f"{V2}/submittals", f"{P}/rfis/1/replies", f"{P}/manpower_logs"],
)
def test_version_2_nested_lists_and_daily_logs_refuse_more_than_a_hundred(shared: Desk, path: str) -> None:
    answer = shared.caller.get(path, {"per_page": 101})
    assert answer.status == 400
    assert b"exceeding max per_page of 100" in answer.response.body
    assert shared.caller.get(path, {"per_page": 100}).status == 200


def test_version_2_wraps_ten_rows_by_default_with_ids_as_text(desk: Desk) -> None:
    for number in range(25):
        fields = {"id": 900 + number, "number": str(number), "status": {"id": 4, "name": "Open"}}
        desk.state.insert("submittals", fields, project_id=5)
    page = desk.caller.get(f"{V2}/submittals")
    assert (len(page.json["data"]), page.headers["Per-Page"]) == (10, "10")
    assert (page.json["data"][0]["id"], page.json["data"][0]["status_id"]) == ("900", "4")
    assert len(desk.caller.every(f"{V2}/submittals")) == 25


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        ("specification_sections", "/rest/v1.0/specification_sections"),
        ("specification_sets", f"{P}/specification_sets"),
        ("drawing_disciplines", f"{P}/drawing_disciplines"),
        ("plan_revision_logs", f"{P}/plan_revision_logs"),
        ("change_order_packages", f"{P}/prime_change_orders"),
    ],
)
def test_some_lists_come_whole_whatever_is_asked(desk: Desk, resource: str, path: str) -> None:
    for _ in range(130):
        desk.state.insert(resource, {"date": "2026-03-30"}, project_id=5)
    query = {"project_id": 5, "per_page": 10, "page": 2, "log_date": "2026-03-30"}
    page = desk.caller.get(path, query)
    assert len(page.json) == 130
    assert not {"Link", "Total", "Per-Page"} & page.headers.keys()


@pytest.mark.parametrize(
    ("span", "first", "last"),
    [
        ("2026-03-01T02:00:00Z...2026-03-01T04:00:00Z", 3, 5),
        ('"2026-03-01T02:00:00Z...2026-03-01T04:00:00Z"', 3, 5),
        ("2026-03-01T03:00:00+01:00...2026-03-01T05:00:00+01:00", 3, 5),
        ("2026-03-01T02:00:00.5Z...2026-03-01T04:00:00Z", 4, 5),
        ("2026-03-01...2026-03-02", 1, 25),
        ("2026-03-11T00:00:00Z...2030-01-01T00:00:00Z", 241, 250),
        ("1969-07-20...2030-01-01", 1, 250),
    ],
)
def test_ranges_of_moments_in_every_way_of_writing_them(
    shared: Desk, span: str, first: int, last: int
) -> None:
    assert shared.ids(**updated(span)) == list(range(first, last + 1))


def test_the_end_of_a_range_can_be_switched(desk: Desk) -> None:
    span = updated("2026-03-01T02:00:00Z...2026-03-01T04:00:00Z")
    assert Desk(range_end_included=False).ids(**span) == [3, 4]
    days = updated("2026-03-01...2026-03-01")
    assert desk.ids(**days) == [1]
    assert Desk(range_end_date_is_whole_day=True).ids(**days) == list(range(1, 25))


@pytest.mark.parametrize("span", ["2026-03-01", "yesterday...today", "2026-03-01..2026-03-02", "...", "a"])
def test_anything_but_a_range_is_refused(shared: Desk, span: str) -> None:
    assert shared.caller.get(f"{P}/rfis", updated(span)).status == 400


def test_a_null_updated_at_is_in_no_range(desk: Desk) -> None:
    desk.state.insert("rfis", {"id": 999, "updated_at": None}, project_id=5)
    assert 999 in desk.ids()
    assert 999 not in desk.ids(**updated("1900-01-01...2100-01-01"))


def test_created_at_has_a_range_of_its_own(desk: Desk) -> None:
    desk.state.update("rfis", 1, {"subject": "late edit"})
    assert 1 in desk.ids(**{"filters[created_at]": "2026-03-01...2026-03-02"})
    assert 1 not in desk.ids(**updated("2026-03-01...2026-03-02"))


@pytest.mark.parametrize(
    "query",
    [{"filters[id][]": ["4", "9"]}, {"filters[id]": "4,9"}, {"filters[id]": "[4,9]"}],
)
def test_arrays_in_every_way_of_writing_them(shared: Desk, query: dict[str, Any]) -> None:
    assert shared.ids(**query) == [4, 9]


def test_conditions_are_joined_by_and(shared: Desk) -> None:
    query = {"filters[status][]": ["open"], "filters[id][]": ["4", "5", "6"]}
    assert shared.ids(**query) == [4, 6]


def test_unknown_parameters_are_ignored_in_silence(shared: Desk) -> None:
    query = {"updated_after": "2030-01-01", "filters[updated_since]": "x", "filter[id]": "4"}
    assert len(shared.ids(**query)) == 250


def test_sorting_by_what_a_list_knows(shared: Desk) -> None:
    by_subject = shared.ids(sort="subject")
    assert by_subject[:3] == [1, 2, 11]
    assert shared.ids(**{"sort[attribute]": "subject", "sort[direction]": "desc"})[0] == 100
    assert shared.ids(sort="-created_at")[0] == 250
    assert shared.ids(sort="colour") == list(range(1, 251))


def test_projects_are_active_ones_unless_all_are_asked_for(desk: Desk) -> None:
    desk.state.insert("projects", {"id": 6, "name": "Finished", "active": False})
    path, company = "/rest/v1.1/projects", {"company_id": COMPANY}
    assert desk.ids(path, **company) == [5]
    assert desk.ids(path, **company, **{"filters[by_status]": "All"}) == [5, 6]
    assert desk.ids(path, **company, **{"filters[by_status]": "Inactive"}) == [6]
    assert desk.caller.get("/rest/v1.0/projects/6", company).status == 200


def test_projects_have_views(desk: Desk) -> None:
    desk.state.update("projects", 5, {"city": "Tulsa", "tz_name": "America/Chicago"})

    def view(name: str) -> Any:
        query = {"company_id": COMPANY, "view": name}
        return desk.caller.get("/rest/v1.1/projects", query).json[0]

    assert view("ids") == 5
    assert view("compact") == {"id": 5, "name": "Tower"}
    assert (view("normal")["city"], "tz_name" in view("normal")) == ("Tulsa", False)
    assert view("extended")["tz_name"] == "America/Chicago"


def fill_and_delete(desk: Desk, resource: str) -> None:
    for number in (1, 2):
        desk.state.insert(resource, {"id": number, "title": "x", "contract_id": 3}, project_id=5)
    desk.state.delete(resource, 2)


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        ("change_events", "/rest/v1.1/change_events"),
        ("potential_change_orders", "/rest/v1.0/potential_change_orders"),
        ("change_order_packages", "/rest/v1.0/change_order_packages"),
        ("prime_contracts", "/rest/v1.0/prime_contracts"),
    ],
)
def test_include_deleted_shows_only_or_with(desk: Desk, resource: str, path: str) -> None:
    fill_and_delete(desk, resource)
    assert desk.ids(path, project_id=5) == [1]
    assert desk.ids(path, project_id=5, **{"filters[include_deleted]": "with"}) == [1, 2]
    rows = desk.caller.get(path, {"project_id": 5, "filters[include_deleted]": "only"}).json
    assert [(row["id"], row["deleted_at"]) for row in rows] == [(2, "2026-03-31T00:00:00Z")]


def test_drawing_revisions_have_a_deleted_filter_of_their_own(desk: Desk) -> None:
    fill_and_delete(desk, "drawing_revisions")
    path = f"{P}/drawing_revisions"
    assert desk.ids(path) == [1]
    assert desk.ids(path, **{"filters[deleted]": "only"}) == [2]
    assert desk.ids(path, **{"filters[deleted]": "with"}) == [1, 2]


def test_documents_in_the_recycle_bin_are_asked_for(desk: Desk) -> None:
    fill_and_delete(desk, "documents")
    path = f"{P}/documents"
    assert desk.ids(path) == [1]
    assert desk.ids(path, **{"filters[is_in_recycle_bin]": "false"}) == [1]
    rows = desk.caller.get(path, {"filters[is_in_recycle_bin]": "true"}).json
    assert [(row["id"], row["is_recycle_bin"]) for row in rows] == [(2, True)]


@pytest.mark.parametrize(
    ("resource", "main", "recycled", "single"),
    [
        ("rfis", f"{P}/rfis", f"{P}/rfis/recycle_bin", f"{P}/rfis/2"),
        ("submittals", f"{P}/submittals", f"{P}/submittals/recycle_bin", f"{P}/submittals/2"),
        (
            "observations",
            "/rest/v1.0/observations/items",
            f"{P}/recycle_bin/observations/items",
            "/rest/v1.0/observations/items/2",
        ),
    ],
)
def test_recycle_bins(desk: Desk, resource: str, main: str, recycled: str, single: str) -> None:
    if resource != "rfis":
        desk.state.insert(resource, {"id": 2, "title": "x"}, project_id=5)
    desk.state.delete(resource, 2)
    assert 2 not in desk.ids(main, project_id=5)
    assert desk.ids(recycled) == [2]
    assert desk.ids(recycled, **updated("2026-03-31...2026-04-01")) == [2]
    assert desk.ids(recycled, **updated("2026-03-01...2026-03-02")) == []
    assert desk.caller.get(single, {"project_id": 5}).status == 404
    desk.state.restore(resource, 2)
    assert desk.ids(recycled) == []
    assert desk.caller.get(single, {"project_id": 5}).status == 200


def test_a_list_follows_changes_between_its_pages(desk: Desk) -> None:
    page = desk.caller.get(f"{P}/rfis", {"per_page": 100})
    desk.state.delete("rfis", 1)
    rest = desk.caller.every(page.links["next"])
    assert rest[0]["id"] == 102, "the row that moved up to the first page is missed, as it would be"
    assert len(rest) == 149


def test_hundred_thousand_rows_are_walked_and_filtered(desk: Desk) -> None:
    desk.state.insert("projects", {"id": 9})
    for number in range(100_000):
        desk.state.insert("tasks", {"name": f"Task {number}"}, project_id=9)
    page = desk.caller.get("/rest/v1.0/tasks", {"project_id": 9, "per_page": 1000, "page": 100})
    assert (page.headers["Total"], len(page.json)) == ("100000", 1000)
    assert page.json[-1]["name"] == "Task 99999"
