"""What replication did and is doing, for people to look at: runs, the sync log, what is read right now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from tiebeam.store.pool import Store

Q = queries(__package__ or "tiebeam.replicate")

Model = TypeVar("Model")

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

    since: datetime
    result: str | None = None
    stream: str | None = None
    project_id: str | None = None


@dataclass(frozen=True, slots=True)
class Pulse:
    """One text a topic, another one whenever something of it changed."""

    runs: str
    freshness: str
    deletions: str


class History:
    """What was done for one tenant, as far as somebody who sees some projects alone may know of it.

    `project_ids` None means all. What lies in no project is the company's, and everybody's to see.
    """

    def __init__(self, store: Store, tenant_id: UUID, project_ids: Iterable[str] | None = None) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._projects = None if project_ids is None else sorted(project_ids)

    async def runs(self, *, limit: int = 50, before: int | None = None) -> list[RunSeen]:
        """Return runs that are over, the newest first; those before a number, to go on from a page."""
        return await self._runs(open_=False, limit=limit, before=before)

    async def open_runs(self) -> list[RunSeen]:
        """Return the runs that are not over, whether they are under way or were cut off."""
        return await self._runs(open_=True, limit=50, before=None)

    async def log(self, wanted: LogWanted, *, limit: int = 50, before: int | None = None) -> list[LogLine]:
        """Return lines of the sync log, the newest first; those before a number, to go on from a page."""
        named = {
            "since": wanted.since,
            "result": wanted.result,
            "stream": wanted.stream,
            "project": wanted.project_id,
            "before": before,
            "limit": limit,
        }
        return await self._all(LogLine, "log_page", named)

    async def reading(self, *, limit: int = 20) -> list[Reading]:
        """Return the listings that are being read right now, or were when a run was cut off."""
        return await self._all(Reading, "pulls_running", {"limit": limit})

    async def called(self, feed_id: int, keys: Sequence[str]) -> dict[str, str]:
        """Return what records of a feed are called, by key; empty for one that has no such field."""
        named = {"tenant_id": self._tenant_id, "feed_id": feed_id, "keys": list(keys)}
        async with self._store.autocommit(self._tenant_id) as single:
            return {row[0]: row[1] for row in await single.rows(Q["called"], named)}

    async def pulse(self) -> Pulse:
        """Return what tells one state from the next."""
        (found,) = await self._all(Pulse, "pulse", {})
        return found

    async def _runs(self, *, open_: bool, limit: int, before: int | None) -> list[RunSeen]:
        return await self._all(RunSeen, "runs_page", {"open": open_, "limit": limit, "before": before})

    async def _all(self, model: type[Model], name: str, named: dict[str, Any]) -> list[Model]:
        known = {"tenant_id": self._tenant_id, "projects": self._projects}
        async with self._store.autocommit(self._tenant_id) as single:
            return await single.all(model, Q[name], {**named, **known})
