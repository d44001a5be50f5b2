"""The rules of a company and what came of each, kept."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import UUID, uuid4

from tiebeam.identity.repository import People
from tiebeam.jobs.automations.model import (
    RULES_MAX,
    Action,
    ActionKind,
    BuiltIn,
    Draft,
    Firing,
    Happening,
    Progress,
    Result,
    Rule,
    Trigger,
    World,
)
from tiebeam.jobs.automations.shape import draft_of, shape_of
from tiebeam.jobs.boards.repository import Boards
from tiebeam.jobs.changes.repository import Changes
from tiebeam.jobs.model import Cause, Subject, What
from tiebeam.jobs.repository import Jobs
from tiebeam.kernel.canonical import canonical
from tiebeam.kernel.errors import BadInputError, Owner
from tiebeam.store.adapt import Json, Longs, Texts
from tiebeam.store.sql import queries
from tiebeam.store.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from datetime import datetime

    from tiebeam.jobs.automations.model import Event
    from tiebeam.jobs.boards.model import Board
    from tiebeam.kernel.clock import Clock
    from tiebeam.store.pool import Store

Q = queries("tiebeam.jobs.automations")

Within: TypeAlias = Transaction
"""A transaction of the tenant."""
LIMIT_MAX: Final = 500


class NoSuchRuleError(BadInputError):
    """There is no such rule, or it was removed."""

    code = "jobs.unknown_rule"
    owner = Owner.OFFICE


class ChangedRuleError(BadInputError):
    """Somebody else changed the rule meanwhile."""

    code = "jobs.rule_changed_meanwhile"


@dataclass(frozen=True, slots=True)
class _Row:
    id: UUID
    name: str
    enabled: bool
    built_in: str | None
    definition: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class _FiringRow:
    id: int
    rule_id: UUID
    change_id: int
    subject: str
    subject_id: UUID
    what: str
    cause_id: UUID
    hops: int
    at: datetime
    result: str
    acts: int
    detail: str
    rule_name: str


@dataclass(frozen=True, slots=True)
class RuledWork:
    """Everything of one tenant that rules read and write."""

    jobs: Jobs
    boards: Boards
    changes: Changes
    rules: Rules
    firings: Firings

    @classmethod
    def of(cls, store: Store, tenant_id: UUID, clock: Clock) -> RuledWork:
        """Return a tenant's."""
        boards = Boards(store, tenant_id, clock)
        return cls(
            Jobs(store, tenant_id, clock),
            boards,
            Changes(store, tenant_id),
            Rules(store, tenant_id, clock, boards),
            Firings(store, tenant_id, clock),
        )


