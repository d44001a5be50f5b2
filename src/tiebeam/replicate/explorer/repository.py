"""Looks things up in the copy, within what one person may see of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tiebeam.connectors.procore.hooks import STREAM_OF, Event, subject_of
from tiebeam.kernel.errors import BadInputError, Owner
from tiebeam.replicate.explorer.model import Found, Kind, Place, Relative, SavedView, Told, Touch
from tiebeam.replicate.explorer.plan import column_value, filters, sort_type
from tiebeam.replicate.explorer.relations import relations
from tiebeam.replicate.replica import NoSuchRecordError, Record, Version
from tiebeam.replicate.replica import Q as REPLICA
from tiebeam.replicate.streams import STREAMS
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from uuid import UUID

    from tiebeam.connectors.streams import Stream
    from tiebeam.replicate.explorer.model import Mark, Wanted
    from tiebeam.store.pool import Store

Q = queries("tiebeam.replicate.explorer")

COUNT_MAX: Final = 10_000
"""Where counting what was filtered ends."""
SAVED_MAX: Final = 12
_BATCH: Final = 500
_RELATIVES_MAX: Final = 25
_LINES_MAX: Final = 20
_PROJECTS: Final = "procore.projects"


class Explorer:
    """Looks things up in one tenant's copy; `visible` are the projects that may be seen, None for all."""

    def __init__(self, store: Store, tenant_id: UUID, visible: frozenset[str] | None) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._visible = None if visible is None else sorted(visible)

    async def kinds(self, within: str | None = None, connection_id: UUID | None = None) -> list[Kind]:
        """Return every kind of record that was ever asked for; within a scope, when its text is given."""
        named = self._named(within=within, connection=connection_id)
        async with self._store.autocommit(self._tenant_id) as single:
            return await single.all(Kind, Q["kinds"], named)

    async def projects(self, *, limit: int) -> list[tuple[str, str]]:
        """Return ids and names of the projects that may be seen, by name."""
        async with self._store.autocommit(self._tenant_id) as single:
            rows = await single.rows(Q["projects"], self._named(limit=limit))
        return [(row[0], row[1]) for row in rows]

    async def page(
        self, wanted: Wanted, *, limit: int, after: Mark | None = None, offset: int = 0
    ) -> list[Found]:
        """Return a page: by change, what comes after a mark; by a field, what comes after so many records."""
        named = self._wanted(wanted) | {"limit": limit}
        if wanted.sort is None:
            query = Q["newest"]
            named |= {
                "after_at": after.changed_at if after else None,
                "after_feed": after.feed_id if after else None,
                "after_key": after.key if after else None,
            }
        else:
            query = Q["sorted"]
            named |= {
                "sort_path": wanted.sort.path,
                "sort_type": sort_type(wanted.sort),
                "sign": -1 if wanted.descending else 1,
                "offset": offset,
            }
        async with self._store.transaction(self._tenant_id) as tx:
            if wanted.sort is None:
                await tx.rows(Q["in_order"])
            return await tx.all(Found, query, named)

    async def count(self, wanted: Wanted) -> int:
        """Return how many records are wanted; from COUNT_MAX on, COUNT_MAX."""
        async with self._store.autocommit(self._tenant_id) as single:
            found: int = await single.value(Q["count"], self._wanted(wanted) | {"limit": COUNT_MAX})
        return found

    async def walk(self, wanted: Wanted, *, batch: int = _BATCH) -> AsyncIterator[list[Found]]:
        """Give everything that is wanted, some at a time, in an order that changes meanwhile cannot move."""
        async with self._store.autocommit(self._tenant_id) as single:
            places = await single.rows(Q["places"], self._place_of(wanted.stream, wanted.project_id))
        for (feed_id,) in places:
            after: str | None = None
            while True:
                named = self._wanted(wanted) | {"feed": feed_id, "after_key": after, "limit": batch}
                async with self._store.transaction(self._tenant_id) as tx:
                    await tx.rows(Q["in_order"])
                    rows = await tx.all(Found, Q["walk"], named)
                if rows:
                    yield rows
                if len(rows) < batch:
                    break
                after = rows[-1].key

    async def find(
        self, stream: Stream, key: str, project_id: str | None = None, feed_id: int | None = None
    ) -> list[Record]:
        """Return every record with a key that may be seen. Raises NoSuchRecordError when there is none."""
        named = self._place_of(stream, project_id) | {"key": key, "feed": feed_id}
        found: list[Record] = []
        if "\0" not in key:
            async with self._store.autocommit(self._tenant_id) as single:
                found = await single.all(Record, Q["find"], named)
        if not found:
            raise NoSuchRecordError(
                f"There is no record {key[:80]!r} among the {stream.title} that you can see.",
                action=f"Look for it under /records/{stream.view}.",
                owner=Owner.OPERATOR,
            )
        return found

    async def versions(self, record: Record) -> list[Version]:
        """Return every version of a record that was found here, oldest first."""
        named = {"tenant_id": self._tenant_id, "feed_id": record.feed_id, "key": record.key}
        async with self._store.autocommit(self._tenant_id) as single:
            return await single.all(Version, REPLICA["versions"], named)

    async def place(self, record: Record) -> Place:
        """Return where a record comes from."""
        async with self._store.autocommit(self._tenant_id) as single:
            found = await single.one(Place, Q["place"], self._named(feed=record.feed_id))
        assert found
        return found

    async def touches(self, record: Record) -> list[Touch]:
        """Return what was done to a record of late, latest first, as far back as the sync log is kept."""
        named = self._named(feed=record.feed_id, key=record.key, limit=_LINES_MAX)
        async with self._store.autocommit(self._tenant_id) as single:
            return await single.all(Touch, Q["touches"], named)

    async def told(
        self, record: Record, stream: Stream, place: Place, project_id: str | None, since: datetime
    ) -> list[Told]:
        """Return what deliveries told of a record since a moment, latest first."""
        named = self._named(
            connection=place.connection_id, since=since, key=record.key, project=project_id,
            resources=_resources(stream), limit=_LINES_MAX,
        )  # fmt: skip
        async with self._store.autocommit(self._tenant_id) as single:
            return await single.all(Told, Q["told"], named)

    async def named_by(
        self, record: Record, stream: Stream, place: Place, project_id: str | None
    ) -> list[Relative]:
        """Return the records that a record names by their ids."""
        wanted = [
            (one.column.name, one.parent.name, str(value))
            for one in relations(STREAMS)
            if one.child is stream and (value := column_value(one.column, record.payload)) is not None
        ]
        if project_id is not None:
            wanted.append(("project", _PROJECTS, project_id))
        named = self._named(
            fields=[field for field, _, _ in wanted], streams=[name for _, name, _ in wanted],
            keys=[key.replace("\0", "") for _, _, key in wanted],
            connection=place.connection_id, project=project_id, limit=_RELATIVES_MAX,
        )  # fmt: skip
        async with self._store.autocommit(self._tenant_id) as single:
            return await single.all(Relative, Q["named"], named)

    async def naming(
        self, record: Record, stream: Stream, place: Place, project_id: str | None
    ) -> list[Relative]:
        """Return the records of the same project that name a record; none for one of the company."""
        wanted = [one for one in relations(STREAMS) if one.parent is stream]
        if project_id is None or not wanted:
            return []
        named = self._named(
            fields=[one.column.name for one in wanted], streams=[one.child.name for one in wanted],
            paths=[one.column.path for one in wanted],
            connection=place.connection_id, project=project_id, key=record.key, limit=_RELATIVES_MAX,
        )  # fmt: skip
        async with self._store.autocommit(self._tenant_id) as single:
            return await single.all(Relative, Q["naming"], named)

    def _wanted(self, wanted: Wanted) -> dict[str, Any]:
        return self._place_of(wanted.stream, wanted.project_id) | filters(wanted)

    def _place_of(self, stream: Stream, project_id: str | None) -> dict[str, Any]:
        # A project is itself a record of the company: who sees some projects sees those among them alone.
        own = self._visible if stream.name == _PROJECTS else None
        return self._named(stream=stream.name, project=project_id, own=own)

    def _named(self, **values: Any) -> dict[str, Any]:
        return {"tenant_id": self._tenant_id, "visible": self._visible, **values}


