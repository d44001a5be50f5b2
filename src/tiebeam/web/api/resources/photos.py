"""Photos from site: sent as they are, kept byte for byte."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import FileResponse, Response

from tiebeam.capture import Capture
from tiebeam.field.photos.model import PHOTO_BYTES_MAX, PIECE_BYTES_MAX, Photo, Promised, UnknownPhotoError
from tiebeam.field.photos.repository import Progress
from tiebeam.identity.permissions import Permission
from tiebeam.web.api.asker import Ask, Asked
from tiebeam.web.api.field_shapes import FieldPhoto, PhotoProgress, Place
from tiebeam.web.api.problems import nothing_there
from tiebeam.web.api.resources.field import hidden_photos
from tiebeam.web.api.route import GuardedRoute, gives_file, needs

ROUTER = APIRouter(route_class=GuardedRoute, tags=["field"])

Digest = Annotated[
    str, Query(min_length=64, max_length=64, pattern="^[0-9a-f]{64}$", description="Of the whole photo.")
]
Size = Annotated[int, Query(alias="bytes", ge=1, le=PHOTO_BYTES_MAX, description="Of the whole photo.")]
_KINDS: Final = ("image/jpeg", "image/png", "image/webp", "image/heic")


def _file(*kinds: str) -> dict[str, Any]:
    return gives_file(needs(Permission.FIELD_CAPTURE, 404), *kinds)


@ROUTER.put(
    "/field/photos/{photo_id}",
    **needs(Permission.FIELD_CAPTURE, method="put", body_bytes_max=PHOTO_BYTES_MAX, takes_bytes=True),
)
async def keep(
    ask: Asked,
    photo_id: UUID,
    name: Annotated[str, Query(max_length=1000, description="What its file is called.")] = "",
) -> FieldPhoto:
    """Keep a photo; the body is its file as it is. Sent again it is the same.

    JPEG, PNG, WebP and HEIC are taken, told by their content, up to 100 MB.
    """
    photos = Capture(await ask.app()).photos()
    return _shown(await photos.put(photo_id, ask.request.stream(), ask.asker.actor, name=name))


@ROUTER.get("/field/photos/{photo_id}/pieces", **needs(Permission.FIELD_CAPTURE))
async def received(ask: Asked, photo_id: UUID, sha256: Digest, size: Size) -> PhotoProgress:
    """Say how much is here of a photo that comes in pieces; each asker sees the own pieces alone."""
    photos = Capture(await ask.app()).photos()
    return _progress(await photos.received(_promised(ask, photo_id, sha256, size)))


@ROUTER.put(
    "/field/photos/{photo_id}/pieces",
    **needs(Permission.FIELD_CAPTURE, 503, method="put", body_bytes_max=PIECE_BYTES_MAX, takes_bytes=True),
)
async def receive(
    ask: Asked,
    photo_id: UUID,
    *,
    sha256: Digest,
    size: Size,
    offset: Annotated[int, Query(ge=0, le=PHOTO_BYTES_MAX, description="Where in the photo it begins.")],
    name: Annotated[str, Query(max_length=1000, description="What its file is called.")] = "",
) -> PhotoProgress:
    """Take a piece of a photo, at most 8 MB; what came of a piece that was cut off stays.

    The answer says where the next one begins. A piece that begins elsewhere changes nothing. Pieces of which
    no other one came for a week are thrown away.
    """
    photos, wanted = Capture(await ask.app()).photos(), _promised(ask, photo_id, sha256, size)
    return _progress(await photos.receive(wanted, offset, ask.request.stream(), name=name))


@ROUTER.get("/field/photos/{photo_id}/about", **needs(Permission.FIELD_CAPTURE, 404))
async def about(ask: Asked, photo_id: UUID) -> FieldPhoto:
    """Say what is known of a photo."""
    return _shown(await _found(ask, photo_id))


@ROUTER.get("/field/photos/{photo_id}", **_file(*_KINDS))
async def photo(ask: Asked, photo_id: UUID) -> Response:
    """Give a photo's file, byte for byte as it was sent."""
    found = await _found(ask, photo_id)
    path = Capture(await ask.app()).photos().path(found)
    if not path.is_file():
        raise UnknownPhotoError(
            "This photo's file is not on this machine, though it was kept.",
            action="Have the folder `photos` of Tiebeam's data restored from a backup.",
        )
    return FileResponse(
        path,
        media_type=found.media_type,
        filename=found.name,
        content_disposition_type="inline",
        headers={"ETag": f'"{found.sha256.hex()}"'},
    )


@ROUTER.get("/field/photos/{photo_id}/thumbnail", **_file("image/jpeg"))
async def thumbnail(ask: Asked, photo_id: UUID) -> Response:
    """Give a small picture of a photo, at most 480 pixels a side; there is none of HEIC."""
    await _found(ask, photo_id)
    made = await Capture(await ask.app()).photos().thumbnail(photo_id)
    return Response(made, media_type="image/jpeg")


async def _found(ask: Ask, photo_id: UUID) -> Photo:
    found = await Capture(await ask.app()).photos().get(photo_id)
    if await hidden_photos(ask, [photo_id]):
        raise nothing_there("such photo")
    return found


def _promised(ask: Ask, photo_id: UUID, sha256: str, size: int) -> Promised:
    return Promised(photo_id, bytes.fromhex(sha256), size, ask.asker.actor)


def _progress(one: Progress) -> PhotoProgress:
    return PhotoProgress(received_bytes=one.bytes, photo=_shown(one.photo) if one.photo else None)


def _shown(one: Photo) -> FieldPhoto:
    place = None
    if one.latitude is not None and one.longitude is not None:
        place = Place(latitude=one.latitude, longitude=one.longitude)
    return FieldPhoto(
        id=one.id,
        sha256=one.sha256.hex(),
        bytes=one.bytes,
        name=one.name,
        media_type=one.media_type,
        width=one.width,
        height=one.height,
        taken_at=one.taken_at,
        place=place,
        has_thumbnail=one.has_thumbnail,
        received_at=one.received_at,
    )
