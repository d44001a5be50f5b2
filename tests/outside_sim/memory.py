"""Our side in memory: what a repository keeps, kept in dictionaries, all of a turn or nothing."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from tiebeam.jobs.boards.rules import changeable, edited, made
from tiebeam.link.outside.model import MirrorState, OutsideConflict, Ruling
from tiebeam.link.outside.ports import Moved, Person
from tiebeam.link.pairs.model import Side, Touched

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from tiebeam.jobs.boards.model import Board, Item, ItemEdit, NewItem
    from tiebeam.jobs.model import Cause
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.link.outside.model import Mirror, OutsideLink
    from tiebeam.link.outside.ports import By, Line
    from tiebeam.link.pairs.model import Clash

_IDS = UUID(int=7)


@dataclass(frozen=True, slots=True)
class Write:
    """What was changed of an item of ours at once."""

    id: int
    item_id: UUID
    fields: Mapping[str, Any]
    actor: str
    cause: Cause
    at: datetime


@dataclass(slots=True)
class Kept:
    """Everything that is kept."""

    board: Board
    link: OutsideLink
    people: dict[UUID, Person] = field(default_factory=dict)
    items: dict[UUID, Item] = field(default_factory=dict)
    mirrors: dict[UUID, Mirror] = field(default_factory=dict)
    conflicts: dict[UUID, OutsideConflict] = field(default_factory=dict)
    writes: list[Write] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    made: int = 0

    def copy(self) -> Kept:
        """Return the same, apart."""
        return replace(
            self,
            people=self.people.copy(),
            items=self.items.copy(),
            mirrors=self.mirrors.copy(),
            conflicts=self.conflicts.copy(),
            writes=self.writes.copy(),
            lines=self.lines.copy(),
        )

    def new_id(self) -> UUID:
        """Return an id that nothing has yet."""
        self.made += 1
        return uuid5(_IDS, str(self.made))


class MemoryBooks:
    """Our side. `point` is called wherever the process may die."""

    point: Callable[[], None]

    def __init__(self, kept: Kept, clock: ManualClock) -> None:
        self.kept = kept
        self.clock = clock

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[MemoryTurn]:
        self.point()
        inner = self.kept.copy()
        yield MemoryTurn(inner, self.clock)
        self.point()
        self.kept = inner
        self.point()


class MemoryTurn:
    """Our side while nobody else writes to it."""

    def __init__(self, kept: Kept, clock: ManualClock) -> None:
        self.kept = kept
        self.clock = clock

    async def link(self, link_id: UUID) -> OutsideLink:
        assert link_id == self.kept.link.id
        return self.kept.link

    async def keep_link(self, link: OutsideLink) -> None:
        self.kept.link = link

    async def board(self, board_id: UUID) -> Board:
        assert board_id == self.kept.board.id
        return self.kept.board

    async def people(self) -> Mapping[str, Person]:
        return {str(id_): one for id_, one in self.kept.people.items()}

    async def of_items(self, link_id: UUID, item_ids: Collection[UUID]) -> list[Mirror]:
        return [one for one in self._mirrors(link_id) if one.item_id in set(item_ids)]

    async def of_outside(self, link_id: UUID, outside_ids: Collection[str]) -> list[Mirror]:
        return [one for one in self._mirrors(link_id) if one.outside_id in set(outside_ids)]

    async def waiting(self, link_id: UUID, limit: int) -> list[Mirror]:
        return [one for one in self._mirrors(link_id) if one.waits][:limit]

    async def known(self, link_id: UUID) -> dict[str, MirrorState]:
        return {one.outside_id: one.state for one in self._mirrors(link_id) if one.outside_id}

    async def mirror(self, mirror_id: UUID) -> Mirror:
        return self.kept.mirrors[mirror_id]

    async def add(self, mirrors: Sequence[Mirror]) -> None:
        for one in mirrors:
            for other in self.kept.mirrors.values():
                assert one.item_id is None or other.item_id != one.item_id, "an item has two mirrors"
                assert one.outside_id is None or other.outside_id != one.outside_id, "two mirrors of one"
            self.kept.mirrors[one.id] = one

    async def keep(self, mirrors: Sequence[Mirror]) -> None:
        for one in mirrors:
            others = (other for other in self.kept.mirrors.values() if other.id != one.id)
            assert all(other.outside_id != one.outside_id for other in others if one.outside_id), "two"
            self.kept.mirrors[one.id] = one

    async def unmirrored(self, link: OutsideLink, limit: int) -> list[Item]:
        having = {one.item_id for one in self._mirrors(link.id)}
        every = self.kept.items.values()
        return [one for one in every if one.id not in having and one.deleted_at is None][:limit]

    async def moved(self, link: OutsideLink, limit: int) -> tuple[list[Moved], int]:
        new = [one for one in self.kept.writes if one.id > link.seen_change][:limit]
        last = {one.item_id: Moved(one.item_id, one.id, one.cause) for one in new}
        return list(last.values()), max((one.id for one in new), default=link.seen_change)

    async def items(self, ids: Collection[UUID]) -> dict[UUID, Item]:
        return {id_: self.kept.items[id_] for id_ in ids if id_ in self.kept.items}

    async def put_items(self, board_id: UUID, wanted: Sequence[NewItem], by: By) -> list[Item]:
        assert board_id == self.kept.board.id
        return [self.put(one, by.actor.name, by.cause) for one in wanted]

    async def set_items(self, edits: Sequence[ItemEdit], by: By) -> list[Item]:
        return [self.set(one, by.actor.name, by.cause) for one in edits]

    async def delete_item(self, item_id: UUID, by: By) -> None:
        self.mark(item_id, self.clock.now(), by.actor.name, by.cause)

    async def restore_item(self, item_id: UUID, by: By) -> None:
        self.mark(item_id, None, by.actor.name, by.cause)

    async def touched(self, item_id: UUID, names: Collection[str]) -> dict[str, Touched]:
        found: dict[str, Touched] = {}
        for one in self.kept.writes:
            if one.item_id == item_id:
                found |= {name: Touched(one.at, one.actor) for name in names if name in one.fields}
        return found

    async def open_of(self, mirror_ids: Collection[UUID]) -> dict[UUID, dict[str, OutsideConflict]]:
        found: dict[UUID, dict[str, OutsideConflict]] = {id_: {} for id_ in mirror_ids}
        for one in self.kept.conflicts.values():
            if one.state is Ruling.OPEN and one.mirror_id in found:
                assert one.field not in found[one.mirror_id], "two questions about one cell"
                found[one.mirror_id][one.field] = one
        return found

    async def conflict(self, conflict_id: UUID) -> OutsideConflict:
        return self.kept.conflicts[conflict_id]

    async def add_conflict(
        self, mirror: Mirror, clash: Clash, touched: Mapping[Side, Touched], state: Ruling, by: str
    ) -> None:
        ours, theirs = touched.get(Side.JOB), touched.get(Side.ITEM)
        found = OutsideConflict(
            self.kept.new_id(),
            mirror.id,
            mirror.link_id,
            self.kept.board.id,
            mirror.item_id,
            mirror.outside_id,
            clash.field,
            clash.kind,
            clash.base,
            clash.held(Side.JOB),
            clash.held(Side.ITEM),
            ours.at if ours else None,
            ours.by if ours else "",
            theirs.at if theirs else None,
            theirs.by if theirs else "",
            clash.sentence,
            state,
            self.clock.now(),
            None,
            by,
        )
        self.kept.conflicts[found.id] = found

    async def renew_conflict(
        self, found: OutsideConflict, clash: Clash, touched: Mapping[Side, Touched]
    ) -> None:
        assert touched is not None
        self.kept.conflicts[found.id] = replace(
            found,
            kind=clash.kind,
            ours=clash.held(Side.JOB),
            theirs=clash.held(Side.ITEM),
            sentence=clash.sentence,
        )

    async def decide(self, found: OutsideConflict, state: Ruling, by: str) -> None:
        self.kept.conflicts[found.id] = replace(found, state=state, decided_by=by)

    async def note(self, lines: Sequence[Line], by: By, at: datetime) -> None:
        assert by.cause.hops >= 0
        assert at == self.clock.now()
        self.kept.lines += lines

    def put(self, wanted: NewItem, actor: str, cause: Cause) -> Item:
        """Make an item, once however often with the same id."""
        if wanted.id in self.kept.items:
            return self.kept.items[wanted.id]
        last = max((one.position for one in self.kept.items.values()), default=0.0)
        id_, active = wanted.id or self.kept.new_id(), self._active()
        item = made(wanted, self.kept.board, active, id_=id_, last=last, at=self.clock.now())
        self.kept.items[id_] = item
        self._wrote(item, {"name": item.name, "group": str(item.group_id), **item.values}, actor, cause)
        return item

    def set(self, edit: ItemEdit, actor: str, cause: Cause) -> Item:
        """Change an item; nothing is written where all is so already."""
        board = self.kept.board
        before = changeable(self.kept.items.get(edit.id), {board.id: board}, None)
        after, parts = edited(before, edit, board, self._active(), last=before.position, at=self.clock.now())
        if parts:
            self.kept.items[after.id] = after
            self._wrote(after, {str(one.field): one.after for one in parts}, actor, cause)
        return after

    def mark(self, item_id: UUID, deleted_at: datetime | None, actor: str, cause: Cause) -> None:
        """Delete an item, or take that back."""
        item = self.kept.items[item_id]
        self.kept.items[item_id] = replace(item, deleted_at=deleted_at, version=item.version + 1)
        self._wrote(item, {}, actor, cause)

    def _wrote(self, item: Item, fields: Mapping[str, Any], actor: str, cause: Cause) -> None:
        id_ = len(self.kept.writes) + 1
        self.kept.writes.append(Write(id_, item.id, fields, actor, cause, self.clock.now()))

    def _active(self) -> dict[UUID, bool]:
        return {id_: one.active for id_, one in self.kept.people.items()}

    def _mirrors(self, link_id: UUID) -> list[Mirror]:
        return [one for one in self.kept.mirrors.values() if one.link_id == link_id]
