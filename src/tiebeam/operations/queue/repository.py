"""The queue, remembered: `Queue` for those who want something done, `Claims` for those who do it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from tiebeam.operations.queue.model import Job, NewJob
from tiebeam.operations.queue.plan import folded
from tiebeam.store.adapt import Jsons, Longs, Moments, Texts
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from tiebeam.kernel.clock import Clock
    from tiebeam.operations.queue.plan import Verdict
    from tiebeam.store.notices import Notices
    from tiebeam.store.pool import Store
    from tiebeam.store.transaction import Transaction

Q = queries(__package__)

CHANNEL = "tiebeam_queue"


@dataclass(frozen=True, slots=True)
class Count:
    """How many jobs of a kind are in a state, and since when the oldest of them."""

    kind: str
    state: str
    jobs: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """A job as it stands or ended. `errors` holds `at`, `attempt` and `why` of the last ten failures."""

    job_id: int
    kind: str
    key: str
    state: str
    priority: int
    attempts: int
    error: str | None
    errors: list[dict[str, Any]]
    enqueued_at: datetime
    started_at: datetime | None
    not_before: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Peer:
    """A worker on the list, and how often it has said that it lives."""

    id: int
    name: str
    beats: int


class Queue:
    """One tenant's side: to queue, look, hasten and cancel."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def enqueue(self, tenant_id: UUID, jobs: Iterable[NewJob], *, tx: Transaction | None = None) -> int:
        """Queue `jobs`, in the caller's transaction of the same tenant if there is one.

        Of a kind and key one waits at most: a later wish replaces its arguments, raises its priority and
        brings it forward, but not out of a back-off. One that runs runs once more afterwards; one that is
        blocked waits again. Returns how many jobs came of it or were changed: none for a plain repetition.
        """
        return await self._put(tenant_id, jobs, tx, hasten=False)

    async def trigger(self, tenant_id: UUID, jobs: Iterable[NewJob], *, tx: Transaction | None = None) -> int:
        """Queue `jobs` as a person does who wants them now: out of a back-off, too."""
        return await self._put(tenant_id, jobs, tx, hasten=True)

    async def hasten(self, tenant_id: UUID) -> int:
        """Make everything due that waits for its time; return how many jobs that were."""
        async with self._store.transaction(tenant_id) as tx:
            params = {"tenant_id": tenant_id, "at": self._clock.now()}
            return int(await tx.value(Q["hasten"], params))

    async def cancel(self, tenant_id: UUID, job_id: int) -> bool:
        """End a job that waits, ask for the end of one that runs; False when there is none such."""
        params = {"tenant_id": tenant_id, "id": job_id, "at": self._clock.now()}
        async with self._store.transaction(tenant_id) as tx:
            await tx.rows(Q["lock"])
            return bool(await tx.value(Q["cancel"], params))

    async def counts(self, tenant_id: UUID | None) -> list[Count]:
        """Return how many jobs are in which state, of one tenant or (None) of all together."""
        async with self._store.transaction(tenant_id) as tx:
            if tenant_id is None:
                return await tx.all(Count, Q["totals"])
            return await tx.all(Count, Q["counts"], {"tenant_id": tenant_id})

    async def history(self, tenant_id: UUID, limit: int = 20) -> list[Entry]:
        """Return one tenant's jobs: what is not ended, then the most recently ended."""
        async with self._store.transaction(tenant_id) as tx:
            return await tx.all(Entry, Q["history"], {"tenant_id": tenant_id, "limit": limit})

    async def jobs(
        self, tenant_id: UUID, states: Sequence[str], *, kinds: Sequence[str] | None = None, limit: int = 50
    ) -> list[Entry]:
        """Return one tenant's jobs in these states, of these kinds or of all, the latest first."""
        named = {"tenant_id": tenant_id, "states": [*states], "limit": limit}
        async with self._store.autocommit(tenant_id) as single:
            return await single.all(Entry, Q["jobs"], named | {"kinds": kinds and [*kinds]})

    async def job(self, tenant_id: UUID, job_id: int) -> Entry | None:
        """Return a job that has not ended; None when there is none such."""
        async with self._store.autocommit(tenant_id) as single:
            return await single.one(Entry, Q["job"], {"tenant_id": tenant_id, "id": job_id})

    async def failed(self, tenant_id: UUID, job_id: int) -> Entry | None:
        """Return how a job was given up; None for one that was not, or is forgotten."""
        async with self._store.transaction(tenant_id) as tx:
            return await tx.one(Entry, Q["failed"], {"tenant_id": tenant_id, "id": job_id})

    async def hasten_one(self, tenant_id: UUID, job_id: int) -> bool:
        """Make a job due that waits for its time or for a person; False when there is none such."""
        named = {"tenant_id": tenant_id, "id": job_id, "at": self._clock.now()}
        async with self._store.transaction(tenant_id) as tx:
            return bool(await tx.value(Q["hasten_one"], named))

    async def pulse(self, tenant_id: UUID) -> tuple[str, str, str]:
        """Return a text of what waits and runs, one of what ended last, and one of the alerts.

        Each is another one whenever something of it changed.
        """
        async with self._store.autocommit(tenant_id) as single:
            ((queue, ended, alerts),) = await single.rows(Q["pulse"], {"tenant_id": tenant_id})
        return queue, ended, alerts

    async def _put(
        self, tenant_id: UUID, jobs: Iterable[NewJob], tx: Transaction | None, *, hasten: bool
    ) -> int:
        at = self._clock.now()
        wishes = folded(jobs, at)
        if not wishes:
            return 0
        params = {"tenant_id": tenant_id, "at": at, "hasten": hasten, **_columns(wishes, at)}
        async with self._within(tenant_id, tx) as inner:
            return int(await inner.value(Q["enqueue"], params))

    @asynccontextmanager
    async def _within(self, tenant_id: UUID, tx: Transaction | None) -> AsyncIterator[Transaction]:
        if tx is not None:
            yield tx
            return
        async with self._store.autocommit(tenant_id) as single:
            yield single


