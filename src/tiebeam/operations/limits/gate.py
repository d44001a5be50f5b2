"""What every call passes before it is made. One gate stands before each set of credentials."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, TypeVar

from tiebeam.operations.limits.bucket import admit, give_back, holds
from tiebeam.operations.limits.levels import GateLevel, level
from tiebeam.operations.limits.model import Rates, Sighting, State, Ticket
from tiebeam.operations.limits.rules import learn

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiebeam.kernel.clock import Clock

Answer = TypeVar("Answer")


class Row(Protocol):
    """Where the state of a gate is kept, changed only by who has seen its latest version."""

    async def read(self) -> tuple[int, State]:
        """Return the version and the state; version 0 before the first write."""
        ...

    async def swap(self, version: int, state: State) -> bool:
        """Write `state` as the version after `version`; False when somebody else already has."""
        ...


class MemoryRow:
    """A state that one process keeps to itself."""

    def __init__(self) -> None:
        self._kept = (0, State())

    async def read(self) -> tuple[int, State]:
        """Return the version and the state."""
        return self._kept

    async def swap(self, version: int, state: State) -> bool:
        """Keep `state`, if `version` is the latest."""
        if version != self._kept[0]:
            return False
        self._kept = (version + 1, state)
        return True


class RateGate:
    """Lets calls pass at the pace the vendor allows, shared between all who hold a gate on the same row."""

    def __init__(self, row: Row, *, clock: Clock, rates: Rates | None = None) -> None:
        self._row = row
        self._clock = clock
        self._rates = rates or Rates()
        self._seen: tuple[int, State] | None = None
        self._turn = asyncio.Lock()

    async def enter(self, share: str) -> None:
        """Return when a call of `share` may be made and has been counted; wait until then.

        Raises ValueError for an unknown share. Who is cancelled while waiting loses at most the one call.
        """
        ticket: Ticket | None = None
        while not self._rates.off:
            ticket, state = await self._asked(share, ticket)
            if ticket.wait_seconds > 0:
                await self._clock.sleep(ticket.wait_seconds)
                state = await self._read()
            if holds(state, ticket, self._now()):
                return

    async def observe(self, sighting: Sighting) -> None:
        """Learn from an answer: limits, what remains, a pause."""

        def taught(state: State) -> State:
            return learn(state, self._rates, sighting, self._now())

        if self._rates.off or (self._seen is not None and taught(self._seen[1]) is self._seen[1]):
            return
        async with self._turn:
            await self._changed(lambda state: (taught(state), None))

    async def level(self) -> GateLevel:
        """Return how the gate stands now."""
        return level(await self._read(), self._rates, self._now())

    def _now(self) -> float:
        return self._clock.now().timestamp()

    async def _asked(self, share: str, unused: Ticket | None) -> tuple[Ticket, State]:
        def asked(state: State) -> tuple[State, Ticket]:
            kept = state if unused is None else give_back(state, unused)
            return admit(kept, self._rates, share, self._now())

        async with self._turn:
            state, ticket = await self._changed(asked)
            return ticket, state

    async def _changed(self, decide: Callable[[State], tuple[State, Answer]]) -> tuple[State, Answer]:
        """Apply a decision to the latest state, however often others get in between."""
        while True:
            fresh = self._seen is None
            version, state = self._seen or await self._read_pair()
            after, answer = decide(state)
            if after is state:
                # Nothing to write, so nothing would tell that what we decided on was out of date.
                if fresh:
                    return after, answer
                self._seen = None
            elif await self._row.swap(version, after):
                self._seen = (version + 1, after)
                return after, answer
            else:
                self._seen = None

    async def _read_pair(self) -> tuple[int, State]:
        self._seen = await self._row.read()
        return self._seen

    async def _read(self) -> State:
        return (await self._read_pair())[1]


def memory_gate(clock: Clock, rates: Rates | None = None) -> RateGate:
    """Return a gate of this process alone: for benches, tests, and a first look without a database."""
    return RateGate(MemoryRow(), clock=clock, rates=rates)
