"""What a list shows and how it is asked for, without asking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from tiebeam.kernel.errors import BadInputError
from tiebeam.replicate.plan import value_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tiebeam.connectors.streams import Column, Stream
    from tiebeam.replicate.explorer.model import Wanted

COLUMNS_DEFAULT_MAX: Final = 5
_TITLES: Final = (
    "subject",
    "title",
    "display_name",
    "name",
    "task_name",
    "activity_name",
    "schedule_name",
    "filename",
    "description",
    "comments",
    "comment",
)
_NUMBERS: Final = (
    "full_number",
    "formatted_number",
    "number",
    "project_number",
    "full_code",
    "code",
    "flat_code",
    "activity_id",
)
_TELLING: Final = (
    *("status", "ball_in_court", "assignee", "responsible_contractor", "job_title", "city", "vendor_name"),
    *("due_date", "grand_total", "date", "log_date", "revision_number", "discipline", "size", "start_date"),
    *("finish_date", "starts_at", "taken_at", "email_address", "email", "created_by", "created_at"),
)
_SORTS: Final = {
    "text": "text",
    "bigint": "number",
    "numeric": "number",
    "boolean": "boolean",
    "date": "moment",
    "timestamptz": "moment",
}
_FILE_LISTS: Final = frozenset({"files", "photos", "images", "documents"})


def default_columns(stream: Stream) -> tuple[Column, ...]:
    """Return the columns that a list of a kind shows unless others are chosen: what tells records apart."""
    known = {column.name: column for column in stream.columns if column.type != "jsonb"}
    chosen = [name for group in (_NUMBERS, _TITLES) for name in [next((n for n in group if n in known), "")]]
    chosen += [name for name in (*_TELLING, *known) if not name.endswith("_id") and name != "id"]
    names = [name for name in dict.fromkeys(chosen) if name in known]
    return tuple(known[name] for name in names[:COLUMNS_DEFAULT_MAX])


def find_column(stream: Stream, name: str) -> Column:
    """Return a column of a kind by its name. Raises BadInputError."""
    for column in stream.columns:
        if column.name == name:
            return column
    known = ", ".join(column.name for column in stream.columns)
    raise BadInputError(
        f"{stream.title} have no field called {name[:80]!r}.", action=f"Choose among: {known}."
    )


def sort_type(column: Column) -> str:
    """Return how values of a column are compared. Raises BadInputError for what has no order."""
    if column.type not in _SORTS:
        raise BadInputError(
            f"A list cannot be sorted by {column.name}.", action="Sort by a field that holds a single value."
        )
    return _SORTS[column.type]


def title_of(payload: Mapping[str, Any]) -> str:
    """Return what a record is called; empty when it is not called anything."""
    return next((text for name in _TITLES if isinstance(text := payload.get(name), str) and text.strip()), "")


def pattern_of(text: str, *, whole: bool = False) -> str:
    """Return the `like` pattern that finds a text as it is. Raises BadInputError for a NUL."""
    if "\0" in text:
        raise BadInputError("A text with a NUL in it cannot be looked for.", action="Leave it out.")
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped if whole else f"%{escaped}%"


def json_pattern_of(text: str) -> str:
    """Return the pattern that finds a text within JSON as PostgreSQL writes it."""
    return pattern_of(orjson.dumps(text).decode()[1:-1].replace("\x7f", "_"))


def filters(wanted: Wanted) -> dict[str, Any]:
    """Return the parameters of every statement that asks for what is wanted."""
    return {
        "stream": wanted.stream.name,
        "project": wanted.project_id,
        "since": wanted.since,
        "states": [int(state) for state in wanted.states],
        "search": pattern_of(wanted.search) if wanted.search else None,
        "search_json": json_pattern_of(wanted.search) if wanted.search else None,
        "paths": [one.column.path for one in wanted.conditions],
        "patterns": [pattern_of(one.text, whole=one.whole) for one in wanted.conditions],
    }


def replies_of(payload: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return who answered the questions of a record, when and what."""
    return [
        (_name(answer.get("created_by")), _text(answer.get("created_at")), _said(answer))
        for question in _dicts(payload.get("questions"))
        for answer in _dicts(question.get("answers"))
    ]


def files_of(payload: Mapping[str, Any]) -> list[tuple[str, int | None]]:
    """Return the names of the files that a record names, with their sizes in bytes where it tells them."""
    return list(dict.fromkeys(_files(payload, within=False)))


def _files(value: Any, *, within: bool) -> Iterator[tuple[str, int | None]]:
    if isinstance(value, list):
        for item in value:
            yield from _files(item, within=within)
    elif isinstance(value, dict):
        name = value.get("filename") or value.get("file_name") or (value.get("name") if within else None)
        if isinstance(name, str) and name:
            yield name, _size(value)
        for key, inner in value.items():
            yield from _files(inner, within="attachment" in key or key in _FILE_LISTS)


def _size(value: Mapping[str, Any]) -> int | None:
    sizes = (value.get(name) for name in ("size", "file_size", "content_length"))
    return next((size for size in sizes if isinstance(size, int) and not isinstance(size, bool)), None)


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _name(value: Any) -> str:
    if isinstance(value, dict):
        return _text(value.get("name") or value.get("login"))
    return _text(value)


def _said(answer: Mapping[str, Any]) -> str:
    return _text(answer.get("plain_text_body") or answer.get("body") or answer.get("rich_text_body"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def column_value(column: Column, payload: Mapping[str, Any]) -> Any:
    """Return what a record says in a column, as it came."""
    return value_at(payload, column.path)
