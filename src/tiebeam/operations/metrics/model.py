"""What is read from the database for the gauges. None of it tells whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class StreamMeasure:
    """How the feeds of one stream stand, those of all tenants together."""

    stream: str
    read: int
    """Open feeds that have been read at least once; the ages are theirs."""
    unread: int
    shut: int
    """Feeds of tools that are switched off, hidden or gone."""
    age_seconds_max: float | None
    age_seconds_mean: float | None


@dataclass(frozen=True, slots=True)
class ConnectionMeasure:
    """How many connections stand alike."""

    vendor: str
    status: str
    token: str
    """`good`, `expired`, `cut_off` (a refresh began and its answer was never kept) or `none`."""
    connections: int


@dataclass(frozen=True, slots=True)
class Measures:
    """All that one look at the database gives."""

    streams: Sequence[StreamMeasure] = ()
    connections: Sequence[ConnectionMeasure] = ()
    gates: Sequence[Mapping[str, Any]] = ()
    """The states of the rate gates as kept, without their names."""


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """How many jobs of a kind are in a state, and how long the oldest of them has been."""

    kind: str
    state: str
    jobs: int
    oldest_seconds: float


class ShareLevel(Protocol):
    """How a share stands in a window."""

    @property
    def used(self) -> int:
        """Its calls in the window."""


class WindowLevel(Protocol):
    """How a window of a gate stands."""

    @property
    def name(self) -> str:
        """Such as `hour`."""

    @property
    def limit(self) -> int:
        """The calls it allows."""

    @property
    def foreign(self) -> int:
        """Calls that the vendor counts and we did not make."""

    @property
    def left(self) -> int:
        """What may still be called."""

    @property
    def shares(self) -> Mapping[str, ShareLevel]:
        """The shares by name."""


class GateLevel(Protocol):
    """How a gate stands."""

    @property
    def windows(self) -> Sequence[WindowLevel]:
        """Its windows in force."""

    @property
    def paused_seconds(self) -> float:
        """How long it stays shut; 0 when it is open."""
