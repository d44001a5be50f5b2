"""A company's boards that are kept the same as boards of monday.com: joined, kept so, parted."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from tiebeam.app import keyring
from tiebeam.connectors.monday.limits import DAILY_CALLS
from tiebeam.connectors.ports import Refusal, RefusalKind, Share
from tiebeam.kernel.errors import BadInputError, TiebeamError
from tiebeam.link.outside.door.receive import secret_hash
from tiebeam.link.outside.door.repository import Door, Doors
from tiebeam.link.outside.joining.plan import chosen, imported, same_groups, troubles
from tiebeam.link.outside.model import (
    LinkState,
    Mirrored,
    MirrorState,
    OutsideLink,
    OwnerRule,
    Then,
    Whose,
)
from tiebeam.link.outside.passes.plan import CALLS_FIRST, pass_seconds
from tiebeam.link.outside.passes.repository import Pass, Passes
from tiebeam.link.outside.repository import Mirrors
from tiebeam.link.outside.run import Mirroring
from tiebeam.monday import VENDOR, Monday
from tiebeam.operations.alerts.model import Finding, Severity
from tiebeam.operations.audit.model import Actor, ActorKind
from tiebeam.operations.tokens.model import Status
from tiebeam.operations.tokens.vault import TextBox
from tiebeam.push.deliveries.monday.board import MondayBoards
from tiebeam.wishes import decide_job, hear_job, pull_job, send_job
from tiebeam.working import JobsAndBoards

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from tiebeam.app import App
    from tiebeam.connectors.monday.client import MondayClient
    from tiebeam.connectors.monday.model import OutsideBoard
    from tiebeam.jobs.boards.model import Board
    from tiebeam.operations.queue.model import NewJob
    from tiebeam.operations.tokens.model import Connection

LOG = logging.getLogger(__name__)

STUCK: Final = "mirror_stuck"
TOLD_MAX: Final = 100
"""So many items are read by one call."""
SETTLE: Final = "settle"
UNDO: Final = "undo"
ANSWER: Final = "answer"
_CHOICES: Final[Mapping[str, frozenset[str]]] = {
    SETTLE: frozenset(Whose),
    UNDO: frozenset({""}),
    ANSWER: frozenset(Then),
}
_SECRET_BYTES: Final = 32
_HOOKS_EVERY: Final = timedelta(hours=1)
_AGAIN_SECONDS: Final = 60.0
_LIMITS: Final = frozenset({"monday.daily_limit", "monday.limited", "monday.no_turn"})
_STAYS: Final = frozenset({RefusalKind.NOT_FOUND, RefusalKind.FORBIDDEN, RefusalKind.BAD_REQUEST})
"""What is so until somebody does something about it."""
AUTHOR: Final = Actor.system("mirror")


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of some work on a joined board."""

    wait_seconds: float | None = None
    """When to go on; None: it is done."""
    why: str = ""
    """Why it could not be done, where that is a trouble."""
    code: str = ""
    """What of the error table it is; empty where nothing is wrong but that the vendor has limits."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a joined board stands."""

    link: OutsideLink
    board: Board
    last: Pass | None
    troubles: tuple[str, ...]
    items: int
    """So many items are the same on both sides, or about to be."""
    open: int
    """So many conflicts and questions wait for somebody."""
    door: Door | None

    @property
    def in_words(self) -> str:
        """How it stands, in words."""
        if self.troubles:
            return "needs you"
        return "kept the same" if self.link.passed_at else "being read"

    @property
    def badge(self) -> str:
        """How it stands, as a colour."""
        return "error" if self.troubles else "connected" if self.link.passed_at else "paused"

    @property
    def hears(self) -> bool:
        """Whether it is told of what happens there."""
        return self.door is not None and bool(self.door.hook_ids) and self.door.refused is None


