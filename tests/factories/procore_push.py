"""A simulated Procore that papers are pushed into, papers to push, and a driver with a ledger in memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.factories.procore_desk import COMPANY, ProcoreDesk

from tiebeam.connectors.outcomes import Outcome
from tiebeam.connectors.procore.client import ProcoreClient
from tiebeam.connectors.procore.errors import GRANT_REVOKED
from tiebeam.push.deliveries.procore.facts import Choices, Contract, CostCode, Facts
from tiebeam.push.deliveries.procore.kept import KeptUploads
from tiebeam.push.deliveries.procore.target import ProcoreTarget
from tiebeam.push.errors import BusyError, RejectedError, UncertainError
from tiebeam.push.model import Attachment, Paper, Receipt, Steps, origin_of
from tiebeam.push.plan import filled

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from tiebeam.connectors.ports import Request, Response, TokenSource, Transport
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.push.model import Plan, PlannedStep
    from tiebeam.simulators.base.faults import FaultRule

TENANT = UUID("11111111-1111-4111-8111-111111111111")
DOCUMENT = UUID("22222222-2222-4222-8222-2222aaaabbbb")
TICKET: Mapping[str, Any] = {
    "work_date": "2026-02-27",
    "description": "Opened the wall at grid C4\nand closed it again",
    "cost_code": "09-250",
    "change_event": None,
    "labour": [
        {"worker": "Bo  Lind", "trade": "Carpenter", "hours": "8", "time_type": "regular", "rate": "61.20"},
        {"worker": "José Niño", "trade": None, "hours": "1.25", "time_type": "overtime", "rate": None},
    ],
    "materials": [{"name": "Drywall", "unit": "ea", "quantity": "12.5", "unit_cost": "14"}],
    "equipment": [{"name": "Lift", "unit": "hours", "quantity": "1.5", "rate": None}],
    "notes": "Told the superintendent",
    "photos": [],
    "signature": {"name": "Ana Cruz", "signed_at": "2026-02-27T21:00:00Z", "photo": str(DOCUMENT)},
}
ORDER: Mapping[str, Any] = {
    "title": "Wall at C4",
    "description": "As directed",
    "reason": "Client request",
    "contract": None,
    "change_event": None,
    "schedule_days": 2,
    "lines": [
        {
            "kind": "labour",
            "description": "Carpenter",
            "quantity": "9.25",
            "unit": "h",
            "unit_cost": "61.20",
            "cost_code": "09-250",
        },
        {
            "kind": "material",
            "description": "Drywall",
            "quantity": "12.5",
            "unit": "ea",
            "unit_cost": "14.01",
            "cost_code": None,
        },
    ],
    "markups": [{"name": "Overhead", "percent": "10"}, {"name": "Profit", "percent": "5.5"}],
    "tickets": [],
    "photos": [],
}
REPORT: Mapping[str, Any] = {
    "date": "2026-02-27",
    "weather": {
        "sky": "Rain",
        "temperature": "6 °C",
        "wind": "",
        "precipitation": "4 mm",
        "ground": "",
        "delay": True,
    },
    "crew": [
        {"company": "Acme Drywall", "trade": "", "workers": 4, "hours": "8", "note": ""},
        {"company": "Acme Drywall", "trade": "", "workers": 4, "hours": "8", "note": ""},
        {"company": "Unknown Ltd", "trade": "Painters", "workers": 2, "hours": None, "note": "late"},
    ],
    "work": [{"description": "Closed walls", "workers": 4, "hours": "7.5"}],
    "delays": [{"what": "Crane down", "hours": "2"}],
    "notes": ["Inspector came", " "],
    "photos": [],
}


def attachment(
    data: bytes, name: str, media_type: str = "image/jpeg", *, number: int = 1, size_bytes: int | None = None
) -> Attachment:
    """A file of a paper; `number` makes its id."""

    async def read() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 1_000_003):
            yield data[start : start + 1_000_003]

    size = len(data) if size_bytes is None else size_bytes
    return Attachment(UUID(int=number), name, media_type, hashlib.sha256(data).hexdigest(), size, read)


def paper(kind: str, body: Mapping[str, Any], *attachments: Attachment, number: str = "TM-0012") -> Paper:
    """A paper of project 5."""
    return Paper(kind, DOCUMENT, 1, number, "5", body, attachments, origin_of(TENANT, DOCUMENT))


PHOTO = attachment(b"\xff\xd8\xff wall", "wall.jpg", number=1)
ARABIC = attachment(b"\xff\xd8\xff slab", "صورة البلاطة.JPG", number=2)
PDF = attachment(b"%PDF-1.7 rates", "ticket.pdf", "application/pdf", number=3)


class RevocableTokens:
    """The tokens of a login that a person can take back, and give again."""

    def __init__(self, inside: TokenSource) -> None:
        self._inside = inside
        self.revoked = False

    async def token(self) -> str:
        return await self._inside.token()

    async def replace(self, stale: str) -> str:
        if self.revoked:
            raise Outcome(GRANT_REVOKED, "invalid_grant", 400).error()
        return await self._inside.replace(stale)


class SlowStorage:
    """A storage that takes its time, by the clock of the tests."""

    def __init__(self, inside: Transport, clock: ManualClock, seconds: float) -> None:
        self._inside = inside
        self._clock = clock
        self._seconds = seconds

    async def send(self, request: Request) -> Response:
        if "/storage/" in request.url:
            self._clock.advance(self._seconds)
        return await self._inside.send(request)


class Yard(ProcoreDesk):
    """Project 5 with a crew, a cost code, a contract and an album, and the target that pushes to it."""

    def __init__(self, *rules: FaultRule) -> None:
        super().__init__(*rules)
        self.state.insert("vendors", {"id": 11, "name": "Acme Drywall", "trades": []})
        self.state.insert("users", {"id": 21, "name": "Bo Lind", "email_address": "bo@example.com"})
        self.code = self.put("cost_codes", name="Drywall", code="250", full_code="09-250")
        self.contract = self.put("prime_contracts", number="PC-1", title="Prime", vendor={"id": 11})
        self.event = self.put("change_events", number="1", title="Wall at C4")
        self.album = self.put("image_categories", name="T&M")
        self.known = Facts(
            cost_codes={"09-250": CostCode(self.code, "Drywall", budgeted=True)},
            contracts=(Contract(self.contract, "Prime"),),
            change_events={str(self.event): "Wall at C4"},
            people={"bo lind": 21},
            companies={"acme drywall": 11},
            choices=Choices(album_id=self.album),
        )
        self.grant = RevocableTokens(self.tokens)
        self.client._tokens = self.grant
        self.calls = 0
        self.kept = KeptUploads(self.clock)
        self.target = self.another_target()

    def another_target(self, transport: Transport | None = None) -> ProcoreTarget:
        """One with a memory of its own, as another process has."""
        way = transport or self.transport
        return ProcoreTarget(self.client, way, self, self.clock, KeptUploads(self.clock))

    def process_target(self, transport: Transport) -> ProcoreTarget:
        """The target of a process with sockets of its own."""
        client = ProcoreClient(
            base_url="http://simulated.invalid",
            company_id=str(COMPANY),
            gate=self.gate,
            tokens=self.grant,
            transport=transport,
            clock=self.clock,
            chance=lambda: 0.5,
        )
        return ProcoreTarget(client, transport, self, self.clock, self.kept)

    async def facts(self, project: str) -> Facts:
        del project
        return self.known

    def know(self, **changes: Any) -> None:
        self.known = replace(self.known, **changes)

    def rows(self, resource: str) -> list[dict[str, Any]]:
        return list(self.state.rows(resource))

    def bytes_of(self, name: str) -> bytes:
        """What the storage holds under `images/7`, or under the id of a file."""
        blob = self.simulator.storeroom.kept(f"/files/{name}")
        assert blob is not None, name
        return blob.data


@dataclass
class Drive:
    """What came of a paper, step by step."""

    receipts: dict[str, Receipt] = field(default_factory=dict)
    refused: dict[str, RejectedError] = field(default_factory=dict)
    looked: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    async def go(self, target: ProcoreTarget, whole: Paper, plan: Plan | None = None) -> Drive:
        """Do every step that is not done: look where an answer was lost, and send only what is not there."""
        steps = plan or await target.plan(whole)
        assert isinstance(steps, Steps), steps
        for step in steps.steps:
            if step.name not in self.receipts and self.receipts.keys() >= set(step.needs):
                await self._do(target, step, whole)
        return self

    def ready(self, plan: Plan, name: str) -> PlannedStep:
        """A step of a plan as it is sent."""
        assert isinstance(plan, Steps)
        step = next(one for one in plan.steps if one.name == name)
        return replace(step, payload=filled(step.payload, self.receipts))

    async def _do(self, target: ProcoreTarget, step: PlannedStep, whole: Paper) -> None:
        ready = replace(step, payload=filled(step.payload, self.receipts))
        doubt = False
        for _ in range(9):
            found = await self._look(target, ready, whole) if doubt else None
            if found is not None:
                self.receipts[step.name] = found
                return
            try:
                self.sent.append(step.name)
                self.receipts[step.name] = await target.send(ready, self.receipts, whole)
            except UncertainError:
                doubt = True
            except BusyError:
                pass
            except RejectedError as error:
                self.refused[step.name] = error
                return
            else:
                return
        raise AssertionError(f"{step.name} did not come to an end")

    async def _look(self, target: ProcoreTarget, step: PlannedStep, whole: Paper) -> Receipt | None:
        self.looked.append(step.name)
        while True:
            try:
                return await target.look(step, self.receipts, whole)
            except BusyError:
                continue
