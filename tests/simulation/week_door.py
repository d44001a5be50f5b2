"""The door that webhooks come in by: a process of its own, which is shut for minutes or for most of a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.always import AlwaysOn
from tiebeam.replicate.webhooks.model import Answer
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from tests.simulation.week_house import Ground

    from tiebeam.simulators.procore.app import ProcoreSimulator
    from tiebeam.simulators.procore.webhooks.model import Delivery

_STATUS = {Answer.STORED: 204, Answer.REFUSED: 401, Answer.TOO_LARGE: 413, Answer.BUSY: 503}
_ANSWER_LOST = 0.02


class Door:
    """Takes deliveries as the web does while it is open; what it said yes to is in `taken`."""

    def __init__(self, ground: Ground, simulator: ProcoreSimulator) -> None:
        self._ground = ground
        self._simulator = simulator
        self._house: AlwaysOn | None = None
        self.taken: set[str] = set()
        self.refused = 0

    @property
    def is_open(self) -> bool:
        """Whether anybody answers."""
        return self._house is not None

    async def open(self) -> None:
        """Begin to answer."""
        ground = self._ground
        self._store = await Store.open(ground.url, clock=ground.clock)
        self._house = AlwaysOn(ground.settings, ground.clock, self._store, ground.transport)
        self._receiver = self._house.receiver()

    async def close(self) -> None:
        """Answer no more."""
        if self._house is not None:
            self._house = None
            await self._store.close()

    async def deliver(self) -> int:
        """Hand over what the vendor has due, and tell it how that went; return how many were taken."""
        webhooks, now = self._simulator.webhooks, self._simulator.state.now
        taken = 0
        for delivery in webhooks.due(now()):
            status = await self._answer(delivery) if self._house is not None else None
            lost = self._ground.rng.random() < _ANSWER_LOST
            webhooks.delivered(delivery.id, None if lost else status, now())
            if status == 204 and not lost:
                taken += 1
                self.taken.add(delivery.event.ulid)
        return taken

    async def _answer(self, delivery: Delivery) -> int:
        answer = await self._receiver.receive(delivery.headers.get("Authorization"), delivery.body)
        self.refused += answer is Answer.REFUSED
        return _STATUS[answer]
