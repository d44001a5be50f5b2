"""What a rule sees of what it answers; and what it would have done, had it been there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tiebeam.jobs.automations.model import Result
from tiebeam.jobs.automations.rules import answers, events_of, facts_of, plan_of, unmet
from tiebeam.jobs.automations.words import action_in_words, unmet_in_words
from tiebeam.jobs.boards.rules import jobs_named
from tiebeam.jobs.model import Subject
from tiebeam.kernel.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from tiebeam.jobs.automations.model import Draft, Event, World
    from tiebeam.jobs.automations.repository import RuledWork, Within
    from tiebeam.jobs.boards.model import Board, Item
    from tiebeam.jobs.model import Job
    from tiebeam.kernel.clock import Clock

TRIED_EVENTS: Final = 20
_CHANGES_MAX: Final = 400
"""How far it is looked back for so many events."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What a rule sees of what it answers, as it is now."""

    job: Job | None
    item: Item | None
    board: Board | None
    facts: Mapping[str, Any]

    @property
    def called(self) -> str:
        """What people call it."""
        if self.item is not None:
            return self.item.name
        return f"#{self.job.number} {self.job.title}" if self.job else "something that is gone"


async def seen_of(work: RuledWork, world: World, event: Event, today: date, tx: Within) -> Situation:
    """Return what a rule sees of what happened; everything is as it is now."""
    if event.subject is Subject.JOB:
        job = (await work.jobs.some([event.subject_id], tx=tx)).get(event.subject_id)
        return Situation(job, None, None, facts_of(event, job, None, None, today))
    item = (await work.boards.some_items([event.subject_id], tx=tx)).get(event.subject_id)
    board = world.boards.get(item.board_id) if item else None
    named = jobs_named(item, board) if item and board else []
    jobs = await work.jobs.some([id_ for _, id_ in named], tx=tx) if named else {}
    job = next((jobs[id_] for _, id_ in named if id_ in jobs), None)
    return Situation(job, item, board, facts_of(event, job, item, board, today))


@dataclass(frozen=True, slots=True)
class Tried:
    """What a rule would have made of something that happened."""

    event: Event
    called: str
    """What it happened to."""
    result: Result | None
    """None: the rule would not have been asked."""
    said: tuple[str, ...]
    """What it would do, or why nothing."""


async def tried(work: RuledWork, clock: Clock, draft: Draft) -> list[Tried]:
    """Return what a rule would have done about what happened last, the newest first. Writes nothing.

    Conditions and values are those of now: what was then is not known any more.
    """
    world = await work.rules.world()
    events = events_of(await work.changes.latest(limit=_CHANGES_MAX))[-TRIED_EVENTS:]
    today = clock.now().date()
    async with work.firings.transaction() as tx:
        return [_tried(draft, one, world, await seen_of(work, world, one, today, tx)) for one in events[::-1]]


def _tried(draft: Draft, event: Event, world: World, seen: Situation) -> Tried:
    if not answers(draft.trigger, event):
        return Tried(event, seen.called, None, ())
    failing = unmet(draft.conditions, seen.facts)
    if failing is not None:
        return Tried(event, seen.called, Result.SKIPPED, (unmet_in_words(failing, world),))
    try:
        plan = plan_of(draft, seen.facts, world)
    except BadInputError as error:
        return Tried(event, seen.called, Result.FAILED, (str(error),))
    return Tried(event, seen.called, Result.DONE, tuple(action_in_words(one, world) for one in plan))
