"""API keys: what opens, for how long, and who may make one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.factories.people import BOSS, PASSWORD, accounts_on

from tiebeam.identity.keys import ApiKeys
from tiebeam.identity.model import Role
from tiebeam.identity.permissions import GRANTS, Permission
from tiebeam.identity.repository import Register, Tenants
from tiebeam.identity.rules import NotAllowedError, require, require_appointment
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.audit.repository import Trail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tiebeam.identity.model import By, Person, Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("P17", "P21")

READS = [Permission.RECORDS_READ]


@pytest.fixture
def keys(store: Store) -> ApiKeys:
    return ApiKeys(Register(store), store.clock)


@pytest.fixture
async def other(store: Store) -> Tenant:
    return await Tenants(store).create("birch", "Birch Ltd")


async def of_role(store: Store, tenant: Tenant, role: Role) -> Person:
    return await accounts_on(store).add_person(
        tenant.id, email=f"{role}@x.example", name="A", role=role, password=PASSWORD, by=BOSS
    )


async def acts(store: Store, tenant: Tenant) -> list[str]:
    trail = Trail(store, store.clock)
    assert (await trail.verify(tenant.id)).holds
    return [entry.act for entry in reversed(await trail.entries(tenant.id))]


async def test_a_key_opens_with_its_secret_alone(keys: ApiKeys, store: Store, tenant: Tenant) -> None:
    key, secret = await keys.make(tenant.id, name=" a  key ", scopes=READS, by=BOSS)
    assert (key.name, key.scopes, secret.startswith(key.prefix + "_")) == (
        "a key",
        frozenset({"records.read"}),
        True,
    )
    assert len(secret) == len(key.prefix) + 1 + 43
    found = await keys.of(secret)
    assert found
    assert (found[0].id, found[1]) == (key.id, tenant)
    for wrong in ("", "x", key.prefix, secret[:-1], secret + "a", secret.upper(), "tb_\x00\ud800"):
        assert await keys.of(wrong) is None
    async with store.transaction(tenant.id) as tx:
        kept = await tx.rows(
            "select t::text from tiebeam.api_key t union all select t::text from tiebeam.audit t"
        )
    assert secret not in str(kept)
    assert secret.removeprefix(key.prefix + "_") not in str(kept)
    assert secret not in repr(key)
    assert await acts(store, tenant) == ["key.made"]


async def test_when_a_key_was_used_is_known_to_the_minute(
    keys: ApiKeys, tenant: Tenant, clock: ManualClock
) -> None:
    _, secret = await keys.make(tenant.id, name="k", scopes=READS, by=BOSS)
    seen = []
    for _ in range(4):
        await keys.of(secret)
        seen.append((await keys.all(tenant.id))[0].used_at)
        clock.advance(30)
    first = seen[0]
    assert first
    assert seen == [first, first, first + timedelta(seconds=60), first + timedelta(seconds=60)]


async def test_a_key_ends_when_it_is_said_to(keys: ApiKeys, tenant: Tenant, clock: ManualClock) -> None:
    until = clock.now() + timedelta(days=1)
    _, secret = await keys.make(tenant.id, name="k", scopes=READS, expires_at=until, by=BOSS)
    clock.advance(86_399)
    assert await keys.of(secret)
    clock.advance(1)
    assert await keys.of(secret) is None
    with pytest.raises(BadInputError, match="over already"):
        await keys.make(tenant.id, name="k", scopes=READS, expires_at=until, by=BOSS)


async def test_a_revoked_key_opens_no_more(keys: ApiKeys, store: Store, tenant: Tenant) -> None:
    key, secret = await keys.make(tenant.id, name="k", scopes=READS, by=BOSS)
    assert (await keys.revoke(tenant.id, key.id, by=BOSS)).revoked_at == store.clock.now()
    await keys.revoke(tenant.id, key.id, by=BOSS)
    assert await keys.of(secret) is None
    assert await acts(store, tenant) == ["key.made", "key.revoked"]
    with pytest.raises(BadInputError, match="is over"):
        await keys.rotate(tenant.id, key.id, by=BOSS)


async def test_a_rotated_key_works_a_while_yet(
    keys: ApiKeys, store: Store, tenant: Tenant, clock: ManualClock
) -> None:
    ends = clock.now() + timedelta(days=30)
    key, old = await keys.make(tenant.id, name="k", scopes=READS, expires_at=ends, by=BOSS)
    newer, new = await keys.rotate(tenant.id, key.id, by=BOSS, grace=timedelta(hours=1))
    assert (newer.name, newer.scopes, newer.expires_at) == (key.name, key.scopes, ends)
    assert await keys.of(old)
    with pytest.raises(BadInputError, match="rotated"):
        await keys.rotate(tenant.id, key.id, by=BOSS)
    clock.advance(3600)
    assert await keys.of(old) is None
    assert await keys.of(new)
    found = {one.id: one for one in await keys.all(tenant.id)}
    assert found[key.id].replaced_by == newer.id
    assert await acts(store, tenant) == ["key.made", "key.rotated"]
    last, _ = await keys.rotate(tenant.id, newer.id, by=BOSS, grace=timedelta(days=99))
    assert last.expires_at == ends
    assert {one.id: one for one in await keys.all(tenant.id)}[newer.id].expires_at == ends


async def test_only_who_manages_keys_makes_them_and_none_for_more_than_the_maker_may(
    keys: ApiKeys, store: Store, tenant: Tenant, other: Tenant
) -> None:
    admin = await of_role(store, tenant, Role.TENANT_ADMIN)
    key, _ = await keys.make(tenant.id, name="k", scopes=[Permission.KEYS_MANAGE], by=admin)
    makers: list[By] = [
        await of_role(store, tenant, role) for role in Role if Permission.KEYS_MANAGE not in GRANTS[role]
    ]
    makers += [await of_role(store, other, Role.TENANT_ADMIN)]
    reader, _ = await keys.make(tenant.id, name="reader", scopes=READS, by=admin)
    for by in [*makers, reader]:
        for attempt in (
            keys.make(tenant.id, name="x", scopes=READS, by=by),
            keys.rotate(tenant.id, key.id, by=by),
            keys.revoke(tenant.id, key.id, by=by),
        ):
            with pytest.raises(NotAllowedError):
                await attempt
    with pytest.raises(NotAllowedError, match=r"records\.read"):
        await keys.make(tenant.id, name="x", scopes=[Permission.KEYS_MANAGE, *READS], by=key)
    child, _ = await keys.make(tenant.id, name="x", scopes=[Permission.KEYS_MANAGE], by=key)
    assert child.scopes == {"keys.manage"}


@pytest.mark.parametrize("scopes", [[], [Permission.HEALTH_READ_ALL_TENANTS], [Permission.ACCOUNT_MANAGE]])
async def test_some_scopes_are_for_no_key(
    keys: ApiKeys, tenant: Tenant, scopes: Iterable[Permission]
) -> None:
    with pytest.raises(BadInputError, match="cannot have"):
        await keys.make(tenant.id, name="k", scopes=scopes, by=BOSS)


async def test_a_key_that_manages_people_makes_no_administrator(keys: ApiKeys, tenant: Tenant) -> None:
    key, _ = await keys.make(tenant.id, name="k", scopes=[Permission.PEOPLE_MANAGE], by=BOSS)
    require(key, tenant.id, Permission.PEOPLE_MANAGE)
    require_appointment(key, tenant.id, Role.OFFICE, Role.FIELD)
    for role in (Role.TENANT_ADMIN, Role.SAAS_ADMIN):
        with pytest.raises(NotAllowedError):
            require_appointment(key, tenant.id, Role.OFFICE, role)


async def test_no_key_is_seen_or_changed_from_another_company(
    keys: ApiKeys, tenant: Tenant, other: Tenant
) -> None:
    key, secret = await keys.make(tenant.id, name="k", scopes=READS, by=BOSS)
    assert await keys.all(other.id) == []
    for attempt in (keys.rotate(other.id, key.id, by=BOSS), keys.revoke(other.id, key.id, by=BOSS)):
        with pytest.raises(BadInputError, match="no such key"):
            await attempt
    assert await keys.of(secret)
