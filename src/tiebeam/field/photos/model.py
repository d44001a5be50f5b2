"""A photo as it is kept. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from tiebeam.kernel.errors import BadInputError, Owner, TiebeamError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from tiebeam.operations.audit.model import Actor

PHOTO_BYTES_MAX: Final = 100_000_000
PIECE_BYTES_MAX: Final = 8_000_000
"""So much of a photo is sent at once where it comes in pieces."""


class PhotoRefusedError(BadInputError):
    """What was sent is no photo that can be kept."""

    code = "field.photo"
    owner = Owner.OPERATOR


class ShelfFullError(TiebeamError):
    """So many photos are half here that no other one is begun. Try again later."""

    code = "field.shelf_full"
    owner = Owner.OPERATOR


class UnknownPhotoError(BadInputError):
    """There is no such photo, or it is somebody else's."""

    code = "field.unknown_photo"
    owner = Owner.OPERATOR


@dataclass(frozen=True, slots=True)
class Told:
    """What a photo's content says of itself; None where it says nothing."""

    media_type: str
    width: int | None = None
    height: int | None = None
    taken_at: datetime | None = None
    """Where the camera wrote down no zone, as if it had been UTC."""
    latitude: float | None = None
    longitude: float | None = None
    thumbnail: bytes | None = None
    """A JPEG of at most 480 pixels a side; None where none could be made, as of HEIC."""


@dataclass(frozen=True, slots=True)
class Promised:
    """A photo that comes in pieces: what they are to be together. It comes from one person alone."""

    id: UUID
    sha256: bytes
    bytes: int
    by: Actor

    @property
    def part(self) -> str:
        """What its pieces are kept under."""
        whose = sha256(f"{self.by.kind}:{self.by.id}".encode()).hexdigest()[:16]
        return f"{self.id.hex}-{self.sha256.hex()}-{self.bytes}-{whose}"


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo that was kept. `id` was made by the device that took it."""

    id: UUID
    sha256: bytes
    bytes: int
    name: str
    """As it was given."""
    media_type: str
    """Told by the content, whatever the name says."""
    width: int | None
    height: int | None
    taken_at: datetime | None
    latitude: float | None
    longitude: float | None
    has_thumbnail: bool
    received_at: datetime
    author: Actor
