"""Our projects, a vendor's, and which of them are the same. Pure."""

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
class VendorProject:
    """A project as a vendor tells of it; empty where it says nothing."""

    id: str
    name: str
    number: str = ""
    address: str = ""
    status: str = ""
    gone: bool = False
    """Whether it was there and can no longer be seen, or was deleted: what was copied of it stays."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Which project of ours a vendor's may be, and why."""

    project: Project
    reason: str
