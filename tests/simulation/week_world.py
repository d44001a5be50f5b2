"""The world of a week: two companies, their vendor, the processes that copy them, the door for webhooks."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from uuid import UUID

from pydantic import SecretStr
from tests.factories.database import at, fresh_database
from tests.simulation.chaos import week_faults
from tests.simulation.journal import Journal
from tests.simulation.process import Account, Process
from tests.simulation.watched import WatchedState
from tests.simulation.week_agenda import Agenda
from tests.simulation.week_clock import VirtualClock
from tests.simulation.week_door import Door
from tests.simulation.week_house import Ground, House
from tests.simulation.week_wire import CLIENT_ID, CLIENT_SECRET, Network, VendorWire, sign_in
from tests.simulation.world import Vendor, World, choose_streams, end_sessions

from tiebeam.app import App
from tiebeam.duties import SCHEDULES
from tiebeam.identity.repository import Tenants
from tiebeam.operations.limits.gate import MemoryRow
from tiebeam.operations.schedules.repository import Schedules
from tiebeam.operations.tokens.keys import Keyring
from tiebeam.operations.tokens.model import GrantKind, Secrets, Terms
from tiebeam.operations.tokens.repository import Connections, Credentials
from tiebeam.operations.tokens.vault import Vault
from tiebeam.replicate.sync import Pace, Wish
from tiebeam.replicate.webhooks.keep import Caught, Gap
from tiebeam.settings import Settings
from tiebeam.simulators.company.build import build_company
from tiebeam.simulators.company.life import Life
from tiebeam.simulators.company.size import Size
from tiebeam.simulators.procore.app import ProcoreSimulator
from tiebeam.simulators.procore.options import ProcoreOptions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from tests.factories.database import TestServer

    from tiebeam.connectors.streams import Stream

MONDAY = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
PUBLIC = "https://tiebeam.example.com"
HOUSES = 2
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
VAULT = Vault(Keyring.parse(KEY))
_READ_WITH_STREAMS = ("tiebeam.app.STREAMS", "tiebeam.upkeep.STREAMS", "tiebeam.always.STREAMS")


@dataclass(slots=True)
class Week:
    """Everything that one seed sets up for a week."""

    world: World
    ground: Ground
    wire: VendorWire
    door: Door
    admin_url: str
    houses: list[House] = field(default_factory=list)
    opened: int = 0
    graves: dict[int, int] = field(default_factory=dict)
    """How many looks living processes have had since a worker of this number died."""
    sync_every: timedelta = timedelta(0)
    agenda: Agenda = field(default_factory=Agenda)
    calm_since: datetime | None = None
    """Since when nothing goes wrong at the vendor; None while it does."""
    revoked: int = 0
    gaps: list[Caught] = field(default_factory=list)
    """What each look for missed deliveries came to."""

    @property
    def clock(self) -> VirtualClock:
        """The time of the week."""
        return self.ground.clock

    @property
    def rng(self) -> Random:
        """Every chance that has no generator of its own."""
        return self.ground.rng

    @property
    def vendor(self) -> Vendor:
        """The vendor that is put to the test."""
        return self.world.vendor

    @property
    def living(self) -> list[House]:
        """The processes that have not died."""
        return [house for house in self.houses if not house.pulse.dead]

    def tell(self, text: str) -> None:
        """Add a line to the trace."""
        self.world.trace.append(f"{self.clock.now().isoformat()} {text}")

    async def open_house(self) -> None:
        """Start one more process."""
        self.opened += 1
        name = f"process-{self.opened}"
        self.houses.append(await House(name, self.ground).open())

    async def bury(self) -> bool:
        """See to the processes that died or ended; return whether there were any."""
        gone = [house for house in self.houses if house.pulse.dead or house.ended]
        for house in gone:
            self.houses.remove(house)
            if house.pulse.dead:
                self.graves[house.number] = 0
                self.world.kills += 1
                await house.bury(self.admin_url)
                self.wire.lost_grants += self.wire.is_spent(await self.kept_refresh_token())
            else:
                await house.leave()
            self.tell(f"{house.name} {'died' if house.pulse.dead else 'ended'}")
        return bool(gone)

    async def app(self) -> App:
        """Return the tenant's side of things, for who looks and for the person who mends."""
        store = self.world.process.store
        tenant = await Tenants(store).get(self.vendor.account.tenant_id)
        return App(self.ground.settings, self.clock, store, tenant, self.ground.transport)

    async def kept_refresh_token(self) -> str | None:
        """Return the refresh token that the platform would use next."""
        store, account = self.world.process.store, self.vendor.account
        credentials = Credentials(store, VAULT)
        return (await credentials.read(account.tenant_id, account.connection_id))[1].refresh_token

    async def reconnect(self) -> None:
        """Do what a person does who is told that the connection was refused: grant access anew."""
        account, store = self.vendor.account, self.world.process.store
        grant = await sign_in(self.vendor.simulator, self.wire, self.clock, url_of(1))
        connections = Connections(store, VAULT)
        secrets = Secrets(grant.access_token, grant.refresh_token, CLIENT_SECRET)
        await connections.reconnect(
            account.tenant_id, account.connection_id, secrets, expires_at=grant.expires_at
        )


