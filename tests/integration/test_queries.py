"""Every statement of every `queries` folder, planned by a real PostgreSQL as the application role."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg._queries import PostgresQuery
from psycopg.adapt import Transformer

import tiebeam
from tiebeam.store.sql import Queries, Sql, queries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_PACKAGES = sorted(
    ".".join(("tiebeam", *folder.parent.relative_to(Path(str(resources.files(tiebeam)))).parts))
    for folder in Path(str(resources.files(tiebeam))).rglob("queries")
)
_PLANNED = re.compile(r"(?:/\*.*?\*/)?\s*(select|insert|update|delete|merge|with|values)\b", re.IGNORECASE)
_PREPARING = re.compile(r"(?:/\*.*?\*/)?\s*create temporary table\b", re.IGNORECASE)


@pytest.fixture
async def session(database_url: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        if connection.info.user != "tiebeam_app":
            await connection.execute(b"set role tiebeam_app")
        await connection.execute(b"set plan_cache_mode = force_generic_plan")
        yield connection


async def _set_the_stage(session: psycopg.AsyncConnection[Any], package: Queries) -> None:
    """Make the temporary tables that other statements of the package stand on."""
    for name in package:
        if _PREPARING.match(package[name]):
            await session.execute(package[name].encode())


def _numbered(sql: Sql) -> tuple[str, int]:
    """Return the statement with `$1` for `%(name)s`, and how many parameters it has."""
    names = dict.fromkeys(re.findall(r"%\((\w+)\)[sbt]", sql))
    query = PostgresQuery(Transformer())
    query.convert(sql.encode(), dict.fromkeys(names))
    return query.query.decode(), len(names)


def test_there_are_queries_to_try() -> None:
    assert "tiebeam.identity" in _PACKAGES
    assert "find_tenant" in list(queries("tiebeam.identity"))


@pytest.mark.parametrize("package", _PACKAGES)
async def test_postgres_understands_and_the_application_may_run(
    session: psycopg.AsyncConnection[Any], package: str
) -> None:
    statements = queries(package)
    await _set_the_stage(session, statements)
    faults = {name: fault for name in statements if (fault := await _fault(session, statements[name]))}
    assert faults == {}


async def _fault(session: psycopg.AsyncConnection[Any], sql: Sql) -> str:
    try:
        await (_plan(session, sql) if _PLANNED.match(sql) else _run(session, sql))
    except psycopg.Error as error:
        return str(error)
    return ""


async def _plan(session: psycopg.AsyncConnection[Any], sql: Sql) -> None:
    text, parameters = _numbered(sql)
    await session.execute(f"prepare tried as {text}".encode())
    nulls = f"({', '.join(['null'] * parameters)})" if parameters else ""
    plan = await (await session.execute(f"explain execute tried{nulls}".encode())).fetchall()
    assert plan
    await session.execute(b"deallocate tried")


async def _run(session: psycopg.AsyncConnection[Any], sql: Sql) -> None:
    """Run what cannot be planned: a definition, a setting, or a COPY, to which no row is given."""
    if " from stdin" not in sql.lower():
        await session.execute(sql.encode())
        return
    async with session.cursor().copy(sql.encode()) as copy:
        await copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8) + b"\xff\xff" if "binary" in sql.lower() else b"")


async def test_a_fault_would_be_seen(session: psycopg.AsyncConnection[Any]) -> None:
    assert _numbered(Sql("select %(a)s, %(b)b, %(a)s, '%%'", "x")) == ("select $1, $2, $1, '%'", 2)
    assert await _fault(session, Sql("/* a.b */ with x as (select %(a)s::int) select * from x", "x")) == ""
    assert "nothing" in await _fault(session, Sql("/* a.b */ select nothing from tiebeam.tenant", "x"))
    assert "denied" in await _fault(session, Sql("delete from tiebeam.schema_pre", "x"))
    assert "nowhere" in await _fault(session, Sql("copy nowhere from stdin (format binary)", "x"))
