"""What webhooks are about, small: a simulated company, its copy, our hook on it, and the web app."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import orjson
from tests.factories.procore_desk import COMPANY, ProcoreDesk

from tiebeam.connectors.ports import Share
from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.connectors.procore.hook_calls import HookCalls
from tiebeam.operations.tokens.keys import Keyring
from tiebeam.operations.tokens.model import GrantKind, Secrets
from tiebeam.operations.tokens.model import Terms as ConnectionTerms
from tiebeam.operations.tokens.repository import Connections
from tiebeam.operations.tokens.vault import Vault
from tiebeam.replicate.replica import Records, Slice
from tiebeam.replicate.repository import Replica
from tiebeam.replicate.sync import Pace, Sync, Wish
from tiebeam.replicate.webhooks.fetch import Fetcher
from tiebeam.replicate.webhooks.inbox import Inbox
from tiebeam.replicate.webhooks.keep import Gap, HookKeeper, Terms
from tiebeam.replicate.webhooks.receive import Receiver
from tiebeam.replicate.webhooks.repository import Deliveries, Hooks, Landing
from tiebeam.web.app import create_app
from tiebeam.web.parts import Services
from tiebeam.web.serving import listen, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from starlette.types import ASGIApp

    from tiebeam.replicate.replica import RecordRow
    from tiebeam.replicate.webhooks.model import Fetched
    from tiebeam.simulators.base.faults import FaultRule
    from tiebeam.store.pool import Store

URL = "https://tiebeam.example.com/webhooks/procore"
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


async def connected(store: Store, tenant_id: UUID) -> UUID:
    """Add a connection of a tenant to the company, and return its id."""
    terms = ConnectionTerms(
        vendor="procore",
        environment="custom",
        login_url="http://simulated.invalid",
        api_url="http://simulated.invalid",
        client_id="tiebeam-client-id",
        grant_kind=GrantKind.CLIENT_CREDENTIALS,
        company_id=str(COMPANY),
    )
    connections = Connections(store, Vault(Keyring.parse(KEY)))
    return (await connections.add(tenant_id, terms, Secrets("token"))).id


class PostRoom:
    """The simulated Procore of a desk, and a Tiebeam that it delivers to."""

    def __init__(self, desk: ProcoreDesk, store: Store, tenant_id: UUID, connection_id: UUID) -> None:
        self.desk = desk
        self.store = store
        self.tenant_id = tenant_id
        self.connection_id = connection_id
        clock, self.secrets = desk.clock, count(1)
        self.deliveries = Deliveries(store)
        self.receiver = Receiver(self.deliveries, Inbox(self.deliveries), clock, STREAMS)
        self.hooks = Hooks(store, tenant_id, connection_id)
        self.calls = HookCalls(desk.client, Share.DEMAND)
        self.keeper = HookKeeper(
            self.hooks,
            self.calls,
            clock,
            new_id=uuid4,
            new_secret=lambda: f"{connection_id}-{next(self.secrets)}",
        )
        self.gap = Gap(self.hooks, self.calls, self.deliveries, clock, STREAMS)
        self.landing = Landing(store, tenant_id, connection_id, clock)
        self.fetcher = Fetcher(self.landing, desk.reader, clock, STREAMS)
        self.records = Records(store, tenant_id, connection_id)

    @classmethod
    async def opened(cls, store: Store, tenant_id: UUID, *rules: FaultRule) -> PostRoom:
        """Open one for a new connection."""
        return cls(ProcoreDesk(*rules), store, tenant_id, await connected(store, tenant_id))

    def terms(self, **changed: Any) -> Terms:
        """What the hook is to be."""
        known = {"project_id": "5", "own_application_id": None, **changed}
        return Terms(self.tenant_id, self.connection_id, str(COMPANY), URL, **known)

    async def sync(self, *views: str, after_seconds: float = 60) -> None:
        """Let some time pass and sync."""
        self.desk.clock.advance(after_seconds)
        streams = [stream for stream in STREAMS if stream.view in {"projects", *views}]
        replica = Replica(self.store, self.tenant_id, self.connection_id, self.desk.clock)
        await Sync(
            replica, self.desk.reader, self.desk.clock, streams, Wish(), pace=Pace(concurrency=1)
        ).run()

    async def deliver(self) -> list[int]:
        """Hand over what Procore has due, as HTTP would, and return the answers."""
        app, webhooks, clock = self.app(), self.desk.simulator.webhooks, self.desk.clock
        answers = []
        for notice in webhooks.due(clock.now()):
            status, _ = await post(app, notice.body, notice.headers)
            webhooks.delivered(notice.id, status, clock.now())
            answers.append(status)
        return answers

    async def fetch(self, *, after_seconds: float = 5) -> Fetched:
        """Let some time pass and fetch what is due."""
        self.desk.clock.advance(after_seconds)
        return await self.fetcher.run()

    async def told(self) -> Fetched:
        """Deliver and fetch."""
        self.desk.clock.advance(2)
        answers = await self.deliver()
        assert set(answers) <= {204}, answers
        return await self.fetch()

    def app(self) -> ASGIApp:
        """The web application."""

        async def ready() -> str | None:
            return None

        return create_app(Services(self.receiver, ready, lambda: b"up 1\n"))

    async def find(self, view: str, *, deleted: bool = False) -> dict[str, RecordRow]:
        """Return the records of a stream by their keys."""
        rows = await self.records.find(Slice(f"procore.{view}", deleted=deleted, limit=10_000))
        return {row.key: row for row in rows}

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the database as the tenant."""
        async with self.store.transaction(self.tenant_id) as tx:
            return await tx.rows(sql)


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """Serve the application on a free port, and give its base URL."""
    at, stop = listen("127.0.0.1", 0), asyncio.Event()
    url = f"http://127.0.0.1:{at.getsockname()[1]}"
    serving = asyncio.create_task(serve(app, at, stop))
    try:
        yield url
    finally:
        stop.set()
        await serving


async def post(
    app: ASGIApp,
    body: bytes,
    headers: Mapping[str, str],
    *,
    path: str = "/webhooks/procore",
    method: str = "POST",
    chunks: Sequence[bytes] = (),
) -> tuple[int, bytes]:
    """Ask the application as a server would; `chunks` come without a length."""
    parts = list(chunks) or [body]
    given = dict(headers) if chunks else {"Content-Length": str(len(body)), **headers}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [(name.lower().encode(), text.encode("latin-1")) for name, text in given.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    answer: dict[str, Any] = {"body": b""}

    async def receive() -> dict[str, Any]:
        chunk = parts.pop(0) if parts else b""
        return {"type": "http.request", "body": chunk, "more_body": bool(parts)}

    async def send(message: Any) -> None:
        answer["status"] = message.get("status", answer.get("status"))
        answer["body"] += message.get("body", b"")

    await app(scope, receive, send)
    return answer["status"], answer["body"]


def payload(number: int, *, record_id: int = 77, event_type: str = "update", **changed: Any) -> bytes:
    """A delivery in version 3, of an RFI of project 5."""
    said = {
        "id": number,
        "ulid": f"01J{number:023d}",
        "timestamp": "2026-03-02T15:30:00.000000Z",
        "metadata": {"source_user_id": 1, "source_application_id": None},
        "user_id": 1,
        "company_id": COMPANY,
        "project_id": 5,
        "api_version": "v3.0",
        "event_type": event_type,
        "resource_name": "RFIs",
        "resource_id": record_id,
        "related_resources": [],
    }
    return orjson.dumps(said | changed)
