"""A company's field work beside a simulated Procore that it is connected to, with a console in front."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from tests.factories.console import console
from tests.factories.field_work import FOREMANS, OFFICES, in_chunks, picture, request_form, ticket
from tests.factories.procore_desk import ProcoreDesk

from tiebeam.capture import Capture
from tiebeam.field.model import Kind
from tiebeam.link.repository import ProjectMap
from tiebeam.operations.tokens.model import GrantKind
from tiebeam.pushing import Pushing
from tiebeam.simulators.base.faults import FaultRule, Faults

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx
    from tests.factories.console import Console

    from tiebeam.app import App
    from tiebeam.identity.model import Role, Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.operations.tokens.model import Connection
    from tiebeam.push.board.model import Standing
    from tiebeam.store.pool import Store

URL = "http://simulated.invalid"
PAGES = "https://pages.invalid"
"""Where people would look at Procore."""
_NO_TIME = timedelta(0)
PHOTO = picture(size=(40, 30))


@dataclass(slots=True)
class Site:
    """Everything a test asks for."""

    desk: ProcoreDesk
    app: App
    connection: Connection
    project: UUID
    house: Console

    @property
    def pushing(self) -> Pushing:
        return Pushing(self.app)

    async def client(self, role: Role) -> httpx.AsyncClient:
        client, came = await self.house.signed_in(role)
        client.headers["X-CSRF-Token"] = came.session.csrf
        return client

    async def captured(
        self, kind: Kind = Kind.TM_TICKET, photo: bytes = PHOTO, ahead: timedelta = _NO_TIME, **more: Any
    ) -> UUID:
        """Capture, hand in and approve a document with a photo; the phone's clock is `ahead`."""
        document_id, photo_id, now = uuid4(), uuid4(), self.app.clock.now()
        await Capture(self.app).photos().put(photo_id, in_chunks(photo), FOREMANS.by, name="صورة.jpg")
        make = ticket if kind is Kind.TM_TICKET else request_form
        body = make(photos=[str(photo_id)], **more)
        documents = self.pushing.documents()
        await documents.put(document_id, kind, self.project, body, FOREMANS, captured_at=now + ahead)
        await documents.submit(document_id, FOREMANS, version=1)
        await documents.approve(document_id, OFFICES, version=1)
        return document_id

    async def edited(self, document_id: UUID, body: dict[str, Any], version: int) -> None:
        await self.pushing.documents().put(
            document_id,
            Kind.TM_TICKET,
            self.project,
            body,
            OFFICES,
            captured_at=self.app.clock.now(),
            base_version=version,
        )
        await self.pushing.documents().approve(document_id, OFFICES, version=version + 1)

    async def pressed(self, document_id: UUID) -> UUID:
        document = await self.pushing.documents().get(document_id)
        (intent_id,) = await self.pushing.send([document], "procore", by="Olga Office")
        return intent_id

    async def worked(self, rounds: int = 1, seconds: float = 0) -> None:
        for _ in range(rounds):
            for job in await self.pushing.due():
                await self.pushing.runner().run(UUID(job.key))
            self.desk.clock.advance(seconds)

    async def standing(self, document_id: UUID) -> Standing:
        (found,) = await self.pushing.board().of_documents([document_id])
        return found

    def fault(self, *rules: FaultRule) -> None:
        self.desk.simulator.faults = Faults(1, rules)

    def rows(self, resource: str) -> list[dict[str, Any]]:
        return list(self.desk.state.rows(resource))


@asynccontextmanager
async def procore_site(
    store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path
) -> AsyncIterator[Site]:
    """Connect a company, and map one of its projects to project 5."""
    desk = ProcoreDesk(clock=clock)
    client = desk.simulator.options.clients[0]
    settings = {
        "procore_environment": "custom",
        "procore_login_url": URL,
        "procore_api_url": URL,
        "procore_pages_url": f"{PAGES}/",
        "procore_client_id": client.client_id,
        "procore_client_secret": client.client_secret,
    }
    async with console(store, clock, tenant, tmp_path, desk.transport, **settings) as house:
        app = await house.house.app(tenant.id)
        connection, _, _ = await app.add_procore(None, grant=None, kind=GrantKind.CLIENT_CREDENTIALS)
        project = await Capture(app).projects().add("24-017", "Library")
        await ProjectMap(store, tenant.id).map(connection.id, "5", project.id)
        yield Site(desk, app, connection, project.id, house)
