"""What the papers have in common: what they are made of, amounts in words, photos and signatures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tiebeam.field.rules import line_total
from tiebeam.kernel.canonical import canonical
from tiebeam.paper.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tiebeam.field.model import Document
    from tiebeam.field.photos.model import Photo
    from tiebeam.field.projects.model import Project


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything that a paper is made of: the same contents give the same bytes."""

    company: str
    project: Project
    document: Document
    photos: Mapping[UUID, tuple[Photo, bytes | None]]
    """Each with its thumbnail, a JPEG; None where there is none. Those that have not arrived are missing."""
    tickets: Mapping[UUID, str]
    """The numbers of the tickets that a change order request names."""

    @property
    def body(self) -> Mapping[str, Any]:
        """What was captured, as it counts now."""
        return self.document.body


def digest_of(contents: Contents) -> bytes:
    """Return a hash of everything that stands on a paper."""
    document, project = contents.document, contents.project
    told = {
        "company": contents.company,
        "project": [project.number, project.name],
        "document": [
            str(document.id),
            document.number,
            document.version,
            document.standing,
            document.author.name,
        ],
        "at": [document.captured_at.isoformat(), document.received_at.isoformat()],
        "body": document.body,
        "photos": [_told(*contents.photos[id_]) for id_ in sorted(contents.photos)],
        "tickets": sorted((str(id_), number) for id_, number in contents.tickets.items()),
    }
    return sha256(canonical(told)).digest()


def _told(photo: Photo, small: bytes | None) -> list[Any]:
    taken_at = when(photo.taken_at) if photo.taken_at else None
    place = (photo.latitude, photo.longitude)
    return [str(photo.id), photo.name, photo.sha256.hex(), taken_at, *place, sha256(small or b"").hexdigest()]


def begun(contents: Contents) -> Sheet:
    """Return a sheet with its title and what every paper says first."""
    document, project = contents.document, contents.project
    hash_ = sha256(canonical(document.body)).hexdigest()
    footer = f"{contents.company} · {document.number} · version {document.version} · SHA-256 {hash_[:16]}…"
    sheet = Sheet(f"{document.kind.in_words} {document.number}", footer=footer)
    sheet.facts(
        [
            ("Company", contents.company),
            ("Project", f"{project.number} {project.name}"),
            ("Captured", f"{when(document.captured_at)} by {document.author.name}"),
            ("Received", when(document.received_at)),
            ("Standing", document.standing.value),
            ("Contents", f"Version {document.version}, SHA-256 {hash_}"),
        ]
    )
    return sheet


def when(moment: datetime) -> str:
    """Return a moment for people, in UTC as what else is kept."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def given(*rows: tuple[str, Any]) -> list[tuple[str, str]]:
    """Return the facts of which anything was said."""
    return [(name, str(value)) for name, value in rows if value not in {None, ""}]


def money(amount: Decimal | str | None) -> str:
    """Return an amount to the cent, with commas; nothing for none. A rate keeps the digits that it has."""
    if amount is None:
        return ""
    value = Decimal(amount)
    exponent = value.as_tuple().exponent
    places = max(2, -exponent if isinstance(exponent, int) else 2)
    return f"{value:,.{places}f}"


def amount_of(quantity: str, price: str | None) -> str:
    """Return what a line comes to; nothing where it has no price."""
    return "" if price is None else money(line_total(quantity, price))


def add_photos(sheet: Sheet, contents: Contents, named: Sequence[str]) -> None:
    """Show photos small, each with the hash of its original, and name those that have not arrived."""
    if not named:
        return
    sheet.heading("Photos")
    sheet.pictures([_captioned(contents, UUID(one)) for one in named])


def add_signature(sheet: Sheet, contents: Contents, signature: Mapping[str, Any] | None) -> None:
    """Show the signature, or say that there is none."""
    sheet.heading("Signature of the customer")
    if signature is None:
        sheet.text("Not signed.")
        return
    sheet.facts(
        [("Name", signature["name"]), ("Signed", when(datetime.fromisoformat(signature["signed_at"])))]
    )
    sheet.pictures([_captioned(contents, UUID(signature["photo"]))])


def _captioned(contents: Contents, id_: UUID) -> tuple[bytes | None, str]:
    if id_ not in contents.photos:
        return None, f"Photo {id_} has not arrived."
    photo, small = contents.photos[id_]
    place = f"{photo.latitude}, {photo.longitude}" if photo.latitude is not None else ""
    taken = f"taken {when(photo.taken_at)}" if photo.taken_at else ""
    shown = "" if small else "No small picture can be made of it; see the original."
    hash_ = f"SHA-256 {photo.sha256.hex()}"
    return small, "\n".join(part for part in (photo.name, shown, taken, place, hash_) if part)
