"""How boards are laid out, decided without a database."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from tiebeam.jobs.boards.model import Board, Column, ColumnKind, Label, NewColumn, Purpose
from tiebeam.jobs.boards.plan import (
    ACTIVE_COLUMNS,
    COLUMNS_MAX,
    GROUPS_MAX,
    LABELS_MAX,
    changed_column,
    changed_group,
    key_for,
    with_column,
    with_group,
    without_column,
    without_group,
)
from tiebeam.jobs.errors import InUseError, UnknownWorkError
from tiebeam.kernel.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.req("L7")

TEXT, STATUS = ColumnKind.TEXT, ColumnKind.STATUS


def new_ids() -> Callable[[], UUID]:
    numbers = count(1)
    return lambda: UUID(int=next(numbers))


def a_board(*titles: str, groups: int = 1) -> Board:
    ids = new_ids()
    board = Board(ids(), "Bids", None, 1, datetime(2026, 3, 2, tzinfo=UTC))
    for title in titles:
        board = with_column(board, NewColumn(title, TEXT), ids)
    for number in range(groups):
        board = with_group(board, f"Group {number}", ids())
    return board


def test_keys_come_from_titles_and_are_a_boards_own() -> None:
    board = a_board("Start Date", "start-date", "Name", "Größe!", "***", "x" * 90)
    assert [one.key for one in board.columns] == [
        "start_date",
        "start_date_2",
        "name_2",
        "gr_e",
        "column",
        "x" * 40,
    ]
    assert key_for("Cost", {"cost", "cost_2"}) == "cost_3"


@pytest.mark.parametrize(
    "key", ["name", "group", "position", "cost", "Big", "a b", "", "é", "gone", "x" * 61]
)
def test_a_key_that_cannot_be_is_refused(key: str) -> None:
    board = a_board("Cost")
    if key:
        with pytest.raises(BadInputError, match="cannot be the key"):
            with_column(board, NewColumn("T", TEXT, key=key), new_ids(), taken={"gone"})


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ([], "1 to 40 labels"),
        ([Label("A"), Label("a ")], "the same text"),
        ([Label(" ")], "A label has 1 to 60 characters; this has 0"),
        ([Label("A", "pink")], "“pink” is no colour of a label. Choose “grey”, “blue”"),
        ([Label(f"L{n}") for n in range(LABELS_MAX + 1)], "1 to 40 labels"),
    ],
)
def test_labels_that_cannot_be_are_refused(labels: list[Label], told: str) -> None:
    with pytest.raises(BadInputError) as refused:
        with_column(a_board(), NewColumn("Stage", STATUS, tuple(labels)), new_ids())
    assert told in str(refused.value)


def test_only_a_status_column_has_labels() -> None:
    with pytest.raises(BadInputError, match="Only a status column"):
        with_column(a_board(), NewColumn("Stage", TEXT, (Label("A"),)), new_ids())


@pytest.mark.parametrize(("position", "order"), [(0, "CAB"), (1, "ACB"), (2, "ABC"), (9, "ABC"), (-1, "CAB")])
def test_columns_are_put_into_another_order(position: int, order: str) -> None:
    after = changed_column(a_board("A", "B", "C"), "c", position=position)
    assert "".join(one.title for one in after.columns) == order
    assert [one.position for one in after.columns] == [0, 1, 2]


def test_a_changed_column_keeps_its_key_and_its_place() -> None:
    after = changed_column(a_board("A", "B", "C"), "b", title=" New  title ")
    assert [(one.key, one.title) for one in after.columns] == [("a", "A"), ("b", "New title"), ("c", "C")]
    assert [one.key for one in without_column(after, "a").columns] == ["b", "c"]


def test_the_columns_that_jobs_are_kept_in_step_by_stay() -> None:
    ids = new_ids()
    board = Board(ids(), "Active Jobs", Purpose.ACTIVE_JOBS, 1, datetime(2026, 3, 2, tzinfo=UTC))
    for column in (*ACTIVE_COLUMNS, NewColumn("Own", TEXT)):
        board = with_column(board, column, ids)
    for column in ACTIVE_COLUMNS:
        with pytest.raises(InUseError, match="kept in step"):
            without_column(board, column.key or "")
    assert without_column(board, "own").column("own") is None
    more = (*reversed(ACTIVE_COLUMNS[0].labels), Label("Waits for paint", "amber"))
    assert changed_column(board, "status", labels=more).columns[0].labels == more
    with pytest.raises(InUseError, match="Jobs can be “Cancelled”, so"):
        changed_column(board, "status", labels=ACTIVE_COLUMNS[0].labels[:-1])


def test_groups_are_put_into_another_order_and_the_last_one_stays() -> None:
    board = a_board(groups=3)
    first, second, third = [one.id for one in board.groups]
    after = changed_group(board, third, title="Won", position=0)
    assert [one.title for one in after.groups] == ["Won", "Group 0", "Group 1"]
    with pytest.raises(InUseError, match=r"1,200 items in “Group 0”\. Move them"):
        without_group(board, first, 1200)
    left = without_group(without_group(board, first, 0), second, 0)
    with pytest.raises(InUseError, match="A board needs a group"):
        without_group(left, third, 0)
    with pytest.raises(UnknownWorkError, match=r"has no such group\. It has “Group 2”"):
        changed_group(left, first, title="x")


@pytest.mark.parametrize(
    ("full", "told"),
    [
        (lambda: a_board(*(f"C{n}" for n in range(COLUMNS_MAX + 1))), "at most 50 columns"),
        (lambda: a_board(groups=GROUPS_MAX + 1), "at most 100 groups"),
    ],
)
def test_a_board_is_not_laid_out_without_end(full: Callable[[], Any], told: str) -> None:
    with pytest.raises(BadInputError, match=told):
        full()


def test_a_column_of_another_board_is_none_of_this_one() -> None:
    board = a_board("A")
    assert board.first(TEXT) == board.columns[0]
    assert board.first(STATUS) is None
    with pytest.raises(BadInputError, match=r"has no column “b”\. It has “a”"):
        changed_column(board, "b", title="B")
    assert isinstance(board.columns[0], Column)
