"""What is shown: boards, items page by page, people, hooks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from tiebeam.simulators.monday.cells import shown, text_of
from tiebeam.simulators.monday.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tiebeam.simulators.monday.calls import Call
    from tiebeam.simulators.monday.state import Board, Column, Group, Item, Person
    from tiebeam.simulators.monday.webhooks.outbox import Hook

IDS_MAX = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """What the views of one call share."""

    call: Call
    groups: dict[int, dict[str, Any]] = field(default_factory=dict)

    def boards(
        self, ids: list[str] | None = None, limit: int = 25, page: int = 1, state: str = "active"
    ) -> list[BoardView]:
        """Boards by their ids; those that are not there are left out."""
        every = self.call.state.boards
        if state not in ("active", "all"):
            return []
        found = every.values() if ids is None else [every[each] for each in numbers(ids) if each in every]
        return [BoardView(self, board) for board in list(found)[(page - 1) * limit : page * limit]]

    def items(self, ids: list[str], *, only_active: bool) -> list[ItemView]:
        """Items by their ids, archived and deleted ones among them unless told otherwise."""
        if len(ids) > IDS_MAX:
            raise ApiError("InvalidArgumentException", f"at most {IDS_MAX} ids can be asked for at once")
        found = (self.call.state.item(each) for each in numbers(ids))
        return [
            ItemView(self, item) for item in found if item and (item.state == "active" or not only_active)
        ]

    def page(self, kept: dict[str, Any]) -> dict[str, Any]:
        """A page of items."""
        return {"cursor": kept["cursor"], "items": [ItemView(self, item) for item in kept["found"]]}


class BoardView:
    """A board as GraphQL asks for it."""

    def __init__(self, shown: Shown, board: Board) -> None:
        self._shown = shown
        self._board = board
        self.id = str(board.id)
        self.name = board.name
        self.updated_at = iso(board.updated_at)
        self.state = "active"
        self.type = "board"

    def items_count(self, _info: Any) -> int:
        """How many items there are."""
        return sum(1 for _ in self._board.live())

    def columns(self, _info: Any, ids: list[str] | None = None) -> list[ColumnView]:
        """The columns; the first is the name, as it is there."""
        name = ColumnView.of_name()
        every = [name, *(ColumnView(each) for each in self._board.columns.values())]
        return [each for each in every if ids is None or each.id in ids]

    def groups(self, _info: Any, ids: list[str] | None = None) -> list[Group]:
        """The groups."""
        return [each for each in self._board.groups.values() if ids is None or each.id in ids]

    def items_page(
        self,
        _info: Any,
        limit: int,
        cursor: str | None = None,
        query_params: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The first page of a listing, or the one that a cursor leads to."""
        cursors = self._shown.call.cursors
        if cursor is not None:
            return self._shown.page(cursors.follow(cursor, limit))
        wanted = [item for item in self._board.live() if self._fits(item, query_params or {})]
        return self._shown.page(cursors.begin(wanted, limit))

    def _fits(self, item: Item, asked: dict[str, Any]) -> bool:
        ids = asked.get("ids")
        if ids is not None and item.id not in numbers(ids):
            return False
        return all(self._keeps(item, rule) for rule in asked.get("rules") or ())

    def _keeps(self, item: Item, rule: dict[str, Any]) -> bool:
        text = self._text(item, rule["column_id"])
        given = rule.get("compare_value")
        values = [str(each) for each in (given if isinstance(given, list) else [given])]
        match rule["operator"]:
            case "is_empty":
                return not text
            case "is_not_empty":
                return bool(text)
            case "contains_text":
                return any(value.lower() in text.lower() for value in values)
            case "not_any_of":
                return text not in values
            case _:
                return text in values

    def _text(self, item: Item, column_id: str) -> str:
        if column_id == "name":
            return item.name
        column = self._board.columns.get(column_id)
        if column is None:
            raise no_column(column_id)
        return text_of(column, item.values.get(column_id), self._shown.call.state.people)


