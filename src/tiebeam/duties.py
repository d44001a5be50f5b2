"""What is always being done: the jobs a worker can do for any tenant, and the schedules that queue them."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import UUID

from tiebeam.app import App
from tiebeam.capture import Capture
from tiebeam.connectors.ports import Share
from tiebeam.connectors.streams import Scope
from tiebeam.identity.repository import Tenants
from tiebeam.jobs.changes.repository import REACT
from tiebeam.kernel.correlation import bound
from tiebeam.kernel.errors import TiebeamError
from tiebeam.mirrors import SameBoards
from tiebeam.monday import Monday
from tiebeam.operations.queue.model import Blocked, Done, NewJob, RetryAt, Snooze
from tiebeam.operations.schedules.model import Schedule
from tiebeam.operations.tokens.model import NotConnectedError, Status
from tiebeam.proof import Proof
from tiebeam.pushing import PUSH, Pushing
from tiebeam.reacting import Reactions
from tiebeam.replicate.pull import StoppedError
from tiebeam.replicate.streams import find_stream
from tiebeam.replicate.sync import Wish
from tiebeam.replicate.webhooks.repository import Deliveries
from tiebeam.upkeep import Upkeep
from tiebeam.wishes import BY_HAND, DECIDE, HEAR, PULL, REFRESH, SEND, mirror_again, refresh_again

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from tiebeam.connectors.ports import Transport
    from tiebeam.instruments import Instruments
    from tiebeam.kernel.clock import Clock
    from tiebeam.mirrors import Rest
    from tiebeam.operations.queue.hands import Handler
    from tiebeam.operations.queue.model import Job, Outcome
    from tiebeam.operations.tokens.model import Connection
    from tiebeam.settings import Settings
    from tiebeam.store.pool import Store

SYNC: Final = "procore.sync"
FETCH: Final = "webhook.fetch"
KEEP_HOOK: Final = "webhook.keep"
CATCH_UP: Final = "webhook.catch_up"
KEEP_ALIVE: Final = "token.keep_alive"
LOOK: Final = "alerts.look"
TIDY: Final = "upkeep.tidy"
PUSH_DUE: Final = "push.due"

HALF_KEPT_FOR: Final = timedelta(days=7)
"""How long a photo that came in part waits for the rest of it."""
_AGAIN: Final = "Nothing needs to be done: it is tried again by itself."
BUSY_AGAIN: Final = timedelta(seconds=2)
GOES_ON_AFTER: Final = timedelta(seconds=30)

DUE: Final = "procore.due"
OUTSIDE_DUE: Final = "outside.due"

EVERY_MINUTES: Final[Mapping[str, int]] = {
    SYNC: 10,
    DUE: 1,
    FETCH: 1,
    KEEP_HOOK: 60,
    CATCH_UP: 10,
    # Access lasts 90 minutes, and a grant that nobody used for long is lost: well within 12 hours.
    KEEP_ALIVE: 30,
    LOOK: 1,
    PUSH_DUE: 1,
    OUTSIDE_DUE: 1,
    TIDY: 24 * 60,
}
"""How often each is queued, unless a company has set it otherwise."""
SCHEDULES: Final = tuple(EVERY_MINUTES)
"""What is queued again and again, by name."""

SOON: Final = 3


class Duties:
    """Everything that is done without anybody asking, for every tenant of one database."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        store: Store,
        transport: Transport,
        *,
        stopping: Callable[[], bool] = lambda: False,
        instruments: Instruments | None = None,
    ) -> None:
        """`stopping` says whether what is in hand is to end at the next page."""
        self._settings = settings
        self._clock = clock
        self._store = store
        self._transport = transport
        self._stopping = stopping
        self._instruments = instruments
        self._apps: dict[UUID, App] = {}

    def handlers(self) -> Mapping[str, Handler]:
        """Return what a worker can do, by kind of job."""
        return {
            SYNC: self._of_connection(self._sync),
            REFRESH: self._of_connection(self._refresh),
            FETCH: self._of_connection(self._fetch),
            KEEP_HOOK: self._of_connection(self._keep_hook),
            CATCH_UP: self._of_connection(self._catch_up),
            KEEP_ALIVE: self._of_connection(self._keep_alive),
            LOOK: self._look,
            TIDY: self._tidy,
            PUSH: self._push,
            REACT: self._react,
            HEAR: self._of_mirror(lambda same, link_id, _: same.hear(link_id)),
            SEND: self._of_mirror(lambda same, link_id, _: same.send(link_id)),
            PULL: self._of_mirror(
                lambda same, link_id, job: same.pull(link_id, approved=bool(job.args.get("approved")))
            ),
            DECIDE: self._of_mirror(lambda same, link_id, job: same.carry_out(link_id, job.args)),
        }

    def schedules(self) -> Sequence[Schedule]:
        """Return what is queued again and again."""
        jobs: dict[str, Callable[[UUID], Awaitable[Sequence[NewJob]]]] = {
            SYNC: self._sync_jobs,
            DUE: self._due_jobs,
            FETCH: self._fetch_jobs,
            KEEP_HOOK: partial(self._jobs_of_each, KEEP_HOOK),
            CATCH_UP: partial(self._jobs_of_each, CATCH_UP),
            KEEP_ALIVE: partial(self._jobs_of_each, KEEP_ALIVE),
            LOOK: partial(self._job_of_all, LOOK),
            PUSH_DUE: self._push_jobs,
            OUTSIDE_DUE: self._mirror_jobs,
            TIDY: partial(self._job_of_all, TIDY),
        }
        return [Schedule(name, timedelta(minutes=every), jobs[name]) for name, every in EVERY_MINUTES.items()]

    async def app(self, tenant_id: UUID) -> App:
        """Return a tenant's side of things. Raises BadInputError when there is no such tenant."""
        if tenant_id not in self._apps:
            tenant = await Tenants(self._store).get(tenant_id)
            self._apps[tenant_id] = App(
                self._settings,
                self._clock,
                self._store,
                tenant,
                self._transport,
                instruments=self._instruments,
            )
        return self._apps[tenant_id]

    async def _sync_jobs(self, tenant_id: UUID) -> list[NewJob]:
        return [sync_job(one) for one in await self._connected(tenant_id)]

    async def _due_jobs(self, tenant_id: UUID) -> list[NewJob]:
        """Between the routine ticks, queue only the connections of which something is due."""
        upkeep = Upkeep(await self.app(tenant_id))
        return [sync_job(one) for one in await self._connected(tenant_id) if await upkeep.something_due(one)]

    async def _fetch_jobs(self, tenant_id: UUID) -> list[NewJob]:
        """Queue what a delivery could not: the process that took it died, or the vendor was away."""
        waiting = await Deliveries(self._store).waiting(self._clock.now())
        return [fetch_job(connection_id) for owner, connection_id in waiting if owner == tenant_id]

    async def _push_jobs(self, tenant_id: UUID) -> list[NewJob]:
        """Queue the documents that are to be gone on with, those of a batch that is due among them."""
        return await Pushing(await self.app(tenant_id)).due()

    async def _mirror_jobs(self, tenant_id: UUID) -> list[NewJob]:
        """Queue what is to be done about boards that are kept the same as others elsewhere."""
        return await SameBoards(await self.app(tenant_id)).due()

    async def _jobs_of_each(self, kind: str, tenant_id: UUID) -> list[NewJob]:
        return [
            NewJob(kind, str(one.id), {"connection": str(one.id)}) for one in await self._connected(tenant_id)
        ]

    async def _job_of_all(self, kind: str, tenant_id: UUID) -> list[NewJob]:
        del tenant_id
        return [NewJob(kind, "all", {})]

    async def _connected(self, tenant_id: UUID) -> list[Connection]:
        app = await self.app(tenant_id)
        found = await app.connections() if app.includes_procore else []
        return [one for one in found if one.status is Status.CONNECTED]

    def _of_connection(self, work: Callable[[Upkeep, Connection, Job], Awaitable[Outcome]]) -> Handler:
        """Return what does `work` for the connection that a job names, and says what comes of its errors."""

        async def do(job: Job) -> Outcome:
            app = await self.app(job.tenant_id)
            wanted = UUID(str(job.args["connection"]))
            connection = next((one for one in await app.connections() if one.id == wanted), None)
            if connection is None or not app.includes_procore:
                return Done()
            if connection.status is not Status.CONNECTED:
                why = connection.reason or f"The connection is {connection.status.value}."
                return Blocked(f"{why} {connection.action or ''}".strip())
            with bound(tenant_id=job.tenant_id, connection_id=wanted):
                return await self._told(Upkeep(app), connection, work(Upkeep(app), connection, job))

        return do

    async def _told(self, upkeep: Upkeep, connection: Connection, work: Awaitable[Outcome]) -> Outcome:
        """Do the work, and keep for the alerts whether the vendor answered."""
        try:
            outcome = await work
        except NotConnectedError as error:
            await upkeep.app.queue.enqueue(upkeep.app.tenant.id, [look_job()])
            return Blocked(f"{error.cause} {error.action}")
        except StoppedError:
            return Snooze(self._clock.now())
        except TiebeamError as error:
            await upkeep.note_failure(connection, error)
            raise
        # What could be read in part says neither that the vendor works nor that it does not.
        if not isinstance(outcome, RetryAt):
            await upkeep.note_answer(connection)
        return outcome

    async def _sync(self, upkeep: Upkeep, connection: Connection, job: Job) -> Outcome:
        """Read of one connection what is due."""
        del job
        if await upkeep.sync_due(connection, self._stopping):
            return Done()
        return RetryAt(self._clock.now() + GOES_ON_AFTER, "not all of it could be read")

    async def _refresh(self, upkeep: Upkeep, connection: Connection, job: Job) -> Outcome:
        """Read what a person asked for: a record, a kind, a project, everything."""
        if "record" in job.args:
            stream, scope = find_stream(job.args["stream"]), Scope.parse(job.args["scope"])
            fetched = await upkeep.refresh_record(connection, stream, scope, job.args["record"])
            if fetched.waiting:
                return RetryAt(self._clock.now() + BUSY_AGAIN, "it is being synced")
            return Done()
        wish = Wish(
            project_id=job.args.get("project"),
            stream=job.args.get("stream"),
            full=bool(job.args.get("full")),
            share=Share.DEMAND,
        )
        await upkeep.app.sync_one(connection, wish, stopping=self._stopping)
        return Done()

    async def _fetch(self, upkeep: Upkeep, connection: Connection, job: Job) -> Outcome:
        """Fetch the records that deliveries told of."""
        del job
        await upkeep.fetch(connection)
        return Done()

    async def _keep_hook(self, upkeep: Upkeep, connection: Connection, job: Job) -> Outcome:
        del job
        # What a hook that is gone had still to tell goes with it: first what it told and never came.
        await upkeep.catch_up(connection)
        await upkeep.keep_hook(connection)
        return Done()

    async def _catch_up(self, upkeep: Upkeep, connection: Connection, job: Job) -> Outcome:
        del job
        await upkeep.catch_up(connection)
        return Done()

    async def _keep_alive(self, upkeep: Upkeep, connection: Connection, job: Job) -> Outcome:
        del job
        await upkeep.keep_alive(connection)
        return Done()

    async def _look(self, job: Job) -> Outcome:
        app = await self.app(job.tenant_id)
        # First: the look that follows sends what there is to tell.
        await Pushing(app).tell()
        await Upkeep(app).look(await Monday(app).gates())
        return Done()

    async def _push(self, job: Job) -> Outcome:
        """Go on with a document that is to be in another system."""
        rest = await Pushing(await self.app(job.tenant_id)).runner(self._stopping).run(UUID(job.key))
        return Done() if rest.until is None else Snooze(rest.until)

    async def _react(self, job: Job) -> Outcome:
        """Ask the rules of a company about what was done to its jobs and boards."""
        app = await self.app(job.tenant_id)
        more = await Reactions(app).react()
        await app.queue.enqueue(job.tenant_id, await SameBoards(app).changed())
        return Snooze(self._clock.now()) if more else Done()

    def _of_mirror(self, work: Callable[[SameBoards, UUID, Job], Awaitable[Rest]]) -> Handler:
        """Return what does `work` for the joined board that a job names."""

        async def do(job: Job) -> Outcome:
            boards = SameBoards(await self.app(job.tenant_id))
            try:
                rest = await work(boards, UUID(str(job.args["link"])), job)
            except NotConnectedError as error:
                await boards.app.queue.enqueue(job.tenant_id, [look_job()])
                return Blocked(f"{error.cause} {error.action}")
            except TiebeamError as error:
                await self._noted(boards, error)
                raise
            if rest.wait_seconds is None:
                await self._noted(boards, None)
                return Blocked(rest.why) if rest.why else Done()
            at = self._clock.now() + timedelta(seconds=rest.wait_seconds)
            if not rest.code:
                return Snooze(at)
            await self._noted(boards, TiebeamError(rest.why, action=_AGAIN, code=rest.code))
            return RetryAt(at, rest.why)

        return do

    async def _noted(self, boards: SameBoards, error: TiebeamError | None) -> None:
        """Keep for the alerts whether monday.com could be worked with."""
        upkeep, connection = Upkeep(boards.app), await boards.monday.connection()
        if connection is not None and error is not None:
            await upkeep.note_failure(connection, error)
        elif connection is not None:
            await upkeep.note_answer(connection)

    async def _tidy(self, job: Job) -> Outcome:
        app = await self.app(job.tenant_id)
        await Upkeep(app).tidy()
        await Capture(app).shelf().sweep(app.clock.now() - HALF_KEPT_FOR)
        await Proof(app).anchor()
        return Done()


