"""The witness of what was captured."""

from __future__ import annotations

import asyncio
from datetime import datetime
from hashlib import file_digest, sha256
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from tiebeam.field.forms import photos_of
from tiebeam.field.model import Wanted as WantedDocuments
from tiebeam.field.repository import LIMIT_MAX, UnknownDocumentError
from tiebeam.kernel.canonical import canonical
from tiebeam.kernel.errors import BadInputError
from tiebeam.kernel.scrub import scrub_text
from tiebeam.operations.audit.dossier.model import Exhibit
from tiebeam.operations.audit.model import Wanted
from tiebeam.operations.audit.repository import Trail
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence
    from pathlib import Path

    from tiebeam.field.model import Document, Version
    from tiebeam.field.photos.model import Photo
    from tiebeam.field.photos.repository import Photos
    from tiebeam.field.repository import Documents
    from tiebeam.operations.audit.model import Entry
    from tiebeam.store.pool import Store

Q = queries("tiebeam.field.evidence")

DOCUMENT: Final = "field_document:"
PHOTO: Final = "field_photo:"
_BATCH: Final = 1000
_WHOLE: Final = "is whole"
_UNREAD: Final = "was not read again, among so many"
_READ_MAX: Final = 500
"""So many originals are read for a dossier; `tiebeam audit verify --photos` reads all there are."""


class FieldWitness:
    """Knows one company's documents, their versions and their photos."""

    def __init__(self, store: Store, documents: Documents, photos: Photos) -> None:
        self._store = store
        self._trail = Trail(store, store.clock)
        self._documents = documents
        self._photos = photos

    async def subjects(self, tenant_id: UUID, project: str) -> list[str]:
        """Return the documents of a project and the photos that they name, as entries name them."""
        del tenant_id
        project_id = _uuid(project)
        found: list[str] = []
        async for one in self._of_project(project_id):
            found += [f"{DOCUMENT}{one.id}", *(f"{PHOTO}{id_}" for id_ in await self._named(one))]
        return list(dict.fromkeys(found))

    async def exhibits(self, tenant_id: UUID, subjects: Sequence[str]) -> list[Exhibit]:
        """Return every version of the documents, and every photo that any of them names."""
        del tenant_id
        found: list[Exhibit] = []
        photos = {_uuid(one.removeprefix(PHOTO)): one for one in subjects if one.startswith(PHOTO)}
        for subject in subjects:
            if not subject.startswith(DOCUMENT):
                continue
            try:
                document = await self._documents.get(_uuid(subject.removeprefix(DOCUMENT)))
            except UnknownDocumentError:
                continue
            versions = await self._documents.versions(document.id)
            found += [_shown(subject, document, version) for version in versions]
            photos |= dict.fromkeys(_photos_in(document, versions), subject)
        shown = await self._photos.some(list(photos))
        for photo in shown:
            state = await self._original(photo) if len(shown) <= _READ_MAX else _UNREAD
            found.append(_pictured(photos[photo.id], photo, state))
        return found

    async def faults(self, tenant_id: UUID, *, originals: bool = False) -> list[str]:
        """Return what is kept of documents and photos that is not what the trail noted of it, in words.

        With `originals` the files of the photos are read too.
        """
        noted = await self._noted(tenant_id)
        found = []
        async for subject, number, *kept in self._written(tenant_id):
            fault = _fault(kept, noted.pop((subject, number), None))
            if fault:
                found.append(f"{_words(subject, number)} {fault}")
            elif originals and subject.startswith(PHOTO):
                photo = await self._photos.get(_uuid(subject.removeprefix(PHOTO)))
                state = await self._original(photo)
                found += [f"the original of {subject} {state}"] if state != _WHOLE else []
        return found + [f"{_words(subject, number)} is missing" for subject, number in noted]

    async def _noted(self, tenant_id: UUID) -> dict[tuple[str, int], Entry]:
        found: dict[tuple[str, int], Entry] = {}
        for noun in ("field_document", "field_photo"):
            before: int | None = None
            while some := await self._trail.entries(tenant_id, Wanted(act=noun), limit=_BATCH, before=before):
                found |= {(one.subject, _number(one)): one for one in some if "sha256" in one.detail}
                before = some[-1].number
        return found

    async def _written(self, tenant_id: UUID) -> AsyncIterator[tuple[Any, ...]]:
        subject, number = "", 0
        while True:
            named = {"tenant_id": tenant_id, "subject": subject, "number": number, "limit": _BATCH}
            async with self._store.transaction(tenant_id) as tx:
                rows = await tx.rows(Q["written"], named)
            for row in rows:
                yield row
            if len(rows) < _BATCH:
                return
            subject, number = rows[-1][:2]

    async def _of_project(self, project_id: UUID) -> AsyncIterator[Document]:
        before = None
        wanted = WantedDocuments(project_ids=(project_id,))
        while some := await self._documents.search(wanted, limit=LIMIT_MAX, before=before):
            for one in some:
                yield one
            before = (some[-1].changed_at, some[-1].id)

    async def _named(self, document: Document) -> list[UUID]:
        return _photos_in(document, await self._documents.versions(document.id))

    async def _original(self, photo: Photo) -> str:
        return await asyncio.to_thread(_state_of, self._photos.path(photo), photo.sha256)


