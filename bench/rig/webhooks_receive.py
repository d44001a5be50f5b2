"""Tiebeam's side for `bench/webhooks.py`: the web app as it is run, and a fetcher that goes on at once.

Prints its URL, then a line with the time of the monotonic clock whenever the replica has taken something in.
With `--no-fetch` deliveries are only stored. Ends with its standard input.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from tiebeam.connectors.http import AiohttpTransport
from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.connectors.procore.client import ProcoreClient
from tiebeam.connectors.procore.reads import ProcoreReader
from tiebeam.connectors.streams import Scope
from tiebeam.identity.repository import Tenants
from tiebeam.kernel.clock import SystemClock
from tiebeam.operations.limits.gate import memory_gate
from tiebeam.operations.limits.model import Rates
from tiebeam.operations.tokens.keys import Keyring
from tiebeam.operations.tokens.model import GrantKind, Secrets, Terms
from tiebeam.operations.tokens.repository import Connections
from tiebeam.operations.tokens.vault import Vault
from tiebeam.replicate.webhooks.fetch import Fetcher
from tiebeam.replicate.webhooks.inbox import Inbox
from tiebeam.replicate.webhooks.model import Hook
from tiebeam.replicate.webhooks.receive import Receiver, secret_hash
from tiebeam.replicate.webhooks.repository import Deliveries, Hooks, Landing
from tiebeam.store.pool import Store
from tiebeam.web.app import create_app
from tiebeam.web.parts import Services
from tiebeam.web.serving import listen, serve

if TYPE_CHECKING:
    from tiebeam.replicate.webhooks.model import Filed

SECRET = "Bearer bench"
COMPANY = "1"
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


class Ticket:
    """A token that is never refused."""

    async def token(self) -> str:
        """Return it."""
        return "bench"

    async def replace(self, stale: str) -> str:
        """Return it once more."""
        return stale


def reader(transport: AiohttpTransport, api: str) -> ProcoreReader:
    """Return the reader of a fetch, with its limits off."""
    clock = SystemClock()
    return ProcoreReader(
        ProcoreClient(
            base_url=api,
            company_id=COMPANY,
            gate=memory_gate(clock, Rates(off=True)),
            tokens=Ticket(),
            transport=transport,
            clock=clock,
            chance=lambda: 0.5,
        )
    )


async def hooked(store: Store, api: str) -> tuple[UUID, UUID]:
    """Make a tenant with a connection and a hook; return the ids of the first two."""
    tenant = await Tenants(store).create("bench", "Bench")
    terms = Terms("procore", "custom", api, api, "bench", GrantKind.CLIENT_CREDENTIALS, COMPANY)
    made = await Connections(store, Vault(Keyring.parse(KEY))).add(tenant.id, terms, Secrets())
    hooks, now = Hooks(store, tenant.id, made.id), store.clock.now()
    hashed = secret_hash(SECRET)
    hook = Hook(
        uuid4(), tenant.id, made.id, COMPANY, hashed, None, "https://x", "v3.0", None, None, now, None, now
    )
    await hooks.begin(hook)
    await hooks.put_in_use(hook, "1", now)
    return tenant.id, made.id


async def fetching(fetcher: Fetcher, woken: asyncio.Event) -> None:
    """Fetch whenever something has come, and say when the replica has it."""
    while True:
        await woken.wait()
        woken.clear()
        done = await fetcher.run()
        if done.created or done.updated:
            print(time.monotonic(), flush=True)


async def run(database: str, api: str, *, fetch: bool) -> None:
    """Serve until standard input ends."""
    clock = SystemClock()
    async with await Store.open(database, clock=clock) as store, AiohttpTransport() as transport:
        tenant_id, connection_id = await hooked(store, api)
        deliveries, woken = Deliveries(store), asyncio.Event()

        def wake(_: Filed) -> None:
            if fetch:
                woken.set()

        async def ready() -> str | None:
            return None

        receiver = Receiver(deliveries, Inbox(deliveries), clock, STREAMS, on_stored=wake)
        landing = Landing(store, tenant_id, connection_id, clock)
        await landing.ensure_feeds([("procore.submittals", Scope().within("project_id", "5"))])
        fetcher = Fetcher(landing, reader(transport, api), clock, STREAMS)
        working = asyncio.create_task(fetching(fetcher, woken))
        app, at, stop = (
            create_app(Services(receiver, ready, lambda: b"")),
            listen("127.0.0.1", 0),
            asyncio.Event(),
        )
        serving = asyncio.create_task(serve(app, at, stop))
        print(f"http://127.0.0.1:{at.getsockname()[1]}", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        stop.set()
        await serving
        working.cancel()


def main() -> None:
    """Serve what the command line asks for."""
    parser = argparse.ArgumentParser(description="Receive deliveries.")
    parser.add_argument("--database", required=True, help="URL for the application role")
    parser.add_argument("--api", required=True, help="base URL of the vendor")
    parser.add_argument("--no-fetch", action="store_true", help="store and nothing else")
    asked = parser.parse_args()
    asyncio.run(run(asked.database, asked.api, fetch=not asked.no_fetch))


if __name__ == "__main__":
    main()
