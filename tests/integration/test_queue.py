"""What the queue promises, tried on the database a turn at a time, in virtual time."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tiebeam.identity.repository import Tenants
from tiebeam.operations.queue.model import Blocked, Dead, Done, Job, NewJob, RetryAt, Snooze
from tiebeam.operations.queue.plan import Verdict, verdict
from tiebeam.operations.queue.repository import Claims, Entry, Queue
from tiebeam.store.errors import WallBreachedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.operations.queue.model import Outcome
    from tiebeam.store.pool import Store

MINUTE = timedelta(minutes=1)


class Bench:
    """A queue, and one worker that takes and tells by hand."""

    def __init__(self, store: Store, clock: ManualClock, worker: int) -> None:
        self.queue = Queue(store, clock)
        self.claims = Claims(store, clock)
        self.worker = worker

    async def take(
        self, capacity: int = 10, *, tenant_max: int = 100, kinds: Sequence[str] = ("sync", "push")
    ) -> list[Job]:
        _, jobs = await self.claims.turn(self.worker, [], capacity, tenant_max=tenant_max, kinds=kinds)
        return jobs

    async def tell(self, told: Iterable[tuple[Job, Outcome]], capacity: int = 0) -> list[Job]:
        ended = [verdict(job, outcome) for job, outcome in told]
        left, jobs = await self.claims.turn(
            self.worker, ended, capacity, tenant_max=100, kinds=["sync", "push"]
        )
        assert left == set()
        return jobs

    async def states(self, tenant_id: UUID) -> list[tuple[str, str]]:
        return [(entry.key, entry.state) for entry in await self.queue.history(tenant_id)]

    async def only(self, tenant_id: UUID) -> Entry:
        (entry,) = await self.queue.history(tenant_id)
        return entry


@pytest.fixture
async def bench(store: Store, clock: ManualClock) -> Bench:
    return Bench(store, clock, await Claims(store, clock).join("first"))


@pytest.fixture
async def other(store: Store) -> Tenant:
    return await Tenants(store).create("birch", "Birch Ltd")


def sync(key: str = "a", **more: Any) -> NewJob:
    return NewJob("sync", key, more.pop("args", {}), **more)


def keys(jobs: Iterable[Job]) -> list[str]:
    return [job.key for job in jobs]


@pytest.mark.req("Q1", "Q2")
async def test_what_waits_is_not_queued_twice_and_what_is_done_can_be_again(
    bench: Bench, tenant: Tenant, clock: ManualClock
) -> None:
    assert await bench.queue.enqueue(tenant.id, [sync(args={"page": 1})]) == 1
    assert await bench.queue.enqueue(tenant.id, [sync(args={"page": 1})]) == 0
    assert await bench.queue.enqueue(tenant.id, []) == 0
    (job,) = await bench.take()
    assert job == Job(job.id, tenant.id, "sync", "a", {"page": 1}, 1, clock.now())
    assert await bench.states(tenant.id) == [("a", "processing")]
    assert await bench.tell([(job, Done())], capacity=10) == []
    assert await bench.states(tenant.id) == [("a", "completed")]
    assert await bench.queue.enqueue(tenant.id, [sync()]) == 1
    assert keys(await bench.take()) == ["a"]


async def test_one_queued_while_it_runs_runs_once_more_with_the_latest_wish(
    bench: Bench, tenant: Tenant
) -> None:
    await bench.queue.enqueue(tenant.id, [sync(args={"page": 1})])
    (job,) = await bench.take()
    assert await bench.queue.enqueue(tenant.id, [sync(args={"page": 2})]) == 1
    assert await bench.queue.enqueue(tenant.id, [sync(args={"page": 2})]) == 0
    assert await bench.take() == [], "never beside itself"
    (again,) = await bench.tell([(job, Done())], capacity=10)
    assert (again.id, again.args, again.attempt) == (job.id, {"page": 2}, 1)
    assert await bench.tell([(again, Done())], capacity=10) == []
    assert await bench.states(tenant.id) == [("a", "completed")] * 2


async def test_what_is_enqueued_in_a_transaction_is_there_when_that_commits_and_not_otherwise(
    bench: Bench, store: Store, tenant: Tenant
) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the fault belongs inside the transaction
        async with store.transaction(tenant.id) as tx:
            assert await bench.queue.enqueue(tenant.id, [sync("lost")], tx=tx) == 1
            raise ZeroDivisionError
    async with store.transaction(tenant.id) as tx:
        await bench.queue.enqueue(tenant.id, [sync("kept")], tx=tx)
        assert await bench.take() == []
    assert keys(await bench.take()) == ["kept"]


async def test_an_open_transaction_that_touches_a_job_stops_nobody_else(
    bench: Bench, store: Store, tenant: Tenant
) -> None:
    await bench.queue.enqueue(tenant.id, [sync("a"), sync("b"), sync("c")])
    first, second = await bench.take(2)
    async with store.transaction(tenant.id) as tx:
        await bench.queue.enqueue(tenant.id, [sync("a"), sync("c", priority=3)], tx=tx)
        ended = [verdict(first, Done()), verdict(second, Done())]
        left, jobs = await bench.claims.turn(bench.worker, ended, 10, tenant_max=9, kinds=["sync"])
        assert (left, jobs) == ({first.id}, []), "told again later"
    jobs = await bench.tell([(first, Done())], capacity=10)
    assert keys(jobs) == ["c", "a"]


async def test_priority_and_not_before(bench: Bench, tenant: Tenant, clock: ManualClock) -> None:
    now = clock.now()
    await bench.queue.enqueue(
        tenant.id,
        [
            sync("low", priority=-1),
            sync("mid"),
            sync("high", priority=5),
            sync("later", not_before=now + MINUTE),
        ],
    )
    assert keys(await bench.take()) == ["high", "mid", "low"]
    clock.advance(59)
    assert await bench.take() == []
    clock.advance(1)
    assert keys(await bench.take()) == ["later"]


async def test_a_wish_for_now_brings_forward_what_waits_for_later(
    bench: Bench, tenant: Tenant, clock: ManualClock
) -> None:
    await bench.queue.enqueue(tenant.id, [sync(not_before=clock.now() + MINUTE)])
    assert await bench.queue.enqueue(tenant.id, [sync(not_before=clock.now() + 2 * MINUTE)]) == 0
    assert await bench.take() == []
    assert await bench.queue.enqueue(tenant.id, [sync(priority=2)]) == 1
    assert keys(await bench.take()) == ["a"]


@pytest.mark.req("Q2", "Q6")
async def test_errors_are_kept_and_what_failed_waits_for_its_time(
    bench: Bench, tenant: Tenant, clock: ManualClock
) -> None:
    await bench.queue.enqueue(tenant.id, [sync()])
    (job,) = await bench.take()
    await bench.tell([(job, RetryAt(clock.now() + MINUTE, "no answer"))])
    entry = await bench.only(tenant.id)
    assert (entry.state, entry.attempts, entry.error) == ("pending", 1, "no answer")
    assert await bench.queue.enqueue(tenant.id, [sync()]) == 0, "a schedule does not cut a back-off short"
    assert await bench.take() == []
    clock.advance(60)
    (job,) = await bench.take()
    assert job.attempt == 2
    await bench.tell([(job, Dead("refused"))])
    entry = await bench.only(tenant.id)
    assert (entry.state, entry.attempts, entry.error) == ("failed", 2, "refused")
    assert [(error["attempt"], error["why"]) for error in entry.errors] == [(1, "no answer"), (2, "refused")]


async def test_only_the_last_ten_errors_are_kept(bench: Bench, tenant: Tenant, clock: ManualClock) -> None:
    await bench.queue.enqueue(tenant.id, [sync()])
    for number in range(1, 16):
        (job,) = await bench.take()
        await bench.tell([(job, RetryAt(clock.now(), f"fault {number}"))])
    entry = await bench.only(tenant.id)
    assert [error["attempt"] for error in entry.errors] == list(range(6, 16))


@pytest.mark.req("Q3")
async def test_a_person_can_have_it_now_back_off_or_not(
    bench: Bench, tenant: Tenant, clock: ManualClock
) -> None:
    await bench.queue.enqueue(tenant.id, [sync("a"), sync("b")])
    later = clock.now() + 60 * MINUTE
    await bench.tell([(job, RetryAt(later, "no answer")) for job in await bench.take()])
    assert await bench.queue.trigger(tenant.id, [sync("b")]) == 1
    assert keys(await bench.take()) == ["b"]
    assert await bench.queue.hasten(tenant.id) == 1
    assert await bench.queue.hasten(tenant.id) == 0
    assert keys(await bench.take()) == ["a"]


async def test_a_snooze_is_no_attempt(bench: Bench, tenant: Tenant, clock: ManualClock) -> None:
    await bench.queue.enqueue(tenant.id, [sync()])
    for _ in range(3):
        (job,) = await bench.take()
        assert job.attempt == 1
        await bench.tell([(job, Snooze(clock.now() + MINUTE))])
        clock.advance(60)
    assert (await bench.only(tenant.id)).errors == []


async def test_a_blocked_job_waits_for_a_person_and_runs_when_queued_again(
    bench: Bench, tenant: Tenant, clock: ManualClock
) -> None:
    await bench.queue.enqueue(tenant.id, [sync()])
    (job,) = await bench.take()
    await bench.tell([(job, Blocked("Reconnect Procore."))])
    clock.advance(86_400)
    assert await bench.take() == []
    entry = await bench.only(tenant.id)
    assert (entry.state, entry.error) == ("blocked", "Reconnect Procore.")
    assert await bench.queue.enqueue(tenant.id, [sync()]) == 1
    assert [job.attempt for job in await bench.take()] == [1]


async def test_one_of_a_line_runs_at_a_time_in_order_and_a_deferred_retry_holds_up_nobody(
    bench: Bench, tenant: Tenant, clock: ManualClock
) -> None:
    await bench.queue.enqueue(tenant.id, [sync(key, serial_key="job-1") for key in "abc"])
    await bench.queue.enqueue(tenant.id, [sync("x", serial_key="job-2")])
    a, x = await bench.take()
    assert keys((a, x)) == ["a", "x"]
    (b,) = await bench.tell([(a, RetryAt(clock.now() + MINUTE, "busy"))], capacity=10)
    assert b.key == "b"
    clock.advance(60)
    assert await bench.take() == [], "the retry is due, and waits for its line"
    (again,) = await bench.tell([(b, Done())], capacity=10)
    assert again.key == "a"
    (c,) = await bench.tell([(again, Done()), (x, Done())], capacity=10)
    assert c.key == "c"


async def test_what_matters_more_passes_the_head_of_its_line(bench: Bench, tenant: Tenant) -> None:
    await bench.queue.enqueue(tenant.id, [sync("a", serial_key="job-1"), sync("b", serial_key="job-1")])
    assert await bench.take(10, kinds=["push"]) == [], "lined up, and nothing taken"
    await bench.queue.enqueue(tenant.id, [sync("z", serial_key="job-1", priority=5)])
    (first,) = await bench.take()
    assert first.key == "z"
    await bench.queue.enqueue(tenant.id, [sync("b", serial_key="job-1", priority=4)])
    (second,) = await bench.tell([(first, Done())], capacity=10)
    assert second.key == "b"


async def test_twenty_thousand_on_one_line_do_not_slow_down_another(bench: Bench, tenant: Tenant) -> None:
    await bench.queue.enqueue(tenant.id, [sync(f"{n:05}", serial_key="long") for n in range(20_000)])
    taken = await bench.take()
    for _ in range(25):
        taken += await bench.take()
    await bench.queue.enqueue(tenant.id, [sync("other")])
    assert keys(taken) == ["00000"]
    assert keys(await bench.take()) == ["other"]
    for _ in range(20):
        taken = await bench.tell([(job, Done()) for job in taken], capacity=10)
    assert keys(taken) == ["00020"]


async def test_tenants_take_turns_whatever_one_has_piled_up(
    bench: Bench, tenant: Tenant, other: Tenant
) -> None:
    await bench.queue.enqueue(tenant.id, [sync(f"{n:03}") for n in range(500)])
    await bench.queue.enqueue(other.id, [sync(f"{n:03}") for n in range(20)])
    jobs = await bench.take(1)
    served = [jobs[0].tenant_id]
    for _ in range(39):
        jobs = await bench.tell([(job, Done()) for job in jobs], capacity=1)
        served.append(jobs[0].tenant_id)
    assert served.count(other.id) == 20
    assert all(former != later for former, later in pairwise(served))


async def test_what_runs_counts_and_no_tenant_gets_more_than_its_cap(
    bench: Bench, tenant: Tenant, other: Tenant
) -> None:
    await bench.queue.enqueue(tenant.id, [sync(f"{n:03}") for n in range(50)])
    assert len(await bench.take(20, tenant_max=8)) == 8
    await bench.queue.enqueue(other.id, [sync(f"{n:03}") for n in range(50)])
    second = await bench.take(10, tenant_max=12)
    assert [job.tenant_id for job in second].count(other.id) == 9, "who had none catches up first"
    assert len(await bench.take(100, tenant_max=12)) == 24 - 18
    assert await bench.take(100, tenant_max=12) == []


async def test_a_worker_takes_only_what_it_knows(bench: Bench, tenant: Tenant) -> None:
    await bench.queue.enqueue(tenant.id, [sync("a"), NewJob("newer", "b", {}, priority=5)])
    assert keys(await bench.take()) == ["a"]
    assert keys(await bench.take(kinds=["newer"])) == ["b"]


@pytest.mark.req("Q3")
async def test_a_waiting_job_is_cancelled_at_once_and_its_line_goes_on(
    bench: Bench, tenant: Tenant, other: Tenant
) -> None:
    await bench.queue.enqueue(tenant.id, [sync(key, serial_key="job-1") for key in "ab"])
    assert await bench.take(kinds=["push"]) == []
    waiting = {entry.key: entry.job_id for entry in await bench.queue.history(tenant.id)}
    assert not await bench.queue.cancel(other.id, waiting["a"]), "another tenant's is none of theirs"
    assert await bench.queue.cancel(tenant.id, waiting["a"])
    assert not await bench.queue.cancel(tenant.id, waiting["a"])
    assert keys(await bench.take()) == ["b"]
    assert await bench.states(tenant.id) == [("b", "processing"), ("a", "cancelled")]


async def test_the_worker_of_a_running_job_is_told_to_stop_it(bench: Bench, tenant: Tenant) -> None:
    await bench.queue.enqueue(tenant.id, [sync()])
    (job,) = await bench.take()
    assert await bench.claims.beat(bench.worker) == []
    assert await bench.queue.cancel(tenant.id, job.id)
    assert await bench.claims.beat(bench.worker) == [job.id]
    await bench.claims.turn(
        bench.worker, [Verdict(job.id, job.enqueued_at, "cancelled")], 0, tenant_max=1, kinds=[]
    )
    assert await bench.states(tenant.id) == [("a", "cancelled")]


@pytest.mark.req("Q4")
async def test_what_the_dead_held_is_put_back_and_they_can_say_nothing_more(
    bench: Bench, tenant: Tenant, clock: ManualClock, store: Store
) -> None:
    second = Bench(store, clock, await bench.claims.join("second"))
    await bench.queue.enqueue(tenant.id, [sync("a", serial_key="s"), sync("b", serial_key="s"), sync("c")])
    a, c = await bench.take()
    assert await second.claims.rescue({}, attempts_max=9, why="died") == 0
    await bench.claims.beat(bench.worker)
    stale = {bench.worker: 0}
    assert await second.claims.rescue(stale, attempts_max=9, why="died") == 0, "it has beaten since"
    beats = {peer.id: peer.beats for peer in await bench.claims.peers()}
    assert await second.claims.rescue({bench.worker: beats[bench.worker]}, attempts_max=9, why="died") == 2
    assert await bench.take() == [], "a dead worker gets nothing"
    assert await bench.claims.beat(bench.worker) is None
    resumed = await second.take()
    assert [(job.key, job.attempt) for job in resumed] == [("b", 1), ("c", 2)]
    assert await bench.tell([(a, Done()), (c, Dead("late"))]) == []
    assert all(state != "failed" for _, state in await bench.states(tenant.id))


async def test_whose_claim_was_not_answered_keeps_what_it_knows_of_and_loses_nothing(
    bench: Bench, tenant: Tenant
) -> None:
    await bench.queue.enqueue(tenant.id, [sync("known"), sync("unheard")])
    known, unheard = await bench.take()
    former = bench.worker
    renewed = await bench.claims.rejoin(former, "first", [known.id])
    assert renewed is not None
    bench.worker = renewed
    assert await bench.claims.rejoin(former, "first", []) is None
    assert await bench.claims.rescue({}, attempts_max=9, why="Lost touch.") == 1
    (again,) = await bench.tell([(known, Done())], capacity=10)
    assert (again.id, again.attempt) == (unheard.id, 2)


async def test_what_is_told_twice_does_not_count_for_the_next_wish(
    bench: Bench, tenant: Tenant, clock: ManualClock
) -> None:
    await bench.queue.enqueue(tenant.id, [sync()])
    (job,) = await bench.take()
    await bench.queue.enqueue(tenant.id, [sync()])
    clock.advance(1)
    (again,) = await bench.tell([(job, Done())], capacity=10)
    assert await bench.tell([(job, Done())]) == []
    assert await bench.states(tenant.id) == [("a", "processing"), ("a", "completed")]
    await bench.tell([(again, Done())])


async def test_a_job_that_kills_every_worker_is_given_up(bench: Bench, tenant: Tenant) -> None:
    await bench.queue.enqueue(tenant.id, [sync()])
    for _ in range(3):
        assert len(await bench.take()) == 1
        await bench.claims.leave(bench.worker)
        assert await bench.claims.rescue({}, attempts_max=3, why="The worker died.") == 1
        bench.worker = await bench.claims.join("next")
    assert await bench.take() == []
    entry = await bench.only(tenant.id)
    assert (entry.state, entry.error, entry.attempts) == ("failed", "The worker died.", 3)


@pytest.mark.req("Q4")
async def test_what_ended_seven_days_ago_is_removed(bench: Bench, tenant: Tenant, clock: ManualClock) -> None:
    await bench.queue.enqueue(tenant.id, [sync("old")])
    await bench.tell([(job, Done()) for job in await bench.take()])
    clock.advance(3600)
    await bench.queue.enqueue(tenant.id, [sync("new"), sync("waiting")])
    (new,) = await bench.take(1)
    await bench.tell([(new, Done())])
    clock.advance(7 * 86_400 - 1800)
    before = clock.now() - timedelta(days=7)
    assert await bench.claims.prune(before, 100) == 1
    assert await bench.claims.prune(before, 100) == 0
    assert {key for key, _ in await bench.states(tenant.id)} == {"new", "waiting"}


@pytest.mark.req("Q3", "P21")
async def test_each_tenant_counts_its_own_and_the_totals_name_nobody(
    bench: Bench, tenant: Tenant, other: Tenant, clock: ManualClock
) -> None:
    await bench.queue.enqueue(tenant.id, [sync("a"), sync("b"), sync("c")])
    await bench.queue.enqueue(other.id, [sync("x")])
    (one,) = [job for job in await bench.take(2) if job.tenant_id == tenant.id]
    await bench.tell([(one, Dead("refused"))])
    found = [(count.state, count.jobs) for count in await bench.queue.counts(tenant.id)]
    assert found == [("failed", 1), ("pending", 2)]
    assert [(c.state, c.jobs) for c in await bench.queue.counts(other.id)] == [("processing", 1)]
    totals = await bench.queue.counts(None)
    assert [(c.kind, c.state, c.jobs) for c in totals] == [
        ("sync", "failed", 1),
        ("sync", "pending", 2),
        ("sync", "processing", 1),
    ]
    assert {c.oldest_at for c in totals} == {clock.now()}


@pytest.mark.req("P21")
async def test_no_tenant_queues_for_another(
    bench: Bench, store: Store, tenant: Tenant, other: Tenant
) -> None:
    with pytest.raises(WallBreachedError):
        async with store.transaction(tenant.id) as tx:
            await bench.queue.enqueue(other.id, [sync()], tx=tx)
