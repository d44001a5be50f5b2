"""A job and its item in the database, lived through by seed: edits, kills, events in any order."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from traceback import format_exception
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import UUID

from tests.factories.database import at, fresh_database, test_server
from tests.link_sim.desk import LINK, Desk
from tests.link_sim.memory import BrokenError
from tests.simulation.seeds import SeedResult

from tiebeam.identity.repository import Tenants
from tiebeam.kernel.clock import ManualClock
from tiebeam.kernel.errors import BadInputError
from tiebeam.link.pairs.cells import of_job
from tiebeam.link.pairs.model import FIELDS, Answer, FieldRule, Flow, Owner, PairState, Rules, Ruling, Side
from tiebeam.operations.audit.model import Actor, ActorKind
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tests.factories.database import TestServer

    from tiebeam.jobs.model import Change

START: Final = datetime(2026, 3, 2, 8, tzinfo=UTC)
STEPS: Final = 14
ANNA: Final = Actor(ActorKind.PERSON, str(UUID(int=1)), "Anna")
JOB_EDITS: Final[dict[str, tuple[Any, ...]]] = {
    "title": ("Roof", "Hall", "Yard"),
    "status": ("new", "in_progress", "done"),
    "address": ("", "1 Elm St", "2 Oak Ave"),
    "starts_on": (None, "2026-03-04", "2026-03-05"),
}
ITEM_EDITS: Final[dict[str, tuple[Any, ...]]] = {
    "name": JOB_EDITS["title"],
    "status": ("New", "In progress", "Done", "Waiting", None),
    "address": (None, "1 Elm St", "2 Oak Ave"),
    "starts": JOB_EDITS["starts_on"],
    "created": ("2026-03-02", "2020-01-01"),
}
FIELD_OF: Final = {one.column: one.field for one in FIELDS}
_LOGGED: Final = """
select (
    select count(distinct (subject, subject_id, version)) from tiebeam.work_change
    where tenant_id = %(tenant_id)s::uuid and what = 'changed' and actor_name = 'link'
), (
    select count(*) from tiebeam.link_log
    where tenant_id = %(tenant_id)s::uuid and what in ('to_job', 'to_item') and actor_name = 'link'
)
"""
_COUNTED: Final = """
select subject, actor_name = 'link', count(distinct version),
    count(distinct version) filter (where field = 'created')
