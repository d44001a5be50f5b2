"""Every table of people and of the audit trail, tried with raw SQL as another company."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.factories.openid import ISSUER, FakeProvider
from tests.factories.people import ADDRESS, BOSS, PASSWORD, accounts_on, devices_on

from tiebeam.identity.keys import ApiKeys
from tiebeam.identity.model import Refused, Role
from tiebeam.identity.oidc import OidcSignIn, Returned
from tiebeam.identity.permissions import Permission
from tiebeam.identity.provider import Provider
from tiebeam.identity.repository import Register, Tenants
from tiebeam.store.errors import AccessDeniedError, WallBreachedError

if TYPE_CHECKING:
    from uuid import UUID

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("P21")

TABLES = (
    "person",
    "person_vouched",
    "session",
    "api_key",
    "device",
    "oidc_flow",
    "audit",
    "audit_head",
)


@pytest.fixture
async def lived_in(store: Store, tenant: Tenant, clock: ManualClock) -> Tenant:
    """A company with something in every table."""
    accounts, devices = accounts_on(store), devices_on(store)
    await accounts.add_person(
        tenant.id, email="finn@alder.example", name="Finn", role=Role.FIELD, password=PASSWORD, by=BOSS
    )
    await accounts.sign_in("alder", "finn@alder.example", PASSWORD, address=ADDRESS)
    await ApiKeys(Register(store), clock).make(tenant.id, name="k", scopes=[Permission.RECORDS_READ], by=BOSS)
    _, code = await devices.invite(tenant.id, name="Truck 7", by=BOSS)
    assert not isinstance(await devices.enrol(code, address=ADDRESS), Refused)
    fake = FakeProvider(clock)
    provider = Provider(ISSUER, "tiebeam", "s3cret", roles={"g": Role.OFFICE})
    fake.claims = {"groups": ["g"]}
    oidc = OidcSignIn(provider, Register(store), fake, clock, redirect_uri="https://t.example/back")
    begun = await oidc.begin("alder")
    assert isinstance(await oidc.finish(begun.secret, **fake.grant(begun.url), address=ADDRESS), Returned)
    await oidc.begin("alder")
    return tenant


@pytest.fixture
async def other(store: Store) -> Tenant:
    return await Tenants(store).create("birch", "Birch Ltd")


async def rows_hit(store: Store, tenant_id: UUID | None, sql: str) -> int:
    """Return how many rows a statement hits; none when it is not allowed at all."""
    try:
        async with store.transaction(tenant_id) as tx:
            return await tx.run(sql)
    except AccessDeniedError:
        return 0


@pytest.mark.parametrize("table", TABLES)
async def test_another_company_and_nobody_see_and_change_nothing(
    store: Store, lived_in: Tenant, other: Tenant, table: str
) -> None:
    count = f"select count(*) from tiebeam.{table}"
    async with store.transaction(lived_in.id) as tx:
        there = await tx.value(count)
        assert there
    for tenant_id in (other.id, None):
        async with store.transaction(tenant_id) as tx:
            assert await tx.value(count) == 0
        for attempt in (
            f"update tiebeam.{table} set tenant_id = tenant_id",
            f"delete from tiebeam.{table}",
        ):
            assert await rows_hit(store, tenant_id, attempt) == 0
    async with store.transaction(lived_in.id) as tx:
        assert await tx.value(count) == there


@pytest.mark.parametrize("table", [name for name in TABLES if not name.startswith("audit")])
async def test_no_row_is_given_to_another_company(
    store: Store, lived_in: Tenant, other: Tenant, table: str
) -> None:
    with pytest.raises(WallBreachedError):
        async with store.transaction(lived_in.id) as tx:
            await tx.run(f"update tiebeam.{table} set tenant_id = %(id)s", {"id": other.id})


@pytest.mark.usefixtures("lived_in")
async def test_who_must_wait_is_only_known_to_the_door(store: Store, tenant: Tenant) -> None:
    for attempt in (
        "select * from tiebeam.sign_in_wait",
        "delete from tiebeam.sign_in_wait",
        "insert into tiebeam.sign_in_wait values ('', 0, 0, '2026-01-01', '2026-01-01')",
    ):
        with pytest.raises(AccessDeniedError):
            async with store.transaction(tenant.id) as tx:
                await tx.run(attempt)


async def test_a_hash_tells_whose_it_is_and_nothing_else(store: Store, lived_in: Tenant) -> None:
    async with store.transaction(lived_in.id) as tx:
        hashes = {
            "session_tenant": await tx.value("select token_hash from tiebeam.session"),
            "api_key_tenant": await tx.value("select secret_hash from tiebeam.api_key"),
            "device_tenant": await tx.value("select token_hash from tiebeam.device"),
            "oidc_flow_tenant": await tx.value("select secret_hash from tiebeam.oidc_flow"),
        }
    async with store.transaction(None) as tx:
        for function, known in hashes.items():
            ask = f"select tiebeam.{function}(%(hash)s)"
            assert await tx.rows(ask, {"hash": known}) == [(lived_in.id,)]
            assert await tx.rows(ask, {"hash": bytes(32)}) == [(None,)]
