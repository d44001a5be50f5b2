"""What jobs and their items do not agree on: decided, undone, asked after deletions, linked, parted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tiebeam.identity.permissions import Permission
from tiebeam.jobs.model import Subject
from tiebeam.kernel.errors import BadInputError
from tiebeam.link.pairs.model import Answer, Asked, Ruling, Side
from tiebeam.web.pages.outside_conflicts import section_of
from tiebeam.web.pages.work import id_in, work_of
from tiebeam.web.pages.work_cells import as_uuid
from tiebeam.web.pages.work_words import title_of, who, words
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from starlette.responses import Response

    from tiebeam.jobs.boards.model import Item
    from tiebeam.jobs.model import Job
    from tiebeam.link.pairs.model import Conflict, Pair, Synced
    from tiebeam.web.call import Call
    from tiebeam.web.pages.work import ViewerWork

HERE: Final = "/conflicts"
SHOWN_MAX: Final = 25
LOG_MAX: Final = 25
ANSWERS: Final[Mapping[Asked, Mapping[str, str]]] = {
    Asked.JOB_DELETED: {
        Answer.KEEP.value: "Bring the job back",
        Answer.DELETE.value: "Delete the item too",
        Answer.UNLINK.value: "Leave the item alone",
    },
    Asked.ITEM_DELETED: {
        Answer.KEEP.value: "Bring the item back",
        Answer.DELETE.value: "Delete the job too",
        Answer.UNLINK.value: "Leave the job alone",
    },
    Asked.LINK_CLEARED: {
        Answer.KEEP.value: "Put the link back",
        Answer.DELETE.value: "Delete the item",
        Answer.UNLINK.value: "Unlink them",
    },
}
DONE: Final[Mapping[str, str]] = {
    "to_job": "wrote to the job",
    "to_item": "wrote to the board",
    "conflict": "found a conflict",
    "asked": "asks",
}
"""What was done, in words, where the word for it is not one already."""
_DECIDED: Final = frozenset({Ruling.JOB, Ruling.ITEM})


@dataclass(frozen=True, slots=True)
class Sides:
    """The jobs and items that are spoken of, by their ids."""

    jobs: Mapping[UUID, Job]
    items: Mapping[UUID, Item]

    def job(self, one: Conflict | Pair) -> Job | None:
        """Return the job of a conflict or a pair."""
        return self.jobs.get(one.job_id)

    def item(self, one: Conflict | Pair) -> Item | None:
        """Return the item of a conflict or a pair."""
        id_ = as_uuid(one.item_ref)
        return self.items.get(id_) if id_ else None


@dataclass(frozen=True, slots=True)
class Lines:
    """A conflict as people read it: what each side holds, who put it there and when."""

    conflict: Conflict
    title: str
    job: str
    item: str
    job_by: str
    item_by: str
    job_at: datetime | None
    item_at: datetime | None
    decided_by: str


async def conflicts_page(call: Call) -> Response:
    """Show what waits for somebody, what was decided lately, and what was done."""
    work = await work_of(call)
    linking = work.linking()
    # One more than is shown: the page then says that there are more.
    waiting = await linking.conflicts(limit=SHOWN_MAX + 1)
    lately = await linking.conflicts(only_open=False, limit=SHOWN_MAX * 2)
    decided = [one for one in lately if one.state in _DECIDED][:SHOWN_MAX]
    asks = await linking.asks(SHOWN_MAX + 1)
    before = call.number("before", 0, most=2**31 - 1) or None
    log = await linking.log(limit=LOG_MAX + 1, before=before)
    return call.render(
        "conflicts.html",
        title="In step",
        waiting=[_lines(one, work) for one in waiting[:SHOWN_MAX]],
        decided=[_lines(one, work) for one in decided],
        asks=asks[:SHOWN_MAX],
        more=len(waiting) > SHOWN_MAX or len(asks) > SHOWN_MAX,
        answers=ANSWERS,
        sides=await _sides(work, [*waiting, *decided, *asks]),
        suggestions=(await linking.suggestions())[:SHOWN_MAX],
        log=[(one, who(one.by, work.people), DONE.get(one.what, one.what)) for one in log[:LOG_MAX]],
        jobs=await work.jobs().some({one.job_id for one in log if one.job_id}),
        older=log[LOG_MAX - 1].id if len(log) > LOG_MAX else None,
        edits=call.viewer.may(Permission.JOBS_EDIT),
        outside=await section_of(work),
    )


async def _sides(work: ViewerWork, those: Iterable[Conflict | Pair]) -> Sides:
    named = list(those)
    refs = {found for one in named if (found := as_uuid(one.item_ref))}
    jobs = await work.jobs().some({one.job_id for one in named})
    return Sides(jobs, await work.boards().some_items(refs))


def _lines(one: Conflict, work: ViewerWork) -> Lines:
    job, item = (words(Subject.JOB, one.field, value, work.people) for value in (one.job, one.item))
    called = work.people.called
    return Lines(
        conflict=one,
        title=title_of(one.field, None),
        job=job,
        item=item,
        job_by=called(one.job_by),
        item_by=called(one.item_by),
        job_at=one.job_at,
        item_at=one.item_at,
        decided_by=called(one.decided_by),
    )


async def settle(call: Call) -> Response:
    """Take the value of one side for both."""
    sides = {one.value: one for one in Side}
    side = sides.get(call.posted("side", most=20))
    if side is None:
        raise BadInputError("Which one stays was not said.", action="Press one of the two buttons.")
    linking = (await work_of(call)).linking()
    await linking.settle(id_in(call, "conflict_id"), side, call.viewer.person.actor)
    return call.to(HERE, notice=f"That of the {'board' if side is Side.ITEM else side} was taken for both.")


async def undo(call: Call) -> Response:
    """Take a decision back."""
    await (await work_of(call)).linking().undo(id_in(call, "conflict_id"), call.viewer.person.actor)
    return call.to(HERE, notice="Each side holds again what it held before. Decide anew.")


async def answer(call: Call) -> Response:
    """Say what is to become of the side that is left."""
    answers = {one.value: one for one in Answer}
    chosen = answers.get(call.posted("answer", most=20))
    if chosen is None:
        raise BadInputError("What is to become of it was not said.", action="Press one of the buttons.")
    await (await work_of(call)).linking().answer(id_in(call, "pair_id"), chosen, call.viewer.person.actor)
    return call.to(HERE, notice="It was done.")


async def link(call: Call) -> Response:
    """Say that an item is that of a job."""
    job_id, item_id = as_uuid(call.posted("job")), as_uuid(call.posted("item"))
    if job_id is None or item_id is None:
        raise BadInputError("What is to be linked was not said.", action="Choose one of the suggestions.")
    found = await (await work_of(call)).linking().link(job_id, item_id, call.viewer.person.actor)
    return call.to(HERE, notice=f"They are in step from now on. {_written(found)}")


async def unlink(call: Call) -> Response:
    """Part a job and its item."""
    await (await work_of(call)).linking().unlink(id_in(call, "pair_id"), call.viewer.person.actor)
    return call.to(HERE, notice="They are parted: both stay, and go their own ways.")


async def sync_job(call: Call) -> Response:
    """Bring the board up to date with a job."""
    job_id = id_in(call, "job_id")
    found = await (await work_of(call)).linking().sync_job(job_id, call.viewer.person.actor, anew=True)
    return _after(call, f"/jobs/{job_id}", found)


async def sync_item(call: Call) -> Response:
    """Bring the job up to date with an item."""
    item_id = id_in(call, "item_id")
    found = await (await work_of(call)).linking().sync_item(item_id, call.viewer.person.actor)
    return _after(call, f"/items/{item_id}", [found])


def _after(call: Call, back: str, found: Sequence[Synced]) -> Response:
    asked = any(one.conflicts or one.asked for one in found)
    notice = " ".join(_written(one) for one in found)
    return call.to(HERE if asked else back, notice=notice or "There was nothing to do.")


def _written(found: Synced) -> str:
    """Return what a synchronisation did, in words."""
    parts: list[str] = []
    if found.made:
        parts.append("It is on the board now.")
    if found.to_job:
        parts.append(f"Written to the job: {_titles(found.to_job)}.")
    if found.to_item and not found.made:
        parts.append(f"Written to the board: {_titles(found.to_item)}.")
    if found.conflicts:
        parts.append("Somebody has to decide: choose below.")
    return " ".join(parts) or found.note or "Both sides are in step already."


def _titles(fields: Mapping[str, Any]) -> str:
    return ", ".join(title_of(one, None) for one in fields)


_READ, _DO = Permission.JOBS_READ, Permission.JOBS_EDIT
ROWS = (
    Row("GET", HERE, _READ, conflicts_page),
    Row("POST", f"{HERE}/{{conflict_id}}", _DO, settle),
    Row("POST", f"{HERE}/{{conflict_id}}/undo", _DO, undo),
    Row("POST", "/pairs", _DO, link),
    Row("POST", "/pairs/{pair_id}/answer", _DO, answer),
    Row("POST", "/pairs/{pair_id}/unlink", _DO, unlink),
    Row("POST", "/jobs/{job_id}/sync", _DO, sync_job),
    Row("POST", "/items/{item_id}/sync", _DO, sync_item),
)
