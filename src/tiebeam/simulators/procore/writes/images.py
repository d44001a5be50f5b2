"""Photos and their albums."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.simulators.procore.bodies import SentFile, read_body
from tiebeam.simulators.procore.errors import missing_parameter, not_found
from tiebeam.simulators.procore.identifiers import stamp
from tiebeam.simulators.procore.uploads import Blob
from tiebeam.simulators.procore.writes import saving
from tiebeam.simulators.procore.writes.attachments import blob_of, taken
from tiebeam.simulators.procore.writes.building import creating, form_route, updating
from tiebeam.simulators.procore.writes.forms import Form, entries, invalid
from tiebeam.simulators.procore.writes.references import user_shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.bodies import Body
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.routing import Route
    from tiebeam.simulators.procore.writes.forms import Fields

_IMAGES = "/rest/v1.0/images"
_ALBUMS = "/rest/v1.0/image_categories"


def _blank(call: Call, _project_id: int | None) -> Fields:
    unknown = (
        "description location origin_id daily_log_header_id daily_log_segment_id daily_log_segment gps_lat"
        " gps_long width height log_date image_category_id image_category_name"
    )
    return {
        **dict.fromkeys(unknown.split()),
        "taken_at": stamp(call.moment),
        "image_category_private": False,
        "permanently_deleted": False,
        "private": False,
        "projection": "regular",
        "starred": False,
        "uploader": user_shown(call),
        "trades": [],
        "comments_count": 0,
    }


def _settled(call: Call, held: Fields, changes: Fields) -> Fields:
    """The album by its id; a new photo without one goes into the first album there is."""
    if "image_category_id" not in changes and "id" in held:
        return changes
    album_id = changes.get("image_category_id")
    albums = call.state.rows("image_categories", project_id=call.project_id())
    chosen = next((album for album in albums if album_id in (None, album["id"])), None)
    if chosen is None and album_id is not None:
        raise invalid(call, {"image_category_id": ["must exist"]})
    album = chosen or {}
    return {
        **changes,
        "image_category_id": album.get("id"),
        "image_category_name": album.get("name"),
        "image_category_private": bool(album.get("private")),
    }


_IMAGE = Form(
    "images",
    "image",
    entries(
        "description image_category_id:int location_id:location log_date:date private:bool starred:bool",
        "trade_ids:trades>trades daily_log_segment_id:int",
    ),
    blank=_blank,
    settle=_settled,
    unique=None,
)
_ALBUM = Form(
    "image_categories",
    "image_category",
    entries("name* private:bool album_cover_id:int"),
    blank=lambda call, project_id: {
        "position": 1 + len(call.state.rows("image_categories", project_id=project_id)),
        "private": False,
        "count": 0,
        "cover_photo": None,
        "album_cover_id": None,
    },
    unique=None,
)


def routes() -> Iterator[Route]:
    """Every write of the tool."""
    yield form_route("POST", _IMAGES, _IMAGE, _create)
    yield updating(f"{_IMAGES}/{{id}}", _IMAGE)
    yield form_route("DELETE", f"{_IMAGES}/{{id}}", _IMAGE, _delete)
    yield form_route("PATCH", f"{_IMAGES}/{{id}}/retrieve", _IMAGE, _retrieve)
    yield creating(_ALBUMS, _ALBUM)
    yield updating(f"{_ALBUMS}/{{id}}", _ALBUM)
    yield form_route("DELETE", f"{_ALBUMS}/{{id}}", _ALBUM, _delete_album)


def _create(call: Call) -> SimResponse:
    body = read_body(call.request)
    project_id = saving.enter(call, body, "images")
    sent = body.fields.get("image")
    said: Fields = sent if isinstance(sent, dict) else {}
    blob = _picture(call, body, said)
    row = saving.insert(call, _IMAGE, said, project_id=project_id)
    shown = {"filename": blob.filename, "size": len(blob.data)}
    call.state.update("images", row.id, shown, touch=False)
    call.storeroom.keep(blob, f"images/{row.id}")
    _count(call, row.fields.get("image_category_id"), 1)
    return saving.answer(call, "images", row, status=201)


def _picture(call: Call, body: Body, said: Fields) -> Blob:
    """The photo in whichever of the documented ways it was sent. Raises ApiError 400 for none of them."""
    data = said.get("data")
    if isinstance(data, SentFile):
        blob = blob_of(data)
        return _named(blob, body.fields.get("image_name"))
    allowed = call.options.image_body
    upload = body.fields.get("upload")
    if isinstance(upload, dict) and upload.get("uuid") and allowed != "upload_uuid":
        return _named(taken(call, str(upload["uuid"])), upload.get("image_name"))
    if allowed == "upload":
        raise missing_parameter("upload")
    if not body.fields.get("upload_uuid"):
        raise missing_parameter("upload_uuid")
    if not body.fields.get("image_name"):
        raise missing_parameter("image_name")
    return _named(taken(call, str(body.fields["upload_uuid"])), body.fields["image_name"])


def _named(blob: Blob, name: Any) -> Blob:
    return Blob(str(name or blob.filename), blob.content_type, blob.data)


def _delete(call: Call) -> SimResponse:
    """Into the bin, or for good with `permanent=true`, from the bin too."""
    project_id = saving.enter(call, read_body(call.request), "images")
    row = call.state.tables["images"].find(call.integer_param("id"))
    permanent = bool(call.query.flag("permanent"))
    if row is None or row.project_id != project_id or row.hidden or (row.deleted_at and not permanent):
        raise not_found()
    if row.deleted_at is None:
        _count(call, row.fields.get("image_category_id"), -1)
    if permanent:
        call.state.purge("images", row.id)
    else:
        call.state.delete("images", row.id, at=call.moment)
    return saving.nothing(200)


def _retrieve(call: Call) -> SimResponse:
    project_id = saving.enter(call, read_body(call.request), "images")
    row = call.state.tables["images"].find(call.integer_param("id"))
    if row is None or row.project_id != project_id or row.deleted_at is None:
        raise not_found()
    call.state.restore("images", row.id, at=call.moment)
    _count(call, row.fields.get("image_category_id"), 1)
    return saving.answer(call, "images", row)


def _delete_album(call: Call) -> SimResponse:
    project_id = saving.enter(call, read_body(call.request), "image_categories")
    row = saving.held(call, "image_categories", project_id)
    photos = call.state.rows("images", project_id=project_id)
    if any(photo.get("image_category_id") == row.id for photo in photos):
        raise invalid(call, {"base": ["An album that contains photos cannot be deleted"]})
    call.state.delete("image_categories", row.id, at=call.moment)
    return saving.nothing(200)


def _count(call: Call, album_id: int | None, step: int) -> None:
    album = call.state.tables["image_categories"].find(album_id) if album_id is not None else None
    if album is not None:
        count = {"count": int(album.fields.get("count") or 0) + step}
        call.state.update("image_categories", album.id, count, touch=False, at=call.moment)
