"""Boards and their items, kept; with everything that was ever changed about an item."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from tiebeam.identity.repository import People
from tiebeam.jobs.boards.layout.repository import Layout
from tiebeam.jobs.boards.model import Board, ColumnKind, Item, ItemEdit, Lane, NewItem, Place
from tiebeam.jobs.boards.places import between
from tiebeam.jobs.boards.plan import LABEL_MAX, group_of, relabelled, titled
from tiebeam.jobs.boards.rules import (
    changeable,
    edited,
    jobs_named,
    lies_between,
    made,
    same_version,
    standing,
    status_column,
    whole,
)
from tiebeam.jobs.changes.model import Deed, Part
from tiebeam.jobs.changes.repository import Changes
from tiebeam.jobs.errors import (
    NoSuchItemError,
    UnknownWorkError,
)
from tiebeam.jobs.model import Cause, Subject, What
from tiebeam.jobs.rules import escaped
from tiebeam.kernel.canonical import canonical
from tiebeam.kernel.errors import BadInputError
from tiebeam.store.adapt import Jsons, Texts
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from tiebeam.jobs.boards.model import NewColumn
    from tiebeam.kernel.clock import Clock
    from tiebeam.operations.audit.model import Actor
    from tiebeam.store.pool import Store
    from tiebeam.store.transaction import Transaction

Q = queries("tiebeam.jobs.boards")

LIMIT_MAX: Final = 1000
NEAR_MAX: Final = 200
"""So many items at most move on a little to make room for one."""
_NOTHING: Final[Mapping[str, Any]] = {}


class Boards:
    """The boards of one tenant and their items; what changes a board itself is in `layout`.

    What writes does so within the caller's transaction if one is given. A `cause` of None begins a new chain.
    """

    def __init__(
        self, store: Store, tenant_id: UUID, clock: Clock, new_id: Callable[[], UUID] = uuid4
    ) -> None:
        self._tenant_id = tenant_id
        self._clock = clock
        self._new_id = new_id
        self._changes = Changes(store, tenant_id)
        self.layout = Layout(store, tenant_id, clock, new_id)

    async def all(self) -> list[Board]:
        """Return every board that is not deleted: that of the jobs, then the others by name."""
        return await self.layout.all()

    async def get(self, board_id: UUID, *, tx: Transaction | None = None) -> Board:
        """Return a board, a deleted one too. Raises NoSuchBoardError."""
        return await self.layout.get(board_id, tx=tx)

    async def active_jobs(self, *, tx: Transaction | None = None) -> Board:
        """Return the board on which every job has its item; made when it is first asked for."""
        return await self.layout.active_jobs(tx=tx)

    async def create(
        self,
        name: str,
        columns: Iterable[NewColumn] = (),
        groups: Sequence[str] = (),
        *,
        actor: Actor,
        tx: Transaction | None = None,
    ) -> Board:
        """Make a board; without groups it has one. Raises BadInputError."""
        return await self.layout.create(name, columns, groups, actor=actor, tx=tx)

    async def items(
        self,
        board_id: UUID,
        *,
        group_id: UUID | None = None,
        lane: tuple[str, str | None] | None = None,
        search: str | None = None,
        limit: int = 100,
        after: Place | None = None,
    ) -> list[Item]:
        """Return items of a board, as they stand in its groups; on from after a place.

        Of one group alone, of one lane (a status column's key and a label, None for no label), or of those
        with a text in their name. Raises NoSuchBoardError, BadInputError.
        """
        text = " ".join((search or "").split()).replace("\0", "")
        from_group, from_position, from_id = after or (None, None, None)
        key, label = lane or (None, None)
        named = {
            "tenant_id": self._tenant_id,
            "board_id": board_id,
            "group_id": group_id,
            "key": key,
            "label": label,
            "like": f"%{escaped(text)}%" if text else None,
            "from_group": from_group,
            "from_position": from_position,
            "from_id": from_id,
            "limit": max(1, min(limit, LIMIT_MAX)),
        }
        async with self._changes.reading() as within:
            board = await self.layout.get(board_id, tx=within)
            if after is not None:
                group_of(board, after.group_id)
            if key is not None:
                status_column(board, key)
            rows = await within.rows(Q["items"], named)
        return [_item(row, board) for row in rows]

    async def lanes(self, board_id: UUID, key: str) -> list[Lane]:
        """Return how many items have each label of a status column, in their order, and how many have none.

        Raises NoSuchBoardError, BadInputError.
        """
        async with self._changes.reading() as within:
            column = status_column(await self.layout.get(board_id, tx=within), key)
            named = {"tenant_id": self._tenant_id, "board_id": board_id, "key": key}
            found: dict[str | None, int] = dict(await within.rows(Q["lanes"], named))
        # Labels that the column has no more come last: of an item that was restored, and must not be lost.
        labels = dict.fromkeys((*(one.text for one in column.labels), None, *sorted(filter(None, found))))
        return [Lane(label, found.get(label, 0)) for label in labels]

    async def item(self, item_id: UUID, *, tx: Transaction | None = None, lock: bool = False) -> Item:
        """Return an item, a deleted one too. Raises NoSuchItemError.

        With `lock` nobody else changes any job or board until the caller's transaction ends.
        """
        async with self._changes.writing(tx) if lock else self._changes.reading(tx) as within:
            return await self._held(within, item_id)

    async def some_items(
        self, item_ids: Collection[UUID], *, tx: Transaction | None = None
    ) -> dict[UUID, Item]:
        """Return those items that there are, deleted ones too, by their ids."""
        async with self._changes.reading(tx) as within:
            found, _ = await self._some(within, item_ids)
        return found

    async def items_linked(self, job_id: UUID, *, tx: Transaction | None = None) -> list[Item]:
        """Return the items that name a job in a link column, those of the board of jobs first."""
        return (await self.items_linked_to([job_id], tx=tx)).get(job_id, [])

    async def items_linked_to(
        self, job_ids: Collection[UUID], *, tx: Transaction | None = None
    ) -> dict[UUID, list[Item]]:
        """Return the items that name each of many jobs, in one go."""
        async with self._changes.reading(tx) as within:
            named = {"tenant_id": self._tenant_id, "job_ids": list(job_ids)}
            rows = await within.rows(Q["linked"], named)
            boards = await self.layout.some({row[2] for row in rows}, tx=within)
        found: dict[UUID, list[Item]] = defaultdict(list)
        for job_id, *row in rows:
            found[job_id].append(_item(row, boards[row[1]]))
        return dict(found)

    async def create_item(
        self,
        board_id: UUID,
        name: str,
        *,
        group_id: UUID | None = None,
        values: Mapping[str, Any] = _NOTHING,
        position: float | None = None,
        actor: Actor,
        cause: Cause | None = None,
        id_: UUID | None = None,
        tx: Transaction | None = None,
    ) -> Item:
        """Add an item, once however often with the same id. Raises as `put_items` does."""
        wanted = NewItem(name, values, group_id, position, id_)
        (found,) = await self.put_items(board_id, [wanted], actor=actor, cause=cause, tx=tx)
        return found

    async def put_items(
        self,
        board_id: UUID,
        wanted: Sequence[NewItem],
        *,
        actor: Actor,
        cause: Cause | None = None,
        tx: Transaction | None = None,
    ) -> list[Item]:
        """Add items in the same few statements, however many; return them in their order.

        One whose id is there already stays. Raises BadInputError, NoSuchBoardError, UnknownWorkError.
        """
        at = self._clock.now()
        async with self._changes.writing(tx) as within:
            board = standing(await self.layout.get(board_id, tx=within))
            people = await self._people(within, [board], (one.values for one in wanted))
            last = await self._last_positions(within, [board])
            ids = [one.id or self._new_id() for one in wanted]
            known, _ = await self._some(within, ids) if any(one.id for one in wanted) else ({}, {})
            new: dict[UUID, Item] = {}
            for id_, one in zip(ids, wanted, strict=True):
                if id_ not in known and id_ not in new:
                    before = last.get(one.group_id or board.groups[0].id, 0.0)
                    new[id_] = made(one, board, people, id_=id_, last=before, at=at)
                    last[new[id_].group_id] = max(before, new[id_].position)
            await self._add(within, list(new.values()))
            await self._link(within, list(new.values()), {board.id: board})
            deeds = [_deed(one, What.CREATED, Part(None, None, whole(one))) for one in new.values()]
            await self._changes.add(deeds, actor, cause or self._new_cause(), at, tx=within)
        return [(known | new)[id_] for id_ in ids]

    async def change_item(
        self,
        item_id: UUID,
        *,
        name: str | None = None,
        group_id: UUID | None = None,
        position: float | None = None,
        values: Mapping[str, Any] = _NOTHING,
        version: int | None = None,
        actor: Actor,
        cause: Cause | None = None,
        tx: Transaction | None = None,
    ) -> Item:
        """Change an item; what is None stays, a value of None empties its cell. Raises as `set_items`."""
        edit = ItemEdit(item_id, name, group_id, position, values, version)
        (found,) = await self.set_items([edit], actor=actor, cause=cause, tx=tx)
        return found

    async def set_items(
        self,
        edits: Sequence[ItemEdit],
        *,
        actor: Actor,
        cause: Cause | None = None,
        tx: Transaction | None = None,
    ) -> list[Item]:
        """Change items in the same few statements, however many; return them in their order.

        Nothing is written where all is so already. Each is named once. Raises NoSuchItemError,
        NoSuchBoardError, DeletedWorkError, BadInputError, and ChangedMeanwhileError when one does not have
        its version any more.
        """
        at = self._clock.now()
        if len({one.id for one in edits}) < len(edits):
            raise BadInputError("An item is named twice.", action="Put what is to be changed of it together.")
        async with self._changes.writing(tx) as within:
            found, boards = await self._some(within, [one.id for one in edits])
            people = await self._people(within, boards.values(), (one.values for one in edits))
            moves = any(one.group_id and one.position is None for one in edits)
            last = await self._last_positions(within, boards.values()) if moves else {}
            deeds = []
            relinked = []
            for edit in edits:
                before = changeable(found.get(edit.id), boards, edit.version)
                place = last.get(edit.group_id or before.group_id, 0.0)
                board = boards[before.board_id]
                after, parts = edited(before, edit, board, people, last=place, at=at)
                if not parts:
                    continue
                found[edit.id] = after
                last[after.group_id] = max(last.get(after.group_id, 0.0), after.position)
                deeds.append(_deed(after, What.CHANGED, *parts))
                if jobs_named(before, board) != jobs_named(after, board):
                    relinked.append(after)
            await self._set(within, [found[deed.subject_id] for deed in deeds])
            await self._link(within, relinked, boards, anew=True)
            await self._changes.add(deeds, actor, cause or self._new_cause(), at, tx=within)
        return [found[one.id] for one in edits]

    async def move_item(
        self,
        item_id: UUID,
        *,
        group_id: UUID,
        before: UUID | None = None,
        version: int | None = None,
        values: Mapping[str, Any] = _NOTHING,
        actor: Actor,
        cause: Cause | None = None,
        tx: Transaction | None = None,
    ) -> Item:
        """Put an item into a group, before another item or (None) at its end, and change cells with it.

        Where there is no room between its neighbours, the next ones move on a little. Raises as `set_items`,
        and UnknownWorkError when the other item is not in that group any more.
        """
        async with self._changes.writing(tx) as within:
            item = await self._held(within, item_id)
            behind, following = await self._around(within, item, group_id, before)
            stays = item.group_id == group_id and lies_between(item.place, behind, following)
            new = (
                [item.position]
                if stays
                else between(
                    behind and behind[0], [one[0] for one in following], all_told=len(following) <= NEAR_MAX
                )
            )
            if not new:
                raise UnknownWorkError("Too many items stand at that place.", action="Choose another place.")
            ids = [item_id, *(one[1] for one in following)]
            edits = [ItemEdit(id_, position=place) for id_, place in zip(ids[: len(new)], new, strict=True)]
            edits[0] = ItemEdit(item_id, None, group_id, new[0], values, version)
            return (await self.set_items(edits, actor=actor, cause=cause, tx=within))[0]

    async def put_beside(
        self,
        item_id: UUID,
        other_id: UUID,
        *,
        behind: bool,
        actor: Actor,
        cause: Cause | None = None,
        tx: Transaction | None = None,
    ) -> Item:
        """Put an item right before another one of its board, or right behind it, into the group of that one.

        Raises as `move_item`.
        """
        async with self._changes.writing(tx) as within:
            item, other = await self._held(within, item_id), await self._held(within, other_id)
            if item_id == other_id:
                return item
            before: UUID | None = other_id
            if behind:
                _, following = await self._around(within, item, other.group_id, other_id)
                before = next((id_ for _, id_ in following if id_ != other_id), None)
            return await self.move_item(
                item_id, group_id=other.group_id, before=before, actor=actor, cause=cause, tx=within
            )

    async def rename_label(
        self,
        board_id: UUID,
        key: str,
        old: str,
        new: str,
        *,
        actor: Actor,
        cause: Cause | None = None,
        tx: Transaction | None = None,
    ) -> Board:
        """Give a label another text, also on deleted items that have it. Raises as `Layout.change_column`."""
        cause = cause or self._new_cause()
        async with self._changes.writing(tx) as within:
            column = status_column(await self.layout.get(board_id, tx=within), key)
            labels = relabelled(column, old, titled(new, "label", LABEL_MAX))
            board = await self.layout.change_column(
                board_id, key, labels=labels, replaced=[old], actor=actor, tx=within
            )
            named = {"tenant_id": self._tenant_id, "board_id": board_id, "key": key, "label": old}
            # What is deleted is not changed; it comes back with the label as it is called by then.
            await within.run(Q["relabel_deleted"], named | {"text": titled(new, "label", LABEL_MAX)})
            rows = await within.rows(Q["labelled"], named)
            edits = [ItemEdit(id_, values={key: new}) for (id_,) in rows]
            await self.set_items(edits, actor=actor, cause=cause, tx=within)
        return board

    async def delete_item(
        self,
        item_id: UUID,
        *,
        version: int | None = None,
        actor: Actor,
        cause: Cause | None = None,
        tx: Transaction | None = None,
    ) -> Item:
        """Delete an item, which can be restored. Raises NoSuchItemError, ChangedMeanwhileError."""
        async with self._changes.writing(tx) as within:
            item = await self._held(within, item_id)
            if item.deleted_at is not None:
                return item
            same_version(item, version)
            at = self._clock.now()
            after = replace(item, version=item.version + 1, updated_at=at, deleted_at=at)
            deed = _deed(after, What.DELETED, Part(None, whole(item), None))
            return await self._mark(within, after, deed, actor, cause)

    async def restore_item(
        self, item_id: UUID, *, actor: Actor, cause: Cause | None = None, tx: Transaction | None = None
    ) -> Item:
        """Take a deletion back; an item whose group is gone comes into the first one.

        Raises NoSuchItemError, NoSuchBoardError.
        """
        async with self._changes.writing(tx) as within:
            item = await self._held(within, item_id)
            if item.deleted_at is None:
                return item
            board = standing(await self.layout.get(item.board_id, tx=within))
            groups = [one.id for one in board.groups]
            group_id = item.group_id if item.group_id in groups else groups[0]
            at = self._clock.now()
            after = replace(item, version=item.version + 1, updated_at=at, deleted_at=None, group_id=group_id)
            deed = _deed(after, What.RESTORED, Part(None, None, whole(after)))
            return await self._mark(within, after, deed, actor, cause)

    async def _around(
        self, within: Transaction, item: Item, group_id: UUID, before: UUID | None
    ) -> tuple[tuple[float, UUID] | None, list[tuple[float, UUID]]]:
        """Return whom an item is to stand behind, and the next ones after it."""
        named = {
            "tenant_id": self._tenant_id,
            "board_id": item.board_id,
            "group_id": group_id,
            "id": item.id,
            "before": before,
            "limit": NEAR_MAX + 1,
        }
        behind, following = await within.several((Q["behind"], named), (Q["following"], named))
        if before is not None and not following:
            raise UnknownWorkError(
                "The item before which it was to stand is not in that group any more.",
                action="Look at the board as it is now.",
            )
        return (behind[0] if behind else None), following

    async def _held(self, within: Transaction, item_id: UUID) -> Item:
        found, _ = await self._some(within, [item_id])
        if item_id not in found:
            raise NoSuchItemError
        return found[item_id]

    async def _some(
        self, within: Transaction, ids: Collection[UUID]
    ) -> tuple[dict[UUID, Item], dict[UUID, Board]]:
        """Return items with their boards."""
        rows = await within.rows(Q["some"], {"tenant_id": self._tenant_id, "ids": list(ids)})
        boards = await self.layout.some({row[1] for row in rows}, tx=within)
        return {row[0]: _item(row, boards[row[1]]) for row in rows}, boards

    async def _people(
        self, within: Transaction, boards: Iterable[Board], values: Iterable[Mapping[str, Any]]
    ) -> dict[UUID, bool]:
        """Return who is still here, where somebody is named at all."""
        keys = {one.key for board in boards for one in board.columns if one.kind is ColumnKind.PEOPLE}
        if not any(one.get(key) for one in values for key in keys):
            return {}
        return {one.id: one.active for one in await People(within, self._tenant_id).all()}

    async def _last_positions(self, within: Transaction, boards: Iterable[Board]) -> dict[UUID, float]:
        named = {"tenant_id": self._tenant_id, "board_ids": [one.id for one in boards]}
        return dict(await within.rows(Q["last_positions"], named))

    async def _add(self, within: Transaction, items: Sequence[Item]) -> None:
        if items:
            named = {"board_id": items[0].board_id, "at": items[0].created_at}
            await within.run(Q["add"], self._columns(items) | named)

    async def _set(self, within: Transaction, items: Sequence[Item]) -> None:
        if items:
            await within.run(Q["set"], self._columns(items) | {"at": items[0].updated_at})

    def _columns(self, items: Sequence[Item]) -> dict[str, Any]:
        return {
            "tenant_id": self._tenant_id,
            "ids": [one.id for one in items],
            "group_ids": [one.group_id for one in items],
            "names": Texts(one.name for one in items),
            "positions": [one.position for one in items],
            "values": Jsons(canonical(one.values) for one in items),
        }

    async def _link(
        self,
        within: Transaction,
        items: Sequence[Item],
        boards: Mapping[UUID, Board],
        *,
        anew: bool = False,
    ) -> None:
        """Keep which jobs items name, for those who look from the job."""
        if anew and items:
            named = {"tenant_id": self._tenant_id, "ids": [one.id for one in items]}
            await within.run(Q["unlink"], named)
        found = [(job, one.id, key) for one in items for key, job in jobs_named(one, boards[one.board_id])]
        if found:
            job_ids, item_ids, keys = zip(*found, strict=True)
            named = {"job_ids": list(job_ids), "item_ids": list(item_ids), "keys": Texts(keys)}
            await within.run(Q["link"], named | {"tenant_id": self._tenant_id})

    async def _mark(
        self, within: Transaction, after: Item, deed: Deed, actor: Actor, cause: Cause | None
    ) -> Item:
        named = {
            "tenant_id": self._tenant_id,
            "id": after.id,
            "group_id": after.group_id,
            "deleted_at": after.deleted_at,
            "at": after.updated_at,
        }
        await within.run(Q["mark"], named)
        await self._changes.add([deed], actor, cause or self._new_cause(), after.updated_at, tx=within)
        return after

    def _new_cause(self) -> Cause:
        return Cause(self._new_id())


def _deed(item: Item, what: What, *parts: Part) -> Deed:
    return Deed(Subject.ITEM, item.id, what, item.version, parts, item.board_id)


def _item(row: Sequence[Any], board: Board) -> Item:
    id_, board_id, group_id, name, position, version, created_at, updated_at, deleted_at, cells = row
    shown = {one.key for one in board.columns}
    # Cells of columns that were removed are kept and not shown.
    values = {key: value for key, value in cells.items() if key in shown}
    return Item(id_, board_id, group_id, name, position, version, created_at, updated_at, deleted_at, values)
