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
_AT_ONCE: Final = 2


class Turns:
    """Whenever there is news, one round trip: what has ended is told, what is free is filled.

    As long as jobs wait in plenty and half the hands are free, a second turn is under way beside the first:
    the database is busy with one half while handlers work on the other.
    """

    def __init__(
        self, claims: Claims, clock: Clock, hands: Hands, heartbeat: Heartbeat, *, tenant_max: int
    ) -> None:
        self._claims = claims
        self._clock = clock
        self._hands = hands
        self._heartbeat = heartbeat
        self._tenant_max = tenant_max
        self._half = (hands.free + 1) // 2
        self._answered = True
        self._plenty = False
        self._missed = False
        self._under_way = 0
        self._asked = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Take jobs until `stop`, then finish those in hand."""
        async with asyncio.TaskGroup() as turns:
            waking = turns.create_task(self._wake_on(stop))
            while not (stop.is_set() and self._hands.empty and not self._under_way):
                await self._hands.wake.wait()
                self._hands.wake.clear()
                await self._begin(turns, stop)
            waking.cancel()

    async def _wake_on(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._hands.wake.set()

    async def _begin(self, turns: asyncio.TaskGroup, stop: asyncio.Event) -> None:
        # What a turn under way takes or tells counts under the number it began with: renew after the last.
        self._missed = self._under_way > 0 or stop.is_set()
        if not self._answered and not self._under_way:
            await self._renew()
        while self._answered and self._under_way < _AT_ONCE:
            capacity = 0 if stop.is_set() else min(self._hands.free - self._asked, self._half)
            if self._under_way and not (self._plenty and capacity == self._half):
                return
            ended = self._hands.ended()
            if not ended and not capacity:
                return
            self._under_way += 1
            self._asked += capacity
            turns.create_task(self._turn(self._heartbeat.worker, ended, capacity))

    async def _renew(self) -> None:
        try:
            await self._heartbeat.renew()
            self._answered = True
        except TiebeamError as error:
            await self._wait(error)

    async def _turn(self, worker: int, ended: list[Verdict], capacity: int) -> None:
        try:
            await self._exchange(worker, ended, capacity)
        except TiebeamError as error:
            self._answered = False
            self._hands.keep(ended)
            await self._wait(error)
        finally:
            self._under_way -= 1
            self._asked -= capacity
            if self._missed or self._plenty:
                self._hands.wake.set()

    async def _wait(self, error: TiebeamError) -> None:
        LOG.warning("The queue cannot be reached: %s", error)
        await self._clock.sleep(_WAIT_SECONDS)
        self._hands.wake.set()

    async def _exchange(self, worker: int, ended: list[Verdict], capacity: int) -> None:
        left, jobs = await self._claims.turn(
            worker, ended, capacity, tenant_max=self._tenant_max, kinds=self._hands.kinds
        )
        self._plenty = capacity > 0 and len(jobs) == capacity
        # Another number means that meanwhile this worker was taken for dead: none of it is its own any more.
        if worker == self._heartbeat.worker:
            self._hands.keep([one for one in ended if one.job_id in left])
            self._hands.take(jobs)
