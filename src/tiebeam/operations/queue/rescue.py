"""The loop that puts back what dead workers held."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from tiebeam.kernel.errors import TiebeamError
from tiebeam.operations.queue.heartbeat import LEASE_SECONDS
from tiebeam.operations.queue.plan import BACKOFF, Watch

if TYPE_CHECKING:
    from tiebeam.kernel.clock import Clock
    from tiebeam.operations.queue.repository import Claims

LOG = logging.getLogger(__name__)

RESCUE_SECONDS: Final = 1.0
_WHY: Final = "The worker that had it in hand died or lost touch."


class Rescue:
    """Watches the workers on the list; each worker does."""

    def __init__(self, claims: Claims, clock: Clock) -> None:
        self._claims = claims
        self._clock = clock
        self._watch = Watch(LEASE_SECONDS)

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self._clock.sleep(RESCUE_SECONDS)
            try:
                await self.look()
            except TiebeamError as error:
                LOG.warning("Workers cannot be watched: %s", error)

    async def look(self) -> int:
        """Put back the jobs of workers not heard of for a lease; return how many."""
        now = self._clock.monotonic()
        peers = await self._claims.peers()
        dead = self._watch.dead({peer.id: peer.beats for peer in peers}, now)
        rescued = await self._claims.rescue(dead, attempts_max=BACKOFF.attempts_max, why=_WHY)
        if rescued:
            LOG.warning("%d jobs of dead workers were put back.", rescued)
        return rescued
