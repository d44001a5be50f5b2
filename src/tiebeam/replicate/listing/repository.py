"""The copy as it is listed to somebody: page by page, and only of the projects that they see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tiebeam.replicate.replica import Record, Version
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from tiebeam.replicate.model import State
    from tiebeam.store.pool import Store

Q = queries(__package__ or "tiebeam.replicate.listing")
READS = queries("tiebeam.replicate")


@dataclass(frozen=True, slots=True)
class ListedRecord(Record):
    """One record, with where it was read, and by which connection."""

    connection_id: UUID


@dataclass(frozen=True, slots=True)
class Picked:
    """Which records of a stream are wanted; what is None does not count."""

    stream: str
    connection_id: UUID | None = None
    project_id: str | None = None
    key: str | None = None
    state: State | None = None
    changed_since: datetime | None = None
    search: str | None = None


@dataclass(frozen=True, slots=True)
class StreamCount:
    """How much of a stream there is."""

    stream: str
    live: int
    deleted: int
    hidden: int


@dataclass(frozen=True, slots=True)
class LogLine:
    """One entry of the sync log; `records` is how many it was about."""

    id: int
    at: datetime
    connection_id: UUID
    stream: str
    scope_text: str
    direction: str
    result: str
    records: int
    calls: int
    detail: str | None


@dataclass(frozen=True, slots=True)
class RunLine:
    """One sync run."""

    id: int
    connection_id: UUID
    wish: str
    started_at: datetime
    ended_at: datetime | None
    tally: dict[str, int] | None


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """What one delivery of a webhook told of, and what was to be done about it."""

    id: int
    hook_id: UUID
    received_at: datetime
    event_at: datetime
    resource: str
    record_id: str
    project_id: str
    """Empty for what lies in the company."""
    event_type: str
    fate: str
    source: str


class Listing:
    """Lists the copy of one tenant to somebody who sees some projects of it (None: all)."""

    def __init__(self, store: Store, tenant_id: UUID, projects: list[str] | None) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._projects = projects

    async def records(
        self, picked: Picked, *, limit: int, after: tuple[int, str] = (0, "")
    ) -> list[ListedRecord]:
        """Return records after a place (feed id and key), in an order that no change of them disturbs."""
        named = {
            "stream": picked.stream,
            "connection_id": picked.connection_id,
            "project": picked.project_id,
            "key": picked.key,
            "state": picked.state,
            "changed_since": picked.changed_since,
            "search": picked.search,
            "after_feed": after[0],
            "after_key": after[1],
            "limit": limit,
        }
        return await self._all(ListedRecord, Q["page_records"], named)

    async def versions(self, feed_id: int, key: str) -> list[Version]:
        """Return every version of a record that was listed, oldest first."""
        return await self._all(Version, READS["versions"], {"feed_id": feed_id, "key": key})

    async def counts(self, connection_id: UUID) -> list[StreamCount]:
        """Return how much of each stream there is."""
        return await self._all(StreamCount, Q["count_streams"], {"connection_id": connection_id})

    async def log(
        self, *, limit: int, before: int | None = None, stream: str | None = None, result: str | None = None
    ) -> list[LogLine]:
        """Return entries of the sync log, the newest first."""
        named = {"limit": limit, "before": before, "stream": stream, "result": result}
        return await self._all(LogLine, Q["page_log"], named)

    async def runs(self, *, limit: int, before: int | None = None) -> list[RunLine]:
        """Return sync runs, the newest first."""
        return await self._all(RunLine, Q["page_runs"], {"limit": limit, "before": before})

    async def deliveries(self, *, limit: int, before: int | None = None) -> list[DeliveryLine]:
        """Return deliveries of webhooks, the newest first."""
        return await self._all(DeliveryLine, Q["page_deliveries"], {"limit": limit, "before": before})

    async def _all(self, model: type[Any], sql: str, named: dict[str, Any]) -> list[Any]:
        within = {"tenant_id": self._tenant_id, "projects": self._projects}
        async with self._store.autocommit(self._tenant_id) as single:
            return await single.all(model, sql, {**within, **named})
