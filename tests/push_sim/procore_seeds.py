"""One seed of papers into Procore, from the first press to the last promise."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from random import Random
from traceback import format_exception
from typing import TYPE_CHECKING, Any, Literal

from tests.factories.database import test_server
from tests.factories.procore_push import Yard
from tests.push_sim.procore_promises import (
    check_all_there,
    check_never_twice,
    check_receipts,
    delete_lines,
    delete_stale_lines,
    record_of,
)
from tests.push_sim.procore_world import Desk, ProcoreProcess, SmallPieces, faults, faults_of_files
from tests.push_sim.promises import PromiseBrokenError
from tests.push_sim.seeds import push_database
from tests.push_sim.world import START
from tests.simulation.seeds import SeedResult

from tiebeam.identity.repository import Tenants
from tiebeam.kernel.clock import ManualClock
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from tiebeam.simulators.base.faults import Faults

STEPS = 40
ROUNDS_MAX = 40
_STUCK = ("blocked", "failed", "done_with_failures")
_OF_OTHERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("time_and_material_entries", {"name": "TM-0 Theirs", "time_and_material_entry_attachments": []}),
    ("potential_change_orders", {"title": "COR-0 Theirs", "status": "draft"}),
    ("change_order_packages", {"title": "COR-0 Theirs"}),
    ("images", {"filename": "TM-0 theirs.jpg"}),
)
"""What stands in Procore already, by somebody else: lists are longer than a page."""


_TIERS: tuple[Literal[1, 2, 3], ...] = (1, 2, 3, 3)


class ProcoreSeed:
    """Everything that one seed sets up: one company, or two that have the same documents."""

    def __init__(self, url: str, seed: int, tenant_ids: Sequence[UUID]) -> None:
        self.rng = rng = Random(seed)
        self.url = url
        self.yard = Yard()
        self.often = rng.choice((0.0, 0.05, 0.12, 0.25, 0.4))
        tiers: Literal[1, 2, 3] = rng.choice(_TIERS)
        # With one tier, two companies' orders of the same title are a person's to tell apart.
        several = rng.random() < 0.3 and tiers > 1
        self.desks = {one: Desk(one) for one in tenant_ids[: 1 + several]}
        self.yard.state.set_order_tiers(5, tiers)
        choices = replace(self.yard.known.choices, orders_grouped=rng.random() < 0.5)
        self.events = [self.yard.event, *(self._event(number) for number in (2, 3))]
        known = frozenset(map(str, self.events))
        self.yard.know(order_tiers=tiers, choices=choices, change_events=known)
        for number, (resource, fields) in enumerate(_OF_OTHERS * 3):
            self.yard.put(resource, **fields, reference_number=f"theirs {number}", project_id=5)
        self.process = self._new()
        self.accepted: set[tuple[UUID, UUID]] = set()
        self.corrected: dict[tuple[str, int], int] = {}
        """Which change event a person has tied a record to in Procore, after we had tied it to ours."""
        self.kills = 0
        self.fired: Counter[str] = Counter()

    def _event(self, number: int) -> int:
        return int(self.yard.put("change_events", number=str(number), title="Riser"))

    def _new(self) -> ProcoreProcess:
        return ProcoreProcess(self.url, self.yard, self.rng, self.desks)

    async def live(self, seed: int, say: Callable[[str], None]) -> None:
        for number in range(self.rng.randint(1, 4)):
            self._add(number)
        self.take_faults(faults(seed, self.often))
        for number in range(STEPS):
            say(f"{self.yard.clock.now().isoformat()} {number} {await self._step()}")
            check_never_twice(self.yard)

    def _add(self, number: int) -> None:
        first, *others = self.desks.values()
        first.add(self.rng, number)
        for other in others:
            other.copy(list(first.papers.values())[-1])

    async def _step(self) -> str:
        rng, tenant_id = self.rng, self.rng.choice(list(self.desks))
        document_id = rng.choice(list(self.desks[tenant_id].papers))
        kind = rng.choices(
            ("press", "edit", "again", "time", "work", "killed", "two", "choose", "correct"),
            (8, 1, 2, 9, 9, 9, 4, 2, 2),
        )[0]
        match kind:
            case "press":
                await self.process.press(tenant_id, document_id)
            case "edit":
                self.desks[tenant_id].edit(rng, document_id)
            case "again":
                await self._send_again(tenant_id)
            case "time":
                self.yard.clock.advance(rng.choice((1, 30, 301, 1200, 1200)))
            case "work":
                await self.process.work(tenant_id)
            case "killed":
                await self._killed(tenant_id)
            case "two":
                await self._two(tenant_id, document_id)
            case "choose":
                await self._choose(tenant_id, document_id)
            case "correct":
                await self._correct(tenant_id)
        return kind

    async def _killed(self, tenant_id: UUID) -> None:
        self.process.kill_at = self.process.statements + self.rng.randint(1, 50)
        self.kills += await self.process.work(tenant_id) == "killed"
        await self.process.end()
        self.process = self._new()
        await self.process.start()

    async def _two(self, tenant_id: UUID, document_id: UUID) -> None:
        """Two processes at the same intents, one of which may die, while a person presses once more."""
        second = self._new()
        await second.start()
        second.breathes = self.process.breathes = True
        if self.rng.random() < 0.5:
            second.kill_at = self.rng.randint(1, 40)
        words = await asyncio.gather(
            self.process.work(tenant_id),
            self.process.press(tenant_id, document_id),
            second.work(tenant_id),
        )
        self.kills += words[2] == "killed"
        await second.end()
        self.process.breathes = False

    async def _choose(self, tenant_id: UUID, document_id: UUID) -> None:
        """Somebody chooses a change event; of what is tied to one already, the same once more."""
        desk = self.desks[tenant_id]
        paper = desk.papers[document_id]
        if paper.kind == "daily_report":
            return
        event = self.rng.choice(self.events[:2])
        if paper.later and document_id in await self._done(tenant_id):
            event = int(paper.later["change_event"])
        await self.process.choose(tenant_id, document_id, event)

    async def _correct(self, tenant_id: UUID) -> None:
        """Somebody in Procore ties to another event what is tied to ours, and is known here to be."""
        for document_id in await self._done(tenant_id):
            paper = self.desks[tenant_id].papers[document_id]
            found = record_of(self.yard, paper)
            if paper.later and found is not None:
                resource, field, row = found
                self.yard.state.update(resource, row["id"], {field: self.events[2]})
                self.corrected[resource, row["id"]] = self.events[2]

    async def _done(self, tenant_id: UUID) -> set[UUID]:
        query = (
            "select document_id from tiebeam.push_intent"
            " where tenant_id = %(id)s and state in ('done', 'done_with_failures') and not plan_due"
        )
        async with self.process.store.transaction(tenant_id) as tx:
            return {row[0] for row in await tx.rows(query, {"id": tenant_id})}

    async def _intents(self, tenant_id: UUID) -> list[tuple[Any, ...]]:
        query = "select id, document_id, state, code from tiebeam.push_intent where tenant_id = %(id)s"
        async with self.process.store.transaction(tenant_id) as tx:
            return [row for row in await tx.rows(query, {"id": tenant_id}) if row[2] != "done"]

    async def _send_again(self, tenant_id: UUID) -> None:
        rows = await self._intents(tenant_id)
        await self.process.ledger(tenant_id).send_again([row[0] for row in rows])

    def take_faults(self, wanted: Faults | None) -> None:
        """Have other faults than before, or none, and count those that fired."""
        before = self.yard.simulator.faults
        if before is not None:
            self.yard.simulator.stop_faults()
            self.fired.update(before.fired)
        self.yard.simulator.faults = wanted

    async def calm(self, seed: int) -> None:
        """Faults stop, those of files last; a person mends what is stuck; in the end all is there."""
        self.take_faults(faults_of_files(seed, self.often))
        for tenant_id, desk in self.desks.items():
            for document_id in desk.papers:
                await self.process.press(tenant_id, document_id)
        for number in range(ROUNDS_MAX):
            for tenant_id in self.desks:
                await self.process.work(tenant_id)
            check_never_twice(self.yard)
            self.yard.clock.advance(120)
            if number == ROUNDS_MAX // 4:
                self.take_faults(None)
            if number >= ROUNDS_MAX // 2 and number % 4 == 0:
                for tenant_id in self.desks:
                    await self._mend(tenant_id)
            if number == ROUNDS_MAX * 3 // 4:
                await self._press_once_more()
        await self._check()

    async def _press_once_more(self) -> None:
        """Somebody corrects in Procore what is tied, and somebody here chooses the same once more."""
        for tenant_id, desk in self.desks.items():
            await self._correct(tenant_id)
            for document_id in await self._done(tenant_id):
                if desk.papers[document_id].later:
                    await self._choose(tenant_id, document_id)

    async def _check(self) -> None:
        receipts: list[tuple[Any, ...]] = []
        for tenant_id, desk in self.desks.items():
            stuck = await self._intents(tenant_id)
            if stuck:
                raise PromiseBrokenError(f"never there: {stuck}")
            accepted = {document_id for one, document_id in self.accepted if one == tenant_id}
            receipts += await self._receipts(tenant_id)
            refused = await self._refused_files(tenant_id)
            if refused:
                raise PromiseBrokenError(f"files that a person had to send again: {refused}")
            check_all_there(self.yard, desk, accepted, self.corrected)
        check_receipts(
            self.yard, receipts, [one for desk in self.desks.values() for one in desk.papers.values()]
        )

    async def _mend(self, tenant_id: UUID) -> None:
        """Do what the sentences say, and have it sent again."""
        ledger, desk = self.process.ledger(tenant_id), self.desks[tenant_id]
        for intent_id, document_id, state, code in await self._intents(tenant_id):
            if code == "procore.lines_in_part":
                not_done = await self._not_done(tenant_id, intent_id)
                delete_lines(self.yard, desk.papers[document_id], not_done)
            if code == "procore.lines_stale":
                delete_stale_lines(self.yard, desk.papers[document_id])
            if state in _STUCK:
                stands = code == "push.sent_part_changed"
                self.accepted |= {(tenant_id, document_id)} if stands else set()
                await ledger.send_again([intent_id], sent_stands=stands)

    async def _not_done(self, tenant_id: UUID, intent_id: UUID) -> set[str]:
        query = (
            "select name from tiebeam.push_step"
            " where tenant_id = %(id)s and intent_id = %(intent_id)s and state <> 'done'"
        )
        async with self.process.store.transaction(tenant_id) as tx:
            return {row[0] for row in await tx.rows(query, {"id": tenant_id, "intent_id": intent_id})}

    async def _refused_files(self, tenant_id: UUID) -> list[tuple[Any, ...]]:
        query = (
            "select name, code, cause from tiebeam.push_attempt"
            " where tenant_id = %(id)s and event = 'rejected'"
            " and (name like 'photo-%%' or name like 'paper-%%' or name like 'document-%%')"
        )
        async with self.process.store.transaction(tenant_id) as tx:
            return await tx.rows(query, {"id": tenant_id})

    async def _receipts(self, tenant_id: UUID) -> list[tuple[Any, ...]]:
        query = (
            "select i.document_id, s.name, s.kind, r.vendor_id from tiebeam.push_intent i"
            " join tiebeam.push_step s on s.intent_id = i.id"
            " left join tiebeam.push_receipt r on r.intent_id = s.intent_id and r.name = s.name"
            " where i.tenant_id = %(id)s"
        )
        async with self.process.store.transaction(tenant_id) as tx:
            return await tx.rows(query, {"id": tenant_id})


async def run_procore_seed(url: str, seed: int, say: Callable[[str], None] = lambda _: None) -> SeedResult:
    """Run a seed. Broken promises and crashes are in the result."""
    result = SeedResult(seed)
    store = await Store.open(url, clock=ManualClock(START))
    names = Random(seed)
    tenants = Tenants(store)
    ids = [(await tenants.create(f"p{names.getrandbits(60)}", "A company")).id for _ in range(2)]
    await store.close()
    world = ProcoreSeed(url, seed, ids)
    await world.process.start()
    try:
        with SmallPieces(world.yard):
            await world.live(seed, say)
            await world.calm(seed)
    except PromiseBrokenError as broken:
        result.promise, result.detail = str(broken).split(":", maxsplit=1)[0], str(broken)
    except Exception as error:  # noqa: BLE001 - keeps the loop over seeds alive: a crash is a finding too
        result.promise = f"no crash ({type(error).__name__})"
        result.detail = "".join(format_exception(error))
    finally:
        await world.process.end()
        result.kills, result.calls = world.kills, world.yard.calls
        world.take_faults(None)
        result.faults = dict(world.fired)
    return result


async def run_procore_seeds(
    seeds: list[int], tell: Callable[[SeedResult], None], say: Callable[[str], None] = lambda _: None
) -> None:
    """Run seeds one after another in one database, telling each result as it comes."""
    async with test_server() as server, push_database(server) as url:
        for seed in seeds:
            tell(await run_procore_seed(url, seed, say))
