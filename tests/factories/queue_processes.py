"""Workers and schedulers as processes of their own, to be killed. They tell in lines of JSON what happens."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.factories.processes import ROOT, tell

from tiebeam.kernel.clock import SystemClock
from tiebeam.operations.queue.model import Done, Job, NewJob
from tiebeam.operations.queue.repository import Claims
from tiebeam.operations.queue.worker import Worker
from tiebeam.operations.schedules.model import Schedule
from tiebeam.operations.schedules.repository import Schedules
from tiebeam.operations.schedules.scheduler import Scheduler
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
    from uuid import UUID

    from tiebeam.operations.queue.model import Outcome

EFFECTS = """
create table public.effect (key text primary key, runs integer not null);
grant select, insert, update on public.effect to tiebeam_app;
"""
_EFFECT = """
insert into public.effect values (%(key)s, 1) on conflict (key) do update set runs = effect.runs + 1
"""


@asynccontextmanager
async def started(program: str, *arguments: object) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run one of this module's programs until the block ends."""
    words = (sys.executable, "-m", "tests.factories.queue_processes", program, *map(str, arguments))
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    running = await asyncio.create_subprocess_exec(
        *words, env=environment, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


async def work(url: str, name: str) -> None:
    """Work until killed: `hang` hangs at first, `effect` leaves a mark and says if it is not alone."""
    clock = SystemClock()
    store = await Store.open(url, clock=clock, pool_size_max=8)

    async def hang(job: Job) -> Outcome:
        tell(started=job.key, attempt=job.attempt)
        if job.attempt == 1:
            await asyncio.Event().wait()
        return Done()

    async def effect(job: Job) -> Outcome:
        alone = await store.lock(str(job.args["line"]))
        tell(started=job.key, alone=alone is not None)
        if alone is None:
            return Done()
        async with alone, store.transaction(None) as tx:
            await tx.run(_EFFECT, {"key": job.key})
        await clock.sleep(0.02)
        return Done()

    worker = Worker(Claims(store, clock), clock, {"hang": hang, "effect": effect}, concurrency=4, name=name)
    tell(ready=True)
    await worker.run(asyncio.Event())


async def schedule(url: str, every_seconds: str) -> None:
    """Schedule until killed, and tell whenever this is the one that acts."""
    clock = SystemClock()
    store = await Store.open(url, clock=clock)

    async def jobs(tenant_id: UUID) -> Sequence[NewJob]:
        tell(acted=str(tenant_id))
        return [NewJob("sync", "all", {})]

    every = Schedule("sync", timedelta(seconds=int(every_seconds)), jobs)
    tell(ready=True)
    await Scheduler(Schedules(store, clock), clock, [every]).run(asyncio.Event())


PROGRAMS: dict[str, Callable[..., Coroutine[Any, Any, None]]] = {"work": work, "schedule": schedule}

if __name__ == "__main__":
    asyncio.run(PROGRAMS[sys.argv[1]](*sys.argv[2:]))
