"""The history of the copy of one tenant, read for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from tiebeam.replicate.history.model import LogLine, Pulse, Reading, RunSeen
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from tiebeam.replicate.history.model import LogWanted
    from tiebeam.store.pool import Store

Q = queries(__package__ or "tiebeam.replicate.history")

Model = TypeVar("Model")


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

    async def all_runs(self, *, limit: int = 50, before: int | None = None) -> list[RunSeen]:
        """Return runs whether they are over or not, the newest first; those before a number."""
        return await self._runs(open_=None, limit=limit, before=before)

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

    async def _runs(self, *, open_: bool | None, limit: int, before: int | None) -> list[RunSeen]:
        return await self._all(RunSeen, "runs_page", {"open": open_, "limit": limit, "before": before})

    async def _all(self, model: type[Model], name: str, named: dict[str, Any]) -> list[Model]:
        known = {"tenant_id": self._tenant_id, "projects": self._projects}
        async with self._store.autocommit(self._tenant_id) as single:
            return await single.all(model, Q[name], {**named, **known})
