"""Rows out of what a vendor calls JSON.

A listing is cut into the texts of its rows and no further: whoever knows a row by its text need not read it.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import msgspec
import orjson

from tiebeam.connectors.ports import Damage
from tiebeam.connectors.streams import Envelope

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BOM = b"\xef\xbb\xbf"
_FIRST_BYTE = itemgetter(0)
_OBJECT = frozenset(b"{")
_DIGITS = bytes(0x30 if 0x30 <= code <= 0x39 else 0x20 for code in range(256))
_LONG_NUMBER = b"0" * 19
_EVERY = 4
_LONG_NUMBER_THINNED = b"0" * (19 // _EVERY)


class GarbledError(ValueError):
    """A body that is no JSON: cut short, empty, or something else altogether."""


class ShapeError(ValueError):
    """JSON of another shape than was promised."""


def parse_json(body: bytes) -> Any:
    """Return the JSON value of a body. Raises GarbledError.

    What orjson refuses or would round (lone surrogates, bytes that are not UTF-8, numbers beyond 64 bits) is
    read all the same, in a form that `orjson.dumps` refuses: one bad row damages itself and not its page.
    """
    body = body.removeprefix(BOM)
    if not _holds_long_number(body):
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            pass
    try:
        text = body.decode("utf-8", "surrogateescape")
        return json.loads(text, parse_float=_number, parse_constant=Decimal)
    except (ValueError, RecursionError) as error:
        raise GarbledError(str(error)) from error


def _holds_long_number(text: bytes) -> bool:
    """Say whether 19 digits stand in a row. Every fourth byte tells of almost every text that they do not."""
    if _LONG_NUMBER_THINNED not in text[::_EVERY].translate(_DIGITS):
        return False
    return _LONG_NUMBER in text.translate(_DIGITS)


def _number(text: str) -> float | Decimal:
    value = float(text)
    return Decimal(text) if math.isinf(value) else value


@dataclass(frozen=True, slots=True)
class Rows:
    """The objects of an answer, each as the JSON text it came as, and what among them was none."""

    rows: tuple[bytes, ...]
    damaged: tuple[Damage, ...] = ()


def read_rows(body: bytes, envelope: Envelope, key: str) -> Rows:
    """Return the rows of a listing's answer. Raises GarbledError, ShapeError.

    `key` is where a row has its key: damage is told by it.
    """
    body = body.removeprefix(BOM)
    cut = _cut(body, envelope)
    if cut is None:
        return _salvaged(body, envelope, key)
    rows = tuple(map(bytes, cut))
    return Rows(rows) if set(map(_FIRST_BYTE, rows)) <= _OBJECT else _salvaged(body, envelope, key)


def read_row(raw: bytes) -> dict[str, Any]:
    """Return the object that a row's text is. Raises GarbledError for a value that JSON cannot give again."""
    row: dict[str, Any]
    try:
        if _holds_long_number(raw):
            row = parse_json(raw)
            orjson.dumps(row)
        else:
            row = orjson.loads(raw)
    except (TypeError, orjson.JSONDecodeError) as error:
        raise GarbledError(f"not representable as JSON: {error}") from error
    return row


def read_each(raws: Sequence[bytes]) -> list[dict[str, Any] | GarbledError]:
    """Return what `read_row` returns or raises, for several rows."""
    text = b"[" + b",".join(raws) + b"]"
    if not _holds_long_number(text):
        try:
            rows: list[dict[str, Any] | GarbledError] = orjson.loads(text)
        except orjson.JSONDecodeError:
            rows = []
        if len(rows) == len(raws):
            return rows
    return list(map(_row_or_error, raws))


def _row_or_error(raw: bytes) -> dict[str, Any] | GarbledError:
    try:
        return read_row(raw)
    except GarbledError as error:
        return error


def garbled_key(raw: bytes, key: str) -> str | None:
    """Return the key of a row that cannot be read as it is, if that much can be told and kept."""
    keys = keys_of([raw], key)
    try:
        found = keys[0] if keys else key_at(parse_json(raw), key)
    except GarbledError:
        return None
    whole = found and "\0" not in found and found.isascii()
    return found if whole else None


def keys_of(rows: Sequence[bytes], key: str) -> list[str] | None:
    """Return the key of every row without reading the rest; None when one of them has none that can serve.

    Of a row that names its key twice it may be the first, where reading takes the last.
    """
    plain = [found[1] for found in map(_plain_key_first(key).match, rows) if found]
    if len(plain) == len(rows):
        return list(map(bytes.decode, plain))
    reader = _key_reader(key)
    try:
        return [str(_innermost(reader.decode(row))) for row in rows]
    except (msgspec.DecodeError, RecursionError):
        return None


class _Data(msgspec.Struct):
    data: list[msgspec.Raw]


_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_DATA = msgspec.json.Decoder(_Data)


def _cut(body: bytes, envelope: Envelope) -> list[msgspec.Raw] | None:
    """Return the texts of a body's rows; None for a body that must be read to be cut."""
    try:
        if envelope is Envelope.BARE:
            return _LIST.decode(body)
        return _DATA.decode(body).data if envelope is Envelope.DATA else None
    except (msgspec.DecodeError, RecursionError):
        return None


@cache
def _plain_key_first(key: str) -> re.Pattern[bytes]:
    """Return what finds keys that are whole numbers and stand first in their rows, as nearly all do."""
    if "." in key:
        return re.compile(rb"(?!)")  # It lies deeper: found by reading alone.
    return re.compile(rb'{"%s":(0|[1-9][0-9]{0,18})[,}]' % re.escape(key).encode())


@cache
def _key_reader(path: str) -> msgspec.json.Decoder[Any]:
    """Return what reads `{"a": {"b": key}}` for the path `a.b`, passing over everything else."""
    kind: Any = int | str
    for step in reversed(path.split(".")):
        kind = msgspec.defstruct("_Key", [("value", kind)], rename={"value": step})
    return msgspec.json.Decoder(kind)


def _innermost(found: Any) -> int | str:
    while not isinstance(found, int | str):
        found = found.value
    return found


def _salvaged(body: bytes, envelope: Envelope, key: str) -> Rows:
    """Read a body the slow way, row by row: one bad row damages itself and not its page."""
    good: list[bytes] = []
    bad: list[Damage] = []
    for row in _unwrapped(parse_json(body), envelope):
        try:
            good.append(_as_text(row))
        except ShapeError as error:
            bad.append(Damage(str(error), raw_json(row), key_at(row, key)))
    return Rows(tuple(good), tuple(bad))


def _as_text(row: Any) -> bytes:
    if not isinstance(row, dict):
        raise ShapeError(f"an object was promised and {_kind(row)} came")
    try:
        return orjson.dumps(row)
    except (TypeError, RecursionError) as error:
        raise ShapeError(f"not representable as JSON: {error}") from error


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


def raw_json(value: Any) -> bytes:
    """Return a parsed value as near to its own bytes as can be."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return json.dumps(value, default=str).encode()
