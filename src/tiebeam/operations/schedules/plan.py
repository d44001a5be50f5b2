"""Which ticks are due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from tiebeam.operations.schedules.model import Tick

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from tiebeam.operations.schedules.model import Standing

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)


def tick_of(tenant_id: UUID, now: datetime, every: timedelta) -> datetime:
    """Return the last tick at or before `now`.

    Ticks lie on a grid since long ago, so that every scheduler counts the same ones; each tenant's grid is
    shifted by an amount of its own, so that not all of them tick at once.
    """
    seconds = max(1, int(every.total_seconds()))
    since = int((now - _EPOCH).total_seconds())
    return _EPOCH + timedelta(seconds=since - (since - tenant_id.int) % seconds)


def due(standings: Iterable[Standing], every: Mapping[str, timedelta], now: datetime) -> list[Tick]:
    """Return the ticks to act on: after an outage only the last that was missed, and never one twice."""
    ticks = []
    for one in standings:
        if not one.enabled:
            continue
        own = timedelta(seconds=one.every_seconds) if one.every_seconds else every[one.name]
        tick_at = tick_of(one.tenant_id, now, own)
        if one.last_tick_at is None or tick_at > one.last_tick_at:
            ticks.append(Tick(one.tenant_id, one.name, tick_at))
    return ticks
