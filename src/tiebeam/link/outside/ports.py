"""What keeping boards the same asks of whoever speaks to the other system, and of what is remembered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime
    from uuid import UUID

    from tiebeam.connectors.monday.model import (
        ItemsPage,
        OutsideBoard,
        OutsideColumn,
        OutsideItem,
        OutsidePerson,
    )
    from tiebeam.connectors.ports import Refusal
    from tiebeam.jobs.boards.model import Board, Item, ItemEdit, NewItem
    from tiebeam.jobs.model import Cause
    from tiebeam.link.outside.model import Mirror, MirrorState, OutsideConflict, OutsideLink, Ruling
    from tiebeam.link.pairs.model import Clash, Side, Touched
    from tiebeam.operations.audit.model import Actor


class Desk(Protocol):
    """The boards of one account elsewhere.

    A refusal of a write says by `maybe_done` whether it may have been done all the same. Raises TiebeamError
    when nothing can succeed before somebody acts.
    """

    def why_not(self, column: OutsideColumn, value: Any) -> str | None:
        """Say in a sentence why a column there cannot hold a value, or None."""
        ...

    async def board(self, board_id: str) -> OutsideBoard | Refusal:
        """Return a board with its columns and groups."""
        ...

    async def page(self, board_id: str, cursor: str | None) -> ItemsPage | Refusal:
        """Return a page of the items of a board that are neither archived nor deleted."""
        ...

    async def items(self, ids: Iterable[str]) -> tuple[OutsideItem, ...] | Refusal:
        """Return items by their ids, archived and deleted ones too; one that is nowhere is left out."""
        ...

    async def people(self) -> tuple[OutsidePerson, ...] | Refusal:
        """Return everybody of the account."""
        ...

    async def me(self) -> OutsidePerson | Refusal:
        """Return the user that we act as."""
        ...

    async def named(self, board_id: str, name: str) -> tuple[OutsideItem, ...] | Refusal:
        """Return the first items of a board whose name holds a text: a look before a retry."""
        ...

    async def create(
        self, board: OutsideBoard, name: str, values: Mapping[str, Any], group: str | None
    ) -> OutsideItem | Refusal:
        """Put an item onto a board; the values are by the ids of the columns there."""
        ...

    async def change(
        self, board: OutsideBoard, item_id: str, values: Mapping[str, Any], name: str | None
    ) -> OutsideItem | Refusal:
        """Fill cells of an item (None empties one), and give it a name."""
        ...

    async def move(self, board_id: str, item_id: str, group: str) -> OutsideItem | Refusal:
        """Put an item into another group."""
        ...

    async def delete(self, board_id: str, item_id: str) -> OutsideItem | Refusal:
        """Delete an item; NOT_FOUND when it is gone already."""
        ...


@dataclass(frozen=True, slots=True)
class By:
    """Who does something to our side, and in answer to what."""

    actor: Actor
    cause: Cause


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of ours."""

    email: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """An item of ours that was changed: by what in the end."""

    item_id: UUID
    change_id: int
    cause: Cause


@dataclass(frozen=True, slots=True)
class Line:
    """An operation that is to be logged."""

    what: str
    mirror: Mirror
    fields: Mapping[str, Any]
    result: str


class Turn(Protocol):
    """Our side while nobody else writes to it: all of it is kept, or none is."""

    async def link(self, link_id: UUID) -> OutsideLink:
        """Return a joined board. Raises BadInputError."""
        ...

    async def keep_link(self, link: OutsideLink) -> None:
        """Keep a joined board as it is now."""
        ...

    async def board(self, board_id: UUID) -> Board:
        """Return a board of ours."""
        ...

    async def people(self) -> Mapping[str, Person]:
        """Return everybody of ours by id."""
        ...

    async def of_items(self, link_id: UUID, item_ids: Collection[UUID]) -> list[Mirror]:
        """Return the mirrors of items of ours, those that are over too."""
        ...

    async def of_outside(self, link_id: UUID, outside_ids: Collection[str]) -> list[Mirror]:
        """Return the mirrors of items there, those that are over too."""
        ...

    async def waiting(self, link_id: UUID, limit: int) -> list[Mirror]:
        """Return the mirrors whose item there is to be written and not known to be, the oldest first."""
        ...

    async def known(self, link_id: UUID) -> dict[str, MirrorState]:
        """Return the ids of all items there that have a mirror, and how it stands."""
        ...

    async def mirror(self, mirror_id: UUID) -> Mirror:
        """Return a mirror. Raises BadInputError."""
        ...

    async def add(self, mirrors: Sequence[Mirror]) -> None:
        """Keep new mirrors."""
        ...

    async def keep(self, mirrors: Sequence[Mirror]) -> None:
        """Keep mirrors as they are now."""
        ...

    async def unmirrored(self, link: OutsideLink, limit: int) -> list[Item]:
        """Return items of our board that have no mirror and are not deleted, the oldest first."""
        ...

    async def moved(self, link: OutsideLink, limit: int) -> tuple[list[Moved], int]:
        """Return which items of our board were changed since `seen_change`, and the newest change told of."""
        ...

    async def items(self, ids: Collection[UUID]) -> dict[UUID, Item]:
        """Return items of ours, deleted ones too."""
        ...

    async def put_items(self, board_id: UUID, wanted: Sequence[NewItem], by: By) -> list[Item]:
        """Make items."""
        ...

    async def set_items(self, edits: Sequence[ItemEdit], by: By) -> list[Item]:
        """Change items."""
        ...

    async def delete_item(self, item_id: UUID, by: By) -> None:
        """Delete an item."""
        ...

    async def restore_item(self, item_id: UUID, by: By) -> None:
        """Take a deletion back."""
        ...

    async def touched(self, item_id: UUID, names: Collection[str]) -> dict[str, Touched]:
        """Return when fields of an item of ours were changed last, and by whom."""
        ...

    async def open_of(self, mirror_ids: Collection[UUID]) -> dict[UUID, dict[str, OutsideConflict]]:
        """Return what somebody is being asked about, by mirror and field."""
        ...

    async def conflict(self, conflict_id: UUID) -> OutsideConflict:
        """Return a conflict. Raises BadInputError."""
        ...

    async def add_conflict(
        self, mirror: Mirror, clash: Clash, touched: Mapping[Side, Touched], state: Ruling, by: str
    ) -> None:
        """Keep a clash: open, or decided already."""
        ...

    async def renew_conflict(
        self, found: OutsideConflict, clash: Clash, touched: Mapping[Side, Touched]
    ) -> None:
        """Keep what both sides hold by now of something that is still open."""
        ...

    async def decide(self, found: OutsideConflict, state: Ruling, by: str) -> None:
        """Say how a conflict stands now."""
        ...

    async def note(self, lines: Sequence[Line], by: By, at: datetime) -> None:
        """Log operations."""
        ...


class Books(Protocol):
    """Our side, and what is remembered of the other."""

    def turn(self) -> AbstractAsyncContextManager[Turn]:
        """Give the turn of writing; nothing outside may be waited for within it."""
        ...
