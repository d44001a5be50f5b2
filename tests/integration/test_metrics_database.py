"""The gauges of the whole database: right over all tenants, and silent on whose anything is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.factories.embedded import asked
from tests.factories.procore_desk import ProcoreDesk
from tests.factories.replicas import Copy

from tiebeam.connectors.procore.reads import ProcoreReader
from tiebeam.identity.repository import Tenants
from tiebeam.instruments import Instruments, show_measures
from tiebeam.operations.limits.gate import RateGate
from tiebeam.operations.limits.model import Rates, domain_of
from tiebeam.operations.limits.repository import PostgresRow
from tiebeam.operations.metrics.model import ConnectionMeasure, StreamMeasure
from tiebeam.operations.metrics.registry import Metrics
from tiebeam.operations.metrics.repository import collect
from tiebeam.operations.tokens.keys import Keyring
from tiebeam.operations.tokens.model import GrantKind, Secrets, Terms
from tiebeam.operations.tokens.repository import Connections
from tiebeam.operations.tokens.vault import Vault

if TYPE_CHECKING:
    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

TERMS = Terms(
    vendor="procore",
    environment="production",
    login_url="https://login.example",
    api_url="https://api.example",
    client_id="client-of-alder",
    grant_kind=GrantKind.CLIENT_CREDENTIALS,
    company_id="1000",
)
SECRETS = Secrets("access-secret", "refresh-secret", "client-secret")
_FEED = """
insert into tiebeam.feed (tenant_id, connection_id, stream, scope, access, read_at)
values (%(tenant)s, %(connection)s, %(stream)s, %(scope)s, %(access)s, %(read_at)s)
"""


@pytest.fixture
async def other(store: Store) -> Tenant:
    return await Tenants(store).create("birch", "Birch Ltd")


async def connected(
    store: Store, tenant: Tenant, *, expires_at: datetime | None = None, **changed: Any
) -> UUID:
    connections = Connections(store, Vault(Keyring.of_new_key()))
    one = await connections.add(
        tenant.id, TERMS, SECRETS, expires_at=expires_at or datetime(2026, 3, 2, 16, tzinfo=UTC)
    )
    async with store.transaction(tenant.id) as tx:
        for column, value in changed.items():
            sql = f"update tiebeam.connection set {column} = %(value)s where id = %(id)s"
            await tx.run(sql, {"value": value, "id": one.id})
    return one.id


async def fed(
    store: Store, tenant: Tenant, connection: UUID, stream: str, *minutes: float | None, access: str = "open"
) -> None:
    now = store.clock.now()
    async with store.transaction(tenant.id) as tx:
        for number, age in enumerate(minutes):
            read_at = None if age is None else now - timedelta(minutes=age)
            values = {"tenant": tenant.id, "connection": connection, "stream": stream, "access": access}
            await tx.run(_FEED, {**values, "scope": f"project_id={number}{access}", "read_at": read_at})


@pytest.mark.req("W14")
async def test_freshness_is_over_all_tenants(
    store: Store, clock: ManualClock, tenant: Tenant, other: Tenant
) -> None:
    ours, theirs = await connected(store, tenant), await connected(store, other, status="error")
    await fed(store, tenant, ours, "procore.rfis", 2, 4, None)
    await fed(store, other, theirs, "procore.rfis", 30)
    await fed(store, other, theirs, "procore.rfis", 9000, None, access="off")
    await fed(store, tenant, ours, "procore.photos", None)
    for ended in ("paused", "disconnected"):
        await fed(store, other, await connected(store, other, status=ended), "procore.rfis", 7000)
    await fed(store, tenant, uuid4(), "procore.rfis", 8000)
    measures = await collect(store, clock)
    assert measures.streams == [
        StreamMeasure("procore.photos", 0, 1, 0, None, None),
        StreamMeasure("procore.rfis", 3, 1, 2, 1800.0, 720.0),
    ]


@pytest.mark.req("R10", "W14")
async def test_the_health_of_tokens_is_counted(
    store: Store, clock: ManualClock, tenant: Tenant, other: Tenant
) -> None:
    now = clock.now()
    await connected(store, tenant)
    await connected(store, other)
    await connected(store, other, expires_at=now)
    await connected(store, other, token_expires_at=now, refresh_began_at=now, status="error")
    await connected(store, tenant, token_expires_at=None, status="disconnected")
    assert (await collect(store, clock)).connections == [
        ConnectionMeasure("procore", "connected", "expired", 1),
        ConnectionMeasure("procore", "connected", "good", 2),
        ConnectionMeasure("procore", "disconnected", "none", 1),
        ConnectionMeasure("procore", "error", "cut_off", 1),
    ]


async def test_an_empty_database_has_measures_too(store: Store, clock: ManualClock) -> None:
    measures, metrics = await collect(store, clock), Metrics()
    show_measures(metrics, measures, now=clock.now(), rates=Rates())
    assert b'tiebeam_gates{state="open"} 0.0' in metrics.exposition()


async def test_nobody_sees_more_by_the_mark_of_the_functions(
    store: Store, database_url: str, owner_url: str, clock: ManualClock, tenant: Tenant
) -> None:
    await fed(store, tenant, await connected(store, tenant), "procore.rfis", 1)
    count = "select count(*) from tiebeam.connection"
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as raw:
        if raw.info.user != "tiebeam_app":
            await raw.execute(b"set role tiebeam_app")
        await raw.execute(b"set tiebeam.measuring = 'on'")
        assert await (await raw.execute(count.encode())).fetchone() == (0,)
        seen = await raw.execute(b"select * from tiebeam.measured_streams('2026-03-02T15:00Z')")
        assert len(await seen.fetchall()) == 1
        await raw.execute(b"set tiebeam.measuring = 'off'")
        assert len((await collect(store, clock)).streams) == 1
    superuser = await asked(owner_url, "select rolsuper from pg_roles where rolname = current_user")
    assert await asked(owner_url, count) == (1 if superuser else 0)


@pytest.mark.req("P21", "W14")
async def test_a_run_leaves_no_tenant_project_id_or_secret_in_any_label(store: Store, tenant: Tenant) -> None:
    """A whole sync against the simulator through every instrument; each label is held to what is known."""
    metrics, connection_id = Metrics(), await connected(store, tenant)
    desk = ProcoreDesk()
    gate = RateGate(PostgresRow(store, domain_of("procore", "production", TERMS.client_id)), clock=desk.clock)
    instruments = Instruments("procore", metrics, desk.clock)
    desk.client._gate = instruments.gate(gate)
    desk.client._transport = instruments.transport(desk.client._transport)
    desk.login._transport = instruments.transport(desk.login._transport, share="login")
    for number in range(30):
        desk.put("rfis", id=770_000 + number, subject=f"Beam {number}")
    copy = Copy(desk, store, tenant.id, "rfis", "documents")
    copy.connection_id = connection_id
    copy = copy.on(store)
    report = await copy.sync(reader=instruments.reader(ProcoreReader(desk.client, copy.streams)))
    metrics.records_changed({"created": report.tally.created})
    show_measures(metrics, await collect(store, desk.clock), now=desk.clock.now(), rates=Rates())
    families = list(text_string_to_metric_families(metrics.exposition().decode()))
    samples = [sample for family in families for sample in family.samples]
    named = {(sample.name, sample.labels.get("stream")) for sample in samples}
    assert ("tiebeam_sync_rows_total", "procore.rfis") in named
    assert ("tiebeam_freshness_seconds_max", "procore.rfis") in named
    assert any(
        s.name == "tiebeam_gate_calls" and s.labels["share"] == "poll" and s.value > 0 for s in samples
    )
    _tell_nothing(samples, [str(tenant.id), tenant.slug, tenant.name, str(connection_id), connection_id.hex])
    _tell_nothing(
        samples, ["Tower", "Ridgeline", "client-of-alder", "7700", "Beam", "secret", desk_token(desk)]
    )
    names = {name for sample in samples for name in sample.labels}
    assert not {
        name for name in names if any(word in name for word in ("tenant", "project", "id", "company"))
    }


def desk_token(desk: ProcoreDesk) -> str:
    assert desk.tokens._token
    return desk.tokens._token


def _tell_nothing(samples: list[Any], known: list[str]) -> None:
    told = [(name, value) for sample in samples for name, value in sample.labels.items()]
    assert len(told) > 100
    assert [pair for pair in told if any(word.lower() in pair[1].lower() for word in known)] == []
    assert [
        pair for pair in told if pair[0] not in ("le", "version") and sum(map(str.isdigit, pair[1])) > 4
    ] == []
