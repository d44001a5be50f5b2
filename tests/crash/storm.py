"""Ten minutes of kills: what is started, how it is kept busy, and what must be true of it afterwards."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from tests.crash.parts import NAMES, Killed, free_port, parts
from tests.crash.record import record
from tests.factories.command_line import shell
from tests.factories.copies import compared, signed_in

from tiebeam.cli.exits import Exit
from tiebeam.duties import CATCH_UP, FETCH, KEEP_ALIVE, KEEP_HOOK, LOOK, SYNC
from tiebeam.identity.repository import Tenants
from tiebeam.kernel.clock import SystemClock
from tiebeam.operations.queue.repository import Queue
from tiebeam.operations.schedules.repository import Schedules
from tiebeam.operations.tokens.keys import Keyring
from tiebeam.operations.tokens.repository import Connections
from tiebeam.operations.tokens.vault import Vault
from tiebeam.store.pool import Store
from tiebeam.wishes import refresh_job

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID

    from tests.crash.parts import Parts
    from tests.factories.command_line import Shell, Simulator

    from tiebeam.cli.comparison import Comparison
    from tiebeam.operations.tokens.model import Connection

EVERY_SECONDS = {
    SYNC: 4,
    "procore.due": 3,
    FETCH: 3,
    KEEP_HOOK: 15,
    CATCH_UP: 8,
    KEEP_ALIVE: 10,
    LOOK: 5,
}
"""Far more often than in life, so that every kind of job is in somebody's hands when the kills come."""

VENDOR = (
    # Answers take their time, so that a kill finds calls under way.
    {"kind": "delay", "delay_seconds": 0.4, "probability": 0.5},
    {"kind": "repeat_event", "probability": 0.05},
    {"kind": "reorder_events", "probability": 0.05},
    {"kind": "drop_event", "probability": 0.01},
)
_KILL_AFTER_SECONDS = (3.0, 7.0)
_BACK_AFTER_SECONDS = (0.3, 2.0)
_CHANGE_AFTER_SECONDS = (0.3, 1.5)
_BY_HAND_AFTER_SECONDS = (4.0, 9.0)
_CHANGES_MAX = 5
_VICTIMS = (*(name for name in NAMES if name != "web-1"),) * 4 + ("web-1",) * 2
_LOOK_SECONDS = 0.1
_LOOKS_MAX = 3
"""What is nowhere to be found is believed to be gone when it is missed a second time."""
_SETTLES_WITHIN_SECONDS = 300.0
_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


@dataclass(slots=True)
class Told:
    """What the storm did, and what the vendor says of it."""

    kills: list[Killed] = field(default_factory=list)
    changes: int = 0
    by_hand: int = 0
    stall_seconds: float = 0.0
    """The longest that this process itself was not let run: a measure of the machine, not of the platform."""
    died: list[str] = field(default_factory=list)
    """What ended by itself, or was asked to end and did not do so gracefully."""
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    calls: int = 0
    found: Comparison | None = None
    """The copy beside the vendor's records, at the last look."""
    looks: int = 0
    held: int = 0
    """Deletions that a person had to approve, because they were too many at once."""


