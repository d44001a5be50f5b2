"""Locks across processes, which die with their process: PostgreSQL's session-level advisory locks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

import psycopg

from tiebeam.store.connections import connect
from tiebeam.store.errors import translated

if TYPE_CHECKING:
    from types import TracebackType

    from tiebeam.store.connections import Connection

_TRY = b"select pg_try_advisory_lock(hashtextextended(%(key)s, 0))"
_RELEASE = b"select pg_advisory_unlock(hashtextextended(%(key)s, 0))"


class Lock:
    """A lock that is held; release it, or use it as an async context manager."""

    def __init__(self, locks: Locks, key: str, connection: Connection) -> None:
        self.key = key
        self._locks = locks
        self._connection = connection

    async def held(self) -> bool:
        """Return whether the database still says so: a lost connection loses its locks."""
        return await self._locks.alive(self._connection)

    async def release(self) -> None:
        """Let the next one have it. Releasing twice does nothing."""
        await self._locks.release(self.key, self._connection)

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
        self._held: set[str] = set()
        self._turn = asyncio.Lock()

    async def take(self, key: str) -> Lock | None:
        """Return the lock named `key`, or None when this store or another holds it; never waits."""
        async with self._turn:
            connection = await self._connected()
            # PostgreSQL would let one session take its own lock again.
            if key in self._held or not await self._asked(connection, _TRY, key):
                return None
            self._held.add(key)
            return Lock(self, key, connection)

    async def release(self, key: str, connection: Connection) -> None:
        """Give up `key` if it was taken on the present connection."""
        async with self._turn:
            if connection is not self._connection or connection.closed or key not in self._held:
                return
            self._held.discard(key)
            await self._asked(connection, _RELEASE, key)

    async def alive(self, connection: Connection) -> bool:
        """Return whether `connection` is the present one and answers."""
        async with self._turn:
            if connection is not self._connection or connection.closed:
                return False
            try:
                await connection.execute(b"select 1")
            except psycopg.Error:
                return False
            return True

    async def close(self) -> None:
        """Give up every lock."""
        async with self._turn:
            if self._connection is not None:
                await self._connection.close()

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._held.clear()
            self._connection = await connect(self._url)
        return self._connection

    async def _asked(self, connection: Connection, sql: bytes, key: str) -> bool:
        try:
            row = await (await connection.execute(sql, {"key": key})).fetchone()
        except psycopg.Error as error:
            raise translated(error) from error
        return bool(row and row[0])
