"""How a value that was sent becomes a value that is kept."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from tiebeam.simulators.procore.bodies import as_list
from tiebeam.simulators.procore.identifiers import stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    Converter = Callable[[Any], Any]

_FALSE = frozenset({"", "0", "f", "false", "no", "off"})
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class WrongValueError(Exception):
    """A value that the field does not take; its message follows the field's name in the answer."""


def text(value: Any) -> str | None:
    """Text as it is; a number as it is written."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise WrongValueError("is invalid")


def integer(value: Any) -> int | None:
    """A whole number; what follows its point is cut off."""
    number = decimal(value)
    return None if number is None else int(number)


def decimal(value: Any) -> Decimal | None:
    """A number, however it is written."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise WrongValueError("is not a number") from error
    if not number.is_finite() or isinstance(value, bool):
        raise WrongValueError("is not a number")
    return number


def number(value: Any) -> float | None:
    """A number that stays a number."""
    found = decimal(value)
    return None if found is None else float(found)


def money(value: Any) -> str | None:
    """A sum as text with two decimals."""
    found = decimal(value)
    return None if found is None else str(found.quantize(Decimal("0.01")))


def quantity(value: Any) -> str | None:
    """A number as text, with one decimal at least."""
    found = decimal(value)
    return None if found is None else str(float(found))


def flag(value: Any) -> bool | None:
    """Anything but the usual words for no is yes."""
    if value is None or isinstance(value, bool):
        return value
    return str(value).strip().lower() not in _FALSE


def day(value: Any) -> str | None:
    """An ISO date, or the date of an ISO moment; anything else is silently nothing."""
    if not isinstance(value, str) or not _DATE.match(value):
        return None
    try:
        return date.fromisoformat(value[:10]).isoformat()
    except ValueError:
        return None


def moment(value: Any) -> str | None:
    """An ISO moment in UTC with whole seconds; anything else is silently nothing."""
    if day(value) is None:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return stamp(found if found.tzinfo else found.replace(tzinfo=UTC))


def integers(value: Any) -> list[int]:
    """Whole numbers, from an array or from text with commas."""
    if value is None or value == "":
        return []
    items = value.split(",") if isinstance(value, str) else as_list(value)
    if items is None:
        raise WrongValueError("is invalid")
    return [found for found in map(integer, items) if found is not None]


def texts(value: Any) -> list[str]:
    """Texts, from an array or from one alone."""
    if value is None or value == "":
        return []
    items = [value] if isinstance(value, str) else as_list(value)
    if items is None:
        raise WrongValueError("is invalid")
    return [found for found in map(text, items) if found]


def structure(value: Any) -> Any:
    """An object or an array as it was sent."""
    if value is None or isinstance(value, dict | list):
        return value
    raise WrongValueError("is invalid")


CONVERTERS: dict[str, Converter] = {
    "text": text,
    "int": integer,
    "float": number,
    "money": money,
    "quantity": quantity,
    "bool": flag,
    "date": day,
    "moment": moment,
    "ints": integers,
    "texts": texts,
    "object": structure,
}
