"""Procore as a target of one tenant: opened through its connection when there is something to send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tiebeam.facts import CopyFacts
from tiebeam.operations.tokens.model import Status
from tiebeam.push.deliveries.procore.target import ProcoreTarget, opened
from tiebeam.push.errors import GoneError
from tiebeam.push.model import Waiting

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from tiebeam.app import App
    from tiebeam.operations.tokens.model import Connection
    from tiebeam.push.model import Paper, Plan, PlannedStep, Receipt

_NOT_CONNECTED: Final = "Procore is not connected."


class ProcoreOutlet:
    """Pushes a tenant's papers into the Procore that it is connected to; waits while it is to none."""

    name = ProcoreTarget.name
    settle_seconds = ProcoreTarget.settle_seconds

    def __init__(self, app: App) -> None:
        self._app = app
        self._opened: dict[UUID, ProcoreTarget] = {}

    async def plan(self, paper: Paper) -> Plan:
        """Return the writes of a paper, or what keeps it."""
        connection = await self._connection()
        if connection is None:
            return Waiting(f"{_NOT_CONNECTED} It goes on by itself once it is.")
        return await (await self._target(connection)).plan(paper)

    async def look(self, step: PlannedStep, receipts: Mapping[str, Receipt], paper: Paper) -> Receipt | None:
        """Look for what a step makes. Raises GoneError while nothing is connected."""
        return await (await self._reached()).look(step, receipts, paper)

    async def send(self, step: PlannedStep, receipts: Mapping[str, Receipt], paper: Paper) -> Receipt:
        """Make what a step makes. Raises GoneError while nothing is connected."""
        return await (await self._reached()).send(step, receipts, paper)

    async def _reached(self) -> ProcoreTarget:
        connection = await self._connection()
        if connection is None:
            raise GoneError(_NOT_CONNECTED, action="Connect Procore again; then it goes on by itself.")
        return await self._target(connection)

    async def _connection(self) -> Connection | None:
        if not self._app.includes_procore:
            return None
        for one in await self._app.connections():
            if one.vendor == self.name and one.status is Status.CONNECTED:
                return one
        return None

    async def _target(self, connection: Connection) -> ProcoreTarget:
        """Return the target of a connection, the same each time: it remembers what it has uploaded."""
        if connection.id not in self._opened:
            app = self._app
            facts = CopyFacts(app.replica(connection), app.records(connection.id))
            client = await app.client(connection)
            self._opened[connection.id] = opened(client, app.transport, facts, app.clock)
        return self._opened[connection.id]
