"""The queue: what waits, runs and has ended; running it now, and cancelling."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from tiebeam.duties import again
from tiebeam.identity.permissions import Permission
from tiebeam.kernel.correlation import correlation_id
from tiebeam.operations.queue.repository import Entry
from tiebeam.web.api.asker import Asked
from tiebeam.web.api.cursors import LIMIT_MAX, USUAL, Page
from tiebeam.web.api.places import Number
from tiebeam.web.api.problems import Problem
from tiebeam.web.api.queued import Queued
from tiebeam.web.api.route import GuardedRoute, needs
from tiebeam.wishes import asked_for

ROUTER = APIRouter(route_class=GuardedRoute, tags=["queue"])


class Count(BaseModel):
    """How many jobs of a kind are in a state, and since when the oldest of them."""

    kind: str
    state: str
    jobs: int
    oldest_at: datetime


class Failure(BaseModel):
    """An attempt that failed."""

    at: datetime
    attempt: int
    why: str


class Job(BaseModel):
    """A job as it stands or ended."""

    id: int
    kind: str
    key: str = Field(description="What it is for.")
    state: str
    priority: int
    attempts: int
    error: str | None
    errors: list[Failure] = Field(description="The last ten failures.")
    enqueued_at: datetime
    started_at: datetime | None
    not_before: datetime | None
    ended_at: datetime | None


class Cancelled(BaseModel):
    """A job that waited is ended; one that runs is asked to end."""

    id: int


@ROUTER.get("/queue", **needs(Permission.RUNS_READ))
async def counts(ask: Asked) -> Page[Count]:
    """Count the jobs by kind and state."""
    app = await ask.app()
    found = await app.queue.counts(app.tenant.id)
    return Page(
        items=[
            Count(kind=one.kind, state=one.state, jobs=one.jobs, oldest_at=one.oldest_at) for one in found
        ],
        next=None,
    )


@ROUTER.get("/queue/jobs", **needs(Permission.RUNS_READ))
async def jobs(
    ask: Asked, limit: Annotated[int, Query(ge=1, le=LIMIT_MAX, description="How many at most.")] = USUAL
) -> Page[Job]:
    """List jobs: what has not ended, then the latest that did. There is one page of it."""
    app = await ask.app()
    found = await app.queue.history(app.tenant.id, limit)
    return Page(items=[_job(one) for one in found if ask.asker.sees(_project_of(one))], next=None)


@ROUTER.post("/queue/jobs/{job_id}/cancel", **needs(Permission.QUEUE_MANAGE, 404, method="post"))
async def cancel(ask: Asked, job_id: Number) -> Cancelled:
    """End a job that waits, or ask for the end of one that runs."""
    app = await ask.app()
    if not await app.queue.cancel(app.tenant.id, job_id):
        raise Problem(
            404,
            "queue.no_such_job",
            f"No job {job_id} waits or runs.",
            action="See /queue/jobs for those that do.",
        )
    await ask.note("job.cancelled", f"job:{job_id}")
    return Cancelled(id=job_id)


@ROUTER.post(
    "/queue/jobs/{job_id}/again", status_code=202, **needs(Permission.QUEUE_MANAGE, 404, method="post")
)
async def try_again(ask: Asked, job_id: Number) -> Queued:
    """Queue once more what was given up."""
    app = await ask.app()
    failed = await app.queue.failed(app.tenant.id, job_id)
    wanted = again(failed.kind, failed.key) if failed and ask.asker.sees(_project_of(failed)) else None
    if failed is None or wanted is None:
        raise Problem(
            404,
            "queue.no_such_job",
            f"No job {job_id} was given up.",
            action="See /queue/jobs for those that were: their state is `failed`.",
        )
    queued = await app.queue.trigger(app.tenant.id, [wanted])
    await ask.note("job.tried_again", f"job:{job_id}", {"kind": failed.kind})
    return Queued(queued=queued, correlation_id=correlation_id())


@ROUTER.post("/queue/run", status_code=202, **needs(Permission.QUEUE_MANAGE, method="post"))
async def run(ask: Asked) -> Queued:
    """Make everything due that waits for its time."""
    app = await ask.app()
    hastened = await app.queue.hasten(app.tenant.id)
    await ask.note("queue.run", "queue:all", {"jobs": hastened})
    return Queued(queued=hastened, correlation_id=correlation_id())


def _project_of(one: Entry) -> str | None:
    return asked_for(one.kind, one.key)[0]


def _job(one: Entry) -> Job:
    return Job(
        id=one.job_id,
        kind=one.kind,
        key=one.key,
        state=one.state,
        priority=one.priority,
        attempts=one.attempts,
        error=one.error,
        errors=[Failure.model_validate(error) for error in one.errors],
        enqueued_at=one.enqueued_at,
        started_at=one.started_at,
        not_before=one.not_before,
        ended_at=one.ended_at,
    )
