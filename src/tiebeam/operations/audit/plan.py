"""The chain: what is hashed, and whether it holds."""

from __future__ import annotations

from datetime import UTC
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from tiebeam.kernel.canonical import canonical
from tiebeam.operations.audit.model import Entry, Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from tiebeam.operations.audit.model import Actor

START: Final = bytes(32)
"""What the first entry follows."""


def linked(
    previous: bytes,
    *,
    tenant_id: object,
    number: int,
    at: datetime,
    actor: Actor,
    act: str,
    subject: str,
    detail: Mapping[str, Any],
    correlation_id: str | None,
) -> bytes:
    """Return the SHA-256 hash of an entry and all that came before it."""
    said = {
        "tenant": str(tenant_id),
        "number": number,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": [actor.kind, actor.id, actor.name],
        "act": act,
        "subject": subject,
        "detail": detail,
        "correlation": correlation_id,
    }
    return sha256(previous + canonical(said)).digest()


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
    """Return the hash that an entry ought to have."""
    return linked(
        entry.previous,
        tenant_id=entry.tenant_id,
        number=entry.number,
        at=entry.at,
        actor=entry.actor,
        act=entry.act,
        subject=entry.subject,
        detail=entry.detail,
        correlation_id=entry.correlation_id,
    )
