"""The replica as people read it: records, their history, any record as of any moment, how fresh it all is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tiebeam.kernel.diff import differences
from tiebeam.kernel.errors import BadInputError, Owner
from tiebeam.replicate.model import State
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from tiebeam.kernel.diff import Difference
    from tiebeam.store.pool import Store

Q = queries(__package__ or "tiebeam.replicate")


class NoSuchRecordError(BadInputError):
    """There is no record with that key."""

    code = "records.unknown"


class AmbiguousRecordError(BadInputError):
    """Several records have that key, in different projects."""

    code = "records.ambiguous"


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One record in a list."""

    key: str
    scope_text: str
    state: State
    version: int
    vendor_at: datetime | None
    changed_at: datetime
    payload: dict[str, Any] = field(repr=False)

    def __post_init__(self) -> None:
        """Take the number of the database as what it means."""
        object.__setattr__(self, "state", State(self.state))


@dataclass(frozen=True, slots=True)
class Record:
    """One record, with where it was read."""

    feed_id: int
    scope_text: str
    key: str
    state: State
    version: int
    hash: bytes
    vendor_at: datetime | None
    created_at: datetime
    """When it came into the replica."""
    changed_at: datetime
    state_reason: str | None
    payload: dict[str, Any] = field(repr=False)

    def __post_init__(self) -> None:
        """Take the number of the database as what it means."""
        object.__setattr__(self, "state", State(self.state))


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a record, and the time it was in force in the replica."""

    version: int
    state: State
    hash: bytes
    vendor_at: datetime | None
    valid_from: datetime
    valid_to: datetime | None
    """None: in force."""
    state_reason: str | None
    payload: dict[str, Any] = field(repr=False)

    def __post_init__(self) -> None:
        """Take the number of the database as what it means."""
        object.__setattr__(self, "state", State(self.state))


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """How a stream stands over all its feeds."""

    stream: str
    feeds: int
    feeds_complete: int
    feeds_off: int
    feeds_hidden: int
    live: int
    deleted: int
    hidden: int
    oldest_read_at: datetime | None
    newest_read_at: datetime | None
    feeds_failing: int
    last_error: str | None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the sync log."""

    at: datetime
    stream: str
    scope_text: str
    direction: str
    result: str
    records: int
    calls: int
    detail: str | None


@dataclass(frozen=True, slots=True)
class RunEntry:
    """One sync run."""

    id: int
    wish: str
    started_at: datetime
    ended_at: datetime | None
    tally: dict[str, int] | None


@dataclass(frozen=True, slots=True)
class DamageEntry:
    """Something that could not be taken in."""

    id: int
    stream: str
    scope_text: str
    key: str | None
    reason: str
    bytes: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Slice:
    """Which records are wanted."""

    stream: str
    project_id: str | None = None
    deleted: bool = False
    """Whether deleted records are wanted too."""
    search: str | None = None
    limit: int = 50
    offset: int = 0


