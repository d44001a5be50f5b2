"""Jobs, kept: numbered, versioned, and nothing written that is so already."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from tests.factories.work import ANN, BOB, disable, person_on, work_on

from tiebeam.identity.repository import Tenants
from tiebeam.jobs.errors import ChangedMeanwhileError, DeletedWorkError, NoSuchJobError
from tiebeam.jobs.model import FIELDS, Cause, JobStatus, Subject, What
from tiebeam.kernel.errors import BadInputError

if TYPE_CHECKING:
    from tiebeam.identity.model import Tenant
    from tiebeam.jobs.changes.repository import Changes
    from tiebeam.jobs.model import Job
    from tiebeam.jobs.repository import Jobs
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("L1")


@pytest.fixture
def jobs(store: Store, tenant: Tenant) -> Jobs:
    return work_on(store, tenant.id)[0]


@pytest.fixture
def changes(store: Store, tenant: Tenant) -> Changes:
    return work_on(store, tenant.id)[2]


async def waiting_wishes(store: Store, tenant: Tenant) -> list[tuple[Any, ...]]:
    async with store.transaction(tenant.id) as tx:
        return await tx.rows(
            "select kind, key, serial_key, args from tiebeam.job where tenant_id = %(id)s", {"id": tenant.id}
        )


async def test_a_job_is_made_with_a_number_and_one_change_that_waits(
    jobs: Jobs, changes: Changes, store: Store, tenant: Tenant
) -> None:
    ann = await person_on(store, tenant.id, "Ann")
    made = await jobs.create(
        title="  Roof of  the library ",
        lead_id=ann,
        address="1 Elm St",
        starts_on=date(2026, 4, 1),
        actor=ANN,
    )
    assert (made.number, made.title, made.status, made.version) == (
        1,
        "Roof of the library",
        JobStatus.NEW,
        1,
    )
    assert await jobs.get(made.id) == made
    ((only,),) = await changes.waiting()
    assert (only.subject, only.subject_id, only.what, only.field) == (
        Subject.JOB,
        made.id,
        What.CREATED,
        None,
    )
    assert (only.version, only.actor, only.cause.hops, only.before) == (1, ANN, 0, None)
    assert only.after == {
        "number": 1,
        "title": "Roof of the library",
        "status": "new",
        "lead_id": str(ann),
        "address": "1 Elm St",
        "starts_on": "2026-04-01",
        "ends_on": None,
    }
    await jobs.create(title="Another", actor=ANN)
    assert await waiting_wishes(store, tenant) == [("work.react", "", "work.react", {})]


async def test_a_change_writes_a_row_a_field_and_one_version(
    jobs: Jobs, changes: Changes, clock: ManualClock
) -> None:
    made = await jobs.create(title="Roof", actor=ANN)
    clock.advance(60)
    cause = Cause(uuid4(), 2)
    wanted = {"status": "in_progress", "ends_on": "2026-05-01", "title": "Roof"}
    after = await jobs.change(made.id, wanted, actor=BOB, cause=cause)
    assert (after.version, after.status, after.ends_on) == (2, JobStatus.IN_PROGRESS, date(2026, 5, 1))
    assert (after.updated_at, after.created_at) == (clock.now(), made.created_at)
    assert await jobs.get(made.id) == after
    _, together = await changes.waiting()
    assert [(one.field, one.before, one.after) for one in together] == [
        ("status", "new", "in_progress"),
        ("ends_on", None, "2026-05-01"),
    ]
    assert {(one.actor, one.cause, one.version, one.at) for one in together} == {(BOB, cause, 2, clock.now())}


async def test_where_all_is_so_already_nothing_is_written(
    jobs: Jobs, changes: Changes, store: Store, tenant: Tenant
) -> None:
    made = await jobs.create(title="Roof", address="1 Elm St", actor=ANN)
    before = await changes.newest()
    async with store.transaction(tenant.id) as tx:
        await tx.run("delete from tiebeam.job where tenant_id = %(id)s", {"id": tenant.id})
    same = {name: getattr(made, name) for name in FIELDS}
    assert await jobs.change(made.id, same, actor=BOB) == made
    assert await jobs.restore(made.id, actor=BOB) == made
    assert await jobs.create(title="Other", id_=made.id, actor=BOB) == made
    assert await jobs.change_all({made.id: {}}, actor=BOB) == [made]
    assert await jobs.get(made.id) == made
    assert await changes.newest() == before
    assert await waiting_wishes(store, tenant) == []


async def test_what_was_changed_meanwhile_is_told_and_kept(jobs: Jobs) -> None:
    made = await jobs.create(title="Roof", actor=ANN)
    now = await jobs.change(made.id, {"title": "Roof A"}, version=1, actor=ANN)
    with pytest.raises(ChangedMeanwhileError, match="Roof A") as told:
        await jobs.change(made.id, {"title": "Roof B"}, version=1, actor=BOB)
    assert told.value.current == now
    with pytest.raises(ChangedMeanwhileError):
        await jobs.delete(made.id, version=1, actor=BOB)
    assert await jobs.get(made.id) == now


async def test_of_two_who_change_one_version_at_once_one_is_told(
    jobs: Jobs, changes: Changes, store: Store, tenant: Tenant
) -> None:
    made = await jobs.create(title="Roof", actor=ANN)
    all_there = asyncio.Barrier(6)

    async def change(number: int) -> Job:
        # Each within a transaction that has begun, or the first is through before the others are connected.
        async with store.transaction(tenant.id) as tx:
            await all_there.wait()
            return await jobs.change(made.id, {"title": f"Roof {number}"}, version=1, actor=ANN, tx=tx)

    tried = await asyncio.gather(*(change(number) for number in range(6)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in tried) == ["ChangedMeanwhileError"] * 5 + ["Job"]
    assert (await jobs.get(made.id)).version == 2
    assert len(await changes.of(Subject.JOB, made.id)) == 2


async def test_made_at_once_each_has_a_number_of_its_own(jobs: Jobs) -> None:
    made = await asyncio.gather(*(jobs.create(title=f"Job {n}", actor=ANN) for n in range(8)))
    assert sorted(one.number for one in made) == list(range(1, 9))


async def test_made_at_once_with_one_id_it_is_made_once(jobs: Jobs, changes: Changes) -> None:
    id_ = uuid4()
    made = await asyncio.gather(*(jobs.create(title="Roof", id_=id_, actor=ANN) for _ in range(4)))
    assert set(made) == {await jobs.get(id_)}
    assert len(await changes.waiting()) == 1


async def test_a_deleted_job_is_kept_and_can_be_restored(jobs: Jobs, changes: Changes) -> None:
    made = await jobs.create(title="Roof", actor=ANN)
    gone = await jobs.delete(made.id, actor=BOB)
    assert gone.deleted_at is not None
    assert await jobs.delete(made.id, actor=BOB) == gone
    assert await jobs.find() == []
    with pytest.raises(DeletedWorkError, match="Restore it"):
        await jobs.change(made.id, {"title": "x"}, actor=BOB)
    back = await jobs.restore(made.id, actor=ANN)
    assert (back.deleted_at, back.version) == (None, 3)
    whats = [
        (one.what, one.before is None, one.after is None) for one in await changes.of(Subject.JOB, made.id)
    ]
    assert whats == [
        (What.RESTORED, True, False),
        (What.DELETED, False, True),
        (What.CREATED, True, False),
    ]


async def test_somebody_who_left_stays_and_is_not_chosen_again(
    jobs: Jobs, store: Store, tenant: Tenant
) -> None:
    ann, bob = [await person_on(store, tenant.id, name) for name in ("Ann", "Bob")]
    made = await jobs.create(title="Roof", lead_id=ann, actor=ANN)
    await disable(store, tenant.id, ann)
    assert (await jobs.change(made.id, {"lead_id": ann, "title": "Roof 2"}, actor=BOB)).lead_id == ann
    assert (await jobs.change(made.id, {"lead_id": bob}, actor=BOB)).lead_id == bob
    with pytest.raises(BadInputError, match="has left"):
        await jobs.change(made.id, {"lead_id": ann}, actor=BOB)
    for unknown in (uuid4(), "nobody", 3):
        with pytest.raises(BadInputError, match="no such person"):
            await jobs.change(made.id, {"lead_id": unknown}, actor=BOB)


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"title": "  "}, "Title: it has 0 characters"),
        ({"title": "x" * 301}, "Title: it has 301"),
        ({"title": "a\0b"}, "Title: that is no text"),
        ({"title": 7}, "Title: that is no text"),
        ({"status": "gone"}, "Status: “gone” is none. Choose “new”"),
        ({"starts_on": "tomorrow"}, "Starts: “tomorrow” is no date"),
        ({"colour": "red"}, "A job has no “colour”"),
    ],
)
async def test_what_cannot_be_is_refused_in_a_sentence(jobs: Jobs, wanted: dict[str, Any], told: str) -> None:
    made = await jobs.create(title="Roof", actor=ANN)
    with pytest.raises(BadInputError, match=told):
        await jobs.change(made.id, wanted, actor=BOB)
    assert await jobs.get(made.id) == made


async def test_jobs_are_found_page_by_page(jobs: Jobs) -> None:
    made = await jobs.create_all(
        [{"title": f"Roof {n}", "status": "done" if n % 2 else "new", "address": "5% off"} for n in range(7)],
        actor=ANN,
    )
    assert [one.number for one in made] == [1, 2, 3, 4, 5, 6, 7]
    first = await jobs.find(limit=4)
    assert [one.number for one in first] == [7, 6, 5, 4]
    assert [one.number for one in await jobs.find(limit=4, after=4)] == [3, 2, 1]
    assert [one.number for one in await jobs.find(statuses=[JobStatus.DONE])] == [6, 4, 2]
    assert [one.number for one in await jobs.find("#3")] == [3]
    assert [one.number for one in await jobs.find("3")] == [4, 3]
    assert len(await jobs.find("5%")) == 7
    assert await jobs.find("5_") == []
    assert (await jobs.counts())[JobStatus.NEW] == 4


async def test_one_company_sees_nothing_of_another(
    jobs: Jobs, changes: Changes, store: Store, tenant: Tenant
) -> None:
    made = await jobs.create(title="Roof", actor=ANN)
    other = await Tenants(store).create("birch", "Birch Ltd")
    theirs, _, their_changes = work_on(store, other.id)
    with pytest.raises(NoSuchJobError):
        await theirs.get(made.id)
    with pytest.raises(NoSuchJobError):
        await theirs.change(made.id, {"title": "x"}, actor=BOB)
    assert (await theirs.find(), await their_changes.waiting(), await their_changes.newest()) == ([], [], 0)
    assert (await theirs.create(title="Barn", actor=BOB)).number == 1
    lead = await person_on(store, tenant.id, "Ann")
    with pytest.raises(BadInputError, match="no such person"):
        await theirs.create(title="Shed", lead_id=lead, actor=BOB)
    assert len(await changes.waiting()) == 1
