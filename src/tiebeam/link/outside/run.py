"""What keeps a board of ours the same as one elsewhere: passes over it, news from there, changes of ours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tiebeam.connectors.monday.model import ItemState, OutsideItem
from tiebeam.connectors.ports import Refusal
from tiebeam.link.outside.deciding import Deciding
from tiebeam.link.outside.laying import Laying, Reading
from tiebeam.link.outside.making import Making
from tiebeam.link.outside.matching import joined
from tiebeam.link.outside.model import NAME, Gone, LinkState, Mirrored, MirrorState
from tiebeam.link.outside.plan import to_say, too_many_gone
from tiebeam.operations.audit.model import Actor

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from uuid import UUID

    from tiebeam.jobs.boards.model import Item
    from tiebeam.kernel.clock import Clock
    from tiebeam.link.outside.model import Mirror, OutsideConflict, OutsideLink, Then, Whose
    from tiebeam.link.outside.ports import Books, Desk, Moved, Turn

T = TypeVar("T")

AUTHOR: Final = Actor.system("mirror")
"""Who writes what comes from there."""
CHUNK: Final = 500
MOVED_MAX: Final = 500
"""So many changes of ours are looked at together."""
WAITING_MAX: Final = 100
"""So many items at most that are to be made or written again are taken up in one go."""


class Mirroring:
    """Joined boards of one tenant, kept the same.

    Whoever calls sees to it that one thing at a time is done for a joined board. Whatever is interrupted is
    gone on with by the next call. Raises TiebeamError when nothing can succeed before somebody acts.
    """

    def __init__(self, books: Books, desk: Desk, clock: Clock, actor: Actor = AUTHOR) -> None:
        self._books = books
        self._desk = desk
        self._clock = clock
        self._laying = Laying(books, desk, clock, actor)
        self._making = Making(books, desk, clock, self._laying)
        self._deciding = Deciding(books, desk, self._laying, self._making)

    async def pull(self, link_id: UUID, *, approved: bool = False) -> Mirrored:
        """Read the board there whole and make both the same.

        Items that are missing there are asked about, unless there are so many that a person has to say by
        `approved` that this is meant.
        """
        told = Mirrored()
        link = await self._look_around(link_id, told)
        if link is None:
            return told
        items = await self._making.listed(link, told)
        if items is None:
            return told
        seen = {one.id for one in items}
        if not await self._making.resume(link_id, told, items):
            return told
        joins = await self._joins(link, items) if link.passed_at is None else {}
        for chunk in _chunks(items):
            if not await self._laying.round(link_id, Reading(chunk, joins=joins), told):
                return told
        await self._miss(link_id, seen, told, approved=approved)
        if told.refusal is None:
            await self._make_missing(link_id, told)
        return told

    async def hear(
        self, link_id: UUID, outside_ids: Collection[str], answers: Collection[str] = ()
    ) -> Mirrored:
        """Read items there that something is said to have happened to, and make both sides the same.

        `answers` are those of them that a rule there has changed in answer to something.
        """
        told = Mirrored()
        if not await self._ready(link_id, told):
            return told
        for ids in _chunks(dict.fromkeys(outside_ids)):
            items = await self._desk.items(ids)
            if isinstance(items, Refusal):
                told.refusal = items
                return told
            if not await self._laying.round(link_id, Reading(items, answers=frozenset(answers)), told):
                return told
        return told

    async def send(self, link_id: UUID) -> Mirrored:
        """Tell the other side what was changed on ours, and go on with what was interrupted."""
        told = Mirrored()
        if not await self._ready(link_id, told):
            return told
        waiting = await self._waiting(link_id)
        while await self._send_some(link_id, waiting, told):
            waiting = set()
        if told.refusal is None:
            await self._making.make(link_id, told, WAITING_MAX)
        return told

    async def settle(self, conflict_id: UUID, whose: Whose, actor: Actor) -> OutsideConflict:
        """Take the value of one side of an open conflict for both. Raises as `Deciding.settle` does."""
        return await self._deciding.settle(conflict_id, whose, actor)

    async def undo(self, conflict_id: UUID, actor: Actor) -> OutsideConflict:
        """Open a conflict again that was decided. Raises as `Deciding.undo` does."""
        return await self._deciding.undo(conflict_id, actor)

    async def answer(self, mirror_id: UUID, then: Then, actor: Actor) -> Mirrored:
        """Say what is to become of a mirror that asks. Raises as `Deciding.answer` does."""
        return await self._deciding.answer(mirror_id, then, actor)

    async def _ready(self, link_id: UUID, told: Mirrored) -> bool:
        """Know the board there, and what became of that which was interrupted; say whether to go on."""
        link = await self._link(link_id)
        if link.state is not LinkState.ON:
            return False
        if not link.layout.id and await self._look_around(link_id, told) is None:
            return False
        return await self._making.resume(link_id, told)

    async def _link(self, link_id: UUID) -> OutsideLink:
        async with self._books.turn() as turn:
            return await turn.link(link_id)

    async def _waiting(self, link_id: UUID) -> set[str]:
        async with self._books.turn() as turn:
            waiting = await turn.waiting(link_id, WAITING_MAX)
        return {one.outside_id for one in waiting if one.outside_id and one.sent}

    async def _send_some(self, link_id: UUID, waiting: set[str], told: Mirrored) -> bool:
        """Send a page of changes, and what waits besides; say whether there may be another one."""
        async with self._books.turn() as turn:
            link = await turn.link(link_id)
            moved, newest = await turn.moved(link, MOVED_MAX)
            asked = waiting | await self._to_ask(turn, link, moved)
            if not asked and newest != link.seen_change:
                await turn.keep_link(replace(link, seen_change=newest))
        if asked:
            items = await self._desk.items(sorted(asked))
            if isinstance(items, Refusal):
                told.refusal = items
                return False
            causes = {one.item_id: one.cause for one in moved}
            reading = Reading(items, causes=causes, seen_change=newest)
            if not await self._laying.round(link_id, reading, told):
                return False
        return bool(moved)

    async def _to_ask(self, turn: Turn, link: OutsideLink, moved: Sequence[Moved]) -> set[str]:
        """Return which items there have to be read: those whose one here was changed and is not as agreed."""
        sheet = await self._laying.sheet(turn, link)
        ids = [one.item_id for one in moved]
        mirrors = {one.item_id: one for one in await turn.of_items(link.id, ids)} if ids else {}
        items = await turn.items(ids) if ids else {}
        new = [one for id_, one in items.items() if id_ not in mirrors and one.deleted_at is None]
        await self._laying.begin(turn, link, new)
        anew = [
            replace(one, refused={}, state=MirrorState.LINKED)
            for id_, one in mirrors.items()
            if id_ in items and _may_be_made(one, items[id_])
        ]
        await turn.keep(anew)
        return {
            mirror.outside_id
            for id_, mirror in mirrors.items()
            if id_ and mirror.outside_id and _changed(mirror, items.get(id_), sheet.of_ours)
        }

    async def _look_around(self, link_id: UUID, told: Mirrored) -> OutsideLink | None:
        """Read the board there, who is there and who we are; None when that could not be done."""
        link = await self._link(link_id)
        if link.state is not LinkState.ON:
            return None
        board = await self._desk.board(link.outside_board_id)
        people = board if isinstance(board, Refusal) else await self._desk.people()
        me = link.me if isinstance(people, Refusal) or link.me else await self._my_id()
        if isinstance(board, Refusal) or isinstance(people, Refusal) or isinstance(me, Refusal):
            told.refusal = next(one for one in (board, people, me) if isinstance(one, Refusal))
            return None
        async with self._books.turn() as turn:
            before = await turn.link(link_id)
            after = replace(before, layout=board, people=people, me=me)
            if after != before:
                await turn.keep_link(after)
        return after

    async def _my_id(self) -> str | Refusal:
        user = await self._desk.me()
        return user if isinstance(user, Refusal) else user.id

    async def _joins(self, link: OutsideLink, items: Sequence[OutsideItem]) -> Mapping[str, Item]:
        """Return which of them are items that our board has already, when both boards are first joined."""
        async with self._books.turn() as turn:
            sheet = await self._laying.sheet(turn, link)
            free = await turn.unmirrored(link, len(items) + CHUNK)
            known = await turn.known(link.id)
            return joined(sheet, free, [one for one in items if one.id not in known])

    async def _miss(self, link_id: UUID, seen: set[str], told: Mirrored, *, approved: bool) -> None:
        """Conclude what is gone there from a list that was read to its end."""
        async with self._books.turn() as turn:
            link = await turn.link(link_id)
            known = await turn.known(link_id)
            linked = [id_ for id_, state in known.items() if state is MirrorState.LINKED]
            missing = sorted(set(linked) - seen)
            told.held = 0 if approved or not too_many_gone(len(missing), len(linked)) else len(missing)
            after = replace(link, held=told.held, passed_at=self._clock.now())
            await turn.keep_link(after)
        if not missing or told.held:
            return
        found = await self._desk.items(missing)
        if isinstance(found, Refusal):
            told.refusal = found
            return
        there = {one.id: one for one in found}
        gone = [there.get(id_) or _nowhere(id_) for id_ in missing]
        await self._laying.round(link_id, Reading(tuple(gone), approved=True), told)

    async def _make_missing(self, link_id: UUID, told: Mirrored) -> None:
        """Have what stands on our board alone made there."""
        async with self._books.turn() as turn:
            link = await turn.link(link_id)
            new = await turn.unmirrored(link, CHUNK)
            await self._laying.begin(turn, link, new)
        await self._making.make(link_id, told, WAITING_MAX)
        told.more |= len(new) == CHUNK


def _chunks(several: Iterable[T]) -> Iterator[tuple[T, ...]]:
    every = tuple(several)
    for start in range(0, len(every), CHUNK):
        yield every[start : start + CHUNK]


def _may_be_made(mirror: Mirror, item: Item) -> bool:
    """Say whether what was given up before it was made there has another name now, or was restored."""
    if mirror.outside_id is not None or item.deleted_at is not None:
        return False
    renamed = NAME in mirror.refused and mirror.refused[NAME].value != item.name
    return renamed or mirror.state is MirrorState.APART


def _changed(mirror: Mirror, item: Item | None, of_ours: Callable[[Item], Mapping[str, Any]]) -> bool:
    if mirror.state is MirrorState.APART:
        return False
    gone = item is None or item.deleted_at is not None
    if gone != (mirror.asked is Gone.OURS_DELETED):
        return True
    return mirror.state is MirrorState.LINKED and item is not None and to_say(mirror, of_ours(item))


def _nowhere(outside_id: str) -> OutsideItem:
    return OutsideItem(outside_id, "", "", "", None, state=ItemState.DELETED)
