"""How a board is kept in step, as somebody chooses it. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tiebeam.jobs.model import JobStatus
from tiebeam.kernel.errors import BadInputError
from tiebeam.link.pairs.model import Rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiebeam.jobs.boards.model import Board
    from tiebeam.link.pairs.model import FieldRule, Flow, Owner

ONE_WAY: Final = frozenset({"created"})
"""What nobody changes of a job: it goes to the board alone, whatever is chosen."""


def held(board: Board, rules: Rules) -> list[FieldRule]:
    """Return the rules of the fields that a board has a place for."""
    return [one for one in rules.fields if one.column == "name" or board.column(one.column) is not None]


def choosable(board: Board, rules: Rules) -> list[str]:
    """Return the labels of which somebody can say what they stand for: those not called like a status."""
    rule = rules.of("status")
    column = board.column(rule.column) if rule else None
    like = {one.in_words.casefold() for one in JobStatus}
    return [one.text for one in column.labels if one.text.casefold() not in like] if column else []


def chosen(
    board: Board,
    rules: Rules,
    fields: Mapping[str, tuple[Owner, Flow]],
    labels: Mapping[str, JobStatus],
) -> Rules:
    """Return the rules of a board with what was chosen: fields that are not named stay, labels are all told.

    Raises BadInputError for a field or a label that cannot be chosen.
    """
    can = {one.field for one in held(board, rules)} - ONE_WAY
    _require("field that can be chosen", fields, can)
    _require("label that stands for no status by its name", labels, choosable(board, rules))
    kept = tuple(
        replace(one, owner=fields[one.field][0], flow=fields[one.field][1]) if one.field in fields else one
        for one in rules.fields
    )
    return Rules(kept, {text: status.value for text, status in labels.items()})


def told(rules: Rules) -> dict[str, object]:
    """Return how a board is kept in step, for the audit trail."""
    fields = {one.field: [one.owner.value, one.flow.value] for one in rules.fields}
    return {"fields": fields, "labels": dict(rules.labels)}


def _require(what: str, named: Mapping[str, object], there: set[str] | list[str]) -> None:
    lost = next((one for one in named if one not in there), None)
    if lost is not None:
        known = ", ".join(sorted(there))
        raise BadInputError(
            f"“{lost[:60]}” is no {what} of this board.",
            action=f"There is {known}." if known else "Leave it out.",
        )