@dataclass(frozen=True, slots=True)
class BoardSummary:
    """How a joined board stands, for who looks at it from outside."""

    link_id: UUID
    board_id: UUID
    name: str
    outside_board_id: str
    state: str
    items: int
    open: int
    passed_at: datetime | None
    hears_by: str
    """`webhooks` or `looking`."""
    troubles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """How monday.com and the boards joined to it stand."""

    account: str
    user: str
    plan: str
    status: str
    reason: str | None
    action: str | None
    calls_today: int
    calls_a_day: int
    boards: tuple[BoardSummary, ...]


@dataclass(frozen=True, slots=True)
class SameBoards:
    """One tenant's boards that are kept the same as boards of monday.com."""

    app: App

    @property
    def monday(self) -> Monday:
        """The account that the boards are of."""
        return Monday(self.app)

    def mirrors(self) -> Mirrors:
        """Return what is remembered of both sides."""
        return Mirrors(self.app.store, self.app.tenant.id, self.app.clock)

    def doors(self) -> Doors:
        """Return where webhooks knock."""
        return Doors(self.app.store, self.app.tenant.id)

    def passes(self) -> Passes:
        """Return the last passes."""
        return Passes(self.app.store, self.app.tenant.id)

    async def links(self) -> list[OutsideLink]:
        """Return the boards that are kept the same."""
        return await self.mirrors().links()

    async def of_board(self, board_id: UUID) -> OutsideLink | None:
        """Return how a board of ours is joined to one there; None when it is not."""
        return next(iter(await self.mirrors().links(board_id=board_id)), None)

    async def standings(self) -> list[Standing]:
        """Return how each stands."""
        links, passes, doors = await self.links(), await self.passes().all(), await self.doors().all()
        found = []
        for one in links:
            board = await JobsAndBoards(self.app).boards().get(one.board_id)
            last, door = passes.get(one.id), doors.get(one.id)
            states, conflicts = await self.mirrors().counts(one.id)
            asked = states.get(MirrorState.ASKS, 0) + conflicts
            told = tuple(troubles(one, board))
            items = states.get(MirrorState.LINKED, 0)
            found.append(Standing(one, board, last, told, items, asked, door))
        return found

    async def summary(self) -> Summary | None:
        """Return how everything stands; None where nothing is connected."""
        one = await self.monday.connection()
        if one is None or one.status is Status.DISCONNECTED:
            return None
        account, spent = await self.monday.account(one), await self.monday.spent(one)
        boards = tuple(map(_summed, await self.standings()))
        return Summary(
            account.name,
            account.user_name,
            account.plan,
            one.status.value,
            one.reason,
            one.action,
            spent.today,
            spent.allowed,
            boards,
        )

    async def pulse(self) -> str:
        """Return what changes whenever a joined board is laid beside the other, told of or parted."""
        return await self.passes().pulse()

    async def begin(self, outside_board_id: str, name: str, owner: OwnerRule, actor: Actor) -> OutsideLink:
        """Make a board of ours of one there, and keep both the same. Raises BadInputError, TiebeamError."""
        theirs = await self._free(outside_board_id)
        made = imported(theirs)
        columns = [wanted for wanted, _ in made.columns]
        groups = [title for title, _ in made.groups]
        board = await JobsAndBoards(self.app).boards().create(name or made.name, columns, groups, actor=actor)
        link = OutsideLink(
            uuid4(),
            board.id,
            VENDOR,
            theirs.id,
            made.columns_of(board),
            made.groups_of(board),
            owner,
            layout=theirs,
        )
        return await self._joined(link)

    async def join(
        self, outside_board_id: str, board_id: UUID, columns: Mapping[str, str], owner: OwnerRule
    ) -> OutsideLink:
        """Keep a board of ours the same as one there, by these columns. Raises as `begin` does."""
        if await self.of_board(board_id) is not None:
            raise BadInputError(
                "This board is kept the same as another one already.", action="Stop that first."
            )
        theirs, board = (
            await self._free(outside_board_id),
            await JobsAndBoards(self.app).boards().get(board_id),
        )
        link = OutsideLink(
            uuid4(),
            board.id,
            VENDOR,
            theirs.id,
            chosen(board, theirs, columns),
            same_groups(board, theirs),
            owner,
            layout=theirs,
        )
        return await self._joined(link)

    async def choose_owner(self, link_id: UUID, owner: OwnerRule) -> None:
        """Say whose value counts where both sides have changed the same cell."""
        await self._keep(link_id, lambda link: replace(link, owner=owner))

    async def stop(self, link_id: UUID) -> list[str]:
        """Keep the two boards the same no more; both stay.

        Returns what monday.com could not be told, each with what to do there.
        """
        found = await self._shut([link_id])
        await self._keep(link_id, lambda link: replace(link, state=LinkState.STOPPED))
        await self._tell(link_id, [])
        return found

    async def renewed(self) -> None:
        """Go on with every board, after the account was connected (again)."""
        account = await self.monday.account(await self.monday.present())
        for one in await self.links():
            await self._keep(one.id, lambda link: replace(link, me=account.user_id, trouble=""))
            await self.pull_now(one.id)

    async def disconnect(self) -> list[str]:
        """End the connection; all boards stay, and are kept the same no more while it is ended.

        Returns what monday.com could not be told, each with what to do there.
        """
        found = await self._shut([one.id for one in await self.links()])
        await self.monday.disconnect()
        return found

    async def pull_now(self, link_id: UUID, *, approved: bool = False) -> None:
        """Have both boards laid beside each other whole, before what nobody waits for.

        With `approved` a person has said that what is missing there is meant to be, however much.
        """
        await self.app.queue.trigger(self.app.tenant.id, [pull_job(link_id, by_hand=True, approved=approved)])

    async def due(self) -> list[NewJob]:
        """Return what is to be done by now: what was told of or changed, and the boards whose turn it is."""
        connection = await self.monday.connection()
        links = await self.links() if connection and connection.status is Status.CONNECTED else []
        if connection is None or not links:
            return []
        # One that stands in trouble is only read whole, now and then: else it would spend the calls of a day.
        known = {one.id for one in links if not one.trouble}
        told = [hear_job(one) for one in await self.doors().waiting() if one in known]
        changed = [send_job(one) for one in await self.passes().changed() if one in known]
        return [*told, *changed, *await self._pulls(connection, links)]

    async def changed(self) -> list[NewJob]:
        """Return what sends the changes that were made here."""
        changed = await self.passes().changed()
        well = {one.id for one in await self.links() if not one.trouble} if changed else set()
        return [send_job(one) for one in changed if one in well]

    async def hear(self, link_id: UUID) -> Rest:
        """Read the items that webhooks told of."""
        told = await self.doors().told(link_id, TOLD_MAX)
        if not told or not await self._passed(link_id):
            return Rest()
        ids, answers = [one.item_id for one in told], [one.item_id for one in told if one.answers]
        rest = await self._done(link_id, Share.WEBHOOK, lambda work, _: work.hear(link_id, ids, answers))
        if rest.wait_seconds is None and not rest.why:
            await self.doors().read(link_id, told)
            return Rest(0.0) if len(told) >= TOLD_MAX else rest
        return rest

    async def send(self, link_id: UUID) -> Rest:
        """Tell the other side what was changed on ours."""
        if not await self._passed(link_id):
            return Rest()
        return await self._done(link_id, Share.DEMAND, lambda work, _: work.send(link_id))

    async def pull(self, link_id: UUID, *, approved: bool = False) -> Rest:
        """Lay both boards beside each other whole, and see that we are told of what happens there."""
        began = self.app.clock.now()

        async def work(mirroring: Mirroring, client: MondayClient) -> Mirrored:
            told = await mirroring.pull(link_id, approved=approved)
            refused = told.refusal.cause if told.refusal else None
            made, sent = told.ours + told.made_ours, told.theirs + told.made_theirs
            ended = self.app.clock.now()
            await self.passes().put(Pass(link_id, began, ended, client.calls, made, sent, refused))
            return told

        rest = await self._done(link_id, Share.POLL, work)
        if rest == Rest():
            await self._keep_door(link_id)
        return rest

    async def decide(self, what: str, about: UUID, choice: str, by: Actor) -> None:
        """Have carried out what a person has decided. Raises UnknownMirrorError, BadInputError."""
        if choice not in _CHOICES[what]:
            raise BadInputError("What is to become of it was not said.", action="Press one of the buttons.")
        async with self.mirrors().turn() as turn:
            found = await (turn.mirror(about) if what == ANSWER else turn.conflict(about))
        await self.monday.present()
        job = decide_job(found.link_id, what, about, choice, by)
        await self.app.queue.trigger(self.app.tenant.id, [job])

    async def carry_out(self, link_id: UUID, wish: Mapping[str, Any]) -> Rest:
        """Do what a person has decided; what became of it meanwhile, by itself or by another, stays so."""
        about, choice, what = UUID(wish["about"]), wish["choice"], wish["what"]
        by = Actor(ActorKind(wish["actor_kind"]), wish["actor_id"], wish["actor_name"])

        async def work(mirroring: Mirroring, _: MondayClient) -> Mirrored:
            try:
                if what == ANSWER:
                    return await mirroring.answer(about, Then(choice), by)
                if what == SETTLE:
                    await mirroring.settle(about, Whose(choice), by)
                else:
                    await mirroring.undo(about, by)
            except BadInputError as error:
                # It stands in the list as it stood, with the reason why it could not be done.
                LOG.info("A decision could not be carried out: %s", error.cause)
            return Mirrored()

        return await self._done(link_id, Share.DEMAND, work)

    async def _passed(self, link_id: UUID) -> bool:
        """Say whether the boards were laid beside each other: before, nobody knows which item is which."""
        link = await self._link(link_id)
        return link is not None and link.passed_at is not None

    async def _done(
        self,
        link_id: UUID,
        share: Share,
        work: Callable[[Mirroring, MondayClient], Awaitable[Mirrored]],
    ) -> Rest:
        link = await self._link(link_id)
        if link is None or (await JobsAndBoards(self.app).boards().get(link.board_id)).deleted_at is not None:
            await self._told(link_id)
            return Rest()
        client = await self.monday.client(await self.monday.present())
        desk = MondayBoards(client, jobs_url=f"{self.app.settings.address}/jobs/", share=share)
        done = await work(Mirroring(self.mirrors(), desk, self.app.clock), client)
        return await self._rest(link, done)

    async def _rest(self, link: OutsideLink, done: Mirrored) -> Rest:
        refusal = done.refusal
        lasting = refusal is not None and refusal.kind in _STAYS
        said = f"{refusal.cause} {refusal.action}" if refusal is not None and lasting else ""
        if said != link.trouble and (lasting or refusal is None):
            await self._keep(link.id, lambda one: replace(one, trouble=said))
        await self._told(link.id)
        if refusal is None:
            return Rest(0.0) if done.more else Rest()
        if lasting:
            return Rest(why=said)
        code = "" if refusal.code in _LIMITS else refusal.code
        return Rest(self._wait_seconds(refusal), refusal.cause, code)

    def _wait_seconds(self, refusal: Refusal) -> float:
        if refusal.code == "monday.daily_limit":
            now = self.app.clock.now()
            midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
            return (midnight - now).total_seconds()
        return max(_AGAIN_SECONDS, refusal.wait_seconds)

    async def _pulls(self, connection: Connection, links: list[OutsideLink]) -> list[NewJob]:
        passes, doors, now = await self.passes().all(), await self.doors().all(), self.app.clock.now()
        plan = (await self.monday.account(connection)).plan
        calls = [passes[one.id].calls if one.id in passes else CALLS_FIRST for one in links]
        found = []
        for one in links:
            hears = one.id in doors and doors[one.id].refused is None
            every = timedelta(seconds=pass_seconds(DAILY_CALLS[plan], calls, hears=hears))
            if one.id not in passes or now - passes[one.id].began_at >= every:
                found.append(pull_job(one.id))
        return found

    async def _free(self, outside_board_id: str) -> OutsideBoard:
        if any(one.outside_board_id == outside_board_id for one in await self.links()):
            raise BadInputError("That board is kept the same as one here already.", action="Stop that first.")
        return await (await self.monday.desk(await self.monday.present())).board(outside_board_id)

    async def _joined(self, link: OutsideLink) -> OutsideLink:
        account = await self.monday.account(await self.monday.present())
        made = replace(link, me=account.user_id)
        await self.mirrors().join(made)
        await self.pull_now(made.id)
        return made

    async def _keep(self, link_id: UUID, changed: Callable[[OutsideLink], OutsideLink]) -> None:
        async with self.mirrors().turn() as turn:
            await turn.keep_link(changed(await turn.link(link_id)))

    async def _told(self, link_id: UUID) -> None:
        """Have an alert stand for each trouble of a joined board, and for no other."""
        link = await self._link(link_id)
        board = await JobsAndBoards(self.app).boards().get(link.board_id) if link else None
        await self._tell(link_id, troubles(link, board) if link and board else [], board)

    async def _tell(self, link_id: UUID, said: list[str], board: Board | None = None) -> None:
        within = f"mirror:{link_id}"
        action = "Look at the page of the board, under monday.com."
        found = [
            Finding(
                STUCK, f"{within}/{place}", Severity.WARNING, f"{board.name if board else ''}: {one}", action
            )
            for place, one in enumerate(said)
        ]
        await self.app.alert_desk().report(self.app.tenant.id, found, rules=[STUCK], within=within)

    async def _keep_door(self, link_id: UUID) -> None:
        """See to it that monday.com tells us of what happens, where a public address is set."""
        base, link = self.app.settings.webhook_url, await self._link(link_id)
        door = await self.doors().of(link_id)
        if base is None or link is None:
            return
        now = self.app.clock.now()
        if door and door.base_url == base and door.hook_ids and now - door.kept_at < _HOOKS_EVERY:
            return
        box = TextBox(keyring(self.app.settings), "door")
        tenant_id = self.app.tenant.id
        if door is None or door.base_url != base:
            secret = secrets.token_urlsafe(_SECRET_BYTES)
            key_id, sealed = box.seal(secret, tenant_id, link_id)
            door = Door(link_id, secret_hash(secret), key_id, sealed, (), base, None, now)
        # Before anything is made: monday.com asks at once whether we listen.
        await self.doors().put(replace(door, kept_at=now))
        secret = box.open(door.key_id, door.sealed, tenant_id, link_id)
        url = f"{base.rstrip('/')}/webhooks/monday/{tenant_id}/{link_id}/{secret}"
        desk = await self.monday.desk(await self.monday.present())
        hooks, why = await desk.keep_hooks(link.outside_board_id, url, door.hook_ids)
        refused = f"{why.cause} {why.action}" if why else None
        await self.doors().put(replace(door, hook_ids=hooks, kept_at=now, refused=refused))

    async def _link(self, link_id: UUID) -> OutsideLink | None:
        return next((one for one in await self.links() if one.id == link_id), None)

    async def _shut(self, link_ids: list[UUID]) -> list[str]:
        """Have monday.com tell nobody of these boards any more; return what it could not be told."""
        doors, found = await self.doors().all(), []
        for link_id in link_ids:
            try:
                if link_id in doors and doors[link_id].hook_ids:
                    desk = await self.monday.desk(await self.monday.present())
                    await desk.end_hooks(doors[link_id].hook_ids)
            except TiebeamError as error:
                found.append(f"A webhook could not be removed there: {error.cause} Remove it on the board.")
            await self.doors().close(link_id)
        return found


def _summed(one: Standing) -> BoardSummary:
    return BoardSummary(
        one.link.id,
        one.board.id,
        one.board.name,
        one.link.outside_board_id,
        one.in_words,
        one.items,
        one.open,
        one.link.passed_at,
        "webhooks" if one.hears else "looking",
        one.troubles,
    )
