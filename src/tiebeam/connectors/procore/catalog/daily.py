"""Daily logs: nineteen kinds, each read by a window of days, and the headers that say which days are closed.

Without days an endpoint returns today's logs alone; without `filters[status]=all`, where it is known, those
that a collaborator entered and nobody has approved are left out. There is no recycle bin: what a whole window
no longer holds is gone.
"""

from __future__ import annotations

from tiebeam.connectors.procore.catalog.notation import P10, P11, columns, signed
from tiebeam.connectors.streams import Listing, Means, Phase, Priority, ReadMode, Stream

FAMILY = "daily_logs"

_ALL = {"filters[status]": "all"}
_COMMON = (
    "id:bigint date:date datetime:timestamptz status position:bigint created_by_id=created_by.id:bigint"
    " created_by=created_by.name vendor_id=vendor.id:bigint vendor_name=vendor.name location=location.name"
    " attachments:jsonb created_at:timestamptz updated_at:timestamptz "
)
_TIMES = "start_hour:bigint start_minute:bigint end_hour:bigint end_minute:bigint "
_CLOCK = "time_hour:bigint time_minute:bigint "


def _listing(kind: str) -> Listing:
    if kind == "weather_logs":
        # Version 1.0 of this one has no status filter.
        return Listing(f"{P11}/daily_logs/{kind}", _ALL, Means.FLAGGED, per_page=100)
    if kind == "plan_revision_logs":
        return Listing(f"{P10}/{kind}", per_page=None)
    if kind == "timecard_entries":
        return Listing(f"{P10}/{kind}", means=Means.FLAGGED, per_page=100)
    return Listing(f"{P10}/{kind}", _ALL if kind in _STATUS_KINDS else {}, per_page=100)


_STATUS_KINDS = frozenset({"manpower_logs", "notes_logs", "delivery_logs", "daily_construction_report_logs"})
_SIGNATURE = ("url", "medium_thumbnail_url", "large_thumbnail_url")


def _log(kind: str, title: str, own_columns: str) -> Stream:
    listing = _listing(kind)
    return Stream(
        name=f"procore.{kind}",
        title=title,
        listings=(listing,),
        mode=ReadMode.WINDOW,
        phase=Phase.SCHEDULES,
        priority=Priority.MEDIUM,
        interval_minutes=15,
        scope=("project_id",),
        parent="procore.projects",
        # Time cards are a tool of their own: their refusal must not silence the other eighteen.
        tool="timecards" if kind == "timecard_entries" else "daily_log",
        family=FAMILY,
        family_member=kind.removesuffix("s") if kind.endswith("logs") else "timecard_entry",
        vendor_time=None if kind == "plan_revision_logs" else "updated_at",
        deleted_field="deleted_at" if listing.means is Means.FLAGGED else None,
        day_field="date",
        volatile=(
            *signed("attachments"),
            *(f"procore_signature.{link}" for link in _SIGNATURE),
            *(f"automatically_split_timecard_entries[].procore_signature.{link}" for link in _SIGNATURE),
        ),
        columns=columns(_COMMON + own_columns),
    )


