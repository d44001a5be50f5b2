"""One seed of papers on their way, from the first press to the last promise."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from random import Random
from traceback import format_exception
from typing import TYPE_CHECKING, Any

import psycopg
from tests.factories.database import at, fresh_database, test_server
from tests.push_sim.promises import PromiseBrokenError, check_all_there, check_never_twice
from tests.push_sim.vendor import LyingVendor
from tests.push_sim.world import DOCUMENTS, GRANT, START, PushProcess, PushWorld
from tests.simulation.seeds import SeedResult

from tiebeam.identity.repository import Tenants
from tiebeam.kernel.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from uuid import UUID

    from tests.factories.database import TestServer

STEPS = 40
ROUNDS_MAX = 24


@asynccontextmanager
async def push_database(server: TestServer) -> AsyncIterator[str]:
    """Make a database with a table of documents; seeds share it, as each has companies of its own."""
    async with fresh_database(server) as name:
        async with await psycopg.AsyncConnection.connect(
            at(server.owner_url, name), autocommit=True
        ) as owner:
            await owner.execute(DOCUMENTS.encode())
            await owner.execute(GRANT.encode())
        yield at(server.app_url, name)


async def run_push_seed(url: str, seed: int, say: Callable[[str], None] = lambda _: None) -> SeedResult:
    """Run a seed. Broken promises and crashes are in the result."""
    rng, clock, result = Random(seed), ManualClock(START), SeedResult(seed)
    vendor = LyingVendor(clock, rng, rng.choice((0.0, 0.2, 0.4, 0.6)))
    process = await PushProcess(url, clock, rng, vendor).start()
    tenants = Tenants(process.store)
    ids: list[UUID] = [(await tenants.create(f"s{rng.getrandbits(60)}", "A company")).id for _ in range(2)]
    world = PushWorld(rng, clock, url, vendor, (ids[0], ids[1]), process)
    try:
        await world.add_documents()
        await _live_through(world, result, say)
        await _calm(world)
    except PromiseBrokenError as broken:
        result.promise, result.detail = str(broken).split(":", maxsplit=1)[0], str(broken)
    except Exception as error:  # noqa: BLE001 - keeps the loop over seeds alive: a crash is a finding too
        result.promise = f"no crash ({type(error).__name__})"
        result.detail = "".join(format_exception(error))
    finally:
        await world.process.end()
        result.kills, result.calls, result.faults = world.kills, vendor.calls, dict(vendor.fired)
    return result


async def _live_through(world: PushWorld, result: SeedResult, say: Callable[[str], None]) -> None:
    for number in range(STEPS):
        result.steps = number + 1
        say(f"{world.clock.now().isoformat()} {number} {await _step(world)}")
        await check_never_twice(world)


async def _step(world: PushWorld) -> str:
    rng, tenant_id = world.rng, world.rng.choice(world.tenants)
    document_id = rng.choice(world.documents)
    kind = rng.choices(
        ("press", "edit", "again", "accept", "revoke", "time", "work", "killed", "two"),
        (5, 5, 2, 0.3, 0.5, 8, 8, 12, 6),
    )[0]
    match kind:
        case "press":
            await world.press(tenant_id, document_id)
        case "edit":
            await world.edit(tenant_id, document_id)
        case "again" | "accept":
            await _send_again(world, tenant_id, sent_stands=kind == "accept")
        case "revoke":
            world.vendor.gone = not world.vendor.gone
        case "time":
            world.clock.advance(rng.choice((0.1, 5, 30, 61, 700)))
        case "work":
            await world.process.work(tenant_id)
        case "killed":
            await _killed(world, tenant_id)
            if rng.random() < 0.6:
                await _impatient(world, tenant_id)
        case "two":
            await _two(world, tenant_id)
    return kind


async def _send_again(world: PushWorld, tenant_id: UUID, *, sent_stands: bool) -> None:
    rows = await _intents(world, tenant_id)
    if sent_stands:
        world.accepted |= {(tenant_id, row[1]) for row in rows}
    await world.process.ledger(tenant_id).send_again([row[0] for row in rows], sent_stands=sent_stands)


async def _intents(world: PushWorld, tenant_id: UUID) -> list[tuple[Any, ...]]:
    query = "select id, document_id, state, code from tiebeam.push_intent where tenant_id = %(tenant_id)s"
    async with world.process.store.transaction(tenant_id) as tx:
        return [row for row in await tx.rows(query, {"tenant_id": tenant_id}) if row[2] != "done"]


async def _killed(world: PushWorld, tenant_id: UUID) -> None:
    world.process.kill_at = world.process.statements + world.rng.randint(1, 60)
    world.kills += await world.process.work(tenant_id) == "killed"
    await world.restart()


async def _impatient(world: PushWorld, tenant_id: UUID) -> None:
    """Somebody who saw nothing happen presses again at once."""
    for document_id in world.documents:
        if (tenant_id, document_id) in world.pressed:
            await world.press(tenant_id, document_id)
    await world.process.work(tenant_id)


async def _two(world: PushWorld, tenant_id: UUID) -> None:
    """Two processes at the same intents, one of which may die, while a person presses once more."""
    second = await PushProcess(world.url, world.clock, world.rng, world.vendor).start()
    second.breathes = world.process.breathes = True
    if world.rng.random() < 0.5:
        second.kill_at = world.rng.randint(1, 60)
    document_id = world.rng.choice(world.documents)
    ended = await asyncio.gather(
        world.process.work(tenant_id),
        world.press(tenant_id, document_id),
        second.work(tenant_id),
        return_exceptions=True,  # Whatever one comes to, the others are waited for.
    )
    await second.end()
    for one in ended:
        if isinstance(one, BaseException):
            raise one
    world.kills += ended[2] == "killed"
    world.process.breathes = False


async def _calm(world: PushWorld) -> None:
    """Faults stop; every document is wanted, a person mends what is stuck, and in the end all is there."""
    world.vendor.trouble, world.vendor.gone = 0.0, False
    await world.add_documents()
    for tenant_id in world.tenants:
        for document_id in world.documents:
            if (tenant_id, document_id) not in world.pressed:
                await world.press(tenant_id, document_id)
        # Nobody presses after this: what a crash leaves must be gone on with by itself.
        await _killed(world, tenant_id)
    for round_number in range(ROUNDS_MAX):
        for tenant_id in world.tenants:
            await world.process.work(tenant_id)
        await check_never_twice(world)
        world.clock.advance(120)
        # What is stuck is often seen only when what was uncertain before it is settled.
        if round_number >= ROUNDS_MAX // 2 and round_number % 3 == 0:
            for tenant_id in world.tenants:
                await _mend(world, tenant_id)
    await check_all_there(world)


async def _mend(world: PushWorld, tenant_id: UUID) -> None:
    """Have sent again what waits for a person, and nothing else: the rest must go on by itself."""
    ledger = world.process.ledger(tenant_id)
    for intent_id, document_id, state, code in await _intents(world, tenant_id):
        if state in ("blocked", "failed", "done_with_failures"):
            stands = code == "push.sent_part_changed"
            world.accepted |= {(tenant_id, document_id)} if stands else set()
            await ledger.send_again([intent_id], sent_stands=stands)


async def run_push_seeds(
    seeds: list[int], tell: Callable[[SeedResult], None], say: Callable[[str], None] = lambda _: None
) -> None:
    """Run seeds one after another in one database, telling each result as it comes."""
    # Errors that nobody foresaw are part of this world, and each would be logged with where it came from.
    logging.getLogger("tiebeam.push.runner").setLevel(logging.CRITICAL)
    async with test_server() as server, push_database(server) as url:
        for seed in seeds:
            tell(await run_push_seed(url, seed, say))
