"""Our values and monday.com's, both ways. Pure."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from tiebeam.connectors.answers import GarbledError, ShapeError, parse_json
from tiebeam.connectors.monday.model import TEAM, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tiebeam.connectors.monday.model import OutsideColumn

KIND_OF: Final[Mapping[str, Kind]] = {
    "status": Kind.STATUS,
    "people": Kind.PEOPLE,
    "date": Kind.DATE,
    "text": Kind.TEXT,
    "long_text": Kind.TEXT,
    "numbers": Kind.NUMBER,
    "link": Kind.LINK,
}
"""The columns that are read and written, by monday.com's name of their type."""
TEXT_CHARACTERS_MAX: Final = 2000
_WHOLE_MAX: Final = 2**53
"""Beyond it, whole numbers cannot be told apart where numbers are floating."""


class UnfitError(ValueError):
    """A value that a column of monday.com cannot hold; the message says why, in a sentence."""


def written(column: OutsideColumn, value: Any, *, jobs_url: str = "") -> Any:
    """Return what to write into a cell; None empties it. Raises UnfitError.

    `jobs_url` is what the address of a job begins with; its id follows.
    """
    if column.kind is None:
        raise UnfitError(
            f"The column “{column.title}” is of a type ({column.type}) that Tiebeam cannot write."
        )
    if value is None or value in ("", []):
        return "" if column.kind in (Kind.TEXT, Kind.NUMBER) else {}
    if column.kind is Kind.LINK:
        return _link(column, value, jobs_url)
    return _WRITERS[column.kind](column, value)


def read(cell: Mapping[str, Any], *, jobs_url: str = "") -> Any:
    """Return what a cell holds; None when it is empty or of no known kind. Raises ShapeError."""
    kind = KIND_OF.get(str(cell.get("type")))
    if kind is None:
        return None
    if kind is Kind.STATUS:
        return cell.get("label") or None
    kept = _parsed(cell.get("value"))
    return None if kept in (None, "", {}) else _READERS[kind](kept, jobs_url)


def differing(have: Mapping[str, Any], want: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of `want` an item does not hold already, by the ids of columns; None means empty.

    Writing what is there already costs a call and is told to everybody as a change.
    """
    return {name: value for name, value in want.items() if _comparable(have.get(name)) != _comparable(value)}


def _comparable(value: Any) -> Any:
    if value in ("", []):
        return None
    return sorted(value) if isinstance(value, list) else value  # People stand there in no order.


def _parsed(value: Any) -> Any:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ShapeError("a cell's value was promised as a text of JSON")
    try:
        return parse_json(value.encode("utf-8", "surrogatepass"))
    except GarbledError as error:
        raise ShapeError("a cell's value was promised as JSON") from error


def _status(column: OutsideColumn, value: Any) -> Any:
    if value not in {label.text for label in column.labels}:
        there = ", ".join(label.text for label in column.labels) or "none"
        raise UnfitError(f"The column “{column.title}” has no label “{value}”; there are: {there}.")
    return {"label": value}


def _people(column: OutsideColumn, value: Any) -> Any:
    ids = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(one, str) and one.isascii() and one.isdecimal() for one in ids):
        raise UnfitError(f"The column “{column.title}” holds people of monday.com, by their ids.")
    return {"personsAndTeams": [{"id": int(one), "kind": "person"} for one in ids]}


def _date(column: OutsideColumn, value: Any) -> Any:
    try:
        return {"date": date.fromisoformat(value).isoformat()}
    except (TypeError, ValueError):
        raise UnfitError(f"“{value}” is no date for the column “{column.title}”.") from None


def _text(column: OutsideColumn, value: Any) -> Any:
    if not isinstance(value, str) or len(value) > TEXT_CHARACTERS_MAX:
        raise UnfitError(f"The column “{column.title}” holds at most {TEXT_CHARACTERS_MAX:,} characters.")
    return {"text": value} if column.type == "long_text" else value


def _number(column: OutsideColumn, value: Any) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value):
        raise UnfitError(f"“{value}” is no number for the column “{column.title}”.")
    return format(Decimal(repr(value)), "f")


def _link(column: OutsideColumn, value: Any, jobs_url: str) -> Any:
    if isinstance(value, str) and value.startswith(("https://", "http://")):
        return {"url": value, "text": value}
    if not jobs_url or not _is_id(value):
        raise UnfitError(f"“{value}” is no address for the column “{column.title}”.")
    return {"url": f"{jobs_url}{value}", "text": "Job"}


def _is_id(value: Any) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value
    except (AttributeError, TypeError, ValueError):
        return False


_WRITERS: Mapping[Kind, Callable[[OutsideColumn, Any], Any]] = {
    Kind.STATUS: _status,
    Kind.PEOPLE: _people,
    Kind.DATE: _date,
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
}


def _read_people(kept: Any, _: str) -> Any:
    found = [_named(one) for one in _part(kept, "personsAndTeams", list)]
    return list(dict.fromkeys(found)) or None


def _named(one: Mapping[str, Any]) -> str:
    """Return somebody's id, or that of a team, marked: it is read so that nobody writes it away unseen."""
    return f"{TEAM}{one.get('id')}" if one.get("kind") == "team" else str(one.get("id"))


def _read_date(kept: Any, _: str) -> Any:
    return _part(kept, "date", str) or None


def _read_text(kept: Any, _: str) -> Any:
    return kept if isinstance(kept, str) else _part(kept, "text", str) or None


def _read_number(kept: Any, _: str) -> Any:
    try:
        number = float(str(kept))
    except ValueError:
        raise ShapeError("a number was promised in a column of numbers") from None
    return int(number) if number.is_integer() and abs(number) <= _WHOLE_MAX else number


def _read_link(kept: Any, jobs_url: str) -> Any:
    url = _part(kept, "url", str)
    rest = url.removeprefix(jobs_url) if jobs_url else url
    return rest if rest != url and _is_id(rest) else url or None


_READERS: Mapping[Kind, Callable[[Any, str], Any]] = {
    Kind.PEOPLE: _read_people,
    Kind.DATE: _read_date,
    Kind.TEXT: _read_text,
    Kind.NUMBER: _read_number,
    Kind.LINK: _read_link,
}


def _part(kept: Any, name: str, kind: type) -> Any:
    found = kept.get(name) if isinstance(kept, dict) else None
    if found is None:
        return kind()
    if not isinstance(found, kind):
        raise ShapeError(f"{name} was promised otherwise in a cell")
    return found
