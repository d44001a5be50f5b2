"""The chain: what is hashed, and whether it holds."""

from __future__ import annotations

from datetime import UTC
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from tiebeam.kernel.canonical import canonical
from tiebeam.operations.audit.model import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tiebeam.operations.audit.model import Entry

START: Final = bytes(32)
"""What the first entry follows."""


def first_fault(entries: Iterable[Entry], number: int, before: bytes) -> Fault | None:
    """Return where entries, in order, fail to follow on the one that has `number` and the hash `before`."""
    for entry in entries:
        number += 1
        if entry.number != number:
            return Fault(number, f"the entry {number} is missing")
        if entry.previous != before:
            return Fault(number, f"the entry {number} does not follow on the one before it")
        if entry.hash != hash_of(entry):
            return Fault(number, f"the entry {number} was changed")
        before = entry.hash
    return None


def hash_of(entry: Entry) -> bytes:
    """Return the SHA-256 hash that an entry ought to have: of what it says and of all before it."""
    said = {
        "tenant": str(entry.tenant_id),
        "number": entry.number,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": [entry.actor.kind, entry.actor.id, entry.actor.name],
        "act": entry.act,
        "subject": entry.subject,
        "detail": entry.detail,
        "correlation": entry.correlation_id,
    }
    return sha256(entry.previous + canonical(said)).digest()
