"""What is captured on site, as small as it can be and whole; and photos that say something."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any
from uuid import UUID

from PIL import ExifTags, Image

from tiebeam.field.model import Kind
from tiebeam.field.repository import Hand
from tiebeam.operations.audit.model import Actor, ActorKind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

FOREMAN = Actor(ActorKind.PERSON, "6f0a2d9e-0000-4000-8000-000000000001", "Finn Foreman")
OFFICE = Actor(ActorKind.PERSON, "6f0a2d9e-0000-4000-8000-000000000002", "Olga Office")
FOREMANS = Hand(FOREMAN, reviews=False)
OFFICES = Hand(OFFICE, reviews=True)


def ticket(**more: Any) -> dict[str, Any]:
    """Return a ticket of one worker and one material."""
    return {
        "work_date": "2026-03-02",
        "description": "Moved the riser in corridor B",
        "labour": [{"worker": "A. Aziz", "trade": "Electrician", "hours": "8.50", "rate": "95.00"}],
        "materials": [{"name": "EMT 3/4", "unit": "ft", "quantity": "40", "unit_cost": "1.255"}],
        **more,
    }


def request_form(**more: Any) -> dict[str, Any]:
    """Return a change order request of two lines and two mark-ups."""
    lines = [
        {
            "kind": "labour",
            "description": "Electrician",
            "quantity": "8.5",
            "unit": "h",
            "unit_cost": "95.00",
        },
        {"kind": "material", "description": "EMT", "quantity": "3", "unit": "ft", "unit_cost": "-0.335"},
    ]
    markups = [{"name": "Overhead", "percent": "10"}, {"name": "Profit", "percent": "5"}]
    return {"title": "Riser in corridor B", "lines": lines, "markups": markups, **more}


PHOTO, SIGNED = str(UUID(int=7)), str(UUID(int=8))
WHOLE: dict[Kind, dict[str, Any]] = {
    Kind.TM_TICKET: ticket(
        cost_code="26-0500",
        equipment=[{"name": "Lift", "quantity": "1.5", "rate": "40"}],
        photos=[PHOTO, PHOTO],
        signature={"name": "S. Super", "signed_at": "2026-03-02T14:00:00Z", "photo": SIGNED},
    ),
    Kind.CHANGE_ORDER_REQUEST: request_form(tickets=[PHOTO], photos=[PHOTO], schedule_days=-2),
    Kind.DAILY_REPORT: {
        "date": "2026-03-02",
        "weather": {"sky": "Clear", "delay": False},
        "crew": [{"trade": "Electrician", "workers": 4, "hours": "8"}],
        "work": [{"description": "Pulled wire", "workers": 4, "hours": "8"}],
        "delays": [{"what": "Crane", "hours": "1.5"}],
        "notes": ["كل شيء على ما يرام"],
        "photos": [PHOTO],
    },
    Kind.CHECK_IN: {"crew": "A", "at": "2026-03-02T07:00:00Z", "people": [{"name": "A", "present": True}]},
    Kind.PHOTO: {"photo": PHOTO, "description": "Riser"},
}
"""A body of each kind with something of everything."""


def picture(form: str = "JPEG", *, size: tuple[int, int] = (1200, 800), exif: bool = False) -> bytes:
    """Return a photo; with `exif` it was taken at half past two, two hours east of UTC, in Berlin."""
    image = Image.new("RGBA" if form == "PNG" else "RGB", size, "orange")
    written = Image.Exif()
    if exif:
        written[ExifTags.Base.Orientation] = 6
        camera = written.get_ifd(ExifTags.IFD.Exif)
        camera[ExifTags.Base.DateTimeOriginal] = "2026:03:02 14:30:00"
        camera[ExifTags.Base.OffsetTimeOriginal] = "+02:00"
        place = written.get_ifd(ExifTags.IFD.GPSInfo)
        place[ExifTags.GPS.GPSLatitudeRef], place[ExifTags.GPS.GPSLatitude] = "N", (52.0, 31.0, 12.0)
        place[ExifTags.GPS.GPSLongitudeRef], place[ExifTags.GPS.GPSLongitude] = "E", (13.0, 24.0, 18.0)
    kept = BytesIO()
    image.save(kept, form, exif=written)
    return kept.getvalue()


def heic() -> bytes:
    """Return the beginning of a HEIC file, which is all that is looked at here."""
    return b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(200)


async def in_chunks(data: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    """Send data piece by piece."""
    for start in range(0, len(data), size):
        yield data[start : start + size]
