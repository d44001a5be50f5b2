"""One seed from its first step to the last promise."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from traceback import format_exception
from typing import TYPE_CHECKING, Any

from tests.factories.database import at, test_server
from tests.simulation.calm import check_convergence
from tests.simulation.promises import PromiseBroken, Promises
from tests.simulation.steps import first_sync, run_step
from tests.simulation.stillness import still_database
from tests.simulation.world import open_world

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories.database import TestServer
    from tests.simulation.world import World

STEPS = 14


@dataclass(slots=True)
class SeedResult:
    """What one seed came to."""

    seed: int
    steps: int = 0
    kills: int = 0
    calls: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    promise: str = ""
    """The promise that was broken; empty when all held."""
    detail: str = ""
    trace: str = ""
    """A hash of everything that happened: the same for every run of a seed."""

    def plain(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


async def run_seed(
    server: TestServer, seed: int, *, steps: int = STEPS, say: Callable[[str], None] = lambda _: None
) -> SeedResult:
    """Run a seed. Broken promises and crashes are in the result; only the want of a database raises."""
    result = SeedResult(seed)
    with still_database():
        async with open_world(server, seed) as world:
            promises = Promises(world, at(server.admin_url, world.database))
            try:
                await _live_through(world, promises, steps, result, say)
            except PromiseBroken as broken:
                result.promise, result.detail = broken.promise, str(broken)
            except Exception as error:  # noqa: BLE001 - keeps the loop over seeds alive: a crash is a finding too
                result.promise = f"no crash ({type(error).__name__})"
                result.detail = "".join(format_exception(error))
            finally:
                promises.close()
            close_account(world, result)
    return result


async def _live_through(
    world: World, promises: Promises, steps: int, result: SeedResult, say: Callable[[str], None]
) -> None:
    for number in range(steps + 1):
        result.steps = number
        happened = await (first_sync if number == 0 else run_step)(world, promises)
        world.process.breathing = frozenset()
        world.trace.append(f"{world.clock.now().isoformat()} {number} {happened}")
        say(world.trace[-1])
        await promises.check()
    result.steps = steps + 1
    rounds = await check_convergence(world, promises)
    world.trace.append(f"{world.clock.now().isoformat()} equal after {rounds} full syncs")
    say(world.trace[-1])
    result.trace = hash_of(world, promises)


def hash_of(world: World, promises: Promises) -> str:
    """Return a hash of what happened and of what the copy holds."""
    digest = blake2b("\n".join(world.trace).encode(), digest_size=16)
    query = (
        "select f.stream, f.scope, r.key, r.version, r.state, encode(r.hash, 'hex'), r.changed_at::text"
        " from tiebeam.record r join tiebeam.feed f on f.id = r.feed_id order by r.feed_id, r.key"
    )
    for row in promises.rows(query):
        digest.update(repr(row).encode())
    return digest.hexdigest()


def close_account(world: World, result: SeedResult) -> None:
    """Note how much happened in a world."""
    simulator = world.vendor.simulator
    result.kills, result.calls = world.kills, simulator.stats.calls
    result.faults = dict(simulator.faults.fired) if simulator.faults else {}


async def run_seeds(
    seeds: list[int],
    steps: int,
    tell: Callable[[SeedResult], None],
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Run seeds one after another in this process, telling each result as it comes."""
    async with test_server() as server:
        for seed in seeds:
            tell(await run_seed(server, seed, steps=steps, say=say))
            await asyncio.sleep(0)
