"""Jobs, kept; with everything that was ever changed about them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from tiebeam.identity.repository import People
from tiebeam.jobs.changes.model import Deed, Part
from tiebeam.jobs.changes.repository import Changes
from tiebeam.jobs.errors import ChangedMeanwhileError, DeletedWorkError, NoSuchJobError
from tiebeam.jobs.model import Cause, Job, JobStatus, Subject, What
from tiebeam.jobs.rules import checked_fields, differing, escaped, whole
from tiebeam.store.adapt import Longs, Texts
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from tiebeam.kernel.clock import Clock
    from tiebeam.operations.audit.model import Actor
    from tiebeam.store.pool import Store
    from tiebeam.store.transaction import Transaction

Q = queries("tiebeam.jobs")

LIMIT_MAX: Final = 1000
_DEFAULTS: Final[Mapping[str, Any]] = {
    "status": JobStatus.NEW,
    "lead_id": None,
    "address": "",
    "starts_on": None,
    "ends_on": None,
}
_ANY: Final[Mapping[UUID, int]] = {}


class Jobs:
    """The jobs of one tenant.

    What writes does so within the caller's transaction if one is given. A `cause` of None begins a new chain.
    """

    def __init__(
        self, store: Store, tenant_id: UUID, clock: Clock, new_id: Callable[[], UUID] = uuid4
    ) -> None:
        self._tenant_id = tenant_id
        self._clock = clock
        self._new_id = new_id
        self._changes = Changes(store, tenant_id)

    async def create(
        self,
        *,
        title: str,
        status: JobStatus = JobStatus.NEW,
        lead_id: UUID | None = None,
        address: str = "",
        starts_on: date | None = None,
        ends_on: date | None = None,
        actor: Actor,
        cause: Cause | None = None,
        id_: UUID | None = None,
        tx: Transaction | None = None,
    ) -> Job:
        """Add a job, once however often with the same id. Raises BadInputError."""
        fields = {
            "id": id_,
            "title": title,
            "status": status,
            "lead_id": lead_id,
            "address": address,
            "starts_on": starts_on,
            "ends_on": ends_on,
        }
        (made,) = await self.create_all([fields], actor=actor, cause=cause, tx=tx)
        return made

    async def create_all(
        self,
        many: Sequence[Mapping[str, Any]],
        *,
        actor: Actor,
        cause: Cause | None = None,
        tx: Transaction | None = None,
    ) -> list[Job]:
        """Add jobs, each of its fields and (if it likes) its `id`, in their order. Raises BadInputError.

        However many they are, it takes the same few statements. One whose id is there already stays as it is.
        """
        at = self._clock.now()
        async with self._changes.writing(tx) as within:
            people = await self._people(within, many)
            ids = [one.get("id") or self._new_id() for one in many]
            known = {one.id: one for one in await self._some(within, ids)}
            number = int(await within.value(Q["last_number"], {"tenant_id": self._tenant_id}))
            made: dict[UUID, Job] = {}
            for id_, one in zip(ids, many, strict=True):
                if id_ in known or id_ in made:
                    continue
                fields = {name: value for name, value in one.items() if name != "id"}
                checked = checked_fields({"title": "", **_DEFAULTS, **fields}, people)
                number += 1
                made[id_] = Job(id=id_, number=number, created_at=at, updated_at=at, version=1, **checked)
            await self._add(within, list(made.values()))
            deeds = [_deed(one, What.CREATED, Part(None, None, whole(one))) for one in made.values()]
            await self._changes.add(deeds, actor, cause or self._new_cause(), at, tx=within)
        return [(known | made)[id_] for id_ in ids]

    async def change(
        self,
        job_id: UUID,
        wanted: Mapping[str, Any],
        *,
        version: int | None = None,
        actor: Actor,
        cause: Cause | None = None,
        tx: Transaction | None = None,
    ) -> Job:
        """Change fields of a job; nothing is written where all is so already.

        Raises NoSuchJobError, DeletedWorkError, BadInputError, and ChangedMeanwhileError when it does not
        have that `version` any more.
        """
        versions = {} if version is None else {job_id: version}
        (found,) = await self.change_all({job_id: wanted}, versions=versions, actor=actor, cause=cause, tx=tx)
        return found

    async def change_all(
        self,
        wanted: Mapping[UUID, Mapping[str, Any]],
        *,
        versions: Mapping[UUID, int] = _ANY,
        actor: Actor,
        cause: Cause | None = None,
        tx: Transaction | None = None,
    ) -> list[Job]:
        """Change many jobs in a few statements; return them in their order. Raises as `change` does."""
        at = self._clock.now()
        async with self._changes.writing(tx) as within:
            found = {one.id: one for one in await self._some(within, wanted)}
            people = await self._people(within, wanted.values())
            deeds = []
            for id_, fields in wanted.items():
                job = _standing(found.get(id_))
                _same_version(job, versions.get(id_))
                checked = checked_fields(fields, people, lead_id=job.lead_id)
                parts = differing(job, checked)
                if parts:
                    found[id_] = replace(job, **checked, version=job.version + 1, updated_at=at)
                    deeds.append(_deed(found[id_], What.CHANGED, *parts))
            await self._set(within, [found[deed.subject_id] for deed in deeds])
            await self._changes.add(deeds, actor, cause or self._new_cause(), at, tx=within)
        return [found[id_] for id_ in wanted]

    async def delete(
        self,
        job_id: UUID,
        *,
        version: int | None = None,
        actor: Actor,
        cause: Cause | None = None,
        tx: Transaction | None = None,
    ) -> Job:
        """Delete a job, which can be restored. Raises NoSuchJobError, ChangedMeanwhileError."""
        async with self._changes.writing(tx) as within:
            job = await self._held(within, job_id)
            if job.deleted_at is not None:
                return job
            _same_version(job, version)
            return await self._mark(within, job, What.DELETED, actor, cause)

    async def restore(
        self, job_id: UUID, *, actor: Actor, cause: Cause | None = None, tx: Transaction | None = None
    ) -> Job:
        """Take a deletion back. Raises NoSuchJobError."""
        async with self._changes.writing(tx) as within:
            job = await self._held(within, job_id)
            if job.deleted_at is None:
                return job
            return await self._mark(within, job, What.RESTORED, actor, cause)

    async def get(self, job_id: UUID, *, tx: Transaction | None = None, lock: bool = False) -> Job:
        """Return a job, a deleted one too. Raises NoSuchJobError.

        With `lock` nobody else changes any job or board until the caller's transaction ends.
        """
        async with self._changes.writing(tx) if lock else self._changes.reading(tx) as within:
            return await self._held(within, job_id)

    async def some(self, job_ids: Collection[UUID], *, tx: Transaction | None = None) -> dict[UUID, Job]:
        """Return those jobs that there are, deleted ones too, by their ids."""
        async with self._changes.reading(tx) as within:
            return {one.id: one for one in await self._some(within, job_ids)}

    async def numbered(self, number: int) -> Job | None:
        """Return the job of a number, a deleted one too."""
        named = {"tenant_id": self._tenant_id, "number": number}
        async with self._changes.reading() as within:
            rows = await within.rows(Q["numbered"], named)
        return _job(rows[0]) if rows else None

    async def find(
        self,
        search: str | None = None,
        statuses: Collection[JobStatus] | None = None,
        *,
        limit: int = 50,
        after: int | None = None,
    ) -> list[Job]:
        """Return jobs that are not deleted, the highest number first; on from after a number.

        `search` looks into title and address, and finds a number.
        """
        text = " ".join((search or "").split()).replace("\0", "")
        named = {
            "tenant_id": self._tenant_id,
            "number": text.lstrip("#"),
            "like": f"%{escaped(text)}%" if text else None,
            "statuses": None if statuses is None else Texts(one.value for one in statuses),
            "after": after,
            "limit": max(1, min(limit, LIMIT_MAX)),
        }
        async with self._changes.reading() as within:
            return [_job(row) for row in await within.rows(Q["find"], named)]

    async def counts(self) -> dict[JobStatus, int]:
        """Return how many jobs have each status, in the order of the statuses."""
        async with self._changes.reading() as within:
            found = dict(await within.rows(Q["counts"], {"tenant_id": self._tenant_id}))
        return {status: found.get(status.value, 0) for status in JobStatus}

    async def _held(self, within: Transaction, job_id: UUID) -> Job:
        found = await self._some(within, [job_id])
        if not found:
            raise NoSuchJobError
        return found[0]

    async def _some(self, within: Transaction, ids: Iterable[UUID]) -> list[Job]:
        rows = await within.rows(Q["some"], {"tenant_id": self._tenant_id, "ids": list(ids)})
        return [_job(row) for row in rows]

    async def _people(self, within: Transaction, many: Iterable[Mapping[str, Any]]) -> dict[UUID, bool]:
        if not any(one.get("lead_id") for one in many):
            return {}
        return {one.id: one.active for one in await People(within, self._tenant_id).all()}

    async def _add(self, within: Transaction, jobs: Sequence[Job]) -> None:
        if jobs:
            named = self._columns(jobs) | {
                "numbers": Longs(one.number for one in jobs),
                "at": jobs[0].created_at,
            }
            await within.run(Q["add"], named)

    async def _set(self, within: Transaction, jobs: Sequence[Job]) -> None:
        if jobs:
            await within.run(Q["set"], self._columns(jobs) | {"at": jobs[0].updated_at})

    def _columns(self, jobs: Sequence[Job]) -> dict[str, Any]:
        return {
            "tenant_id": self._tenant_id,
            "ids": [one.id for one in jobs],
            "titles": Texts(one.title for one in jobs),
            "statuses": Texts(one.status.value for one in jobs),
            "lead_ids": [one.lead_id for one in jobs],
            "addresses": Texts(one.address for one in jobs),
            "starts": [one.starts_on for one in jobs],
            "ends": [one.ends_on for one in jobs],
        }

    async def _mark(
        self, within: Transaction, job: Job, what: What, actor: Actor, cause: Cause | None
    ) -> Job:
        at = self._clock.now()
        gone: datetime | None = at if what is What.DELETED else None
        after = replace(job, version=job.version + 1, updated_at=at, deleted_at=gone)
        named = {"tenant_id": self._tenant_id, "id": job.id, "deleted_at": gone, "at": at}
        await within.run(Q["mark"], named)
        part = Part(None, whole(job), None) if gone else Part(None, None, whole(after))
        deed = _deed(after, what, part)
        await self._changes.add([deed], actor, cause or self._new_cause(), at, tx=within)
        return after

    def _new_cause(self) -> Cause:
        return Cause(self._new_id())


def _deed(job: Job, what: What, *parts: Part) -> Deed:
    return Deed(Subject.JOB, job.id, what, job.version, parts)


def _standing(job: Job | None) -> Job:
    if job is None:
        raise NoSuchJobError
    if job.deleted_at is not None:
        raise DeletedWorkError(f"The job “{job.title}” was deleted.", action="Restore it first.")
    return job


def _same_version(job: Job, version: int | None) -> None:
    if version is not None and job.version != version:
        raise ChangedMeanwhileError(job.title, job)


def _job(row: tuple[Any, ...]) -> Job:
    id_, number, title, status, *rest = row
    return Job(id_, number, title, JobStatus(status), *rest)
