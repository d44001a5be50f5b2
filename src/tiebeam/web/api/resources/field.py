"""What is captured on site: sent as often as need be, kept once; reviewed and approved."""

# ruff: noqa: TC001 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from tiebeam.capture import Capture
from tiebeam.field.forms import body_of, photos_of, without_photos
from tiebeam.field.model import Document, Kind, Standing, Version, Wanted
from tiebeam.field.paper.printer import PAPERS
from tiebeam.field.repository import Hand
from tiebeam.field.rules import is_author, is_by, totals
from tiebeam.identity.permissions import Permission
from tiebeam.integration import Integration
from tiebeam.pushing import Pushing
from tiebeam.web.api.asker import Ask, Asked
from tiebeam.web.api.cursors import USUAL, Cursor, Limit, Page, cut, link_next, moment_of
from tiebeam.web.api.field_shapes import (
    Author,
    FieldDocument,
    FieldVersion,
    GiveBack,
    Kept,
    OfVersion,
    Sent,
)
from tiebeam.web.api.problems import nothing_there
from tiebeam.web.api.route import GuardedRoute, gives_file, needs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiebeam.field.repository import Documents
    from tiebeam.operations.audit.model import Actor

ROUTER = APIRouter(route_class=GuardedRoute, tags=["field"])

DOCUMENT_BYTES_MAX: Final = 1_000_000


@ROUTER.put(
    "/field/documents/{document_id}",
    **needs(Permission.FIELD_CAPTURE, 404, method="put", body_bytes_max=DOCUMENT_BYTES_MAX),
)
async def keep(ask: Asked, document_id: UUID, sent: Sent) -> Kept:
    """Keep what was captured. Sent again it is the same; made from an older version it is kept aside.

    The id is made by whoever captures. Photos that it names may come before or after.
    """
    await _require_project(ask, sent.project_id)
    put = await (await _documents(ask)).put(
        document_id,
        Kind(sent.kind),
        sent.project_id,
        body_of(sent.body),
        hand_of(ask),
        captured_at=sent.captured_at,
        base_version=sent.base_version,
    )
    known = hand_of(ask).reviews or is_author(put.document, ask.asker.actor)
    return Kept(
        outcome="aside" if put.aside else "kept" if put.is_new else "unchanged",
        aside=put.aside,
        told=put.aside.in_words if put.aside else None,
        document=_shown(put.document) if known else None,
    )


