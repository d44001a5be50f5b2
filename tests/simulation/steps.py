"""What can happen in a world, one step at a time, each drawn from its seed."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.simulation.calm import check_caught_up
from tests.simulation.chaos import tearing_faults
from tests.simulation.process import Process
from tests.simulation.watched import LATE_SECONDS_MAX

from tiebeam.connectors.streams import Absence
from tiebeam.replicate.repository import Replica
from tiebeam.replicate.sync import Wish
from tiebeam.simulators.company.acts import BURST_MIX
from tiebeam.simulators.procore.resources import DAILY_LOG_KINDS, RESOURCES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.simulation.promises import Promises
    from tests.simulation.world import World

    from tiebeam.connectors.streams import Stream
    from tiebeam.simulators.procore.tables import Row

    Step = Callable[[World, Promises], Awaitable[str]]

_TEXTS = ("title", "subject", "name", "comment", "comments", "notes", "description", "activity_name")
_NUL = "\0"
_LOOSE = frozenset(
    {
        "rfis",
        "submittals",
        "meetings",
        "observations",
        "drawing_revisions",
        "images",
        "documents",
        "change_events",
        "change_order_requests",
        "change_order_packages",
        "project_users",
        "project_people",
    }
)


async def run_step(world: World, promises: Promises) -> str:
    """Take the next step of a world, and say what it was."""
    name = world.rng.choices(tuple(_STEPS), [weight for weight, _ in _STEPS.values()])[0]
    detail = await _STEPS[name][1](world, promises)
    return f"{name} {detail}".strip()


async def first_sync(world: World, promises: Promises) -> str:
    """Begin as every world does: the other tenant's copy whole, then a first attempt at ours."""
    other = await world.process.sync(world.other.account, Wish())
    _stir(world)
    outcome = await world.process.sync(world.vendor.account, Wish())
    world.statements = max(40, outcome.statements)
    if outcome.word == "done" and world.rng.random() < 0.5:
        # What a first copy has missed is old, and no ordinary sync will bring it later.
        await check_caught_up(world, promises)
    return f"other {other.word}, ours {outcome.word}"


async def _live(world: World, _promises: Promises) -> str:
    hours = world.rng.choice((0.05, 0.3, 2.0, 7.0, 26.0))
    world.clock.advance(hours * 3600)
    done = world.vendor.company.live_until(world.vendor.state.now())
    return f"{hours} h: {len(done)} changes"


async def _burst(world: World, _promises: Promises) -> str:
    mix = {**BURST_MIX, "hide": 2.0, "show": 2.0, "purge": 1.0, "toggle": 0.7}
    done = world.vendor.company.burst(world.rng.randint(1, 14), mix=mix)
    return f"{len(done)} changes"


async def _late(world: World, _promises: Promises) -> str:
    return change_late(world)


def change_late(world: World) -> str:
    """Make honest edits that are seen minutes after their own `updated_at`."""
    for stream, row in _some_rows(world, 4):
        moment = world.vendor.state.now() - timedelta(seconds=world.rng.randint(1, LATE_SECONDS_MAX - 5))
        _edit(world, stream, row, f"late {world.rng.random():.6f}", at=moment)
    return ""


async def _silent(world: World, _promises: Promises) -> str:
    return change_silently(world)


def change_silently(world: World) -> str:
    """Make edits without a trace in `updated_at`."""
    for stream, row in _some_rows(world, 2):
        field = _text_field(row)
        if field:
            world.vendor.state.update(
                stream.view, row.id, {field: "silently"}, touch=False, project_id=row.project_id
            )
    return ""


async def _unstorable(world: World, _promises: Promises) -> str:
    """A record that PostgreSQL cannot hold, or one that is mended again."""
    for stream, row in _some_rows(world, 1):
        field = _text_field(row)
        if field:
            broken = _NUL in str(row.fields[field])
            text = "mended" if broken else f"bro{_NUL}ken 🚧"
            world.vendor.state.update(stream.view, row.id, {field: text}, project_id=row.project_id)
    return ""


