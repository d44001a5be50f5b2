"""What was done to jobs and items, in words: the activity that their pages show. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tiebeam.jobs.boards.model import ColumnKind
from tiebeam.jobs.model import Subject, What
from tiebeam.jobs.rules import TITLES
from tiebeam.operations.audit.model import ActorKind
from tiebeam.web.pages.work_cells import STATUSES, as_uuid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from tiebeam.jobs.boards.model import Board
    from tiebeam.jobs.model import Change
    from tiebeam.operations.audit.model import Actor
    from tiebeam.web.pages.work_cells import Directory

FIELD_TITLES: Final[Mapping[str, str]] = {
    **TITLES,
    "created": "Created",
    "name": "Name",
    "group": "Group",
    "position": "Place in the group",
}
_DONE: Final = {What.CREATED: "added it", What.DELETED: "deleted it", What.RESTORED: "brought it back"}
_SHOWN_MAX: Final = 160


@dataclass(frozen=True, slots=True)
class Told:
    """One change, as a line of the activity."""

    at: datetime
    who: str
    what: str
    before: str = ""
    after: str = ""
    is_change: bool = False
    by_itself: bool = False
    """Whether a rule or a link did it, and no person."""


def who(actor: Actor, people: Directory) -> str:
    """Return who acted, as people call them."""
    if actor.kind is ActorKind.PERSON:
        name = people.name(actor.id)
        return actor.name if name == "somebody unknown" else name
    if actor.kind is ActorKind.SYSTEM:
        return f"{actor.name[:1].upper()}{actor.name[1:]}"
    return actor.name


def told(changes: Sequence[Change], people: Directory, board: Board | None = None) -> list[Told]:
    """Return lines for changes; `board` is that of an item."""
    return [_line(one, people, board) for one in changes]


def _line(one: Change, people: Directory, board: Board | None) -> Told:
    by_itself = one.actor.kind is ActorKind.SYSTEM
    name = who(one.actor, people)
    if one.field is None or one.what is not What.CHANGED:
        return Told(one.at, name, _DONE.get(one.what, "changed it"), by_itself=by_itself)
    before, after = (words(one.subject, one.field, value, people, board) for value in (one.before, one.after))
    what = title_of(one.field, board)
    return Told(one.at, name, what, before, after, is_change=True, by_itself=by_itself)


def title_of(field: str, board: Board | None) -> str:
    """Return what a field of a job or an item is called."""
    column = board.column(field) if board else None
    return column.title if column else FIELD_TITLES.get(field, field)


def words(subject: Subject, field: str, value: Any, people: Directory, board: Board | None = None) -> str:
    """Return a value as people read it; empty for nothing."""
    if value is None or value in ("", []):
        return ""
    column = board.column(field) if board else None
    if subject is Subject.JOB and field == "status":
        return STATUSES.get(str(value), str(value))
    if (subject is Subject.JOB and field == "lead_id") or (column and column.kind is ColumnKind.PEOPLE):
        ids = value if isinstance(value, list) else [value]
        return ", ".join(people.name(one) for one in ids)
    if field == "group" and board and not column:
        return next((one.title for one in board.groups if one.id == as_uuid(value)), "a group that is gone")
    if isinstance(value, float):
        return f"{value:g}"
    text = str(value)
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}…"