class Records:
    """Reads the replica of one tenant (of one connection, or of all)."""

    def __init__(self, store: Store, tenant_id: UUID, connection_id: UUID | None = None) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._connection_id = connection_id

    async def find(self, wanted: Slice, *, as_of: datetime | None = None) -> list[RecordRow]:
        """Return records, newest change first; as they stood at a moment, when one is given."""
        named = self._named(
            stream=wanted.stream, project=_project(wanted.project_id), deleted=wanted.deleted,
            search=wanted.search, limit=wanted.limit, offset=wanted.offset, moment=as_of,
        )  # fmt: skip
        async with self._store.transaction(self._tenant_id) as tx:
            return await tx.all(RecordRow, Q["list_as_of" if as_of else "list_records"], named)

    async def show(self, stream: str, key: str, project_id: str | None = None) -> Record:
        """Return one record. Raises NoSuchRecordError and AmbiguousRecordError."""
        named = self._named(stream=stream, key=key, project=_project(project_id))
        async with self._store.transaction(self._tenant_id) as tx:
            found = await tx.all(Record, Q["find_record"], named)
        if not found:
            raise NoSuchRecordError(
                f"There is no record {key!r} in {stream}.",
                action="See `tiebeam records list` for what there is, or sync first.",
                owner=Owner.OPERATOR,
            )
        if len(found) > 1:
            places = ", ".join(record.scope_text for record in found)
            raise AmbiguousRecordError(
                f"Record {key!r} of {stream} stands in several places: {places}.",
                action="Name the project with --project.",
            )
        return found[0]

    async def history(self, stream: str, key: str, project_id: str | None = None) -> list[Version]:
        """Return every version of a record, oldest first."""
        record = await self.show(stream, key, project_id)
        named = self._named(feed_id=record.feed_id, key=key)
        async with self._store.transaction(self._tenant_id) as tx:
            return await tx.all(Version, Q["versions"], named)

    async def as_of(
        self, stream: str, key: str, moment: datetime, project_id: str | None = None
    ) -> Version | None:
        """Return the version that was in force at a moment; None when the replica did not know it yet."""
        versions = await self.history(stream, key, project_id)
        for version in versions:
            if version.valid_from <= moment and (version.valid_to is None or moment < version.valid_to):
                return version
        return None

    async def diff(
        self, stream: str, key: str, *, before: int | None, after: int | None, project_id: str | None = None
    ) -> tuple[Version, Version, list[Difference]]:
        """Compare two versions of a record; by default the last two."""
        versions = {version.version: version for version in await self.history(stream, key, project_id)}
        last = max(versions)
        new = _version(versions, after if after is not None else last)
        old = _version(versions, before if before is not None else max(1, new.version - 1))
        return old, new, differences(old.payload, new.payload)

    async def names(self, stream: str, *, limit: int = 5000) -> list[tuple[str, str]]:
        """Return keys and names of the living records of a stream, by name."""
        async with self._store.transaction(self._tenant_id) as tx:
            rows = await tx.rows(Q["names"], self._named(stream=stream, limit=limit))
        return [(row[0], row[1]) for row in rows]

    async def streams(self) -> list[StreamStatus]:
        """Return how every stream stands."""
        async with self._store.transaction(self._tenant_id) as tx:
            return await tx.all(StreamStatus, Q["stream_status"], self._named())

    async def log(self, *, limit: int = 50, result: str | None = None) -> list[LogEntry]:
        """Return the latest entries of the sync log."""
        named = self._named(limit=limit, result=result)
        async with self._store.transaction(self._tenant_id) as tx:
            return await tx.all(LogEntry, Q["recent_log"], named)

    async def runs(self, *, limit: int = 10) -> list[RunEntry]:
        """Return the latest sync runs."""
        async with self._store.transaction(self._tenant_id) as tx:
            return await tx.all(RunEntry, Q["last_runs"], self._named(limit=limit))

    async def damages(self, *, limit: int = 50) -> list[DamageEntry]:
        """Return what could not be taken in."""
        async with self._store.transaction(self._tenant_id) as tx:
            return await tx.all(DamageEntry, Q["damages"], self._named(limit=limit))

    async def contents(self, stream: str) -> list[tuple[str, str, State, dict[str, Any]]]:
        """Return scope, key, state and content of every record of a stream."""
        async with self._store.transaction(self._tenant_id) as tx:
            rows = await tx.rows(Q["contents"], self._named(stream=stream))
        return [(scope, key, State(state), payload) for _, scope, key, state, payload in rows]

    def _named(self, **values: Any) -> dict[str, Any]:
        return {"tenant_id": self._tenant_id, "connection_id": self._connection_id, **values}


def _project(project_id: str | None) -> str | None:
    return f"project_id={project_id}" if project_id else None


def _version(versions: dict[int, Version], number: int) -> Version:
    if number not in versions:
        known = ", ".join(map(str, versions))
        raise BadInputError(f"There is no version {number}.", action=f"Choose among {known}.")
    return versions[number]
