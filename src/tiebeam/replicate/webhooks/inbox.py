"""The inbox: deliveries that arrive together share one durable commit, and each waits for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tiebeam.kernel.errors import Owner, TiebeamError

if TYPE_CHECKING:
    from tiebeam.replicate.webhooks.model import Filed
    from tiebeam.replicate.webhooks.repository import Deliveries

BATCH_MAX = 200


class InboxFullError(TiebeamError):
    """More deliveries wait for the disk than there is room for."""

    code = "webhooks.inbox_full"
    owner = Owner.NOBODY


class Inbox:
    """Stores deliveries. While one batch is committed the next one gathers: nobody waits for a timer."""

    def __init__(self, deliveries: Deliveries, *, waiting_max: int = 1000) -> None:
        self._deliveries = deliveries
        self._waiting_max = waiting_max
        self._waiting: list[tuple[Filed, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def put(self, one: Filed) -> None:
        """Return when a delivery is on the disk. Raises InboxFullError, and the errors of the database."""
        if len(self._waiting) >= self._waiting_max:
            raise InboxFullError(
                "More deliveries arrive than can be stored.",
                action="Nothing needs to be done: the sender tries again by itself.",
            )
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, stored))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        await stored

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
            failure: Exception | None = None
            try:
                await self._deliveries.keep([one for one, _ in batch])
            except Exception as error:  # noqa: BLE001 - keeps the writer writing: each sender is told of it
                failure = error
            for _, stored in batch:
                _tell(stored, failure)


def _tell(stored: asyncio.Future[None], failure: Exception | None) -> None:
    if stored.done():
        return  # Its sender hung up.
    if failure is None:
        stored.set_result(None)
    else:
        stored.set_exception(failure)
