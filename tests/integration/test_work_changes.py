"""What was done waits until it is answered: nothing is lost, and nothing is answered twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from tests.factories.work import ANN, BOB, work_on

from tiebeam.jobs.model import Subject, What
from tiebeam.store.errors import AccessDeniedError

if TYPE_CHECKING:
    from tiebeam.identity.model import Tenant
    from tiebeam.jobs.boards.repository import Boards
    from tiebeam.jobs.changes.repository import Changes
    from tiebeam.jobs.model import Change
    from tiebeam.jobs.repository import Jobs
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("L3")


@pytest.fixture
def work(store: Store, tenant: Tenant) -> tuple[Jobs, Boards, Changes]:
    return work_on(store, tenant.id)


def ids_of(writes: list[tuple[Change, ...]]) -> list[int]:
    return [one.id for write in writes for one in write]


async def test_what_one_write_changed_is_answered_together(work: tuple[Jobs, Boards, Changes]) -> None:
    jobs, _, changes = work
    made = await jobs.create(title="Roof", actor=ANN)
    for title in ("A", "B"):
        await jobs.change(made.id, {"title": title, "address": title, "status": "done"}, actor=BOB)
    whole = await changes.waiting()
    assert [[one.field for one in write] for write in whole] == [
        [None],
        ["title", "status", "address"],
        ["title", "address"],
    ]
    assert ids_of(whole) == sorted(ids_of(whole))
    for limit, writes in ((1, 1), (2, 2), (4, 2), (5, 3), (100, 3)):
        assert await changes.waiting(limit) == whole[:writes]


async def test_a_change_is_answered_once(work: tuple[Jobs, Boards, Changes], store: Store) -> None:
    jobs, _, changes = work
    await jobs.create_all([{"title": f"Job {n}"} for n in range(3)], actor=ANN)
    one, two, three = ids_of(await changes.waiting())
    now = store.clock.now()
    assert await changes.answered([two, one], now) == [one, two]
    assert await changes.answered([two, three], now + timedelta(hours=1)) == [three]
    assert await changes.waiting() == []
    assert [one.what for one in await changes.latest()] == [What.CREATED] * 3


async def test_two_who_answer_at_once_never_hold_the_same(
    work: tuple[Jobs, Boards, Changes], store: Store, tenant: Tenant
) -> None:
    jobs, _, changes = work
    await jobs.create_all([{"title": f"Job {n}"} for n in range(150)], actor=ANN)
    answered: list[int] = []

    async def answer() -> None:
        while True:
            async with store.transaction(tenant.id) as tx:
                mine = ids_of(await changes.waiting(10, tx=tx, hold=True))
                await asyncio.sleep(0)
                assert await changes.answered(mine, store.clock.now(), tx=tx) == mine
            if not mine:
                return
            answered.extend(mine)

    await asyncio.gather(*(answer() for _ in range(4)))
    # Who finds the rest held by others stops; what is left then is answered by the next one.
    await answer()
    assert sorted(answered) == list(range(min(answered), min(answered) + 150))


async def test_what_was_not_committed_is_answered_again(
    work: tuple[Jobs, Boards, Changes], store: Store, tenant: Tenant
) -> None:
    jobs, _, changes = work
    await jobs.create(title="Roof", actor=ANN)

    async def interrupted() -> None:
        async with store.transaction(tenant.id) as tx:
            await changes.answered(ids_of(await changes.waiting(tx=tx, hold=True)), store.clock.now(), tx=tx)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await interrupted()
    assert len(await changes.waiting()) == 1


async def test_a_write_of_a_job_and_an_item_is_one_or_none(
    work: tuple[Jobs, Boards, Changes], store: Store, tenant: Tenant
) -> None:
    jobs, boards, changes = work
    board = await boards.active_jobs()

    async def interrupted() -> None:
        async with store.transaction(tenant.id) as tx:
            made = await jobs.create(title="Roof", actor=ANN, tx=tx)
            await boards.create_item(board.id, "Roof", values={"job": made.id}, actor=ANN, tx=tx)
            assert (await jobs.get(made.id, tx=tx, lock=True)).number == 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await interrupted()
    assert (await jobs.find(), await boards.items(board.id), await changes.waiting()) == ([], [], [])


async def test_who_writes_both_in_whatever_order_waits_for_nobody_in_a_circle(
    work: tuple[Jobs, Boards, Changes], store: Store, tenant: Tenant
) -> None:
    jobs, boards, changes = work
    board = await boards.active_jobs()
    job = await jobs.create(title="Roof", actor=ANN)
    item = await boards.create_item(board.id, "Roof", actor=ANN)

    async def both(number: int) -> None:
        async with store.transaction(tenant.id) as tx:
            steps: list[Any] = [
                lambda: jobs.change(job.id, {"title": f"Roof {number}"}, actor=ANN, tx=tx),
                lambda: boards.change_item(item.id, name=f"Roof {number}", actor=ANN, tx=tx),
            ]
            for step in steps if number % 2 else reversed(steps):
                await step()
                await asyncio.sleep(0)

    await asyncio.gather(*(both(number) for number in range(12)))
    ended = (await jobs.get(job.id)).title, (await boards.item(item.id)).name
    assert ended[0] == ended[1]
    ids = [one.id for one in await changes.since(0)]
    assert len(ids) == 2 + 2 * 12
    assert (await jobs.get(job.id)).version == 13


async def test_the_activity_is_read_page_by_page(work: tuple[Jobs, Boards, Changes]) -> None:
    jobs, boards, changes = work
    job = await jobs.create(title="0", actor=ANN)
    item = await boards.create_item((await boards.active_jobs()).id, "Roof", actor=BOB)
    for number in range(1, 6):
        await jobs.change(job.id, {"title": str(number)}, actor=ANN)
    first = await changes.of(Subject.JOB, job.id, limit=4)
    rest = await changes.of(Subject.JOB, job.id, limit=4, before=first[-1].id)
    assert [one.after for one in first] == ["5", "4", "3", "2"]
    assert [one.what for one in rest] == [What.CHANGED, What.CREATED]
    (told,) = await changes.of(Subject.ITEM, item.id)
    assert (told.actor, told.board_id) == (BOB, item.board_id)
    assert [one.id for one in await changes.latest(limit=2)] == [one.id for one in first[:2]]
    newest = await changes.newest()
    assert newest == first[0].id
    assert [one.id for one in await changes.since(first[2].id)] == [first[1].id, newest]
    assert await changes.since(newest) == []


@pytest.mark.parametrize(
    "attempt",
    [
        "delete from tiebeam.work_change",
        "truncate tiebeam.work_change",
        "update tiebeam.work_change set after = '1'",
        "delete from tiebeam.work_job",
        "delete from tiebeam.work_item",
    ],
)
async def test_what_was_done_cannot_be_undone(
    work: tuple[Jobs, Boards, Changes], store: Store, tenant: Tenant, attempt: str
) -> None:
    jobs, _, changes = work
    await jobs.create(title="Roof", actor=ANN)
    with pytest.raises(AccessDeniedError):
        async with store.transaction(tenant.id) as tx:
            await tx.run(attempt)
    assert len(await changes.latest()) == 1


@pytest.mark.parametrize("attempt", ["delete from tiebeam.work_change", "truncate tiebeam.work_change"])
async def test_not_even_by_the_owner_of_the_tables(
    work: tuple[Jobs, Boards, Changes], owner_url: str, tenant: Tenant, attempt: str
) -> None:
    await work[0].create(title="Roof", actor=ANN)
    async with await psycopg.AsyncConnection.connect(owner_url, autocommit=True) as owner:
        await owner.execute(b"select set_config('tiebeam.tenant', %s, false)", (str(tenant.id),))
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only ever added to"):
            await owner.execute(attempt.encode())
