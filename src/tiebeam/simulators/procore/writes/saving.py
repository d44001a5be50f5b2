"""Records made, changed and removed through their forms, and many at once by sync."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orjson import Fragment, dumps

from tiebeam.simulators.base.messages import SimResponse
from tiebeam.simulators.procore.bodies import as_list
from tiebeam.simulators.procore.calls import open_project
from tiebeam.simulators.procore.errors import ApiError, body_response, missing_parameter, not_found
from tiebeam.simulators.procore.resources import RESOURCES
from tiebeam.simulators.procore.writes.attachments import attached
from tiebeam.simulators.procore.writes.forms import invalid
from tiebeam.simulators.procore.writes.kinds import WrongValueError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiebeam.simulators.procore.bodies import Body
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.tables import RecordId, Row
    from tiebeam.simulators.procore.writes.forms import Errors, Fields, Form

SYNC_MAX = 1000


def enter(call: Call, body: Body, resource: str) -> int | None:
    """The project of a write, from the path, the query or the body, once its doors have let the caller in.

    None for what belongs to the whole company. Raises ApiError 400, 403 or 404.
    """
    kind = RESOURCES[resource]
    if kind.scope == "company":
        _enter_company(call, body)
        return None
    project_id = named_project(call, body)
    open_project(call.state, project_id, kind.tool)
    return project_id


def named_project(call: Call, body: Body) -> int:
    """The project that the path, the query or the body names. Raises ApiError 400 when none does."""
    named = "project_id" in call.params or call.query.get("project_id") is not None
    project_id = call.project_id() if named else body.integer("project_id")
    if project_id is None:
        raise missing_parameter("project_id")
    return project_id


def _enter_company(call: Call, body: Body) -> None:
    given = call.params.get("company_id") or call.query.get("company_id") or body.integer("company_id")
    if given is None:
        raise missing_parameter("company_id")
    if str(given) != str(call.state.company_id):
        raise ApiError(403, "You do not have access to this company")


def held(call: Call, resource: str, project_id: int | None, parameter: str = "id") -> Row:
    """The live record that the path names. Raises ApiError 404."""
    row = call.state.tables[resource].find(call.integer_param(parameter), project_id)
    wrong_project = row is not None and project_id is not None and row.project_id != project_id
    inactive = RESOURCES[resource].deletion == "inactive"
    if row is None or row.hidden or wrong_project or (row.deleted_at is not None and not inactive):
        raise not_found()
    return row


def insert(
    call: Call,
    form: Form,
    sent: Mapping[str, Any],
    *,
    project_id: int | None,
    parent_id: RecordId | None = None,
    beside: Mapping[str, Any] | None = None,
) -> Row:
    """Make a record of what was sent; files may lie `beside` the wrapper too. Raises ApiError."""
    kept = form.read(call, sent, new=True)
    check_unique(call, form, kept, None)
    files = attached(call, sent, beside or {}) if form.files else []
    blank = form.blank(call, project_id)
    fields = {**blank, **settled(call, form, blank, kept)}
    if form.files:
        fields[form.files] = files
    made = call.state.insert(
        form.resource, fields, project_id=project_id, parent_id=parent_id, at=call.moment
    )
    return call.state.row(form.resource, made["id"], project_id)


def change(
    call: Call, form: Form, row: Row, sent: Mapping[str, Any], beside: Mapping[str, Any] | None = None
) -> Row:
    """Change a record to what was sent; further files join those it has. Raises ApiError."""
    kept = form.read(call, sent, new=False)
    check_unique(call, form, kept, row)
    files = attached(call, sent, beside or {}) if form.files else []
    changes = settled(call, form, row.fields, kept)
    if "custom_fields" in changes:
        changes["custom_fields"] = {**(row.fields.get("custom_fields") or {}), **changes["custom_fields"]}
    if form.files and files:
        changes[form.files] = [*(row.fields.get(form.files) or []), *files]
    call.state.update(form.resource, row.id, changes, at=call.moment, project_id=row.project_id)
    return row


def settled(call: Call, form: Form, held: Fields, kept: Fields) -> Fields:
    """What a form makes of what was read. Raises ApiError also for what lies deeper than its own fields."""
    try:
        return form.settle(call, held, kept)
    except WrongValueError as error:
        raise invalid(call, {"base": [str(error)]}) from error


def check_unique(call: Call, form: Form, kept: Fields, row: Row | None) -> None:
    """Raises ApiError when another record of the company has the value that has to be unique."""
    value = kept.get(form.unique) if form.unique else None
    if not value:
        return
    other = owner_of(call, form, value)
    if other is not None and other is not row:
        raise invalid(call, {str(form.unique): ["has already been taken"]})


def owner_of(call: Call, form: Form, value: Any) -> Row | None:
    """The record of the company that has a unique value."""
    rows = call.state.tables[form.resource].everything
    return next((row for row in rows if row.fields.get(str(form.unique)) == value), None)


def answer(call: Call, resource: str, row: Row, *, status: int = 200, view: str = "detail") -> SimResponse:
    """A record as the answer to a write."""
    return body_response(call.renderer.row(resource, row, view), status=status)


def answer_all(call: Call, resource: str, rows: list[Row], *, status: int = 200) -> SimResponse:
    """Records as the answer to a write."""
    return body_response(call.renderer.rows(resource, rows, "detail"), status=status)


def nothing(status: int = 204) -> SimResponse:
    """An answer that says nothing: no body at 204, else an empty object, since clients read every body."""
    return SimResponse(status) if status == 204 else body_response(b"{}", status=status)


def number_after(call: Call, resource: str, project_id: int | None, field: str = "number") -> int:
    """One more than the greatest whole number that the project's records of a resource have."""
    rows = call.state.tables[resource].bucket(project_id=project_id)
    numbers = [str(row.fields.get(field) or "") for row in rows]
    return max((int(number) for number in numbers if number.isdecimal()), default=0) + 1


