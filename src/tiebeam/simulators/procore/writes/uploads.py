"""Uploads before their use: the two classic versions, and the unified one."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from tiebeam.simulators.procore.bodies import as_list, read_body
from tiebeam.simulators.procore.errors import ApiError, json_response, missing_parameter
from tiebeam.simulators.procore.uploads import Upload, segments_of
from tiebeam.simulators.procore.writes.building import write_route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.routing import Handler, Route
    from tiebeam.simulators.procore.writes.forms import Fields

_SCOPES = ("companies/{company_id}", "projects/{project_id}")
_UNIFIED = ("companies/{company_id}/uploads", "companies/{company_id}/projects/{project_id}/uploads")
_PARTS_MAX = 10_000


def routes() -> Iterator[Route]:
    """Every operation on uploads."""
    for version in ("v1.0", "v1.1"):
        for scope in _SCOPES:
            path = f"/rest/{version}/{scope}/uploads"
            yield write_route("POST", path, _creating(version), None)
            yield write_route("GET", f"{path}/{{uuid}}", _show, None)
            yield write_route("PATCH", f"{path}/{{uuid}}", _complete, None)
    for scope in _UNIFIED:
        path = f"/rest/v2.1/{scope}"
        yield write_route("POST", path, _create_unified, None)
        yield write_route("GET", f"{path}/{{upload_id}}", _show_unified, None)
        yield write_route("PATCH", f"{path}/{{upload_id}}", _complete_unified, None)


def _creating(version: str) -> Handler:
    def handler(call: Call) -> SimResponse:
        sent = read_body(call.request).fields
        promised = sent.get("segments")
        segments = segments_of(as_list(promised) or promised)
        filename = sent.get("response_filename")
        if not filename and not segments and version == "v1.1":
            raise missing_parameter("response_filename")
        content_type = sent.get("response_content_type") or "application/octet-stream"
        upload = _made(call, str(filename or "file"), str(content_type))
        upload.segments = segments
        call.storeroom.uploads.create(upload, call.moment)
        return json_response(_shown(call, upload, with_form=True), status=201)

    return handler


def _made(call: Call, filename: str, content_type: str) -> Upload:
    project_id = call.integer_param("project_id") if "project_id" in call.params else None
    owner_id = call.principal.user["id"]
    return Upload("", owner_id, filename, content_type, call.moment.timestamp(), project_id)


def _owned(call: Call, parameter: str) -> Upload:
    owner_id = call.principal.user["id"]
    return call.storeroom.uploads.owned(call.params[parameter], owner_id, call.moment)


def _show(call: Call) -> SimResponse:
    return json_response(_shown(call, _owned(call, "uuid"), with_form=False))


def _complete(call: Call) -> SimResponse:
    upload = _owned(call, "uuid")
    items = as_list(read_body(call.request).fields.get("segments")) or []
    etags = [item.get("etag") if isinstance(item, dict) else None for item in items]
    call.storeroom.uploads.complete(upload, etags, call.moment)
    return json_response(_shown(call, upload, with_form=False))


def _shown(call: Call, upload: Upload, *, with_form: bool) -> Fields:
    if not upload.segments:
        if not with_form:
            return {"uuid": upload.uuid, "status": upload.status}
        url = f"{call.base_url}/storage/uploads"
        return {"uuid": upload.uuid, "url": url, "fields": call.storeroom.form_fields(upload)}
    ends = call.storeroom.uploads.form_expires(upload)
    segments = [_segment(call, upload, number, ends) for number in range(1, len(upload.segments) + 1)]
    return {"uuid": upload.uuid, "segments": segments, "status": upload.status}


def _segment(call: Call, upload: Upload, number: int, ends: float) -> Fields:
    """One segment and how to send it: everything in `headers` has to go along."""
    segment = upload.segments[number - 1]
    headers = {"x-amz-content-sha256": segment.sha256, "content-length": str(segment.size)}
    if segment.md5 is not None:
        headers["content-md5"] = base64.b64encode(bytes.fromhex(segment.md5)).decode()
    url = call.base_url + call.storeroom.segment_path(upload, number, ends)
    known: Fields = {"sha256": segment.sha256, "size": segment.size, "url": url, "headers": headers}
    if segment.md5 is not None:
        known["md5"] = segment.md5
    return known if segment.etag is None else {"etag": segment.etag, **known}


def _create_unified(call: Call) -> SimResponse:
    sent = read_body(call.request).fields
    for name in ("file_name", "file_size", "sha256", "segments"):
        if not sent.get(name):
            raise missing_parameter(name)
    segments = segments_of(sent["segments"])
    if len(segments) > _PARTS_MAX or sum(segment.size for segment in segments) != sent["file_size"]:
        raise ApiError(422, "segments must add up to file_size, in no more than 10000 parts")
    upload = _made(call, str(sent["file_name"]), str(sent.get("content_type") or "application/octet-stream"))
    upload.segments, upload.unified, upload.sha256 = segments, True, str(sent["sha256"])
    call.storeroom.uploads.create(upload, call.moment)
    content = _unified(call, upload)
    content |= {
        "total_parts": len(segments),
        "upload_expires_at": int(call.storeroom.uploads.expires(upload)),
        "segments": _open_parts(call, upload),
    }
    return json_response({"data": content}, status=201)


def _unified(call: Call, upload: Upload) -> Fields:
    return {
        "upload_id": upload.uuid,
        "file_name": upload.filename,
        "content_type": upload.content_type,
        "file_size": sum(segment.size for segment in upload.segments),
        "status": _unified_status(call, upload),
    }


def _unified_status(call: Call, upload: Upload) -> str:
    """Complete for a moment while the file is checked, available from then on."""
    if upload.completed_at is None:
        return upload.status
    ready = upload.completed_at + call.options.unified_checking_seconds
    return "available" if call.moment.timestamp() >= ready else "complete"


def _open_parts(call: Call, upload: Upload) -> list[Fields]:
    """Fresh URLs for what is still to come."""
    ends = call.moment.timestamp() + call.options.upload_form_seconds
    return [
        {
            "url": call.base_url + call.storeroom.segment_path(upload, number, ends),
            "url_expires_at": int(ends),
            "headers": {"Content-Length": str(segment.size)},
        }
        for number, segment in enumerate(upload.segments, 1)
        if segment.etag is None
    ]


def _show_unified(call: Call) -> SimResponse:
    upload = _owned(call, "upload_id")
    known = {"sanitized_file_name": upload.filename, "custom_metadata": {}}
    return json_response({"data": {**_unified(call, upload), **known, "segments": _open_parts(call, upload)}})


def _complete_unified(call: Call) -> SimResponse:
    """ETags in the order of the parts, null for one that is still to come."""
    upload = _owned(call, "upload_id")
    etags: Any = read_body(call.request).fields.get("part_etags")
    if not isinstance(etags, list):
        raise missing_parameter("part_etags")
    call.storeroom.uploads.complete(upload, etags, call.moment)
    return json_response({"data": {"upload_id": upload.uuid, "status": _unified_status(call, upload)}})
