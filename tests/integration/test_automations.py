"""Rules at work on a database: asked once, stopped when they go round, failing alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from tiebeam.identity.repository import Tenants
from tiebeam.jobs.automations import plan
from tiebeam.jobs.automations.checks import checked
from tiebeam.jobs.automations.model import (
    Action,
    ActionKind,
    BuiltIn,
    Check,
    Condition,
    Draft,
    Happening,
    Result,
    Trigger,
)
from tiebeam.jobs.automations.plan import SYNC_HOPS_MAX
from tiebeam.jobs.automations.repository import ChangedRuleError, RuledWork
from tiebeam.jobs.automations.run import Automations
from tiebeam.jobs.automations.seeing import tried
from tiebeam.jobs.boards.model import ColumnKind, ItemEdit, Label, NewColumn, NewItem
from tiebeam.jobs.model import HOPS_MAX, Cause, JobStatus, Subject
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.audit.model import Actor
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from collections.abc import Collection

    from tiebeam.identity.model import Tenant
    from tiebeam.jobs.automations.model import Rule
    from tiebeam.jobs.automations.ports import Note
    from tiebeam.jobs.boards.model import Board, Item
    from tiebeam.kernel.clock import ManualClock

pytestmark = pytest.mark.req("L5")

K = ActionKind
MOST = 40
ME = Actor.command("ada")
COLUMNS = (
    NewColumn("Status", ColumnKind.STATUS, (Label("New"), Label("Open"), Label("Done", done=True))),
    NewColumn("Note", ColumnKind.TEXT),
    NewColumn("Job", ColumnKind.LINK),
)


class Killed(BaseException):
    """The process died."""


class Recorded:
    """Hands that write down what they are told to do."""

    def __init__(self) -> None:
        self.did: list[tuple[Any, ...]] = []
        self.batches: list[int] = []
        self.notes: list[Note] = []
        self.fault: BaseException | None = None
        self.says = "Done so."
        self.spoilt: UUID | None = None
        """With it among them, none of many is done."""

    def _do(self, *what: Any) -> str:
        if self.fault is not None:
            raise self.fault
        self.did.append(what)
        return self.says

    async def sync_to_board(self, job_ids: Collection[UUID], cause: Cause) -> dict[UUID, str]:
        if self.spoilt in job_ids:
            raise BadInputError("The job is spoilt.", action="Mend it.")
        self.batches.append(len(job_ids))
        return {id_: self._do("to_board", id_, cause.hops) for id_ in job_ids}

    async def sync_to_job(self, item_ids: Collection[UUID], cause: Cause) -> dict[UUID, str]:
        self.batches.append(len(item_ids))
        return {id_: self._do("to_job", id_, cause.hops) for id_ in item_ids}

    async def push_document(self, document: str, target: str, cause: Cause) -> str:
        return self._do("push", document, target, cause.hops)

    async def refresh_record(self, stream: str, record: str, cause: Cause) -> str:
        return self._do("refresh", stream, record, cause.hops)

    async def notify(self, note: Note) -> str:
        self.notes.append(note)
        return "It was said."


class Yard:
    """A company with a board of its own, and what asks its rules."""

    def __init__(self, store: Store, tenant_id: UUID, clock: ManualClock) -> None:
        self.clock = clock
        self.work = RuledWork.of(store, tenant_id, clock)
        self.hands = Recorded()
        self.asks = Automations(self.work, clock, self.hands)
        self.board: Board
        self.home: Board

    async def open(self) -> Yard:
        self.home = await self.work.boards.active_jobs()
        self.board = await self.work.boards.create("Punch list", COLUMNS, actor=ME)
        return self

    async def built_in(self, *, enabled: bool) -> None:
        for one in await self.work.rules.all():
            await self.work.rules.change(one.id, enabled=enabled)

    async def rule(
        self, trigger: Trigger, *actions: Action, conditions: tuple[Condition, ...] = (), name: str = "Mine"
    ) -> Rule:
        draft = Draft(name, trigger, conditions, actions)
        return await self.work.rules.add(checked(draft, await self.work.rules.world()))

    async def item(self, name: str = "Gutter", **values: Any) -> Item:
        return await self.work.boards.create_item(self.board.id, name, values=values, actor=ME)

    async def settle(self, limit: int = 200) -> dict[Result, int]:
        """Ask until nobody waits for an answer; return what came of it."""
        results: dict[Result, int] = {}
        while (reacted := await self.asks.react(limit)).answered:
            for result, count in reacted.results.items():
                results[result] = results.get(result, 0) + count
        return results

    def becomes(self, value: str) -> Trigger:
        return Trigger(Happening.COLUMN_BECOMES, self.board.id, ("status",), value)


def change_item(**values: Any) -> Action:
    return Action(K.CHANGE_ITEM, None, values)


@pytest.fixture
async def yard(store: Store, tenant: Tenant, clock: ManualClock) -> Yard:
    made = await Yard(store, tenant.id, clock).open()
    await made.built_in(enabled=False)
    return made


@pytest.mark.req("L1", "L2")
async def test_the_two_rules_of_the_start_ask_for_every_job_and_every_item_of_its_board(yard: Yard) -> None:
    await yard.built_in(enabled=True)
    job = await yard.work.jobs.create(title="Roof", actor=ME)
    item = await yard.work.boards.create_item(yard.home.id, "Roof", values={"job": str(job.id)}, actor=ME)
    await yard.item()
    assert await yard.settle() == {Result.DONE: 2}
    assert yard.hands.did == [("to_board", job.id, 1), ("to_job", item.id, 1)]
    await yard.work.jobs.delete(job.id, actor=ME)
    await yard.work.boards.delete_item(item.id, actor=ME)
    assert await yard.settle() == {Result.DONE: 2}
    assert yard.hands.did[2:] == [("to_board", job.id, 1), ("to_job", item.id, 1)]


@pytest.mark.req("L3")
async def test_what_is_answered_together_is_brought_in_step_once(yard: Yard) -> None:
    await yard.built_in(enabled=True)
    job = await yard.work.jobs.create(title="Roof", actor=ME)
    for title in ("Roof 2", "Roof 3"):
        await yard.work.jobs.change(job.id, {"title": title, "address": title}, actor=ME)
    yard.hands.says = ""
    assert await yard.settle() == {Result.SKIPPED: 3}
    assert len(yard.hands.did) == 1


async def test_rules_of_the_start_are_the_same_for_two_who_ask_first_and_cannot_be_lost(yard: Yard) -> None:
    rules = await yard.work.rules.all()
    assert [one.built_in for one in rules] == [BuiltIn.JOB_TO_BOARD, BuiltIn.ITEM_TO_JOB]
    first = rules[0]
    with pytest.raises(BadInputError, match="Switch it off"):
        await yard.work.rules.remove(first.id)
    changed = replace(first.draft, name="Renamed", conditions=(Condition("job.status", Check.IS, "Done"),))
    await yard.work.rules.change(first.id, draft=checked(changed, await yard.work.rules.world()))
    restored = await yard.work.rules.restore(first.id)
    assert (restored.draft, restored.enabled) == (first.draft, True)
    assert len(await yard.work.rules.all()) == 2


async def test_a_column_that_becomes_done_changes_the_job_of_the_item(yard: Yard) -> None:
    job = await yard.work.jobs.create(title="Roof", actor=ME)
    await yard.rule(
        yard.becomes("Done"),
        Action(K.CHANGE_JOB, None, {"status": "Done", "ends_on": "{today}", "address": "{item.name}: {who}"}),
    )
    item = await yard.item(job=str(job.id), status="Open")
    lone = await yard.item("Lone")
    await yard.settle()
    for one in (item, lone):
        await yard.work.boards.change_item(one.id, values={"status": "Done"}, actor=ME)
    assert await yard.settle() == {Result.DONE: 1, Result.SKIPPED: 1}
    after = await yard.work.jobs.get(job.id)
    assert (after.status, after.ends_on, after.address) == (
        JobStatus.DONE, yard.clock.now().date(), "Gutter: ada",
    )  # fmt: skip
    newest, oldest = await yard.work.firings.find()
    assert (oldest.result, oldest.detail) == (Result.DONE, f"Job #{job.number} was changed.")
    assert newest.detail == "Nothing had to be changed."
    change = (await yard.work.changes.of(Subject.JOB, job.id))[0]
    assert (change.actor.name, change.cause.hops) == ("rule Mine", 1)


async def test_a_job_makes_items_and_changes_those_that_name_it(yard: Yard) -> None:
    await yard.rule(
        Trigger(Happening.JOB_CREATED),
        Action(
            K.CREATE_ITEM, yard.board.id, {"name": "Walk {job.title}", "job": "{job.id}", "status": "New"}
        ),
    )
    await yard.rule(
        Trigger(Happening.JOB_CHANGED, fields=("status",)),
        Action(K.CHANGE_ITEM, yard.board.id, {"note": "{job.title} is {job.status}"}),
        conditions=(Condition("job.status", Check.ONE_OF, ["Done", "Cancelled"]),),
        name="Tell",
    )
    job = await yard.work.jobs.create(title="Roof", actor=ME)
    assert await yard.settle() == {Result.DONE: 1}
    await yard.work.jobs.change(job.id, {"status": "scheduled"}, actor=ME)
    assert await yard.settle() == {Result.SKIPPED: 1}
    (skipped,) = await yard.work.firings.find(result=Result.SKIPPED)
    assert skipped.detail == "It does not hold that job.status is one of Done, Cancelled."
    for fields in ({"title": "Big roof"}, {"status": "on_hold"}, {"status": "done"}):
        await yard.work.jobs.change(job.id, fields, actor=ME)
    assert await yard.settle() == {Result.SKIPPED: 1, Result.DONE: 1}
    (item,) = await yard.work.boards.items_linked(job.id)
    assert (item.name, item.values["note"]) == ("Walk Roof", "Big roof is Done")
    # What holds is looked at as things are when the rule acts: the first of the two changed the item already.
    assert [one.detail for one in await yard.work.firings.find(limit=2)] == [
        "Nothing had to be changed.",
        "“Walk Roof” was changed.",
    ]


async def test_what_is_done_elsewhere_is_told_with_its_values(yard: Yard) -> None:
    await yard.rule(
        yard.becomes("Done"),
        Action(K.PUSH_DOCUMENT, None, {"document": "{item.note}", "target": "procore"}),
        Action(K.REFRESH_RECORD, None, {"stream": "procore.rfis", "record": "17"}),
        Action(K.NOTIFY, None, {"text": "{item.name} is done"}),
        change_item(note="sent"),
    )
    item = await yard.item(status="Done", note="TM-0007")
    assert await yard.settle() == {Result.DONE: 1}
    assert yard.hands.did == [("push", "TM-0007", "procore", 1), ("refresh", "procore.rfis", "17", 1)]
    assert [(one.summary, one.wrong) for one in yard.hands.notes] == [("Gutter is done", False)]
    assert (await yard.work.boards.item(item.id)).values["note"] == "sent"
    (firing,) = await yard.work.firings.find()
    assert (firing.acts, firing.rule_name) == (4, "Mine")


async def test_nothing_is_written_when_all_is_so_already(yard: Yard) -> None:
    await yard.rule(yard.becomes("Done"), change_item(note="seen", status="Done"))
    await yard.item(status="Done", note="seen")
    before = await yard.work.changes.newest()
    assert await yard.settle() == {Result.SKIPPED: 1}
    assert await yard.work.changes.newest() == before


@pytest.mark.req("L3")
async def test_rules_that_go_round_end_and_say_so(yard: Yard) -> None:
    await yard.rule(yard.becomes("Open"), change_item(status="Done"), name="ping")
    pong = await yard.rule(yard.becomes("Done"), change_item(status="Open"), name="pong")
    await yard.item(status="Open")
    assert await yard.settle() == {Result.DONE: HOPS_MAX, Result.STOPPED: 1}
    (stopped,) = await yard.work.firings.find(result=Result.STOPPED)
    assert "in a circle" in stopped.detail
    (told,) = yard.hands.notes
    other = next(one for one in await yard.work.rules.all() if one.name == "ping")
    assert told.wrong
    assert told.key in {f"rule:{pong.id}", f"rule:{other.id}"}
    # What was changed stays changed, and people go on.
    await yard.item(status="New")
    assert await yard.settle() == {}


@pytest.mark.req("L3")
async def test_what_only_syncs_answers_beyond_a_circle_and_ends_too(yard: Yard) -> None:
    await yard.built_in(enabled=True)
    for hops in (HOPS_MAX, SYNC_HOPS_MAX - 1, SYNC_HOPS_MAX):
        await yard.work.jobs.create(title="Roof", actor=ME, cause=Cause(uuid4(), hops))
    assert await yard.settle() == {Result.DONE: 2, Result.STOPPED: 1}


async def test_a_rule_that_runs_wild_is_stopped_for_a_minute(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "FIRINGS_A_MINUTE_MAX", MOST)
    rule = await yard.rule(
        Trigger(Happening.ITEM_CREATED, yard.board.id), Action(K.NOTIFY, None, {"text": "New: {item.name}"})
    )
    many = [NewItem(f"Item {number}") for number in range(MOST + 3)]
    await yard.work.boards.put_items(yard.board.id, many, actor=ME)
    assert await yard.settle(limit=10) == {Result.DONE: MOST, Result.STOPPED: 3}
    alarms = [one for one in yard.hands.notes if one.wrong]
    assert {one.key for one in alarms} == {f"rule:{rule.id}"}
    assert "40 times within a minute" in alarms[0].summary
    yard.clock.advance(61)
    await yard.item()
    assert await yard.settle() == {Result.DONE: 1}


async def test_a_rule_that_fails_fails_alone_and_says_why(yard: Yard) -> None:
    await yard.rule(yard.becomes("Done"), change_item(note="{item.name}", job="{item.name}"), name="Bad")
    await yard.rule(yard.becomes("Done"), change_item(note="good"), name="Good")
    item = await yard.item(status="Done")
    assert await yard.settle() == {Result.FAILED: 1, Result.DONE: 1}
    (failed,) = await yard.work.firings.find(result=Result.FAILED)
    assert failed.rule_name == "Bad"
    assert "neither a job nor an address" in failed.detail
    # All of an action or nothing of it.
    assert (await yard.work.boards.item(item.id)).values["note"] == "good"


async def test_a_fault_of_ours_is_one_of_the_rule_too_and_shows_no_secret(yard: Yard) -> None:
    await yard.rule(yard.becomes("Done"), change_item(note="half"), Action(K.SYNC_TO_JOB))
    yard.hands.fault = ValueError("password=hunter2")
    await yard.item(status="Done")
    assert await yard.settle() == {Result.FAILED: 1}
    (failed,) = await yard.work.firings.find()
    assert failed.detail.startswith("“Gutter” was changed. Then: Tiebeam is at fault (ValueError)")
    assert "hunter2" not in failed.detail


async def test_a_column_or_a_board_that_is_gone_is_said(yard: Yard) -> None:
    await yard.rule(yard.becomes("Done"), change_item(status="{item.note}"), name="Lost")
    await yard.rule(
        yard.becomes("Done"), Action(K.CREATE_ITEM, yard.home.id, {"name": "{item.note}"}), name="Where"
    )
    await yard.work.boards.layout.remove_column(yard.board.id, "note", actor=ME)
    await yard.item(status="Done")
    assert await yard.settle() == {Result.FAILED: 2}
    details = [one.detail for one in await yard.work.firings.find()]
    assert all("nothing called item.note here any more" in one for one in details)


async def test_a_process_that_dies_leaves_nothing_done_twice_and_nothing_undone(
    yard: Yard, database_url: str, tenant: Tenant, clock: ManualClock
) -> None:
    """Each commit at which it can die is tried, from both sides, one after the other."""
    await yard.rule(
        yard.becomes("Done"),
        Action(K.CREATE_ITEM, yard.home.id, {"name": "After {item.name}"}),
        Action(K.SYNC_TO_JOB),
        Action(K.CREATE_JOB, None, {"title": "After {item.name}"}),
    )
    await yard.item(status="Done")
    deaths = 0
    while await _dies(database_url, tenant, clock, ("before commit", "commit")[deaths % 2], deaths // 2 + 1):
        deaths += 1
        assert deaths < 100, "it does not come to an end"
    assert deaths > 6
    await yard.settle()
    names = [one.name for one in await yard.work.boards.items(yard.home.id)]
    titles = [one.title for one in await yard.work.jobs.find()]
    assert (names, titles) == (["After Gutter"], ["After Gutter"])
    (firing,) = await yard.work.firings.find()
    assert (firing.result, firing.acts) == (Result.DONE, 3)


async def _dies(url: str, tenant: Tenant, clock: ManualClock, moment: str, nth: int) -> bool:
    """Ask the rules, and die at the n-th such moment; say whether it came to that."""
    left = nth

    async def look(name: str) -> None:
        nonlocal left
        left -= name == moment
        if not left:
            raise Killed

    store = await Store.open(url, clock=clock, after_statement=look)
    try:
        await Yard(store, tenant.id, clock).asks.react()
    except Killed:
        return True
    finally:
        left = -1
        await store.close()
    return False


async def test_two_who_ask_at_once_act_once(
    yard: Yard, store: Store, tenant: Tenant, clock: ManualClock
) -> None:
    await yard.rule(yard.becomes("Done"), Action(K.CREATE_JOB, None, {"title": "After {item.name}"}))
    await yard.work.boards.put_items(
        yard.board.id, [NewItem(f"I{number}", {"status": "Done"}) for number in range(20)], actor=ME
    )
    others = [Yard(store, tenant.id, clock) for _ in range(3)]
    await asyncio.gather(*(one.asks.react() for one in others))
    titles = sorted(one.title for one in await yard.work.jobs.find(limit=100))
    assert titles == sorted(f"After I{number}" for number in range(20))


async def test_a_rule_is_changed_by_one_at_a_time_and_its_log_outlives_it(yard: Yard) -> None:
    rule = await yard.rule(yard.becomes("Done"), change_item(note="x"))
    same = await yard.work.rules.change(rule.id, draft=rule.draft, enabled=True, version=1)
    assert same.version == 1
    off = await yard.work.rules.change(rule.id, enabled=False, version=1)
    assert (off.version, off.enabled) == (2, False)
    with pytest.raises(ChangedRuleError, match="Somebody changed"):
        await yard.work.rules.change(rule.id, enabled=True, version=1)
    await yard.item(status="Done")
    assert await yard.settle() == {}
    await yard.work.rules.change(rule.id, enabled=True)
    await yard.item(status="Done")
    await yard.settle()
    await yard.work.rules.remove(rule.id)
    await yard.item(status="Done")
    assert await yard.settle() == {}
    with pytest.raises(BadInputError, match="no such rule"):
        await yard.work.rules.get(rule.id)
    assert [one.rule_name for one in await yard.work.firings.find(rule_id=rule.id)] == ["Mine"]


async def test_a_rule_is_tried_on_what_happened_and_writes_nothing(yard: Yard) -> None:
    item = await yard.item(status="Open")
    await yard.item("Other", status="Done")
    await yard.work.boards.set_items([ItemEdit(item.id, values={"status": "Done"})], actor=ME)
    draft = Draft(
        "Try", yard.becomes("Done"), (Condition("item.name", Check.IS, "gutter"),),
        (change_item(note="{item.name}!"),),
    )  # fmt: skip
    before = await yard.work.changes.newest()
    found = await tried(yard.work, yard.clock, draft)
    assert [(one.called, one.result, one.said) for one in found] == [
        ("Gutter", Result.DONE, ("Change the item: note = Gutter!",)),
        ("Other", Result.SKIPPED, ("It does not hold that item.name is gutter.",)),
        ("Gutter", None, ()),
    ]
    lost = replace(draft, conditions=(), actions=(change_item(note="{item.colour}"),))
    assert (await tried(yard.work, yard.clock, lost))[0].result is Result.FAILED
    assert await yard.work.changes.newest() == before
    assert await yard.work.firings.find() == []


@pytest.mark.req("P21")
async def test_rules_of_one_company_are_nobody_elses(yard: Yard, store: Store, clock: ManualClock) -> None:
    other = await Yard(store, (await Tenants(store).create("birch", "Birch")).id, clock).open()
    rule = await yard.rule(yard.becomes("Done"), change_item(note="x"))
    await yard.item(status="Done")
    await yard.settle()
    assert rule.id not in {one.id for one in await other.work.rules.all()}
    for act in (other.work.rules.get, other.work.rules.remove, other.work.rules.restore):
        with pytest.raises(BadInputError, match="no such rule"):
            await act(rule.id)
    assert await other.work.firings.find() == []
    assert await other.settle() == {}


async def written(yard: Yard, count: int) -> list[UUID]:
    """Write so many jobs at once; return them."""
    made = await yard.work.jobs.create_all([{"title": f"Job {number}"} for number in range(count)], actor=ME)
    return [one.id for one in made]


@pytest.mark.req("L2", "L3")
async def test_what_one_write_asked_for_at_once_is_brought_in_step_at_once(yard: Yard) -> None:
    await yard.built_in(enabled=True)
    ids = await written(yard, 30)
    lone = await yard.work.jobs.create(title="Alone", actor=ME)
    assert await yard.settle(20) == {Result.DONE: 31}
    assert yard.hands.batches == [20, 10, 1], "one for each page, and one for each cause"
    assert yard.hands.did == [("to_board", id_, 1) for id_ in [*ids, lone.id]]
    firings = await yard.work.firings.find(limit=100)
    assert len({(one.rule_id, one.change_id) for one in firings}) == len(firings) == 31
    assert {one.detail for one in firings} == {"Done so."}
    assert await yard.settle() == {}


@pytest.mark.req("L2")
async def test_conditions_and_circles_count_for_each_of_many(yard: Yard) -> None:
    await yard.rule(
        Trigger(Happening.JOB_TOUCHED),
        Action(K.SYNC_TO_BOARD),
        conditions=(Condition("job.status", Check.IS, "Done"),),
    )
    ids = await written(yard, 6)
    await yard.work.jobs.change_all({id_: {"status": JobStatus.DONE} for id_ in ids[:2]}, actor=ME)
    late = Cause(uuid4(), SYNC_HOPS_MAX)
    await yard.work.jobs.change_all({id_: {"address": "x"} for id_ in ids[:2]}, actor=ME, cause=late)
    assert await yard.settle() == {Result.DONE: 2, Result.SKIPPED: 6, Result.STOPPED: 2}
    assert yard.hands.did == [("to_board", id_, 1) for id_ in ids[:2]]
    assert len(yard.hands.notes) == 1, "that it runs wild is said once"


async def test_what_other_rules_do_in_between_keeps_its_place(yard: Yard) -> None:
    await yard.built_in(enabled=True)
    await yard.rule(
        Trigger(Happening.JOB_CREATED),
        Action(K.NOTIFY, None, {"text": "{job.title}"}),
        conditions=(Condition("job.title", Check.CONTAINS, "3"),),
    )
    await yard.work.jobs.create_all([{"title": f"Job {number}"} for number in range(5)], actor=ME)
    await yard.settle()
    assert [one.summary for one in yard.hands.notes] == ["Job 3"]
    assert len(yard.hands.did) == 5


async def test_one_of_many_that_cannot_be_brought_in_step_fails_alone(yard: Yard) -> None:
    await yard.built_in(enabled=True)
    ids = await written(yard, 5)
    yard.hands.spoilt = ids[2]
    assert await yard.settle() == {Result.DONE: 4, Result.FAILED: 1}
    assert {did[1] for did in yard.hands.did} == set(ids) - {ids[2]}
    (failed,) = await yard.work.firings.find(result=Result.FAILED)
    assert (failed.subject_id, "is spoilt" in failed.detail) == (ids[2], True)
    assert await yard.settle() == {}


async def test_who_dies_amid_many_leaves_nothing_undone_and_notes_each_once(
    yard: Yard, database_url: str, tenant: Tenant, clock: ManualClock
) -> None:
    await yard.built_in(enabled=True)
    ids = await written(yard, 4)
    deaths = 0
    while await _dies(database_url, tenant, clock, ("before commit", "commit")[deaths % 2], deaths // 2 + 1):
        deaths += 1
        assert deaths < 30, "it does not come to an end"
    assert deaths > 3
    await yard.settle()
    firings = await yard.work.firings.find(limit=100)
    assert {one.subject_id for one in firings} == set(ids)
    assert [one.result for one in firings] == [Result.DONE] * 4