@dataclass(slots=True)
class Storm:
    """One run of it over a fresh database and a simulated company that stands still but for what we ask."""

    url: str
    sim: Simulator
    folder: Path
    seed: int
    say: Callable[[str], None]
    told: Told = field(default_factory=Told)
    _began: float = field(default_factory=time.monotonic)

    async def run(self, seconds: float) -> Told:
        """Copy the company once, then change it and kill for so long, and let everything come to rest."""
        port = free_port()
        user = shell(
            self.folder / "home",
            database_url=self.url,
            web_port=port,
            webhook_url=f"http://127.0.0.1:{port}",
            rate_hourly_max=36_000,
            **self.sim.variables(),
        )
        await asyncio.to_thread(user.run, "init")
        await asyncio.to_thread(user.run, "connect", "procore")
        record(self.url)
        async with await Store.open(self.url, clock=SystemClock()) as store:
            tenant = await Tenants(store).find("default")
            assert tenant
            await self._hurry(store, tenant.id)
            with parts(user, self.folder / "logs") as found:
                desk = Desk(store, tenant.id, self.sim)
                await until(desk.has_a_hook, "the hook is made")
                await self._rage(desk, found, seconds)
                await self._rest(desk, found, user)
                exits = await asyncio.to_thread(found.end)
                rude = [f"{part}: exit {code}" for part, code in exits.items() if code != Exit.INTERRUPTED]
                self.told.died = [*found.died, *rude]
        self.told.deliveries = await asyncio.to_thread(deliveries, self.sim)
        self.told.calls = await asyncio.to_thread(self.sim.calls)
        return self.told

    async def _hurry(self, store: Store, tenant_id: UUID) -> None:
        schedules = Schedules(store, SystemClock())
        for name, seconds in EVERY_SECONDS.items():
            await schedules.set(name, every=timedelta(seconds=seconds), tenant_id=tenant_id)

    async def _rage(self, desk: Desk, found: Parts, seconds: float) -> None:
        """Kill, start again, change the company and ask for things by hand, each at its own moments."""
        await asyncio.to_thread(self.sim.faults, *VENDOR)
        self.say(f"{seconds:.0f} seconds of kills begin, seed {self.seed}")
        over = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            for work in (
                self._kill(found, over, Random(f"kills:{self.seed}")),
                self._change(over, Random(f"changes:{self.seed}")),
                self._ask_by_hand(desk, over, Random(f"by hand:{self.seed}")),
                self._watch_the_machine(over),
            ):
                group.create_task(work)

    async def _kill(self, found: Parts, over: float, rng: Random) -> None:
        while (wait := rng.uniform(*_KILL_AFTER_SECONDS)) < over - time.monotonic():
            await asyncio.sleep(wait)
            part = rng.choice(_VICTIMS)
            killed = found.kill(part)
            self.told.kills.append(killed)
            self._progress(killed)
            await asyncio.sleep(rng.uniform(*_BACK_AFTER_SECONDS))
            found.start(part)

    async def _change(self, over: float, rng: Random) -> None:
        while time.monotonic() < over:
            made = await asyncio.to_thread(
                self.sim.ask, "/__sim/control", {"changes": rng.randint(1, _CHANGES_MAX)}
            )
            self.told.changes += made["changes"]
            await asyncio.sleep(rng.uniform(*_CHANGE_AFTER_SECONDS))

    async def _ask_by_hand(self, desk: Desk, over: float, rng: Random) -> None:
        while time.monotonic() < over:
            stream = rng.choice(("procore.rfis", "procore.submittals", "procore.observations", None))
            self.told.by_hand += await desk.refresh(stream=stream, full=rng.random() < 0.3)
            await asyncio.sleep(rng.uniform(*_BY_HAND_AFTER_SECONDS))

    async def _watch_the_machine(self, over: float) -> None:
        while time.monotonic() < over:
            began = time.monotonic()
            await asyncio.sleep(_LOOK_SECONDS)
            late = time.monotonic() - began - _LOOK_SECONDS
            self.told.stall_seconds = max(self.told.stall_seconds, late)

    def _progress(self, killed: Killed) -> None:
        seconds = time.monotonic() - self._began
        self.say(
            f"{seconds:5.0f} s  kill {len(self.told.kills):3}: {killed.part}  changes {self.told.changes}"
        )

    def _approve(self, user: Shell) -> None:
        """Approve, as a person does, deletions that were too many at once; a wrong one shows as missing."""
        for hold in user.json("deletions", "list"):
            user.json("deletions", "approve", hold["id"])
            self.told.held += 1

    async def _rest(self, desk: Desk, found: Parts, user: Shell) -> None:
        """Nothing changes and nothing is killed any more: what was told of is fetched, then all is read."""
        self.say("the kills are over; everything comes to rest")
        await asyncio.to_thread(self.sim.faults)
        await until(desk.everything_is_delivered, "every delivery is answered")
        await until(desk.nothing_waits_to_be_fetched, "every record told of is fetched")
        while self.told.looks < _LOOKS_MAX and not (self.told.found and self.told.found.equal):
            self.told.looks += 1
            await desk.refresh(stream=None, full=True)
            await until(desk.the_refresh_is_done, "everything is read once more")
            await asyncio.to_thread(self._approve, user)
            self.told.found = await asyncio.to_thread(compared, self.url, self.sim)
        assert all(process.poll() is None for process in found.running.values()), "something ended by itself"


@dataclass(slots=True)
class Desk:
    """What the storm asks the platform and the vendor for."""

    store: Store
    tenant_id: UUID
    sim: Simulator

    async def connection(self) -> Connection:
        """Return the only connection."""
        vault = Vault(Keyring.parse(_KEY))
        return (await Connections(self.store, vault).list(self.tenant_id))[0]

    async def refresh(self, *, stream: str | None, full: bool) -> int:
        """Ask for a refresh as a person does; return how many jobs came of it."""
        job = refresh_job(await self.connection(), stream=stream, full=full)
        return await Queue(self.store, SystemClock()).trigger(self.tenant_id, [job])

    async def has_a_hook(self) -> bool:
        """Whether the vendor delivers to us."""
        found = "select count(*) from tiebeam.webhook where vendor_hook_id is not null and retired_at is null"
        return bool(await self._count(found))

    async def everything_is_delivered(self) -> bool:
        """Whether the vendor has nothing more to tell."""
        found = await asyncio.to_thread(deliveries, self.sim)
        return all(one["status"] in ("delivered", "discarded") for one in found)

    async def nothing_waits_to_be_fetched(self) -> bool:
        """Whether everything told of was looked for, and what still stands was fetched.

        What came and went between two looks is looked for a few times more, minutes apart.
        """
        waiting = "select count(*) from tiebeam.webhook_pending where attempts = 0 or not deleted"
        return await self._count(waiting) == 0

    async def the_refresh_is_done(self) -> bool:
        """Whether no refresh waits or runs."""
        return await self._count("select count(*) from tiebeam.job where kind = 'procore.refresh'") == 0

    async def _count(self, sql: str) -> int:
        async with self.store.transaction(self.tenant_id) as tx:
            return int(await tx.value(sql))


async def until(what: Callable[[], Any], words: str) -> None:
    """Wait for something that must come."""
    deadline = time.monotonic() + _SETTLES_WITHIN_SECONDS
    while not await what():
        assert time.monotonic() < deadline, f"it never came to be that {words}"
        await asyncio.sleep(0.3)


def deliveries(sim: Simulator) -> list[dict[str, Any]]:
    """Return every delivery as the vendor lists it."""
    headers = signed_in(sim)
    hooks = f"/rest/v2.0/companies/{sim.company_id}/webhooks/hooks"
    found: list[dict[str, Any]] = []
    for hook in sim.ask(hooks, **headers)["data"]:
        page = 1
        while rows := sim.ask(f"{hooks}/{hook['id']}/deliveries?page={page}&per_page=100", **headers)["data"]:
            found += rows
            page += 1
    return found


def kills_by_part(kills: list[Killed]) -> dict[str, int]:
    """Return how often which kind of process was killed."""
    return dict(Counter(kill.kind for kill in kills))
