"""What waits, runs and failed; how often what is queued by itself, and whether at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tiebeam.duties import EVERY_MINUTES, SCHEDULES, again
from tiebeam.identity.permissions import Permission
from tiebeam.kernel.errors import BadInputError
from tiebeam.web.places import places
from tiebeam.web.routes import Row
from tiebeam.wishes import asked_for

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from starlette.responses import Response

    from tiebeam.app import App
    from tiebeam.operations.queue.repository import Entry
    from tiebeam.operations.schedules.model import Standing
    from tiebeam.web.call import Call, Viewer
    from tiebeam.web.places import Places

JOBS_MAX = 50
ENDED_MAX = 20
TICKS_MAX = 200
MINUTES_MAX: Final = 7 * 24 * 60

KINDS: Final[Mapping[str, str]] = {
    "procore.sync": "Read what is due",
    "procore.due": "Look whether something became due",
    "procore.refresh": "Read what somebody asked for",
    "webhook.fetch": "Fetch what webhooks told of",
    "webhook.keep": "Check the hook and repair it",
    "webhook.catch_up": "Look for deliveries that never came",
    "token.keep_alive": "Keep the access to Procore alive",
    "push.intent": "Send a document",
    "push.due": "Look which documents are to be sent",
    "outside.due": "Look which boards are to be laid beside those of monday.com",
    "outside.hear": "Read what monday.com told of",
    "outside.send": "Send monday.com what was changed here",
    "outside.decide": "Carry out what was decided of a board",
    "outside.pull": "Lay a board beside the one of monday.com",
    "work.react": "Do what follows from changes of jobs and boards",
    "alerts.look": "Look for what is wrong",
    "upkeep.tidy": "Archive and delete what is old",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """A schedule of the company, and what came of its last tick that failed, if that was the last one."""

    standing: Standing
    error: str | None

    @property
    def every(self) -> timedelta:
        """How often it is asked what is to be queued."""
        seconds = self.standing.every_seconds
        return (
            timedelta(minutes=EVERY_MINUTES[self.standing.name])
            if seconds is None
            else timedelta(seconds=seconds)
        )

    @property
    def minutes(self) -> str:
        """How often, for a form."""
        return f"{self.every.total_seconds() / 60:g}"

    @property
    def next_at(self) -> datetime | None:
        """When it ticks next; None while it is off or never did."""
        last = self.standing.last_tick_at
        return last + self.every if last and self.standing.enabled else None


async def queue_page(call: Call) -> Response:
    """Show the queue and the schedules."""
    app, viewer, named = await call.app(), call.viewer, await places(call)
    tenant_id = app.tenant.id
    waiting = await app.queue.jobs(tenant_id, ("processing", "pending", "blocked"), limit=JOBS_MAX)
    ended = await app.queue.jobs(tenant_id, ("failed", "completed", "cancelled"), limit=ENDED_MAX)
    failed = await app.queue.jobs(tenant_id, ("failed",), limit=ENDED_MAX)
    return call.render(
        "queue.html",
        title="Queue",
        counts=await app.queue.counts(tenant_id),
        waiting=[one for one in waiting if sees(viewer, one)],
        failed=[one for one in failed if sees(viewer, one)],
        ended=[one for one in ended if sees(viewer, one) and one.state != "failed"],
        plans=await _plans(app),
        kinds=KINDS,
        about=lambda one: about(one, named),
        manages=viewer.may("queue.manage") and viewer.person.project_ids is None,
        most=JOBS_MAX,
        minutes_max=MINUTES_MAX,
    )


def sees(viewer: Viewer, job: Entry) -> bool:
    """Say whether somebody sees a job: one that is about a project, if they see that."""
    return viewer.sees(asked_for(job.kind, job.key)[0])


def about(job: Entry, named: Places) -> str:
    """Return what a job is about, in words; empty when it is about everything."""
    project, stream, record = asked_for(job.kind, job.key)
    parts = [named.kind(stream)] if stream else []
    parts += [f"number {record}"] if record else []
    parts += [named.project(project)] if project else []
    return ", ".join(parts)


async def _plans(app: App) -> list[Plan]:
    last: dict[str, str | None] = {}
    for tick in await app.schedules.history(app.tenant.id, TICKS_MAX):
        last.setdefault(tick.schedule, tick.error)
    found = {one.name: one for one in await app.schedules.of_tenant(app.tenant.id, SCHEDULES)}
    return [Plan(found[name], last.get(name)) for name in SCHEDULES]


async def change_job(call: Call) -> Response:
    """Cancel a job, or have it run now."""
    app, job_id, wish = await call.app(), int(call.request.path_params["job_id"]), call.posted("wish")
    job = await app.queue.job(app.tenant.id, job_id)
    if job is None or not sees(call.viewer, job):
        return call.to("/queue", notice=f"Job {job_id} has ended meanwhile.")
    if wish not in ("cancel", "now"):
        raise BadInputError("What to do with the job was not said.", action="Press one of its buttons.")
    if wish == "cancel":
        done, told = await app.queue.cancel(app.tenant.id, job_id), _CANCELLED[job.state == "processing"]
    else:
        done, told = await app.queue.hasten_one(app.tenant.id, job_id), "It runs as soon as a worker is free."
    if not done:
        return call.to("/queue", notice=f"Job {job_id} runs already, or has ended meanwhile.")
    act = "job.cancelled" if wish == "cancel" else "job.hastened"
    detail = {"kind": job.kind, "state": job.state}
    await call.house.trail.note(app.tenant.id, call.viewer.person.actor, act, f"job:{job_id}", detail)
    return call.to("/queue", notice=f"{KINDS.get(job.kind, job.kind)}: {told}")


_CANCELLED: Final = {False: "it is cancelled.", True: "it was asked to stop, and ends at its next page."}


async def try_again(call: Call) -> Response:
    """Queue once more what was given up."""
    app, job_id = await call.app(), int(call.request.path_params["job_id"])
    failed = await app.queue.failed(app.tenant.id, job_id)
    wanted = again(failed.kind, failed.key) if failed and sees(call.viewer, failed) else None
    if failed is None or wanted is None:
        return call.to("/queue", notice=f"Job {job_id} cannot be tried again: nothing is known of it.")
    await app.queue.trigger(app.tenant.id, [wanted])
    person = call.viewer.person
    await call.house.trail.note(
        app.tenant.id, person.actor, "job.tried_again", f"job:{job_id}", {"kind": failed.kind}
    )
    return call.to("/queue", notice=f"{KINDS.get(failed.kind, failed.kind)}: it is queued once more.")


async def change_schedule(call: Call) -> Response:
    """Change how often a schedule ticks, or switch it off or on."""
    app, name, wish = await call.app(), call.request.path_params["name"], call.posted("wish")
    found = await app.schedules.of_tenant(app.tenant.id, [name]) if name in SCHEDULES else []
    if not found:
        raise BadInputError(f"There is no schedule {name!r}.", action="Choose one of the queue's page.")
    if call.viewer.person.project_ids is not None:
        raise BadInputError(
            "A schedule is about all projects, and you see some alone.",
            action="Ask somebody who sees all projects.",
        )
    every, enabled = _wanted(found[0], wish, call.posted("minutes"))
    await app.schedules.set(name, every=every, enabled=enabled, tenant_id=app.tenant.id)
    (after,) = await app.schedules.of_tenant(app.tenant.id, [name])
    minutes = every.total_seconds() / 60 if every else None
    detail = {"enabled": enabled, "every_minutes": f"{minutes:g}" if minutes else None}
    person = call.viewer.person
    await call.house.trail.note(app.tenant.id, person.actor, "schedule.set", f"schedule:{name}", detail)
    if enabled and not after.enabled:
        return call.to("/queue", notice=f"{KINDS[name]} stays off: whoever runs Tiebeam paused it for all.")
    state = f"every {minutes or EVERY_MINUTES[name]:g} min" if enabled else "paused"
    return call.to("/queue", notice=f"{KINDS[name]}: {state}.")


def _wanted(found: Standing, wish: str, minutes: str) -> tuple[timedelta | None, bool]:
    """Return how often a schedule is to tick, and whether it is to. Raises BadInputError."""
    as_it_is = None if found.every_seconds is None else timedelta(seconds=found.every_seconds)
    if wish in ("pause", "resume"):
        return as_it_is, wish == "resume"
    if wish != "interval":
        raise BadInputError("What to change was not said.", action="Press one of the schedule's buttons.")
    try:
        every = timedelta(minutes=float(minutes))
    except (ValueError, OverflowError):
        every = timedelta()
    if not timedelta(seconds=10) <= every <= timedelta(minutes=MINUTES_MAX):
        raise BadInputError(
            f"{minutes!r} is no interval that can be kept.",
            action=f"Give minutes from 0.2 to {MINUTES_MAX:,} (a week).",
        )
    return every, found.enabled


async def run_all_now(call: Call) -> Response:
    """Make everything due that waits for its time."""
    app = await call.app()
    if call.viewer.person.project_ids is not None:
        raise BadInputError(
            "The queue holds work on projects that you do not see.", action="Run single jobs instead."
        )
    jobs = await app.queue.hasten(app.tenant.id)
    detail = {"jobs": jobs}
    await call.house.trail.note(
        app.tenant.id, call.viewer.person.actor, "queue.hastened", "queue:all", detail
    )
    return call.to("/queue", notice=f"{jobs:,} waiting jobs are due now." if jobs else "Nothing was waiting.")


ROWS = (
    Row("GET", "/queue", Permission.RUNS_READ, queue_page),
    Row("POST", "/queue/jobs/{job_id:int}", Permission.QUEUE_MANAGE, change_job),
    Row("POST", "/queue/failed/{job_id:int}", Permission.QUEUE_MANAGE, try_again),
    Row("POST", "/queue/schedules/{name}", Permission.QUEUE_MANAGE, change_schedule),
    Row("POST", "/queue/now", Permission.QUEUE_MANAGE, run_all_now),
)