def sync(
    call: Call, form: Form, body: Body, *, project_id: int | None, parent_id: RecordId | None = None
) -> SimResponse:
    """Make or change each of `updates`, found by `id`, else `origin_id`: always 200, with the errors inside.

    Raises ApiError 400 when there is no list, or one that is too long.
    """
    updates = as_list(body.fields.get("updates"))
    if updates is None or not all(isinstance(update, dict) for update in updates):
        raise missing_parameter("updates")
    if len(updates) > SYNC_MAX:
        raise ApiError(400, f"No more than {SYNC_MAX} updates are allowed", shape="errors")
    owners = _owners(call, form)
    rows: dict[int, Row] = {}
    refused = []
    for update in updates:
        try:
            row = _synced(call, form, update, owners, (project_id, parent_id))
        except ApiError as error:
            refused.append({**update, "errors": error.payload or {"base": [error.message]}})
            continue
        if row.fields.get("origin_id"):
            owners[row.fields["origin_id"]] = row
        rows[id(row)] = row
    entities = [Fragment(call.renderer.row(form.resource, row, "detail")) for row in rows.values()]
    return body_response(dumps({"entities": entities, "errors": refused}))


def _owners(call: Call, form: Form) -> dict[Any, Row]:
    """Every record of the company by its origin id."""
    rows = call.state.tables[form.resource].everything
    return {row.fields["origin_id"]: row for row in rows if row.fields.get("origin_id")}


def _synced(
    call: Call,
    form: Form,
    update: Fields,
    owners: dict[Any, Row],
    scope: tuple[int | None, RecordId | None],
) -> Row:
    project_id, parent_id = scope
    origin_id = update.get("origin_id")
    row = _by_id(call, form, update["id"], project_id) if update.get("id") else owners.get(origin_id or None)
    if row is None:
        return insert(call, form, update, project_id=project_id, parent_id=parent_id)
    elsewhere = (project_id is not None and row.project_id != project_id) or row.parent_id != parent_id
    if (
        elsewhere
        or row.hidden
        or (row.deleted_at is not None and RESOURCES[form.resource].deletion != "inactive")
    ):
        raise invalid(call, {"origin_id": ["has already been taken"]})
    return change(call, form, row, update)


def _by_id(call: Call, form: Form, given: Any, project_id: int | None) -> Row:
    record_id = int(given) if str(given).isdecimal() else -1
    row = call.state.tables[form.resource].find(record_id, project_id)
    errors: Errors = {"id": ["Entity with this ID not found"]}
    if row is None or row.hidden or (project_id is not None and row.project_id != project_id):
        raise invalid(call, errors)
    return row
