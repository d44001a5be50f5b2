"""The trail, kept: entries are added and read, and never touched again."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from tiebeam.kernel.canonical import canonical
from tiebeam.kernel.correlation import correlation_id
from tiebeam.kernel.scrub import scrub, scrub_text
from tiebeam.operations.audit.model import Actor, ActorKind, Entry, Fault, Verified, Wanted
from tiebeam.operations.audit.plan import START, first_fault, hash_of
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from uuid import UUID

    from tiebeam.kernel.clock import Clock
    from tiebeam.store.pool import Store
    from tiebeam.store.transaction import Transaction

Q = queries("tiebeam.operations.audit")

LIMIT_MAX: Final = 10_000
"""Entries that are read at a time, at most."""
_BATCH = 1000
_EVERYTHING = Wanted()


class Trail:
    """The audit trails of all tenants, each a chain of its own behind its own tenant's wall."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def note(
        self,
        tenant_id: UUID,
        actor: Actor,
        act: str,
        subject: str,
        detail: Mapping[str, Any] | None = None,
        *,
        tx: Transaction | None = None,
    ) -> None:
        """Add an entry, with `tx` within the caller's transaction: the act and its note are one.

        Note last: the tenant's chain is held until the transaction ends. What looks like a secret in `detail`
        is taken out.
        """
        entry = Entry(
            tenant_id=tenant_id,
            number=0,
            at=self._clock.now(),
            actor=Actor(actor.kind, actor.id, scrub_text(actor.name)),
            act=act,
            subject=scrub_text(subject),
            detail=_plain(detail or {}),
            correlation_id=correlation_id(),
            previous=START,
            hash=b"",
        )
        async with self._in(tenant_id, tx) as within:
            await _add(within, entry)

    async def entries(
        self,
        tenant_id: UUID,
        wanted: Wanted = _EVERYTHING,
        *,
        limit: int = 100,
        before: int | None = None,
    ) -> list[Entry]:
        """Return entries, the newest first; those before a number, to go on from a page."""
        named = {
            "tenant_id": tenant_id,
            "act": wanted.act,
            "subject": wanted.subject,
            "subjects": None if wanted.subjects is None else list(wanted.subjects),
            "actor_id": wanted.actor_id,
            "since": wanted.since,
            "until": wanted.until,
            "before": before,
            "limit": max(1, min(limit, LIMIT_MAX)),
        }
        async with self._store.autocommit(tenant_id) as single:
            return [_entry(row) for row in await single.rows(Q["entries"], named)]

    async def verify(self, tenant_id: UUID) -> Verified:
        """Read the whole chain and say whether anything in it was changed, removed or reordered.

        Whoever may do anything to the database could write the whole chain anew: the number and the hash of
        the last entry, kept elsewhere, show that too.
        """
        named = {"tenant_id": tenant_id}
        async with self._store.transaction(tenant_id) as tx:
            # The head first: entries that are added meanwhile come after it, and are left for the next time.
            head = await tx.rows(Q["head"], named)
            last, expected = head[0] if head else (0, START)
            number, before, count = 0, START, 0
            while True:
                rows = await tx.rows(Q["chain"], named | {"after": number, "until": last, "limit": _BATCH})
                entries = [_entry(row) for row in rows]
                fault = first_fault(entries, number, before)
                if fault or not entries:
                    break
                number, before, count = entries[-1].number, entries[-1].hash, count + len(entries)
        if fault is None and number != last:
            fault = Fault(number + 1, f"the entries from {number + 1} to {last} are missing")
        if fault is None and before != expected:
            fault = Fault(last, f"the entry {last} is not the one that was written")
        return Verified(count, number, before, fault)

    async def hash_at(self, tenant_id: UUID, number: int) -> bytes | None:
        """Return the hash of an entry, to be held against one that was kept elsewhere; None for none."""
        async with self._store.autocommit(tenant_id) as single:
            found: bytes | None = await single.value(Q["hash_at"], {"tenant_id": tenant_id, "number": number})
        return found

    @asynccontextmanager
    async def _in(self, tenant_id: UUID, tx: Transaction | None) -> AsyncIterator[Transaction]:
        if tx is not None:
            yield tx
            return
        async with self._store.transaction(tenant_id) as own:
            yield own


async def _add(tx: Transaction, entry: Entry) -> None:
    """Add an entry at the end of its chain, whose number and hashes it is given here."""
    tenant = {"tenant_id": entry.tenant_id}
    await tx.run(Q["begin_chain"], tenant | {"start": START})
    ((last, previous),) = await tx.rows(Q["hold_chain"], tenant)
    entry = replace(entry, number=last + 1, previous=previous)
    added = {"number": entry.number, "hash": hash_of(entry)}
    named = {
        "at": entry.at,
        "actor_kind": entry.actor.kind.value,
        "actor_id": entry.actor.id,
        "actor_name": entry.actor.name,
        "act": entry.act,
        "subject": entry.subject,
        "detail": canonical(entry.detail).decode(),
        "correlation_id": entry.correlation_id,
        "previous": previous,
    }
    await tx.run(Q["add"], tenant | added | named)
    await tx.run(Q["advance"], tenant | added)


def _plain(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return a detail as it will come back: JSON without secrets, and times as text."""
    found = _told(scrub(dict(detail)))
    assert isinstance(found, dict)
    return found


def _told(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _told(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_told(item) for item in value]
    if value is None or isinstance(value, str | int):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _entry(row: tuple[Any, ...]) -> Entry:
    tenant_id, number, at, kind, actor_id, name, act, subject, detail, correlation, previous, hash_ = row
    actor = Actor(ActorKind(kind), actor_id, name)
    return Entry(tenant_id, number, at, actor, act, subject, detail, correlation, previous, hash_)
