"""The boards of one monday.com account, as a link to a board elsewhere asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.connectors.monday.reads import MondayReader
from tiebeam.connectors.monday.values import UnfitError, written
from tiebeam.connectors.monday.writes.writer import MondayWriter
from tiebeam.connectors.ports import Share

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tiebeam.connectors.monday.client import MondayClient
    from tiebeam.connectors.monday.model import (
        ItemsPage,
        OutsideBoard,
        OutsideColumn,
        OutsideItem,
        OutsidePerson,
    )
    from tiebeam.connectors.ports import Refusal


class MondayBoards:
    """Reads and writes what one token may. `jobs_url` is what the address of a job begins with.

    A write is sent once. Raises TiebeamError when nothing can succeed before somebody acts.
    """

    def __init__(self, client: MondayClient, *, jobs_url: str = "", share: Share = Share.POLL) -> None:
        self._jobs_url = jobs_url
        self._reader = MondayReader(client, jobs_url=jobs_url, share=share)
        self._writer = MondayWriter(client, jobs_url=jobs_url)

    def why_not(self, column: OutsideColumn, value: Any) -> str | None:
        """Say in a sentence why a column cannot hold a value, or None."""
        try:
            written(column, value, jobs_url=self._jobs_url)
        except UnfitError as error:
            return str(error)
        return None

    async def board(self, board_id: str) -> OutsideBoard | Refusal:
        """Return a board with its columns and groups."""
        return await self._reader.board(board_id)

    async def page(self, board_id: str, cursor: str | None) -> ItemsPage | Refusal:
        """Return a page of a board's items that are neither archived nor deleted."""
        return await self._reader.page(board_id, cursor)

    async def items(self, ids: Iterable[str]) -> tuple[OutsideItem, ...] | Refusal:
        """Return items by their ids, archived and deleted ones too; one that is nowhere is left out."""
        return await self._reader.items(ids)

    async def people(self) -> tuple[OutsidePerson, ...] | Refusal:
        """Return everybody of the account."""
        return await self._reader.people()

    async def me(self) -> OutsidePerson | Refusal:
        """Return the user that the token belongs to."""
        return await self._reader.me()

    async def named(self, board_id: str, name: str) -> tuple[OutsideItem, ...] | Refusal:
        """Return the first items of a board whose name holds a text."""
        return await self._reader.find(board_id, "name", name)

    async def create(
        self, board: OutsideBoard, name: str, values: Mapping[str, Any], group: str | None
    ) -> OutsideItem | Refusal:
        """Put an item onto a board."""
        return await self._writer.create(board, name, values, group=group)

    async def change(
        self, board: OutsideBoard, item_id: str, values: Mapping[str, Any], name: str | None
    ) -> OutsideItem | Refusal:
        """Fill cells of an item, and give it a name."""
        return await self._writer.change(board, item_id, values, name=name)

    async def move(self, board_id: str, item_id: str, group: str) -> OutsideItem | Refusal:
        """Put an item into another group."""
        return await self._writer.move(board_id, item_id, group)

    async def delete(self, board_id: str, item_id: str) -> OutsideItem | Refusal:
        """Delete an item."""
        return await self._writer.delete(board_id, item_id)
