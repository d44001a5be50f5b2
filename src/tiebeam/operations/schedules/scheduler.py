"""The loop that turns time into jobs. Any number may run; one at a time acts."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from tiebeam.kernel.errors import TiebeamError
from tiebeam.operations.schedules.plan import due

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiebeam.kernel.clock import Clock
    from tiebeam.operations.schedules.model import Schedule, Tick
    from tiebeam.operations.schedules.repository import Schedules

LOG = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
KEEP: Final = timedelta(days=7)
_PRUNE_SECONDS: Final = 3600.0


class Leadership(Protocol):
    """The right to act."""

    async def held(self) -> bool:
        """Return whether it still is this one's."""
        ...

    async def release(self) -> None:
        """Let another lead."""
        ...


class Scheduler:
    """Looks every second for ticks that are due, as long as it leads; otherwise whether it can.

    Leadership is a lock that dies with the process or its connection, so another takes over within seconds;
    and should two ever think that they lead, a tick is still one row, and acted on once.
    """

    def __init__(self, repository: Schedules, clock: Clock, schedules: Sequence[Schedule]) -> None:
        self._repository = repository
        self._clock = clock
        self._schedules = {schedule.name: schedule for schedule in schedules}
        self._every = {schedule.name: schedule.every for schedule in schedules}
        self._lock: Leadership | None = None
        self._pruned = float("-inf")

    @property
    def leads(self) -> bool:
        """Whether this is the one that acts, as far as it knows."""
        return self._lock is not None

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop`, then let another lead."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                try:
                    await self.look()
                except TiebeamError as error:
                    LOG.warning("The schedules cannot be reached: %s", error)
                await self._wait(stopping)
        finally:
            stopping.cancel()
            if self._lock is not None:
                await self._lock.release()

    async def look(self) -> int:
        """Act on every tick that is due, if this one leads; return on how many."""
        if not await self._leading():
            return 0
        standings = await self._repository.standing(list(self._schedules))
        acted = 0
        for tick in due(standings, self._every, self._clock.now()):
            acted += await self._act(tick)
        await self._prune()
        return acted

    async def _leading(self) -> bool:
        if self._lock is not None and not await self._lock.held():
            LOG.warning("Another scheduler may lead now: the connection was lost.")
            self._lock = None
        if self._lock is None:
            self._lock = await self._repository.lead()
        return self._lock is not None

    async def _act(self, tick: Tick) -> bool:
        try:
            jobs = await self._schedules[tick.name].jobs(tick.tenant_id)
        except Exception as error:  # noqa: BLE001 - one tenant's trouble must not end the loop over the others
            said = str(error) if isinstance(error, TiebeamError) else type(error).__name__
            LOG.warning("The schedule %s has nothing for a tenant: %s", tick.name, said)
            await self._repository.fail(tick, said)
            return False
        return await self._repository.act(tick, jobs) is not None

    async def _prune(self) -> None:
        if self._clock.monotonic() - self._pruned >= _PRUNE_SECONDS:
            self._pruned = self._clock.monotonic()
            await self._repository.prune(self._clock.now() - KEEP)

    async def _wait(self, stopping: asyncio.Task[bool]) -> None:
        sleeping = asyncio.ensure_future(self._clock.sleep(LOOK_SECONDS))
        await asyncio.wait((sleeping, stopping), return_when=asyncio.FIRST_COMPLETED)
        sleeping.cancel()
