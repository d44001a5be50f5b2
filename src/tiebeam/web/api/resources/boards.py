"""Boards and their items: listed, created, changed, and the job that an item is linked to."""

# ruff: noqa: TC001 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from tiebeam.identity.permissions import Permission
from tiebeam.jobs.boards.model import Place
from tiebeam.jobs.model import Subject
from tiebeam.web.api.asker import Ask, Asked
from tiebeam.web.api.cursors import USUAL, Cursor, Limit, Page, cut, link_next, odd_cursor, place_of
from tiebeam.web.api.problems import nothing_there
from tiebeam.web.api.route import GuardedRoute, needs
from tiebeam.web.api.work_asked import changes_of, work_of
from tiebeam.web.api.work_shapes import (
    BoardItem,
    ChangedBoardItem,
    ItemSpot,
    NewBoardItem,
    SyncResult,
    WorkBoard,
    WorkChange,
    WorkJob,
)
from tiebeam.web.api.work_shown import (
    board_shown,
    item_shown,
    job_shown,
    synced_shown,
)

if TYPE_CHECKING:
    from tiebeam.jobs.boards.model import Item

ROUTER = APIRouter(route_class=GuardedRoute, tags=["boards"])

Search = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$", description="In the names.")]


@ROUTER.get("/boards", **needs(Permission.JOBS_READ))
async def boards(ask: Asked, *, deleted: bool = False) -> Page[WorkBoard]:
    """List the boards, or the deleted ones, with their columns and groups. There is one page of it."""
    boards = (await work_of(ask)).boards()
    await boards.active_jobs()
    found = await boards.layout.deleted() if deleted else await boards.all()
    return Page(items=[board_shown(one) for one in found], next=None)


@ROUTER.get("/boards/{board_id}", **needs(Permission.JOBS_READ, 404))
async def board(ask: Asked, board_id: UUID) -> WorkBoard:
    """Show a board with its columns and groups."""
    return board_shown(await (await work_of(ask)).boards().get(board_id))


@ROUTER.delete("/boards/{board_id}", status_code=204, **needs(Permission.BOARDS_MANAGE, 404, method="delete"))
async def delete_board(ask: Asked, board_id: UUID) -> None:
    """Delete a board with its items. It can be restored; that of the jobs stays."""
    await (await work_of(ask)).boards().layout.delete(board_id, actor=ask.asker.actor)


@ROUTER.post("/boards/{board_id}/restore", **needs(Permission.BOARDS_MANAGE, 404, method="post"))
async def restore_board(ask: Asked, board_id: UUID) -> WorkBoard:
    """Bring a deleted board back, with its items as they were."""
    layout = (await work_of(ask)).boards().layout
    return board_shown(await layout.restore(board_id, actor=ask.asker.actor))


@ROUTER.get("/boards/{board_id}/items", **needs(Permission.JOBS_READ, 404))
async def items(
    ask: Asked,
    answer: Response,
    board_id: UUID,
    *,
    search: Search = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Page[BoardItem]:
    """List the items of a board, group by group, in their order."""
    found = (
        await (await work_of(ask))
        .boards()
        .items(board_id, search=search, limit=limit + 1, after=_place(cursor))
    )
    rows, more = cut(found, limit, lambda one: [str(one.group_id), float(one.position), str(one.id)])
    link_next(ask.request, answer, more)
    return Page(items=[item_shown(one) for one in rows], next=more)


@ROUTER.post("/boards/{board_id}/items", status_code=201, **needs(Permission.JOBS_EDIT, 404, method="post"))
async def create(ask: Asked, board_id: UUID, wanted: NewBoardItem) -> BoardItem:
    """Create an item."""
    made = (
        await (await work_of(ask))
        .boards()
        .create_item(
            board_id,
            wanted.name,
            group_id=wanted.group_id,
            values=wanted.column_values,
            actor=ask.asker.actor,
        )
    )
    return item_shown(made)


@ROUTER.get("/items/{item_id}", **needs(Permission.JOBS_READ, 404))
async def item(ask: Asked, item_id: UUID) -> BoardItem:
    """Show an item with all its column values."""
    return item_shown(await _item(ask, item_id))


@ROUTER.patch("/items/{item_id}", **needs(Permission.JOBS_EDIT, 404, method="patch"))
async def change(ask: Asked, item_id: UUID, wanted: ChangedBoardItem) -> BoardItem:
    """Change what is given, and nothing else."""
    found = (
        await (await work_of(ask))
        .boards()
        .change_item(
            item_id,
            name=wanted.name,
            group_id=wanted.group_id,
            values=wanted.column_values,
            version=wanted.version,
            actor=ask.asker.actor,
        )
    )
    return item_shown(found)


@ROUTER.delete("/items/{item_id}", status_code=204, **needs(Permission.JOBS_EDIT, 404, method="delete"))
async def delete(ask: Asked, item_id: UUID) -> None:
    """Delete an item; what becomes of its job is asked. It can be restored."""
    await (await work_of(ask)).boards().delete_item(item_id, actor=ask.asker.actor)


@ROUTER.post("/items/{item_id}/move", **needs(Permission.JOBS_EDIT, 404, method="post"))
async def move(ask: Asked, item_id: UUID, spot: ItemSpot) -> BoardItem:
    """Put an item beside another one of its board."""
    boards = (await work_of(ask)).boards()
    moved = await boards.put_beside(item_id, spot.item_id, behind=spot.behind, actor=ask.asker.actor)
    return item_shown(moved)


@ROUTER.post("/items/{item_id}/restore", **needs(Permission.JOBS_EDIT, 404, method="post"))
async def restore(ask: Asked, item_id: UUID) -> BoardItem:
    """Bring a deleted item back."""
    return item_shown(await (await work_of(ask)).boards().restore_item(item_id, actor=ask.asker.actor))


@ROUTER.get("/items/{item_id}/changes", **needs(Permission.JOBS_READ, 404))
async def changes(
    ask: Asked, answer: Response, item_id: UUID, *, limit: Limit = USUAL, cursor: Cursor = None
) -> Page[WorkChange]:
    """List what was done to an item, the newest first."""
    await _item(ask, item_id)
    return await changes_of(ask, answer, (Subject.ITEM, item_id), limit, cursor)


@ROUTER.get("/items/{item_id}/job", **needs(Permission.JOBS_READ, 404))
async def job(ask: Asked, item_id: UUID) -> WorkJob:
    """Show the job that an item is linked to."""
    found = await (await work_of(ask)).job_of(await _item(ask, item_id))
    if found is None:
        raise nothing_there("job that this item is linked to")
    return job_shown(found)


@ROUTER.post("/items/{item_id}/sync-to-job", **needs(Permission.JOBS_EDIT, 404, method="post"))
async def sync_to_job(ask: Asked, item_id: UUID) -> SyncResult:
    """Bring an item and its job together now; without a job in its link column it is left alone."""
    return synced_shown(await (await work_of(ask)).linking().sync_item(item_id, ask.asker.actor))


def _place(cursor: str | None) -> Place | None:
    place = place_of(cursor, str, float, str)
    if place is None:
        return None
    try:
        return Place(UUID(place[0]), place[1], UUID(place[2]))
    except ValueError:
        raise odd_cursor() from None


async def _item(ask: Ask, item_id: UUID) -> Item:
    return await (await work_of(ask)).boards().item(item_id)
