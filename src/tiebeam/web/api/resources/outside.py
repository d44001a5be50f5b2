"""Boards that are kept the same as boards of monday.com: joined, looked at, parted, decided about."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from tiebeam.identity.permissions import Permission
from tiebeam.kernel.correlation import correlation_id
from tiebeam.link.outside.model import OwnerRule, Then, Whose
from tiebeam.mirrors import ANSWER, SETTLE, UNDO, SameBoards
from tiebeam.web.api.asker import Ask, Asked
from tiebeam.web.api.cursors import Page
from tiebeam.web.api.problems import nothing_there
from tiebeam.web.api.queued import Queued
from tiebeam.web.api.route import GuardedRoute, needs

if TYPE_CHECKING:
    from tiebeam.link.outside.model import Mirror, OutsideConflict
    from tiebeam.mirrors import Standing

ROUTER = APIRouter(route_class=GuardedRoute, tags=["outside"])

LinkId = Annotated[UUID, Path(description="Of the joined board.")]


class OutsideBoardLink(BaseModel):
    """A board of ours that is kept the same as one of monday.com."""

    id: UUID
    board_id: UUID
    board: str
    outside_board_id: str
    owner: OwnerRule = Field(description="Whose value counts where both sides have changed a cell.")
    columns: dict[str, str] = Field(description="Ids of the columns there by the keys of ours.")
    items: int = Field(description="So many items are the same on both sides.")
    open: int = Field(description="So many conflicts and questions wait for somebody.")
    held: int = Field(description="So many items are gone there at once that nothing was concluded.")
    passed_at: datetime | None = Field(description="When it was last read whole.")
    hears: bool = Field(description="Whether webhooks tell of what happens there.")
    troubles: list[str] = Field(description="What is in the way, each with what to do.")


class NewOutsideBoardLink(BaseModel):
    """Which board is to be kept the same as one of monday.com."""

    outside_board_id: str = Field(pattern=r"^[0-9]{1,40}$")
    board_id: UUID | None = Field(default=None, description="One that is here; null makes a new one.")
    name: str = Field(default="", max_length=100, description="Of a new one; empty takes the one there.")
    columns: dict[str, str] = Field(
        default_factory=dict, max_length=50, description="With a board that is here: which is which."
    )
    owner: OwnerRule = OwnerRule.LATEST


class OutsidePull(BaseModel):
    """How both boards are to be laid beside each other."""

    approved: bool = Field(default=False, description="Whether what is missing there is meant to be.")


class BoardConflict(BaseModel):
    """A cell that both sides have changed, or that one of them cannot hold."""

    id: UUID
    board_id: UUID
    item_id: UUID | None
    outside_id: str | None
    field: str = Field(description="The key of the column, `name` or `group`.")
    ours: Any
    theirs: Any
    ours_at: datetime | None
    ours_by: str
    theirs_at: datetime | None
    theirs_by: str
    sentence: str
    state: str = Field(description="open, ours, theirs, agreed or undone.")
    found_at: datetime


class OutsideAsk(BaseModel):
    """An item of which one side is gone."""

    id: UUID
    link_id: UUID
    item_id: UUID | None
    outside_id: str | None
    asked: str
    question: str


class BoardChoice(BaseModel):
    """Whose value is taken for both."""

    whose: Whose


class OutsideAnswer(BaseModel):
    """What is to become of the side that is left."""

    then: Then


@ROUTER.get("/outside-boards", **needs(Permission.JOBS_READ))
async def boards(ask: Asked) -> Page[OutsideBoardLink]:
    """List the boards that are kept the same as boards of monday.com. There is one page of it."""
    found = await (await _same(ask)).standings()
    return Page(items=[_shown(one) for one in found], next=None)


@ROUTER.get("/outside-boards/{link_id}", **needs(Permission.JOBS_READ, 404))
async def board(ask: Asked, link_id: LinkId) -> OutsideBoardLink:
    """Show one."""
    return _shown(await _standing(ask, link_id))


@ROUTER.post(
    "/outside-boards", status_code=201, **needs(Permission.CONNECTION_MANAGE, 404, 502, method="post")
)
async def join(ask: Asked, wanted: NewOutsideBoardLink) -> OutsideBoardLink:
    """Keep a board the same as one of monday.com. It asks monday.com for its columns."""
    same = await _same(ask)
    if wanted.board_id is None:
        link = await same.begin(wanted.outside_board_id, wanted.name, wanted.owner, ask.asker.actor)
    else:
        link = await same.join(wanted.outside_board_id, wanted.board_id, wanted.columns, wanted.owner)
    return _shown(await _standing(ask, link.id))


@ROUTER.post(
    "/outside-boards/{link_id}/pull", status_code=202, **needs(Permission.JOBS_EDIT, 404, method="post")
)
async def pull(ask: Asked, link_id: LinkId, wanted: OutsidePull) -> Queued:
    """Have both boards laid beside each other whole now."""
    await _standing(ask, link_id)
    await (await _same(ask)).pull_now(link_id, approved=wanted.approved)
    return Queued(queued=1, correlation_id=correlation_id())


@ROUTER.delete("/outside-boards/{link_id}", **needs(Permission.BOARDS_MANAGE, 404, method="delete"))
async def stop(ask: Asked, link_id: LinkId) -> OutsideBoardLink:
    """Keep the two boards the same no more. Both stay; the answer is how it stood."""
    standing = await _standing(ask, link_id)
    await (await _same(ask)).stop(link_id)
    return _shown(standing)


@ROUTER.get("/outside-conflicts", **needs(Permission.JOBS_READ))
async def conflicts(ask: Asked) -> Page[BoardConflict]:
    """List what both sides do not agree on and a person has to decide. There is one page of it."""
    found = await (await _same(ask)).mirrors().conflicts()
    return Page(items=[_conflict(one) for one in found], next=None)


@ROUTER.post(
    "/outside-conflicts/{outside_conflict_id}/settle",
    status_code=202,
    **needs(Permission.JOBS_EDIT, 404, method="post"),
)
async def settle(ask: Asked, outside_conflict_id: UUID, wanted: BoardChoice) -> Queued:
    """Take the value of one side for both."""
    return await _decided(ask, SETTLE, outside_conflict_id, wanted.whose.value)


@ROUTER.post(
    "/outside-conflicts/{outside_conflict_id}/undo",
    status_code=202,
    **needs(Permission.JOBS_EDIT, 404, method="post"),
)
async def undo(ask: Asked, outside_conflict_id: UUID) -> Queued:
    """Give each side back what it held before this was decided."""
    return await _decided(ask, UNDO, outside_conflict_id, "")


@ROUTER.get("/outside-asks", **needs(Permission.JOBS_READ))
async def asks(ask: Asked) -> Page[OutsideAsk]:
    """List the items of which one side is gone, the longest waiting first. There is one page of it."""
    found = await (await _same(ask)).mirrors().asks()
    return Page(items=[_asked(one) for one in found], next=None)


@ROUTER.post(
    "/outside-asks/{mirror_id}/answer", status_code=202, **needs(Permission.JOBS_EDIT, 404, method="post")
)
async def answer(ask: Asked, mirror_id: UUID, wanted: OutsideAnswer) -> Queued:
    """Say what is to become of the side that is left."""
    return await _decided(ask, ANSWER, mirror_id, wanted.then.value)


async def _same(ask: Ask) -> SameBoards:
    return SameBoards(await ask.app())


async def _standing(ask: Ask, link_id: UUID) -> Standing:
    for one in await (await _same(ask)).standings():
        if one.link.id == link_id:
            return one
    raise nothing_there("such joined board")


async def _decided(ask: Ask, what: str, about: UUID, choice: str) -> Queued:
    await (await _same(ask)).decide(what, about, choice, ask.asker.actor)
    return Queued(queued=1, correlation_id=correlation_id())


def _shown(one: Standing) -> OutsideBoardLink:
    return OutsideBoardLink(
        id=one.link.id,
        board_id=one.board.id,
        board=one.board.name,
        outside_board_id=one.link.outside_board_id,
        owner=one.link.owner,
        columns={each.key: each.column_id for each in one.link.columns},
        items=one.items,
        open=one.open,
        held=one.link.held,
        passed_at=one.link.passed_at,
        hears=one.hears,
        troubles=list(one.troubles),
    )


def _conflict(one: OutsideConflict) -> BoardConflict:
    return BoardConflict(
        id=one.id,
        board_id=one.board_id,
        item_id=one.item_id,
        outside_id=one.outside_id,
        field=one.field,
        ours=one.ours,
        theirs=one.theirs,
        ours_at=one.ours_at,
        ours_by=one.ours_by,
        theirs_at=one.theirs_at,
        theirs_by=one.theirs_by,
        sentence=one.sentence,
        state=one.state.value,
        found_at=one.found_at,
    )


def _asked(one: Mirror) -> OutsideAsk:
    return OutsideAsk(
        id=one.id,
        link_id=one.link_id,
        item_id=one.item_id,
        outside_id=one.outside_id,
        asked=one.asked.value if one.asked else "",
        question=one.asked.question if one.asked else "",
    )
