"""A worker's turns: two at once while there is plenty, one otherwise, and what is told twice counts once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
from tests.factories.embedded import told

from tiebeam.identity.repository import Tenants
from tiebeam.kernel.clock import SystemClock
from tiebeam.operations.queue.hands import Hands
from tiebeam.operations.queue.model import Done, Job, NewJob
from tiebeam.operations.queue.plan import verdict
from tiebeam.operations.queue.repository import Claims, Queue
from tiebeam.operations.queue.worker import Worker
from tiebeam.store.adapt import ADAPTERS, Longs, Moments

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.operations.queue.model import Outcome
    from tiebeam.operations.queue.plan import Verdict
    from tiebeam.store.pool import Store

CLOCK = SystemClock()


class CountedClaims(Claims):
    """Remembers how many turns were under way at once, and how much was asked for in each."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, CLOCK)
        self.under_way: list[int] = []
        self.asked: list[int] = []
        self._now = 0

    async def turn(
        self, worker: int, ended: Sequence[Verdict], capacity: int, **more: Any
    ) -> tuple[set[int], list[Job]]:
        self._now += 1
        self.under_way.append(self._now)
        self.asked.append(capacity)
        try:
            return await super().turn(worker, ended, capacity, **more)
        finally:
            self._now -= 1


async def drained(store: Store, tenant: Tenant, jobs: int) -> tuple[CountedClaims, list[str], int]:
    """Work off `jobs` with ten hands; return the claims, the keys in the order done, and the most at once."""
    claims, stop, done = CountedClaims(store), asyncio.Event(), list[str]()
    running, most = 0, 0

    async def handle(job: Job) -> Outcome:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        done.append(job.key)
        if len(done) == jobs:
            stop.set()
        return Done()

    await Queue(store, CLOCK).enqueue(tenant.id, [NewJob("sync", str(n), {}) for n in range(jobs)])
    async with asyncio.timeout(60):
        await Worker(claims, CLOCK, {"sync": handle}, concurrency=10).run(stop)
    return claims, done, most


async def test_two_turns_are_under_way_while_there_is_plenty_and_each_job_is_done_once(
    store: Store, tenant: Tenant
) -> None:
    claims, done, most = await drained(store, tenant, 300)
    assert sorted(done) == sorted(map(str, range(300)))
    assert max(claims.under_way) == 2
    assert max(claims.asked) == 5
    assert most <= 10
    assert {entry.state for entry in await Queue(store, CLOCK).history(tenant.id, 400)} == {"completed"}


async def test_one_turn_is_enough_for_a_few(store: Store, tenant: Tenant) -> None:
    claims, done, _ = await drained(store, tenant, 3)
    assert sorted(done) == ["0", "1", "2"]
    assert max(claims.under_way) == 1
    assert len(claims.asked) < 10, "it asks when there is news, and not for ever"


def job_of(attempt: int, tenant_id: UUID) -> Job:
    return Job(7, tenant_id, "sync", "a", {}, attempt, datetime(2026, 3, 2, tzinfo=UTC))


async def test_what_was_told_of_an_attempt_is_forgotten_once_the_job_is_taken_anew(tenant: Tenant) -> None:
    going_on = asyncio.Event()

    async def handle(_: Job) -> Outcome:
        await going_on.wait()
        return Done()

    first = verdict(job_of(1, tenant.id), Done())
    hands = Hands({"sync": handle}, CLOCK, 10)
    hands.keep([first])
    hands.take([job_of(2, tenant.id)])
    assert hands.ended() == [], "kept, then taken anew"
    hands.keep([first])
    assert hands.ended() == [], "taken anew, then kept"
    going_on.set()
    await hands.wake.wait()
    hands.keep([first])
    assert hands.ended() == [verdict(job_of(2, tenant.id), Done())], "the later attempt has ended"


async def test_a_wrong_count_of_running_jobs_is_put_right_by_who_looks_for_the_dead(
    store: Store, clock: ManualClock, tenant: Tenant, owner_url: str
) -> None:
    claims, other = Claims(store, clock), await Tenants(store).create("birch", "Birch Ltd")
    worker = await claims.join("first")
    for who in (tenant, other):
        await Queue(store, clock).enqueue(who.id, [NewJob("sync", str(n), {}) for n in range(3)])
    _, jobs = await claims.turn(worker, [], 2, tenant_max=2, kinds=["sync"])
    assert {job.tenant_id for job in jobs} == {tenant.id, other.id}
    await told(owner_url, "update tiebeam.queue_turn set running = 2")
    assert await claims.turn(worker, [], 2, tenant_max=2, kinds=["sync"]) == (set(), [])
    await claims.rescue({}, attempts_max=12, why="")
    _, jobs = await claims.turn(worker, [], 9, tenant_max=2, kinds=["sync"])
    assert len(jobs) == 2, "one more each, and then the cap"


async def test_numbers_and_moments_cross_in_one_go(database_url: str) -> None:
    moments = [datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)]
    numbers = [-(2**63), 0, 2**63 - 1]
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        connection.adapters.register_dumper(Longs, ADAPTERS.get_dumper(Longs, psycopg.adapt.PyFormat.BINARY))
        connection.adapters.register_dumper(
            Moments, ADAPTERS.get_dumper(Moments, psycopg.adapt.PyFormat.BINARY)
        )
        for some, times in ((numbers, moments), ([], [])):
            found = await connection.execute(b"select %b, %b", (Longs(some), Moments(times)))
            row = await found.fetchone()
            assert row is not None
            assert row[0] == some
            assert [one - moments[1] for one in row[1]] == [one - moments[1] for one in times]
    assert moments[1] - moments[0] > timedelta(days=9000)
