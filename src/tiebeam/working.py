"""A company's jobs and boards: what keeps them, and what keeps them in step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from tiebeam.jobs.automations.repository import RuledWork
from tiebeam.jobs.boards.model import ColumnKind
from tiebeam.jobs.boards.repository import Boards
from tiebeam.jobs.changes.repository import Changes
from tiebeam.jobs.repository import Jobs
from tiebeam.link.pairs.run import Linking

if TYPE_CHECKING:
    from tiebeam.app import App
    from tiebeam.jobs.boards.model import Item
    from tiebeam.jobs.model import Job


@dataclass(frozen=True, slots=True)
class JobsAndBoards:
    """One tenant's jobs and boards. They work whatever becomes of any integration."""

    app: App

    def jobs(self) -> Jobs:
        """Return the jobs."""
        return Jobs(self.app.store, self.app.tenant.id, self.app.clock)

    def boards(self) -> Boards:
        """Return the boards and their items."""
        return Boards(self.app.store, self.app.tenant.id, self.app.clock)

    def changes(self) -> Changes:
        """Return what was done to jobs and items."""
        return Changes(self.app.store, self.app.tenant.id)

    def linking(self) -> Linking:
        """Return what keeps jobs and items in step."""
        return Linking(self.app.store, self.app.tenant.id, self.app.clock)

    def automated(self) -> RuledWork:
        """Return all that rules read and write, the rules themselves among it."""
        return RuledWork.of(self.app.store, self.app.tenant.id, self.app.clock)

    async def item_of(self, job_id: UUID) -> Item | None:
        """Return the item that names a job in its link column, that of the board of jobs first."""
        found = await self.boards().items_linked(job_id)
        return found[0] if found else None

    async def job_of(self, item: Item) -> Job | None:
        """Return the job that an item names in its link column; None for an address, or when it is gone."""
        column = (await self.boards().get(item.board_id)).first(ColumnKind.LINK)
        named = _id_of(item.values.get(column.key)) if column else None
        found = await self.jobs().some([named]) if named else {}
        return found.get(named) if named else None


def _id_of(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
