"""The queue, measured as it is: leases, fairness, history and all. Ends with one line of JSON.

With `--tenants`, instead: 1,000 connections of so many tenants, of very different sizes, drained together.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from typing import TYPE_CHECKING

from tiebeam.identity.repository import Tenants
from tiebeam.kernel.clock import SystemClock
from tiebeam.operations.queue.model import Done, Job, NewJob
from tiebeam.operations.queue.repository import Claims, Queue
from tiebeam.operations.queue.worker import Worker
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from tiebeam.operations.queue.model import Outcome

CLOCK = SystemClock()
BATCH = 1000
JOB_SECONDS = 0.05
HANDS = 20


async def measure(store: Store, jobs: int, singles: int) -> dict[str, object]:
    """Enqueue many and work them off, then one after another to a worker that waits."""
    tenant = await Tenants(store).create("alder", "Alder")
    queue, stop = Queue(store, CLOCK), asyncio.Event()
    started: list[float] = []

    async def handle(_: Job) -> Outcome:
        started.append(time.perf_counter())
        if len(started) == jobs:
            stop.set()
        return Done()

    began = time.perf_counter()
    for first in range(0, jobs, BATCH):
        numbers = range(first, min(jobs, first + BATCH))
        await queue.enqueue(tenant.id, [NewJob("nothing", str(n), {"n": n}) for n in numbers])
    enqueued = time.perf_counter()
    worker = Worker(Claims(store, CLOCK), CLOCK, {"nothing": handle}, concurrency=100, tenant_max=1000)
    await worker.run(stop)
    worked = time.perf_counter()
    stop.clear()
    waits = []
    started.clear()
    working = asyncio.create_task(
        Worker(Claims(store, CLOCK), CLOCK, {"nothing": handle}, concurrency=100, tenant_max=1000).run(stop)
    )
    for number in range(singles):
        await asyncio.sleep(0.01)
        asked = time.perf_counter()
        await queue.enqueue(tenant.id, [NewJob("nothing", f"single {number}", {})])
        while len(started) <= number:  # noqa: ASYNC110 - the start notes its own time
            await asyncio.sleep(0.0005)
        waits.append(started[number] - asked)
    stop.set()
    await working
    return {"enqueue_seconds": enqueued - began, "work_seconds": worked - enqueued, "start_seconds": waits}


async def drain(store: Store, tenants: int, connections: int) -> dict[str, object]:
    """Queue every tenant's connections, the largest first, and tell when each tenant's last one was done."""
    queue, stop = Queue(store, CLOCK), asyncio.Event()
    sizes = shares_of(connections, tenants)
    ended: dict[str, float] = {}
    left = connections

    async def handle(job: Job) -> Outcome:
        nonlocal left
        await CLOCK.sleep(JOB_SECONDS)
        ended[str(job.tenant_id)] = time.perf_counter() - began
        left -= 1
        if not left:
            stop.set()
        return Done()

    waiting: dict[str, int] = {}
    for number, size in enumerate(sizes):
        tenant = await Tenants(store).create(f"tenant-{number}", f"Tenant {number}")
        waiting[str(tenant.id)] = size
        await queue.enqueue(tenant.id, [NewJob("sync", str(n), {}) for n in range(size)])
    began = time.perf_counter()
    await Worker(Claims(store, CLOCK), CLOCK, {"sync": handle}, concurrency=HANDS).run(stop)
    return {
        "hands": HANDS,
        "job_seconds": JOB_SECONDS,
        "sizes": [waiting[tenant] for tenant in waiting],
        "ended_seconds": [ended[tenant] for tenant in waiting],
    }


def shares_of(connections: int, tenants: int) -> list[int]:
    """Return how many connections each tenant has: half of what the one before has."""
    sizes = [max(1, connections >> (number + 1)) for number in range(tenants)]
    sizes[0] += connections - sum(sizes)
    return sizes


async def run(asked: argparse.Namespace) -> dict[str, object]:
    """Measure on a store of one's own."""
    async with await Store.open(asked.database, clock=CLOCK) as store:
        if asked.tenants:
            return await drain(store, asked.tenants, asked.jobs)
        return await measure(store, asked.jobs, asked.singles)


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description="Measure the queue.")
    parser.add_argument("--database", required=True, help="URL for the application role")
    parser.add_argument("--jobs", type=int, required=True)
    parser.add_argument("--singles", type=int, default=0)
    parser.add_argument("--tenants", type=int, default=0)
    print(json.dumps(asyncio.run(run(parser.parse_args()))))


if __name__ == "__main__":
    main()
