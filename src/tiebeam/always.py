"""Everything that is always on, put together: workers, scheduler and web pages over one database."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiebeam.app import bring_up_to_date, database, transport_for
from tiebeam.duties import Duties
from tiebeam.kernel.clock import SystemClock
from tiebeam.kernel.errors import TiebeamError
from tiebeam.operations.queue.repository import Claims
from tiebeam.operations.queue.worker import Worker
from tiebeam.operations.schedules.repository import Schedules
from tiebeam.operations.schedules.scheduler import Scheduler
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine
    from typing import Any

    from tiebeam.connectors.ports import Transport
    from tiebeam.kernel.clock import Clock
    from tiebeam.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    """Which parts run in this process."""

    worker: bool = False
    scheduler: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """What they are called."""
        return tuple(name for name in ("worker", "scheduler") if getattr(self, name))


class AlwaysOn:
    """The parts of one process, from their start to a graceful end."""

    def __init__(self, settings: Settings, clock: Clock, store: Store, transport: Transport) -> None:
        self._settings = settings
        self._clock = clock
        self._store = store
        self._stop = asyncio.Event()
        self._duties = Duties(settings, clock, store, transport, self._stop.is_set)

    def end(self) -> None:
        """Ask for the end: pages in hand are finished, and the rest is left to others or to later."""
        self._stop.set()

    async def run(self, parts: Parts) -> None:
        """Run these parts until the end is asked for. Raises TiebeamError."""
        async with asyncio.TaskGroup() as group:
            for work in self._work(parts):
                group.create_task(work)

    def _work(self, parts: Parts) -> list[Coroutine[Any, Any, None]]:
        work: list[Coroutine[Any, Any, None]] = []
        if parts.worker:
            work.append(self._worker().run(self._stop))
        if parts.scheduler:
            work.append(self._scheduler().run(self._stop))
        return work

    def _worker(self) -> Worker:
        name = f"{socket.gethostname()}/{os.getpid()}"
        claims = Claims(self._store, self._clock)
        concurrency = self._settings.worker_jobs
        return Worker(claims, self._clock, self._duties.handlers(), concurrency=concurrency, name=name)

    def _scheduler(self) -> Scheduler:
        repository = Schedules(self._store, self._clock)
        return Scheduler(repository, self._clock, self._duties.schedules())


@asynccontextmanager
async def always_on(
    settings: Settings, *, clock: Clock | None = None, transport: Transport | None = None
) -> AsyncIterator[AlwaysOn]:
    """Open what the parts stand on. An embedded database is brought up to date by itself.

    Raises the errors of the database.
    """
    now = clock or SystemClock()
    async with database(settings) as found:
        await bring_up_to_date(settings, found)
        # Each job may hold a connection or two, and the loops of worker and scheduler their own.
        size = 2 * settings.worker_jobs + settings.concurrency + 8
        store = await Store.open(found.url, clock=now, pool_size_max=size)
        try:
            async with transport_for(transport) as way:
                yield AlwaysOn(settings, now, store, way)
        finally:
            await store.close()


async def until_stopped(house: AlwaysOn, parts: Parts) -> None:
    """Run until cancelled; the first cancellation asks for a graceful end, a second one ends at once."""
    work = asyncio.ensure_future(house.run(parts))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        house.end()
        with suppress(TiebeamError):
            await work
        raise
