"""The inbox: deliveries that arrive together share one durable commit, and each waits for it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from tiebeam.kernel.errors import Owner, TiebeamError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiebeam.replicate.webhooks.model import Filed
    from tiebeam.replicate.webhooks.repository import Deliveries

    _Waiting = tuple[Filed, asyncio.Future[None]]

LOG = logging.getLogger(__name__)

BATCH_MAX = 200


class InboxFullError(TiebeamError):
    """More deliveries wait for the disk than there is room for."""

    code = "webhooks.inbox_full"
    owner = Owner.NOBODY


class NotStorableError(TiebeamError):
    """The database takes deliveries, and not this one: its hook is gone."""

    code = "webhooks.not_storable"
    owner = Owner.NOBODY


class Inbox:
    """Stores deliveries. While one batch is committed the next one gathers: nobody waits for a timer."""

    def __init__(self, deliveries: Deliveries, *, waiting_max: int = 1000) -> None:
        self._deliveries = deliveries
        self._waiting_max = waiting_max
        self._waiting: list[_Waiting] = []
        self._writer: asyncio.Task[None] | None = None

    async def put(self, one: Filed) -> None:
        """Return when a delivery is on the disk.

        Raises InboxFullError, NotStorableError, and the errors of the database.
        """
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
            await self._keep(batch)

    async def _keep(self, batch: Sequence[_Waiting]) -> None:
        """Store a batch and tell its senders; where it is refused, its halves, down to what is at fault."""
        failure: Exception | None = None
        try:
            await self._deliveries.keep([one for one, _ in batch])
        except TiebeamError as error:
            failure = error  # The database is away, full or busy: smaller batches would fare no better.
        except Exception as error:  # noqa: BLE001 - keeps the writer writing: one delivery fails no other
            if len(batch) > 1:
                half = len(batch) // 2
                await self._keep(batch[:half])
                await self._keep(batch[half:])
                return
            failure = _not_storable(batch[0][0], error)
        for _, stored in batch:
            _tell(stored, failure)


def _not_storable(one: Filed, error: Exception) -> NotStorableError:
    LOG.warning("webhook.not_storable", extra={"hook": str(one.hook.id), "cause": type(error).__name__})
    return NotStorableError(
        "A delivery cannot be stored: its hook, or the connection it belonged to, is gone.",
        action="Nothing needs to be done: the record is read by polling, if anything still is.",
    )


def _tell(stored: asyncio.Future[None], failure: Exception | None) -> None:
    if stored.done():
        return  # Its sender hung up.
    if failure is None:
        stored.set_result(None)
    else:
        stored.set_exception(failure)
