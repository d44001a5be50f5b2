"""What ticks: a schedule, how it stands for a tenant, and a tick that is due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from tiebeam.operations.queue.model import NewJob


@dataclass(frozen=True, slots=True)
class Schedule:
    """Every so often, each tenant is asked what is to be queued. Seconds at the least, and no fractions."""

    name: str
    every: timedelta
    jobs: Callable[[UUID], Awaitable[Sequence[NewJob]]]


@dataclass(frozen=True, slots=True)
class Standing:
    """What the tables say of one schedule for one tenant; `every_seconds` None: as the schedule has it."""

    tenant_id: UUID
    name: str
    every_seconds: int | None
    enabled: bool
    last_tick_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment of a tenant's schedule: at most once anything comes of it."""

    tenant_id: UUID
    name: str
    tick_at: datetime


@dataclass(frozen=True, slots=True)
class TickEntry:
    """What came of a tick: how many jobs were queued, or why none could be."""

    schedule: str
    tick_at: datetime
    acted_at: datetime
    queued: int | None
    error: str | None
