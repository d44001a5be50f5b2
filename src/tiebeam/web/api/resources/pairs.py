"""Jobs and the items they are kept in step with: asked about, suggested, linked, parted, logged."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from tiebeam.identity.permissions import Permission
from tiebeam.link.pairs.choosing import chosen, told
from tiebeam.web.api.asker import Asked
from tiebeam.web.api.cursors import USUAL, Cursor, Limit, Page, cut, link_next, moment_of, place_of
from tiebeam.web.api.etags import require_match, tag
from tiebeam.web.api.link_shapes import Answered, InStep, LinkDeed, LinkPair, LinkSuggestion, NewLinkPair
from tiebeam.web.api.link_shown import deed_shown, in_step_shown, pair_shown, suggestion_shown
from tiebeam.web.api.route import GuardedRoute, needs
from tiebeam.web.api.work_asked import work_of
from tiebeam.web.api.work_shapes import SyncResult
from tiebeam.web.api.work_shown import synced_shown

ROUTER = APIRouter(route_class=GuardedRoute, tags=["pairs"])


@ROUTER.get("/jobs/{work_id}/pairs", **needs(Permission.JOBS_READ, 404))
async def of_job(ask: Asked, work_id: UUID) -> Page[LinkPair]:
    """List the items that a job is kept in step with. There is one page of it."""
    work = await work_of(ask)
    await work.jobs().get(work_id)
    found = await work.linking().pairs_of(work_id)
    return Page(items=[pair_shown(one) for one in found], next=None)


@ROUTER.post("/pairs", status_code=201, **needs(Permission.JOBS_EDIT, 404, method="post"))
async def link(ask: Asked, wanted: NewLinkPair) -> SyncResult:
    """Say that an item is that of a job; both are brought in step at once."""
    linking = (await work_of(ask)).linking()
    return synced_shown(await linking.link(wanted.job_id, wanted.item_id, ask.asker.actor))


@ROUTER.get("/pairs/asking", **needs(Permission.JOBS_READ))
async def asking(
    ask: Asked, answer: Response, *, limit: Limit = USUAL, cursor: Cursor = None
) -> Page[LinkPair]:
    """List the pairs of which somebody has to say what is to become, the longest waiting first."""
    found = await (await work_of(ask)).linking().asks(limit + 1, after=moment_of(cursor))
    rows, more = cut(found, limit, lambda one: [one.changed_at.isoformat(), str(one.id)])
    link_next(ask.request, answer, more)
    return Page(items=[pair_shown(one) for one in rows], next=more)


@ROUTER.get("/pairs/suggested", **needs(Permission.JOBS_READ, 404))
async def suggested(ask: Asked, *, board: UUID | None = None) -> Page[LinkSuggestion]:
    """List jobs and items of a board that may belong together, the likeliest first. There is one page of it.

    The board is that of the jobs unless one is named. Nothing is linked by it.
    """
    work = await work_of(ask)
    named = (await work.boards().get(board)).id if board else None
    found = await work.linking().suggestions(named)
    return Page(items=[suggestion_shown(one) for one in found], next=None)


@ROUTER.get("/pairs/log", **needs(Permission.JOBS_READ))
async def log(
    ask: Asked,
    answer: Response,
    *,
    pair: UUID | None = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Page[LinkDeed]:
    """List what was done to keep jobs and items in step, the newest first."""
    place = place_of(cursor, int)
    linking = (await work_of(ask)).linking()
    found = await linking.log(pair, limit=limit + 1, before=place[0] if place else None)
    rows, more = cut(found, limit, lambda one: [one.id])
    link_next(ask.request, answer, more)
    return Page(items=[deed_shown(one) for one in rows], next=more)


@ROUTER.get("/pairs/{pair_id}", **needs(Permission.JOBS_READ, 404))
async def pair(ask: Asked, pair_id: UUID) -> LinkPair:
    """Show a job and its item, and what both last agreed on."""
    return pair_shown(await (await work_of(ask)).linking().pair(pair_id))


@ROUTER.post("/pairs/{pair_id}/answer", **needs(Permission.JOBS_EDIT, 404, method="post"))
async def answer(ask: Asked, pair_id: UUID, wanted: Answered) -> SyncResult:
    """Say what is to become of the side that is left when the other is gone."""
    linking = (await work_of(ask)).linking()
    return synced_shown(await linking.answer(pair_id, wanted.answer, ask.asker.actor))


@ROUTER.delete("/pairs/{pair_id}", status_code=204, **needs(Permission.JOBS_EDIT, 404, method="delete"))
async def unlink(ask: Asked, pair_id: UUID) -> None:
    """Part a job and its item: both stay, and go their own ways."""
    await (await work_of(ask)).linking().unlink(pair_id, ask.asker.actor)


@ROUTER.get("/boards/{board_id}/in-step", **needs(Permission.JOBS_READ, 404))
async def in_step(ask: Asked, answer: Response, board_id: UUID) -> InStep:
    """Show how the items of a board are kept in step with jobs."""
    work = await work_of(ask)
    board = await work.boards().get(board_id)
    found = in_step_shown(board, await work.linking().rules(board.id))
    tag(answer, found)
    return found


@ROUTER.put("/boards/{board_id}/in-step", **needs(Permission.BOARDS_MANAGE, 404, 412, method="put"))
async def keep_in_step(ask: Asked, answer: Response, board_id: UUID, wanted: InStep) -> InStep:
    """Keep a board in step by this from now on. What is in step already is not looked at again."""
    work = await work_of(ask)
    board = await work.boards().get(board_id)
    rules = await work.linking().rules(board.id)
    require_match(ask.request, in_step_shown(board, rules))
    now = {one.field: (one.owner, one.flow) for one in rules.fields}
    asked = {one.field: (one.owner, one.flow) for one in wanted.fields}
    fields = {name: one for name, one in asked.items() if now.get(name) != one}
    kept = chosen(board, rules, fields, wanted.labels)
    await work.linking().choose(board.id, kept)
    await ask.note("link_rules.set", f"board:{board.id}", told(kept))
    found = in_step_shown(board, kept)
    tag(answer, found)
    return found
