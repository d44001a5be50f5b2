"""The kinds of records the simulator keeps, and what sets each apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scope = Literal["company", "project", "parent"]
Deletion = Literal[
    "bin",
    "include_deleted",
    "deleted_filter",
    "deleted_only",
    "is_in_recycle_bin",
    "deleted_at",
    "inactive",
    "gone",
    "hard",
]

DAILY_LOG_KINDS = (
    "accident_logs",
    "call_logs",
    "daily_construction_report_logs",
    "delay_logs",
    "delivery_logs",
    "dumpster_logs",
    "equipment_logs",
    "inspection_logs",
    "manpower_logs",
    "notes_logs",
    "plan_revision_logs",
    "productivity_logs",
    "quantity_logs",
    "safety_violation_logs",
    "visitor_logs",
    "waste_logs",
    "weather_logs",
    "work_logs",
    "timecard_entries",
)


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of record.

    `deletion` says how a deleted record shows: `bin`, in a recycle bin; `include_deleted`, `deleted_filter`,
    `deleted_only` and `is_in_recycle_bin`, when the list is asked with that parameter; `deleted_at`, still in
    the list with that field set; `inactive`, in a list of inactive ones; `gone`, nowhere, though it can be
    restored; `hard`, nowhere and for ever.
    `marks` are the fields that deletion sets (a moment when the name ends in `_at`, else true) and restoring
    clears; `signed` the top-level fields that a read fills with a signed URL; `read_stamps` the fields that a
    read fills with its own moment; `detail_only` the fields that a list leaves out.
    """

    name: str
    scope: Scope = "project"
    tool: str | None = None
    deletion: Deletion = "hard"
    marks: tuple[str, ...] = ()
    string_ids: bool = False
    first_id: int = 1
    id_field: str = "id"
    has_created_at: bool = True
    has_updated_at: bool = True
    touches_parent: str | None = None
    membership: bool = False
    detail_only: tuple[str, ...] = ()
    signed: tuple[str, ...] = ()
    read_stamps: tuple[str, ...] = ()


# Real tenants show ids of this size, well beyond 32 bits and within what a double holds exactly.
_WIDE = 2**49


def _wide(step: int) -> int:
    return _WIDE + step * 10_000_000 + 1


_DIRECTORY = (
    Resource("companies", "company", first_id=_wide(0), has_updated_at=False, has_created_at=False),
    Resource("projects", "company", deletion="inactive", marks=(), first_id=_wide(1)),
    Resource("vendors", "company", "directory", "inactive", first_id=_wide(2)),
    Resource("users", "company", "directory", "inactive", first_id=_wide(3)),
    Resource("people", "company", "directory", "inactive", first_id=_wide(4), has_created_at=False),
    Resource("project_vendors", "project", "directory", first_id=_wide(2), membership=True),
    Resource("project_users", "project", "directory", first_id=_wide(3), membership=True),
    Resource("project_people", "project", "directory", first_id=_wide(4), membership=True),
    Resource("locations", "project", first_id=8_100_001),
    Resource("cost_codes", "project", first_id=8_200_001),
    Resource("wbs_codes", "project", first_id=_wide(5)),
)

_CORRESPONDENCE = (
    Resource(
        "rfis",
        tool="rfis",
        deletion="bin",
        marks=("deleted", "deleted_at"),
        first_id=_wide(6),
        detail_only=("drawing_ids", "distribution_list", "specification_section"),
    ),
    Resource("rfi_replies", "parent", "rfis", first_id=_wide(7), touches_parent="rfis"),
    Resource(
        "submittals",
        tool="submittals",
        deletion="bin",
        first_id=_wide(8),
        detail_only=(
            "attachments",
            "distributed_submittals",
            "internal_review_time",
            "design_team_review_time",
            "confirmed_delivery_date",
        ),
    ),
    Resource("submittal_packages", tool="submittals", first_id=9_100_001),
    Resource("submittal_statuses", "company", "submittals", first_id=9_200_001),
    Resource("submittal_types", "company", "submittals", first_id=9_300_001),
    Resource(
        "meetings",
        tool="meetings",
        deletion="deleted_only",
        first_id=7_100_001,
        detail_only=("attendees", "attachments", "conclusion", "minutes", "meeting_categories"),
    ),
    Resource(
        "observations",
        tool="observations",
        deletion="bin",
        marks=("deleted_at",),
        first_id=_wide(9),
        detail_only=("attachments", "distribution_members", "hazard", "contributing_behavior"),
    ),
    Resource(
        "observation_response_logs",
        "parent",
        "observations",
        first_id=_wide(10),
        touches_parent="observations",
    ),
)

