"""Boards, columns, items and people as monday.com has them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


TEAM: Final = "team:"
"""Before the id of a team, where people are named."""


class Kind(StrEnum):
    """What the cells of a column hold, as JSON has it; an empty cell holds nothing (None)."""

    STATUS = "status"
    """The text of a label."""
    PEOPLE = "people"
    """A list of the ids of monday.com's people, as text; a team among them is `team:` and its id."""
    DATE = "date"
    """`2026-11-21`."""
    TEXT = "text"
    NUMBER = "number"
    LINK = "link"
    """The id of a job, or an address that begins with `https://` or `http://`."""


@dataclass(frozen=True, slots=True)
class OutsideLabel:
    """A status that items can have."""

    text: str
    done: bool = False


@dataclass(frozen=True, slots=True)
class OutsideColumn:
    """A column of a board."""

    id: str
    title: str
    type: str
    """monday.com's own name: `status`, `long_text`, `mirror` …"""
    kind: Kind | None
    """None for one that is neither read nor written here."""
    labels: tuple[OutsideLabel, ...] = ()


@dataclass(frozen=True, slots=True)
class OutsideGroup:
    """A part of a board."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class OutsideBoard:
    """A board without its items."""

    id: str
    name: str
    columns: tuple[OutsideColumn, ...]
    groups: tuple[OutsideGroup, ...]

    def column(self, column_id: str) -> OutsideColumn | None:
        """Return the column of that id, or None."""
        return next((one for one in self.columns if one.id == column_id), None)


class ItemState(StrEnum):
    """Whether an item is there."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class OutsideItem:
    """A row of a board."""

    id: str
    board_id: str
    group: str
    """The id of its group; empty when it has none."""
    name: str
    updated_at: datetime | None
    """By monday.com's clock, in whole seconds."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """What its cells hold, by the id of the column; empty cells are left out, and those of no known kind."""
    state: ItemState = ItemState.ACTIVE
    creator_id: str = ""
    """Who made it; empty when that is not told."""
    created_at: datetime | None = None
    """By monday.com's clock, in whole seconds."""


@dataclass(frozen=True, slots=True)
class ItemsPage:
    """A page of a board's items."""

    items: tuple[OutsideItem, ...]
    cursor: str | None
    """Where it goes on, for an hour from the first page; None at the end."""


@dataclass(frozen=True, slots=True)
class OutsidePerson:
    """Somebody of the account."""

    id: str
    name: str
    email: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class OutsideAccount:
    """The account that a token belongs to, and as whom the token acts."""

    id: str
    name: str
    user: OutsidePerson


@dataclass(frozen=True, slots=True)
class BoardName:
    """A board as a list of boards has it."""

    id: str
    name: str
    items: int
