"""Details: records whose listing does not say everything, fetched one by one, each in its own transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tiebeam.connectors.ports import Damage, Refusal, RefusalKind
from tiebeam.connectors.streams import Listing
from tiebeam.replicate.model import Tally
from tiebeam.replicate.plan import UNREACHED
from tiebeam.replicate.pull import LOCKED_OUT, changes_tally, raw_bytes, read_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiebeam.connectors.ports import Detail, Reader, Share
    from tiebeam.connectors.streams import Stream
    from tiebeam.kernel.clock import Clock
    from tiebeam.replicate.model import Feed, Incoming
    from tiebeam.replicate.repository import Debt, Replica

BATCH = 100
RETRY_WAIT_MAX = timedelta(hours=6)
REFUSALS_MAX = 3
"""How often a listed record may be refused before it is given up until a listing brings it again."""


class Details:
    """Pays the debts of feeds: each row that a listing changed gets its whole record."""

    def __init__(
        self,
        replica: Replica,
        reader: Reader,
        clock: Clock,
        *,
        share: Share,
        on_step: Callable[[Tally], None] = lambda _: None,
    ) -> None:
        self._replica = replica
        self._reader = reader
        self._clock = clock
        self._share = share
        self._on_step = on_step

    async def pay(self, feed: Feed, stream: Stream) -> Tally:
        """Fetch every detail that the feed owes and that may be asked for now."""
        tally = Tally()
        while debts := await self._replica.debts(feed, BATCH):
            for debt in debts:
                answering, step = await self._pay_one(feed, stream, debt)
                tally.add(step)
                self._on_step(step)
                if not answering:
                    return tally
        return tally

    async def _pay_one(self, feed: Feed, stream: Stream, debt: Debt) -> tuple[bool, Tally]:
        """Settle one debt; False when the vendor is not answering and the rest must wait as well."""
        answer = await self._reader.detail(stream, feed.scope, debt.key, self._share)
        step = Tally(calls=answer.calls, details=1)
        if isinstance(answer, Refusal):
            return await self._refused(feed, debt, answer), step
        row = await self._whole(feed, stream, debt, answer)
        why = "the whole record cannot be stored"
        changes = await self._replica.pay_debt(feed, debt, row, calls=answer.calls, why=why)
        step.add(changes_tally(changes))
        step.damaged = int(row is None)
        return True, step

    async def _refused(self, feed: Feed, debt: Debt, refusal: Refusal) -> bool:
        cause = f"{refusal.cause} {refusal.action}"
        if refusal.kind in LOCKED_OUT and debt.attempts + 1 >= REFUSALS_MAX:
            # Listed and time and again not readable: deleted, hidden or moved. The next whole listing tells.
            await self._replica.pay_debt(feed, debt, None, calls=refusal.calls, why=cause)
            return True
        if refusal.code in UNREACHED:
            return False
        wait = min(RETRY_WAIT_MAX, timedelta(minutes=1) * 2**debt.attempts)
        await self._replica.put_off_debt(feed, debt, until=self._clock.now() + wait, error=cause)
        return refusal.kind is not RefusalKind.UNAVAILABLE

    async def _whole(self, feed: Feed, stream: Stream, debt: Debt, answer: Detail) -> Incoming | None:
        merged = {**debt.payload, **answer.row}
        good, damaged = read_rows(stream, Listing(""), [merged])
        for row in good:
            if row.key == debt.key:
                return row
        strange = Damage(
            reason=f"asked for {debt.key}, the vendor answered with another record", raw=raw_bytes(merged)
        )
        for damage in damaged or [strange]:
            await self._replica.note_damage(feed, replace(damage, key=debt.key))
        return None
