"""What jobs and their items do not agree on: listed, decided, taken back."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from tiebeam.identity.permissions import Permission
from tiebeam.web.api.asker import Asked
from tiebeam.web.api.cursors import USUAL, Cursor, Limit, Page, cut, link_next, moment_of
from tiebeam.web.api.link_shapes import LinkConflict, Settled
from tiebeam.web.api.link_shown import conflict_shown
from tiebeam.web.api.route import GuardedRoute, needs
from tiebeam.web.api.work_asked import work_of

ROUTER = APIRouter(route_class=GuardedRoute, tags=["conflicts"])


@ROUTER.get("/conflicts", **needs(Permission.JOBS_READ))
async def conflicts(
    ask: Asked,
    answer: Response,
    *,
    decided: bool = False,
    job: UUID | None = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Page[LinkConflict]:
    """List the fields that wait for somebody to decide, the newest first; also those that were decided."""
    linking = (await work_of(ask)).linking()
    after = moment_of(cursor)
    found = await linking.conflicts(only_open=not decided, job_id=job, limit=limit + 1, after=after)
    rows, more = cut(found, limit, lambda one: [one.found_at.isoformat(), str(one.id)])
    link_next(ask.request, answer, more)
    return Page(items=[conflict_shown(one) for one in rows], next=more)


@ROUTER.get("/conflicts/{conflict_id}", **needs(Permission.JOBS_READ, 404))
async def conflict(ask: Asked, conflict_id: UUID) -> LinkConflict:
    """Show what each side holds, since when and by whom."""
    return conflict_shown(await (await work_of(ask)).linking().conflict(conflict_id))


@ROUTER.post("/conflicts/{conflict_id}/settle", **needs(Permission.JOBS_EDIT, 404, method="post"))
async def settle(ask: Asked, conflict_id: UUID, wanted: Settled) -> LinkConflict:
    """Take the value of one side for both."""
    linking = (await work_of(ask)).linking()
    return conflict_shown(await linking.settle(conflict_id, wanted.side, ask.asker.actor))


@ROUTER.post("/conflicts/{conflict_id}/undo", **needs(Permission.JOBS_EDIT, 404, method="post"))
async def undo(ask: Asked, conflict_id: UUID) -> LinkConflict:
    """Give back to each side what it held; answered with the conflict that is open in its place."""
    return conflict_shown(await (await work_of(ask)).linking().undo(conflict_id, ask.asker.actor))
