"""Deletions that are too many at once to be believed: a person decides."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from tiebeam.identity.permissions import Permission
from tiebeam.replicate.model import Hold
from tiebeam.web.api.asker import Asked
from tiebeam.web.api.cursors import Page
from tiebeam.web.api.etags import require_match, tag
from tiebeam.web.api.places import Number, project_of
from tiebeam.web.api.problems import Problem, nothing_there
from tiebeam.web.api.route import GuardedRoute, needs

ROUTER = APIRouter(route_class=GuardedRoute, tags=["deletions"])


class Deletion(BaseModel):
    """Records that the vendor no longer lists, too many at once."""

    id: int
    stream: str
    project_id: str | None
    status: str = Field(description="`waiting`, `approved`, `refused` or `superseded`.")
    keys: list[str]
    live: int = Field(description="How many records of that place were live when they were found.")
    evidence: str
    found_at: datetime
    decided_at: datetime | None
    decided_by: str | None


class Decided(BaseModel):
    """What was decided."""

    deletion: Deletion
    records: int = Field(description="How many records are now marked as deleted.")


@ROUTER.get("/deletions", **needs(Permission.HOLDS_DECIDE))
async def deletions(ask: Asked, *, decided: bool = False) -> Page[Deletion]:
    """List the deletions that wait for a person; also those that were decided, when asked for."""
    found = await (await ask.app()).holds(waiting_only=not decided)
    return Page(items=[_shown(one) for one in found if ask.asker.sees_scope(one.scope_text)], next=None)


@ROUTER.get("/deletions/{deletion_id}", **needs(Permission.HOLDS_DECIDE, 404))
async def deletion(ask: Asked, answer: Response, deletion_id: Number) -> Deletion:
    """Show what is to be decided, or was."""
    found = await _one(ask, deletion_id)
    tag(answer, found)
    return found


@ROUTER.post("/deletions/{deletion_id}/approve", **needs(Permission.HOLDS_DECIDE, 404, 412, method="post"))
async def approve(ask: Asked, deletion_id: Number) -> Decided:
    """Believe it: the records are marked as deleted, and keep their history."""
    return await _decide(ask, deletion_id, approve=True)


@ROUTER.post("/deletions/{deletion_id}/refuse", **needs(Permission.HOLDS_DECIDE, 404, 412, method="post"))
async def refuse(ask: Asked, deletion_id: Number) -> Decided:
    """Do not believe it: the records stay as they are, until they are missed again."""
    return await _decide(ask, deletion_id, approve=False)


async def _decide(ask: Asked, deletion_id: int, *, approve: bool) -> Decided:
    app = await ask.app()
    require_match(ask.request, await _one(ask, deletion_id))
    done = await app.decide_hold(deletion_id, approve=approve, by=ask.asker.actor.name)
    if done is None:
        raise Problem(
            409,
            "deletions.decided",
            "This was decided already.",
            action="See by whom, and how, in the answer.",
        )
    verb = "approved" if approve else "refused"
    await ask.note(f"deletions.{verb}", f"hold:{deletion_id}", {"records": done})
    return Decided(deletion=await _one(ask, deletion_id), records=done)


async def _one(ask: Asked, deletion_id: int) -> Deletion:
    for one in await (await ask.app()).holds(waiting_only=False):
        if one.id == deletion_id and ask.asker.sees_scope(one.scope_text):
            return _shown(one)
    raise nothing_there("such deletion")


def _shown(one: Hold) -> Deletion:
    return Deletion(
        id=one.id,
        stream=one.stream,
        project_id=project_of(one.scope_text),
        status=one.status,
        keys=one.keys,
        live=one.live,
        evidence=one.evidence,
        found_at=one.found_at,
        decided_at=one.decided_at,
        decided_by=one.decided_by,
    )
