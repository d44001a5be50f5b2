from __future__ import annotations

import re
from collections import Counter

import pytest

from tiebeam.connectors.procore.catalog.daily import LOGS
from tiebeam.connectors.procore.catalog.notation import columns
from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.connectors.streams import Absence, Column, Means, Priority, ReadMode, Stream, TimeFilter
from tiebeam.kernel.paths import drop, parse_path

BY_NAME = {stream.name: stream for stream in STREAMS}
TYPES = {"text", "bigint", "boolean", "date", "timestamptz", "numeric", "jsonb"}

R1 = {
    "procore.projects": (60, Priority.LOW),
    "procore.submittals": (5, Priority.HIGH),
    "procore.rfis": (5, Priority.HIGH),
    "procore.drawing_revisions": (30, Priority.MEDIUM),
    "procore.drawing_sets": (30, Priority.MEDIUM),
    "procore.drawing_areas": (30, Priority.MEDIUM),
    "procore.drawing_disciplines": (30, Priority.MEDIUM),
    "procore.manpower_logs": (15, Priority.MEDIUM),
    "procore.daily_log_headers": (15, Priority.MEDIUM),
    "procore.meetings": (30, Priority.LOW),
    "procore.potential_change_orders": (15, Priority.MEDIUM),
    "procore.change_order_requests": (15, Priority.MEDIUM),
    "procore.change_order_packages": (15, Priority.MEDIUM),
    "procore.change_events": (15, Priority.MEDIUM),
    "procore.images": (30, Priority.LOW),
    "procore.image_categories": (30, Priority.LOW),
    "procore.documents": (30, Priority.LOW),
    "procore.companies": (60, Priority.LOW),
    "procore.vendors": (60, Priority.LOW),
    "procore.users": (60, Priority.LOW),
    "procore.people": (60, Priority.LOW),
    "procore.project_people": (60, Priority.LOW),
    "procore.specification_sections": (60, Priority.LOW),
    "procore.specification_section_revisions": (60, Priority.LOW),
    "procore.tasks": (60, Priority.LOW),
    "procore.schedules": (60, Priority.LOW),
    "procore.activities": (60, Priority.LOW),
    "procore.activity_links": (60, Priority.LOW),
    "procore.observations": (15, Priority.MEDIUM),
    "procore.cost_codes": (60, Priority.LOW),
    "procore.wbs_codes": (60, Priority.LOW),
}


@pytest.mark.req("R1")
@pytest.mark.parametrize(("name", "expected"), R1.items())
def test_each_entity_has_its_interval_and_priority(name: str, expected: tuple[int, Priority]) -> None:
    stream = BY_NAME[name]
    assert (stream.interval_minutes, stream.priority) == expected


def test_names_are_unique_and_so_are_the_columns_of_a_view() -> None:
    assert [name for name, times in Counter(s.name for s in STREAMS).items() if times > 1] == []
    for stream in STREAMS:
        repeated = [n for n, times in Counter(c.name for c in stream.columns).items() if times > 1]
        assert repeated == [], stream.name


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_a_stream_is_coherent(stream: Stream) -> None:
    assert stream.columns
    assert {column.type for column in stream.columns} <= TYPES
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", column.name) for column in stream.columns)
    assert (stream.parent is None) == (not stream.scope)
    for listing in stream.listings:
        given = {"company_id", *stream.scope}
        asked = set(re.findall(r"{(\w+)}", "".join([listing.path, *listing.params.values()])))
        assert asked <= given
        assert set(stream.scope) <= asked, "the scope narrows the listing"
    if stream.mode is ReadMode.INCREMENTAL:
        assert stream.listings[0].time_filter is not TimeFilter.NONE
        assert stream.vendor_time
    flagged = any(listing.means is Means.FLAGGED for listing in stream.listings)
    assert flagged == (stream.deleted_field is not None)
    for path in stream.volatile:
        assert parse_path(path)


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_parents_come_before_their_children(stream: Stream) -> None:
    if stream.parent:
        parent = BY_NAME[stream.parent]
        assert STREAMS.index(parent) < STREAMS.index(stream)
        assert (*parent.scope, stream.scope[-1]) == stream.scope


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_what_lies_in_a_project_names_its_tool(stream: Stream) -> None:
    assert bool(stream.tool) == (stream.name not in ("procore.companies", "procore.projects"))


