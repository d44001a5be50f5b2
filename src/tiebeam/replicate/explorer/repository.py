"""Looks things up in the copy, within what one person may see of it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from tiebeam.connectors.procore.hooks import STREAM_OF, Event, subject_of
from tiebeam.kernel.errors import BadInputError, Owner
from tiebeam.replicate.explorer.model import (
    Count,
    Found,
    Kind,
    Mark,
    Place,
    Relative,
    SavedView,
    Sheet,
    Told,
    Touch,
)
from tiebeam.replicate.explorer.plan import column_value, filters, sort_type
from tiebeam.replicate.explorer.relations import relations
from tiebeam.replicate.replica import NoSuchRecordError, Version
from tiebeam.replicate.replica import Q as REPLICA
from tiebeam.replicate.streams import STREAMS
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from datetime import datetime
    from uuid import UUID

    from tiebeam.connectors.streams import Stream
    from tiebeam.replicate.explorer.model import Wanted
    from tiebeam.store.pool import Store
    from tiebeam.store.transaction import Transaction

Q = queries("tiebeam.replicate.explorer")

COUNT_MAX: Final = 10_000
"""Where counting ends."""
COUNT_IN_PLACE_MAX: Final = 1_000
"""Where counting one kind in one project ends, in a table of all kinds."""
LOOK_MAX: Final = 4_000
"""How many records are read at most, or little more, for one page of a list."""
SAVED_MAX: Final = 12
_BATCH: Final = 500
_RELATIVES_MAX: Final = 25
_SAME_KEY_MAX: Final = 200
_NAMING_LOOK_MAX: Final = 2_000
_LINES_MAX: Final = 20
_PROJECTS: Final = "procore.projects"


class Explorer:
    """Looks things up in one tenant's copy; `visible` are the projects that may be seen, None for all."""

    def __init__(self, store: Store, tenant_id: UUID, visible: Iterable[str] | None) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._visible = None if visible is None else sorted(visible)

    async def kinds(
        self, within: str | None = None, connection_id: UUID | None = None, *, exact: bool = False
    ) -> list[Kind]:
        """Return every kind of record that was ever asked for; within a scope, when its text is given.

        Unless it must be exact, no more than COUNT_IN_PLACE_MAX are counted in one place.
        """
        most = None if exact else COUNT_IN_PLACE_MAX
        async with self._planned_anew() as tx:
            named = self._named(within=within, connection=connection_id, most=most)
            return await tx.all(Kind, Q["kinds"], named)

    async def projects(self, *, limit: int) -> list[tuple[str, str]]:
        """Return ids and names of the projects that may be seen, by name."""
        async with self._planned_anew() as tx:
            rows = await tx.rows(Q["projects"], self._named(limit=limit))
        return [(row[0], row[1]) for row in rows]

    async def page(self, wanted: Wanted, *, limit: int, after: Mark | None = None, offset: int = 0) -> Sheet:
        """Return a page: by change, what comes after a mark; by a field, what comes after so many records.

        Where records must be read to tell which are wanted, or in which order, the newest LOOK_MAX or so are.
        """
        async with self._planned_anew() as single:
            if wanted.sort is not None:
                floor = await self._floor(single, wanted, None)
                order: dict[str, Any] = {
                    "sort_path": wanted.sort.path,
                    "sort_type": sort_type(wanted.sort),
                    "sign": -1 if wanted.descending else 1,
                    "offset": offset,
                    "limit": limit,
                }
                rows = await single.all(Found, Q["sorted"], self._span(wanted, None, floor) | order)
                return Sheet(rows, floor, floor is not None)
            floor = await self._floor(single, wanted, after) if wanted.by_content else None
            named = {"limit": limit, "look": None if wanted.by_content else limit}
            rows = await single.all(Found, Q["newest"], self._span(wanted, after, floor) | named)
            return Sheet(rows, floor if len(rows) < limit else None, floor is not None)

    async def count(self, wanted: Wanted) -> Count:
        """Return how many records are wanted: at least, where counting ended before all were counted."""
        async with self._planned_anew() as single:
            if wanted.by_content:
                floor = await self._floor(single, wanted, None)
                found: int = await single.value(Q["count_said"], self._span(wanted, None, floor))
                return Count(found, floor is not None)
            found = await single.value(Q["count"], self._wanted(wanted) | {"limit": COUNT_MAX})
            return Count(found, found >= COUNT_MAX)

    async def _floor(self, single: Transaction, wanted: Wanted, after: Mark | None) -> Mark | None:
        """Return the mark down to which LOOK_MAX records lie, or some more; None when there are fewer.

        The busiest place bounds how far a look goes that takes as many records from each; so it is taken
        again from there on, with as many more as that one fell short of.
        """
        left, look, mark = LOOK_MAX, LOOK_MAX, after
        while left > 0:
            rows = await single.rows(Q["floor"], self._span(wanted, mark, None) | {"look": look})
            if not rows:
                return None
            mark, looked = Mark(*rows[0][:3]), rows[0][3]
            left -= looked
            look = min(4 * look, 1 + look * left // looked)
        return mark

    @asynccontextmanager
    async def _planned_anew(self) -> AsyncIterator[Transaction]:
        async with self._store.transaction(self._tenant_id) as tx:
            await tx.rows(Q["planned_anew"])
            yield tx

    async def walk(self, wanted: Wanted, *, batch: int = _BATCH) -> AsyncIterator[list[Found]]:
        """Give everything that is wanted, some at a time, in an order that changes meanwhile cannot move."""
        after: tuple[int, str] | None = None
        while rows := await self.following(wanted, after, limit=batch):
            yield rows
            if len(rows) < batch:
                break
            after = rows[-1].feed_id, rows[-1].key

    async def following(self, wanted: Wanted, after: tuple[int, str] | None, *, limit: int) -> list[Found]:
        """Return what is wanted after a feed's id and a key, in the order of both, which no change moves."""
        from_feed, after_key = after or (0, None)
        rows: list[Found] = []
        async with self._planned_anew() as single:
            named = self._place_of(wanted.stream, wanted.project_id, wanted.connection_id)
            places = await single.rows(Q["places"], named | {"from_feed": from_feed})
            for (feed_id,) in places:
                place = {"feed": feed_id, "after_key": after_key if feed_id == from_feed else None}
                named = self._wanted(wanted) | place | {"limit": limit - len(rows)}
                rows += await single.all(Found, Q["walk"], named)
                if len(rows) >= limit:
                    break
        return rows

    async def find(
        self,
        stream: Stream,
        key: str,
        project_id: str | None = None,
        feed_id: int | None = None,
        connection_id: UUID | None = None,
    ) -> list[Found]:
        """Return every record with a key that may be seen. Raises NoSuchRecordError when there is none."""
        named = self._place_of(stream, project_id, connection_id)
        found: list[Found] = []
        if "\0" not in key:
            async with self._store.autocommit(self._tenant_id) as single:
                named |= {"key": key, "feed": feed_id, "limit": _SAME_KEY_MAX}
                found = await single.all(Found, Q["find"], named)
        if not found:
            raise NoSuchRecordError(
                f"There is no record {key[:80]!r} among the {stream.title} that you can see.",
                action=f"Look for it under /records/{stream.view}.",
                owner=Owner.OPERATOR,
            )
        return found

    async def versions(self, record: Found) -> list[Version]:
        """Return every version of a record that was found here, oldest first."""
        named = {"tenant_id": self._tenant_id, "feed_id": record.feed_id, "key": record.key}
        async with self._store.autocommit(self._tenant_id) as single:
            return await single.all(Version, REPLICA["versions"], named)

    async def place(self, record: Found) -> Place:
        """Return where a record comes from."""
        async with self._store.autocommit(self._tenant_id) as single:
            found = await single.one(Place, Q["place"], self._named(feed=record.feed_id))
        assert found
        return found

    async def touches(self, record: Found) -> list[Touch]:
        """Return what was done to a record of late, latest first, as far back as the sync log is kept."""
        named = self._named(feed=record.feed_id, key=record.key, limit=_LINES_MAX)
        async with self._store.autocommit(self._tenant_id) as single:
            return await single.all(Touch, Q["touches"], named)

    async def told(
        self, record: Found, stream: Stream, place: Place, project_id: str | None, since: datetime
    ) -> list[Told]:
        """Return what deliveries told of a record since a moment, latest first."""
        named = self._named(
            connection=place.connection_id, since=since, key=record.key, project=project_id,
            resources=_resources(stream), limit=_LINES_MAX,
        )  # fmt: skip
        async with self._store.autocommit(self._tenant_id) as single:
            return await single.all(Told, Q["told"], named)

    async def named_by(
        self, record: Found, stream: Stream, place: Place, project_id: str | None
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
        self, record: Found, stream: Stream, place: Place, project_id: str | None
    ) -> list[Relative]:
        """Return the records of the same project that name a record; none for one of the company."""
        wanted = [one for one in relations(STREAMS) if one.parent is stream]
        if project_id is None or not wanted:
            return []
        named = self._named(
            fields=[one.column.name for one in wanted], streams=[one.child.name for one in wanted],
            paths=[one.column.path for one in wanted],
            connection=place.connection_id, project=project_id, key=record.key, look=_NAMING_LOOK_MAX,
            limit=_RELATIVES_MAX,
        )  # fmt: skip
        async with self._store.autocommit(self._tenant_id) as single:
            return await single.all(Relative, Q["naming"], named)

    def _span(self, wanted: Wanted, after: Mark | None, until: Mark | None) -> dict[str, Any]:
        named = self._wanted(wanted)
        for name, mark in (("after", after), ("until", until)):
            named[f"{name}_at"] = mark.changed_at if mark else None
            named[f"{name}_feed"] = mark.feed_id if mark else None
            named[f"{name}_key"] = mark.key if mark else None
        return named

    def _wanted(self, wanted: Wanted) -> dict[str, Any]:
        return self._place_of(wanted.stream, wanted.project_id, wanted.connection_id) | filters(wanted)

    def _place_of(self, stream: Stream, project_id: str | None, connection_id: UUID | None) -> dict[str, Any]:
        # A project is itself a record of the company: who sees some projects sees those among them alone.
        own = self._visible if stream.name == _PROJECTS else None
        return self._named(stream=stream.name, project=project_id, connection=connection_id, own=own)

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
