"""What tells an open page that something changed: topics by name, and nothing of what is in them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import orjson
from starlette.responses import Response, StreamingResponse

from tiebeam.identity.permissions import Permission
from tiebeam.kernel.errors import BadInputError, TiebeamError
from tiebeam.mirrors import SameBoards
from tiebeam.replicate.history.repository import History
from tiebeam.web.routes import Row
from tiebeam.working import JobsAndBoards

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from uuid import UUID

    from tiebeam.app import App
    from tiebeam.web.call import Call, Viewer

LOOK_SECONDS: Final = 2.0
HEARTBEAT_SECONDS: Final = 15.0
LIFE_SECONDS: Final = 300.0
"""A browser comes back by itself, and is then asked again who it is."""
LISTENERS_MAX: Final = 200
LISTENERS_PER_PERSON_MAX: Final = 6

TOPICS: Final[Mapping[str, Permission]] = {
    "runs": Permission.RUNS_READ,
    "queue": Permission.RUNS_READ,
    "ended": Permission.RECORDS_REFRESH,
    "alerts": Permission.ALERTS_READ,
    "deletions": Permission.HOLDS_DECIDE,
    "freshness": Permission.HEALTH_READ,
    "connections": Permission.HEALTH_READ,
    "work": Permission.JOBS_READ,
}


class Live:
    """Who listens, and how what they listen to stood last."""

    def __init__(self) -> None:
        self._listeners: Counter[UUID] = Counter()
        self._seen: dict[tuple[UUID, frozenset[str] | None], tuple[float, Mapping[str, str]]] = {}

    async def listen(self, call: Call) -> Response:
        """Tell a page of the topics that changed, as server-sent events, for as long as it is open."""
        if "text/event-stream" not in call.request.headers.get("accept", ""):
            raise BadInputError("This address is for the pages, not to be opened.", action="Open a page.")
        person = call.viewer.person.id
        full = self._listeners.total() >= LISTENERS_MAX
        if full or self._listeners[person] >= LISTENERS_PER_PERSON_MAX:
            return Response("Too many pages listen.", status_code=429, headers={"Retry-After": "30"})
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        events = self._events(call, await call.app())
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)

    async def _events(self, call: Call, app: App) -> AsyncIterator[bytes]:
        person = call.viewer.person.id
        self._listeners[person] += 1
        try:
            # The page asks again for what it shows once it is heard: what changes after this look is told.
            before = await self._state(app, call.viewer, fresh=True)
            yield b"retry: 5000\n\n"
            async for event in self._told(call, app, before):
                yield event
        except TiebeamError:
            return  # The page comes back by itself, and falls back on asking now and then.
        finally:
            self._listeners[person] -= 1
            self._listeners += Counter()  # Drops those of whom none is left.

    async def _told(self, call: Call, app: App, before: Mapping[str, str]) -> AsyncIterator[bytes]:
        clock, viewer = call.house.clock, call.viewer
        topics = [name for name, permission in TOPICS.items() if permission in viewer.permissions]
        told_at = began_at = clock.monotonic()
        while clock.monotonic() - began_at < LIFE_SECONDS and not call.house.stopping():
            await clock.sleep(LOOK_SECONDS)
            if await call.request.is_disconnected():
                return
            state = await self._state(app, viewer)
            changed = [name for name in topics if state[name] != before[name]]
            before = state
            if changed:
                yield b"event: changed\ndata: " + orjson.dumps(changed) + b"\n\n"
            elif clock.monotonic() - told_at >= HEARTBEAT_SECONDS:
                yield b": still here\n\n"
            else:
                continue
            told_at = clock.monotonic()

    async def _state(self, app: App, viewer: Viewer, *, fresh: bool = False) -> Mapping[str, str]:
        """Return how everything stands; those who see the same are answered from one look, unless `fresh`."""
        projects, now = viewer.person.project_ids, app.clock.monotonic()
        key = (app.tenant.id, projects)
        looked_at, state = self._seen.get(key, (float("-inf"), {}))
        if not fresh and now - looked_at < LOOK_SECONDS / 2:
            return state
        pulse = await History(app.store, app.tenant.id, projects).pulse()
        queue, ended, alerts = await app.queue.pulse(app.tenant.id)
        state = {
            "runs": pulse.runs,
            "queue": f"{queue} {ended}",
            "ended": ended,
            "alerts": alerts,
            "deletions": pulse.deletions,
            "freshness": pulse.freshness,
            "connections": pulse.connections or "",
            "work": await _work(app),
        }
        self._seen = {key: seen for key, seen in self._seen.items() if now - seen[0] < LOOK_SECONDS}
        self._seen[key] = (now, state)
        return state


async def _work(app: App) -> str:
    """Return how jobs and boards stand: what was changed last, and what was last brought in step."""
    changed = await JobsAndBoards(app).changes().newest()
    done = await JobsAndBoards(app).linking().log(limit=1)
    return f"{changed} {done[0].id if done else 0} {await SameBoards(app).pulse()}"


ROWS = (Row("GET", "/live", Permission.HEALTH_READ, Live().listen),)
