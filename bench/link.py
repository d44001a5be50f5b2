"""How soon the other side knows, and what a batch costs: `python bench/link.py [--json] [--pairs N]`.

A company has so many jobs, each with its item on the board of jobs. All ratios are to what the same database
takes, in the same run and by turns, when nobody looks, logs or decides anything:

- `edit_p50`, `edit_p99`: from before somebody changes the status of a job until its item is changed and both,
  with activity and log, are on the disk; over an update of the job and one of the item, in one transaction.
- `batch`: to bring 10,000 items in step after a change of every job, over one statement that changes as many
  items. Goal: at most 25; no statement more for 10,000 pairs than for ten.
- `unchanged`: the same batch again, when nothing has changed, over the same.
- `import`: jobs that were written at once, until the rules have put each on the board and answered what came
  of that, with the log of the rules; by job, over bringing others in step one by one without any rule.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.rig.stage import database_folder, fresh_database, print_ratios, tell

from tiebeam.identity.repository import Tenants
from tiebeam.jobs.automations.repository import RuledWork
from tiebeam.jobs.automations.run import Automations
from tiebeam.jobs.boards.repository import Boards
from tiebeam.jobs.model import JobStatus
from tiebeam.jobs.repository import Jobs
from tiebeam.kernel.clock import SystemClock
from tiebeam.link.pairs.run import Linking
from tiebeam.operations.audit.model import Actor
from tiebeam.store.embedded import EmbeddedServer
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from collections.abc import Awaitable, Collection, Mapping
    from uuid import UUID

    from tiebeam.jobs.automations.ports import Note
    from tiebeam.jobs.model import Cause

PAIRS: Final = 10_000
EDITS: Final = 300
BATCHES: Final = 3
IMPORTED: Final = 2_000
BY: Final = Actor.command("bench")
_JOB: Final = """
update tiebeam.work_job set status = %(status)s, version = version + 1
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid
"""
_ITEM: Final = """
update tiebeam.work_item set column_values = column_values || jsonb_build_object('status', %(label)s::text),
    version = version + 1
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid
"""
_ITEMS: Final = """
update tiebeam.work_item i
set column_values = i.column_values || jsonb_build_object('status', %(label)s::text), version = i.version + 1
from unnest(%(ids)s::uuid[]) as n (id)
where i.tenant_id = %(tenant_id)s::uuid and i.id = n.id
"""
_STATUSES: Final = (JobStatus.SCHEDULED, JobStatus.IN_PROGRESS, JobStatus.ON_HOLD)


class Company:
    """Jobs and their items."""

    def __init__(self, store: Store, tenant_id: UUID) -> None:
        self.store = store
        self.tenant_id = tenant_id
        self.jobs = Jobs(store, tenant_id, store.clock)
        self.boards = Boards(store, tenant_id, store.clock)
        self.linking = Linking(store, tenant_id, store.clock)
        self.pairs: dict[UUID, UUID] = {}

    async def fill(self, count: int) -> float:
        """Make so many jobs and their items; return how many seconds the items took."""
        made = await self.jobs.create_all([{"title": f"Job {number}"} for number in range(count)], actor=BY)
        took, found = await _timed(self.linking.batch([one.id for one in made], BY))
        self.pairs = {id_: many[0].item_id for id_, many in found.items()}
        return took

    async def edit(self, job_id: UUID, status: JobStatus) -> None:
        """Change a job, and have its item follow."""
        await self.jobs.change(job_id, {"status": status}, actor=BY)
        (found,) = await self.linking.sync_job(job_id, BY)
        if dict(found.to_item) != {"status": status.value}:
            raise SystemExit(f"The item did not follow: {found}.")

    async def plain(self, job_id: UUID, item_id: UUID, status: JobStatus) -> None:
        """Do as much as is seen of it, and no more."""
        async with self.store.transaction(self.tenant_id) as tx:
            await tx.run(_JOB, {"tenant_id": self.tenant_id, "id": job_id, "status": status.value})
            await tx.run(_ITEM, {"tenant_id": self.tenant_id, "id": item_id, "label": status.in_words})

    async def bulk(self, status: JobStatus) -> None:
        """Change every item in one statement."""
        named = {"tenant_id": self.tenant_id, "ids": list(self.pairs.values()), "label": status.in_words}
        async with self.store.transaction(self.tenant_id) as tx:
            await tx.run(_ITEMS, named)


async def _timed(doing: Awaitable[Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = await doing
    return time.perf_counter() - began, found


async def edits(company: Company, linked: list[UUID], apart: Mapping[UUID, UUID]) -> Mapping[str, float]:
    """Change jobs one by one, by turns with plain updates of others, and return the ratios."""
    took: list[float] = []
    plain: list[float] = []
    turns = zip(linked, apart.items(), strict=True)
    for number, (job_id, (other, item_id)) in enumerate(turns):
        status = _STATUSES[number % len(_STATUSES)]
        took.append((await _timed(company.edit(job_id, status)))[0])
        plain.append((await _timed(company.plain(other, item_id, status)))[0])
    for name, times in (("edit to other side", took), ("two plain updates", plain)):
        tell(f"{name}: p50 {_at(times, 50) * 1000:.2f} ms, p99 {_at(times, 99) * 1000:.2f} ms")
    return {f"edit_p{share}": _at(took, share) / _at(plain, share) for share in (50, 99)}


def _at(times: list[float], share: int) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[share - 1]


async def batches(company: Company) -> Mapping[str, float]:
    """Change every job and bring all items in step, by turns with one statement, and return the ratios."""
    ids = list(company.pairs)
    took: list[float] = []
    again: list[float] = []
    plain: list[float] = []
    for status in _STATUSES[:BATCHES]:
        plain.append((await _timed(company.bulk(JobStatus.DONE)))[0])
        await company.bulk(JobStatus.NEW)
        await company.jobs.change_all({id_: {"status": JobStatus.NEW} for id_ in ids}, actor=BY)
        await company.linking.batch(ids, BY)
        await company.jobs.change_all({id_: {"status": status} for id_ in ids}, actor=BY)
        seconds, found = await _timed(company.linking.batch(ids, BY))
        if any(dict(one.to_item) != {"status": status.value} for many in found.values() for one in many):
            raise SystemExit("Some items did not follow.")
        took.append(seconds)
        again.append((await _timed(company.linking.batch(ids, BY)))[0])
        told = f"unchanged {again[-1]:.2f} s, one statement {plain[-1]:.2f} s"
        tell(f"{len(ids):,} pairs: {seconds:.2f} s, {told}")
    beside = statistics.median(plain)
    return {"batch": statistics.median(took) / beside, "unchanged": statistics.median(again) / beside}


class Hands:
    """What the rules of the start have done outside of jobs and boards, and nothing else."""

    def __init__(self, company: Company) -> None:
        self._linking = company.linking

    async def sync_to_board(self, job_ids: Collection[UUID], cause: Cause) -> Mapping[UUID, str]:
        """Bring the items of jobs in step with them."""
        found = await self._linking.batch(job_ids, BY, cause)
        return {id_: "linked" if many[0].made else many[0].note for id_, many in found.items()}

    async def sync_to_job(self, item_ids: Collection[UUID], cause: Cause) -> Mapping[UUID, str]:
        """Bring the jobs of items in step with them."""
        found = await self._linking.batch_of_items(item_ids, BY, cause)
        return {id_: one.note for id_, one in found.items()}

    async def push_document(self, document: str, target: str, cause: Cause) -> str:
        """Refuse: no rule of the start asks for it."""
        raise SystemExit(f"A rule of the start sent {document} to {target} after {cause}.")

    async def refresh_record(self, stream: str, record: str, cause: Cause) -> str:
        """Refuse: no rule of the start asks for it."""
        raise SystemExit(f"A rule of the start asked for {record} of {stream} after {cause}.")

    async def notify(self, note: Note) -> str:
        """Refuse: no rule of the start is to be stopped."""
        raise SystemExit(note.summary)


async def imports(company: Company, count: int) -> Mapping[str, float]:
    """Write jobs at once and have the rules answer, then others one by one, and return the ratio."""
    work = RuledWork.of(company.store, company.tenant_id, company.store.clock)
    asks = Automations(work, company.store.clock, Hands(company))
    while (await asks.react()).answered:
        pass
    await company.jobs.create_all([{"title": f"Import {number}"} for number in range(count)], actor=BY)
    began = time.perf_counter()
    answered = 0
    while (found := await asks.react()).answered:
        answered += found.answered
    together = time.perf_counter() - began
    if answered < 2 * count:
        raise SystemExit(f"Only {answered} writes were answered.")
    few = [{"title": f"Apart {number}"} for number in range(max(1, count // 10))]
    apart = await company.jobs.create_all(few, actor=BY)
    began = time.perf_counter()
    for one in apart:
        await company.linking.sync_job(one.id, BY)
    alone = time.perf_counter() - began
    told = f"{together:.2f} s; {len(apart):,} one by one: {alone:.2f} s"
    tell(f"{count:,} jobs at once, answered by rules: {told}")
    return {"import": together / count / (alone / len(apart))}


async def run(pairs: int, count: int) -> Mapping[str, float]:
    """Return every ratio."""
    with database_folder() as folder:
        async with await EmbeddedServer.start(folder) as server:
            url = await fresh_database(server, "link")
            async with await Store.open(url, clock=SystemClock()) as store:
                tenant = await Tenants(store).create("bench", "Bench")
                company = Company(store, tenant.id)
                tell(f"{pairs:,} items for as many jobs: {await company.fill(pairs):.2f} s")
                ids = list(company.pairs)
                half = min(count, pairs // 2)
                apart = {id_: company.pairs[id_] for id_ in ids[half : 2 * half]}
                found = {**await edits(company, ids[:half], apart), **await batches(company)}
                fresh = Company(store, (await Tenants(store).create("import", "Import")).id)
                return {**found, **await imports(fresh, min(IMPORTED, pairs))}


def main() -> None:
    """Print every ratio."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="one line of JSON alone")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="jobs, each with its item")
    parser.add_argument("--edits", type=int, default=EDITS, help="jobs that are changed one by one")
    asked = parser.parse_args()
    print_ratios("link", asyncio.run(run(asked.pairs, asked.edits)), as_json=asked.json)


if __name__ == "__main__":
    main()
