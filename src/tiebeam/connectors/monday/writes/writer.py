"""Items made, changed and deleted in monday.com, one write to a board at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import orjson

from tiebeam.connectors.monday.client import Query
from tiebeam.connectors.monday.errors import COLUMN_GONE, VALUE_UNFIT
from tiebeam.connectors.monday.rows import ITEM, item_of
from tiebeam.connectors.monday.values import UnfitError, written
from tiebeam.connectors.ports import Refusal, Share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiebeam.connectors.monday.client import MondayClient
    from tiebeam.connectors.monday.model import OutsideBoard, OutsideItem

_CREATE = (
    "mutation ($board: ID!, $group: String, $name: String!, $values: JSON) {"
    " done: create_item(board_id: $board, group_id: $group, item_name: $name, column_values: $values)"
    f" {{ {ITEM} }} }}"
)
_CHANGE = (
    "mutation ($board: ID!, $item: ID, $values: JSON!) {"
    " done: change_multiple_column_values(board_id: $board, item_id: $item, column_values: $values)"
    f" {{ {ITEM} }} }}"
)
_MOVE = (
    "mutation ($item: ID, $group: String!) {"
    f" done: move_item_to_group(item_id: $item, group_id: $group) {{ {ITEM} }} }}"
)
_ARCHIVE = f"mutation ($item: ID) {{ done: archive_item(item_id: $item) {{ {ITEM} }} }}"
_DELETE = f"mutation ($item: ID) {{ done: delete_item(item_id: $item) {{ {ITEM} }} }}"


class MondayWriter:
    """Writes to one account's boards; each write is sent once.

    monday.com may damage a board that is written to by two at once, so writes to a board wait for one another
    here; between processes it is the caller who must see to that. A refusal says by `maybe_done` whether to
    look (by the link column) before it is made again. Raises TiebeamError when nothing can succeed before
    somebody acts; nothing was done then.
    """

    def __init__(self, client: MondayClient, *, jobs_url: str = "", share: Share = Share.DEMAND) -> None:
        self._client = client
        self._jobs_url = jobs_url
        self._share = share
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def create(
        self, board: OutsideBoard, name: str, values: Mapping[str, Any], *, group: str | None = None
    ) -> OutsideItem | Refusal:
        """Put an item onto a board, with what its cells are to hold by the ids of the columns."""
        cells = self._cells(board, values)
        if isinstance(cells, Refusal):
            return cells
        variables = {"board": board.id, "group": group, "name": name, "values": _as_text(cells)}
        return await self._write(board.id, _CREATE, variables)

    async def change(
        self, board: OutsideBoard, item_id: str, values: Mapping[str, Any], *, name: str | None = None
    ) -> OutsideItem | Refusal:
        """Fill several cells of an item at once (None empties one), and give it a name."""
        cells = self._cells(board, values)
        if isinstance(cells, Refusal):
            return cells
        if name is not None:
            cells["name"] = name
        variables = {"board": board.id, "item": item_id, "values": _as_text(cells)}
        return await self._write(board.id, _CHANGE, variables)

    async def move(self, board_id: str, item_id: str, group: str) -> OutsideItem | Refusal:
        """Put an item into another group of its board."""
        return await self._write(board_id, _MOVE, {"item": item_id, "group": group})

    async def archive(self, board_id: str, item_id: str) -> OutsideItem | Refusal:
        """Put an item away; NOT_FOUND when it is gone already."""
        return await self._write(board_id, _ARCHIVE, {"item": item_id})

    async def delete(self, board_id: str, item_id: str) -> OutsideItem | Refusal:
        """Delete an item; NOT_FOUND when it is gone already."""
        return await self._write(board_id, _DELETE, {"item": item_id})

    def _cells(self, board: OutsideBoard, values: Mapping[str, Any]) -> dict[str, Any] | Refusal:
        cells: dict[str, Any] = {}
        for column_id, value in values.items():
            column = board.column(column_id)
            if column is None:
                return _unfit(f"The board “{board.name}” has no column {column_id}.", COLUMN_GONE)
            try:
                cells[column_id] = written(column, value, jobs_url=self._jobs_url)
            except UnfitError as error:
                return _unfit(str(error))
        return cells

    async def _write(self, board_id: str, document: str, variables: dict[str, Any]) -> OutsideItem | Refusal:
        turn = self._turns.setdefault(board_id, asyncio.Lock())
        async with turn:
            got = await self._client.change(Query(document, variables, self._share), self._done)
        return got if isinstance(got, Refusal) else got.value

    def _done(self, data: dict[str, Any]) -> OutsideItem:
        return item_of(data.get("done"), jobs_url=self._jobs_url)


def _as_text(cells: dict[str, Any]) -> str:
    return orjson.dumps(cells).decode()


def _unfit(cause: str, code: str = VALUE_UNFIT.code) -> Refusal:
    row = VALUE_UNFIT
    return Refusal(row.kind, code, cause, row.action, calls=0, owner=row.owner)
