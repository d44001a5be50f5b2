"""Connections: how each stands, what to do about it, and what its next hour is spent on."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tiebeam.identity.permissions import Permission
from tiebeam.operations.tokens.model import Status
from tiebeam.upkeep import Upkeep
from tiebeam.web.api.asker import Asked
from tiebeam.web.api.cursors import Page
from tiebeam.web.api.places import connection_of, project_of
from tiebeam.web.api.route import GuardedRoute, needs

if TYPE_CHECKING:
    from tiebeam.app import App
    from tiebeam.operations.tokens.model import Connection as Kept

ROUTER = APIRouter(route_class=GuardedRoute, tags=["connections"])


class Window(BaseModel):
    """What a rate window leaves."""

    name: str
    seconds: float
    limit: int
    used: int
    left: int


class Connection(BaseModel):
    """An authorised access to a vendor, and how it stands."""

    id: UUID
    vendor: str
    environment: str
    company_id: str | None
    status: Status
    code: str | None = Field(description="Why it stands as it does; null when all is well.")
    reason: str | None = Field(description="The same in plain words.")
    action: str | None = Field(description="What to do about it.")
    since: datetime
    token_expires_at: datetime | None
    windows: list[Window] = Field(description="Calls left; empty while the rate gate is off.")
    paused_seconds: float = Field(description="For how long no call passes; 0 when calls pass.")
    pause_reason: str


class PlannedCall(BaseModel):
    """One read or probe of the next hour."""

    at: datetime
    calls: float
    stream: str
    project_id: str | None
    is_probe: bool
    reason: str


class Plan(BaseModel):
    """What the next hour's calls of a connection are best spent on."""

    connection_id: UUID
    budget_calls_per_hour: float
    stretch: float = Field(description="How many times its interval something may be old; 1: all fits.")
    shortfalls: list[str] = Field(description="What the budget cannot cover.")
    calls: list[PlannedCall]


@ROUTER.get("/connections", **needs(Permission.CONNECTION_READ))
async def connections(ask: Asked) -> Page[Connection]:
    """List the connections, each with its status, the reason, what to do about it, and the calls left."""
    app = await ask.app()
    return Page(items=[await _shown(app, one) for one in await app.connections()], next=None)


@ROUTER.get("/connections/{connection_id}", **needs(Permission.CONNECTION_READ, 404))
async def connection(ask: Asked, connection_id: UUID) -> Connection:
    """Show one connection."""
    return await _shown(await ask.app(), await connection_of(ask, connection_id))


@ROUTER.get("/plan", tags=["freshness"], **needs(Permission.HEALTH_READ))
async def plans(ask: Asked) -> Page[Plan]:
    """Show what the next hour's calls of each connection in use are best spent on, and why."""
    app = await ask.app()
    used = [one for one in await app.connections() if one.status is Status.CONNECTED]
    return Page(items=[await _planned(ask, app, one) for one in used], next=None)


async def _planned(ask: Asked, app: App, one: Kept) -> Plan:
    made = await Upkeep(app).plan(one)
    items = {item_id: slot.item for item_id, slot in made.slots.items()}
    calls = [(call, items[call.choice.feed_id]) for call in made.hour]
    return Plan(
        connection_id=one.id,
        budget_calls_per_hour=made.budget_calls_per_hour,
        stretch=made.stretch,
        # They name other projects, too.
        shortfalls=list(made.shortfalls) if ask.asker.projects is None else [],
        calls=[
            PlannedCall(
                at=call.at,
                calls=call.calls,
                stream=item.stream,
                project_id=project_of(item.scope_text),
                is_probe=call.choice.probe,
                reason=call.choice.reason,
            )
            for call, item in calls
            if ask.asker.sees_scope(item.scope_text)
        ],
    )


async def _shown(app: App, one: Kept) -> Connection:
    level = await app.gate(one).level()
    windows = [] if level.off else level.windows
    return Connection(
        id=one.id,
        vendor=one.vendor,
        environment=one.environment,
        company_id=one.company_id,
        status=one.status,
        code=one.code,
        reason=one.reason,
        action=one.action,
        since=one.since,
        token_expires_at=one.token_expires_at,
        windows=[
            Window(
                name=window.name,
                seconds=window.width_seconds,
                limit=window.limit,
                used=window.used,
                left=window.left,
            )
            for window in windows
        ],
        paused_seconds=level.paused_seconds,
        pause_reason=level.pause_reason,
    )
