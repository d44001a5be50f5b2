"""Company settings, integrations, monday.com: connecting it by a token, and how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tiebeam.connectors.monday.limits import DAILY_CALLS
from tiebeam.duties import look_job
from tiebeam.identity.permissions import Permission
from tiebeam.kernel.errors import BadInputError
from tiebeam.link.outside.joining.plan import fitting, imported, suggested
from tiebeam.link.outside.model import OwnerRule
from tiebeam.mirrors import SameBoards
from tiebeam.monday import Monday
from tiebeam.operations.tokens.model import Status
from tiebeam.web.pages.work import id_in
from tiebeam.web.pages.work_cells import as_uuid
from tiebeam.web.routes import Row
from tiebeam.working import JobsAndBoards

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from tiebeam.jobs.boards.model import Board
    from tiebeam.link.outside.model import OutsideLink
    from tiebeam.web.call import Call

HERE: Final = "/settings/integrations/monday"
OWNERS: Final[Mapping[str, str]] = {
    OwnerRule.LATEST.value: "the one that was written last",
    OwnerRule.OURS.value: "the one here",
    OwnerRule.THEIRS.value: "the one of monday.com",
    OwnerRule.ASK.value: "nobody's until a person has decided",
}
DONE: Final[Mapping[str, str]] = {
    "linked": "made the same",
    "to_ours": "wrote it here",
    "to_theirs": "wrote it there",
    "conflict": "found a conflict",
    "asked": "asks",
    "refused": "was refused",
}
"""What was done, in words, where the word for it is not one already."""
_TOKEN_MAX: Final = 2000
_LOG_MAX: Final = 25


async def page(call: Call) -> Response:
    """Show how the connection stands, as whom, and how many of the day's calls are spent."""
    monday = Monday(await call.app())
    connection = await monday.connection()
    used = connection is not None and connection.status is not Status.DISCONNECTED
    return call.render(
        "monday.html",
        title="monday.com",
        connection=connection,
        used=used,
        account=await monday.account(connection) if connection else None,
        spent=await monday.spent(connection) if connection and used else None,
        plans=DAILY_CALLS,
        boards=await SameBoards(monday.app).standings() if used else [],
        webhook_url=call.house.settings.webhook_url,
    )


async def connect(call: Call) -> Response:
    """Connect the account of a token, or give the connection another one."""
    monday = Monday(await call.app())
    connection, account = await monday.connect(call.posted("token", most=_TOKEN_MAX), call.posted("plan"))
    detail = {"account": account.account_id, "user": account.user_id, "plan": account.plan}
    await call.note("connection.connected", f"connection:{connection.id}", detail)
    await SameBoards(monday.app).renewed()
    await monday.app.queue.trigger(call.viewer.tenant.id, [look_job()])
    return call.to(HERE, notice=f"Connected to {account.name[:80]} as {account.user_name[:80]}.")


async def test(call: Call) -> Response:
    """Ask monday.com who we are."""
    monday = Monday(await call.app())
    seen = await monday.test()
    await call.note("connection.tested", f"connection:{(await monday.present()).id}", {"user": seen.user.id})
    return call.to(HERE, notice=f"monday.com answers: {seen.user.name[:80]} of {seen.name[:80]}.")


async def set_plan(call: Call) -> Response:
    """Say what the account has bought."""
    monday = Monday(await call.app())
    plan = call.posted("plan", most=40)
    await monday.set_plan(plan)
    await call.note("connection.plan_set", f"connection:{(await monday.present()).id}", {"plan": plan})
    return call.to(HERE, notice=f"Kept: at most {DAILY_CALLS[plan]:,} calls a day.")


async def disconnect(call: Call) -> Response:
    """Destroy the token; what is there stays on both sides."""
    monday = Monday(await call.app())
    connection = await monday.present()
    troubles = await SameBoards(monday.app).disconnect()
    await call.note("connection.disconnected", f"connection:{connection.id}", {"troubles": troubles})
    said = "Disconnected: the token is destroyed, and the boards stay as they are on both sides."
    return call.to(HERE, notice=" ".join((said, *troubles)))


async def boards_page(call: Call) -> Response:
    """Show the boards there are, to choose one; first of all it must be connected. It asks monday.com."""
    same = SameBoards(await call.app())
    connection = await same.monday.connection()
    if connection is None or connection.status is Status.DISCONNECTED:
        return call.to(HERE, notice="Connect monday.com first; then choose a board.")
    return call.render(
        "monday_boards.html",
        title="Choose a board of monday.com",
        account=await same.monday.account(connection),
        boards=await (await same.monday.desk(connection)).boards(),
        joined={one.outside_board_id: one.board_id for one in await same.links()},
    )


async def board_page(call: Call) -> Response:
    """Show what a board there would be here, or which columns of one here may be its. It asks monday.com."""
    same = SameBoards(await call.app())
    theirs = await (await same.monday.desk(await same.monday.present())).board(_outside(call))
    taken = {one.board_id for one in await same.links()}
    await JobsAndBoards(same.app).boards().active_jobs()
    choices = [one for one in await JobsAndBoards(same.app).boards().all() if one.id not in taken]
    ours = next((one for one in choices if str(one.id) == call.asked("with")), None)
    return call.render(
        "monday_board.html",
        title=theirs.name[:80],
        theirs=theirs,
        made=imported(theirs),
        choices=choices,
        ours=ours,
        fits={one.key: fitting(one, theirs) for one in ours.columns} if ours else {},
        suggested=suggested(ours, theirs) if ours else {},
        owners=OWNERS,
    )


