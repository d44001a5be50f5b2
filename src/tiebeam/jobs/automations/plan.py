"""What a rule does next about what it answers, or why it does nothing. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from tiebeam.jobs.automations.model import FIRINGS_A_MINUTE_MAX, ActionKind, Result
from tiebeam.jobs.automations.rules import filled_action, unmet
from tiebeam.jobs.automations.words import ACTED_TOO_OFTEN, CIRCLE, GONE, NOTHING_TO_DO, unmet_in_words
from tiebeam.jobs.model import HOPS_MAX, Subject

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence
    from uuid import UUID

    from tiebeam.jobs.automations.model import Action, Event, Progress, Rule, Situation, World

DETAIL_MAX: Final = 2000
SYNC_HOPS_MAX: Final = 2 * HOPS_MAX
"""What only brings pairs in step answers what a circle of rules left behind, too: nothing stays apart."""


@dataclass(frozen=True, slots=True)
class End:
    """A rule does nothing (more), and why."""

    result: Result
    detail: str


@dataclass(slots=True)
class Page:
    """What is read once for many changes."""

    world: World
    rules: list[Rule]
    acted: Counter[UUID]
    """How often each rule acted lately."""
    synced: set[tuple[ActionKind, UUID]] = field(default_factory=set)
    """What was brought in step already, after all that is answered here was written."""
    told: set[UUID] = field(default_factory=set)
    """The rules that were said to run wild."""


def next_of(page: Page, progress: Progress, seen: Situation) -> Action | End:
    """Return what a rule does next, or why it does nothing. Raises BadInputError."""
    rule, draft = progress.rule, progress.rule.draft
    if progress.acts == 0:
        failing = unmet(draft.conditions, seen.facts)
        if failing is not None:
            return End(Result.SKIPPED, unmet_in_words(failing, page.world))
        if seen.job is None and seen.item is None:
            return End(Result.SKIPPED, GONE)
        stop = _stop(rule, progress.event, page.acted[rule.id])
        if stop:
            return End(Result.STOPPED, stop)
    return filled_action(draft.actions[progress.acts], seen.facts, page.world)


def advanced(progress: Progress, said: str) -> Progress:
    """Return how far a rule is after one more of its actions, which said what it did."""
    acts = progress.acts + 1
    detail = f"{progress.detail} {said}".strip()[:DETAIL_MAX]
    if acts < len(progress.rule.draft.actions):
        return replace(progress, acts=acts, detail=detail)
    result = Result.DONE if detail else Result.SKIPPED
    return replace(progress, acts=acts, detail=detail or NOTHING_TO_DO, result=result)


def only_one_sync(rules: Sequence[Rule]) -> bool:
    """Say whether each of these does one thing alone, which is to bring a pair in step."""
    return all(len(one.draft.actions) == 1 and one.draft.only_syncs for one in rules)


def brought_in_step(kind: ActionKind, event: Event, seen: Situation) -> UUID | None:
    """Return the job that is put on its board, or the item that is put on its job; None without one."""
    to_board = kind is ActionKind.SYNC_TO_BOARD
    of_job = seen.job.id if seen.job else None
    return event.subject_id if to_board is (event.subject is Subject.JOB) else of_job


def _stop(rule: Rule, event: Event, acted: int) -> str:
    """Return why a rule is not let act, empty when it is."""
    syncs = rule.draft.only_syncs
    if event.cause.hops >= (SYNC_HOPS_MAX if syncs else HOPS_MAX):
        return CIRCLE
    if acted >= FIRINGS_A_MINUTE_MAX and not syncs:
        return ACTED_TOO_OFTEN.format(most=FIRINGS_A_MINUTE_MAX)
    return ""
