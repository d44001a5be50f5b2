"""Webhooks: the hook on the vendor's side, and what was delivered."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from tiebeam.identity.permissions import Permission
from tiebeam.replicate.webhooks.repository import Deliveries, Hooks
from tiebeam.web.api.asker import Asked
from tiebeam.web.api.cursors import USUAL, Cursor, Limit, Page, cut, link_next, place_of
from tiebeam.web.api.route import GuardedRoute, needs

ROUTER = APIRouter(route_class=GuardedRoute, tags=["webhooks"])


class Hook(BaseModel):
    """A hook of a connection."""

    id: UUID
    connection_id: UUID
    destination_url: str
    payload_version: str
    made_at: datetime
    retired_at: datetime | None = Field(description="Null: in use, or about to be.")
    seen_until: datetime = Field(
        description="By the vendor's clock: of what was to be delivered before, nothing is missing."
    )


class Delivery(BaseModel):
    """What one delivery told of."""

    id: int
    hook_id: UUID
    received_at: datetime
    event_at: datetime
    resource: str
    record_id: str
    project_id: str | None
    event_type: str
    fate: str = Field(description="`fetch`, `echo`, `not_copied` or `unreadable`.")
    source: str = Field(description="`push`, or `gap` for one that was found in the vendor's list.")


@ROUTER.get("/webhooks", **needs(Permission.RUNS_READ))
async def hooks(ask: Asked) -> Page[Hook]:
    """List the hooks of every connection, the newest first."""
    app = await ask.app()
    found = [
        hook
        for one in await app.connections()
        for hook in await Hooks(app.store, app.tenant.id, one.id).all()
    ]
    return Page(
        items=[
            Hook(
                id=one.id,
                connection_id=one.connection_id,
                destination_url=one.destination_url,
                payload_version=one.payload_version,
                made_at=one.made_at,
                retired_at=one.retired_at,
                seen_until=one.seen_until,
            )
            for one in found
        ],
        next=None,
    )


@ROUTER.get("/webhooks/deliveries", **needs(Permission.RUNS_READ))
async def deliveries(
    ask: Asked, answer: Response, limit: Limit = USUAL, cursor: Cursor = None
) -> Page[Delivery]:
    """List what was delivered, the newest first."""
    place, known = place_of(cursor, int), Deliveries((await ask.app()).store)
    before = place[0] if place else None
    rows = await known.page(ask.asker.tenant.id, ask.asker.projects, limit=limit + 1, before=before)
    kept, following = cut(rows, limit, lambda row: [row.id])
    link_next(ask.request, answer, following)
    return Page(
        items=[
            Delivery(
                id=row.id,
                hook_id=row.hook_id,
                received_at=row.received_at,
                event_at=row.event_at,
                resource=row.resource,
                record_id=row.record_id,
                project_id=row.project_id or None,
                event_type=row.event_type,
                fate=row.fate,
                source=row.source,
            )
            for row in kept
        ],
        next=following,
    )
