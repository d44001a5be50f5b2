"""Jobs and items brought in step: both sides, the base and the log in one transaction, however many."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from tiebeam.jobs.boards.model import ItemEdit, NewItem
from tiebeam.jobs.errors import NoSuchItemError, NoSuchJobError
from tiebeam.kernel.errors import BadInputError
from tiebeam.link.pairs.cells import Cells, of_job, to_job
from tiebeam.link.pairs.merge import Known, merge
from tiebeam.link.pairs.model import Asked, Clash, Kind, Merge, PairState, Ruling, Side, Synced, When
from tiebeam.link.pairs.repository import Note

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from tiebeam.jobs.boards.model import Item
    from tiebeam.jobs.model import Job
    from tiebeam.link.pairs.model import Conflict, Pair, Touched
    from tiebeam.link.pairs.repository import Hand, Pairs, Within

    Decided = Mapping[UUID, Mapping[str, Side]]


_NOTHING: Final = Merge({}, {}, {}, (), {})
_TAKEN: Final = "The job has another item on this board already: unlink that one first."
_ELSEWHERE: Final = "The item names another job now."


@dataclass(slots=True)
class _Laid:
    """A pair with both sides of it laid beside each other."""

    pair: Pair
    job: Job
    item: Item
    cells: Cells
    open: Mapping[str, Conflict]
    decided: Mapping[str, Side]
    merge: Merge = _NOTHING
    touched: Mapping[str, Mapping[Side, Touched]] = field(default_factory=dict)
    refused: dict[str, Clash] = field(default_factory=dict)

    @property
    def edit(self) -> ItemEdit:
        """What is to be changed of the item."""
        name, values = self.cells.to_item(self.merge.to_item, self.item)
        return ItemEdit(self.item.id, name=name, values=values)

    @property
    def base(self) -> dict[str, Any]:
        """What both sides agree on by now."""
        known = {name: value for name, value in self.pair.base.items() if name in self.refused}
        return {name: one for name, one in self.merge.base.items() if name not in self.refused} | known

    @property
    def clashes(self) -> list[Clash]:
        """Those of the merge, and what a side refused after all."""
        kept = [one for one in self.merge.clashes if one.field not in self.refused]
        return [*kept, *self.refused.values()]


class Syncing:
    """What brings the two sides of pairs in step, within a transaction whose turn it is."""

    def __init__(self, pairs: Pairs) -> None:
        self._pairs = pairs

    async def jobs(
        self, job_ids: Collection[UUID], hand: Hand, tx: Within, *, anew: bool = False
    ) -> dict[UUID, list[Synced]]:
        """Bring the items of jobs in step with them; one without an item gets one on the board of jobs.

        One that somebody has parted from its item gets another only `anew`. Raises NoSuchJobError.
        """
        jobs = await self._pairs.jobs.some(job_ids, tx=tx)
        if len(jobs) < len(set(job_ids)):
            raise NoSuchJobError
        pairs = await self._pairs.of_jobs(job_ids, tx)
        made = await self._make_missing(jobs, pairs, hand, tx, anew=anew)
        if made:
            pairs = await self._pairs.of_jobs(job_ids, tx)
        found: dict[UUID, list[Synced]] = {id_: [] for id_ in job_ids}
        for one in await self.lay(pairs, hand, tx):
            assert one.job_id is not None
            found[one.job_id].append(replace(one, made=one.pair_id in made))
        for id_ in job_ids:
            found[id_] = found[id_] or [Synced(job_id=id_, note=_alone(jobs[id_]))]
        return found

    async def items(self, item_ids: Collection[UUID], hand: Hand, tx: Within) -> dict[UUID, Synced]:
        """Bring the jobs of items in step with them; one that names a job becomes a pair.

        Raises NoSuchItemError.
        """
        items = await self._pairs.boards.some_items(item_ids, tx=tx)
        if len(items) < len(set(item_ids)):
            raise NoSuchItemError
        pairs = await self._pairs.of_items(map(str, items), tx)
        laid = await self.lay(pairs, hand, tx)
        found = {UUID(pair.item_ref): one for pair, one in zip(pairs, laid, strict=True)}
        alone = [items[id_] for id_ in items if id_ not in found or found[id_].note == _ELSEWHERE]
        cells = await self.cells({one.board_id for one in alone}, tx) if alone else {}
        for one in alone:
            found[one.id] = await self._join_named(one, cells[one.board_id], hand, tx)
        return found

    async def join(self, job: Job, item: Item, hand: Hand, tx: Within) -> Synced:
        """Make a pair of a job and an item that names it, and bring both in step."""
        made = await self._pairs.add([(job.id, item.board_id, str(item.id), {})], tx)
        if not made:
            return Synced(item_id=item.id, job_id=job.id, note=_TAKEN)
        words = f"“{job.title}” and “{item.name}” belong together from now on."
        await self._pairs.note([_note("linked", made[0], {}, words)], hand, tx)
        (found,) = await self.lay(made, hand, tx)
        return replace(found, made=True)

    async def lay(
        self, pairs: Sequence[Pair], hand: Hand, tx: Within, decided: Decided | None = None
    ) -> list[Synced]:
        """Lay both sides of pairs beside each other, and write what is to be written where.

        A job on several boards is laid beside one after another, and once more where one of them changed it.
        """
        found: dict[UUID, Synced] = {}
        by_job: dict[UUID, list[Pair]] = defaultdict(list)
        for pair in pairs:
            by_job[pair.job_id].append(pair)
        for several in range(max(map(len, by_job.values()), default=0)):
            now = [own[several] for own in by_job.values() if len(own) > several]
            found |= await self._round(now, hand, tx, decided or {})
        again = {one.job_id for one in found.values() if one.to_job}
        for own in [own for id_, own in by_job.items() if len(own) > 1 and id_ in again]:
            for pair in await self._pairs.of_jobs([own[0].job_id], tx):
                later = (await self._round([pair], hand, tx, {}))[pair.id]
                before = found.get(pair.id, later)
                found[pair.id] = replace(
                    later, to_job=before.to_job, to_item={**before.to_item, **later.to_item}
                )
        return [found[pair.id] for pair in pairs]

    async def cells(self, board_ids: Iterable[UUID], tx: Within, *, people: bool = True) -> dict[UUID, Cells]:
        """Return how the items of boards are read and written; without `people` no lead can be chosen."""
        known = await self._pairs.people(tx) if people else {}
        boards = await self._pairs.boards.layout.some(set(board_ids), tx=tx)
        rules = await self._pairs.rules_of(boards, tx)
        return {id_: Cells(board, rules[id_], known) for id_, board in boards.items()}

    async def _round(
        self, pairs: Sequence[Pair], hand: Hand, tx: Within, decided: Decided
    ) -> dict[UUID, Synced]:
        jobs = await self._pairs.jobs.some({one.job_id for one in pairs}, tx=tx)
        items = await self._pairs.boards.some_items([UUID(one.item_ref) for one in pairs], tx=tx)
        cells = await self.cells({one.board_id for one in pairs}, tx, people=_somebody(jobs, items))
        open_ = await self._pairs.open_of([one.id for one in pairs], tx)
        found: dict[UUID, Synced] = {}
        ready: list[_Laid] = []
        for pair in pairs:
            job, item, of = jobs.get(pair.job_id), items.get(UUID(pair.item_ref)), cells[pair.board_id]
            state, asked, note = _standing(job, item, of, pair)
            if (state, asked) != (pair.state, pair.asked):
                pair = await self._turned(pair, state, asked, hand, tx)  # noqa: PLW2901 - the pair as it is now
            if state is PairState.LINKED and not note and job and item:
                ready.append(_Laid(pair, job, item, of, open_[pair.id], decided.get(pair.id, {})))
                await self._merge(ready[-1], tx)
            else:
                found[pair.id] = _stands(pair, note, len(open_[pair.id]))
        await self._write(ready, hand, tx)
        await self._keep(ready, hand, tx)
        return found | {one.pair.id: _synced(one) for one in ready}

    async def _merge(self, one: _Laid, tx: Within) -> None:
        """Lay both sides beside each other; who was last is looked up only where that may matter."""
        known = Known(open=frozenset(one.open), cannot=one.cells.cannot, decided=one.decided)
        sides = (one.pair.base, of_job(one.job), one.cells.of_item(one.item), one.cells.held)
        one.merge = merge(*sides, known)
        if one.merge.clashes:
            fields = {clash.field for clash in one.merge.clashes}
            columns = {rule.field: rule.column for rule in one.cells.held if rule.field in fields}
            one.touched = await self._pairs.touched(one.job.id, one.item.id, columns, tx)
            at = {
                side: {name: of[side].at for name, of in one.touched.items() if side in of} for side in Side
            }
            one.merge = merge(*sides, replace(known, when=When(at[Side.JOB], at[Side.ITEM])))

    async def _write(self, laid: Sequence[_Laid], hand: Hand, tx: Within) -> None:
        """Write both sides; what one refuses after all is asked about, and the rest is written."""
        writing = [one for one in laid if one.merge.writes]
        try:
            await self._write_all(writing, hand, tx)
        except BadInputError:
            for one in writing:
                await self._write_apart(one, hand, tx)

    async def _write_all(self, laid: Sequence[_Laid], hand: Hand, tx: Within) -> None:
        jobs = {one.job.id: to_job(one.merge.to_job) for one in laid if one.merge.to_job}
        edits = [one.edit for one in laid if one.merge.to_item]
        who: dict[str, Any] = {"actor": hand.actor, "cause": hand.cause, "tx": tx}
        if jobs:
            await self._pairs.jobs.change_all(jobs, **who)
        if edits:
            await self._pairs.boards.set_items(edits, **who)

    async def _write_apart(self, one: _Laid, hand: Hand, tx: Within) -> None:
        for side, values in ((Side.JOB, one.merge.to_job), (Side.ITEM, one.merge.to_item)):
            for name, value in values.items():
                only = {name: value}
                alone = replace(
                    one.merge,
                    to_job=only if side is Side.JOB else {},
                    to_item=only if side is Side.ITEM else {},
                )
                try:
                    await self._write_all([replace(one, merge=alone)], hand, tx)
                except BadInputError as error:
                    job, item = of_job(one.job)[name], one.cells.of_item(one.item)[name]
                    base = one.pair.base.get(name)
                    one.refused[name] = Clash(name, Kind.UNMAPPED, base, job, item, str(error))

    async def _keep(self, laid: Sequence[_Laid], hand: Hand, tx: Within) -> None:
        moved = [one for one in laid if one.base != one.pair.base]
        await self._pairs.keep([replace(one.pair, base=one.base) for one in moved], tx)
        notes = []
        for one in laid:
            if one.clashes or one.open:
                await self._keep_clashes(one, hand, tx)
            notes += list(_notes(one))
        await self._pairs.note(notes, hand, tx)

    async def _keep_clashes(self, one: _Laid, hand: Hand, tx: Within) -> None:
        for clash in one.clashes:
            found, touched = one.open.get(clash.field), one.touched.get(clash.field, {})
            if clash.winner is not None:
                state = Ruling.JOB if clash.winner is Side.JOB else Ruling.ITEM
                await self._pairs.add_conflict(one.pair, clash, touched, tx, state=state, by="the rule")
            elif found is None:
                await self._pairs.add_conflict(one.pair, clash, touched, tx)
            elif _differs(found, clash):
                await self._pairs.renew_conflict(found, clash, touched, tx)
        asked = {clash.field for clash in one.clashes}
        for name, found in one.open.items():
            if name not in asked:
                await self._pairs.decide(found, _ruling(one.merge, name), hand.actor.name, tx)

    async def _turned(
        self, pair: Pair, state: PairState, asked: Asked | None, hand: Hand, tx: Within
    ) -> Pair:
        after = replace(pair, state=state, asked=asked, version=pair.version + 1)
        await self._pairs.keep([after], tx)
        words = {PairState.LINKED: "Both sides are there again.", PairState.UNLINKED: "They are parted."}
        what = {PairState.LINKED: "linked", PairState.UNLINKED: "unlinked", PairState.ASKS: "asked"}[state]
        await self._pairs.note([_note(what, pair, {}, asked.question if asked else words[state])], hand, tx)
        return after

    async def _make_missing(
        self, jobs: Mapping[UUID, Job], pairs: Sequence[Pair], hand: Hand, tx: Within, *, anew: bool
    ) -> set[UUID]:
        """Give each job that has none an item on the board of jobs; return the pairs made for them."""
        board_id = await self._pairs.active_jobs(tx)
        have = {one.job_id for one in pairs if one.board_id == board_id}
        lacking = [one for id_, one in jobs.items() if id_ not in have and one.deleted_at is None]
        if lacking and not anew:
            parted = await self._pairs.parted([one.id for one in lacking], board_id, tx)
            lacking = [one for one in lacking if one.id not in parted]
        if not lacking:
            return set()
        cells = (await self.cells([board_id], tx))[board_id]
        named = await self._naming(lacking, cells, tx)
        new = [_item_for(job, cells) for job in lacking if job.id not in named]
        items = await self._pairs.boards.put_items(
            board_id, [one for one, _ in new], actor=hand.actor, cause=hand.cause, tx=tx
        )
        fresh = [job for job in lacking if job.id not in named]
        wanted = [
            (job.id, board_id, str(item.id), base)
            for job, item, (_, base) in zip(fresh, items, new, strict=True)
        ]
        wanted += [(id_, board_id, str(item.id), {}) for id_, item in named.items()]
        made = await self._pairs.add(wanted, tx)
        await self._pairs.note(
            [_note("linked", one, one.base, f"“{jobs[one.job_id].title}” has its item.") for one in made],
            hand,
            tx,
        )
        return {one.id for one in made}

    async def _naming(self, jobs: Sequence[Job], cells: Cells, tx: Within) -> dict[UUID, Item]:
        """Return an item on the board for each job that one names already, without a pair of its own."""
        linked = await self._pairs.boards.items_linked_to([one.id for one in jobs], tx=tx)
        fitting = {
            id_: [one for one in items if one.board_id == cells.board.id and one.deleted_at is None]
            for id_, items in linked.items()
        }
        refs = [str(one.id) for items in fitting.values() for one in items]
        taken = {one.item_ref for one in await self._pairs.of_items(refs, tx)} if refs else set()
        free = {
            id_: [one for one in items if cells.names(one) == id_ and str(one.id) not in taken]
            for id_, items in fitting.items()
        }
        return {id_: items[0] for id_, items in free.items() if items}

    async def _join_named(self, item: Item, cells: Cells, hand: Hand, tx: Within) -> Synced:
        named = cells.names(item)
        if named is None or item.deleted_at is not None or cells.board.deleted_at is not None:
            return Synced(item_id=item.id, note="The item names no job.")
        job = (await self._pairs.jobs.some([named], tx=tx)).get(named)
        if job is None or job.deleted_at is not None:
            return Synced(item_id=item.id, note="The item names a job that is not there.")
        if any(one.board_id == item.board_id for one in await self._pairs.of_jobs([job.id], tx)):
            return Synced(item_id=item.id, job_id=job.id, note=_TAKEN)
        return await self.join(job, item, hand, tx)


def _alone(job: Job) -> str:
    if job.deleted_at is not None:
        return "The job was deleted."
    return "Somebody has parted the job from its item: put it on the board by hand, and it gets another one."


def _standing(
    job: Job | None, item: Item | None, cells: Cells, pair: Pair
) -> tuple[PairState, Asked | None, str]:
    """Return how a pair stands now, what is asked, and why nothing is to be laid beside anything."""
    if cells.board.deleted_at is not None:
        return pair.state, pair.asked, "The board was deleted."
    job_gone = job is None or job.deleted_at is not None
    item_gone = item is None or item.deleted_at is not None
    if job_gone and item_gone:
        return PairState.UNLINKED, None, "Both sides are gone."
    if job_gone or item_gone:
        asked = Asked.JOB_DELETED if job_gone else Asked.ITEM_DELETED
        return PairState.ASKS, asked, asked.question
    assert item is not None
    named = cells.names(item)
    if cells.link is None or named == pair.job_id:
        return PairState.LINKED, None, ""
    if named is not None:
        return PairState.UNLINKED, None, _ELSEWHERE
    return PairState.ASKS, Asked.LINK_CLEARED, Asked.LINK_CLEARED.question


def _somebody(jobs: Mapping[UUID, Job], items: Mapping[UUID, Item]) -> bool:
    """Say whether anybody is named at all: without, nobody needs to be looked up."""
    named = (value for item in items.values() for value in item.values.values())
    return any(one.lead_id for one in jobs.values()) or any(isinstance(value, list) for value in named)


def _item_for(job: Job, cells: Cells) -> tuple[NewItem, dict[str, Any]]:
    """Return the item that a job gets, and what both agree on with it."""
    fields = {one.field for one in cells.held}
    base = {
        name: value
        for name, value in of_job(job).items()
        if name in fields and cells.cannot(Side.ITEM, name, value) is None
    }
    name, values = cells.to_item(base)
    link = {cells.link: str(job.id)} if cells.link else {}
    return NewItem(name or job.title, {**values, **link}), base


def _differs(found: Conflict, clash: Clash) -> bool:
    now = (clash.kind, clash.held(Side.JOB), clash.held(Side.ITEM), clash.sentence)
    return (found.kind, found.job, found.item, found.sentence) != now


def _ruling(found: Merge, name: str) -> Ruling:
    if name in found.to_item:
        return Ruling.JOB
    return Ruling.ITEM if name in found.to_job else Ruling.AGREED


def _note(what: str, pair: Pair, fields: Mapping[str, Any], words: str) -> Note:
    return Note(what, pair.id, pair.job_id, pair.item_ref, fields, words)


def _notes(one: _Laid) -> Iterator[Note]:
    wrote = {"to_job": one.merge.to_job, "to_item": one.merge.to_item}
    for what, values in wrote.items():
        done = {name: value for name, value in values.items() if name not in one.refused}
        if done:
            where = "The job" if what == "to_job" else "The item"
            yield _note(what, one.pair, done, f"{where} was changed: {', '.join(done)}.")
    for clash in one.clashes:
        found = one.open.get(clash.field)
        if found is None or _differs(found, clash):
            held = {"job": clash.held(Side.JOB), "item": clash.held(Side.ITEM)}
            yield _note("conflict", one.pair, {clash.field: held}, clash.sentence)


def _stands(pair: Pair, note: str, conflicts: int) -> Synced:
    item_id = UUID(pair.item_ref)
    return Synced(pair.id, item_id, pair.job_id, conflicts=conflicts, asked=pair.asked, note=note)


def _synced(one: _Laid) -> Synced:
    asked = sum(1 for clash in one.clashes if clash.winner is None)
    to_job = {name: value for name, value in one.merge.to_job.items() if name not in one.refused}
    to_item = {name: value for name, value in one.merge.to_item.items() if name not in one.refused}
    return Synced(one.pair.id, one.item.id, one.job.id, to_job, to_item, asked)
