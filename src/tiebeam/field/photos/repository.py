"""Photos, kept: the row here, the original on a shelf."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from tiebeam.field.photos.content import told
from tiebeam.field.photos.model import Photo, PhotoRefusedError, UnknownPhotoError
from tiebeam.operations.audit.model import Actor, ActorKind
from tiebeam.operations.audit.repository import Trail
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterable, Sequence
    from pathlib import Path
    from uuid import UUID

    from tiebeam.field.photos.model import Promised
    from tiebeam.field.photos.shelf import Laid, Shelf
    from tiebeam.store.pool import Store

Q = queries("tiebeam.field.photos")

NAME_MAX: Final = 255
_ANOTHER: Final = PhotoRefusedError(
    "Another photo was sent with this id already; that one stays.",
    action="Send this one with an id of its own.",
)
_COLUMNS: Final = tuple(one.name for one in fields(Photo))[:-1]
"""Those of `parts/photo.sql`, up to the author."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of a photo is here; with all of it, the photo."""

    bytes: int
    photo: Photo | None


class Photos:
    """The photos of one tenant."""

    def __init__(self, store: Store, tenant_id: UUID, shelf: Shelf) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._shelf = shelf
        self._trail = Trail(store, store.clock)

    async def put(self, id_: UUID, chunks: AsyncIterable[bytes], by: Actor, *, name: str) -> Photo:
        """Keep a photo byte for byte, once however often it is sent.

        Raises PhotoRefusedError for what is no photo, is empty or too large, and for an id that stands for
        another photo.
        """
        return await self._added(id_, await self._shelf.lay(chunks, told), by, name)

    async def received(self, wanted: Promised) -> Progress:
        """Return how much of a photo that comes in pieces is here. Raises PhotoRefusedError as `put` does."""
        kept = await self._kept(wanted)
        if kept is not None:
            return Progress(kept.bytes, kept)
        return Progress(await self._shelf.have(wanted.part), None)

    async def receive(
        self, wanted: Promised, offset: int, chunks: AsyncIterable[bytes], *, name: str
    ) -> Progress:
        """Take a piece of a photo that begins at `offset`; with the last one it is kept.

        A piece that does not begin where the one before ended changes nothing. Pieces that are not what was
        promised are thrown away: nothing is here then. Raises PhotoRefusedError as `put` does, and
        ShelfFullError.
        """
        kept = await self._kept(wanted)
        if kept is not None:
            return Progress(kept.bytes, kept)
        have = await self._shelf.append(wanted.part, offset, chunks, most=wanted.bytes)
        if have < wanted.bytes:
            return Progress(have, None)
        laid = await self._shelf.finish(wanted.part, wanted.sha256, told)
        if laid is None:
            return await self.received(wanted)
        return Progress(laid.bytes, await self._added(wanted.id, laid, wanted.by, name))

    async def in_projects(self, ids: Sequence[UUID], projects: Iterable[UUID]) -> set[UUID]:
        """Return which of the photos lie in these projects: a document there names them.

        One that names what somebody else took proves nothing: whoever knows an id could write such a one.
        """
        named = {"tenant_id": self._tenant_id, "ids": list(ids), "projects": list(projects)}
        async with self._store.autocommit(self._tenant_id) as single:
            return {id_ for (id_,) in await single.rows(Q["in_projects"], named)}

    async def _kept(self, wanted: Promised) -> Photo | None:
        found = await self.some([wanted.id])
        if found and found[0].sha256 != wanted.sha256:
            raise _ANOTHER
        return found[0] if found else None

    async def _added(self, id_: UUID, laid: Laid, by: Actor, name: str) -> Photo:
        named = {
            **asdict(laid.told),
            "tenant_id": self._tenant_id,
            "id": id_,
            "sha256": laid.sha256,
            "bytes": laid.bytes,
            "name": _clean(name),
            "at": self._store.clock.now(),
            "author_kind": by.kind.value,
            "author_id": by.id,
            "author_name": by.name,
        }
        async with self._store.transaction(self._tenant_id) as tx:
            is_new = await tx.run(Q["add"], named) > 0
            ((*row,),) = await tx.rows(Q["find"], named)
            kept = _photo(tuple(row))
            if kept.sha256 != laid.sha256:
                raise _ANOTHER
            if is_new:
                detail = {"sha256": laid.sha256.hex(), "bytes": laid.bytes, "media_type": kept.media_type}
                await self._trail.note(
                    self._tenant_id, by, "field_photo.kept", f"field_photo:{id_}", detail, tx=tx
                )
        return kept

    async def get(self, id_: UUID) -> Photo:
        """Return what is known of a photo. Raises UnknownPhotoError."""
        async with self._store.autocommit(self._tenant_id) as single:
            rows = await single.rows(Q["find"], self._named(id_))
        if not rows:
            raise UnknownPhotoError("There is no such photo here (yet).", action="Let the phone send it.")
        return _photo(rows[0])

    async def some(self, ids: Sequence[UUID]) -> list[Photo]:
        """Return those of the photos that are here, in the order asked for."""
        named = {"tenant_id": self._tenant_id, "ids": list(ids)}
        async with self._store.autocommit(self._tenant_id) as single:
            found = {one.id: one for one in map(_photo, await single.rows(Q["some"], named))}
        return [found[id_] for id_ in ids if id_ in found]

    async def thumbnail(self, id_: UUID) -> bytes:
        """Return a photo's thumbnail, a JPEG. Raises UnknownPhotoError, also where none could be made."""
        async with self._store.autocommit(self._tenant_id) as single:
            found: bytes | None = await single.value(Q["thumbnail"], self._named(id_))
        if found is None:
            raise UnknownPhotoError(
                "This photo has no small picture, or is not here.", action="Look at the original."
            )
        return found

    def path(self, photo: Photo) -> Path:
        """Return where a photo's original lies."""
        return self._shelf.path(photo.sha256)

    def _named(self, id_: UUID) -> dict[str, Any]:
        return {"tenant_id": self._tenant_id, "id": id_}


def _clean(name: str) -> str:
    """Return a name without what no file's name has, and no longer than one may be."""
    kept = "".join(letter for letter in name if letter.isprintable() and letter not in "/\\")
    return kept.encode("utf-8", "ignore").decode().strip()[:NAME_MAX] or "photo"


def _photo(row: tuple[Any, ...]) -> Photo:
    (*known, kind, id_, name) = row
    named: dict[str, Any] = dict(zip(_COLUMNS, known, strict=True))
    return Photo(**named, author=Actor(ActorKind(kind), id_, name))