async def join(call: Call) -> Response:
    """Make a board of one there, or join it to one that is here."""
    same, there, owner = SameBoards(await call.app()), _outside(call), _owner(call)
    if call.posted("way") == "join":
        board_id = as_uuid(call.posted("board"))
        if board_id is None:
            raise BadInputError("Which board was meant was not said.", action="Choose it again.")
        board = await JobsAndBoards(same.app).boards().get(board_id)
        link = await same.join(there, board_id, _columns(call, board), owner)
    else:
        name, actor = call.posted("name", most=400), call.viewer.person.actor
        link = await same.begin(there, name, owner, actor)
    detail = {"board": str(link.board_id), "theirs": there, "owner": owner.value}
    await call.note("mirror.joined", f"mirror:{link.id}", detail)
    return call.to(f"/boards/{link.board_id}/outside", notice="Joined. The items are being read.")


async def outside_page(call: Call) -> Response:
    """Show how a board is kept the same as one of monday.com."""
    same, board_id = SameBoards(await call.app()), id_in(call, "board_id")
    board = await JobsAndBoards(same.app).boards().get(board_id)
    standing = next((one for one in await same.standings() if one.board.id == board_id), None)
    connection = await same.monday.connection()
    used = connection is not None and connection.status is not Status.DISCONNECTED
    link_id = standing.link.id if standing else None
    return call.render(
        "board_outside.html",
        title=f"{board.name[:80]}: the same at monday.com",
        board=board,
        standing=standing,
        connection=connection if used else None,
        spent=await same.monday.spent(connection) if connection and used else None,
        pairs=_pairs(standing.link, board) if standing else [],
        log=await same.mirrors().log(link_id, limit=_LOG_MAX) if link_id else [],
        owners=OWNERS,
        words=DONE,
    )


async def pull_now(call: Call) -> Response:
    """Have both boards laid beside each other now; with `approved` what is missing there is believed."""
    same, link = await _link(call)
    approved = bool(call.posted("approved"))
    await same.pull_now(link.id, approved=approved)
    await call.note("mirror.pull_asked", f"mirror:{link.id}", {"approved": approved})
    return _back(link, call, "Asked for: both boards are being laid beside each other.")


async def choose_owner(call: Call) -> Response:
    """Say whose value counts."""
    same, link = await _link(call)
    owner = _owner(call)
    await same.choose_owner(link.id, owner)
    await call.note("mirror.owner_set", f"mirror:{link.id}", {"owner": owner.value})
    return _back(link, call, "Kept.")


async def stop(call: Call) -> Response:
    """Keep the two boards the same no more."""
    same, link = await _link(call)
    troubles = await same.stop(link.id)
    await call.note("mirror.stopped", f"mirror:{link.id}", {"troubles": troubles})
    said = "The two boards are kept the same no more. Both stay as they are."
    return _back(link, call, " ".join((said, *troubles)))


async def _link(call: Call) -> tuple[SameBoards, OutsideLink]:
    same = SameBoards(await call.app())
    link = await same.of_board(id_in(call, "board_id"))
    if link is None:
        raise BadInputError("This board is kept the same as none elsewhere.", action="Join it first.")
    return same, link


def _back(link: OutsideLink, call: Call, notice: str) -> Response:
    return call.to(f"/boards/{link.board_id}/outside", notice=notice)


def _outside(call: Call) -> str:
    found = str(call.request.path_params["outside_id"])
    if not (found.isascii() and found.isdigit() and len(found) <= 40):
        raise BadInputError("That is no board of monday.com.", action="Choose one of the list.")
    return found


def _owner(call: Call) -> OwnerRule:
    try:
        return OwnerRule(call.posted("owner"))
    except ValueError:
        raise BadInputError("Whose value counts was not said.", action="Choose it in the form.") from None


def _columns(call: Call, board: Board) -> dict[str, str]:
    named = {one.key: call.posted(f"column-{one.key}", most=200) for one in board.columns}
    return {key: column_id for key, column_id in named.items() if column_id}


def _pairs(link: OutsideLink, board: Board) -> list[tuple[str, str | None]]:
    """Return the titles of the columns that are joined; None for one that is gone there."""
    found = []
    for one in link.columns:
        ours, theirs = board.column(one.key), link.layout.column(one.column_id)
        if ours is not None:
            found.append((ours.title, theirs.title if theirs else None))
    return found


_SEE, _DO = Permission.CONNECTION_READ, Permission.CONNECTION_MANAGE
ROWS = (
    Row("GET", HERE, _SEE, page),
    Row("POST", f"{HERE}/connect", _DO, connect),
    Row("POST", f"{HERE}/test", _DO, test),
    Row("POST", f"{HERE}/plan", _DO, set_plan),
    Row("POST", f"{HERE}/disconnect", _DO, disconnect),
    Row("GET", f"{HERE}/boards", _DO, boards_page),
    Row("GET", f"{HERE}/boards/{{outside_id}}", _DO, board_page),
    Row("POST", f"{HERE}/boards/{{outside_id}}", _DO, join),
    Row("GET", "/boards/{board_id}/outside", Permission.JOBS_READ, outside_page),
    Row("POST", "/boards/{board_id}/outside/pull", Permission.JOBS_EDIT, pull_now),
    Row("POST", "/boards/{board_id}/outside/owner", Permission.BOARDS_MANAGE, choose_owner),
    Row("POST", "/boards/{board_id}/outside/stop", Permission.BOARDS_MANAGE, stop),
)
