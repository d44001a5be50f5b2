"""Jobs: listed, created, changed, and the item of the board that each is linked to."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from tiebeam.identity.permissions import Permission
from tiebeam.jobs.model import JobStatus, Subject
from tiebeam.web.api.asker import Ask, Asked
from tiebeam.web.api.cursors import USUAL, Cursor, Limit, Page, cut, link_next, place_of
from tiebeam.web.api.problems import nothing_there
from tiebeam.web.api.route import GuardedRoute, needs
from tiebeam.web.api.work_asked import changes_of, work_of
from tiebeam.web.api.work_shapes import (
    BoardItem,
    ChangedWorkJob,
    NewWorkJob,
    SyncResult,
    WorkChange,
    WorkJob,
)
from tiebeam.web.api.work_shown import item_shown, job_shown, synced_shown

if TYPE_CHECKING:
    from tiebeam.jobs.model import Job

ROUTER = APIRouter(route_class=GuardedRoute, tags=["jobs"])

Search = Annotated[
    str | None, Query(max_length=200, pattern=r"^[^\x00]*$", description="In title or address.")
]


@ROUTER.get("/jobs", **needs(Permission.JOBS_READ))
async def jobs(
    ask: Asked,
    answer: Response,
    *,
    status: JobStatus | None = None,
    search: Search = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Page[WorkJob]:
    """List jobs, the newest first."""
    place = place_of(cursor, int)
    statuses = (status,) if status else None
    found = (
        await (await work_of(ask))
        .jobs()
        .find(search, statuses=statuses, limit=limit + 1, after=place[0] if place else None)
    )
    rows, more = cut(found, limit, lambda one: [one.number])
    link_next(ask.request, answer, more)
    return Page(items=[job_shown(one) for one in rows], next=more)


@ROUTER.post("/jobs", status_code=201, **needs(Permission.JOBS_EDIT, method="post"))
async def create(ask: Asked, wanted: NewWorkJob) -> WorkJob:
    """Create a job; rules put it on the board."""
    made = await (await work_of(ask)).jobs().create(**wanted.model_dump(), actor=ask.asker.actor)
    return job_shown(made)


@ROUTER.get("/jobs/{work_id}", **needs(Permission.JOBS_READ, 404))
async def job(ask: Asked, work_id: UUID) -> WorkJob:
    """Show a job."""
    return job_shown(await _job(ask, work_id))


@ROUTER.patch("/jobs/{work_id}", **needs(Permission.JOBS_EDIT, 404, method="patch"))
async def change(ask: Asked, work_id: UUID, wanted: ChangedWorkJob) -> WorkJob:
    """Change what is given, and nothing else."""
    fields = {name: getattr(wanted, name) for name in wanted.model_fields_set - {"version"}}
    found = (
        await (await work_of(ask))
        .jobs()
        .change(work_id, fields, version=wanted.version, actor=ask.asker.actor)
    )
    return job_shown(found)


@ROUTER.delete("/jobs/{work_id}", status_code=204, **needs(Permission.JOBS_EDIT, 404, method="delete"))
async def delete(ask: Asked, work_id: UUID) -> None:
    """Delete a job; what becomes of its item is asked. It can be restored."""
    await (await work_of(ask)).jobs().delete(work_id, actor=ask.asker.actor)


@ROUTER.post("/jobs/{work_id}/restore", **needs(Permission.JOBS_EDIT, 404, method="post"))
async def restore(ask: Asked, work_id: UUID) -> WorkJob:
    """Bring a deleted job back."""
    return job_shown(await (await work_of(ask)).jobs().restore(work_id, actor=ask.asker.actor))


@ROUTER.get("/jobs/{work_id}/changes", **needs(Permission.JOBS_READ, 404))
async def changes(
    ask: Asked, answer: Response, work_id: UUID, *, limit: Limit = USUAL, cursor: Cursor = None
) -> Page[WorkChange]:
    """List what was done to a job, the newest first."""
    await _job(ask, work_id)
    return await changes_of(ask, answer, (Subject.JOB, work_id), limit, cursor)


@ROUTER.get("/jobs/{work_id}/board-item", **needs(Permission.JOBS_READ, 404))
async def board_item(ask: Asked, work_id: UUID) -> BoardItem:
    """Show the item of a board that a job is linked to, with all its column values."""
    await _job(ask, work_id)
    found = await (await work_of(ask)).item_of(work_id)
    if found is None:
        raise nothing_there("item of a board that this job is linked to")
    return item_shown(found)


@ROUTER.post("/jobs/{work_id}/sync-to-board", **needs(Permission.JOBS_EDIT, 404, method="post"))
async def sync_to_board(ask: Asked, work_id: UUID) -> Page[SyncResult]:
    """Bring a job and its items together now, creating one if there is none. There is one page of it."""
    found = await (await work_of(ask)).linking().sync_job(work_id, ask.asker.actor, anew=True)
    return Page(items=[synced_shown(one) for one in found], next=None)


async def _job(ask: Ask, work_id: UUID) -> Job:
    return await (await work_of(ask)).jobs().get(work_id)
