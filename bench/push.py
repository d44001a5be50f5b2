"""How many calls a ticket costs and how quickly it arrives: `python bench/push.py [--json] [--tickets N]`.

Tickets of twelve lines of three kinds, a change event, a paper and four photos go into a simulated Procore
in this process, one after another, without faults and without a limit, by way of the ledger in an embedded
PostgreSQL with its durable settings.

- `calls_over_fewest`: calls to the API for a ticket, over the fewest that make all of it such that a photo
  may fail by itself: the entry, one for each kind of line, the change event, and for each file its upload and
  its place. The storage is no API and has no limit. Goal: at most 1.05.
- `calls_over_together`: the same, over the fewest where all files are hung on the ticket by one call, so that
  one that is refused keeps the others from it.
- `seconds_over_unkept`: time for a ticket, over that of making the same calls with nothing written down.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.rig.stage import database_folder, fresh_database, tell
from tests.factories.procore_push import TICKET, Drive, Yard, attachment

from tiebeam.identity.repository import Tenants
from tiebeam.kernel.clock import SystemClock
from tiebeam.push.model import Paper, Wish, origin_of
from tiebeam.push.repository import Ledger
from tiebeam.push.runner import Runner
from tiebeam.store.embedded import EmbeddedServer
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tiebeam.store.transaction import Transaction

LINES_OF_A_KIND = 4
PHOTOS = 4
PHOTO_BYTES = 200_000
ROUNDS = 3


class Papers:
    """Papers at hand, read-only or not."""

    def __init__(self) -> None:
        self.held: dict[UUID, Paper] = {}

    async def get(self, tx: Transaction, document_id: UUID, target: str) -> Paper | None:
        """Return a paper."""
        del tx, target
        return self.held[document_id]

    async def seal(self, tx: Transaction, paper: Paper, target: str, at: datetime) -> None:
        """Nothing is edited here."""
        del tx, paper, target, at


def ticket(tenant_id: UUID, yard: Yard, number: int) -> Paper:
    """Return a ticket with files of its own."""
    body: dict[str, Any] = {**TICKET, "change_event": str(yard.event)}
    for part in ("labour", "materials", "equipment"):
        body[part] = [TICKET[part][0]] * LINES_OF_A_KIND
    document_id = uuid4()
    files = [
        attachment(bytes([one]) * PHOTO_BYTES, f"{one}.jpg", number=uuid4().int) for one in range(PHOTOS)
    ]
    paper = attachment(b"%PDF" * 5000, "ticket.pdf", "application/pdf", number=uuid4().int)
    origin = origin_of(tenant_id, document_id)
    return Paper("tm_ticket", document_id, 1, f"TM-{number}", "5", body, (paper, *files), origin)


async def kept(store: Store, tenant_id: UUID, tickets: int) -> tuple[float, float]:
    """Push tickets by way of the ledger; return seconds and calls for one."""
    yard, papers, clock = Yard(), Papers(), SystemClock()
    ledger = Ledger(store, tenant_id, clock, papers)
    runner = Runner(ledger, {"procore": yard.target}, clock, chance=lambda: 0.5)
    wanted = [ticket(tenant_id, yard, number) for number in range(tickets)]
    papers.held = {one.id: one for one in wanted}
    began = time.perf_counter()
    for one in wanted:
        wish = Wish(one.kind, one.id, one.number, one.project, "procore")
        (intent_id,) = await ledger.want([wish], by="bench", trigger="button")
        await runner.run(intent_id)
    seconds = time.perf_counter() - began
    check(yard, tickets)
    return seconds / tickets, yard.client.calls / tickets


async def unkept(tenant_id: UUID, tickets: int) -> float:
    """Make the same calls with nothing written down; return seconds for a ticket."""
    yard = Yard()
    wanted = [ticket(tenant_id, yard, number) for number in range(tickets)]
    began = time.perf_counter()
    for one in wanted:
        await Drive().go(yard.target, one)
    seconds = time.perf_counter() - began
    check(yard, tickets)
    return seconds / tickets


def check(yard: Yard, tickets: int) -> None:
    """Make sure that all of it arrived: nothing is quicker than doing nothing."""
    files = len(yard.rows("time_and_material_entry_attachments"))
    made = (len(yard.rows("time_and_material_entries")), len(yard.rows("materials")), files)
    if made != (tickets, tickets * LINES_OF_A_KIND, tickets * (PHOTOS + 1)):
        raise SystemExit(f"Not all of it arrived: {made}.")


async def run(tickets: int) -> Mapping[str, float]:
    """Return every ratio: of times the median of some rounds, both sides in turn."""
    with database_folder() as folder:
        async with await EmbeddedServer.start(folder) as server:
            await fresh_database(server, "push")
            store = await Store.open(server.url("push"), clock=SystemClock())
            tenant = await Tenants(store).create("bench", "Bench")
            kepts, bares, calls = [], [], 0.0
            for _ in range(ROUNDS):
                seconds, calls = await kept(store, tenant.id, tickets)
                kepts.append(seconds)
                bares.append(await unkept(tenant.id, tickets))
            await store.close()
    tell(f"{1 / statistics.median(kepts):.1f} tickets a second, {calls:.1f} calls each")
    head, files = 1 + 3 + 1, PHOTOS + 1
    return {
        "calls_over_fewest": calls / (head + 2 * files),
        "calls_over_together": calls / (head + files + 1),
        "seconds_over_unkept": statistics.median(kepts) / statistics.median(bares),
    }


def main() -> None:
    """Print every ratio."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="one line of JSON alone")
    parser.add_argument("--tickets", type=int, default=40, help="tickets a round")
    asked = parser.parse_args()
    ratios = asyncio.run(run(asked.tickets))
    if not asked.json:
        for name, ratio in ratios.items():
            print(f"{name:24}{ratio:8.2f}")
    print(json.dumps({"figure": "push", "ratios": ratios}))


if __name__ == "__main__":
    main()
