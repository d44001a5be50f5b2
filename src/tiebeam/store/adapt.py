"""How values cross to PostgreSQL and back.

JSON goes out as the bytes it already is, in binary: an array of 1,000 records of 1 kB as text (`%(x)t`) takes
over five times as long. It comes back loaded by orjson; who only passes it on asks for
`convert_to(body::text, 'utf8')` and has the bytes in half the time.
"""

from __future__ import annotations

from typing import Any

import orjson
import psycopg
from psycopg.adapt import AdaptersMap, Buffer, Dumper, Loader
from psycopg.pq import Format

_JSONB_VERSION = b"\x01"


class Json(bytes):
    """Ready JSON text in UTF-8 for a `jsonb` parameter (a list of them for `jsonb[]`), sent as it is."""

    __slots__ = ()


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
    for name, binary in (("json", _JsonBinaryLoader), ("jsonb", _JsonbBinaryLoader)):
        adapters.register_loader(name, _JsonLoader)
        adapters.register_loader(name, binary)
    return adapters


ADAPTERS = _adapters()
"""Everything psycopg knows, with JSON sent as bytes and read by orjson."""
