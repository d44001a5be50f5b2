"""What an answer of monday.com says: its data, or the error within what looks like a success. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tiebeam.connectors.answers import GarbledError, ShapeError, parse_json
from tiebeam.connectors.sayings import said_in, scrubbed

if TYPE_CHECKING:
    from tiebeam.connectors.ports import Response

_RESET: Final = re.compile(r"(?:reset|retry) in (\d{1,6})", re.IGNORECASE)
_FAILED_CODES: Final = re.compile(r"^(INTERNAL_?SERVER_?ERROR|API_TEMPORARILY_BLOCKED)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """The first error of an answer, and what else it tells."""

    text: str
    """Its code and its words: `ColumnValueException: …`."""
    status: int | None
    """What the error says of itself, else the answer's; None when nothing tells whether anything was done."""
    retry_seconds: float | None = None
    in_part: bool = False
    """Whether there is data beside it: something was done."""


def error_in(response: Response) -> Said | None:
    """Return the error of an answer, None of a success. Raises GarbledError for a success that is no JSON."""
    try:
        content = parse_json(response.body)
    except GarbledError:
        if 200 <= response.status < 300:
            raise
        return Said(said_in(response.body), response.status)
    if not isinstance(content, dict):
        return None if 200 <= response.status < 300 else Said(said_in(response.body), response.status)
    return _error_of(content, response)


def data_in(response: Response) -> dict[str, Any]:
    """Return the data of a success. Raises GarbledError, ShapeError."""
    content = parse_json(response.body)
    data = content.get("data") if isinstance(content, dict) else None
    if not isinstance(data, dict):
        raise ShapeError("an object with `data` was promised")
    return data


def _error_of(content: dict[str, Any], response: Response) -> Said | None:
    errors = content.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else errors
    extensions: dict[str, Any] = {}
    if isinstance(first, dict):
        held = first.get("extensions")
        extensions = held if isinstance(held, dict) else {}
        code, message = extensions.get("code"), first.get("message")
    elif isinstance(first, str):
        code, message = None, first
    elif "error_code" in content or "error_message" in content:
        code, message, extensions = content.get("error_code"), content.get("error_message"), content
    elif 200 <= response.status < 300:
        return None
    else:
        code, message = None, said_in(response.body)
    text = scrubbed(": ".join(str(part) for part in (code, message) if part))
    return Said(
        text,
        _status(text, extensions, response.status),
        _retry_seconds(extensions, text),
        in_part=_holds_something(content.get("data")),
    )


def _status(text: str, extensions: dict[str, Any], status: int) -> int | None:
    told = extensions.get("status_code", extensions.get("statusCode"))
    if not 200 <= status < 300:
        return status
    if _FAILED_CODES.match(text):
        return 500
    if isinstance(told, int) and 200 <= told < 600:
        return told
    return status if extensions.get("code") or extensions.get("error_code") else None


def _retry_seconds(extensions: dict[str, Any], text: str) -> float | None:
    told = extensions.get("retry_in_seconds")
    if isinstance(told, int | float) and not isinstance(told, bool) and told >= 0:
        return float(told)
    found = _RESET.search(text)
    return float(found[1]) if found else None


def _holds_something(data: Any) -> bool:
    return isinstance(data, dict) and any(value is not None for value in data.values())
