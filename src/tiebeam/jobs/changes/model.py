"""What is done to a job or an item at once. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uuid import UUID

    from tiebeam.jobs.model import Subject, What


@dataclass(frozen=True, slots=True)
class Part:
    """A field that is changed, or the whole (None); `before` and `after` as JSON has them."""

    field: str | None
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Deed:
    """One write of one subject: a change for each of its parts."""

    subject: Subject
    subject_id: UUID
    what: What
    version: int
    """The version that the subject has with it."""
    parts: tuple[Part, ...]
    board_id: UUID | None = None
    """The board of an item."""
