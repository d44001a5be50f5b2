"""What is always being done: the jobs a worker can do for any tenant, and the schedules that queue them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from tiebeam.app import App
from tiebeam.connectors.ports import Share
from tiebeam.identity.repository import Tenants
from tiebeam.operations.queue.model import Blocked, Done, NewJob, RetryAt, Snooze
from tiebeam.operations.schedules.model import Schedule
from tiebeam.operations.tokens.model import NotConnectedError, Status
from tiebeam.replicate.pull import StoppedError
from tiebeam.replicate.sync import Wish

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tiebeam.connectors.ports import Transport
    from tiebeam.kernel.clock import Clock
    from tiebeam.operations.queue.hands import Handler
    from tiebeam.operations.queue.model import Job, Outcome
    from tiebeam.operations.tokens.model import Connection
    from tiebeam.settings import Settings
    from tiebeam.store.pool import Store

SYNC: Final = "procore.sync"
REFRESH: Final = "procore.refresh"
KEEP_ALIVE: Final = "token.keep_alive"

SYNC_EVERY: Final = timedelta(minutes=10)
DUE_EVERY: Final = timedelta(minutes=1)
KEEP_ALIVE_EVERY: Final = timedelta(minutes=30)
"""Access lasts 90 minutes, and a grant that nobody used for long is lost: well within the 12 hours of R10."""
GOES_ON_AFTER: Final = timedelta(seconds=30)

BY_HAND: Final = 5
"""The priority of what a person waits for."""


class Duties:
    """Everything that is done without anybody asking, for every tenant of one database."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        store: Store,
        transport: Transport,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """`stopping` says whether what is in hand is to end at the next page."""
        self._settings = settings
        self._clock = clock
        self._store = store
        self._transport = transport
        self._stopping = stopping
        self._apps: dict[UUID, App] = {}

    def handlers(self) -> Mapping[str, Handler]:
        """Return what a worker can do, by kind of job."""
        return {SYNC: self._sync, REFRESH: self._refresh, KEEP_ALIVE: self._keep_alive}

    def schedules(self) -> Sequence[Schedule]:
        """Return what is queued again and again."""
        return (
            Schedule(SYNC, SYNC_EVERY, self._sync_jobs),
            Schedule("procore.due", DUE_EVERY, self._due_jobs),
            Schedule(KEEP_ALIVE, KEEP_ALIVE_EVERY, self._keep_alive_jobs),
        )

    async def app(self, tenant_id: UUID) -> App:
        """Return a tenant's side of things. Raises BadInputError when there is no such tenant."""
        if tenant_id not in self._apps:
            tenant = await Tenants(self._store).get(tenant_id)
            self._apps[tenant_id] = App(self._settings, self._clock, self._store, tenant, self._transport)
        return self._apps[tenant_id]

    async def _sync_jobs(self, tenant_id: UUID) -> list[NewJob]:
        return [sync_job(one) for one in await self._connected(tenant_id)]

    async def _due_jobs(self, tenant_id: UUID) -> list[NewJob]:
        """Between the routine ticks, queue only the connections of which something is due."""
        app = await self.app(tenant_id)
        return [sync_job(one) for one in await self._connected(tenant_id) if await app.something_due(one)]

    async def _keep_alive_jobs(self, tenant_id: UUID) -> list[NewJob]:
        return [
            NewJob(KEEP_ALIVE, str(one.id), {"connection": str(one.id)})
            for one in await self._connected(tenant_id)
        ]

    async def _connected(self, tenant_id: UUID) -> list[Connection]:
        app = await self.app(tenant_id)
        return [one for one in await app.connections() if one.status is Status.CONNECTED]

    async def _sync(self, job: Job) -> Outcome:
        """Read of one connection what is due."""
        app, connection = await self._found(job)
        if connection is None or connection.status is not Status.CONNECTED:
            return _waits_for_somebody(connection)
        try:
            complete = await app.sync_due(connection, self._stopping)
        except NotConnectedError as error:
            return Blocked(f"{error.cause} {error.action}")
        except StoppedError:
            return Snooze(self._clock.now())
        if complete:
            return Done()
        return RetryAt(self._clock.now() + GOES_ON_AFTER, "not all of it could be read")

    async def _refresh(self, job: Job) -> Outcome:
        """Read what a person asked for: a kind, a project, everything."""
        app, connection = await self._found(job)
        if connection is None or connection.status is not Status.CONNECTED:
            return _waits_for_somebody(connection)
        wish = Wish(
            project_id=job.args.get("project"),
            stream=job.args.get("stream"),
            full=bool(job.args.get("full")),
            share=Share.DEMAND,
        )
        try:
            await app.sync_one(connection, wish, stopping=self._stopping)
        except NotConnectedError as error:
            return Blocked(f"{error.cause} {error.action}")
        except StoppedError:
            return Snooze(self._clock.now())
        return Done()

    async def _keep_alive(self, job: Job) -> Outcome:
        app, connection = await self._found(job)
        if connection is None or connection.status is not Status.CONNECTED:
            return _waits_for_somebody(connection)
        try:
            await app.keep_alive(connection)
        except NotConnectedError as error:
            return Blocked(f"{error.cause} {error.action}")
        return Done()

    async def _found(self, job: Job) -> tuple[App, Connection | None]:
        app = await self.app(job.tenant_id)
        wanted = UUID(str(job.args["connection"]))
        return app, next((one for one in await app.connections() if one.id == wanted), None)


def sync_job(connection: Connection) -> NewJob:
    """Return the job that reads of a connection what is due; one at a time waits, and one at a time runs."""
    key = str(connection.id)
    return NewJob(SYNC, key, {"connection": key}, serial_key=f"connection/{key}")


def refresh_job(
    connection: Connection, *, project: str | None = None, stream: str | None = None, full: bool = False
) -> NewJob:
    """Return the job by which a person has something read now, beside whatever the schedule does."""
    named = {"connection": str(connection.id), "project": project, "stream": stream}
    args: dict[str, Any] = {**named, "full": full}
    key = "/".join((*(value or "*" for value in named.values()), "full" if full else "routine"))
    return NewJob(REFRESH, key, args, priority=BY_HAND)


def _waits_for_somebody(connection: Connection | None) -> Outcome:
    if connection is None:
        return Done()
    why = connection.reason or f"The connection is {connection.status.value}."
    return Blocked(f"{why} {connection.action or ''}".strip())
