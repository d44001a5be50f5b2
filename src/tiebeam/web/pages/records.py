"""The record explorer: every kind of record, and a list of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from starlette.datastructures import QueryParams

from tiebeam.identity.permissions import Permission
from tiebeam.kernel.errors import BadInputError
from tiebeam.replicate.explorer.model import Count, Kind
from tiebeam.replicate.explorer.plan import column_value
from tiebeam.replicate.explorer.repository import COUNT_IN_PLACE_MAX, LOOK_MAX, Explorer, SavedViews
from tiebeam.replicate.streams import STREAMS
from tiebeam.web.pages.records_query import (
    COLUMNS_MAX,
    CONDITIONS_MAX,
    PAGES_MAX,
    STATE_WORDS,
    kind,
    mark_text,
    read,
)
from tiebeam.web.pages.shown import Room, in_words
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.responses import Response

    from tiebeam.connectors.streams import Column, Stream
    from tiebeam.replicate.explorer.model import Found, SavedView, Sheet
    from tiebeam.web.call import Call
    from tiebeam.web.pages.records_query import Asked

ROWS_SHOWN: Final = 50
PROJECTS_SHOWN: Final = 200
_CELL_BYTES: Final = (240, 160, 100, 60, 30, 15)
"""How long the text of a cell may be, tried in turn until all of them fit."""
_LIST_BYTES_MAX: Final = 24_000
_QUERY_CHARACTERS_MAX: Final = 800
_NAME_CHARACTERS_MAX: Final = 40
_NAME_BYTES_MAX: Final = 90


@dataclass(frozen=True, slots=True)
class Line:
    """One record of a list, ready to be shown."""

    record: Found
    address: str
    project: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """One column of a list, and where its list in that order is."""

    column: Column
    address: str | None
    """None for what has no order."""
    order: str
    """`ascending`, `descending`, or nothing while the list is in another order."""


async def explorer(call: Call) -> Explorer:
    """Return what looks things up for who asks, and finds nothing that they may not see."""
    app = await call.app()
    return Explorer(app.store, app.tenant.id, call.viewer.person.project_ids)


async def records_page(call: Call) -> Response:
    """Show every kind of record."""
    app = await call.app()
    found = {one.stream: one for one in await (await explorer(call)).kinds()}
    kinds = [(stream, found.get(stream.name, Kind(stream.name, 0, 0, 0, None))) for stream in STREAMS]
    return call.render(
        "records.html",
        title="Records",
        kinds=kinds,
        at_least=any(one.at_least for one in found.values()),
        counted_max=COUNT_IN_PLACE_MAX,
        any_read=any(one.read_at for one in found.values()),
        connected=bool(await app.connections()),
    )


async def list_page(call: Call) -> Response:
    """Show a list of one kind."""
    stream = kind(call.request.path_params["view"])
    asked = read(stream, call.request.query_params)
    looking = await explorer(call)
    offset = (asked.page - 1) * ROWS_SHOWN
    at_start = asked.after is None and asked.page == 1
    sheet = await looking.page(asked.wanted, limit=ROWS_SHOWN + 1, after=asked.after, offset=offset)
    more, shown = len(sheet.rows) > ROWS_SHOWN, sheet.rows[:ROWS_SHOWN]
    names = dict(await looking.projects(limit=5_000))
    app = await call.app()
    saved = await SavedViews(app.store, app.tenant.id, call.viewer.person.id).all(stream.name)
    return call.render(
        "records_list.html",
        title=stream.title,
        stream=stream,
        asked=asked,
        heads=_heads(asked),
        lines=_lines(asked, shown, names),
        count=await _count(looking, asked, sheet, alone=at_start and not more),
        looked_max=LOOK_MAX if sheet.partly else None,
        next_query=_next(asked, shown) if more else None,
        further_query=_further(asked, sheet) if not more else None,
        at_start=at_start,
        page_count_max=PAGES_MAX,
        **_choices(asked, names, saved),
    )


def _choices(asked: Asked, names: Mapping[str, str], saved: Sequence[SavedView]) -> dict[str, Any]:
    """Return what the forms of a list offer."""
    room = Room(8_000)
    projects = [(key, room.fit(name, _NAME_BYTES_MAX)) for key, name in names.items()]
    conditions = [(one.column.name, one.whole, one.text) for one in asked.wanted.conditions]
    return {
        "states": STATE_WORDS,
        "projects": projects if len(names) <= PROJECTS_SHOWN else None,
        "has_projects": "project_id" in asked.wanted.stream.scope,
        "conditions": [*conditions, *[("", False, "")] * min(1, CONDITIONS_MAX - len(conditions))],
        "saved": saved,
        "columns_max": COLUMNS_MAX,
        "current": asked.query(),
    }


def _heads(asked: Asked) -> list[Head]:
    sort, down = asked.wanted.sort, asked.wanted.descending
    found = []
    for column in asked.columns:
        mine = column == sort
        address = (
            None if column.type == "jsonb" else asked.query(sort=column.name, descending=mine and not down)
        )
        order = ("descending" if down else "ascending") if mine else ""
        found.append(Head(column, address, order))
    return found


def _lines(asked: Asked, rows: Sequence[Found], names: Mapping[str, str]) -> list[Line]:
    texts = [
        (
            names.get(row.project_id, row.project_id) if row.project_id else "",
            *(in_words(column, column_value(column, row.payload)) for column in asked.columns),
        )
        for row in rows
    ]
    return [
        Line(row, record_address(asked.wanted.stream, row.key, row.project_id), project, tuple(cells))
        for row, (project, *cells) in zip(rows, _fitted(texts), strict=True)
    ]


def _fitted(texts: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the texts of a list, each cut alike until all of them fit on a page."""
    fitted: list[list[str]] = []
    for most in _CELL_BYTES:
        room = Room(_LIST_BYTES_MAX)
        fitted = [[room.fit(text, most) for text in row] for row in texts]
        if not room.full:
            break
    return fitted


