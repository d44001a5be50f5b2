"""Cells as people see and type them: values of columns as text, and the values that come back."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from markupsafe import escape

from tiebeam.jobs.boards.model import ColumnKind
from tiebeam.jobs.model import JobStatus
from tiebeam.kernel.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tiebeam.identity.model import Person
    from tiebeam.jobs.boards.model import Column
    from tiebeam.jobs.model import Job

LEAD: Final = "v."
"""What the name of a cell begins with in a form; the key of its column follows."""
INLINE_MAX: Final = 200
"""Longer texts are changed on the page of their item alone."""
TITLE_SHOWN_MAX: Final = 60
OPTIONS_BYTES_MAX: Final = 600
"""More labels than that are chosen from on the page of the item alone."""
_OPTION_BYTES: Final = 18
_NUMBER: Final = re.compile(r"#?([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Cell:
    """One value, to be read or typed."""

    name: str
    """Its name in a form."""
    title: str
    kind: str
    """A kind of column."""
    text: str
    """As it stands in an input."""
    options: tuple[str, ...] = ()
    colour: str = "grey"
    href: str = ""
    """Where a link leads."""
    words: str = ""
    """As it is read, where that is not the text itself."""

    @property
    def shown(self) -> str:
        """As it is read."""
        return self.words or self.text

    @property
    def is_long(self) -> bool:
        """Whether it is too long to be typed in a table."""
        many = sum(len(one.encode()) + _OPTION_BYTES for one in self.options) > OPTIONS_BYTES_MAX
        return many or len(self.text) > INLINE_MAX or "\n" in self.text


class Directory:
    """The people of a company, by what they are called."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._people = {str(one.id): one for one in people}
        self._often = Counter(one.name.casefold() for one in self._people.values())

    @property
    def choosable(self) -> list[Person]:
        """Those who can be chosen anew."""
        return [one for one in self._people.values() if one.active]

    def name(self, id_: object) -> str:
        """Return what somebody is called."""
        found = self._people.get(str(id_))
        return found.name if found else "somebody unknown"

    def typed(self, id_: object) -> str:
        """Return how somebody is typed: by name, or by e-mail address where that is not theirs alone."""
        found = self._people.get(str(id_))
        if found is None:
            return str(id_)
        return found.email if self._often[found.name.casefold()] > 1 or "," in found.name else found.name

    def called(self, text: str) -> str:
        """Return what somebody is called whose e-mail address is noted; any other name as it is."""
        return next((one.name for one in self._people.values() if one.email == text), text)

    def ids(self, text: str) -> list[str]:
        """Return the ids of who is named, a comma between them. Raises BadInputError."""
        return list(dict.fromkeys(self._id(part.strip()) for part in text.split(",") if part.strip()))

    def _id(self, text: str) -> str:
        asked = text.casefold()
        if asked in self._people:
            return asked
        found = [one for one in self._people.values() if asked in (one.name.casefold(), one.email)]
        found = [one for one in found if one.active] or found
        if len(found) != 1:
            raise BadInputError(
                f"There {'are several people' if found else 'is nobody'} called {text[:100]!r}.",
                action="Give the e-mail address." if found else "Choose somebody of the list.",
            )
        return str(found[0].id)


def cell_of(column: Column, value: Any, people: Directory, jobs: Mapping[UUID, Job]) -> Cell:
    """Return a cell of a column."""
    name, kind = f"{LEAD}{column.key}", column.kind.value
    if value is None:
        options = tuple(one.text for one in column.labels)
        return Cell(name, column.title, kind, "", options)
    match column.kind:
        case ColumnKind.STATUS:
            return _status(name, column, str(value))
        case ColumnKind.PEOPLE:
            typed = ", ".join(people.typed(one) for one in value)
            return Cell(name, column.title, kind, typed, words=", ".join(people.name(one) for one in value))
        case ColumnKind.LINK:
            return _link(name, column, str(value), jobs)
        case ColumnKind.NUMBER:
            return Cell(name, column.title, kind, f"{value:g}" if isinstance(value, float) else str(value))
        case _:
            return Cell(name, column.title, kind, str(value))


def _status(name: str, column: Column, value: str) -> Cell:
    options = tuple(one.text for one in column.labels)
    colour = next((one.colour for one in column.labels if one.text == value), "grey")
    # A label that was taken away meanwhile stays where it is until another one is chosen.
    known = options if value in options else (*options, value)
    return Cell(name, column.title, column.kind.value, value, known, colour)


def _link(name: str, column: Column, value: str, jobs: Mapping[UUID, Job]) -> Cell:
    job_id = as_uuid(value)
    job = jobs.get(job_id) if job_id else None
    kind = column.kind.value
    if job is not None:
        words = f"#{job.number} {job.title}"
        return Cell(name, column.title, kind, f"#{job.number}", href=f"/jobs/{job.id}", words=words)
    if value.startswith(("https://", "http://")):
        return Cell(name, column.title, kind, value, href=value)
    return Cell(name, column.title, kind, value, words="a job that is gone" if job_id else value)


def number_of(text: str) -> int | None:
    """Return the number of the job that a text names, such as `#12`; None: it names none."""
    found = _NUMBER.fullmatch(text.strip())
    return int(found.group(1)) if found else None


def value_of(column: Column, text: str, people: Directory, job_ids: Mapping[int, UUID]) -> Any:
    """Return the value that was typed into a cell, as JSON has it; None: it was emptied.

    `job_ids` are the ids of the jobs that are named by number. Raises BadInputError.
    """
    if not text:
        return None
    if column.kind is ColumnKind.PEOPLE:
        return people.ids(text) or None
    if column.kind is ColumnKind.LINK and (number := number_of(text)) is not None:
        if number not in job_ids:
            raise BadInputError(f"There is no job #{number}.", action="Choose one of the list of jobs.")
        return str(job_ids[number])
    return text


def as_uuid(text: object) -> UUID | None:
    """Return the id that a text is, or None."""
    try:
        return UUID(str(text))
    except ValueError:
        return None


def jobs_in(values: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> set[UUID]:
    """Return the ids of the jobs that link columns hold."""
    links = [one.key for one in columns if one.kind is ColumnKind.LINK]
    found = (as_uuid(cells.get(key)) for cells in values for key in links)
    return {one for one in found if one is not None}


STATUSES: Final[Mapping[str, str]] = {one.value: one.in_words for one in JobStatus}
COLOURS: Final[Mapping[str, str]] = {
    "new": "grey",
    "scheduled": "blue",
    "in_progress": "amber",
    "on_hold": "violet",
    "done": "green",
    "cancelled": "red",
}


def table_bytes(cells: Sequence[Cell]) -> int:
    """Return about what cells take in a table, beside what frames them."""
    return sum(_size(one.title[:TITLE_SHOWN_MAX], one.text[:INLINE_MAX], *_typed_from(one)) for one in cells)


def _typed_from(cell: Cell) -> tuple[str, ...]:
    return () if cell.is_long else cell.options


def _size(*texts: str) -> int:
    return sum(len(str(escape(one)).encode()) + _OPTION_BYTES for one in texts)


def fitting(cells: Sequence[Cell], begin: int, bytes_max: int) -> Sequence[Cell]:
    """Return as many cells from `begin` on as a page has room for, at least one."""
    left, end = bytes_max, begin
    while end < len(cells) and (end == begin or left > 0):
        left -= _size(cells[end].text, cells[end].title, *cells[end].options)
        end += 1
    return cells[begin:end]
