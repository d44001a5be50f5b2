"""Locks across processes, which die with their process: PostgreSQL's session-level advisory locks."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Self

import psycopg

from tiebeam.store.connections import alive, connect
from tiebeam.store.errors import translated

if TYPE_CHECKING:
    from types import TracebackType

    from tiebeam.store.connections import Connection

_TRY = b"select pg_try_advisory_lock(hashtextextended(%(key)s, 0))"
_RELEASE = b"select pg_advisory_unlock(hashtextextended(%(key)s, 0))"


class Lock:
    """A lock that is held; release it, or use it as an async context manager."""

    def __init__(self, locks: Locks, key: str) -> None:
        self.key = key
        self._locks = locks

    async def held(self) -> bool:
        """Return whether the database still says so: a lost connection loses its locks."""
        return await self._locks.holds(self)

    async def release(self) -> None:
        """Let the next one have it. Releasing twice does nothing."""
        await self._locks.release(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.release()


class Locks:
    """Every lock of one store, all on one connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Connection | None = None
        self._held: dict[str, Lock] = {}
        self._turn = asyncio.Lock()

    async def take(self, key: str) -> Lock | None:
        """Return the lock named `key`, or None when this store or another holds it; never waits."""
        async with self._turn:
            connection = await self._connected()
            # PostgreSQL would let one session take its own lock again.
            if key in self._held or not await _asked(connection, _TRY, key):
                return None
            self._held[key] = Lock(self, key)
            return self._held[key]

    async def release(self, lock: Lock) -> None:
        """Give up `lock`, unless it was given up or lost before."""
        async with self._turn:
            connection = self._present(lock)
            if connection:
                del self._held[lock.key]
                await _asked(connection, _RELEASE, lock.key)

    async def holds(self, lock: Lock) -> bool:
        """Return whether `lock` was neither given up nor lost."""
        async with self._turn:
            connection = self._present(lock)
            if connection is None:
                return False
            try:
                await connection.execute(b"select 1")
            except psycopg.Error:
                return False
            return True

    async def close(self) -> None:
        """Give up every lock."""
        async with self._turn:
            self._held.clear()
            if self._connection is not None:
                # The server may take a moment to notice a closed connection; the locks should not wait.
                with suppress(psycopg.Error):
                    await self._connection.execute(b"select pg_advisory_unlock_all()")
                await self._connection.close()

    def _present(self, lock: Lock) -> Connection | None:
        if self._connection is None or not alive(self._connection) or self._held.get(lock.key) is not lock:
            return None
        return self._connection

    async def _connected(self) -> Connection:
        if self._connection is not None and not alive(self._connection):
            await self._connection.close()
            self._connection = None
        if self._connection is None:
            self._held.clear()
            self._connection = await connect(self._url)
        return self._connection


async def _asked(connection: Connection, sql: bytes, key: str) -> bool:
    try:
        row = await (await connection.execute(sql, {"key": key})).fetchone()
    except psycopg.Error as error:
        raise translated(error) from error
    return bool(row and row[0])
