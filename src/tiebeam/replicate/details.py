"""Details: records whose listing does not say everything, fetched one by one, each in its own transaction."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING

from tiebeam.connectors.ports import Damage, Refusal, RefusalKind
from tiebeam.kernel.canonical import UnstorableError
from tiebeam.replicate.model import Tally
from tiebeam.replicate.plan import UNREACHED
from tiebeam.replicate.pull import LOCKED_OUT, StoppedError, changes_tally
from tiebeam.replicate.reading import merged, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiebeam.connectors.ports import Detail, Reader, Share
    from tiebeam.connectors.streams import Stream
    from tiebeam.kernel.clock import Clock
    from tiebeam.replicate.model import Debt, Feed, Incoming
    from tiebeam.replicate.repository import Replica

BATCH = 100
RETRY_WAIT_MAX = timedelta(hours=6)
REFUSALS_MAX = 3
"""How often a listed record may be refused before it is given up until a listing brings it again."""


_SAME_SECOND_WAIT = timedelta(seconds=2)


class Settled(Enum):
    """What came of a debt."""

    DONE = auto()
    AGAIN = auto()
    """Paid, and to be paid once more when the vendor's second is over."""
    NOT_ANSWERING = auto()
    """The vendor answers nobody: the rest must wait as well."""


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
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """`stopping` is asked after each detail."""
        self._replica = replica
        self._reader = reader
        self._clock = clock
        self._share = share
        self._on_step = on_step
        self._stopping = stopping

    async def pay(self, feed: Feed, stream: Stream) -> Tally:
        """Fetch every detail that the feed owes and that may be asked for now.

        What changed in the very second in which it was fetched is fetched again when that second is over.
        """
        tally = Tally()
        while debts := await self._replica.debts(feed, BATCH):
            again = False
            for debt in debts:
                settled, step = await self._pay_one(feed, stream, debt)
                tally.add(step)
                self._on_step(step)
                if self._stopping():
                    raise StoppedError
                if settled is Settled.NOT_ANSWERING:
                    return tally
                again = again or settled is Settled.AGAIN
            if again:
                await self._clock.sleep(_SAME_SECOND_WAIT.total_seconds())
        return tally

    async def _pay_one(self, feed: Feed, stream: Stream, debt: Debt) -> tuple[Settled, Tally]:
        """Settle one debt."""
        answer = await self._reader.detail(stream, feed.scope, debt.key, self._share)
        step = Tally(calls=answer.calls, details=1)
        if isinstance(answer, Refusal):
            return await self._refused(feed, debt, answer), step
        row = await self._whole(feed, stream, debt, answer)
        if row is None:
            why = "the whole record cannot be stored"
            await self._replica.give_up_debt(feed, debt, calls=answer.calls, why=why)
            step.damaged = 1
            return Settled.DONE, step
        again_at = self._clock.now() + _SAME_SECOND_WAIT if _same_second(debt, answer) else None
        changes = await self._replica.pay_debt(feed, debt, row, calls=answer.calls, again_at=again_at)
        step.add(changes_tally(changes))
        return (Settled.AGAIN if again_at else Settled.DONE), step

    async def _refused(self, feed: Feed, debt: Debt, refusal: Refusal) -> Settled:
        cause = f"{refusal.cause} {refusal.action}"
        if refusal.kind in LOCKED_OUT and debt.attempts + 1 >= REFUSALS_MAX:
            # Listed and time and again not readable: deleted, hidden or moved. The next whole listing tells.
            await self._replica.give_up_debt(feed, debt, calls=refusal.calls, why=cause)
            return Settled.DONE
        if refusal.code in UNREACHED:
            return Settled.NOT_ANSWERING
        wait = min(RETRY_WAIT_MAX, timedelta(minutes=1) * 2**debt.attempts)
        await self._replica.put_off_debt(feed, debt, until=self._clock.now() + wait, error=cause)
        return Settled.NOT_ANSWERING if refusal.kind is RefusalKind.UNAVAILABLE else Settled.DONE

    async def _whole(self, feed: Feed, stream: Stream, debt: Debt, answer: Detail) -> Incoming | None:
        row, raw = merged(debt.payload, answer.row)
        try:
            found = whole(stream, row)
        except UnstorableError as error:
            reason = str(error)
        else:
            if found.key == debt.key:
                return found
            reason = f"asked for {debt.key}, the vendor answered with another record"
        await self._replica.note_damage(feed, Damage(reason, raw, debt.key))
        return None


def _same_second(debt: Debt, answer: Detail) -> bool:
    """Whether the record may change again and its row stay the same: its time is in whole seconds."""
    if debt.vendor_at is None or answer.server_date is None:
        return False
    return answer.server_date - debt.vendor_at <= timedelta(seconds=1)
