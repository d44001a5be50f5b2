"""Schedules, classic and new.

A project uses one of the two; each has a tool name of its own, so that the refusal of one does not silence
the other.
"""

from __future__ import annotations

from tiebeam.connectors.procore.catalog.notation import P10, P20, PROJECT, V10, columns
from tiebeam.connectors.streams import (
    Envelope,
    Listing,
    Means,
    Phase,
    Priority,
    ReadMode,
    Stream,
    TimeFilter,
)

PROJECT_SCHEDULE = Stream(
    name="procore.project_schedule",
    title="Schedule settings",
    listings=(Listing(f"{P10}/schedule", per_page=None, envelope=Envelope.SINGLE),),
    mode=ReadMode.FULL,
    phase=Phase.SCHEDULES,
    priority=Priority.LOW,
    interval_minutes=60,
    scope=("project_id",),
    parent="procore.projects",
    tool="schedule",
    # The answer describes a project and has no id of its own.
    key="project.id",
    vendor_time="schedule_tasks_last_updated_at",
    volatile=("project.logo_url", "office.logo.url"),
    columns=columns(
        "project_id=project.id:bigint type=type.key p6_id=type.p6_id data_date:timestamptz"
        " lookahead_data_date:timestamptz schedule_present:boolean schedule_processing:boolean"
        " tasks_updated_at=schedule_tasks_last_updated_at:timestamptz"
        " edited_manually=schedule_tasks_edited_manually:boolean uploaded_at:timestamptz"
    ),
)

TASKS = Stream(
    name="procore.tasks",
    title="Schedule tasks",
    listings=(Listing(f"{V10}/tasks", PROJECT, time_filter=TimeFilter.RANGE),),
    mode=ReadMode.INCREMENTAL,
    phase=Phase.SCHEDULES,
    priority=Priority.LOW,
    interval_minutes=60,
    scope=("project_id",),
    parent="procore.projects",
    tool="schedule",
    columns=columns(
        "id:bigint name task_name key activity_id source_uid wbs start_datetime:timestamptz"
        " finish_datetime:timestamptz actual_start:timestamptz actual_finish:timestamptz"
        " baseline_start:timestamptz baseline_finish:timestamptz schedule_duration:numeric"
        " start_variance:numeric finish_variance:numeric percentage:numeric milestone:boolean"
        " critical_path:boolean has_children:boolean parent_id:bigint row_number:bigint"
        " full_outline_path resource_name resource_ids:jsonb notes created_at:timestamptz"
        " updated_at:timestamptz"
    ),
)

SCHEDULES = Stream(
    name="procore.schedules",
    title="Schedules",
    listings=(
        Listing(
            f"{P20}/schedules",
            means=Means.FLAGGED,
            per_page=100,
            envelope=Envelope.DATA,
            time_filter=TimeFilter.AFTER,
        ),
    ),
    mode=ReadMode.INCREMENTAL,
    phase=Phase.SCHEDULES,
    priority=Priority.LOW,
    interval_minutes=60,
    scope=("project_id",),
    parent="procore.projects",
    tool="schedule_v2",
    key="schedule_id",
    deleted_field="deleted_at",
    columns=columns(
        "schedule_id schedule_name schedule_type is_active:boolean data_date:timestamptz"
        " start_date:timestamptz calendar_id parent_schedule_id deleted_at:timestamptz"
        " created_at:timestamptz updated_at:timestamptz"
    ),
)

ACTIVITIES = Stream(
    name="procore.activities",
    title="Schedule activities",
    listings=(
        Listing(
            f"{P20}/schedules/{{schedule_id}}/activities",
            per_page=100,
            envelope=Envelope.DATA,
            time_filter=TimeFilter.AFTER,
        ),
    ),
    mode=ReadMode.INCREMENTAL,
    phase=Phase.SCHEDULES,
    priority=Priority.LOW,
    interval_minutes=60,
    scope=("project_id", "schedule_id"),
    parent="procore.schedules",
    tool="schedule_v2",
    key="activity_id",
    columns=columns(
        "activity_id activity_name start_date:timestamptz finish_date:timestamptz duration:numeric"
        " duration_unit percent_complete:numeric parent_id ordered_parent_index:bigint constraint_type"
        " constraint_date:timestamptz deadline_date:timestamptz deadline_variance:bigint assigned_company"
        " crew_size:bigint calendar_id is_critical:boolean total_float:numeric notes category_data:jsonb"
        " resource_data:jsonb created_at:timestamptz updated_at:timestamptz"
    ),
)

ACTIVITY_LINKS = Stream(
    name="procore.activity_links",
    title="Schedule links",
    listings=(
        Listing(
            f"{P20}/schedules/{{schedule_id}}/activity_links",
            per_page=100,
            envelope=Envelope.DATA,
            time_filter=TimeFilter.AFTER,
        ),
    ),
    mode=ReadMode.INCREMENTAL,
    phase=Phase.SCHEDULES,
    priority=Priority.LOW,
    interval_minutes=60,
    scope=("project_id", "schedule_id"),
    parent="procore.schedules",
    tool="schedule_v2",
    columns=columns(
        "id from_activity to_activity relationship_type lag:numeric lag_unit active:boolean"
        " created_at:timestamptz updated_at:timestamptz"
    ),
)

STREAMS = (PROJECT_SCHEDULE, TASKS, SCHEDULES, ACTIVITIES, ACTIVITY_LINKS)
