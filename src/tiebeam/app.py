"""The composition root: opens settings, database and connectors, and puts them together."""

from __future__ import annotations

import os
import secrets as chance
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from tiebeam.connectors.http import AiohttpTransport
from tiebeam.connectors.procore.client import ProcoreClient
from tiebeam.connectors.procore.environments import ENVIRONMENTS, environment_at
from tiebeam.connectors.procore.oauth import ProcoreLogin
from tiebeam.identity.repository import Tenants
from tiebeam.kernel.clock import SystemClock
from tiebeam.kernel.errors import BadInputError, Owner, TiebeamError
from tiebeam.operations.alerts.channels import LogChannel, channels_of
from tiebeam.operations.alerts.desk import AlertDesk
from tiebeam.operations.alerts.model import Quiet
from tiebeam.operations.alerts.own.courier import ProcessCourier
from tiebeam.operations.alerts.own.desk import OwnChannels
from tiebeam.operations.alerts.own.repository import OwnRows
from tiebeam.operations.alerts.repository import Alerts
from tiebeam.operations.audit.anchors.repository import Evidence
from tiebeam.operations.limits.gate import RateGate
from tiebeam.operations.limits.model import Rates, domain_of
from tiebeam.operations.limits.repository import PostgresRow
from tiebeam.operations.queue.repository import Queue
from tiebeam.operations.retention.choice import Retention
from tiebeam.operations.retention.plan import Keep
from tiebeam.operations.retention.repository import ChosenDays, OldRows
from tiebeam.operations.retention.run import LogArchive
from tiebeam.operations.schedules.repository import Schedules
from tiebeam.operations.tokens.keys import Keyring, MasterKeyError, open_key_file
from tiebeam.operations.tokens.model import Connection, GrantKind, Secrets, Status, Terms
from tiebeam.operations.tokens.repository import Connections, Credentials
from tiebeam.operations.tokens.source import VaultTokenSource
from tiebeam.operations.tokens.vault import TextBox, Vault
from tiebeam.push.deliveries.procore.kept import KeptUploads
from tiebeam.replicate.choices.repository import Choices
from tiebeam.replicate.progress import Budget
from tiebeam.replicate.replica import Records
from tiebeam.replicate.repository import Replica
from tiebeam.replicate.streams import STREAMS, find_stream, procore_companies, procore_login, procore_reader
from tiebeam.replicate.sync import Pace, Sync, SyncReport, Wish
from tiebeam.replicate.views import view_statements
from tiebeam.store.embedded import EmbeddedServer
from tiebeam.store.pool import Store
from tiebeam.store.schema import schema_state
from tiebeam.store.views import define

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from tiebeam.connectors.ports import Reader, Transport
    from tiebeam.connectors.procore.environments import Environment
    from tiebeam.connectors.procore.oauth import Grant
    from tiebeam.connectors.streams import Stream
    from tiebeam.identity.model import Tenant
    from tiebeam.instruments import Instruments
    from tiebeam.kernel.clock import Clock
    from tiebeam.operations.alerts.channels import Channel
    from tiebeam.replicate.model import Hold
    from tiebeam.replicate.progress import Progress
    from tiebeam.replicate.replica import DamageEntry, LogEntry, RunEntry, StreamStatus
    from tiebeam.replicate.streams import Company, Login
    from tiebeam.settings import Settings


PROCORE: Final = "procore"
CHANCE: Final = chance.SystemRandom().random
"""Numbers in [0, 1) that nobody foresees."""


class NotSetUpError(TiebeamError):
    """The database has no such tenant yet."""

    code = "app.not_set_up"
    owner = Owner.OPERATOR


class NotInPlanError(TiebeamError):
    """The company's plan does not include the integration with Procore."""

    code = "connection.not_in_plan"
    owner = Owner.ADMIN


@dataclass(frozen=True, slots=True)
class Synced:
    """What the sync of one connection did."""

    connection_id: UUID
    vendor: str
    report: SyncReport


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """How a connection and its copy stand."""

    id: UUID
    vendor: str
    company_id: str | None
    status: str
    code: str | None
    reason: str | None
    action: str | None
    since: datetime
    token_expires_at: datetime | None
    calls_left: str
    holds: int
    damaged: int
    streams: list[StreamStatus]
    runs: list[RunEntry]
    damages: list[DamageEntry]
    log: list[LogEntry]


@dataclass(frozen=True, slots=True)
class Database:
    """Where the database is: for the application role, and for the owner of the schema."""

    url: str
    owner_url: str


