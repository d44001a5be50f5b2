"""RFIs, submittals, meetings and observations: what people ask, send, say and see."""

from __future__ import annotations

from tiebeam.connectors.procore.catalog.notation import P10, P11, PROJECT, V10, columns, signed
from tiebeam.connectors.streams import (
    Absence,
    Envelope,
    Listing,
    Means,
    Phase,
    Priority,
    ReadMode,
    Stream,
    TimeFilter,
)

RFIS = Stream(
    name="procore.rfis",
    title="RFIs",
    listings=(
        Listing(f"{P10}/rfis", time_filter=TimeFilter.RANGE),
        Listing(f"{P10}/rfis/recycle_bin", means=Means.DELETED, time_filter=TimeFilter.RANGE),
    ),
    mode=ReadMode.INCREMENTAL,
    phase=Phase.ACTIVE,
    priority=Priority.HIGH,
    interval_minutes=5,
    scope=("project_id",),
    parent="procore.projects",
    tool="rfis",
    # The list has the questions and no answers; the detail has both.
    detail=f"{P10}/rfis/{{id}}",
    volatile=(
        "activity_stream_last_viewed_at",
        *signed("questions[].attachments", "questions[].answers[].attachments", "attachments"),
    ),
    absence=Absence.HIDDEN,
    columns=columns(
        "id:bigint number full_number prefix subject status private:boolean due_date:date reference"
        " initiated_at:timestamptz time_resolved:timestamptz rfi_manager_id=rfi_manager.id:bigint"
        " rfi_manager=rfi_manager.name received_from_id=received_from.id:bigint"
        " received_from=received_from.name responsible_contractor_id=responsible_contractor.id:bigint"
        " responsible_contractor=responsible_contractor.name ball_in_court_id=ball_in_court.id:bigint"
        " ball_in_court=ball_in_court.name assignees:jsonb location=location.name"
        " cost_code=cost_code.name cost_impact_status=cost_impact.status"
        " cost_impact_value=cost_impact.value:numeric schedule_impact_status=schedule_impact.status"
        " schedule_impact_days=schedule_impact.value:numeric"
        " specification_section=specification_section.number questions:jsonb custom_fields:jsonb"
        " deleted_at:timestamptz created_at:timestamptz updated_at:timestamptz"
    ),
)

SUBMITTALS = Stream(
    name="procore.submittals",
    title="Submittals",
    # The list carries approvers, attachments and the last distribution: no detail call is needed.
    listings=(
        Listing(f"{P11}/submittals", time_filter=TimeFilter.RANGE),
        Listing(f"{P11}/submittals/recycle_bin", means=Means.DELETED, time_filter=TimeFilter.RANGE),
    ),
    mode=ReadMode.INCREMENTAL,
    phase=Phase.ACTIVE,
    priority=Priority.HIGH,
    interval_minutes=5,
    scope=("project_id",),
    parent="procore.projects",
    tool="submittals",
    volatile=signed(
        "attachments",
        "associated_attachments",
        "approvers[].attachments",
        "approvers[].associated_attachments",
        "last_distributed_submittal.distributed_attachments",
        "last_distributed_submittal.distributed_responses[].distributed_attachments",
        "submittal_package.attachments",
    ),
    absence=Absence.HIDDEN,
    columns=columns(
        "id:bigint number formatted_number revision current_revision:boolean title description"
        " status=status.name status_group=status.status type=type.name private:boolean due_date:date"
        " issue_date:date received_date:date submit_by:date required_on_site_date:date"
        " actual_delivery_date:date distributed_at:timestamptz closed_at:timestamptz lead_time:bigint"
        " submittal_manager_id=submittal_manager.id:bigint submittal_manager=submittal_manager.name"
        " responsible_contractor_id=responsible_contractor.id:bigint"
        " responsible_contractor=responsible_contractor.name received_from=received_from.name"
        " specification_section_id=specification_section.id:bigint"
        " specification_section=specification_section.number"
        " submittal_package_id=submittal_package.id:bigint submittal_package=submittal_package.title"
        " scheduled_task_id=scheduled_task.id:bigint cost_code_id:bigint location_id:bigint"
        " ball_in_court:jsonb approvers:jsonb custom_fields:jsonb created_at:timestamptz"
        " updated_at:timestamptz"
    ),
)

