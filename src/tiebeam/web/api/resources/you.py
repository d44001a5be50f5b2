"""Who asks, and how everything stands."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tiebeam.identity.model import Person
from tiebeam.identity.permissions import Permission
from tiebeam.operations.tokens.model import Status
from tiebeam.replicate.freshness.heat import Warmth, heat
from tiebeam.replicate.streams import STREAMS
from tiebeam.web.api.asker import Asked
from tiebeam.web.api.route import GuardedRoute, needs

ROUTER = APIRouter(route_class=GuardedRoute, tags=["you"])


class Me(BaseModel):
    """Who asks."""

    kind: str = Field(description="`person` or `key`.")
    id: UUID
    name: str
    company: str
    role: str | None = Field(description="Null for a key.")
    permissions: list[Permission]
    project_ids: list[str] | None = Field(description="The projects that are seen; null: all.")
    expires_at: datetime | None


class Health(BaseModel):
    """How everything stands, in numbers."""

    at: datetime
    connections: dict[Status, int]
    cells: dict[Warmth, int] = Field(description="How many tools of projects are how current.")
    alerts_open: int
    deletions_waiting: int


@ROUTER.get("/me", **needs(None))
async def me(ask: Asked) -> Me:
    """Say who asks, and what that allows."""
    asker, by = ask.asker, ask.asker.by
    session = asker.session
    return Me(
        kind=asker.actor.kind.value,
        id=by.id,
        name=by.name,
        company=asker.tenant.name,
        role=by.role.value if isinstance(by, Person) else None,
        permissions=sorted(asker.permissions),
        project_ids=asker.projects,
        expires_at=session.expires_at if session else getattr(by, "expires_at", None),
    )


@ROUTER.get("/health", **needs(Permission.HEALTH_READ))
async def health(ask: Asked) -> Health:
    """Say how everything stands: the connections, how current the copy is, what waits for somebody."""
    app, now = await ask.app(), ask.house.clock.now()
    found = await app.connections()
    cells, intervals = dict.fromkeys(Warmth, 0), await app.choices.intervals()
    for one in found:
        feeds = await app.replica(one).ensure_feeds(())
        picture = heat(STREAMS, feeds, now, sees=ask.asker.sees, intervals=intervals)
        for warmth in Warmth:
            cells[warmth] += picture.count(warmth)
    holds = [one for one in await app.holds() if ask.asker.sees_scope(one.scope_text)]
    return Health(
        at=now,
        connections={status: sum(one.status is status for one in found) for status in Status},
        cells=cells,
        alerts_open=len(await app.alert_desk().open_alerts(app.tenant.id)),
        deletions_waiting=len(holds),
    )
