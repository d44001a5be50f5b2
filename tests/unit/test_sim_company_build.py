from __future__ import annotations

import json
import re
import statistics
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.factories.sim_company import COMPANY_ID, START, all_rows, company, fingerprint, items_by_project

from tiebeam.simulators.company.build import build_company
from tiebeam.simulators.company.size import REFERENCE, SMALL, TINY, Size
from tiebeam.simulators.procore.resources import RESOURCES
from tiebeam.simulators.procore.state import ProcoreState

if TYPE_CHECKING:
    from tiebeam.simulators.company.company import Company


@pytest.fixture(scope="module")
def reference() -> Company:
    return company(size=REFERENCE)


def test_the_same_seed_gives_the_same_company() -> None:
    assert fingerprint(company(3, SMALL)) == fingerprint(company(3, SMALL))


def test_another_seed_gives_another_company() -> None:
    assert fingerprint(company(3, SMALL)) != fingerprint(company(4, SMALL))


@pytest.mark.parametrize("size", [TINY, SMALL, REFERENCE, Size.of(projects=7, items=9_000)])
def test_a_company_is_as_large_as_asked(size: Size) -> None:
    counts = items_by_project(company(size=size))
    assert len(counts) == size.projects
    assert 0.85 * size.items <= sum(counts.values()) <= 1.15 * size.items + 10 * size.projects


def test_few_projects_have_most_of_the_paper(reference: Company) -> None:
    counts = sorted(items_by_project(reference).values())
    assert counts[-1] > 2 * statistics.median(counts)


@pytest.mark.req("R12")
def test_the_reference_company_has_every_kind_of_record(reference: Company) -> None:
    empty = {name for name, table in reference.state.tables.items() if not len(table.everything)}
    # T&M tickets come from those who write to the simulator; the company keeps none of its own.
    assert {name for name in empty if not name.startswith(("time_and_material_", "materials"))} == set()


def test_most_projects_go_back_two_to_six_months_and_none_beyond_a_year(reference: Company) -> None:
    days = [(START.date() - job.first_day).days for job in reference.jobs]
    assert max(days) <= 368
    assert sum(60 <= each <= 190 for each in days) > len(days) / 2


def test_job_numbers_name_year_and_operations(reference: Company) -> None:
    numbers = [job.number for job in reference.jobs]
    assert len(set(numbers)) == len(numbers)
    assert all(re.fullmatch(r"\d{2}-1-\d{3}", number) for number in numbers)
    for job in reference.jobs:
        assert reference.state.get("projects", job.project_id)["project_number"] == job.number
        assert job.contract_value > 0
        assert job.crew_sizes
        assert job.estimator.firm is reference.cast.own


def test_a_project_has_the_classic_schedule_or_the_new_one(reference: Company) -> None:
    state, kinds = reference.state, []
    for site in reference.sites:
        classic = bool(state.rows("tasks", project_id=site.project_id))
        new = bool(state.rows("schedules", project_id=site.project_id))
        assert not (classic and new)
        kinds.append((classic, new))
    assert 0.25 <= kinds.count((True, False)) / len(kinds) <= 0.75


def test_some_tools_are_off_and_some_projects_inactive(reference: Company) -> None:
    state = reference.state
    off = [
        site
        for site in reference.sites
        if any(not state.tool_enabled(site.project_id, tool) for tool in tools())
    ]
    assert 0 < len(off) < len(reference.sites)
    inactive = {site.project_id for site in reference.sites if not site.job.active}
    assert len(inactive) == 2
    assert {row["id"] for row in state.rows("projects", deleted=True)} == inactive


def test_a_tool_that_is_off_holds_no_paper(reference: Company) -> None:
    for site in reference.sites:
        for name, resource in RESOURCES.items():
            if resource.tool in {"observations", "meetings", "change_events", "submittals"}:
                rows = reference.state.rows(name, project_id=site.project_id)
                assert not rows or reference.state.tool_enabled(site.project_id, resource.tool)


def tools() -> set[str]:
    return {resource.tool for resource in RESOURCES.values() if resource.tool}


