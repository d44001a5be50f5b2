"""A company's boards and people as rules know them, and what happens to a job or an item."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tiebeam.jobs.automations.model import Event, Rule, World
from tiebeam.jobs.boards.model import Board, Column, ColumnKind, Group, Item, Label, Purpose
from tiebeam.jobs.model import Cause, Job, JobStatus, Subject, What
from tiebeam.operations.audit.model import Actor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiebeam.jobs.automations.model import Draft

AT = datetime(2026, 3, 2, 15, tzinfo=UTC)
TODAY = date(2026, 3, 2)
HOME, PUNCH, GROUP, JOB, ITEM, ADA, BOB, GONE = (UUID(int=number) for number in range(1, 9))
LABELS = tuple(Label(one.in_words) for one in JobStatus)


def board(id_: UUID, name: str, purpose: Purpose | None, columns: Mapping[str, ColumnKind]) -> Board:
    made = tuple(
        Column(
            UUID(int=100 + place),
            id_,
            key,
            key.title(),
            kind,
            place,
            LABELS if kind is ColumnKind.STATUS else (),
        )
        for place, (key, kind) in enumerate(columns.items())
    )
    return Board(id_, name, purpose, 1, AT, columns=made, groups=(Group(GROUP, id_, "Active", 0),))


ACTIVE_JOBS = board(
    HOME,
    "Active Jobs",
    Purpose.ACTIVE_JOBS,
    {
        "status": ColumnKind.STATUS,
        "lead": ColumnKind.PEOPLE,
        "job": ColumnKind.LINK,
        "address": ColumnKind.TEXT,
        "created": ColumnKind.DATE,
        "starts": ColumnKind.DATE,
        "ends": ColumnKind.DATE,
    },
)
PUNCH_LIST = board(
    PUNCH,
    "Punch list",
    None,
    {
        "status": ColumnKind.STATUS,
        "who": ColumnKind.PEOPLE,
        "hours": ColumnKind.NUMBER,
        "note": ColumnKind.TEXT,
        "job": ColumnKind.LINK,
    },
)
WORLD = World(
    {HOME: ACTIVE_JOBS, PUNCH: PUNCH_LIST},
    {ADA: "Ada", BOB: "Bob", GONE: "Gus"},
    frozenset({ADA, BOB}),
)


def job(**more: Any) -> Job:
    given = {
        "id": JOB, "number": 7, "title": "Roof of the library", "status": JobStatus.IN_PROGRESS,
        "lead_id": ADA, "address": "", "starts_on": TODAY, "ends_on": None, "created_at": AT,
        "updated_at": AT, "version": 1,
    }  # fmt: skip
    return Job(**{**given, **more})


def item(**values: Any) -> Item:
    return Item(ITEM, PUNCH, GROUP, "Leaking gutter", 1.0, 1, AT, AT, values=values)


def event(
    subject: Subject = Subject.ITEM,
    what: What = What.CHANGED,
    board_id: UUID | None = PUNCH,
    *,
    hops: int = 0,
    **fields: Any,
) -> Event:
    """What happened: each field as what it was and what it is."""
    return Event(
        ids=(1,),
        at=AT,
        subject=subject,
        subject_id=JOB if subject is Subject.JOB else ITEM,
        board_id=None if subject is Subject.JOB else board_id,
        what=what,
        fields=fields,
        version=2,
        actor=Actor.system("tests"),
        cause=Cause(UUID(int=50), hops),
    )


def rule(draft: Draft, number: int = 1, *, enabled: bool = True) -> Rule:
    return Rule(UUID(int=1000 + number), draft, enabled, None, 1, AT, AT)
