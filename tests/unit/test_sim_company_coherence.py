from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.factories.sim_company import START, all_rows, company

from tiebeam.simulators.company.life import LIFE_MIX, Life
from tiebeam.simulators.company.size import REFERENCE, Size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.company.company import Company

# An object (or an id) under one of these names is a record of one of these resources.
OBJECTS: dict[str, tuple[str, ...]] = {
    "vendor": ("vendors",),
    "responsible_contractor": ("vendors",),
    "contractor": ("vendors",),
    "architect": ("vendors",),
    "location": ("locations",),
    "cost_code": ("cost_codes",),
    "wbs_code": ("wbs_codes",),
    "specification_section": ("specification_sections",),
    "submittal_package": ("submittal_packages",),
    "scheduled_task": ("tasks",),
    "drawing_set": ("drawing_sets",),
    "drawing_area": ("drawing_areas",),
    "discipline": ("drawing_disciplines",),
    "current_revision": ("drawing_revisions",),
    "contract": ("prime_contracts",),
    "prime_contract_for_estimates": ("prime_contracts",),
    "rfi": ("rfis",),
    "party": ("people",),
    "company": ("companies",),
}
IDS: dict[str, tuple[str, ...]] = {
    "user_id": ("users",),
    "created_by_id": ("users",),
    "location_id": ("locations",),
    "specification_section_id": ("specification_sections",),
    "specification_section_division_id": ("specification_section_divisions",),
    "specification_set_id": ("specification_sets",),
    "current_revision_id": ("specification_section_revisions",),
    "submittal_ids": ("submittals",),
    "drawing_id": ("drawings",),
    "drawing_discipline_id": ("drawing_disciplines",),
    "image_category_id": ("image_categories",),
    "daily_log_header_id": ("daily_log_headers",),
    "item_id": ("observations",),
    "contract_id": ("prime_contracts",),
    "prime_change_event_id": ("change_events",),
    "event_id": ("change_events",),
    "change_order_request_id": ("change_order_requests",),
    "change_order_package_id": ("change_order_packages",),
    "cost_code_id": ("cost_codes",),
    "task_id": ("tasks",),
    "from_activity": ("activities",),
    "to_activity": ("activities",),
    "project_id": ("projects",),
    "project_ids": ("projects",),
}
PARENTS = {"tasks": "tasks", "activities": "activities", "documents": "documents", "meetings": "meetings"}


