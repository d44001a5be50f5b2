"""The form of an archived file: gzip, one JSON object a line, and a last line that proves the others.

The first line names the format and the company. The last line holds the number of rows and the SHA-256 of
all lines before it, so that a file that was cut off or changed is known as such with nothing else at hand.
Equal rows make equal bytes. Everything here blocks: call it in a thread.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson

from tiebeam.kernel.canonical import canonical
from tiebeam.operations.retention.model import ArchiveError, Contents, LogRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FORMAT: Final = "tiebeam.sync_log"
VERSION: Final = 1
SUFFIX: Final = ".jsonl.gz"
PART: Final = ".part"
_LEVEL: Final = 6
_FIELDS: Final = tuple(LogRow.__dataclass_fields__)


class ArchiveWriter:
    """Writes rows, in ascending order of their ids, into a part file that `finish` gives its name."""

    def __init__(self, folder: Path, tenant_id: UUID) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._tenant_id = tenant_id
        self._path = folder / f"sync_log{PART}"
        # Private, and of no interest to a later run if this one dies.
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._raw = os.fdopen(handle, "wb")
        self._zip = gzip.GzipFile("", "wb", _LEVEL, self._raw, mtime=0)
        self._digest = hashlib.sha256()
        self._ids: list[int] = []
        self._span: tuple[datetime, datetime] | None = None
        self._write({"format": FORMAT, "version": VERSION, "tenant": str(tenant_id)})

    def add(self, rows: Iterable[LogRow]) -> None:
        """Write some more rows."""
        for row in rows:
            self._write({name: _plain(getattr(row, name)) for name in _FIELDS})
            self._ids.append(row.id)
            first, last = self._span or (row.at, row.at)
            self._span = (min(first, row.at), max(last, row.at))

    def finish(self) -> Contents:
        """Put the file on the disk, read it back, and only then give it its name.

        Raises ArchiveError when what is on the disk is not what was written.
        """
        self._write({"rows": len(self._ids), "sha256": self._digest.hexdigest()}, counted=False)
        self._zip.close()
        self._raw.flush()
        os.fsync(self._raw.fileno())
        self._raw.close()
        contents = inspect(self._path, self._tenant_id)
        if (contents.rows, contents.first_id, contents.last_id) != self._written:
            raise damaged(self._path, "it does not hold what was written")
        final = self._folder / file_name(contents)
        self._path.rename(final)
        _settle(self._folder)
        return replace(contents, name=final.name)

    def discard(self) -> None:
        """Remove the part file."""
        self._raw.close()
        self._path.unlink(missing_ok=True)

    @property
    def rows(self) -> int:
        """How many rows were added."""
        return len(self._ids)

    @property
    def _written(self) -> tuple[int, int, int]:
        return len(self._ids), self._ids[0], self._ids[-1]

    def _write(self, value: dict[str, Any], *, counted: bool = True) -> None:
        line = canonical(value) + b"\n"
        if counted:
            self._digest.update(line)
        self._zip.write(line)


def inspect(path: Path, tenant_id: UUID) -> Contents:
    """Read a file to its end and return what it holds. Raises ArchiveError unless it is whole and theirs."""
    rows = list(_numbered(path, tenant_id))
    if not rows:
        raise damaged(path, "it holds no rows")
    ids, moments = [row[0] for row in rows], [row[1] for row in rows]
    digest = hashlib.sha256(path.read_bytes())
    size_bytes = path.stat().st_size
    return Contents(
        path.name, digest.digest(), size_bytes, len(rows), ids[0], ids[-1], min(moments), max(moments)
    )


def _numbered(path: Path, tenant_id: UUID) -> Iterator[tuple[int, datetime]]:
    before = 0
    for row in read_rows(path, tenant_id):
        if row.id <= before:
            raise damaged(path, "its rows are out of order")
        before = row.id
        yield row.id, row.at


def read_rows(path: Path, tenant_id: UUID) -> Iterator[LogRow]:
    """Yield the rows of a file. Raises ArchiveError, perhaps only at its end: believe no row before that."""
    lines = _lines(path)
    digest = hashlib.sha256()
    held, number = next(lines, b""), 0
    _check_header(path, _parsed(path, held, 1), tenant_id)
    digest.update(held)
    held = next(lines, b"")
    for line in lines:
        number += 1
        digest.update(held)
        yield _row(path, _parsed(path, held, number + 1), number + 1)
        held = line
    end = _parsed(path, held, number + 2)
    if end != {"rows": number, "sha256": digest.hexdigest()}:
        raise damaged(path, "its last line does not fit what is before it: it was cut off or changed")


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") as file:
            yield from file
    except FileNotFoundError:
        raise ArchiveError(
            f"There is no file {path}.", action="See which there are with `tiebeam log list`."
        ) from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise damaged(path, f"gzip cannot read it ({error})") from None
    except OSError as error:
        raise ArchiveError(
            f"{path} cannot be read: {error.strerror or error}.", action="Check the disk and its permissions."
        ) from None


def _check_header(path: Path, header: dict[str, Any], tenant_id: UUID) -> None:
    if header.get("format") != FORMAT:
        raise damaged(path, "it is not an archived sync log")
    if header.get("version") != VERSION:
        raise ArchiveError(
            f"{path.name} is of version {header.get('version')}, and this release reads version {VERSION}.",
            action="Restore it with the release of Tiebeam that wrote it, or a newer one.",
        )
    if header.get("tenant") != str(tenant_id):
        raise ArchiveError(
            f"{path.name} is the log of another company.",
            action="Restore it for that company: set TIEBEAM_TENANT.",
        )


def _parsed(path: Path, line: bytes, number: int) -> dict[str, Any]:
    with suppress(orjson.JSONDecodeError):
        value = orjson.loads(line)
        if isinstance(value, dict):
            return value
    raise damaged(path, f"line {number} is no JSON object")


def _row(path: Path, value: dict[str, Any], number: int) -> LogRow:
    try:
        return LogRow(**{**value, "at": datetime.fromisoformat(value["at"])})
    except (TypeError, KeyError, ValueError):
        raise damaged(path, f"line {number} is no row of the sync log") from None


def damaged(path: Path, why: str) -> ArchiveError:
    """Return the error of a file that cannot be trusted."""
    return ArchiveError(
        f"{path.name} cannot be trusted: {why}.",
        action="Nothing was restored or deleted. Put a good copy of the file, from a backup, in its place.",
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, UUID) else value


def file_name(contents: Contents) -> str:
    """Return the name of a file in the archive: which days it is of, and which rows it holds."""
    days = f"{contents.first_at:%Y%m%d}-{contents.last_at:%Y%m%d}"
    return f"sync_log_{days}_{contents.first_id}-{contents.last_id}{SUFFIX}"


def _settle(folder: Path) -> None:
    """Have the folder itself on the disk: a name that a power cut forgets is no archive."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
