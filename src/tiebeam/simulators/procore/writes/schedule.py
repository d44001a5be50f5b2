"""Tasks of the classic schedule, and the cost codes and locations that other records hang on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.simulators.procore.writes import saving
from tiebeam.simulators.procore.writes.building import creating, deleting, syncing, updating
from tiebeam.simulators.procore.writes.forms import Form, blanks, entries
from tiebeam.simulators.procore.writes.references import user_shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.routing import Route
    from tiebeam.simulators.procore.writes.forms import Fields

_TASKS = "/rest/v1.0/tasks"
_CODES = "/rest/v1.0/cost_codes"
_P10 = "/rest/v1.0/projects/{project_id}"


def _task_blank(call: Call, project_id: int | None) -> Fields:
    row_number = saving.number_after(call, "tasks", project_id, "row_number")
    return {
        **blanks(_TASK),
        "task_name": None,
        "key": f"{project_id}|{call.storeroom.take_id():016x}",
        "color": None,
        "pending": False,
        "percentage": 0,
        "critical_path": False,
        "milestone": False,
        "has_children": False,
        "manually_edited": False,
        "row_number": row_number,
        "resource_name": None,
        "resource_ids": [],
        "created_by": user_shown(call),
    }


def _task_settled(call: Call, _held: Fields, changes: Fields) -> Fields:
    if "name" in changes:
        changes["task_name"] = changes["name"]
    if "activity_id" in changes:
        changes["schedule_activity_id"] = changes["activity_id"]
    return {**changes, "updated_by": user_shown(call)}


_TASK = Form(
    "tasks",
    "task",
    entries(
        "name start:moment>start_datetime finish:moment>finish_datetime actual_start:moment",
        "actual_finish:moment percentage:int critical_path:bool milestone:bool row_number:int",
        "has_children:bool source_uid parent_id:int full_outline_path activity_id wbs",
        "schedule_duration:float resource_ids:ints notes baseline_start:moment baseline_finish:moment",
        "start_variance:float finish_variance:float manually_edited:bool",
    ),
    blank=_task_blank,
    settle=_task_settled,
    unique=None,
)


def _code_blank(call: Call, project_id: int | None) -> Fields:
    project = call.state.get("projects", project_id or 0)
    return {
        **blanks(_CODE, "parent_id"),
        "biller": project.get("name"),
        "biller_id": project_id,
        "biller_type": "Project",
        "biller_origin_id": project.get("origin_id"),
        "budgeted": False,
        "deleted_at": None,
        "parent": {"id": None},
        "position": 1 + len(call.state.rows("cost_codes", project_id=project_id)),
        "line_item_types": [],
    }


def _code_settled(call: Call, held: Fields, changes: Fields) -> Fields:
    if "parent_id" in changes:
        changes["parent"] = {"id": changes.pop("parent_id")}
    whole = {**held, **changes}
    parent = call.state.tables["cost_codes"].find((whole.get("parent") or {}).get("id") or 0)
    above = "" if parent is None else f"{parent.fields.get('full_code')}-"
    full_code = f"{above}{whole.get('code')}"
    return {**changes, "full_code": full_code, "sortable_code": full_code}


_CODE = Form(
    "cost_codes",
    "cost_code",
    entries("code* name* position:int origin_id origin_data parent_id:int standard_cost_code_id:int"),
    blank=_code_blank,
    settle=_code_settled,
)


def _location_settled(call: Call, held: Fields, changes: Fields) -> Fields:
    whole = {**held, **changes}
    parent = call.state.tables["locations"].find(whole.get("parent_id") or 0)
    above = "" if parent is None else f"{parent.fields.get('name')}>"
    return {**changes, "name": f"{above}{whole.get('node_name')}"}


_LOCATION = Form(
    "locations",
    "location",
    entries("node_name* parent_id:int"),
    blank=lambda _call, _project_id: {"parent_id": None},
    settle=_location_settled,
    unique=None,
)


def routes() -> Iterator[Route]:
    """Every write of the three."""
    yield creating(_TASKS, _TASK)
    yield syncing(f"{_TASKS}/sync", _TASK)
    yield updating(f"{_TASKS}/{{id}}", _TASK)
    yield deleting(f"{_TASKS}/{{id}}", "tasks")
    yield creating(_CODES, _CODE)
    yield syncing(f"{_CODES}/sync", _CODE)
    yield updating(f"{_CODES}/{{id}}", _CODE)
    for locations in ("/rest/v1.0/locations", f"{_P10}/locations"):
        yield creating(locations, _LOCATION)
        yield updating(f"{locations}/{{id}}", _LOCATION)
        yield deleting(f"{locations}/{{id}}", "locations")
