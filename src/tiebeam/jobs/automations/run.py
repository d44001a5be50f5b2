"""Asks the rules about what happened, and carries out what they say.

A rule is asked about a change once. What it writes to jobs and items is kept in one transaction with the note
that it did; what is done elsewhere is noted afterwards and done again if the process dies in between, which
`Hands` takes in good part. A rule that fails fails alone.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from tiebeam.jobs.automations.model import ActionKind, Result
from tiebeam.jobs.automations.plan import (
    DETAIL_MAX,
    End,
    Page,
    advanced,
    brought_in_step,
    next_of,
    only_one_sync,
)
from tiebeam.jobs.automations.ports import Note
from tiebeam.jobs.automations.rules import asked_in_order, event_of
from tiebeam.jobs.automations.seeing import seen_of
from tiebeam.jobs.automations.together import Together
from tiebeam.jobs.automations.words import MEND
from tiebeam.jobs.automations.writing import WRITES, Writer
from tiebeam.kernel.errors import TiebeamError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tiebeam.jobs.automations.model import Action, Event, Progress, Rule, Situation
    from tiebeam.jobs.automations.ports import Hands
    from tiebeam.jobs.automations.repository import RuledWork, Within
    from tiebeam.jobs.boards.model import Item
    from tiebeam.kernel.clock import Clock

LOG = logging.getLogger(__name__)

PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Reacted:
    """What came of asking."""

    answered: int
    """How many writes were answered; as many as were asked for: there may be more."""
    results: Mapping[Result, int]


class Automations:
    """The rules of one tenant at work. Any number of processes may ask them."""

    def __init__(self, work: RuledWork, clock: Clock, hands: Hands) -> None:
        self._work = work
        self._clock = clock
        self._hands = hands
        self._together = Together(work, clock, hands)

    async def react(self, limit: int = PAGE) -> Reacted:
        """Ask the rules about what nobody has answered yet, the oldest first. Raises store errors."""
        writes = await self._work.changes.waiting(limit)
        results: Counter[Result] = Counter()
        if not writes:
            return Reacted(0, results)
        page = await self._page()
        asked = [(event, asked_in_order(page.rules, event)) for event in map(event_of, writes)]
        for alike, stretch in groupby(asked, key=lambda one: only_one_sync(one[1])):
            many = list(stretch)
            if alike:
                results += await self._stretch(page, many)
                continue
            for one in many:
                results += await self._one(page, *one)
        return Reacted(len(writes), results)

    async def _one(self, page: Page, event: Event, rules: Sequence[Rule]) -> Counter[Result]:
        """Ask rules about one write, in their order."""
        results = Counter([await self._asked(page, rule, event) for rule in rules])
        await self._work.changes.answered(event.ids, self._clock.now())
        return results

    async def _stretch(self, page: Page, many: Sequence[tuple[Event, Sequence[Rule]]]) -> Counter[Result]:
        """Ask rules that only bring pairs in step about writes that follow each other, at once."""
        results: Counter[Result] = Counter()
        wishes = [(rule, event) for event, rules in many for rule in rules]
        try:
            for progress in await self._together.answer(page, wishes) if wishes else ():
                results[await self._noted(page, progress)] += 1
        except Exception as error:
            # What fails for all is asked one by one: who is at fault fails alone, and the rest goes on.
            if isinstance(error, TiebeamError) and error.code.startswith("store."):
                raise
            results.clear()
            for one in many:
                results += await self._one(page, *one)
            return results
        ids = [id_ for event, _ in many for id_ in event.ids]
        await self._work.changes.answered(ids, self._clock.now())
        return results

    async def _page(self) -> Page:
        rules, acted = await self._work.rules.all(), await self._work.firings.lately()
        return Page(await self._work.rules.world(), rules, Counter(acted))

    async def _asked(self, page: Page, rule: Rule, event: Event) -> Result:
        """Ask a rule about what happened; return what came of it."""
        try:
            progress = await self._carried_out(page, rule, event)
        except TiebeamError as error:
            if error.code.startswith("store."):
                raise
            progress = await self._failed(rule, event, str(error))
        except Exception as error:  # noqa: BLE001 - a fault in one rule must not keep the others from being asked
            progress = await self._failed(rule, event, _fault(error))
        return await self._noted(page, progress)

    async def _noted(self, page: Page, progress: Progress) -> Result:
        """Count what came of a rule, and say so when it runs wild."""
        rule = progress.rule
        page.acted[rule.id] += progress.result is Result.DONE
        if progress.result is Result.STOPPED and rule.id not in page.told:
            page.told.add(rule.id)
            await self._hands.notify(_alarm(rule, progress.detail))
        return progress.result

    async def _carried_out(self, page: Page, rule: Rule, event: Event) -> Progress:
        progress = await self._step(page, rule, event)
        while progress.result is Result.BEGUN:
            progress = await self._step(page, rule, event)
        return progress

    async def _step(self, page: Page, rule: Rule, event: Event) -> Progress:
        """Do the next thing of a rule; what is written here is kept together with the note of it."""
        async with self._work.firings.transaction() as tx:
            progress = await self._work.firings.begin(tx, rule, event)
            if progress.result is not Result.BEGUN:
                return progress
            seen = await seen_of(self._work, page.world, event, self._clock.now().date(), tx)
            act = next_of(page, progress, seen)
            if isinstance(act, End):
                progress = replace(progress, result=act.result, detail=act.detail)
                await self._work.firings.reached(tx, progress)
                return progress
            if act.kind in WRITES:
                writer = Writer(self._work, page.world, rule, event.cause.next(), tx)
                items = await self._items(tx, act, seen)
                progress = advanced(progress, await writer.write(act, seen.job, items))
                await self._work.firings.reached(tx, progress)
                return progress
        progress = advanced(progress, await self._elsewhere(page, progress, act, seen))
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

    async def _elsewhere(self, page: Page, progress: Progress, action: Action, seen: Situation) -> str:
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

    async def _in_step(self, page: Page, kind: ActionKind, event: Event, seen: Situation) -> str:
        """Bring a pair in step, once for all that is answered together: both sides are read as they are."""
        id_ = brought_in_step(kind, event, seen)
        if id_ is None or (kind, id_) in page.synced:
            return ""
        to_board = kind is ActionKind.SYNC_TO_BOARD
        sync = self._hands.sync_to_board if to_board else self._hands.sync_to_job
        said = (await sync([id_], event.cause.next()))[id_]
        page.synced.add((kind, id_))
        return said

    async def _failed(self, rule: Rule, event: Event, why: str) -> Progress:
        async with self._work.firings.transaction() as tx:
            progress = await self._work.firings.begin(tx, rule, event)
            begun = f"{progress.detail} Then: " if progress.detail else ""
            progress = replace(progress, result=Result.FAILED, detail=f"{begun}{why}"[:DETAIL_MAX])
            await self._work.firings.reached(tx, progress)
        return progress


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
