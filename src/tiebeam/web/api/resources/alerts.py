"""Alerts: what is wrong, how bad it is and what to do; taking them on."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from tiebeam.identity.permissions import Permission
from tiebeam.operations.alerts.model import Alert as Kept
from tiebeam.operations.alerts.model import AlertStatus
from tiebeam.web.api.asker import Asked
from tiebeam.web.api.cursors import Page
from tiebeam.web.api.etags import require_match, tag
from tiebeam.web.api.places import Number
from tiebeam.web.api.problems import Problem, nothing_there
from tiebeam.web.api.route import GuardedRoute, needs

ROUTER = APIRouter(route_class=GuardedRoute, tags=["alerts"])


class Alert(BaseModel):
    """A trouble that was found, from its first sighting to its end."""

    id: int
    rule: str
    subject: str = Field(description="What it is about, from wide to narrow.")
    severity: str = Field(description="`info`, `warning` or `critical`.")
    status: AlertStatus
    summary: str
    action: str = Field(description="What to do next.")
    sightings: int
    opened_at: datetime
    seen_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    resolved_at: datetime | None


@ROUTER.get("/alerts", **needs(Permission.ALERTS_READ))
async def alerts(ask: Asked, *, resolved: bool = False) -> Page[Alert]:
    """List the standing alerts, the worst first; also the latest that are resolved, when asked for."""
    app = await ask.app()
    found = await app.alert_desk().open_alerts(app.tenant.id, every=resolved)
    return Page(items=[_shown(one) for one in found], next=None)


@ROUTER.get("/alerts/{alert_id}", **needs(Permission.ALERTS_READ, 404))
async def alert(ask: Asked, answer: Response, alert_id: Number) -> Alert:
    """Show an alert."""
    found = await _one(ask, alert_id)
    tag(answer, found)
    return found


@ROUTER.post(
    "/alerts/{alert_id}/acknowledge", **needs(Permission.ALERTS_ACKNOWLEDGE, 404, 412, method="post")
)
async def acknowledge(ask: Asked, answer: Response, alert_id: Number) -> Alert:
    """Take an alert on: it is told of no more, unless it gets worse."""
    app = await ask.app()
    require_match(ask.request, await _one(ask, alert_id))
    if not await app.alert_desk().acknowledge(app.tenant.id, [alert_id], by=ask.asker.actor.name):
        raise Problem(
            409, "alerts.not_open", "This alert is not open.", action="See who took it on, or when it ended."
        )
    await ask.note("alert.acknowledged", f"alert:{alert_id}")
    found = await _one(ask, alert_id)
    tag(answer, found)
    return found


async def _one(ask: Asked, alert_id: int) -> Alert:
    app = await ask.app()
    for one in await app.alert_desk().open_alerts(app.tenant.id, every=True):
        if one.id == alert_id:
            return _shown(one)
    raise nothing_there("such alert")


def _shown(one: Kept) -> Alert:
    return Alert(
        id=one.id,
        rule=one.rule,
        subject=one.subject,
        severity=one.severity.title,
        status=one.status,
        summary=one.summary,
        action=one.action,
        sightings=one.sightings,
        opened_at=one.opened_at,
        seen_at=one.seen_at,
        acknowledged_at=one.acknowledged_at,
        acknowledged_by=one.acknowledged_by,
        resolved_at=one.resolved_at,
    )
