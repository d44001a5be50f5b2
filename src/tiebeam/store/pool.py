"""The way into the database: transactions of one tenant, single statements, locks."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Self

import psycopg

from tiebeam.store.connections import Connections
from tiebeam.store.errors import translated
from tiebeam.store.locks import Lock, Locks
from tiebeam.store.notices import Notices
from tiebeam.store.schema import require_current
from tiebeam.store.transaction import Single, Transaction

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from types import TracebackType
    from uuid import UUID

    from tiebeam.kernel.clock import Clock
    from tiebeam.store.connections import Connection

_BEGIN = b"begin; select set_config('tiebeam.tenant', '%s', true)"
_NOT_DURABLE = b"; set local synchronous_commit = off"


class Store:
    """One database, reached as the application role, every transaction behind the wall of one tenant.

    Open it, or use it as an async context manager. It belongs to the event loop it was opened in, and needs
    direct connections: a pooler that changes sessions between transactions would lose advisory locks.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Clock,
        pool_size_max: int,
        after_statement: Callable[[str], Awaitable[None]] | None,
    ) -> None:
        self.clock = clock
        self._after_statement = after_statement
        self._connections = Connections(url, pool_size_max)
        self._locks = Locks(url)
        self._url = url

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        clock: Clock,
        pool_size_max: int = 8,
        after_statement: Callable[[str], Awaitable[None]] | None = None,
    ) -> Self:
        """Connect to `url` and see that its schema fits this release.

        `after_statement` is awaited with the statement's name after each one, with `begin`, and with
        `before commit` and `commit` on either side of the commit. What it raises beyond `Exception` closes
        the connection at once, as a kill of the process would. Raises `StoreUnreachableError`,
        `AccessDeniedError`, `SchemaTooOldError` or `SchemaTooNewError`.
        """
        store = cls(url, clock=clock, pool_size_max=pool_size_max, after_statement=after_statement)
        try:
            async with store._connections.lent() as connection:
                await require_current(connection)
        except BaseException:
            await store.close()
            raise
        return store

    @asynccontextmanager
    async def transaction(
        self, tenant_id: UUID | None, *, synchronous_commit: bool = True
    ) -> AsyncIterator[Transaction]:
        """Run the block in one transaction that sees the rows of `tenant_id` (of nobody, when None).

        Commits at the end, rolls back on an error, and hangs up on a cancellation or a kill. Without
        `synchronous_commit` a crash of the database may lose it, whole, within the next fraction of a second,
        unless something was committed with it meanwhile.
        """
        async with self._connections.lent() as connection:
            try:
                await _begin(connection, tenant_id, synchronous_commit=synchronous_commit)
                await self._told("begin")
                tx = Transaction(connection, self._after_statement)
                yield tx
                await tx.commit()
            except Exception:
                await _roll_back(connection)
                raise

    @asynccontextmanager
    async def autocommit(
        self, tenant_id: UUID | None, *, synchronous_commit: bool = True
    ) -> AsyncIterator[Transaction]:
        """Run each statement of the block in a transaction of its own, in one round trip.

        Without `synchronous_commit` a crash of the database may lose the last fraction of a second of them,
        and never leaves one half done.
        """
        single = Single(str(tenant_id or ""), durable=synchronous_commit)
        async with self._connections.lent() as connection:
            yield Transaction(connection, self._after_statement, single=single)

    async def lock(self, key: str) -> Lock | None:
        """Return the lock named `key`, or None when it is held. It dies with this process or connection."""
        return await self._locks.take(key)

    def notices(self, channel: str) -> Notices:
        """Return what is told on `channel`; it connects when first waited for."""
        return Notices(self._url, channel)

    async def server_version(self) -> str:
        """Return the server's version, such as `18.6`."""
        async with self.autocommit(None) as single:
            return str(await single.value("select current_setting('server_version')"))

    async def close(self) -> None:
        """Close every connection and give up every lock."""
        await self._locks.close()
        await self._connections.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _told(self, name: str) -> None:
        if self._after_statement is not None:
            await self._after_statement(name)


async def _begin(connection: Connection, tenant_id: UUID | None, *, synchronous_commit: bool) -> None:
    # Two statements in one round trip take no parameters; the digits of a UUID need no quoting.
    tenant = tenant_id.hex if tenant_id else ""
    try:
        begin = (_BEGIN if synchronous_commit else _BEGIN + _NOT_DURABLE) % tenant.encode()
        await connection.execute(begin, prepare=False)
    except psycopg.Error as error:
        raise translated(error) from error


async def _roll_back(connection: Connection) -> None:
    try:
        await connection.execute(b"rollback", prepare=False)
    except psycopg.Error:
        await connection.close()
