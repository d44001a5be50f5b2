"""Daily logs of every kind, and the header that closes their day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.simulators.procore.bodies import read_body
from tiebeam.simulators.procore.calls import open_project
from tiebeam.simulators.procore.errors import json_response, not_found
from tiebeam.simulators.procore.identifiers import stamp
from tiebeam.simulators.procore.resources import DAILY_LOG_KINDS
from tiebeam.simulators.procore.writes import saving
from tiebeam.simulators.procore.writes.building import creating, deleting, form_route, updating, write_route
from tiebeam.simulators.procore.writes.daily_log_forms import FORMS, WEATHER_FORM, noon, wrapper_of
from tiebeam.simulators.procore.writes.kinds import flag
from tiebeam.simulators.procore.writes.references import user_shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.routing import Route
    from tiebeam.simulators.procore.tables import Row
    from tiebeam.simulators.procore.writes.forms import Fields

_P10 = "/rest/v1.0/projects/{project_id}"
_WEATHER_V1_1 = "/rest/v1.1/projects/{project_id}/daily_logs/weather_logs"
_TIMECARDS = ("/rest/v1.0/companies/{company_id}/timecard_entries", "/rest/v1.0/timecard_entries")
_STATUSES = ("pending", "approved", "rejected")


def routes() -> Iterator[Route]:
    """Every write of the daily log."""
    for kind, form in FORMS.items():
        path = f"{_P10}/{kind}"
        yield creating(path, form, status=200 if kind == "weather_logs" else 201)
        yield updating(f"{path}/{{id}}", form)
        yield deleting(f"{path}/{{id}}", kind)
    yield creating(_WEATHER_V1_1, WEATHER_FORM, status=200)
    yield updating(f"{_WEATHER_V1_1}/{{id}}", WEATHER_FORM)
    yield deleting(f"{_WEATHER_V1_1}/{{id}}", "weather_logs")
    for path in _TIMECARDS:
        yield creating(path, FORMS["timecard_entries"])
        yield form_route("PATCH", f"{path}/{{id}}", FORMS["timecard_entries"], _change_timecard)
        yield form_route("DELETE", f"{path}/{{id}}", FORMS["timecard_entries"], _drop_timecard)
    yield write_route("PATCH", f"{_P10}/daily_log_headers", _close_day, "daily_log")
    yield write_route("PATCH", f"{_P10}/daily_logs/bulk_updates/bulk_update", _decide, "daily_log")


def _timecard(call: Call) -> Row:
    """A timecard by its id alone, through the doors of its own project."""
    row = saving.held(call, "timecard_entries", None)
    open_project(call.state, row.project_id or 0, "daily_log")
    return row


def _change_timecard(call: Call) -> SimResponse:
    sent = read_body(call.request).wrapped("timecard_entry")
    row = saving.change(call, FORMS["timecard_entries"], _timecard(call), sent)
    return saving.answer(call, "timecard_entries", row)


def _drop_timecard(call: Call) -> SimResponse:
    call.state.delete("timecard_entries", _timecard(call).id, at=call.moment)
    return saving.nothing(200)


def _close_day(call: Call) -> SimResponse:
    """Complete or distribute a day, named by id or date; one without a header gets it."""
    body = read_body(call.request)
    wanted = body.wrapped("daily_log_header")
    project_id = call.project_id()
    row = _header(call, project_id)
    changes: Fields = {}
    for verb, could in (("completed", "completable"), ("distributed", "distributable")):
        value = flag(wanted.get(verb))
        if value is not None and value != bool(row.fields.get(verb)):
            changes |= {
                verb: value,
                f"{verb}_by": user_shown(call) if value else None,
                f"{verb}_at": stamp(call.moment) if value else None,
                could: row.fields.get(could, True),
            }
    if changes:
        call.state.update("daily_log_headers", row.id, changes, at=call.moment)
    return saving.answer(call, "daily_log_headers", row)


def _header(call: Call, project_id: int) -> Row:
    wanted, day = call.query.integer("id"), call.query.get("log_date")
    rows = call.state.tables["daily_log_headers"].bucket(project_id=project_id)
    for row in rows:
        if row.id == wanted or (wanted is None and row.fields.get("log_date") == day):
            return row
    if day is None:
        raise not_found("The daily log header")
    made = call.state.insert(
        "daily_log_headers", _header_fields(call, project_id, day), project_id=project_id, at=call.moment
    )
    return call.state.row("daily_log_headers", made["id"])


def _header_fields(call: Call, project_id: int, day: str) -> Fields:
    blank = dict.fromkeys(("completed_by", "completed_at", "distributed_by", "distributed_at"))
    state = {"completed": False, "completable": True, "distributed": False, "distributable": True}
    return {"log_date": day, "log_datetime": noon(day, call, project_id), **blank, **state}


def _decide(call: Call) -> SimResponse:
    """Approve or reject up to 300 logs of any kinds, each on its own."""
    updates = read_body(call.request).wrapped("updates")
    known = {wrapper_of(kind): kind for kind in DAILY_LOG_KINDS}
    decided = [
        {name: [_decided(call, known[name], item) for item in items]}
        for name, items in updates.items()
        if name in known and isinstance(items, list)
    ]
    return json_response(decided)


def _decided(call: Call, kind: str, item: Fields) -> Fields:
    row = call.state.tables[kind].find(int(item.get("id") or 0))
    told: Fields = {"id": item.get("id"), "status": item.get("status")}
    if row is None or not row.live or row.project_id != call.project_id():
        return {**told, "success": False, "error": "Not found"}
    if item.get("status") not in _STATUSES:
        return {**told, "success": False, "error": "Status is not included in the list"}
    call.state.update(kind, row.id, {"status": item["status"]}, at=call.moment)
    return {**told, "success": True}
