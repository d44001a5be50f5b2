"""The change event of a document that had none yet when it was approved."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING
from uuid import UUID

from fastapi import APIRouter

from tiebeam.identity.permissions import Permission
from tiebeam.pushing import Pushing
from tiebeam.tying import Tying
from tiebeam.web.api.asker import Ask, Asked
from tiebeam.web.api.field_shapes import ChosenEvent, DocumentEvent, EventChoice
from tiebeam.web.api.problems import nothing_there
from tiebeam.web.api.resources.field import author_shown, own_projects
from tiebeam.web.api.route import GuardedRoute, needs

if TYPE_CHECKING:
    from tiebeam.field.model import Document

ROUTER = APIRouter(route_class=GuardedRoute, tags=["field"])


@ROUTER.get("/field/documents/{document_id}/change-event", **needs(Permission.FIELD_REVIEW, 404))
async def change_event(ask: Asked, document_id: UUID) -> DocumentEvent:
    """Say which change event a ticket or change order request is tied to, and which could be chosen."""
    return await _shown(ask, await _seen(ask, document_id))


@ROUTER.put(
    "/field/documents/{document_id}/change-event", **needs(Permission.FIELD_REVIEW, 404, method="put")
)
async def choose(ask: Asked, document_id: UUID, wanted: ChosenEvent) -> DocumentEvent:
    """Choose the change event of an approved document that names none; a sent one is tied to it by itself.

    Choosing the same again changes nothing. Once it is tied, another one is chosen where it was sent to.
    """
    found = await _seen(ask, document_id)
    after = await Tying(await ask.app()).choose(found.id, wanted.change_event, ask.asker.actor)
    return await _shown(ask, after)


async def _seen(ask: Ask, document_id: UUID) -> Document:
    found = await Pushing(await ask.app()).documents().get(document_id)
    seen = await own_projects(ask)
    if seen is not None and found.project_id not in seen:
        raise nothing_there("such document")
    return found


async def _shown(ask: Ask, document: Document) -> DocumentEvent:
    tying = Tying(await ask.app())
    tied = await tying.of(document)
    if tied is None:
        raise nothing_there("change event of such a document")
    choices = await tying.choices(document)
    return DocumentEvent(
        state=tied.state,
        told=tied.state.in_words,
        change_event=tied.change_event,
        chosen_at=tied.later.chosen_at if tied.later else None,
        chosen_by=author_shown(tied.later.by) if tied.later else None,
        can_choose=tied.can_choose,
        choices=None if choices is None else [EventChoice(**asdict(one)) for one in choices],
    )
