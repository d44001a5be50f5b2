"""How the items of a board are kept in step with jobs: whose value counts, and what its labels stand for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tiebeam.identity.permissions import Permission
from tiebeam.jobs.boards.model import ColumnKind
from tiebeam.jobs.model import JobStatus
from tiebeam.jobs.rules import TITLES
from tiebeam.kernel.errors import BadInputError
from tiebeam.link.pairs.model import Flow, Owner, Rules
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
ONE_WAY: Final = frozenset({"created"})
"""What nobody changes of a job."""


async def page(call: Call) -> Response:
    """Show how a board is kept in step, as a form."""
    work = JobsAndBoards(await call.app())
    board = await work.boards().get(id_in(call, "board_id"))
    rules = await work.linking().rules(board.id)
    return call.render(
        "board_link.html",
        title=f"{board.name[:80]}: in step with jobs",
        board=board,
        linked=board.first(ColumnKind.LINK) is not None,
        fields=[one for one in rules.fields if _held(board, one)],
        titles=_titles(board),
        labels=_labels(board, rules),
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
    fields = tuple(_chosen(call, one) if _held(board, one) else one for one in rules.fields)
    labels = {
        text: _status(call.posted(f"label-{place}"))
        for place, (text, _) in enumerate(_labels(board, rules))
        if call.posted(f"label-{place}")
    }
    await work.linking().choose(board.id, Rules(fields, labels))
    told = {one.field: [one.owner.value, one.flow.value] for one in fields}
    await call.note("link_rules.set", f"board:{board.id}", {"fields": told, "labels": labels})
    return call.to(f"/boards/{board.id}/in-step", notice="The board is kept in step by this from now on.")


def _held(board: Board, rule: FieldRule) -> bool:
    return rule.column == "name" or board.column(rule.column) is not None


def _titles(board: Board) -> dict[str, str]:
    return {"name": "Name", **{one.key: one.title for one in board.columns}}


def _labels(board: Board, rules: Rules) -> list[tuple[str, str]]:
    """Return the labels that are not called like a status, with what each stands for, or nothing."""
    rule = rules.of("status")
    column = board.column(rule.column) if rule else None
    like = {one.in_words.casefold() for one in JobStatus}
    texts = [one.text for one in column.labels if one.text.casefold() not in like] if column else []
    return [(text, rules.labels.get(text, "")) for text in texts]


def _chosen(call: Call, rule: FieldRule) -> FieldRule:
    if rule.field in ONE_WAY:
        return rule
    owner, flow = call.posted(f"owner-{rule.field}"), call.posted(f"flow-{rule.field}")
    if owner not in OWNERS or flow not in FLOWS:
        raise BadInputError(
            f"How “{NAMES[rule.field]}” is kept in step was not said.", action="Choose it in the form again."
        )
    return replace(rule, owner=Owner(owner), flow=Flow(flow))


def _status(text: str) -> str:
    try:
        return JobStatus(text).value
    except ValueError:
        raise BadInputError(
            f"Jobs have no status {text[:40]!r}.", action="Choose one of the form's."
        ) from None


ROWS = (
    Row("GET", "/boards/{board_id}/in-step", Permission.JOBS_READ, page),
    Row("POST", "/boards/{board_id}/in-step", Permission.BOARDS_MANAGE, choose),
)