def sync_job(connection: Connection) -> NewJob:
    """Return the job that reads of a connection what is due; one at a time waits, and one at a time runs."""
    key = str(connection.id)
    return NewJob(SYNC, key, {"connection": key}, serial_key=f"connection/{key}")


def look_job() -> NewJob:
    """Return the job that looks for what is wrong, or is over, without waiting for the next minute."""
    return NewJob(LOOK, "all", {}, priority=SOON)


def again(kind: str, key: str) -> NewJob | None:
    """Return the job that does once more what one of this kind and key did; None for what is no duty.

    It reads what the functions here make of their wishes.
    """
    if kind in (LOOK, TIDY, PUSH, REACT):
        return NewJob(kind, key, {}, priority=BY_HAND, serial_key=REACT if kind == REACT else None)
    if kind == REFRESH and key.count("/") >= 3:
        return refresh_again(key)
    if kind in (HEAR, SEND, PULL):
        return mirror_again(kind, key)
    if kind not in (SYNC, FETCH, KEEP_HOOK, CATCH_UP, KEEP_ALIVE):
        return None
    line = {SYNC: f"connection/{key}", FETCH: f"fetch/{key}"}.get(kind)
    return NewJob(kind, key, {"connection": key}, priority=BY_HAND, serial_key=line)


def keep_hook_job(connection: Connection) -> NewJob:
    """Return the job by which a person has the hook repaired, and what never arrived looked for."""
    key = str(connection.id)
    return NewJob(KEEP_HOOK, key, {"connection": key}, priority=BY_HAND)


def fetch_job(connection_id: UUID) -> NewJob:
    """Return the job that fetches what deliveries told of: before everything else, beside a sync."""
    key = str(connection_id)
    return NewJob(FETCH, key, {"connection": key}, priority=SOON, serial_key=f"fetch/{key}")