def _columns(jobs: Sequence[NewJob], at: datetime) -> dict[str, object]:
    return {
        "kinds": Texts(job.kind for job in jobs),
        "keys": Texts(job.key for job in jobs),
        "serial_keys": [job.serial_key for job in jobs],
        "priorities": [job.priority for job in jobs],
        "args": Jsons(orjson.dumps(job.args) for job in jobs),
        "not_befores": [job.not_before or at for job in jobs],
    }


class Claims:
    """The workers' side, across all tenants.

    A crash of the database may forget the last fraction of a second of it, and then a job runs once more.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def join(self, name: str) -> int:
        """Enter a worker; return its number."""
        return int(await self._value("join", {"name": name, "at": self._clock.now()}))

    async def rejoin(self, former: int, name: str, held: Sequence[int]) -> int | None:
        """Enter a worker under a new number with the jobs it holds, and give up what else it may have taken.

        None when it was taken for dead before.
        """
        params = {"former": former, "name": name, "at": self._clock.now(), "held": list(held)}
        found: int | None = await self._value("rejoin", params)
        return found

    async def leave(self, worker: int) -> None:
        """Take a worker off the list; whatever it still holds is put back at the next rescue."""
        await self._value("leave", {"worker": worker})

    async def beat(self, worker: int) -> list[int] | None:
        """Say that a worker lives; return the jobs it is to stop, None when it was taken for dead."""
        found: list[int] | None = await self._value("beat", {"worker": worker})
        return found

    async def peers(self) -> list[Peer]:
        """Return every worker on the list."""
        async with self._store.autocommit(None, synchronous_commit=False) as single:
            return await single.all(Peer, Q["workers"])

    async def rescue(self, dead: Mapping[int, int], *, attempts_max: int, why: str) -> int:
        """Strike off the dead (worker to count of beats), put back what nobody works on; return how many.

        What was attempted `attempts_max` times is given up. How many of each tenant's run is counted anew.
        """
        params = {"dead": list(dead), "beats": list(dead.values()), "at": self._clock.now()}
        found = int(await self._value("rescue", {**params, "attempts_max": attempts_max, "why": why}))
        await self._value("recount", {})
        return found

    async def turn(
        self, worker: int, ended: Sequence[Verdict], capacity: int, *, tenant_max: int, kinds: Sequence[str]
    ) -> tuple[set[int], list[Job]]:
        """Tell what became of jobs and take up to `capacity` others, in one round trip.

        All of it is one transaction: when it fails, nothing was told and nothing taken.
        Returns the jobs that must be told again because somebody is just changing them, and those taken, no
        more than `tenant_max` of one tenant in all hands. What is no longer this worker's is passed over.
        """
        params = {
            "worker": worker,
            "at": self._clock.now(),
            **_told(ended),
            "capacity": capacity,
            "tenant_max": tenant_max,
            "kinds": Texts(kinds),
        }
        async with self._store.autocommit(None, synchronous_commit=False) as single:
            rows = await single.rows(Q["exchange"], params)
        if ended:
            left = {row[0] for row in rows if row[1] is None}
            return left, [Job(*row) for row in rows if row[1] is not None]
        return set(), [Job(*row) for row in rows]

    async def prune(self, before: datetime, most: int) -> int:
        """Remove up to `most` jobs that ended before; return how many."""
        return int(await self._value("prune", {"before": before, "most": most}))

    def notices(self) -> Notices:
        """Return what tells that there is something to take."""
        return self._store.notices(CHANNEL)

    async def _value(self, name: str, params: Mapping[str, Any]) -> Any:
        async with self._store.autocommit(None, synchronous_commit=False) as single:
            return await single.value(Q[name], params)


def _told(ended: Sequence[Verdict]) -> dict[str, object]:
    done = [one for one in ended if one.name == "completed"]
    rest = [one for one in ended if one.name != "completed"]
    return {
        "done": Longs(one.job_id for one in done),
        "done_wished": Moments(one.wished_at for one in done),
        "ids": Longs(one.job_id for one in rest),
        "wished": Moments(one.wished_at for one in rest),
        "verdicts": Texts(one.name for one in rest),
        "untils": [one.until for one in rest],
        "whys": [one.why for one in rest],
    }
