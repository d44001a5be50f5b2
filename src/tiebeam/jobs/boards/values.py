"""What a cell can hold. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from tiebeam.jobs.boards.model import ColumnKind
from tiebeam.jobs.errors import any_of
from tiebeam.jobs.rules import bad_text, day_in, uuid_in
from tiebeam.kernel.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from tiebeam.jobs.boards.model import Board, Column

TEXT_MAX: Final = 10_000
ADDRESS_MAX: Final = 2_000
PEOPLE_MAX: Final = 100
NUMBER_MAX: Final = 10**15
"""Up to here a number is kept to the unit on its way through JSON."""
_NUMBER: Final = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)")
_NOBODY: Final[Mapping[UUID, bool]] = {}


def column_of(board: Board, key: str) -> Column:
    """Return the column of a board. Raises BadInputError for one that it has not."""
    found = board.column(key)
    if found is None:
        raise BadInputError(
            f"The board “{board.name}” has no column “{key}”.",
            action=f"It has {any_of(one.key for one in board.columns)}.",
        )
    return found


def checked(column: Column, value: Any, people: Mapping[UUID, bool] = _NOBODY, *, before: Any = None) -> Any:
    """Return a value as a cell of the column holds it, None for an empty one. Raises BadInputError.

    `people` says of each person of the company whether they are still here; those of `before`, what the cell
    holds now, may stay though they have left.
    """
    if value is None or value in ("", [], ()):
        return None
    if column.kind is ColumnKind.PEOPLE:
        return _people(column, value, people, before)
    return _CHECKS[column.kind](column, value)


def job_in(value: Any) -> UUID | None:
    """Return the job that the cell of a link column names, None where it names none."""
    return uuid_in(value) if isinstance(value, str) else None


def _refuse(column: Column, what: str, action: str) -> BadInputError:
    return BadInputError(f"{column.title}: {what}", action=action)


def _shown(value: Any) -> str:
    text = str(value)
    return f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"


def _status(column: Column, value: Any) -> str:
    texts = [label.text for label in column.labels]
    if value in texts:
        return str(value)
    alike = [one for one in texts if isinstance(value, str) and one.casefold() == value.strip().casefold()]
    if len(alike) == 1:
        return alike[0]
    raise _refuse(column, f"{_shown(value)} is none of its labels.", f"Choose {any_of(texts)}.")


def _people(column: Column, value: Any, people: Mapping[UUID, bool], before: Any) -> list[str] | None:
    many = value if isinstance(value, list | tuple) else [value]
    if len(many) > PEOPLE_MAX:
        raise _refuse(column, f"that are {len(many):,} people.", f"Choose at most {PEOPLE_MAX}.")
    kept = set(before or ())
    found: dict[str, None] = {}
    for one in many:
        person = uuid_in(one)
        if person is None or (person not in people and str(person) not in kept):
            raise _refuse(column, "this company has no such person.", "Choose from the list of people.")
        if not people.get(person) and str(person) not in kept:
            raise _refuse(
                column, "this person has left and cannot be chosen any more.", "Choose somebody who is here."
            )
        found[str(person)] = None
    return list(found) or None


def _date(column: Column, value: Any) -> str:
    found = day_in(value)
    if found is None:
        raise _refuse(column, f"{_shown(value)} is no date.", "Write it like 2026-11-21, or leave it empty.")
    return found.isoformat()


def _text(column: Column, value: Any) -> str | None:
    if not isinstance(value, str):
        raise _refuse(column, f"{_shown(value)} is no text.", "Write a text, or leave it empty.")
    wrong = bad_text(value)
    if wrong:
        raise _refuse(column, f"the text {wrong}.", "Type it anew.")
    found = value.strip()
    if len(found) > TEXT_MAX:
        raise _refuse(
            column, f"the text has {len(found):,} characters.", f"Shorten it to at most {TEXT_MAX:,}."
        )
    return found or None


def _number(column: Column, value: Any) -> int | float:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()) and len(value) <= 100:
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refuse(column, f"{_shown(value)} is no number.", "Write it like 1250.5, or leave it empty.")
    # A value that is not a number is not at most anything.
    if not abs(value) <= NUMBER_MAX:
        raise _refuse(
            column, "that number is too large.", f"Give one between -{NUMBER_MAX:,} and {NUMBER_MAX:,}."
        )
    return int(value) if float(value).is_integer() else float(value)


def _link(column: Column, value: Any) -> str | None:
    job = uuid_in(value)
    if job is not None:
        return str(job)
    found = value.strip() if isinstance(value, str) else ""
    whole = found.startswith(("https://", "http://")) and not re.search(r"\s", found)
    if isinstance(value, str) and not found:
        return None
    if not whole or bad_text(found) or len(found) > ADDRESS_MAX:
        raise _refuse(
            column,
            "that is neither a job nor an address.",
            "Choose a job, or give an address that begins with https://",
        )
    return found


_CHECKS: Final[Mapping[ColumnKind, Callable[[Column, Any], Any]]] = {
    ColumnKind.STATUS: _status,
    ColumnKind.DATE: _date,
    ColumnKind.TEXT: _text,
    ColumnKind.NUMBER: _number,
    ColumnKind.LINK: _link,
}
