"""Printing: what a paper needs is gathered, and the pages are set beside everything else."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from uuid import UUID

from tiebeam.field.forms import photos_of
from tiebeam.field.model import Kind
from tiebeam.field.paper.change_order import change_order_paper
from tiebeam.field.paper.parts import Contents, digest_of
from tiebeam.field.paper.ticket import ticket_paper
from tiebeam.field.photos.model import UnknownPhotoError
from tiebeam.field.repository import UnknownDocumentError
from tiebeam.field.rules import NotPossibleError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiebeam.field.model import Document
    from tiebeam.field.photos.model import Photo
    from tiebeam.field.photos.repository import Photos
    from tiebeam.field.projects.repository import Projects
    from tiebeam.field.repository import Documents

_KEPT_MAX: Final = 32
"""So many papers are kept: who sends a document asks for its paper at every step."""
PAPERS: Final[dict[Kind, Callable[[Contents], bytes]]] = {
    Kind.TM_TICKET: ticket_paper,
    Kind.CHANGE_ORDER_REQUEST: change_order_paper,
}


@dataclass(frozen=True, slots=True)
class Printed:
    """A paper, a PDF."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Wish:
    """Contents that are known by their hash."""

    kind: Kind
    digest: bytes
    contents: Contents = field(compare=False)


@lru_cache(maxsize=_KEPT_MAX)
def _made(wish: _Wish) -> bytes:
    return PAPERS[wish.kind](wish.contents)


class Printer:
    """Prints one company's documents."""

    def __init__(self, company: str, documents: Documents, photos: Photos, projects: Projects) -> None:
        self._company = company
        self._documents = documents
        self._photos = photos
        self._projects = projects

    async def paper(self, document: Document) -> Printed:
        """Return a document as a PDF: the same document with the same photos gives the same bytes.

        Raises NotPossibleError for a kind that has no paper.
        """
        if document.kind not in PAPERS:
            raise NotPossibleError(
                f"{document.number} is a {document.kind.in_words.lower()}, of which no paper is made.",
                action="Print a T&M ticket or a change order request.",
            )
        project = next(one for one in await self._projects.all() if one.id == document.project_id)
        contents = Contents(
            self._company, project, document, await self._pictures(document), await self._tickets(document)
        )
        # Pages take a while, and whoever else is served does not wait for them.
        data = await asyncio.to_thread(_made, _Wish(document.kind, digest_of(contents), contents))
        return Printed(f"{document.number}-v{document.version}.pdf", data)

    async def _pictures(self, document: Document) -> dict[UUID, tuple[Photo, bytes | None]]:
        found = await self._photos.some(photos_of(document.kind, document.body))
        return {one.id: (one, await self._small(one)) for one in found}

    async def _small(self, photo: Photo) -> bytes | None:
        try:
            return await self._photos.thumbnail(photo.id) if photo.has_thumbnail else None
        except UnknownPhotoError:
            return None

    async def _tickets(self, document: Document) -> dict[UUID, str]:
        found: dict[UUID, str] = {}
        for text in document.body.get("tickets", []):
            try:
                ticket = await self._documents.get(UUID(text))
            except UnknownDocumentError:
                continue
            found[ticket.id] = ticket.number
        return found
