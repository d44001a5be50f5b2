"""A copy of the simulated company at a desk, and what stands in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.connectors.procore.reads import ProcoreReader
from tiebeam.replicate.replica import Records, Slice
from tiebeam.replicate.repository import Replica
from tiebeam.replicate.sync import Pace, Sync, SyncReport, Wish

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tests.factories.procore_desk import ProcoreDesk

    from tiebeam.connectors.ports import Reader
    from tiebeam.connectors.streams import Listing, Stream
    from tiebeam.replicate.progress import Progress
    from tiebeam.replicate.replica import RecordRow
    from tiebeam.store.pool import Store


class Copy:
    """Some streams of the desk's company, copied into a store; `per_page` makes the pages small."""

    def __init__(
        self,
        desk: ProcoreDesk,
        store: Store,
        tenant_id: UUID,
        *views: str,
        per_page: int = 1000,
        connection_id: UUID | None = None,
    ) -> None:
        self.desk = desk
        self.store = store
        self.tenant_id = tenant_id
        self.connection_id = connection_id or uuid4()
        wanted = {"projects", *views}
        self.streams = [_with_pages(stream, per_page) for stream in STREAMS if stream.view in wanted]
        self.records = Records(store, tenant_id, self.connection_id)
        self.replica = Replica(store, tenant_id, self.connection_id, desk.clock)

    def on(self, store: Store) -> Copy:
        """The same copy, through another process's store."""
        other = Copy(self.desk, store, self.tenant_id)
        other.connection_id, other.streams = self.connection_id, self.streams
        other.records = Records(store, self.tenant_id, self.connection_id)
        other.replica = Replica(store, self.tenant_id, self.connection_id, self.desk.clock)
        return other

    async def sync(
        self,
        *,
        full: bool = False,
        feeds: frozenset[int] | None = None,
        probes: frozenset[int] = frozenset(),
        after_hours: float = 0.02,
        reader: Reader | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> SyncReport:
        """Let some time pass and sync, through another reader than the desk's if one is given."""
        self.desk.clock.advance(after_hours * 3600)
        reader = reader or ProcoreReader(self.desk.client, self.streams)
        wish, pace = Wish(full=full, feeds=feeds, probes=probes), Pace(concurrency=1)
        sync = Sync(
            self.replica, reader, self.desk.clock, self.streams, wish, pace=pace, on_progress=on_progress
        )
        return await sync.run()

    async def find(self, view: str, *, deleted: bool = False) -> dict[str, RecordRow]:
        """Return the records of a stream by their keys."""
        rows = await self.records.find(Slice(f"procore.{view}", deleted=deleted, limit=10_000))
        return {row.key: row for row in rows}

    async def damages(self) -> dict[str | None, str]:
        """Return why what could not be taken in was refused, by key."""
        return {entry.key: entry.reason for entry in await self.records.damages(limit=1000)}


def _with_pages(stream: Stream, per_page: int) -> Stream:
    def smaller(listing: Listing) -> Listing:
        return replace(listing, per_page=min(listing.per_page, per_page)) if listing.per_page else listing

    return replace(stream, listings=tuple(map(smaller, stream.listings)))
