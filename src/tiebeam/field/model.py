"""What is captured on site, how it stands, and its versions. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from tiebeam.operations.audit.model import Actor


class Kind(StrEnum):
    """What kind of paper it would be."""

    TM_TICKET = "tm_ticket"
    CHANGE_ORDER_REQUEST = "change_order_request"
    DAILY_REPORT = "daily_report"
    CHECK_IN = "check_in"
    PHOTO = "photo"

    @property
    def in_words(self) -> str:
        """The kind as people read it."""
        return _KINDS[self][1]

    @property
    def letters(self) -> str:
        """What its numbers begin with."""
        return _KINDS[self][0]


_KINDS: Final = {
    Kind.TM_TICKET: ("TM", "T&M ticket"),
    Kind.CHANGE_ORDER_REQUEST: ("COR", "Change order request"),
    Kind.DAILY_REPORT: ("DR", "Daily report"),
    Kind.CHECK_IN: ("CI", "Crew check-in"),
    Kind.PHOTO: ("PH", "Photo"),
}


class Standing(StrEnum):
    """How far a document has come."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    """Given back to who captured it, with the reason."""
    APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it stands now. Its `body` is the JSON form of one of `field.forms`."""

    id: UUID
    """Made by the device that captured it: sending it again is the same document."""
    kind: Kind
    project_id: UUID
    """One of our own projects."""
    number: str
    """Its own within the project and kind, such as `TM-0007`; given when it first arrives."""
    standing: Standing
    version: int
    """The version that counts. Versions that were kept aside have numbers too, so this may skip some."""
    body: dict[str, Any]
    captured_at: datetime
    """What the device's clock said; it may be wrong."""
    received_at: datetime
    changed_at: datetime
    author: Actor
    device_id: UUID | None
    locked_reason: str | None
    """Why it is read-only; None while it can be changed."""
    returned_reason: str | None = None
    """What the office asked for when it gave it back."""
    aside_version: int | None = None
    """The newest version that was kept aside and that nobody has decided on."""


class Aside(StrEnum):
    """Why a version was kept beside the one that counts instead of replacing it."""

    STALE = "stale"
    """It was made from an older version than the one that counts."""
    APPROVED = "approved"
    LOCKED = "locked"
    NOT_THE_AUTHOR = "not_the_author"

    @property
    def in_words(self) -> str:
        """Why, as a sentence."""
        return _ASIDE[self]


_ASIDE: Final = {
    Aside.STALE: "It was changed here and elsewhere at once. Both are kept; the office decides.",
    Aside.APPROVED: "It was approved before this change arrived. The change is kept; the office decides.",
    Aside.LOCKED: "It is read-only. The change is kept beside it, and the office is told.",
    Aside.NOT_THE_AUTHOR: "Somebody else captured it. The change is kept beside it; the office decides.",
}


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a document, kept for ever. Number 1 is what was captured."""

    number: int
    base: int
    """The version that it was made from; 0 for the first."""
    body: dict[str, Any]
    captured_at: datetime
    received_at: datetime
    author: Actor
    device_id: UUID | None
    aside: Aside | None
    """None for one that counted."""


@dataclass(frozen=True, slots=True)
class Put:
    """What came of putting a document."""

    document: Document
    is_new: bool
    """Whether anything was written: the same sent again is not."""
    aside: Aside | None
    """Why what was sent was kept aside; None when it counts."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which documents are asked for; what is None does not count."""

    project_ids: tuple[UUID, ...] | None = None
    kind: Kind | None = None
    standing: Standing | None = None
    author_id: str | None = None
    number: str | None = None
    """Such as `TM-0007`; each project has its own."""
    aside_only: bool = False
    """Those alone with a version that somebody must decide on."""
