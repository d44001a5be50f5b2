"""What can be said of an item, and what a change of it comes to. Pure."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from tiebeam.jobs.boards.model import Board, Column, ColumnKind, Item, Place
from tiebeam.jobs.boards.plan import group_of
from tiebeam.jobs.boards.values import checked, column_of, job_in
from tiebeam.jobs.changes.model import Part
from tiebeam.jobs.errors import (
    ChangedMeanwhileError,
    DeletedWorkError,
    NoSuchBoardError,
    NoSuchItemError,
)
from tiebeam.jobs.rules import bad_text
from tiebeam.kernel.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from tiebeam.jobs.boards.model import ItemEdit, NewItem

NAME_MAX: Final = 300


def named(text: str) -> str:
    """Return a name that an item can have. Raises BadInputError."""
    found = " ".join(text.split())
    if not 1 <= len(found) <= NAME_MAX or bad_text(found):
        raise BadInputError(
            f"The name of an item has 1 to {NAME_MAX} characters; this has {len(found):,}.",
            action="Fill it in, or shorten it.",
        )
    return found


def made(
    wanted: NewItem, board: Board, people: Mapping[UUID, bool], *, id_: UUID, last: float, at: datetime
) -> Item:
    """Return a new item; `last` is the last position that is taken in its group. Raises BadInputError."""
    group = board.groups[0] if wanted.group_id is None else group_of(board, wanted.group_id)
    values = {key: checked(column_of(board, key), one, people) for key, one in wanted.values.items()}
    return Item(
        id=id_,
        board_id=board.id,
        group_id=group.id,
        name=named(wanted.name),
        position=last + 1 if wanted.position is None else _position(wanted.position),
        version=1,
        created_at=at,
        updated_at=at,
        values={key: value for key, value in values.items() if value is not None},
    )


def edited(
    item: Item, edit: ItemEdit, board: Board, people: Mapping[UUID, bool], *, last: float, at: datetime
) -> tuple[Item, tuple[Part, ...]]:
    """Return an item as it is to be, and what is changed of it; the same and nothing where all is so already.

    `last` is the last position that is taken in the group it goes into. Raises BadInputError.
    """
    values = dict(item.values)
    for key, value in edit.values.items():
        found = checked(column_of(board, key), value, people, before=item.values.get(key))
        values.pop(key, None)
        if found is not None:
            values[key] = found
    group_id = item.group_id if edit.group_id is None else group_of(board, edit.group_id).id
    position = item.position if edit.position is None else _position(edit.position)
    if group_id != item.group_id and edit.position is None:
        position = last + 1
    name = item.name if edit.name is None else named(edit.name)
    after = replace(item, name=name, group_id=group_id, position=position, values=values)
    parts = tuple(_differing(item, after))
    if not parts:
        return item, ()
    return replace(after, version=item.version + 1, updated_at=at), parts


def whole(item: Item) -> dict[str, Any]:
    """Return everything of an item, as JSON has it."""
    return {"name": item.name, "group": str(item.group_id), "position": item.position, **item.values}


def jobs_named(item: Item, board: Board) -> list[tuple[str, UUID]]:
    """Return the jobs that an item names, each with the key of its column."""
    found = ((one.key, job_in(item.values.get(one.key))) for one in board.columns if _links(one.kind))
    return [(key, job) for key, job in found if job is not None]


def standing(board: Board | None) -> Board:
    """Return a board that is not deleted. Raises NoSuchBoardError."""
    if board is None or board.deleted_at is not None:
        raise NoSuchBoardError
    return board


def changeable(item: Item | None, boards: Mapping[UUID, Board], version: int | None) -> Item:
    """Return an item that can be changed. Raises the errors of one that cannot."""
    if item is None:
        raise NoSuchItemError
    standing(boards.get(item.board_id))
    if item.deleted_at is not None:
        raise DeletedWorkError(f"The item “{item.name}” was deleted.", action="Restore it first.")
    same_version(item, version)
    return item


def same_version(item: Item, version: int | None) -> None:
    """Raise ChangedMeanwhileError for an item that does not have that version any more."""
    if version is not None and item.version != version:
        raise ChangedMeanwhileError(item.name, item)


def lies_between(
    place: Place, behind: tuple[float, UUID] | None, following: Sequence[tuple[float, UUID]]
) -> bool:
    """Say whether a place is between two others; None and nothing are the ends of the group."""
    here = (place.position, place.item_id)
    return (behind is None or behind < here) and (not following or here < following[0])


def status_column(board: Board, key: str) -> Column:
    """Return a column that has labels. Raises BadInputError."""
    column = column_of(board, key)
    if column.kind is not ColumnKind.STATUS:
        raise BadInputError(
            f"“{column.title}” is no status column, so it has no lanes.", action="Choose one that is."
        )
    return column


def _links(kind: ColumnKind) -> bool:
    return kind is ColumnKind.LINK


def _differing(before: Item, after: Item) -> Iterator[Part]:
    if before.name != after.name:
        yield Part("name", before.name, after.name)
    if before.group_id != after.group_id:
        yield Part("group", str(before.group_id), str(after.group_id))
    if before.position != after.position:
        yield Part("position", before.position, after.position)
    for key in sorted({*before.values, *after.values}):
        if before.values.get(key) != after.values.get(key):
            yield Part(key, before.values.get(key), after.values.get(key))


def _position(value: float) -> float:
    if not math.isfinite(value):
        raise BadInputError("That is no place in a group.", action="Give a number.")
    return float(value)
