"""A board of ours in memory and one of a simulated monday.com, lived through by seed.

People edit both sides, processes die between any two steps, answers are lost, rules there write too, and what
webhooks tell comes twice, late, in another order or never.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from random import Random
from traceback import format_exception
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

from tests.factories.monday_desk import JOBS_URL, LABELS, START, MondayDesk
from tests.link_sim.memory import BrokenError
from tests.outside_sim.checks import calm, check_nothing_overwritten, check_writes, held_apart
from tests.outside_sim.memory import Kept, MemoryBooks, MemoryTurn
from tests.simulation.seeds import SeedResult

from tiebeam.jobs.boards.model import Board, Column, ColumnKind, Group, ItemEdit, Label, NewItem
from tiebeam.jobs.model import Cause
from tiebeam.kernel.clock import ManualClock
from tiebeam.kernel.errors import TiebeamError
from tiebeam.link.outside.cells import Sheet
from tiebeam.link.outside.model import (
    ColumnMap,
    MirrorState,
    OutsideLink,
    OwnerRule,
    Ruling,
    Then,
    Whose,
)
from tiebeam.link.outside.ports import Person
from tiebeam.link.outside.run import Mirroring
from tiebeam.operations.audit.model import Actor
from tiebeam.push.deliveries.monday.board import MondayBoards
from tiebeam.simulators.base.faults import FaultRule, Faults
from tiebeam.simulators.monday.automations import Automation
from tiebeam.simulators.monday.state import By

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tiebeam.jobs.boards.model import Item
    from tiebeam.simulators.monday.state import Happening
    from tiebeam.simulators.monday.state import Item as TheirItem

STEPS: Final = 20
ITEMS_MAX: Final = 3
ANNA: Final = Actor.command("anna")
_IDS: Final = UUID(int=5)
NAMES: Final = ("Roof", "Roof", "Hall", "Yard")
OUR_EDITS: Final[dict[str, tuple[Any, ...]]] = {
    "name": NAMES,
    "status": ("New", "Done", "In progress", "Paused", None),
    "notes": ("a", "b", None),
    "value": (1, 2.5, None),
    "lead": ("ann", "carl", None),
}
THEIR_EDITS: Final[dict[str, tuple[Any, ...]]] = {
    "name": NAMES,
    "status": ("New", "Done", "In progress", "Waiting", None),
    "notes": ("a", "b", None),
    "value": ("1", "2.5", None),
    "lead": ("ann", "bob", None),
}
FAULTS: Final = (
    FaultRule("drop_answer", "", probability=0.2),
    FaultRule("drop_request", "", probability=0.1),
    FaultRule("status", "", status=500, probability=0.1),
    FaultRule("half_done", "", status=500, probability=0.15),
)


class Killed(BaseException):
    """The process is gone."""


class DyingDesk(MondayBoards):
    """A desk before and behind each call of which the process may die."""

    point: Callable[[], None]

    async def change(self, *given: Any, **named: Any) -> Any:
        return await self._between(super().change(*given, **named))

    async def create(self, *given: Any, **named: Any) -> Any:
        return await self._between(super().create(*given, **named))

    async def move(self, *given: Any, **named: Any) -> Any:
        return await self._between(super().move(*given, **named))

    async def items(self, *given: Any, **named: Any) -> Any:
        return await self._between(super().items(*given, **named))

    async def _between(self, doing: Awaitable[Any]) -> Any:
        try:
            self.point()
        except Killed:
            doing.close()  # type: ignore[attr-defined]  # A call that is not made any more.
            raise
        found = await doing
        self.point()
        return found


@dataclass(slots=True)
class OutsideWorld:
    """Both boards, and whoever is at work on them."""

    rng: Random
    clock: ManualClock
    monday: MondayDesk
    books: MemoryBooks
    mirroring: Mirroring
    desk: DyingDesk
    kill_in: int | None = None
    kills: int = 0
    decisions: int = 0
    decided: set[tuple[str, str]] = field(default_factory=set)
    """Cells (by the item there, and the field) about which a person has decided."""
    our_edits: list[tuple[UUID, str, Any]] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    events: list[Happening] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    fields: tuple[str, ...] = ()
    """Those that people are at."""
    touched: bool = False
    """Whether people have deleted, restored or parted anything."""

    @property
    def kept(self) -> Kept:
        """What is kept."""
        return self.books.kept

    @property
    def me(self) -> int:
        """The user there that we act as."""
        return self.monday.simulator.options.tokens[0].user_id

    def point(self) -> None:
        """Count down to the kill."""
        if self.kill_in is not None:
            self.kill_in -= 1
            if self.kill_in <= 0:
                self.kill_in = None
                raise Killed

    def hear(self, happening: Happening) -> None:
        """Keep what happened there, and tell of it: as often as webhooks do."""
        self.happenings.append(happening)
        echo = happening.by.user_id == self.me and happening.by.original is None
        if not echo or self.rng.random() < 0.3:
            self.events += [happening] * self.rng.choice((0, 1, 1, 1, 2))

    def turn(self) -> MemoryTurn:
        """Give what people of ours write with."""
        return MemoryTurn(self.kept, self.clock)

    def sheet(self) -> Sheet:
        """Return how items are read."""
        people = {str(id_): one for id_, one in self.kept.people.items()}
        return Sheet(self.kept.link, self.kept.board, people, self.desk.why_not)

    def ours(self) -> list[Item]:
        """Return our items that are there."""
        return [one for one in self.kept.items.values() if one.deleted_at is None]

    def theirs(self) -> list[TheirItem]:
        """Return the items that are there."""
        return list(self.monday.board.live())


def begin(seed: int) -> OutsideWorld:
    """Make two boards, joined and in step or not yet."""
    rng = Random(seed)
    clock = ManualClock(START)
    monday = MondayDesk(clock=clock)
    monday.ann.email, monday.bob.email = "ann@oak.test", "bob@elsewhere.test"
    monday.board.columns["status"].labels[7] = "Waiting"
    kept = Kept(_board(rng), _link(rng, monday))
    kept.link = _joined(kept, monday, rng)
    kept.people = {
        uuid5(_IDS, "ann"): Person("Ann@oak.test", "Ann", active=True),
        uuid5(_IDS, "carl"): Person("carl@oak.test", "Carl", active=True),
    }
    desk = DyingDesk(monday.client, jobs_url=JOBS_URL)
    books = MemoryBooks(kept, clock)
    world = OutsideWorld(rng, clock, monday, books, Mirroring(books, desk, clock), desk)
    desk.point = books.point = world.point
    monday.state.listeners.append(world.hear)
    _rules(world)
    world.fields = tuple(rng.sample((*OUR_EDITS, "group"), 2))
    if world.monday.simulator.automations.rules:
        world.fields = (*world.fields, "status")
    return world


def _board(rng: Random) -> Board:
    labels = tuple(Label(text) for text in (*LABELS.values(), "Paused"))
    id_ = uuid5(_IDS, f"board {rng.random()}")
    kinds = {
        "status": ColumnKind.STATUS,
        "notes": ColumnKind.TEXT,
        "value": ColumnKind.NUMBER,
        "lead": ColumnKind.PEOPLE,
    }
    columns = tuple(
        Column(uuid5(_IDS, key), id_, key, key, kind, place, labels if kind is ColumnKind.STATUS else ())
        for place, (key, kind) in enumerate(kinds.items())
    )
    groups = tuple(Group(uuid5(_IDS, title), id_, title, place) for place, title in enumerate("AB"))
    return Board(id_, "Jobs", None, 1, START, columns=columns, groups=groups)


def _link(rng: Random, monday: MondayDesk) -> OutsideLink:
    columns = tuple(ColumnMap(key, key) for key in OUR_EDITS if key != "name")
    owner = rng.choice(tuple(OwnerRule))
    return OutsideLink(uuid5(_IDS, "link"), UUID(int=1), "monday", monday.board_id, columns, owner=owner)


def _joined(kept: Kept, monday: MondayDesk, rng: Random) -> OutsideLink:
    groups = {}
    if rng.random() < 0.5:
        pairs = zip(kept.board.groups, monday.board.groups.values(), strict=True)
        groups = {str(ours.id): theirs.id for ours, theirs in pairs}
    return replace(kept.link, board_id=kept.board.id, groups=groups)


def _rules(world: OutsideWorld) -> None:
    """Rules there: one that answers by another cell, one that puts back what it hears."""
    board, rules = world.monday.board.id, world.monday.simulator.automations.rules
    if world.rng.random() < 0.3:
        rules.append(Automation(board, "status", "notes", "Done there", becomes="Done"))
    if world.rng.random() < 0.15:
        rules.append(Automation(board, "status", "status", "In progress", becomes="New"))


async def live(seed: int, say: Callable[[str], None] = lambda _: None) -> OutsideWorld:
    """Live through a history. Raises BrokenError."""
    world = begin(seed)
    for doing in world.rng.choices((_make_ours, _make_theirs), k=2):
        await doing(world)
    if world.rng.random() < 0.7:
        await _pull(world)
    for number in range(STEPS):
        say(f"{number} {await step(world)}")
        check_writes(world)
    await calm(world, say)
    return world


async def step(world: OutsideWorld) -> str:
    """Do one thing by chance."""
    kinds: dict[str, tuple[Callable[[OutsideWorld], Awaitable[None]], float]] = {
        "edit_ours": (_edit_ours, 10),
        "edit_theirs": (_edit_theirs, 10),
        "make_ours": (_make_ours, 3),
        "make_theirs": (_make_theirs, 3),
        "send": (_send, 8),
        "event": (_event, 8),
        "pull": (_pull, 3),
        "killed": (_killed, 6),
        "faulty": (_faulty, 5),
        "settle": (_settle, 2),
        "undo": (_undo, 1),
        "delete": (_delete, 1),
        "answer": (_answer, 1.5),
    }
    name = world.rng.choices(list(kinds), [weight for _, weight in kinds.values()])[0]
    world.clock.advance(world.rng.choice((0.1, 1, 30, 400)))
    before = held_apart(world) if name in {"send", "pull", "event", "killed", "faulty"} else {}
    decided = world.decisions
    await kinds[name][0](world)
    if world.decisions == decided:
        check_nothing_overwritten(world, before)
    return name


async def _edit_ours(world: OutsideWorld) -> None:
    items = world.ours()
    if items:
        item, name = world.rng.choice(items), world.rng.choice(world.fields)
        edit_ours(world, item, name)


def edit_ours(world: OutsideWorld, item: Item, name: str, value: Any = None) -> None:
    """Set a cell of ours, as a person does."""
    if name == "group":
        group = world.rng.choice(world.kept.board.groups).id
        edit, value = ItemEdit(item.id, group_id=group), str(group)
    else:
        value = world.rng.choice(OUR_EDITS[name]) if value is None else value
        value = [str(uuid5(_IDS, value))] if name == "lead" and value else value
        edit = ItemEdit(item.id, value) if name == "name" else ItemEdit(item.id, values={name: value})
    before = len(world.kept.writes)
    world.turn().set(edit, ANNA.name, Cause(world.kept.new_id()))
    if len(world.kept.writes) > before:
        world.our_edits.append((item.id, name, value))


async def _edit_theirs(world: OutsideWorld) -> None:
    items = world.theirs()
    if not items:
        return
    item, name, by = world.rng.choice(items), world.rng.choice(world.fields), _by(world)
    if name == "group":
        world.monday.state.move(item, world.rng.choice(list(world.monday.board.groups)), by)
        return
    value = world.rng.choice(THEIR_EDITS[name])
    if name == "name":
        world.monday.state.rename(item, value, by)
        return
    column = world.monday.board.columns[name]
    world.monday.state.set_value(item, column, _kept_there(world, name, value), by)


def _kept_there(world: OutsideWorld, name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "status":
        labels = world.monday.board.columns["status"].labels
        return {"index": next(index for index, text in labels.items() if text == value)}
    if name == "lead":
        person = world.monday.ann if value == "ann" else world.monday.bob
        return {"personsAndTeams": [{"id": person.id, "kind": "person"}]}
    return {"text": value} if name == "notes" else value


def _by(world: OutsideWorld) -> By:
    return By(world.monday.bob.id)


async def _make_ours(world: OutsideWorld) -> None:
    if len(world.kept.items) < ITEMS_MAX:
        values = {"status": world.rng.choice(OUR_EDITS["status"])}
        world.turn().put(NewItem(world.rng.choice(NAMES), values), ANNA.name, Cause(world.kept.new_id()))


async def _make_theirs(world: OutsideWorld) -> None:
    if len(world.monday.board.items) < ITEMS_MAX:
        values = {"value": world.rng.choice(("1", "2.5"))}
        world.monday.state.create(world.monday.board, world.rng.choice(NAMES), _by(world), values=values)


async def _send(world: OutsideWorld) -> None:
    await _allowed(world.mirroring.send(world.kept.link.id))


async def _pull(world: OutsideWorld) -> None:
    await _allowed(world.mirroring.pull(world.kept.link.id))


async def _event(world: OutsideWorld) -> None:
    """One of the events that wait, whichever; now and then it comes again later."""
    if world.events:
        happening = world.rng.choice(world.events)
        if world.rng.random() < 0.8:
            world.events.remove(happening)
        answers = [str(happening.item_id)] if happening.by.original else []
        await _allowed(world.mirroring.hear(world.kept.link.id, [str(happening.item_id)], answers))


async def _killed(world: OutsideWorld) -> None:
    """Whatever is done, the process dies at some point of it."""
    world.kill_in = world.rng.choice((world.rng.randint(1, 12), world.rng.randint(4, 25)))
    try:
        await world.rng.choice((_send, _send, _pull, _event, _settle))(world)
    except Killed:
        world.kills += 1
    world.kill_in = None


async def _faulty(world: OutsideWorld) -> None:
    """Calls and answers are lost."""
    world.monday.simulator.faults = faults = Faults(world.rng.getrandbits(30), FAULTS)
    await world.rng.choice((_send, _send, _pull, _event))(world)
    world.faults.update(faults.fired)
    world.monday.simulator.faults = None


async def _settle(world: OutsideWorld) -> None:
    for found in list(world.kept.conflicts.values()):
        if found.state is Ruling.OPEN:
            _mark_decided(world, found.mirror_id, found.field)
            await _allowed(world.mirroring.settle(found.id, world.rng.choice(tuple(Whose)), ANNA))


async def _undo(world: OutsideWorld) -> None:
    for found in list(world.kept.conflicts.values())[-2:]:
        if found.state in {Ruling.OURS, Ruling.THEIRS}:
            _mark_decided(world, found.mirror_id, found.field)
            await _allowed(world.mirroring.undo(found.id, ANNA))


def _mark_decided(world: OutsideWorld, mirror_id: UUID, name: str) -> None:
    world.decided.add((str(mirror_id), name))
    world.decisions += 1


async def _delete(world: OutsideWorld) -> None:
    world.touched = True
    state, ours = world.monday.state, list(world.kept.items.values())
    theirs = list(world.monday.board.items.values())
    if world.rng.random() < 0.5 and ours:
        item = world.rng.choice(ours)
        at = world.clock.now() if item.deleted_at is None else None
        world.turn().mark(item.id, at, ANNA.name, Cause(world.kept.new_id()))
    elif theirs:
        one = world.rng.choice(theirs)
        new = world.rng.choice(("archived", "deleted")) if one.state == "active" else "active"
        state.set_state(one, new, _by(world))  # type: ignore[arg-type]  # One of its states.


async def _answer(world: OutsideWorld) -> None:
    for one in list(world.kept.mirrors.values()):
        if one.state is MirrorState.ASKS:
            world.touched = True
            await _allowed(world.mirroring.answer(one.id, world.rng.choice(tuple(Then)), ANNA))


async def _allowed(doing: Awaitable[Any]) -> None:
    """Do what may be refused, with a sentence."""
    try:
        await doing
    except TiebeamError as error:
        if not (error.cause and error.action):
            raise


async def run_outside_seed(seed: int, say: Callable[[str], None] = lambda _: None) -> SeedResult:
    """Run a seed. Broken promises and crashes are in the result."""
    result = SeedResult(seed, steps=STEPS)
    try:
        world = await live(seed, say)
        result.kills, result.calls = world.kills, world.monday.client.calls
        result.faults = dict(world.faults)
    except BrokenError as broken:
        result.promise, result.detail = "the same", str(broken)
    except Exception as error:  # noqa: BLE001 - keeps the loop over seeds alive: a crash is a finding too
        result.promise = f"no crash ({type(error).__name__})"
        result.detail = "".join(format_exception(error))
    return result