def _next(asked: Asked, shown: Sequence[Found]) -> str | None:
    if asked.wanted.sort is None:
        return asked.query(after=mark_text(shown[-1].mark))
    return asked.query(page=asked.page + 1) if asked.page < PAGES_MAX else None


async def _count(looking: Explorer, asked: Asked, sheet: Sheet, *, alone: bool) -> Count:
    """Return how many records a list holds; what would have to be read for that is not, where it is much."""
    shown = min(len(sheet.rows), ROWS_SHOWN)
    if alone or (sheet.partly and asked.wanted.by_content):
        return Count(shown, at_least=sheet.partly)
    return await looking.count(asked.wanted)


def _further(asked: Asked, sheet: Sheet) -> str | None:
    """Return where looking goes on when not everything was looked at for this page."""
    if sheet.looked_to is None or asked.wanted.sort is not None:
        return None
    return asked.query(after=mark_text(sheet.looked_to))


def record_address(stream: Stream, key: str, project_id: str | None) -> str:
    """Return where the page of a record is."""
    query = f"?{urlencode({'project': project_id})}" if project_id else ""
    return f"/records/{stream.view}/{quote(key, safe='')}{query}"


async def save_list(call: Call) -> Response:
    """Keep a list under a name."""
    stream = kind(call.request.path_params["view"])
    name = call.posted("name", most=_NAME_CHARACTERS_MAX)
    if not name or not name.isprintable():
        raise BadInputError("A list is kept under a name.", action="Write one and save again.")
    query = read(stream, QueryParams(call.posted("query", most=4000))).query()
    if len(query) > _QUERY_CHARACTERS_MAX:
        raise BadInputError("This list is too long to be kept.", action="Use shorter texts in its filters.")
    app = await call.app()
    views = SavedViews(app.store, app.tenant.id, call.viewer.person.id)
    await views.save(stream.name, name, query, call.house.clock.now())
    return call.to(f"/records/{stream.view}", notice=f"The list is kept as “{name}”.")


async def forget_list(call: Call) -> Response:
    """Keep a list no longer."""
    stream = kind(call.request.path_params["view"])
    name = call.posted("name", most=_NAME_CHARACTERS_MAX)
    app = await call.app()
    await SavedViews(app.store, app.tenant.id, call.viewer.person.id).forget(stream.name, name)
    return call.to(f"/records/{stream.view}", notice=f"The list “{name}” is no longer kept.")


ROWS = (
    Row("GET", "/records", Permission.RECORDS_READ, records_page),
    Row("GET", "/records/{view}", Permission.RECORDS_READ, list_page),
    Row("POST", "/records/{view}/save", Permission.RECORDS_READ, save_list),
    Row("POST", "/records/{view}/forget", Permission.RECORDS_READ, forget_list),
)
