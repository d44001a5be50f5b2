"""Files that are to be sent, out of bytes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tiebeam.connectors.procore.writes.uploads import File

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_CHUNK_BYTES = 1_000_003


def file_of(data: bytes, name: str, media_type: str = "image/jpeg", *, claimed: bytes | None = None) -> File:
    """A file with those bytes, which says that they are `claimed`."""

    async def read() -> AsyncIterator[bytes]:
        for start in range(0, len(data), _CHUNK_BYTES):
            yield data[start : start + _CHUNK_BYTES]

    said = data if claimed is None else claimed
    return File(name, media_type, hashlib.sha256(said).hexdigest(), len(said), read)
