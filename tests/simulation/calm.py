"""What must hold once nothing goes wrong any more: caught up at once, and equal to the truth in the end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson
from tests.simulation.promises import DELETED, LIVE, FeedRow, demand
from tests.simulation.truths import UNCOMPARED, expected, readable_scopes, resource_of, stable

from tiebeam.connectors.streams import ReadMode, Scope
from tiebeam.replicate.repository import Replica
from tiebeam.replicate.sync import Wish
from tiebeam.simulators.procore.resources import RESOURCES

if TYPE_CHECKING:
    from tests.simulation.promises import Promises
    from tests.simulation.truths import Expected
    from tests.simulation.world import World

    from tiebeam.connectors.streams import Stream

ROUNDS_MAX = 4
"""Full syncs, each a virtual day after the other, within which every copy must be equal to its truth."""
_RECENT_DAYS = 14
_BINNED = frozenset(
    {"bin", "include_deleted", "deleted_filter", "deleted_only", "is_in_recycle_bin", "deleted_at"}
)

Held = dict[str, tuple[int, Any]]


async def check_caught_up(world: World, promises: Promises) -> None:
    """Let the vendor be honest and quiet: two ordinary syncs must bring every change that tells of itself.

    Two, because the first may only finish a run that was cut off.
    """
    simulator = world.vendor.simulator
    was_active = simulator.faults is not None and simulator.faults.active
    simulator.stop_faults()
    world.vendor.live_chance = 0.0
    for _ in range(2):
        outcome = await world.process.sync(world.vendor.account, Wish())
        demand(outcome.word == "done", "caught up", f"a quiet sync ended as {outcome.word}")
        failures = outcome.report.failures
        demand(not failures, "caught up", f"a quiet sync met refusals: {failures[:2]}")
    for feed in _open_feeds(world, promises):
        _check_feed_caught_up(world, promises, feed)
    if was_active and simulator.faults is not None:
        simulator.faults.resume()


def _open_feeds(world: World, promises: Promises) -> list[FeedRow]:
    tenant_id = world.vendor.account.tenant_id
    return [
        feed for feed in promises.feeds().values() if feed.tenant_id == tenant_id and feed.access == "open"
    ]


def _check_feed_caught_up(world: World, promises: Promises, feed: FeedRow) -> None:
    stream = _stream(world, feed.stream)
    held = _held(promises, feed)
    excused = _excused(promises, feed)
    for key, wanted in expected(world.vendor.simulator, stream, feed.scope).items():
        if key in excused or _is_silent(world, stream, feed.scope, key) or _is_old(world, stream, wanted):
            continue
        state, payload = held.get(key, (None, None))
        what = f"{feed.stream} {feed.scope_text} {key}"
        if wanted.state == "live" and not _is_inactive(stream, wanted):
            if state is None and _is_torn(world, stream, feed.scope):
                continue  # Only a sweep can find it.
            demand(state == LIVE, "caught up", f"{what} is live and the replica has it as {state}")
            demand(stable(payload) == wanted.content, "caught up", f"{what} has old content")
        elif wanted.state == "deleted" and wanted.content is not None and _in_bin(stream):
            demand(state != LIVE, "caught up", f"{what} is in the recycle bin and live in the replica")


def _is_silent(world: World, stream: Stream, scope: Scope, key: str) -> bool:
    state, project = world.vendor.state, scope.project_id
    if stream.mode is not ReadMode.INCREMENTAL and stream.detail is None:
        return False
    return state.name(resource_of(stream), key, int(project) if project else None) in state.silent


def _is_torn(world: World, stream: Stream, scope: Scope) -> bool:
    project = scope.project_id
    return (resource_of(stream), int(project) if project else None) in world.vendor.state.torn


def _is_old(world: World, stream: Stream, wanted: Expected) -> bool:
    """Whether a log lies on a day that ordinary reads leave to the sweeps."""
    if stream.mode is not ReadMode.WINDOW or wanted.content is None:
        return False
    first = world.vendor.state.now() - timedelta(days=_RECENT_DAYS - 2)
    return str(wanted.content["date"]) < first.date().isoformat()


def _is_inactive(stream: Stream, wanted: Expected) -> bool:
    """The lists of inactive ones know no filter, so that only a sweep reads them."""
    if RESOURCES[resource_of(stream)].deletion != "inactive" or stream.name == "procore.projects":
        return False
    return not wanted.content.get("is_active", True)


def _in_bin(stream: Stream) -> bool:
    return RESOURCES[resource_of(stream)].deletion in _BINNED


def _excused(promises: Promises, feed: FeedRow) -> set[str]:
    """Return the keys that wait for a detail, for a person, or could not be taken in."""
    query = (
        "select key from tiebeam.debt where feed_id = %(id)s"
        " union select key from tiebeam.damage where feed_id = %(id)s and key is not null"
        " union select unnest(keys) from tiebeam.hold"
        " where feed_id = %(id)s and status in ('waiting', 'refused')"
    )
    return {row[0] for row in promises.rows(query, {"id": feed.id})}


def _held(promises: Promises, feed: FeedRow) -> Held:
    query = "select key, state, payload from tiebeam.record where feed_id = %(id)s"
    return {row[0]: (row[1], row[2]) for row in promises.rows(query, {"id": feed.id})}


def _stream(world: World, name: str) -> Stream:
    return next(stream for stream in world.vendor.account.streams if stream.name == name)


async def check_convergence(world: World, promises: Promises) -> int:
    """End all trouble, approve what waits, and sync until the replica equals the truth; return the rounds."""
    world.vendor.simulator.stop_faults()
    world.vendor.live_chance = 0.0
    found: list[str] = ["never synced"]
    rounds = 0
    while found and rounds < ROUNDS_MAX:
        rounds += 1
        world.clock.advance(timedelta(hours=25).total_seconds())
        outcome = await world.process.sync(world.vendor.account, Wish(full=True))
        demand(outcome.word == "done", "convergence", f"a quiet full sync ended as {outcome.word}")
        await approve_all(world)
        await promises.check()
        found = differences(world, promises)
    demand(not found, "convergence", f"after {rounds} full syncs: {'; '.join(found[:3])}")
    return rounds


async def approve_all(world: World) -> None:
    account = world.vendor.account
    replica = Replica(world.process.store, account.tenant_id, account.connection_id, world.clock)
    for hold in await replica.holds():
        await replica.decide_hold(hold.id, approve=True, by="the simulation")


def differences(world: World, promises: Promises) -> list[str]:
    tenant_id = world.vendor.account.tenant_id
    feeds = {
        (feed.stream, feed.scope): feed for feed in promises.feeds().values() if feed.tenant_id == tenant_id
    }
    found: list[str] = []
    for stream in world.vendor.account.streams:
        if stream.name in UNCOMPARED:
            continue
        for scope in readable_scopes(world.vendor.state, stream):
            feed = feeds.get((stream.name, scope))
            if feed is None or feed.access != "open":
                found.append(f"{stream.name} {scope.text} is {feed.access if feed else 'unknown'}")
            else:
                found += _feed_differences(world, promises, stream, feed)
    return found


def _feed_differences(world: World, promises: Promises, stream: Stream, feed: FeedRow) -> list[str]:
    wanted = expected(world.vendor.simulator, stream, feed.scope)
    held = _held(promises, feed)
    damaged = {key for key, one in wanted.items() if b"\\u0000" in orjson.dumps(one.content)}
    found = [
        f"{feed.stream} {feed.scope_text} {key}: {difference}"
        for key in sorted((wanted.keys() | held.keys()) - damaged)
        if (difference := _difference(stream, wanted.get(key), held.get(key)))
    ]
    undamaged = damaged - _excused(promises, feed)
    return found + [f"{feed.stream} {key} is unstorable, and no damage was kept" for key in undamaged]


def _difference(stream: Stream, wanted: Expected | None, held: tuple[int, Any] | None) -> str | None:
    state, payload = held or (None, None)
    if wanted is None or wanted.state == "hidden":
        return "cannot be seen, and the replica has it live" if state == LIVE else None
    if wanted.state == "deleted":
        if state == LIVE:
            return "deleted, and live in the replica"
        binned = wanted.content is not None and _in_bin(stream)
        return "in the recycle bin, and not deleted in the replica" if binned and state != DELETED else None
    if state != LIVE:
        return f"live, and state {state} in the replica"
    return None if stable(payload) == wanted.content else f"{_parting(stable(payload), wanted.content)}"


def _parting(have: Any, want: Any) -> str:
    if isinstance(have, dict) and isinstance(want, dict):
        names = [name for name in have.keys() | want.keys() if have.get(name) != want.get(name)]
        first = min(names) if names else ""
        return f"{first} is {str(have.get(first))[:80]} and should be {str(want.get(first))[:80]}"
    return "other content"
