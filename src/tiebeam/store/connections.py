"""Connections as the application role, kept and lent out."""

from __future__ import annotations

import asyncio
import os
import select
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg.conninfo import make_conninfo

from tiebeam.store.adapt import ADAPTERS
from tiebeam.store.errors import AccessDeniedError, ContendedError, SchemaTooOldError, connection_error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    Connection = psycopg.AsyncConnection[tuple[Any, ...]]

APPLICATION_ROLE: Final = "tiebeam_app"

_WAIT_SECONDS_MAX: Final = 60.0
_CONNECT_SECONDS_MAX: Final = 10

# Generic plans: what runs here is keyed look-ups, whose best plan does not depend on the parameters, and
# planning them again costs more than running them. Hence also an early `prepare_threshold`. What a sweep saw
# is hashed however much it is: 64 times a `work_mem` of 4 MB holds some four million keys.
_SESSION = (
    b"set timezone = 'UTC'; set plan_cache_mode = force_generic_plan; set client_min_messages = warning;"
    b" set hash_mem_multiplier = 64"
)
_PREPARE_THRESHOLD: Final = 2
_SEND_BYTES: Final = 4 * 1024 * 1024


class _Adapted:
    """What psycopg takes the adapters of a new connection from."""

    adapters = ADAPTERS
    connection = None


async def connect(url: str) -> Connection:
    """Open a connection to `url` that acts as the application role; another login steps down to it.

    Raises `StoreUnreachableError`, `AccessDeniedError`, or `SchemaTooOldError` when there is no such role.
    """
    try:
        connection: Connection = await psycopg.AsyncConnection.connect(
            _with_defaults(url), autocommit=True, context=_Adapted(), prepare_threshold=_PREPARE_THRESHOLD
        )
    except psycopg.Error as error:
        raise connection_error(error, url) from None
    _make_room(connection)
    try:
        await connection.execute(_SESSION)
        await _step_down(connection)
    except BaseException:
        await connection.close()
        raise
    return connection


def _make_room(connection: Connection) -> None:
    """Let the kernel take a page of records at once: written bit by bit, each bit waits for our loop."""
    with socket.socket(fileno=os.dup(connection.fileno())) as own:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BYTES)


def _with_defaults(url: str) -> str:
    return make_conninfo(
        url, connect_timeout=_CONNECT_SECONDS_MAX, keepalives_idle=30, application_name="tiebeam"
    )


async def _step_down(connection: Connection) -> None:
    login = connection.info.user
    if login == APPLICATION_ROLE:
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
            f"The user {login} may not act as the role tiebeam_app.",
            action=f'As the database\'s owner run: grant tiebeam_app to "{login}".',
        ) from None


class Connections:
    """At most `size_max` connections to one database, each lent to one task; last in, first out."""

    def __init__(self, url: str, size_max: int) -> None:
        self._url = url
        self._idle: list[Connection] = []
        self._free = asyncio.Semaphore(size_max)
        self._closed = False

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Connection]:
        """Lend a connection, waiting for one if all are out.

        It is closed, as a killed process would leave it, when the block ends by anything but an `Exception`,
        and when the block leaves a transaction open or the connection broken.
        """
        await self._wait_for_one()
        try:
            connection = self._living() or await connect(self._url)
            try:
                yield connection
            except Exception:
                await self._take_back(connection)
                raise
            except BaseException:
                await connection.close()
                raise
            else:
                await self._take_back(connection)
        finally:
            self._free.release()

    async def close(self) -> None:
        """Close every idle connection now, and each lent one when it comes back."""
        self._closed = True
        while self._idle:
            await self._idle.pop().close()

    async def _wait_for_one(self) -> None:
        try:
            async with asyncio.timeout(_WAIT_SECONDS_MAX):
                await self._free.acquire()
        except TimeoutError:
            raise ContendedError(
                f"No database connection came free within {_WAIT_SECONDS_MAX:.0f} seconds.",
                action="Run fewer things at once, or allow more connections.",
            ) from None

    def _living(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if alive(connection):
                return connection
            connection.pgconn.finish()
        return None

    async def _take_back(self, connection: Connection) -> None:
        idle = connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        if idle and not self._closed:
            self._idle.append(connection)
        else:
            await connection.close()


def alive(connection: Connection) -> bool:
    """Return whether an idle connection is still good, as far as can be told without asking the server."""
    if connection.closed:
        return False
    # A server has nothing to say on an idle connection but its farewell.
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)