async def _mass_delete(world: World, _promises: Promises) -> str:
    """More deletions of one kind in one project than a machine should believe, after it was seen whole."""
    state, rng = world.vendor.state, world.rng
    places = [
        (stream, int(project.id))
        for stream in _project_streams(world)
        if _may_go(stream.view) and not RESOURCES[stream.view].membership
        for project in state.tables["projects"].everything
        if state.rows(stream.view, project_id=int(project.id))
    ]
    if not places:
        return "of nothing"
    stream, project_id = rng.choice(places)
    fields = state.rows(stream.view, project_id=project_id)[0]
    _copy(world, stream, state.row(stream.view, fields["id"], project_id), 30, project_id)
    outcome = await world.process.sync(world.vendor.account, Wish())
    rows = state.rows(stream.view, project_id=project_id)
    share = rng.choice((0.3, 0.8, 1.0))
    for doomed in rng.sample(rows, int(len(rows) * share)):
        state.delete(stream.view, doomed["id"], project_id=project_id)
    return f"{int(len(rows) * share)} {stream.view} after {outcome.word}"


def _may_go(resource: str) -> bool:
    """Whether the company goes on without: it builds upon its schedule, its contracts and its books."""
    return resource in _LOOSE or resource in DAILY_LOG_KINDS


async def _many(world: World, _promises: Promises) -> str:
    """A bulk import: more records of one kind at once than fit on a page, for large mass deletions."""
    chosen = _some_rows(world, 1)
    if not chosen or RESOURCES[chosen[0][0].view].membership:
        return "of nothing"
    stream, row = chosen[0]
    count = world.rng.randint(12, 45)
    _copy(world, stream, row, count, row.project_id)
    return f"{count} {stream.view}"


def _copy(world: World, stream: Stream, row: Row, count: int, project_id: int | None) -> None:
    own = {"id", "created_at", "updated_at"}
    fields = {name: value for name, value in row.fields.items() if name not in own}
    for _ in range(count):
        world.vendor.state.insert(stream.view, dict(fields), project_id=project_id, parent_id=row.parent_id)


async def _torn_copy(world: World, promises: Promises) -> str:
    """A project is copied for the first time while rows vanish between its pages; no other is missed."""
    await _new_project(world, promises)
    simulator = world.vendor.simulator
    world.vendor.live_chance = 0.0
    usual, simulator.faults = simulator.faults, tearing_faults(world.rng.randrange(1_000_000))
    outcome = await world.process.sync(world.vendor.account, Wish())
    simulator.faults = usual
    if outcome.word == "done":
        await check_caught_up(world, promises)
    return outcome.word


async def _new_project(world: World, _promises: Promises) -> str:
    """A project appears with records that were made long ago, as one does that was closed to us so far."""
    state, rng = world.vendor.state, world.rng
    like = next(iter(state.tables["projects"].everything))
    fields = {name: value for name, value in like.fields.items() if name not in ("id", "created_at")}
    project = state.insert("projects", {**fields, "name": "Another Site"})
    long_ago = state.now() - timedelta(days=9)
    for header in state.rows("daily_log_headers", project_id=int(like.id)):
        day = {name: value for name, value in header.items() if name != "id"}
        state.insert("daily_log_headers", day, project_id=project["id"])
    for stream in _project_streams(world):
        if not _may_go(stream.view) or RESOURCES[stream.view].membership:
            continue
        rows = state.rows(stream.view, project_id=int(like.id))
        for copied in rng.choices(rows, k=rng.randint(3, 14)) if rows else ():
            own = {"id", "created_at", "updated_at"}
            plain = {name: value for name, value in copied.items() if name not in own}
            made = state.insert(stream.view, plain, project_id=project["id"], at=long_ago)
            state.silent.discard(state.name(stream.view, made["id"], project["id"]))
    return ""


async def _project(world: World, _promises: Promises) -> str:
    state, rng = world.vendor.state, world.rng
    row = rng.choice(list(state.tables["projects"].everything))
    allowed = not state.project_permitted(int(row.id))
    state.permit_project(int(row.id), allowed)
    return "regained" if allowed else "lost"


