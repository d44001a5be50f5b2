"""A vendor's projects, and which of ours they may be. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiebeam.field.projects.model import Project


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
