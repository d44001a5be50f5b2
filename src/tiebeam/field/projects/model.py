"""Our projects, their crews and their cost codes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


class Standing(StrEnum):
    """Whether one of our projects is still being built."""

    ACTIVE = "active"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Project:
    """A project of ours. `number` is its own within the company."""

    id: UUID
    number: str
    name: str
    status: Standing
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """One of a crew."""

    name: str
    trade: str | None = None


@dataclass(frozen=True, slots=True)
class Crew:
    """People who work together; their crew's name is its own within the company."""

    name: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class CostCode:
    """What an amount is booked on, within a project."""

    project_id: UUID
    code: str
    name: str
