"""The first page: how true the copy is, what is late and why, what the next hour is spent on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tiebeam.connectors.streams import Scope
from tiebeam.identity.permissions import Permission
from tiebeam.operations.tokens.model import Status
from tiebeam.replicate.freshness.heat import Warmth, heat
from tiebeam.replicate.streams import STREAMS
from tiebeam.upkeep import Upkeep
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from starlette.responses import Response

    from tiebeam.app import App
    from tiebeam.operations.limits.levels import GateLevel
    from tiebeam.operations.tokens.model import Connection
    from tiebeam.replicate.freshness.heat import Heat
    from tiebeam.replicate.freshness.plan import Call as Planned
    from tiebeam.replicate.freshness.plan import Plan
    from tiebeam.replicate.model import Feed, Hold
    from tiebeam.web.call import Call, Viewer

NEXT_CALLS_MAX = 15
PLAN_STANDS: Final = timedelta(minutes=1)
"""For how long a plan is shown again: making it takes longer than all the rest of the page."""
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


class Overview:
    """The first page, and the plans that were made for it."""

    def __init__(self) -> None:
        self._plans: dict[UUID, tuple[Sequence[Feed], Mapping[str, timedelta], Plan]] = {}

    async def page(self, call: Call) -> Response:
        """Show how everything of the company stands."""
        app = await call.app()
        connections = await app.connections()
        intervals, holds = await app.choices.intervals(), await app.holds() if connections else []
        found = [await self._standing(app, one, call.viewer, intervals, holds) for one in connections]
        return call.render(
            "overview.html",
            title="Overview",
            found=found,
            words=WORDS,
            most=NEXT_CALLS_MAX,
            warmths=list(Warmth),
        )

    async def _standing(
        self,
        app: App,
        one: Connection,
        viewer: Viewer,
        intervals: Mapping[str, timedelta],
        holds: Sequence[Hold],
    ) -> Standing:
        feeds = await app.replica(one).ensure_feeds(())
        own = {feed.id for feed in feeds if viewer.sees(feed.scope.project_id)} if holds else set()
        plan = await self._plan(app, one, feeds, intervals) if one.status is Status.CONNECTED else None
        coming = plan.hour if plan else ()
        return Standing(
            connection=one,
            picture=heat(STREAMS, feeds, app.clock.now(), sees=viewer.sees, intervals=intervals),
            level=await app.gate(one).level(),
            plan=plan,
            projects=await project_names(app, one),
            next_hour=[each for each in coming if plan and viewer.sees(_project(_scope(plan, each)))],
            shortfalls=plan.shortfalls if plan and viewer.person.project_ids is None else (),
            holds=sum(hold.feed_id in own for hold in holds),
        )

    async def _plan(
        self, app: App, one: Connection, feeds: Sequence[Feed], intervals: Mapping[str, timedelta]
    ) -> Plan:
        """Return the plan that was shown last, if that was just now and nothing was read or set since."""
        feeds_then, intervals_then, plan = self._plans.get(one.id, ((), {}, None))
        age = app.clock.now() - plan.now if plan else PLAN_STANDS
        if plan and timedelta(0) <= age < PLAN_STANDS and (feeds, intervals) == (feeds_then, intervals_then):
            return plan
        plan = await Upkeep(app).plan(one, feeds)
        self._plans = {key: kept for key, kept in self._plans.items() if plan.now - kept[2].now < PLAN_STANDS}
        self._plans[one.id] = feeds, intervals, plan
        return plan


def _scope(plan: Plan, one: Planned) -> str:
    return plan.slots[one.choice.feed_id].item.scope_text


def _project(scope_text: str) -> str | None:
    return Scope.parse(scope_text).project_id


async def project_names(app: App, one: Connection) -> dict[str, str]:
    """Return the names of a connection's projects by their ids."""
    named: Sequence[tuple[str, str]] = await app.records(one.id).names("procore.projects")
    return dict(named)


ROWS = (Row("GET", "/", Permission.HEALTH_READ, Overview().page),)
