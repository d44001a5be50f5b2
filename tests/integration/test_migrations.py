"""The schema's history: up, down, up again, waiting in line, and too old or too new for the code."""

from __future__ import annotations

import asyncio
import re
from importlib import resources
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.factories.database import TestServer, at, fresh_database
from tests.factories.embedded import asked, told

from tiebeam.store.errors import AccessDeniedError, SchemaTooNewError, SchemaTooOldError
from tiebeam.store.migrate import downgrade, migrate
from tiebeam.store.pool import Store
from tiebeam.store.schema import PHASES, Phase, PhaseState, SchemaState, revisions, schema_state

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tiebeam.kernel.clock import ManualClock

BODIES_ALONE = {"0012"}
"""Revisions that put functions in the place of others of the same name."""

_SHAPE = """
select string_agg(line, e'\n' order by line) from (
    select format('%s.%s %s %s %s', table_schema, table_name, column_name, data_type, is_nullable)
    from information_schema.columns where table_schema in ('tiebeam', 'replica')
    union all
    select format('%s %s %s', attrelid::regclass, attname, attstorage) from pg_attribute
    join pg_class on pg_class.oid = attrelid join pg_namespace on pg_namespace.oid = relnamespace
    where nspname in ('tiebeam', 'replica') and relkind = 'r' and attnum > 0 and not attisdropped
    union all
    select indexdef from pg_indexes where schemaname in ('tiebeam', 'replica')
    union all
    select pg_get_constraintdef(pg_constraint.oid) || conrelid::regclass::text from pg_constraint
    join pg_namespace on pg_namespace.oid = connamespace where nspname in ('tiebeam', 'replica')
    union all
    select pg_get_functiondef(pg_proc.oid) || coalesce(proacl::text, '') from pg_proc
    join pg_namespace on pg_namespace.oid = pronamespace where nspname in ('tiebeam', 'replica')
    union all
    select format('%s %s %s %s %s', schemaname, tablename, policyname, qual, with_check) from pg_policies
    union all
    select format('%s %s %s', relname, relkind, relacl) from pg_class
    join pg_namespace on pg_namespace.oid = relnamespace where nspname in ('tiebeam', 'replica')
) as shape (line)
"""


@pytest.fixture
async def empty_name(database_server: TestServer) -> AsyncIterator[str]:
    async with fresh_database(database_server, template="template1") as name:
        yield name


@pytest.fixture
def empty_url(database_server: TestServer, empty_name: str) -> str:
    return at(database_server.owner_url, empty_name)


@pytest.fixture
def empty_app_url(database_server: TestServer, empty_name: str) -> str:
    return at(database_server.app_url, empty_name)


async def test_the_schema_is_made_from_nothing(
    empty_url: str, empty_app_url: str, clock: ManualClock
) -> None:
    state = await schema_state(empty_url)
    assert (state.pre.current, state.too_old, state.too_new, state.current) == (None, True, False, False)
    await migrate(empty_url)
    for url in (empty_url, empty_app_url):
        state = await schema_state(url)
        assert state.current
        assert state.pre.current == revisions("pre")[-1]
    await (await Store.open(empty_app_url, clock=clock)).close()


async def test_migrating_again_changes_nothing(owner_url: str) -> None:
    before = await asked(owner_url, _SHAPE)
    await migrate(owner_url)
    assert await asked(owner_url, _SHAPE) == before


@pytest.mark.parametrize("revision", revisions("pre"))
async def test_each_migration_goes_down_and_up_to_the_same_schema(owner_url: str, revision: str) -> None:
    head, known = await asked(owner_url, _SHAPE), revisions("pre")
    if revision != known[-1]:
        await downgrade(owner_url, "pre", revision)
    before = await asked(owner_url, _SHAPE)
    below = known[known.index(revision) - 1] if revision != known[0] else "base"
    await downgrade(owner_url, "pre", below)
    assert (await schema_state(owner_url)).pre.current == (None if below == "base" else below)
    assert (await asked(owner_url, _SHAPE) == before) == (revision in BODIES_ALONE)
    await migrate(owner_url, "pre")
    assert await asked(owner_url, _SHAPE) == head


