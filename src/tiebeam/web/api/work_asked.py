"""A company's jobs and boards, as the API comes to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.web.api.cursors import Page, cut, link_next, place_of
from tiebeam.web.api.work_shown import change_shown
from tiebeam.working import JobsAndBoards

if TYPE_CHECKING:
    from uuid import UUID

    from starlette.responses import Response

    from tiebeam.jobs.model import Subject
    from tiebeam.web.api.asker import Ask
    from tiebeam.web.api.work_shapes import WorkChange


async def work_of(ask: Ask) -> JobsAndBoards:
    """Return the jobs and boards of the asker's company."""
    return JobsAndBoards(await ask.app())


async def changes_of(
    ask: Ask, answer: Response, of: tuple[Subject, UUID], limit: int, cursor: str | None
) -> Page[WorkChange]:
    """Return a page of what was done to a job or an item, the newest first. Raises Problem."""
    place = place_of(cursor, int)
    changes = (await work_of(ask)).changes()
    found = await changes.of(*of, limit=limit + 1, before=place[0] if place else None)
    rows, more = cut(found, limit, lambda one: [one.id])
    link_next(ask.request, answer, more)
    return Page(items=[change_shown(one) for one in rows], next=more)