async def _tool(world: World, _promises: Promises) -> str:
    state, rng = world.vendor.state, world.rng
    project = rng.choice(list(state.tables["projects"].everything))
    tools = sorted({tool for s in _project_streams(world) if (tool := RESOURCES[s.view].tool)})
    if not tools:
        return "none"
    tool = rng.choice(tools)
    enabled = not state.tool_enabled(int(project.id), tool)
    state.set_tool(int(project.id), tool, enabled)
    return f"{tool} {'on' if enabled else 'off'}"


async def _move_log(world: World, _promises: Promises) -> str:
    """A daily log is moved to another day of its project."""
    state, rng = world.vendor.state, world.rng
    kinds = [s.view for s in _project_streams(world) if s.view in DAILY_LOG_KINDS]
    rows = [row for kind in kinds for row in state.tables[kind].everything if row.live]
    if not rows:
        return "none"
    rows.sort(key=lambda row: str(row.fields["date"]))
    row = rng.choice(rows[-4:])
    days = sorted({f["log_date"] for f in state.rows("daily_log_headers", project_id=row.project_id)})
    kind = next(kind for kind in kinds if state.tables[kind].find(row.id, row.project_id) is row)
    await world.process.sync(world.vendor.account, Wish())
    day = rng.choice(days) if days else row.fields["date"]
    state.update(kind, row.id, {"date": day}, project_id=row.project_id)
    words = [(await world.process.sync(world.vendor.account, Wish())).word for _ in range(rng.choice((0, 2)))]
    return f"to {day}, {words}"


async def _blink(world: World, promises: Promises) -> str:
    """A record cannot be seen during one whole sync, and is there again before the next."""
    state, rng = world.vendor.state, world.rng
    streams = [s for s in _project_streams(world) if s.absence is Absence.DELETED]
    rows = [(s, row) for s in streams for row in state.tables[s.view].everything if row.live]
    if not rows or not await _seen_lately(world):
        return "at nothing"
    stream, row = rng.choice(rows)
    state.hide(stream.view, row.id, project_id=row.project_id)
    outcome = await world.process.sync(world.vendor.account, Wish(full=True))
    state.unhide(stream.view, row.id, project_id=row.project_id)
    await promises.check()
    # Once seen again it must count as seen: a second blink later is a first one.
    again = await _whole_sync(world)
    return f"of a {stream.view}: {outcome.word}, {again}"


async def _seen_lately(world: World) -> bool:
    return await _whole_sync(world)


async def _whole_sync(world: World) -> bool:
    """A full sync without any fault, in which everything visible is seen."""
    simulator = world.vendor.simulator
    active = simulator.faults is not None and simulator.faults.active
    simulator.stop_faults()
    world.vendor.live_chance = 0.0
    words = [(await world.process.sync(world.vendor.account, Wish(full=True))).word for _ in range(2)]
    if active and simulator.faults is not None:
        simulator.faults.resume()
    return words == ["done", "done"]


async def _sync(world: World, _promises: Promises) -> str:
    wish = _wish(world)
    _stir(world)
    outcome = await world.process.sync(world.vendor.account, wish)
    world.statements = max(40, outcome.statements)
    return f"{wish.words}: {outcome.word}, {outcome.report.tally.calls} calls"


async def _killed_sync(world: World, promises: Promises) -> str:
    """A sync whose process dies after some statement, and new processes that go on and may die as well."""
    wish = _wish(world)
    words = []
    for _ in range(world.rng.choice((1, 1, 2, 4))):
        _stir(world)
        world.process.breathing = None
        world.process.kill_at = world.process.statements + world.rng.randint(1, world.statements + 5)
        outcome = await world.process.sync(world.vendor.account, wish)
        world.kills += outcome.word == "killed"
        words.append(f"{outcome.word} after {outcome.statements}")
        await world.restart()
        await promises.check()
    return f"{wish.words}: {', '.join(words)} statements"


