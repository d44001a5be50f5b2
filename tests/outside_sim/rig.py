"""A board of ours, one of a simulated monday.com, and what keeps both the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from tests.factories.monday_desk import JOBS_URL, LABELS, MondayDesk
from tests.factories.people import BOSS, accounts_on

from tiebeam.connectors.ports import Refusal
from tiebeam.identity.model import Role
from tiebeam.jobs.boards.model import ColumnKind, Item, Label, NewColumn
from tiebeam.jobs.boards.repository import Boards
from tiebeam.link.outside.model import ColumnMap, OutsideLink, OwnerRule
from tiebeam.link.outside.repository import Mirrors
from tiebeam.link.outside.run import Mirroring
from tiebeam.push.deliveries.monday.board import MondayBoards

if TYPE_CHECKING:
    from uuid import UUID

    from tiebeam.kernel.clock import ManualClock
    from tiebeam.link.outside.model import OutsideConflict
    from tiebeam.simulators.monday.state import Item as TheirItem
    from tiebeam.store.pool import Store

COLUMNS: Final = (
    NewColumn("Status", ColumnKind.STATUS, tuple(Label(text) for text in LABELS.values()), key="status"),
    NewColumn("Lead", ColumnKind.PEOPLE, key="lead"),
    NewColumn("Starts", ColumnKind.DATE, key="starts"),
    NewColumn("Address", ColumnKind.TEXT, key="address"),
    NewColumn("Notes", ColumnKind.TEXT, key="notes"),
    NewColumn("Value", ColumnKind.NUMBER, key="value"),
    NewColumn("Job", ColumnKind.LINK, key="job"),
)
KEYS: Final = tuple(str(one.key) for one in COLUMNS)


class Rig:
    """One company with one joined board."""

    def __init__(self, store: Store, tenant_id: UUID, clock: ManualClock, monday: MondayDesk) -> None:
        self.store = store
        self.tenant_id = tenant_id
        self.clock = clock
        self.monday = monday
        self.boards = Boards(store, tenant_id, clock)
        self.mirrors = Mirrors(store, tenant_id, clock)
        self.desk = MondayBoards(monday.client, jobs_url=JOBS_URL)
        self.mirroring = Mirroring(self.mirrors, self.desk, clock)
        self.link = OutsideLink(uuid4(), uuid4(), "monday", monday.board_id, ())

    async def join(self, owner: OwnerRule = OwnerRule.LATEST, *, groups: bool = False) -> OutsideLink:
        """Make a board of ours and join it to theirs."""
        board = await self.boards.create("Jobs", COLUMNS, ("Active", "Closed"), actor=BOSS)
        theirs = await self.desk.board(self.monday.board_id)
        me = await self.desk.me()
        assert not isinstance(theirs, Refusal)
        assert not isinstance(me, Refusal)
        pairs = zip(board.groups, theirs.groups, strict=True)
        self.link = OutsideLink(
            uuid4(),
            board.id,
            "monday",
            theirs.id,
            tuple(ColumnMap(key, key) for key in KEYS),
            {str(ours.id): there.id for ours, there in pairs} if groups else {},
            owner,
            layout=theirs,
            me=me.id,
        )
        await self.mirrors.join(self.link)
        return self.link

    async def person(self, email: str) -> UUID:
        """Add somebody of ours."""
        made = await accounts_on(self.store).add_person(
            self.tenant_id, email=email, name=email, role=Role.OFFICE, password=None, by=BOSS
        )
        return made.id

    async def ours(self) -> list[Item]:
        """Return our items."""
        return await self.boards.items(self.link.board_id)

    async def one(self, name: str) -> Item:
        """Return our one item of a name."""
        (found,) = [one for one in await self.ours() if one.name == name]
        return found

    def theirs(self) -> list[TheirItem]:
        """Return the items there."""
        return list(self.monday.board.live())

    async def make(self, name: str, **values: Any) -> Item:
        """Make an item of ours."""
        return await self.boards.create_item(self.link.board_id, name, values=values, actor=BOSS)

    async def change(self, item: Item, name: str | None = None, **values: Any) -> Item:
        """Change an item of ours."""
        return await self.boards.change_item(item.id, name=name, values=values, actor=BOSS)

    async def conflicts(self) -> list[OutsideConflict]:
        """Return what somebody is asked about."""
        return await self.mirrors.conflicts(link_id=self.link.id)

    @property
    def calls(self) -> int:
        """How often monday.com was asked."""
        return self.monday.client.calls
