"""A small simulated company, a signed-in reader of it, and everything between the two."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.factories.connector_ports import RecordingGate
from tests.factories.sim_transport import SimTransport

from tiebeam.connectors.ports import Page, PageRequest, Refusal
from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.connectors.procore.client import ProcoreClient
from tiebeam.connectors.procore.environments import environment_at
from tiebeam.connectors.procore.oauth import ProcoreLogin
from tiebeam.connectors.procore.reads import ProcoreReader
from tiebeam.connectors.streams import Scope
from tiebeam.kernel.clock import ManualClock
from tiebeam.simulators.base.faults import FaultRule, Faults
from tiebeam.simulators.procore.app import ProcoreSimulator
from tiebeam.simulators.procore.options import ProcoreOptions
from tiebeam.simulators.procore.state import ProcoreState

if TYPE_CHECKING:
    from tiebeam.connectors.ports import Transport

START = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
COMPANY = 1000
PROJECT = Scope((("project_id", "5"),))
BY_VIEW = {stream.view: stream for stream in STREAMS}


class LoginTokens:
    """Asks the login for a service account's token whenever there is none."""

    def __init__(self, login: ProcoreLogin) -> None:
        self._login = login
        self._token: str | None = None
        self.asked = 0

    async def token(self) -> str:
        if self._token is None:
            self.asked += 1
            self._token = (await self._login.client_credentials()).access_token
        return self._token

    async def replace(self, stale: str) -> str:
        if self._token == stale:
            self._token = None
        return await self.token()


class ProcoreDesk:
    """One project, 5, of company 1000, and a reader on virtual time."""

    def __init__(
        self,
        *rules: FaultRule,
        company_id: int = COMPANY,
        clock: ManualClock | None = None,
    ) -> None:
        self.clock = clock or ManualClock(START)
        self.state = ProcoreState(COMPANY, self.clock.now, 1)
        self.state.insert("companies", {"id": COMPANY, "name": "Ridgeline Builders", "is_active": True})
        self.state.insert("projects", {"id": 5, "name": "Tower"})
        options = ProcoreOptions(hourly_limit=None, spike_limit=None)
        self.simulator = ProcoreSimulator(self.state, options=options, faults=Faults(1, rules))
        inside = SimTransport(self.simulator, self.clock)
        self.transport = inside
        self.connect(inside, "http://simulated.invalid", company_id)

    def connect(self, transport: Transport, base_url: str, company_id: int = COMPANY) -> None:
        app = ProcoreOptions().clients[0]
        self.login = ProcoreLogin(
            environment=environment_at(base_url, base_url),
            client_id=app.client_id,
            client_secret=app.client_secret,
            transport=transport,
            clock=self.clock,
        )
        self.tokens = LoginTokens(self.login)
        self.gate = RecordingGate()
        self.client = ProcoreClient(
            base_url=base_url,
            company_id=str(company_id),
            gate=self.gate,
            tokens=self.tokens,
            transport=transport,
            clock=self.clock,
            chance=lambda: 0.5,
        )
        self.reader = ProcoreReader(self.client)

    def put(self, resource: str, parent_id: int | str | None = None, **fields: Any) -> Any:
        return self.state.insert(resource, fields, project_id=5, parent_id=parent_id)["id"]

    async def page(self, view: str, scope: Scope = PROJECT, **rest: Any) -> Page | Refusal:
        return await self.reader.page(PageRequest(BY_VIEW[view], rest.pop("listing", 0), scope, **rest))
