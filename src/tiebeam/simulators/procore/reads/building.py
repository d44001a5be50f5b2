"""Routes out of descriptions: a list of a project, of the company or of a parent, and one record's detail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.simulators.procore.errors import body_response, missing_parameter, not_found
from tiebeam.simulators.procore.filters import After, Among, Range
from tiebeam.simulators.procore.listing import respond
from tiebeam.simulators.procore.resources import RESOURCES
from tiebeam.simulators.procore.routing import Route

if TYPE_CHECKING:
    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.listing import Listing
    from tiebeam.simulators.procore.tables import RecordId, Row

ID = Among("filters[id]", "id")
CREATED = Range("created_at")
UPDATED = Range("updated_at")
UPDATED_AFTER = After("updated_at")

_UNSEEN_WHEN_DELETED = frozenset({"bin", "gone", "hard"})


def project_list(path: str, listing: Listing) -> Route:
    """A list of a project that stands in the path or in the query."""

    def handler(call: Call) -> SimResponse:
        return respond(call, listing, project_id=call.project_id())

    tool = RESOURCES[listing.resource].tool
    return Route("GET", path, handler, tool=tool, in_project=True, resource=listing.resource)


def company_list(path: str, listing: Listing) -> Route:
    """A list of the whole company, which the path or the query names."""

    def handler(call: Call) -> SimResponse:
        demand_company(call)
        return respond(call, listing)

    return Route("GET", path, handler, resource=listing.resource)


def demand_company(call: Call) -> None:
    """ApiError 400 unless the path or the query names the company."""
    if "company_id" not in call.params and call.query.get("company_id") is None:
        raise missing_parameter("company_id")


def child_list(path: str, listing: Listing, *, parent: str, parameter: str) -> Route:
    """A list of a parent whose id is the path's `parameter`; 404 when the parent cannot be seen."""

    def handler(call: Call) -> SimResponse:
        row = seen_row(call, parent, parameter)
        return respond(call, listing, parent_id=row.id)

    tool = RESOURCES[listing.resource].tool
    return Route("GET", path, handler, tool=tool, in_project=True, resource=listing.resource)


def detail(path: str, resource: str, *, view: str = "detail", wrapped: bool = False) -> Route:
    """One record by the path's last parameter."""
    kind = RESOURCES[resource]
    parameter = path.rpartition("{")[2].rstrip("}")

    def handler(call: Call) -> SimResponse:
        return show(call, resource, seen_row(call, resource, parameter), view=view, wrapped=wrapped)

    return Route("GET", path, handler, tool=kind.tool, in_project=kind.scope != "company")


def show(call: Call, resource: str, row: Row, *, view: str = "detail", wrapped: bool = False) -> SimResponse:
    """One record as an answer."""
    body = call.renderer.row(resource, row, view)
    return body_response(b'{"data":' + body + b"}" if wrapped else body)


def seen_row(call: Call, resource: str, parameter: str) -> Row:
    """The row that a path parameter names, if this caller may see it; else ApiError 404."""
    kind = RESOURCES[resource]
    record_id: RecordId = call.params[parameter] if kind.string_ids else call.integer_param(parameter)
    project_id = call.project_id() if kind.scope != "company" else None
    row = call.state.tables[resource].find(record_id, project_id)
    if row is None or row.hidden or (project_id is not None and row.project_id != project_id):
        raise not_found()
    if row.deleted_at is not None and kind.deletion in _UNSEEN_WHEN_DELETED:
        raise not_found()
    return row
