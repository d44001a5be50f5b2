"""The wall between tenants, tried with raw SQL as the application role."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from tests.factories.embedded import told

from tiebeam.identity.repository import Tenants
from tiebeam.store.errors import AccessDeniedError, WallBreachedError
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from tests.factories.database import TestServer

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock

pytestmark = pytest.mark.req("P21")

_OURS = "('tiebeam', 'replica')"
_VERSIONS = {"tiebeam.schema_pre", "tiebeam.schema_post"}


@pytest.fixture
async def other(store: Store) -> Tenant:
    return await Tenants(store).create("birch", "Birch Ltd")


@pytest.fixture
async def secrets(owner_url: str) -> str:
    """A walled table, made the way migrations do."""
    mine = "tenant_id = (select nullif(current_setting('tiebeam.tenant', true), '')::uuid)"
    await told(
        owner_url,
        "create table tiebeam.secret (tenant_id uuid not null, word text)",
        "alter table tiebeam.secret enable row level security",
        "alter table tiebeam.secret force row level security",
        f"create policy wall on tiebeam.secret using ({mine}) with check ({mine})",
        "grant select, insert, update, delete on tiebeam.secret to tiebeam_app",
    )
    return "tiebeam.secret"


async def _keep(store: Store, tenant_id: UUID, word: str) -> None:
    async with store.transaction(tenant_id) as tx:
        await tx.run(
            "insert into tiebeam.secret values (%(tenant)s, %(word)s)", {"tenant": tenant_id, "word": word}
        )


@asynccontextmanager
async def _raw(url: str, tenant_id: UUID | None = None) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """A session without any of our code, as the application role, that says it is `tenant_id`."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        if connection.info.user != "tiebeam_app":
            await connection.execute(b"set role tiebeam_app")
        if tenant_id:
            await connection.execute(b"select set_config('tiebeam.tenant', %s, false)", (str(tenant_id),))
        yield connection


async def _count(connection: psycopg.AsyncConnection[Any]) -> int:
    row = await (await connection.execute(b"select count(*) from tiebeam.secret")).fetchone()
    assert row
    return int(row[0])


@pytest.mark.usefixtures("secrets")
async def test_a_tenant_sees_only_its_own_rows(
    store: Store, database_url: str, tenant: Tenant, other: Tenant
) -> None:
    await _keep(store, tenant.id, "acorn")
    await _keep(store, other.id, "catkin")
    for tenant_id, seen in ((tenant.id, ["acorn"]), (other.id, ["catkin"]), (None, [])):
        async with store.transaction(tenant_id) as tx:
            assert [word for (word,) in await tx.rows("select word from tiebeam.secret")] == seen
    async with _raw(database_url, tenant.id) as connection:
        found = await (await connection.execute(b"select word from tiebeam.secret")).fetchall()
        assert found == [("acorn",)]
    async with _raw(database_url) as connection:
        assert await _count(connection) == 0


@pytest.mark.usefixtures("secrets")
async def test_a_tenant_writes_only_its_own_rows(store: Store, tenant: Tenant, other: Tenant) -> None:
    await _keep(store, other.id, "catkin")
    with pytest.raises(WallBreachedError):
        async with store.transaction(tenant.id) as tx:
            await tx.run("insert into tiebeam.secret values (%(tenant)s, 'planted')", {"tenant": other.id})
    await _keep(store, tenant.id, "acorn")
    with pytest.raises(WallBreachedError):
        async with store.transaction(tenant.id) as tx:
            await tx.run("update tiebeam.secret set tenant_id = %(tenant)s", {"tenant": other.id})
    async with store.transaction(tenant.id) as tx:
        assert await tx.run("delete from tiebeam.secret where word = 'catkin'") == 0
    async with store.transaction(other.id) as tx:
        assert await tx.rows("select word from tiebeam.secret") == [("catkin",)]


