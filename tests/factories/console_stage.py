"""A console with its administrator before a simulated Procore, in process: consent and its pages."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import httpx
from tests.factories.console import console
from tests.factories.procore_desk import ProcoreDesk
from tests.factories.sim_transport import SimTransport

from tiebeam.connectors.ports import Request
from tiebeam.identity.model import Role
from tiebeam.kernel.clock import ManualClock
from tiebeam.simulators.procore.options import OAuthClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.factories.console import Console

    from tiebeam.app import App
    from tiebeam.identity.model import SignedIn, Tenant
    from tiebeam.store.pool import Store

HERE = "/settings/integrations/procore"
VENDOR = "http://simulated.invalid"
ADDRESS = "http://127.0.0.1"  # Procore sends nobody back to an address that the app does not have.


class Stage:
    """A console with its administrator, before a simulated Procore."""

    def __init__(self, desk: ProcoreDesk, found: Console, client: httpx.AsyncClient, who: SignedIn) -> None:
        self.desk, self.console, self.client, self.who = desk, found, client, who

    async def renew(self) -> None:
        """Sign in anew: a session does not last for days."""
        self.client, self.who = await self.console.signed_in(Role.TENANT_ADMIN)
        self.client.base_url = httpx.URL(ADDRESS)

    async def app(self) -> App:
        return await self.console.house.app(self.console.tenant.id)

    async def post(self, path: str, **fields: object) -> httpx.Response:
        named = {"csrf": self.who.session.csrf, **fields}
        return await self.client.post(f"{HERE}{path}", data=named)

    async def consent(self, *, allow: bool = True) -> str:
        """Go to the consent page, answer, and return the address that Procore sends the browser back to."""
        left = await self.post("/connect", way="person")
        assert left.status_code == 200, left.text
        asked = urlsplit(left.headers["refresh"].partition("url=")[2])
        query = (*parse_qsl(asked.query), ("consent", "yes" if allow else "no"))
        assert ("redirect_uri", f"{ADDRESS}{HERE}/callback") in query
        way = SimTransport(self.desk.simulator, self.desk.clock)
        answer = await way.send(Request("GET", f"{VENDOR}{asked.path}", query=query))
        assert answer.status == 302
        return answer.headers["location"].removeprefix(ADDRESS)

    async def connect(self) -> None:
        back = await self.client.get(await self.consent())
        assert (back.status_code, back.headers["location"]) == (303, f"{HERE}/choose"), back.text

    async def page(self, path: str = "") -> str:
        answer = await self.client.get(f"{HERE}{path}")
        assert answer.status_code == 200, answer.text
        return answer.text

    async def acts(self) -> list[str]:
        return [one.act for one in await self.console.house.trail.entries(self.console.tenant.id, limit=100)]


@asynccontextmanager
async def staged(store: Store, tenant: Tenant, folder: Path, **given: object) -> AsyncIterator[Stage]:
    """Open one, with more settings `given`."""
    desk = ProcoreDesk()
    desk.state.insert("projects", {"id": 6, "name": "Bridge", "project_number": "26-006"})
    desk.put("rfis", subject="Which anchor?")
    desk.clock.advance(60)  # What changes in the very second of its reading is read again.
    clock = store.clock
    assert isinstance(clock, ManualClock)
    clock.advance((desk.clock.now() - clock.now()).total_seconds())
    known = OAuthClient()
    async with console(
        store,
        clock,
        tenant,
        folder,
        transport=SimTransport(desk.simulator, desk.clock),
        rate_limit=False,
        procore_environment="custom",
        procore_login_url=VENDOR,
        procore_api_url=VENDOR,
        procore_client_id=known.client_id,
        procore_client_secret=known.client_secret,
        **given,
    ) as found:
        stage = Stage(desk, found, *await found.signed_in(Role.TENANT_ADMIN))
        stage.client.base_url = httpx.URL(ADDRESS)
        yield stage
