"""Connections as the application role, kept and lent out."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import psycopg
from psycopg.conninfo import make_conninfo

from tiebeam.store.adapt import ADAPTERS
from tiebeam.store.errors import AccessDeniedError, ContendedError, SchemaTooOldError, connection_error

APPLICATION_ROLE: Final = "tiebeam_app"

_WAIT_SECONDS_MAX: Final = 60.0

# Generic plans: what runs here is keyed look-ups, whose best plan does not depend on the parameters, and
# planning them again costs more than running them.
_SESSION = b"set timezone = 'UTC'; set plan_cache_mode = force_generic_plan; set client_min_messages = warning"

_Connection = psycopg.AsyncConnection[tuple[Any, ...]]


async def connect(url: str) -> _Connection:
    """Open a connection to `url` that acts as the application role.

    A login that is another role steps down to it. Raises `StoreUnreachableError` or `AccessDeniedError`.
    """
    try:
        # A schema that another release prepared must not surprise a cached plan: after two uses is early enough.
        connection: _Connection = await psycopg.AsyncConnection.connect(
            _with_defaults(url), autocommit=True, context=ADAPTERS_CONTEXT, prepare_threshold=2
        )
    except psycopg.Error as error:
        raise connection_error(error, url) from None
    try:
        await connection.execute(_SESSION)
        await _step_down(connection)
    except BaseException:
        await connection.close()
        raise
    return connection


class _Adapted:
    """A psycopg context that carries our adapters into a new connection."""

    adapters = ADAPTERS
    connection = None


ADAPTERS_CONTEXT: Final = _Adapted()


def _with_defaults(url: str) -> str:
    try:
        return make_conninfo(url, **{"connect_timeout": 10, "keepalives_idle": 30, "application_name": "tiebeam"})
    except psycopg.ProgrammingError as error:
        raise connection_error(error, url) from None


async def _step_down(connection: _Connection) -> None:
    if connection.info.user == APPLICATION_ROLE:
        return
    try:
        await connection.execute(b"set role tiebeam_app")
    except psycopg.errors.InvalidParameterValue:
        raise SchemaTooOldError(
            "The database has no role tiebeam_app yet: it was never migrated.",
            action="Run the migrations as the database's owner: tiebeam init.",
        ) from None
    except psycopg.errors.InsufficientPrivilege:
        raise AccessDeniedError(
            f"The user {connection.info.user} may not act as the role tiebeam_app.",
            action=f'As the database\'s owner run: grant tiebeam_app to "{connection.info.user}".',
        ) from None


class Connections:
    """At most `size_max` connections to one database, lent to one task at a time; the last returned goes out first."""

    def __init__(self, url: str, size_max: int) -> None:
        self._url = url
        self._idle: list[_Connection] = []
        self._free = asyncio.Semaphore(size_max)
        self._closed = False

    async def take(self) -> tuple[_Connection, bool]:
        """Return a connection, and whether it is newly opened; waits for one to be returned if all are lent."""
        try:
            async with asyncio.timeout(_WAIT_SECONDS_MAX):
                await self._free.acquire()
        except TimeoutError:
            raise ContendedError(
                f"No database connection came free within {_WAIT_SECONDS_MAX:.0f} seconds.",
                action="Run fewer things at once, or allow more connections.",
            ) from None
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed:
                return connection, False
        return await self.fresh(), True

    async def fresh(self) -> _Connection:
        """Open a connection in the place of one that was taken and found dead."""
        try:
            return await connect(self._url)
        except BaseException:
            self._free.release()
            raise

    async def give_back(self, connection: _Connection) -> None:
        """Return a connection; one that is broken or still inside a transaction is closed instead."""
        try:
            idle = connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
            if self._closed or not idle:
                await connection.close()
            else:
                self._idle.append(connection)
        finally:
            self._free.release()

    async def close(self) -> None:
        """Close every idle connection now, and each lent one when it comes back."""
        self._closed = True
        while self._idle:
            await self._idle.pop().close()
