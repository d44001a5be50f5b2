"""What a photo's bytes say of themselves: their kind, size, time and place; and a thumbnail."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from PIL import ExifTags, Image, ImageOps

from tiebeam.field.photos.model import PhotoRefusedError, Told

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

THUMBNAIL_SIDE_MAX: Final = 480
PIXELS_MAX: Final = {"JPEG": 120_000_000, "PNG": 40_000_000, "WEBP": 40_000_000}
"""Of more, no small picture is made. A JPEG is read at a fraction of its size, the others whole."""
_HEIC_BRANDS: Final = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_HEAD_BYTES: Final = 64
_UNREADABLE: Final = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)


def media_type_of(head: bytes) -> str:
    """Return what the first bytes of a file say that it is. Raises PhotoRefusedError for no photo."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS:
        return "image/heic"
    what = "a PDF" if head.startswith(b"%PDF") else "no photo that is known here"
    raise PhotoRefusedError(
        f"This is {what}, whatever its name says.", action="Send a photo: JPEG, PNG, WebP or HEIC."
    )


def told(path: Path) -> Told:
    """Return what the photo in a file says of itself. Raises PhotoRefusedError for no photo.

    A photo that cannot be drawn is kept all the same, without a size and a thumbnail.
    """
    with path.open("rb") as file:
        media_type = media_type_of(file.read(_HEAD_BYTES))
    if media_type not in _FORMATS:
        return Told(media_type)
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures and of odd metadata; the first are bounded here, the others kept.
            warnings.simplefilter("ignore")
            with Image.open(path, formats=[_FORMATS[media_type]]) as image:
                return _told(image, media_type)
    except _UNREADABLE:
        return Told(media_type)


def _told(image: Image.Image, media_type: str) -> Told:
    width, height = image.size
    exif = _exif(image)
    latitude, longitude = _place(exif.get("gps", {}))
    return Told(
        media_type,
        width,
        height,
        _taken_at(exif.get("camera", {})),
        latitude,
        longitude,
        _thumbnail(image) if width * height <= PIXELS_MAX[_FORMATS[media_type]] else None,
    )


def _exif(image: Image.Image) -> dict[str, Mapping[int, Any]]:
    try:
        found = image.getexif()
        return {"camera": found.get_ifd(ExifTags.IFD.Exif), "gps": found.get_ifd(ExifTags.IFD.GPSInfo)}
    except _UNREADABLE:
        return {}


def _thumbnail(image: Image.Image) -> bytes | None:
    try:
        image.draft("RGB", (2 * THUMBNAIL_SIDE_MAX, 2 * THUMBNAIL_SIDE_MAX))
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((THUMBNAIL_SIDE_MAX, THUMBNAIL_SIDE_MAX))
        flat = Image.new("RGB", upright.size, "white")
        # A signature is a drawing on nothing: on white it can be seen.
        flat.paste(upright, mask=upright.getchannel("A") if "A" in upright.getbands() else None)
        kept = BytesIO()
        flat.save(kept, "JPEG", quality=80)
    except _UNREADABLE:
        return None
    return kept.getvalue()


def _taken_at(camera: Mapping[int, Any]) -> datetime | None:
    written = str(camera.get(ExifTags.Base.DateTimeOriginal, "")).strip("\x00 ")
    try:
        moment = datetime.strptime(written, "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    zone = _zone(str(camera.get(ExifTags.Base.OffsetTimeOriginal, "")).strip("\x00 "))
    try:
        return moment.replace(tzinfo=zone).astimezone(UTC) if zone else moment
    except OverflowError:
        return None


def _zone(written: str) -> timezone | None:
    sign, hours, _, minutes = written[:1], written[1:3], written[3:4], written[4:6]
    if sign not in ("+", "-") or not (hours + minutes).isdigit() or len(written) != 6:
        return None
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(offset if sign == "+" else -offset) if offset < timedelta(hours=24) else None


def _place(gps: Mapping[int, Any]) -> tuple[float | None, float | None]:
    latitude = _degrees(gps.get(ExifTags.GPS.GPSLatitude), gps.get(ExifTags.GPS.GPSLatitudeRef), "S", 90)
    longitude = _degrees(gps.get(ExifTags.GPS.GPSLongitude), gps.get(ExifTags.GPS.GPSLongitudeRef), "W", 180)
    return (None, None) if latitude is None or longitude is None else (latitude, longitude)


def _degrees(parts: Any, side: Any, negative: str, most: int) -> float | None:
    try:
        degrees, minutes, seconds = (float(part) for part in parts)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    found = round(degrees + minutes / 60 + seconds / 3600, 7)
    if not 0 <= found <= most:
        return None
    return -found if str(side).strip("\x00 ").upper() == negative else found
