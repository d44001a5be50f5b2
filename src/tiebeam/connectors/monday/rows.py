"""Boards, items and people out of what GraphQL gives. Pure; each raises ShapeError for another shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.connectors.answers import GarbledError, ShapeError, parse_json
from tiebeam.connectors.monday.model import (
    BoardName,
    ItemsPage,
    ItemState,
    OutsideAccount,
    OutsideBoard,
    OutsideColumn,
    OutsideGroup,
    OutsideItem,
    OutsideLabel,
    OutsidePerson,
)
from tiebeam.connectors.monday.values import KIND_OF, read
from tiebeam.kernel.moments import parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterator

BOARD = "id name columns { id title type settings_str } groups { id title }"
ITEM = (
    "id name state updated_at created_at creator_id board { id } group { id }"
    " column_values { id type value ... on StatusValue { label } }"
)


def board_of(row: Any) -> OutsideBoard:
    """Return a board asked for as BOARD."""
    columns = tuple(_column(each) for each in rows(row, "columns") if each.get("type") != "name")
    groups = tuple(OutsideGroup(text(each, "id"), text(each, "title")) for each in rows(row, "groups"))
    return OutsideBoard(text(row, "id"), text(row, "name"), columns, groups)


def item_of(row: Any, *, jobs_url: str = "") -> OutsideItem:
    """Return an item asked for as ITEM."""
    found = ((text(cell, "id"), read(cell, jobs_url=jobs_url)) for cell in rows(row, "column_values"))
    group = row.get("group")
    return OutsideItem(
        id=text(row, "id"),
        board_id=text(row.get("board"), "id"),
        group=text(group, "id") if isinstance(group, dict) else "",
        name=text(row, "name"),
        updated_at=parse_moment(row.get("updated_at")),
        values={column_id: value for column_id, value in found if value is not None},
        state=_state(row.get("state")),
        creator_id=str(row.get("creator_id") or ""),
        created_at=parse_moment(row.get("created_at")),
    )


def page_of(row: Any, *, jobs_url: str = "") -> ItemsPage:
    """Return a page of items."""
    cursor = row.get("cursor") if isinstance(row, dict) else None
    if cursor is not None and not isinstance(cursor, str):
        raise ShapeError("a cursor was promised as a text")
    items = (item_of(each, jobs_url=jobs_url) for each in rows(row, "items"))
    return ItemsPage(tuple(items), cursor or None)


def person_of(row: Any) -> OutsidePerson:
    """Return somebody of the account."""
    enabled = isinstance(row, dict) and row.get("enabled") is not False
    return OutsidePerson(text(row, "id"), text(row, "name"), text(row, "email"), enabled)


def account_of(row: Any) -> OutsideAccount:
    """Return whom a token belongs to, with the account."""
    account = row.get("account") if isinstance(row, dict) else None
    return OutsideAccount(text(account, "id"), text(account, "name"), person_of(row))


def board_name_of(row: dict[str, Any]) -> BoardName:
    """Return a board as a list has it; how many items it has is not always told."""
    count = row.get("items_count")
    return BoardName(text(row, "id"), text(row, "name"), count if isinstance(count, int) else 0)


def text(row: Any, name: str) -> str:
    """Return a text, or a number as text, of a row."""
    found = row.get(name) if isinstance(row, dict) else None
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise ShapeError(f"{name} was promised")
    return str(found)


def rows(row: Any, name: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a list within a row."""
    found = row.get(name) if isinstance(row, dict) else None
    if not isinstance(found, list):
        raise ShapeError(f"{name} was promised as a list")
    for each in found:
        if not isinstance(each, dict):
            raise ShapeError(f"objects were promised in {name}")
        yield each


def _state(value: Any) -> ItemState:
    try:
        return ItemState(value or ItemState.ACTIVE)
    except ValueError:
        raise ShapeError("an item's state was promised") from None


def _column(row: dict[str, Any]) -> OutsideColumn:
    kind = text(row, "type")
    labels = _labels(row.get("settings_str")) if kind == "status" else ()
    return OutsideColumn(text(row, "id"), text(row, "title"), kind, KIND_OF.get(kind), labels)


def _labels(settings: Any) -> tuple[OutsideLabel, ...]:
    """Return the labels of a status column in the order in which people see them."""
    try:
        found = parse_json(str(settings or "{}").encode("utf-8", "surrogatepass"))
    except GarbledError as error:
        raise ShapeError("a column's settings were promised as JSON") from error
    held = found.get("labels") if isinstance(found, dict) else None
    labels: dict[str, Any] = held if isinstance(held, dict) else {}
    places = found.get("labels_positions_v2") if labels else None
    done = {str(index) for index in (found.get("done_colors") or ())} if labels else set()
    order = places if isinstance(places, dict) else {}
    indexes = sorted(labels, key=lambda index: (_place(order.get(index)), _place(index)))
    return tuple(OutsideLabel(str(labels[index]), index in done) for index in indexes if labels[index])


def _place(value: Any) -> int:
    return int(value) if str(value).isdecimal() else 1_000_000