@asynccontextmanager
async def open_week(
    server: TestServer, seed: int, outages: Iterable[tuple[datetime, datetime]]
) -> AsyncIterator[Week]:
    """Make the week of a seed, and clear it away at the end."""
    rng = Random(f"week:{seed}")
    clock = VirtualClock(MONDAY)
    async with AsyncExitStack() as stack:
        name = await stack.enter_async_context(fresh_database(server))
        folder = Path(stack.enter_context(TemporaryDirectory()))
        url = at(server.app_url, name)
        observer = await Process(url, clock, rng).start()
        ours = _vendor(clock, rng, seed, 1, outages)
        other = _vendor(clock, rng, seed, 2, ())
        for target in _READ_WITH_STREAMS:
            stack.enter_context(patch(target, ours.account.streams))
        ids = Random(f"ids:{seed}")
        stack.enter_context(patch("tiebeam.upkeep.uuid4", lambda: UUID(int=ids.getrandbits(128))))
        gaps: list[Caught] = []
        stack.enter_context(patch("tiebeam.upkeep.Gap", partial(_NotedGap, gaps)))
        stack.enter_context(patch("tiebeam.app.CHANCE", Random(f"chance:{seed}").random))
        stack.enter_context(patch("asyncio.to_thread", _at_once))
        world = World(seed, rng, clock, name, url, observer, ours, other)
        settings = _settings(seed, rng, folder)
        network = Network({"vendor-1.test": ours.transport, "vendor-2.test": other.transport})
        ground = Ground(url, clock, rng, settings, network)
        door = Door(ground, ours.simulator)
        assert isinstance(ours.transport, VendorWire)
        week = Week(world, ground, ours.transport, door, at(server.admin_url, name))
        week.gaps = gaps
        try:
            await _move_in(week)
            yield week
        finally:
            await _move_out(week)
            end_sessions(server, name)


class _NotedGap(Gap):
    """The platform's own, noting what it found."""

    def __init__(self, gaps: list[Caught], *given: Any) -> None:
        super().__init__(*given)
        self._gaps = gaps

    async def catch_up(self) -> Caught:
        """Return what was found."""
        caught = await super().catch_up()
        self._gaps.append(caught)
        return caught


async def _at_once(function: Any, /, *args: Any, **named: Any) -> Any:
    """Run what is meant for a thread: nothing else would bring it into the order of the seed."""
    return function(*args, **named)


async def _move_in(week: Week) -> None:
    vendors = (week.vendor, week.world.other)
    ids = iter([vendor.account.tenant_id for vendor in vendors])
    tenants = Tenants(week.world.process.store, new_id=lambda: next(ids))
    for number, vendor in enumerate(vendors, 1):
        await tenants.create(f"tenant-{number}", f"Tenant {number}")
        await _connect(week, vendor, number)
    await week.clock.drive(week.world.process.sync(week.world.other.account, Wish()))
    await _set_schedules(week)
    await week.door.open()
    for _ in range(HOUSES):
        await week.open_house()


async def _connect(week: Week, vendor: Vendor, number: int) -> None:
    account, url = vendor.account, url_of(number)
    grant = await sign_in(vendor.simulator, vendor.transport, week.clock, url)
    terms = Terms("procore", "custom", url, url, CLIENT_ID, GrantKind.AUTHORIZATION_CODE, account.company_id)
    secrets = Secrets(grant.access_token, grant.refresh_token, CLIENT_SECRET)
    connections = Connections(week.world.process.store, VAULT, lambda: account.connection_id)
    await connections.add(account.tenant_id, terms, secrets, expires_at=grant.expires_at)


