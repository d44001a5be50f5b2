"""Tickets on their way over real sockets, and `kill -9` of whoever sends them; then what Procore says of it.

Whoever was killed leaves calls marked that nobody can be at work on any more, and five minutes have to pass
before they may be looked for. Those are taken off the marks in the database, once the vendor has done what
was still on the wire: nothing else is done to it.
"""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
from tests.factories.command_line import TIEBEAM, shell
from tests.factories.database import at
from tests.factories.field_work import FOREMANS, OFFICES, in_chunks, picture, ticket
from tests.factories.processes import ROOT
from tests.factories.vendor_up import vendor_up

from tiebeam.app import App, opened
from tiebeam.capture import Capture
from tiebeam.field.model import Kind
from tiebeam.identity.repository import Tenants
from tiebeam.kernel.clock import SystemClock
from tiebeam.link.repository import ProjectMap
from tiebeam.operations.tokens.model import GrantKind
from tiebeam.push.model import origin_of
from tiebeam.pushing import Pushing
from tiebeam.settings import Settings
from tiebeam.simulators.base.faults import FaultRule, Faults
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.factories.command_line import Shell
    from tests.factories.database import TestServer
    from tests.factories.vendor_up import Vendor

    from tiebeam.simulators.procore.app import ProcoreSimulator

SENDER = (sys.executable, "-m", "tests.push_kill.sender")
WORKER = (*TIEBEAM, "worker")
PHOTOS = 2
RECORDS = 3 + PHOTOS + 1
"""What a ticket is made of there: itself, its hours, its materials, its paper, its photos."""
_SLOW = (FaultRule("delay", match="/rest/", probability=0.5, delay_seconds=0.03),)
_LINES = ("time_and_material_timecards", "materials")
_FILES = "time_and_material_entry_attachments"
_ENTRIES = "time_and_material_entries"
_RECORDS_MAX = 5
_LEFT_MIN = _RECORDS_MAX + 3
_NEVER_SECONDS = 50.0
_LOOK_SECONDS = 0.02
_WAIT_SECONDS_MAX = 240.0
_PASSED = (
    b"update tiebeam.push_step set sent_at = sent_at - interval '10 minutes'",
    b"update tiebeam.push_step set next_at = next_at - interval '10 minutes'",
    b"update tiebeam.push_intent set next_at = next_at - interval '10 minutes' where next_at is not null",
    b"update tiebeam.job set not_before = not_before - interval '10 minutes' where state = 'deferred'",
)


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    tickets: int
    kills: int
    caught: int
    """Kills that found a call marked as under way."""
    looked: int
    """Marks that were looked for afterwards."""
    records: int
    wrong: list[str]

    @property
    def plain(self) -> dict[str, Any]:
        """For a line of JSON."""
        return asdict(self)


