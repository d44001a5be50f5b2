"""The loop that tells what became of jobs and takes others."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from tiebeam.kernel.errors import TiebeamError

if TYPE_CHECKING:
    from tiebeam.kernel.clock import Clock
    from tiebeam.operations.queue.hands import Hands
    from tiebeam.operations.queue.heartbeat import Heartbeat
    from tiebeam.operations.queue.plan import Verdict
    from tiebeam.operations.queue.repository import Claims

LOG = logging.getLogger(__name__)
_WAIT_SECONDS: Final = 1.0


class Turns:
    """Whenever there is news, one round trip: what has ended is told, what is free is filled."""

    def __init__(
        self, claims: Claims, clock: Clock, hands: Hands, heartbeat: Heartbeat, *, tenant_max: int
    ) -> None:
        self._claims = claims
        self._clock = clock
        self._hands = hands
        self._heartbeat = heartbeat
        self._tenant_max = tenant_max
        self._answered = True

    async def run(self, stop: asyncio.Event) -> None:
        """Take jobs until `stop`, then finish those in hand."""
        waking = asyncio.create_task(self._wake_on(stop))
        try:
            while not (stop.is_set() and self._hands.empty):
                await self._hands.wake.wait()
                self._hands.wake.clear()
                await self._turn(capacity=0 if stop.is_set() else self._hands.free)
        finally:
            waking.cancel()

    async def _wake_on(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._hands.wake.set()

    async def _turn(self, capacity: int) -> None:
        ended: list[Verdict] = []
        try:
            if not self._answered:
                await self._heartbeat.renew()
            self._answered = True
            worker, ended = self._heartbeat.worker, self._hands.ended()
            if ended or capacity:
                await self._exchange(worker, ended, capacity)
        except TiebeamError as error:
            LOG.warning("The queue cannot be reached: %s", error)
            self._answered = False
            self._hands.keep(ended)
            await self._clock.sleep(_WAIT_SECONDS)
            self._hands.wake.set()

    async def _exchange(self, worker: int, ended: list[Verdict], capacity: int) -> None:
        left, jobs = await self._claims.turn(
            worker, ended, capacity, tenant_max=self._tenant_max, kinds=self._hands.kinds
        )
        # Another number means that meanwhile this worker was taken for dead: none of it is its own any more.
        if worker == self._heartbeat.worker:
            self._hands.keep([one for one in ended if one.job_id in left])
            self._hands.take(jobs)
