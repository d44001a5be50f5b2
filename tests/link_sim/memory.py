"""A job and an item in memory, lived through by seed: edits on both sides, crashes, events in any order.

A sync goes as it does with a board that is elsewhere: the job and the pair are written in one step, the item
in another, and that it arrived is noted in a third. A crash may come between any two. With `together` all of
it is one step, as it is with a board of ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

from tiebeam.link.pairs import merge as merging
from tiebeam.link.pairs.merge import Agreed, Known, before_sending
from tiebeam.link.pairs.model import FIELDS, FieldRule, Flow, Kind, Odd, Owner, Side, When

if TYPE_CHECKING:
    from collections.abc import Mapping

START: Final = datetime(2026, 3, 2, 8, tzinfo=UTC)
STEPS: Final = 14
EDITS: Final = {
    "title": ("Roof", "Roof, north", "Hall"),
    "status": ("new", "in_progress", "done"),
    "lead_id": (None, "1", "2"),
    "address": ("", "1 Elm St", "2 Oak Ave"),
    "created": ("2026-03-01",),
    "starts_on": (None, "2026-03-04", "2026-03-05"),
    "ends_on": (None, "2026-04-04", "2026-04-05"),
}
ON_THE_BOARD: Final = {
    "status": (*EDITS["status"], Odd("Waiting", "No status is called Waiting.")),
    "created": ("2026-03-01", "2025-01-01"),
    "lead_id": (*EDITS["lead_id"], "left"),
}
"""What can be set there beside or instead of it."""


class BrokenError(AssertionError):
    """A promise was broken."""


@dataclass(slots=True)
class Edit:
    """What a person has set, and when."""

    side: Side
    field: str
    value: Any
    at: datetime
    blind: bool = False
    """Whether it came between a write that arrived and the note of it: nobody can tell it from the write."""


@dataclass(slots=True)
class Pairing:
    """Both sides, what is remembered of them, and what was done."""

    rng: Random
    rules: tuple[FieldRule, ...]
    together: bool
    sides: dict[Side, dict[str, Any]]
    agreed: Agreed
    fresh: bool
    """Whether the two were never in step before."""
    open: dict[str, Any] = field(default_factory=dict)
    when: When = field(default_factory=lambda: When({}, {}))
    now: datetime = START
    edits: list[Edit] = field(default_factory=list)
    writes: dict[Side, int] = field(default_factory=lambda: {Side.JOB: 0, Side.ITEM: 0})
    events: list[Side] = field(default_factory=list)
    crashes: int = 0

    @property
    def base(self) -> Mapping[str, Any]:
        """What both last agreed on."""
        return self.agreed.base

    @property
    def sent(self) -> Mapping[str, Any]:
        """What was sent and is not known to have arrived."""
        return self.agreed.sent

    def edit(self, side: Side, name: str, value: Any) -> None:
        """Set a field, as a person does."""
        if self.sides[side][name] == value:
            return
        self.now += timedelta(seconds=self.rng.choice((0, 1, 60)))
        self.sides[side][name] = value
        self._changed(side, name)
        self.edits.append(Edit(side, name, value, self.now, blind=side is Side.ITEM and name in self.sent))
        self.events.append(side)

    def _changed(self, side: Side, name: str) -> None:
        known = self.when.job if side is Side.JOB else self.when.item
        assert isinstance(known, dict)
        known[name] = self.now

    def sync(self, steps: int = 3) -> int:
        """Synchronise; a crash comes after so many of the three steps. Return how many sides were written."""
        known = Known(self.when, self.sent, frozenset(self.open), cannot)
        found = merging.merge(self.base, self.sides[Side.JOB], self.sides[Side.ITEM], self.rules, known)
        self.crashes += steps < 3
        if self.together:
            steps = 3 if steps else 0
        if steps >= 1:
            self._keep(found)
        if steps >= 2:
            self._write(Side.ITEM, found.to_item)
        if steps >= 3:
            self.agreed = self.agreed.arrived()
        return bool(found.to_item) + bool(found.to_job)

    def _keep(self, found: Any) -> None:
        self._write(Side.JOB, found.to_job)
        self.agreed = before_sending(found)
        self.open = {clash.field: clash for clash in found.clashes if clash.winner is None}

    def _write(self, side: Side, values: Any) -> None:
        for name, value in values.items():
            if cannot(side, name, value):
                raise BrokenError(f"{side} was given {value!r} for {name}, which it cannot hold")
            if isinstance(value, Odd):
                raise BrokenError(f"{side} was given what nobody understands for {name}")
            self.sides[side][name] = value
            self._changed(side, name)
        if values:
            self.writes[side] += 1
            self.events += [side] * self.rng.choice((0, 1, 1, 2))

    def settle(self) -> None:
        """Have a person decide all that is open, by setting one side as the other is."""
        for name, clash in list(self.open.items()):
            if clash.kind is Kind.UNMAPPED:
                value = self.rng.choice(EDITS[name])
                for side in Side:
                    self.edit(side, name, value)
            else:
                self.edit(Side.ITEM, name, self.sides[Side.JOB][name])


def cannot(side: Side, name: str, value: Any) -> str | None:
    """Refuse one person, on the job alone: they have left."""
    gone = side is Side.JOB and name == "lead_id" and value == "left"
    return "They have left." if gone else None


def pairing(rng: Random) -> Pairing:
    """Make a pair, in step or never agreed on, with rules by chance."""
    rules = tuple(
        FieldRule(one.field, one.column, rng.choice(tuple(Owner)), one.flow) if rng.random() < 0.5 else one
        for one in FIELDS
    )
    job = {name: rng.choice(values) for name, values in EDITS.items()}
    fresh = rng.random() < 0.2
    item = {name: rng.choice(values) for name, values in EDITS.items()} if fresh else dict(job)
    when = dict.fromkeys(job, START)
    sides, base = {Side.JOB: job, Side.ITEM: item}, {} if fresh else dict(job)
    made = Pairing(rng, rules, rng.random() < 0.5, sides, Agreed(base, {}), fresh)
    made.when = When(dict(when), dict(when))
    if fresh:
        # The first laying of two that were never in step may write each of them once.
        made.edits += [Edit(side, "title", None, START) for side in Side]
    return made


def live(seed: int) -> Pairing:
    """Live through a history. Raises BrokenError."""
    rng = Random(seed)
    pair = pairing(rng)
    for _ in range(STEPS):
        step(pair)
        check_writes(pair)
    calm(pair)
    return pair


def step(pair: Pairing) -> None:
    """Do one thing by chance."""
    rng, kind = pair.rng, pair.rng.random()
    if kind < 0.5:
        side, name = rng.choice(tuple(Side)), rng.choice(tuple(EDITS))
        choice = EDITS[name] if side is Side.JOB else ON_THE_BOARD.get(name, EDITS[name])
        pair.edit(side, name, rng.choice(choice))
    elif kind < 0.9 and pair.events:
        # Events come in any order, some twice, and some are lost with a crash.
        pair.events.pop(rng.randrange(len(pair.events)))
        before = held(pair)
        pair.sync(rng.choice((0, 1, 2, 3, 3, 3)))
        check_nothing_overwritten(pair, before)
    elif kind < 0.95:
        pair.settle()


def held(pair: Pairing) -> dict[str, tuple[Any, Any]]:
    """Return what both sides hold of the fields that nobody but a person may decide."""
    return {
        one.field: (pair.sides[Side.JOB][one.field], pair.sides[Side.ITEM][one.field])
        for one in pair.rules
        if to_be_asked(pair, one)
    }


def to_be_asked(pair: Pairing, rule: FieldRule) -> bool:
    """Say whether both sides hold what people have set there, and no rule may decide."""
    job, item = pair.sides[Side.JOB][rule.field], pair.sides[Side.ITEM][rule.field]
    if isinstance(item, Odd):
        return True
    base, unsent = pair.base.get(rule.field, job), rule.field not in pair.sent
    asks = (rule.owner is Owner.ASK and rule.flow is Flow.BOTH) or rule.field in pair.open
    return asks and unsent and job != item and base not in {job, item}


def check_nothing_overwritten(pair: Pairing, before: dict[str, tuple[Any, Any]]) -> None:
    """Look that each side still has what it had."""
    for name, values in before.items():
        if (pair.sides[Side.JOB][name], pair.sides[Side.ITEM][name]) != values:
            raise BrokenError(f"{name} was overwritten, and somebody was to be asked: {values}")


def check_writes(pair: Pairing) -> None:
    """Look that no side was written more often than somebody gave cause."""
    one_way = {one.field for one in pair.rules if one.flow is not Flow.BOTH}
    for side in Side:
        causes = [one for one in pair.edits if one.side is not side or one.field in one_way or one.blind]
        if pair.writes[side] > len(causes):
            raise BrokenError(f"{side} was written {pair.writes[side]} times for {len(causes)} edits")


def calm(pair: Pairing) -> None:
    """No more edits or crashes: what is left is done, and then nothing is."""
    pair.sync()
    check_writes(pair)
    written = dict(pair.writes)
    for _ in range(3):
        base, still_open = dict(pair.base), set(pair.open)
        if pair.sync() or pair.writes != written:
            raise BrokenError("something was written although nothing had changed")
        if (pair.base, set(pair.open)) != (base, still_open):
            raise BrokenError("what is remembered changed although nothing had")
    check_equal(pair)
    check_edits_kept(pair)


def check_equal(pair: Pairing) -> None:
    """Look that both sides are equal, or that somebody is asked."""
    for name in EDITS:
        job, item = pair.sides[Side.JOB][name], pair.sides[Side.ITEM][name]
        if name not in pair.open and job != item:
            raise BrokenError(f"{name} is {job!r} on the job and {item!r} on the board, and nobody is asked")
        if name in pair.open and job == item:
            raise BrokenError(f"somebody is asked about {name}, which is {job!r} on both sides")


def check_edits_kept(pair: Pairing) -> None:
    """Look that what one side alone has ever changed is now so on both."""
    for rule in pair.rules:
        edits = [one for one in pair.edits if one.field == rule.field]
        alone = len({one.side for one in edits}) == 1 and not any(one.blind for one in edits)
        clash = pair.open.get(rule.field)
        if alone and not pair.fresh and clash and clash.kind is Kind.DIFFERS:
            raise BrokenError(f"somebody is asked about {rule.field}, which one side alone has changed")
        if pair.fresh or not alone or rule.flow is not Flow.BOTH or clash:
            continue
        last = edits[-1]
        if pair.sides[last.side.other][rule.field] != last.value:
            raise BrokenError(f"{rule.field} was set to {last.value!r} on one side alone, and that is lost")
