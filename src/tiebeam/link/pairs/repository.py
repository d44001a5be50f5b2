"""Pairs, what both sides of them last agreed on, conflicts and the log of what was done, kept."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import UUID, uuid4

from tiebeam.identity.repository import People
from tiebeam.jobs.boards.model import Purpose
from tiebeam.jobs.boards.repository import Boards
from tiebeam.jobs.changes.repository import Changes
from tiebeam.jobs.repository import Jobs
from tiebeam.kernel.canonical import canonical
from tiebeam.kernel.errors import BadInputError, Owner
from tiebeam.link.pairs.model import (
    Asked,
    Conflict,
    Done,
    FieldRule,
    Flow,
    Kind,
    Pair,
    PairState,
    Rules,
    Ruling,
    Side,
    Touched,
)
from tiebeam.link.pairs.model import Owner as FieldOwner
from tiebeam.operations.audit.model import Actor, ActorKind
from tiebeam.store.adapt import Json, Jsons, Texts
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from tiebeam.jobs.boards.model import Item
    from tiebeam.jobs.model import Cause, Job
    from tiebeam.kernel.clock import Clock
    from tiebeam.link.pairs.model import Clash
    from tiebeam.store.pool import Store
    from tiebeam.store.transaction import Transaction

Q = queries("tiebeam.link.pairs")

_CONFLICT: Final = tuple(one.name for one in fields(Conflict))
"""The columns of `parts/conflict.sql`."""

LIMIT_MAX: Final = 1000
Within: TypeAlias = "Transaction"
"""A transaction, for those who only pass one on."""
Place: TypeAlias = "Store"
Ended: TypeAlias = "tuple[datetime, UUID]"
"""Where a page of a list ended: when its last line was found or changed, and its id."""


class UnknownPairError(BadInputError):
    """There is no such pair or conflict."""

    code = "link.unknown"
    owner = Owner.OFFICE


@dataclass(frozen=True, slots=True)
class Hand:
    """Who does something, and why."""

    actor: Actor
    cause: Cause


@dataclass(frozen=True, slots=True)
class Note:
    """An operation that is to be logged."""

    what: str
    pair_id: UUID | None
    job_id: UUID | None
    item_ref: str
    fields: Mapping[str, Any]
    result: str


class Pairs:
    """The pairs of one tenant. What it links is at hand beside it: `jobs` and `boards`."""

    def __init__(self, store: Store, tenant_id: UUID, clock: Clock) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._clock = clock
        self._changes = Changes(store, tenant_id)
        self.jobs = Jobs(store, tenant_id, clock)
        self.boards = Boards(store, tenant_id, clock)

    def turn(self, tx: Transaction | None = None) -> AbstractAsyncContextManager[Transaction]:
        """Give a transaction in which nobody else changes a job, an item or a pair of the company."""
        return self._changes.writing(tx)

    def reading(self) -> AbstractAsyncContextManager[Transaction]:
        """Give a transaction to read in."""
        return self._changes.reading()

    async def of_jobs(self, ids: Iterable[UUID], tx: Transaction) -> list[Pair]:
        """Return the pairs of jobs that are not over, the oldest first."""
        named = {"tenant_id": self._tenant_id, "ids": list(ids)}
        return [_pair(row) for row in await tx.rows(Q["of_jobs"], named)]

    async def of_items(self, refs: Iterable[str], tx: Transaction) -> list[Pair]:
        """Return the pairs of items that are not over."""
        named = {"tenant_id": self._tenant_id, "refs": Texts(refs)}
        return [_pair(row) for row in await tx.rows(Q["of_items"], named)]

    async def get(self, pair_id: UUID, tx: Transaction) -> Pair:
        """Return a pair. Raises UnknownPairError."""
        rows = await tx.rows(Q["find"], self._named(id=pair_id))
        if not rows:
            raise UnknownPairError("There is no such pair.", action="Open the job, and look at its item.")
        return _pair(rows[0])

    async def asks(self, limit: int = 200, *, after: Ended | None = None) -> list[Pair]:
        """Return the pairs of which somebody has to say what is to become, the longest waiting first."""
        named = self._named(limit=max(1, min(limit, LIMIT_MAX)), **_from(after))
        async with self._store.autocommit(self._tenant_id) as single:
            rows = await single.rows(Q["asks"], named)
        return [_pair(row) for row in rows]

    async def parted(self, job_ids: Iterable[UUID], board_id: UUID, tx: Transaction) -> set[UUID]:
        """Return which of the jobs had an item on a board once, and were parted from it."""
        named = self._named(ids=list(job_ids), board_id=board_id)
        return {id_ for (id_,) in await tx.rows(Q["parted"], named)}

    async def add(
        self, wanted: Sequence[tuple[UUID, UUID, str, Mapping[str, Any]]], tx: Transaction
    ) -> list[Pair]:
        """Add pairs of a job, a board, an item and a base, unless either side has one; return those added."""
        if not wanted:
            return []
        jobs, boards, refs, bases = zip(*wanted, strict=True)
        named = self._named(
            ids=[uuid4() for _ in wanted],
            job_ids=list(jobs),
            board_ids=list(boards),
            refs=Texts(refs),
            bases=Jsons(canonical(one) for one in bases),
            at=self._clock.now(),
        )
        await tx.run(Q["add"], named)
        ids = set(named["ids"])
        return [one for one in await self.of_jobs(jobs, tx) if one.id in ids]

    async def keep(self, pairs: Sequence[Pair], tx: Transaction) -> None:
        """Keep base and state of pairs, each a version later."""
        if pairs:
            named = self._named(
                ids=[one.id for one in pairs],
                bases=Jsons(canonical(one.base) for one in pairs),
                states=Texts(one.state.value for one in pairs),
                askeds=[one.asked.value if one.asked else None for one in pairs],
                sents=Jsons(canonical(one.sent) for one in pairs),
                at=self._clock.now(),
            )
            await tx.run(Q["keep"], named)

    async def open_of(self, pair_ids: Iterable[UUID], tx: Transaction) -> dict[UUID, dict[str, Conflict]]:
        """Return what somebody is being asked about, by pair and field."""
        found: dict[UUID, dict[str, Conflict]] = {id_: {} for id_ in pair_ids}
        for row in await tx.rows(Q["open_of"], self._named(pair_ids=list(found))):
            one = _conflict(row)
            found[one.pair_id][one.field] = one
        return found

    async def conflict(self, conflict_id: UUID, tx: Transaction) -> Conflict:
        """Return a conflict. Raises UnknownPairError."""
        rows = await tx.rows(Q["conflict"], self._named(id=conflict_id))
        if not rows:
            raise UnknownPairError("There is no such conflict.", action="Open the list of conflicts.")
        return _conflict(rows[0])

    async def conflicts(
        self,
        *,
        only_open: bool = True,
        job_id: UUID | None = None,
        limit: int = 200,
        after: Ended | None = None,
    ) -> list[Conflict]:
        """Return conflicts, the newest first; on from behind that `after` which a page ended."""
        most = max(1, min(limit, LIMIT_MAX))
        named = self._named(open=only_open, job_id=job_id, limit=most, **_from(after))
        async with self._store.autocommit(self._tenant_id) as single:
            return [_conflict(row) for row in await single.rows(Q["conflicts"], named)]

    async def add_conflict(
        self,
        pair: Pair,
        clash: Clash,
        touched: Mapping[Side, Touched],
        tx: Transaction,
        *,
        state: Ruling = Ruling.OPEN,
        by: str = "",
    ) -> None:
        """Keep a clash: open, or decided already."""
        at = self._clock.now()
        named = self._clash(clash, touched) | {
            "id": uuid4(),
            "pair_id": pair.id,
            "field": clash.field,
            "base": Json(canonical(clash.base)),
            "state": state.value,
            "at": at,
            "decided_at": None if state is Ruling.OPEN else at,
            "decided_by": by,
        }
        await tx.run(Q["add_conflict"], named)

    async def renew_conflict(
        self, found: Conflict, clash: Clash, touched: Mapping[Side, Touched], tx: Transaction
    ) -> None:
        """Keep what both sides hold by now of something that is still open."""
        await tx.run(Q["renew_conflict"], self._clash(clash, touched) | {"id": found.id})

    async def decide(self, found: Conflict, state: Ruling, by: str, tx: Transaction) -> bool:
        """Say how a conflict stands now; return whether it stood as it was found."""
        named = self._named(
            id=found.id, state=state.value, before=found.state.value, at=self._clock.now(), by=by
        )
        return await tx.run(Q["decide"], named) > 0

    async def touched(
        self, job_id: UUID, item_id: UUID, columns: Mapping[str, str], tx: Transaction
    ) -> dict[str, dict[Side, Touched]]:
        """Return when each field was changed last on each side, and by whom; `columns` are those it is in."""
        asked = [(Side.JOB, name, name) for name in columns]
        asked += [(Side.ITEM, column, name) for name, column in columns.items()]
        named = self._named(
            subjects=Texts(side.value for side, _, _ in asked),
            subject_ids=[job_id if side is Side.JOB else item_id for side, _, _ in asked],
            fields=Texts(place for _, place, _ in asked),
        )
        of = {(side.value, place): name for side, place, name in asked}
        found: dict[str, dict[Side, Touched]] = {}
        for side, place, at, by in await tx.rows(Q["changed"], named):
            found.setdefault(of[side, place], {})[Side(side)] = Touched(at, by)
        return found

    async def note(self, notes: Sequence[Note], hand: Hand, tx: Transaction) -> None:
        """Log operations."""
        if notes:
            named = self._named(
                pair_ids=[one.pair_id for one in notes],
                job_ids=[one.job_id for one in notes],
                refs=Texts(one.item_ref for one in notes),
                whats=Texts(one.what for one in notes),
                fields=Jsons(canonical(one.fields) for one in notes),
                results=Texts(one.result for one in notes),
                actor_kind=hand.actor.kind.value,
                actor_id=hand.actor.id,
                actor_name=hand.actor.name,
                cause_id=hand.cause.id,
                hops=hand.cause.hops,
                at=self._clock.now(),
            )
            await tx.run(Q["note"], named)

    async def log(
        self, pair_id: UUID | None = None, *, limit: int = 100, before: int | None = None
    ) -> list[Done]:
        """Return what was done, the newest first, of a pair or of all; on from before an entry's id."""
        named = self._named(pair_id=pair_id, before=before, limit=max(1, min(limit, LIMIT_MAX)))
        async with self._store.autocommit(self._tenant_id) as single:
            rows = await single.rows(Q["log"], named)
        return [_done(row) for row in rows]

    async def active_jobs(self, tx: Transaction) -> UUID:
        """Return the board of jobs, made when it is first asked for."""
        found: UUID | None = await tx.value(Q["active_board"], self._named(purpose=Purpose.ACTIVE_JOBS.value))
        return found or (await self.boards.active_jobs(tx=tx)).id

    async def rules_of(self, board_ids: Iterable[UUID], tx: Transaction) -> dict[UUID, Rules]:
        """Return how boards are kept in step."""
        found = {id_: Rules() for id_ in board_ids}
        kept = await tx.rows(Q["rules"], self._named(board_ids=list(found)))
        return found | {id_: _rules(rules) for id_, rules in kept}

    async def choose(self, board_id: UUID, rules: Rules, tx: Transaction) -> None:
        """Keep a board in step by these rules from now on."""
        kept = {
            "fields": [[one.field, one.column, one.owner.value, one.flow.value] for one in rules.fields],
            "labels": dict(rules.labels),
        }
        named = self._named(board_id=board_id, rules=Json(canonical(kept)), at=self._clock.now())
        await tx.run(Q["choose"], named)

    async def free(self, board_id: UUID, limit: int, tx: Transaction) -> tuple[list[Job], list[Item]]:
        """Return jobs without an item on a board, and items of it without a job, the newest of both."""
        named = self._named(board_id=board_id, limit=limit)
        jobs = await self.jobs.some([id_ for (id_,) in await tx.rows(Q["free_jobs"], named)], tx=tx)
        ids = [id_ for (id_,) in await tx.rows(Q["free_items"], named)]
        items = await self.boards.some_items(ids, tx=tx)
        return list(jobs.values()), list(items.values())

    async def people(self, tx: Transaction) -> dict[str, bool]:
        """Return everybody by id: whether they are still there."""
        return {str(one.id): one.active for one in await People(tx, self._tenant_id).all()}

    def _clash(self, clash: Clash, touched: Mapping[Side, Touched]) -> dict[str, Any]:
        job, item = touched.get(Side.JOB), touched.get(Side.ITEM)
        return self._named(
            kind=clash.kind.value,
            job=Json(canonical(clash.held(Side.JOB))),
            item=Json(canonical(clash.held(Side.ITEM))),
            job_at=job.at if job else None,
            job_by=job.by if job else "",
            item_at=item.at if item else None,
            item_by=item.by if item else "",
            sentence=clash.sentence,
        )

    def _named(self, **more: Any) -> dict[str, Any]:
        return {"tenant_id": self._tenant_id, **more}


def _from(ended: Ended | None) -> dict[str, Any]:
    return {"at": ended[0] if ended else None, "id": ended[1] if ended else None}


def _pair(row: tuple[Any, ...]) -> Pair:
    id_, job_id, board_id, ref, base, state, asked, *more = row
    return Pair(id_, job_id, board_id, ref, base, PairState(state), Asked(asked) if asked else None, *more)


def _conflict(row: tuple[Any, ...]) -> Conflict:
    named = dict(zip(_CONFLICT, row, strict=True))
    return Conflict(**named | {"kind": Kind(named["kind"]), "state": Ruling(named["state"])})


def _done(row: tuple[Any, ...]) -> Done:
    id_, at, pair_id, job_id, ref, what, written, result, kind, actor_id, name, cause_id, hops = row
    by = Actor(ActorKind(kind), actor_id, name)
    return Done(id_, at, pair_id, job_id, ref, what, written, result, by, cause_id, hops)


def _rules(kept: Mapping[str, Any]) -> Rules:
    fields = (
        FieldRule(name, column, FieldOwner(owner), Flow(flow)) for name, column, owner, flow in kept["fields"]
    )
    return Rules(tuple(fields), kept["labels"])
