"""Rows out of what a vendor calls JSON."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson

from tiebeam.connectors.ports import Damage
from tiebeam.connectors.streams import Envelope

if TYPE_CHECKING:
    from collections.abc import Iterable

BOM = b"\xef\xbb\xbf"
_DIGITS = bytes(0x30 if 0x30 <= code <= 0x39 else 0x20 for code in range(256))
_LONG_NUMBER = b"0" * 19


class GarbledError(ValueError):
    """A body that is no JSON: cut short, empty, or something else altogether."""


class ShapeError(ValueError):
    """JSON of another shape than was promised."""


def parse_json(body: bytes) -> Any:
    """Return the JSON value of a body. Raises GarbledError.

    What orjson refuses or would round (lone surrogates, bytes that are not UTF-8, numbers beyond 64 bits) is
    read all the same, in a form that `orjson.dumps` refuses: one bad row damages itself and not its page.
    """
    return _parsed(body)[0]


def _parsed(body: bytes) -> tuple[Any, bool]:
    """Return a body's value, and whether all of it can be written as JSON again."""
    body = body.removeprefix(BOM)
    if _LONG_NUMBER not in body.translate(_DIGITS):
        try:
            return orjson.loads(body), True
        except orjson.JSONDecodeError:
            pass
    try:
        text = body.decode("utf-8", "surrogateescape")
        return json.loads(text, parse_float=_number, parse_constant=Decimal), False
    except (ValueError, RecursionError) as error:
        raise GarbledError(str(error)) from error


def _number(text: str) -> float | Decimal:
    value = float(text)
    return Decimal(text) if math.isinf(value) else value


@dataclass(frozen=True, slots=True)
class Rows:
    """The objects of an answer, and what among them was none."""

    rows: tuple[dict[str, Any], ...]
    damaged: tuple[Damage, ...]


def read_rows(body: bytes, envelope: Envelope, key: str) -> Rows:
    """Return the rows of a listing's answer. Raises GarbledError, ShapeError."""
    good: list[dict[str, Any]] = []
    bad: list[Damage] = []
    value, exact = _parsed(body)
    for row in _unwrapped(value, envelope):
        reason = _fault(row, key, exact=exact)
        if reason is None:
            good.append(row)
        else:
            bad.append(Damage(reason, raw_json(row), key_at(row, key)))
    return Rows(tuple(good), tuple(bad))


def _unwrapped(value: Any, envelope: Envelope) -> Iterable[Any]:
    if envelope is Envelope.SINGLE:
        return [_object(value)]
    if envelope is Envelope.GROUPS:
        groups = value if isinstance(value, list) else [value]
        return [row for group in groups for row in _list_within(group)]
    inner = _object(value).get("data") if envelope is Envelope.DATA else value
    if not isinstance(inner, list):
        raise ShapeError(f"a list was promised and {_kind(inner)} came")
    return inner


def _list_within(group: Any) -> list[Any]:
    lists = [value for value in _object(group).values() if isinstance(value, list)]
    if len(lists) != 1:
        raise ShapeError(f"a group with one list was promised and one with {len(lists)} came")
    return lists[0]


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ShapeError(f"an object was promised and {_kind(value)} came")
    return value


def _kind(value: Any) -> str:
    names = {list: "a list", dict: "an object", str: "a text", type(None): "nothing"}
    return names.get(type(value), "a number or a truth value")


def read_object(body: bytes) -> dict[str, Any]:
    """Return the one object of an answer, out of `{"data": {…}}` if it is so wrapped.

    Raises GarbledError, ShapeError.
    """
    value = _object(parse_json(body))
    inner = value.get("data")
    return inner if isinstance(inner, dict) and len(value) == 1 else value


def key_at(row: Any, path: str) -> str | None:
    """Return the key that lies at `path` of a row, as text; None when there is none that can serve."""
    for step in path.split("."):
        row = row.get(step) if isinstance(row, dict) else None
    usable = isinstance(row, int | str) and not isinstance(row, bool) and row != ""
    return str(row) if usable else None


def _fault(row: Any, key: str, *, exact: bool) -> str | None:
    if not isinstance(row, dict):
        return f"an object was promised and {_kind(row)} came"
    if key_at(row, key) is None:
        return f"the row has no usable {key!r}"
    if exact:
        return None
    try:
        orjson.dumps(row)
    except (TypeError, RecursionError) as error:
        return f"not representable as JSON: {error}"
    return None


def raw_json(value: Any) -> bytes:
    """Return a parsed value as near to its own bytes as can be."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return json.dumps(value, default=str).encode()
