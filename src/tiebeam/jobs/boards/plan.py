"""How a board is laid out, and what a change of that comes to. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

from tiebeam.jobs.boards.model import Board, Column, ColumnKind, Group, Label, NewColumn, Purpose
from tiebeam.jobs.boards.values import column_of
from tiebeam.jobs.errors import InUseError, UnknownWorkError, any_of
from tiebeam.jobs.model import JobStatus
from tiebeam.jobs.rules import bad_text
from tiebeam.kernel.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from uuid import UUID

TITLE_MAX: Final = 100
LABEL_MAX: Final = 60
LABELS_MAX: Final = 40
COLUMNS_MAX: Final = 50
GROUPS_MAX: Final = 100
COLOURS: Final = ("grey", "blue", "amber", "green", "red", "violet")
RESERVED: Final = frozenset({"name", "group", "position"})
"""What is changed of an item beside its cells."""

_COLOUR_OF: Final = {
    JobStatus.NEW: "grey",
    JobStatus.SCHEDULED: "blue",
    JobStatus.IN_PROGRESS: "amber",
    JobStatus.ON_HOLD: "violet",
    JobStatus.DONE: "green",
    JobStatus.CANCELLED: "red",
}
_ENDED: Final = frozenset({JobStatus.DONE, JobStatus.CANCELLED})
ACTIVE_JOBS: Final = "Active Jobs"
ACTIVE_GROUPS: Final = ("Active", "Closed")
ACTIVE_COLUMNS: Final = (
    NewColumn(
        "Status",
        ColumnKind.STATUS,
        tuple(Label(one.in_words, _COLOUR_OF[one], one in _ENDED) for one in JobStatus),
        key="status",
    ),
    NewColumn("Lead", ColumnKind.PEOPLE, key="lead"),
    NewColumn("Job", ColumnKind.LINK, key="job"),
    NewColumn("Address", ColumnKind.TEXT, key="address"),
    NewColumn("Created", ColumnKind.DATE, key="created"),
    NewColumn("Starts", ColumnKind.DATE, key="starts"),
    NewColumn("Ends", ColumnKind.DATE, key="ends"),
)
"""The board on which every job has its item."""

Placed = TypeVar("Placed", Column, Group)


def titled(text: str, what: str = "title", most: int = TITLE_MAX) -> str:
    """Return a name that a board, a column, a group or a label can have. Raises BadInputError."""
    found = " ".join(text.split())
    if not 1 <= len(found) <= most or bad_text(found):
        raise BadInputError(
            f"A {what} has 1 to {most} characters; this has {len(found):,}.",
            action="Fill it in, or shorten it.",
        )
    return found


def checked_labels(kind: ColumnKind, labels: Iterable[Label]) -> tuple[Label, ...]:
    """Return the labels of a column. Raises BadInputError."""
    found = tuple(replace(one, text=titled(one.text, "label", LABEL_MAX)) for one in labels)
    if found and kind is not ColumnKind.STATUS:
        raise BadInputError("Only a status column has labels.", action="Leave them out.")
    if kind is ColumnKind.STATUS and not 1 <= len(found) <= LABELS_MAX:
        raise BadInputError(f"A status column has 1 to {LABELS_MAX} labels.", action="Name them.")
    if len({one.text.casefold() for one in found}) < len(found):
        raise BadInputError("Two labels of a column have the same text.", action="Name them differently.")
    unknown = [one.colour for one in found if one.colour not in COLOURS]
    if unknown:
        raise BadInputError(f"“{unknown[0]}” is no colour of a label.", action=f"Choose {any_of(COLOURS)}.")
    return found


def key_for(title: str, taken: Collection[str]) -> str:
    """Return a key for a column of that title."""
    stem = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:40] or "column"
    key, number = stem, 2
    while key in taken or key in RESERVED:
        key, number = f"{stem}_{number}", number + 1
    return key


def with_column(
    board: Board, wanted: NewColumn, new_id: Callable[[], UUID], taken: Collection[str] = ()
) -> Board:
    """Add a column behind the others; `taken` are keys of columns that were removed. Raises BadInputError."""
    if len(board.columns) >= COLUMNS_MAX:
        raise BadInputError(f"A board has at most {COLUMNS_MAX} columns.", action="Remove one first.")
    title = titled(wanted.title)
    used = {one.key for one in board.columns}.union(taken)
    key = wanted.key or key_for(title, used)
    if key in used or key in RESERVED or not re.fullmatch(r"[a-z0-9_]{1,60}", key):
        raise BadInputError(
            f"“{key}” cannot be the key of another column.",
            action="Use lower-case letters, digits and _, and one that the board does not have.",
        )
    labels = checked_labels(wanted.kind, wanted.labels)
    column = Column(new_id(), board.id, key, title, wanted.kind, len(board.columns), labels)
    return replace(board, columns=(*board.columns, column))


def changed_column(
    board: Board,
    key: str,
    *,
    title: str | None = None,
    labels: Sequence[Label] | None = None,
    position: int | None = None,
) -> Board:
    """Change a column; what is None stays. Raises BadInputError, InUseError."""
    column = column_of(board, key)
    after = replace(
        column,
        title=column.title if title is None else titled(title),
        labels=column.labels if labels is None else checked_labels(column.kind, labels),
    )
    gone = _needed(board, key) - {one.text for one in after.labels}
    if gone:
        raise InUseError(
            f"Jobs can be {any_of(sorted(gone))}, so their items must be able to.",
            action="Leave the label. It can have another colour and another place.",
        )
    return replace(board, columns=_placed(board.columns, after, position))


def relabelled(column: Column, old: str, new: str) -> tuple[Label, ...]:
    """Return the labels of a column with another text for one of them. Raises BadInputError."""
    if old not in {one.text for one in column.labels}:
        raise BadInputError(
            f"“{column.title}” has no label “{old}”.",
            action=f"It has {any_of(one.text for one in column.labels)}.",
        )
    return tuple(replace(one, text=new) if one.text == old else one for one in column.labels)


def _needed(board: Board, key: str) -> set[str]:
    """Return the labels by which jobs are kept in step."""
    if board.purpose is not Purpose.ACTIVE_JOBS:
        return set()
    return {label.text for one in ACTIVE_COLUMNS if one.key == key for label in one.labels}


def without_column(board: Board, key: str) -> Board:
    """Take a column off. Raises BadInputError, InUseError."""
    column = column_of(board, key)
    if board.purpose is Purpose.ACTIVE_JOBS and key in {one.key for one in ACTIVE_COLUMNS}:
        raise InUseError(
            f"“{column.title}” holds what jobs are kept in step by.",
            action="Give it another title or another place if it is in the way.",
        )
    return replace(board, columns=_in_order(one for one in board.columns if one.id != column.id))


def with_group(board: Board, title: str, id_: UUID) -> Board:
    """Add a group behind the others. Raises BadInputError."""
    if len(board.groups) >= GROUPS_MAX:
        raise BadInputError(f"A board has at most {GROUPS_MAX} groups.", action="Remove one first.")
    return replace(board, groups=(*board.groups, Group(id_, board.id, titled(title), len(board.groups))))


def group_of(board: Board, group_id: UUID) -> Group:
    """Return a group of a board. Raises UnknownWorkError for one that it has not."""
    found = next((one for one in board.groups if one.id == group_id), None)
    if found is None:
        raise UnknownWorkError(
            f"The board “{board.name}” has no such group.",
            action=f"It has {any_of(one.title for one in board.groups)}.",
        )
    return found


def changed_group(
    board: Board, group_id: UUID, *, title: str | None = None, position: int | None = None
) -> Board:
    """Change a group; what is None stays. Raises BadInputError."""
    group = group_of(board, group_id)
    after = group if title is None else replace(group, title=titled(title))
    return replace(board, groups=_placed(board.groups, after, position))


def without_group(board: Board, group_id: UUID, items: int) -> Board:
    """Take a group off that has no items. Raises InUseError, UnknownWorkError."""
    group = group_of(board, group_id)
    if items:
        raise InUseError(
            f"There are {items:,} items in “{group.title}”.", action="Move them into another group first."
        )
    if len(board.groups) == 1:
        raise InUseError("A board needs a group.", action="Add another one first.")
    return replace(board, groups=_in_order(one for one in board.groups if one.id != group_id))


def _placed(all_: Sequence[Placed], after: Placed, position: int | None) -> tuple[Placed, ...]:
    place = next(place for place, one in enumerate(all_) if one.id == after.id)
    rest = [one for one in all_ if one.id != after.id]
    rest.insert(place if position is None else max(0, position), after)
    return _in_order(rest)


def _in_order(all_: Iterable[Placed]) -> tuple[Placed, ...]:
    return tuple(replace(one, position=place) for place, one in enumerate(all_))
