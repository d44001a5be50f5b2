"""What each kind of daily log may be told, and what it then shows."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tiebeam.simulators.procore.bodies import read_body
from tiebeam.simulators.procore.identifiers import stamp
from tiebeam.simulators.procore.reads.daily_logs import project_zone
from tiebeam.simulators.procore.resources import DAILY_LOG_KINDS
from tiebeam.simulators.procore.writes.forms import Form, blanks, entries
from tiebeam.simulators.procore.writes.kinds import decimal
from tiebeam.simulators.procore.writes.references import user_shown
from tiebeam.simulators.procore.writes.saving import named_project

if TYPE_CHECKING:
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.writes.forms import Fields

_USUAL = "date:date datetime:moment vendor_id:vendor location_id:location daily_log_segment_id:int"
_AT = "time_hour*:int time_minute*:int"
_STATUS = "status:=pending|approved|rejected"

_SAID = {
    "accident_logs": f"comments involved_company involved_name {_AT}",
    "call_logs": "description start_hour:int start_minute:int end_hour:int end_minute:int"
    " subject_from subject_to",
    "daily_construction_report_logs": f"vendor_id*:vendor trade_id*:trade notes {_STATUS}"
    " number_of_apprentice_workers:int number_of_foreman_workers:int number_of_journeyman_workers:int"
    " number_of_other_workers:int apprentice_hours:quantity first_year_hours:quantity foreman_hours:quantity"
    " journeyman_hours:quantity local_city_hours:quantity local_county_hours:quantity minority_hours:quantity"
    " other_hours:quantity veteran_hours:quantity women_hours:quantity",
    "delay_logs": "comments daily_log_header_id:int delay_type start_time start_time_hour:int"
    " start_time_minute:int end_time end_time_hour:int end_time_minute:int",
    "delivery_logs": f"comments contents delivery_from tracking_number {_STATUS} {_AT}",
    "dumpster_logs": "comments quantity_delivered:int quantity_removed:int",
    "equipment_logs": "hours_idle:quantity hours_operating:quantity inspected:bool inspection_hour:int"
    " inspection_minute:int notes cost_code_id:cost_code equipment_id:int equipment_name"
    " equipment_register_id",
    "inspection_logs": "area comments inspecting_entity inspection_type inspector_name start_hour*:int"
    " start_minute*:int end_hour*:int end_minute*:int",
    "manpower_logs": "notes num_workers:int num_hours:quantity contact_id:contact user_id:user"
    f" cost_code_id:cost_code trade_id:trade {_STATUS}",
    "notes_logs": f"comment daily_log_header_id:int is_issue_day:bool {_STATUS}",
    "plan_revision_logs": "category comments plan_number revision title",
    "productivity_logs": "line_item_id*:int company contract notes previously_delivered:quantity"
    " previously_used:quantity quantity_delivered:quantity quantity_used:quantity",
    "quantity_logs": "description quantity:int unit cost_code_id:cost_code",
    "safety_violation_logs": f"comments compliance_due:date issued_to safety_notice subject {_AT}",
    "visitor_logs": "subject details begin_hour*:int begin_minute*:int end_hour*:int end_minute*:int",
    "waste_logs": "approximate_quantity:int description disposal_location material method_of_disposal"
    f" contact_id:contact {_AT}",
    "weather_logs": "date*:date is_weather_delay sky temperature average wind ground calamity"
    " precipitation comments time",
    "work_logs": "comments hourly_rate:float hours:float reimbursable:bool resource_name showed:bool"
    " workers:int",
    "timecard_entries": "hours*:quantity lunch_time* time_in*:moment time_out*:moment party_id:party"
    " billable:bool description timecard_time_type_id:int timesheet_id:int cost_code_id:cost_code"
    " sub_job_id:int login_information_id:user origin_id origin_data line_item_type_id:int",
}
_CHOSEN_WEATHER = (
    "calamity:=Earthquake|Fire|Flash~Flood|Hurricane|Landslide|Other|Snow|Tornado"
    " ground:=Dry|Flooded|Frozen|Heavy~Surf/Swell|High~Tide|Low~Tide|Snow|Wet/Muddy|-----"
    " sky:=Clear|Cloudy|Fog|Ice/Sleet/Hail|Overcast|Mist|Rain|Snow"
    " temperature:=Cold|Hot|Mild|Very~Cold|Very~Hot wind:=Calm|High~Wind|Light~Wind"
)
_WITH_STATUS = frozenset({"manpower_logs", "notes_logs", "delivery_logs", "daily_construction_report_logs"})
_WITHOUT_FILES = frozenset({"productivity_logs", "visitor_logs", "timecard_entries"})
_WITHOUT_SEGMENT = frozenset(
    {"daily_construction_report_logs", "equipment_logs", "manpower_logs", "visitor_logs", "timecard_entries"}
)


def wrapper_of(kind: str) -> str:
    """The key that a kind of log is sent under."""
    return "timecard_entry" if kind == "timecard_entries" else kind.removesuffix("s")


def _form(kind: str, said: str) -> Form:
    named = {entry.name for entry in entries(said)}
    usual = " ".join(word for word in _USUAL.split() if word.partition(":")[0] not in named)
    files = None if kind in _WITHOUT_FILES else "attachments"
    return Form(
        kind,
        wrapper_of(kind),
        entries(said, usual),
        blank=lambda call, project_id: _blank(call, kind, project_id),
        settle=lambda call, held, changes: _settled(call, kind, held, changes),
        unique="origin_id" if kind == "timecard_entries" else None,
        files=files,
    )


def _blank(call: Call, kind: str, project_id: int | None) -> Fields:
    """Everything a log of a kind shows, empty; the day is the project's own today."""
    zone = project_zone(call.state.get("projects", project_id or 0))
    today = call.moment.astimezone(zone).date()
    fields: Fields = {
        **blanks(FORMS[kind]),
        "date": today.isoformat(),
        "datetime": noon(today.isoformat(), call, project_id),
        "position": _next_position(call, kind, project_id, today.isoformat()),
        "created_by": user_shown(call),
        "permissions": {"can_update": True, "can_delete": True},
    }
    if kind in _WITH_STATUS:
        fields["status"] = "approved"
    if kind not in _WITHOUT_SEGMENT:
        fields["daily_log_segment"] = None
    if kind == "manpower_logs":
        fields["man_hours"] = "0.0"
    if kind == "notes_logs":
        fields |= {"created_by_collaborator": False, "daily_log_header_id": None}
    return fields


