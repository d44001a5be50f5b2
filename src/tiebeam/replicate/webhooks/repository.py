"""What webhooks remember: hooks, deliveries, and the records that are to be fetched."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tiebeam.replicate.model import Feed, Incoming, PageChanges, State
from tiebeam.replicate.plan import classify
from tiebeam.replicate.repository import Replica
from tiebeam.replicate.rows import feed_of, stored_of
from tiebeam.replicate.webhooks.model import DeliveryLine, FateCount, Hook, Known, Pending, Waiting
from tiebeam.store.adapt import Hashes, Texts
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from tiebeam.replicate.model import Ending
    from tiebeam.replicate.webhooks.model import Filed
    from tiebeam.store.pool import Store

Q = queries(__package__ or "tiebeam.replicate.webhooks")


class Deliveries:
    """Deliveries of every tenant, each written behind its own tenant's wall."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def hook_of(self, secret_hash: bytes) -> Hook | None:
        """Return the hook that a secret belongs to, whichever tenant's it is."""
        async with self._store.autocommit(None) as single:
            return await single.one(Hook, Q["hook_of"], {"secret_hash": secret_hash})

    async def keep(self, arrived: Sequence[Filed]) -> int:
        """Store deliveries durably, collapsed per record; return how many were new."""
        of_tenant: dict[UUID, list[Filed]] = defaultdict(list)
        for one in arrived:
            of_tenant[one.hook.tenant_id].append(one)
        new = 0
        for tenant_id, some in of_tenant.items():
            async with self._store.autocommit(tenant_id) as single:
                new += await single.value(Q["keep_deliveries"], {"tenant_id": tenant_id, **_columns(some)})
        return new

    async def page(
        self, tenant_id: UUID, projects: Iterable[str] | None, *, limit: int, before: int | None = None
    ) -> list[DeliveryLine]:
        """Return deliveries, the newest first, before a place; of those projects, and of the company."""
        seen = None if projects is None else sorted(projects)
        named = {"tenant_id": tenant_id, "projects": seen, "limit": limit, "before": before}
        async with self._store.autocommit(tenant_id) as single:
            return await single.all(DeliveryLine, Q["page_deliveries"], named)

    async def waiting(self, now: datetime) -> list[tuple[UUID, UUID]]:
        """Return the tenant and connection of everything that is to be fetched."""
        async with self._store.autocommit(None) as single:
            return [(row[0], row[1]) for row in await single.rows(Q["waiting"], {"at": now})]