@dataclass(slots=True)
class Storm:
    """One run of it."""

    app: App
    vendor: Vendor
    user: Shell
    admin_url: str
    project: UUID
    program: tuple[str, ...]
    rng: Random
    photos: dict[UUID, list[str]]
    """The hashes of each ticket's photos."""
    before: int = 0
    """How many records there were before any of ours."""
    kills: int = 0
    caught: int = 0

    @property
    def pushing(self) -> Pushing:
        """What sends documents."""
        return Pushing(self.app)

    async def rage(self, tickets: int, *, kills: int, seconds: float) -> None:
        """Send tickets and kill, at least so often and so long; more are sent whenever few are left."""
        began, self.before = time.monotonic(), self.made()
        await self.press(tickets)
        while self.kills < kills or time.monotonic() < began + seconds:
            # A process with nothing to send could not be met at it.
            if len(self.photos) * RECORDS - (self.made() - self.before) < _LEFT_MIN:
                await self.press(tickets)
            await self.kill_after(self.rng.randint(1, _RECORDS_MAX))

    async def press(self, count: int) -> None:
        """Capture and approve tickets, and have all of them sent."""
        found = []
        for _ in range(count):
            document_id, photo_ids = uuid4(), [uuid4() for _ in range(PHOTOS)]
            for photo_id in photo_ids:
                data = picture(size=(40, 30)) + photo_id.bytes
                await Capture(self.app).photos().put(photo_id, in_chunks(data), FOREMANS.by, name="صورة.jpg")
                self.photos.setdefault(document_id, []).append(hashlib.sha256(data).hexdigest())
            documents, body = self.pushing.documents(), ticket(photos=[str(one) for one in photo_ids])
            now = self.app.clock.now()
            await documents.put(document_id, Kind.TM_TICKET, self.project, body, FOREMANS, captured_at=now)
            await documents.submit(document_id, FOREMANS, version=1)
            found.append(await documents.approve(document_id, OFFICES, version=1))
        await self.pushing.send(found, "procore", by="Olga Office")

    async def kill_after(self, records: int) -> None:
        """Let a process send until the vendor has so many records more, and kill it in the middle."""
        until = self.made() + records
        process = self.start()
        try:
            await self.wait(lambda: self.made() >= until or process.poll() is not None)
            if self.kills % 2:
                await asyncio.sleep(self.rng.uniform(0, 0.05))
            else:
                # Every other kill surely comes between what is done and its answer.
                self.vendor.slow_down(_NEVER_SECONDS)
                await self.wait(lambda: self._marked() > 0 or process.poll() is not None)
        finally:
            assert process.poll() is None, "it ended by itself"
            process.kill()
            process.wait()
        self.kills += 1
        self.vendor.do(_slow)
        await self._still()
        self.caught += self._marked() > 0
        self._let_pass()

    async def finish(self) -> None:
        """Let a process send until everything is there."""
        process = self.start()
        try:
            until = time.monotonic() + _WAIT_SECONDS_MAX
            while await self._open():
                assert time.monotonic() < until, "not all of it arrived"
                await asyncio.sleep(0.1)
        finally:
            process.kill()
            process.wait()

    def start(self) -> subprocess.Popen[bytes]:
        """Start a process that sends."""
        environment = {**self.user.environment, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
        quiet = subprocess.DEVNULL
        return subprocess.Popen(self.program, env=environment, cwd=ROOT, stdout=quiet, stderr=quiet)

    def made(self) -> int:
        """Return how many records the vendor has of what we send."""
        return self.vendor.do(
            lambda there: sum(len(list(there.state.rows(name))) for name in (_ENTRIES, *_LINES, _FILES))
        )

    async def wait(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        until = time.monotonic() + _WAIT_SECONDS_MAX
        while not holds():
            assert time.monotonic() < until, "it takes too long"
            await asyncio.sleep(_LOOK_SECONDS)

    async def _still(self) -> None:
        """Wait until what a dead process has sent has come to its end at the vendor."""
        before = -1
        while (now := self.made()) != before:
            before = now
            await asyncio.sleep(0.25)

    async def _open(self) -> int:
        found = await self.pushing.board().of_documents(list(self.photos))
        return sum(one.state != "done" for one in found)

    def _marked(self) -> int:
        return int(self.ask(b"select count(*) from tiebeam.push_step where state = 'sending'")[0][0])

    def _let_pass(self) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            for statement in _PASSED:
                connection.execute(statement)

    def ask(self, query: bytes) -> list[tuple[Any, ...]]:
        """Return rows of the database."""
        with psycopg.connect(self.admin_url) as connection:
            return connection.execute(query).fetchall()


async def run_storm(
    server: TestServer,
    name: str,
    folder: Path,
    *,
    tickets: int,
    kills: int,
    seconds: float = 0.0,
    seed: int,
    program: tuple[str, ...],
) -> Outcome:
    """Send tickets with kills in between, at least so many and for at least so long; see what is there."""
    with vendor_up() as vendor:
        vendor.do(_slow)
        variables = {**vendor.variables(), "tenant": "alder", "database_url": at(server.app_url, name)}
        user = shell(folder, **variables, rate_limit="false")
        settings = Settings.model_validate({**variables, "data": folder, "rate_limit": False})
        async with await Store.open(at(server.app_url, name), clock=SystemClock()) as store:
            await Tenants(store).create("alder", "Alder & Sons")
        async with opened(settings) as app:
            project = await _moved_in(app, vendor)
            storm = Storm(app, vendor, user, at(server.admin_url, name), project, program, Random(seed), {})
            await storm.rage(tickets, kills=kills, seconds=seconds)
            await storm.finish()
            return Outcome(
                len(storm.photos), storm.kills, storm.caught, _looked(storm), storm.made(), judged(storm)
            )


def _slow(simulator: ProcoreSimulator) -> None:
    simulator.faults = Faults(1, _SLOW)


async def _moved_in(app: App, vendor: Vendor) -> UUID:
    """Connect Procore and map a project; return our own."""
    company = vendor.do(lambda there: there.state.company_id)
    connection, _, _ = await app.add_procore(str(company), grant=None, kind=GrantKind.CLIENT_CREDENTIALS)
    project = await Capture(app).projects().add("24-017", "Library")
    theirs = str(vendor.projects()[0]["id"])
    await ProjectMap(app.store, app.tenant.id).map(connection.id, theirs, project.id)
    return project.id


def _looked(storm: Storm) -> int:
    return int(
        storm.ask(b"select count(*) from tiebeam.push_attempt where event in ('found', 'not_there')")[0][0]
    )


def judged(storm: Storm) -> list[str]:
    """Return whatever is missing, twice, half there or not what its receipt says."""
    wrong = []
    states = Counter(row[0] for row in storm.ask(b"select state from tiebeam.push_step"))
    if set(states) != {"done"}:
        wrong.append(f"steps are left: {dict(states)}")
    rows = {name: _rows(storm, name) for name in (_ENTRIES, *_LINES, _FILES)}
    stored = storm.vendor.do(_stored)
    ids = {str(row["id"]) for each in rows.values() for row in each}
    wrong += [
        f"a receipt of {name} is of nothing: {vendor_id}"
        for name, vendor_id in storm.ask(b"select name, vendor_id from tiebeam.push_receipt")
        if vendor_id not in ids
    ]
    for document_id, photos in storm.photos.items():
        wrong += _judged(storm, document_id, photos, rows, stored)
    return wrong


def _judged(
    storm: Storm,
    document_id: UUID,
    photos: list[str],
    rows: Mapping[str, list[dict[str, Any]]],
    stored: Mapping[str, str],
) -> list[str]:
    origin = origin_of(storm.app.tenant.id, document_id)
    mine = [row["id"] for row in rows[_ENTRIES] if row.get("reference_number") == origin]
    if len(mine) != 1:
        return [f"{origin} is there {len(mine)} times"]
    parts = {
        name: [row for row in rows[name] if row.get("time_and_material_entry_id") == mine[0]]
        for name in (*_LINES, _FILES)
    }
    counts = {name: len(found) for name, found in parts.items()}
    wanted = {**dict.fromkeys(_LINES, 1), _FILES: PHOTOS + 1}
    wrong = [] if counts == wanted else [f"{origin} has {counts}"]
    hung = [stored.get(row["filename"]) for row in parts[_FILES]]
    missing = [one for one in photos if hung.count(one) != 1]
    return [*wrong, *(f"{origin} lacks a photo, or has it twice: {one[:12]}" for one in missing)]


def _rows(storm: Storm, name: str) -> list[dict[str, Any]]:
    return storm.vendor.do(lambda there: [dict(row) for row in there.state.rows(name)])


def _stored(simulator: ProcoreSimulator) -> dict[str, str]:
    """Return the hash of what was stored under each name."""
    uploads = simulator.storeroom.uploads._uploads.values()
    return {one.filename: hashlib.sha256(one.data).hexdigest() for one in uploads if one.data}
