"""How values cross to PostgreSQL and back.

JSON goes out as the bytes it already is, in binary: an array of 1,000 records of 1 kB as text (`%(x)t`) takes
over five times as long. It comes back loaded by orjson; who only passes it on asks for
`convert_to(body::text, 'utf8')` and has the bytes in half the time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from struct import Struct, pack
from typing import TYPE_CHECKING, Any

import orjson
import psycopg
from psycopg.adapt import AdaptersMap, Buffer, Dumper, Loader
from psycopg.pq import Format

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_JSONB_VERSION = b"\x01"


class Json(bytes):
    """Ready JSON text in UTF-8 for a `jsonb` parameter (a list of them for `jsonb[]`), sent as it is."""

    __slots__ = ()


class Texts(list[str]):
    """A `text[]` parameter that is made in one go: psycopg makes a list of items one by one."""


class Hashes(list[bytes | None]):
    """A `bytea[]` parameter that is made in one go."""


class Jsons(list[bytes]):
    """A `jsonb[]` parameter of ready JSON texts that is made in one go."""


class Longs(list[int]):
    """A `bigint[]` parameter that is made in one go."""


class Moments(list[datetime]):
    """A `timestamptz[]` parameter of times with a zone that is made in one go."""


def _array(item: str, parts: Sequence[bytes], *, nulls: bool = False) -> bytes:
    """Return a one-dimensional array in PostgreSQL's binary form; each part bears its length already.

    Lengths and values come by turns, so that the parts may be made by C alone: an array of a thousand items
    is made for each page of records, several times.
    """
    oid = psycopg.adapters.types[item].oid
    if not parts:
        return _EMPTY.pack(0, 0, oid)
    return _ARRAY.pack(1, int(nulls), oid, len(parts) // 2, 1) + b"".join(parts)


def _by_turns(lengths: Iterable[bytes], items: Sequence[bytes]) -> list[bytes]:
    parts = [b""] * (2 * len(items))
    parts[::2] = list(lengths)
    parts[1::2] = items
    return parts


def _array_of_longs(item: str, items: Sequence[int]) -> bytes:
    """Return a one-dimensional array of items of eight bytes in PostgreSQL's binary form."""
    oid = psycopg.adapters.types[item].oid
    if not items:
        return _EMPTY.pack(0, 0, oid)
    sized = [part for one in items for part in (8, one)]
    return pack("!iiIii" + "iq" * len(items), 1, 0, oid, len(items), 1, *sized)


_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ARRAY = Struct("!iiIii")
_EMPTY = Struct("!iiI")
_LENGTH = Struct("!i")
_LENGTH_AND_VERSION = Struct("!iB")
_NULL = _LENGTH.pack(-1)


class _TextsBinary(Dumper):
    format = Format.BINARY
    oid = psycopg.adapters.types["text"].array_oid

    def dump(self, obj: Texts) -> Buffer:
        items = list(map(str.encode, obj))
        return _array("text", _by_turns(map(_LENGTH.pack, map(len, items)), items))


class _HashesBinary(Dumper):
    format = Format.BINARY
    oid = psycopg.adapters.types["bytea"].array_oid

    def dump(self, obj: Hashes) -> Buffer:
        lengths = [_NULL if one is None else _LENGTH.pack(len(one)) for one in obj]
        return _array("bytea", _by_turns(lengths, [one or b"" for one in obj]), nulls=None in obj)


class _JsonsBinary(Dumper):
    format = Format.BINARY
    oid = psycopg.adapters.types["jsonb"].array_oid

    def dump(self, obj: Jsons) -> Buffer:
        lengths = [_LENGTH_AND_VERSION.pack(len(one) + 1, 1) for one in obj]
        return _array("jsonb", _by_turns(lengths, obj))


class _LongsBinary(Dumper):
    format = Format.BINARY
    oid = psycopg.adapters.types["int8"].array_oid

    def dump(self, obj: Longs) -> Buffer:
        return _array_of_longs("int8", obj)


class _MomentsBinary(Dumper):
    format = Format.BINARY
    oid = psycopg.adapters.types["timestamptz"].array_oid

    def dump(self, obj: Moments) -> Buffer:
        return _array_of_longs("timestamptz", [(one - _EPOCH) // _MICROSECOND for one in obj])


class _JsonText(Dumper):
    oid = psycopg.adapters.types["jsonb"].oid

    def dump(self, obj: Json) -> Buffer:
        return obj


class _JsonBinary(_JsonText):
    format = Format.BINARY

    def dump(self, obj: Json) -> Buffer:
        return _JSONB_VERSION + obj


class _JsonLoader(Loader):
    def load(self, data: Buffer) -> Any:
        return orjson.loads(data)


class _JsonBinaryLoader(Loader):
    format = Format.BINARY

    def load(self, data: Buffer) -> Any:
        return orjson.loads(data)


class _JsonbBinaryLoader(Loader):
    format = Format.BINARY

    def load(self, data: Buffer) -> Any:
        return orjson.loads(data[1:])


def _adapters() -> AdaptersMap:
    adapters = AdaptersMap(psycopg.adapters)
    adapters.register_dumper(Json, _JsonText)
    adapters.register_dumper(Json, _JsonBinary)
    adapters.register_dumper(Texts, _TextsBinary)
    adapters.register_dumper(Hashes, _HashesBinary)
    adapters.register_dumper(Jsons, _JsonsBinary)
    adapters.register_dumper(Longs, _LongsBinary)
    adapters.register_dumper(Moments, _MomentsBinary)
    for name, binary in (("json", _JsonBinaryLoader), ("jsonb", _JsonbBinaryLoader)):
        adapters.register_loader(name, _JsonLoader)
        adapters.register_loader(name, binary)
    return adapters


ADAPTERS = _adapters()
"""Everything psycopg knows, with JSON sent as bytes and read by orjson."""