def references(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        if set(value) >= {"id", "login", "name"}:
            yield "person", value["id"]
        elif name in OBJECTS and value.get("id") is not None:
            yield name, value["id"]
        for key, inner in value.items():
            yield from references(key, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(name, inner)
    elif name in IDS and value is not None:
        yield name, value


def dangling(built: Company) -> list[str]:
    tables = built.state.tables
    found = []
    for resource, row in all_rows(built):
        mentioned = list(references("", {key: value for key, value in row.fields.items() if key != "id"}))
        if resource in PARENTS and row.fields["parent_id"] is not None:
            mentioned.append((resource, row.fields["parent_id"]))
        for name, record_id in mentioned:
            among = {**OBJECTS, **IDS, "person": ("users", "people")}.get(name, (PARENTS.get(name, name),))
            if not any(tables[each].find(record_id) for each in among):
                found.append(f"{resource} {row.id}: {name} {record_id}")
    return found


@pytest.fixture(scope="module")
def reference() -> Company:
    return company(size=REFERENCE)


def test_every_record_named_by_another_exists(reference: Company) -> None:
    assert dangling(reference) == []


def test_the_search_for_dangling_references_finds_one() -> None:
    built = company(size=REFERENCE)
    rfi = built.state.rows("rfis")[0]
    built.state.update("rfis", rfi["id"], {"responsible_contractor": {"id": 1, "name": "Nobody"}})
    assert dangling(built) == [f"rfis {rfi['id']}: responsible_contractor 1"]


def test_enough_references_are_looked_at(reference: Company) -> None:
    looked_at = {name for _, row in all_rows(reference) for name, _ in references("", row.fields)}
    assert {"person", *OBJECTS, *IDS} - looked_at == set()


def test_everything_still_exists_after_half_a_year_of_life() -> None:
    mix = {**LIFE_MIX, "toggle": 0.5, "hide": 0.5, "show": 0.4, "retire": 0.5, "purge": 2.0}
    built = company(5, Size.of(projects=6, items=1500), life=Life(mix=mix, rate_multiplier=0.5))
    changes = built.live_until(START + timedelta(days=180))
    assert len(changes) > 1500
    assert dangling(built) == []


def test_records_name_only_who_belongs_to_their_project(reference: Company) -> None:
    state = reference.state
    for site in reference.sites:
        enrolled = {row["id"] for row in state.rows("project_vendors", project_id=site.project_id)}
        for kind in ("rfis", "submittals", "manpower_logs", "notes_logs"):
            for fields in state.rows(kind, project_id=site.project_id):
                firm = fields.get("responsible_contractor") or fields.get("vendor")
                assert firm is not None
                assert firm["id"] in enrolled


def test_nothing_refers_to_what_came_later(reference: Company) -> None:
    state = reference.state
    for event in state.rows("change_events"):
        if event["rfi"]:
            assert state.get("rfis", event["rfi"]["id"])["created_at"] <= event["created_at"]
    for order in state.rows("potential_change_orders"):
        if order["prime_change_event_id"]:
            assert (
                state.get("change_events", order["prime_change_event_id"])["created_at"]
                <= order["created_at"]
            )
        if order["change_order_request_id"]:
            request = state.get("change_order_requests", order["change_order_request_id"])
            assert order["created_at"] <= request["created_at"]
    for reply in state.tables["rfi_replies"].everything:
        assert state.get("rfis", reply.parent_id or 0)["created_at"] <= reply.fields["created_at"]


def test_each_drawing_has_one_current_revision_and_shows_it(reference: Company) -> None:
    current: dict[Any, list[Any]] = {}
    for revision in reference.state.rows("drawing_revisions"):
        current.setdefault(revision["drawing_id"], []).extend([revision["id"]] * revision["current"])
    drawings = reference.state.rows("drawings")
    assert len(drawings) == len(current)
    for drawing in drawings:
        assert current[drawing["id"]] == [drawing["current_revision"]["id"]]


def test_counters_agree_with_what_they_count(reference: Company) -> None:
    state = reference.state
    for area in state.tables["drawing_areas"].everything:
        assert area.fields["drawings_count"] == len(state.rows("drawings", parent_id=area.id))
    for meeting in state.rows("meetings"):
        topics = [topic for category in meeting["meeting_categories"] for topic in category["meeting_topic"]]
        assert meeting["meeting_topics_count"] == len(topics)
    for album in state.tables["image_categories"].everything:
        images = state.rows("images", project_id=album.project_id)
        assert album.fields["count"] == sum(image["image_category_id"] == album.id for image in images)


def test_a_closed_submittal_was_answered_by_its_whole_chain(reference: Company) -> None:
    submittals = reference.state.rows("submittals")
    closed = [each for each in submittals if each["closed_at"]]
    assert closed
    assert len(closed) < len(submittals)
    for submittal in closed:
        assert all(approver["returned_date"] for approver in submittal["approvers"])
        assert submittal["status"]["status"] == "Closed"


def test_ids_inside_records_are_never_used_twice(reference: Company) -> None:
    seen: set[int] = set()
    for rfi in reference.state.rows("rfis"):
        for question in rfi["questions"]:
            assert question["id"] not in seen
            seen.add(question["id"])
    for submittal in reference.state.rows("submittals"):
        for approver in submittal["approvers"]:
            assert approver["id"] not in seen
            seen.add(approver["id"])
    assert min(seen) > 2**32