async def test_all_the_way_down_leaves_only_the_version_tables(owner_url: str) -> None:
    await downgrade(owner_url, "pre", "base")
    left = (
        "select string_agg(relname, ',') from pg_class join pg_namespace on pg_namespace.oid = relnamespace"
    )
    left += " where nspname in ('tiebeam', 'replica') and relkind in ('r', 'v', 'm', 'S')"
    assert await asked(owner_url, left) == "schema_pre"


async def test_migrators_wait_for_each_other(empty_url: str) -> None:
    await asyncio.gather(*(migrate(empty_url) for _ in range(3)))
    assert (await schema_state(empty_url)).current


async def test_databases_of_one_server_are_migrated_at_once(database_server: TestServer) -> None:
    async with (
        fresh_database(database_server, template="template1") as one,
        fresh_database(database_server, template="template1") as two,
    ):
        urls = [at(database_server.owner_url, name) for name in (one, two)]
        await asyncio.gather(*(migrate(url) for url in urls))
        assert [(await schema_state(url)).current for url in urls] == [True, True]


async def test_a_database_of_a_newer_release_is_left_alone(
    owner_url: str, database_url: str, clock: ManualClock
) -> None:
    await told(owner_url, "update tiebeam.schema_pre set version_num = '9999'")
    for url in (owner_url, database_url):
        with pytest.raises(SchemaTooNewError, match=r"9999.*newer release"):
            await Store.open(url, clock=clock)
    with pytest.raises(SchemaTooNewError, match="9999"):
        await migrate(owner_url)
    assert (await schema_state(owner_url)).too_new


async def test_a_database_of_an_older_release_says_how_to_migrate(
    owner_url: str, database_url: str, clock: ManualClock
) -> None:
    await downgrade(owner_url, "pre", "0001")
    with pytest.raises(SchemaTooOldError, match=r"0001.*tiebeam init"):
        await Store.open(database_url, clock=clock)


async def test_a_database_that_was_never_migrated_says_so(empty_app_url: str, clock: ManualClock) -> None:
    with pytest.raises(SchemaTooOldError, match=r"none.*tiebeam init"):
        await Store.open(empty_app_url, clock=clock)


async def test_an_application_role_that_could_climb_the_wall_is_refused(
    empty_url: str, database_server: TestServer
) -> None:
    if database_server.embedded is None:
        pytest.skip("the roles of a server given by URL are not ours to change")
    async with await psycopg.AsyncConnection.connect(database_server.admin_url) as admin:
        # Seen by nobody else: it is never committed.
        await admin.execute(b"alter role tiebeam_app bypassrls")
        migration = resources.files("tiebeam.store") / "migrations/pre/0001_roles_and_tenants.py"
        blocks = re.findall(r'"""\n(do \$\$.*?\$\$)\n"""', migration.read_text("utf-8"), re.DOTALL)
        assert len(blocks) == 2
        with pytest.raises(psycopg.errors.RaiseException, match="climb over the wall"):
            await admin.execute("; ".join(blocks).encode())
    await migrate(empty_url)


async def test_the_application_role_cannot_migrate(empty_app_url: str, database_server: TestServer) -> None:
    if database_server.embedded is None:
        pytest.skip("a server given by URL is reached as its owner")
    with pytest.raises(AccessDeniedError, match="permission"):
        await migrate(empty_app_url)


@pytest.mark.parametrize("phase", PHASES)
def test_migrations_follow_one_another_in_order(phase: Phase) -> None:
    folder = resources.files("tiebeam.store").joinpath("migrations", phase)
    former = None
    for revision in revisions(phase):
        (file,) = (entry for entry in folder.iterdir() if entry.name.startswith(revision))
        text = file.read_text("utf-8")
        assert f'revision = "{revision}"' in text
        expected = f'"{former}"' if former else "None"
        assert re.search(rf"^down_revision(: str \| None)? = {expected}$", text, re.MULTILINE), file
        assert "def downgrade() -> None:" in text
        former = revision


def test_a_lagging_post_phase_does_not_stop_the_code() -> None:
    pre = PhaseState("pre", "0002", ("0001", "0002"))
    lagging = SchemaState(pre, PhaseState("post", None, ("0001",)))
    assert not lagging.too_old
    assert not lagging.current
    newer = SchemaState(pre, PhaseState("post", "0002", ("0001",)))
    assert newer.too_new
    assert not newer.current
    assert SchemaState(pre, PhaseState("post", None, ())).current