async def _two_at_once(world: World, _promises: Promises) -> str:
    """Two processes sync one connection side by side; one of them may die on the way."""
    _stir(world)
    second = await Process(world.url, world.clock, world.rng).start()
    # Only between transactions: a statement that waits for the other's row lock would hold up both.
    for process in (world.process, second):
        process.breathing = frozenset({"commit"})
    if world.rng.random() < 0.5:
        second.kill_at = world.rng.randint(1, world.statements)
    try:
        outcomes = await asyncio.gather(
            world.process.sync(world.vendor.account, _wish(world)),
            second.sync(world.vendor.account, _wish(world)),
        )
    finally:
        await second.end()
    world.kills += sum(outcome.word == "killed" for outcome in outcomes)
    return " and ".join(outcome.word for outcome in outcomes)


async def _other_tenant(world: World, _promises: Promises) -> str:
    world.other.company.burst(3)
    return (await world.process.sync(world.other.account, Wish())).word


async def _faults(world: World, _promises: Promises) -> str:
    faults = world.vendor.simulator.faults
    assert faults is not None
    if faults.active:
        world.vendor.simulator.stop_faults()
        return "off"
    faults.resume()
    return "on"


async def _decide(world: World, _promises: Promises) -> str:
    account = world.vendor.account
    replica = Replica(world.process.store, account.tenant_id, account.connection_id, world.clock)
    words = []
    for hold in await replica.holds():
        approve = world.rng.random() < 0.6
        done = await replica.decide_hold(hold.id, approve=approve, by="the simulation")
        words.append(f"{'approved' if approve else 'refused'} {done}")
    return ", ".join(words) or "nothing"


async def _calm(world: World, promises: Promises) -> str:
    await check_caught_up(world, promises)
    return ""


_STEPS: dict[str, tuple[float, Step]] = {
    "live": (10, _live),
    "burst": (6, _burst),
    "late edits": (4, _late),
    "silent edits": (2, _silent),
    "unstorable": (1, _unstorable),
    "import": (2, _many),
    "mass deletion": (2, _mass_delete),
    "new project": (1, _new_project),
    "torn copy": (2, _torn_copy),
    "project": (2, _project),
    "tool": (2, _tool),
    "log moved": (4, _move_log),
    "blink": (1.5, _blink),
    "sync": (12, _sync),
    "killed sync": (10, _killed_sync),
    "two at once": (3, _two_at_once),
    "other tenant": (1, _other_tenant),
    "faults": (3, _faults),
    "decide": (3, _decide),
    "calm": (6, _calm),
}


def _wish(world: World) -> Wish:
    rng, account = world.rng, world.vendor.account
    chance = rng.random()
    if chance < 0.65:
        return Wish()
    if chance < 0.8:
        return Wish(full=True)
    if chance < 0.9:
        return Wish(stream=rng.choice(account.streams).name)
    row = rng.choice(list(world.vendor.state.tables["projects"].everything))
    return Wish(project_id=str(row.id))


def _stir(world: World) -> None:
    """Decide how lively the company is while it is read, and where other tasks may come in between."""
    world.vendor.live_chance = world.rng.choice((0.0, 0.0, 0.05, 0.3))
    world.process.breathing = world.rng.choice((frozenset[str](), None))


def _project_streams(world: World) -> list[Stream]:
    return [stream for stream in world.vendor.account.streams if stream.scope and stream.view in RESOURCES]


def _some_rows(world: World, most: int) -> list[tuple[Stream, Row]]:
    rng, state = world.rng, world.vendor.state
    streams = [s for s in _project_streams(world) if len(state.tables[s.view].everything)]
    chosen = []
    for stream in rng.choices(streams, k=rng.randint(1, most)) if streams else ():
        live = [row for row in state.tables[stream.view].everything if row.live]
        if live:
            chosen.append((stream, rng.choice(live)))
    return chosen


def _text_field(row: Row) -> str | None:
    return next((name for name in _TEXTS if isinstance(row.fields.get(name), str)), None)


def _edit(world: World, stream: Stream, row: Row, text: str, *, at: datetime | None) -> None:
    field = _text_field(row)
    if field:
        world.vendor.state.update(
            stream.view,
            row.id,
            {field: text},
            at=at,
            project_id=row.project_id,
        )
