"""What is known of everything that is on its way, kept."""

from __future__ import annotations

import hashlib
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias
from uuid import UUID, uuid4

from tiebeam.kernel.canonical import UnstorableError, canonical
from tiebeam.kernel.correlation import bound
from tiebeam.kernel.errors import Owner
from tiebeam.push.machine import TRANSITIONS, StepEvent, states_before
from tiebeam.push.model import Blocked, Intent, IntentState, PlannedStep, Receipt, Step, StepState
from tiebeam.store.adapt import Json, Texts
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from tiebeam.kernel.clock import Clock
    from tiebeam.push.model import Paper, Steps, Wish
    from tiebeam.push.plan import Happened, Merge
    from tiebeam.store.pool import Store
    from tiebeam.store.transaction import Transaction

Q = queries("tiebeam.push")

Within: TypeAlias = "Transaction"
"""The transaction in which something is decided."""


class Papers(Protocol):
    """Where papers come from. Both are called within the transaction in which something is decided by it."""

    async def get(self, tx: Transaction, document_id: UUID, target: str) -> Paper | None:
        """Return what is to be in a target, None for what is not to be sent (any more).

        The document does not change until the transaction ends.
        """
        ...

    async def seal(self, tx: Transaction, paper: Paper, target: str, at: datetime) -> None:
        """The document is in a target: it is read-only from now on."""
        ...


@dataclass(frozen=True, slots=True)
class Situation:
    """An intent and its steps, locked, and the paper as it is now."""

    intent: Intent
    steps: Sequence[Step]
    paper: Paper | None

    def receipts(self) -> dict[str, Receipt]:
        """Return the receipts of what is done, by step."""
        return {step.name: step.receipt for step in self.steps if step.receipt is not None}


