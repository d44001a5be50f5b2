"""One process of the platform in a week: a worker and a scheduler over their own way into the database."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from tests.simulation.process import Killed

from tiebeam.duties import Duties
from tiebeam.kernel.errors import TiebeamError
from tiebeam.operations.queue.repository import Claims
from tiebeam.operations.queue.worker import Worker
from tiebeam.operations.schedules.repository import Schedules
from tiebeam.operations.schedules.scheduler import Scheduler
from tiebeam.store.connections import Connections
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable
    from datetime import datetime
    from random import Random

    from tests.simulation.week_clock import VirtualClock

    from tiebeam.connectors.ports import Request, Response, Transport
    from tiebeam.settings import Settings

_CONNECTIONS_MAX = 24


@dataclass(frozen=True, slots=True)
class Ground:
    """What every process of a week stands on."""

    url: str
    clock: VirtualClock
    rng: Random
    settings: Settings
    transport: Transport


class Pulse:
    """Whether a process lives, and how many statements it has made."""

    def __init__(self) -> None:
        self.statements = 0
        self.kill_at: int | None = None
        self.dead = False

    def breathe(self) -> None:
        """Raise Killed in whatever still runs of a dead process."""
        if self.dead:
            raise Killed


class _OwnClock:
    """The time, as a process has it: nobody wakes in a dead one."""

    def __init__(self, clock: VirtualClock, pulse: Pulse) -> None:
        self._clock = clock
        self._pulse = pulse

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        self._pulse.breathe()
        await self._clock.sleep(seconds)
        self._pulse.breathe()


class _OwnWire:
    """The way to the vendors, as a process has it: a dead one neither sends nor hears."""

    def __init__(self, transport: Transport, pulse: Pulse) -> None:
        self._transport = transport
        self._pulse = pulse

    async def send(self, request: Request) -> Response:
        self._pulse.breathe()
        try:
            return await self._transport.send(request)
        finally:
            self._pulse.breathe()


class _OwnConnections(Connections):
    """Connections that a dead process lends to nobody, and whose server processes are known."""

    def __init__(self, url: str, pulse: Pulse) -> None:
        super().__init__(url, _CONNECTIONS_MAX)
        self._pulse = pulse
        self.pids: set[int] = set()

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Any]:
        self._pulse.breathe()
        async with super().lent() as connection:
            self.pids.add(connection.info.backend_pid)
            yield connection


class House:
    """A process that works and schedules until it is told to end or dies between two statements."""

    def __init__(self, name: str, ground: Ground) -> None:
        self.name = name
        self.pulse = Pulse()
        self._ground = ground
        self._clock = _OwnClock(ground.clock, self.pulse)
        self._stop = asyncio.Event()
        self._turns: asyncio.Task[None] | None = None

    async def open(self) -> House:
        """Connect, enter the list of workers, and begin to take jobs."""
        ground, clock, pulse = self._ground, self._clock, self.pulse
        store = await Store.open(ground.url, clock=clock, after_statement=self._after_statement)
        await store._connections.close()
        self._connections = store._connections = _OwnConnections(ground.url, pulse)
        self._store = store
        wire = _OwnWire(ground.transport, pulse)
        duties = Duties(ground.settings, clock, store, wire, stopping=self._stop.is_set)
        self._claims = Claims(store, clock)
        jobs = ground.settings.worker_jobs
        self._worker = Worker(self._claims, clock, duties.handlers(), concurrency=jobs, name=self.name)
        self._scheduler = Scheduler(Schedules(store, clock), clock, duties.schedules())
        await self._worker._heartbeat.join()
        self._turns = asyncio.create_task(self._worker._turns.run(self._stop))
        return self

    @property
    def number(self) -> int:
        """The worker's number on the list."""
        return self._worker._heartbeat.worker

    @property
    def busy(self) -> bool:
        """Whether it has a job in hand."""
        return not self._worker._hands.empty

    async def beat(self) -> None:
        """Say that it lives."""
        await self._unless_killed(self._worker._heartbeat.beat())

    async def look(self) -> None:
        """Do what the worker's and the scheduler's loops do every second, and take what waits."""
        await self._unless_killed(self._worker._rescue.look())
        if not self._stop.is_set():
            await self._unless_killed(self._scheduler.look())
        self._worker._hands.wake.set()

    async def prune(self) -> None:
        """Remove what ended long ago, as a worker does now and then."""
        await self._unless_killed(self._worker._prune.prune())

    async def _unless_killed(self, doing: Awaitable[object]) -> None:
        # The loops of the platform go on after an error of the database; so does this one.
        with suppress(Killed, TiebeamError):
            await doing

    def ask_to_end(self) -> None:
        """Ask it to finish what it has in hand, to the page."""
        self._stop.set()
        self._worker._hands.wake.set()

    @property
    def ended(self) -> bool:
        """Whether it has finished after it was asked to end."""
        return self._turns is not None and self._turns.done()

    async def leave(self) -> None:
        """Leave the list and close every socket, as a process does that ends in good order."""
        lock = self._scheduler._lock
        if lock is not None:
            await self._unless_killed(lock.release())
        await self._unless_killed(self._claims.leave(self.number))
        await self._store.close()

    async def bury(self, admin_url: str) -> None:
        """End whatever is left of a dead process, and wait until the server has noticed."""
        if self._turns is not None:
            self._turns.cancel()
        await self._worker._hands.drop()
        await self._ground.clock.settle()
        await self._store.close()
        query = b"select pg_terminate_backend(pid, 5000) from unnest(%s::integer[]) pid"
        with psycopg.connect(admin_url, autocommit=True) as connection:
            connection.execute(b"set client_min_messages = error")
            connection.execute(query, (sorted(self._connections.pids),))

    async def _after_statement(self, name: str) -> None:
        pulse = self.pulse
        pulse.statements += 1
        if pulse.kill_at is not None and pulse.statements >= pulse.kill_at:
            pulse.dead = True
        pulse.breathe()
        # Only between transactions: a statement that waits for another's row lock would hold up everybody.
        if name == "commit" and self._ground.rng.random() < 0.3:
            await asyncio.sleep(0)
