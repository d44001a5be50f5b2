"""Moving the old sync log into files and back, and deleting what is kept no longer."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from tiebeam.operations.retention.archive_file import (
    PART,
    SUFFIX,
    ArchiveWriter,
    damaged,
    file_name,
    inspect,
    read_rows,
)
from tiebeam.operations.retention.model import Archived, ArchiveError, ArchiveStatus
from tiebeam.operations.retention.plan import Keep, purges

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from tiebeam.kernel.clock import Clock
    from tiebeam.operations.retention.model import ArchiveFile, Contents, LogRow
    from tiebeam.operations.retention.repository import OldRows

RESTORED_FOR: Final = timedelta(days=30)
"""How long restored rows stay to be looked at."""


@dataclass(frozen=True, slots=True)
class Batches:
    """How much is done at once."""

    rows: int = 2_000
    file_rows_max: int = 200_000


@dataclass(frozen=True, slots=True)
class Restored:
    """What was read back: rows in the file, and those of them that were missing."""

    name: str
    rows: int
    added: int


class LogArchive:
    """The archive of the sync log: a folder a tenant, and what the database knows of its files.

    A row is deleted only after a file that holds it is on the disk, was read back and agrees with it.
    Whatever a kill leaves behind, the next run finishes.
    """

    def __init__(
        self,
        old: OldRows,
        folder: Path,
        clock: Clock,
        *,
        keep: Keep | None = None,
        batches: Batches | None = None,
    ) -> None:
        self._old = old
        self._folder = folder
        self._clock = clock
        self._keep = keep or Keep()
        self._batches = batches or Batches()

    def folder(self, tenant_id: UUID) -> Path:
        """Return where a tenant's files are."""
        return self._folder / str(tenant_id)

    async def files(self, tenant_id: UUID) -> list[ArchiveFile]:
        """Return the files of the archive, oldest first."""
        return await self._old.files(tenant_id)

    async def archive(self, tenant_id: UUID) -> Archived:
        """Move the log that is older than its time into files. Raises ArchiveError when another run does."""
        before = self._keep.until("sync_log", self._clock.now())
        async with self._turn(tenant_id):
            faults = await self._adopt(tenant_id)
            deleted, more = await self._empty(tenant_id)
            written = [file async for file in self._write(tenant_id, before)] if before else []
            last, none = await self._empty(tenant_id) if written else (0, [])
        rows = sum(file.rows for file in written)
        return Archived(tuple(written), rows, deleted + last, tuple(dict.fromkeys([*faults, *more, *none])))

    async def restore(self, tenant_id: UUID, path: Path) -> Restored:
        """Read a file back into the log; doing it again adds nothing. Raises ArchiveError.

        Its rows stay for 30 days. A file from elsewhere is taken into the archive.
        """
        async with self._turn(tenant_id):
            contents = await asyncio.to_thread(self._taken_in, path, tenant_id)
            now = self._clock.now()
            file = await self._old.keep_file(tenant_id, contents, now)
            if file.sha256 != contents.sha256:
                raise damaged(path, "it is not the file that was archived under this name")
            await self._old.move_file(tenant_id, file, ArchiveStatus.RESTORED, now)
            added = 0
            async for rows in self._read(tenant_id, file.name):
                added += await self._old.restore_log(tenant_id, rows)
        return Restored(file.name, file.rows, added)

    async def restore_span(self, tenant_id: UUID, since: datetime, until: datetime) -> list[Restored]:
        """Read back every file that holds something of a span of time. Raises ArchiveError."""
        found = [
            file for file in await self.files(tenant_id) if file.first_at < until and file.last_at >= since
        ]
        return [await self.restore(tenant_id, self.folder(tenant_id) / file.name) for file in found]

    @asynccontextmanager
    async def _turn(self, tenant_id: UUID) -> AsyncIterator[None]:
        turn = await self._old.turn(tenant_id)
        if turn is None:
            raise ArchiveError(
                "Another run is at work on this archive.", action="Run it again when that one has ended."
            )
        async with turn:
            yield

    async def _adopt(self, tenant_id: UUID) -> list[str]:
        """Remember files that a kill kept from being remembered, and remove what it left half written."""
        known = {file.name for file in await self.files(tenant_id)}
        faults = []
        for path in sorted(self.folder(tenant_id).glob(f"*{SUFFIX}")):
            if path.name in known:
                continue
            try:
                contents = await asyncio.to_thread(inspect, path, tenant_id)
            except ArchiveError as error:
                faults.append(error.cause)
                continue
            await self._old.keep_file(tenant_id, contents, self._clock.now())
        for path in self.folder(tenant_id).glob(f"*{PART}"):
            path.unlink()
        return faults

    async def _empty(self, tenant_id: UUID) -> tuple[int, list[str]]:
        """Delete the rows that proven files hold; return how many, and which files could not be used."""
        deleted, faults = 0, []
        for file in await self.files(tenant_id):
            if not self._is_to_be_emptied(file):
                continue
            try:
                deleted += await self._empty_one(tenant_id, file)
            except ArchiveError as error:
                faults.append(f"{file.name}: {error.cause}")
        return deleted, faults

    def _is_to_be_emptied(self, file: ArchiveFile) -> bool:
        if file.status is ArchiveStatus.RESTORED and file.restored_at is not None:
            return file.restored_at + RESTORED_FOR <= self._clock.now()
        return file.status is ArchiveStatus.WRITTEN

    async def _empty_one(self, tenant_id: UUID, file: ArchiveFile) -> int:
        path = self.folder(tenant_id) / file.name
        contents = await asyncio.to_thread(inspect, path, tenant_id)
        if contents.sha256 != file.sha256:
            raise damaged(path, "it is not the file that was archived under this name")
        deleted = 0
        async for rows in self._read(tenant_id, file.name):
            deleted += await self._old.delete_log(tenant_id, rows)
        await self._old.move_file(tenant_id, file, ArchiveStatus.EMPTIED, self._clock.now())
        return deleted

    async def _write(self, tenant_id: UUID, before: datetime) -> AsyncIterator[ArchiveFile]:
        after_id = 0
        while True:
            rows = await self._old.old_log(tenant_id, before, after_id, self._batches.rows)
            if not rows:
                return
            contents = await self._write_one(tenant_id, before, rows)
            after_id = contents.last_id
            yield await self._old.keep_file(tenant_id, contents, self._clock.now())

    async def _write_one(self, tenant_id: UUID, before: datetime, rows: list[LogRow]) -> Contents:
        try:
            writer = await asyncio.to_thread(ArchiveWriter, self.folder(tenant_id), tenant_id)
            async with _discarded_on_failure(writer):
                while rows:
                    await asyncio.to_thread(writer.add, rows)
                    room = min(self._batches.rows, self._batches.file_rows_max - writer.rows)
                    rows = await self._old.old_log(tenant_id, before, rows[-1].id, room) if room > 0 else []
                return await asyncio.to_thread(writer.finish)
        except OSError as error:
            raise ArchiveError(
                f"The archive cannot be written to {self.folder(tenant_id)}: {error.strerror or error}.",
                action="Make room there, or set TIEBEAM_ARCHIVE to a folder that can be written; "
                "no row has been deleted.",
            ) from None

    async def _read(self, tenant_id: UUID, name: str) -> AsyncIterator[list[LogRow]]:
        lines = read_rows(self.folder(tenant_id) / name, tenant_id)
        while rows := await asyncio.to_thread(_next, lines, self._batches.rows):
            yield rows

    def _taken_in(self, path: Path, tenant_id: UUID) -> Contents:
        contents = inspect(path, tenant_id)
        home = self.folder(tenant_id)
        if path.resolve().parent == home.resolve():
            return contents
        own = home / file_name(contents)
        if not own.exists():
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copyfile(path, own.with_suffix(PART))
            own.with_suffix(PART).rename(own)
        if hashlib.sha256(own.read_bytes()).digest() != contents.sha256:
            raise damaged(path, "the archive has another file of this name")
        return inspect(own, tenant_id)


@asynccontextmanager
async def _discarded_on_failure(writer: ArchiveWriter) -> AsyncIterator[None]:
    try:
        yield
    except BaseException:
        writer.discard()
        raise


def _next(rows: Iterator[LogRow], count: int) -> list[LogRow]:
    return list(islice(rows, count))


async def purge(
    old: OldRows, tenant_id: UUID, keep: Keep, clock: Clock, batch: int = 5_000
) -> dict[str, int]:
    """Delete what is kept no longer, in small transactions; return how many rows of each table went."""
    gone: dict[str, int] = {}
    for table, before in purges(keep, clock.now()):
        gone[table.name] = 0
        while count := await old.purge(tenant_id, str(table.query), before, batch):
            gone[table.name] += count
    return gone
