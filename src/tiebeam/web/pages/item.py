"""An item of a board: its cells, its job, and what was done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tiebeam.identity.permissions import Permission
from tiebeam.jobs.boards.model import ColumnKind
from tiebeam.jobs.model import Subject
from tiebeam.kernel.errors import BadInputError
from tiebeam.web.guard import safe_next
from tiebeam.web.pages.work import again_if_changed, fields_of, id_in, typed_in, work_of
from tiebeam.web.pages.work_cells import COLOURS, LEAD, as_uuid, fitting, jobs_in
from tiebeam.web.pages.work_clash import Looked, clash_page
from tiebeam.web.pages.work_words import told
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from tiebeam.jobs.boards.model import Board
    from tiebeam.web.call import Call
    from tiebeam.web.pages.work import ViewerWork

ACTIVITY: Final = 30
OWN: Final = frozenset({"name", "group"})
"""What an item has of its own, beside its cells."""
_CELLS_BYTES: Final = 30_000


async def item_page(call: Call) -> Response:
    """Show an item."""
    work = await work_of(call)
    item = await work.boards().item(id_in(call, "item_id"))
    board = await work.boards().get(item.board_id)
    (cells,) = await work.cells(board.columns, [item.values])
    begin = call.number("columns", 0, most=len(cells))
    here = fitting(cells, begin, _CELLS_BYTES)
    jobs = await work.jobs().some(jobs_in([item.values], board.columns))
    pair = await work.linking().pair_of_item(item.id)
    waiting = await work.linking().conflicts(job_id=pair.job_id) if pair else []
    changes, older = await work.activity(call, Subject.ITEM, item.id, ACTIVITY)
    return call.render(
        "item.html",
        title=item.name[:80],
        item=item,
        board=board,
        cells=here,
        rest=begin + len(here) if begin + len(here) < len(cells) else None,
        jobs=list(jobs.values()),
        links=[one for one in board.columns if one.kind is ColumnKind.LINK],
        pairs=[pair] if pair else [],
        waiting=len([one for one in waiting if pair and one.pair_id == pair.id]),
        people=work.people,
        lines=told(changes, work.people, board),
        older=older,
        colours=COLOURS,
    )


async def change(call: Call) -> Response:
    """Change what a form holds, but for what somebody else changed since it was made."""
    return await again_if_changed(_change, call)


async def _change(call: Call) -> Response:
    work = await work_of(call)
    boards = work.boards()
    item = await boards.item(id_in(call, "item_id"))
    board = await boards.get(item.board_id)
    mine = await _mine(call, work, board)
    found = await work.merge(call, Subject.ITEM, item.id, mine, fields_of(item))
    if found.wanted:
        # Held to the version that was compared: who comes between is compared with at another try.
        item = await boards.change_item(
            item.id, **_arguments(found.wanted), version=item.version, actor=call.viewer.person.actor
        )
    back = safe_next(call.posted("back") or f"/items/{item.id}")
    if found.clashes:
        named = {one.field: one.field if one.field in OWN else f"{LEAD}{one.field}" for one in found.clashes}
        at = Looked(Subject.ITEM, f"/items/{item.id}", item.version, back, board)
        return clash_page(call, work, found, at, named)
    return call.to(back, notice="Saved." if found.wanted else "Nothing was changed.")


async def _mine(call: Call, work: ViewerWork, board: Board) -> dict[str, Any]:
    """Return what a form holds, as the names of changes have it. Raises BadInputError."""
    assert call.form is not None
    texts = {name.removeprefix(LEAD): typed_in(call, name) for name in call.form if name.startswith(LEAD)}
    mine: dict[str, Any] = await work.typed(board.columns, texts)
    if "name" in call.form:
        mine["name"] = call.posted("name", most=500)
    if "group" in call.form:
        mine["group"] = str(as_uuid(call.posted("group")))
    return mine


def _arguments(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is to be written as a call of `change_item` takes it."""
    found: dict[str, Any] = {"values": {name: value for name, value in wanted.items() if name not in OWN}}
    if "name" in wanted:
        found["name"] = wanted["name"]
    if "group" in wanted:
        found["group_id"] = as_uuid(wanted["group"])
    return found


async def move(call: Call) -> Response:
    """Put an item before or behind another one of its board. Raises BadInputError."""
    item_id, before, behind = id_in(call, "item_id"), call.posted("before"), call.posted("behind")
    other = as_uuid(before or behind)
    if other is None:
        raise BadInputError("Where it is to stand was not said.", action="Open the board, and move it there.")
    boards, by = (await work_of(call)).boards(), call.viewer.person.actor
    item = await boards.put_beside(item_id, other, behind=not before, actor=by)
    back = safe_next(call.posted("back") or f"/boards/{item.board_id}")
    return call.to(back, notice=f"{item.name[:80]} stands in its new place.")


async def create(call: Call) -> Response:
    """Add an item to a board."""
    work = await work_of(call)
    board = await work.boards().get(id_in(call, "board_id"))
    mine = await _mine(call, work, board)
    name, group = mine.pop("name", ""), as_uuid(mine.pop("group", None))
    item = await work.boards().create_item(
        board.id, name, group_id=group, values=mine, actor=call.viewer.person.actor
    )
    return call.to(
        safe_next(call.posted("back") or f"/boards/{board.id}"), notice=f"{item.name[:80]} was added."
    )


async def delete(call: Call) -> Response:
    """Delete an item; it can be brought back."""
    boards = (await work_of(call)).boards()
    item = await boards.item(id_in(call, "item_id"))
    await boards.delete_item(item.id, actor=call.viewer.person.actor)
    return call.to(f"/boards/{item.board_id}", notice=f"{item.name[:80]} was deleted.")


async def restore(call: Call) -> Response:
    """Bring a deleted item back."""
    item_id = id_in(call, "item_id")
    await (await work_of(call)).boards().restore_item(item_id, actor=call.viewer.person.actor)
    return call.to(f"/items/{item_id}", notice="It is back.")


ROWS = (
    Row("GET", "/items/{item_id}", Permission.JOBS_READ, item_page),
    Row("POST", "/items/{item_id}", Permission.JOBS_EDIT, change),
    Row("POST", "/items/{item_id}/move", Permission.JOBS_EDIT, move),
    Row("POST", "/items/{item_id}/delete", Permission.JOBS_EDIT, delete),
    Row("POST", "/items/{item_id}/restore", Permission.JOBS_EDIT, restore),
    Row("POST", "/boards/{board_id}/items", Permission.JOBS_EDIT, create),
)