from tiebeam.work_change where tenant_id = %(tenant_id)s::uuid and what = 'changed' group by 1, 2
"""


class Killed(BaseException):
    """The process is gone."""


@dataclass(slots=True)
class LinkWorld:
    """One company with a job and its item, and whoever is at work on them."""

    rng: Random
    desk: Desk
    job: UUID
    item: UUID
    rules: tuple[FieldRule, ...]
    fields: tuple[str, ...]
    """Those that people are at."""
    kill_in: int | None = None
    kills: int = 0
    calls: int = 0
    decided: bool = False
    """Whether a person has decided anything, which is an edit of no side."""
    undone: int = 0
    """So many decisions were undone."""
    edits: dict[str, list[tuple[Side, Any]]] = field(default_factory=dict)

    async def after_statement(self, _name: str) -> None:
        """Count down to the kill."""
        self.calls += 1
        if self.kill_in is not None:
            self.kill_in -= 1
            if self.kill_in <= 0:
                self.kill_in = None
                raise Killed


class Stage:
    """A database, open for one seed after another; each has a company of its own."""

    def __init__(self) -> None:
        self.clock = ManualClock(START)
        self.world: LinkWorld | None = None
        self._store: Store | None = None

    async def open(self, url: str) -> Self:
        """Open the database."""
        self._store = await Store.open(url, clock=self.clock, after_statement=self._told)
        return self

    async def close(self) -> None:
        """Close it."""
        if self._store is not None:
            await self._store.close()

    async def run(self, seed: int, say: Callable[[str], None] = lambda _: None) -> SeedResult:
        """Run a seed. Broken promises and crashes are in the result."""
        assert self._store is not None
        result, self.world = SeedResult(seed), None
        try:
            self.world = await _begin(self._store, self.clock, Random(seed))
            for number in range(STEPS):
                result.steps = number + 1
                say(f"{number} {await _step(self.world)}")
                await _check_writes(self.world)
            await _calm(self.world)
            result.kills, result.calls = self.world.kills, self.world.calls
        except BrokenError as broken:
            result.promise, result.detail = "in step", str(broken)
        except Exception as error:  # noqa: BLE001 - keeps the loop over seeds alive: a crash is a finding too
            result.promise = f"no crash ({type(error).__name__})"
            result.detail = "".join(format_exception(error))
        return result

    async def _told(self, name: str) -> None:
        if self.world is not None:
            await self.world.after_statement(name)


@asynccontextmanager
async def stage(server: TestServer) -> AsyncIterator[Stage]:
    """Make a database for seeds."""
    async with fresh_database(server) as name:
        made = await Stage().open(at(server.app_url, name))
        try:
            yield made
        finally:
            await made.close()


async def _begin(store: Store, clock: ManualClock, rng: Random) -> LinkWorld:
    tenant = await Tenants(store).create(f"l{rng.getrandbits(60)}", "A company")
    desk = Desk(store, tenant.id, clock)
    await desk.add_label("Waiting")
    rules = tuple(
        FieldRule(one.field, one.column, rng.choice(tuple(Owner)), one.flow) if rng.random() < 0.5 else one
        for one in FIELDS
    )
    await desk.linking.choose((await desk.boards.active_jobs()).id, Rules(rules))
    job, item = await desk.linked()
    fields = (*rng.sample(list(JOB_EDITS), 2), *rng.choices(("status", "created"), k=1))
    return LinkWorld(rng, desk, job, item, rules, fields)


async def _step(world: LinkWorld) -> str:
    kinds = {
        "edit_job": (_edit_job, 10),
        "edit_item": (_edit_item, 10),
        "event": (_event, 12),
        "killed": (_killed, 6),
        "two": (_two, 2),
        "time": (_time, 4),
        "settle": (_settle, 2),
        "undo": (_undo, 1),
        "delete": (_delete, 0.7),
        "answer": (_answer, 1.5),
        "clear": (_clear, 0.5),
    }
    name = world.rng.choices(list(kinds), [weight for _, weight in kinds.values()])[0]
    await kinds[name][0](world)
    return name


async def _time(world: LinkWorld) -> None:
    world.desk.clock.advance(world.rng.choice((0.1, 5, 60)))


async def _edit_job(world: LinkWorld) -> None:
    name = world.rng.choice([one for one in world.fields if one in JOB_EDITS])
    value = world.rng.choice(JOB_EDITS[name])
    before = await world.desk.jobs.get(world.job)
    if before.deleted_at is None and of_job(before)[name] != value:
        await world.desk.jobs.change(world.job, {name: value}, actor=ANNA)
        world.edits.setdefault(name, []).append((Side.JOB, value))


async def _edit_item(world: LinkWorld) -> None:
    name = world.rng.choice([one for one in ITEM_EDITS if FIELD_OF[one] in world.fields])
    value = world.rng.choice(ITEM_EDITS[name])
    before = await world.desk.boards.item(world.item)
    held = before.name if name == "name" else before.values.get(name)
    if before.deleted_at is None and held != value:
        edit: dict[str, Any] = {"name": value} if name == "name" else {"values": {name: value}}
        await world.desk.boards.change_item(world.item, **edit, actor=ANNA)
        world.edits.setdefault(FIELD_OF[name], []).append((Side.ITEM, value))


async def _event(world: LinkWorld) -> None:
    """One of the events that wait, whichever; now and then it comes again later."""
    waiting = await world.desk.changes.waiting()
    if waiting:
        together = world.rng.choice(waiting)
        await _sync(world, together[0])
        if world.rng.random() < 0.8:
            ids = [one.id for one in together]
            await world.desk.changes.answered(ids, world.desk.clock.now())


async def _sync(world: LinkWorld, change: Change) -> None:
    await world.desk._answer(change)


async def _killed(world: LinkWorld) -> None:
    """A sync of either side that dies at some statement."""
    world.kill_in = world.rng.randint(1, 30)
    try:
        if world.rng.random() < 0.5:
            await world.desk.linking.sync_job(world.job, LINK)
        else:
            await world.desk.linking.sync_item(world.item, LINK)
    except Killed:
        world.kills += 1
    world.kill_in = None


async def _two(world: LinkWorld) -> None:
    """Both sides are synchronised at once, while somebody edits one of them."""
    await asyncio.gather(
        world.desk.linking.sync_job(world.job, LINK),
        world.desk.linking.sync_item(world.item, LINK),
        _edit_job(world),
    )


async def _settle(world: LinkWorld) -> None:
    for found in await world.desk.linking.conflicts():
        world.decided = True
        await _allowed(world.desk.linking.settle(found.id, world.rng.choice(list(Side)), ANNA))


async def _undo(world: LinkWorld) -> None:
    for found in await world.desk.linking.conflicts(only_open=False, limit=2):
        if found.state in {Ruling.JOB, Ruling.ITEM}:
            world.decided = True
            world.undone += await _allowed(world.desk.linking.undo(found.id, ANNA))


async def _answer(world: LinkWorld) -> None:
    for pair in await world.desk.linking.asks():
        world.decided = True
        await _allowed(world.desk.linking.answer(pair.id, world.rng.choice(list(Answer)), ANNA))


async def _delete(world: LinkWorld) -> None:
    desk = world.desk
    world.decided = True
    doing: list[Awaitable[Any]] = []
    if world.rng.random() < 0.5:
        gone = (await desk.jobs.get(world.job)).deleted_at is not None
        doing.append((desk.jobs.restore if gone else desk.jobs.delete)(world.job, actor=ANNA))
    else:
        gone = (await desk.boards.item(world.item)).deleted_at is not None
        doing.append((desk.boards.restore_item if gone else desk.boards.delete_item)(world.item, actor=ANNA))
    for one in doing:
        await one


async def _clear(world: LinkWorld) -> None:
    """Somebody clears the link, or names the job again."""
    world.decided = True
    item = await world.desk.boards.item(world.item)
    if item.deleted_at is None:
        named = None if item.values.get("job") else str(world.job)
        await world.desk.boards.change_item(world.item, values={"job": named}, actor=ANNA)


async def _allowed(doing: Awaitable[Any]) -> bool:
    """Do what may be refused, with a sentence; say whether it was done."""
    try:
        await doing
    except BadInputError as error:
        if not (error.cause and error.action):
            raise
        return False
    return True


async def _check_writes(world: LinkWorld) -> None:
    """Look that neither side was written more often than somebody has given cause."""
    async with world.desk.store.transaction(world.desk.tenant_id) as tx:
        rows = await tx.rows(_COUNTED, {"tenant_id": world.desk.tenant_id})
    found = {(subject, ours): (count, created) for subject, ours, count, created in rows}
    for side in Side:
        written = found.get((side.value, True), (0, 0))[0]
        across, _ = found.get((side.other.value, False), (0, 0))
        _, put_back = found.get((side.value, False), (0, 0))
        # What was decided and opened again by somebody is as good as edited again: it may be said once more.
        causes = across + put_back + world.undone
        if written > causes:
            raise BrokenError(f"the {side} was written {written} times for {causes} edits")


async def _calm(world: LinkWorld) -> None:
    """No more edits: what waits is answered, and then nothing is written any more."""
    await world.desk.storm()
    await _check_writes(world)
    before = await world.desk.everything()
    for _ in range(2):
        await world.desk.linking.sync_job(world.job, LINK)
        await world.desk.linking.sync_item(world.item, LINK)
    if await world.desk.everything() != before:
        raise BrokenError("something was written although nothing had changed")
    await _check_equal(world)
    await _check_logged(world)


async def _check_equal(world: LinkWorld) -> None:
    """Look that both sides are equal, or that somebody is asked; and that no edit is lost."""
    pairs = await world.desk.linking.pairs_of(world.job)
    if not any(one.state is PairState.LINKED and one.item_ref == str(world.item) for one in pairs):
        if not pairs and not world.decided:
            raise BrokenError("the two were parted, and nobody had said so")
        return
    job, item = await world.desk.jobs.get(world.job), await world.desk.boards.item(world.item)
    async with world.desk.store.transaction(world.desk.tenant_id) as tx:
        cells = await world.desk.linking._syncing.cells([item.board_id], tx)
    sides = {Side.JOB: of_job(job), Side.ITEM: cells[item.board_id].of_item(item)}
    asked = {one.field for one in await world.desk.linking.conflicts(job_id=world.job)}
    for rule in world.rules:
        name, same = rule.field, sides[Side.JOB][rule.field] == sides[Side.ITEM][rule.field]
        if same == (name in asked):
            raise BrokenError(
                f"{name}: {sides[Side.JOB][name]!r}, {sides[Side.ITEM][name]!r}, asked {name in asked}"
            )
        edits = world.edits.get(name, [])
        alone = len({side for side, _ in edits}) == 1 and not world.decided and rule.flow is Flow.BOTH
        if alone and name not in asked and sides[Side.JOB][name] != _as_job(name, edits[-1][1]):
            raise BrokenError(f"{name} was set to {edits[-1][1]!r} on one side alone, and that is lost")


async def _check_logged(world: LinkWorld) -> None:
    """Look that each write is in the log, and nothing that was not written."""
    async with world.desk.store.transaction(world.desk.tenant_id) as tx:
        ((written, logged),) = await tx.rows(_LOGGED, {"tenant_id": world.desk.tenant_id})
    if written != logged:
        raise BrokenError(f"{written} writes, {logged} of them in the log")


def _as_job(name: str, value: Any) -> Any:
    if name == "status" and value:
        return value.lower().replace(" ", "_")
    return (value or "") if name == "address" else value


async def run_link_seeds(
    seeds: list[int], tell: Callable[[SeedResult], None], say: Callable[[str], None] = lambda _: None
) -> None:
    """Run seeds one after another in one database, telling each result as it comes."""
    async with test_server() as server, stage(server) as ready:
        for seed in seeds:
            tell(await ready.run(seed, say))
