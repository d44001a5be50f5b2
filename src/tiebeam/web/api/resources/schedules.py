"""Schedules: how often each ticks for the company, and whether it does."""

# ruff: noqa: TC001 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from tiebeam.duties import SCHEDULES
from tiebeam.identity.permissions import Permission
from tiebeam.web.api.asker import Asked
from tiebeam.web.api.cursors import Page
from tiebeam.web.api.etags import require_match, tag
from tiebeam.web.api.problems import nothing_there
from tiebeam.web.api.route import GuardedRoute, needs

ROUTER = APIRouter(route_class=GuardedRoute, tags=["schedules"])

_DAYS_MAX: Final = 31
Name = Annotated[str, Path(max_length=100, description="The schedule, such as `procore.sync`.")]
_EVERY = Field(
    ge=1, le=_DAYS_MAX * 86_400, description="Seconds between two ticks; null: as the program has it."
)


class ScheduleSetting(BaseModel):
    """How a schedule is to be."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool
    every_seconds: Annotated[int | None, _EVERY]


class Schedule(BaseModel):
    """How a schedule stands for the company."""

    name: str
    enabled: bool
    every_seconds: int | None = Field(description="Null: as the program has it.")
    last_tick_at: datetime | None


@ROUTER.get("/schedules", **needs(Permission.SETTINGS_READ))
async def schedules(ask: Asked) -> Page[Schedule]:
    """List the schedules."""
    return Page(items=await _standing(ask), next=None)


@ROUTER.get("/schedules/{name}", **needs(Permission.SETTINGS_READ, 404))
async def schedule(ask: Asked, answer: Response, name: Name) -> Schedule:
    """Show a schedule. Its ETag tells of its setting alone, not of its last tick."""
    found = await _one(ask, name)
    tag(answer, _setting(found))
    return found


@ROUTER.put("/schedules/{name}", **needs(Permission.SETTINGS_MANAGE, 404, 412, method="put"))
async def change(ask: Asked, answer: Response, name: Name, setting: ScheduleSetting) -> Schedule:
    """Say how often a schedule ticks for the company and whether it does; it counts within a second."""
    app = await ask.app()
    require_match(ask.request, _setting(await _one(ask, name)))
    every = timedelta(seconds=setting.every_seconds) if setting.every_seconds else None
    await app.schedules.set(name, every=every, enabled=setting.enabled, tenant_id=app.tenant.id)
    await ask.note("schedule.set", f"schedule:{name}", setting.model_dump())
    found = await _one(ask, name)
    tag(answer, _setting(found))
    return found


async def _one(ask: Asked, name: str) -> Schedule:
    for one in await _standing(ask):
        if one.name == name:
            return one
    raise nothing_there("such schedule")


async def _standing(ask: Asked) -> list[Schedule]:
    app = await ask.app()
    found = [one for one in await app.schedules.standing(SCHEDULES) if one.tenant_id == app.tenant.id]
    return [
        Schedule(
            name=one.name,
            enabled=one.enabled,
            every_seconds=one.every_seconds,
            last_tick_at=one.last_tick_at,
        )
        for one in sorted(found, key=lambda one: SCHEDULES.index(one.name))
    ]


def _setting(one: Schedule) -> ScheduleSetting:
    return ScheduleSetting(enabled=one.enabled, every_seconds=one.every_seconds)
