"""Papers on their way into a simulated Procore: one seed, faults in any call, processes that die anywhere."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from uuid import UUID

from tests.factories.procore_push import ORDER, REPORT, TICKET, Yard, attachment
from tests.push_sim.world import PushProcess
from tests.simulation.process import Killed

from tiebeam.connectors.procore.writes import uploads, writer
from tiebeam.push import model
from tiebeam.push.model import Paper, Wish
from tiebeam.push.repository import Ledger
from tiebeam.push.runner import Runner
from tiebeam.simulators.base.faults import FaultRule, Faults

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from random import Random

    from tiebeam.connectors.ports import Request, Response
    from tiebeam.push.model import Attachment
    from tiebeam.push.ports import Target
    from tiebeam.store.transaction import Transaction

_KINDS: tuple[tuple[str, str, Any], ...] = (
    ("tm_ticket", "TM", TICKET),
    ("change_order_request", "COR", ORDER),
    ("daily_report", "DR", REPORT),
)
_API = "^(GET|POST|PATCH) /rest/"
"""Every call but those to the login, whose faults are tested by themselves."""
_STORAGE = "^(POST|PUT) /storage/"
_HUNG = "^POST .*/(time_and_material_entry_attachments|images|files)"
_BULK = "^POST .*/bulk_create"
_SYNC = "^PATCH .*/sync"


def faults(seed: int, often: float) -> Faults:
    """Everything that can go wrong with a call, with its answer or with what it does."""
    rules = [
        FaultRule("half_done", match=_BULK, probability=often),
        FaultRule("refuse_part", match=_SYNC, probability=often),
        FaultRule("drop_answer", match=_STORAGE, probability=often),
        FaultRule("drop_request", match=_STORAGE, probability=often / 2),
        FaultRule("status", match=_STORAGE, probability=often / 2, status=503),
        FaultRule("status", match=_STORAGE, probability=often / 2, status=500, processed=True),
        FaultRule("cut_body", match=_STORAGE, probability=often),
        FaultRule("end_form", match=_STORAGE, probability=often),
        FaultRule("wrong_etag", match=_STORAGE, probability=often),
        FaultRule("html", match=_STORAGE, probability=often / 3),
        FaultRule("delay", match=_STORAGE, probability=often / 3, delay_seconds=200),
        FaultRule("delay", match=_STORAGE, probability=often / 6, delay_seconds=400),
        FaultRule("drop_answer", match=_API, probability=often),
        FaultRule("drop_request", match=_API, probability=often / 2),
        FaultRule("status", match=_API, probability=often / 2, status=500, processed=True),
        FaultRule("status", match=_API, probability=often / 2, status=503, retry_after_seconds=20),
        FaultRule("status", match=_API, probability=often / 2, status=429, retry_after_seconds=9),
        FaultRule("truncate", match=_API, probability=often / 3),
        FaultRule("html", match=_API, probability=often / 3),
        FaultRule("delay", match=_API, probability=often / 3, delay_seconds=90),
        FaultRule("revoke_grant", match=_API, probability=often / 9),
    ]
    return Faults(seed, rules)


def faults_of_files(seed: int, often: float) -> Faults:
    """What can still go wrong when all else has come to an end: files come last."""
    rules = [
        FaultRule("status", match=_HUNG, probability=often, status=503),
        FaultRule("drop_answer", match=_HUNG, probability=often),
    ]
    return Faults(seed, rules)


class DyingTransport:
    """The sockets of a process, which may be killed before a request leaves or before its answer is read."""

    def __init__(self, yard: Yard, dies: Callable[[], bool]) -> None:
        self._yard = yard
        self._dies = dies

    async def send(self, request: Request) -> Response:
        await self._breathe()
        self._yard.calls += 1
        answer = await self._yard.transport.send(request)
        await self._breathe()
        return answer

    async def _breathe(self) -> None:
        await asyncio.sleep(0)
        if self._dies():
            raise Killed


class Desk:
    """The papers of one tenant, in memory: a person may edit what is not in Procore yet."""

    def __init__(self, tenant_id: UUID) -> None:
        self.tenant_id = tenant_id
        self.papers: dict[UUID, Paper] = {}
        self.sealed: list[UUID] = []

    def add(self, rng: Random, number: int) -> None:
        kind, letters, body = rng.choice(_KINDS)
        document_id = UUID(int=rng.getrandbits(128))
        files = _files(rng, document_id)
        self._put(Paper(kind, document_id, 1, f"{letters}-{number}", "5", {**body}, files, ""))

    def copy(self, paper: Paper) -> None:
        """Have the same document as another company has: its id, its number and its files."""
        self._put(paper)

    def _put(self, paper: Paper) -> None:
        # By the module, as a mutant may have taken its place.
        origin = model.origin_of(self.tenant_id, paper.id)
        self.papers[paper.id] = replace(paper, origin=origin)

    def edit(self, rng: Random, document_id: UUID) -> None:
        if document_id in self.sealed:
            return
        before = self.papers[document_id]
        body = dict(before.body)
        for name in ("labour", "lines", "crew"):
            if name in body:
                body[name] = [one for one in body[name] if rng.random() < 0.7]
        self.papers[document_id] = replace(before, version=before.version + 1, body=body)

    def choose(self, document_id: UUID, event: int) -> None:
        """A person chooses a change event, for what names none and is not tied to one yet."""
        before = self.papers[document_id]
        self.papers[document_id] = replace(before, later={"change_event": str(event)})

    async def get(self, tx: Transaction, document_id: UUID, target: str) -> Paper | None:
        del tx, target
        return self.papers.get(document_id)

    async def seal(self, tx: Transaction, paper: Paper, target: str, at: datetime) -> None:
        del tx, target, at
        # Memory knows no roll-back: a transaction that did not come to its end seals once more.
        if paper.id not in self.sealed:
            self.sealed.append(paper.id)


def _files(rng: Random, document_id: UUID) -> tuple[Attachment, ...]:
    photos = [
        # All of them have the same name, as a camera gives it; the longer ones go up in pieces.
        attachment(b"\xff\xd8" + rng.randbytes(bytes_), "صورة.jpg", number=document_id.int ^ number)
        for number, bytes_ in enumerate(rng.choices((40, 150, 150), k=rng.randint(0, 3)), 1)
    ]
    paper = attachment(
        b"%PDF" + rng.randbytes(30), "paper.pdf", "application/pdf", number=document_id.int ^ 99
    )
    return (paper, *photos)


class ProcoreProcess(PushProcess):
    """One process that carries intents out into Procore. After a kill it is good for nothing but `end`."""

    def __init__(self, url: str, yard: Yard, rng: Random, desks: Mapping[UUID, Desk]) -> None:
        super().__init__(url, yard.clock, rng, None)  # type: ignore[arg-type] # its vendor is the yard
        self._yard = yard
        self._desks = desks

    def ledger(self, tenant_id: UUID) -> Ledger:
        return Ledger(
            self.store,
            tenant_id,
            self._yard.clock,
            self._desks[tenant_id],
            new_id=lambda: UUID(int=self._rng.getrandbits(128)),
        )

    def runner(self, tenant_id: UUID) -> Runner:
        transport = DyingTransport(self._yard, self._dies)
        targets: dict[str, Target] = {"procore": self._yard.process_target(transport)}
        return Runner(self.ledger(tenant_id), targets, self._yard.clock, chance=self._rng.random)

    async def press(self, tenant_id: UUID, document_id: UUID) -> None:
        paper = self._desks[tenant_id].papers[document_id]
        wish = Wish(paper.kind, document_id, paper.number, paper.project, "procore")
        await self.ledger(tenant_id).want([wish], by="somebody", trigger="button")

    async def choose(self, tenant_id: UUID, document_id: UUID, event: int) -> None:
        """Choose a change event, within the transaction that has it planned."""
        ledger = self.ledger(tenant_id)
        async with ledger.transaction() as tx:
            await ledger.chosen(tx, document_id)
            self._desks[tenant_id].choose(document_id, event)


class SmallPieces:
    """Lists of two rows a page and pieces of a few bytes, so that a few things are many."""

    def __init__(self, yard: Yard) -> None:
        kept = yard.simulator.storeroom.uploads
        kept._options = replace(kept._options, segment_bytes_min=16)
        self._stack = ExitStack()

    def __enter__(self) -> None:
        for module, name, value in (
            (writer, "_PER_PAGE", 2),
            (uploads, "FORM_BYTES_MAX", 64),
            (uploads, "SEGMENT_BYTES", 48),
        ):
            self._stack.enter_context(patch.object(module, name, value))

    def __exit__(self, *_: object) -> None:
        self._stack.close()
