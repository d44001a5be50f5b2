"""Choices, intervals and marked deletions, remembered for one tenant."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tiebeam.replicate.choices.model import EVERYTHING, Choice
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from tiebeam.store.pool import Store

Q = queries("tiebeam.replicate.choices")


class Choices:
    """What the connections of one tenant copy, how often, and for how long."""

    def __init__(self, store: Store, tenant_id: UUID) -> None:
        self._store = store
        self._tenant_id = tenant_id

    async def of(self, connection_id: UUID) -> Choice:
        """Return what a connection copies: everything, unless somebody has chosen."""
        async with self._store.transaction(self._tenant_id) as tx:
            rows = await tx.rows(Q["choice"], self._named(connection_id))
        return Choice(*map(_set, rows[0])) if rows else EVERYTHING

    async def choose(self, connection_id: UUID, choice: Choice) -> None:
        """Keep what a connection copies from now on."""
        named = self._named(
            connection_id,
            project_ids=_sorted(choice.project_ids),
            streams=_sorted(choice.streams),
            at=self._store.clock.now(),
        )
        async with self._store.transaction(self._tenant_id) as tx:
            await tx.run(Q["choose"], named)

    async def mark(self, connection_id: UUID, due_at: datetime | None) -> None:
        """Mark the copy of a connection for deletion; None keeps it after all."""
        async with self._store.transaction(self._tenant_id) as tx:
            if due_at is None:
                await tx.run(Q["unmark_erasure"], self._named(connection_id))
            else:
                await tx.run(Q["mark_erasure"], self._named(connection_id, due_at=due_at))

    async def marked(self) -> dict[UUID, datetime]:
        """Return the connections whose copies are marked for deletion, and when that is due."""
        async with self._store.transaction(self._tenant_id) as tx:
            return dict(await tx.rows(Q["erasures"], {"tenant_id": self._tenant_id}))

    async def erase(self, connection_id: UUID) -> int | None:
        """Delete the copy of a disconnected connection, history and log included, once that is due.

        Returns how many records that were; None when it is not due.
        """
        async with self._store.transaction(self._tenant_id) as tx:
            named = {"connection_id": connection_id, "at": self._store.clock.now()}
            erased: int | None = await tx.value(Q["erase"], named)
        return erased

    async def intervals(self) -> dict[str, timedelta]:
        """Return the intervals that the tenant has set, by stream."""
        async with self._store.transaction(self._tenant_id) as tx:
            rows = await tx.rows(Q["intervals"], {"tenant_id": self._tenant_id})
        return {stream: timedelta(minutes=minutes) for stream, minutes in rows}

    async def set_interval(self, stream: str, minutes: int | None) -> None:
        """Set how old a kind of record may become, 1 to 10,080 minutes; None: as it comes."""
        named: dict[str, Any] = {"tenant_id": self._tenant_id, "stream": stream}
        async with self._store.transaction(self._tenant_id) as tx:
            if minutes is None:
                await tx.run(Q["drop_interval"], named)
            else:
                await tx.run(Q["set_interval"], {**named, "minutes": minutes})

    def _named(self, connection_id: UUID, **more: Any) -> dict[str, Any]:
        return {"tenant_id": self._tenant_id, "connection_id": connection_id, **more}


def _set(names: Iterable[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)


def _sorted(names: Iterable[str] | None) -> list[str] | None:
    return None if names is None else sorted(names)
