"""Places within listings that are read page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.simulators.monday.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiebeam.simulators.monday.state import Item, MondayState

PAGE_MAX = 500


class Cursors:
    """Places within listings, each good for an hour from its listing's beginning."""

    def __init__(self, state: MondayState, seconds: int) -> None:
        self._state = state
        self._seconds = seconds
        self._kept: dict[str, tuple[float, list[int]]] = {}

    def begin(self, items: Sequence[Item], limit: int) -> dict[str, Any]:
        """The first page of a listing, which from now on holds these items."""
        ends = self._state.now().timestamp() + self._seconds
        return self._page([item.id for item in items], limit, ends)

    def follow(self, cursor: str, limit: int) -> dict[str, Any]:
        """The page that a cursor leads to. Raises ApiError for an unknown or an old one."""
        ends, ids = self._kept.get(cursor, (0.0, []))
        if ends <= self._state.now().timestamp():
            raise ApiError("CursorException", "The cursor provided for pagination has expired")
        return self._page(ids, limit, ends)

    def _page(self, ids: list[int], limit: int, ends: float) -> dict[str, Any]:
        if not 1 <= limit <= PAGE_MAX:
            message = f"limit must be between 1 and {PAGE_MAX}"
            raise ApiError("InvalidArgumentException", message)
        page, rest, cursor = ids[:limit], ids[limit:], None
        if rest:
            cursor = self._state.take_uuid()
            self._kept[cursor] = (ends, rest)
        found = (self._state.item(each) for each in page)
        return {"cursor": cursor, "found": [item for item in found if item and item.state == "active"]}
