"""A job and its item on a board of ours, kept in step: both sides, the base and the log, or nothing."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from tests.link_sim.desk import Desk

from tiebeam.jobs.boards.model import ColumnKind, Label, NewColumn
from tiebeam.jobs.model import Cause, JobStatus
from tiebeam.kernel.errors import BadInputError
from tiebeam.link.pairs.model import (
    Answer,
    Asked,
    Kind,
    PairState,
    Rules,
    Ruling,
    Side,
)
from tiebeam.link.pairs.run import DecidedMeanwhileError, Linking
from tiebeam.operations.audit.model import Actor, ActorKind

if TYPE_CHECKING:
    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

ANNA = Actor(ActorKind.PERSON, str(UUID(int=1)), "Anna")
BEN = Actor(ActorKind.PERSON, str(UUID(int=2)), "Ben")


@pytest.fixture
def desk(store: Store, tenant: Tenant, clock: ManualClock) -> Desk:
    return Desk(store, tenant.id, clock)


@pytest.mark.req("L1")
async def test_a_job_gets_an_item_with_all_that_is_known_of_it(desk: Desk) -> None:
    lead = await desk.person("lead@alder.test")
    job = await desk.jobs.create(
        title="Roof", address="1 Elm St", lead_id=lead, starts_on=date(2026, 3, 4), actor=ANNA
    )
    (made,) = await desk.linking.sync_job(job.id, ANNA)
    item = await desk.item_of(job.id)
    assert made.made
    assert item.name == "Roof"
    assert item.values == {
        "status": "New",
        "lead": [str(lead)],
        "job": str(job.id),
        "address": "1 Elm St",
        "created": "2026-03-02",
        "starts": "2026-03-04",
    }
    assert (await desk.boards.get(item.board_id)).name == "Active Jobs"


@pytest.mark.req("L1", "L2")
async def test_what_is_changed_on_one_side_is_changed_on_the_other(desk: Desk) -> None:
    job, item = await desk.linked()
    await desk.jobs.change(job, {"title": "Roof, north", "status": JobStatus.SCHEDULED}, actor=ANNA)
    (found,) = await desk.linking.sync_job(job, ANNA)
    assert (found.to_item, found.to_job) == ({"title": "Roof, north", "status": "scheduled"}, {})
    assert (await desk.boards.item(item)).values["status"] == "Scheduled"
    lead = await desk.person("lead@alder.test")
    values = {"status": "Done", "lead": [str(lead)], "ends": "2026-05-01"}
    await desk.boards.change_item(item, values=values, actor=BEN)
    back = await desk.linking.sync_item(item, BEN)
    assert back.to_job == {"status": "done", "lead_id": str(lead), "ends_on": "2026-05-01"}
    after = await desk.jobs.get(job)
    assert (after.status, after.lead_id, after.ends_on) == (JobStatus.DONE, lead, date(2026, 5, 1))


@pytest.mark.req("L3")
async def test_nothing_is_written_when_nothing_has_changed(desk: Desk) -> None:
    job, item = await desk.linked()
    await desk.jobs.change(job, {"status": JobStatus.DONE}, actor=ANNA)
    await desk.linking.sync_job(job, ANNA)
    before = await desk.everything()
    for _ in range(3):
        (found,) = await desk.linking.sync_job(job, ANNA)
        assert (found.to_job, found.to_item, found.made) == ({}, {}, False)
        back = await desk.linking.sync_item(item, ANNA)
        assert (back.to_job, back.to_item, back.made) == ({}, {}, False)
    assert await desk.everything() == before


@pytest.mark.req("L3")
async def test_a_write_of_a_sync_bears_its_actor_and_its_cause(desk: Desk) -> None:
    job, item = await desk.linked()
    await desk.jobs.change(job, {"status": JobStatus.DONE}, actor=ANNA)
    cause = Cause(uuid4(), 3)
    await desk.linking.sync_job(job, Actor.system("rule Up"), cause)
    last = (await desk.changes_of(item))[0]
    assert (last.field, last.after, last.actor.name, last.cause) == ("status", "Done", "rule Up", cause)
    entry = (await desk.linking.log())[0]
    assert (entry.what, entry.by.name, entry.cause_id, entry.hops) == ("to_item", "rule Up", cause.id, 3)
    assert entry.fields == {"status": "done"}


@pytest.mark.req("L3")
async def test_of_two_different_edits_the_later_one_counts_and_can_be_undone(desk: Desk) -> None:
    job, item = await desk.linked()
    await desk.jobs.change(job, {"status": JobStatus.DONE}, actor=ANNA)
    desk.clock.advance(5)
    await desk.boards.change_item(item, values={"status": "On hold"}, actor=BEN)
    (found,) = await desk.linking.sync_job(job, ANNA)
    assert (found.to_job, found.conflicts) == ({"status": "on_hold"}, 0)
    (kept,) = await desk.linking.conflicts(only_open=False)
    assert (kept.state, kept.job, kept.item, kept.base) == (Ruling.ITEM, "done", "on_hold", "new")
    assert (kept.job_by, kept.item_by, kept.decided_by) == ("Anna", "Ben", "the rule")
    assert kept.job_at is not None
    assert kept.item_at is not None
    assert (kept.item_at - kept.job_at).total_seconds() == 5
    again = await desk.linking.undo(kept.id, ANNA)
    assert again.state is Ruling.OPEN
    assert await desk.statuses(job, item) == ("done", "On hold")
    assert (await desk.linking.sync_item(item, ANNA)).conflicts == 1
    assert await desk.statuses(job, item) == ("done", "On hold")
    settled = await desk.linking.settle(again.id, Side.JOB, ANNA)
    assert (settled.state, settled.decided_by) == (Ruling.JOB, "Anna")
    assert await desk.statuses(job, item) == ("done", "Done")
    assert await desk.linking.conflicts() == []


@pytest.mark.req("L3", "L6")
async def test_where_a_person_is_asked_nothing_is_overwritten_until_they_say(desk: Desk) -> None:
    job, item = await desk.linked()
    await desk.ask_about("status")
    await desk.jobs.change(job, {"status": JobStatus.DONE}, actor=ANNA)
    await desk.boards.change_item(item, name="Roof, south", values={"status": "On hold"}, actor=BEN)
    (found,) = await desk.linking.sync_job(job, ANNA)
    assert (found.conflicts, found.to_job, found.to_item) == (1, {"title": "Roof, south"}, {})
    assert await desk.statuses(job, item) == ("done", "On hold")
    (asked,) = await desk.linking.conflicts()
    assert (asked.kind, asked.job, asked.item, asked.job_by, asked.item_by) == (
        Kind.DIFFERS,
        "done",
        "on_hold",
        "Anna",
        "Ben",
    )
    await desk.boards.change_item(item, values={"status": "Cancelled"}, actor=BEN)
    await desk.linking.sync_item(item, BEN)
    (asked,) = await desk.linking.conflicts()
    assert asked.item == "cancelled"
    after = await desk.linking.settle(asked.id, Side.ITEM, ANNA)
    assert after.state is Ruling.ITEM
    assert await desk.statuses(job, item) == ("cancelled", "Cancelled")
    with pytest.raises(DecidedMeanwhileError):
        await desk.linking.settle(asked.id, Side.JOB, ANNA)
    await desk.linking.undo(asked.id, ANNA)
    assert await desk.statuses(job, item) == ("done", "Cancelled")


@pytest.mark.req("L3")
async def test_an_edit_that_makes_both_equal_answers_the_question(desk: Desk) -> None:
    job, item = await desk.linked()
    await desk.ask_about("status")
    await desk.jobs.change(job, {"status": JobStatus.DONE}, actor=ANNA)
    await desk.boards.change_item(item, values={"status": "On hold"}, actor=BEN)
    await desk.linking.sync_job(job, ANNA)
    await desk.boards.change_item(item, values={"status": "Done"}, actor=BEN)
    found = await desk.linking.sync_item(item, BEN)
    assert (found.conflicts, found.to_job, found.to_item) == (0, {}, {})
    (kept,) = await desk.linking.conflicts(only_open=False)
    assert (kept.state, kept.decided_by) == (Ruling.AGREED, "Ben")


async def test_what_was_decided_is_not_undone_once_it_was_changed_again(desk: Desk) -> None:
    job, item = await desk.linked()
    await desk.jobs.change(job, {"status": JobStatus.DONE}, actor=ANNA)
    await desk.boards.change_item(item, values={"status": "On hold"}, actor=BEN)
    await desk.linking.sync_job(job, ANNA)
    (kept,) = await desk.linking.conflicts(only_open=False)
    await desk.jobs.change(job, {"status": JobStatus.CANCELLED}, actor=ANNA)
    with pytest.raises(DecidedMeanwhileError):
        await desk.linking.undo(kept.id, ANNA)
    assert (await desk.jobs.get(job)).status is JobStatus.CANCELLED


@pytest.mark.req("L3")
async def test_a_label_that_no_status_has_is_asked_about_until_somebody_says_what_it_means(
    desk: Desk,
) -> None:
    job, item = await desk.linked()
    await desk.add_label("Waiting for glass")
    await desk.boards.change_item(item, values={"status": "Waiting for glass"}, actor=BEN)
    found = await desk.linking.sync_item(item, BEN)
    assert (found.to_job, found.to_item, found.conflicts) == ({}, {}, 1)
    (asked,) = await desk.linking.conflicts()
    assert (asked.kind, asked.item) == (Kind.UNMAPPED, "Waiting for glass")
    assert "“Waiting for glass”" in asked.sentence
    with pytest.raises(BadInputError, match="Waiting for glass"):
        await desk.linking.settle(asked.id, Side.ITEM, ANNA)
    board = await desk.boards.active_jobs()
    await desk.linking.choose(board.id, Rules(labels={"Waiting for glass": "on_hold"}))
    assert (await desk.linking.sync_item(item, BEN)).to_job == {"status": "on_hold"}
    assert await desk.linking.conflicts() == []
    assert await desk.statuses(job, item) == ("on_hold", "Waiting for glass")
    assert not (await desk.linking.sync_job(job, ANNA))[0].to_item


async def test_an_odd_label_can_be_replaced_by_the_status_of_the_job_and_given_back(desk: Desk) -> None:
    job, item = await desk.linked()
    await desk.add_label("Waiting")
    await desk.boards.change_item(item, values={"status": "Waiting"}, actor=BEN)
    await desk.linking.sync_item(item, BEN)
    (asked,) = await desk.linking.conflicts()
    await desk.linking.settle(asked.id, Side.JOB, ANNA)
    assert await desk.statuses(job, item) == ("new", "New")
    await desk.linking.undo(asked.id, ANNA)
    assert await desk.statuses(job, item) == ("new", "Waiting")


async def test_a_status_that_a_board_has_no_label_for_is_asked_about(desk: Desk) -> None:
    columns = [
        NewColumn("Status", ColumnKind.STATUS, (Label("New"), Label("On hold")), key="status"),
        NewColumn("Job", ColumnKind.LINK, key="job"),
    ]
    board = await desk.boards.create("Small", columns, actor=ANNA)
    job = await desk.jobs.create(title="Roof", actor=ANNA)
    item = await desk.boards.create_item(
        board.id, "Roof", values={"job": str(job.id), "status": "New"}, actor=ANNA
    )
    await desk.linking.sync_item(item.id, ANNA)
    await desk.jobs.change(job.id, {"status": JobStatus.DONE}, actor=ANNA)
    found = next(one for one in await desk.linking.sync_job(job.id, ANNA) if one.item_id == item.id)
    assert (found.to_item, found.conflicts) == ({}, 1)
    (asked,) = await desk.linking.conflicts()
    assert "has no label for “Done”" in asked.sentence
    assert await desk.statuses(job.id, item.id) == ("done", "New")
    await desk.linking.settle(asked.id, Side.ITEM, ANNA)
    assert await desk.statuses(job.id, item.id) == ("new", "New")


async def test_somebody_who_left_stays_where_they_are_and_goes_nowhere_new(desk: Desk) -> None:
    lead = await desk.person("lead@alder.test")
    job, item = await desk.linked(lead_id=lead)
    await desk.disable(lead)
    assert (await desk.linking.sync_item(item, BEN)).conflicts == 0
    other = await desk.jobs.create(title="Hall", actor=ANNA)
    made = await desk.item_of(other.id)
    await desk.jobs.change(job, {"title": "Roof 2"}, actor=ANNA)
    assert (await desk.linking.sync_job(job, ANNA))[0].to_item == {"title": "Roof 2"}
    assert (await desk.boards.item(item)).values["lead"] == [str(lead)]
    assert "lead" not in made.values


async def test_others_beside_the_lead_stay_when_the_lead_changes(desk: Desk) -> None:
    one, two, three = [await desk.person(f"{name}@alder.test") for name in ("one", "two", "three")]
    job, item = await desk.linked(lead_id=one)
    await desk.boards.change_item(item, values={"lead": [str(one), str(two)]}, actor=BEN)
    assert not (await desk.linking.sync_item(item, BEN)).to_job
    await desk.jobs.change(job, {"lead_id": three}, actor=ANNA)
    await desk.linking.sync_job(job, ANNA)
    assert (await desk.boards.item(item)).values["lead"] == [str(three), str(two)]
    await desk.jobs.change(job, {"lead_id": None}, actor=ANNA)
    await desk.linking.sync_job(job, ANNA)
    assert "lead" not in (await desk.boards.item(item)).values
    assert not (await desk.linking.sync_item(item, BEN)).to_job


async def test_what_the_other_side_refuses_is_asked_about_and_the_rest_is_written(desk: Desk) -> None:
    job, item = await desk.linked()
    long = "x" * 5000
    await desk.boards.change_item(item, values={"address": long, "status": "Done"}, actor=BEN)
    found = await desk.linking.sync_item(item, BEN)
    assert (found.to_job, found.conflicts) == ({"status": "done"}, 1)
    (asked,) = await desk.linking.conflicts()
    assert (asked.field, asked.item, asked.job) == ("address", long, "")
    assert "5,000" in asked.sentence
    assert not (await desk.linking.sync_item(item, BEN)).to_job
    assert len(await desk.linking.conflicts()) == 1
    assert (await desk.jobs.get(job)).address == ""


async def test_the_created_date_on_the_board_is_put_back(desk: Desk) -> None:
    _, item = await desk.linked()
    await desk.boards.change_item(item, values={"created": "2020-01-01"}, actor=BEN)
    assert (await desk.linking.sync_item(item, BEN)).to_item == {"created": "2026-03-02"}
    assert (await desk.boards.item(item)).values["created"] == "2026-03-02"


@pytest.mark.req("L2", "L7")
async def test_an_item_that_names_a_job_by_hand_becomes_its_item(desk: Desk) -> None:
    board = await desk.board("Snags")
    job = await desk.jobs.create(title="Roof", status=JobStatus.DONE, actor=ANNA)
    item = await desk.boards.create_item(board.id, "Roof", values={"job": str(job.id)}, actor=BEN)
    desk.clock.advance(60)
    await desk.boards.change_item(item.id, values={"status": "On hold"}, actor=BEN)
    found = await desk.linking.sync_item(item.id, BEN)
    assert (found.made, found.job_id, found.to_job) == (True, job.id, {"status": "on_hold"})
    other = await desk.boards.create_item(board.id, "Roof too", values={"job": str(job.id)}, actor=BEN)
    refused = await desk.linking.sync_item(other.id, BEN)
    assert not refused.made
    assert "another item on this board" in refused.note
    nobody = await desk.boards.create_item(board.id, "Hall", actor=BEN)
    assert (await desk.linking.sync_item(nobody.id, BEN)).note == "The item names no job."
    lost = await desk.boards.create_item(board.id, "Hall", values={"job": str(uuid4())}, actor=BEN)
    assert (await desk.linking.sync_item(lost.id, BEN)).note == "The item names a job that is not there."


async def test_an_item_that_names_the_job_already_is_taken_instead_of_another_one(desk: Desk) -> None:
    job = await desk.jobs.create(title="Roof", actor=ANNA)
    board = await desk.boards.active_jobs()
    item = await desk.boards.create_item(board.id, "The roof", values={"job": str(job.id)}, actor=BEN)
    (found,) = await desk.linking.sync_job(job.id, ANNA)
    assert found.item_id == item.id
    assert len(await desk.boards.items(board.id)) == 1


async def test_a_link_that_was_cleared_asks_and_each_answer_does_what_it_says(desk: Desk) -> None:
    for answer in Answer:
        job, item = await desk.linked()
        await desk.boards.change_item(item, values={"job": None}, actor=BEN)
        found = await desk.linking.sync_item(item, BEN)
        assert found.asked is Asked.LINK_CLEARED
        assert found.pair_id is not None
        before = await desk.everything()
        await desk.linking.sync_item(item, BEN)
        assert await desk.everything() == before
        await desk.linking.answer(found.pair_id, answer, ANNA)
        after = await desk.boards.item(item)
        assert after.values.get("job") == (str(job) if answer is Answer.KEEP else None)
        assert (after.deleted_at is not None) == (answer is Answer.DELETE)
        left = await desk.linking.pairs_of(job)
        assert [one.state for one in left] == ([PairState.LINKED] if answer is Answer.KEEP else [])
        with pytest.raises(DecidedMeanwhileError):
            await desk.linking.answer(found.pair_id, answer, ANNA)


@pytest.mark.parametrize("gone", list(Side))
async def test_a_deletion_on_one_side_asks_what_is_to_become_of_the_other(desk: Desk, gone: Side) -> None:
    for answer in Answer:
        job, item = await desk.linked()
        if gone is Side.JOB:
            await desk.jobs.delete(job, actor=ANNA)
            (found,) = await desk.linking.sync_job(job, ANNA)
        else:
            await desk.boards.delete_item(item, actor=ANNA)
            found = await desk.linking.sync_item(item, ANNA)
        assert found.asked is (Asked.JOB_DELETED if gone is Side.JOB else Asked.ITEM_DELETED)
        assert found.pair_id in {one.id for one in await desk.linking.asks()}
        assert found.pair_id is not None
        await desk.linking.answer(found.pair_id, answer, ANNA)
        deleted = {
            Side.JOB: (await desk.jobs.get(job)).deleted_at is not None,
            Side.ITEM: (await desk.boards.item(item)).deleted_at is not None,
        }
        wanted = {
            Answer.KEEP: {gone: False, gone.other: False},
            Answer.DELETE: {gone: True, gone.other: True},
            Answer.UNLINK: {gone: True, gone.other: False},
        }
        assert deleted == wanted[answer]
        assert await desk.linking.asks() == []
        if answer is not Answer.KEEP and not deleted[Side.JOB]:
            (later,) = await desk.linking.sync_job(job, ANNA)
            assert "parted" in later.note


async def test_what_was_deleted_and_restored_by_somebody_is_no_question_any_more(desk: Desk) -> None:
    job, item = await desk.linked()
    await desk.boards.delete_item(item, actor=BEN)
    await desk.linking.sync_item(item, BEN)
    await desk.boards.restore_item(item, actor=BEN)
    await desk.jobs.change(job, {"status": JobStatus.DONE}, actor=ANNA)
    (found,) = await desk.linking.sync_job(job, ANNA)
    assert (found.asked, found.to_item) == (None, {"status": "done"})


async def test_both_gone_is_the_end_of_it_without_a_question(desk: Desk) -> None:
    job, item = await desk.linked()
    await desk.boards.delete_item(item, actor=BEN)
    await desk.jobs.delete(job, actor=BEN)
    await desk.linking.sync_item(item, BEN)
    assert await desk.linking.asks() == []
    assert await desk.linking.pairs_of(job) == []


async def test_an_item_that_names_another_job_belongs_to_that_one(desk: Desk) -> None:
    first, item = await desk.linked()
    board = await desk.board("Snags")
    second = await desk.jobs.create(title="Hall", actor=ANNA)
    third = await desk.boards.create_item(board.id, "Hall", values={"job": str(first)}, actor=BEN)
    await desk.linking.sync_item(third.id, BEN)
    await desk.boards.change_item(third.id, values={"job": str(second.id)}, actor=BEN)
    found = await desk.linking.sync_item(third.id, BEN)
    assert (found.job_id, found.made) == (second.id, True)
    assert [one.item_ref for one in await desk.linking.pairs_of(first)] == [str(item)]


async def test_unlinked_both_stay_and_go_their_own_ways(desk: Desk) -> None:
    job, item = await desk.linked()
    (pair,) = await desk.linking.pairs_of(job)
    await desk.linking.unlink(pair.id, ANNA)
    await desk.linking.unlink(pair.id, ANNA)
    await desk.jobs.change(job, {"status": JobStatus.DONE}, actor=ANNA)
    (found,) = await desk.linking.sync_job(job, ANNA)
    assert "parted" in found.note
    assert await desk.statuses(job, item) == ("done", "New")
    assert "job" not in (await desk.boards.item(item)).values
    (anew,) = await desk.linking.sync_job(job, ANNA, anew=True)
    assert anew.made
    assert anew.item_id != item
    assert (await desk.linking.log(pair.id))[0].what == "unlinked"


@pytest.mark.req("L3", "L6")
async def test_what_is_there_already_is_suggested_and_linked(desk: Desk) -> None:
    board = await desk.boards.active_jobs()
    roof = await desk.jobs.create(title="Library roof, north", actor=ANNA)
    hall = await desk.jobs.create(title="Sports hall", actor=ANNA)
    for name in ("North library roof", f"Painting #{hall.number}", "Something else"):
        await desk.boards.create_item(board.id, name, actor=BEN)
    found = await desk.linking.suggestions()
    assert {(one.job.id, one.item.name) for one in found} == {
        (roof.id, "North library roof"),
        (hall.id, f"Painting #{hall.number}"),
    }
    for one in found:
        made = await desk.linking.link(one.job.id, one.item.id, ANNA)
        assert made.made
        with pytest.raises(BadInputError):
            await desk.linking.link(one.job.id, one.item.id, ANNA)
    assert await desk.linking.suggestions() == []
    assert {one.name for one in await desk.boards.items(board.id)} == {
        "Library roof, north",
        "Sports hall",
        "Something else",
    }


@pytest.mark.req("L3")
async def test_many_are_brought_in_step_in_the_same_few_statements(desk: Desk) -> None:
    jobs = await desk.jobs.create_all([{"title": f"Job {n}"} for n in range(300)], actor=ANNA)
    ids = [one.id for one in jobs]
    few = await desk.statements(desk.linking.batch(ids[:10], ANNA))
    many = await desk.statements(desk.linking.batch(ids, ANNA))
    assert many <= few + 3
    await desk.jobs.change_all({id_: {"status": JobStatus.DONE} for id_ in ids}, actor=ANNA)
    found = await desk.linking.batch(ids, ANNA)
    assert all(one.to_item == {"status": "done"} for many in found.values() for one in many)
    board = await desk.boards.active_jobs()
    assert {one.values["status"] for one in await desk.boards.items(board.id, limit=1000)} == {"Done"}
    before = await desk.everything()
    await desk.linking.batch(ids, ANNA)
    assert await desk.everything() == before


@pytest.mark.req("L3")
async def test_a_storm_over_three_boards_dies_out_in_one_round(desk: Desk) -> None:
    boards = [await desk.board(name) for name in ("Office", "Site", "Yard")]
    job, first = await desk.linked()
    items = [
        (
            await desk.boards.create_item(
                one.id, "Roof", values={"job": str(job), "status": "New"}, actor=BEN
            )
        ).id
        for one in boards
    ]
    for item in items:
        await desk.linking.sync_item(item, BEN)
    await desk.storm()
    await desk.boards.change_item(items[1], values={"status": "Done"}, actor=BEN)
    before = await desk.writes()
    rounds = await desk.storm()
    # The job and each of the other three items once, and a round of echoes that bring nothing about.
    assert await desk.writes() - before == 4
    assert rounds == 3
    for item in (first, *items):
        assert await desk.statuses(job, item) == ("done", "Done")


async def test_a_board_without_a_column_keeps_the_rest_in_step(desk: Desk) -> None:
    board = await desk.boards.create(
        "Small", [NewColumn("Job", ColumnKind.LINK), NewColumn("Status", ColumnKind.TEXT)], actor=ANNA
    )
    job = await desk.jobs.create(title="Roof", actor=ANNA)
    item = await desk.boards.create_item(board.id, "Roof", values={"job": str(job.id)}, actor=ANNA)
    await desk.linking.sync_item(item.id, ANNA)
    await desk.jobs.change(job.id, {"title": "Roof 2", "status": JobStatus.DONE}, actor=ANNA)
    await desk.linking.sync_job(job.id, ANNA)
    after = await desk.boards.item(item.id)
    assert (after.name, after.values.get("status")) == ("Roof 2", None)


async def test_of_another_company_nothing_is_seen(desk: Desk, store: Store) -> None:
    job, item = await desk.linked()
    other = Linking(store, (await desk.another_company()).id, desk.clock)
    with pytest.raises(BadInputError):
        await other.sync_job(job, ANNA)
    with pytest.raises(BadInputError):
        await other.sync_item(item, ANNA)
    assert await other.log() == []
    assert await other.pairs_of(job) == []
    (pair,) = await desk.linking.pairs_of(job)
    with pytest.raises(BadInputError):
        await other.unlink(pair.id, ANNA)
