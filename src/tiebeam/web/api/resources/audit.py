"""The audit trail: who did what, when, and to what."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, Field

from tiebeam.identity.permissions import Permission
from tiebeam.operations.audit.dossier.model import Asked as Wish
from tiebeam.operations.audit.dossier.model import Form
from tiebeam.operations.audit.model import Wanted
from tiebeam.proof import Proof
from tiebeam.web.api.asker import Asked
from tiebeam.web.api.cursors import USUAL, Cursor, Limit, Page, cut, link_next, place_of
from tiebeam.web.api.route import GuardedRoute, gives_file, needs

ROUTER = APIRouter(route_class=GuardedRoute, tags=["audit"])

Name = Annotated[str | None, Query(max_length=200)]
Moment = Annotated[AwareDatetime | None, Query()]


class Entry(BaseModel):
    """One act."""

    number: int = Field(description="Counts from 1, without gaps.")
    at: datetime
    actor_kind: str
    actor_id: str
    actor_name: str
    act: str
    subject: str
    detail: dict[str, Any]
    correlation_id: str | None
    previous: str = Field(description="The hash of the entry before it, in hexadecimal digits.")
    hash: str


class PublicKey(BaseModel):
    """By what the company's dossiers and daily signatures are known."""

    public_key: str = Field(description="Ed25519, 32 bytes in hexadecimal digits.")


@ROUTER.get("/audit/key", **needs(Permission.AUDIT_READ))
async def public_key(ask: Asked) -> PublicKey:
    """Tell the public key that signs the audit trail and its dossiers."""
    key = await (await ask.app()).evidence.key(ask.asker.tenant.id)
    return PublicKey(public_key=key.public.hex())


@ROUTER.get("/audit/dossier", **gives_file(needs(Permission.AUDIT_READ), "application/zip"))
async def dossier(
    ask: Asked,
    *,
    item: Name = None,
    project: Name = None,
    since: Moment = None,
    until: Moment = None,
    form: Annotated[list[Form] | None, Query(description="Without any: all forms.")] = None,
) -> Response:
    """Make a signed dossier about an item, a project or a time; `tiebeam audit verify-dossier` checks it."""
    app = await ask.app()
    wish = Wish(item, project, since, until)
    made = await Proof(app).dossiers().make(wish, ask.asker.actor, forms=frozenset(form or Form))
    headers = {"Content-Disposition": f'attachment; filename="{made.name}"', "Cache-Control": "no-store"}
    return Response(made.data, media_type="application/zip", headers=headers)


@ROUTER.get("/audit", **needs(Permission.AUDIT_READ))
async def audit(
    ask: Asked,
    answer: Response,
    *,
    act: Name = None,
    subject: Name = None,
    actor: Name = None,
    since: Moment = None,
    until: Moment = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Page[Entry]:
    """List entries, the newest first; `act` may be a noun (`session`), and means all its acts."""
    place = place_of(cursor, int)
    wanted = Wanted(act, subject, actor, since, until)
    before = place[0] if place else None
    found = await ask.house.trail.entries(ask.asker.tenant.id, wanted, limit=limit + 1, before=before)
    kept, following = cut(found, limit, lambda one: [one.number])
    link_next(ask.request, answer, following)
    return Page(
        items=[
            Entry(
                number=one.number,
                at=one.at,
                actor_kind=one.actor.kind.value,
                actor_id=one.actor.id,
                actor_name=one.actor.name,
                act=one.act,
                subject=one.subject,
                detail=dict(one.detail),
                correlation_id=one.correlation_id,
                previous=one.previous.hex(),
                hash=one.hash.hex(),
            )
            for one in kept
        ],
        next=following,
    )
