"""Streams: how much of each there is and how fresh it is, as a table and as a heat map."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tiebeam.identity.permissions import Permission
from tiebeam.replicate.freshness.heat import Warmth, heat
from tiebeam.replicate.model import Access
from tiebeam.replicate.streams import STREAMS
from tiebeam.web.api.asker import Asked
from tiebeam.web.api.cursors import Page
from tiebeam.web.api.places import ConnectionId, connections_of, explorer_of
from tiebeam.web.api.route import GuardedRoute, needs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiebeam.connectors.streams import Stream as Known
    from tiebeam.replicate.explorer.model import Kind
    from tiebeam.replicate.freshness.heat import Heat as Picture
    from tiebeam.replicate.model import Feed

ROUTER = APIRouter(route_class=GuardedRoute, tags=["freshness"])


class Stream(BaseModel):
    """One kind of record of one connection, over all the places that are seen."""

    connection_id: UUID
    name: str
    view: str
    title: str
    interval_minutes: int = Field(description="How old it may be at most, while the budget allows.")
    places: int = Field(description="Projects, schedules or the company, wherever it is read.")
    places_complete: int
    places_off: int = Field(description="Where it is switched off, or cannot be seen.")
    places_failing: int
    oldest_read_at: datetime | None
    newest_read_at: datetime | None
    live: int
    deleted: int
    hidden: int
    last_error: str | None


class Cell(BaseModel):
    """A tool of a project."""

    tool: str
    warmth: Warmth
    age_seconds: float | None
    why: str = Field(description="What stands in the way; empty when nothing does.")


class Line(BaseModel):
    """A project, or the company."""

    project_id: str | None = Field(description="Null: the company itself.")
    cells: list[Cell]


class Heat(BaseModel):
    """How old the copy of a connection is, by project and tool."""

    connection_id: UUID
    tools: list[str]
    lines: list[Line]


@ROUTER.get("/streams", **needs(Permission.HEALTH_READ, 404))
async def streams(ask: Asked, connection: ConnectionId = None) -> Page[Stream]:
    """List every kind of record that is read: how fresh it is, and how much of it there is."""
    app, looking = await ask.app(), await explorer_of(ask)
    items, intervals = [], await app.choices.intervals()
    for one in await connections_of(ask, connection):
        feeds: defaultdict[str, list[Feed]] = defaultdict(list)
        for feed in await app.replica(one).ensure_feeds(()):
            if ask.asker.sees_scope(feed.scope_text):
                feeds[feed.stream].append(feed)
        counts = {count.stream: count for count in await looking.kinds(connection_id=one.id, exact=True)}
        items += [
            _stream(one.id, known, feeds[known.name], counts[known.name], intervals.get(known.name))
            for known in STREAMS
            if known.name in feeds and known.name in counts
        ]
    return Page(items=items, next=None)


@ROUTER.get("/feeds/freshness", **needs(Permission.HEALTH_READ, 404))
async def freshness(ask: Asked, connection: ConnectionId = None) -> Page[Heat]:
    """Show how old every tool of every project is: what the heat map of the console is drawn from."""
    app, now = await ask.app(), ask.house.clock.now()
    items, intervals = [], await app.choices.intervals()
    for one in await connections_of(ask, connection):
        feeds = await app.replica(one).ensure_feeds(())
        items.append(_heat(one.id, heat(STREAMS, feeds, now, sees=ask.asker.sees, intervals=intervals)))
    return Page(items=items, next=None)


def _stream(
    connection_id: UUID, known: Known, feeds: Sequence[Feed], count: Kind, interval: timedelta | None
) -> Stream:
    read = [feed.read_at for feed in feeds if feed.read_at]
    open_read = [feed.read_at for feed in feeds if feed.read_at and feed.access is Access.OPEN]
    errors = [feed.last_error for feed in feeds if feed.last_error]
    return Stream(
        connection_id=connection_id,
        name=known.name,
        view=known.view,
        title=known.title,
        interval_minutes=interval // timedelta(minutes=1) if interval else known.interval_minutes,
        places=len(feeds),
        places_complete=sum(feed.completed_at is not None for feed in feeds),
        places_off=sum(feed.access is not Access.OPEN for feed in feeds),
        places_failing=len(errors),
        oldest_read_at=min(open_read, default=None),
        newest_read_at=max(read, default=None),
        live=count.live,
        deleted=count.deleted,
        hidden=count.hidden,
        last_error=max(errors, default=None),
    )


def _heat(connection_id: UUID, picture: Picture) -> Heat:
    lines = [
        Line(
            project_id=project,
            cells=[
                Cell(
                    tool=tool,
                    warmth=cell.warmth,
                    age_seconds=cell.age.total_seconds() if cell.age is not None else None,
                    why=cell.why,
                )
                for tool, cell in cells.items()
            ],
        )
        for project, cells in picture.lines
    ]
    return Heat(connection_id=connection_id, tools=list(picture.tools), lines=lines)
