"""A world of papers on their way: one seed, two companies of the same documents, one vendor, virtual time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from tests.push_sim.vendor import LyingTarget, LyingVendor
from tests.simulation.process import Killed

from tiebeam.push import model
from tiebeam.push.model import Paper, Wish
from tiebeam.push.repository import Ledger
from tiebeam.push.runner import Runner
from tiebeam.store.adapt import Json
from tiebeam.store.errors import ContendedError
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from random import Random

    from tiebeam.kernel.clock import ManualClock
    from tiebeam.push.ports import Target
    from tiebeam.store.transaction import Transaction

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

DOCUMENTS = """
create table if not exists tiebeam.sim_document (
    tenant_id uuid not null, id uuid not null, version integer not null, body jsonb not null,
    sealed_at timestamptz, seals integer not null default 0, primary key (tenant_id, id)
)
"""
GRANT = "grant select, insert, update on tiebeam.sim_document to tiebeam_app"
_GET = """
select version, body from tiebeam.sim_document
where tenant_id = %(tenant_id)s and id = %(id)s for update
"""
_SEAL = """
update tiebeam.sim_document set sealed_at = %(at)s, seals = seals + 1
where tenant_id = %(tenant_id)s and id = %(id)s and version = %(version)s
"""
_ADD = """
insert into tiebeam.sim_document (tenant_id, id, version, body)
values (%(tenant_id)s, %(id)s, 1, %(body)b::jsonb)
"""
_EDIT = """
update tiebeam.sim_document set version = version + 1, body = %(body)b::jsonb
where tenant_id = %(tenant_id)s and id = %(id)s and sealed_at is null
"""


class TablePapers:
    """Documents in a table of their own, as the field's are: locked, and sealed within the transaction."""

    def __init__(self, tenant_id: UUID) -> None:
        self._tenant_id = tenant_id

    async def get(self, tx: Transaction, document_id: UUID, target: str) -> Paper | None:
        del target
        rows = await tx.rows(_GET, {"tenant_id": self._tenant_id, "id": document_id})
        return self.paper(document_id, *rows[0]) if rows else None

    async def seal(self, tx: Transaction, paper: Paper, target: str, at: datetime) -> None:
        del target
        named = {"tenant_id": self._tenant_id, "id": paper.id, "version": paper.version, "at": at}
        assert await tx.run(_SEAL, named) == 1, "sealed as another version than was sent"

    def paper(self, document_id: UUID, version: int, body: dict[str, Any]) -> Paper:
        origin = model.origin_of(self._tenant_id, document_id)
        return Paper("tm_ticket", document_id, version, "TM-1", "7", body, (), origin)


class PushProcess:
    """One process that carries intents out. After a kill it is good for nothing but `end`."""

    def __init__(self, url: str, clock: ManualClock, rng: Random, vendor: LyingVendor) -> None:
        self._url = url
        self._clock = clock
        self._rng = rng
        self._vendor = vendor
        self._store: Store | None = None
        self.statements = 0
        self.kill_at: int | None = None
        self.breathes = False

    async def start(self) -> PushProcess:
        self._store = await Store.open(self._url, clock=self._clock, after_statement=self._after_statement)
        return self

    @property
    def store(self) -> Store:
        assert self._store is not None
        return self._store

    async def end(self) -> None:
        self.kill_at = None
        await self.store.close()

    def ledger(self, tenant_id: UUID) -> Ledger:
        return Ledger(
            self.store,
            tenant_id,
            self._clock,
            TablePapers(tenant_id),
            new_id=lambda: UUID(int=self._rng.getrandbits(128)),
        )

    def runner(self, tenant_id: UUID) -> Runner:
        targets: dict[str, Target] = {"liar": LyingTarget(self._vendor, self._dies)}
        return Runner(self.ledger(tenant_id), targets, self._clock, chance=self._rng.random)

    async def work(self, tenant_id: UUID) -> str:
        """Go on with everything that is due, once each; `killed` when the process died of it."""
        try:
            for intent_id in await self.ledger(tenant_id).due(100):
                await self._run(tenant_id, intent_id)
        except Killed:
            return "killed"
        return "done"

    async def _run(self, tenant_id: UUID, intent_id: UUID) -> None:
        try:
            await self.runner(tenant_id).run(intent_id)
        except ContendedError:
            return  # The queue would try it again, as the next look at what is due does.

    async def _after_statement(self, name: str) -> None:
        del name
        self.statements += 1
        if self._dies():
            raise Killed
        if self.breathes and self._rng.random() < 0.4:
            await asyncio.sleep(0)

    def _dies(self) -> bool:
        return self.kill_at is not None and self.statements >= self.kill_at


@dataclass(slots=True)
class PushWorld:
    """Everything that one seed sets up."""

    rng: Random
    clock: ManualClock
    url: str
    vendor: LyingVendor
    tenants: tuple[UUID, UUID]
    process: PushProcess
    documents: list[UUID] = field(default_factory=list)
    accepted: set[tuple[UUID, UUID]] = field(default_factory=set)
    """Documents of which a person let stand what was sent of an older version."""
    pressed: set[tuple[UUID, UUID]] = field(default_factory=set)
    kills: int = 0

    async def restart(self) -> None:
        await self.process.end()
        self.process = await PushProcess(self.url, self.clock, self.rng, self.vendor).start()

    async def add_documents(self) -> None:
        """Make the same documents in both companies, of the same ids."""
        for _ in range(self.rng.randint(1, 3)):
            document_id = UUID(int=self.rng.getrandbits(128))
            self.documents.append(document_id)
            for tenant_id in self.tenants:
                await self._write(_ADD, tenant_id, document_id)

    async def edit(self, tenant_id: UUID, document_id: UUID) -> None:
        await self._write(_EDIT, tenant_id, document_id)

    async def _write(self, sql: str, tenant_id: UUID, document_id: UUID) -> None:
        async with self.process.store.transaction(tenant_id) as tx:
            body = Json(orjson.dumps(self._body()))
            await tx.run(sql, {"tenant_id": tenant_id, "id": document_id, "body": body})

    def _body(self) -> dict[str, Any]:
        rng = self.rng
        lines = [f"{rng.randint(1, 3)}.5" for _ in range(rng.randint(0, 3))]
        photos = rng.sample(["a", "b", "c"], rng.randint(0, 2))
        return {"title": f"Ticket {rng.randint(1, 2)}", "lines": lines, "photos": photos}

    async def press(self, tenant_id: UUID, document_id: UUID) -> None:
        """Press the button."""
        self.pressed.add((tenant_id, document_id))
        wish = Wish("tm_ticket", document_id, "TM-1", "7", "liar")
        await self.process.ledger(tenant_id).want([wish], by="somebody", trigger="button")
