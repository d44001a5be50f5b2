"""A console with its administrator before a simulated monday.com, in process."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from tests.factories.console import console
from tests.factories.monday_desk import MondayDesk
from tests.factories.sim_transport import SimTransport

from tiebeam.identity.model import Role
from tiebeam.kernel.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx
    from tests.factories.console import Console

    from tiebeam.app import App
    from tiebeam.identity.model import SignedIn, Tenant
    from tiebeam.store.pool import Store

HERE = "/settings/integrations/monday"
TOKEN = "tiebeam-app-token"
PERSONAL = "tiebeam-personal-token"


class MondayStage:
    """A console with its administrator, before a simulated monday.com on the same time."""

    def __init__(self, desk: MondayDesk, found: Console, client: httpx.AsyncClient, who: SignedIn) -> None:
        self.desk, self.console, self.client, self.who = desk, found, client, who

    async def app(self) -> App:
        return await self.console.house.app(self.console.tenant.id)

    async def post(self, path: str, **fields: object) -> httpx.Response:
        named = {"csrf": self.who.session.csrf, **fields}
        return await self.client.post(path if path.startswith("/boards") else f"{HERE}{path}", data=named)

    async def act(self, path: str, **fields: object) -> httpx.Response:
        """Send a form of any page."""
        return await self.client.post(path, data={"csrf": self.who.session.csrf, **fields})

    async def connect(self, plan: str = "pro", token: str = TOKEN) -> None:
        answer = await self.post("/connect", token=token, plan=plan)
        assert (answer.status_code, answer.headers["location"]) == (303, HERE), answer.text

    async def page(self, path: str = "") -> str:
        answer = await self.client.get(path if path.startswith("/boards") else f"{HERE}{path}")
        assert answer.status_code == 200, answer.text
        return answer.text

    def calls(self) -> int:
        """How many calls monday.com has counted today."""
        return int(self.desk.simulator.stats_report()["today"])


@asynccontextmanager
async def monday_staged(
    store: Store, tenant: Tenant, folder: Path, desk: MondayDesk | None = None, **given: object
) -> AsyncIterator[MondayStage]:
    """Open one, with more settings `given`."""
    clock = store.clock
    assert isinstance(clock, ManualClock)
    monday = desk or MondayDesk(clock=clock)
    named = {"monday_api_url": "http://simulated.invalid/v2", **given}
    way = SimTransport(monday.simulator, clock)
    async with console(store, clock, tenant, folder, transport=way, **named) as found:
        yield MondayStage(monday, found, *await found.signed_in(Role.TENANT_ADMIN))