def test_a_recycle_bin_means_that_absence_proves_nothing() -> None:
    for stream in STREAMS:
        if any(listing.means is Means.DELETED for listing in stream.listings):
            assert stream.absence is Absence.HIDDEN, stream.name
    assert BY_NAME["procore.projects"].absence is Absence.HIDDEN


def test_there_are_nineteen_kinds_of_daily_log_in_one_family() -> None:
    assert len(LOGS) == 19
    assert {stream.family for stream in LOGS} == {"daily_logs"}
    members = {stream.family_member for stream in LOGS}
    assert {"accident_log", "timecard_entry", "daily_construction_report_log"} < members
    assert all(stream.day_field and stream.mode is ReadMode.WINDOW for stream in LOGS)
    pending = {s.name for s in LOGS if s.listings[0].params.get("filters[status]") == "all"}
    kinds = ("manpower", "notes", "delivery", "daily_construction_report", "weather")
    assert pending == {f"procore.{kind}_logs" for kind in kinds}


def test_page_sizes_keep_to_what_was_measured() -> None:
    assert BY_NAME["procore.projects"].listings[0].per_page == 300
    for stream in STREAMS:
        for listing in stream.listings:
            if listing.path.startswith("/rest/v2"):
                assert listing.per_page == 100
    assert BY_NAME["procore.specification_sections"].listings[0].per_page is None
    assert BY_NAME["procore.plan_revision_logs"].listings[0].per_page is None


@pytest.mark.req("R2")
@pytest.mark.parametrize(
    ("name", "row"),
    [
        (
            "procore.rfis",
            {
                "id": 1,
                "questions": [
                    {"attachments": [{"id": 2, "url": "x"}], "answers": [{"attachments": [{"url": "y"}]}]}
                ],
            },
        ),
        (
            "procore.submittals",
            {
                "id": 1,
                "associated_attachments": [{"url": "x"}],
                "approvers": [{"associated_attachments": [{"url": "x"}], "attachments": [{"url": "x"}]}],
                "last_distributed_submittal": {
                    "distributed_attachments": [{"url": "x"}],
                    "distributed_responses": [{"distributed_attachments": [{"url": "x"}]}],
                },
                "submittal_package": {"attachments": [{"url": "x"}]},
            },
        ),
        ("procore.documents", {"file": {"current_version": {"url": "x", "prostore_file": {"url": "y"}}}}),
        ("procore.images", {"url": "x", "thumbnail_url": "y"}),
        ("procore.drawing_revisions", {"pdf_url": "x", "activity_stream_last_viewed_at": "now"}),
        (
            "procore.meetings",
            {
                "attachments": [{"url": "x"}],
                "meeting_categories": [
                    {"meeting_topic": [{"attachments": [{"url": "x"}], "download_all_url": "y"}]}
                ],
            },
        ),
    ],
)
def test_no_signed_url_is_left_to_be_hashed(name: str, row: dict[str, object]) -> None:
    left = str(drop(row, BY_NAME[name].volatile))
    assert "url" not in left
    assert "last_viewed" not in left


def test_what_a_person_does_is_content_although_it_changes_often() -> None:
    assert "last_login_at" not in BY_NAME["procore.users"].volatile


def test_the_notation_reads_names_paths_and_types() -> None:
    assert columns("id:bigint name manager=rfi_manager.name at=created_at:timestamptz") == (
        Column("id", "id", "bigint"),
        Column("name", "name", "text"),
        Column("manager", "rfi_manager.name", "text"),
        Column("at", "created_at", "timestamptz"),
    )
