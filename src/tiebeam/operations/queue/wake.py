"""The loop that wakes a worker: on a notice at once, and behind it every second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tiebeam.kernel.errors import TiebeamError

if TYPE_CHECKING:
    import asyncio

    from tiebeam.kernel.clock import Clock
    from tiebeam.operations.queue.repository import Claims

POLL_SECONDS: Final = 1.0
"""Retries and delays come due without a notice, and a notice may be lost with its connection."""


class Wake:
    """Sets `wake` whenever there may be something to take."""

    def __init__(self, claims: Claims, clock: Clock, wake: asyncio.Event) -> None:
        self._notices = claims.notices()
        self._clock = clock
        self._wake = wake

    async def run(self) -> None:
        """Wake for ever."""
        try:
            while True:
                await self._wait()
                self._wake.set()
        finally:
            await self._notices.close()

    async def _wait(self) -> None:
        try:
            await self._notices.wait(POLL_SECONDS)
        except TiebeamError:
            await self._clock.sleep(POLL_SECONDS)