@pytest.mark.usefixtures("secrets")
async def test_a_connection_forgets_its_tenant_between_transactions(
    database_url: str, clock: ManualClock, store: Store, tenant: Tenant
) -> None:
    await _keep(store, tenant.id, "acorn")
    async with await Store.open(database_url, clock=clock, pool_size_max=1) as single:
        async with single.transaction(tenant.id) as tx:
            assert await tx.value("select count(*) from tiebeam.secret") == 1
        async with single.autocommit(tenant.id) as tx:
            assert await tx.value("select count(*) from tiebeam.secret") == 1
        async with single.transaction(None) as tx:
            assert await tx.value("select count(*) from tiebeam.secret") == 0
        async with single.autocommit(None) as tx:
            assert await tx.value("select count(*) from tiebeam.secret") == 0


@pytest.mark.parametrize(
    "attempt",
    [
        "alter table tiebeam.secret disable row level security",
        "alter table tiebeam.secret no force row level security",
        "drop policy wall on tiebeam.secret",
        "create policy hole on tiebeam.secret using (true)",
        "alter table tiebeam.secret owner to tiebeam_app",
        "alter role tiebeam_app bypassrls",
        "alter role tiebeam_app superuser",
        "create table tiebeam.mine (n int)",
        "create function tiebeam.mine() returns int language sql as 'select 1'",
        "truncate tiebeam.secret",
        "copy tiebeam.secret to '/nowhere'",
        "create role accomplice",
        "update tiebeam.schema_pre set version_num = '0000'",
    ],
)
@pytest.mark.usefixtures("secrets")
async def test_the_application_role_cannot_take_the_wall_down(database_url: str, attempt: str) -> None:
    async with _raw(database_url) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute(attempt.encode())


