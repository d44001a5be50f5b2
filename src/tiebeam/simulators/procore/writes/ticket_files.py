"""Files on tickets, and the signatures under them."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from tiebeam.simulators.procore.bodies import read_body
from tiebeam.simulators.procore.errors import ApiError, missing_parameter, not_found
from tiebeam.simulators.procore.uploads import Blob
from tiebeam.simulators.procore.writes import saving
from tiebeam.simulators.procore.writes.attachments import taken
from tiebeam.simulators.procore.writes.forms import Form, entries, invalid
from tiebeam.simulators.procore.writes.kinds import integers, texts
from tiebeam.simulators.procore.writes.references import user_shown

if TYPE_CHECKING:
    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.tables import Row
    from tiebeam.simulators.procore.writes.forms import Fields


def open_ticket(call: Call, entry_id: int | None) -> Row:
    """A ticket of the call's project. Raises ApiError 422 when it is not there."""
    row = call.state.tables["time_and_material_entries"].find(entry_id) if entry_id else None
    if row is None or not row.live or row.project_id != call.project_id():
        raise invalid(call, {"time_and_material_entry_id": ["must exist"]})
    return row


def signature_shown(call: Call, name: str, signature_id: int | None) -> Fields | None:
    """A signature inside a ticket. Raises ApiError 422, by the name of the field, when it is not there."""
    if signature_id is None:
        return None
    row = call.state.tables["time_and_material_signatures"].find(signature_id)
    if row is None or row.project_id != call.project_id():
        raise invalid(call, {name: ["must exist"]})
    return {key: value for key, value in row.fields.items() if key != "party_id"}


def hang(call: Call, ticket: Row, blob: Blob) -> Row:
    """A file on a ticket, as a record of its own and inside the ticket."""
    file_id = call.storeroom.take_id()
    shown = {
        "attachment_id": file_id,
        "content_type": blob.content_type,
        "presentation_url": None,
        "thumbnail_url": None,
        "filename": blob.filename,
    }
    made = call.state.insert(
        "time_and_material_entry_attachments",
        {**shown, "time_and_material_entry_id": ticket.id},
        project_id=ticket.project_id,
        at=call.moment,
    )
    call.storeroom.keep(blob, str(made["id"]))
    held = [*ticket.fields["time_and_material_entry_attachments"], {"id": made["id"], **shown}]
    changes = {"time_and_material_entry_attachments": held}
    call.state.update("time_and_material_entries", ticket.id, changes, at=call.moment)
    return call.state.row("time_and_material_entry_attachments", made["id"])


def attach(call: Call) -> SimResponse:
    """Files from uploads, or from the project's documents. One object comes back: the last one hung on."""
    body = read_body(call.request)
    sent = body.wrapped("time_and_material_entry_attachment")
    ticket = open_ticket(call, body.integer("time_and_material_entry_id"))
    blobs = [taken(call, uuid) for uuid in texts(sent.get("upload_uuids"))]
    blobs += [_document(call, record_id) for record_id in integers(sent.get("documents"))]
    if not blobs:
        raise missing_parameter("upload_uuids")
    rows = [hang(call, ticket, blob) for blob in blobs]
    return saving.answer(call, "time_and_material_entry_attachments", rows[-1], status=201)


def _document(call: Call, record_id: int) -> Blob:
    row = call.state.tables["documents"].find(record_id)
    if row is None or not row.live or row.project_id != call.project_id():
        raise invalid(call, {"documents": ["must exist"]})
    version: Any = (row.fields.get("file") or {}).get("current_version") or {}
    stored = call.storeroom.kept(f"/files/documents/{version.get('id')}")
    return stored or Blob(str(row.fields.get("name")), "application/octet-stream", b"")


def detach(call: Call) -> SimResponse:
    """Take one file down."""
    row = saving.held(call, "time_and_material_entry_attachments", call.project_id())
    _take_down(call, row)
    return saving.answer(call, "time_and_material_entry_attachments", row)


def detach_many(call: Call) -> SimResponse:
    """Take several files down, or none when one of them is not there."""
    sent = read_body(call.request).wrapped("time_and_material_entry_attachment")
    wanted = integers(sent.get("time_and_material_entry_attachment_ids"))
    table = call.state.tables["time_and_material_entry_attachments"]
    rows = [row for record_id in wanted if (row := table.find(record_id)) is not None]
    if len(rows) != len(wanted) or any(row.project_id != call.project_id() for row in rows):
        raise not_found()
    for row in rows:
        _take_down(call, row)
    return saving.answer_all(call, "time_and_material_entry_attachments", rows)


def _take_down(call: Call, row: Row) -> None:
    call.state.delete("time_and_material_entry_attachments", row.id, at=call.moment)
    ticket = call.state.tables["time_and_material_entries"].find(row.fields["time_and_material_entry_id"])
    if ticket is not None:
        held = ticket.fields["time_and_material_entry_attachments"]
        left = {"time_and_material_entry_attachments": [each for each in held if each["id"] != row.id]}
        call.state.update("time_and_material_entries", ticket.id, left, at=call.moment)


_SIGNATURE = Form(
    "time_and_material_signatures",
    "signature",
    entries("party_id*:party signature_text"),
    blank=lambda call, _project_id: {"created_by": user_shown(call)},
    settle=lambda _call, _held, changes: {**changes, "party_id": changes.pop("party")["id"]},
    unique=None,
)


def sign(call: Call) -> SimResponse:
    """A signature as a picture, which comes inside the body or from an upload."""
    sent = read_body(call.request).wrapped("signature")
    uuid = sent.get("upload_id")
    picture = taken(call, str(uuid)) if uuid else _drawn(call, sent.get("data"))
    row = saving.insert(call, _SIGNATURE, sent, project_id=call.project_id())
    call.state.update(_SIGNATURE.resource, row.id, {"file_name": picture.filename}, touch=False)
    call.storeroom.keep(picture, f"{_SIGNATURE.resource}/{row.id}")
    return saving.answer(call, _SIGNATURE.resource, row, status=201)


def _drawn(call: Call, data: Any) -> Blob:
    """The picture of a data URL, or of bare base64."""
    if not isinstance(data, str) or not data:
        raise invalid(call, {"data": ["can't be blank"]})
    try:
        content = base64.b64decode(data.rpartition(",")[2], validate=True)
    except binascii.Error as error:
        raise ApiError(422, "data is not base64", shape="errors", payload={"data": ["is invalid"]}) from error
    return Blob("signature.png", "image/png", content)
