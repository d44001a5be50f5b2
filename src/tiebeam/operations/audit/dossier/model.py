"""What a dossier is asked for, what is in it, and what was found of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from tiebeam.operations.audit.anchors.model import Anchor, Proven
    from tiebeam.operations.audit.model import Entry


class Form(StrEnum):
    """As what a dossier can be had; each is a file in it."""

    PDF = "pdf"
    CSV = "csv"
    JSON = "json"

    @property
    def entries_max(self) -> int:
        """The most entries that fit: beyond, nobody turns the pages any more."""
        return 2_000 if self is Form.PDF else 20_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What a dossier is to be about; what is None does not count."""

    item: str | None = None
    """What was acted on, as entries name it: `document:1f…`."""
    project: str | None = None
    """The id of one of our projects, with everything captured in it."""
    since: datetime | None = None
    until: datetime | None = None
    """Up to but without this moment."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """Something that is shown beside the entries: a version as captured, a photo, what was sent."""

    kind: str
    """`version`, `photo`, `sent` …"""
    subject: str
    """Of which item, as entries name it."""
    title: str
    at: datetime
    told: Mapping[str, Any]
    """All of it, as JSON."""
    sha256: bytes | None = None
    """Of a file's bytes; None for what is told here in full."""


class Witness(Protocol):
    """Somebody who knows of items: what was captured, what was sent."""

    async def subjects(self, tenant_id: UUID, project: str) -> list[str]:
        """Return the items of a project, as entries name them."""

    async def exhibits(self, tenant_id: UUID, subjects: Sequence[str]) -> list[Exhibit]:
        """Return what is known of items; of those that others know, nothing."""

    async def faults(self, tenant_id: UUID, *, originals: bool = False) -> list[str]:
        """Return what is kept that is not what the trail noted of it, in words.

        With `originals` files are read too, which takes its time.
        """


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything that is told in a dossier."""

    tenant_id: UUID
    company: str
    made_at: datetime
    made_by: str
    asked: Asked
    proven: Proven
    anchor: Anchor | None
    """The last one."""
    public_key: bytes
    entries: tuple[Entry, ...]
    """By ascending numbers."""
    exhibits: tuple[Exhibit, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """A dossier as a file, a ZIP."""

    name: str
    data: bytes = field(repr=False)
    sha256: bytes
    entries: int
    exhibits: int


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look at a dossier found, without any database."""

    faults: tuple[str, ...]
    """In words; none: it is as it was signed."""
    public_key: str
    """In hexadecimal: whose it is, only the key says."""
    company: str
    made_at: str
    entries: int
    photos: Mapping[str, str] = field(default_factory=dict)
    """The SHA-256 of each photo by its title, in hexadecimal."""
