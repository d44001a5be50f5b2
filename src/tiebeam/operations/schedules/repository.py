"""Schedules, remembered: how often, whether at all, and what came of each tick."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.queue.repository import Queue
from tiebeam.operations.schedules.model import Standing, Tick, TickEntry
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from tiebeam.kernel.clock import Clock
    from tiebeam.operations.queue.model import NewJob
    from tiebeam.store.locks import Lock
    from tiebeam.store.pool import Store

Q = queries(__package__)

_LEADERSHIP = "tiebeam.scheduler"


class Schedules:
    """The schedules of one database."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._queue = Queue(store, clock)

    async def lead(self) -> Lock | None:
        """Become the one scheduler that acts; None while there is one. It ends with this process."""
        return await self._store.lock(_LEADERSHIP)

    async def standing(self, names: Sequence[str]) -> list[Standing]:
        """Return how these schedules stand for every tenant."""
        async with self._store.autocommit(None) as single:
            return await single.all(Standing, Q["standing"], {"names": list(names)})

    async def of_tenant(self, tenant_id: UUID, names: Sequence[str]) -> list[Standing]:
        """Return how these schedules stand for one tenant, by name."""
        async with self._store.autocommit(tenant_id) as single:
            return await single.all(Standing, Q["of_tenant"], {"tenant_id": tenant_id, "names": list(names)})

    async def act(self, tick: Tick, jobs: Sequence[NewJob]) -> int | None:
        """Queue what a tick asks for, all of it or nothing; None when somebody has acted on it before."""
        params = self._named(tick)
        async with self._store.transaction(tick.tenant_id) as tx:
            if not await tx.run(Q["begin_tick"], {**params, "queued": None, "error": None}):
                return None
            queued = await self._queue.enqueue(tick.tenant_id, jobs, tx=tx)
            await tx.run(Q["end_tick"], {**params, "queued": queued})
            return queued

    async def fail(self, tick: Tick, error: str) -> None:
        """Note why nothing came of a tick; the next one tries again."""
        async with self._store.transaction(tick.tenant_id) as tx:
            await tx.run(Q["begin_tick"], {**self._named(tick), "queued": None, "error": error})

    async def set(
        self,
        name: str,
        *,
        every: timedelta | None = None,
        enabled: bool = True,
        tenant_id: UUID | None = None,
    ) -> None:
        """Say how often a schedule ticks and whether it does, for everybody or for one tenant.

        `every` None means as it is for everybody, or as the program has it. What is off for everybody is off
        for each. It counts from the next look on, within a second. Raises BadInputError under a second.
        """
        if every is not None and every.total_seconds() < 1:
            raise BadInputError(
                "A schedule cannot tick more than once a second.", action="Give it a longer interval."
            )
        seconds = None if every is None else int(every.total_seconds())
        params = {"name": name, "every_seconds": seconds, "enabled": enabled}
        async with self._store.transaction(tenant_id) as tx:
            if tenant_id is None:
                await tx.rows(Q["set_for_all"], params)
            else:
                await tx.run(Q["set_for_tenant"], {**params, "tenant_id": tenant_id})

    async def history(self, tenant_id: UUID, limit: int = 20) -> list[TickEntry]:
        """Return one tenant's last ticks and what came of them."""
        async with self._store.transaction(tenant_id) as tx:
            return await tx.all(TickEntry, Q["ticks"], {"tenant_id": tenant_id, "limit": limit})

    async def prune(self, before: datetime) -> None:
        """Forget ticks from before, but the last of each schedule."""
        async with self._store.autocommit(None) as single:
            await single.rows(Q["prune"], {"before": before})

    def _named(self, tick: Tick) -> dict[str, object]:
        named = {"tenant_id": tick.tenant_id, "name": tick.name, "tick_at": tick.tick_at}
        return {**named, "at": self._clock.now()}
