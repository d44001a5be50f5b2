"""What boards here and those of monday.com do not agree on: a part of the page of conflicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tiebeam.identity.permissions import Permission
from tiebeam.jobs.model import Subject
from tiebeam.link.outside.model import GROUP, NAME, Gone, Ruling, Then
from tiebeam.mirrors import ANSWER, SETTLE, UNDO, SameBoards
from tiebeam.web.pages.work import id_in
from tiebeam.web.pages.work_words import words
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from starlette.responses import Response

    from tiebeam.jobs.boards.model import Board, Item
    from tiebeam.link.outside.model import Mirror, OutsideConflict
    from tiebeam.web.call import Call
    from tiebeam.web.pages.work import ViewerWork

HERE: Final = "/conflicts"
SHOWN_MAX: Final = 25
ANSWERS: Final[Mapping[Gone, Mapping[str, str]]] = {
    Gone.OURS_DELETED: {
        Then.KEEP.value: "Bring it back here",
        Then.DELETE.value: "Delete it there too",
        Then.APART.value: "Leave it there",
    },
    Gone.THEIRS_DELETED: {
        Then.KEEP.value: "Put it there again",
        Then.DELETE.value: "Delete it here too",
        Then.APART.value: "Leave it here",
    },
    Gone.THEIRS_ARCHIVED: {
        Then.KEEP.value: "Put it there again",
        Then.DELETE.value: "Delete it here too",
        Then.APART.value: "Leave it here",
    },
}
_DECIDED: Final = frozenset({Ruling.OURS, Ruling.THEIRS})


@dataclass(frozen=True, slots=True)
class Line:
    """A conflict as people read it."""

    conflict: OutsideConflict
    item: Item | None
    title: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Section:
    """What waits between boards here and there, and what was decided lately."""

    waiting: Sequence[Line]
    decided: Sequence[Line]
    asks: Sequence[tuple[Mirror, Item | None]]
    answers: Mapping[Gone, Mapping[str, str]]
    more: bool

    @property
    def waits(self) -> bool:
        """Whether anything waits for somebody."""
        return bool(self.waiting or self.asks)


async def section_of(work: ViewerWork) -> Section:
    """Return the part of the page that is about boards of monday.com."""
    mirrors = SameBoards(work.app).mirrors()
    waiting = await mirrors.conflicts(limit=SHOWN_MAX + 1)
    lately = await mirrors.conflicts(only_open=False, limit=SHOWN_MAX * 2)
    asks = await mirrors.asks(SHOWN_MAX + 1)
    decided = [one for one in lately if one.state in _DECIDED][:SHOWN_MAX]
    found = [one.item_id for one in (*waiting, *decided)] + [one.item_id for one in asks]
    ids = {one for one in found if one}
    items = await work.boards().some_items(ids)
    named = {one.board_id for one in (*waiting, *decided)}
    boards = {id_: await work.boards().get(id_) for id_ in named}
    return Section(
        [_line(one, items, boards[one.board_id], work) for one in waiting[:SHOWN_MAX]],
        [_line(one, items, boards[one.board_id], work) for one in decided],
        [(one, items.get(one.item_id) if one.item_id else None) for one in asks[:SHOWN_MAX]],
        ANSWERS,
        len(waiting) > SHOWN_MAX or len(asks) > SHOWN_MAX,
    )


def _line(one: OutsideConflict, items: Mapping[UUID, Item], board: Board, work: ViewerWork) -> Line:
    column = board.column(one.field)
    title = {NAME: "Name", GROUP: "Group"}.get(one.field, column.title if column else one.field)
    ours, theirs = (_said(one.field, value, board, work) for value in (one.ours, one.theirs))
    return Line(one, items.get(one.item_id) if one.item_id else None, title, ours, theirs)


def _said(field: str, value: Any, board: Board, work: ViewerWork) -> str:
    if field == GROUP:
        return next((one.title for one in board.groups if str(one.id) == value), str(value or ""))
    if isinstance(value, list):
        return ", ".join(work.people.called(str(one)) for one in value)
    return words(Subject.ITEM, field, value, work.people)


async def settle(call: Call) -> Response:
    """Take the value of one side for both."""
    return await _decided(call, SETTLE, "conflict_id", call.posted("whose", most=20))


async def undo(call: Call) -> Response:
    """Take a decision back."""
    return await _decided(call, UNDO, "conflict_id", "")


async def answer(call: Call) -> Response:
    """Say what is to become of the side that is left."""
    return await _decided(call, ANSWER, "mirror_id", call.posted("then", most=20))


async def _decided(call: Call, what: str, name: str, choice: str) -> Response:
    same, about = SameBoards(await call.app()), id_in(call, name)
    await same.decide(what, about, choice, call.viewer.person.actor)
    return call.to(HERE, notice="Decided. It is being written to both sides.")


_DO = Permission.JOBS_EDIT
ROWS = (
    Row("POST", "/outside/conflicts/{conflict_id}", _DO, settle),
    Row("POST", "/outside/conflicts/{conflict_id}/undo", _DO, undo),
    Row("POST", "/outside/asks/{mirror_id}", _DO, answer),
)