def _resources(stream: Stream) -> list[str]:
    """Return the vendor's names of what is a record of a kind itself, and not a part of one."""
    names = [name for name, of in STREAM_OF.items() if of == stream.name]
    trials = [Event("", "", None, name, "1", "update", None, None, None) for name in names]
    return [one.resource for one in trials if (subject := subject_of(one)) and subject.key is not None]


class SavedViews:
    """The lists that one person keeps."""

    def __init__(self, store: Store, tenant_id: UUID, person_id: UUID) -> None:
        self._store = store
        self._named = {"tenant_id": tenant_id, "person": person_id}

    async def all(self, stream: str) -> list[SavedView]:
        """Return those of a kind, by name."""
        async with self._store.autocommit(self._named["tenant_id"]) as single:
            return await single.all(SavedView, Q["saved"], self._named | {"stream": stream})

    async def save(self, stream: str, name: str, query: str, at: datetime) -> None:
        """Keep a list under a name, or another under that name. Raises BadInputError for too many."""
        named = {"stream": stream, "name": name, "query": query, "at": at, "most": SAVED_MAX}
        async with self._store.autocommit(self._named["tenant_id"]) as single:
            if not await single.run(Q["save"], self._named | named):
                raise BadInputError(
                    f"You keep {SAVED_MAX} lists of this kind already.", action="Remove one of them first."
                )

    async def forget(self, stream: str, name: str) -> None:
        """Keep a list no longer."""
        async with self._store.autocommit(self._named["tenant_id"]) as single:
            await single.run(Q["forget"], self._named | {"stream": stream, "name": name})
