"""What to do next about a document, given what is known of it. Nothing is read or written here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from tiebeam.kernel.backoff import Backoff
from tiebeam.kernel.canonical import canonical
from tiebeam.push.model import RECEIPT, IntentState, Step, StepState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiebeam.push.machine import StepEvent
    from tiebeam.push.model import Blocked, Intent, PlannedStep, Receipt, Steps

BACKOFF: Final = Backoff(base_seconds=10.0, wait_seconds_max=900.0, attempts_max=120)
"""A target that is down is tried for more than a day."""
LOOK_BACKOFF: Final = Backoff(base_seconds=10.0, wait_seconds_max=900.0, attempts_max=1 << 30)
"""What may have been done is looked for until an answer is had."""

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_IN_FLIGHT: Final = (StepState.SENDING, StepState.UNCERTAIN)
_TO_SEND: Final = (StepState.PLANNED, StepState.RETRY_AT)


@dataclass(frozen=True, slots=True)
class Planning:
    """It must be planned first, or anew."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Nobody can still be at work on this call, and its end is not known."""

    step: Step


@dataclass(frozen=True, slots=True)
class Look:
    """See whether it is there."""

    step: Step


@dataclass(frozen=True, slots=True)
class Send:
    """Make it."""

    step: Step


@dataclass(frozen=True, slots=True)
class Rest:
    """There is nothing to do before `until`; None: until somebody wants something."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class Happened:
    """What came of a call: where it leads, when it is gone on with, and what was said."""

    event: StepEvent
    next_at: datetime | None = None
    failures: int = 0
    trouble: Blocked | None = None
    receipt: Receipt | None = None


Act: TypeAlias = Planning | Doubt | Look | Send | Rest


def next_act(
    intent: Intent, steps: Sequence[Step], version: int, now: datetime, settle_seconds: float
) -> Act:
    """Return what to do now about a document of which `version` is the present one."""
    for step in steps:
        if step.state is StepState.SENDING and _settled_at(step, settle_seconds) <= now:
            return Doubt(step)
    for step in steps:
        if step.state is StepState.UNCERTAIN and _look_at(step, settle_seconds) <= now:
            return Look(step)
    if must_plan(intent, version):
        if not any(step.state in _IN_FLIGHT for step in steps):
            return Planning()
        return Rest(_earliest(steps, settle_seconds))
    ready = [step for step in steps if step.state in _TO_SEND and _met(step, steps)]
    due = [step for step in ready if _due(step, now)]
    if due:
        # What was refused lately comes last, lest one photo keep the others waiting.
        return Send(min(due, key=lambda step: step.next_at.timestamp() if step.next_at else 0.0))
    return Rest(_earliest(steps, settle_seconds))


def must_plan(intent: Intent, version: int) -> bool:
    """Say whether what is planned is not of this version, or something was chosen beside what is there."""
    return intent.plan_due or (intent.done_at is None and intent.planned_version != version)


def _met(step: Step, steps: Sequence[Step]) -> bool:
    done = {one.name for one in steps if one.state is StepState.DONE}
    return done.issuperset(step.planned.needs)


def _due(step: Step, now: datetime) -> bool:
    return step.next_at is None or step.next_at <= now


def _settled_at(step: Step, settle_seconds: float) -> datetime:
    """Return until when it may still be done; what is not on its way has no such time."""
    return step.sent_at + timedelta(seconds=settle_seconds) if step.sent_at else _LONG_AGO


def _look_at(step: Step, settle_seconds: float) -> datetime:
    """Return when a step may be looked for: hurried by a person or not, never while it may still be done."""
    settled_at = _settled_at(step, settle_seconds)
    return settled_at if step.next_at is None else max(step.next_at, settled_at)


def _earliest(steps: Sequence[Step], settle_seconds: float) -> datetime | None:
    moments = [_settled_at(step, settle_seconds) for step in steps if step.state is StepState.SENDING]
    for step in steps:
        if step.state is StepState.UNCERTAIN:
            moments.append(_look_at(step, settle_seconds))
        elif step.state in _TO_SEND and step.next_at is not None and _met(step, steps):
            moments.append(step.next_at)
    return min(moments, default=None)


def all_there(steps: Sequence[Step]) -> bool:
    """Say whether everything is made but what may fail. Of nothing planned, nothing is there."""
    return bool(steps) and all(one.state is StepState.DONE for one in steps if not one.planned.best_effort)


def standing(steps: Sequence[Step]) -> IntentState:
    """Return how a planned document stands by its steps alone."""
    must = [one.state for one in steps if not one.planned.best_effort]
    if StepState.BLOCKED in must:
        return IntentState.BLOCKED
    if StepState.DEAD in must:
        return IntentState.FAILED
    if all(one.state is StepState.DONE for one in steps):
        return IntentState.DONE
    if all_there(steps) and all(_given_up(one, steps) for one in steps if one.state is not StepState.DONE):
        return IntentState.DONE_WITH_FAILURES
    return IntentState.OPEN


def _given_up(step: Step, steps: Sequence[Step]) -> bool:
    if step.state in (StepState.BLOCKED, StepState.DEAD):
        return True
    needed = [one for one in steps if one.name in step.planned.needs]
    return step.state in _TO_SEND and any(_given_up(one, steps) for one in needed)


@dataclass(frozen=True, slots=True)
class Merge:
    """How a new plan changes what is planned: by name, in the order of the plan."""

    keep: tuple[str, ...]
    put: tuple[PlannedStep, ...]
    remove: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """What was sent already is not what would be sent now."""

    names: tuple[str, ...]


def merge(steps: Sequence[Step], wanted: Steps, *, sent_stands: bool) -> Merge | Conflict:
    """Return how to get from what was planned to what is wanted, leaving alone what is done.

    What is done and would now be different is a conflict, unless `sent_stands`. So is what is done and not
    wanted any more, but for what may fail: a photo that was taken out again, or an older print, stays there.
    """
    done = {step.name: step for step in steps if step.state is StepState.DONE}
    by_name = {step.name: step for step in wanted.steps}
    changed = tuple(name for name, step in done.items() if _differs(step.planned, by_name.get(name)))
    if changed and not sent_stands:
        return Conflict(changed)
    return Merge(
        keep=tuple(done),
        put=tuple(step for step in wanted.steps if step.name not in done),
        remove=tuple(step.name for step in steps if step.name not in by_name and step.name not in done),
    )


def further(steps: Sequence[Step], wanted: Steps) -> Merge:
    """Return how to make what is wanted beside what is there, of which nothing is changed or made again.

    What was wanted beside it before and is not done gives way; a photo that may fail does not.
    """
    done = {step.name for step in steps if step.state is StepState.DONE}
    by_name = {step.name for step in wanted.steps}
    stale = (step.name for step in steps if not step.planned.best_effort and step.name not in by_name | done)
    return Merge(tuple(done), tuple(one for one in wanted.steps if one.name not in done), tuple(stale))


def _differs(sent: PlannedStep, wanted: PlannedStep | None) -> bool:
    if wanted is None:
        return not sent.best_effort
    return sent.kind != wanted.kind or canonical(sent.payload) != canonical(wanted.payload)


def filled(payload: Any, receipts: Mapping[str, Receipt]) -> Any:
    """Return a payload with the ids of what was made in the place of their placeholders.

    Raises KeyError for one that was not made.
    """
    if isinstance(payload, Mapping):
        if set(payload) == {RECEIPT}:
            return receipts[payload[RECEIPT]].vendor_id
        return {name: filled(value, receipts) for name, value in payload.items()}
    if isinstance(payload, list | tuple):
        return [filled(value, receipts) for value in payload]
    return payload
