"""Routes out of forms: create, update, delete and sync."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tiebeam.simulators.procore.bodies import read_body
from tiebeam.simulators.procore.resources import RESOURCES
from tiebeam.simulators.procore.routing import Route
from tiebeam.simulators.procore.writes import saving

if TYPE_CHECKING:
    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.routing import Handler
    from tiebeam.simulators.procore.writes.forms import Form


def write_route(
    method: str, path: str, handler: Handler, tool: str | None, resource: str | None = None
) -> Route:
    """A write whose project, when the path does not name it, is looked for by the handler."""
    within = "{project_id}" in path
    return Route(method, path, handler, tool=tool, in_project=within, resource=resource)


def form_route(method: str, path: str, form: Form, handler: Handler) -> Route:
    """A write of a form's tool."""
    return write_route(method, path, handler, RESOURCES[form.resource].tool)


def creating(path: str, form: Form, *, status: int = 201, view: str = "detail") -> Route:
    """POST: one record out of the form's wrapper."""

    def handler(call: Call) -> SimResponse:
        body = read_body(call.request)
        project_id = saving.enter(call, body, form.resource)
        row = saving.insert(call, form, body.wrapped(form.wrapper), project_id=project_id, beside=body.fields)
        return saving.answer(call, form.resource, row, status=status, view=view)

    return form_route("POST", path, form, handler)


def updating(path: str, form: Form, *, view: str = "detail") -> Route:
    """PATCH: what the form's wrapper says of one record."""

    def handler(call: Call) -> SimResponse:
        body = read_body(call.request)
        row = saving.held(call, form.resource, saving.enter(call, body, form.resource))
        saving.change(call, form, row, body.wrapped(form.wrapper), body.fields)
        return saving.answer(call, form.resource, row, view=view)

    return form_route("PATCH", path, form, handler)


def deleting(path: str, resource: str, shows: Literal["nothing", "empty", "record"] = "empty") -> Route:
    """DELETE: 204 without a body, or 200 with none or with what was deleted."""

    def handler(call: Call) -> SimResponse:
        project_id = saving.enter(call, read_body(call.request), resource)
        row = saving.held(call, resource, project_id)
        call.state.delete(resource, row.id, at=call.moment, project_id=project_id)
        if shows == "record":
            row.rendered.clear()
            return saving.answer(call, resource, row)
        return saving.nothing(204 if shows == "nothing" else 200)

    return write_route("DELETE", path, handler, RESOURCES[resource].tool)


def syncing(path: str, form: Form) -> Route:
    """PATCH: many records at once."""

    def handler(call: Call) -> SimResponse:
        body = read_body(call.request)
        return saving.sync(call, form, body, project_id=saving.enter(call, body, form.resource))

    return form_route("PATCH", path, form, handler)
