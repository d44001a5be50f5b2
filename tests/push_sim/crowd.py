"""Many tickets at once under the limits that Procore has, while the copy never has enough, in virtual time.

Two processes with the queue, the duties and the gate of the platform share one database, as two workers do.
What is called and when is taken from the simulated Procore, whose calls are for is heard at the gate.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from unittest.mock import patch
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import SecretStr
from tests.factories.field_work import FOREMANS, OFFICES, in_chunks, picture, ticket
from tests.factories.sim_transport import SimTransport

from tiebeam.capture import Capture
from tiebeam.connectors.ports import PageRequest, Share
from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.connectors.streams import Scope
from tiebeam.duties import DUE, LOOK, PUSH_DUE, SYNC, Duties
from tiebeam.field.model import Kind
from tiebeam.identity.repository import Tenants
from tiebeam.kernel.errors import TiebeamError
from tiebeam.link.repository import ProjectMap
from tiebeam.operations.queue.repository import Claims
from tiebeam.operations.queue.worker import Worker
from tiebeam.operations.schedules.repository import Schedules
from tiebeam.operations.schedules.scheduler import Scheduler
from tiebeam.operations.tokens.model import GrantKind
from tiebeam.pushing import Pushing
from tiebeam.settings import Settings
from tiebeam.simulators.company.build import build_company
from tiebeam.simulators.procore.app import ProcoreSimulator
from tiebeam.simulators.procore.options import OAuthClient, ProcoreOptions
from tiebeam.simulators.procore.state import ProcoreState
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tests.factories.virtual_time import LoopClock

    from tiebeam.app import App
    from tiebeam.connectors.ports import Gate, Reader, Request, Response, Sighting, Transport
    from tiebeam.operations.tokens.model import Connection
    from tiebeam.push.board.model import Standing
    from tiebeam.simulators.company.size import Size

MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
COMPANY_ID = 4_294_968_001
PROCESSES = 2
CALLS_OF_A_TICKET = 7
"""The fewest: the ticket, its hours, its materials; for paper and photo an upload and a place each."""
_URL = "http://simulated.invalid"
_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
_LATENCY_SECONDS = (0.1, 0.6)
_WAKE_SECONDS = 5.0
_LOOK_SECONDS = 10.0
_PHOTO = picture(size=(40, 30))


@dataclass(frozen=True, slots=True)
class Passing:
    """A call that was let through: whose it was, since when it was wanted, and when it went."""

    share: str
    asked_at: float
    passed_at: float


@dataclass(slots=True)
class Watch:
    """Hears every gate and every answer; stands where a worker has its instruments."""

    clock: LoopClock
    passings: list[Passing] = field(default_factory=list)
    answers: list[tuple[float, str, str, int]] = field(default_factory=list)
    """When, method, path, status; without logins and the storage, which have no limit."""

    def transport(self, inner: Transport, *, share: str | None = None) -> Transport:
        """Return what is given: answers are heard at the vendor."""
        del share
        return inner

    def reader(self, inner: Reader) -> Reader:
        """Return what is given."""
        return inner

    def changed(self, counts: object) -> None:
        """Nobody counts these."""

    def gate(self, inner: Gate) -> Gate:
        """Return a gate that is listened at."""
        return _HeardGate(inner, self)

    def passed(self, share: str) -> list[float]:
        """Return when the calls of a share were let through."""
        return [one.passed_at for one in self.passings if one.share == share]


@dataclass(frozen=True, slots=True)
class _HeardGate:
    inner: Gate
    watch: Watch

    async def enter(self, share: Share) -> None:
        asked_at = self.watch.clock.monotonic()
        await self.inner.enter(share)
        self.watch.passings.append(Passing(str(share), asked_at, self.watch.clock.monotonic()))

    async def observe(self, sighting: Sighting) -> None:
        await self.inner.observe(sighting)


class Wire:
    """The way to the vendor: it takes time, but for logins, which hold a row that others wait for."""

    def __init__(self, simulator: ProcoreSimulator, watch: Watch, rng: Random) -> None:
        self._way = SimTransport(simulator, watch.clock)
        self._watch = watch
        self._rng = rng

    async def send(self, request: Request) -> Response:
        """Return what the vendor answers. Raises TransportError."""
        path = urlsplit(request.url).path
        if path.startswith("/oauth/"):
            return await self._way.send(request)
        await self._watch.clock.sleep(self._rng.uniform(*_LATENCY_SECONDS) / 2)
        arrived, status = self._watch.clock.monotonic(), 0
        try:
            response = await self._way.send(request)
            status = response.status
        finally:
            if path.startswith("/rest/"):
                self._watch.answers.append((arrived, request.method, path, status))
        await self._watch.clock.sleep(self._rng.uniform(*_LATENCY_SECONDS) / 2)
        return response


@dataclass(slots=True)
class Crowd:
    """A company with its Procore, two workers, and whoever presses the button."""

    clock: LoopClock
    watch: Watch
    simulator: ProcoreSimulator
    state: ProcoreState
    app: App
    connection: Connection
    project: UUID
    stop: asyncio.Event
    workers: list[Worker] = field(default_factory=list)

    @property
    def pushing(self) -> Pushing:
        """What sends documents."""
        return Pushing(self.app)

    async def captured(self, number: int) -> UUID:
        """Capture, submit and approve a ticket with a photo; return its id."""
        rng = Random(f"ticket:{number}")
        document_id, photo_id = (UUID(int=rng.getrandbits(128), version=4) for _ in range(2))
        await Capture(self.app).photos().put(photo_id, in_chunks(_PHOTO), FOREMANS.by, name=f"{number}.jpg")
        documents, body = self.pushing.documents(), ticket(photos=[str(photo_id)])
        at = self.clock.now()
        await documents.put(document_id, Kind.TM_TICKET, self.project, body, FOREMANS, captured_at=at)
        await documents.submit(document_id, FOREMANS, version=1)
        await documents.approve(document_id, OFFICES, version=1)
        return document_id

    async def copied(self) -> None:
        """Let time pass until the first copy is whole."""
        whole = False
        while not whole:
            await self.clock.sleep(30)
            (status,) = await self.app.status()
            whole = all(one.feeds_complete + one.feeds_off >= one.feeds for one in status.streams)

    async def pressed(self, document_ids: Sequence[UUID]) -> None:
        """Have documents sent, as the button does for many at once."""
        documents = [await self.pushing.documents().get(one) for one in document_ids]
        await self.pushing.send(documents, "procore", by="Olga Office")
        # As the notice does that the database gives.
        for worker in self.workers:
            worker._hands.wake.set()

    async def standings(self, document_ids: Sequence[UUID]) -> list[Standing]:
        """Return how documents stand."""
        return list(await self.pushing.board().of_documents(list(document_ids)))

    async def delivered(self, document_ids: Sequence[UUID], *, hours_max: float) -> list[float]:
        """Let time pass until documents are in Procore whole, or time is up; return when each was."""
        waiting, done = set(document_ids), list[float]()
        since = self.clock.monotonic()
        while waiting and self.clock.monotonic() < since + 3600 * hours_max:
            await self.clock.sleep(1.0 if self.clock.monotonic() < since + 60 else 10.0)
            for one in await self.standings(sorted(waiting)):
                if one.state == "done":
                    waiting.discard(one.document_id)
                    done.append(self.clock.monotonic() - since)
        return done

    async def first_sent_seconds(self, document_ids: Sequence[UUID]) -> float:
        """Return how soon after it was wanted the first document was in Procore, its photos or not."""
        found = await self.standings(document_ids)
        return min((one.done_at - one.wanted_at).total_seconds() for one in found if one.done_at)

    def entries(self) -> list[str]:
        """Return what the tickets in Procore that are ours are known by."""
        rows = self.state.rows("time_and_material_entries")
        return [ours for row in rows if (ours := str(row.get("reference_number"))).startswith("tiebeam:")]


@asynccontextmanager
async def crowd(
    url: str,
    clock: LoopClock,
    *,
    size: Size,
    hourly: int = 600,
    spike: int = 25,
    pollers: int = 3,
    seed: int = 1,
) -> AsyncIterator[Crowd]:
    """Set everything up on a fresh database, and let two workers live for as long as the block runs."""
    state = ProcoreState(COMPANY_ID, clock.now, seed)
    company = build_company(state, seed=seed, size=size, start=clock.now())
    options = ProcoreOptions(hourly_limit=hourly, spike_limit=spike)
    simulator = ProcoreSimulator(state, options=options)
    watch = Watch(clock)
    wire = Wire(simulator, watch, Random(f"wire:{seed}"))
    with TemporaryDirectory() as folder, patch("tiebeam.pushing._chance", Random(seed).random):
        async with await Store.open(url, clock=clock, pool_size_max=64) as store:
            tenant = await Tenants(store).create("alder", "Alder & Sons")
            settings = _settings(Path(folder), hourly)
            duties = Duties(settings, clock, store, wire, instruments=watch)  # type: ignore[arg-type] # it hears
            app = await duties.app(tenant.id)
            connection, _, _ = await app.add_procore(None, grant=None, kind=GrantKind.CLIENT_CREDENTIALS)
            ours = await Capture(app).projects().add("24-017", "Library")
            theirs = next(site.project_id for site in company.sites if site.job.active)
            await ProjectMap(store, tenant.id).map(connection.id, str(theirs), ours.id)
            found = Crowd(clock, watch, simulator, state, app, connection, ours.id, asyncio.Event())
            async with _living(found, settings, url, wire), _polling(found, pollers):
                yield found


def _settings(folder: Path, hourly: int) -> Settings:
    app = OAuthClient()
    return Settings(
        tenant="alder",
        data=folder,
        master_key=SecretStr(_KEY),
        procore_environment="custom",
        procore_login_url=_URL,
        procore_api_url=_URL,
        procore_client_id=app.client_id,
        procore_client_secret=SecretStr(app.client_secret),
        rate_hourly_max=hourly,
    )


@asynccontextmanager
async def _living(found: Crowd, settings: Settings, url: str, wire: Wire) -> AsyncIterator[None]:
    """Let processes take jobs, and one of them schedule, without what only matters when somebody dies."""
    clock, tasks, stores = found.clock, [], []
    for number in range(PROCESSES):
        store = await Store.open(url, clock=clock, pool_size_max=64)
        stores.append(store)
        duties = Duties(settings, clock, store, wire, instruments=found.watch)  # type: ignore[arg-type] # it hears
        worker = Worker(
            Claims(store, clock),
            clock,
            duties.handlers(),
            concurrency=settings.worker_jobs,
            name=f"worker-{number}",
        )
        await worker._heartbeat.join()
        found.workers.append(worker)
        tasks.append(asyncio.create_task(worker._turns.run(found.stop)))
        tasks.append(asyncio.create_task(_wake(worker, clock)))
        if not number:
            wanted = [one for one in duties.schedules() if one.name in (SYNC, DUE, PUSH_DUE, LOOK)]
            tasks.append(asyncio.create_task(_look(Scheduler(Schedules(store, clock), clock, wanted), clock)))
    try:
        yield
    finally:
        await _end(tasks)
        for store in stores:
            await store.close()


@asynccontextmanager
async def _polling(found: Crowd, pollers: int) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(_poll(found)) for _ in range(pollers)]
    try:
        yield
    finally:
        await _end(tasks)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    """End tasks; raise what one of them ended of before."""
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended


async def _poll(found: Crowd) -> None:
    """Want more at all times, whatever the plan of what is read says."""
    stream = next(one for one in STREAMS if one.view == "projects")
    reader = await found.app.reader(found.connection)
    while True:
        await reader.page(PageRequest(stream, 0, Scope(), 1, share=Share.POLL))


async def _wake(worker: Worker, clock: LoopClock) -> None:
    while True:
        worker._hands.wake.set()
        await clock.sleep(_WAKE_SECONDS)


async def _look(scheduler: Scheduler, clock: LoopClock) -> None:
    while True:
        with suppress(TiebeamError):
            await scheduler.look()
        await clock.sleep(_LOOK_SECONDS)