def test_the_service_account_may_be_kept_out() -> None:
    built = company(size=SMALL, forbidden_projects=1)
    kept_out = [site for site in built.sites if not built.state.project_permitted(site.project_id)]
    assert len(kept_out) == 1
    assert kept_out[0].job.active


def test_nobody_is_kept_out_unless_asked() -> None:
    built = company(size=SMALL)
    assert all(built.state.project_permitted(site.project_id) for site in built.sites)


def test_an_existing_company_is_kept() -> None:
    state = ProcoreState(COMPANY_ID, lambda: START, 1)
    state.insert("companies", {"id": COMPANY_ID, "name": "There before"})
    build_company(state, seed=1, size=TINY, start=START)
    assert state.get("companies", COMPANY_ID)["name"] == "There before"


def test_a_naive_start_is_refused() -> None:
    state = ProcoreState(COMPANY_ID, lambda: START, 1)
    with pytest.raises(ValueError, match="aware start"):
        build_company(state, seed=1, size=TINY, start=datetime(2026, 3, 2))  # noqa: DTZ001 - the fault tried


def test_sizes_have_names_and_numbers() -> None:
    assert Size.named("reference") == Size.of(projects=20, items=5000)
    with pytest.raises(ValueError, match="use tiny, small, reference"):
        Size.named("huge")
    with pytest.raises(ValueError, match="needs a project"):
        Size.of(projects=0, items=10)


def texts(built: Company) -> str:
    return json.dumps([row.fields for _, row in all_rows(built)], ensure_ascii=False)


@pytest.mark.parametrize("size", [TINY, SMALL, REFERENCE])
def test_four_byte_characters_occur_in_every_company(size: Size) -> None:
    characters = {letter for letter in texts(company(2, size)) if ord(letter) > 0xFFFF}
    assert characters


def test_awkward_data_occurs(reference: Company) -> None:
    rows = all_rows(reference)
    assert any(isinstance(row.id, int) and row.id > 2**32 for _, row in rows)
    assert any("updated_at" in row.fields and row.fields["updated_at"] is None for _, row in rows)
    assert any(
        str(row.fields.get("drawing_date")) < "1970" for name, row in rows if name == "drawing_revisions"
    )
    assert any(len(str(value)) > 20_000 for _, row in rows for value in row.fields.values())
    assert any("<script>" in str(row.fields) for _, row in rows)


def test_the_same_vendor_stands_in_several_projects(reference: Company) -> None:
    places: dict[object, set[int | None]] = {}
    for row in reference.state.tables["project_vendors"].everything:
        places.setdefault(row.id, set()).add(row.project_id)
    assert max(len(projects) for projects in places.values()) > 3


def test_nothing_lies_in_the_future(reference: Company) -> None:
    latest = START.strftime("%Y-%m-%dT%H:%M:%SZ")
    for name, row in all_rows(reference):
        created, updated = row.fields.get("created_at"), row.fields.get("updated_at")
        assert created is None or created <= latest, (name, row.fields)
        assert updated is None or updated <= latest, (name, row.fields)
        assert created is None or updated is None or created <= updated, (name, row.fields)


def test_a_log_is_written_about_a_working_day_of_its_project(reference: Company) -> None:
    for kind in (name for name, resource in RESOURCES.items() if resource.tool == "daily_log"):
        for row in reference.state.tables[kind].everything:
            text = row.fields["log_date"] if kind == "daily_log_headers" else row.fields["date"]
            day = datetime.fromisoformat(text).replace(tzinfo=UTC)
            assert day.weekday() < 5
            assert START - timedelta(days=370) < day < START


def test_order_totals_are_the_sums_of_their_lines(reference: Company) -> None:
    orders = reference.state.rows("potential_change_orders")
    assert orders
    for order in orders:
        lines = reference.state.rows("potential_change_order_line_items", parent_id=order["id"])
        cents = sum(round(float(line["total_amount"]) * 100) for line in lines)
        assert cents == round(float(order["grand_total"]) * 100)
