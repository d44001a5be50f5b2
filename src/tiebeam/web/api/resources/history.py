"""What was done: sync runs and the sync log."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from tiebeam.identity.permissions import Permission
from tiebeam.replicate.history.model import LogWanted
from tiebeam.web.api.asker import Asked
from tiebeam.web.api.cursors import USUAL, Cursor, Limit, Page, cut, link_next, place_of
from tiebeam.web.api.places import history_of, project_of, stream_of
from tiebeam.web.api.route import GuardedRoute, needs

ROUTER = APIRouter(route_class=GuardedRoute, tags=["history"])


class Run(BaseModel):
    """One sync run."""

    id: int
    connection_id: UUID
    wish: str = Field(description="What it was to read.")
    started_at: datetime
    ended_at: datetime | None = Field(description="Null while it runs, or after it was cut short.")
    tally: dict[str, int] | None = Field(description="What it did, in numbers.")


class LogEntry(BaseModel):
    """One entry of the sync log."""

    id: int
    at: datetime
    connection_id: UUID
    stream: str
    project_id: str | None
    direction: str
    result: str
    records: int = Field(description="How many records it is about.")
    calls: int
    detail: str | None


@ROUTER.get("/runs", **needs(Permission.RUNS_READ))
async def runs(ask: Asked, answer: Response, limit: Limit = USUAL, cursor: Cursor = None) -> Page[Run]:
    """List sync runs, the newest first."""
    place = place_of(cursor, int)
    history = await history_of(ask)
    rows = await history.all_runs(limit=limit + 1, before=place[0] if place else None)
    kept, following = cut(rows, limit, lambda row: [row.id])
    link_next(ask.request, answer, following)
    return Page(
        items=[
            Run(
                id=row.id,
                connection_id=row.connection_id,
                wish=row.wish,
                started_at=row.started_at,
                ended_at=row.ended_at,
                tally=row.tally,
            )
            for row in kept
        ],
        next=following,
    )


@ROUTER.get("/log", **needs(Permission.RUNS_READ, 404))
async def log(
    ask: Asked,
    answer: Response,
    *,
    view: Annotated[str | None, Query(max_length=100, description="Only of this stream.")] = None,
    result: Annotated[str | None, Query(max_length=50, description="Only these, such as `created`.")] = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Page[LogEntry]:
    """List entries of the sync log, the newest first."""
    place = place_of(cursor, int)
    wanted = LogWanted(result=result, stream=stream_of(view).name if view else None)
    history = await history_of(ask)
    rows = await history.log(wanted, limit=limit + 1, before=place[0] if place else None)
    kept, following = cut(rows, limit, lambda row: [row.id])
    link_next(ask.request, answer, following)
    return Page(
        items=[
            LogEntry(
                id=row.id,
                at=row.at,
                connection_id=row.connection_id,
                stream=row.stream,
                project_id=project_of(row.scope_text),
                direction=row.direction,
                result=row.result,
                records=row.records,
                calls=row.calls,
                detail=row.detail,
            )
            for row in kept
        ],
        next=following,
    )
