"""Where originals lie: by their own hash, written whole or not at all."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol
from uuid import uuid4

from tiebeam.field.photos.model import PHOTO_BYTES_MAX, PhotoRefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable
    from pathlib import Path

    from tiebeam.field.photos.model import Told

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
