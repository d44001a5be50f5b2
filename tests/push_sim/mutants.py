"""Ways to break the push. Its simulation must notice each, or it proves nothing of the whole one."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from tiebeam.push import model, plan, repository, runner
from tiebeam.push.machine import StepEvent
from tiebeam.push.model import StepState
from tiebeam.push.plan import Happened, Rest
from tiebeam.push.repository import Ledger
from tiebeam.push.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from uuid import UUID

    from tiebeam.push.model import Intent, Step
    from tiebeam.store.transaction import Transaction

    Mutant = Callable[[ExitStack], None]


def _swap(stack: ExitStack, owner: Any, name: str, value: Any) -> None:
    stack.enter_context(patch.object(owner, name, value))


def _retry_without_looking(stack: ExitStack) -> None:
    async def look(self: Runner, move: Any, step: Step) -> Rest | None:
        return await self._settled(move, step, Happened(StepEvent.NOT_THERE))

    _swap(stack, Runner, "_look", look)


def _take_no_answer_for_nothing_done(stack: ExitStack) -> None:
    whole = Runner._failed

    def failed(self: Runner, step: Step, error: Exception, settle_seconds: float) -> Happened:
        found = whole(self, step, error, settle_seconds)
        return replace(found, event=StepEvent.BUSY) if found.event is StepEvent.UNANSWERED else found

    _swap(stack, Runner, "_failed", failed)


def _keep_the_receipt_before_the_answer(stack: ExitStack) -> None:
    whole = Runner._begun

    async def begun(self: Runner, tx: Transaction, move: Any, step: Step, settle_seconds: float) -> Any:
        made = await whole(self, tx, move, step, settle_seconds)
        if isinstance(made.act, plan.Send):
            receipt = model.Receipt("1000", {}, self._clock.now())
            begun_step = replace(step, attempt=step.attempt + 1, state=StepState.SENDING)
            happened = Happened(StepEvent.ANSWERED, receipt=receipt)
            await self._ledger.settle(tx, move.situation.intent, begun_step, happened, made.payload or {})
        return made

    _swap(stack, Runner, "_begun", begun)


def _leave_no_mark_before_the_call(stack: ExitStack) -> None:
    begin, settle = Ledger.begin, Ledger.settle

    async def no_mark(*_: Any) -> bool:
        return True

    async def marked_late(self: Ledger, tx: Transaction, intent: Intent, step: Step, *rest: Any) -> bool:
        if step.state is StepState.SENDING:
            before = replace(step, attempt=step.attempt - 1)
            await begin(self, tx, intent, before, {}, self._clock.now())
        return await settle(self, tx, intent, step, *rest)

    _swap(stack, Ledger, "begin", no_mark)
    _swap(stack, Ledger, "settle", marked_late)


def _leave_the_tenant_out_of_the_key(stack: ExitStack) -> None:
    _swap(stack, model, "origin_of", lambda _, document_id: f"tiebeam:{document_id}")


def _look_while_it_may_still_be_done(stack: ExitStack) -> None:
    _swap(stack, plan, "_look_at", lambda step, _: step.sent_at or plan._LONG_AGO)


def _take_who_is_at_work_for_dead(stack: ExitStack) -> None:
    _swap(stack, plan, "_settled_at", lambda step, _: step.sent_at or plan._LONG_AGO)


def _send_again_without_looking(stack: ExitStack) -> None:
    whole = Ledger._again
    query = (
        "update tiebeam.push_step set state = 'planned'"
        " where tenant_id = %(tenant_id)s and state = 'uncertain'"
    )

    async def again(self: Ledger, tx: Transaction, ids: Sequence[UUID], *rest: Any, **named: Any) -> Any:
        woken = await whole(self, tx, ids, *rest, **named)
        await tx.run(query, {"tenant_id": self._tenant_id})
        return woken

    _swap(stack, Ledger, "_again", again)


def _let_nobody_look_after_a_crash(stack: ExitStack) -> None:
    rest = Ledger.rest

    async def begin(self: Ledger, tx: Transaction, intent: Intent, *rest_of: Any) -> bool:
        made = await whole(self, tx, intent, *rest_of)
        await rest(self, tx, intent, intent.state, None, None)
        return made

    whole = Ledger.begin
    _swap(stack, Ledger, "begin", begin)


def _seal_a_half_made_paper(stack: ExitStack) -> None:
    _swap(stack, runner, "all_there", lambda steps: any(one.state is StepState.DONE for one in steps))


def _forget_what_was_sent_when_edited(stack: ExitStack) -> None:
    whole = plan.merge
    _swap(stack, runner, "merge", lambda steps, wanted, **_: whole(steps, wanted, sent_stands=True))


def _overlook_an_edit(stack: ExitStack) -> None:
    def must_plan(intent: Intent, version: int) -> bool:
        del version
        return intent.planned_version is None

    _swap(stack, plan, "must_plan", must_plan)
    _swap(stack, runner, "must_plan", must_plan)


def _give_up_photos_in_silence(stack: ExitStack) -> None:
    whole = Runner._failed

    def failed(self: Runner, step: Step, error: Exception, settle_seconds: float) -> Happened:
        if step.planned.best_effort:
            receipt = model.Receipt("1000", {}, self._clock.now())
            return Happened(StepEvent.ANSWERED, receipt=receipt)
        return whole(self, step, error, settle_seconds)

    _swap(stack, Runner, "_failed", failed)


def _send_the_version_that_was_planned_first(stack: ExitStack) -> None:
    whole = Ledger.put_plan

    async def put_plan(self: Ledger, tx: Transaction, intent: Intent, paper: Any, *rest: Any) -> None:
        if intent.planned_version is None:
            await whole(self, tx, intent, paper, *rest)
        else:
            named = {"tenant_id": self._tenant_id, "intent_id": intent.id, "version": paper.version}
            named |= {"number": paper.number, "project": paper.project}
            await tx.run(repository.Q["planned"], named)

    _swap(stack, Ledger, "put_plan", put_plan)


MUTANTS: dict[str, Mutant] = {
    name.removeprefix("_"): mutant
    for name, mutant in globals().items()
    if name.startswith("_") and name != "_swap" and callable(mutant)
}


@contextmanager
def mutated(name: str) -> Iterator[None]:
    """Break the push in one way for as long as the block runs."""
    with ExitStack() as stack:
        MUTANTS[name](stack)
        yield
