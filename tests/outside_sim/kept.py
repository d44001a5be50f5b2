"""A board in the database and one of a simulated monday.com, lived through by seed.

What lives through the same in memory lives through more; here processes are killed at any statement, and what
is kept is kept by PostgreSQL.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from traceback import format_exception
from typing import TYPE_CHECKING, Any, Final, Self

from tests.factories.database import at, fresh_database
from tests.factories.monday_desk import START, MondayDesk
from tests.factories.people import BOSS
from tests.link_sim.memory import BrokenError
from tests.link_sim.world import Killed
from tests.outside_sim.rig import Rig
from tests.simulation.seeds import SeedResult

from tiebeam.connectors.ports import Refusal
from tiebeam.identity.repository import Tenants
from tiebeam.kernel.clock import ManualClock
from tiebeam.link.outside.cells import Sheet
from tiebeam.link.outside.model import MirrorState, OwnerRule, Whose
from tiebeam.link.pairs.model import Odd
from tiebeam.simulators.base.faults import FaultRule, Faults
from tiebeam.simulators.monday.state import By
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tests.factories.database import TestServer


STEPS: Final = 14
ROUNDS_MAX: Final = 6
FAULTS: Final = (
    FaultRule("drop_answer", "", probability=0.2),
    FaultRule("half_done", "", status=500, probability=0.2),
)
EDITS: Final[dict[str, tuple[Any, ...]]] = {
    "notes": ("a", "b", None),
    "status": ("New", "Done", None),
    "value": (1, 2.5, None),
}


@dataclass(slots=True)
class KeptWorld:
    """One company with one joined board."""

    rng: Random
    rig: Rig
    kill_in: int | None = None
    kills: int = 0
    made: int = 2
    """Items that people have made, here or there."""

    def after_statement(self) -> None:
        """Count down to the kill."""
        if self.kill_in is not None:
            self.kill_in -= 1
            if self.kill_in <= 0:
                self.kill_in = None
                raise Killed


class KeptStage:
    """A database, open for one seed after another; each has a company of its own."""

    def __init__(self) -> None:
        self.clock = ManualClock(START)
        self.world: KeptWorld | None = None
        self._store: Store | None = None

    async def open(self, url: str) -> Self:
        """Open the database."""
        self._store = await Store.open(url, clock=self.clock, after_statement=self._told)
        return self

    async def close(self) -> None:
        """Close it."""
        if self._store is not None:
            await self._store.close()

    async def run(self, seed: int) -> SeedResult:
        """Run a seed. Broken promises and crashes are in the result."""
        assert self._store is not None
        result, self.world = SeedResult(seed, steps=STEPS), None
        try:
            self.world = await _begin(self._store, self.clock, Random(seed))
            for _ in range(STEPS):
                await _step(self.world)
            await _calm(self.world)
            result.kills, result.calls = self.world.kills, self.world.rig.calls
        except BrokenError as broken:
            result.promise, result.detail = "the same", str(broken)
        except Exception as error:  # noqa: BLE001 - keeps the loop over seeds alive: a crash is a finding too
            result.promise = f"no crash ({type(error).__name__})"
            result.detail = "".join(format_exception(error))
        return result

    async def _told(self, _name: str) -> None:
        if self.world is not None:
            self.world.after_statement()


@asynccontextmanager
async def kept_stage(server: TestServer) -> AsyncIterator[KeptStage]:
    """Make a database for seeds."""
    async with fresh_database(server) as name:
        made = await KeptStage().open(at(server.app_url, name))
        try:
            yield made
        finally:
            await made.close()


async def _begin(store: Store, clock: ManualClock, rng: Random) -> KeptWorld:
    tenant = await Tenants(store).create(f"m{rng.getrandbits(60)}", "A company")
    rig = Rig(store, tenant.id, clock, MondayDesk(clock=clock))
    await rig.join(rng.choice(tuple(OwnerRule)), groups=rng.random() < 0.5)
    await rig.make("Roof", notes="a")
    rig.monday.create("Hall")
    await rig.mirroring.pull(rig.link.id)
    return KeptWorld(rng, rig)


async def _step(world: KeptWorld) -> None:
    kinds: dict[Callable[[KeptWorld], Awaitable[None]], float] = {
        _edit_ours: 6,
        _edit_theirs: 6,
        _make: 1,
        _work: 4,
        _killed: 8,
        _faulty: 3,
        _settle: 1,
    }
    (doing,) = world.rng.choices(list(kinds), list(kinds.values()))
    world.rig.clock.advance(world.rng.choice((0.1, 30, 400)))
    await doing(world)


async def _edit_ours(world: KeptWorld) -> None:
    items = await world.rig.ours()
    name = world.rng.choice(list(EDITS))
    item, value = world.rng.choice(items), world.rng.choice(EDITS[name])
    if item.values.get(name) != value:
        await world.rig.change(item, **{name: value})


async def _edit_theirs(world: KeptWorld) -> None:
    rig = world.rig
    item, name = world.rng.choice(rig.theirs()), world.rng.choice(list(EDITS))
    value, kept = world.rng.choice(EDITS[name]), None
    if value is not None:
        index = int(value == "Done")
        kept = {"notes": {"text": value}, "status": {"index": index}, "value": str(value)}[name]
    rig.monday.state.set_value(item, rig.monday.board.columns[name], kept, By(rig.monday.bob.id))


async def _make(world: KeptWorld) -> None:
    if len(await world.rig.ours()) < 4:
        await world.rig.make(world.rng.choice(("Yard", "Roof")), value=1)
        world.made += 1


async def _work(world: KeptWorld) -> None:
    rig, ids = world.rig, [str(one.id) for one in world.rig.theirs()]
    kind = world.rng.choice(("send", "send", "pull", "hear"))
    if kind == "send":
        await rig.mirroring.send(rig.link.id)
    elif kind == "pull":
        await rig.mirroring.pull(rig.link.id)
    else:
        await rig.mirroring.hear(rig.link.id, world.rng.choices(ids, k=2))


async def _killed(world: KeptWorld) -> None:
    """Something is done, and the process dies at some statement of it."""
    world.kill_in = world.rng.randint(1, 50)
    try:
        await _work(world)
    except Killed:
        world.kills += 1
    world.kill_in = None


async def _faulty(world: KeptWorld) -> None:
    world.rig.monday.simulator.faults = Faults(world.rng.getrandbits(30), FAULTS)
    await _work(world)
    world.rig.monday.simulator.faults = None


async def _settle(world: KeptWorld) -> None:
    for found in await world.rig.conflicts():
        await world.rig.mirroring.settle(found.id, world.rng.choice(tuple(Whose)), BOSS)


async def _calm(world: KeptWorld) -> None:
    """No more edits, faults or kills: what is left is done, and then nothing is."""
    rig = world.rig
    for _ in range(ROUNDS_MAX):
        before = await _everything(world)
        await rig.mirroring.send(rig.link.id)
        await rig.mirroring.pull(rig.link.id)
        if await _everything(world) == before:
            break
    else:
        raise BrokenError("it never comes to rest")
    await _check_equal(world)


async def _everything(world: KeptWorld) -> tuple[Any, ...]:
    rig = world.rig
    theirs = [(one.id, one.name, one.group_id, dict(one.values)) for one in rig.theirs()]
    named = {"tenant_id": rig.tenant_id}
    counted = "select count(*), max(id) from tiebeam.{} where tenant_id = %(tenant_id)s::uuid"
    async with rig.store.transaction(rig.tenant_id) as tx:
        rows = [await tx.rows(counted.format(name), named) for name in ("work_change", "outside_log")]
    return theirs, rows, await rig.conflicts(), await rig.ours()


async def _check_equal(world: KeptWorld) -> None:
    rig = world.rig
    asked = {(one.item_id, one.field) for one in await rig.conflicts()}
    async with rig.mirrors.turn() as turn:
        link = await turn.link(rig.link.id)
        sheet = Sheet(link, await turn.board(link.board_id), await turn.people(), rig.desk.why_not)
        items = {one.id: one for one in await rig.ours()}
        mirrors = await turn.of_items(link.id, list(items))
    read = await rig.desk.items([one.outside_id for one in mirrors if one.outside_id])
    assert not isinstance(read, Refusal)
    theirs = {one.id: sheet.of_theirs(one) for one in read}
    if {len(theirs), len(items), len(rig.theirs())} != {world.made}:
        raise BrokenError(f"{len(items)} items here and {len(rig.theirs())} there of {world.made}")
    for mirror in mirrors:
        assert mirror.item_id is not None
        if mirror.state is not MirrorState.LINKED:
            raise BrokenError("somebody is asked about an item of which nothing is gone")
        ours = sheet.of_ours(items[mirror.item_id])
        for name, value in theirs[str(mirror.outside_id)].items():
            there = value.text if isinstance(value, Odd) else value
            if (ours[name] == there) == ((mirror.item_id, name) in asked):
                raise BrokenError(f"{name} is {ours[name]!r} here and {there!r} there")
