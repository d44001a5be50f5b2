"""What grows, how long it is kept, and the files that the old sync log lies in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from tiebeam.kernel.errors import Owner, TiebeamError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class ArchiveStatus(StrEnum):
    """Where a file of the archive stands."""

    WRITTEN = "written"
    """The file is on disk and proven; its rows are still in the database too."""
    EMPTIED = "emptied"
    """Its rows are in the file alone."""
    RESTORED = "restored"
    """Somebody has read its rows back for a while."""


MOVES: Final[Mapping[ArchiveStatus, frozenset[ArchiveStatus]]] = {
    ArchiveStatus.WRITTEN: frozenset({ArchiveStatus.EMPTIED, ArchiveStatus.RESTORED}),
    ArchiveStatus.EMPTIED: frozenset({ArchiveStatus.RESTORED}),
    ArchiveStatus.RESTORED: frozenset({ArchiveStatus.EMPTIED, ArchiveStatus.RESTORED}),
}


class ArchiveError(TiebeamError):
    """A file of the archive is damaged, is no such file, or is not this company's. Nothing was changed."""

    code = "input.archive"
    owner = Owner.OPERATOR


@dataclass(frozen=True, slots=True)
class Contents:
    """What a whole and undamaged file holds."""

    name: str
    sha256: bytes
    """Of the file as it lies on disk."""
    size_bytes: int
    rows: int
    first_id: int
    last_id: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """A file of the archive, as the database knows it."""

    id: int
    name: str
    sha256: bytes
    size_bytes: int
    rows: int
    first_id: int
    last_id: int
    first_at: datetime
    last_at: datetime
    status: ArchiveStatus
    written_at: datetime
    restored_at: datetime | None

    def __post_init__(self) -> None:
        """Take the values of the database as what they mean."""
        object.__setattr__(self, "status", ArchiveStatus(self.status))


@dataclass(frozen=True, slots=True)
class LogRow:
    """One row of the sync log as it is archived: every column, and by name where it came from."""

    id: int
    at: datetime
    feed_id: int
    pull_id: int | None
    direction: str
    result: str
    keys: tuple[str, ...]
    hashes: tuple[str, ...]
    """In hexadecimal."""
    calls: int
    detail: str | None
    connection_id: str | None = None
    stream: str | None = None
    scope: str | None = None

    def __post_init__(self) -> None:
        """Take lists as what they mean."""
        object.__setattr__(self, "keys", tuple(self.keys))
        object.__setattr__(self, "hashes", tuple(self.hashes))

    def columns(self) -> dict[str, Any]:
        """Return the values of the table's own columns."""
        return {
            "id": self.id,
            "at": self.at,
            "feed_id": self.feed_id,
            "pull_id": self.pull_id,
            "direction": self.direction,
            "result": self.result,
            "keys": list(self.keys),
            "hashes": [bytes.fromhex(text) for text in self.hashes],
            "calls": self.calls,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class Archived:
    """What a run of the archive did."""

    files: tuple[ArchiveFile, ...] = ()
    """Those that were written."""
    rows_written: int = 0
    rows_deleted: int = 0
    faults: tuple[str, ...] = ()
    """Files that cannot be used, and why; their rows were left where they are."""
