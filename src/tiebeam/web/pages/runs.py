"""What was synced, what is being synced, and syncing now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from tiebeam.connectors.streams import Phase
from tiebeam.duties import sync_job
from tiebeam.identity.permissions import Permission
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.tokens.model import Status
from tiebeam.replicate.history.model import RESULTS, LogWanted
from tiebeam.replicate.history.repository import History
from tiebeam.web.places import TITLES, places
from tiebeam.web.routes import Row
from tiebeam.wishes import refresh_job

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from tiebeam.app import App
    from tiebeam.operations.queue.model import NewJob
    from tiebeam.operations.tokens.model import Connection
    from tiebeam.replicate.history.model import RunSeen
    from tiebeam.web.call import Call
    from tiebeam.web.places import Places

PAGE = 25
LOG_PAGE = 50
LOG_DAYS: Final = 7
DEPTHS: Final = {
    "due": "What was due",
    "routine": "What changed",
    "sweep": "Every listing, whole",
    "full": "Everything anew",
}
PHASES: Final = {
    Phase.METADATA: "people, projects and lists",
    Phase.ACTIVE: "active work",
    Phase.FILES: "drawings, photos and documents",
    Phase.SCHEDULES: "schedules and daily logs",
}
WORDS: Final = {
    "created": "New",
    "updated": "Changed",
    "restored": "Restored",
    "deleted": "Deleted",
    "hidden": "Hidden",
    "held": "Deletions held",
    "hold_approved": "Deletions approved",
    "hold_refused": "Deletions refused",
    "conflict": "Conflict",
    "skipped": "Left out",
    "error": "Error",
    "pull": "Listing read",
}


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A run that is not over, as people read it."""

    run: RunSeen
    now: datetime

    @property
    def is_heard(self) -> bool:
        """Whether it has told of itself lately."""
        return self.run.is_heard(self.now)

    @property
    def progress(self) -> Mapping[str, Any]:
        """What it said last; empty before it said anything."""
        return self.run.progress or {}

    @property
    def phase(self) -> str:
        """Which part of the work it is at."""
        phase = self.progress.get("phase")
        return f"{phase} of {len(Phase)}: {PHASES[Phase(phase)]}" if phase else "just begun"

    @property
    def all_begun(self) -> bool:
        """Whether every listing is begun, and the last of them are read to their ends."""
        return bool(self.progress) and self.progress["feeds_done"] >= self.progress["feeds_known"] > 0

    @property
    def seconds_left(self) -> float | None:
        """How long it still takes, reckoned from when that was said; None while nobody can say."""
        said = self.progress.get("seconds_left")
        if said is None or not self.is_heard:
            return None
        return max(0.0, float(said) - (self.now - (self.run.seen_at or self.now)).total_seconds())


async def runs_page(call: Call) -> Response:
    """Show the runs, the ones under way first."""
    app, viewer = await call.app(), call.viewer
    history = History(app.store, app.tenant.id, viewer.person.project_ids)
    before = call.number("before", 0, most=999_999_999)
    found = await history.runs(limit=PAGE + 1, before=before or None)
    now = call.house.clock.now()
    return call.render(
        "runs.html",
        title="Sync runs",
        under_way=[UnderWay(one, now) for one in await history.open_runs()] if not before else [],
        reading=await history.reading() if not before else [],
        found=found[:PAGE],
        older=found[PAGE - 1].id if len(found) > PAGE else None,
        first=not before,
        sees_all=viewer.person.project_ids is None,
        connections=await _connected(app),
        places=await places(call),
        kinds=TITLES,
        wished=wished,
        ended=ended,
    )


def wished(run: RunSeen, named: Places) -> str:
    """Return what a run was to do, in words."""
    parts = [DEPTHS.get(run.depth, run.depth)]
    if run.stream:
        parts.append(named.kind(run.stream))
    if run.project_id:
        parts.append(named.project(run.project_id))
    return ", ".join(parts)