class Rules:
    """The rules of one tenant. The two built-in ones are made when they are first asked for."""

    def __init__(
        self,
        store: Store,
        tenant_id: UUID,
        clock: Clock,
        boards: Boards,
        *,
        new_id: Callable[[], UUID] = uuid4,
    ) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._clock = clock
        self._boards = boards
        self._new_id = new_id

    async def all(self) -> list[Rule]:
        """Return every rule, those that were made first, first."""
        found = await self._read()
        missing = set(BuiltIn) - {one.built_in for one in found}
        return await self._with_built_in() if missing else found

    async def get(self, rule_id: UUID) -> Rule:
        """Return a rule. Raises NoSuchRuleError."""
        found = next((one for one in await self.all() if one.id == rule_id), None)
        if found is None:
            raise _unknown()
        return found

    async def add(self, draft: Draft) -> Rule:
        """Add a rule that was checked, enabled. Raises BadInputError when there are too many."""
        await self.all()
        async with self._store.transaction(self._tenant_id) as tx:
            if await tx.value(Q["count"], self._named()) >= RULES_MAX:
                raise BadInputError(
                    f"There are {RULES_MAX} rules already.", action="Remove those that nobody needs."
                )
            id_ = await self._add(tx, draft, None)
            return await self._held(tx, id_)

    async def change(
        self,
        rule_id: UUID,
        *,
        draft: Draft | None = None,
        enabled: bool | None = None,
        version: int | None = None,
    ) -> Rule:
        """Change a rule, or switch it on or off; nothing is written when nothing is changed.

        Raises ChangedRuleError when `version` is given and is not the one that counts; BadInputError.
        """
        async with self._store.transaction(self._tenant_id) as tx:
            rule = await self._held(tx, rule_id)
            if version is not None and version != rule.version:
                raise ChangedRuleError(
                    f"Somebody changed “{rule.name}” meanwhile.",
                    action="Look at it as it is now, and change it again.",
                )
            wanted = replace(
                rule,
                draft=rule.draft if draft is None else draft,
                enabled=rule.enabled if enabled is None else enabled,
            )
            return rule if wanted == rule else await self._change(tx, wanted)

    async def restore(self, rule_id: UUID) -> Rule:
        """Make a built-in rule what it was in the beginning, and switch it on. Raises BadInputError."""
        rule = await self.get(rule_id)
        if rule.built_in is None:
            raise BadInputError(
                f"“{rule.name}” is no rule that was there from the start.", action="Change it instead."
            )
        home = await self._boards.active_jobs()
        return await self.change(rule_id, draft=built_in_draft(rule.built_in, home), enabled=True)

    async def remove(self, rule_id: UUID) -> Rule:
        """Remove a rule, and return what it was; its log stays. Raises BadInputError for a built-in one."""
        async with self._store.transaction(self._tenant_id) as tx:
            rule = await self._held(tx, rule_id)
            if rule.built_in is not None:
                raise BadInputError(
                    f"“{rule.name}” keeps jobs and boards in step and cannot be removed.",
                    action="Switch it off instead.",
                )
            await tx.run(Q["remove"], self._named(id=rule_id, at=self._clock.now()))
        return rule

    async def world(self) -> World:
        """Return the boards and people that rules can name."""
        boards = await self._boards.all()
        async with self._store.transaction(self._tenant_id) as tx:
            people = await People(tx, self._tenant_id).all()
        return World(
            {one.id: one for one in boards},
            {one.id: one.name for one in people},
            frozenset(one.id for one in people if one.active),
        )

    async def _with_built_in(self) -> list[Rule]:
        home = await self._boards.active_jobs()
        async with self._store.transaction(self._tenant_id) as tx:
            for one in BuiltIn:
                await self._add(tx, built_in_draft(one, home), one)
        return await self._read()

    async def _read(self) -> list[Rule]:
        async with self._store.autocommit(self._tenant_id) as single:
            return [_rule(row) for row in await single.all(_Row, Q["rules"], self._named())]

    async def _add(self, tx: Transaction, draft: Draft, built_in: BuiltIn | None) -> UUID:
        id_ = self._new_id()
        named = self._named(
            id=id_,
            name=draft.name,
            built_in=built_in.value if built_in else None,
            definition=Json(canonical(shape_of(draft))),
            at=self._clock.now(),
        )
        await tx.run(Q["add"], named)
        return id_

    async def _change(self, tx: Transaction, rule: Rule) -> Rule:
        named = self._named(
            id=rule.id,
            name=rule.name,
            enabled=rule.enabled,
            definition=Json(canonical(shape_of(rule.draft))),
            at=self._clock.now(),
        )
        await tx.run(Q["change"], named)
        return await self._held(tx, rule.id)

    async def _held(self, tx: Transaction, rule_id: UUID) -> Rule:
        row = await tx.one(_Row, Q["hold"], self._named(id=rule_id))
        if row is None:
            raise _unknown()
        return _rule(row)

    def _named(self, **named: Any) -> dict[str, Any]:
        return {"tenant_id": self._tenant_id, **named}


