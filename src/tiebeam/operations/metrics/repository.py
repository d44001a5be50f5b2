"""What the database tells of itself for the gauges, over all tenants and without a word of any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.operations.metrics.model import ConnectionMeasure, Measures, StreamMeasure
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from tiebeam.kernel.clock import Clock
    from tiebeam.store.pool import Store

Q = queries(__package__)


async def collect(store: Store, clock: Clock) -> Measures:
    """Return how streams, connections and gates stand now. Raises the errors of the database."""
    at = {"at": clock.now()}
    async with store.transaction(None) as tx:
        return Measures(
            streams=await tx.all(StreamMeasure, Q["measure_streams"], at),
            connections=await tx.all(ConnectionMeasure, Q["measure_connections"], at),
            gates=[state for (state,) in await tx.rows(Q["measure_gates"])],
        )
