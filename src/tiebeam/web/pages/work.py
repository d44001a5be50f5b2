"""A company's jobs and boards, as its pages come to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tiebeam.jobs.boards.model import ColumnKind
from tiebeam.jobs.errors import ChangedMeanwhileError
from tiebeam.kernel.errors import BadInputError
from tiebeam.web.pages.work_cells import Directory, as_uuid, cell_of, jobs_in, number_of, value_of
from tiebeam.web.pages.work_merge import merged
from tiebeam.working import JobsAndBoards

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
    from uuid import UUID

    from starlette.responses import Response

    from tiebeam.jobs.boards.model import Column, Item
    from tiebeam.jobs.model import Change, Subject
    from tiebeam.web.call import Call
    from tiebeam.web.pages.work_cells import Cell
    from tiebeam.web.pages.work_merge import Merged

_TEXT_MAX: Final = 10_500
_TRIES_MAX: Final = 4
CHANGES_MAX: Final = 500
"""Who looked at something that was changed more often since is asked to look again."""


@dataclass(frozen=True, slots=True)
class ViewerWork(JobsAndBoards):
    """The jobs and boards of the viewer's company, and its people."""

    people: Directory

    async def cells(self, columns: Sequence[Column], values: Sequence[Mapping[str, Any]]) -> list[list[Cell]]:
        """Return the cells of items, a list for each."""
        jobs = await self.jobs().some(jobs_in(values, columns))
        return [[cell_of(one, row.get(one.key), self.people, jobs) for one in columns] for row in values]

    async def typed(self, columns: Sequence[Column], texts: Mapping[str, str]) -> dict[str, Any]:
        """Return the values that were typed, by the key of their column. Raises BadInputError."""
        links = [texts.get(one.key, "") for one in columns if one.kind is ColumnKind.LINK]
        numbers = await self._numbered({number for text in links if (number := number_of(text)) is not None})
        return {
            one.key: value_of(one, texts[one.key], self.people, numbers)
            for one in columns
            if one.key in texts
        }

    async def _numbered(self, numbers: Iterable[int]) -> dict[int, UUID]:
        """Return the ids of jobs by their number, of those that there are."""
        nearest = [job for one in numbers for job in await self.jobs().find(after=one + 1, limit=1)]
        return {job.number: job.id for job in nearest}

    async def merge(
        self, call: Call, subject: Subject, id_: UUID, mine: Mapping[str, Any], now: Mapping[str, Any]
    ) -> Merged:
        """Return what becomes of a form, which names the version it was made from. Raises BadInputError."""
        version = version_of(call)
        found = await self.changes().of(subject, id_, limit=CHANGES_MAX)
        since = [one for one in found if one.version > version]
        if len(since) == CHANGES_MAX:
            raise BadInputError(
                "This has changed very often since.", action="Look at it again, then change it."
            )
        return merged(mine, now, since, str(call.viewer.person.id))

    async def activity(
        self, call: Call, subject: Subject, id_: UUID, limit: int
    ) -> tuple[list[Change], int | None]:
        """Return a page of what was done, the newest first, and where the next one begins."""
        before = call.number("before", 0, most=2**31 - 1) or None
        found = await self.changes().of(subject, id_, limit=limit + 1, before=before)
        return found[:limit], found[limit - 1].id if len(found) > limit else None


async def again_if_changed(write: Callable[[Call], Awaitable[Response]], call: Call) -> Response:
    """Lay a form beside what there is once more when somebody came between the look and the write."""
    for _ in range(_TRIES_MAX - 1):
        try:
            return await write(call)
        except ChangedMeanwhileError:
            continue
    return await write(call)


async def work_of(call: Call) -> ViewerWork:
    """Return the jobs and boards of the viewer's company."""
    people = await call.house.accounts.people(call.viewer.tenant.id)
    return ViewerWork(await call.app(), Directory(people))


def version_of(call: Call) -> int:
    """Return which version was looked at. Raises BadInputError."""
    text = call.posted("version", most=9)
    if not (text.isascii() and text.isdigit()):
        raise BadInputError("Which version was looked at was not said.", action="Open the page again.")
    return int(text)


def typed_in(call: Call, name: str) -> str:
    """Return a text of the form with its lines as we keep them. Raises BadInputError."""
    return "\n".join(call.posted(name, most=_TEXT_MAX).splitlines())


def id_in(call: Call, name: str) -> UUID:
    """Return the id that the address names. Raises BadInputError."""
    found = as_uuid(call.request.path_params[name])
    if found is None:
        raise BadInputError("That is no id of ours.", action="Go back, and choose again.")
    return found


def fields_of(item: Item) -> dict[str, Any]:
    """Return an item as the names of its changes have it."""
    return {**item.values, "name": item.name, "group": str(item.group_id)}
