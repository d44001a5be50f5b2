"""What keeps one tenant's copy true by itself: planned reading, webhooks, tokens, alerts, tidying up."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from tiebeam.connectors.ports import Share
from tiebeam.operations.alerts.disk import see_disk
from tiebeam.operations.alerts.repository import Expected, Sightings
from tiebeam.operations.alerts.rules import GateSeen
from tiebeam.operations.alerts.watch import watch
from tiebeam.operations.limits.model import SHARES, Rates
from tiebeam.operations.retention.repository import OldRows
from tiebeam.operations.retention.run import purge
from tiebeam.operations.tokens.model import Status
from tiebeam.replicate.freshness.items import items_of
from tiebeam.replicate.freshness.outlook import (
    choice_of,
    counted,
    never_read,
    owner_of,
    planned,
    seen_of,
)
from tiebeam.replicate.freshness.repository import Freshness
from tiebeam.replicate.streams import STREAMS, procore_hooks
from tiebeam.replicate.sync import Wish
from tiebeam.replicate.webhooks.fetch import Fetcher
from tiebeam.replicate.webhooks.keep import Gap, HookKeeper, Terms
from tiebeam.replicate.webhooks.plan import covered_streams
from tiebeam.replicate.webhooks.repository import Deliveries, Hooks, Landing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from tiebeam.app import App
    from tiebeam.connectors.procore.hooks import Repair
    from tiebeam.connectors.streams import Scope, Stream
    from tiebeam.kernel.errors import TiebeamError
    from tiebeam.operations.tokens.model import Connection
    from tiebeam.replicate.freshness.outlook import Planned
    from tiebeam.replicate.freshness.plan import Plan
    from tiebeam.replicate.model import Feed
    from tiebeam.replicate.webhooks.keep import Caught
    from tiebeam.replicate.webhooks.model import Fetched

_SECRET_BYTES = 32
_POLL_SHARE = Rates().shares[SHARES.index(Share.POLL)]


@dataclass(frozen=True, slots=True)
class Upkeep:
    """The unattended side of an app."""

    app: App

    async def plan(self, connection: Connection, feeds: Sequence[Feed] | None = None) -> Plan:
        """Return what the next hour's calls of a connection are best spent on, as things stand.

        `feeds` are all of the connection's, where they have just been read.
        """
        return (await self._planned(connection, feeds)).plan

    async def something_due(self, connection: Connection) -> bool:
        """Whether a connection's copy is still incomplete, or something of it should be read by now."""
        found = await self._planned(connection)
        return found.copying or bool(found.new or found.plan.due(self.app.clock.now()))

    async def sync_due(self, connection: Connection, stopping: Callable[[], bool]) -> bool:
        """Read of a connection what the plan says is due; everything, while its first copy is incomplete.

        Returns whether all of it could be read and brought nothing to light that is to be read as well.
        Raises TiebeamError; StoppedError once `stopping` says yes.
        """
        found = await self._planned(connection)
        feeds, probes = choice_of(found.plan.due(self.app.clock.now()))
        wish = Wish() if found.copying else Wish(feeds=feeds | found.new, probes=probes)
        if wish.feeds is not None and not wish.feeds:
            return True
        began = self.app.clock.now()
        report = (await self.app.sync_one(connection, wish, stopping=stopping)).report
        freshness = self._freshness(connection)
        known = await self._feeds(connection)
        together = {item.feed_id: item.feed_ids for item in items_of(STREAMS, known)}
        for feed_id in counted(report.probes, found.plan):
            await freshness.note_probe(feed_id, began)
        for feed_id, seen in seen_of(report.reads, found.plan, began, report.probes):
            await freshness.note_read(feed_id, seen, feed_ids=together.get(feed_id, ()))
        come_to_light = never_read(known) - found.new - feeds
        return report.complete and (found.copying or not come_to_light)

    async def _planned(self, connection: Connection, known: Sequence[Feed] | None = None) -> Planned:
        app = self.app
        feeds = await self._feeds(connection) if known is None else known
        evidence = await self._freshness(connection).evidence()
        budget = await app.budget(app.gate(connection))
        calls = (budget.per_hour if budget else app.settings.rate_hourly_max) * _POLL_SHARE
        covered = covered_streams() if await self._hooks(connection).current() else ()
        ceilings = await app.choices.intervals()
        return planned(STREAMS, feeds, evidence, calls, app.clock.now(), covered=covered, ceilings=ceilings)

    async def keep_alive(self, connection: Connection) -> None:
        """See that a connection's access is good, refreshing it when its end is near. Raises TiebeamError."""
        await (await self.app.tokens(connection)).token()

    async def keep_hook(self, connection: Connection) -> Repair | None:
        """See that Procore delivers to us; None when no public address is set. Raises TiebeamError."""
        address = self.app.settings.webhook_url
        if address is None or connection.company_id is None:
            return None
        projects = await self.app.replica(connection).parents("procore.projects")
        terms = self._hook_terms(connection, address, projects[0][1] if projects else None)
        return await (await self._hook_keeper(connection)).keep(terms)

    async def end_hook(self, connection: Connection) -> int:
        """Have Procore deliver no more; return how many hooks that removed. Raises TiebeamError."""
        if not await self._hooks(connection).all():
            return 0
        terms = self._hook_terms(connection, self.app.settings.webhook_url or "", None)
        return await (await self._hook_keeper(connection)).end(terms)

    def _hook_terms(self, connection: Connection, address: str, project_id: str | None) -> Terms:
        return Terms(
            tenant_id=self.app.tenant.id,
            connection_id=connection.id,
            company_id=connection.company_id or "",
            destination_url=f"{address.rstrip('/')}/webhooks/procore",
            project_id=project_id,
        )

    async def _hook_keeper(self, connection: Connection) -> HookKeeper:
        client = await self.app.client(connection)
        return HookKeeper(
            self._hooks(connection),
            procore_hooks(client, Share.WEBHOOK),
            self.app.clock,
            new_id=uuid4,
            new_secret=lambda: secrets.token_urlsafe(_SECRET_BYTES),
        )

    async def catch_up(self, connection: Connection) -> Caught:
        """Find deliveries that never came, and have them fetched. Raises TiebeamError."""
        client = await self.app.client(connection)
        calls = procore_hooks(client, Share.WEBHOOK)
        deliveries = Deliveries(self.app.store)
        return await Gap(self._hooks(connection), calls, deliveries, self.app.clock, STREAMS).catch_up()

    async def fetch(self, connection: Connection) -> Fetched:
        """Fetch the records that deliveries told of. Raises TiebeamError."""
        return await self._fetched(connection, Share.WEBHOOK, Fetcher.run)

    async def _fetched(
        self, connection: Connection, share: Share, work: Callable[[Fetcher], Awaitable[Fetched]]
    ) -> Fetched:
        app = self.app
        landing = Landing(app.store, app.tenant.id, connection.id, app.clock)
        reader = await app.reader(connection)
        fetched = await work(Fetcher(landing, reader, app.clock, STREAMS, share=share))
        if app.instruments:
            app.instruments.changed(fetched)
        if fetched.by_feed:
            # A feed of which webhooks tell would seem quiet to whoever counts what its reads find.
            owners = owner_of(items_of(STREAMS, await self._feeds(connection)))
            for feed_id, records in sorted(fetched.by_feed.items()):
                await self._freshness(connection).note_told(owners.get(feed_id, feed_id), records)
        return fetched

    async def refresh_record(self, connection: Connection, stream: Stream, scope: Scope, key: str) -> Fetched:
        """Fetch one record now, for a person who waits for it. Raises TiebeamError."""
        return await self._fetched(connection, Share.DEMAND, lambda fetcher: fetcher.one(stream, scope, key))

    async def note_failure(self, connection: Connection, error: TiebeamError) -> None:
        """Keep for the alerts that the vendor could not be worked with, after all its retries."""
        await Sightings(self.app.store).failed(
            self.app.tenant.id,
            connection.id,
            connection.vendor,
            error,
            server_fault=error.code.endswith("server_error"),
            now=self.app.clock.now(),
        )

    async def note_answer(self, connection: Connection) -> None:
        """Keep for the alerts that it could."""
        await Sightings(self.app.store).answered(self.app.tenant.id, connection.id, connection.vendor)

    async def look(self, more: Sequence[GateSeen] = ()) -> int:
        """Judge how everything stands, and tell of what changed; return how many messages that took.

        `more` are the gates of connections to which nothing is copied.
        """
        app = self.app
        found = [one for one in await app.connections() if one.status is Status.CONNECTED]
        set_here = {name: span.total_seconds() / 60 for name, span in (await app.choices.intervals()).items()}
        gates = [GateSeen(one.id, one.vendor, await app.gate(one).level()) for one in found]
        told = await watch(
            app.alert_desk(),
            Sightings(app.store),
            app.tenant.id,
            expected={
                one.name: Expected(one.title, set_here.get(one.name, one.interval_minutes)) for one in STREAMS
            },
            gates=[*gates, *more],
            disks=[see_disk(app.settings.data)],
            now=app.clock.now(),
        )
        return len(told)

    async def tidy(self) -> None:
        """Archive old sync log, delete what has been kept for as long as is set, and copies marked for it."""
        for connection_id in await self.app.choices.marked():
            await self.app.choices.erase(connection_id)
        # Asked each time: what somebody has changed meanwhile counts without a restart.
        kept = await self.app.retention.keep(self.app.tenant.id)
        await self.app.log_archive(kept).archive(self.app.tenant.id)
        await purge(OldRows(self.app.store), self.app.tenant.id, kept, self.app.clock)

    async def _feeds(self, connection: Connection) -> list[Feed]:
        return await self.app.replica(connection).ensure_feeds(())

    def _freshness(self, connection: Connection) -> Freshness:
        return Freshness(self.app.store, self.app.tenant.id, connection.id)

    def _hooks(self, connection: Connection) -> Hooks:
        return Hooks(self.app.store, self.app.tenant.id, connection.id)
