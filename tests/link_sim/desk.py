"""What tests of links are done with: jobs, boards and links of one company, and what they wrote."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from tests.factories.people import BOSS, accounts_on

from tiebeam.identity.model import Role
from tiebeam.identity.repository import Tenants
from tiebeam.jobs.boards.model import Board, ColumnKind, Item, Label, NewColumn
from tiebeam.jobs.boards.repository import Boards
from tiebeam.jobs.changes.repository import Changes
from tiebeam.jobs.model import Change, Subject
from tiebeam.jobs.repository import Jobs
from tiebeam.link.pairs.model import FIELDS, Owner, Rules
from tiebeam.link.pairs.run import Linking
from tiebeam.operations.audit.model import Actor

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

LINK = Actor.system("link")
TABLES = ("work_job", "work_item", "work_change", "link_pair", "link_conflict", "link_log")
ROUNDS_MAX = 20


class Desk:
    """Jobs, boards and links of one company."""

    def __init__(self, store: Store, tenant_id: UUID, clock: ManualClock) -> None:
        self.store = store
        self.tenant_id = tenant_id
        self.clock = clock
        self.jobs = Jobs(store, tenant_id, clock)
        self.boards = Boards(store, tenant_id, clock)
        self.changes = Changes(store, tenant_id)
        self.linking = Linking(store, tenant_id, clock)

    async def person(self, email: str) -> UUID:
        """Add somebody who can lead."""
        made = await accounts_on(self.store).add_person(
            self.tenant_id,
            email=email,
            name=email.partition("@")[0],
            role=Role.OFFICE,
            password=None,
            by=BOSS,
        )
        return made.id

    async def disable(self, person_id: UUID) -> None:
        """Somebody leaves."""
        await accounts_on(self.store).disable(self.tenant_id, person_id, by=BOSS)

    async def another_company(self) -> Tenant:
        """Make a company beside this one."""
        return await Tenants(self.store).create(f"b{uuid4().hex[:8]}", "Birch")

    async def linked(self, title: str = "Roof", **fields: Any) -> tuple[UUID, UUID]:
        """Make a job and its item on the board of jobs."""
        job = await self.jobs.create(title=title, **fields, actor=BOSS)
        return job.id, (await self.item_of(job.id)).id

    async def item_of(self, job_id: UUID) -> Item:
        """Return the item of a job on the board of jobs, which it gets if it has none."""
        (found, *_) = await self.linking.sync_job(job_id, LINK)
        assert found.item_id is not None
        return await self.boards.item(found.item_id)

    async def board(self, name: str) -> Board:
        """Make a board whose items can be linked."""
        texts = [one.text for one in (await self.boards.active_jobs()).columns[0].labels]
        labels = tuple(Label(text) for text in texts)
        columns = [
            NewColumn("Status", ColumnKind.STATUS, labels, key="status"),
            NewColumn("Job", ColumnKind.LINK, key="job"),
        ]
        return await self.boards.create(name, columns, actor=BOSS)

    async def add_label(self, text: str) -> None:
        """Add a label to the statuses of the board of jobs."""
        board = await self.boards.active_jobs()
        labels = (*board.columns[0].labels, Label(text))
        await self.boards.layout.change_column(board.id, "status", labels=labels, actor=BOSS)

    async def ask_about(self, name: str) -> None:
        """Have people decide whenever both sides change a field."""
        board = await self.boards.active_jobs()
        rules = tuple(replace(one, owner=Owner.ASK) if one.field == name else one for one in FIELDS)
        await self.linking.choose(board.id, Rules(rules))

    async def statuses(self, job_id: UUID, item_id: UUID) -> tuple[str, str | None]:
        """Return the status of a job, and the label of an item."""
        item = await self.boards.item(item_id)
        return (await self.jobs.get(job_id)).status.value, item.values.get("status")

    async def changes_of(self, item_id: UUID) -> list[Change]:
        """Return what was done to an item, the newest first."""
        return await self.changes.of(Subject.ITEM, item_id)

    async def everything(self) -> list[Any]:
        """Return every row of every table that a sync may write."""
        named = {"tenant_id": self.tenant_id}
        async with self.store.transaction(self.tenant_id) as tx:
            return [
                await tx.rows(
                    f"select t::text from tiebeam.{table} t where tenant_id = %(tenant_id)s::uuid order by 1",
                    named,
                )
                for table in TABLES
            ]

    async def writes(self) -> int:
        """Return how often a job or an item was changed."""
        sql = (
            "select count(distinct (subject, subject_id, version)) from tiebeam.work_change"
            " where tenant_id = %(tenant_id)s::uuid"
        )
        async with self.store.transaction(self.tenant_id) as tx:
            return int(await tx.value(sql, {"tenant_id": self.tenant_id}))

    async def storm(self) -> int:
        """Synchronise whatever was changed, each twice over, until nothing is; return in how many rounds.

        Each change is answered as the two rules of every company answer it.
        """
        for number in range(ROUNDS_MAX):
            waiting = await self.changes.waiting()
            if not waiting:
                return number
            for together in reversed(waiting * 2):
                await self._answer(together[0])
            ids = [one.id for together in waiting for one in together]
            await self.changes.answered(ids, self.clock.now())
        raise AssertionError("the storm goes on for ever")

    async def _answer(self, change: Change) -> None:
        if change.subject is Subject.JOB:
            await self.linking.sync_job(change.subject_id, LINK, change.cause.next())
        else:
            await self.linking.sync_item(change.subject_id, LINK, change.cause.next())

    async def statements(self, doing: Awaitable[Any]) -> int:
        """Do something, and return how many statements it took."""
        count = 0

        async def told(_name: str) -> None:
            nonlocal count
            count += 1

        before, self.store._after_statement = self.store._after_statement, told
        try:
            await doing
        finally:
            self.store._after_statement = before
        return count
