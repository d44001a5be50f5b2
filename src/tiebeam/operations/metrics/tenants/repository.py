"""How every company stands: counts, ages and codes, and nothing of what it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiebeam.kernel.clock import Clock
    from tiebeam.store.pool import Store

Q = queries("tiebeam.operations.metrics.tenants")


@dataclass(frozen=True, slots=True)
class TenantHealth:
    """One company, as an operator of the whole may see it."""

    slug: str
    name: str
    connections: Mapping[str, int]
    """How many are in each status."""
    errors: Mapping[str, int]
    """How many connections are troubled by each stable code."""
    jobs: Mapping[str, int]
    """How many are in each state of the queue."""
    read: int
    """Listings that were read to their end at least once and can be read."""
    late: int
    """Of these, the ones not read for twice their interval."""
    unread: int
    oldest_seconds: float | None
    """How long ago the listing was read that was read longest ago."""
    holds: int
    """Deletions that wait for a person."""


async def tenant_health(store: Store, clock: Clock, intervals: Mapping[str, int]) -> list[TenantHealth]:
    """Return how every company stands, by name; `intervals` are the minutes of each stream."""
    named = {"at": clock.now(), "names": list(intervals), "minutes": list(intervals.values())}
    async with store.transaction(None) as tx:
        return await tx.all(TenantHealth, Q["tenant_health"], named)