def _settled(call: Call, kind: str, held: Fields, changes: Fields) -> Fields:
    """A day says its noon and a moment says its day; what follows from other fields is worked out."""
    row = call.state.tables[kind].find(held["id"]) if "id" in held else None
    project_id = row.project_id if row is not None else named_project(call, read_body(call.request))
    if changes.get("datetime") and "date" not in changes:
        zone = project_zone(call.state.get("projects", project_id or 0))
        told = datetime.fromisoformat(changes["datetime"])
        changes["date"] = told.astimezone(zone).date().isoformat()
    elif "date" in changes and not changes.get("datetime"):
        changes["datetime"] = changes["date"] and noon(changes["date"], call, project_id)
    changes |= _derived({**held, **changes})
    return changes


def _derived(whole: Fields) -> Fields:
    found: Fields = {}
    if "num_workers" in whole:
        hours = (decimal(whole.get("num_hours")) or 0) * (whole["num_workers"] or 0)
        found["man_hours"] = str(float(hours))
        contact = whole.get("contact") or {}
        if whole.get("vendor") is None and "vendor_name" in contact:
            found["vendor"] = {"id": contact["id"], "name": contact["name"]}
    if "equipment_name" in whole:
        name, equipment_id = whole.get("equipment_name"), whole.get("equipment_id")
        found["equipment"] = {"id": equipment_id, "name": name} if name or equipment_id else None
    if "login_information" in whole and "time_in" in whole:
        found |= {"approval_status": whole.get("approval_status") or "pending", "deleted_at": None}
    return found


def noon(day: str, call: Call, project_id: int | None) -> str:
    """The middle of a day where the project is."""
    zone = project_zone(call.state.get("projects", project_id or 0))
    return stamp(datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=zone))


def _next_position(call: Call, kind: str, project_id: int | None, day: str) -> int:
    rows = call.state.tables[kind].bucket(project_id=project_id)
    return 1 + sum(1 for row in rows if row.fields.get("date") == day)


FORMS = {kind: _form(kind, _SAID[kind]) for kind in DAILY_LOG_KINDS}
_CHOSEN = {entry.name for entry in entries(_CHOSEN_WEATHER)}
WEATHER_FORM = _form(
    "weather_logs",
    " ".join([*(word for word in _SAID["weather_logs"].split() if word not in _CHOSEN), _CHOSEN_WEATHER]),
)
