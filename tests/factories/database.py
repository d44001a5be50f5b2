"""A PostgreSQL for the tests: one server, one migrated template a schema, one fresh copy of it a test.

The server is embedded, without fsync, and shared by every process of every test run on this machine; the
last one out stops it. `TIEBEAM_TEST_DATABASE_URL` names another server instead (PostgreSQL 15+, a role that
may create databases and roles).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

import tiebeam.store
from tiebeam.store.cluster import SUPERUSER
from tiebeam.store.embedded import EmbeddedServer
from tiebeam.store.migrate import migrate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_MEMORY_BYTES_MIN = 2_000_000_000

_numbers = count(1)
_OLD_TEMPLATES = b"""
select datname from pg_database where datname ~ '^tiebeam_template_[0-9a-f]+$' order by oid desc offset 20
"""
_LOCK = b"select pg_advisory_lock(hashtextextended('tiebeam.test.template', 0))"


@dataclass(frozen=True)
class TestServer:
    """A server to make databases on; each URL is of its maintenance database, for another role."""

    __test__ = False

    owner_url: str
    admin_url: str
    app_url: str
    template: str
    embedded: EmbeddedServer | None = None
    done: list[str] = field(default_factory=list)
    """Databases to drop. Their last sessions are still leaving, and the server would wait for them."""


def at(url: str, database: str) -> str:
    """Return `url` for another database of the same server."""
    return make_conninfo(url, dbname=database)


@asynccontextmanager
async def test_server() -> AsyncIterator[TestServer]:
    """Start or join the server, and see that the template of the present schema is there."""
    given = os.environ.get("TIEBEAM_TEST_DATABASE_URL")
    if given:
        found = await _with_template(given, given, given, None)
        yield found
        await _drop_done(found)
        return
    root = roomy_folder() / f"tiebeam-tests-{os.getuid()}"
    async with await EmbeddedServer.start(root, fsync=False) as server:
        admin_url = server.url("postgres", SUPERUSER)
        found = await _with_template(server.owner_url("postgres"), admin_url, server.url("postgres"), server)
        yield found
        await _drop_done(found)


def roomy_folder() -> Path:
    """Return where databases are quick to make: in memory, ten times as quick, where there is enough of it.

    Not in the temporary folders of pytest: the server's user cannot enter those of root.
    """
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK):
        forbids_programs = os.statvfs(memory).f_flag & os.ST_NOEXEC
        if not forbids_programs and shutil.disk_usage(memory).free > _MEMORY_BYTES_MIN:
            return memory
    return Path(tempfile.gettempdir())


async def _with_template(
    owner_url: str, admin_url: str, app_url: str, embedded: EmbeddedServer | None
) -> TestServer:
    async with await psycopg.AsyncConnection.connect(owner_url, autocommit=True) as connection:
        template = f"tiebeam_template_{_schema_hash(owner=connection.info.user)}"
        await connection.execute(_LOCK)
        await _drop_leftovers(connection)
        if not await _exists(connection, template):
            making = f"{template}_making"
            await _drop(connection, making)
            await connection.execute(sql.SQL("create database {}").format(sql.Identifier(making)))
            await migrate(at(owner_url, making))
            await connection.execute(
                sql.SQL("alter database {} rename to {}").format(
                    sql.Identifier(making), sql.Identifier(template)
                )
            )
    return TestServer(owner_url, admin_url, app_url, template, embedded)


def _schema_hash(owner: str) -> str:
    """Return a hash of everything that makes the schema: its owner, the migrations and what they call."""
    digest = hashlib.sha256(owner.encode())
    source = Path(tiebeam.store.__file__).parent
    for file in sorted([*source.glob("migrations/**/*.py"), source / "migrate.py"]):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


async def _exists(connection: psycopg.AsyncConnection[Any], database: str) -> bool:
    cursor = await connection.execute(b"select 1 from pg_database where datname = %s", (database,))
    return await cursor.fetchone() is not None


async def _drop(connection: psycopg.AsyncConnection[Any], database: str) -> None:
    await connection.execute(
        sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database))
    )


async def _drop_leftovers(connection: psycopg.AsyncConnection[Any]) -> None:
    cursor = await connection.execute(b"select datname from pg_database where datname ~ '^tiebeam_test_'")
    for (name,) in await cursor.fetchall():
        if not _lives(int(name.split("_")[2])):
            await _drop(connection, name)
    cursor = await connection.execute(_OLD_TEMPLATES)
    for (name,) in await cursor.fetchall():
        await _drop(connection, name)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@asynccontextmanager
async def fresh_database(server: TestServer, *, template: str | None = None) -> AsyncIterator[str]:
    """Copy the template (or `template`), yield the copy's name, and have it dropped some time after."""
    name = f"tiebeam_test_{os.getpid()}_{next(_numbers)}"
    await _drop_done(server)
    async with await psycopg.AsyncConnection.connect(server.owner_url, autocommit=True) as connection:
        await connection.execute(
            sql.SQL("create database {} template {} strategy file_copy").format(
                sql.Identifier(name), sql.Identifier(template or server.template)
            )
        )
    try:
        yield name
    finally:
        server.done.append(name)


async def _drop_done(server: TestServer) -> None:
    # As the superuser: the owner may not end an autovacuum that is at work in the database.
    async with await psycopg.AsyncConnection.connect(server.admin_url, autocommit=True) as connection:
        while server.done:
            await _drop(connection, server.done.pop())
