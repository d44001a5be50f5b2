"""Alerts, remembered; and what the database shows that may be worth one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tiebeam.operations.alerts.model import Alert, Notice
from tiebeam.operations.alerts.plan import plan
from tiebeam.operations.alerts.rules import (
    ChannelSeen,
    ConflictsSeen,
    ConnectionSeen,
    FailureStreak,
    HoldsSeen,
    StreamAge,
)
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from tiebeam.kernel.errors import TiebeamError
    from tiebeam.operations.alerts.model import Finding, Severity
    from tiebeam.operations.alerts.plan import Changes
    from tiebeam.store.locks import Lock
    from tiebeam.store.pool import Store
    from tiebeam.store.transaction import Transaction

Q = queries("tiebeam.operations.alerts")

RETURN_WITHIN: Final = timedelta(minutes=15)
"""A trouble that comes back sooner is the same alert; its end is told of only afterwards."""
CONFLICTS_OF: Final = timedelta(days=1)


class Expected(NamedTuple):
    """How often a stream should be read, in minutes, and its title in words."""

    title: str
    minutes: float


class Alerts:
    """The alerts of every tenant, and the notices of them that channels are still to be sent."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def report(
        self,
        tenant_id: UUID,
        findings: Iterable[Finding],
        *,
        rules: Iterable[str],
        within: str | None,
        thresholds: Mapping[str, Severity],
        now: datetime,
    ) -> Changes:
        """Bring the alerts of `rules` in step with `findings`, and note who is to be told, all in one."""
        known_of = {"tenant_id": tenant_id, "rules": sorted(rules), "within": within}
        async with self._store.transaction(tenant_id) as tx:
            await tx.run(Q["take_turn"], {"tenant_id": tenant_id})
            since = {"resolved_since": now - RETURN_WITHIN}
            changes = plan(await tx.all(Alert, Q["known_alerts"], known_of | since), findings, now)
            opened = [await _open(tx, tenant_id, finding, now) for finding in changes.opened]
            await _keep(tx, tenant_id, [*changes.changed, *changes.resolved])
            about = _About(tx, tenant_id, now)
            await about.no_longer([alert.id for alert in changes.resolved])
            await about.no_longer(sorted(changes.loud))
            await about.ended([alert.id for alert in changes.resolved])
            await about.news([*opened, *sorted(changes.loud)], thresholds)
        return changes

    async def find(self, tenant_id: UUID, *, every: bool = False, limit: int = 1000) -> list[Alert]:
        """Return the standing alerts, the worst first; with `every`, also resolved ones."""
        async with self._store.transaction(tenant_id) as tx:
            named = {"tenant_id": tenant_id, "every": every, "limit": limit}
            return await tx.all(Alert, Q["list_alerts"], named)

    async def acknowledge(
        self, tenant_id: UUID, ids: Sequence[int] | None, *, by: str, now: datetime
    ) -> list[int]:
        """Mark open alerts (all of them when `ids` is None) as taken on; return which ones were open."""
        named = {"tenant_id": tenant_id, "ids": None if ids is None else list(ids), "by": by, "at": now}
        async with self._store.transaction(tenant_id) as tx:
            taken = [row[0] for row in await tx.rows(Q["acknowledge"], named)]
            await _About(tx, tenant_id, now).no_longer(taken)
        return taken

    async def turn(self, tenant_id: UUID) -> Lock | None:
        """Return the right to send this tenant's messages, or None while another process has it."""
        return await self._store.lock(f"tiebeam.alerts.deliver.{tenant_id}")

    async def keep_channels(self, tenant_id: UUID, names: Sequence[str], now: datetime) -> None:
        """Forget the channels that are no longer set, and what they were to be told."""
        named = {"tenant_id": tenant_id, "channels": list(names), "at": now}
        async with self._store.transaction(tenant_id) as tx:
            await tx.run(Q["forget_channels"], named)
            await tx.run(Q["drop_unheard"], named)

    async def waiting(
        self, tenant_id: UUID, channel: str, now: datetime
    ) -> tuple[str, datetime | None, list[Notice]]:
        """Return the company's name, when the channel was last told, and what it can be told now."""
        named = {"tenant_id": tenant_id, "channel": channel, "at": now}
        async with self._store.transaction(tenant_id) as tx:
            ((company, sent_at),) = await tx.rows(Q["channel"], named)
            return company, sent_at, await tx.all(Notice, Q["waiting_notices"], named)

    async def sent(self, tenant_id: UUID, channel: str, ids: Sequence[int], now: datetime) -> None:
        """Keep that a channel took its message."""
        named = {"tenant_id": tenant_id, "channel": channel, "ids": list(ids), "at": now}
        async with self._store.transaction(tenant_id) as tx:
            await tx.run(Q["notices_sent"], named)
            await tx.run(Q["channel_sent"], named)

    async def refused(
        self, tenant_id: UUID, channel: str, retries: Mapping[int, datetime | None], why: str, now: datetime
    ) -> None:
        """Keep that a channel did not take its message, and when each notice is tried again (None: never)."""
        named = {"tenant_id": tenant_id, "channel": channel, "error": why, "at": now}
        async with self._store.transaction(tenant_id) as tx:
            for moment in sorted(set(retries.values()), key=str):
                ids = [id_ for id_, next_at in retries.items() if next_at == moment]
                await tx.run(Q["notices_refused"], named | {"ids": ids, "next_at": moment})
            await tx.run(Q["channel_refused"], named)


