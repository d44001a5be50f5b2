"""Boards, items and people as they are, and what happens to them."""

from __future__ import annotations

import random
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

Kind = Literal["create", "value", "name", "group", "archive", "delete", "restore"]
ItemState = Literal["active", "archived", "deleted"]


@dataclass(slots=True)
class Column:
    """A column of a board. `labels` are those of a status column by their index."""

    id: str
    title: str
    type: str
    labels: dict[int, str] = field(default_factory=dict)
    done: tuple[int, ...] = ()


@dataclass(slots=True)
class Group:
    """A part of a board."""

    id: str
    title: str


@dataclass(slots=True)
class Person:
    """Somebody of the account."""

    id: int
    name: str
    email: str
    enabled: bool = True


@dataclass(slots=True)
class Item:
    """A row of a board. `values` holds what its cells hold, as it is kept there; empty ones are absent."""

    id: int
    board_id: int
    group_id: str
    name: str
    creator_id: int
    created_at: datetime
    updated_at: datetime
    state: ItemState = "active"
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Board:
    """A board with its items in their order."""

    id: int
    name: str
    updated_at: datetime
    columns: dict[str, Column]
    groups: dict[str, Group]
    items: dict[int, Item] = field(default_factory=dict)

    def live(self) -> Iterator[Item]:
        """The items that are neither archived nor deleted."""
        return (item for item in self.items.values() if item.state == "active")


@dataclass(frozen=True, slots=True)
class By:
    """Who does something; `original` is the trigger that an automation answers, after so many `hops`."""

    user_id: int
    original: str | None = None
    hops: int = 0


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that was done to an item, as it was then."""

    kind: Kind
    at: datetime
    trigger_id: str
    board_id: int
    item_id: int
    item_name: str
    group_id: str
    by: By
    column: Column | None = None
    before: Any = None
    after: Any = None


class MondayState:
    """One account. Everybody who wants to know of changes adds a listener."""

    def __init__(self, now: Callable[[], datetime], seed: int = 1) -> None:
        self.now = now
        self.seed = seed
        self.account_id = 8_000_001
        self.boards: dict[int, Board] = {}
        self.people: dict[int, Person] = {}
        self.listeners: list[Callable[[Happening], None]] = []
        self._homes: dict[int, Board] = {}
        self._random = random.Random(f"monday:{seed}")
        self._taken = 0

    def take_id(self) -> int:
        """An id that nothing has yet: beyond 32 bits, as theirs are."""
        self._taken += 1
        return 5_000_000_000 + self._taken

    def take_uuid(self) -> str:
        """A trigger's id."""
        return UUID(int=self._random.getrandbits(128), version=4).hex

    def add_person(self, name: str, email: str = "", person_id: int | None = None) -> Person:
        """Let somebody in."""
        person = Person(person_id or self.take_id(), name, email or f"{self._taken}@example.com")
        self.people[person.id] = person
        return person

    def add_board(
        self,
        name: str,
        columns: Sequence[Column],
        groups: Sequence[Group] = (Group("topics", "Active"), Group("closed", "Closed")),
    ) -> Board:
        """Make a board."""
        kept = {each.id: deepcopy(each) for each in columns}
        board = Board(self.take_id(), name, self.now(), kept, {each.id: deepcopy(each) for each in groups})
        self.boards[board.id] = board
        return board

    def item(self, item_id: int) -> Item | None:
        """The item of an id, whatever has become of it."""
        home = self._homes.get(item_id)
        return None if home is None else home.items[item_id]

    def create(
        self, board: Board, name: str, by: By, *, group_id: str | None = None, values: dict[str, Any]
    ) -> Item:
        """Put an item onto a board."""
        group = group_id or next(iter(board.groups))
        now = self.now()
        item = Item(self.take_id(), board.id, group, name, by.user_id, now, now, values=dict(values))
        board.items[item.id] = item
        self._homes[item.id] = board
        self._tell("create", item, by)
        return item

    def set_value(self, item: Item, column: Column, value: Any, by: By) -> None:
        """Fill a cell with what monday.com itself keeps; None empties it."""
        before = item.values.pop(column.id, None)
        if value is not None:
            item.values[column.id] = value
        self._tell("value", item, by, column=column, before=before, after=value)

    def rename(self, item: Item, name: str, by: By) -> None:
        """Give an item another name."""
        before, item.name = item.name, name
        self._tell("name", item, by, before=before, after=name)

    def move(self, item: Item, group_id: str, by: By) -> None:
        """Put an item into another group."""
        before, item.group_id = item.group_id, group_id
        self._tell("group", item, by, before=before, after=group_id)

    def set_state(self, item: Item, state: ItemState, by: By) -> None:
        """Archive, delete or restore an item."""
        kinds: dict[ItemState, Kind] = {"archived": "archive", "deleted": "delete", "active": "restore"}
        before, item.state = item.state, state
        self._tell(kinds[state], item, by, before=before, after=state)

    def _tell(self, kind: Kind, item: Item, by: By, **rest: Any) -> None:
        item.updated_at = self.now()
        self.boards[item.board_id].updated_at = item.updated_at
        happening = Happening(
            kind,
            item.updated_at,
            self.take_uuid(),
            item.board_id,
            item.id,
            item.name,
            item.group_id,
            by,
            **rest,
        )
        for listener in self.listeners:
            listener(happening)