class ColumnView:
    """A column as GraphQL asks for it."""

    def __init__(self, column: Column) -> None:
        self.id = column.id
        self.title = column.title
        self.type = column.type
        self.settings_str = orjson.dumps(_settings(column)).decode()

    @classmethod
    def of_name(cls) -> ColumnView:
        """The one that every board has."""
        view = cls.__new__(cls)
        view.id, view.title, view.type, view.settings_str = "name", "Name", "name", "{}"
        return view


def _settings(column: Column) -> dict[str, Any]:
    if column.type != "status":
        return {}
    return {
        "done_colors": list(column.done),
        "labels": {str(index): text for index, text in column.labels.items()},
        "labels_positions_v2": {str(index): place for place, index in enumerate(column.labels)},
    }


class ItemView:
    """An item as GraphQL asks for it."""

    def __init__(self, shown: Shown, item: Item) -> None:
        self._shown = shown
        self._item = item
        self.id = str(item.id)
        self.name = item.name
        self.state = item.state
        self.created_at = iso(item.created_at)
        self.updated_at = iso(item.updated_at)
        self.creator_id = str(item.creator_id)

    def board(self, _info: Any) -> BoardView:
        """The board that it is on."""
        return BoardView(self._shown, self._home)

    def group(self, _info: Any) -> Group | None:
        """The group that it is in."""
        return self._home.groups.get(self._item.group_id)

    def column_values(self, _info: Any, ids: list[str] | None = None) -> list[dict[str, Any]]:
        """Its cells, empty ones too, in the order of the columns."""
        people, columns = self._shown.call.state.people, self._home.columns
        return [
            shown(column, self._item.values.get(column.id), people)
            for column in columns.values()
            if ids is None or column.id in ids
        ]

    @property
    def _home(self) -> Board:
        return self._shown.call.state.boards[self._item.board_id]


class PersonView:
    """Somebody as GraphQL asks for them."""

    def __init__(self, person: Person, account_id: int) -> None:
        self.id = str(person.id)
        self.name = person.name
        self.email = person.email
        self.enabled = person.enabled
        self.account = {"id": str(account_id), "name": "Make-believe Builders", "slug": "make-believe"}


class Queries:
    """What can be asked, by name."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._shown = Shown(call)

    def boards(self, _info: Any, **asked: Any) -> list[BoardView]:
        """Boards."""
        return self._shown.boards(**asked)

    def items(
        self, _info: Any, *, ids: list[str] | None = None, exclude_nonactive: bool = False, **_paging: Any
    ) -> list[ItemView]:
        """Items by their ids; without ids there is nothing to show."""
        return self._shown.items(ids or [], only_active=exclude_nonactive)

    def next_items_page(self, _info: Any, limit: int, cursor: str) -> dict[str, Any]:
        """The page that a cursor leads to."""
        return self._shown.page(self._call.cursors.follow(cursor, limit))

    def me(self, _info: Any) -> PersonView:
        """Whom the token belongs to."""
        return PersonView(self._call.person, self._call.state.account_id)

    def users(
        self, _info: Any, ids: list[str] | None = None, limit: int = 1000, page: int = 1
    ) -> list[PersonView]:
        """The people of the account."""
        wanted = None if ids is None else set(numbers(ids))
        every = [each for each in self._call.state.people.values() if wanted is None or each.id in wanted]
        account_id = self._call.state.account_id
        return [PersonView(each, account_id) for each in every[(page - 1) * limit : page * limit]]

    def webhooks(self, _info: Any, *, board_id: str, app_webhooks_only: bool = False) -> list[Hook]:
        """The hooks of a board."""
        hooks = self._call.webhooks.hooks.values()
        return [
            hook
            for hook in hooks
            if str(hook.board_id) == board_id and (hook.signed or not app_webhooks_only)
        ]

    def complexity(self, _info: Any) -> Any:
        """What this call costs, and what is left."""
        return self._call.spent


def numbers(ids: Iterable[str]) -> list[int]:
    """Ids as they are kept; what is no number is nobody's."""
    return [int(each) for each in ids if each.isdecimal()]


def iso(moment: datetime) -> str:
    """A moment in whole seconds."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def no_column(column_id: str) -> ApiError:
    """The refusal of a column that the board has not."""
    return ApiError(
        "InvalidColumnIdException", "This column ID doesn't exist for the board", column_id=column_id
    )
