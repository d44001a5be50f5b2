"""The first page: how true the copy is, what is late and why, what the next hour is spent on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiebeam.connectors.streams import Scope
from tiebeam.identity.permissions import Permission
from tiebeam.operations.tokens.model import Status
from tiebeam.replicate.freshness.heat import Warmth, heat
from tiebeam.replicate.streams import STREAMS
from tiebeam.upkeep import Upkeep
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.responses import Response

    from tiebeam.app import App
    from tiebeam.operations.limits.levels import GateLevel
    from tiebeam.operations.tokens.model import Connection
    from tiebeam.replicate.freshness.heat import Heat
    from tiebeam.replicate.freshness.plan import Call as Planned
    from tiebeam.replicate.freshness.plan import Plan
    from tiebeam.web.call import Call, Viewer

NEXT_CALLS_MAX = 15
WORDS = {
    Warmth.CURRENT: "current",
    Warmth.AGEING: "older than its interval",
    Warmth.LATE: "late",
    Warmth.CRITICAL: "very late",
    Warmth.UNREAD: "not read yet",
    Warmth.OFF: "switched off or not visible",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How one connection stands."""

    connection: Connection
    picture: Heat
    level: GateLevel
    plan: Plan | None
    """None while it is not in use."""
    projects: Mapping[str, str]
    """Names of projects by their ids."""
    next_hour: Sequence[Planned]
    """What is read next, of what the viewer sees."""
    shortfalls: Sequence[str]
    """What the calls cannot cover; told to who sees all projects, for it names them."""
    holds: int

    @property
    def share_current(self) -> float | None:
        """Which part of what can be read is within its interval; None when there is nothing."""
        counts = {warmth: self.picture.count(warmth) for warmth in Warmth if warmth is not Warmth.OFF}
        whole = sum(counts.values())
        return counts[Warmth.CURRENT] / whole if whole else None

    def project_of(self, scope_text: str) -> str:
        """Return the name of the project that a scope lies in; empty for the company."""
        project = _project(scope_text)
        return self.projects.get(project, project) if project else ""

    def why(self, one: Planned) -> str:
        """Return why something is read, without what it is: that stands beside it."""
        what, colon, why = one.choice.reason.partition(": ")
        return why[:1].upper() + why[1:] if colon else what


async def overview(call: Call) -> Response:
    """Show how everything of the company stands."""
    app = await call.app()
    found = [await _standing(app, one, call.viewer) for one in await app.connections()]
    return call.render(
        "overview.html", title="Overview", found=found, words=WORDS, most=NEXT_CALLS_MAX, warmths=list(Warmth)
    )


async def _standing(app: App, one: Connection, viewer: Viewer) -> Standing:
    replica = app.replica(one)
    feeds = await replica.ensure_feeds(())
    plan = await Upkeep(app).plan(one) if one.status is Status.CONNECTED else None
    coming = plan.hour if plan else ()
    return Standing(
        connection=one,
        picture=heat(STREAMS, feeds, app.clock.now(), sees=viewer.sees),
        level=await app.gate(one).level(),
        plan=plan,
        projects=await project_names(app, one),
        next_hour=[each for each in coming if plan and viewer.sees(_project(_scope(plan, each)))],
        shortfalls=plan.shortfalls if plan and viewer.person.project_ids is None else (),
        holds=sum(viewer.sees(_project(hold.scope_text)) for hold in await app.holds()),
    )


def _scope(plan: Plan, one: Planned) -> str:
    return plan.slots[one.choice.feed_id].item.scope_text


def _project(scope_text: str) -> str | None:
    return Scope.parse(scope_text).project_id


async def project_names(app: App, one: Connection) -> dict[str, str]:
    """Return the names of a connection's projects by their ids."""
    named: Sequence[tuple[str, str]] = await app.records(one.id).names("procore.projects")
    return dict(named)


ROWS = (Row("GET", "/", Permission.HEALTH_READ, overview),)
