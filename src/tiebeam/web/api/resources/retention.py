"""Retention: how long the company keeps what grows, and what the next tidying takes."""

# ruff: noqa: TC001 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from tiebeam.identity.permissions import Permission
from tiebeam.operations.retention.choice import CHOSEN, COUNTED_MAX
from tiebeam.operations.retention.choice import Kept as KeptHere
from tiebeam.operations.retention.plan import DAYS_MAX
from tiebeam.web.api.asker import Asked
from tiebeam.web.api.cursors import Page
from tiebeam.web.api.etags import require_match, tag
from tiebeam.web.api.problems import nothing_there
from tiebeam.web.api.route import GuardedRoute, needs

ROUTER = APIRouter(route_class=GuardedRoute, tags=["retention"])

Kind = Annotated[str, Path(max_length=40, description="What is kept, such as `sync_log`.")]
Days = Annotated[int, Query(ge=1, le=DAYS_MAX, description="If it were kept for so many days.")]


class RetentionSetting(BaseModel):
    """How long something is to be kept."""

    model_config = ConfigDict(extra="forbid")

    days: Annotated[int | None, Field(ge=1, le=DAYS_MAX, description="Null: as the installation sets it.")]


class Retention(BaseModel):
    """How long something is kept. Records, their versions and the audit trail are kept for ever."""

    kind: str
    what: str = Field(description="The same in words.")
    days: int = Field(description="In force.")
    is_own: bool = Field(description="Whether the company has chosen it.")
    default_days: int = Field(description="What the installation sets.")
    days_min: int = Field(description="The least that can be chosen.")
    days_max: int


class Going(BaseModel):
    """What the next tidying takes."""

    kind: str
    days: int
    rows: int = Field(description=f"At most {COUNTED_MAX} are counted.")
    is_archived: bool = Field(description="Whether they go into the archive; else they are deleted.")


@ROUTER.get("/retention", **needs(Permission.SETTINGS_READ))
async def retention(ask: Asked) -> Page[Retention]:
    """List what is kept for a time, and for how long."""
    app = await ask.app()
    return Page(items=[_shown(one) for one in await app.retention.all(app.tenant.id)], next=None)


@ROUTER.get("/retention/{kind}", **needs(Permission.SETTINGS_READ, 404))
async def one_kind(ask: Asked, answer: Response, kind: Kind) -> Retention:
    """Show for how long something is kept."""
    found = await _one(ask, kind)
    tag(answer, _setting(found))
    return _shown(found)


@ROUTER.get("/retention/{kind}/going", **needs(Permission.SETTINGS_READ, 404))
async def going(ask: Asked, kind: Kind, days: Days) -> Going:
    """Count what the next tidying would take if something were kept for so many days: look before you set."""
    app = await ask.app()
    await _one(ask, kind)
    rows = await app.retention.going(app.tenant.id, kind, days)
    return Going(kind=kind, days=days, rows=rows, is_archived=kind == "sync_log")


@ROUTER.put("/retention/{kind}", **needs(Permission.SETTINGS_MANAGE, 404, 412, method="put"))
async def change(ask: Asked, answer: Response, kind: Kind, setting: RetentionSetting) -> Retention:
    """Say for how long something is kept; it counts from the next tidying on."""
    app = await ask.app()
    require_match(ask.request, _setting(await _one(ask, kind)))
    found = await app.retention.set(app.tenant.id, kind, setting.days, by=ask.asker.actor)
    tag(answer, _setting(found))
    return _shown(found)


async def _one(ask: Asked, kind: str) -> KeptHere:
    if kind not in CHOSEN:
        raise nothing_there("such kind of thing that is kept for a time")
    app = await ask.app()
    return await app.retention.one(app.tenant.id, kind)


def _setting(one: KeptHere) -> RetentionSetting:
    return RetentionSetting(days=one.days if one.is_own else None)


def _shown(one: KeptHere) -> Retention:
    return Retention(
        kind=one.name,
        what=one.what,
        days=one.days,
        is_own=one.is_own,
        default_days=one.default_days,
        days_min=one.days_min,
        days_max=one.days_max,
    )
