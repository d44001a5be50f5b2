"""What a rule sees of what it answers; and what it would have done, had it been there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tiebeam.jobs.automations.model import Result, Situation
from tiebeam.jobs.automations.rules import answers, events_of, facts_of, plan_of, unmet
from tiebeam.jobs.automations.words import action_in_words, unmet_in_words
from tiebeam.jobs.boards.rules import jobs_named
from tiebeam.jobs.model import Subject
from tiebeam.kernel.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from tiebeam.jobs.automations.model import Draft, Event, World
    from tiebeam.jobs.automations.repository import RuledWork, Within
    from tiebeam.kernel.clock import Clock

TRIED_EVENTS: Final = 20
_CHANGES_MAX: Final = 400
"""How far it is looked back for so many events."""


async def seen_of(work: RuledWork, world: World, event: Event, today: date, tx: Within) -> Situation:
    """Return what a rule sees of what happened; everything is as it is now."""
    return (await all_seen(work, world, [event], today, tx))[event.id]


async def all_seen(
    work: RuledWork, world: World, events: Sequence[Event], today: date, tx: Within
) -> dict[int, Situation]:
    """Return what rules see of what happened, by the event's id; everything is as it is now."""
    of_items = {one.subject_id for one in events if one.subject is Subject.ITEM}
    items = await work.boards.some_items(of_items, tx=tx) if of_items else {}
    named = {
        item.id: [id_ for _, id_ in jobs_named(item, world.boards[item.board_id])]
        for item in items.values()
        if item.board_id in world.boards
    }
    job_ids = {one.subject_id for one in events if one.subject is Subject.JOB}
    job_ids |= {id_ for ids in named.values() for id_ in ids}
    jobs = await work.jobs.some(job_ids, tx=tx) if job_ids else {}
    found = {}
    for one in events:
        item = items.get(one.subject_id)
        own = [one.subject_id] if one.subject is Subject.JOB else named.get(one.subject_id, [])
        job = next((jobs[id_] for id_ in own if id_ in jobs), None)
        board = world.boards.get(item.board_id) if item else None
        found[one.id] = Situation(job, item, board, facts_of(one, job, item, board, today))
    return found


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
