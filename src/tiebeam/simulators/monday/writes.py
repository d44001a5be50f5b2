"""What is changed: items, their cells, hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from tiebeam.simulators.monday.cells import Writing, same
from tiebeam.simulators.monday.errors import ApiError
from tiebeam.simulators.monday.reads import ItemView, Shown, no_column
from tiebeam.simulators.monday.state import By

if TYPE_CHECKING:
    from tiebeam.simulators.monday.calls import Call
    from tiebeam.simulators.monday.state import Board, Item, ItemState
    from tiebeam.simulators.monday.webhooks.outbox import Hook

_NAME_CHARACTERS_MAX = 255
_URL_CHARACTERS_MAX = 255
_CELLS_MAX = 50


class Mutations:
    """What can be done, by name. Each raises ApiError and changes nothing when it is refused."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._by = By(call.token.user_id)

    def create_item(
        self,
        _info: Any,
        *,
        board_id: str,
        item_name: str,
        group_id: str | None = None,
        column_values: str = "{}",
        create_labels_if_missing: bool = False,
    ) -> ItemView:
        """Put an item onto a board."""
        board = self._board(board_id)
        if group_id is not None and group_id not in board.groups:
            raise ApiError("InvalidGroupIdException", "Group not found", group_id=group_id)
        name = _name(item_name)
        kept = self._kept(board, column_values, create_labels=create_labels_if_missing)
        item = self._call.state.create(board, name, self._by, group_id=group_id, values=_full(kept))
        if self._call.options.created_values_are_told:
            for column_id, value in _full(kept).items():
                self._call.state.set_value(item, board.columns[column_id], value, self._by)
        return self._view(item)

    def change_multiple_column_values(
        self,
        _info: Any,
        *,
        board_id: str,
        column_values: str,
        item_id: str | None = None,
        create_labels_if_missing: bool = False,
    ) -> ItemView:
        """Fill several cells of an item at once; `name` among them gives it another name."""
        board = self._board(board_id)
        item = self._item(item_id)
        if item.board_id != board.id:
            raise _no_item(item_id)
        written = self._kept(board, column_values, create_labels=create_labels_if_missing)
        for column_id, value in self._taking_effect(written).items():
            self._change(board, item, column_id, value)
        return self._view(item)

    def move_item_to_group(self, _info: Any, group_id: str, item_id: str | None = None) -> ItemView:
        """Put an item into another group."""
        item = self._item(item_id)
        if group_id not in self._call.state.boards[item.board_id].groups:
            raise ApiError("InvalidGroupIdException", "Group not found", group_id=group_id)
        if group_id != item.group_id:
            self._call.state.move(item, group_id, self._by)
        return self._view(item)

    def archive_item(self, _info: Any, item_id: str | None = None) -> ItemView:
        """Put an item away."""
        return self._end(item_id, "archived")

    def delete_item(self, _info: Any, item_id: str | None = None) -> ItemView:
        """Delete an item."""
        return self._end(item_id, "deleted")

    def create_webhook(
        self, _info: Any, board_id: str, url: str, event: str, config: str | None = None
    ) -> Hook:
        """Have somebody told of what happens on a board, who has shown that they listen."""
        board = self._board(board_id)
        if len(url) > _URL_CHARACTERS_MAX:
            raise ApiError("InvalidArgumentException", f"url is longer than {_URL_CHARACTERS_MAX} characters")
        if self._call.options.challenge_needed and not self._call.webhooks.has_answered(url):
            raise ApiError("FailedChallenge", "Failed to pass the challenge of the webhook's URL", url=url)
        return self._call.webhooks.add(
            board.id, url, event, orjson.loads(config or "{}"), signed=self._call.token.of_app
        )

    def delete_webhook(self, _info: Any, id: str) -> Hook:  # noqa: A002 - the schema names the argument
        """Tell somebody no more."""
        hook = self._call.webhooks.hooks.pop(int(id) if id.isdecimal() else -1, None)
        if hook is None:
            raise ApiError("ResourceNotFoundException", "Webhook not found", status_code=404)
        return hook

    def complexity(self, _info: Any) -> Any:
        """What this call costs, and what is left."""
        return self._call.spent

    def _board(self, board_id: str) -> Board:
        board = self._call.state.boards.get(int(board_id) if board_id.isdecimal() else -1)
        if board is None:
            raise ApiError("InvalidBoardIdException", "Board not found", board_id=board_id)
        return board

    def _item(self, item_id: str | None) -> Item:
        item = self._call.state.item(int(item_id) if item_id and item_id.isdecimal() else -1)
        if item is None or item.state != "active":
            raise _no_item(item_id)
        return item

    def _kept(self, board: Board, column_values: str, *, create_labels: bool) -> dict[str, Any]:
        """The cells as they will be kept; a name stays a name. Raises ApiError."""
        state = self._call.state
        writing = Writing(state.people, state.now(), create_labels=create_labels)
        kept: dict[str, Any] = {}
        for column_id, value in _cells(column_values).items():
            column = board.columns.get(column_id)
            if column is not None:
                kept[column_id] = writing.kept(column, value)
            elif column_id == "name":
                kept[column_id] = _name(value)
            else:
                raise no_column(column_id)
        return kept

    def _taking_effect(self, written: dict[str, Any]) -> dict[str, Any]:
        """What of it is really written: two writes to a board at once may spoil one another."""
        ids = list(written)
        if self._call.half:
            ids = ids[: len(ids) // 2]
        if self._call.spoiled and ids:
            ids.remove(self._call.random.choice(ids))
        return {column_id: written[column_id] for column_id in ids}

    def _change(self, board: Board, item: Item, column_id: str, value: Any) -> None:
        state, told = self._call.state, self._call.options.unchanged_is_told
        if column_id == "name":
            if told or item.name != value:
                state.rename(item, value, self._by)
        elif told or not same(item.values.get(column_id), value):
            state.set_value(item, board.columns[column_id], value, self._by)

    def _end(self, item_id: str | None, state: ItemState) -> ItemView:
        item = self._item(item_id)
        self._call.state.set_state(item, state, self._by)
        return self._view(item)

    def _view(self, item: Item) -> ItemView:
        return ItemView(Shown(self._call), item)


def _cells(column_values: Any) -> dict[str, Any]:
    """What is written, given as a text that holds JSON: an object as it is would be refused."""
    try:
        cells = orjson.loads(column_values)
    except orjson.JSONDecodeError:
        cells = None
    if not isinstance(cells, dict):
        raise ApiError("JsonParseException", "Invalid JSON syntax found in column_values")
    if len(cells) > _CELLS_MAX:
        raise ApiError("InvalidArgumentException", f"at most {_CELLS_MAX} columns can be changed at once")
    return cells


def _full(kept: dict[str, Any]) -> dict[str, Any]:
    return {
        column_id: value for column_id, value in kept.items() if value is not None and column_id != "name"
    }


def _name(given: Any) -> str:
    if not isinstance(given, str) or not 0 < len(given.strip()) <= _NAME_CHARACTERS_MAX:
        message = f"an item's name has between 1 and {_NAME_CHARACTERS_MAX} characters"
        raise ApiError("ItemNameTooLongException", message)
    return given


def _no_item(item_id: str | None) -> ApiError:
    return ApiError(
        "InvalidItemIdException", "This item ID doesn't exist, or it is not active", item_id=item_id
    )
