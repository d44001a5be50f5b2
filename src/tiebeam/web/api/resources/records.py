"""Records: page by page, one by one, as they were, and what changed."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, Field

from tiebeam.identity.permissions import Permission
from tiebeam.kernel.correlation import correlation_id
from tiebeam.kernel.diff import Op, differences
from tiebeam.replicate.explorer.model import Found, Wanted
from tiebeam.replicate.model import State
from tiebeam.replicate.replica import NoSuchRecordError
from tiebeam.replicate.replica import Version as Kept
from tiebeam.web.api.asker import Asked
from tiebeam.web.api.cursors import USUAL, Cursor, Limit, Page, cut, link_next, place_of
from tiebeam.web.api.places import (
    ConnectionId,
    Key,
    ProjectId,
    View,
    connection_of,
    explorer_of,
    project_of,
    require_seen,
    stream_of,
)
from tiebeam.web.api.problems import Problem, nothing_there
from tiebeam.web.api.queued import Queued
from tiebeam.web.api.route import GuardedRoute, needs
from tiebeam.wishes import record_job

ROUTER = APIRouter(route_class=GuardedRoute, tags=["records"])

AsOf = Annotated[AwareDatetime | None, Query(description="As it stood then, in the copy.")]
VersionNumber = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


class Standing(StrEnum):
    """Which records are wanted, or what one is."""

    LIVE = "live"
    DELETED = "deleted"
    HIDDEN = "hidden"
    """The vendor no longer shows it to us, and nothing proves that it is gone."""
    ANY = "any"


InState = Annotated[Standing, Query(description="In this state.")]


class Record(BaseModel):
    """One record as it stands in the copy, or as it stood."""

    connection_id: UUID
    stream: str
    project_id: str | None
    key: str
    state: Standing
    state_reason: str | None
    version: int
    vendor_at: datetime | None = Field(description="When the vendor says that it changed.")
    created_at: datetime = Field(description="When it came into the copy.")
    changed_at: datetime = Field(description="When this version of it did.")
    payload: dict[str, Any] = Field(
        description="What the vendor answered, without values that always change."
    )


class Version(BaseModel):
    """One version of a record, and when it was in force in the copy."""

    version: int
    state: Standing
    state_reason: str | None
    hash: str = Field(description="SHA-256 of the content, in hexadecimal digits.")
    vendor_at: datetime | None
    valid_from: datetime
    valid_to: datetime | None = Field(description="Null: in force.")
    payload: dict[str, Any]


class Difference(BaseModel):
    """A field that differs."""

    path: str
    op: Op
    before: Any
    after: Any


class Diff(BaseModel):
    """What changed from one version to another."""

    before: int
    after: int
    differences: list[Difference]


@ROUTER.get("/streams/{view}/records", **needs(Permission.RECORDS_READ, 404))
async def records(
    ask: Asked,
    answer: Response,
    view: View,
    *,
    connection: ConnectionId = None,
    project: ProjectId = None,
    state: InState = Standing.LIVE,
    changed_since: Annotated[AwareDatetime | None, Query(description="Changed in the copy since.")] = None,
    search: Annotated[str | None, Query(max_length=200, description="Anywhere in the content.")] = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Page[Record]:
    """List records of a stream. The order is stable: a walk over all pages meets each of them once."""
    stream, after = stream_of(view), place_of(cursor, int, str)
    require_seen(ask, project)
    wanted = Wanted(
        stream,
        search=search or "",
        project_id=project,
        connection_id=connection,
        states=tuple(State) if state is Standing.ANY else (State[state.name],),
        since=changed_since,
    )
    looking = await explorer_of(ask)
    rows = await looking.following(wanted, (after[0], after[1]) if after else None, limit=limit + 1)
    kept, following = cut(rows, limit, lambda row: [row.feed_id, row.key])
    link_next(ask.request, answer, following)
    return Page(items=[_shown(stream.name, row) for row in kept], next=following)


@ROUTER.get("/records/{view}/{key}", **needs(Permission.RECORDS_READ, 404, 409))
async def record(
    ask: Asked,
    view: View,
    key: Key,
    *,
    connection: ConnectionId = None,
    project: ProjectId = None,
    as_of: AsOf = None,
) -> Record:
    """Show a record: as it stands, or as it stood at a moment."""
    found = await _found(ask, view, key, connection, project)
    shown = _shown(stream_of(view).name, found)
    if as_of is None:
        return shown
    for one in await (await explorer_of(ask)).versions(found):
        if one.valid_from <= as_of and (one.valid_to is None or as_of < one.valid_to):
            return _as_it_was(shown, one)
    raise nothing_there("such record in the copy at that time")


@ROUTER.get("/records/{view}/{key}/versions", **needs(Permission.RECORDS_READ, 404, 409))
async def versions(
    ask: Asked,
    answer: Response,
    view: View,
    key: Key,
    *,
    connection: ConnectionId = None,
    project: ProjectId = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Page[Version]:
    """List every version of a record, the oldest first."""
    after = place_of(cursor, int)
    found = await _found(ask, view, key, connection, project)
    known = await (await explorer_of(ask)).versions(found)
    left = [one for one in known if after is None or one.version > after[0]]
    kept, following = cut(left[: limit + 1], limit, lambda one: [one.version])
    link_next(ask.request, answer, following)
    return Page(items=[_version(one) for one in kept], next=following)


@ROUTER.get("/records/{view}/{key}/diff", **needs(Permission.RECORDS_READ, 404, 409))
async def diff(
    ask: Asked,
    view: View,
    key: Key,
    *,
    connection: ConnectionId = None,
    project: ProjectId = None,
    before: VersionNumber = None,
    after: VersionNumber = None,
) -> Diff:
    """Compare two versions of a record; the last two, when none are named."""
    found = await _found(ask, view, key, connection, project)
    known = {one.version: one for one in await (await explorer_of(ask)).versions(found)}
    newer = after or max(known)
    older = before or max(1, newer - 1)
    if newer not in known or older not in known:
        raise nothing_there("such version")
    return Diff(
        before=older,
        after=newer,
        differences=[
            Difference(path=one.path, op=one.op, before=one.before, after=one.after)
            for one in differences(known[older].payload, known[newer].payload)
        ],
    )


@ROUTER.post(
    "/records/{view}/{key}/refresh",
    status_code=202,
    **needs(Permission.RECORDS_REFRESH, 404, method="post"),
)
async def refresh(
    ask: Asked, view: View, key: Key, *, connection: ConnectionId = None, project: ProjectId = None
) -> Queued:
    """Have one record read anew from the vendor, ahead of everything that the schedule does."""
    app, found = await ask.app(), await _found(ask, view, key, connection, project)
    stream = stream_of(view).name
    place = await connection_of(ask, found.connection_id)
    # The job wants where the record lies and its key; what is in it comes from the vendor.
    queued = await app.queue.trigger(app.tenant.id, [record_job(place, found, stream)])
    await ask.note("record.refresh_asked", f"record:{stream}/{key}", {"connection": str(place.id)})
    return Queued(queued=queued, correlation_id=correlation_id())


async def _found(ask: Asked, view: str, key: str, connection: UUID | None, project: str | None) -> Found:
    looking = await explorer_of(ask)
    try:
        rows = await looking.find(stream_of(view), key, project, connection_id=connection)
    except NoSuchRecordError:
        raise nothing_there("such record") from None
    if len(rows) > 1:
        places = ", ".join(f"{row.connection_id} {row.scope_text or 'the company'}" for row in rows[:20])
        raise Problem(
            409,
            "records.ambiguous",
            f"This record stands in several places: {places}.",
            action="Name the project, and the connection where that is not enough.",
        )
    return rows[0]


def _standing(state: State) -> Standing:
    return Standing[state.name]


def _shown(stream: str, row: Found) -> Record:
    return Record(
        connection_id=row.connection_id,
        stream=stream,
        project_id=project_of(row.scope_text),
        key=row.key,
        state=_standing(row.state),
        state_reason=row.state_reason,
        version=row.version,
        vendor_at=row.vendor_at,
        created_at=row.created_at,
        changed_at=row.changed_at,
        payload=row.payload,
    )


def _as_it_was(shown: Record, one: Kept) -> Record:
    then = {
        "state": _standing(one.state),
        "state_reason": one.state_reason,
        "version": one.version,
        "vendor_at": one.vendor_at,
        "changed_at": one.valid_from,
        "payload": one.payload,
    }
    return shown.model_copy(update=then)


def _version(one: Kept) -> Version:
    return Version(
        version=one.version,
        state=_standing(one.state),
        state_reason=one.state_reason,
        hash=one.hash.hex(),
        vendor_at=one.vendor_at,
        valid_from=one.valid_from,
        valid_to=one.valid_to,
        payload=one.payload,
    )
