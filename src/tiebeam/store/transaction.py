"""One transaction, or one run of single statements, on one leased connection."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

import psycopg

from tiebeam.store.errors import ContendedError, SchemaChangedError, translated

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence

    from tiebeam.store.connections import Connection

    Parameters = Mapping[str, Any] | None

Model = TypeVar("Model")

_BEHIND_THE_WALL = b"select set_config('tiebeam.tenant', %(tenant)s, true)"
_AND_NOT_DURABLE = _BEHIND_THE_WALL + b", set_config('synchronous_commit', 'off', true)"


@dataclass(frozen=True, slots=True)
class Single:
    """What is set for each single statement: the tenant ("" for none), and whether to wait for the disk."""

    tenant: str
    durable: bool


class Transaction:
    """Runs statements. Parameters are `%(name)s`, or `%(name)b` for binary; a literal percent sign is `%%`.

    Results come in binary, so a type that psycopg does not know (an enum, `tsvector`) needs a cast to text;
    `json` and `jsonb` arrive loaded, times in UTC. Errors are those of `tiebeam.store.errors`.
    """

    def __init__(
        self,
        connection: Connection,
        after_statement: Callable[[str], Awaitable[None]] | None,
        *,
        single: Single | None = None,
    ) -> None:
        self._connection = connection
        self._after_statement = after_statement
        self._single = single
        self._pipelines = 0
        self.committed = False

    async def rows(self, sql: str, params: Parameters = None) -> list[tuple[Any, ...]]:
        """Return every row of the answer."""
        cursor = await self._execute(sql, params)
        return await self._fetched(cursor)

    async def several(self, *asked: tuple[str, Parameters]) -> list[list[tuple[Any, ...]]]:
        """Run several statements in one round trip, and return every row of each answer."""
        async with self.pipeline():
            cursors = [await self._execute(sql, params) for sql, params in asked]
            return [await self._fetched(cursor) for cursor in cursors]

    async def all(self, model: type[Model], sql: str, params: Parameters = None) -> list[Model]:
        """Return every row as a `model`, whose field names are the answer's column names."""
        cursor = await self._execute(sql, params)
        rows = await self._fetched(cursor)
        names = [column.name for column in cursor.description or ()]
        build = cast("Callable[..., Model]", model)
        return [build(**dict(zip(names, row, strict=True))) for row in rows]

    async def one(self, model: type[Model], sql: str, params: Parameters = None) -> Model | None:
        """Return the first row as a `model`, or None when there is none."""
        found = await self.all(model, sql, params)
        return found[0] if found else None

    async def value(self, sql: str, params: Parameters = None) -> Any:
        """Return the first column of the first row, or None when there is no row."""
        found = await self.rows(sql, params)
        return found[0][0] if found else None

    async def run(self, sql: str, params: Parameters = None) -> int:
        """Return how many rows the statement touched; 0 within a pipeline, which learns it too late."""
        cursor = await self._execute(sql, params)
        return 0 if self._pipelines else max(0, cursor.rowcount)

    async def run_many(self, sql: str, params: Sequence[Mapping[str, Any]]) -> int:
        """Run the statement once per set of parameters, in one round trip; return how many rows were hit."""
        cursor = self._connection.cursor()
        async with self._faults_translated(), self._connection.pipeline():
            if self._single is not None:
                await self._set_for(self._single)
            await cursor.executemany(sql.encode(), params)
        await self._told(sql)
        return max(0, cursor.rowcount)

    async def copy(self, sql: str, rows: Iterable[tuple[Any, ...]], types: Sequence[str]) -> None:
        """Stream `rows` into a `copy … from stdin (format binary)`; `types` names each column's type."""
        async with self._faults_translated(), self._connection.cursor().copy(sql.encode()) as copy:
            copy.set_types(types)
            for row in rows:
                await copy.write_row(row)
        await self._told(sql)

    @asynccontextmanager
    async def pipeline(self, *, last: bool = False) -> AsyncIterator[None]:
        """Send what is run inside without waiting for each answer; the first failure raises at the end.

        The `last` one of a transaction brings its commit along: nothing may be run after it.
        """
        self._pipelines += 1
        try:
            async with self._faults_translated(), self._connection.pipeline():
                yield
                commit = await self._send_commit() if last else None
        finally:
            self._pipelines -= 1
        if commit is not None:
            await self._see_committed(commit)

    async def commit(self) -> None:
        """Commit, unless the last pipeline did. Raises ContendedError when nothing could be kept."""
        if not self.committed:
            async with self._faults_translated():
                commit = await self._send_commit()
            await self._see_committed(commit)

    async def _send_commit(self) -> psycopg.AsyncCursor[Any]:
        await self._told("before commit")
        return await self._connection.execute(b"commit", prepare=False)

    async def _see_committed(self, commit: psycopg.AsyncCursor[Any]) -> None:
        self.committed = True
        if commit.statusmessage != "COMMIT":
            raise ContendedError(
                "The transaction had already failed, so nothing of it was kept.",
                action="Do not swallow the error of a statement inside a transaction.",
            )
        await self._told("commit")

    async def _execute(self, sql: str, params: Parameters) -> psycopg.AsyncCursor[Any]:
        cursor = self._connection.cursor(binary=True)
        async with self._faults_translated():
            if self._single is None:
                await cursor.execute(sql.encode(), params or {})
            else:
                await self._execute_alone(self._single, cursor, sql, params or {})
        await self._told(sql)
        return cursor

    async def _execute_alone(
        self, single: Single, cursor: psycopg.AsyncCursor[Any], sql: str, params: Mapping[str, Any]
    ) -> None:
        # Between two syncs of a pipeline PostgreSQL runs one implicit transaction: the settings last exactly
        # as long as the statement, in a single round trip.
        async with self._connection.pipeline():
            await self._set_for(single)
            await cursor.execute(sql.encode(), params)

    async def _set_for(self, single: Single) -> None:
        sql = _BEHIND_THE_WALL if single.durable else _AND_NOT_DURABLE
        await self._connection.execute(sql, {"tenant": single.tenant})

    async def _fetched(self, cursor: psycopg.AsyncCursor[Any]) -> list[tuple[Any, ...]]:
        async with self._faults_translated():
            return await cursor.fetchall()

    async def _told(self, sql: str) -> None:
        if self._after_statement is not None:
            await self._after_statement(getattr(sql, "name", sql))

    @asynccontextmanager
    async def _faults_translated(self) -> AsyncIterator[None]:
        try:
            yield
        except psycopg.Error as error:
            found = translated(error)
            if isinstance(found, SchemaChangedError):
                # The connection would use its stale plan for ever.
                await self._connection.close()
            if found is error:
                raise
            raise found from error