class Ledger:
    """The intents of one tenant, for who carries them out."""

    def __init__(
        self,
        store: Store,
        tenant_id: UUID,
        clock: Clock,
        papers: Papers,
        *,
        new_id: Callable[[], UUID] = uuid4,
    ) -> None:
        self._store = store
        self._new_id = new_id
        self._tenant_id = tenant_id
        self._clock = clock
        self._papers = papers

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Run the block in one transaction of the tenant."""
        async with self._store.transaction(self._tenant_id) as tx:
            yield tx

    async def want(
        self, wishes: Iterable[Wish], *, by: str, trigger: str, tx: Transaction | None = None
    ) -> list[UUID]:
        """Wish for documents to be in targets and return the intents, in the order of the wishes.

        What is there already stays as it is; what was blocked or given up is gone on with.
        """
        if tx is not None:
            return [await self._want(tx, wish, by, trigger) for wish in wishes]
        async with self.transaction() as own:
            return [await self._want(own, wish, by, trigger) for wish in wishes]

    async def _want(self, tx: Transaction, wish: Wish, by: str, trigger: str) -> UUID:
        with bound() as correlation_id:
            named = {
                "id": self._new_id(),
                "document_kind": wish.document_kind,
                "document_id": wish.document_id,
                "number": wish.number,
                "project": wish.project,
                "target": wish.target,
                "wanted_by": by,
                "trigger": trigger,
                "correlation_id": correlation_id,
                "at": self._clock.now(),
            }
        ((intent_id, made, state),) = await tx.rows(Q["want"], self._named(**named))
        if not made and state != IntentState.DONE:
            await self._again(tx, [intent_id], None, sent_stands=False)
        return UUID(str(intent_id))

    async def send_again(
        self, intent_ids: Sequence[UUID], names: Sequence[str] | None = None, *, sent_stands: bool = False
    ) -> list[UUID]:
        """Go on with what is not there; of these steps, or all. Return the intents that are gone on with.

        `sent_stands`: what was sent of an older version is not to be held against the present one.
        """
        async with self.transaction() as tx:
            return await self._again(tx, intent_ids, names, sent_stands=sent_stands)

    async def _again(
        self, tx: Transaction, intent_ids: Sequence[UUID], names: Sequence[str] | None, *, sent_stands: bool
    ) -> list[UUID]:
        named = self._named(intent_ids=list(intent_ids), at=self._clock.now(), sent_stands=sent_stands)
        rows = await tx.rows(Q["send_again"], named)
        woken = [row[0] for row in rows]
        named |= {"intent_ids": woken, "names": None if names is None else Texts(names)}
        await tx.run(Q["send_again_steps"], named)
        return woken

    async def changed(self, tx: Transaction, document_id: UUID) -> list[UUID]:
        """Have what is not there yet planned anew, as its document has changed; return that."""
        named = self._named(document_id=document_id, at=self._clock.now())
        return [row[0] for row in await tx.rows(Q["changed"], named)]

    async def chosen(self, tx: Transaction, document_id: UUID) -> list[UUID]:
        """Have what was chosen beside a document planned, also where the document is there; return that."""
        named = self._named(document_id=document_id, at=self._clock.now())
        return [row[0] for row in await tx.rows(Q["chosen"], named)]

    async def made(self, document_id: UUID, target: str) -> frozenset[str]:
        """Return the steps that are done of a document that is in a target; none while it is not."""
        async with self.transaction() as tx:
            rows = await tx.rows(Q["made"], self._named(document_id=document_id, target=target))
        return frozenset(row[0] for row in rows)

    async def due(self, limit: int) -> list[UUID]:
        """Return the intents that are to be gone on with now."""
        async with self._store.autocommit(self._tenant_id) as single:
            rows = await single.rows(Q["due"], self._named(at=self._clock.now(), limit=limit))
        return [row[0] for row in rows]

    async def targets_of(self, intent_ids: Sequence[UUID], tx: Transaction | None = None) -> dict[UUID, str]:
        """Return the target of each of these intents."""
        named = self._named(ids=list(intent_ids))
        if tx is not None:
            return dict(await tx.rows(Q["targets_of"], named))
        async with self._store.autocommit(self._tenant_id) as single:
            return dict(await single.rows(Q["targets_of"], named))

    async def read(self, tx: Transaction, intent_id: UUID) -> Situation | None:
        """Lock an intent and return how it stands; None when there is none of that id."""
        named = self._named(intent_id=intent_id)
        about = await tx.rows(Q["document_of"], named)
        if not about:
            return None
        # The document first, as who approves it locks it before the intent.
        paper = await self._papers.get(tx, about[0][0], about[0][1])
        intent = await self.held(tx, intent_id)
        steps = [_step(one) for one in await tx.all(_StepRow, Q["steps"], named)]
        if paper is not None and intent.done_at is not None:
            paper = replace(paper, made=_made(steps))
        return Situation(intent, steps, paper)

    async def held(self, tx: Transaction, intent_id: UUID) -> Intent:
        """Lock an intent and return it. Raises LookupError when there is none of that id."""
        row = await tx.one(_IntentRow, Q["lock_intent"], self._named(intent_id=intent_id))
        if row is None:
            raise LookupError(f"no intent {intent_id}")
        return _intent(row)

    async def begin(
        self, tx: Transaction, intent: Intent, step: Step, payload: Mapping[str, Any], until: datetime
    ) -> bool:
        """Write down that a call is about to be made; `until` is when it will be looked after, come what may.

        False when somebody else has begun it.
        """
        now = self._clock.now()
        if not await self._move(tx, intent, step, StepEvent.BEGIN, sent_at=now):
            return False
        await self._note(tx, intent, step, StepEvent.BEGIN, attempt=step.attempt + 1, sent=payload)
        await self.rest(tx, intent, intent.state, until, intent.trouble)
        return True

    async def settle(
        self, tx: Transaction, intent: Intent, step: Step, happened: Happened, payload: Mapping[str, Any]
    ) -> bool:
        """Write down what came of a call, with its receipt. False when it was settled otherwise meanwhile."""
        await self._note(tx, intent, step, happened.event, attempt=step.attempt, happened=happened)
        moved = await self._move(
            tx,
            intent,
            step,
            happened.event,
            failures=happened.failures,
            next_at=happened.next_at,
            trouble=happened.trouble,
        )
        if moved and happened.receipt is not None:
            receipt = happened.receipt
            named = self._named(
                intent_id=intent.id,
                name=step.name,
                vendor_id=receipt.vendor_id,
                answer=_answer(receipt.answer),
                seen_at=receipt.seen_at,
                payload_sha256=hashlib.sha256(canonical(payload)).digest(),
                found=happened.event is StepEvent.FOUND,
            )
            await tx.run(Q["add_receipt"], named)
        return moved

    async def rest(
        self,
        tx: Transaction,
        intent: Intent,
        state: IntentState,
        next_at: datetime | None,
        trouble: Blocked | None,
    ) -> None:
        """Say how an intent stands, and when it is gone on with."""
        await self._rest(tx, intent, state, next_at, trouble, done_at=None)

    async def arrive(self, tx: Transaction, intent: Intent, paper: Paper) -> None:
        """Everything but what may fail is there: the document is read-only."""
        now = self._clock.now()
        await self._papers.seal(tx, paper, intent.target, now)
        await self._rest(tx, intent, intent.state, intent.next_at, intent.trouble, done_at=now)

    async def _rest(
        self,
        tx: Transaction,
        intent: Intent,
        state: IntentState,
        next_at: datetime | None,
        trouble: Blocked | None,
        *,
        done_at: datetime | None,
    ) -> None:
        named = self._named(
            intent_id=intent.id, state=state.value, next_at=next_at, done_at=done_at, **_columns(trouble)
        )
        await tx.run(Q["rest_intent"], named)

    async def put_plan(
        self, tx: Transaction, intent: Intent, paper: Paper, wanted: Steps, merge: Merge
    ) -> None:
        """Plan what is wanted of a paper, leaving what is done."""
        # Beside what is there, what is added comes after it.
        position = {step.name: len(wanted.made) + index for index, step in enumerate(wanted.steps)}
        if merge.remove:
            await tx.run(Q["remove_steps"], self._named(intent_id=intent.id, names=Texts(merge.remove)))
        for step in merge.put:
            named = self._named(
                intent_id=intent.id,
                name=step.name,
                position=position[step.name],
                kind=step.kind,
                needs=Texts(step.needs),
                payload=_json(step.payload),
                best_effort=step.best_effort,
                version=paper.version,
            )
            await tx.run(Q["put_step"], named)
        named = self._named(intent_id=intent.id, version=paper.version, number=paper.number)
        await tx.run(Q["planned"], named)

    async def _move(
        self,
        tx: Transaction,
        intent: Intent,
        step: Step,
        event: StepEvent,
        *,
        failures: int | None = None,
        sent_at: datetime | None = None,
        next_at: datetime | None = None,
        trouble: Blocked | None = None,
    ) -> bool:
        before = states_before(event)
        (after,) = {TRANSITIONS[state][event] for state in before}
        named = self._named(
            intent_id=intent.id,
            name=step.name,
            attempt=step.attempt,
            begun=int(event is StepEvent.BEGIN),
            before=Texts(state.value for state in before),
            after=after.value,
            failures=step.failures if failures is None else failures,
            sent_at=sent_at,
            next_at=next_at,
            **_columns(trouble),
        )
        return await tx.run(Q["move_step"], named) == 1

    async def _note(
        self,
        tx: Transaction,
        intent: Intent,
        step: Step,
        event: StepEvent,
        *,
        attempt: int,
        sent: Mapping[str, Any] | None = None,
        happened: Happened | None = None,
    ) -> None:
        receipt, trouble = (happened.receipt, happened.trouble) if happened else (None, None)
        named = self._named(
            intent_id=intent.id,
            name=step.name,
            attempt=attempt,
            event=event.value,
            at=self._clock.now(),
            correlation_id=intent.correlation_id,
            sent=None if sent is None else _json(sent),
            answer=None if receipt is None else _answer(receipt.answer),
            code=trouble.code if trouble else None,
            cause=trouble.cause if trouble else None,
        )
        await tx.run(Q["add_attempt"], named)

    def _named(self, **named: Any) -> dict[str, Any]:
        return {"tenant_id": self._tenant_id, **named}


@dataclass(frozen=True, slots=True)
class _IntentRow:
    id: UUID
    document_kind: str
    document_id: UUID
    number: str
    project: str
    target: str
    state: str
    plan_due: bool
    planned_version: int | None
    sent_stands: bool
    next_at: datetime | None
    code: str | None
    cause: str | None
    owner: str | None
    action: str | None
    field: str | None
    fix: str | None
    wanted_by: str
    wanted_at: datetime
    trigger: str
    correlation_id: str
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class _StepRow:
    name: str
    kind: str
    needs: list[str]
    payload: dict[str, Any]
    best_effort: bool
    version: int
    state: str
    attempt: int
    failures: int
    sent_at: datetime | None
    next_at: datetime | None
    code: str | None
    cause: str | None
    owner: str | None
    action: str | None
    field: str | None
    fix: str | None
    vendor_id: str | None
    answer: dict[str, Any] | None
    seen_at: datetime | None


def _made(steps: Sequence[Step]) -> frozenset[str]:
    return frozenset(step.name for step in steps if step.state is StepState.DONE)


def _intent(row: _IntentRow) -> Intent:
    return Intent(
        id=row.id,
        document_kind=row.document_kind,
        document_id=row.document_id,
        number=row.number,
        project=row.project,
        target=row.target,
        state=IntentState(row.state),
        plan_due=row.plan_due,
        planned_version=row.planned_version,
        sent_stands=row.sent_stands,
        next_at=row.next_at,
        trouble=_trouble(row),
        wanted_by=row.wanted_by,
        wanted_at=row.wanted_at,
        trigger=row.trigger,
        correlation_id=row.correlation_id,
        done_at=row.done_at,
    )


def _step(row: _StepRow) -> Step:
    receipt = None
    if row.vendor_id is not None and row.seen_at is not None:
        receipt = Receipt(row.vendor_id, row.answer or {}, row.seen_at)
    return Step(
        planned=PlannedStep(row.name, row.kind, tuple(row.needs), row.payload, row.best_effort),
        state=StepState(row.state),
        attempt=row.attempt,
        failures=row.failures,
        version=row.version,
        sent_at=row.sent_at,
        next_at=row.next_at,
        trouble=_trouble(row),
        receipt=receipt,
    )


def _trouble(row: _IntentRow | _StepRow) -> Blocked | None:
    if row.code is None:
        return None
    owner = Owner(row.owner or Owner.NOBODY)
    return Blocked(row.code, row.cause or "", owner, row.action or "", row.field, row.fix)


_NO_TROUBLE: Final = dict.fromkeys(("code", "cause", "owner", "action", "field", "fix"))


def _columns(trouble: Blocked | None) -> dict[str, str | None]:
    if trouble is None:
        return dict(_NO_TROUBLE)
    return {
        "code": trouble.code,
        "cause": trouble.cause,
        "owner": trouble.owner.value,
        "action": trouble.action,
        "field": trouble.field,
        "fix": trouble.fix,
    }


def _json(value: Any) -> Json:
    return Json(canonical(value))


def _answer(value: Mapping[str, Any]) -> Json:
    # Proof must never be lost for what else the target said: it would be looked for for ever.
    try:
        return _json(dict(value))
    except UnstorableError as error:
        return _json({"unstorable": str(error)})
