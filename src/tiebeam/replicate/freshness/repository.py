"""What the reads of a connection's feeds have found, remembered. Every query names its tenant."""

from __future__ import annotations

from array import array
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tiebeam.replicate.freshness.estimate import LOOK_BACK_HOURS_MAX, begun, observe
from tiebeam.replicate.freshness.model import Evidence
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from tiebeam.replicate.freshness.model import Estimate, Seen
    from tiebeam.store.pool import Store

Q = queries("tiebeam.replicate.freshness")


class Freshness:
    """The evidence of one connection's feeds.

    `feed_id` is that of the item: the lowest of those that are read together.
    """

    def __init__(self, store: Store, tenant_id: UUID, connection_id: UUID) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._connection_id = connection_id

    async def evidence(self) -> dict[int, Evidence]:
        """Return the evidence of every feed that was ever read, by its id."""
        async with self._store.transaction(self._tenant_id) as tx:
            rows = await tx.rows(Q["evidence"], self._named())
        return {row[0]: _evidence(row) for row in rows}

    async def note_read(
        self, feed_id: int, seen: Seen, estimate: Estimate | None = None, *, feed_ids: Sequence[int] = ()
    ) -> None:
        """Take in what one read found; `estimate` says when in a long interval its changes are likely.

        After the first read of an item, the times of the records of `feed_ids`, its feeds, tell how often it
        changed before. A feed of another connection is none of ours: nothing is noted.
        """
        shape: Sequence[float] | None = estimate.rates_per_hour if estimate else None
        async with self._store.transaction(self._tenant_id) as tx:
            await tx.run(Q["ensure_evidence"], self._named(feed_id=feed_id))
            rows = await tx.rows(Q["lock_evidence"], self._named(feed_id=feed_id))
            if rows:
                before = _evidence(rows[0])
                if before.as_of is None and feed_ids:
                    since = seen.until - timedelta(hours=LOOK_BACK_HOURS_MAX)
                    named = self._named(feed_ids=list(feed_ids), since=since)
                    found = begun(seen, [row[0] for row in await tx.rows(Q["history"], named)])
                else:
                    found = observe(before, seen, shape)
                await tx.run(Q["keep_evidence"], self._named(feed_id=feed_id, **_columns(found)))

    async def note_probe(self, feed_id: int, at: datetime) -> None:
        """Remember a probe; what it announced is told with the read that follows, in `Seen.announced`."""
        async with self._store.transaction(self._tenant_id) as tx:
            await tx.run(Q["ensure_evidence"], self._named(feed_id=feed_id))
            await tx.run(Q["note_probe"], self._named(feed_id=feed_id, at=at))

    async def note_told(self, feed_id: int, changes: int = 1) -> None:
        """Count changes that webhooks told of, so that a covered feed does not seem quiet."""
        async with self._store.transaction(self._tenant_id) as tx:
            await tx.run(Q["ensure_evidence"], self._named(feed_id=feed_id))
            await tx.run(Q["note_told"], self._named(feed_id=feed_id, changes=changes))

    def _named(self, **more: Any) -> dict[str, Any]:
        return {"tenant_id": self._tenant_id, "connection_id": self._connection_id, **more}


def _evidence(row: tuple[Any, ...]) -> Evidence:
    _, as_of, changes, hours, reads, calls, announced, unannounced, probed_at, pending, told, missed = row
    return Evidence(
        as_of=as_of,
        changes=array("d", changes),
        hours=array("d", hours),
        reads=reads,
        calls=calls,
        announced=announced,
        unannounced=unannounced,
        probed_at=probed_at,
        told_pending=pending,
        told=told,
        missed=missed,
    )


def _columns(evidence: Evidence) -> dict[str, Any]:
    return {
        "as_of": evidence.as_of,
        "changes": list(evidence.changes),
        "hours": list(evidence.hours),
        "reads": evidence.reads,
        "calls": evidence.calls,
        "announced": evidence.announced,
        "unannounced": evidence.unannounced,
        "told_pending": evidence.told_pending,
        "told": evidence.told,
        "missed": evidence.missed,
        "probed_at": evidence.probed_at,
    }