class _About:
    """What is noted, within one transaction, of what channels are to be told."""

    def __init__(self, tx: Transaction, tenant_id: UUID, now: datetime) -> None:
        self._tx = tx
        self._named = {"tenant_id": tenant_id, "at": now, "tell_at": now + RETURN_WITHIN}

    async def no_longer(self, ids: Sequence[int]) -> None:
        if ids:
            await self._tx.run(Q["drop_notices"], self._named | {"ids": list(ids)})

    async def ended(self, ids: Sequence[int]) -> None:
        if ids:
            await self._tx.run(Q["note_end"], self._named | {"ids": list(ids)})

    async def news(self, ids: Sequence[int], thresholds: Mapping[str, Severity]) -> None:
        for channel, threshold in thresholds.items() if ids else ():
            more = {"ids": list(ids), "channel": channel, "threshold": int(threshold)}
            await self._tx.run(Q["note_news"], self._named | more)


async def _open(tx: Transaction, tenant_id: UUID, finding: Finding, now: datetime) -> int:
    named = {
        "tenant_id": tenant_id,
        "rule": finding.rule,
        "subject": finding.subject,
        "severity": int(finding.severity),
        "summary": finding.summary,
        "action": finding.action,
        "at": now,
    }
    return int(await tx.value(Q["open_alert"], named))


async def _keep(tx: Transaction, tenant_id: UUID, alerts: Sequence[Alert]) -> None:
    names = ("id", "summary", "action", "sightings", "seen_at", "acknowledged_at", "acknowledged_by")
    rows: list[dict[str, Any]] = [
        {name: getattr(alert, name) for name in names}
        | {"tenant_id": tenant_id, "severity": int(alert.severity), "status": alert.status.value}
        | {"resolved_at": alert.resolved_at}
        for alert in alerts
    ]
    if rows:
        await tx.run_many(Q["change_alert"], rows)


class Sightings:
    """What the database shows of connections, streams and channels, as observations for the rules."""

    SHOWN = (StreamAge, ConnectionSeen, FailureStreak, ConflictsSeen, HoldsSeen, ChannelSeen)
    """Every kind of observation that `see` returns."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def see(self, tenant_id: UUID, expected: Mapping[str, Expected], now: datetime) -> list[object]:
        """Return how a tenant's connections stand; `expected` says by stream how often it is to be read."""
        tenant = {"tenant_id": tenant_id}
        async with self._store.transaction(tenant_id) as tx:
            connections = await tx.all(ConnectionSeen, Q["see_connections"], tenant)
            streaks = await tx.all(FailureStreak, Q["see_streaks"], tenant)
            since = {"since": now - CONFLICTS_OF}
            conflicts = await tx.all(ConflictsSeen, Q["see_conflicts"], tenant | since)
            holds = await tx.all(HoldsSeen, Q["see_holds"], tenant)
            channels = await tx.all(ChannelSeen, Q["see_channels"], tenant)
            rows = await tx.rows(Q["see_feeds"], tenant | _columns(expected) | {"at": now})
        ages = [_age(row, now) for row in rows]
        return [*connections, *streaks, *conflicts, *holds, *channels, *ages]

    async def answered(self, tenant_id: UUID, connection_id: UUID, api: str) -> None:
        """Note that an API answered: what failed before it was passing."""
        named = {"tenant_id": tenant_id, "connection_id": connection_id, "api": api}
        async with self._store.transaction(tenant_id) as tx:
            await tx.run(Q["end_streak"], named)

    async def failed(
        self,
        tenant_id: UUID,
        connection_id: UUID,
        api: str,
        error: TiebeamError,
        *,
        server_fault: bool,
        now: datetime,
    ) -> None:
        """Note that a call of an API failed after all its retries; `server_fault` for an answer 5xx."""
        named = {"tenant_id": tenant_id, "connection_id": connection_id, "api": api, "at": now}
        said = {"code": error.code, "cause": error.cause, "action": error.action}
        async with self._store.transaction(tenant_id) as tx:
            await tx.run(Q["lengthen_streak"], named | said | {"server_fault": server_fault})


def _columns(expected: Mapping[str, Expected]) -> dict[str, list[Any]]:
    return {
        "streams": list(expected),
        "titles": [one.title for one in expected.values()],
        "minutes": [float(one.minutes) for one in expected.values()],
    }


def _age(row: tuple[Any, ...], now: datetime) -> StreamAge:
    connection_id, stream, unread, oldest_at, places, title, minutes = row
    interval = timedelta(minutes=minutes)
    return StreamAge(connection_id, stream, title, places, now - oldest_at, interval, unread)
