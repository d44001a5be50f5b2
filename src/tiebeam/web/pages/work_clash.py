"""What two people changed at once, side by side: nothing is overwritten until one of them has looked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiebeam.web.pages.work_words import title_of, who, words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from starlette.responses import Response

    from tiebeam.jobs.boards.model import Board
    from tiebeam.jobs.model import Subject
    from tiebeam.web.call import Call
    from tiebeam.web.pages.work import ViewerWork
    from tiebeam.web.pages.work_merge import Clash, Merged


@dataclass(frozen=True, slots=True)
class Looked:
    """What was looked at, as it is now."""

    subject: Subject
    action: str
    """Where its form is sent."""
    version: int
    back: str
    """Where to go on to afterwards."""
    board: Board | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    title: str
    mine: str
    theirs: str
    who: str
    at: datetime


def clash_page(
    call: Call, work: ViewerWork, found: Merged, at: Looked, inputs: Mapping[str, str]
) -> Response:
    """Show both values of each field; `inputs` are the names that the fields have in the form."""

    def row(one: Clash) -> _Row:
        mine, theirs = (
            words(at.subject, one.field, it, work.people, at.board) for it in (one.mine, one.theirs)
        )
        return _Row(title_of(one.field, at.board), mine, theirs, who(one.by, work.people), one.at)

    rest = "The rest of what you typed was saved. " if found.wanted else ""
    return call.render(
        "work_clash.html",
        title="Changed meanwhile",
        status=409,
        rows=[row(one) for one in found.clashes],
        saved=f"{rest}Nothing was overwritten: choose which one stays.",
        fields={inputs[one.field]: call.posted(inputs[one.field], most=10_000) for one in found.clashes},
        action=at.action,
        version=at.version,
        back=at.back,
    )