class Firings:
    """What came of the rules of one tenant. Each is asked about a change once."""

    def __init__(self, store: Store, tenant_id: UUID, clock: Clock) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._clock = clock

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Within]:
        """Open one: what is done in it and the note of it are kept together, or neither."""
        async with self._store.transaction(self._tenant_id) as tx:
            yield tx

    async def begin(self, tx: Within, rule: Rule, event: Event) -> Progress:
        """Note that a rule is asked, or return how far it had come; held until the transaction ends."""
        named = self._named(
            rule_id=rule.id,
            change_id=event.id,
            subject=event.subject.value,
            subject_id=event.subject_id,
            what=event.what.value,
            cause_id=event.cause.id,
            hops=event.cause.hops,
            at=self._clock.now(),
        )
        ((result, acts, detail),) = await tx.rows(Q["begin"], named)
        return Progress(rule, event, Result(result), acts, detail)

    async def begin_all(self, tx: Within, wishes: Sequence[tuple[Rule, Event]]) -> list[Progress]:
        """Do what `begin` does for many at once; each rule and write once."""
        named = self._named(
            rule_ids=[rule.id for rule, _ in wishes],
            change_ids=Longs(event.id for _, event in wishes),
            subjects=Texts(event.subject.value for _, event in wishes),
            subject_ids=[event.subject_id for _, event in wishes],
            whats=Texts(event.what.value for _, event in wishes),
            cause_ids=[event.cause.id for _, event in wishes],
            hops=Longs(event.cause.hops for _, event in wishes),
            at=self._clock.now(),
        )
        found = {
            (rule_id, change_id): more for rule_id, change_id, *more in await tx.rows(Q["begin_all"], named)
        }
        told = [(rule, event, *found[rule.id, event.id]) for rule, event in wishes]
        return [Progress(rule, event, Result(result), *more) for rule, event, result, *more in told]

    async def reached_all(self, tx: Within, many: Sequence[Progress]) -> None:
        """Do what `reached` does for many at once."""
        if many:
            named = self._named(
                rule_ids=[one.rule.id for one in many],
                change_ids=Longs(one.event.id for one in many),
                results=Texts(one.result.value for one in many),
                acts=Longs(one.acts for one in many),
                details=Texts(one.detail for one in many),
                at=self._clock.now(),
            )
            await tx.run(Q["reached_all"], named)

    async def reached(self, tx: Within, progress: Progress) -> None:
        """Note how far a rule has come."""
        named = self._named(
            rule_id=progress.rule.id,
            change_id=progress.event.id,
            result=progress.result.value,
            acts=progress.acts,
            detail=progress.detail,
            at=self._clock.now(),
        )
        await tx.run(Q["reached"], named)

    async def lately(self) -> dict[UUID, int]:
        """Return how often each rule acted within the last minute."""
        named = self._named(since=self._clock.now() - timedelta(minutes=1))
        async with self._store.autocommit(self._tenant_id) as single:
            return dict(await single.rows(Q["lately"], named))

    async def find(
        self,
        *,
        rule_id: UUID | None = None,
        result: Result | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[Firing]:
        """Return what came of the rules, of one, or with one result, the newest first; `before` an id."""
        narrowed: dict[str, Any] = {}
        query = "firings"
        if rule_id is not None:
            query, narrowed = "of_rule", {"rule_id": rule_id}
        elif result is not None:
            query, narrowed = "with_result", {"result": result.value}
        named = self._named(before=before, limit=min(limit, LIMIT_MAX), **narrowed)
        async with self._store.autocommit(self._tenant_id) as single:
            return [_firing(row) for row in await single.all(_FiringRow, Q[query], named)]

    def _named(self, **named: Any) -> dict[str, Any]:
        return {"tenant_id": self._tenant_id, **named}


def built_in_draft(which: BuiltIn, home: Board) -> Draft:
    """Return what a built-in rule is in the beginning; on `home` every job has its item."""
    if which is BuiltIn.JOB_TO_BOARD:
        return Draft(
            "Put every job on the board",
            Trigger(Happening.JOB_TOUCHED),
            actions=(Action(ActionKind.SYNC_TO_BOARD),),
        )
    return Draft(
        "Put what is changed on the board on its job",
        Trigger(Happening.ITEM_TOUCHED, home.id),
        actions=(Action(ActionKind.SYNC_TO_JOB),),
    )


def _unknown() -> NoSuchRuleError:
    return NoSuchRuleError("There is no such rule.", action="Choose one of the list.")


def _rule(row: _Row) -> Rule:
    return Rule(
        id=row.id,
        draft=draft_of(row.name, row.definition),
        enabled=row.enabled,
        built_in=BuiltIn(row.built_in) if row.built_in else None,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _firing(row: _FiringRow) -> Firing:
    return Firing(
        id=row.id,
        rule_id=row.rule_id,
        change_id=row.change_id,
        subject=Subject(row.subject),
        subject_id=row.subject_id,
        what=What(row.what),
        cause=Cause(row.cause_id, row.hops),
        at=row.at,
        result=Result(row.result),
        acts=row.acts,
        detail=row.detail,
        rule_name=row.rule_name,
    )
