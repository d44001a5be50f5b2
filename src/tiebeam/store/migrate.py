"""Bring a database's schema to what this release needs, and back."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import psycopg
import sqlalchemy
from alembic import command
from alembic.config import Config
from sqlalchemy.pool import NullPool

from tiebeam.store.connections import APPLICATION_ROLE
from tiebeam.store.errors import connection_error, translated
from tiebeam.store.schema import (
    PHASES,
    Phase,
    PhaseState,
    revisions,
    too_new,
    version_table,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLDER = Path(__file__).parent / "migrations"
# Alembic keeps the migration it runs in globals: within a process it can be one database at a time.
_ONE_AT_A_TIME = threading.Lock()
_LOCK = b"select pg_advisory_lock(hashtextextended('tiebeam.migrate', 0))"


async def migrate(owner_url: str, phase: Phase | Literal["all"] = "all") -> None:
    """Run what is missing of `phase` as the role of `owner_url`, which must be able to create schemas, roles.

    Several may run at once: one works, the others wait and find nothing left to do. Each migration is one
    transaction. Raises `SchemaTooNewError` when a newer release was here, and the errors of a connection.
    """
    await asyncio.to_thread(_run, owner_url, PHASES if phase == "all" else (phase,), "upgrade", "head")


async def downgrade(owner_url: str, phase: Phase, revision: str) -> None:
    """Take back every migration of `phase` after `revision` (`base`: all of them)."""
    await asyncio.to_thread(_run, owner_url, (phase,), "downgrade", revision)


def _run(url: str, phases: tuple[Phase, ...], direction: str, revision: str) -> None:
    with _ONE_AT_A_TIME, _owned(url) as connection:
        for phase in phases:
            if revisions(phase):
                _refuse_newer(connection, phase)
                config = _config(connection, phase)
                getattr(command, direction)(config, revision)
                _show_version(connection, phase)


@contextmanager
def _owned(url: str) -> Iterator[sqlalchemy.Connection]:
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: _connected(url), poolclass=NullPool
    )
    try:
        with engine.connect() as connection:
            yield connection
    except sqlalchemy.exc.DBAPIError as error:
        raise (translated(error.orig) if isinstance(error.orig, psycopg.Error) else error) from error
    finally:
        engine.dispose()


def _connected(url: str) -> psycopg.Connection[Any]:
    try:
        connection = psycopg.connect(url)
    except psycopg.Error as error:
        raise connection_error(error, url) from None
    try:
        # The lock is the session's, so it outlives the transactions and goes with the connection.
        connection.execute(_LOCK)
        connection.execute(b"create schema if not exists tiebeam")
        connection.commit()
    except BaseException:
        connection.close()
        raise
    return connection


def _config(connection: sqlalchemy.Connection, phase: Phase) -> Config:
    config = Config(
        attributes={"connection": connection, "version_table": version_table(phase)},
    )
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(_FOLDER / phase).replace("%", "%%"))
    return config


def _refuse_newer(connection: sqlalchemy.Connection, phase: Phase) -> None:
    table = f"tiebeam.{version_table(phase)}"
    exists = connection.scalar(sqlalchemy.text("select to_regclass(:name)::text"), {"name": table})
    read = sqlalchemy.text(f"select version_num from {table}")  # noqa: S608 - one of two fixed names
    current = connection.scalar(read) if exists else None
    connection.commit()
    state = PhaseState(phase, current or None, revisions(phase))
    if state.too_new:
        raise too_new(state)


def _show_version(connection: sqlalchemy.Connection, phase: Phase) -> None:
    table = f"tiebeam.{version_table(phase)}"
    role = connection.scalar(sqlalchemy.text("select to_regrole(:name)::text"), {"name": APPLICATION_ROLE})
    if role:
        connection.execute(sqlalchemy.text(f"grant usage on schema tiebeam to {APPLICATION_ROLE}"))
        connection.execute(sqlalchemy.text(f"grant select on {table} to {APPLICATION_ROLE}"))
    connection.commit()
