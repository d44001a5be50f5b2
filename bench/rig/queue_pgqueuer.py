"""PgQueuer, measured: no-op jobs through its psycopg driver. Ends with one line of JSON."""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from datetime import timedelta

import psycopg
from pgqueuer import PgQueuer, Queries
from pgqueuer.db import PsycopgDriver

BATCH = 1000


async def connected(url: str) -> PsycopgDriver:
    """Open a connection for it."""
    return PsycopgDriver(await psycopg.AsyncConnection.connect(url, autocommit=True))


async def measure(url: str, jobs: int, singles: int) -> dict[str, object]:
    """Enqueue many and work them off, then one after another to a worker that waits."""
    queries = Queries(await connected(url))
    await queries.install()
    started: list[float] = []
    seen = asyncio.Event()
    worker = PgQueuer(await connected(url))

    async def nothing(_: object) -> None:
        started.append(time.perf_counter())
        if len(started) >= jobs:
            seen.set()

    worker.entrypoint("nothing")(nothing)

    began = time.perf_counter()
    for first in range(0, jobs, BATCH):
        count = min(BATCH, jobs - first)
        await queries.enqueue(["nothing"] * count, [b"{}"] * count, [0] * count)
    enqueued = time.perf_counter()
    running = asyncio.create_task(worker.run(dequeue_timeout=timedelta(seconds=1), batch_size=100))
    await seen.wait()
    worked = time.perf_counter()
    waits = []
    for number in range(jobs, jobs + singles):
        await asyncio.sleep(0.01)
        asked = time.perf_counter()
        await queries.enqueue("nothing", b"{}")
        while len(started) <= number:  # noqa: ASYNC110 - the start notes its own time
            await asyncio.sleep(0.0005)
        waits.append(started[number] - asked)
    worker.shutdown.set()
    await running
    return {"enqueue_seconds": enqueued - began, "work_seconds": worked - enqueued, "start_seconds": waits}


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description="Measure PgQueuer.")
    parser.add_argument("--database", required=True, help="URL for a role that may create tables")
    parser.add_argument("--jobs", type=int, required=True)
    parser.add_argument("--singles", type=int, required=True)
    asked = parser.parse_args()
    print(json.dumps(asyncio.run(measure(asked.database, asked.jobs, asked.singles))))


if __name__ == "__main__":
    main()
