"""How the items of a board are kept in step with jobs: whose value counts, and what its labels stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tiebeam.identity.permissions import Permission
from tiebeam.jobs.boards.model import ColumnKind
from tiebeam.jobs.model import JobStatus
from tiebeam.jobs.rules import TITLES
from tiebeam.kernel.errors import BadInputError
from tiebeam.link.pairs.choosing import ONE_WAY, choosable, chosen, held, told
from tiebeam.link.pairs.model import Flow, Owner
from tiebeam.web.pages.work import id_in
from tiebeam.web.routes import Row
from tiebeam.working import JobsAndBoards

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from tiebeam.jobs.boards.model import Board
    from tiebeam.link.pairs.model import FieldRule
    from tiebeam.web.call import Call

OWNERS: Final[Mapping[str, str]] = {
    Owner.LATEST.value: "the one that was written last",
    Owner.JOB.value: "the job's",
    Owner.BOARD.value: "the board's",
    Owner.ASK.value: "nobody's until a person has decided",
}
FLOWS: Final[Mapping[str, str]] = {
    Flow.BOTH.value: "both ways",
    Flow.TO_BOARD.value: "from the job to the board alone",
    Flow.TO_JOB.value: "from the board to the job alone",
}
NAMES: Final[Mapping[str, str]] = {**TITLES, "created": "Created"}


async def page(call: Call) -> Response:
    """Show how a board is kept in step, as a form."""
    work = JobsAndBoards(await call.app())
    board = await work.boards().get(id_in(call, "board_id"))
    rules = await work.linking().rules(board.id)
    labels = choosable(board, rules)
    return call.render(
        "board_link.html",
        title=f"{board.name[:80]}: in step with jobs",
        board=board,
        linked=board.first(ColumnKind.LINK) is not None,
        fields=held(board, rules),
        titles=_titles(board),
        labels=[(text, rules.labels.get(text, "")) for text in labels],
        names=NAMES,
        owners=OWNERS,
        flows=FLOWS,
        one_way=ONE_WAY,
        statuses=list(JobStatus),
    )


async def choose(call: Call) -> Response:
    """Keep the board in step by what was chosen from now on."""
    work = JobsAndBoards(await call.app())
    board = await work.boards().get(id_in(call, "board_id"))
    rules = await work.linking().rules(board.id)
    fields = {one.field: _chosen(call, one) for one in held(board, rules) if one.field not in ONE_WAY}
    labels = {
        text: _status(call.posted(f"label-{place}"))
        for place, text in enumerate(choosable(board, rules))
        if call.posted(f"label-{place}")
    }
    kept = chosen(board, rules, fields, labels)
    await work.linking().choose(board.id, kept)
    await call.note("link_rules.set", f"board:{board.id}", told(kept))
    return call.to(f"/boards/{board.id}/in-step", notice="The board is kept in step by this from now on.")


def _titles(board: Board) -> dict[str, str]:
    return {"name": "Name", **{one.key: one.title for one in board.columns}}


def _chosen(call: Call, rule: FieldRule) -> tuple[Owner, Flow]:
    owner, flow = call.posted(f"owner-{rule.field}"), call.posted(f"flow-{rule.field}")
    if owner not in OWNERS or flow not in FLOWS:
        raise BadInputError(
            f"How “{NAMES[rule.field]}” is kept in step was not said.", action="Choose it in the form again."
        )
    return Owner(owner), Flow(flow)


def _status(text: str) -> JobStatus:
    try:
        return JobStatus(text)
    except ValueError:
        raise BadInputError(
            f"Jobs have no status {text[:40]!r}.", action="Choose one of the form's."
        ) from None


ROWS = (
    Row("GET", "/boards/{board_id}/in-step", Permission.JOBS_READ, page),
    Row("POST", "/boards/{board_id}/in-step", Permission.BOARDS_MANAGE, choose),
)