MEETINGS = Stream(
    name="procore.meetings",
    title="Meetings",
    listings=(
        Listing(f"{P11}/meetings", envelope=Envelope.GROUPS),
        Listing(f"{P11}/meetings", {"deleted_only": "true"}, means=Means.DELETED, envelope=Envelope.GROUPS),
    ),
    mode=ReadMode.FULL,
    phase=Phase.ACTIVE,
    priority=Priority.LOW,
    interval_minutes=30,
    scope=("project_id",),
    parent="procore.projects",
    tool="meetings",
    # Attendees, minutes and topics are in the detail alone.
    detail=f"{P11}/meetings/{{id}}",
    volatile=(
        "meeting_categories[].meeting_topic[].download_all_url",
        *signed("attachments", "meeting_categories[].meeting_topic[].attachments"),
    ),
    absence=Absence.HIDDEN,
    columns=columns(
        "id:bigint position:bigint title mode location occurred:boolean is_private:boolean"
        " is_draft:boolean starts_at:timestamptz ends_at:timestamptz time_zone parent_id:bigint"
        " meeting_template_id:bigint created_by_id:bigint meeting_topics_count:bigint description"
        " conclusion attendees:jsonb meeting_categories:jsonb created_at:timestamptz"
        " updated_at:timestamptz"
    ),
)

OBSERVATIONS = Stream(
    name="procore.observations",
    title="Observations",
    # No detail: it would add attachments and the distribution at one call for every observation, which on an
    # hourly limit of 600 is the whole budget of a large company. Responses come in bulk from their own list.
    listings=(
        Listing(f"{V10}/observations/items", PROJECT, time_filter=TimeFilter.RANGE),
        Listing(
            f"{P10}/recycle_bin/observations/items",
            means=Means.DELETED,
            per_page=None,
            time_filter=TimeFilter.RANGE,
        ),
    ),
    mode=ReadMode.INCREMENTAL,
    phase=Phase.ACTIVE,
    priority=Priority.MEDIUM,
    interval_minutes=15,
    scope=("project_id",),
    parent="procore.projects",
    tool="observations",
    volatile=("specification_section.latest_revision_url", *signed("attachments")),
    absence=Absence.HIDDEN,
    columns=columns(
        "id:bigint number name description status priority personal:boolean due_date:date"
        " date_notified:date closed_at:timestamptz type=type.name type_category=type.category"
        " assignee_id=assignee.id:bigint assignee=assignee.name assignee_vendor=assignee.vendor.name"
        " created_by_id=created_by.id:bigint created_by=created_by.name location=location.name"
        " trade=trade.name specification_section=specification_section.number origin_type=origin.type"
        " custom_fields:jsonb deleted_at:timestamptz created_at:timestamptz updated_at:timestamptz"
    ),
)

OBSERVATION_RESPONSE_LOGS = Stream(
    name="procore.observation_response_logs",
    title="Observation responses",
    listings=(Listing(f"{P10}/observations/response_logs", time_filter=TimeFilter.RANGE),),
    mode=ReadMode.INCREMENTAL,
    phase=Phase.ACTIVE,
    priority=Priority.MEDIUM,
    interval_minutes=15,
    scope=("project_id",),
    parent="procore.projects",
    tool="observations",
    volatile=signed("attachments"),
    # Only responses to observations that can be seen are listed: a recycled one takes its responses along.
    absence=Absence.HIDDEN,
    columns=columns(
        "id:bigint observation_id=item_id:bigint status comment created_by_id=created_by.id:bigint"
        " created_by=created_by_name attachments:jsonb created_at:timestamptz updated_at:timestamptz"
    ),
)

STREAMS = (RFIS, SUBMITTALS, MEETINGS, OBSERVATIONS, OBSERVATION_RESPONSE_LOGS)
