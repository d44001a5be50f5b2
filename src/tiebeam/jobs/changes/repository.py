"""Changes of jobs and items, kept: added with what they tell of, read for ever, answered once."""

from __future__ import annotations

from contextlib import asynccontextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from tiebeam.jobs.model import Cause, Change, Subject, What
from tiebeam.kernel.canonical import canonical
from tiebeam.operations.audit.model import Actor, ActorKind
from tiebeam.operations.queue.model import NewJob
from tiebeam.operations.queue.repository import Queue
from tiebeam.store.adapt import Jsons, Longs, Texts
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from tiebeam.jobs.changes.model import Deed
    from tiebeam.store.pool import Store
    from tiebeam.store.transaction import Transaction

Q = queries("tiebeam.jobs.changes")

REACT: Final = "work.react"
"""The kind of job of the queue that answers changes."""
LIMIT_MAX: Final = 1000
PARTS_MAX: Final = 64
"""More than one write ever changes: every column of a board, the name and the place."""


class Changes:
    """The changes of one tenant."""

    def __init__(self, store: Store, tenant_id: UUID) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._queue = Queue(store, store.clock)

    @asynccontextmanager
    async def reading(self, tx: Transaction | None = None) -> AsyncIterator[Transaction]:
        """Give the caller's transaction, or one of its own."""
        if tx is not None:
            yield tx
            return
        async with self._store.transaction(self._tenant_id) as own:
            yield own

    @asynccontextmanager
    async def writing(self, tx: Transaction | None = None) -> AsyncIterator[Transaction]:
        """Give a transaction in which nobody else changes a job, a board or an item of the company.

        One writes after the other, so that no two that change several of them wait for each other, and so
        that the ids of changes are in the order in which they can be seen.
        """
        async with self.reading(tx) as within:
            await within.rows(Q["take_turn"], {"tenant_id": self._tenant_id})
            yield within

    async def add(
        self, deeds: Iterable[Deed], actor: Actor, cause: Cause, at: datetime, *, tx: Transaction
    ) -> None:
        """Keep what was done, in the transaction that did it, and have it answered."""
        parts = [(deed, part) for deed in deeds for part in deed.parts]
        if not parts:
            return
        named = {
            "tenant_id": self._tenant_id,
            "at": at,
            "subjects": Texts(deed.subject.value for deed, _ in parts),
            "subject_ids": [deed.subject_id for deed, _ in parts],
            "board_ids": [deed.board_id for deed, _ in parts],
            "whats": Texts(deed.what.value for deed, _ in parts),
            "versions": Longs(deed.version for deed, _ in parts),
            "fields": [part.field for _, part in parts],
            "befores": Jsons(canonical(part.before) for _, part in parts),
            "afters": Jsons(canonical(part.after) for _, part in parts),
            "actor_kind": actor.kind.value,
            "actor_id": actor.id,
            "actor_name": actor.name,
            "cause_id": cause.id,
            "hops": cause.hops,
        }
        await tx.run(Q["add"], named)
        # Last: its row of the queue is held until the transaction ends.
        await self._queue.enqueue(self._tenant_id, [NewJob(REACT, "", {}, serial_key=REACT)], tx=tx)

    async def of(
        self, subject: Subject, subject_id: UUID, *, limit: int = 50, before: int | None = None
    ) -> list[Change]:
        """Return what was done to a job or an item, the newest first; on from before a change's id."""
        named = {"subject": subject.value, "subject_id": subject_id, "before": before}
        return await self._changes("of_subject", limit, **named)

    async def latest(self, *, limit: int = 50, before: int | None = None) -> list[Change]:
        """Return what was done last to anything, the newest first; on from before a change's id."""
        return await self._changes("latest", limit, before=before)

    async def since(self, change_id: int, *, limit: int = 200) -> list[Change]:
        """Return what was done after a change, in its order."""
        return await self._changes("since", limit, after=change_id)

    async def newest(self) -> int:
        """Return the id of the last change, 0 before the first."""
        async with self._store.autocommit(self._tenant_id) as single:
            return int(await single.value(Q["newest"], {"tenant_id": self._tenant_id}) or 0)

    async def waiting(
        self, limit: int = 200, *, tx: Transaction | None = None, hold: bool = False
    ) -> list[tuple[Change, ...]]:
        """Return what nobody has answered yet, the oldest first; what one write changed together.

        `limit` changes, and the rest of a write that it would cut in two. With `hold` they are held until the
        caller's transaction ends, and what another one holds is passed over.
        """
        most = max(1, min(limit, LIMIT_MAX))
        named = {"tenant_id": self._tenant_id, "limit": most + PARTS_MAX}
        async with self.reading(tx) as within:
            rows = await within.rows(Q["hold_waiting" if hold else "waiting"], named)
        return _whole([_change(row) for row in rows], most)

    async def answered(self, ids: Sequence[int], at: datetime, *, tx: Transaction | None = None) -> list[int]:
        """Say that changes were answered; return those that nobody had answered before."""
        async with self.reading(tx) as within:
            rows = await within.rows(
                Q["answered"], {"tenant_id": self._tenant_id, "ids": Longs(ids), "at": at}
            )
        return sorted(id_ for (id_,) in rows)

    async def _changes(self, query: str, limit: int, **named: Any) -> list[Change]:
        asked = {"tenant_id": self._tenant_id, "limit": max(1, min(limit, LIMIT_MAX)), **named}
        async with self._store.autocommit(self._tenant_id) as single:
            return [_change(row) for row in await single.rows(Q[query], asked)]


def _whole(changes: Sequence[Change], most: int) -> list[tuple[Change, ...]]:
    """Return the writes that begin within the first `most` changes."""
    found: list[tuple[Change, ...]] = []
    told = 0
    # One write's changes have ids that follow each other, and nobody else's have its version.
    for _, together in groupby(changes, key=lambda one: (one.subject, one.subject_id, one.version)):
        if told >= most:
            break
        found.append(tuple(together))
        told += len(found[-1])
    return found


def _change(row: tuple[Any, ...]) -> Change:
    id_, at, subject, subject_id, board_id, what, field, before, after, version, *who = row
    kind, actor_id, name, cause_id, hops = who
    return Change(
        id_,
        at,
        Subject(subject),
        subject_id,
        board_id,
        What(what),
        field,
        before,
        after,
        version,
        Actor(ActorKind(kind), actor_id, name),
        Cause(cause_id, hops),
    )
