"""Everything that is always on, put together over one database: workers, scheduler, what the web needs."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from tiebeam.app import bring_up_to_date, database, transport_for
from tiebeam.duties import Duties, fetch_job
from tiebeam.instruments import Instruments, show_measures
from tiebeam.kernel.clock import SystemClock
from tiebeam.kernel.correlation import bound
from tiebeam.kernel.errors import TiebeamError
from tiebeam.link.outside.door.receive import MondayDoor
from tiebeam.link.outside.door.repository import Doors
from tiebeam.operations.limits.model import Rates
from tiebeam.operations.metrics.model import QueueDepth
from tiebeam.operations.metrics.registry import Metrics
from tiebeam.operations.metrics.repository import collect
from tiebeam.operations.metrics.traces import open_traces
from tiebeam.operations.queue.repository import Claims, Queue
from tiebeam.operations.queue.rescue import Rescue
from tiebeam.operations.queue.worker import Worker
from tiebeam.operations.schedules.repository import Schedules
from tiebeam.operations.schedules.scheduler import Scheduler
from tiebeam.replicate.streams import STREAMS
from tiebeam.replicate.webhooks.inbox import Inbox
from tiebeam.replicate.webhooks.receive import Receiver
from tiebeam.replicate.webhooks.repository import Deliveries
from tiebeam.store.pool import Store
from tiebeam.wishes import hear_job

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine
    from uuid import UUID

    from tiebeam.app import App
    from tiebeam.connectors.ports import Transport
    from tiebeam.kernel.clock import Clock
    from tiebeam.operations.queue.hands import Handler
    from tiebeam.operations.queue.model import Job, NewJob, Outcome
    from tiebeam.replicate.webhooks.model import Filed
    from tiebeam.settings import Settings

LOG = logging.getLogger(__name__)

_MEASURE_SECONDS = 15.0


class AlwaysOn:
    """The parts of one process, from their start to a graceful end."""

    def __init__(self, settings: Settings, clock: Clock, store: Store, transport: Transport) -> None:
        self.stop = asyncio.Event()
        self.metrics = Metrics()
        self.settings = settings
        self.clock = clock
        self.store = store
        self.transport = transport
        told = Instruments("procore", self.metrics, clock, open_traces(os.environ))
        self._duties = Duties(settings, clock, store, transport, stopping=self.stop.is_set, instruments=told)
        self._queue = Queue(store, clock)
        self._told: set[UUID] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, *parts: Coroutine[Any, Any, None]) -> None:
        """Run these parts until the end is asked for. Raises TiebeamError."""
        async with asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(part)

    async def work(self) -> None:
        """Do what is queued; at the end what is in hand is finished, to the page."""
        name = f"{socket.gethostname()}/{os.getpid()}"
        claims = Claims(self.store, self.clock)
        concurrency = self.settings.worker_jobs
        handlers = {kind: self._timed(kind, handler) for kind, handler in self._duties.handlers().items()}
        await Worker(claims, self.clock, handlers, concurrency=concurrency, name=name).run(self.stop)

    def _timed(self, kind: str, handler: Handler) -> Handler:
        """Return a handler whose attempts are counted and timed, and told of under one id each."""

        async def attempt(job: Job) -> Outcome:
            began, ended = self.clock.monotonic(), "error"
            try:
                with bound(job.args.get("correlation_id"), tenant_id=job.tenant_id):
                    outcome = await handler(job)
                ended = type(outcome).__name__.lower()
                return outcome
            finally:
                self.metrics.job_ended(kind, ended, self.clock.monotonic() - began)

        return attempt

    async def schedule(self) -> None:
        """Queue what is due, while no other scheduler does, and watch the workers as they watch each other.

        Who watches takes a lease's time to know that one is dead: were it the workers alone, a series of
        kills that leaves none of them alive for so long would leave their jobs in dead hands.
        """
        repository = Schedules(self.store, self.clock)
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(Rescue(Claims(self.store, self.clock), self.clock).run())
            await Scheduler(repository, self.clock, self._duties.schedules()).run(self.stop)
            watching.cancel()

    async def measure(self) -> None:
        """Keep the numbers of the whole database up to date."""
        stopping = asyncio.create_task(self.stop.wait())
        while not self.stop.is_set():
            try:
                await self._measure()
            except TiebeamError as error:
                LOG.warning("The numbers cannot be had: %s", error)
            await asyncio.wait((stopping,), timeout=_MEASURE_SECONDS)

    async def _measure(self) -> None:
        now = self.clock.now()
        rates = Rates(calls_per_hour=self.settings.rate_hourly_max, off=not self.settings.rate_limit)
        measures = await collect(self.store, self.clock)
        show_measures(self.metrics, measures, now=now, rates=rates)
        self.metrics.queue_depth([
            QueueDepth(one.kind, one.state, one.jobs, (now - one.oldest_at).total_seconds())
            for one in await self._queue.counts(None)
        ])  # fmt: skip

    def delivered(self, outcome: str) -> None:
        """Count a delivery by what became of it."""
        self.metrics.delivered("procore", outcome)

    def told_of_monday(self, outcome: str) -> None:
        """Count what monday.com told by what became of it."""
        self.metrics.delivered("monday", outcome)

    def monday_door(self) -> MondayDoor:
        """Return what takes in what monday.com tells; what it told of is queued at once."""
        secret = self.settings.monday_signing_secret
        return MondayDoor(
            partial(Doors, self.store),
            self.clock,
            signing_secret=secret.get_secret_value() if secret else "",
            on_told=self._told_of,
        )

    def _told_of(self, tenant_id: UUID, link_id: UUID) -> None:
        """Have what was told of read now. If this fails, the schedule finds it within a minute."""
        self._soon(link_id, tenant_id, hear_job(link_id))

    def receiver(self) -> Receiver:
        """Return what takes deliveries in; what they tell of is queued at once."""
        deliveries = Deliveries(self.store)
        key = self.settings.webhook_signing_key
        return Receiver(
            deliveries,
            Inbox(deliveries),
            self.clock,
            STREAMS,
            signing_key=key.get_secret_value().encode() if key else None,
            on_stored=self._stored,
        )

    def _stored(self, one: Filed) -> None:
        """Have a delivery fetched now. If this fails, the schedule finds it within a minute."""
        self._soon(one.hook.connection_id, one.hook.tenant_id, fetch_job(one.hook.connection_id))

    def _soon(self, whose: UUID, tenant_id: UUID, job: NewJob) -> None:
        if whose in self._told:
            return
        self._told.add(whose)
        task = asyncio.create_task(self._enqueue(whose, tenant_id, job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _enqueue(self, whose: UUID, tenant_id: UUID, job: NewJob) -> None:
        # What arrives from here on asks again: it may come after this job has looked.
        self._told.discard(whose)
        try:
            await self._queue.enqueue(tenant_id, [job])
        except TiebeamError as error:
            LOG.warning("A delivery waits for the next look: %s", error)

    async def app(self, tenant_id: UUID) -> App:
        """Return one company's side of things. Raises BadInputError when there is no such company."""
        return await self._duties.app(tenant_id)

    async def ready(self) -> str | None:
        """Return what is missing, in a sentence; None when deliveries can be stored."""
        try:
            await self.store.server_version()
        except TiebeamError:
            return "The database cannot be reached."
        return None


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


async def until_stopped(house: AlwaysOn, *parts: Coroutine[Any, Any, None]) -> None:
    """Run until cancelled; the first cancellation asks for a graceful end, a second one ends at once."""
    work = asyncio.ensure_future(house.run(*parts))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        house.stop.set()
        with suppress(TiebeamError):
            await work
        raise
