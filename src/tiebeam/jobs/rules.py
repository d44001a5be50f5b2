"""What can be said of a job, and what a change of it comes to. Pure."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from tiebeam.jobs.changes.model import Part
from tiebeam.jobs.errors import any_of
from tiebeam.jobs.model import FIELDS, Job, JobStatus
from tiebeam.kernel.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLE_MAX: Final = 300
ADDRESS_MAX: Final = 1000
TITLES: Final = {
    "title": "Title",
    "status": "Status",
    "lead_id": "Lead",
    "address": "Address",
    "starts_on": "Starts",
    "ends_on": "Ends",
}
"""The fields of a job as people read them."""


def checked_fields(
    wanted: Mapping[str, Any], people: Mapping[UUID, bool], *, lead_id: UUID | None = None
) -> dict[str, Any]:
    """Return the fields of a job as it has them. Raises BadInputError.

    `people` says of each person of the company whether they are still here; `lead_id` is who leads it now,
    and may stay though they have left.
    """
    found: dict[str, Any] = {}
    for name, value in wanted.items():
        if name in {"title", "address"}:
            found[name] = _text(name, value)
        elif name == "status":
            found[name] = _status(value)
        elif name == "lead_id":
            found[name] = _lead(value, people, lead_id)
        elif name in {"starts_on", "ends_on"}:
            found[name] = _day(name, value)
        else:
            raise BadInputError(
                f"A job has no “{name}” that could be changed.", action=f"Change {any_of(FIELDS)}."
            )
    return found


def differing(job: Job, wanted: Mapping[str, Any]) -> tuple[Part, ...]:
    """Return what a change comes to, in the order of the fields; nothing where all is so already."""
    return tuple(
        Part(name, as_json(getattr(job, name)), as_json(wanted[name]))
        for name in FIELDS
        if name in wanted and getattr(job, name) != wanted[name]
    )


def whole(job: Job) -> dict[str, Any]:
    """Return every field of a job and its number, as JSON has them."""
    return {"number": job.number} | {name: as_json(getattr(job, name)) for name in FIELDS}


def as_json(value: Any) -> Any:
    """Return the value of a field as JSON has it."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, JobStatus) else value


def in_words(field: str, value: Any, names: Mapping[UUID, str]) -> str:
    """Return what a field of a job holds, as JSON has it, for people to read; `names` are those of people."""
    if value in {None, ""}:
        return "nothing"
    if field == "lead_id":
        person = uuid_in(value)
        return names.get(person, "somebody unknown") if person else "nobody"
    return JobStatus(value).in_words if field == "status" else str(value)


def uuid_in(value: Any) -> UUID | None:
    """Return the id that a value is, None when it is none."""
    if isinstance(value, UUID):
        return value
    try:
        return UUID(value.strip())
    except (AttributeError, ValueError):
        return None


def day_in(value: Any) -> date | None:
    """Return the day that a value is, None when it is none."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return datetime.strptime(value.strip(), "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except (AttributeError, ValueError):
        return None


def escaped(text: str) -> str:
    """Return a text that means itself within a pattern of `like`."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def bad_text(value: str) -> str:
    """Return what is wrong with the characters of a text, nothing when all can be kept."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return "has half a character in it"
    return "has the character NUL in it" if "\0" in value else ""


def _text(name: str, value: Any) -> str:
    most = TITLE_MAX if name == "title" else ADDRESS_MAX
    if not isinstance(value, str) or bad_text(value):
        raise BadInputError(f"{TITLES[name]}: that is no text.", action="Type letters and digits.")
    found = " ".join(value.split()) if name == "title" else value.strip()
    if len(found) > most or (name == "title" and not found):
        least = 1 if name == "title" else 0
        raise BadInputError(
            f"{TITLES[name]}: it has {len(found):,} characters, and can have {least} to {most:,}.",
            action="Fill it in, or shorten it.",
        )
    return found


def _status(value: Any) -> JobStatus:
    try:
        return JobStatus(value)
    except ValueError:
        raise BadInputError(
            f"Status: “{value}” is none.", action=f"Choose {any_of(one.value for one in JobStatus)}."
        ) from None


def _lead(value: Any, people: Mapping[UUID, bool], now: UUID | None) -> UUID | None:
    if value is None or value == "":
        return None
    found = uuid_in(value)
    if found is None or found not in people:
        raise BadInputError(
            "Lead: this company has no such person.", action="Choose one of the list of people."
        )
    if not people[found] and found != now:
        raise BadInputError(
            "Lead: this person has left and cannot be chosen any more.", action="Choose somebody who is here."
        )
    return found


def _day(name: str, value: Any) -> date | None:
    if value is None or value == "":
        return None
    found = day_in(value)
    if found is None:
        raise BadInputError(
            f"{TITLES[name]}: “{value}” is no date.", action="Write it like 2026-11-21, or leave it empty."
        )
    return found
