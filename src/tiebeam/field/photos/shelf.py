"""Where originals lie: by their own hash, written whole or not at all."""

from __future__ import annotations

import asyncio
import fcntl
import os
from contextlib import suppress
from dataclasses import dataclass
from hashlib import file_digest, sha256
from typing import TYPE_CHECKING, Final, Protocol
from uuid import uuid4

from tiebeam.field.photos.model import PHOTO_BYTES_MAX, PhotoRefusedError, ShelfFullError

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable
    from datetime import datetime
    from pathlib import Path

    from tiebeam.field.photos.model import Told

UNFINISHED_MAX: Final = 500
"""So many originals may be half here."""
_TOO_LARGE: Final = PhotoRefusedError(
    f"This photo is larger than {PHOTO_BYTES_MAX // 1_000_000} MB.",
    action="Take it again with less resolution, or send a part of it.",
)


@dataclass(frozen=True, slots=True)
class Laid:
    """An original that lies there."""

    sha256: bytes
    bytes: int
    told: Told


class Shelf(Protocol):
    """Keeps originals. What it has said it keeps outlives a loss of power."""

    async def lay(self, chunks: AsyncIterable[bytes], look: Callable[[Path], Told]) -> Laid:
        """Keep what comes in, unless a look at the file raises.

        Raises PhotoRefusedError for nothing at all and for more than 100 MB.
        """
        ...

    def path(self, digest: bytes) -> Path:
        """Return where an original lies."""
        ...

    async def have(self, part: str) -> int:
        """Return how many bytes of an original in pieces are here."""
        ...

    async def append(self, part: str, offset: int, chunks: AsyncIterable[bytes], *, most: int) -> int:
        """Add a piece that begins at `offset`; return how many bytes are here then, at most `most`.

        What does not begin where the last piece ended is not added. Raises ShelfFullError.
        """
        ...

    async def finish(self, part: str, digest: bytes, look: Callable[[Path], Told]) -> Laid | None:
        """Keep what came in pieces; None, and nothing of it is left, when it has another hash.

        Raises PhotoRefusedError for what a look at it refuses; nothing of that is left either.
        """
        ...


class FolderShelf:
    """A shelf that is a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, digest: bytes) -> Path:
        """Return where an original lies."""
        name = digest.hex()
        return self._folder / name[:2] / name

    async def lay(self, chunks: AsyncIterable[bytes], look: Callable[[Path], Told]) -> Laid:
        """Keep what comes in, unless a look at the file raises.

        Raises PhotoRefusedError for nothing at all and for more than 100 MB.
        """
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        # Beside its later place, so that the renaming is one step of the same disk.
        part = self._folder / f"{uuid4().hex}.part"
        try:
            digest, count = await _written(part, chunks)
            told = await asyncio.to_thread(look, part)
            await asyncio.to_thread(_put_in_place, part, self.path(digest))
        finally:
            with suppress(FileNotFoundError):
                await asyncio.to_thread(part.unlink)
        return Laid(digest, count, told)

    async def have(self, part: str) -> int:
        """Return how many bytes of an original in pieces are here."""
        return await asyncio.to_thread(_size, self._part(part))

    async def append(self, part: str, offset: int, chunks: AsyncIterable[bytes], *, most: int) -> int:
        """Add a piece that begins at `offset`; return how many bytes are here then, at most `most`.

        What does not begin where the last piece ended is not added. Raises ShelfFullError.
        """
        path = self._part(part)
        if not await asyncio.to_thread(path.exists):
            await asyncio.to_thread(self._begin, path)
        async for chunk in chunks:
            fits = chunk[: max(0, most - offset)]
            if await asyncio.to_thread(_appended, path, offset, fits):
                offset += len(fits)
        return await asyncio.to_thread(_size, path)

    async def finish(self, part: str, digest: bytes, look: Callable[[Path], Told]) -> Laid | None:
        """Keep what came in pieces; None, and nothing of it is left, when it has another hash.

        Raises PhotoRefusedError for what a look at it refuses; nothing of that is left either.
        """
        path = self._part(part)
        try:
            found, count = await asyncio.to_thread(_read_back, path)
            if found != digest:
                return None
            told = await asyncio.to_thread(look, path)
            await asyncio.to_thread(_put_in_place, path, self.path(digest))
        except FileNotFoundError:
            # Whoever sent the last piece twice finishes it once.
            return None
        finally:
            with suppress(FileNotFoundError):
                await asyncio.to_thread(path.unlink)
        return Laid(found, count, told)

    async def sweep(self, before: datetime) -> int:
        """Remove what nobody has added to since, be it in pieces or left by a killed process; count it."""
        return await asyncio.to_thread(_swept, self._folder, before.timestamp())

    def _part(self, name: str) -> Path:
        return self._folder / f"{name}.part"

    def _begin(self, path: Path) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if sum(1 for _ in self._folder.glob("*.part")) >= UNFINISHED_MAX:
            raise ShelfFullError(
                f"{UNFINISHED_MAX} photos are half here already.",
                action="Let the phones send them, or wait a week: then they are removed.",
            )
        path.touch()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _appended(path: Path, offset: int, chunk: bytes) -> bool:
    """Add to a file what begins where it ends; whoever else adds to it waits for the moment."""
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_size != offset:
            return False
        file.write(chunk)
    return True


def _read_back(path: Path) -> tuple[bytes, int]:
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").digest()
        os.fsync(file.fileno())
        return digest, file.tell()


def _swept(folder: Path, before: float) -> int:
    count = 0
    for path in folder.glob("*.part"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()
                count += 1
    return count


async def _written(part: Path, chunks: AsyncIterable[bytes]) -> tuple[bytes, int]:
    digest, count = sha256(), 0
    with await asyncio.to_thread(part.open, "xb") as file:
        async for chunk in chunks:
            count += len(chunk)
            if count > PHOTO_BYTES_MAX:
                raise _TOO_LARGE
            digest.update(chunk)
            await asyncio.to_thread(file.write, chunk)
        if not count:
            raise PhotoRefusedError(
                "This photo is empty: it has no bytes at all.", action="Take it again, and send that one."
            )
        await asyncio.to_thread(_to_disk, file.fileno(), file.flush)
    return digest.digest(), count


def _to_disk(number: int, flush: Callable[[], None]) -> None:
    flush()
    os.fsync(number)


def _put_in_place(part: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    part.replace(target)
    for folder in (target.parent, target.parent.parent):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
