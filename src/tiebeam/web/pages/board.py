"""A board as a table that is typed into, and as lanes that cards are dragged between."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import urlencode

from tiebeam.identity.permissions import Permission
from tiebeam.jobs.boards.model import ColumnKind, Place
from tiebeam.kernel.errors import BadInputError
from tiebeam.web.pages.work import id_in, work_of
from tiebeam.web.pages.work_cells import LEAD, Cell, as_uuid, table_bytes
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.responses import Response

    from tiebeam.jobs.boards.model import Board, Column, Group, Item
    from tiebeam.web.call import Call
    from tiebeam.web.pages.work import ViewerWork

COLUMNS_MAX: Final = 24
"""The rest of a row is on the page of its item."""
ROWS_MAX: Final = 50
_PAGE_BYTES: Final = 72_000
_ROW_BYTES: Final = 1150
_CELL_BYTES: Final = 140
_CARD_BYTES: Final = 1150
_LABEL_BYTES: Final = 36
_MENU_BYTES_MAX: Final = 1000
"""A longer menu does not stand on every card."""
_CARD_CELLS: Final = (ColumnKind.PEOPLE, ColumnKind.DATE)
"""What of an item stands on its card."""
_Row: TypeAlias = "tuple[Item, Cell, Sequence[Cell]]"


@dataclass(frozen=True, slots=True)
class Section:
    """A group with those of its items that are on the page."""

    group: Group
    rows: Sequence[_Row]


@dataclass(frozen=True, slots=True)
class Lane:
    """The items of one label: how many, and the first of them."""

    label: str
    colour: str
    count: int
    cards: Sequence[tuple[Item, Sequence[Cell]]]

    @property
    def more(self) -> bool:
        """Whether there are more than are shown."""
        return self.count > len(self.cards)


async def board_page(call: Call) -> Response:
    """Show a board."""
    work = await work_of(call)
    board = await work.boards().get(id_in(call, "board_id"))
    statuses = [one for one in board.columns if one.kind is ColumnKind.STATUS]
    column = _column(statuses, call.asked("column"))
    known = {
        "title": board.name[:80],
        "board": board,
        "here": f"/boards/{board.id}",
        "statuses": statuses,
        "edits": call.viewer.may(Permission.JOBS_EDIT) and not board.deleted_at,
        "people": work.people,
    }
    if call.asked("view") == "kanban" and column is not None:
        return await _kanban(call, work, column, known)
    return await _table(call, work, board, column, known)


def _column(statuses: Sequence[Column], asked: str) -> Column | None:
    """Return the column that lanes are made of. Raises BadInputError."""
    found = [one for one in statuses if one.key == asked] if asked else list(statuses)
    if asked and not found:
        raise BadInputError("This board has no such status.", action="Choose one of its columns.")
    return found[0] if found else None


async def _table(
    call: Call, work: ViewerWork, board: Board, column: Column | None, known: Mapping[str, Any]
) -> Response:
    asked = {name: call.asked(name)[:200] for name in ("search", "group", "lane", "column")}
    given = {name: text for name, text in asked.items() if text}
    columns = board.columns[:COLUMNS_MAX]
    group_id = as_uuid(asked["group"]) if asked["group"] else None
    lane = (column.key, asked["lane"] or None) if column and "lane" in call.request.query_params else None
    found = await work.boards().items(
        board.id,
        group_id=group_id,
        search=asked["search"],
        lane=lane,
        limit=ROWS_MAX + 1,
        after=_place(call.asked("after")),
    )
    rows = _fitting(await _rows(work, columns, found[:ROWS_MAX]))
    sections = [Section(one, [row for row in rows if row[0].group_id == one.id]) for one in board.groups]
    more = _named(rows[-1][0]) if len(found) > len(rows) else None
    first = not call.asked("after")
    back = f"{known['here']}?{call.request.url.query}" if call.request.url.query else known["here"]
    return call.render(
        "board.html",
        **known,
        columns=columns,
        sections=_empty_ones(board, sections, first=first, last=more is None),
        filtered=bool(given),
        asked=asked,
        given=given,
        more=more,
        first=first,
        back=back,
    )


def _named(item: Item) -> str:
    return "~".join(str(part) for part in item.place)


def _place(text: str) -> Place | None:
    if not text:
        return None
    group, position, item = (*text.split("~"), "", "")[:3]
    group_id, item_id = as_uuid(group), as_uuid(item)
    try:
        found = float(position)
    except ValueError:
        found = float("nan")
    if group_id is None or item_id is None or not isfinite(found):
        raise BadInputError("This is no page of this board.", action="Begin with the first.")
    return Place(group_id, found, item_id)


def _fitting(rows: Sequence[_Row]) -> Sequence[_Row]:
    """Return as many rows as a page has room for that loads quickly on site, at least one."""
    left = _PAGE_BYTES
    for place, (_, name, cells) in enumerate(rows):
        left -= _ROW_BYTES + _CELL_BYTES * len(cells) + table_bytes([name, *cells])
        if left < 0 and place:
            return rows[:place]
    return rows


async def _rows(work: ViewerWork, columns: Sequence[Column], items: Sequence[Item]) -> list[_Row]:
    cells = await work.cells(columns, [one.values for one in items])
    return [
        (item, Cell("name", "Item", "text", item.name), own) for item, own in zip(items, cells, strict=True)
    ]


def _empty_ones(board: Board, sections: Sequence[Section], *, first: bool, last: bool) -> list[Section]:
    """Return the sections of a page: of the empty ones those between its first and its last item."""
    full = [place for place, one in enumerate(sections) if one.rows]
    begin = 0 if first or not full else full[0]
    end = len(board.groups) if last or not full else full[-1] + 1
    return list(sections[begin:end])


async def _kanban(call: Call, work: ViewerWork, column: Column, known: Mapping[str, Any]) -> Response:
    board: Board = known["board"]
    counts = {one.label: one.items for one in await work.boards().lanes(board.id, column.key)}
    labels = {one.text: one.colour for one in column.labels}
    lanes: list[Lane] = []
    for label in (None, *labels) if counts.get(None) else labels:
        cards = await _cards(work, board, column, label, len(labels) + 1) if counts.get(label) else []
        lanes.append(Lane(label or "", labels.get(label or "", "grey"), counts.get(label, 0), cards))
    query = urlencode({"view": "kanban", **({"column": column.key} if call.asked("column") else {})})
    return call.render(
        "board_kanban.html",
        **known,
        column=column,
        lanes=lanes,
        field=f"{LEAD}{column.key}",
        many=sum(len(label.encode()) + _LABEL_BYTES for label in labels) > _MENU_BYTES_MAX,
        back=f"{known['here']}?{query}",
    )


async def _cards(
    work: ViewerWork, board: Board, column: Column, label: str | None, lanes: int
) -> list[tuple[Item, list[Cell]]]:
    most = max(1, min(20, _PAGE_BYTES // lanes // (_CARD_BYTES + _MENU_BYTES_MAX)))
    items = await work.boards().items(board.id, lane=(column.key, label), limit=most)
    columns = [one for one in board.columns if one.kind in _CARD_CELLS]
    cells = await work.cells(columns, [one.values for one in items])
    return [(item, [one for one in own if one.text]) for item, own in zip(items, cells, strict=True)]


ROWS = (Row("GET", "/boards/{board_id}", Permission.JOBS_READ, board_page),)
