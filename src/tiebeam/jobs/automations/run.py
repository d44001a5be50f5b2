"""Asks the rules about what happened, and carries out what they say.

A rule is asked about a change once. What it writes to jobs and items is kept in one transaction with the note
that it did; what is done elsewhere is noted afterwards and done again if the process dies in between, which
`Hands` takes in good part. A rule that fails fails alone.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from tiebeam.jobs.automations.model import FIRINGS_A_MINUTE_MAX, ActionKind, Result
from tiebeam.jobs.automations.ports import Note
from tiebeam.jobs.automations.rules import asked_in_order, event_of, filled_action, unmet
from tiebeam.jobs.automations.seeing import seen_of
from tiebeam.jobs.automations.words import (
    ACTED_TOO_OFTEN,
    CIRCLE,
    GONE,
    MEND,
    NOTHING_TO_DO,
    unmet_in_words,
)
from tiebeam.jobs.automations.writing import WRITES, Writer
from tiebeam.jobs.model import HOPS_MAX, Subject
from tiebeam.kernel.errors import TiebeamError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from tiebeam.jobs.automations.model import Action, Event, Rule, World
    from tiebeam.jobs.automations.ports import Hands
    from tiebeam.jobs.automations.repository import Progress, RuledWork, Within
    from tiebeam.jobs.automations.seeing import Situation
    from tiebeam.jobs.boards.model import Item
    from tiebeam.kernel.clock import Clock

LOG = logging.getLogger(__name__)

PAGE: Final = 200
DETAIL_MAX: Final = 2000
SYNC_HOPS_MAX: Final = 2 * HOPS_MAX
"""What only brings pairs in step answers what a circle of rules left behind, too: nothing stays apart."""


@dataclass(frozen=True, slots=True)
class Reacted:
    """What came of asking."""

    answered: int
    """How many writes were answered; as many as were asked for: there may be more."""
    results: Mapping[Result, int]


@dataclass(frozen=True, slots=True)
class _End:
    result: Result
    detail: str


@dataclass(slots=True)
class _Page:
    """What is read once for many changes."""

    world: World
    rules: list[Rule]
    acted: Counter[UUID]
    """How often each rule acted lately."""
    synced: set[tuple[ActionKind, UUID]] = field(default_factory=set)
    """What was brought in step already, after all that is answered here was written."""
    told: set[UUID] = field(default_factory=set)
    """The rules that were said to run wild."""


class Automations:
    """The rules of one tenant at work. Any number of processes may ask them."""

    def __init__(self, work: RuledWork, clock: Clock, hands: Hands) -> None:
        self._work = work
        self._clock = clock
        self._hands = hands

    async def react(self, limit: int = PAGE) -> Reacted:
        """Ask the rules about what nobody has answered yet, the oldest first. Raises store errors."""
        writes = await self._work.changes.waiting(limit)
        results: Counter[Result] = Counter()
        if not writes:
            return Reacted(0, results)
        page = await self._page()
        for write in writes:
            event = event_of(write)
            for rule in asked_in_order(page.rules, event):
                results[await self._asked(page, rule, event)] += 1
            await self._work.changes.answered(event.ids, self._clock.now())
        return Reacted(len(writes), results)

    async def _page(self) -> _Page:
        rules, acted = await self._work.rules.all(), await self._work.firings.lately()
        return _Page(await self._work.rules.world(), rules, Counter(acted))

    async def _asked(self, page: _Page, rule: Rule, event: Event) -> Result:
        """Ask a rule about what happened; return what came of it."""
        try:
            progress = await self._carried_out(page, rule, event)
        except TiebeamError as error:
            if error.code.startswith("store."):
                raise
            progress = await self._failed(rule, event, str(error))
        except Exception as error:  # noqa: BLE001 - a fault in one rule must not keep the others from being asked
            progress = await self._failed(rule, event, _fault(error))
        page.acted[rule.id] += progress.result is Result.DONE
        if progress.result is Result.STOPPED and rule.id not in page.told:
            page.told.add(rule.id)
            await self._hands.notify(_alarm(rule, progress.detail))
        return progress.result

    async def _carried_out(self, page: _Page, rule: Rule, event: Event) -> Progress:
        progress = await self._step(page, rule, event)
        while progress.result is Result.BEGUN:
            progress = await self._step(page, rule, event)
        return progress

    async def _step(self, page: _Page, rule: Rule, event: Event) -> Progress:
        """Do the next thing of a rule; what is written here is kept together with the note of it."""
        async with self._work.firings.transaction() as tx:
            progress = await self._work.firings.begin(tx, rule, event)
            if progress.result is not Result.BEGUN:
                return progress
            seen = await seen_of(self._work, page.world, event, self._clock.now().date(), tx)
            act = _next(page, progress, seen)
            if isinstance(act, _End):
                progress = replace(progress, result=act.result, detail=act.detail)
                await self._work.firings.reached(tx, progress)
                return progress
            if act.kind in WRITES:
                writer = Writer(self._work, page.world, rule, event.cause.next(), tx)
                items = await self._items(tx, act, seen)
                progress = _advanced(progress, await writer.write(act, seen.job, items))
                await self._work.firings.reached(tx, progress)
                return progress
        progress = _advanced(progress, await self._elsewhere(page, progress, act, seen))
        async with self._work.firings.transaction() as tx:
            await self._work.firings.reached(tx, progress)
        return progress

    async def _items(self, tx: Within, action: Action, seen: Situation) -> list[Item]:
        """Return the items that are changed: the one that is answered, or those of the job on a board."""
        if action.kind is not ActionKind.CHANGE_ITEM:
            return []
        if seen.item is not None:
            return [seen.item]
        found = await self._work.boards.items_linked(seen.job.id, tx=tx) if seen.job else []
        return [one for one in found if one.board_id == action.board_id and one.deleted_at is None]

    async def _elsewhere(self, page: _Page, progress: Progress, action: Action, seen: Situation) -> str:
        """Do what is done outside of jobs and boards."""
        event, values = progress.event, action.values
        cause = event.cause.next()
        match action.kind:
            case ActionKind.PUSH_DOCUMENT:
                return await self._hands.push_document(
                    str(values["document"] or ""), str(values["target"]), cause
                )
            case ActionKind.REFRESH_RECORD:
                return await self._hands.refresh_record(
                    str(values["stream"]), str(values["record"] or ""), cause
                )
            case ActionKind.NOTIFY:
                return await self._hands.notify(_note(progress.rule, event, str(values["text"] or "")))
            case _:
                return await self._in_step(page, action.kind, event, seen)

    async def _in_step(self, page: _Page, kind: ActionKind, event: Event, seen: Situation) -> str:
        """Bring a pair in step, once for all that is answered together: both sides are read as they are."""
        to_board = kind is ActionKind.SYNC_TO_BOARD
        of_job = seen.job.id if seen.job else None
        id_ = event.subject_id if to_board is (event.subject is Subject.JOB) else of_job
        if id_ is None or (kind, id_) in page.synced:
            return ""
        sync = self._hands.sync_to_board if to_board else self._hands.sync_to_job
        said = await sync(id_, event.cause.next())
        page.synced.add((kind, id_))
        return said

    async def _failed(self, rule: Rule, event: Event, why: str) -> Progress:
        async with self._work.firings.transaction() as tx:
            progress = await self._work.firings.begin(tx, rule, event)
            begun = f"{progress.detail} Then: " if progress.detail else ""
            progress = replace(progress, result=Result.FAILED, detail=f"{begun}{why}"[:DETAIL_MAX])
            await self._work.firings.reached(tx, progress)
        return progress


def _next(page: _Page, progress: Progress, seen: Situation) -> Action | _End:
    """Return what a rule does next, or why it does nothing. Raises BadInputError."""
    rule, draft = progress.rule, progress.rule.draft
    if progress.acts == 0:
        failing = unmet(draft.conditions, seen.facts)
        if failing is not None:
            return _End(Result.SKIPPED, unmet_in_words(failing, page.world))
        if seen.job is None and seen.item is None:
            return _End(Result.SKIPPED, GONE)
        stop = _stop(rule, progress.event, page.acted[rule.id])
        if stop:
            return _End(Result.STOPPED, stop)
    return filled_action(draft.actions[progress.acts], seen.facts, page.world)


def _stop(rule: Rule, event: Event, acted: int) -> str:
    """Return why a rule is not let act, empty when it is."""
    syncs = rule.draft.only_syncs
    if event.cause.hops >= (SYNC_HOPS_MAX if syncs else HOPS_MAX):
        return CIRCLE
    if acted >= FIRINGS_A_MINUTE_MAX and not syncs:
        return ACTED_TOO_OFTEN.format(most=FIRINGS_A_MINUTE_MAX)
    return ""


def _advanced(progress: Progress, said: str) -> Progress:
    """Return how far a rule is after one more of its actions."""
    acts = progress.acts + 1
    detail = f"{progress.detail} {said}".strip()[:DETAIL_MAX]
    if acts < len(progress.rule.draft.actions):
        return replace(progress, acts=acts, detail=detail)
    result = Result.DONE if detail else Result.SKIPPED
    return replace(progress, acts=acts, detail=detail or NOTHING_TO_DO, result=result)


def _fault(error: Exception) -> str:
    """Return what to keep of an error that is none of ours: what it says may hold secrets."""
    LOG.error("A rule failed on an error that nobody foresaw: %s.", type(error).__name__)
    return f"Tiebeam is at fault ({type(error).__name__}): report it with the time of this entry."


def _note(rule: Rule, event: Event, text: str) -> Note:
    return Note(
        f"rule:{rule.id}/{event.subject.value}:{event.subject_id}",
        text,
        f"The rule “{rule.name}” was made to say so.",
        wrong=False,
    )


def _alarm(rule: Rule, why: str) -> Note:
    return Note(f"rule:{rule.id}", f"The rule “{rule.name}” was stopped. {why}", MEND, wrong=True)
