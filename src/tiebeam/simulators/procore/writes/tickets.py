"""Time and material tickets, and the labour, material, equipment, files and signatures that hang on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.simulators.procore.bodies import read_body
from tiebeam.simulators.procore.errors import missing_parameter, not_found
from tiebeam.simulators.procore.listing import Listing
from tiebeam.simulators.procore.reads.building import detail, project_list
from tiebeam.simulators.procore.writes import saving
from tiebeam.simulators.procore.writes.attachments import taken
from tiebeam.simulators.procore.writes.building import creating, deleting, updating, write_route
from tiebeam.simulators.procore.writes.forms import Form, blanks, entries, invalid
from tiebeam.simulators.procore.writes.kinds import decimal, integer, integers, texts
from tiebeam.simulators.procore.writes.references import user_shown
from tiebeam.simulators.procore.writes.ticket_files import (
    attach,
    detach,
    detach_many,
    hang,
    open_ticket,
    sign,
    signature_shown,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.routing import Handler, Route
    from tiebeam.simulators.procore.tables import Row
    from tiebeam.simulators.procore.writes.forms import Fields

_P10 = "/rest/v1.0/projects/{project_id}"
_ENTRIES = f"{_P10}/time_and_material_entries"
_FILES = f"{_P10}/time_and_material_entry_attachments"
_SIGNATURES = f"{_ENTRIES}/signatures"
_TOOL = "time_and_materials"
# The words are guessed: only that a text is sent and a number comes back is documented.
_STATUSES = {"in_progress": 0, "company_signed": 1, "customer_signed": 2, "closed": 3, "void": 4}


def _entry_blank(call: Call, project_id: int | None) -> Fields:
    return {
        **blanks(_ENTRY, "image_ids", "upload_ids", "drawing_revision_ids", "file_version_ids", "form_ids"),
        "number": saving.number_after(call, "time_and_material_entries", project_id),
        "status": 0,
        "private": False,
        "project_id": project_id,
        "company_id": call.state.company_id,
        "location_id": None,
        "customer_id": None,
        "change_event_id": None,
        "created_by_id": call.principal.user["id"],
        "time_and_material_entry_attachments": [],
    }


def _entry_settled(call: Call, _held: Fields, changes: Fields) -> Fields:
    if "status" in changes:
        changes["status"] = _status(call, changes["status"])
    for side in ("company", "customer"):
        name = f"{side}_signature_id"
        if name in changes:
            changes[f"{side}_signature"] = signature_shown(call, name, changes.pop(name))
    for name in ("drawing_revision_ids", "file_version_ids", "form_ids", "image_ids", "upload_ids"):
        changes.pop(name, None)
    return changes


def _status(call: Call, said: str | None) -> int:
    word = str(said or "in_progress").lower().replace(" ", "_")
    if word.isdecimal():
        return int(word)
    if word not in _STATUSES:
        raise invalid(call, {"status": ["is not included in the list"]})
    return _STATUSES[word]


_ENTRY = Form(
    "time_and_material_entries",
    "time_and_material_entry",
    entries(
        "name reference_number description status private:bool number:int work_performed_on_date",
        "customer_signature_id:int company_signature_id:int company_signee_party_id:party",
        "customer_signee_party_id:party drawing_revision_ids:ints file_version_ids:ints form_ids:ints",
        "image_ids:ints upload_ids:texts",
    ),
    blank=_entry_blank,
    settle=_entry_settled,
    unique=None,
)


def _child_blank(call: Call, project_id: int | None) -> Fields:
    shown = {"project_id": project_id, "deleted_at": None, "created_by": user_shown(call)}
    return {"time_and_material_entry_id": None, **shown}


def _child_settled(call: Call, held: Fields, changes: Fields) -> Fields:
    """A line may only hang on a ticket that is there."""
    entry_id = changes.get("time_and_material_entry_id")
    if entry_id is not None:
        open_ticket(call, entry_id)
    if "id" not in held:
        changes.setdefault("deleted_at", None)
    return changes


def _timecard_settled(call: Call, held: Fields, changes: Fields) -> Fields:
    if "id" not in held:
        changes = {"company_id": call.state.company_id, "login_information": None, **changes}
    return _child_settled(call, held, changes)


def _equipment_settled(call: Call, held: Fields, changes: Fields) -> Fields:
    """The number of hours is whole: a half is cut off, or refused, as the options say."""
    sent = decimal(changes.get("quantity"))
    if sent is not None:
        if sent != int(sent) and call.options.fractional_equipment == "refuse":
            raise invalid(call, {"quantity": ["must be an integer"]})
        changes["quantity"] = int(sent)
    return _child_settled(call, held, changes)


_TIMECARD = Form(
    "time_and_material_timecards",
    "time_and_material_timecard",
    entries(
        "time_and_material_entry_id:int timecard_time_type_id:int login_information_id:user",
        "work_classification_id:int hours_worked:float",
    ),
    blank=_child_blank,
    settle=_timecard_settled,
    unique=None,
)
_EQUIPMENT = Form(
    "time_and_material_equipment_logs",
    "time_and_material_equipment_log",
    entries("time_and_material_entry_id:int description uom quantity:float"),
    blank=_child_blank,
    settle=_equipment_settled,
    unique=None,
)
_MATERIAL = Form(
    "materials",
    "material",
    entries("time_and_material_entry_id:int name description uom quantity:float"),
    blank=_child_blank,
    settle=_child_settled,
    unique=None,
)
# The wrapper of many at once, and the key of their ids when they are destroyed.
_CHILDREN = (
    (_TIMECARD, "time_and_material_timecards"),
    (_EQUIPMENT, "time_and_material_equipment_logs"),
    (_MATERIAL, "time_and_material_materials"),
)


def routes() -> Iterator[Route]:
    """Every operation of the tool, reading ones too."""
    yield from _entry_routes()
    for form, wrapper in _CHILDREN:
        yield from _child_routes(form, wrapper)
    yield project_list(_FILES, Listing("time_and_material_entry_attachments"))
    yield detail(f"{_FILES}/{{id}}", "time_and_material_entry_attachments")
    yield write_route("POST", _FILES, attach, _TOOL)
    yield write_route("DELETE", f"{_FILES}/bulk_destroy", detach_many, _TOOL)
    yield write_route("DELETE", f"{_FILES}/{{id}}", detach, _TOOL)


def _entry_routes() -> Iterator[Route]:
    listing = Listing("time_and_material_entries")
    yield project_list(_ENTRIES, listing)
    yield detail(f"{_ENTRIES}/{{id}}", "time_and_material_entries")
    yield write_route("POST", _ENTRIES, _create, _TOOL)
    yield write_route("PATCH", f"{_ENTRIES}/{{id}}", _update, _TOOL)
    yield deleting(f"{_ENTRIES}/{{id}}", "time_and_material_entries", "record")
    yield write_route("PATCH", f"{_ENTRIES}/{{id}}/restore", _restore, _TOOL)
    yield write_route("PATCH", f"{_ENTRIES}/bulk_update", _link_to_event, _TOOL)
    yield write_route("POST", f"{_ENTRIES}/search", _search, _TOOL)
    signatures = "time_and_material_signatures"
    yield project_list(_SIGNATURES, Listing(signatures))
    yield detail(f"{_SIGNATURES}/{{id}}", signatures)
    yield write_route("POST", _SIGNATURES, sign, _TOOL)
    yield deleting(f"{_SIGNATURES}/{{id}}", signatures, "record")
    yield write_route(
        "DELETE",
        f"{_SIGNATURES}/bulk_destroy",
        _destroying(signatures, "time_and_material_entry", "time_and_material_signature_ids"),
        _TOOL,
    )


def _child_routes(form: Form, wrapper: str) -> Iterator[Route]:
    path = f"{_P10}/{form.resource}"
    yield project_list(path, Listing(form.resource))
    yield detail(f"{path}/{{id}}", form.resource)
    yield creating(path, form)
    yield updating(f"{path}/{{id}}", form)
    yield deleting(f"{path}/{{id}}", form.resource, "record")
    creating_many = _creating_many(form, wrapper)
    yield write_route("POST", f"{path}/bulk_create", creating_many, _TOOL, form.resource)
    yield write_route("PATCH", f"{path}/bulk_update", _updating_many(form, wrapper), _TOOL)
    destroying = _destroying(form.resource, wrapper, f"{wrapper}_ids")
    yield write_route("DELETE", f"{path}/bulk_destroy", destroying, _TOOL)


def _create(call: Call) -> SimResponse:
    sent = read_body(call.request).wrapped("time_and_material_entry")
    blobs = [taken(call, uuid) for uuid in texts(sent.get("upload_ids"))]
    row = saving.insert(call, _ENTRY, sent, project_id=call.project_id())
    for blob in blobs:
        hang(call, row, blob)
    return saving.answer(call, _ENTRY.resource, row, status=201)


def _update(call: Call) -> SimResponse:
    sent = read_body(call.request).wrapped("time_and_material_entry")
    row = saving.held(call, _ENTRY.resource, call.project_id())
    blobs = [taken(call, uuid) for uuid in texts(sent.get("upload_ids"))]
    saving.change(call, _ENTRY, row, sent)
    for blob in blobs:
        hang(call, row, blob)
    return saving.answer(call, _ENTRY.resource, row)


def _restore(call: Call) -> SimResponse:
    row = call.state.tables[_ENTRY.resource].find(call.integer_param("id"))
    if row is None or row.deleted_at is None or row.project_id != call.project_id():
        raise not_found()
    call.state.restore(_ENTRY.resource, row.id, at=call.moment)
    return saving.answer(call, _ENTRY.resource, row)


def _link_to_event(call: Call) -> SimResponse:
    """Hang tickets on a change event; none is, unless all can be."""
    sent = read_body(call.request).wrapped("time_and_material_entry")
    event = call.state.tables["change_events"].find(integer(sent.get("change_event_id")) or 0)
    if event is None or not event.live or event.project_id != call.project_id():
        raise invalid(call, {"change_event_id": ["must exist"]})
    rows = [open_ticket(call, entry_id) for entry_id in integers(sent.get("time_and_material_entry_ids"))]
    if not rows:
        raise missing_parameter("time_and_material_entry_ids")
    for row in rows:
        call.state.update(_ENTRY.resource, row.id, {"change_event_id": event.id}, at=call.moment)
    return saving.answer_all(call, _ENTRY.resource, rows)


def _search(call: Call) -> SimResponse:
    keyword = (call.query.get("search_keyword") or "").casefold()
    rows = [
        row
        for row in call.state.tables[_ENTRY.resource].bucket(project_id=call.project_id())
        if row.live
        and any(keyword in _said(row, name) for name in ("name", "reference_number", "description"))
    ]
    return saving.answer_all(call, _ENTRY.resource, rows)


def _said(row: Row, name: str) -> str:
    return str(row.fields.get(name) or "").casefold()


def _creating_many(form: Form, wrapper: str) -> Handler:
    """All of them, or none when one is wrong."""

    def handler(call: Call) -> SimResponse:
        items = read_body(call.request).listed(wrapper)
        for item in items:
            saving.settled(call, form, {}, form.read(call, item, new=True))
        rows = [saving.insert(call, form, item, project_id=call.project_id()) for item in items]
        return saving.answer_all(call, form.resource, rows, status=201)

    return handler


def _updating_many(form: Form, wrapper: str) -> Handler:
    def handler(call: Call) -> SimResponse:
        items = read_body(call.request).listed(wrapper)
        table = call.state.tables[form.resource]
        rows = [table.find(integer(item.get("id")) or 0) for item in items]
        if any(row is None or row.project_id != call.project_id() for row in rows):
            raise not_found()
        for row, item in zip(rows, items, strict=True):
            if row is not None:
                saving.change(call, form, row, item)
        return saving.answer_all(call, form.resource, [row for row in rows if row is not None])

    return handler


def _destroying(resource: str, wrapper: str, key: str) -> Handler:
    def handler(call: Call) -> SimResponse:
        wanted = integers(read_body(call.request).wrapped(wrapper).get(key))
        table = call.state.tables[resource]
        rows = [row for record_id in wanted if (row := table.find(record_id)) is not None]
        if len(rows) != len(wanted) or any(row.project_id != call.project_id() for row in rows):
            raise not_found()
        for row in rows:
            call.state.delete(resource, row.id, at=call.moment)
        return saving.answer_all(call, resource, rows)

    return handler
