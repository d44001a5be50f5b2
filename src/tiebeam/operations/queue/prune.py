"""The loop that removes what ended long ago."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tiebeam.kernel.errors import TiebeamError

if TYPE_CHECKING:
    from tiebeam.kernel.clock import Clock
    from tiebeam.operations.queue.repository import Claims

LOG = logging.getLogger(__name__)

_EVERY_SECONDS: Final = 600.0
_AT_ONCE: Final = 5000


class Prune:
    """Keeps the history as long as it is wanted and no longer."""

    def __init__(self, claims: Claims, clock: Clock, keep: timedelta = timedelta(days=7)) -> None:
        self._claims = claims
        self._clock = clock
        self._keep = keep

    async def run(self) -> None:
        """Prune for ever."""
        while True:
            try:
                await self.prune()
            except TiebeamError as error:
                LOG.warning("The history of the queue cannot be pruned: %s", error)
            await self._clock.sleep(_EVERY_SECONDS)

    async def prune(self) -> int:
        """Remove all that is too old, a bounded number at a time; return how many."""
        before = self._clock.now() - self._keep
        total = 0
        while removed := await self._claims.prune(before, _AT_ONCE):
            total += removed
        return total
