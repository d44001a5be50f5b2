"""Anchors: what is signed, and whether they and the trail agree."""

from __future__ import annotations

from datetime import UTC
from hashlib import sha256
from typing import TYPE_CHECKING

from tiebeam.kernel.canonical import canonical
from tiebeam.operations.audit.plan import START
from tiebeam.operations.audit.signing import is_signed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tiebeam.operations.audit.anchors.model import Anchor


def said(anchor: Anchor) -> bytes:
    """Return the bytes of an anchor that are signed."""
    return canonical(
        {
            "what": "tiebeam.audit_anchor",
            "tenant": str(anchor.tenant_id),
            "day": anchor.day.isoformat(),
            "number": anchor.number,
            "hash": anchor.hash.hex(),
            "previous": anchor.previous.hex(),
            "at": anchor.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "public_key": anchor.public_key.hex(),
        }
    )


def digest(anchor: Anchor | None) -> bytes:
    """Return what the following anchor says of this one; None: of there being none."""
    return sha256(said(anchor) + anchor.signature).digest() if anchor else START


def first_fault(anchors: Sequence[Anchor], hashes: Mapping[int, bytes], public: bytes) -> str | None:
    """Return what is wrong with anchors in the order of their days, in words.

    `hashes` are those of the trail's entries, by number; `public` is the only key that anchors here.
    """
    before: Anchor | None = None
    for anchor in anchors:
        if anchor.public_key != public or not is_signed(said(anchor), anchor.signature, public):
            return f"the anchor of {anchor.day} was not signed here"
        if anchor.previous != digest(before):
            return f"the anchor of {anchor.day} does not follow on the one before it"
        if hashes.get(anchor.number) != anchor.hash:
            return f"the entry {anchor.number} is not the one that was signed on {anchor.day}"
        before = anchor
    return None
