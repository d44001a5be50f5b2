"""The console, in process: companies, people of every role signed in, and a client for each."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import httpx
from argon2 import PasswordHasher
from tests.factories.webhooks import KEY

from tiebeam.app import App
from tiebeam.identity.accounts import Accounts
from tiebeam.identity.beginning.repository import FirstRun
from tiebeam.identity.keys import ApiKeys
from tiebeam.identity.model import Role, SignedIn
from tiebeam.identity.passwords import Passwords
from tiebeam.identity.pins import Devices
from tiebeam.identity.repository import Register, Tenants
from tiebeam.operations.audit.model import Actor
from tiebeam.operations.audit.repository import Trail
from tiebeam.operations.metrics.tenants.repository import tenant_health
from tiebeam.replicate.streams import STREAMS
from tiebeam.replicate.webhooks.inbox import Inbox
from tiebeam.replicate.webhooks.receive import Receiver
from tiebeam.replicate.webhooks.repository import Deliveries
from tiebeam.settings import Settings
from tiebeam.web.app import create_app
from tiebeam.web.guard import SESSION_COOKIE
from tiebeam.web.parts import INTERVALS, House, Services, oidc_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path
    from uuid import UUID

    from starlette.types import ASGIApp

    from tiebeam.connectors.ports import Request, Response, Transport
    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

ADDRESS = "http://console.test"
PASSWORD = "correct horse battery"
# As little work as the library allows: what is tested here is not how slow a hash is.
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class NoVendor:
    """Stands where a vendor would be asked."""

    async def send(self, request: Request) -> Response:
        raise AssertionError(f"no page may call a vendor: {request.url}")


@dataclass(slots=True)
class Console:
    """One installation with its companies."""

    app: ASGIApp
    house: House
    store: Store
    clock: ManualClock
    tenant: Tenant
    _clients: list[httpx.AsyncClient] = field(default_factory=list)

    def stranger(self) -> httpx.AsyncClient:
        """Return a client of somebody who is not signed in."""
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app=self.app), base_url=ADDRESS)
        self._clients.append(client)
        return client

    async def signed_in(
        self, role: Role, *, tenant: Tenant | None = None, projects: Iterable[str] | None = None
    ) -> tuple[httpx.AsyncClient, SignedIn]:
        """Return the client of a new person of a role, and what they came in with."""
        company = tenant or self.tenant
        email = f"{role.value}-{len(self._clients)}@{company.slug}.test"
        accounts = self.house.accounts
        await accounts.add_person(
            company.id,
            email=email,
            name=role.in_words,
            role=role,
            by=Actor.command("tests"),
            password=PASSWORD,
            project_ids=projects,
        )
        found = await accounts.sign_in(company.slug, email, PASSWORD, address="192.0.2.1")
        assert isinstance(found, SignedIn)
        client = self.stranger()
        client.cookies.set(SESSION_COOKIE, found.token)
        return client, found

    async def company(self, slug: str) -> Tenant:
        """Add another company."""
        return await Tenants(self.store).create(slug, slug.title())

    async def close(self) -> None:
        """Close every client."""
        for client in self._clients:
            await client.aclose()


@asynccontextmanager
async def console(
    store: Store,
    clock: ManualClock,
    tenant: Tenant,
    folder: Path,
    transport: Transport | None = None,
    **given: object,
) -> AsyncIterator[Console]:
    """Open the console over a store, with more settings `given`; without a transport no vendor answers."""
    named = {"data": folder, "master_key": KEY, "tenant": tenant.slug, **given}
    settings, way = Settings.model_validate(named), transport or NoVendor()
    deliveries, register = Deliveries(store), Register(store)

    async def app_of(tenant_id: UUID) -> App:
        return App(settings, clock, store, await Tenants(store).get(tenant_id), way)

    async def ready() -> str | None:
        return None

    house = House(
        clock=clock,
        settings=settings,
        accounts=Accounts(register, clock, home=tenant.slug, passwords=Passwords(QUICK)),
        keys=ApiKeys(register, clock),
        devices=Devices(register, clock, passwords=Passwords(QUICK)),
        trail=Trail(store, clock),
        tenants=register.tenants,
        first_run=FirstRun(store, clock),
        health=partial(tenant_health, store, clock, INTERVALS),
        app=app_of,
        oidc=oidc_of(settings, register, way, clock),
    )
    services = Services(Receiver(deliveries, Inbox(deliveries), clock, STREAMS), ready, lambda: b"up 1\n")
    made = Console(create_app(services, house), house, store, clock, tenant)
    try:
        yield made
    finally:
        await made.close()