class App:
    """Everything a surface needs, for one tenant."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        store: Store,
        tenant: Tenant,
        transport: Transport,
        *,
        instruments: Instruments | None = None,
    ) -> None:
        """`instruments` is told of every call to the vendor."""
        self.settings = settings
        self.clock = clock
        self.tenant = tenant
        self.store = store
        self.transport = transport
        self.instruments = instruments
        keys, private = keyring(settings), settings.alert_private_addresses
        self._vault = Vault(keys)
        self.retention = Retention(ChosenDays(store), keep(settings))
        self.own_channels = OwnChannels(
            OwnRows(store),
            TextBox(keys, "channel"),
            ProcessCourier(private_allowed=private),
            uuid4,
            private_allowed=private,
        )
        self.evidence = Evidence(store, clock, TextBox(keys, "evidence"), os.urandom)
        self.grants = Connections(store, self._vault)
        self.choices = Choices(store, tenant.id)
        self.queue = Queue(store, clock)
        self.schedules = Schedules(store, clock)
        self.uploads = KeptUploads(clock)

    def stream(self, name: str) -> Stream:
        """Return a stream by its name. Raises BadInputError."""
        return find_stream(name)

    @property
    def includes_procore(self) -> bool:
        """Whether the company's plan includes the integration with Procore."""
        names = {one.strip() for one in self.settings.procore_tenants.split(",")} - {""}
        return not names or self.tenant.slug in names

    def require_procore(self) -> None:
        """Raise NotInPlanError unless the company's plan includes Procore."""
        if not self.includes_procore:
            raise NotInPlanError(
                "Your plan does not include Procore: nothing is read from it, and the copy stays as it is.",
                action="Ask whoever runs Tiebeam for you to include it.",
            )

    def records(self, connection_id: UUID | None = None) -> Records:
        """Return what reads the replica."""
        return Records(self.store, self.tenant.id, connection_id)

    async def connections(self) -> list[Connection]:
        """Return the tenant's connections to Procore, without those that are still being made."""
        every = await self.grants.list(self.tenant.id)
        return [one for one in every if one.vendor == PROCORE and one.company_id is not None]

    async def add_procore(
        self, company_id: str | None, *, grant: Grant | None, kind: GrantKind
    ) -> tuple[Connection, Login, tuple[Company, ...]]:
        """Keep a connection to Procore, after seeing that it works and that it may see the company.

        Without `company_id` the only visible company is taken. A company that was connected before goes on
        with what was read of it. Raises TiebeamError; nothing is kept then.
        """
        environment = procore_environment(self.settings)
        client_id, client_secret = procore_app(self.settings)
        terms = Terms(
            PROCORE, environment.name, environment.login_url, environment.api_url, client_id, kind, company_id
        )
        granted = grant or await self.procore_login().client_credentials()
        kept = Secrets(granted.access_token, granted.refresh_token, client_secret)
        trial = await self.grants.add(self.tenant.id, terms, kept, expires_at=granted.expires_at)
        try:
            client = await self.client(trial)
            login, companies = await procore_login(client), await procore_companies(client)
            connection = await self.settled(trial, terms, _chosen(companies, company_id))
        except BaseException:
            await self.grants.delete(self.tenant.id, trial.id)
            raise
        return connection, login, companies

    async def settled(self, trial: Connection, terms: Terms, company_id: str) -> Connection:
        """Keep what has proven to work: in the place of an older connection to that company, or as it is.

        What was copied through the older one stays, even when it was marked for deletion.
        """
        place = (trial.vendor, trial.api_url, company_id)
        older = [
            one
            for one in await self.connections()
            if one.id != trial.id and (one.vendor, one.api_url, one.company_id) == place
        ]
        if not older:
            return await self.grants.set_company(self.tenant.id, trial.id, company_id)
        tried, kept = await self.credentials().read(self.tenant.id, trial.id)
        renewed = await self.grants.reconnect(
            self.tenant.id, older[0].id, kept, terms=terms, expires_at=tried.token_expires_at
        )
        await self.grants.delete(self.tenant.id, trial.id)
        await self.choices.mark(renewed.id, None)
        return renewed

    def credentials(self) -> Credentials:
        """Return what opens the sealed secrets of connections."""
        return Credentials(self.store, self._vault)

    def procore_login(self) -> ProcoreLogin:
        """Return the login host of the Procore that is set.

        Raises BadInputError when the app is not set, NotInPlanError.
        """
        self.require_procore()
        client_id, client_secret = procore_app(self.settings)
        return ProcoreLogin(
            environment=procore_environment(self.settings),
            client_id=client_id,
            client_secret=client_secret,
            transport=self.transport,
            clock=self.clock,
        )

    async def sync(self, wish: Wish, on_progress: Callable[[Progress], None]) -> list[Synced]:
        """Sync every connection that is connected, one after another. Raises TiebeamError."""
        found = [one for one in await self.connections() if _is_in_use(one)]
        if not found:
            raise NotSetUpError(
                "Nothing is connected yet.",
                action="Connect Procore with `tiebeam connect procore`, or look at `tiebeam demo`.",
            )
        return [await self.sync_one(connection, wish, on_progress) for connection in found]

    async def sync_one(
        self,
        connection: Connection,
        wish: Wish,
        on_progress: Callable[[Progress], None] = lambda _: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> Synced:
        """Sync one connection. Raises TiebeamError; StoppedError once `stopping` has said yes."""
        work = Sync(
            self.replica(connection),
            await self.reader(connection),
            self.clock,
            STREAMS,
            wish,
            pace=pace(self.settings),
            ask_choice=partial(self.choices.of, connection.id),
            on_progress=on_progress,
            ask_budget=partial(self.budget, self.gate(connection)),
            stopping=stopping,
        )
        try:
            return Synced(connection.id, connection.vendor, await work.run())
        finally:
            # Also of one that was cut short: its pages are written.
            if self.instruments:
                self.instruments.changed(work.report.tally)

    async def holds(self, *, waiting_only: bool = True) -> list[Hold]:
        """Return the deletions that wait for a person."""
        return await Replica(self.store, self.tenant.id, self.tenant.id, self.clock).holds(
            waiting_only=waiting_only
        )

    async def decide_hold(self, hold_id: int, *, approve: bool, by: str) -> int | None:
        """Apply or refuse held deletions; None when nothing waits under that number."""
        replica = Replica(self.store, self.tenant.id, self.tenant.id, self.clock)
        return await replica.decide_hold(hold_id, approve=approve, by=by)

    def alert_desk(self) -> AlertDesk:
        """Return where alerts are kept and told of. Raises BadInputError for a URL that cannot be used."""
        channels = alert_channels(self.settings)
        return AlertDesk(Alerts(self.store), self.clock, channels, own=self.own_channels.heard)

    def log_archive(self, kept: Keep | None = None) -> LogArchive:
        """Return the archive of the sync log; `kept` says how long it is kept, where it is to be written."""
        folder = self.settings.archive or self.settings.data / "archive"
        return LogArchive(OldRows(self.store), folder, self.clock, keep=kept or keep(self.settings))

    async def status(self, *, log_limit: int = 0) -> list[ConnectionStatus]:
        """Return how every connection stands."""
        holds = await self.holds()
        return [await self._status(one, len(holds), log_limit) for one in await self.connections()]

    async def _status(self, one: Connection, holds: int, log_limit: int) -> ConnectionStatus:
        records = self.records(one.id)
        damages = await records.damages()
        return ConnectionStatus(
            id=one.id,
            vendor=one.vendor,
            company_id=one.company_id,
            status=one.status.value,
            code=one.code,
            reason=one.reason,
            action=one.action,
            since=one.since,
            token_expires_at=one.token_expires_at,
            calls_left=await self._calls_left(one),
            holds=holds,
            damaged=len(damages),
            streams=await records.streams(),
            runs=await records.runs(limit=5),
            damages=damages,
            log=await records.log(limit=log_limit) if log_limit else [],
        )

    async def _calls_left(self, one: Connection) -> str:
        level = await self.gate(one).level()
        if level.off:
            return "the rate gate is off"
        if level.paused_seconds:
            return f"none for {level.paused_seconds:.0f} s ({level.pause_reason})"
        return ", ".join(f"{window.left} of {window.limit} in the {window.name}" for window in level.windows)

    async def budget(self, gate: RateGate) -> Budget | None:
        """Return what the hour allows; None while nothing limits it."""
        level = await gate.level()
        hour = next((window for window in level.windows if window.width_seconds >= 3600), None)
        return Budget(hour.left, hour.limit) if hour and not level.off else None

    def replica(self, connection: Connection) -> Replica:
        """Return the copy of a connection, for who writes it."""
        return Replica(self.store, self.tenant.id, connection.id, self.clock)

    def gate(self, connection: Connection) -> RateGate:
        """Return what every call of a connection passes."""
        domain = domain_of(connection.vendor, connection.environment, connection.client_id)
        off = not self.settings.rate_limit
        return self.gate_of(domain, Rates(calls_per_hour=self.settings.rate_hourly_max, off=off))

    def gate_of(self, domain: str, rates: Rates) -> RateGate:
        """Return the gate that all share who call a vendor with the same credentials."""
        return RateGate(PostgresRow(self.store, domain), clock=self.clock, rates=rates)

    async def tokens(self, connection: Connection) -> VaultTokenSource:
        """Return where a connection's access comes from. Raises TiebeamError."""
        credentials = self.credentials()
        _, kept = await credentials.read(self.tenant.id, connection.id)
        login = ProcoreLogin(
            environment=environment_at(connection.login_url, connection.api_url),
            client_id=connection.client_id,
            client_secret=kept.client_secret or "",
            transport=self.transport,
            clock=self.clock,
        )
        return VaultTokenSource(
            tenant_id=self.tenant.id,
            connection_id=connection.id,
            credentials=credentials,
            grants=login,
            clock=self.clock,
            chance=CHANCE,
        )

    async def reader(self, connection: Connection) -> Reader:
        """Return what reads listings as a connection. Raises NotInPlanError, TiebeamError."""
        self.require_procore()
        reader = procore_reader(await self.client(connection))
        return self.instruments.reader(reader) if self.instruments else reader

    async def client(self, connection: Connection) -> ProcoreClient:
        """Return what calls Procore as a connection. Raises TiebeamError."""
        way, gate = self.transport, self.gate(connection)
        told = self.instruments
        return ProcoreClient(
            base_url=connection.api_url,
            company_id=connection.company_id,
            gate=told.gate(gate) if told else gate,
            tokens=await self.tokens(connection),
            transport=told.transport(way) if told else way,
            clock=self.clock,
            chance=CHANCE,
            service_account=connection.grant_kind is GrantKind.CLIENT_CREDENTIALS,
        )


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[Database]:
    """Reach the database that is set, or start the embedded one for as long as the block runs."""
    if settings.database_url is not None:
        url = settings.database_url.get_secret_value()
        yield Database(url, url)
        return
    root = settings.data / "postgres"
    start = EmbeddedServer.start(root, fsync=settings.postgres_fsync, binaries=settings.postgres_bin)
    async with await start as server:
        yield Database(server.url(), server.owner_url())


async def set_up(settings: Settings, clock: Clock | None = None, *, name: str | None = None) -> Tenant:
    """Make or update the schema, the typed views and the tenant; doing it again changes nothing."""
    async with database(settings) as found:
        await _prepare(found)
        store = await Store.open(found.url, clock=clock or SystemClock())
        try:
            tenants = Tenants(store)
            tenant = await tenants.find(settings.tenant)
            keyring(settings)
            return tenant or await tenants.create(settings.tenant, name or settings.tenant)
        finally:
            await store.close()


async def _prepare(found: Database) -> None:
    from tiebeam.store.migrate import migrate  # noqa: PLC0415 - Alembic doubles the start of every command

    await migrate(found.owner_url)
    await define(found.owner_url, view_statements(STREAMS))


@asynccontextmanager
async def opened(
    settings: Settings, *, clock: Clock | None = None, transport: Transport | None = None
) -> AsyncIterator[App]:
    """Open everything for one tenant. An embedded database is brought up to date by itself.

    Raises NotSetUpError when the tenant is not there, and the errors of the database.
    """
    now = clock or SystemClock()
    async with database(settings) as found:
        await bring_up_to_date(settings, found)
        store = await Store.open(found.url, clock=now, pool_size_max=settings.concurrency + 4)
        try:
            tenant = await tenant_in(store, settings)
            async with transport_for(transport) as way:
                yield App(settings, now, store, tenant, way)
        finally:
            await store.close()


async def bring_up_to_date(settings: Settings, found: Database) -> None:
    """Migrate an embedded database that is older than the program; one by URL is its owner's to migrate."""
    if settings.database_url is None and (await schema_state(found.owner_url)).too_old:
        await _prepare(found)


async def tenant_in(store: Store, settings: Settings) -> Tenant:
    """Return the tenant that is set. Raises NotSetUpError when it is not there."""
    tenant = await Tenants(store).find(settings.tenant)
    if tenant is None:
        raise NotSetUpError(
            f"There is no tenant called {settings.tenant!r} in this database.",
            action="Set it up with `tiebeam init`.",
        )
    return tenant


@asynccontextmanager
async def transport_for(given: Transport | None) -> AsyncIterator[Transport]:
    """Give the transport that is given, or one over sockets for as long as the block runs."""
    if given is not None:
        yield given
        return
    async with AiohttpTransport() as own:
        yield own


def keyring(settings: Settings) -> Keyring:
    """Return the master keys: those that are set, else those of the key file, made at first use.

    Raises BadInputError for what is set and is no key, MasterKeyError for a key file that cannot be used.
    """
    older = settings.old_master_keys.get_secret_value().split(",") if settings.old_master_keys else []
    if settings.master_key is None:
        if older:
            raise BadInputError(
                "TIEBEAM_OLD_MASTER_KEYS is set, and TIEBEAM_MASTER_KEY is not.",
                action="Set TIEBEAM_MASTER_KEY to the key that seals from now on.",
            )
        return open_key_file(key_file(settings))
    try:
        return Keyring.parse("\n".join([settings.master_key.get_secret_value(), *older]))
    except MasterKeyError as error:
        raise BadInputError(
            f"TIEBEAM_MASTER_KEY or TIEBEAM_OLD_MASTER_KEYS cannot be used. {error.cause}",
            action=error.action,
        ) from None


def key_file(settings: Settings) -> Path:
    """Return where the laptop's master key is kept."""
    return settings.data / "master.key"


def pace(settings: Settings) -> Pace:
    """Return how a sync goes about it."""
    every = timedelta(hours=settings.sweep_hours)
    return Pace(sweep_every=every, recent_days=settings.recent_days, concurrency=settings.concurrency)


def alert_channels(settings: Settings) -> list[Channel]:
    """Return the log and the channels that are set. Raises BadInputError."""
    quiet = timedelta(minutes=settings.alert_quiet_minutes)
    urls = settings.alert_urls.get_secret_value() if settings.alert_urls else ""
    return [LogChannel(), *channels_of(urls, quiet=Quiet(urgent=quiet / 5, other=quiet))]


def keep(settings: Settings) -> Keep:
    """Return how long what grows is kept, unless a company has chosen otherwise."""
    return Keep(
        sync_log_days=settings.keep_log_days,
        alert_days=settings.keep_alerts_days,
        sync_run_days=settings.keep_runs_days,
        pull_days=settings.keep_pulls_days,
        webhook_delivery_days=settings.keep_deliveries_days,
        automation_firing_days=settings.keep_firings_days,
    )


def procore_environment(settings: Settings) -> Environment:
    """Return the Procore that is set. Raises BadInputError when `custom` has no addresses."""
    if settings.procore_environment != "custom":
        return ENVIRONMENTS[settings.procore_environment]
    if not settings.procore_login_url or not settings.procore_api_url:
        raise BadInputError(
            "The Procore environment is `custom`, without its addresses.",
            action="Set TIEBEAM_PROCORE_LOGIN_URL and TIEBEAM_PROCORE_API_URL.",
        )
    return environment_at(settings.procore_login_url, settings.procore_api_url)


def procore_app(settings: Settings) -> tuple[str, str]:
    """Return client id and secret of the Procore app. Raises BadInputError when they are not set."""
    if not settings.procore_client_id or settings.procore_client_secret is None:
        raise BadInputError(
            "The Procore app is not set.",
            action="Register an app with Procore, then set TIEBEAM_PROCORE_CLIENT_ID and "
            "TIEBEAM_PROCORE_CLIENT_SECRET (docs/howto/connect-procore.md).",
        )
    return settings.procore_client_id, settings.procore_client_secret.get_secret_value()


def _chosen(companies: tuple[Company, ...], wanted: str | None) -> str:
    visible = ", ".join(f"{company.id} ({company.name})" for company in companies) or "none"
    if wanted is not None:
        if wanted in {company.id for company in companies}:
            return wanted
        raise BadInputError(
            f"This connection cannot see company {wanted} in Procore. It sees: {visible}.",
            action="Choose one of these, or have the app installed in that company.",
            code="procore.company_not_visible",
            owner=Owner.ADMIN,
        )
    if len(companies) == 1:
        return companies[0].id
    raise BadInputError(
        f"This connection sees several companies, or none: {visible}.",
        action="Name one with --company.",
        code="procore.company_not_visible",
        owner=Owner.ADMIN,
    )


def _is_in_use(connection: Connection) -> bool:
    """Return whether a connection is to be read; one without a company was cut off while it was tried."""
    return connection.status is not Status.DISCONNECTED and connection.company_id is not None
