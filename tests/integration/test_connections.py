"""Connections and their secrets in the database: kept, sealed, walled in, rotated, purged."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
import pytest
from tests.factories.database import TestServer, at

from tiebeam.identity.repository import Tenants
from tiebeam.kernel.errors import TiebeamError
from tiebeam.operations.tokens.keys import Keyring
from tiebeam.operations.tokens.model import GrantKind, Secrets, Status, Terms, UnknownConnectionError
from tiebeam.operations.tokens.repository import Connections, Credentials
from tiebeam.operations.tokens.vault import SealBrokenError, SealedElsewhereError, Vault

if TYPE_CHECKING:
    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

TERMS = Terms(
    vendor="procore",
    environment="production",
    login_url="https://login.example",
    api_url="https://api.example",
    client_id="client",
    grant_kind=GrantKind.AUTHORIZATION_CODE,
)
SECRETS = Secrets("access-secret", "refresh-secret", "client-secret")
EXPIRES_AT = datetime(2026, 3, 2, 16, 30, tzinfo=UTC)


@pytest.fixture
def keyring() -> Keyring:
    return Keyring.of_new_key()


@pytest.fixture
def connections(store: Store, keyring: Keyring) -> Connections:
    return Connections(store, Vault(keyring))


@pytest.fixture
def admin_url(database_server: TestServer, database_name: str) -> str:
    return at(database_server.admin_url, database_name)


async def asked(url: str, statement: str, *params: Any) -> list[tuple[Any, ...]]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        cursor = await connection.execute(statement.encode(), params)
        return await cursor.fetchall() if cursor.description else []


async def test_a_connection_is_kept_and_found(
    connections: Connections, tenant: Tenant, clock: ManualClock
) -> None:
    added = await connections.add(tenant.id, TERMS, SECRETS, expires_at=EXPIRES_AT)
    assert (added.status, added.grant_kind) == (Status.CONNECTED, GrantKind.AUTHORIZATION_CODE)
    assert (added.since, added.token_expires_at) == (clock.now(), EXPIRES_AT)
    assert await connections.get(tenant.id, added.id) == added
    assert await connections.list(tenant.id) == [added]
    chosen = await connections.set_company(tenant.id, added.id, "4811")
    assert chosen.company_id == "4811"


async def test_a_status_comes_with_its_reason_and_moment(
    connections: Connections, tenant: Tenant, clock: ManualClock
) -> None:
    added = await connections.add(tenant.id, TERMS, SECRETS)
    clock.advance(60)
    why = TiebeamError("It broke.", action="Mend it.", code="procore.broken")
    failed = await connections.set_status(tenant.id, added.id, Status.ERROR, why)
    assert (failed.code, failed.reason, failed.action) == ("procore.broken", "It broke.", "Mend it.")
    moment = failed.since
    clock.advance(60)
    assert (await connections.set_status(tenant.id, added.id, Status.ERROR, why)).since == moment
    again = await connections.set_status(tenant.id, added.id, Status.CONNECTED)
    assert (again.since, again.reason) == (clock.now(), None)


@pytest.mark.req("P2")
async def test_the_database_holds_no_secret_in_clear(
    connections: Connections, tenant: Tenant, admin_url: str
) -> None:
    added = await connections.add(tenant.id, TERMS, SECRETS)
    everything = await asked(
        admin_url, "select to_jsonb(c)::text, k.sealed from tiebeam.connection c, tiebeam.credential k"
    )
    for text, sealed in everything:
        assert "secret" not in text
        assert b"secret" not in sealed
    assert "secret" not in repr(added)


@pytest.mark.req("P21")
async def test_another_tenant_finds_nothing(
    store: Store, connections: Connections, tenant: Tenant, keyring: Keyring
) -> None:
    added = await connections.add(tenant.id, TERMS, SECRETS)
    other = await Tenants(store).create("birch", "Birch")
    credentials = Credentials(store, Vault(keyring))
    assert await connections.list(other.id) == []
    with pytest.raises(UnknownConnectionError):
        await connections.get(other.id, added.id)
    with pytest.raises(UnknownConnectionError):
        await credentials.read(other.id, added.id)
    with pytest.raises(UnknownConnectionError):
        await connections.disconnect(other.id, added.id)
    with pytest.raises(UnknownConnectionError):
        await connections.reconnect(other.id, added.id, Secrets("mine"))
    await connections.delete(other.id, added.id)
    assert (await credentials.read(tenant.id, added.id))[1] == SECRETS


@pytest.mark.req("P21")
async def test_the_wall_holds_for_a_raw_select(
    connections: Connections, tenant: Tenant, database_url: str
) -> None:
    await connections.add(tenant.id, TERMS, SECRETS)
    for table in ("connection", "credential"):
        sql = f"select count(*) from tiebeam.{table}"
        assert await asked(database_url, sql) == [(0,)]


@pytest.mark.req("P21")
async def test_a_sealed_row_moved_to_another_tenant_does_not_open(
    store: Store, connections: Connections, tenant: Tenant, keyring: Keyring, admin_url: str
) -> None:
    mine = await connections.add(tenant.id, TERMS, SECRETS)
    other = await Tenants(store).create("birch", "Birch")
    theirs = await connections.add(other.id, TERMS, Secrets("their-secret"))
    await asked(
        admin_url,
        "update tiebeam.credential t set sealed = m.sealed, key_id = m.key_id from tiebeam.credential m"
        " where t.connection_id = %s and m.connection_id = %s",
        theirs.id,
        mine.id,
    )
    with pytest.raises(SealBrokenError):
        await Credentials(store, Vault(keyring)).read(other.id, theirs.id)


async def test_tampered_ciphertext_is_noticed(
    store: Store, connections: Connections, tenant: Tenant, keyring: Keyring, admin_url: str
) -> None:
    mine = await connections.add(tenant.id, TERMS, SECRETS)
    await asked(
        admin_url, "update tiebeam.credential set sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)"
    )
    with pytest.raises(SealBrokenError):
        await Credentials(store, Vault(keyring)).read(tenant.id, mine.id)


@pytest.mark.req("P2")
async def test_keys_rotate_under_a_live_system(
    store: Store, connections: Connections, tenant: Tenant, keyring: Keyring
) -> None:
    added = [await connections.add(tenant.id, TERMS, SECRETS) for _ in range(3)]
    rotated = keyring.with_new_key()
    renewed = Connections(store, Vault(rotated))
    assert await renewed.rotate_keys(tenant.id) == 3
    assert await renewed.rotate_keys(tenant.id) == 0
    credentials = Credentials(store, Vault(rotated.only_current()))
    for connection in added:
        assert (await credentials.read(tenant.id, connection.id))[1] == SECRETS
    with pytest.raises(SealedElsewhereError, match=r"key.*not among those given"):
        await Credentials(store, Vault(keyring)).read(tenant.id, added[0].id)


async def test_disconnecting_forgets_the_secrets_and_keeps_the_rest(
    store: Store, connections: Connections, tenant: Tenant, keyring: Keyring, admin_url: str
) -> None:
    added = await connections.add(tenant.id, TERMS, SECRETS)
    ended = await connections.disconnect(tenant.id, added.id)
    assert (ended.status, ended.code) == (Status.DISCONNECTED, "connection.disconnected")
    assert await asked(admin_url, "select count(*) from tiebeam.credential") == [(0,)]
    back = await connections.reconnect(tenant.id, added.id, Secrets("new-secret"), expires_at=EXPIRES_AT)
    assert (back.status, back.code) == (Status.CONNECTED, None)
    secrets = (await Credentials(store, Vault(keyring)).read(tenant.id, added.id))[1]
    assert secrets == Secrets("new-secret")


async def test_deleting_takes_the_secrets_along(
    connections: Connections, tenant: Tenant, admin_url: str
) -> None:
    added = await connections.add(tenant.id, TERMS, SECRETS)
    await connections.delete(tenant.id, added.id)
    await connections.delete(tenant.id, added.id)
    assert await connections.list(tenant.id) == []
    assert await asked(admin_url, "select count(*) from tiebeam.credential") == [(0,)]


@pytest.mark.parametrize("connection_id", [UUID(int=0), uuid4()])
async def test_an_unknown_connection_is_said_to_be_unknown(
    connections: Connections, tenant: Tenant, connection_id: UUID
) -> None:
    with pytest.raises(UnknownConnectionError, match="no connection"):
        await connections.set_status(tenant.id, connection_id, Status.PAUSED)
    with pytest.raises(UnknownConnectionError):
        await connections.set_company(tenant.id, connection_id, "1")
