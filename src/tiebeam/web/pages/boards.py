"""All boards; and one's columns, labels and groups."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tiebeam.identity.permissions import Permission
from tiebeam.jobs.boards.model import ColumnKind, Label, NewColumn
from tiebeam.jobs.boards.plan import ACTIVE_COLUMNS, COLOURS
from tiebeam.kernel.errors import BadInputError
from tiebeam.web.pages.work import id_in, work_of
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from starlette.responses import Response

    from tiebeam.web.call import Call

KINDS: Final[Mapping[str, str]] = {
    ColumnKind.TEXT.value: "Text",
    ColumnKind.STATUS.value: "Status",
    ColumnKind.PEOPLE.value: "People",
    ColumnKind.DATE.value: "Date",
    ColumnKind.NUMBER.value: "Number",
    ColumnKind.LINK.value: "Link to a job or a page",
}
FIXED: Final = frozenset(one.key for one in ACTIVE_COLUMNS)
"""The columns of the board of the jobs that the jobs are in step with."""
BEGINNING: Final = (
    NewColumn(
        "Status",
        ColumnKind.STATUS,
        (Label("To do"), Label("At it", "amber"), Label("Done", "green", done=True)),
    ),
    NewColumn("People", ColumnKind.PEOPLE),
    NewColumn("Due", ColumnKind.DATE),
)
"""What a new board has."""
_LABELS_MAX: Final = 20_000
_MOVES: Final[Mapping[str, int]] = {"up": -1, "down": 1}


async def boards_page(call: Call) -> Response:
    """Show all boards; the one of the jobs is there from the start."""
    boards = (await work_of(call)).boards()
    await boards.active_jobs()
    deleted = await boards.layout.deleted() if call.viewer.may(Permission.BOARDS_MANAGE) else []
    return call.render("boards.html", title="Boards", boards=await boards.all(), deleted=deleted)


async def active_jobs(call: Call) -> Response:
    """Go to the board of the jobs."""
    board = await (await work_of(call)).boards().active_jobs()
    return call.to(f"/boards/{board.id}")


async def create(call: Call) -> Response:
    """Add a board with what most boards begin with."""
    work = await work_of(call)
    board = await work.boards().create(
        call.posted("name", most=200), BEGINNING, ("To do",), actor=call.viewer.person.actor
    )
    return call.to(f"/boards/{board.id}", notice=f"The board {board.name[:80]} was added.")


async def setting_page(call: Call) -> Response:
    """Show the columns, labels and groups of a board."""
    board = await (await work_of(call)).boards().get(id_in(call, "board_id"))
    return call.render(
        "board_setting.html",
        title=f"{board.name[:80]}: columns and groups",
        board=board,
        columns=board.columns,
        kinds=KINDS,
        colours=COLOURS,
        fixed=FIXED,
        written=labels_text,
    )


async def rename(call: Call) -> Response:
    """Give a board another name."""
    board_id, name = id_in(call, "board_id"), call.posted("name", most=200)
    await (await work_of(call)).boards().layout.rename(board_id, name, actor=call.viewer.person.actor)
    return _back(board_id, call, "The board was renamed.")


async def delete(call: Call) -> Response:
    """Delete a board with its items."""
    board_id = id_in(call, "board_id")
    await (await work_of(call)).boards().layout.delete(board_id, actor=call.viewer.person.actor)
    return call.to("/boards", notice="The board was deleted. It can be brought back below.")


async def restore(call: Call) -> Response:
    """Bring a deleted board back, with its items as they were."""
    board_id = id_in(call, "board_id")
    board = await (await work_of(call)).boards().layout.restore(board_id, actor=call.viewer.person.actor)
    return call.to(f"/boards/{board.id}", notice=f"The board {board.name[:80]} is back.")


async def add_column(call: Call) -> Response:
    """Add a column."""
    board_id, title = id_in(call, "board_id"), call.posted("title", most=200)
    kind = call.posted("kind", most=20)
    if kind not in KINDS:
        raise BadInputError("There is no such kind of column.", action="Choose one of the list.")
    labels = labels_in(call.posted("labels", most=_LABELS_MAX)) if kind == ColumnKind.STATUS else ()
    wanted = NewColumn(title, ColumnKind(kind), labels)
    await (await work_of(call)).boards().layout.add_column(board_id, wanted, actor=call.viewer.person.actor)
    return _back(board_id, call, f"The column {title[:80]} was added.")


async def change_column(call: Call) -> Response:
    """Change a column's title, labels or place, or remove it with its cells."""
    board_id, key = id_in(call, "board_id"), call.request.path_params["key"]
    layout, by = (await work_of(call)).boards().layout, call.viewer.person.actor
    board, wish = await layout.get(board_id), call.posted("wish", most=20)
    column = board.column(key)
    if column is None:
        raise BadInputError("This board has no such column.", action="Look at its columns again.")
    if wish == "remove":
        await layout.remove_column(board_id, key, actor=by)
        return _back(board_id, call, f"The column {column.title[:80]} was removed.")
    if wish == "relabel":
        return await _relabel(call, board_id, key)
    if wish in _MOVES:
        place = _moved([one.id for one in board.columns], column.id, wish)
        await layout.change_column(board_id, key, position=place, actor=by)
        return _back(board_id, call, "The columns stand in another order.")
    labels = labels_in(call.posted("labels", most=_LABELS_MAX)) if column.kind is ColumnKind.STATUS else None
    await layout.change_column(board_id, key, title=call.posted("title", most=200), labels=labels, actor=by)
    return _back(board_id, call, "The column was changed.")


