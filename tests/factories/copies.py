"""Databases for commands to fill, and what a copy in one of them holds beside the simulator's truth."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

from psycopg.conninfo import conninfo_to_dict
from tests.factories.database import at, fresh_database

from tiebeam.cli.comparison import Comparison, Truth, compare
from tiebeam.connectors.streams import Scope
from tiebeam.identity.repository import Tenants
from tiebeam.kernel.clock import SystemClock
from tiebeam.replicate.plan import value_at
from tiebeam.replicate.replica import Records
from tiebeam.replicate.streams import STREAMS
from tiebeam.simulators.procore.render import VOLATILE_FIELDS
from tiebeam.simulators.procore.resources import RESOURCES
from tiebeam.simulators.procore.truth import TruthRow
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.factories.command_line import Simulator
    from tests.factories.database import TestServer


@contextmanager
def database_on(server: TestServer, *, like: str | None = None) -> Iterator[str]:
    """Make a database of the present schema (or one like that at a URL); give the URL of its owner."""
    template = str(conninfo_to_dict(like)["dbname"]) if like else None
    with asyncio.Runner() as runner:
        making = fresh_database(server, template=template)
        name = runner.run(making.__aenter__())
        try:
            yield at(server.owner_url, name)
        finally:
            runner.run(making.__aexit__(None, None, None))


def truth_of(simulator: Simulator) -> Truth:
    """Return what a perfect copy would hold, with what Procore makes up at each reading as it answers now."""
    truth = Truth((TruthRow(**row) for row in simulator.truth()), STREAMS, VOLATILE_FIELDS)
    headers = signed_in(simulator)
    for stream in STREAMS:
        for project in truth.projects() if stream.view not in RESOURCES else ():
            scope = Scope((("project_id", str(project["id"])),))
            path = stream.listings[0].path.format(project_id=project["id"])
            try:
                answer = simulator.ask(f"{path}?per_page=100", **headers)
            except HTTPError as refused:
                refused.close()
                continue
            for row in answer if isinstance(answer, list) else [answer]:
                truth.add(stream, scope, str(value_at(row, stream.key)), row)
    return truth


def signed_in(simulator: Simulator) -> dict[str, str]:
    """Return the headers of a service account's calls."""
    fields = {
        "grant_type": "client_credentials",
        "client_id": simulator.client_id,
        "client_secret": simulator.client_secret,
    }
    token = simulator.ask("/oauth/token", fields)["access_token"]
    return {"Authorization": f"Bearer {token}", "Procore-Company-Id": str(simulator.company_id)}


def compared(url: str, simulator: Simulator, tenant: str = "default") -> Comparison:
    """Compare the copy of a tenant with the truth, record by record, byte by canonical byte."""
    return asyncio.run(_compared(url, truth_of(simulator), tenant))


async def _compared(url: str, truth: Truth, slug: str) -> Comparison:
    async with await Store.open(url, clock=SystemClock()) as store:
        tenant = await Tenants(store).find(slug)
        assert tenant
        async with store.transaction(tenant.id) as tx:
            connection_id = await tx.value("select id from tiebeam.connection")
        return await compare(Records(store, tenant.id, connection_id), truth, STREAMS)


def asked(url: str, sql: str, tenant: str | None = None) -> list[tuple[Any, ...]]:
    """Return the rows of a raw query as the application role, with a tenant's id set or without."""

    async def ask() -> list[tuple[Any, ...]]:
        async with await Store.open(url, clock=SystemClock()) as store:
            found = await Tenants(store).find(tenant) if tenant else None
            async with store.transaction(found.id if found else None) as tx:
                return await tx.rows(sql)

    return asyncio.run(ask())
