"""What a board elsewhere becomes here, and what may be joined to what. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tiebeam.jobs.boards.model import ColumnKind, Label, NewColumn
from tiebeam.jobs.boards.plan import COLUMNS_MAX, GROUPS_MAX, LABEL_MAX, LABELS_MAX, TITLE_MAX
from tiebeam.kernel.errors import BadInputError
from tiebeam.link.outside.cells import kind_fits
from tiebeam.link.outside.model import ColumnMap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from uuid import UUID

    from tiebeam.connectors.monday.model import OutsideBoard, OutsideColumn, OutsideLabel
    from tiebeam.jobs.boards.model import Board, Column
    from tiebeam.link.outside.model import OutsideLink

_UNDONE: Final = ("blue", "amber", "violet", "red", "grey")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A column elsewhere that has none here, and why."""

    title: str
    why: str


@dataclass(frozen=True, slots=True)
class Import:
    """What a board elsewhere becomes here."""

    name: str
    columns: tuple[tuple[NewColumn, str], ...]
    """Each with the id of the column that it is of."""
    groups: tuple[tuple[str, str], ...]
    """Title and id."""
    left_out: tuple[LeftOut, ...]

    def columns_of(self, board: Board) -> tuple[ColumnMap, ...]:
        """Return which column of the board that was made of it is which one there."""
        ids = (column_id for _, column_id in self.columns)
        return tuple(ColumnMap(one.key, id_) for one, id_ in zip(board.columns, ids, strict=True))

    def groups_of(self, board: Board) -> dict[str, str]:
        """Return the groups there by the ids of those of the board that was made of it."""
        if not self.groups:
            return {}
        return {str(one.id): id_ for one, (_, id_) in zip(board.groups, self.groups, strict=True)}


def imported(theirs: OutsideBoard) -> Import:
    """Return what a board elsewhere becomes here; what has no like of it here is listed as left out."""
    columns: list[tuple[NewColumn, str]] = []
    left_out: list[LeftOut] = []
    for one in theirs.columns:
        why = _unfit(one) or ("There is room for 50 columns." if len(columns) >= COLUMNS_MAX else "")
        if why or one.kind is None:
            left_out.append(LeftOut(one.title, why))
        else:
            wanted = NewColumn(_title(one.title), ColumnKind(one.kind.value), tuple(_labels(one.labels)))
            columns.append((wanted, one.id))
    groups = tuple((_title(one.title), one.id) for one in theirs.groups[:GROUPS_MAX])
    return Import(_title(theirs.name), tuple(columns), groups, tuple(left_out))


def suggested(ours: Board, theirs: OutsideBoard) -> dict[str, str]:
    """Return which columns there may be those of ours, by our keys: of one kind, and called alike."""
    taken: set[str] = set()
    found: dict[str, str] = {}
    for alike in (_same_title, _same_key):
        for one in ours.columns:
            fits = (
                each.id
                for each in fitting(one, theirs)
                if one.key not in found and each.id not in taken and alike(one, each)
            )
            column_id = next(fits, None)
            if column_id is not None:
                found[one.key] = column_id
                taken.add(column_id)
    return found


def fitting(column: Column, theirs: OutsideBoard) -> list[OutsideColumn]:
    """Return the columns there that hold the like of one of ours."""
    return [one for one in theirs.columns if kind_fits(column.kind, one.kind)]


def chosen(ours: Board, theirs: OutsideBoard, wanted: Mapping[str, str]) -> tuple[ColumnMap, ...]:
    """Return which column is which one there, as somebody chose it. Raises BadInputError."""
    for key, column_id in wanted.items():
        column = ours.column(key)
        if column is None or column_id not in {one.id for one in fitting(column, theirs)}:
            raise BadInputError(
                "A column was joined to one that holds something else, or that is gone.",
                action="Choose the columns again.",
            )
    if len(set(wanted.values())) < len(wanted):
        raise BadInputError(
            "Two columns were joined to the same one there.", action="Choose another one for one of them."
        )
    return tuple(ColumnMap(key, column_id) for key, column_id in wanted.items())


def same_groups(ours: Board, theirs: OutsideBoard) -> dict[str, str]:
    """Return the groups there by the ids of ours that are called the same, if every one of ours has one."""
    there = {one.title.casefold(): one.id for one in theirs.groups}
    found = {_id(one.id): there.get(one.title.casefold()) for one in ours.groups}
    return {key: id_ for key, id_ in found.items() if id_} if all(found.values()) else {}


def _id(id_: UUID) -> str:
    return str(id_)


def _unfit(column: OutsideColumn) -> str:
    if column.kind is None:
        return f"There is no kind of column here for “{column.type}”."
    if column.kind.value != ColumnKind.STATUS:
        return ""
    texts = [one.text.strip() for one in column.labels]
    if not texts:
        return "It has no labels yet."
    if len(texts) > LABELS_MAX or len({one.casefold() for one in texts}) < len(texts):
        return f"It has more than {LABELS_MAX} labels, or two that are the same but for capitals."
    if any(not 1 <= len(one) <= LABEL_MAX or one != " ".join(one.split()) for one in texts):
        return f"One of its labels is longer than {LABEL_MAX} characters, or has blanks that are lost here."
    return ""


def _title(text: str) -> str:
    return " ".join(text.split())[:TITLE_MAX].strip() or "Untitled"


def _labels(labels: Sequence[OutsideLabel]) -> Iterator[Label]:
    undone = 0
    for one in labels:
        yield Label(one.text, "green" if one.done else _UNDONE[undone % len(_UNDONE)], one.done)
        undone += not one.done


def _same_title(ours: Column, theirs: OutsideColumn) -> bool:
    return ours.title.casefold().strip() == theirs.title.casefold().strip()


def _same_key(ours: Column, theirs: OutsideColumn) -> bool:
    return ours.key == theirs.id


def troubles(link: OutsideLink, board: Board) -> list[str]:
    """Return what keeps a joined board from being kept the same, or a part of it, each with what to do."""
    found = [link.trouble] if link.trouble else []
    if board.deleted_at is not None:
        found.append(
            "The board here was deleted, so that nothing goes either way. Restore it, or stop keeping it the"
            " same."
        )
    if link.held:
        found.append(
            f"{link.held} items are gone there at once, which is too many to be believed: nothing was"
            " concluded from it. Look there; if it is meant, say so on the page of the board."
        )
    if not link.layout.columns:
        return found
    for one in link.columns:
        ours, theirs = board.column(one.key), link.layout.column(one.column_id)
        if ours is None:
            continue  # Who takes a column off here does so on purpose.
        if theirs is None or not kind_fits(ours.kind, theirs.kind):
            found.append(
                f"The column “{ours.title}” has none there any more that holds the like: its cells stay as"
                " they are. Restore it there, or join the two boards anew."
            )
    return found