async def _relabel(call: Call, board_id: UUID, key: str) -> Response:
    """Call a label something else on every item; what it stands for goes with it."""
    work, old, new = await work_of(call), call.posted("old", most=500), call.posted("new", most=500)
    rules = await work.linking().rules(board_id)
    status = rules.of("status")
    stands_for = rules.labels.get(old) if status and status.column == key else None
    if stands_for:
        # Of both until it is done: no item is without a meaning in between.
        await work.linking().choose(board_id, replace(rules, labels={**rules.labels, new: stands_for}))
    await work.boards().rename_label(board_id, key, old, new, actor=call.viewer.person.actor)
    if stands_for:
        left = {text: one for text, one in rules.labels.items() if text != old}
        await work.linking().choose(board_id, replace(rules, labels={**left, new: stands_for}))
    return _back(board_id, call, f"{old[:80]} is called {new[:80]} from now on.")


async def add_group(call: Call) -> Response:
    """Add a group."""
    board_id, title = id_in(call, "board_id"), call.posted("title", most=200)
    await (await work_of(call)).boards().layout.add_group(board_id, title, actor=call.viewer.person.actor)
    return _back(board_id, call, f"The group {title[:80]} was added.")


async def change_group(call: Call) -> Response:
    """Change a group's title or place, or remove it while it is empty."""
    board_id, group_id = id_in(call, "board_id"), id_in(call, "group_id")
    layout, by = (await work_of(call)).boards().layout, call.viewer.person.actor
    board, wish = await layout.get(board_id), call.posted("wish", most=20)
    if group_id not in {one.id for one in board.groups}:
        raise BadInputError("This board has no such group.", action="Look at its groups again.")
    if wish == "remove":
        await layout.remove_group(board_id, group_id, actor=by)
        return _back(board_id, call, "The group was removed.")
    if wish in _MOVES:
        place = _moved([one.id for one in board.groups], group_id, wish)
        await layout.change_group(board_id, group_id, position=place, actor=by)
        return _back(board_id, call, "The groups stand in another order.")
    await layout.change_group(board_id, group_id, title=call.posted("title", most=200), actor=by)
    return _back(board_id, call, "The group was changed.")


def labels_text(labels: Iterable[Label]) -> str:
    """Return labels as they are typed."""
    return "\n".join(f"{one.text}, {one.colour}{', done' if one.done else ''}" for one in labels)


def labels_in(text: str) -> tuple[Label, ...]:
    """Return the labels of a form, a line each with colour and whether it is done. Raises BadInputError."""
    return tuple(_label(line) for line in text.splitlines() if line.strip())


def _label(line: str) -> Label:
    parts = [part.strip() for part in line.split(",")]
    done, colour = False, "grey"
    while len(parts) > 1 and parts[-1].lower() in (*COLOURS, "done"):
        word = parts.pop().lower()
        done, colour = (True, colour) if word == "done" else (done, word)
    if not parts[0]:
        raise BadInputError(f"The line {line[:40]!r} has no label.", action="Write the label first.")
    return Label(", ".join(parts), colour, done)


def _moved(ids: Sequence[UUID], one: UUID, wish: str) -> int:
    """Return the place that something has after it was moved by one."""
    return max(0, min(len(ids) - 1, ids.index(one) + _MOVES[wish]))


def _back(board_id: UUID, call: Call, notice: str) -> Response:
    return call.to(f"/boards/{board_id}/setting", notice=notice)


_READ, _DO = Permission.JOBS_READ, Permission.BOARDS_MANAGE
ROWS = (
    Row("GET", "/boards", _READ, boards_page),
    Row("POST", "/boards", _DO, create),
    Row("GET", "/boards/active-jobs", _READ, active_jobs),
    Row("GET", "/boards/{board_id}/setting", _DO, setting_page),
    Row("POST", "/boards/{board_id}/rename", _DO, rename),
    Row("POST", "/boards/{board_id}/delete", _DO, delete),
    Row("POST", "/boards/{board_id}/restore", _DO, restore),
    Row("POST", "/boards/{board_id}/columns", _DO, add_column),
    Row("POST", "/boards/{board_id}/columns/{key}", _DO, change_column),
    Row("POST", "/boards/{board_id}/groups", _DO, add_group),
    Row("POST", "/boards/{board_id}/groups/{group_id}", _DO, change_group),
)