async def _set_schedules(week: Week) -> None:
    """Slow down what ticks by the minute, and switch everything off for the other tenant."""
    schedules, rng = Schedules(week.world.process.store, week.clock), week.rng
    minutes = {
        "procore.sync": rng.choice((120, 180, 240)),
        "procore.due": rng.choice((90, 120, 180)),
        "webhook.fetch": 30,
        "webhook.keep": rng.choice((60, 360)),
        "webhook.catch_up": 60,
        "token.keep_alive": 30,
        "alerts.look": 60,
        "upkeep.tidy": 24 * 60,
        "push.due": 24 * 60,
        "outside.due": 24 * 60,
    }
    ours, other = week.vendor.account.tenant_id, week.world.other.account.tenant_id
    for name in SCHEDULES:
        await schedules.set(name, every=timedelta(minutes=minutes[name]), tenant_id=ours)
        await schedules.set(name, enabled=False, tenant_id=other)
    week.sync_every = timedelta(minutes=minutes["procore.sync"])


async def _move_out(week: Week) -> None:
    for house in week.houses:
        house.pulse.dead = True
        await house.bury(week.admin_url)
    await week.door.close()
    await week.world.process.end()


def _settings(seed: int, rng: Random, folder: Path) -> Settings:
    return Settings(
        tenant="tenant-1",
        data=folder,
        master_key=SecretStr(KEY),
        procore_environment="custom",
        procore_login_url=url_of(1),
        procore_api_url=url_of(1),
        procore_client_id=CLIENT_ID,
        procore_client_secret=SecretStr(CLIENT_SECRET),
        webhook_url=PUBLIC if seed % 3 else None,
        sweep_hours=24.0,
        concurrency=rng.choice((1, 3)),
        worker_jobs=4,
    )


def _vendor(
    clock: VirtualClock, rng: Random, seed: int, number: int, outages: Iterable[tuple[datetime, datetime]]
) -> Vendor:
    ahead = timedelta(seconds=rng.choice((0, 0, 45, -180)))
    company_id, first = 1000 + number, number == 1
    state = WatchedState(company_id, lambda: clock.now() + ahead, seed * 10 + number)
    size = (
        Size.of(projects=rng.choice((1, 1, 2)), items=rng.choice((30, 50)))
        if first
        else Size.of(projects=1, items=10)
    )
    company = build_company(
        state,
        seed=seed * 10 + number,
        size=size,
        start=state.now(),
        life=Life(changes_per_day=40, silent_reply_share=0.0),
    )
    state.silent.clear()
    options = ProcoreOptions(
        hourly_limit=rng.choice((600, 3600)),
        spike_limit=25,
        per_page_cap=rng.choice((1000, 25)),
        retry_after_on_429=rng.random() < 0.5,
    )
    faults = week_faults(seed, Random(f"week-faults:{seed}"), outages) if first else None
    simulator = ProcoreSimulator(state, options=options, faults=faults)
    streams: tuple[Stream, ...] = choose_streams(rng, seed * 25 + 1, 5 if first else 2)
    journal = Journal(streams)
    wire = VendorWire(simulator, journal, clock, Random(f"latency:{seed}:{number}"))
    row = MemoryRow()
    account = Account(
        tenant_id=UUID(int=seed * 100 + number),
        connection_id=UUID(int=seed * 100 + number + 50),
        company_id=str(company_id),
        streams=streams,
        transport=wire,
        counters=lambda _store: row,
        pace=Pace(concurrency=1, sweep_every=timedelta(hours=24)),
    )
    vendor = Vendor(state, company, simulator, journal, wire, account)
    simulator.on_request = lambda _moment: live_on(vendor)
    return vendor


def live_on(vendor: Vendor) -> None:
    """Let happen what was to happen up to now, unless the company stands still."""
    if vendor.live_chance:
        vendor.company.live_until(vendor.state.now())


def url_of(number: int) -> str:
    """Return where a vendor is, for logins and for calls."""
    return f"http://vendor-{number}.test"
