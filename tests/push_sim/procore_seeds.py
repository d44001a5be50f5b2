"""One seed of papers into Procore, from the first press to the last promise."""

from __future__ import annotations

import asyncio
from random import Random
from traceback import format_exception
from typing import TYPE_CHECKING, Any

from tests.factories.database import test_server
from tests.factories.procore_push import Yard
from tests.push_sim.procore_promises import check_all_there, check_never_twice
from tests.push_sim.procore_world import Desk, ProcoreProcess, faults
from tests.push_sim.promises import PromiseBrokenError
from tests.push_sim.seeds import push_database
from tests.push_sim.world import START
from tests.simulation.seeds import SeedResult

from tiebeam.identity.repository import Tenants
from tiebeam.kernel.clock import ManualClock
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

STEPS = 24
ROUNDS_MAX = 40
_STUCK = ("blocked", "failed", "done_with_failures")


class ProcoreSeed:
    """Everything that one seed sets up."""

    def __init__(self, url: str, seed: int, tenant_id: UUID) -> None:
        self.rng = Random(seed)
        self.url = url
        self.yard = Yard()
        self.often = self.rng.choice((0.0, 0.05, 0.12, 0.25))
        self.desk = Desk(tenant_id)
        self.process = self._new()
        self.accepted: set[UUID] = set()
        self.kills = 0

    def _new(self) -> ProcoreProcess:
        return ProcoreProcess(self.url, self.yard, self.rng, self.desk)

    async def live(self, seed: int, say: Callable[[str], None]) -> None:
        for number in range(self.rng.randint(1, 4)):
            self.desk.add(self.rng, number)
        self.yard.simulator.faults = faults(seed, self.often)
        for number in range(STEPS):
            say(f"{self.yard.clock.now().isoformat()} {number} {await self._step()}")
            check_never_twice(self.yard)

    async def _step(self) -> str:
        rng, document_id = self.rng, self.rng.choice(list(self.desk.papers))
        kind = rng.choices(
            ("press", "edit", "again", "time", "work", "killed", "two"), (6, 2, 2, 6, 6, 9, 4)
        )[0]
        match kind:
            case "press":
                await self.process.press(document_id)
            case "edit":
                self.desk.edit(rng, document_id)
            case "again":
                await self._send_again()
            case "time":
                self.yard.clock.advance(rng.choice((1, 30, 301, 1200)))
            case "work":
                await self.process.work(self.desk.tenant_id)
            case "killed":
                await self._killed()
            case "two":
                await self._two(document_id)
        return kind

    async def _killed(self) -> None:
        self.process.kill_at = self.process.statements + self.rng.randint(1, 50)
        self.kills += await self.process.work(self.desk.tenant_id) == "killed"
        await self.process.end()
        self.process = self._new()
        await self.process.start()

    async def _two(self, document_id: UUID) -> None:
        """Two processes at the same intents, one of which may die, while a person presses once more."""
        second = self._new()
        await second.start()
        second.breathes = self.process.breathes = True
        if self.rng.random() < 0.5:
            second.kill_at = self.rng.randint(1, 40)
        words = await asyncio.gather(
            self.process.work(self.desk.tenant_id),
            self.process.press(document_id),
            second.work(self.desk.tenant_id),
        )
        self.kills += words[2] == "killed"
        await second.end()
        self.process.breathes = False

    async def _intents(self) -> list[tuple[Any, ...]]:
        query = "select id, document_id, state, code from tiebeam.push_intent where tenant_id = %(id)s"
        async with self.process.store.transaction(self.desk.tenant_id) as tx:
            return [row for row in await tx.rows(query, {"id": self.desk.tenant_id}) if row[2] != "done"]

    async def _send_again(self) -> None:
        rows = await self._intents()
        await self.process.ledger(self.desk.tenant_id).send_again([row[0] for row in rows])

    async def calm(self) -> None:
        """Faults stop; a person mends what is stuck; in the end all is there."""
        self.yard.simulator.stop_faults()
        for document_id in self.desk.papers:
            await self.process.press(document_id)
        for number in range(ROUNDS_MAX):
            await self.process.work(self.desk.tenant_id)
            check_never_twice(self.yard)
            self.yard.clock.advance(120)
            if number == ROUNDS_MAX // 2:
                await self._mend()
        stuck = await self._intents()
        if stuck:
            raise PromiseBrokenError(f"never there: {stuck}")
        check_all_there(self.yard, self.desk, self.accepted, await self._receipts())

    async def _mend(self) -> None:
        ledger = self.process.ledger(self.desk.tenant_id)
        for intent_id, document_id, state, code in await self._intents():
            if state in _STUCK:
                stands = code == "push.sent_part_changed"
                self.accepted |= {document_id} if stands else set()
                await ledger.send_again([intent_id], sent_stands=stands)

    async def _receipts(self) -> list[tuple[Any, ...]]:
        query = (
            "select i.document_id, s.name, s.kind, r.vendor_id from tiebeam.push_intent i"
            " join tiebeam.push_step s on s.intent_id = i.id"
            " left join tiebeam.push_receipt r on r.intent_id = s.intent_id and r.name = s.name"
            " where i.tenant_id = %(id)s"
        )
        async with self.process.store.transaction(self.desk.tenant_id) as tx:
            return await tx.rows(query, {"id": self.desk.tenant_id})


async def run_procore_seed(url: str, seed: int, say: Callable[[str], None] = lambda _: None) -> SeedResult:
    """Run a seed. Broken promises and crashes are in the result."""
    result = SeedResult(seed)
    store = await Store.open(url, clock=ManualClock(START))
    tenant = await Tenants(store).create(f"p{Random(seed).getrandbits(60)}", "A company")
    await store.close()
    world = ProcoreSeed(url, seed, tenant.id)
    await world.process.start()
    try:
        await world.live(seed, say)
        await world.calm()
    except PromiseBrokenError as broken:
        result.promise, result.detail = str(broken).split(":", maxsplit=1)[0], str(broken)
    except Exception as error:  # noqa: BLE001 - keeps the loop over seeds alive: a crash is a finding too
        result.promise = f"no crash ({type(error).__name__})"
        result.detail = "".join(format_exception(error))
    finally:
        await world.process.end()
        result.kills, result.calls = world.kills, world.yard.calls
        fired = world.yard.simulator.faults
        result.faults = dict(fired.fired) if fired else {}
    return result


async def run_procore_seeds(
    seeds: list[int], tell: Callable[[SeedResult], None], say: Callable[[str], None] = lambda _: None
) -> None:
    """Run seeds one after another in one database, telling each result as it comes."""
    async with test_server() as server, push_database(server) as url:
        for seed in seeds:
            tell(await run_procore_seed(url, seed, say))
