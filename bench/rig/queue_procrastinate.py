"""Procrastinate, measured: no-op jobs, 20 at once. Ends with one line of JSON."""

from __future__ import annotations

import argparse
import asyncio
import json
import time

import procrastinate

BATCH = 1000


async def measure(url: str, jobs: int, singles: int) -> dict[str, object]:
    """Enqueue many and work them off, then one after another to a worker that waits."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))
    started: list[float] = []
    seen = asyncio.Event()

    async def handle(n: int) -> None:
        started.append(time.perf_counter() + 0 * n)
        if len(started) >= jobs:
            seen.set()

    nothing = app.task(name="nothing")(handle)

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        began = time.perf_counter()
        for first in range(0, jobs, BATCH):
            await nothing.batch_defer_async(*({"n": n} for n in range(first, min(jobs, first + BATCH))))
        enqueued = time.perf_counter()
        await app.run_worker_async(concurrency=20, install_signal_handlers=False, wait=False)
        assert seen.is_set()
        worked = time.perf_counter()
        working = asyncio.create_task(app.run_worker_async(concurrency=20, install_signal_handlers=False))
        waits = []
        for number in range(jobs, jobs + singles):
            await asyncio.sleep(0.01)
            asked = time.perf_counter()
            await nothing.defer_async(n=number)
            while len(started) <= number:  # noqa: ASYNC110 - the start notes its own time
                await asyncio.sleep(0.0005)
            waits.append(started[number] - asked)
        working.cancel()
        await asyncio.wait([working], timeout=5)
    return {"enqueue_seconds": enqueued - began, "work_seconds": worked - enqueued, "start_seconds": waits}


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description="Measure Procrastinate.")
    parser.add_argument("--database", required=True, help="URL for a role that may create tables")
    parser.add_argument("--jobs", type=int, required=True)
    parser.add_argument("--singles", type=int, required=True)
    asked = parser.parse_args()
    print(json.dumps(asyncio.run(measure(asked.database, asked.jobs, asked.singles))))


if __name__ == "__main__":
    main()
