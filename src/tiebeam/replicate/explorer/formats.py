"""Records written out, some at a time: CSV for spreadsheets, JSON lines for programs, Parquet."""

from __future__ import annotations

import csv
import io
from datetime import UTC
from decimal import Decimal, InvalidOperation
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson

from tiebeam.kernel.cells import safe_cell
from tiebeam.kernel.errors import BadInputError, Owner
from tiebeam.kernel.moments import parse_moment
from tiebeam.replicate.explorer.plan import column_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tiebeam.connectors.streams import Column
    from tiebeam.replicate.explorer.model import Found

MEDIA_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
_HEADS: Final = ("_key", "_project_id", "_state", "_version", "_vendor_at", "_changed_at")
_ROWS_A_GROUP: Final = 5_000
_SCALE: Final = 9


class ExtraMissingError(BadInputError):
    """A format needs a part of Tiebeam that is not installed."""

    code = "records.extra_missing"
    owner = Owner.OPERATOR


class Writer(Protocol):
    """Turns records into the bytes of a file, some at a time; bytes may come later than their records."""

    def begin(self) -> bytes:
        """Return what stands before every record."""
        ...

    def rows(self, found: Sequence[Found]) -> bytes:
        """Take in some records."""
        ...

    def end(self) -> bytes:
        """Return what is left."""
        ...


def writer(form: str, columns: Sequence[Column]) -> Writer:
    """Return what writes a format. Raises BadInputError; ExtraMissingError when its library is not there."""
    if form == "csv":
        return CsvWriter(columns)
    if form == "jsonl":
        return JsonLinesWriter()
    if form == "parquet":
        return ParquetWriter(columns)
    raise BadInputError(
        f"Records cannot be exported as {form[:20]!r}.", action=f"Choose among {', '.join(MEDIA_TYPES)}."
    )


class CsvWriter:
    """A line per record, with the columns that are shown."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns

    def begin(self) -> bytes:
        """Return the names of the columns."""
        return _line((*_HEADS, *(column.name for column in self._columns)))

    def rows(self, found: Sequence[Found]) -> bytes:
        """Return the lines of some records."""
        return b"".join(_line(map(cell, (*_heads(one), *self._values(one)))) for one in found)

    def end(self) -> bytes:
        """Return nothing: the last line is the end."""
        return b""

    def _values(self, one: Found) -> list[Any]:
        return [column_value(column, one.payload) for column in self._columns]


class JsonLinesWriter:
    """A line of JSON per record, with all that the vendor said."""

    def begin(self) -> bytes:
        """Return nothing: the first line is a record."""
        return b""

    def rows(self, found: Sequence[Found]) -> bytes:
        """Return the lines of some records."""
        return b"".join(
            orjson.dumps(dict(zip(_HEADS, _heads(one), strict=True)) | {"_payload": one.payload}) + b"\n"
            for one in found
        )

    def end(self) -> bytes:
        """Return nothing: the last line is the end."""
        return b""


class _Sink(io.RawIOBase):
    """A file that is only ever taken away from."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._written += len(part)
        return len(part)

    def tell(self) -> int:
        return self._written

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


class ParquetWriter:
    """Typed columns, and all that the vendor said as JSON; what does not fit its type is null there."""

    def __init__(self, columns: Sequence[Column]) -> None:
        """Raise ExtraMissingError when pyarrow is not installed."""
        arrow = _arrow()
        self._columns = columns
        self._schema = _schema(columns)
        self._sink = _Sink()
        self._held: list[Found] = []
        self._writer = arrow.parquet.ParquetWriter(self._sink, self._schema, compression="zstd")

    def begin(self) -> bytes:
        """Return the mark that such a file begins with."""
        return self._sink.taken()

    def rows(self, found: Sequence[Found]) -> bytes:
        """Take in some records; give a group of them once it is worth its while."""
        self._held.extend(found)
        if len(self._held) >= _ROWS_A_GROUP:
            self._write()
        return self._sink.taken()

    def end(self) -> bytes:
        """Return the last group, and the table of all."""
        if self._held:
            self._write()
        self._writer.close()
        return self._sink.taken()

    def _write(self) -> None:
        arrow, held = _arrow(), self._held
        self._held = []
        heads = [list(part) for part in zip(*(_typed_heads(one) for one in held), strict=True)]
        values = [
            [_typed(column, column_value(column, one.payload)) for one in held] for column in self._columns
        ]
        payloads = [orjson.dumps(one.payload).decode() for one in held]
        arrays = [
            arrow.array(part, type=kind)
            for part, kind in zip([*heads, *values, payloads], self._schema.types, strict=True)
        ]
        self._writer.write_table(arrow.Table.from_arrays(arrays, schema=self._schema))


def cell(value: Any) -> str:
    """Return a value as a cell that no spreadsheet takes for a formula."""
    return safe_cell(_plain(value))


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _line(cells: Iterable[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()


def _heads(one: Found) -> tuple[Any, ...]:
    vendor_at = one.vendor_at.astimezone(UTC).isoformat() if one.vendor_at else None
    changed_at = one.changed_at.astimezone(UTC).isoformat()
    return (one.key, one.project_id, one.state.name.lower(), one.version, vendor_at, changed_at)


def _typed_heads(one: Found) -> tuple[Any, ...]:
    return (one.key, one.project_id, one.state.name.lower(), one.version, one.vendor_at, one.changed_at)


def _arrow() -> Any:
    try:
        import_module("pyarrow.parquet")
        return import_module("pyarrow")
    except ImportError:
        raise ExtraMissingError(
            "Parquet files need a part of Tiebeam that is not installed here.",
            action="Ask whoever runs this installation for `pip install 'tiebeam[parquet]'`, or export CSV.",
        ) from None


def _schema(columns: Sequence[Column]) -> Any:
    arrow = _arrow()
    moment = arrow.timestamp("us", tz="UTC")
    kinds = {
        "bigint": arrow.int64(),
        "boolean": arrow.bool_(),
        "date": arrow.date32(),
        "timestamptz": moment,
        "numeric": arrow.decimal128(38, _SCALE),
    }
    heads = (arrow.string(), arrow.string(), arrow.string(), arrow.int64(), moment, moment)
    fields = [*zip(_HEADS, heads, strict=True)]
    fields += [(column.name, kinds.get(column.type, arrow.string())) for column in columns]
    return arrow.schema([*fields, ("_payload", arrow.string())])


def _typed(column: Column, value: Any) -> Any:
    """Return a value as its column's type; None for what does not fit."""
    if value is None:
        return None
    if column.type == "boolean":
        return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())
    if column.type in ("date", "timestamptz"):
        moment = parse_moment(value)
        return moment.date() if moment and column.type == "date" else moment
    if column.type in ("bigint", "numeric"):
        return _number(column.type, value)
    return _plain(value)


def _number(kind: str, value: Any) -> Any:
    try:
        number = Decimal(str(value)) if not isinstance(value, bool) else None
        if number is None or not number.is_finite():
            return None
        if kind == "bigint":
            whole = number == number.to_integral_value() and abs(number) < 2**63
            return int(number) if whole else None
        return number.quantize(Decimal(1).scaleb(-_SCALE)) if abs(number) < 10**19 else None
    except (InvalidOperation, ValueError):
        return None