class Hooks:
    """The hooks of one connection."""

    def __init__(self, store: Store, tenant_id: UUID, connection_id: UUID) -> None:
        self._store = store
        self._named = {"tenant_id": tenant_id, "connection_id": connection_id}

    async def all(self) -> list[Hook]:
        """Return every hook there was, newest first."""
        async with self._store.transaction(self._named["tenant_id"]) as tx:
            return await tx.all(Hook, Q["hooks"], self._named)

    async def current(self) -> Hook | None:
        """Return the hook in use."""
        found = await self.all()
        return next((hook for hook in found if hook.retired_at is None and hook.vendor_hook_id), None)

    async def begin(self, hook: Hook) -> None:
        """Keep a hook that is about to be made."""
        named = {
            "id": hook.id,
            "company_id": hook.company_id,
            "secret_hash": hook.secret_hash,
            "destination_url": hook.destination_url,
            "payload_version": hook.payload_version,
            "own_application_id": hook.own_application_id,
            "own_user_id": hook.own_user_id,
            "at": hook.made_at,
        }
        async with self._store.transaction(self._named["tenant_id"]) as tx:
            await tx.run(Q["insert_hook"], {**self._named, **named})

    async def put_in_use(self, hook: Hook, vendor_hook_id: str, at: datetime) -> Hook:
        """The vendor has made a hook: it takes the place of every other."""
        async with self._store.transaction(self._named["tenant_id"]) as tx:
            await tx.run(Q["retire_hooks"], {**self._named, "keep_id": hook.id, "at": at})
            await tx.run(
                Q["name_hook"],
                {"tenant_id": hook.tenant_id, "id": hook.id, "vendor_hook_id": vendor_hook_id},
            )
        return replace(hook, vendor_hook_id=vendor_hook_id)

    async def retire(self, at: datetime) -> None:
        """No hook is in use any more."""
        async with self._store.transaction(self._named["tenant_id"]) as tx:
            await tx.run(Q["retire_hooks"], {**self._named, "keep_id": None, "at": at})

    async def see_until(self, hook: Hook, until: datetime) -> None:
        """Remember that nothing is missing up to a moment of the vendor's clock."""
        async with self._store.transaction(self._named["tenant_id"]) as tx:
            await tx.run(Q["see_until"], {"tenant_id": hook.tenant_id, "id": hook.id, "until": until})

    async def read_all_since(self, since: datetime, streams: Iterable[str], at: datetime) -> int:
        """Have everything that deliveries cover read from a moment on; return how many scopes that are."""
        named = {"since": since, "streams": Texts(sorted(streams)), "at": at}
        async with self._store.transaction(self._named["tenant_id"]) as tx:
            return await tx.run(Q["missed_since"], {**self._named, **named})

    async def fates(self, since: datetime, projects: Iterable[str] | None = None) -> list[FateCount]:
        """Return how many deliveries came on each day since, by what was to be done, the last day first.

        Of these projects and of the company itself; None means all.
        """
        named = {**self._named, "since": since, "projects": None if projects is None else sorted(projects)}
        async with self._store.autocommit(self._named["tenant_id"]) as single:
            return await single.all(FateCount, Q["fates"], named)

    async def waiting_for(self, projects: Iterable[str] | None = None, *, limit: int = 50) -> list[Waiting]:
        """Return what is still to be fetched, by kind and project, what waited longest first."""
        named = {**self._named, "limit": limit, "projects": None if projects is None else sorted(projects)}
        async with self._store.autocommit(self._named["tenant_id"]) as single:
            return await single.all(Waiting, Q["waiting_for"], named)


@dataclass(frozen=True, slots=True)
class Landed:
    """A whole record, and for one with a detail the hash of the listed row that it was fetched for.

    `list_hash` None has the next poll fetch the detail once more.
    """

    row: Incoming
    list_hash: bytes | None = None


