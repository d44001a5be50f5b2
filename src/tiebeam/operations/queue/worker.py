"""A worker: takes jobs of all tenants, does them, and survives whatever happens to it or to others."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from tiebeam.kernel.errors import TiebeamError
from tiebeam.operations.queue.hands import Hands
from tiebeam.operations.queue.heartbeat import Heartbeat
from tiebeam.operations.queue.prune import Prune
from tiebeam.operations.queue.rescue import Rescue
from tiebeam.operations.queue.turns import Turns
from tiebeam.operations.queue.wake import Wake

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from tiebeam.kernel.clock import Clock
    from tiebeam.operations.queue.hands import Handler
    from tiebeam.operations.queue.repository import Claims

LOG = logging.getLogger(__name__)

CONCURRENCY: Final = 20
TENANT_MAX: Final = 50


class Worker:
    """Runs a handler for each job it takes, `concurrency` at once, in the event loop of the caller.

    A handler returns an outcome; what it raises is tried again later, ever more rarely. It must not hold up
    the event loop: a worker that is not heard of for 8 seconds is taken for dead, and its jobs are given to
    others. Of one tenant at most `tenant_max` jobs run at once, in all workers together.
    """

    def __init__(
        self,
        claims: Claims,
        clock: Clock,
        handlers: Mapping[str, Handler],
        *,
        concurrency: int = CONCURRENCY,
        name: str = "worker",
        tenant_max: int = TENANT_MAX,
        keep: timedelta | None = None,
    ) -> None:
        self._claims = claims
        self._hands = Hands(handlers, clock, concurrency)
        self._heartbeat = Heartbeat(claims, clock, self._hands, name)
        self._turns = Turns(claims, clock, self._hands, self._heartbeat, tenant_max=tenant_max)
        self._wake = Wake(claims, clock, self._hands.wake)
        self._rescue = Rescue(claims, clock)
        self._prune = Prune(claims, clock, keep) if keep else Prune(claims, clock)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, finish what is in hand, and leave.

        Raises `StoreUnreachableError` when the database cannot be reached at the start; later it waits.
        """
        await self._heartbeat.join()
        try:
            async with asyncio.TaskGroup() as group:
                beside = (self._wake, self._heartbeat, self._rescue, self._prune)
                loops = [group.create_task(loop.run()) for loop in beside]
                await self._turns.run(stop)
                for loop in loops:
                    loop.cancel()
        finally:
            await self._hands.drop()
            await self._leave()

    async def _leave(self) -> None:
        try:
            await self._claims.leave(self._heartbeat.worker)
        except TiebeamError as error:
            LOG.warning("A worker could not say that it leaves, and will be missed: %s", error)
