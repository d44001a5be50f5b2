"""Virtual time that passes only while everybody waits: sleepers wake in the order of their moments."""

from __future__ import annotations

import asyncio
import heapq
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from tiebeam.kernel.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from datetime import datetime

T = TypeVar("T")


class VirtualClock(ManualClock):
    """Tasks sleep side by side. Needs a database whose waits hold up the loop (`still_database`)."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._numbers = count()

    async def sleep(self, seconds: float) -> None:
        """Wait until the time has come; somebody has to let it pass with `run_until`."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        waking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        moment = self.now() + timedelta(seconds=seconds)
        heapq.heappush(self._sleepers, (moment, next(self._numbers), waking))
        await waking

    async def run_until(self, moment: datetime) -> None:
        """Let the time pass, waking everybody whose moment comes."""
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= moment:
            await self._wake_next()
        if moment > self.now():
            self.advance((moment - self.now()).total_seconds())
        await self.settle()

    async def drive(self, doing: Coroutine[Any, Any, T]) -> T:
        """Let the time pass until something is done, and return what came of it."""
        task = asyncio.create_task(doing)
        await self.settle()
        while not task.done():
            assert self._sleepers, "it waits for something that no time will bring"
            await self._wake_next()
        return task.result()

    async def settle(self) -> None:
        """Let everybody run until all of them wait."""
        loop: Any = asyncio.get_running_loop()
        await asyncio.sleep(0)
        # Nothing public tells whether anything is left to run; a fixed number of rounds would be a guess.
        while loop._ready:  # noqa: ASYNC110 - an event would have to be set by whoever is the last
            await asyncio.sleep(0)

    async def _wake_next(self) -> None:
        moment, _, waking = heapq.heappop(self._sleepers)
        if moment > self.now():
            self.advance((moment - self.now()).total_seconds())
        if not waking.done():
            waking.set_result(None)
        await self.settle()
