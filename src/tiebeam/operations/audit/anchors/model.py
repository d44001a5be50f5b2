"""An anchor, and what was found of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiebeam.kernel.errors import Owner, TiebeamError

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from tiebeam.operations.audit.model import Verified


class TrailBrokenError(TiebeamError):
    """The audit trail is not as it was written, so that nothing is signed on top of it."""

    code = "audit.broken"
    owner = Owner.OPERATOR


@dataclass(frozen=True, slots=True)
class Anchor:
    """What was signed of a trail on one day: the number and the hash of its last entry."""

    tenant_id: UUID
    day: date
    """In UTC."""
    number: int
    hash: bytes
    previous: bytes
    """The digest of the anchor before it; 32 zero bytes for the first."""
    at: datetime
    public_key: bytes
    signature: bytes = b""


@dataclass(frozen=True, slots=True)
class Proven:
    """A look at a whole trail and at all of its anchors."""

    trail: Verified
    anchors: int
    anchored: int
    """The number of the last entry that an anchor covers; 0 for none."""
    public_key: bytes | None
    """With which the anchors are signed; None before the first."""
    fault: str | None
    """What is wrong, in words."""
