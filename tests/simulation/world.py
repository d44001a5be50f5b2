"""A world: one seed, one database, two companies, their simulators, and virtual time."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
from tests.factories.database import at, fresh_database
from tests.factories.sim_transport import SimTransport
from tests.simulation.chaos import draw_faults
from tests.simulation.journal import Journal, JournalTransport
from tests.simulation.process import Account, Process
from tests.simulation.truths import UNCOMPARED
from tests.simulation.watched import WatchedState

from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.identity.repository import Tenants
from tiebeam.kernel.clock import ManualClock
from tiebeam.operations.limits.gate import MemoryRow
from tiebeam.operations.limits.repository import PostgresRow
from tiebeam.replicate.sync import Pace
from tiebeam.simulators.company.build import build_company
from tiebeam.simulators.company.life import Life
from tiebeam.simulators.company.size import Size
from tiebeam.simulators.procore.app import ProcoreSimulator
from tiebeam.simulators.procore.options import ProcoreOptions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from tests.factories.database import TestServer

    from tiebeam.connectors.streams import Stream
    from tiebeam.operations.limits.gate import Row
    from tiebeam.simulators.company.company import Company
    from tiebeam.store.pool import Store

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
_BY_NAME = {stream.name: stream for stream in STREAMS}
_OFTEN = (
    "procore.rfis",
    "procore.submittals",
    "procore.meetings",
    "procore.images",
    "procore.documents",
    "procore.observations",
    "procore.observation_response_logs",
    "procore.change_events",
    "procore.daily_log_headers",
    "procore.manpower_logs",
    "procore.notes_logs",
    "procore.change_order_requests",
    "procore.activities",
    "procore.drawing_revisions",
)


@dataclass(slots=True)
class Vendor:
    """One company in its own simulated Procore, and the account that reads it."""

    state: WatchedState
    company: Company
    simulator: ProcoreSimulator
    journal: Journal
    transport: JournalTransport
    account: Account
    live_chance: float = 0.0
    """How likely something happens in the company between two calls."""


@dataclass(slots=True)
class World:
    """Everything that one seed sets up. `vendor` is put to the test; `other` must never be touched by it."""

    seed: int
    rng: Random
    clock: ManualClock
    database: str
    url: str
    process: Process
    vendor: Vendor
    other: Vendor
    statements: int = 150
    """How many statements the last sync took: where a kill may fall."""
    kills: int = 0
    trace: list[str] = field(default_factory=list)

    async def restart(self) -> None:
        """Replace the platform's process by a new one."""
        await self.process.end()
        self.process = await Process(self.url, self.clock, self.rng).start()


@asynccontextmanager
async def open_world(server: TestServer, seed: int) -> AsyncIterator[World]:
    """Make the world of a seed, and clear it away at the end."""
    rng = Random(f"world:{seed}")
    clock = ManualClock(START)
    async with fresh_database(server) as name:
        url = at(server.app_url, name)
        process = await Process(url, clock, rng).start()
        vendor = await _vendor(process, clock, rng, seed, 1)
        other = await _vendor(process, clock, rng, seed, 2)
        world = World(seed, rng, clock, name, url, process, vendor, other)
        try:
            yield world
        finally:
            await world.process.end()
            end_sessions(server, name)


def end_sessions(server: TestServer, database: str) -> None:
    """See that the server has noticed which processes died: what they leave would bar the next world."""
    query = b"select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s"
    with psycopg.connect(server.admin_url, autocommit=True) as connection:
        connection.execute(query, (database,))


async def _vendor(process: Process, clock: ManualClock, rng: Random, seed: int, number: int) -> Vendor:
    # The vendor's clock differs from ours by hours, minutes or not at all: a watermark must not care.
    ahead = timedelta(seconds=rng.choice((0, 0, 45, -300, 7200, -7200)))
    company_id = 1000 + number
    state = WatchedState(company_id, lambda: clock.now() + ahead, seed * 10 + number)
    first = number == 1
    size = (
        Size.of(projects=rng.choice((2, 3)), items=rng.choice((90, 160, 240)))
        if first
        else Size.of(projects=1, items=20)
    )
    company = build_company(
        state,
        seed=seed * 10 + number,
        size=size,
        start=state.now(),
        life=Life(always_open=True, changes_per_day=240, silent_reply_share=rng.choice((0.0, 0.5))),
    )
    state.silent.clear()  # What was there before the first copy is part of it.
    options = ProcoreOptions(
        hourly_limit=rng.choice((600, 3600, None)),
        spike_limit=25,
        per_page_cap=rng.choice((1000, 7, 5)),
        retry_after_on_429=rng.random() < 0.5,
    )
    faults = draw_faults(seed, Random(f"faults:{seed}")) if first else None
    simulator = ProcoreSimulator(state, options=options, faults=faults)
    streams = choose_streams(rng, seed, 9 if first else 3)
    journal = Journal(streams)
    transport = JournalTransport(SimTransport(simulator, clock), journal, clock)
    tenants = Tenants(process.store, new_id=lambda: UUID(int=seed * 100 + number))
    tenant = await tenants.create(f"tenant-{number}", f"Tenant {number}")
    account = Account(
        tenant_id=tenant.id,
        connection_id=UUID(int=seed * 100 + number + 50),
        company_id=str(company_id),
        streams=streams,
        transport=transport,
        counters=_counters(rng, number),
        pace=Pace(concurrency=1, sweep_every=timedelta(hours=rng.choice((6, 24)))),
        begin_reading=state.begin_reading,
        end_reading=state.end_reading,
    )
    vendor = Vendor(state, company, simulator, journal, transport, account)
    simulator.on_request = lambda _moment: _live_on(vendor, rng)
    return vendor


def _live_on(vendor: Vendor, rng: Random) -> None:
    if vendor.live_chance and rng.random() < vendor.live_chance:
        vendor.company.burst(1)


def _counters(rng: Random, number: int) -> Callable[[Store], Row]:
    if rng.random() < 0.2:
        return lambda store: PostgresRow(store, f"domain-{number}")
    row = MemoryRow()
    return lambda _store: row


def choose_streams(rng: Random, seed: int, wanted: int) -> tuple[Stream, ...]:
    """Some of the streams with all their parents, with pages small enough that there are several."""
    names = [stream.name for stream in STREAMS if stream.name not in UNCOMPARED]
    chosen = {"procore.projects", *rng.sample(_OFTEN, wanted * 2 // 3), *rng.sample(names, wanted // 3)}
    if seed % 25 == 0:
        chosen = set(names)
    for name in sorted(chosen):
        parent = _BY_NAME[name].parent
        while parent is not None:
            chosen.add(parent)
            parent = _BY_NAME[parent].parent
    if any(_BY_NAME[name].family for name in chosen):
        chosen.add("procore.daily_log_headers")
    per_page = rng.choice((3, 4, 6, 1000))
    return tuple(_small(stream, per_page) for stream in STREAMS if stream.name in chosen)


def _small(stream: Stream, per_page: int) -> Stream:
    listings: Sequence[object] = [
        replace(listing, per_page=min(listing.per_page, per_page)) if listing.per_page else listing
        for listing in stream.listings
    ]
    return replace(stream, listings=tuple(listings))  # type: ignore[arg-type]  # the listings are replaced one by one
