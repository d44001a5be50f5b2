"""The loop that says a worker lives, and learns what it must let go of."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from tiebeam.kernel.errors import TiebeamError

if TYPE_CHECKING:
    from tiebeam.kernel.clock import Clock
    from tiebeam.operations.queue.hands import Hands
    from tiebeam.operations.queue.repository import Claims

LOG = logging.getLogger(__name__)

BEAT_SECONDS: Final = 2.0
LEASE_SECONDS: Final = 8.0
"""Who was not heard of for so long is taken for dead, and has let go of everything by itself by then."""


class Heartbeat:
    """One worker's place on the list: `worker` is its number, a new one after it was taken for dead."""

    def __init__(self, claims: Claims, clock: Clock, hands: Hands, name: str) -> None:
        self.worker = 0
        self._claims = claims
        self._clock = clock
        self._hands = hands
        self._name = name
        self._heard = clock.monotonic()

    async def join(self) -> None:
        """Enter the list."""
        self._heard = self._clock.monotonic()
        self.worker = await self._claims.join(self._name)

    async def run(self) -> None:
        """Beat for ever."""
        while True:
            await self._clock.sleep(BEAT_SECONDS)
            await self.beat()

    async def beat(self) -> None:
        """Beat once; give up everything when the lease has run out, and begin anew when it was taken away."""
        began = self._clock.monotonic()
        try:
            async with asyncio.timeout(LEASE_SECONDS - BEAT_SECONDS):
                stopping = await self._claims.beat(self.worker)
                if stopping is None:
                    await self._begin_anew()
                    return
        except (TiebeamError, TimeoutError):
            if self._clock.monotonic() - self._heard >= LEASE_SECONDS - BEAT_SECONDS:
                await self._hands.drop()
            return
        self._heard = began
        self._hands.stop(stopping)

    async def renew(self) -> None:
        """Go on under another number: the answer to a claim was lost, and what it took is for others now."""
        found = await self._claims.rejoin(self.worker, self._name, self._hands.held)
        if found is None:
            await self._begin_anew()
        else:
            self.worker = found

    async def _begin_anew(self) -> None:
        LOG.warning("The worker %s was taken for dead; it begins anew.", self._name)
        self.worker = 0
        await self._hands.drop()
        await self.join()