class Landing(Replica):
    """The replica of one connection, for rows that come outside any pull."""

    async def due(self, limit: int) -> list[Pending]:
        """Return the records that are to be fetched now, those that waited longest first."""
        named = self._named(at=self._clock.now(), limit=limit)
        async with self._store.autocommit(self._tenant_id) as single:
            return await single.all(Pending, Q["due"], named)

    async def settle(self, pending: Sequence[Pending]) -> None:
        """These wait no longer, all of one stream and scope. Further deliveries meanwhile keep them."""
        if pending:
            async with self._store.autocommit(self._tenant_id) as single:
                await single.run(Q["settle"], self._named(**_generations(pending)))

    async def put_off(
        self, pending: Mapping[Pending, datetime], error: str, *, attempted: bool = True
    ) -> None:
        """Look for these again later, all of one stream and scope."""
        if not pending:
            return
        named = _generations(list(pending))
        named |= {"next_ats": list(pending.values()), "error": error[:1000], "attempt": int(attempted)}
        async with self._store.autocommit(self._tenant_id) as single:
            await single.run(Q["put_off"], self._named(**named))

    async def feeds_within(self, pending: Pending) -> list[Feed]:
        """Return the readable feeds in which a record may lie."""
        named = self._named(stream=pending.stream, scope=pending.scope_text)
        async with self._store.autocommit(self._tenant_id) as single:
            feeds = await single.all(Feed, Q["feeds_within"], named)
        return list(map(feed_of, feeds))

    async def known(self, feeds: Sequence[Feed], keys: Iterable[str]) -> list[Known]:
        """Return what the replica has of some records."""
        named = self._named(feed_ids=[feed.id for feed in feeds], keys=Texts(keys))
        async with self._store.autocommit(self._tenant_id) as single:
            return await single.all(Known, Q["known"], named)

    async def stale(self, feed: Feed, rows: Sequence[Incoming]) -> list[Incoming]:
        """Return the listed rows that differ from those for which a detail was fetched."""
        async with self._store.transaction(self._tenant_id) as tx:
            told = await self._told(tx, feed, rows, detailed=False)
        return list(classify(rows, stored_of(told), owed={}).owed)

    async def land(self, feed: Feed, landed: Sequence[Landed], *, calls: int) -> PageChanges:
        """Write what differs, in one transaction. What the vendor marks as deleted must come by `delete`."""
        rows = [one.row for one in landed]
        hashes = {one.row.key: one.list_hash for one in landed}
        async with self._store.transaction(self._tenant_id) as tx:
            told = await self._told(tx, feed, rows, detailed=False)
            changes = classify(rows, stored_of(told))
            async with tx.pipeline():
                for some, list_hash in _by_hash(changes, hashes):
                    await self._write(tx, feed, None, some, calls=calls, list_hash=list_hash)
                    calls = 0
        return changes

    async def delete(self, feed: Feed, keys: Iterable[str], why: str) -> Ending:
        """Mark records as proven deleted, through the fuse that stops too many at once."""
        async with self._store.transaction(self._tenant_id) as tx:
            named = self._named(feed_ids=[feed.id], keys=Texts(keys))
            known = await tx.all(Known, Q["known"], named)
            living = sorted(one.key for one in known if one.state != State.DELETED)
            return await self._delete(tx, feed, None, living, why)

    async def note(self, feed: Feed, keys: Sequence[str], why: str) -> None:
        """Write into the sync log why records were not changed."""
        async with self._store.transaction(self._tenant_id) as tx:
            await self._log(tx, feed.id, None, "skipped", keys=keys, detail=why)


def _by_hash(
    changes: PageChanges, hashes: Mapping[str, bytes | None]
) -> list[tuple[PageChanges, bytes | None]]:
    """Cut changes so that each part has one hash of its listed row: one part where there are no details."""
    if not any(hashes.values()):
        return [(changes, None)]
    parts = [
        *((PageChanges(created=(row,)), hashes[row.key]) for row in changes.created),
        *((PageChanges(updated=(row,)), hashes[row.key]) for row in changes.updated),
        *((PageChanges(restored=(row,)), hashes[row.key]) for row in changes.restored),
    ]
    rest = PageChanges(found_again=changes.found_again, conflicts=changes.conflicts)
    return [*parts, (rest, None)]


def _generations(pending: Sequence[Pending]) -> dict[str, Any]:
    return {
        "stream": pending[0].stream,
        "scope": pending[0].scope_text,
        "keys": Texts(one.key for one in pending),
        "generations": [one.generation for one in pending],
    }


def _columns(arrived: Sequence[Filed]) -> dict[str, Any]:
    events = [one.event for one in arrived]
    return {
        "hook_ids": [one.hook.id for one in arrived],
        "connection_ids": [one.hook.connection_id for one in arrived],
        "dedupe_ids": Texts(one.dedupe_id for one in arrived),
        "received_ats": [one.received_at for one in arrived],
        "event_ats": [one.event_at for one in arrived],
        "resources": Texts(event.resource if event else "" for event in events),
        "record_ids": Texts(event.record_id if event else "" for event in events),
        "project_ids": Texts((event.project_id or "") if event else "" for event in events),
        "event_types": Texts(event.event_type if event else "" for event in events),
        "fates": Texts(one.fate.value for one in arrived),
        "sources": Texts(one.source for one in arrived),
        "bodies": Hashes(one.body for one in arrived),
        "streams": Texts(one.stream for one in arrived),
        "scopes": Texts(one.scope_text for one in arrived),
        "keys": Texts(one.key for one in arrived),
        "correlation_ids": [one.correlation_id for one in arrived],
    }