@ROUTER.get("/field/documents", **needs(Permission.FIELD_CAPTURE))
async def documents(
    ask: Asked,
    answer: Response,
    *,
    project_id: UUID | None = None,
    kind: Kind | None = None,
    standing: Standing | None = None,
    aside: Annotated[
        bool, Query(description="Those alone with a version that waits for a decision.")
    ] = False,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Page[FieldDocument]:
    """List documents, those first that changed last: one's own, and with `field.review` everybody's."""
    seen = await own_projects(ask)
    if project_id is not None:
        seen = frozenset({project_id}) if seen is None else seen & {project_id}
    wanted = Wanted(
        project_ids=None if seen is None else tuple(seen),
        kind=kind,
        standing=standing,
        author_id=None if hand_of(ask).reviews else ask.asker.actor.id,
        aside_only=aside,
    )
    found = await (await _documents(ask)).search(wanted, limit=limit + 1, before=moment_of(cursor))
    rows, more = cut(found, limit, lambda one: [one.changed_at.isoformat(), str(one.id)])
    link_next(ask.request, answer, more)
    return Page(items=[_shown(one) for one in rows], next=more)


@ROUTER.get("/field/documents/{document_id}", **needs(Permission.FIELD_CAPTURE, 404))
async def document(ask: Asked, document_id: UUID) -> FieldDocument:
    """Show a document as it stands."""
    return _shown(await _found(ask, document_id))


@ROUTER.get("/field/documents/{document_id}/versions", **needs(Permission.FIELD_CAPTURE, 404))
async def versions(ask: Asked, document_id: UUID) -> Page[FieldVersion]:
    """List every version of a document, what was captured first. None is ever changed or removed."""
    await _found(ask, document_id)
    found = await (await _documents(ask)).versions(document_id)
    return Page(items=[_of_version(one) for one in found], next=None)


@ROUTER.get("/field/documents/{document_id}/original", **needs(Permission.FIELD_CAPTURE, 404))
async def original(ask: Asked, document_id: UUID) -> FieldVersion:
    """Show what was captured."""
    await _found(ask, document_id)
    return _of_version(await (await _documents(ask)).original(document_id))


@ROUTER.get(
    "/field/documents/{document_id}/paper",
    **gives_file(needs(Permission.FIELD_CAPTURE, 404, 409), "application/pdf"),
)
async def paper(ask: Asked, document_id: UUID) -> Response:
    """Put a ticket or a change order request on paper as it stands, a PDF with its rates and totals."""
    found = await _found(ask, document_id)
    if found.kind in PAPERS:
        hidden = await hidden_photos(ask, photos_of(found.kind, found.body))
        found = replace(found, body=without_photos(found.body, hidden)) if hidden else found
    made = await Capture(await ask.app()).printer().paper(found)
    headers = {"Content-Disposition": f'inline; filename="{made.name}"'}
    return Response(made.data, media_type="application/pdf", headers=headers)


@ROUTER.post("/field/documents/{document_id}/submit", **needs(Permission.FIELD_CAPTURE, 404, method="post"))
async def submit(ask: Asked, document_id: UUID, of: OfVersion) -> FieldDocument:
    """Hand a document in to the office; doing it again changes nothing."""
    await _found(ask, document_id)
    found = await _documents(ask)
    return _shown(await found.submit(document_id, hand_of(ask), version=of.version))


@ROUTER.post("/field/documents/{document_id}/return", **needs(Permission.FIELD_REVIEW, 404, method="post"))
async def give_back(ask: Asked, document_id: UUID, back: GiveBack) -> FieldDocument:
    """Give a document back to who captured it, and say why."""
    await _found(ask, document_id)
    found = await _documents(ask)
    return _shown(
        await found.give_back(document_id, hand_of(ask), version=back.version, why=back.why.strip())
    )


@ROUTER.post("/field/documents/{document_id}/approve", **needs(Permission.FIELD_REVIEW, 404, method="post"))
async def approve(ask: Asked, document_id: UUID, of: OfVersion) -> FieldDocument:
    """Approve a document, all of whose photos are here; doing it again changes nothing."""
    await _found(ask, document_id)
    found = await _documents(ask)
    return _shown(await found.approve(document_id, hand_of(ask), version=of.version))


@ROUTER.post("/field/documents/{document_id}/settle", **needs(Permission.FIELD_REVIEW, 404, method="post"))
async def settle(ask: Asked, document_id: UUID, of: OfVersion) -> FieldDocument:
    """Decide which version counts where one was kept aside."""
    await _found(ask, document_id)
    found = await _documents(ask)
    return _shown(await found.settle(document_id, hand_of(ask), version=of.version))


def hand_of(ask: Ask) -> Hand:
    """Return who asks, as documents know them."""
    session = ask.asker.session
    reviews = Permission.FIELD_REVIEW in ask.asker.permissions
    return Hand(ask.asker.actor, reviews, session.device_id if session else None)


async def own_projects(ask: Ask) -> frozenset[UUID] | None:
    """Return which of the company's own projects somebody sees; None means all."""
    return await Integration(await ask.app()).own_projects(ask.asker.projects)


async def hidden_photos(ask: Ask, ids: Sequence[UUID]) -> set[UUID]:
    """Return which of the photos somebody may not see: neither taken by them nor of a project they review."""
    hand, photos = hand_of(ask), Capture(await ask.app()).photos()
    seen = await own_projects(ask) if hand.reviews else frozenset[UUID]()
    if seen is None:
        return set()
    theirs = {one.id for one in await photos.some(ids) if not is_by(one.author, hand.by)}
    return theirs - await photos.in_projects(sorted(theirs), seen)


def author_shown(by: Actor) -> Author:
    """Return who did something, as the API says it."""
    return Author(kind=by.kind.value, id=by.id, name=by.name)


async def _documents(ask: Ask) -> Documents:
    return Pushing(await ask.app()).documents()


async def _require_project(ask: Ask, project_id: UUID) -> None:
    seen = await own_projects(ask)
    if seen is not None and project_id not in seen:
        raise nothing_there("such project")


async def _found(ask: Ask, document_id: UUID) -> Document:
    found = await (await _documents(ask)).get(document_id)
    seen, hand = await own_projects(ask), hand_of(ask)
    known = hand.reviews and (seen is None or found.project_id in seen)
    if not (known or is_author(found, hand.by)):
        raise nothing_there("such document")
    return found


def _shown(one: Document) -> FieldDocument:
    sums = totals(one.kind, one.body)
    return FieldDocument(
        id=one.id,
        kind=one.kind,
        project_id=one.project_id,
        number=one.number,
        standing=one.standing,
        version=one.version,
        body=one.body,
        captured_at=one.captured_at,
        received_at=one.received_at,
        changed_at=one.changed_at,
        author=author_shown(one.author),
        device_id=one.device_id,
        locked_reason=one.locked_reason,
        returned_reason=one.returned_reason,
        aside_version=one.aside_version,
        total=None if sums is None else str(sums.total),
    )


def _of_version(one: Version) -> FieldVersion:
    return FieldVersion(
        number=one.number,
        base=one.base,
        body=one.body,
        captured_at=one.captured_at,
        received_at=one.received_at,
        author=author_shown(one.author),
        device_id=one.device_id,
        aside=one.aside,
    )
