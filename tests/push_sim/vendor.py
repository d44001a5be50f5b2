"""A vendor that lies: it loses requests and answers, does things late, shows them later, refuses."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.simulation.process import Killed

from tiebeam.push.errors import BusyError, GoneError, RejectedError, UncertainError
from tiebeam.push.model import RECEIPT, PlannedStep, Receipt, Steps, step_origin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from random import Random

    from tiebeam.kernel.clock import ManualClock
    from tiebeam.push.model import Paper, Plan

SETTLE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that was made at the vendor, and since when it can be seen."""

    id: str
    key: str
    payload: Mapping[str, Any]
    seen_from: datetime


@dataclass(slots=True)
class LyingVendor:
    """What the vendor has. `trouble` is how likely something goes wrong with a request; 0: nothing does."""

    clock: ManualClock
    rng: Random
    trouble: float = 0.35
    things: list[Thing] = field(default_factory=list)
    late: list[tuple[datetime, str, Mapping[str, Any]]] = field(default_factory=list)
    calls: int = 0
    fired: dict[str, int] = field(default_factory=dict)
    gone: bool = False

    def fault(self, *kinds: str) -> str:
        """Draw what goes wrong with a request; empty for nothing."""
        self.calls += 1
        self.catch_up()
        kind = self.rng.choice(kinds) if self.rng.random() < self.trouble else ""
        if kind:
            self.fired[kind] = self.fired.get(kind, 0) + 1
        return kind

    def catch_up(self) -> None:
        """Do what was to be done late and is due."""
        due = [one for one in self.late if one[0] <= self.clock.now()]
        self.late = [one for one in self.late if one not in due]
        for _, key, payload in due:
            self.make(key, payload)

    def make(self, key: str, payload: Mapping[str, Any], *, shown_after: float = 0.0) -> Thing:
        """Make a thing, whether there is one of that key or not: this vendor does not care."""
        seen_from = self.clock.now() + timedelta(seconds=shown_after)
        self.things.append(Thing(str(1000 + len(self.things)), key, payload, seen_from))
        return self.things[-1]

    def make_late(self, key: str, payload: Mapping[str, Any]) -> None:
        """Do it within the time that a call may take to settle."""
        after = timedelta(seconds=self.rng.uniform(0, SETTLE_SECONDS - 1))
        self.late.append((self.clock.now() + after, key, payload))


class LyingTarget:
    """A target on it. A paper is a header, its lines, its photos and a mark at the end."""

    name = "liar"
    settle_seconds = SETTLE_SECONDS

    def __init__(self, vendor: LyingVendor, dies: Callable[[], bool]) -> None:
        """`dies` says whether the process is killed here, in the middle of a call."""
        self._vendor = vendor
        self._dies = dies

    async def plan(self, paper: Paper) -> Plan:
        return steps_of(paper)

    async def look(self, step: PlannedStep, receipts: Mapping[str, Receipt], paper: Paper) -> Receipt | None:
        del receipts
        await self._breathe()
        fault = self._vendor.fault("busy", "lost", "odd")
        if fault:
            raise _error(fault)
        key, now = step_origin(paper, step), self._vendor.clock.now()
        seen = [one for one in self._vendor.things if one.key == key and one.seen_from <= now]
        return self._receipt(seen[0]) if seen else None

    async def send(self, step: PlannedStep, receipts: Mapping[str, Receipt], paper: Paper) -> Receipt:
        del receipts
        key = step_origin(paper, step)
        await asyncio.sleep(0)
        if self._dies():
            # What is on the wire outlives the process that sent it.
            if self._vendor.rng.random() < 0.6:
                self._vendor.make_late(key, step.payload)
            raise Killed
        if self._vendor.gone:
            raise GoneError("The connection was revoked.", action="Connect again.")
        fault = self._vendor.fault("busy", "lost", "odd", "refused", "unanswered", "late", "unread")
        if fault == "late":
            self._vendor.make_late(key, step.payload)
            raise UncertainError("No answer came in time.")
        if fault in ("busy", "lost", "odd", "refused"):
            raise _error(fault)
        shown_after = self._vendor.rng.uniform(0, SETTLE_SECONDS - 1) if fault else 0.0
        thing = self._vendor.make(key, step.payload, shown_after=shown_after)
        await self._breathe()
        if fault == "unanswered":
            raise UncertainError("The connection broke while the answer was read.")
        if fault == "unread":
            raise ValueError("this answer is no JSON")
        return self._receipt(thing)

    async def _breathe(self) -> None:
        await asyncio.sleep(0)
        if self._dies():
            raise Killed

    def _receipt(self, thing: Thing) -> Receipt:
        return Receipt(thing.id, {"id": thing.id}, self._vendor.clock.now())


def _error(fault: str) -> Exception:
    return {
        "busy": BusyError("503"),
        "lost": UncertainError("The request was lost on its way."),
        "odd": RuntimeError("nobody foresaw this"),
        "refused": RejectedError("The cost code is not in the budget.", action="Choose another."),
    }[fault]


def steps_of(paper: Paper) -> Steps:
    """Return what a paper takes at this vendor."""
    body = paper.body
    header = PlannedStep("entry", "entry", (), {"origin": paper.origin, "title": body["title"]})
    parent = {RECEIPT: "entry"}
    lines = [
        PlannedStep(f"line-{number}", "line", ("entry",), {"entry": parent, "hours": hours})
        for number, hours in enumerate(body["lines"])
    ]
    photos = [
        PlannedStep(f"photo-{name}", "photo", ("entry",), {"entry": parent, "photo": name}, best_effort=True)
        for name in body["photos"]
    ]
    needs = ("entry", *(line.name for line in lines))
    ids = [{RECEIPT: name} for name in needs]
    return Steps((header, *lines, *photos, PlannedStep("end", "end", needs, {"of": ids})))
