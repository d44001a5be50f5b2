"""The engine, measured: a first load, and with `--again` a sweep of the same records, links signed anew.

Everything that a real sync has: `ProcoreReader` over sockets, the gate (its limits off), the replica in
PostgreSQL as the application role behind row-level security, one durable transaction a page. Ends with one
line of JSON: `first_seconds`, `again_seconds`, `records`, `peak_kib` (the most memory it ever held).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import time
from pathlib import Path
from uuid import uuid4

from tiebeam.connectors.http import AiohttpTransport
from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.connectors.procore.client import ProcoreClient
from tiebeam.connectors.procore.reads import ProcoreReader
from tiebeam.connectors.streams import Scope
from tiebeam.identity.repository import Tenants
from tiebeam.kernel.clock import SystemClock
from tiebeam.operations.limits.gate import memory_gate
from tiebeam.operations.limits.model import Rates
from tiebeam.replicate.model import Mode, Tally
from tiebeam.replicate.pull import Puller
from tiebeam.replicate.repository import Replica
from tiebeam.store.pool import Store

SUBMITTALS = next(stream for stream in STREAMS if stream.name == "procore.submittals")


class Ticket:
    """A token that is never refused."""

    async def token(self) -> str:
        """Return it."""
        return "bench"

    async def replace(self, stale: str) -> str:
        """Return it once more."""
        return stale


def reader(transport: AiohttpTransport, api: str) -> ProcoreReader:
    """Return the reader of a sync, with its limits off."""
    clock = SystemClock()
    return ProcoreReader(
        ProcoreClient(
            base_url=api,
            company_id="1",
            gate=memory_gate(clock, Rates(off=True)),
            tokens=Ticket(),
            transport=transport,
            clock=clock,
            chance=lambda: 0.5,
        )
    )


async def pull(replica: Replica, vendor: ProcoreReader, records: int, mode: Mode) -> tuple[float, Tally]:
    """Pull the project that holds so many records; return the seconds it took and what it did."""
    scope = Scope().within("project_id", str(records))
    await replica.ensure_feeds([(SUBMITTALS.name, scope)])
    feed = await replica.feed(SUBMITTALS.name, scope)
    assert feed is not None
    puller = Puller(replica, vendor, SystemClock())
    began = time.perf_counter()
    result = await puller.pull(feed, SUBMITTALS, mode)
    seconds = time.perf_counter() - began
    if result.refusal is not None:
        raise SystemExit(f"The pull was refused: {result.refusal.cause}")
    return seconds, result.tally


async def measure(database: str, api: str, records: int, *, again: bool) -> dict[str, float]:
    """Load once or twice, and see that what was done is what was to be done."""
    found: dict[str, float] = {"records": records}
    async with await Store.open(database, clock=SystemClock()) as store, AiohttpTransport() as transport:
        tenant = await Tenants(store).create(f"bench-{uuid4().hex[:8]}", "Bench")
        replica = Replica(store, tenant.id, uuid4(), SystemClock())
        first = reader(transport, f"{api}/signed-1")
        found["first_seconds"], tally = await pull(replica, first, records, Mode.INITIAL)
        assert tally.created == records, tally
        if again:
            second = reader(transport, f"{api}/signed-2")
            found["again_seconds"], tally = await pull(replica, second, records, Mode.SWEEP)
            assert (tally.unchanged, tally.changes) == (records, 0), tally
    return found


def peak_kib() -> int:
    """Return the most memory that was ever resident, in KiB."""
    status = Path("/proc/self/status")
    if status.exists():
        # The resource usage below would begin with that of whoever started us.
        found = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(found.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description="Measure the engine's pull.")
    parser.add_argument("--database", required=True, help="URL for the application role")
    parser.add_argument("--api", required=True, help="base URL of the pages")
    parser.add_argument("--records", type=int, required=True)
    parser.add_argument("--again", action="store_true", help="sweep once more with nothing changed")
    asked = parser.parse_args()
    found = asyncio.run(measure(asked.database, asked.api, asked.records, again=asked.again))
    found["peak_kib"] = peak_kib()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
