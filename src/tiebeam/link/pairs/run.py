"""What is done about jobs and their items: brought in step, linked, parted, asked about and decided."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from tiebeam.jobs.model import Cause
from tiebeam.kernel.errors import BadInputError, Owner
from tiebeam.link.pairs.cells import of_job, to_job
from tiebeam.link.pairs.matching import suggested
from tiebeam.link.pairs.model import Answer, Asked, Clash, PairState, Ruling, Side, Synced
from tiebeam.link.pairs.repository import Hand, Note, Pairs
from tiebeam.link.pairs.sync import Syncing

if TYPE_CHECKING:
    from collections.abc import Collection

    from tiebeam.jobs.boards.model import Item
    from tiebeam.kernel.clock import Clock
    from tiebeam.link.pairs.matching import Suggested
    from tiebeam.link.pairs.model import Conflict, Done, Pair, Rules
    from tiebeam.link.pairs.repository import Ended, Place, Within
    from tiebeam.operations.audit.model import Actor

BATCH_MAX: Final = 10_000
SUGGESTED_FROM_MAX: Final = 500
"""So many jobs without item, and items without job, are looked through for suggestions."""


class DecidedMeanwhileError(BadInputError):
    """What was to be decided is not as it was any more."""

    code = "link.decided_meanwhile"
    owner = Owner.OFFICE


class Linking:
    """Jobs and items of one tenant, kept in step.

    Whatever it does is one transaction: both sides, what they agree on and the log of it, or nothing; the
    caller's if one is given. A `cause` of None begins a new chain.
    """

    def __init__(self, store: Place, tenant_id: UUID, clock: Clock) -> None:
        self._pairs = Pairs(store, tenant_id, clock)
        self._syncing = Syncing(self._pairs)

    async def sync_job(
        self,
        job_id: UUID,
        actor: Actor,
        cause: Cause | None = None,
        *,
        anew: bool = False,
        tx: Within | None = None,
    ) -> list[Synced]:
        """Bring every item of a job in step with it; without one it gets one on the board of jobs.

        One that somebody has parted from its item gets another only `anew`. Raises NoSuchJobError.
        """
        async with self._pairs.turn(tx) as within:
            return (await self._syncing.jobs([job_id], _hand(actor, cause), within, anew=anew))[job_id]

    async def sync_item(
        self, item_id: UUID, actor: Actor, cause: Cause | None = None, *, tx: Within | None = None
    ) -> Synced:
        """Bring the job of an item in step with it. Raises NoSuchItemError.

        An item whose link names a job becomes its item; one of no job is left alone, and the note says so.
        """
        async with self._pairs.turn(tx) as within:
            return (await self._syncing.items([item_id], _hand(actor, cause), within))[item_id]

    async def batch(
        self, job_ids: Collection[UUID], actor: Actor, cause: Cause | None = None, *, tx: Within | None = None
    ) -> dict[UUID, list[Synced]]:
        """Do what `sync_job` does for up to 10,000 jobs in the same few statements. Raises NoSuchJobError."""
        _require_few(job_ids, "jobs")
        async with self._pairs.turn(tx) as within:
            return await self._syncing.jobs(job_ids, _hand(actor, cause), within)

    async def batch_of_items(
        self,
        item_ids: Collection[UUID],
        actor: Actor,
        cause: Cause | None = None,
        *,
        tx: Within | None = None,
    ) -> dict[UUID, Synced]:
        """Do what `sync_item` does for up to 10,000 items in a few statements. Raises NoSuchItemError."""
        _require_few(item_ids, "items")
        async with self._pairs.turn(tx) as within:
            return await self._syncing.items(item_ids, _hand(actor, cause), within)

    async def link(
        self,
        job_id: UUID,
        item_id: UUID,
        actor: Actor,
        cause: Cause | None = None,
        *,
        tx: Within | None = None,
    ) -> Synced:
        """Say that an item is that of a job; its link then names it. Raises BadInputError.

        Where both hold something, the rules decide as they would if both had been changed.
        """
        async with self._pairs.turn(tx) as within:
            hand = _hand(actor, cause)
            job = await self._pairs.jobs.get(job_id, tx=within)
            item = await self._pairs.boards.item(item_id, tx=within)
            cells = (await self._syncing.cells([item.board_id], within))[item.board_id]
            taken = await self._pairs.of_items([str(item_id)], within)
            taken += [
                one for one in await self._pairs.of_jobs([job_id], within) if one.board_id == item.board_id
            ]
            if cells.link is None:
                raise BadInputError(
                    f"“{cells.board.name}” has no link column.", action="Add one, and link the item then."
                )
            if taken or job.deleted_at is not None:
                raise BadInputError(
                    "This job or this item belongs to another one, or was deleted.",
                    action="Unlink that first.",
                )
            named = {cells.link: str(job_id)}
            item = await self._pairs.boards.change_item(
                item_id, values=named, actor=actor, cause=hand.cause, tx=within
            )
            return await self._syncing.join(job, item, hand, within)

    async def unlink(
        self, pair_id: UUID, actor: Actor, cause: Cause | None = None, *, tx: Within | None = None
    ) -> None:
        """Part a job and its item: both stay, and the item names no job any more. Raises UnknownPairError."""
        async with self._pairs.turn(tx) as within:
            await self._part(await self._pairs.get(pair_id, within), _hand(actor, cause), within)

    async def answer(
        self,
        pair_id: UUID,
        answer: Answer,
        actor: Actor,
        cause: Cause | None = None,
        *,
        tx: Within | None = None,
    ) -> Synced:
        """Say what is to become of a pair that asks. Raises UnknownPairError, DecidedMeanwhileError."""
        async with self._pairs.turn(tx) as within:
            hand, pair = _hand(actor, cause), await self._pairs.get(pair_id, within)
            if pair.state is not PairState.ASKS or pair.asked is None:
                raise DecidedMeanwhileError(
                    "Nobody is asked about this pair (any more).", action="Look at it again."
                )
            words = f"{pair.asked.question} {answer.value.capitalize()}."
            await self._pairs.note([_note("answered", pair, words)], hand, within)
            if answer is Answer.KEEP:
                await self._bring_back(pair, hand, within)
                (found,) = await self._syncing.lay([pair], hand, within)
                return found
            if answer is Answer.DELETE:
                await self._delete_other(pair, hand, within)
            await self._part(pair, hand, within)
            return Synced(pair.id, UUID(pair.item_ref), pair.job_id, note="They are parted.")

    async def settle(
        self,
        conflict_id: UUID,
        side: Side,
        actor: Actor,
        cause: Cause | None = None,
        *,
        tx: Within | None = None,
    ) -> Conflict:
        """Take the value of one side of an open conflict for both.

        Raises UnknownPairError, DecidedMeanwhileError, and BadInputError where the other cannot hold it.
        """
        async with self._pairs.turn(tx) as within:
            hand, found = _hand(actor, cause), await self._pairs.conflict(conflict_id, within)
            if found.state is not Ruling.OPEN:
                raise DecidedMeanwhileError(
                    "This was decided already.", action="Look at the job and its item."
                )
            pair = await self._pairs.get(found.pair_id, within)
            await self._syncing.lay([pair], hand, within, {pair.id: {found.field: side}})
            after = await self._pairs.conflict(conflict_id, within)
            if after.state is Ruling.OPEN:
                raise BadInputError(after.sentence, action="Take the other one, or mend that first.")
            await self._pairs.note(
                [_note("settled", pair, f"{found.field}: that of the {side.value}.")], hand, within
            )
            return after

    async def undo(
        self, conflict_id: UUID, actor: Actor, cause: Cause | None = None, *, tx: Within | None = None
    ) -> Conflict:
        """Give back to each side what it held before a conflict was decided; it is open again.

        Raises UnknownPairError, and DecidedMeanwhileError when either side has been changed since.
        """
        async with self._pairs.turn(tx) as within:
            hand, found = _hand(actor, cause), await self._pairs.conflict(conflict_id, within)
            if found.state not in {Ruling.JOB, Ruling.ITEM}:
                raise DecidedMeanwhileError("Nothing was decided here.", action="Open the list of conflicts.")
            pair = await self._pairs.get(found.pair_id, within)
            await self._give_back(pair, found, hand, within)
            await self._pairs.decide(found, Ruling.UNDONE, actor.name, within)
            await self._pairs.note([_note("undone", pair, f"{found.field} is open again.")], hand, within)
            return (await self._pairs.open_of([pair.id], within))[pair.id][found.field]

    async def pairs_of(self, job_id: UUID) -> list[Pair]:
        """Return the pairs of a job that are not over."""
        async with self._pairs.reading() as within:
            return await self._pairs.of_jobs([job_id], within)

    async def pair_of_item(self, item_id: UUID) -> Pair | None:
        """Return the pair of an item that is not over, or None."""
        async with self._pairs.reading() as within:
            return next(iter(await self._pairs.of_items([str(item_id)], within)), None)

    async def pair(self, pair_id: UUID) -> Pair:
        """Return a pair. Raises UnknownPairError."""
        async with self._pairs.reading() as within:
            return await self._pairs.get(pair_id, within)

    async def conflict(self, conflict_id: UUID) -> Conflict:
        """Return a conflict, decided or not. Raises UnknownPairError."""
        async with self._pairs.reading() as within:
            return await self._pairs.conflict(conflict_id, within)

    async def asks(self, limit: int = 200, *, after: Ended | None = None) -> list[Pair]:
        """Return the pairs of which somebody has to say what is to become, the longest waiting first."""
        return await self._pairs.asks(limit, after=after)

    async def conflicts(
        self,
        *,
        only_open: bool = True,
        job_id: UUID | None = None,
        limit: int = 200,
        after: Ended | None = None,
    ) -> list[Conflict]:
        """Return conflicts, the newest first: those that wait for somebody, or all."""
        return await self._pairs.conflicts(only_open=only_open, job_id=job_id, limit=limit, after=after)

    async def log(
        self, pair_id: UUID | None = None, *, limit: int = 100, before: int | None = None
    ) -> list[Done]:
        """Return what was done, the newest first, of a pair or of all; on from before an entry's id."""
        return await self._pairs.log(pair_id, limit=limit, before=before)

    async def suggestions(self, board_id: UUID | None = None) -> list[Suggested]:
        """Return which items of a board (that of jobs unless one is named) may be those of which jobs."""
        async with self._pairs.reading() as within:
            board = board_id or (await self._pairs.boards.active_jobs(tx=within)).id
            jobs, items = await self._pairs.free(board, SUGGESTED_FROM_MAX, within)
        return suggested(jobs, items)

    async def rules(self, board_id: UUID) -> Rules:
        """Return how a board is kept in step."""
        async with self._pairs.reading() as within:
            return (await self._pairs.rules_of([board_id], within))[board_id]

    async def choose(self, board_id: UUID, rules: Rules) -> None:
        """Keep a board in step by these rules from now on."""
        async with self._pairs.turn() as within:
            await self._pairs.choose(board_id, rules, within)

    async def _part(self, pair: Pair, hand: Hand, tx: Within) -> None:
        if pair.state is PairState.UNLINKED:
            return
        item = (await self._pairs.boards.some_items([UUID(pair.item_ref)], tx=tx)).get(UUID(pair.item_ref))
        cells = (await self._syncing.cells([pair.board_id], tx))[pair.board_id]
        if item and item.deleted_at is None and cells.link and cells.names(item) == pair.job_id:
            await self._name(item, cells.link, None, hand, tx)
        await self._pairs.keep([replace(pair, state=PairState.UNLINKED, asked=None)], tx)
        for found in (await self._pairs.open_of([pair.id], tx))[pair.id].values():
            await self._pairs.decide(found, Ruling.AGREED, hand.actor.name, tx)
        await self._pairs.note([_note("unlinked", pair, "Both stay, and go their own ways.")], hand, tx)

    async def _name(self, item: Item, key: str, job_id: UUID | None, hand: Hand, tx: Within) -> None:
        values = {key: str(job_id) if job_id else None}
        await self._pairs.boards.change_item(
            item.id, values=values, actor=hand.actor, cause=hand.cause, tx=tx
        )

    async def _bring_back(self, pair: Pair, hand: Hand, tx: Within) -> None:
        who: dict[str, Any] = {"actor": hand.actor, "cause": hand.cause, "tx": tx}
        if pair.asked is Asked.JOB_DELETED:
            await self._pairs.jobs.restore(pair.job_id, **who)
        elif pair.asked is Asked.ITEM_DELETED:
            await self._pairs.boards.restore_item(UUID(pair.item_ref), **who)
        item = await self._pairs.boards.item(UUID(pair.item_ref), tx=tx)
        cells = (await self._syncing.cells([pair.board_id], tx))[pair.board_id]
        if cells.link and cells.names(item) is None:
            await self._name(item, cells.link, pair.job_id, hand, tx)

    async def _delete_other(self, pair: Pair, hand: Hand, tx: Within) -> None:
        who: dict[str, Any] = {"actor": hand.actor, "cause": hand.cause, "tx": tx}
        if pair.asked is Asked.ITEM_DELETED:
            await self._pairs.jobs.delete(pair.job_id, **who)
        else:
            await self._pairs.boards.delete_item(UUID(pair.item_ref), **who)

    async def _give_back(self, pair: Pair, found: Conflict, hand: Hand, tx: Within) -> None:
        """Write what the side that lost held before, and open the conflict anew."""
        job = await self._pairs.jobs.get(pair.job_id, tx=tx)
        item = await self._pairs.boards.item(UUID(pair.item_ref), tx=tx)
        cells = (await self._syncing.cells([pair.board_id], tx))[pair.board_id]
        won = found.job if found.state is Ruling.JOB else found.item
        now = (of_job(job).get(found.field), cells.of_item(item).get(found.field))
        if now != (won, won) or pair.state is not PairState.LINKED:
            raise DecidedMeanwhileError(
                "This was changed again since it was decided.", action="Change it by hand, on either side."
            )
        who: dict[str, Any] = {"actor": hand.actor, "cause": hand.cause, "tx": tx}
        if found.state is Ruling.ITEM:
            await self._pairs.jobs.change(job.id, to_job({found.field: found.job}), **who)
        else:
            name, values = cells.given_back(found, item)
            await self._pairs.boards.change_item(item.id, name=name, values=values, **who)
        base = {**pair.base, found.field: found.base}
        await self._pairs.keep([replace(pair, base=base)], tx)
        clash = Clash(
            found.field, found.kind, found.base, found.job, found.item, "It was decided, and that was undone."
        )
        await self._pairs.add_conflict(pair, clash, found.touched, tx)


def _require_few(ids: Collection[UUID], what: str) -> None:
    if len(ids) > BATCH_MAX:
        raise BadInputError(f"These are more than {BATCH_MAX:,} {what}.", action="Give fewer at a time.")


def _hand(actor: Actor, cause: Cause | None) -> Hand:
    return Hand(actor, cause or Cause(uuid4()))


def _note(what: str, pair: Pair, words: str) -> Note:
    return Note(what, pair.id, pair.job_id, pair.item_ref, {}, words)
