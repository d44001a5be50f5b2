"""What can happen in a week, by the names that an agenda calls it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.simulation.steps import change_late, change_silently
from tests.simulation.week_checks import SETTLED_AFTER
from tests.simulation.week_world import HOUSES

from tiebeam.operations.tokens.model import Status
from tiebeam.simulators.company.acts import BURST_MIX
from tiebeam.simulators.procore.resources import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.simulation.week_checks import WeekPromises
    from tests.simulation.week_world import Week

    Happening = Callable[[Week, WeekPromises], Awaitable[str]]

_KILL_WITHIN_STATEMENTS = 400
_ABSENT_SECONDS = (15, 60, 900, 3600)
_PERSON_COMES_AFTER = timedelta(hours=3)


async def happen(week: Week, promises: WeekPromises, name: str) -> str:
    """Let something happen, and say what it was."""
    first, _, rest = name.partition(" ")
    detail = await (_EVENTS.get(name) or _EVENTS[first])(week, promises)
    return f"{first} {rest} {detail}".strip()


async def _storm(week: Week, _promises: WeekPromises) -> str:
    faults = week.vendor.simulator.faults
    assert faults is not None
    faults.resume()
    week.calm_since = None
    return ""


async def _calm(week: Week, _promises: WeekPromises) -> str:
    week.vendor.simulator.stop_faults()
    week.calm_since = week.clock.now()
    week.agenda.add(week.calm_since + SETTLED_AFTER, "note")
    return ""


async def _note(_week: Week, promises: WeekPromises) -> str:
    promises.note_open()
    return ""


async def _kill(week: Week, _promises: WeekPromises) -> str:
    living = week.living
    if not living:
        return "nobody"
    pulse = week.rng.choice(living).pulse
    pulse.kill_at = pulse.statements + week.rng.randint(1, _KILL_WITHIN_STATEMENTS)
    week.agenda.add(week.clock.now() + timedelta(seconds=week.rng.choice(_ABSENT_SECONDS)), "start")
    return ""


async def _start(week: Week, _promises: WeekPromises) -> str:
    if len(week.living) >= HOUSES:
        # Whoever is to die has not come to its last statement yet.
        week.agenda.add(week.clock.now() + timedelta(minutes=20), "start")
        return "later"
    await week.open_house()
    return f"process {week.opened}"


async def _restart(week: Week, _promises: WeekPromises) -> str:
    if week.living:
        week.living[0].ask_to_end()
        week.agenda.add(week.clock.now() + timedelta(minutes=1), "start")
    return ""


async def _late(week: Week, _promises: WeekPromises) -> str:
    return change_late(week.world)


async def _silent(week: Week, _promises: WeekPromises) -> str:
    return change_silently(week.world)


async def _burst(week: Week, _promises: WeekPromises) -> str:
    mix = {**BURST_MIX, "hide": 2.0, "show": 2.0, "purge": 1.0}
    return f"of {len(week.vendor.company.burst(week.rng.randint(3, 30), mix=mix))} changes"


async def _shut(week: Week, _promises: WeekPromises) -> str:
    await week.door.close()
    return ""


async def _open(week: Week, _promises: WeekPromises) -> str:
    if not week.door.is_open:
        await week.door.open()
    return ""


async def _delete_hook(week: Week, _promises: WeekPromises) -> str:
    webhooks = week.vendor.simulator.webhooks
    for hook_id in list(webhooks.hooks):
        webhooks.remove(hook_id)
    return ""


async def _revoke(week: Week, _promises: WeekPromises) -> str:
    week.vendor.simulator.oauth.revoke_all()
    week.revoked += 1
    return ""


async def _tool(week: Week, _promises: WeekPromises) -> str:
    state = week.vendor.state
    project = next(iter(state.tables["projects"].everything))
    streams = week.vendor.account.streams
    tools = sorted({tool for s in streams if s.view in RESOURCES and (tool := RESOURCES[s.view].tool)})
    if not tools:
        return "none"
    tool = tools[0]
    enabled = not state.tool_enabled(int(project.id), tool)
    state.set_tool(int(project.id), tool, enabled)
    return f"{tool} {'on' if enabled else 'off'}"


async def _project(week: Week, _promises: WeekPromises) -> str:
    state = week.vendor.state
    project = list(state.tables["projects"].everything)[-1]
    allowed = not state.project_permitted(int(project.id))
    state.permit_project(int(project.id), allowed)
    return "permitted" if allowed else "forbidden"


async def _prune(week: Week, _promises: WeekPromises) -> str:
    for house in week.living:
        await house.prune()
    return ""


async def _check(_week: Week, promises: WeekPromises) -> str:
    await promises.check()
    return ""


async def _judge(_week: Week, promises: WeekPromises) -> str:
    return await promises.check_freshness()


async def _person(week: Week, promises: WeekPromises) -> str:
    """Somebody looks at what waits for a person, and does what the alerts say."""
    app = await week.app()
    words = []
    for hold in await app.holds():
        approve = week.rng.random() < 0.7
        await app.decide_hold(hold.id, approve=approve, by="the simulation")
        words.append("approved" if approve else "refused")
    for connection in await app.connections():
        down = connection.status is not Status.CONNECTED
        if down and week.clock.now() - connection.since >= _PERSON_COMES_AFTER:
            promises.check_told(connection)
            await week.reconnect()
            words.append(f"reconnected after {connection.code}")
    return ", ".join(words)


_EVENTS: dict[str, Happening] = {
    "storm": _storm,
    "calm": _calm,
    "note": _note,
    "kill": _kill,
    "start": _start,
    "restart": _restart,
    "late": _late,
    "silent": _silent,
    "burst": _burst,
    "shut": _shut,
    "open": _open,
    "delete": _delete_hook,
    "revoke": _revoke,
    "lose tool": _tool,
    "regain tool": _tool,
    "lose project": _project,
    "regain project": _project,
    "prune": _prune,
    "check": _check,
    "judge": _judge,
    "person": _person,
}
