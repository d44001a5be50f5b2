"""The alert desk: takes what was found, keeps the alerts, and tells each channel once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tiebeam.kernel.backoff import Backoff
from tiebeam.operations.alerts.channels import NotToldError
from tiebeam.operations.alerts.plan import digest, is_due, trial

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from tiebeam.kernel.clock import Clock
    from tiebeam.operations.alerts.channels import Channel
    from tiebeam.operations.alerts.model import Alert, Finding, Notice
    from tiebeam.operations.alerts.plan import Changes
    from tiebeam.operations.alerts.repository import Alerts

RETRIES: Final = Backoff(base_seconds=30.0, wait_seconds_max=3600.0, attempts_max=48)
"""About two days: a mail server may be down over a weekend night."""
# One process at a time sends a tenant's messages, so there is no crowd to spread.
_CHANCE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Told:
    """What a delivery did for one channel."""

    channel: str
    notices: int
    error: str | None = None


class AlertDesk:
    """Opens, keeps and resolves alerts, and tells of them. Any number of processes may have one."""

    def __init__(
        self,
        alerts: Alerts,
        clock: Clock,
        channels: Sequence[Channel],
        *,
        own: Callable[[UUID], Awaitable[Sequence[Channel]]] | None = None,
    ) -> None:
        """`channels` hear of every tenant's alerts, those that `own` returns of one tenant's alone."""
        self._alerts = alerts
        self._clock = clock
        self._channels = tuple(channels)
        self._own = own

    async def report(
        self, tenant_id: UUID, findings: Iterable[Finding], *, rules: Iterable[str], within: str | None = None
    ) -> Changes:
        """Bring the alerts of `rules` in step with what was found, and note who is to be told of it.

        Standing alerts of these rules that are not among `findings` are resolved: report all there is, or
        name the part that was looked at by how its subjects begin (`within`).
        """
        return await self._alerts.report(
            tenant_id,
            findings,
            rules=rules,
            within=within,
            thresholds={one.name: one.threshold for one in await self._all(tenant_id)},
            now=self._clock.now(),
        )

    async def deliver(self, tenant_id: UUID) -> list[Told]:
        """Send each channel what is due as one message; a channel that fails is tried again later.

        Channels are told side by side, so that a slow one keeps nobody waiting. A message that was sent just
        before a crash is sent again. While another process delivers, nothing is done.
        """
        turn = await self._alerts.turn(tenant_id)
        if turn is None:
            return []
        try:
            channels = await self._all(tenant_id)
            names = [channel.name for channel in channels]
            await self._alerts.keep_channels(tenant_id, names, self._clock.now())
            sending = (self._deliver(tenant_id, channel) for channel in channels)
            told = await asyncio.gather(*sending, return_exceptions=True)
        finally:
            await turn.release()
        # The turn is over once all have ended, also when one of them broke.
        for broken in (one for one in told if isinstance(one, BaseException)):
            raise broken
        return [one for one in told if isinstance(one, Told)]

    async def open_alerts(self, tenant_id: UUID, *, every: bool = False) -> list[Alert]:
        """Return the standing alerts, the worst first; with `every`, also resolved ones."""
        return await self._alerts.find(tenant_id, every=every)

    async def acknowledge(self, tenant_id: UUID, ids: Sequence[int] | None, *, by: str) -> list[int]:
        """Take on open alerts (all of them when `ids` is None); return the ids of those that were open."""
        return await self._alerts.acknowledge(tenant_id, ids, by=by, now=self._clock.now())

    async def test(self, company: str) -> list[Told]:
        """Send a trial message to every channel but a tenant's own, which are tried one by one."""
        return [await self._tried(channel, company) for channel in self._channels]

    async def _all(self, tenant_id: UUID) -> list[Channel]:
        own = await self._own(tenant_id) if self._own else ()
        return [*self._channels, *own]

    async def _deliver(self, tenant_id: UUID, channel: Channel) -> Told | None:
        now = self._clock.now()
        company, sent_at, notices = await self._alerts.waiting(tenant_id, channel.name, now)
        if not is_due(notices, sent_at, channel.quiet, now):
            return None
        try:
            await channel.send(digest(company, notices))
        except NotToldError as error:
            retries = {notice.id: self._next_at(notice) for notice in notices}
            await self._alerts.refused(tenant_id, channel.name, retries, error.cause, now)
            return Told(channel.name, len(notices), error.cause)
        await self._alerts.sent(tenant_id, channel.name, [notice.id for notice in notices], now)
        return Told(channel.name, len(notices))

    def _next_at(self, notice: Notice) -> datetime | None:
        wait_seconds = RETRIES.wait_seconds(notice.attempts + 1, _CHANCE)
        return None if wait_seconds is None else self._clock.now() + timedelta(seconds=wait_seconds)

    async def _tried(self, channel: Channel, company: str) -> Told:
        try:
            await channel.send(trial(company, self._clock.now()))
        except NotToldError as error:
            return Told(channel.name, 1, error.cause)
        return Told(channel.name, 1)