@pytest.mark.usefixtures("secrets")
async def test_the_application_role_cannot_step_around_the_wall(
    store: Store, database_url: str, tenant: Tenant, other: Tenant
) -> None:
    await _keep(store, other.id, "catkin")
    async with _raw(database_url, tenant.id) as connection:
        await connection.execute(b"set row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            await connection.execute(b"select * from tiebeam.secret")
        await connection.execute(b"set row_security = on")
        await connection.execute(b"create temporary view mine as select * from tiebeam.secret")
        leak = await connection.execute(b"select count(*) from mine")
        assert await leak.fetchone() == (0,)


@pytest.mark.usefixtures("secrets")
async def test_logged_in_as_the_application_role_there_is_no_other_role_to_go_back_to(
    store: Store, database_url: str, database_server: TestServer, tenant: Tenant, other: Tenant
) -> None:
    if database_server.embedded is None:
        pytest.skip("this server was given by URL, where the application role may have no login")
    await _keep(store, other.id, "catkin")
    async with _raw(database_url, tenant.id) as connection:
        await connection.execute(b"reset role")
        await connection.execute(b"set role none")
        await connection.execute(b"reset session authorization")
        assert await _count(connection) == 0
        for attempt in (b"set role tiebeam", b"set role postgres", b"set session authorization postgres"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await connection.execute(attempt)


@pytest.mark.usefixtures("secrets")
async def test_even_the_owner_is_behind_the_wall(store: Store, owner_url: str, tenant: Tenant) -> None:
    await _keep(store, tenant.id, "acorn")
    async with await psycopg.AsyncConnection.connect(owner_url) as owner:
        row = await (
            await owner.execute(b"select rolsuper from pg_roles where rolname = current_user")
        ).fetchone()
        assert row
        assert await _count(owner) == (1 if row[0] else 0)


async def test_a_login_of_another_role_steps_down(owner_url: str, clock: ManualClock) -> None:
    async with await Store.open(owner_url, clock=clock) as store, store.transaction(None) as tx:
        assert await tx.value("select current_user::text") == "tiebeam_app"


async def test_a_login_that_may_not_step_down_is_told_what_to_grant(
    owner_url: str, database_server: TestServer, clock: ManualClock
) -> None:
    if database_server.embedded is None:
        pytest.skip("this server was given by URL: a new login would need a password rule of its own")
    await told(database_server.admin_url, "drop role if exists passer_by", "create role passer_by login")
    with pytest.raises(AccessDeniedError, match='grant tiebeam_app to "passer_by"'):
        await Store.open(owner_url.replace("user=tiebeam ", "user=passer_by "), clock=clock)


async def _catalog(owner_url: str, sql: str) -> list[tuple[Any, ...]]:
    async with await psycopg.AsyncConnection.connect(owner_url) as connection:
        return await (await connection.execute(sql.encode())).fetchall()


async def test_every_table_that_the_application_may_touch_is_walled(owner_url: str) -> None:
    tables = await _catalog(
        owner_url,
        f"""
        select nspname || '.' || relname, relrowsecurity and relforcerowsecurity,
            exists (select from pg_attribute where attrelid = relation.oid and attname = 'tenant_id'),
            (select count(*) from pg_policy where polrelid = relation.oid and polname = 'wall'
                and polqual is not null and polwithcheck is not null and polpermissive and polcmd = '*'
                and pg_get_expr(polqual, polrelid) like '%tiebeam.tenant%'),
            has_table_privilege('tiebeam_app', relation.oid, 'select, insert, update, delete, truncate')
                or has_any_column_privilege('tiebeam_app', relation.oid, 'select, insert, update')
        from pg_class relation join pg_namespace on pg_namespace.oid = relnamespace
        where nspname in {_OURS} and relkind in ('r', 'p')
        """,
    )
    assert len(tables) > 3
    for name, forced, of_a_tenant, walls, touched in tables:
        if of_a_tenant or (touched and name not in _VERSIONS):
            assert (name, forced, walls) == (name, True, 1)


async def test_no_view_looks_over_the_wall(owner_url: str) -> None:
    views = await _catalog(
        owner_url,
        f"""
        select relation.oid::regclass::text from pg_class relation
        join pg_namespace on pg_namespace.oid = relnamespace
        where nspname in {_OURS} and relkind in ('v', 'm')
            and (relkind = 'm' or not coalesce('security_invoker=true' = any(reloptions)
                or 'security_invoker=on' = any(reloptions), false))
        """,
    )
    assert views == []


async def test_functions_with_the_owners_rights_cannot_be_led_astray(owner_url: str) -> None:
    astray = await _catalog(
        owner_url,
        f"""
        select pg_proc.oid::regprocedure::text from pg_proc
        join pg_namespace on pg_namespace.oid = pronamespace
        where nspname in {_OURS} and prosecdef and (
            not coalesce(array_to_string(proconfig, ',') like '%search_path=%pg_temp%', false)
            or has_function_privilege('public', pg_proc.oid, 'execute'))
        """,
    )
    assert astray == []


async def test_the_application_role_owns_nothing_and_climbs_nowhere(owner_url: str) -> None:
    owned = "select count(*) from pg_shdepend where refobjid = 'tiebeam_app'::regrole and deptype = 'o'"
    owned += " and dbid in (0, (select oid from pg_database where datname = current_database()))"
    assert await _catalog(owner_url, owned) == [(0,)]
    climbs = """
    select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication,
        exists (select from pg_auth_members where member = pg_roles.oid)
    from pg_roles where rolname = 'tiebeam_app'
    """
    assert await _catalog(owner_url, climbs) == [(False, False)]


async def test_tenants_do_not_see_each_other(store: Store, tenant: Tenant, other: Tenant) -> None:
    everyone = "select slug from tiebeam.tenant"
    async with store.transaction(tenant.id) as tx:
        assert await tx.rows(everyone) == [(tenant.slug,)]
    async with store.transaction(None) as tx:
        assert await tx.rows(everyone) == []
        assert await tx.value("select tiebeam.tenant_of('birch')") == other.id
    with pytest.raises(WallBreachedError):
        async with store.transaction(tenant.id) as tx:
            await tx.run(
                "insert into tiebeam.tenant values (%(id)s, 'cedar', 'Cedar', %(at)s)",
                {"id": other.id, "at": other.created_at},
            )