_PAPER = (
    Resource("drawing_areas", tool="drawings", first_id=6_100_001, has_created_at=False),
    Resource("drawing_sets", tool="drawings", first_id=6_200_001, has_created_at=False, has_updated_at=False),
    Resource(
        "drawing_disciplines",
        tool="drawings",
        first_id=6_300_001,
        has_created_at=False,
        has_updated_at=False,
    ),
    Resource(
        "drawing_revisions",
        tool="drawings",
        deletion="deleted_filter",
        marks=("deleted_at",),
        first_id=_wide(11),
        has_created_at=False,
        signed=("pdf_url", "png_url", "thumbnail_url", "large_thumbnail_url", "zip_url"),
        read_stamps=("activity_stream_last_viewed_at",),
    ),
    Resource("drawings", "parent", "drawings", first_id=_wide(12)),
    Resource(
        "images",
        tool="photos",
        deletion="gone",
        first_id=_wide(13),
        signed=("url", "thumbnail_url"),
    ),
    Resource("image_categories", tool="photos", first_id=5_100_001),
    Resource(
        "documents",
        tool="documents",
        deletion="is_in_recycle_bin",
        marks=("is_recycle_bin",),
        first_id=_wide(14),
    ),
    Resource("specification_sections", tool="specifications", first_id=4_100_001, has_updated_at=False),
    Resource(
        "specification_section_divisions",
        tool="specifications",
        first_id=4_200_001,
        has_created_at=False,
        has_updated_at=False,
    ),
    Resource(
        "specification_section_revisions",
        "parent",
        "specifications",
        first_id=_wide(15),
        signed=("url",),
    ),
    Resource("specification_sets", tool="specifications", first_id=4_300_001, has_updated_at=False),
)

_MONEY = (
    Resource(
        "prime_contracts",
        tool="prime_contracts",
        deletion="include_deleted",
        marks=("deleted_at",),
        first_id=_wide(16),
        detail_only=("attachments", "line_items"),
    ),
    Resource(
        "potential_change_orders",
        tool="prime_contracts",
        deletion="include_deleted",
        marks=("deleted_at",),
        first_id=_wide(17),
        detail_only=("attachments",),
    ),
    Resource(
        "potential_change_order_line_items",
        "parent",
        "prime_contracts",
        first_id=_wide(22),
        touches_parent="potential_change_orders",
    ),
    Resource(
        "change_order_requests",
        tool="prime_contracts",
        deletion="gone",
        marks=("deleted_at",),
        first_id=_wide(18),
        detail_only=("attachments",),
    ),
    Resource(
        "change_order_packages",
        tool="prime_contracts",
        deletion="include_deleted",
        marks=("deleted_at",),
        first_id=_wide(19),
        detail_only=("attachments",),
    ),
    Resource(
        "change_events",
        tool="change_events",
        deletion="include_deleted",
        marks=("in_recycle_bin", "deleted_at"),
        first_id=_wide(20),
        detail_only=("attachments",),
    ),
)

# Lists show no deleted entries here, though they can be restored: what the real ones do is not documented.
_TICKETS = (
    Resource(
        "time_and_material_entries",
        tool="time_and_materials",
        deletion="gone",
        marks=("deleted_at",),
        first_id=_wide(60),
    ),
    *(
        Resource(name, tool="time_and_materials", first_id=_wide(step))
        for step, name in enumerate(
            ("time_and_material_timecards", "time_and_material_equipment_logs", "materials"), 61
        )
    ),
    Resource(
        "time_and_material_entry_attachments",
        tool="time_and_materials",
        first_id=_wide(64),
        has_created_at=False,
        has_updated_at=False,
    ),
    Resource(
        "time_and_material_signatures",
        tool="time_and_materials",
        first_id=_wide(65),
        has_updated_at=False,
        signed=("url", "medium_thumbnail_url", "large_thumbnail_url"),
    ),
)

_SCHEDULE = (
    Resource("tasks", tool="schedule", first_id=_wide(21)),
    Resource(
        "schedules",
        tool="schedule",
        deletion="deleted_at",
        marks=("deleted_at",),
        string_ids=True,
        id_field="schedule_id",
    ),
    Resource("activities", "parent", "schedule", string_ids=True, id_field="activity_id"),
    Resource("activity_links", "parent", "schedule", string_ids=True),
)

_LOGS = (
    *(Resource(kind, tool="daily_log", first_id=_wide(30 + i)) for i, kind in enumerate(DAILY_LOG_KINDS)),
    Resource("daily_log_headers", tool="daily_log", first_id=3_100_001),
)

RESOURCES: dict[str, Resource] = {
    resource.name: resource
    for resource in (*_DIRECTORY, *_CORRESPONDENCE, *_PAPER, *_MONEY, *_TICKETS, *_SCHEDULE, *_LOGS)
}

TOOLS = tuple(sorted({resource.tool for resource in RESOURCES.values() if resource.tool}))
