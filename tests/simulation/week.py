"""One seed's week of virtual time, from its first look to the moment when the copy equals the truth."""

from __future__ import annotations

from datetime import timedelta
from traceback import format_exception
from typing import TYPE_CHECKING

from tests.factories.database import test_server
from tests.simulation.calm import approve_all, differences
from tests.simulation.promises import PromiseBroken, Promises, demand
from tests.simulation.seeds import SeedResult, close_account, hash_of
from tests.simulation.stillness import silence, still_database
from tests.simulation.week_agenda import DAYS, draw_agenda, draw_outages
from tests.simulation.week_checks import WeekPromises
from tests.simulation.week_events import happen
from tests.simulation.week_world import HOUSES, MONDAY, live_on, open_week

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tests.factories.database import TestServer
    from tests.simulation.week_world import Week

_ROUNDS_MAX = 4
_ROUND = timedelta(hours=25)
"""Longer than a sweep's interval: what only a sweep can show is shown within two of them."""
_IDLE_MINUTES = (10, 15, 20)
_BUSY_SECONDS = (20, 60, 180)


async def run_week(
    server: TestServer, seed: int, *, days: int = DAYS, say: Callable[[str], None] = lambda _: None
) -> SeedResult:
    """Run a seed. Broken promises and crashes are in the result; only the want of a database raises."""
    result = SeedResult(seed)
    with still_database(), silence():
        async with open_week(server, seed, draw_outages(seed, MONDAY)) as week:
            promises = Promises(week.world, week.admin_url)
            try:
                await _live_through(week, WeekPromises(week, promises), days, result, say)
                result.trace = hash_of(week.world, promises)
            except PromiseBroken as broken:
                result.promise, result.detail = broken.promise, str(broken)
            except Exception as error:  # noqa: BLE001 - keeps the loop over seeds alive: a crash is a finding too
                result.promise = f"no crash ({type(error).__name__})"
                result.detail = "".join(format_exception(error))
            finally:
                promises.close()
            close_account(week.world, result)
    return result


async def run_weeks(
    seeds: list[int],
    tell: Callable[[SeedResult], None],
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Run weeks one after another in this process, telling each result as it comes."""
    async with test_server() as server:
        for seed in seeds:
            tell(await run_week(server, seed, say=say))


async def _live_through(
    week: Week, promises: WeekPromises, days: int, result: SeedResult, say: Callable[[str], None]
) -> None:
    week.agenda = draw_agenda(week.world.seed, week.clock.now())
    week.vendor.live_chance = 1.0
    await _go_on(week, promises, week.clock.now() + timedelta(days=days), result, say)
    rounds = await _converge(week, promises, result, say)
    week.tell(f"equal after {rounds} rounds")
    say(week.world.trace[-1])


async def _go_on(
    week: Week, promises: WeekPromises, until: datetime, result: SeedResult, say: Callable[[str], None]
) -> None:
    """Let everybody work until a moment, looking whenever something may be due."""
    while week.clock.now() < until:
        await week.clock.run_until(min(_next_moment(week), until))
        for name in week.agenda.due(week.clock.now()):
            week.tell(await happen(week, promises, name))
            say(week.world.trace[-1])
        await _look(week)
        result.steps += 1
        if await week.bury():
            say(week.world.trace[-1])
            await promises.check()


def _next_moment(week: Week) -> datetime:
    rng, now = week.rng, week.clock.now()
    busy = any(house.busy for house in week.living)
    idle = timedelta(minutes=rng.choice(_IDLE_MINUTES))
    step = timedelta(seconds=rng.choice(_BUSY_SECONDS)) if busy else idle
    return max(now, min(now + step, week.agenda.next_moment() or now + step))


async def _look(week: Week) -> None:
    """Everybody says that they live before anybody looks who does not."""
    live_on(week.vendor)
    taken = await week.door.deliver()
    if taken:
        week.tell(f"{taken} deliveries")
    for house in week.living:
        await house.beat()
    for house in week.living:
        await house.look()
    await week.clock.settle()
    if week.living:
        for number in week.graves:
            week.graves[number] += 1


async def _converge(
    week: Week, promises: WeekPromises, result: SeedResult, say: Callable[[str], None]
) -> int:
    """End all trouble and go on as always, until the copy equals the truth; return the days that took."""
    await _end_trouble(week)
    found: list[str] = ["never compared"]
    rounds = 0
    while found and rounds < _ROUNDS_MAX:
        rounds += 1
        await _go_on(week, promises, week.clock.now() + _ROUND, result, say)
        await approve_all(week.world)
        await promises.check()
        found = _unexcused(week, promises, differences(week.world, promises.replica))
        say(f"{week.clock.now().isoformat()} {len(found)} differences {found[:3]}")
    demand(not found, "convergence", f"after {rounds} days of quiet: {'; '.join(found[:3])}")
    promises.check_fetched()
    return rounds


async def _end_trouble(week: Week) -> None:
    week.agenda.clear()
    week.vendor.simulator.stop_faults()
    week.vendor.live_chance = 0.0
    if not week.door.is_open:
        await week.door.open()
    for house in week.living:
        house.pulse.kill_at = None
    while len(week.living) < HOUSES:
        await week.open_house()
    await week.reconnect()


def _unexcused(week: Week, promises: WeekPromises, found: list[str]) -> list[str]:
    """Return the differences less those in places that the vendor refused and that are left alone for now."""
    rows = promises.replica.rows(
        "select stream, scope from tiebeam.feed where access <> 'open' and access_next_at > %(now)s",
        {"now": week.clock.now()},
    )
    excused = {f"{stream} {scope} is " for stream, scope in rows}
    return [one for one in found if not any(one.startswith(start) for start in excused)]
