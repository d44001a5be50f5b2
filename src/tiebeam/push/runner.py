"""Carries intents out: each write once, whatever happens in between.

`sending` is committed before a call is made and its end afterwards, so a process that dies in between leaves
a mark. What bears that mark when nobody can be at work on it any more is looked for before it is sent again.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from tiebeam.kernel.correlation import bound
from tiebeam.kernel.errors import TiebeamError
from tiebeam.push.catalogue import trouble
from tiebeam.push.errors import BusyError, GoneError, NoTurnError, RejectedError, UncertainError
from tiebeam.push.machine import StepEvent
from tiebeam.push.model import Blocked, IntentState, Receipt, StepState, Waiting
from tiebeam.push.plan import (
    BACKOFF,
    LOOK_BACKOFF,
    Conflict,
    Doubt,
    Happened,
    Look,
    Planning,
    Rest,
    Send,
    all_there,
    filled,
    further,
    merge,
    must_plan,
    next_act,
    standing,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from tiebeam.kernel.clock import Clock
    from tiebeam.push.model import Paper, Plan, Step
    from tiebeam.push.plan import Act
    from tiebeam.push.ports import Target
    from tiebeam.push.repository import Ledger, Situation, Within

LOG = logging.getLogger(__name__)

GONE_AGAIN: Final = timedelta(minutes=10)
"""How often a connection that is gone is tried, beside being woken when it is back."""
WAITS_AGAIN: Final = timedelta(minutes=10)
"""How often it is looked whether what a document waits for is there."""

_NEVER_SENT: Final = "It was written down too long ago to be sent safely."


@dataclass(frozen=True, slots=True)
class _Move:
    """What is to be done next, and what was read to decide it. The payload has its placeholders filled."""

    act: Act
    situation: Situation
    paper: Paper | None = None
    payload: Mapping[str, Any] | None = None
    began: float = 0.0


class Runner:
    """Carries out the intents of one tenant, one write at a time each."""

    def __init__(
        self,
        ledger: Ledger,
        targets: Mapping[str, Target],
        clock: Clock,
        *,
        chance: Callable[[], float],
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """`chance` returns numbers in [0, 1); `stopping` says whether to end after the present write."""
        self._ledger = ledger
        self._targets = targets
        self._clock = clock
        self._chance = chance
        self._stopping = stopping

    async def run(self, intent_id: UUID) -> Rest:
        """Go on with an intent until there is nothing to do now; return until when. Raises store errors."""
        while not self._stopping():
            move = await self._decided(intent_id)
            if isinstance(move.act, Rest):
                return move.act
            intent = move.situation.intent
            with bound(intent.correlation_id):
                rest = await self._do(move)
            if rest is not None:
                return rest
        return Rest(self._clock.now())

    async def preview(self, target: str, paper: Paper) -> Plan:
        """Return what would be sent, and send nothing."""
        found = self._targets.get(target)
        if found is None:
            return trouble("push.no_target")
        if not paper.project:
            return trouble("push.project_not_mapped")
        return await found.plan(paper)

    async def _do(self, move: _Move) -> Rest | None:
        match move.act:
            case Planning():
                return await self._plan(move)
            case Look(step):
                return await self._look(move, step)
            case Send(step):
                return await self._send(move, step)
            case _:
                return None

    async def _decided(self, intent_id: UUID) -> _Move:
        """Decide what is next; what is decided to be sent is written down in the same transaction."""
        async with self._ledger.transaction() as tx:
            situation = await self._ledger.read(tx, intent_id)
            if situation is None:
                raise LookupError(f"no intent {intent_id}")
            return await self._next(tx, situation)

    async def _next(self, tx: Within, situation: Situation) -> _Move:
        intent, now = situation.intent, self._clock.now()
        target, paper = self._targets.get(intent.target), situation.paper
        if intent.next_at is None or intent.next_at > now:
            return _Move(Rest(intent.next_at), situation)
        if target is None:
            await self._ledger.rest(tx, intent, IntentState.BLOCKED, None, trouble("push.no_target"))
            return _Move(Rest(None), situation)
        if paper is None:
            until = now + WAITS_AGAIN
            await self._ledger.rest(tx, intent, IntentState.WAITING, until, trouble("push.not_ready"))
            return _Move(Rest(until), situation)
        act = next_act(intent, situation.steps, paper.version, now, target.settle_seconds)
        if not isinstance(act, Rest):
            # Its photos may wait for hours: that the document is there is to be known, and to be held, now.
            await self._arrive(tx, situation, paper)
        match act:
            case Doubt(step):
                doubt = Happened(StepEvent.UNANSWERED, now, step.failures, trouble("push.uncertain"))
                await self._ledger.settle(tx, intent, step, doubt, step.planned.payload)
            case Rest():
                await self._rest(tx, situation, paper, act.until)
            case Look(step) | Send(step):
                return await self._begun(tx, _Move(act, situation, paper), step, target.settle_seconds)
            case Planning():
                pass
        return _Move(act, situation, paper)

    async def _begun(self, tx: Within, move: _Move, step: Step, settle_seconds: float) -> _Move:
        payload = filled(step.planned.payload, move.situation.receipts())
        move = replace(move, payload=payload, began=self._clock.monotonic())
        if isinstance(move.act, Look):
            return move
        intent = move.situation.intent
        until = self._clock.now() + timedelta(seconds=settle_seconds)
        if not await self._ledger.begin(tx, intent, step, payload, until):
            return replace(move, act=Rest(until))
        return move

    async def _rest(self, tx: Within, situation: Situation, paper: Paper, until: datetime | None) -> None:
        intent, steps = situation.intent, situation.steps
        if must_plan(intent, paper.version):
            state, why = IntentState.OPEN, intent.trouble
        else:
            state, why = standing(steps), _worst(steps)
        await self._ledger.rest(tx, intent, state, until, why)
        resting = replace(intent, state=state, next_at=until, trouble=why)
        await self._arrive(tx, replace(situation, intent=resting), paper)

    async def _arrive(self, tx: Within, situation: Situation, paper: Paper) -> None:
        """Keep that a document is there, once all is that must be."""
        intent = situation.intent
        if intent.done_at is None and not must_plan(intent, paper.version) and all_there(situation.steps):
            await self._ledger.arrive(tx, intent, paper)

    async def _plan(self, move: _Move) -> Rest | None:
        intent, paper = move.situation.intent, move.paper
        assert paper is not None
        try:
            plan = await self.preview(intent.target, paper)
        except TiebeamError as error:
            plan = Waiting(str(error))
        async with self._ledger.transaction() as tx:
            fresh = await self._ledger.read(tx, intent.id)
            if fresh is None or fresh.paper is None or fresh.paper.version != paper.version:
                return None
            return await self._planned(tx, fresh, fresh.paper, plan)

    async def _planned(self, tx: Within, fresh: Situation, paper: Paper, plan: Plan) -> Rest | None:
        """Keep a plan, or why there is none and how long to rest for that."""
        intent, now = fresh.intent, self._clock.now()
        if not must_plan(intent, paper.version) or any(
            step.state in (StepState.SENDING, StepState.UNCERTAIN) for step in fresh.steps
        ):
            return None
        if isinstance(plan, Blocked):
            await self._ledger.rest(tx, intent, IntentState.BLOCKED, None, plan)
            return Rest(None)
        if isinstance(plan, Waiting):
            until = now + WAITS_AGAIN
            why = replace(trouble("push.waits"), cause=plan.reason)
            await self._ledger.rest(tx, intent, IntentState.WAITING, until, why)
            return Rest(until)
        stands = intent.sent_stands or intent.planned_version == paper.version
        found = further(fresh.steps, plan) if paper.made else merge(fresh.steps, plan, sent_stands=stands)
        if isinstance(found, Conflict):
            why = trouble("push.sent_part_changed", ", ".join(found.names))
            await self._ledger.rest(tx, intent, IntentState.BLOCKED, None, why)
            return Rest(None)
        await self._ledger.put_plan(tx, intent, paper, plan, found)
        await self._ledger.rest(tx, intent, IntentState.OPEN, now, None)
        return None

    async def _look(self, move: _Move, step: Step) -> Rest | None:
        target, paper, payload = self._at_hand(move)
        ready = replace(step.planned, payload=payload)
        try:
            async with asyncio.timeout(target.settle_seconds):
                receipt = await target.look(ready, move.situation.receipts(), paper)
        except Exception as error:  # noqa: BLE001 - Keeps all other papers going; it stays in doubt.
            happened = self._still_in_doubt(step, error)
        else:
            happened = self._looked(step, receipt)
        return await self._settled(move, step, happened)

    async def _send(self, move: _Move, step: Step) -> Rest | None:
        target, paper, payload = self._at_hand(move)
        begun = replace(step, attempt=step.attempt + 1, state=StepState.SENDING)
        ready = replace(step.planned, payload=payload)
        # Others take the call for ended once it has had this long: it must not be made after that.
        left_seconds = target.settle_seconds - (self._clock.monotonic() - move.began)
        if left_seconds <= 0:
            late = self._failed(begun, BusyError(_NEVER_SENT), target.settle_seconds)
            return await self._settled(move, begun, late)
        try:
            async with asyncio.timeout(left_seconds):
                receipt = await target.send(ready, move.situation.receipts(), paper)
        except Exception as error:  # noqa: BLE001 - Keeps all other papers going; the error decides what follows.
            happened = self._failed(begun, error, target.settle_seconds)
        else:
            happened = Happened(StepEvent.ANSWERED, receipt=receipt)
        return await self._settled(move, begun, happened)

    async def _settled(self, move: _Move, step: Step, happened: Happened) -> Rest | None:
        """Write down what came of a call; return for how long to leave the target alone."""
        intent, now = move.situation.intent, self._clock.now()
        pause = happened.next_at if happened.event is StepEvent.BUSY else None
        gone = happened.trouble is not None and happened.trouble.code == GoneError.code
        async with self._ledger.transaction() as tx:
            fresh = await self._ledger.held(tx, intent.id)
            if await self._ledger.settle(tx, fresh, step, happened, move.payload or {}):
                state = IntentState.WAITING if gone else IntentState.OPEN
                await self._ledger.rest(tx, fresh, state, pause or now, happened.trouble)
        return Rest(pause) if pause and pause > now else None

    def _at_hand(self, move: _Move) -> tuple[Target, Paper, Mapping[str, Any]]:
        assert move.paper is not None
        assert move.payload is not None
        return self._targets[move.situation.intent.target], move.paper, move.payload

    def _looked(self, step: Step, receipt: Receipt | None) -> Happened:
        if receipt is not None:
            return Happened(StepEvent.FOUND, receipt=receipt)
        wait_seconds = BACKOFF.wait_seconds(step.failures, self._chance()) if step.failures else 0.0
        after = self._clock.now() + timedelta(seconds=wait_seconds or 0.0)
        return Happened(StepEvent.NOT_THERE, after, step.failures)

    def _still_in_doubt(self, step: Step, error: Exception) -> Happened:
        failures = step.failures + 1
        wait_seconds = LOOK_BACKOFF.wait_seconds(min(failures, 30), self._chance()) or 0.0
        after = self._clock.now() + timedelta(seconds=wait_seconds)
        if isinstance(error, BusyError) and error.until is not None:
            after = max(after, error.until)
        return Happened(StepEvent.UNANSWERED, after, failures, _told(error))

    def _failed(self, step: Step, error: Exception, settle_seconds: float) -> Happened:
        """Return what follows from an error of a write."""
        now, failures = self._clock.now(), step.failures + 1
        match error:
            case GoneError():
                return Happened(StepEvent.BUSY, now + GONE_AGAIN, step.failures, _told(error))
            case NoTurnError():
                # Nobody is to overtake it meanwhile, or many would be half there before one is whole.
                return Happened(StepEvent.BUSY, now, step.failures, _told(error))
            case RejectedError():
                return Happened(StepEvent.REJECTED, None, failures, _told(error))
            case BusyError(until=until):
                wait_seconds = BACKOFF.wait_seconds(failures, self._chance())
                if wait_seconds is None:
                    return Happened(StepEvent.EXHAUSTED, None, failures, trouble("push.given_up", str(error)))
                after = now + timedelta(seconds=wait_seconds)
                return Happened(StepEvent.BUSY, max(after, until or after), failures, _told(error))
            case _:
                after = now + timedelta(seconds=settle_seconds)
                return Happened(StepEvent.UNANSWERED, after, failures, _told(error))


def _told(error: Exception) -> Blocked:
    """Return an error in the words of the catalogue; one that nobody foresaw goes to the log whole."""
    if isinstance(error, RejectedError):
        return Blocked(error.code, error.cause, error.owner, error.action, error.field, error.fix)
    if isinstance(error, TiebeamError):
        return Blocked(error.code, error.cause, error.owner, error.action)
    if isinstance(error, TimeoutError):
        return trouble(UncertainError.code)
    LOG.error("A write ended in an error that nobody foresaw.", exc_info=error)
    return trouble("push.fault", type(error).__name__)


def _worst(steps: Sequence[Step]) -> Blocked | None:
    """Return what keeps a document most: what must be there before what may fail, what is stuck first."""
    rank = {StepState.BLOCKED: 0, StepState.DEAD: 0, StepState.UNCERTAIN: 1, StepState.RETRY_AT: 2}
    troubled = [step for step in steps if step.trouble is not None and step.state in rank]
    worst = min(troubled, key=lambda one: (one.planned.best_effort, rank[one.state]), default=None)
    return worst.trouble if worst else None
