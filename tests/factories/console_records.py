"""A copy to look things up in, written as it is wanted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson
from tests.factories.webhooks import connected

from tiebeam.kernel.canonical import content_hash
from tiebeam.store.adapt import Json

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from tiebeam.store.pool import Store

FEED = """
insert into tiebeam.feed (tenant_id, connection_id, stream, scope, access, access_reason, read_at)
values (%(tenant)s, %(connection)s, %(stream)s, %(scope)s, %(access)s, %(reason)s, %(at)s)
on conflict (connection_id, stream, scope) do update set access = excluded.access returning id
"""
RECORD = """
insert into tiebeam.record (tenant_id, feed_id, key, version, state, hash, created_at, changed_at, payload)
values (%(tenant)s, %(feed)s, %(key)s, %(version)s, %(state)s, %(hash)s, %(at)s, %(at)s, %(payload)b)
"""
VERSION = """
insert into tiebeam.record_version (tenant_id, feed_id, key, version, state, hash, valid_from, valid_to,
    payload)
values (%(tenant)s, %(feed)s, %(key)s, %(version)s, 1, %(hash)s, %(since)s, %(until)s, %(payload)b)
"""
MANY = """
insert into tiebeam.record (tenant_id, feed_id, key, state, hash, created_at, changed_at, payload)
select %(tenant)s, %(feed)s, n::text, 1, '\\x00', %(at)s, %(at)s::timestamptz - n * interval '1 second',
    jsonb_build_object('id', n, 'subject', 'Number ' || n, 'status',
        case when n %% 7 = 0 then 'draft' else 'open' end)
from generate_series(1, %(most)s) n
"""


class Shelf:
    """The copy of one connection of one tenant."""

    def __init__(self, store: Store, tenant_id: UUID, connection_id: UUID) -> None:
        self.store = store
        self.tenant_id = tenant_id
        self.connection_id = connection_id
        self.now: datetime = store.clock.now() - timedelta(days=1)

    @classmethod
    async def opened(cls, store: Store, tenant_id: UUID) -> Shelf:
        """Open one for a new connection."""
        return cls(store, tenant_id, await connected(store, tenant_id))

    async def feed(
        self, view: str, project: str | None = "7", *, access: str = "open", more: str = ""
    ) -> int:
        """Make or change a feed."""
        scope = (f"project_id={project}" if project else "") + more
        named = {
            "stream": f"procore.{view}",
            "scope": scope,
            "access": access,
            "reason": None,
            "at": self.now,
        }
        async with self.store.transaction(self.tenant_id) as tx:
            found: int = await tx.value(FEED, self._named(connection=self.connection_id, **named))
        return found

    async def add(
        self,
        view: str,
        key: object,
        payload: dict[str, Any],
        *,
        project: str | None = "7",
        state: int = 1,
        before: tuple[dict[str, Any], ...] = (),
        more: str = "",
    ) -> int:
        """Put a record there, each a minute after the last; `before` are its former contents, a day each."""
        self.now += timedelta(minutes=1)
        feed = await self.feed(view, project, more=more)
        common = self._named(feed=feed, key=str(key))
        async with self.store.transaction(self.tenant_id) as tx:
            for version, content in enumerate(before, 1):
                days = len(before) - version + 1
                times = {
                    "since": self.now - timedelta(days=days),
                    "until": self.now - timedelta(days=days - 1),
                }
                await tx.run(VERSION, common | times | _content(content) | {"version": version})
            named = {"version": len(before) + 1, "state": state, "at": self.now}
            await tx.run(RECORD, common | named | _content(payload))
        return feed

    async def many(self, view: str, most: int, project: str = "7") -> int:
        """Put many plain records there."""
        feed = await self.feed(view, project)
        async with self.store.transaction(self.tenant_id) as tx:
            await tx.run(MANY, self._named(feed=feed, most=most, at=self.now))
        return feed

    def _named(self, **values: Any) -> dict[str, Any]:
        return {"tenant": self.tenant_id, **values}


def _content(payload: dict[str, Any]) -> dict[str, Any]:
    text = orjson.dumps(payload)
    return {"payload": Json(text), "hash": content_hash(text)}
