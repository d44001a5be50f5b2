"""Boards, their columns, groups and items, as data. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

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
