"""Folders and files: the tree whose leaves the flat list of documents shows too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.simulators.procore.bodies import SentFile, read_body
from tiebeam.simulators.procore.errors import ApiError
from tiebeam.simulators.procore.identifiers import stamp
from tiebeam.simulators.procore.writes import saving
from tiebeam.simulators.procore.writes.attachments import blob_of, taken
from tiebeam.simulators.procore.writes.building import form_route
from tiebeam.simulators.procore.writes.forms import Form, entries, invalid
from tiebeam.simulators.procore.writes.references import user_shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.routing import Handler, Route
    from tiebeam.simulators.procore.tables import Row
    from tiebeam.simulators.procore.uploads import Blob
    from tiebeam.simulators.procore.writes.forms import Fields

_FOLDERS = "/rest/v1.0/folders"
_FILES = "/rest/v1.0/files"
_UPDATE_FOLDER = "name parent_id:int is_tracked:bool explicit_permissions:bool>private"
_UPDATE_FILE = f"{_UPDATE_FOLDER} description checked_out_until:moment"


def _blank(call: Call, _project_id: int | None) -> Fields:
    return {
        "parent_id": None,
        "created_by": user_shown(call),
        "read_only": False,
        "is_deleted": False,
        "is_tracked": False,
        "private": False,
        "private_parent": None,
        "tracked_folder": None,
        "children": {"has_children": False, "has_children_files": False, "has_children_folders": False},
        "custom_fields": {},
    }


_FOLDER = Form(
    "documents",
    "folder",
    entries(_UPDATE_FOLDER),
    blank=lambda call, project_id: {**_blank(call, project_id), "document_type": "folder"},
    unique=None,
)
_FILE = Form(
    "documents",
    "file",
    entries(_UPDATE_FILE),
    blank=lambda call, project_id: {**_blank(call, project_id), "document_type": "file"},
    unique=None,
)


def routes() -> Iterator[Route]:
    """Every write of the tool."""
    yield form_route("POST", _FOLDERS, _FOLDER, _create_folder)
    yield form_route("POST", _FILES, _FILE, _create_file)
    for path, form in ((_FOLDERS, _FOLDER), (_FILES, _FILE)):
        yield form_route("PATCH", f"{path}/{{id}}", form, _changing(form))
        yield form_route("DELETE", f"{path}/{{id}}", form, _deleting(form))


def _create_folder(call: Call) -> SimResponse:
    body = read_body(call.request)
    project_id = saving.enter(call, body, "documents")
    sent = body.wrapped("folder")
    name = _free_name(call, project_id, _parent(call, project_id, sent), sent, "folder")
    return _insert(call, _FOLDER, {**sent, "name": name}, project_id, None)


def _create_file(call: Call) -> SimResponse:
    body = read_body(call.request)
    project_id = saving.enter(call, body, "documents")
    sent = body.wrapped("file")
    blob = _content(call, sent)
    if blob is None:
        raise invalid(call, {"base": ["upload_uuid or data is required"]})
    sent = {**sent, "name": sent.get("name") or blob.filename}
    name = _free_name(call, project_id, _parent(call, project_id, sent), sent, "file")
    return _insert(call, _FILE, {**sent, "name": name}, project_id, blob)


def _content(call: Call, sent: Fields) -> Blob | None:
    data = sent.get("data")
    if isinstance(data, SentFile):
        return blob_of(data)
    return taken(call, str(sent["upload_uuid"])) if sent.get("upload_uuid") else None


def _parent(call: Call, project_id: int | None, sent: Fields) -> Row | None:
    """The folder to go into; None is the root. Raises ApiError 422 for one that is not there."""
    given = sent.get("parent_id")
    if given in (None, "", 0):
        return None
    row = call.state.tables["documents"].find(int(given)) if str(given).isdecimal() else None
    folder = row is not None and row.fields.get("document_type") == "folder"
    if row is None or not folder or not row.live or row.project_id != project_id:
        raise invalid(call, {"parent_id": ["must exist"]})
    return row


def _free_name(call: Call, project_id: int | None, parent: Row | None, sent: Fields, kind: str) -> str:
    """A name that nothing beside it has. Raises ApiError 409, unless `unique_name` asks for another."""
    name = str(sent.get("name") or "").strip()
    if not name:
        raise invalid(call, {"name": ["can't be blank"]})
    beside = _beside(call, project_id, parent, kind)
    if name not in beside:
        return name
    if str(sent.get("unique_name")).lower() not in ("true", "1"):
        raise _taken(kind, beside[name])
    stem, dot, ending = name.rpartition(".") if "." in name else (name, "", "")
    return next(
        free for n in range(1, len(beside) + 2) if (free := f"{stem} ({n}){dot}{ending}") not in beside
    )


def _beside(call: Call, project_id: int | None, parent: Row | None, kind: str) -> dict[str, Row]:
    parent_id = None if parent is None else parent.id
    rows = call.state.tables["documents"].bucket(project_id=project_id)
    return {
        str(row.fields.get("name")): row
        for row in rows
        if row.live and row.fields.get("parent_id") == parent_id and row.fields.get("document_type") == kind
    }


def _taken(kind: str, row: Row) -> ApiError:
    said = f"A {kind} with this name already exists in this folder"
    shown = {name: row.fields.get(name) for name in ("id", "name", "parent_id", "updated_at")}
    payload = {"errors": {"base": [said]}, "error_type": "duplicate_name", kind: shown}
    return ApiError(409, said, shape="plain", payload=payload)


def _insert(call: Call, form: Form, sent: Fields, project_id: int | None, blob: Blob | None) -> SimResponse:
    row = saving.insert(call, form, sent, project_id=project_id)
    changes: Fields = {
        "name_with_path": _path(call, row),
        "file": None if blob is None else _first_version(call, blob, sent),
    }
    call.state.update("documents", row.id, changes, touch=False)
    _tell_parent(call, row)
    return saving.answer(call, "documents", row, status=201, view=form.wrapper)


def _first_version(call: Call, blob: Blob, sent: Fields) -> Fields:
    return {
        "checked_out_by": None,
        "checked_out_until": None,
        "description": sent.get("description"),
        "file_type": blob.filename.rpartition(".")[2],
        "current_version": _version(call, blob, 1),
    }


def _version(call: Call, blob: Blob, number: int) -> Fields:
    return {
        "id": call.storeroom.keep(blob),
        "file_id": None,
        "notes": None,
        "number": number,
        "size": len(blob.data),
        "created_at": stamp(call.moment),
        "created_by": user_shown(call),
        "content_type": blob.content_type,
    }


def _path(call: Call, row: Row) -> str:
    parent_id = row.fields.get("parent_id")
    parent = call.state.tables["documents"].find(parent_id) if parent_id else None
    above = call.state.get("projects", row.project_id or 0).get("name") if parent is None else None
    return f"{above or (parent.fields.get('name_with_path') if parent else '')}/{row.fields['name']}"


def _tell_parent(call: Call, row: Row) -> None:
    parent = call.state.tables["documents"].find(row.fields.get("parent_id") or 0)
    if parent is None:
        return
    kind = "has_children_folders" if row.fields["document_type"] == "folder" else "has_children_files"
    children = {**(parent.fields.get("children") or {}), "has_children": True, kind: True}
    call.state.update("documents", parent.id, {"children": children}, touch=False)


def _of_kind(call: Call, form: Form) -> Row:
    project_id = saving.enter(call, read_body(call.request), "documents")
    row = saving.held(call, "documents", project_id)
    if row.fields.get("document_type") != form.wrapper:
        raise ApiError(404, f"The {form.wrapper} was not found")
    return row


def _changing(form: Form) -> Handler:
    """Rename, move, describe; a file's new content is its next version."""

    def handler(call: Call) -> SimResponse:
        row, sent = _of_kind(call, form), read_body(call.request).wrapped(form.wrapper)
        place = {"parent_id": row.fields.get("parent_id"), "name": row.fields.get("name"), **sent}
        parent = _parent(call, row.project_id, place)
        other = _beside(call, row.project_id, parent, form.wrapper).get(str(place["name"]))
        if other is not None and other is not row:
            raise _taken(form.wrapper, other)
        blob = _content(call, sent) if form.wrapper == "file" else None
        saving.change(call, form, row, {**sent, "parent_id": None if parent is None else parent.id})
        changes: Fields = {"name_with_path": _path(call, row)}
        if blob is not None:
            changes["file"] = _next_version(call, row, blob)
        call.state.update("documents", row.id, changes, touch=False)
        return saving.answer(call, "documents", row, view=form.wrapper)

    return handler


def _next_version(call: Call, row: Row, blob: Blob) -> Fields:
    before: Any = row.fields.get("file") or {}
    number = int((before.get("current_version") or {}).get("number") or 0) + 1
    return {**before, "current_version": _version(call, blob, number)}


def _deleting(form: Form) -> Handler:
    """Into the recycle bin, a folder with everything below it."""

    def handler(call: Call) -> SimResponse:
        _bin(call, _of_kind(call, form))
        return saving.nothing(200)

    return handler


def _bin(call: Call, row: Row) -> None:
    call.state.delete("documents", row.id, at=call.moment)
    for each in list(call.state.tables["documents"].bucket(project_id=row.project_id)):
        if each.live and each.fields.get("parent_id") == row.id:
            _bin(call, each)
