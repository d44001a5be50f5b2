"""A company's Procore as a place that its documents are pushed to, for as long as it is connected."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from tiebeam.connectors.procore.pages import vendor_page
from tiebeam.kernel.errors import TiebeamError
from tiebeam.link.facts.repository import CopiedFacts
from tiebeam.operations.tokens.model import Status, not_connected
from tiebeam.push.catalogue import CATALOGUE
from tiebeam.push.deliveries.procore.catalogue import CATALOGUE as PROCORES
from tiebeam.push.deliveries.procore.choices.repository import ProcoreChoices
from tiebeam.push.deliveries.procore.plan import plan_paper
from tiebeam.push.deliveries.procore.remedies import remedy
from tiebeam.push.deliveries.procore.steps import Made
from tiebeam.push.deliveries.procore.target import ProcoreTarget
from tiebeam.push.errors import BusyError, GoneError, NoTurnError, UncertainError
from tiebeam.upkeep import Upkeep

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence

    from tiebeam.app import App
    from tiebeam.connectors.procore.pages import VendorPage
    from tiebeam.operations.tokens.model import Connection
    from tiebeam.push.board.model import StepStanding
    from tiebeam.push.catalogue import Entry
    from tiebeam.push.deliveries.procore.facts import ChangeEvent
    from tiebeam.push.model import Paper, Plan, PlannedStep, Receipt
    from tiebeam.push.remedies import Remedy

PROCORE: Final = ProcoreTarget.name
ORDERS: Final = "procore.potential_change_orders"
"""The stream in which a change order request comes back."""
CAUSES: Final[Mapping[str, Entry]] = {**CATALOGUE, **PROCORES}
"""What can keep a document from any target, by code."""


class ConnectedProcore:
    """The target of one tenant. Whatever keeps the connection from being used is GoneError: papers wait."""

    name = PROCORE
    settle_seconds = ProcoreTarget.settle_seconds

    def __init__(self, app: App) -> None:
        self._app = app

    async def plan(self, paper: Paper) -> Plan:
        """Return the writes of a paper, out of our copy alone: this works while Procore is away."""
        connection = await self._connection()
        return plan_paper(paper, await self._facts(connection).facts(paper.project))

    async def look(self, step: PlannedStep, receipts: Mapping[str, Receipt], paper: Paper) -> Receipt | None:
        """Return the receipt of what the step makes if Procore shows it."""
        async with self._noted() as target:
            return await target.look(step, receipts, paper)

    async def send(self, step: PlannedStep, receipts: Mapping[str, Receipt], paper: Paper) -> Receipt:
        """Make the write of the step."""
        async with self._noted() as target:
            return await target.send(step, receipts, paper)

    async def remedies(self, project: str, fields: Collection[str]) -> dict[str, Remedy]:
        """Return what may stand at places of a paper's body, out of our copy alone."""
        facts = await self._facts(await self._connection()).facts(project)
        found = {field: remedy(field, facts) for field in fields}
        return {field: one for field, one in found.items() if one is not None}

    async def page(self, project: str, steps: Sequence[StepStanding]) -> VendorPage | None:
        """Return where people find a paper in Procore, by what was made of it; None: not known."""
        connection = await self._connection()
        order = next((one for one in steps if one.kind == Made.ORDER and one.vendor_id), None)
        stream, key = (ORDERS, order.vendor_id or "") if order else ("", "")
        return vendor_page(
            connection.environment,
            stream,
            project or None,
            key,
            order.payload["query"] if order else {},
            own_site=self._app.settings.procore_pages_url,
        )

    async def change_events(self, project: str) -> list[ChangeEvent] | None:
        """Return the change events of a project that can be chosen; None where they were never copied."""
        if not project:
            return None
        return await self._facts(await self._connection()).change_events(project)

    def choices(self) -> ProcoreChoices:
        """Return how the company wants its documents there."""
        return ProcoreChoices(self._app.store, self._app.tenant.id)

    async def _connection(self) -> Connection:
        found = [one for one in await self._app.connections() if one.vendor == PROCORE]
        if not found:
            raise GoneError(
                "Procore is not connected.",
                action="An administrator connects it under Settings, Integrations, Procore.",
            )
        return min(found, key=lambda one: one.status is not Status.CONNECTED)

    @asynccontextmanager
    async def _noted(self) -> AsyncIterator[ProcoreTarget]:
        """Give the target, and keep for the alerts whether Procore could be worked with."""
        connection = await self._connection()
        target, upkeep = await self._target(connection), Upkeep(self._app)
        try:
            yield target
        except (NoTurnError, GoneError):
            raise
        except (BusyError, UncertainError) as error:
            await upkeep.note_failure(connection, error)
            raise
        await upkeep.note_answer(connection)

    async def _target(self, connection: Connection) -> ProcoreTarget:
        try:
            self._app.require_procore()
            if connection.status is not Status.CONNECTED:
                raise not_connected(connection)
            client = await self._app.client(connection)
        except TiebeamError as error:
            raise GoneError.of(error) from error
        facts = self._facts(connection)
        return ProcoreTarget(client, self._app.transport, facts, self._app.clock, self._app.uploads)

    def _facts(self, connection: Connection) -> CopiedFacts:
        return CopiedFacts(self._app.store, self._app.tenant.id, connection.id, self.choices().get)
