"""A body as a form that the office corrects, made from what it may hold; and the body that comes back."""

from __future__ import annotations

import types
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Union, get_args, get_origin

from tiebeam.field.forms import FORMS, Form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo

    from tiebeam.field.model import Document

BLANK_ROWS: Final = 2
INPUTS_MAX: Final = 1500
"""More are not offered on one page."""
KEPT: Final = ("photos", "photo", "tickets", "signature")
"""What is not typed: it stays as it was captured, but for photos that are taken out."""
_LONG: Final = ("description", "notes", "note", "what")


@dataclass(frozen=True, slots=True)
class Input:
    """One value to be typed or chosen."""

    name: str
    label: str
    value: str
    kind: str = "text"
    """`text`, `area`, `date`, `check` or `select`."""
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """Several of the same."""

    name: str
    label: str
    rows: list[list[Input]] = field(default_factory=list)


def inputs_of(document: Document) -> list[Input | Rows]:
    """Return what can be corrected of a document."""
    found: list[Input | Rows] = []
    for name, info in FORMS[document.kind].model_fields.items():
        if name not in KEPT:
            found += _part(name, info, document.body.get(name))
    return found


def count(parts: list[Input | Rows]) -> int:
    """Return how many values there are to be typed."""
    return sum(sum(map(len, one.rows)) if isinstance(one, Rows) else 1 for one in parts)


def body_from(document: Document, posted: Mapping[str, str], without: frozenset[str]) -> dict[str, Any]:
    """Return the body that a form came back with; photos named in `without` are taken out of it."""
    body = {name: value for name, value in document.body.items() if name in KEPT}
    if "photos" in body:
        body["photos"] = [one for one in body["photos"] if one not in without]
    for name, info in FORMS[document.kind].model_fields.items():
        if name not in KEPT:
            body |= _read(name, info, posted)
    return body


def _part(name: str, info: FieldInfo, value: Any) -> list[Input | Rows]:
    core, several = _core(info.annotation)
    if several:
        blank: list[Any] = [None] * BLANK_ROWS
        rows = [_row(f"{name}.{place}", core, one) for place, one in enumerate([*(value or []), *blank])]
        return [Rows(name, _words(name), rows)]
    if _is_form(core):
        return list(_row(name, core, value))
    return [_input(name, core, value)]


def _row(place: str, core: Any, value: Any) -> list[Input]:
    if not _is_form(core):
        return [_input(place, core, value)]
    known = value or {}
    return [
        _input(f"{place}.{name}", _core(info.annotation)[0], known.get(name))
        for name, info in core.model_fields.items()
    ]


def _input(name: str, core: Any, value: Any) -> Input:
    last = name.rpartition(".")[2]
    label = _words(name.partition(".")[0] if last.isdigit() else last)
    if core is bool:
        return Input(name, label, "yes" if value else "", "check")
    text = "" if value is None else str(value)
    if get_origin(core) is Literal:
        return Input(name, label, text, "select", get_args(core))
    if core is date:
        return Input(name, label, text, "date")
    return Input(name, label, text, "area" if last in _LONG and "." not in name else "text")


def _read(name: str, info: FieldInfo, posted: Mapping[str, str]) -> dict[str, Any]:
    core, several = _core(info.annotation)
    if several:
        places = sorted({int(key.split(".")[1]) for key in posted if _is_within(key, name)})
        rows = [_read_row(f"{name}.{place}", core, posted) for place in places]
        return {name: [row for row in rows if row is not None]}
    if _is_form(core):
        found = _read_row(name, core, posted)
        return {} if found is None else {name: found}
    given = _value(core, posted.get(name, ""))
    return {} if given == "" and not info.is_required() else {name: given}


def _read_row(place: str, core: Any, posted: Mapping[str, str]) -> Any:
    """Return a row; None for one in which nothing was typed, whatever is chosen in it."""
    if not _is_form(core):
        return posted.get(place) or None
    row, typed = {}, False
    for name, info in core.model_fields.items():
        part = _core(info.annotation)[0]
        given = _value(part, posted.get(f"{place}.{name}", ""))
        typed = typed or (given != "" and get_origin(part) is not Literal and given is not False)
        if given != "" or info.is_required():
            row[name] = given
    return row if typed else None


def _value(core: Any, text: str) -> Any:
    if core is bool:
        return text == "yes"
    text = text.strip()
    return int(text) if core is int and text.lstrip("-").isdecimal() and len(text) < 9 else text


def _is_within(key: str, name: str) -> bool:
    first, _, rest = key.partition(".")
    number = rest.partition(".")[0]
    return first == name and number.isascii() and number.isdigit() and len(number) < 5


def _is_form(core: Any) -> bool:
    return isinstance(core, type) and issubclass(core, Form)


def _core(annotation: Any) -> tuple[Any, bool]:
    """Return what a member holds in the end, and whether it holds several of it."""
    origin, given = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _core(given[0])
    if origin in (Union, types.UnionType):
        return _core(next(one for one in given if one is not types.NoneType))
    if origin is list:
        return _core(given[0])[0], True
    return annotation, False


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
