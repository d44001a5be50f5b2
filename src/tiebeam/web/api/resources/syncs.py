"""Having something read now: everything that is due, a kind, a project, a record, one user's connection."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from typing import TYPE_CHECKING, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from tiebeam.duties import sync_job
from tiebeam.identity.permissions import Permission
from tiebeam.kernel.correlation import correlation_id
from tiebeam.replicate.replica import NoSuchRecordError
from tiebeam.replicate.streams import find_stream
from tiebeam.web.api.asker import Asked
from tiebeam.web.api.places import Words, connections_of, explorer_of, require_seen, stream_of
from tiebeam.web.api.problems import Problem, nothing_there
from tiebeam.web.api.queued import Queued
from tiebeam.web.api.route import GuardedRoute, needs
from tiebeam.wishes import record_job, refresh_job

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiebeam.operations.queue.model import NewJob
    from tiebeam.operations.tokens.model import Connection

ROUTER = APIRouter(route_class=GuardedRoute, tags=["syncs"])


class Wanted(BaseModel):
    """What is to be read; of an empty one, everything that is due."""

    model_config = ConfigDict(extra="forbid")

    connection: UUID | None = Field(default=None, description="Only this connection (one user's).")
    project: Words | None = Field(
        default=None, min_length=1, description="Only this project: its Procore id."
    )
    view: Words | None = Field(default=None, min_length=1, description="Only this stream, such as `rfis`.")
    key: Words | None = Field(default=None, min_length=1, description="Only this record; needs `view`.")
    full: bool = Field(default=False, description="Read everything anew.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.key is not None and self.view is None:
            raise ValueError("`key` needs `view`, the stream of the record")
        return self


@ROUTER.post("/syncs", status_code=202, **needs(Permission.SYNC_RUN, 404, method="post"))
async def sync(ask: Asked, wanted: Wanted) -> Queued:
    """Queue a sync now: of everything that is due, or of exactly what is named."""
    require_seen(ask, wanted.project)
    stream = stream_of(wanted.view).name if wanted.view else None
    found = await connections_of(ask, wanted.connection)
    if not found:
        raise Problem(409, "app.not_set_up", "Nothing is connected yet.", action="Connect Procore first.")
    app = await ask.app()
    jobs = await _jobs(ask, wanted, stream, found)
    queued = await app.queue.trigger(app.tenant.id, jobs)
    asked = wanted.model_dump(mode="json", exclude_none=True)
    await ask.note("sync.asked", f"connection:{wanted.connection or 'all'}", asked)
    return Queued(queued=queued, correlation_id=correlation_id())


async def _jobs(ask: Asked, wanted: Wanted, stream: str | None, found: Sequence[Connection]) -> list[NewJob]:
    if wanted.key and stream:
        return await _record_jobs(ask, wanted, stream, found)
    if wanted.project or stream or wanted.full:
        return [refresh_job(one, project=wanted.project, stream=stream, full=wanted.full) for one in found]
    return [sync_job(one) for one in found]


async def _record_jobs(ask: Asked, wanted: Wanted, stream: str, found: Sequence[Connection]) -> list[NewJob]:
    looking, key = await explorer_of(ask), wanted.key or ""
    try:
        rows = await looking.find(find_stream(stream), key, wanted.project, connection_id=wanted.connection)
    except NoSuchRecordError:
        raise nothing_there("such record") from None
    places = {one.id: one for one in found}
    return [record_job(places[row.connection_id], row, stream) for row in rows]
