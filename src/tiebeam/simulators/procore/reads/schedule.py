"""The classic schedule's tasks and the new scheduler's activities. A project uses one or the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.simulators.procore.errors import json_response, not_found
from tiebeam.simulators.procore.filters import Among, Flag, Search
from tiebeam.simulators.procore.identifiers import stamp
from tiebeam.simulators.procore.listing import Listing
from tiebeam.simulators.procore.paging import VERSION_2
from tiebeam.simulators.procore.reads.building import (
    UPDATED,
    UPDATED_AFTER,
    child_list,
    detail,
    project_list,
    seen_row,
    show,
)
from tiebeam.simulators.procore.routing import Handler, Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.calls import Call

_SCHEDULES = "/rest/v2.0/companies/{company_id}/projects/{project_id}/schedules"
_SOURCE = {"key": "Microsoft Project", "p6_id": None}


def routes() -> Iterator[Route]:
    """Every route of the family."""
    tasks = Listing(
        "tasks",
        filters=(UPDATED, Among("filters[row_number]", "row_number"), Search("filters[query]", ("name",))),
        views={"compact": "compact"},
    )
    yield project_list("/rest/v1.0/tasks", tasks)
    yield detail("/rest/v1.0/tasks/{id}", "tasks")
    metadata = "/rest/v1.0/projects/{project_id}/schedule"
    yield Route("GET", metadata, _metadata, tool="schedule", in_project=True)
    yield Route("GET", "/rest/v1.0/schedule_type", _type, tool="schedule", in_project=True)
    yield from _version_2_routes()


def _version_2_routes() -> Iterator[Route]:
    schedules = Listing(
        "schedules",
        filters=(
            UPDATED_AFTER,
            Among("filters[schedule_id]", "id"),
            Among("filters[schedule_type]", "schedule_type"),
            Flag("filters[is_active]", "is_active"),
        ),
        sorts=("schedule_name", "schedule_type", "updated_at"),
        paging=VERSION_2,
        wrapped=True,
    )
    yield project_list(_SCHEDULES, schedules)
    yield detail(f"{_SCHEDULES}/{{schedule_id}}", "schedules", wrapped=True)
    yield from _child_routes("activities", "activity_id", Among("filters[activity_id]", "id"))
    yield from _child_routes("activity_links", "activity_link_id", Among("filters[id]", "id"))


def _child_routes(resource: str, parameter: str, by_id: Among) -> Iterator[Route]:
    listing = Listing(
        resource,
        filters=(UPDATED_AFTER, by_id, Flag("filters[is_critical]", "is_critical")),
        sorts=("activity_name", "start_date", "finish_date", "created_at", "updated_at"),
        paging=VERSION_2,
        wrapped=True,
    )
    children = f"{_SCHEDULES}/{{schedule_id}}/{resource}"
    yield child_list(children, listing, parent="schedules", parameter="schedule_id")
    own = f"{children}/{{{parameter}}}"
    yield Route("GET", own, _child(resource, parameter), tool="schedule", in_project=True)


def _child(resource: str, parameter: str) -> Handler:
    def handler(call: Call) -> SimResponse:
        row = seen_row(call, resource, parameter)
        if row.parent_id != call.params["schedule_id"]:
            raise not_found()
        return show(call, resource, row, wrapped=True)

    return handler


def _metadata(call: Call) -> SimResponse:
    """`schedule_tasks_last_updated_at` moves with every change to a task, its deletion too."""
    project_id = call.project_id()
    table = call.state.tables["tasks"]
    changes = [str(row.fields.get("updated_at") or "") for row in table.bucket(project_id=project_id)]
    present = bool(changes)
    changes += [
        stamp(grave.deleted_at)
        for grave in table.graves.values()
        if grave.project_id == project_id and grave.deleted_at is not None
    ]
    return json_response(
        {
            "schedule_present": present,
            "schedule_processing": False,
            "schedule_tasks_last_updated_at": max(changes, default=None),
            "schedule_tasks_edited_manually": False,
            "type": _SOURCE if present else {"key": None, "p6_id": None},
            "data_date": max(changes, default=None),
            "project": {"id": project_id},
        }
    )


def _type(call: Call) -> SimResponse:
    present = len(call.state.tables["tasks"].bucket(project_id=call.project_id())) > 0
    return json_response(_SOURCE if present else {"key": None, "p6_id": None})
