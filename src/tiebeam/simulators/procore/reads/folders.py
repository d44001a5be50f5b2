"""The older tree of folders and files, grown from the same documents as the flat list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orjson import Fragment, dumps

from tiebeam.simulators.procore.errors import body_response, not_found
from tiebeam.simulators.procore.reads.building import show
from tiebeam.simulators.procore.routing import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.tables import RecordId, Row


def folder_routes() -> Iterator[Route]:
    """Folders and files by id, and the root."""
    yield Route("GET", "/rest/v1.0/folders", _root, tool="documents", in_project=True)
    yield Route("GET", "/rest/v1.0/folders/{id}", _folder, tool="documents", in_project=True)
    yield Route("GET", "/rest/v1.0/files/{id}", _file, tool="documents", in_project=True)


def _root(call: Call) -> SimResponse:
    root = {"id": None, "name": "Documents", "parent_id": None}
    return body_response(dumps({**root, **_children(call, None)}))


def _folder(call: Call) -> SimResponse:
    row = _document(call, "folder")
    return body_response(dumps({**row.fields, **_children(call, row.id)}))


def _file(call: Call) -> SimResponse:
    return show(call, "documents", _document(call, "file"), view="file")


def _document(call: Call, document_type: str) -> Row:
    row = call.state.tables["documents"].find(call.integer_param("id"))
    if row is None or not row.live or row.project_id != call.project_id():
        raise not_found()
    if row.fields.get("document_type") != document_type:
        raise not_found()
    return row


def _children(call: Call, parent_id: RecordId | None) -> dict[str, list[Any]]:
    children: dict[str, list[Any]] = {"folders": [], "files": []}
    for row in call.state.tables["documents"].bucket(project_id=call.project_id()):
        if row.live and row.fields.get("parent_id") == parent_id:
            view = "folder" if row.fields.get("document_type") == "folder" else "file"
            children[f"{view}s"].append(Fragment(call.renderer.row("documents", row, view)))
    return children
