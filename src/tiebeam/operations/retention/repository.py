"""The rows that grow old, and what is known of the archive's files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.operations.audit.repository import Trail
from tiebeam.operations.retention.model import MOVES, ArchiveError, ArchiveFile, ArchiveStatus, LogRow
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from tiebeam.operations.audit.model import Actor
    from tiebeam.operations.retention.model import Contents
    from tiebeam.store.locks import Lock
    from tiebeam.store.pool import Store
    from tiebeam.store.transaction import Transaction

Q = queries("tiebeam.operations.retention")


class OldRows:
    """What grows old in the database, tenant by tenant."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def turn(self, tenant_id: UUID) -> Lock | None:
        """Return the right to change this tenant's archive, or None while another process has it."""
        return await self._store.lock(f"tiebeam.archive.{tenant_id}")

    async def old_log(self, tenant_id: UUID, before: datetime, after_id: int, limit: int) -> list[LogRow]:
        """Return the next rows of the log that are older than `before`, by ascending ids."""
        named = {"tenant_id": tenant_id, "before": before, "after": after_id, "limit": limit}
        async with self._store.transaction(tenant_id) as tx:
            return await tx.all(LogRow, Q["old_log"], named)

    async def delete_log(self, tenant_id: UUID, rows: Sequence[LogRow]) -> int:
        """Delete the rows of the log that a file holds; return how many there still were.

        Raises ArchiveError, and deletes none of them, when one differs from the file's.
        """
        async with self._store.transaction(tenant_id) as tx:
            await _compare(tx, tenant_id, rows)
            return await tx.run(Q["delete_log"], {"tenant_id": tenant_id, "ids": [row.id for row in rows]})

    async def restore_log(self, tenant_id: UUID, rows: Sequence[LogRow]) -> int:
        """Put rows of the log back where they are missing; return how many were.

        Raises ArchiveError, and puts none of them back, when their numbers belong to other rows by now.
        """
        async with self._store.transaction(tenant_id) as tx:
            named = [row.columns() | {"tenant_id": tenant_id} for row in rows]
            added = await tx.run_many(Q["restore_log"], named)
            if await _compare(tx, tenant_id, rows) != len(rows):
                raise _taken()
        return added

    async def files(self, tenant_id: UUID) -> list[ArchiveFile]:
        """Return the files of the archive, oldest first."""
        async with self._store.transaction(tenant_id) as tx:
            return await tx.all(ArchiveFile, Q["files"], {"tenant_id": tenant_id})

    async def keep_file(self, tenant_id: UUID, contents: Contents, now: datetime) -> ArchiveFile:
        """Remember a file that has been proven, and return it as it is known."""
        named = {name: getattr(contents, name) for name in contents.__dataclass_fields__}
        async with self._store.transaction(tenant_id) as tx:
            await tx.run(Q["keep_file"], {**named, "tenant_id": tenant_id, "at": now})
        return next(file for file in await self.files(tenant_id) if file.name == contents.name)

    async def move_file(
        self, tenant_id: UUID, file: ArchiveFile, status: ArchiveStatus, now: datetime
    ) -> None:
        """Move a file on."""
        sources = [source.value for source, targets in MOVES.items() if status in targets]
        named = {"tenant_id": tenant_id, "id": file.id, "status": status.value, "from": sources, "at": now}
        async with self._store.transaction(tenant_id) as tx:
            await tx.run(Q["move_file"], named)

    async def purge(self, tenant_id: UUID, query: str, before: datetime, limit: int) -> int:
        """Delete one batch of rows that are older than `before`; return how many it was."""
        named = {"tenant_id": tenant_id, "before": before, "limit": limit}
        async with self._store.transaction(tenant_id) as tx:
            return await tx.run(Q[query], named)


class ChosenDays:
    """How many days companies keep what grows, where they have chosen; each change with its note."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._trail = Trail(store, store.clock)

    @property
    def now(self) -> datetime:
        """The moment from which days are counted."""
        return self._store.clock.now()

    async def of(self, tenant_id: UUID) -> dict[str, int]:
        """Return the days that a company has chosen, by table."""
        async with self._store.transaction(tenant_id) as tx:
            return dict(await tx.rows(Q["chosen_days"], {"tenant_id": tenant_id}))

    async def going(self, tenant_id: UUID, query: str, before: datetime, limit: int) -> int:
        """Return how many rows are older than `before` and would go, at most `limit`."""
        named = {"tenant_id": tenant_id, "before": before, "limit": limit}
        async with self._store.transaction(tenant_id) as tx:
            return int(await tx.value(Q[query], named))

    async def choose(
        self, tenant_id: UUID, table: str, days: int | None, *, default: int | None, by: Actor
    ) -> None:
        """Keep what a company chose; None: `default`, what the installation sets, counts again."""
        named = {"tenant_id": tenant_id, "kind": table, "days": days}
        async with self._store.transaction(tenant_id) as tx:
            chosen = dict(await tx.rows(Q["chosen_days"], named))
            before, after = chosen.get(table, default), default if days is None else days
            await tx.run(Q["drop_days" if days is None else "choose_days"], named)
            detail = {"days_before": before, "days_after": after, "of": "company" if days else "installation"}
            await self._trail.note(tenant_id, by, "retention.set", f"retention:{table}", detail, tx=tx)


async def _compare(tx: Transaction, tenant_id: UUID, rows: Sequence[LogRow]) -> int:
    """Return how many of `rows` are in the log. Raises ArchiveError when one is there and differs."""
    named = {"tenant_id": tenant_id, "ids": [row.id for row in rows]}
    there = {row.id: row for row in await tx.all(LogRow, Q["log_rows"], named)}
    if any(row.id in there and there[row.id].columns() != row.columns() for row in rows):
        raise _taken()
    return len(there)


def _taken() -> ArchiveError:
    return ArchiveError(
        "Rows of this file have numbers that other rows of the log have in this database.",
        action="Restore it into the database that it came from, or into an empty one.",
    )
