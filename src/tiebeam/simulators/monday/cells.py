"""What a cell takes, keeps and shows, by the type of its column."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import orjson

from tiebeam.simulators.monday.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tiebeam.simulators.monday.state import Column, Person

_TEXT_CHARACTERS_MAX = 2000


@dataclass(frozen=True, slots=True)
class Writing:
    """How written values become kept ones: in whose account, when, and whether labels may be made."""

    people: Mapping[int, Person]
    at: datetime
    create_labels: bool = False

    def kept(self, column: Column, written: Any) -> Any:
        """What a cell keeps of what was written into it; None when it is emptied. Raises ApiError."""
        if written in ("", None, {}):
            return None
        writer = _WRITERS.get(column.type)
        if writer is None:
            raise _wrong(column, f"a column of the type {column.type} cannot be written")
        return writer(self, column, written)

    def stamped(self, content: dict[str, Any]) -> dict[str, Any]:
        """A kept value with the moment of its writing."""
        return {**content, "changed_at": _iso(self.at)}


def _status(writing: Writing, column: Column, written: Any) -> Any:
    if isinstance(written, str):
        written = {"label": written}
    if not isinstance(written, dict) or not written.keys() <= {"label", "index"}:
        raise _wrong(column, 'a status is written as {"label": "Done"} or {"index": 1}')
    index = written.get("index")
    if index is None:
        index = _index(writing, column, str(written["label"]))
    if not isinstance(index, int) or index not in column.labels:
        raise _no_label(column, index)
    return writing.stamped({"index": index, "post_id": None})


def _index(writing: Writing, column: Column, label: str) -> int:
    found = next((index for index, text in column.labels.items() if text == label), None)
    if found is not None:
        return found
    if not writing.create_labels:
        raise _no_label(column, label)
    free = max(column.labels, default=-1) + 1
    column.labels[free] = label
    return free


def _persons(writing: Writing, column: Column, written: Any) -> Any:
    people = written.get("personsAndTeams") if isinstance(written, dict) else None
    if not isinstance(people, list) or not all(isinstance(one, dict) for one in people):
        raise _wrong(column, 'people are written as {"personsAndTeams": [{"id": 1, "kind": "person"}]}')
    for one in people:
        team = one.get("kind") == "team" and str(one.get("id")).isdecimal()
        if not team and not (one.get("kind") == "person" and _is_somebody(one.get("id"), writing.people)):
            raise _wrong(column, f"there is no person {one.get('id')}")
    kept = [{"id": int(one["id"]), "kind": one["kind"]} for one in people]
    return writing.stamped({"personsAndTeams": kept}) if kept else None


def _is_somebody(person_id: object, people: Mapping[int, Person]) -> bool:
    text: str = str(person_id)
    return text.isdecimal() and int(text) in people


def _date(writing: Writing, column: Column, written: Any) -> Any:
    day: Any = written.get("date") if isinstance(written, dict) else written
    try:
        found = date.fromisoformat(day).isoformat()
    except (TypeError, ValueError):
        raise _wrong(column, 'a date is written as {"date": "2025-01-06"}') from None
    return writing.stamped({"date": found, "icon": None})


def _text(_: Writing, column: Column, written: Any) -> Any:
    if not isinstance(written, str) or len(written) > _TEXT_CHARACTERS_MAX:
        raise _wrong(column, f"a text of at most {_TEXT_CHARACTERS_MAX} characters was expected")
    return written


def _long_text(writing: Writing, column: Column, written: Any) -> Any:
    text = written.get("text") if isinstance(written, dict) else written
    return writing.stamped({"text": _text(writing, column, text)}) if text else None


def _number(_: Writing, column: Column, written: Any) -> Any:
    try:
        finite = isinstance(written, str) and math.isfinite(float(written))
    except ValueError:
        finite = False
    if not finite:
        raise _wrong(column, 'a number is written as text: "12.5"')
    return str(written)


def _link(writing: Writing, column: Column, written: Any) -> Any:
    url = written.get("url") if isinstance(written, dict) else None
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise _wrong(column, 'a link is written as {"url": "https://…", "text": "…"}')
    return writing.stamped({"url": url, "text": str(written.get("text") or url)})


_WRITERS: Mapping[str, Callable[[Writing, Column, Any], Any]] = {
    "status": _status,
    "people": _persons,
    "date": _date,
    "text": _text,
    "long_text": _long_text,
    "numbers": _number,
    "link": _link,
}


def same(one: Any, other: Any) -> bool:
    """Whether two kept values say the same, whenever they were written."""
    return bool(_unstamped(one) == _unstamped(other))


def _unstamped(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: each for name, each in value.items() if name != "changed_at"}


def shown(column: Column, kept: Any, people: dict[int, Person]) -> dict[str, Any]:
    """A cell as GraphQL shows it, with the type of its value."""
    cell: dict[str, Any] = {
        "__typename": _TYPES.get(column.type, "UnsupportedValue"),
        "id": column.id,
        "type": column.type,
        "column": column,
        "value": None if kept is None else orjson.dumps(kept).decode(),
        "text": text_of(column, kept, people),
    }
    if column.type == "status":
        cell |= {"index": kept and kept["index"], "label": kept and column.labels.get(kept["index"])}
    elif column.type in ("mirror", "board_relation"):
        cell |= {"text": None, "value": None, "display_value": str(kept or ""), "linked_item_ids": []}
    return cell


_TYPES = {
    "status": "StatusValue",
    "people": "PeopleValue",
    "date": "DateValue",
    "text": "TextValue",
    "long_text": "LongTextValue",
    "numbers": "NumbersValue",
    "link": "LinkValue",
    "mirror": "MirrorValue",
    "board_relation": "BoardRelationValue",
}


def text_of(column: Column, kept: Any, people: Mapping[int, Person]) -> str:
    """What people read in a cell."""
    if kept is None:
        return ""
    reader = _TEXTS.get(column.type)
    return reader(column, kept, people) if reader else str(kept)


def _people_text(_: Column, kept: Any, people: Mapping[int, Person]) -> str:
    ids = [one["id"] for one in kept["personsAndTeams"]]
    return ", ".join(people[each].name for each in ids if each in people)


def _link_text(_: Column, kept: Any, __: Mapping[int, Person]) -> str:
    url, text = str(kept["url"]), kept["text"]
    return url if text == url else f"{text} - {url}"


_TEXTS: Mapping[str, Callable[[Column, Any, Mapping[int, Person]], str]] = {
    "status": lambda column, kept, _: column.labels.get(kept["index"], ""),
    "people": _people_text,
    "date": lambda _, kept, __: str(kept["date"]),
    "long_text": lambda _, kept, __: str(kept["text"]),
    "link": _link_text,
}


def told(column: Column, kept: Any) -> Any:
    """A cell as a webhook tells of it."""
    if kept is None:
        return None
    match column.type:
        case "status":
            index = kept["index"]
            style = {"color": "#00c875", "border": "#00b461", "var_name": "green-shadow"}
            label = {"index": index, "text": column.labels.get(index), "style": style}
            return {"label": label, "post_id": None}
        case "text":
            return {"value": kept}
        case "numbers":
            return {"value": float(kept), "unit": None}
        case _:
            return _unstamped(kept)


WEBHOOK_TYPES = {
    "status": "color",
    "people": "multiple-person",
    "numbers": "numeric",
    "long_text": "long-text",
}
"""What webhooks call the types that the API calls otherwise."""


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _wrong(column: Column, why: str) -> ApiError:
    return ApiError(
        "ColumnValueException",
        f"invalid value, please check our API documentation for the correct data structure: {why}",
        column_id=column.id,
        column_type=column.type,
    )


def _no_label(column: Column, label: Any) -> ApiError:
    there = ", ".join(f"{index}: {text}" for index, text in column.labels.items())
    message = f"The label {label!r} does not exist, possible statuses are: {{{there}}}"
    return ApiError("ColumnValueException", message, column_id=column.id, column_type="status")
