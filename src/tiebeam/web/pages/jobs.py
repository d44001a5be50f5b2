"""Jobs: the list, and each with what is on the board for it and what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tiebeam.identity.permissions import Permission
from tiebeam.jobs.model import FIELDS, JobStatus, Subject
from tiebeam.jobs.rules import whole
from tiebeam.kernel.errors import BadInputError
from tiebeam.web.pages.work import again_if_changed, id_in, typed_in, work_of
from tiebeam.web.pages.work_cells import COLOURS, STATUSES
from tiebeam.web.pages.work_clash import Looked, clash_page
from tiebeam.web.pages.work_words import told
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from starlette.responses import Response

    from tiebeam.jobs.boards.model import Board, Item
    from tiebeam.jobs.model import Job
    from tiebeam.web.call import Call
    from tiebeam.web.pages.work import ViewerWork
    from tiebeam.web.pages.work_cells import Cell

PAGE: Final = 50
ACTIVITY: Final = 30


async def jobs_page(call: Call) -> Response:
    """Show the jobs."""
    work = await work_of(call)
    asked = {"search": call.asked("search")[:200], "status": call.asked("status")}
    if asked["status"] and asked["status"] not in STATUSES:
        raise BadInputError("There is no such status.", action="Choose one of the list.")
    statuses = [JobStatus(asked["status"])] if asked["status"] else None
    found = await work.jobs().find(
        asked["search"], statuses, limit=PAGE + 1, after=call.number("after", 0) or None
    )
    return call.render(
        "jobs.html",
        title="Jobs",
        shown=found[:PAGE],
        older=found[PAGE - 1].number if len(found) > PAGE else None,
        first=not call.asked("after"),
        asked=asked,
        given={name: text for name, text in asked.items() if text},
        statuses=STATUSES,
        colours=COLOURS,
        people=work.people,
    )


async def create(call: Call) -> Response:
    """Add a job."""
    work = await work_of(call)
    mine = {name: value for name, value in _mine(call, work).items() if value is not None}
    job = await work.jobs().create(**{"title": "", **mine}, actor=call.viewer.person.actor)
    return call.to(f"/jobs/{job.id}", notice=f"Job #{job.number} was added.")


async def job_page(call: Call) -> Response:
    """Show a job."""
    work = await work_of(call)
    job = await work.jobs().get(id_in(call, "job_id"))
    changes, older = await work.activity(call, Subject.JOB, job.id, ACTIVITY)
    return call.render(
        "job.html",
        title=f"#{job.number} {job.title[:80]}",
        job=job,
        items=await _items(work, job),
        pairs=await work.linking().pairs_of(job.id),
        waiting=len(await work.linking().conflicts(job_id=job.id)),
        people=work.people,
        statuses=STATUSES,
        colours=COLOURS,
        lines=told(changes, work.people),
        older=older,
    )


async def _items(work: ViewerWork, job: Job) -> list[tuple[Item, Board, list[Cell]]]:
    found: list[tuple[Item, Board, list[Cell]]] = []
    for item in await work.boards().items_linked(job.id):
        board = await work.boards().get(item.board_id)
        (cells,) = await work.cells(board.columns, [item.values])
        found.append((item, board, cells))
    return found


async def change(call: Call) -> Response:
    """Change what a form holds, but for what somebody else changed since it was made."""
    return await again_if_changed(_change, call)


async def _change(call: Call) -> Response:
    work = await work_of(call)
    job = await work.jobs().get(id_in(call, "job_id"))
    found = await work.merge(call, Subject.JOB, job.id, _mine(call, work), whole(job))
    if found.wanted:
        # Held to the version that was compared: who comes between is compared with at another try.
        job = await work.jobs().change(
            job.id, found.wanted, version=job.version, actor=call.viewer.person.actor
        )
    here = f"/jobs/{job.id}"
    if found.clashes:
        inputs = {one.field: one.field for one in found.clashes}
        return clash_page(call, work, found, Looked(Subject.JOB, here, job.version, here), inputs)
    return call.to(here, notice="Saved." if found.wanted else "Nothing was changed.")


def _mine(call: Call, work: ViewerWork) -> dict[str, Any]:
    """Return what a form holds, as the names of changes have it. Raises BadInputError."""
    assert call.form is not None
    mine: dict[str, Any] = {name: typed_in(call, name) for name in FIELDS if name in call.form}
    if "lead_id" in mine:
        ids = work.people.ids(mine["lead_id"])
        if len(ids) > 1:
            raise BadInputError("A job has one lead.", action="Name one person.")
        mine["lead_id"] = ids[0] if ids else None
    for name in ("starts_on", "ends_on"):
        if name in mine:
            mine[name] = mine[name] or None
    return mine


async def delete(call: Call) -> Response:
    """Delete a job; it can be brought back."""
    job_id = id_in(call, "job_id")
    await (await work_of(call)).jobs().delete(job_id, actor=call.viewer.person.actor)
    return call.to(f"/jobs/{job_id}", notice="The job was deleted.")


async def restore(call: Call) -> Response:
    """Bring a deleted job back."""
    job_id = id_in(call, "job_id")
    await (await work_of(call)).jobs().restore(job_id, actor=call.viewer.person.actor)
    return call.to(f"/jobs/{job_id}", notice="It is back.")


ROWS = (
    Row("GET", "/jobs", Permission.JOBS_READ, jobs_page),
    Row("POST", "/jobs", Permission.JOBS_EDIT, create),
    Row("GET", "/jobs/{job_id}", Permission.JOBS_READ, job_page),
    Row("POST", "/jobs/{job_id}", Permission.JOBS_EDIT, change),
    Row("POST", "/jobs/{job_id}/delete", Permission.JOBS_EDIT, delete),
    Row("POST", "/jobs/{job_id}/restore", Permission.JOBS_EDIT, restore),
)
