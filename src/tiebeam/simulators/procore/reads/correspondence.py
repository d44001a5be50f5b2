"""RFIs, submittals, meetings and observations."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from orjson import dumps

from tiebeam.simulators.procore.errors import body_response, not_found
from tiebeam.simulators.procore.filters import Among, Search
from tiebeam.simulators.procore.listing import Listing, chosen_view, cut_page, find_rows
from tiebeam.simulators.procore.paging import NESTED, VERSION_2
from tiebeam.simulators.procore.reads.building import (
    CREATED,
    ID,
    UPDATED,
    child_list,
    company_list,
    detail,
    project_list,
    seen_row,
    show,
)
from tiebeam.simulators.procore.routing import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.tables import Row

_P10 = "/rest/v1.0/projects/{project_id}"
_P11 = "/rest/v1.1/projects/{project_id}"
_P20 = "/rest/v2.0/companies/{company_id}/projects/{project_id}"

_RFIS = Listing(
    "rfis",
    filters=(
        ID,
        CREATED,
        UPDATED,
        Among("filters[status]", "status"),
        Among("filters[number]", "number"),
        Among("filters[assigned_id]", "assignees.id"),
        Among("filters[ball_in_court_id]", "ball_in_courts.id"),
        Among("filters[rfi_manager_id]", "rfi_manager.id"),
        Among("filters[received_from_id]", "received_from.id"),
        Among("filters[responsible_contractor_id]", "responsible_contractor.id"),
        Search("filters[search]", ("subject", "number")),
    ),
    sorts=("number", "subject", "status", "due_date", "created_at", "updated_at"),
)
_SUBMITTAL_FILTERS = (
    ID,
    CREATED,
    UPDATED,
    Among("filters[current_revision]", "current_revision"),
    Among("filters[status_id]", "status.id"),
    Among("filters[submittal_package_id]", "submittal_package.id"),
    Among("filters[number]", "number"),
    Among("filters[type]", "type.name"),
    Among("filters[approver_id]", "approvers.user.id"),
    Among("filters[ball_in_court_id]", "ball_in_court.id"),
    Among("filters[received_from_id]", "received_from.id"),
    Among("filters[responsible_contractor_id]", "responsible_contractor.id"),
    Among("filters[specification_section_id]", "specification_section.id"),
    Among("filters[submittal_manager_id]", "submittal_manager.id"),
    Search("filters[query]", ("title", "number")),
)
_SUBMITTAL_SORTS = (
    "number",
    "title",
    "type",
    "status",
    "submit_by",
    "due_date",
    "distributed_at",
    "received_date",
)
_SUBMITTALS = Listing("submittals", filters=_SUBMITTAL_FILTERS, sorts=_SUBMITTAL_SORTS)
_OBSERVATION_FILTERS = (
    UPDATED,
    Among("filters[status]", "status"),
    Among("filters[priority]", "priority"),
    Among("filters[type_id]", "type.id"),
    Among("filters[assignee_id]", "assignee.id"),
    Among("filters[created_by_id]", "created_by.id"),
    Among("filters[location_id]", "location.id"),
    Search("filters[search]", ("name", "description")),
)
_MEETINGS = Listing("meetings", filters=(ID,), views={"extended": "detail"})


def routes() -> Iterator[Route]:
    """Every route of the family."""
    yield from _rfi_routes()
    yield from _submittal_routes()
    yield Route("GET", f"{_P11}/meetings", _meetings, tool="meetings", in_project=True, resource="meetings")
    yield Route(
        "GET", "/rest/v1.0/meetings", _meetings, tool="meetings", in_project=True, resource="meetings"
    )
    yield detail(f"{_P11}/meetings/{{id}}", "meetings")
    yield detail("/rest/v1.0/meetings/{id}", "meetings")
    yield from _observation_routes()


def _rfi_routes() -> Iterator[Route]:
    yield project_list(f"{_P10}/rfis", _RFIS)
    yield project_list(f"{_P10}/rfis/recycle_bin", Listing("rfis", "deleted", filters=(UPDATED,)))
    yield detail(f"{_P10}/rfis/{{id}}", "rfis")
    replies = Listing("rfi_replies", paging=NESTED)
    yield child_list(f"{_P10}/rfis/{{rfi_id}}/replies", replies, parent="rfis", parameter="rfi_id")
    yield Route("GET", f"{_P10}/rfis/{{rfi_id}}/replies/{{id}}", _rfi_reply, tool="rfis", in_project=True)


def _rfi_reply(call: Call) -> SimResponse:
    rfi, reply = seen_row(call, "rfis", "rfi_id"), seen_row(call, "rfi_replies", "id")
    if reply.parent_id != rfi.id:
        raise not_found()
    return show(call, "rfi_replies", reply)


def _submittal_routes() -> Iterator[Route]:
    binned = Listing("submittals", "deleted", filters=_SUBMITTAL_FILTERS, sorts=_SUBMITTAL_SORTS)
    for project in (_P10, _P11):
        yield project_list(f"{project}/submittals", _SUBMITTALS)
        yield project_list(f"{project}/submittals/recycle_bin", binned)
        yield detail(f"{project}/submittals/{{id}}", "submittals")
    version_2 = Listing(
        "submittals",
        filters=_SUBMITTAL_FILTERS,
        sorts=_SUBMITTAL_SORTS,
        paging=VERSION_2,
        view="v2",
        wrapped=True,
    )
    yield project_list(f"{_P20}/submittals", version_2)
    yield project_list(f"{_P10}/submittal_packages", Listing("submittal_packages", filters=(ID, UPDATED)))
    company = "/rest/v1.0/companies/{company_id}"
    yield company_list(f"{company}/submittal_statuses", Listing("submittal_statuses"))
    yield company_list(f"{company}/submittal_types", Listing("submittal_types"))


def _observation_routes() -> Iterator[Route]:
    items = "/rest/v1.0/observations/items"
    recycled = f"{_P10}/recycle_bin/observations/items"
    binned = Listing("observations", "deleted", filters=_OBSERVATION_FILTERS, paging=None)
    logs = Listing("observation_response_logs", filters=(ID, UPDATED))
    yield project_list(items, Listing("observations", filters=(ID, *_OBSERVATION_FILTERS)))
    yield detail(f"{items}/{{id}}", "observations")
    yield project_list(recycled, binned)
    yield Route("GET", f"{recycled}/{{id}}", _recycled_observation, tool="observations", in_project=True)
    nested = Listing("observation_response_logs", paging=NESTED)
    yield child_list(f"{items}/{{item_id}}/response_logs", nested, parent="observations", parameter="item_id")
    yield project_list(f"{_P10}/observations/response_logs", logs)


def _recycled_observation(call: Call) -> SimResponse:
    row = call.state.tables["observations"].find(call.integer_param("id"))
    if row is None or row.hidden or row.deleted_at is None or row.project_id != call.project_id():
        raise not_found()
    return show(call, "observations", row)


def _meetings(call: Call) -> SimResponse:
    """Meetings in groups; pages are cut by meeting, so a long group goes on in the next page."""
    rows = sorted(find_rows(call, _MEETINGS, project_id=call.project_id()), key=_group_title)
    shown, headers = cut_page(call, _MEETINGS.paging, rows)
    view = chosen_view(call.query, _MEETINGS)
    groups = [
        b'{"group_title":'
        + dumps(title)
        + b',"meetings":'
        + call.renderer.rows("meetings", group, view)
        + b"}"
        for title, group in groupby(shown, key=_group_title)
    ]
    return body_response(b"[" + b",".join(groups) + b"]", headers=headers)


def _group_title(row: Row) -> str:
    return str(row.fields.get("group_title") or row.fields.get("title") or "")
