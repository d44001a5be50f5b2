"""Runs, the sync log and what is read right now, as people see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

SILENT_AFTER: Final = timedelta(minutes=5)
"""A run tells of itself as it goes from tool to tool: silent for so long it waits for calls, or is dead."""

RESULTS: Final = (
    "created",
    "updated",
    "restored",
    "deleted",
    "hidden",
    "held",
    "hold_approved",
    "hold_refused",
    "conflict",
    "skipped",
    "error",
    "pull",
)
"""What an entry of the sync log can say was done."""


@dataclass(frozen=True, slots=True)
class RunSeen:
    """One sync run. While it is under way it has no `tally`, and `progress` says how far it is."""

    id: int
    connection_id: UUID
    wish: str
    started_at: datetime
    ended_at: datetime | None
    tally: dict[str, int] | None
    progress: dict[str, Any] | None
    """`phase`, `feeds_done`, `feeds_known`, `doing`, `tally`, `calls_left`, `seconds_left`."""
    seen_at: datetime | None
    """When it last said how far it is; None for a run of an older release."""

    @property
    def project_id(self) -> str | None:
        """Return the project that was wished for; None when it was not one alone."""
        named = self._wished("project=")
        return None if named in (None, "*") else named

    @property
    def stream(self) -> str | None:
        """Return the kind that was wished for; None when it was not one alone."""
        named = self._wished("stream=")
        return None if named in (None, "*") else named

    @property
    def depth(self) -> str:
        """Return how it was wished: `due`, `routine`, `sweep` or `full`."""
        return self.wish.partition(" ")[0]

    def is_heard(self, now: datetime) -> bool:
        """Say whether it is under way and has told of itself lately."""
        heard = self.seen_at or self.started_at
        return self.ended_at is None and now - heard < SILENT_AFTER

    def _wished(self, name: str) -> str | None:
        parts = (part for part in self.wish.split() if part.startswith(name))
        return next((part.removeprefix(name) for part in parts), None)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the sync log; `id` goes on from a page."""

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
class Reading:
    """A listing that is being read right now."""

    stream: str
    scope_text: str
    mode: str
    next_page: int
    started_at: datetime


@dataclass(frozen=True, slots=True)
class LogWanted:
    """Which lines of the log are asked for; what is None does not count."""

    since: datetime | None = None
    result: str | None = None
    stream: str | None = None
    project_id: str | None = None


@dataclass(frozen=True, slots=True)
class Pulse:
    """One text a topic, another one whenever something of it changed."""

    runs: str
    freshness: str
    deletions: str
    connections: str | None
