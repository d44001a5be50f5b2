"""The jobs that one worker has in hand, each in a task of its own."""

from __future__ import annotations

import asyncio
import logging
import traceback
from typing import TYPE_CHECKING

from tiebeam.kernel.errors import TiebeamError
from tiebeam.operations.queue.plan import Verdict, after_error, verdict

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from tiebeam.kernel.clock import Clock
    from tiebeam.operations.queue.model import Job, Outcome

    Handler = Callable[[Job], Awaitable[Outcome]]

LOG = logging.getLogger(__name__)


class Hands:
    """Runs handlers and keeps what became of them until it was told. `wake` is set when there is news."""

    def __init__(self, handlers: Mapping[str, Handler], clock: Clock, concurrency: int) -> None:
        self.wake = asyncio.Event()
        self._handlers = handlers
        self._clock = clock
        self._concurrency = concurrency
        self._running: dict[int, asyncio.Task[None]] = {}
        self._ended: list[Verdict] = []
        self._stopping: set[int] = set()

    @property
    def kinds(self) -> list[str]:
        """The kinds of job that there are handlers for."""
        return list(self._handlers)

    @property
    def free(self) -> int:
        """How many jobs more can be taken."""
        return self._concurrency - len(self._running)

    @property
    def empty(self) -> bool:
        """Whether nothing runs and everything was told."""
        return not self._running and not self._ended

    @property
    def held(self) -> list[int]:
        """The jobs that run or are to be told of."""
        return [*self._running, *(one.job_id for one in self._ended)]

    def take(self, jobs: Iterable[Job]) -> None:
        """Start on `jobs`; that they could be had shows that what was kept of earlier attempts is known."""
        for job in jobs:
            self._running[job.id] = asyncio.create_task(self._attempt(job))
        if self._ended:
            self._ended = [one for one in self._ended if one.job_id not in self._running]

    def ended(self) -> list[Verdict]:
        """Hand over what is to be told; what could not be is given back to `keep`."""
        ended, self._ended = self._ended, []
        return ended

    def keep(self, ended: Sequence[Verdict]) -> None:
        """Keep what could not be told yet; a job that was taken anew since shows that it has been told."""
        if ended:
            anew = {*self._running, *(one.job_id for one in self._ended)}
            self._ended = [*(one for one in ended if one.job_id not in anew), *self._ended]

    def stop(self, job_ids: Iterable[int]) -> None:
        """End these jobs, where they run: somebody has cancelled them."""
        for job_id in job_ids:
            task = self._running.get(job_id)
            if task is not None and job_id not in self._stopping:
                self._stopping.add(job_id)
                task.cancel()

    async def drop(self) -> None:
        """End everything and tell nothing of it: it belongs to others by now."""
        tasks = list(self._running.values())
        self._stopping.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._running.clear()
        self._ended.clear()
        self.wake.set()

    async def _attempt(self, job: Job) -> None:
        try:
            outcome = await self._handlers[job.kind](job)
            self._ended.append(verdict(job, outcome))
        except asyncio.CancelledError:
            if job.id not in self._stopping:
                raise
            self._ended.append(Verdict(job.id, job.enqueued_at, "cancelled"))
        except Exception as error:  # noqa: BLE001 - a handler's fault must not end the loop of the worker
            self._ended.append(verdict(job, after_error(job, _said(error), self._clock.now())))
        finally:
            self._running.pop(job.id, None)
            self._stopping.discard(job.id)
            self.wake.set()


def _said(error: Exception) -> str:
    """Return what to keep of an error: our own are written to be shown, others may hold secrets."""
    if isinstance(error, TiebeamError):
        return f"{error.code}: {error}"
    last = traceback.extract_tb(error.__traceback__)[-1]
    said = f"{type(error).__name__} in {last.name}, line {last.lineno} of {last.filename.rpartition('/')[2]}"
    LOG.error("A job failed on an error that nobody foresaw: %s.", said)
    return said