LOGS = (
    _log("accident_logs", "Accident logs", _CLOCK + "involved_name involved_company comments"),
    _log("call_logs", "Call logs", _TIMES + "subject_from subject_to description"),
    _log(
        "daily_construction_report_logs",
        "Daily construction reports",
        "trade=trade.name notes journeyman_workers=number_of_journeyman_workers:bigint"
        " foreman_workers=number_of_foreman_workers:bigint other_workers=number_of_other_workers:bigint"
        " apprentice_workers=number_of_apprentice_workers:bigint journeyman_hours:numeric"
        " foreman_hours:numeric other_hours:numeric apprentice_hours:numeric custom_fields:jsonb",
    ),
    _log(
        "delay_logs",
        "Delay logs",
        "delay_type duration:numeric start_time_hour:numeric start_time_minute:numeric"
        " end_time_hour:numeric end_time_minute:numeric comments",
    ),
    _log("delivery_logs", "Delivery logs", _CLOCK + "delivery_from tracking_number contents comments"),
    _log(
        "dumpster_logs",
        "Dumpster logs",
        "quantity_delivered:numeric quantity_removed:numeric comments",
    ),
    _log(
        "equipment_logs",
        "Equipment logs",
        "hours_operating:numeric hours_idle:numeric inspected:boolean equipment_id=equipment.id:bigint"
        " equipment=equipment.name cost_code_id=cost_code.id:bigint cost_code=cost_code.name notes"
        " custom_fields:jsonb",
    ),
    _log(
        "inspection_logs",
        "Inspection logs",
        _TIMES + "inspection_type inspecting_entity inspector_name area comments",
    ),
    _log(
        "manpower_logs",
        "Manpower logs",
        "num_workers:bigint num_hours:numeric man_hours:numeric contact_id=contact.id:bigint"
        " contact=contact.name user_id=user.id:bigint user_name=user.name trade=trade.name"
        " cost_code_id=cost_code.id:bigint cost_code=cost_code.name notes custom_fields:jsonb",
    ),
    _log(
        "notes_logs",
        "Notes logs",
        "comment is_issue_day:boolean daily_log_header_id:bigint created_by_collaborator:boolean"
        " custom_fields:jsonb",
    ),
    _log("plan_revision_logs", "Plan revision logs", "plan_number title revision category comments"),
    _log(
        "productivity_logs",
        "Productivity logs",
        "company contract line_item_id:bigint line_item_description quantity_delivered:numeric"
        " quantity_used:numeric previously_delivered:numeric previously_used:numeric notes",
    ),
    _log(
        "quantity_logs",
        "Quantity logs",
        "quantity:numeric unit description cost_code_id=cost_code.id:bigint cost_code=cost_code.name",
    ),
    _log(
        "safety_violation_logs",
        "Safety violation logs",
        _CLOCK + "subject safety_notice issued_to compliance_due:date comments",
    ),
    _log(
        "visitor_logs",
        "Visitor logs",
        "subject details begin_hour:bigint begin_minute:bigint end_hour:bigint end_minute:bigint"
        " custom_fields:jsonb",
    ),
    _log(
        "waste_logs",
        "Waste logs",
        _CLOCK + "material approximate_quantity:numeric method_of_disposal disposal_location"
        " contact=contact.name description",
    ),
    _log(
        "weather_logs",
        "Weather logs",
        "sky temperature average wind ground precipitation calamity is_weather_delay:boolean"
        " time:timestamptz comments deleted_at:timestamptz",
    ),
    _log(
        "work_logs",
        "Work logs",
        "resource_name workers:bigint hours:numeric hourly_rate:numeric reimbursable:boolean"
        " showed:boolean scheduled_tasks:jsonb comments",
    ),
    _log(
        "timecard_entries",
        "Time cards",
        "hours:numeric lunch_time:numeric time_in time_out billable:boolean injured:boolean signed:boolean"
        " approval_status timesheet_status timesheet_id=timesheet.id:bigint party_id=party.id:bigint"
        " party=party.name login_id=login_information.id:bigint cost_code_id=cost_code.id:bigint"
        " cost_code=cost_code.name crew=crew.name time_type=timecard_time_type.time_type"
        " sub_job=sub_job.name line_item_type_id:bigint description origin_id custom_fields:jsonb"
        " deleted_at:timestamptz",
    ),
)

DAILY_LOG_HEADERS = Stream(
    name="procore.daily_log_headers",
    title="Daily log headers",
    # Asked without days the index returns every header: one small row a day of work.
    listings=(Listing(f"{P10}/daily_log_headers/index", per_page=100),),
    mode=ReadMode.FULL,
    phase=Phase.SCHEDULES,
    priority=Priority.MEDIUM,
    interval_minutes=15,
    scope=("project_id",),
    parent="procore.projects",
    tool="daily_log",
    vendor_time=None,
    columns=columns(
        "id:bigint log_date:date completed:boolean completed_by=completed_by.name"
        " completed_at:timestamptz distributed:boolean distributed_by=distributed_by.name"
        " distributed_at:timestamptz"
    ),
)

STREAMS = (DAILY_LOG_HEADERS, *LOGS)