def _fault(kept: Sequence[Any], noted: Entry | None) -> str | None:
    body, digest, captured_at, author = kept
    if noted is None:
        return "was never noted"
    told = str(noted.detail["sha256"])
    if told != digest.hex() or (body is not None and told != sha256(canonical(body)).hexdigest()):
        return "was changed"
    at = noted.detail.get("captured_at")
    if scrub_text(author) != noted.actor.name or captured_at != (at and datetime.fromisoformat(str(at))):
        return "is not by whom, or not of when, it was noted"
    return None


def _number(noted: Entry) -> int:
    """Return which version an entry is about; of a photo there is one."""
    return int(noted.detail.get("number") or noted.detail.get("version") or 1)


def _words(subject: str, number: int) -> str:
    return f"version {number} of {subject}" if subject.startswith(DOCUMENT) else subject


def _shown(subject: str, document: Document, version: Version) -> Exhibit:
    first = " (as captured)" if version.number == 1 else ""
    counts = " (counts)" if version.number == document.version else ""
    aside = f" (kept aside: {version.aside.in_words})" if version.aside else ""
    told = {
        "document": document.number,
        "kind": document.kind.in_words,
        "standing": document.standing.value,
        "version": version.number,
        "made_from": version.base,
        "captured_at": version.captured_at.isoformat(),
        "received_at": version.received_at.isoformat(),
        "author": version.author.name,
        "device": str(version.device_id) if version.device_id else None,
        "body": version.body,
        "sha256_of_body": sha256(canonical(version.body)).hexdigest(),
    }
    title = f"{document.number}, version {version.number}{first}{counts}{aside}"
    return Exhibit("version", subject, title, version.received_at, told)


def _pictured(subject: str, photo: Photo, state: str) -> Exhibit:
    told = {
        "photo": str(photo.id),
        "original": state,
        "bytes": photo.bytes,
        "media_type": photo.media_type,
        "taken_at": photo.taken_at.isoformat() if photo.taken_at else None,
        "latitude": photo.latitude,
        "longitude": photo.longitude,
        "author": photo.author.name,
    }
    title = photo.name if state in {_WHOLE, _UNREAD} else f"{photo.name} (the original {state})"
    return Exhibit("photo", subject, title, photo.received_at, told, photo.sha256)


def _photos_in(document: Document, versions: Iterable[Version]) -> list[UUID]:
    """Return the photos that any version of a document names, each once."""
    return list(dict.fromkeys(id_ for one in versions for id_ in photos_of(document.kind, one.body)))


def _state_of(path: Path, digest: bytes) -> str:
    try:
        with path.open("rb") as file:
            return _WHOLE if file_digest(file, "sha256").digest() == digest else "was changed"
    except OSError:
        return "cannot be read"


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadInputError(f"{text!r} is no id.", action="Copy it from the page of the item.") from None
