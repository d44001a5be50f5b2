"""Boards, their columns, groups and items, as data. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID


class ColumnKind(StrEnum):
    """What the cells of a column hold, as JSON has it; an empty cell holds nothing (None)."""

    STATUS = "status"
    """One of the column's labels."""
    PEOPLE = "people"
    """A list of the ids of people, without repetition."""
    DATE = "date"
    """`2026-11-21`."""
    TEXT = "text"
    NUMBER = "number"
    """A number, finite."""
    LINK = "link"
    """The id of a job, or an address that begins with `https://` or `http://`."""


class Purpose(StrEnum):
    """What a board is there for, if not for whatever its people like."""

    ACTIVE_JOBS = "active_jobs"
    """The one on which every job has its item. It exists from the start and cannot be deleted."""


@dataclass(frozen=True, slots=True)
class Label:
    """A status that items can have."""

    text: str
    colour: str = "grey"
    """grey, blue, amber, green, red or violet."""
    done: bool = False
    """Whether nothing is left to do."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column. Its key never changes; its title may."""

    id: UUID
    board_id: UUID
    key: str
    """Lower case letters, digits and `_`; its own within the board."""
    title: str
    kind: ColumnKind
    position: int
    labels: tuple[Label, ...] = ()
    """Of a status column, in their order; kanban has a lane for each."""


@dataclass(frozen=True, slots=True)
class Group:
    """A part of a board under a heading of its own."""

    id: UUID
    board_id: UUID
    title: str
    position: int


@dataclass(frozen=True, slots=True)
class Board:
    """A board with its columns and groups, in their order."""

    id: UUID
    name: str
    purpose: Purpose | None
    version: int
    created_at: datetime
    deleted_at: datetime | None = None
    columns: tuple[Column, ...] = ()
    groups: tuple[Group, ...] = ()

    def column(self, key: str) -> Column | None:
        """Return the column of that key, or None."""
        return next((one for one in self.columns if one.key == key), None)

    def first(self, kind: ColumnKind) -> Column | None:
        """Return the first column of a kind, or None."""
        return next((one for one in self.columns if one.kind is kind), None)


class Place(NamedTuple):
    """Where an item stands on its board: what a page of items goes on from."""

    group_id: UUID
    position: float
    item_id: UUID


@dataclass(frozen=True, slots=True)
class Item:
    """A row of a board."""

    id: UUID
    board_id: UUID
    group_id: UUID
    name: str
    position: float
    """Its place within its group: the smallest first."""
    version: int
    """Counted from 1, one more with each change of anything about it."""
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    """What its cells hold, by the key of the column; empty cells are left out."""

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.group_id, self.position, self.id)


@dataclass(frozen=True, slots=True)
class NewColumn:
    """A column that is to be made. Without a key it gets one from its title."""

    title: str
    kind: ColumnKind
    labels: tuple[Label, ...] = ()
    key: str | None = None


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item that is to be made: in the first group and at its end, unless it says otherwise."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)
    group_id: UUID | None = None
    position: float | None = None
    id: UUID | None = None
    """With the same id it is made once however often."""


@dataclass(frozen=True, slots=True)
class ItemEdit:
    """What is to be changed of an item: what is None stays, but a value of None empties its cell."""

    id: UUID
    name: str | None = None
    group_id: UUID | None = None
    position: float | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    version: int | None = None
    """The one that it must still have."""


@dataclass(frozen=True, slots=True)
class Lane:
    """How many items of a board have a label; None: those that have none."""

    label: str | None
    items: int
