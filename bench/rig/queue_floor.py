"""The floor: the least that can be called a queue, and what everything more is measured against.

A table, unique keys, priorities, delays, a claim in batches that passes locked rows by, finish and claim in
one round trip, a notice to wake, and a handler a job. No leases, tenants, fairness, lines, history or errors.
Ends with one line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from typing import Any

import psycopg

TABLE = (
    """create table floor (
        id bigint generated always as identity primary key, key text not null, args jsonb not null,
        priority integer not null default 0, not_before timestamptz not null default now(),
        running boolean not null default false, attempt integer not null default 0
    ) with (fillfactor = 70)""",
    "create index floor_waiting on floor (priority desc, id) where not running",
    "create unique index floor_key on floor (key)",
)
CLAIM = b"""update floor set running = true, attempt = attempt + 1 where id = any(array(
    select id from floor where not running and not_before <= now() order by priority desc, id limit 100
    for update skip locked)) returning id, args"""
MANY = b"""insert into floor (key, args)
    select n::text, jsonb_build_object('n', n) from generate_series(1, %s) n"""
ONE = b"""with made as (insert into floor (key, args) values (%s, '{}') returning 1)
    select pg_notify('floor', '') from made"""


async def work(url: str, jobs: int, started: list[float]) -> None:
    """Work on `jobs` jobs, noting when each was started."""
    async with await connected(url) as connection, await connected(url) as listening:
        # As the queue beside it: to finish and to claim need not wait for the disk.
        await connection.execute(b"set synchronous_commit = off")
        await connection.execute(b"set plan_cache_mode = force_generic_plan")
        await listening.execute(b"listen floor")
        done: list[int] = []
        while len(started) < jobs or done:
            async with connection.pipeline():
                await connection.execute(b"delete from floor where id = any(%s)", (done,))
                claimed = await connection.execute(CLAIM)
            rows = await claimed.fetchall()
            await asyncio.gather(*(handle(row[1], started) for row in rows))
            done = [row[0] for row in rows]
            if not rows and len(started) < jobs:
                await notified(listening)


async def notified(listening: psycopg.AsyncConnection[Any]) -> None:
    """Return when there may be something to do."""
    async for _ in listening.notifies(timeout=1.0, stop_after=1):
        pass


async def handle(_: object, started: list[float]) -> None:
    """Do nothing."""
    started.append(time.perf_counter())


async def connected(url: str) -> psycopg.AsyncConnection[Any]:
    """Open a connection."""
    return await psycopg.AsyncConnection.connect(url, autocommit=True)


async def measure(url: str, jobs: int, singles: int) -> dict[str, object]:
    """Enqueue many and work them off, then one after another to a worker that waits."""
    async with await connected(url) as connection:
        for statement in TABLE:
            await connection.execute(statement.encode())
        began = time.perf_counter()
        await connection.execute(MANY, (jobs,))
        enqueued = time.perf_counter()
        await work(url, jobs, [])
        worked = time.perf_counter()
        started: list[float] = []
        waits = []
        working = asyncio.create_task(work(url, singles, started))
        for number in range(singles):
            await asyncio.sleep(0.01)
            asked = time.perf_counter()
            await connection.execute(ONE, (f"single {number}",))
            while len(started) <= number:  # noqa: ASYNC110 - the start notes its own time
                await asyncio.sleep(0.0005)
            waits.append(started[number] - asked)
        await working
    return {"enqueue_seconds": enqueued - began, "work_seconds": worked - enqueued, "start_seconds": waits}


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description="Measure the floor of a queue.")
    parser.add_argument("--database", required=True, help="URL for a role that may create a table")
    parser.add_argument("--jobs", type=int, required=True)
    parser.add_argument("--singles", type=int, required=True)
    asked = parser.parse_args()
    print(json.dumps(asyncio.run(measure(asked.database, asked.jobs, asked.singles))))


if __name__ == "__main__":
    main()
