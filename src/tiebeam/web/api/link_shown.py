"""What keeps jobs and items in step, as the API shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from tiebeam.jobs.model import JobStatus
from tiebeam.link.pairs.choosing import held
from tiebeam.web.api.link_shapes import InStep, InStepField, LinkConflict, LinkDeed, LinkPair, LinkSuggestion

if TYPE_CHECKING:
    from tiebeam.jobs.boards.model import Board
    from tiebeam.link.pairs.matching import Suggested
    from tiebeam.link.pairs.model import Conflict, Done, Pair, Rules


def conflict_shown(one: Conflict) -> LinkConflict:
    """Return what both sides held, and what was decided."""
    return LinkConflict(
        id=one.id,
        pair_id=one.pair_id,
        job_id=one.job_id,
        board_id=one.board_id,
        item_id=UUID(one.item_ref),
        field=one.field,
        kind=one.kind,
        base=one.base,
        job=one.job,
        item=one.item,
        job_at=one.job_at,
        job_by=one.job_by,
        item_at=one.item_at,
        item_by=one.item_by,
        sentence=one.sentence,
        state=one.state,
        found_at=one.found_at,
        decided_at=one.decided_at,
        decided_by=one.decided_by,
    )


def pair_shown(one: Pair) -> LinkPair:
    """Return a job and its item, and what is asked of them."""
    return LinkPair(
        id=one.id,
        job_id=one.job_id,
        board_id=one.board_id,
        item_id=UUID(one.item_ref),
        state=one.state,
        asked=one.asked,
        question=one.asked.question if one.asked else "",
        base=dict(one.base),
        version=one.version,
        made_at=one.made_at,
        changed_at=one.changed_at,
    )


def suggestion_shown(one: Suggested) -> LinkSuggestion:
    """Return a job and an item that may belong together."""
    return LinkSuggestion(
        job_id=one.job.id,
        job_number=one.job.number,
        job_title=one.job.title,
        item_id=one.item.id,
        item_name=one.item.name,
        score=one.score,
        reason=one.reason,
    )


def deed_shown(one: Done) -> LinkDeed:
    """Return an operation of the log."""
    return LinkDeed(
        id=one.id,
        at=one.at,
        pair_id=one.pair_id,
        job_id=one.job_id,
        item_id=UUID(one.item_ref) if one.item_ref else None,
        what=one.what,
        fields=dict(one.fields),
        result=one.result,
        by=one.by.name,
        chain=one.cause_id,
        hops=one.hops,
    )


def in_step_shown(board: Board, rules: Rules) -> InStep:
    """Return how a board is kept in step, as far as it has a place for it."""
    fields = [
        InStepField(field=one.field, column=one.column, owner=one.owner, flow=one.flow)
        for one in held(board, rules)
    ]
    return InStep(fields=fields, labels={text: JobStatus(one) for text, one in rules.labels.items()})
