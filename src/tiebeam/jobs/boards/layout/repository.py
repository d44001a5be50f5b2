"""Boards with their columns and groups, kept."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from tiebeam.jobs.boards.model import Board, Column, ColumnKind, Group, Label, NewColumn, Purpose
from tiebeam.jobs.boards.plan import (
    ACTIVE_COLUMNS,
    ACTIVE_GROUPS,
    ACTIVE_JOBS,
    changed_column,
    changed_group,
    titled,
    with_column,
    with_group,
    without_column,
    without_group,
)
from tiebeam.jobs.boards.values import column_of
from tiebeam.jobs.changes.repository import Changes
from tiebeam.jobs.errors import InUseError, NoSuchBoardError
from tiebeam.kernel.canonical import canonical
from tiebeam.operations.audit.repository import Trail
from tiebeam.store.adapt import Jsons, Longs, Texts
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from tiebeam.kernel.clock import Clock
    from tiebeam.operations.audit.model import Actor
    from tiebeam.store.pool import Store
    from tiebeam.store.transaction import Transaction

Q = queries("tiebeam.jobs.boards.layout")

DELETED_MAX: Final = 100
"""So many deleted boards are shown."""

_GROUPS: Final = ("Items",)


class Layout:
    """How the boards of one tenant are laid out. What is done to it is noted in the audit trail."""

    def __init__(
        self, store: Store, tenant_id: UUID, clock: Clock, new_id: Callable[[], UUID] = uuid4
    ) -> None:
        self._tenant_id = tenant_id
        self._clock = clock
        self._new_id = new_id
        self._changes = Changes(store, tenant_id)
        self._trail = Trail(store, clock)

    async def all(self) -> list[Board]:
        """Return every board that is not deleted: that of the jobs, then the others by name."""
        async with self._changes.reading() as within:
            return await self._read(within, None)

    async def deleted(self) -> list[Board]:
        """Return the boards that can be restored, at most 100, the latest first."""
        async with self._changes.reading() as within:
            named = {"tenant_id": self._tenant_id, "limit": DELETED_MAX}
            ids = [id_ for (id_,) in await within.rows(Q["deleted"], named)]
            found = {one.id: one for one in await self._read(within, ids)} if ids else {}
        return [found[id_] for id_ in ids]

    async def get(self, board_id: UUID, *, tx: Transaction | None = None) -> Board:
        """Return a board, a deleted one too. Raises NoSuchBoardError."""
        async with self._changes.reading(tx) as within:
            found = await self._read(within, [board_id])
        if not found:
            raise NoSuchBoardError
        return found[0]

    async def some(self, board_ids: Collection[UUID], *, tx: Transaction | None = None) -> dict[UUID, Board]:
        """Return those boards that there are, deleted ones too, by their ids."""
        async with self._changes.reading(tx) as within:
            return {one.id: one for one in await self._read(within, board_ids)} if board_ids else {}

    async def active_jobs(self, *, tx: Transaction | None = None) -> Board:
        """Return the board on which every job has its item; made when it is first asked for."""
        async with self._changes.reading(tx) as within:
            found = await self._active(within)
        if found is not None:
            return found
        async with self._changes.writing(tx) as within:
            return await self._active(within) or await self._make(
                within, ACTIVE_JOBS, ACTIVE_COLUMNS, ACTIVE_GROUPS, Purpose.ACTIVE_JOBS
            )

    async def create(
        self,
        name: str,
        columns: Iterable[NewColumn] = (),
        groups: Sequence[str] = _GROUPS,
        *,
        actor: Actor,
        tx: Transaction | None = None,
    ) -> Board:
        """Make a board. Raises BadInputError."""
        async with self._changes.writing(tx) as within:
            board = await self._make(within, titled(name, "name"), columns, groups or _GROUPS, None)
            await self._note(within, actor, "made", board)
        return board

    async def rename(
        self, board_id: UUID, name: str, *, actor: Actor, tx: Transaction | None = None
    ) -> Board:
        """Give a board another name. Raises BadInputError, NoSuchBoardError."""
        async with self._changes.writing(tx) as within:
            board = await self._standing(within, board_id)
            after = replace(board, name=titled(name, "name"))
            return await self._kept(within, (board, after), actor, "renamed")

    async def delete(self, board_id: UUID, *, actor: Actor, tx: Transaction | None = None) -> Board:
        """Delete a board with all that is on it; it can be restored. Raises InUseError, NoSuchBoardError."""
        async with self._changes.writing(tx) as within:
            board = await self.get(board_id, tx=within)
            if board.purpose is not None:
                raise InUseError(
                    f"“{board.name}” is the board of all jobs and cannot be deleted.",
                    action="Delete the jobs that are not wanted any more.",
                )
            if board.deleted_at is not None:
                return board
            after = replace(board, deleted_at=self._clock.now())
            return await self._kept(within, (board, after), actor, "deleted")

    async def restore(self, board_id: UUID, *, actor: Actor, tx: Transaction | None = None) -> Board:
        """Take a deletion back. Raises NoSuchBoardError."""
        async with self._changes.writing(tx) as within:
            board = await self.get(board_id, tx=within)
            return await self._kept(within, (board, replace(board, deleted_at=None)), actor, "restored")

    async def add_column(
        self, board_id: UUID, wanted: NewColumn, *, actor: Actor, tx: Transaction | None = None
    ) -> Board:
        """Add a column behind the others. Raises BadInputError, NoSuchBoardError."""
        async with self._changes.writing(tx) as within:
            board = await self._standing(within, board_id)
            named = {"tenant_id": self._tenant_id, "board_id": board_id}
            taken = [key for (key,) in await within.rows(Q["keys"], named)]
            after = with_column(board, wanted, self._new_id, taken)
            return await self._kept(within, (board, after), actor, "column_added", after.columns[-1].key)

    async def change_column(
        self,
        board_id: UUID,
        key: str,
        *,
        title: str | None = None,
        labels: Sequence[Label] | None = None,
        position: int | None = None,
        replaced: Collection[str] = (),
        actor: Actor,
        tx: Transaction | None = None,
    ) -> Board:
        """Change a column; what is None stays.

        Raises BadInputError, NoSuchBoardError, and InUseError when a label would go that items have, unless
        the caller has it `replaced` in them.
        """
        async with self._changes.writing(tx) as within:
            board = await self._standing(within, board_id)
            after = changed_column(board, key, title=title, labels=labels, position=position)
            gone = _texts(column_of(board, key)) - _texts(column_of(after, key)) - set(replaced)
            await self._require_unused(within, board, key, gone)
            return await self._kept(within, (board, after), actor, "column_changed", key)

    async def remove_column(
        self, board_id: UUID, key: str, *, actor: Actor, tx: Transaction | None = None
    ) -> Board:
        """Take a column off; what its cells hold is kept and not shown. Raises BadInputError, InUseError."""
        async with self._changes.writing(tx) as within:
            board = await self._standing(within, board_id)
            after = without_column(board, key)
            return await self._kept(within, (board, after), actor, "column_removed", key)

    async def add_group(
        self, board_id: UUID, title: str, *, actor: Actor, tx: Transaction | None = None
    ) -> Board:
        """Add a group behind the others. Raises BadInputError, NoSuchBoardError."""
        async with self._changes.writing(tx) as within:
            board = await self._standing(within, board_id)
            after = with_group(board, title, self._new_id())
            return await self._kept(within, (board, after), actor, "group_added", after.groups[-1].title)

    async def change_group(
        self,
        board_id: UUID,
        group_id: UUID,
        *,
        title: str | None = None,
        position: int | None = None,
        actor: Actor,
        tx: Transaction | None = None,
    ) -> Board:
        """Change a group; what is None stays. Raises BadInputError, UnknownWorkError."""
        async with self._changes.writing(tx) as within:
            board = await self._standing(within, board_id)
            after = changed_group(board, group_id, title=title, position=position)
            return await self._kept(within, (board, after), actor, "group_changed", str(group_id))

    async def remove_group(
        self, board_id: UUID, group_id: UUID, *, actor: Actor, tx: Transaction | None = None
    ) -> Board:
        """Take a group off. Raises InUseError while it has items, UnknownWorkError."""
        async with self._changes.writing(tx) as within:
            board = await self._standing(within, board_id)
            named = {"tenant_id": self._tenant_id, "board_id": board_id, "group_id": group_id}
            items = int(await within.value(Q["items_in_group"], named))
            after = without_group(board, group_id, items)
            return await self._kept(within, (board, after), actor, "group_removed", str(group_id))

    async def _standing(self, within: Transaction, board_id: UUID) -> Board:
        board = await self.get(board_id, tx=within)
        if board.deleted_at is not None:
            raise NoSuchBoardError
        return board

    async def _active(self, within: Transaction) -> Board | None:
        named = {"tenant_id": self._tenant_id, "purpose": Purpose.ACTIVE_JOBS.value}
        board_id = await within.value(Q["of_purpose"], named)
        return None if board_id is None else await self.get(board_id, tx=within)

    async def _make(
        self,
        within: Transaction,
        name: str,
        columns: Iterable[NewColumn],
        groups: Iterable[str],
        purpose: Purpose | None,
    ) -> Board:
        board = Board(self._new_id(), name, purpose, 1, self._clock.now())
        for column in columns:
            board = with_column(board, column, self._new_id)
        for title in groups:
            board = with_group(board, title, self._new_id())
        await self._put(within, board)
        return board

    async def _kept(
        self,
        within: Transaction,
        change: tuple[Board, Board],
        actor: Actor,
        act: str,
        what: str | None = None,
    ) -> Board:
        before, after = change
        if after == before:
            return before
        kept = replace(after, version=before.version + 1)
        await self._put(within, kept)
        await self._note(within, actor, act, kept, what)
        return kept

    async def _put(self, within: Transaction, board: Board) -> None:
        """Write a board as it is now, whole: it has few columns and groups."""
        at = self._clock.now()
        named = {"tenant_id": self._tenant_id, "board_id": board.id, "at": at}
        whole = {
            "name": board.name,
            "purpose": board.purpose and board.purpose.value,
            "version": board.version,
            "created_at": board.created_at,
            "deleted_at": board.deleted_at,
        }
        columns = {
            "ids": [one.id for one in board.columns],
            "keys": Texts(one.key for one in board.columns),
            "titles": Texts(one.title for one in board.columns),
            "kinds": Texts(one.kind.value for one in board.columns),
            "positions": Longs(one.position for one in board.columns),
            "labels": Jsons(canonical([asdict(label) for label in one.labels]) for one in board.columns),
        }
        groups = {
            "ids": [one.id for one in board.groups],
            "titles": Texts(one.title for one in board.groups),
            "positions": Longs(one.position for one in board.groups),
        }
        await within.run(Q["put_board"], named | whole)
        await within.run(Q["put_columns"], named | columns)
        await within.run(Q["drop_columns"], named | {"ids": columns["ids"]})
        await within.run(Q["put_groups"], named | groups)
        await within.run(Q["drop_groups"], named | {"ids": groups["ids"]})

    async def _require_unused(
        self, within: Transaction, board: Board, key: str, labels: Collection[str]
    ) -> None:
        if not labels:
            return
        named = {"tenant_id": self._tenant_id, "board_id": board.id, "key": key}
        used = dict(await within.rows(Q["label_uses"], named | {"labels": sorted(labels)}))
        for label, items in sorted(used.items()):
            raise InUseError(
                f"There are {items:,} items that are “{label}”.",
                action="Give them another label first, or leave this one.",
            )

    async def _read(self, within: Transaction, board_ids: Collection[UUID] | None) -> list[Board]:
        ids = None if board_ids is None else list(board_ids)
        named = {"tenant_id": self._tenant_id, "ids": ids}
        boards, columns, groups = await within.several(
            (Q["boards"], named), (Q["columns"], named), (Q["groups"], named)
        )
        of = {board_id: tuple(map(_column, some)) for board_id, some in _by_board(columns)}
        parts = {board_id: tuple(Group(*row) for row in some) for board_id, some in _by_board(groups)}
        return [_board(row, of.get(row[0], ()), parts.get(row[0], ())) for row in boards]

    async def _note(
        self, within: Transaction, actor: Actor, act: str, board: Board, what: str | None = None
    ) -> None:
        detail = {"board": board.name} | ({} if what is None else {"what": what})
        await self._trail.note(self._tenant_id, actor, f"board.{act}", f"board:{board.id}", detail, tx=within)


def _by_board(rows: Iterable[tuple[Any, ...]]) -> Iterable[tuple[UUID, Iterable[tuple[Any, ...]]]]:
    return groupby(rows, lambda row: row[1])


def _texts(column: Column) -> set[str]:
    return {label.text for label in column.labels}


def _board(row: tuple[Any, ...], columns: tuple[Column, ...], groups: tuple[Group, ...]) -> Board:
    id_, name, purpose, version, created_at, deleted_at = row
    return Board(id_, name, purpose and Purpose(purpose), version, created_at, deleted_at, columns, groups)


def _column(row: tuple[Any, ...]) -> Column:
    id_, board_id, key, title, kind, position, labels = row
    return Column(
        id_, board_id, key, title, ColumnKind(kind), position, tuple(Label(**one) for one in labels)
    )