def ended(run: RunSeen) -> tuple[str, str]:
    """Return how a run that is over ended: a badge and the words on it."""
    tally = run.tally or {}
    faults = (
        ("damaged", "rows set aside"),
        ("refused", "listings refused"),
        ("unsettled", "listings to be read again"),
    )
    left = [f"{tally[name]:,} {words}" for name, words in faults if tally.get(name)]
    if tally.get("held"):
        left.insert(0, f"{tally['held']:,} deletions held")
    return ("warning", ", ".join(left)) if left else ("completed", "complete")


async def sync_now(call: Call) -> Response:
    """Queue a sync: of what is due, of a kind, of a project, of everything."""
    app, named = await call.app(), await places(call)
    what, stream, project = call.posted("what"), call.posted("stream"), call.posted("project")
    wanted = await _connected(app)
    if not wanted:
        raise BadInputError("Nothing is connected, so there is nothing to sync.", action="Connect Procore.")
    jobs, said = _wishes(wanted, what, stream, named.chosen(project), full=call.posted("full") == "yes")
    if what != "project" and call.viewer.person.project_ids is not None:
        raise BadInputError(
            "You see some projects alone, and this is about all of them.", action="Choose one project."
        )
    queued = await app.queue.trigger(app.tenant.id, jobs)
    detail = {"what": what, "stream": stream or None, "project": project or None, "queued": queued}
    await call.house.trail.note(app.tenant.id, call.viewer.person.actor, "sync.asked", "sync:now", detail)
    if queued:
        return call.to("/runs", notice=f"Asked for: {said}. A worker begins with it at once.")
    return call.to("/runs", notice=f"This was asked for before and still waits: {said}.")


def _wishes(
    wanted: list[Connection], what: str, stream: str, project: str | None, *, full: bool
) -> tuple[list[NewJob], str]:
    """Return the jobs of a wish, and the wish in words. Raises BadInputError."""
    if what == "due":
        return [sync_job(one) for one in wanted], "what is due"
    if what == "all":
        return [refresh_job(one, full=full) for one in wanted], "everything"
    if what == "stream" and stream in TITLES:
        return [refresh_job(one, stream=stream, full=full) for one in wanted], TITLES[stream]
    if what == "project" and project:
        return [refresh_job(one, project=project, full=full) for one in wanted], "the project"
    raise BadInputError("What to sync was not said.", action="Choose it, and a kind or a project with it.")


async def _connected(app: App) -> list[Connection]:
    return [one for one in await app.connections() if one.status is Status.CONNECTED]


async def log_page(call: Call) -> Response:
    """Show the sync log, filtered."""
    app, named = await call.app(), await places(call)
    now = call.house.clock.now()
    since = call.asked("since") or (now - timedelta(days=LOG_DAYS)).date().isoformat()
    result, stream, project = call.asked("result"), call.asked("stream"), call.asked("project")
    wanted = LogWanted(
        since=day(since),
        result=_one_of(result, RESULTS),
        stream=_one_of(stream, TITLES),
        project_id=named.chosen(project),
    )
    history = History(app.store, app.tenant.id, call.viewer.person.project_ids)
    before = call.number("before", 0, most=999_999_999)
    found = await history.log(wanted, limit=LOG_PAGE + 1, before=before or None)
    asked = {"since": since, "result": result, "stream": stream, "project": project}
    return call.render(
        "runs_log.html",
        title="Sync log",
        found=found[:LOG_PAGE],
        older=found[LOG_PAGE - 1].id if len(found) > LOG_PAGE else None,
        first=not before,
        asked=asked,
        given={name: text for name, text in asked.items() if text},
        places=named,
        kinds=TITLES,
        words=WORDS,
    )


def day(text: str) -> datetime:
    """Return the beginning of a day, in UTC. Raises BadInputError."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise BadInputError(f"{text!r} is not a day.", action="Write it as 2026-03-02.") from None
    return datetime(found.year, found.month, found.day, tzinfo=UTC)


def _one_of(text: str, known: Mapping[str, str] | tuple[str, ...]) -> str | None:
    if text and text not in known:
        raise BadInputError(f"{text!r} cannot be filtered by.", action="Choose it from the list.")
    return text or None


ROWS = (
    Row("GET", "/runs", Permission.RUNS_READ, runs_page),
    Row("POST", "/runs/sync", Permission.SYNC_RUN, sync_now),
    Row("GET", "/runs/log", Permission.RUNS_READ, log_page),
)
