"""A company's own channels, their URLs sealed; each change with its note in the audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.alerts.own.model import CHANNELS_MAX, OwnChannel, UnknownChannelError, key_of
from tiebeam.operations.audit.repository import Trail
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from tiebeam.operations.alerts.own.model import Terms
    from tiebeam.operations.audit.model import Actor
    from tiebeam.store.pool import Store
    from tiebeam.store.transaction import Transaction

Q = queries("tiebeam.operations.alerts.own")


class OwnRows:
    """The channels of every company, each behind its own wall."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._trail = Trail(store, store.clock)

    @property
    def now(self) -> datetime:
        """The moment by which changes are noted."""
        return self._store.clock.now()

    async def all(self, tenant_id: UUID) -> list[OwnChannel]:
        """Return a company's channels, by name."""
        async with self._store.transaction(tenant_id) as tx:
            return await tx.all(OwnChannel, Q["channels"], {"tenant_id": tenant_id, "id": None})

    async def get(self, tenant_id: UUID, channel_id: UUID) -> OwnChannel:
        """Return one of a company's channels. Raises UnknownChannelError."""
        async with self._store.transaction(tenant_id) as tx:
            return await _found(tx, tenant_id, channel_id)

    async def sealed(self, tenant_id: UUID, channel_id: UUID) -> tuple[str, bytes]:
        """Return the sealed URL of a channel, and the id of its key. Raises UnknownChannelError."""
        async with self._store.transaction(tenant_id) as tx:
            rows = await tx.rows(Q["sealed"], {"tenant_id": tenant_id, "id": channel_id})
        if not rows:
            raise _unknown()
        return str(rows[0][0]), bytes(rows[0][1])

    async def add(
        self,
        tenant_id: UUID,
        channel_id: UUID,
        terms: Terms,
        by: Actor,
        *,
        kind: str,
        seal: tuple[str, bytes],
    ) -> OwnChannel:
        """Keep a new channel. Raises BadInputError when there is one of that name, or too many."""
        named = _named(tenant_id, channel_id, terms) | _url(kind, seal) | {"at": self.now, "by": by.name}
        async with self._store.transaction(tenant_id) as tx:
            await _require_room(tx, tenant_id, terms.name)
            await tx.run(Q["insert_channel"], named)
            found = await _found(tx, tenant_id, channel_id)
            detail = {"kind": kind, "after": _told(terms)}
            await self._trail.note(tenant_id, by, "channel.added", f"channel:{channel_id}", detail, tx=tx)
        return found

    async def change(
        self,
        tenant_id: UUID,
        channel_id: UUID,
        terms: Terms,
        by: Actor,
        *,
        kind: str | None = None,
        seal: tuple[str, bytes] | None = None,
    ) -> OwnChannel:
        """Keep what is set of a channel from now on; `seal` is another URL, of a service called `kind`.

        Raises UnknownChannelError, and BadInputError when another has that name.
        """
        async with self._store.transaction(tenant_id) as tx:
            await _require_room(tx, tenant_id, terms.name, but=channel_id)
            before = await _found(tx, tenant_id, channel_id)
            named = _named(tenant_id, channel_id, terms) | _url(kind, seal)
            await tx.run(Q["change_channel"], named)
            found = await _found(tx, tenant_id, channel_id)
            detail = {
                "before": {"kind": before.kind, **_told(before.terms)},
                "after": {"kind": found.kind, **_told(terms)},
                "url": "replaced" if seal else "kept",
            }
            await self._trail.note(tenant_id, by, "channel.changed", f"channel:{channel_id}", detail, tx=tx)
        return found

    async def remove(self, tenant_id: UUID, channel_id: UUID, by: Actor) -> OwnChannel:
        """Forget a channel and its URL; return what it was. Raises UnknownChannelError."""
        async with self._store.transaction(tenant_id) as tx:
            found = await _found(tx, tenant_id, channel_id)
            await tx.run(Q["delete_channel"], {"tenant_id": tenant_id, "id": channel_id})
            detail = {"kind": found.kind, "before": _told(found.terms)}
            await self._trail.note(tenant_id, by, "channel.removed", f"channel:{channel_id}", detail, tx=tx)
        return found

    async def note_trial(self, tenant_id: UUID, channel_id: UUID, error: str | None, by: Actor) -> OwnChannel:
        """Keep what came of a test; after a good one, what waited for the channel waits no longer."""
        named = {"tenant_id": tenant_id, "id": channel_id, "channel": key_of(channel_id), "at": self.now}
        async with self._store.transaction(tenant_id) as tx:
            await tx.run(Q["note_trial"], named | {"error": error})
            if error is None:
                await tx.run(Q["mend_health"], named)
                await tx.run(Q["hasten_notices"], named)
            found = await _found(tx, tenant_id, channel_id)
            detail = {"name": found.name, "taken": error is None}
            await self._trail.note(tenant_id, by, "channel.tested", f"channel:{channel_id}", detail, tx=tx)
        return found


async def _found(tx: Transaction, tenant_id: UUID, channel_id: UUID) -> OwnChannel:
    found = await tx.one(OwnChannel, Q["channels"], {"tenant_id": tenant_id, "id": channel_id})
    if found is None:
        raise _unknown()
    return found


async def _require_room(tx: Transaction, tenant_id: UUID, name: str, *, but: UUID | None = None) -> None:
    await tx.rows(Q["take_turn"], {"tenant_id": tenant_id})
    others = await tx.all(OwnChannel, Q["channels"], {"tenant_id": tenant_id, "id": None})
    if any(one.name.casefold() == name.casefold() and one.id != but for one in others):
        raise BadInputError(f"There is a channel called {name} already.", action="Give it another name.")
    if but is None and len(others) >= CHANNELS_MAX:
        raise BadInputError(
            f"A company has at most {CHANNELS_MAX} channels.", action="Remove one that nobody reads."
        )


def _named(tenant_id: UUID, channel_id: UUID, terms: Terms) -> dict[str, Any]:
    return {
        "tenant_id": tenant_id,
        "id": channel_id,
        "name": terms.name,
        "threshold": int(terms.threshold),
        "quiet_minutes": terms.quiet_minutes,
        "enabled": terms.enabled,
    }


def _url(kind: str | None, seal: tuple[str, bytes] | None) -> dict[str, Any]:
    key_id, data = seal or (None, None)
    return {"kind": kind, "key_id": key_id, "sealed": data}


def _told(terms: Terms) -> dict[str, Any]:
    return {
        "name": terms.name,
        "threshold": terms.threshold.title,
        "quiet_minutes": terms.quiet_minutes,
        "enabled": terms.enabled,
    }


def _unknown() -> UnknownChannelError:
    return UnknownChannelError("There is no such channel.", action="List the channels to find the right one.")
