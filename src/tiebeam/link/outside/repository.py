"""Joined boards, which item is which, conflicts and the log of what was done, kept."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from tiebeam.connectors.monday.model import (
    Kind as TheirKind,
)
from tiebeam.connectors.monday.model import (
    OutsideBoard,
    OutsideColumn,
    OutsideGroup,
    OutsideLabel,
    OutsidePerson,
)
from tiebeam.identity.repository import People
from tiebeam.jobs.boards.repository import Boards
from tiebeam.jobs.changes.repository import Changes
from tiebeam.jobs.model import Cause
from tiebeam.kernel.canonical import canonical
from tiebeam.kernel.errors import BadInputError, Owner
from tiebeam.link.outside.model import (
    ColumnMap,
    Gone,
    LinkState,
    Mirror,
    MirrorState,
    OutsideConflict,
    OutsideDone,
    OutsideLink,
    OwnerRule,
    Refused,
    Ruling,
)
from tiebeam.link.outside.ports import Moved, Person
from tiebeam.link.pairs.model import Kind, Side, Touched
from tiebeam.operations.audit.model import Actor, ActorKind
from tiebeam.store.adapt import Json, Jsons, Longs, Texts
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence
    from datetime import datetime

    from tiebeam.jobs.boards.model import Board, Item, ItemEdit, NewItem
    from tiebeam.kernel.clock import Clock
    from tiebeam.link.outside.ports import By, Line
    from tiebeam.link.pairs.model import Clash
    from tiebeam.store.pool import Store
    from tiebeam.store.transaction import Transaction

Q = queries("tiebeam.link.outside")

LIMIT_MAX: Final = 1000
_CONFLICT: Final = tuple(one.name for one in fields(OutsideConflict))
"""The columns of `parts/conflict.sql`."""


class UnknownMirrorError(BadInputError):
    """There is no such joined board, mirror or conflict."""

    code = "outside.unknown"
    owner = Owner.OFFICE


class Mirrors:
    """The joined boards of one tenant, and everything that is remembered of them."""

    def __init__(self, store: Store, tenant_id: UUID, clock: Clock) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._clock = clock
        self._changes = Changes(store, tenant_id)
        self._boards = Boards(store, tenant_id, clock)

    @asynccontextmanager
    async def turn(self, tx: Transaction | None = None) -> AsyncIterator[MirrorsTurn]:
        """Give the turn of writing; nothing outside may be waited for within it."""
        async with self._changes.writing(tx) as within:
            yield MirrorsTurn(within, self._tenant_id, self._clock, self._boards)

    async def links(self, *, only_on: bool = True, board_id: UUID | None = None) -> list[OutsideLink]:
        """Return joined boards, the oldest first: all, or those of one board of ours."""
        named = {"tenant_id": self._tenant_id, "on": only_on, "board_id": board_id}
        async with self._store.autocommit(self._tenant_id) as single:
            return [_link(row) for row in await single.rows(Q["links"], named)]

    async def join(self, link: OutsideLink, tx: Transaction | None = None) -> None:
        """Join a board of ours to one elsewhere. Raises BadInputError when either is joined already."""
        async with self._changes.writing(tx) as within:
            named = {"tenant_id": self._tenant_id, "on": True, "board_id": None}
            for other in [_link(row) for row in await within.rows(Q["links"], named)]:
                there = (other.vendor, other.outside_board_id) == (link.vendor, link.outside_board_id)
                if other.board_id == link.board_id or there:
                    raise BadInputError(
                        "This board is kept the same as another one already.",
                        action="Choose another board, or stop that first.",
                    )
            await within.run(Q["join"], self._named(link))

    async def conflicts(
        self,
        *,
        only_open: bool = True,
        link_id: UUID | None = None,
        item_id: UUID | None = None,
        limit: int = 200,
    ) -> list[OutsideConflict]:
        """Return conflicts, the newest first: those that wait for somebody, or all."""
        named = {
            "tenant_id": self._tenant_id,
            "open": only_open,
            "link_id": link_id,
            "item_id": item_id,
            "limit": max(1, min(limit, LIMIT_MAX)),
        }
        async with self._store.autocommit(self._tenant_id) as single:
            return [_conflict(row) for row in await single.rows(Q["conflicts"], named)]

    async def asks(self, limit: int = 200) -> list[Mirror]:
        """Return the mirrors of which somebody has to say what is to become, the longest waiting first."""
        named = {"tenant_id": self._tenant_id, "limit": max(1, min(limit, LIMIT_MAX))}
        async with self._store.autocommit(self._tenant_id) as single:
            return [_mirror(row) for row in await single.rows(Q["asks"], named)]

    async def counts(self, link_id: UUID) -> tuple[dict[MirrorState, int], int]:
        """Return how many items of a joined board stand how, and how many conflicts are open."""
        named = {"tenant_id": self._tenant_id, "link_id": link_id}
        async with self._store.autocommit(self._tenant_id) as single:
            rows = await single.rows(Q["counts"], named)
        return {MirrorState(state): count for state, count, _ in rows}, sum(int(one) for _, _, one in rows)

    async def log(
        self,
        link_id: UUID | None = None,
        *,
        item_id: UUID | None = None,
        limit: int = 100,
        before: int | None = None,
    ) -> list[OutsideDone]:
        """Return what was done, the newest first; on from before an entry's id."""
        named = {
            "tenant_id": self._tenant_id,
            "link_id": link_id,
            "item_id": item_id,
            "before": before,
            "limit": max(1, min(limit, LIMIT_MAX)),
        }
        async with self._store.autocommit(self._tenant_id) as single:
            return [_done(row) for row in await single.rows(Q["log"], named)]

    def _named(self, link: OutsideLink) -> dict[str, Any]:
        return {"tenant_id": self._tenant_id, "at": self._clock.now()} | _columns_of(link)


class MirrorsTurn:
    """Our side within one transaction in which nobody else writes to it."""

    def __init__(self, tx: Transaction, tenant_id: UUID, clock: Clock, boards: Boards) -> None:
        self.tx = tx
        self._tenant_id = tenant_id
        self._clock = clock
        self._boards = boards

    async def link(self, link_id: UUID) -> OutsideLink:
        """Return a joined board. Raises UnknownMirrorError."""
        return _link(await self._one("link", link_id, "There is no such joined board."))

    async def keep_link(self, link: OutsideLink) -> None:
        """Keep a joined board as it is now."""
        await self.tx.run(Q["keep_link"], self._named(at=self._clock.now(), **_columns_of(link)))

    async def board(self, board_id: UUID) -> Board:
        """Return a board of ours. Raises NoSuchBoardError."""
        return await self._boards.get(board_id, tx=self.tx)

    async def people(self) -> Mapping[str, Person]:
        """Return everybody of ours by id."""
        everybody = await People(self.tx, self._tenant_id).all()
        return {str(one.id): Person(one.email, one.name, one.active) for one in everybody}

    async def of_items(self, link_id: UUID, item_ids: Collection[UUID]) -> list[Mirror]:
        """Return the mirrors of items of ours, those that are over too."""
        return await self._mirrors("of_items", link_id=link_id, ids=list(item_ids))

    async def of_outside(self, link_id: UUID, outside_ids: Collection[str]) -> list[Mirror]:
        """Return the mirrors of items there, those that are over too."""
        return await self._mirrors("of_outside", link_id=link_id, ids=Texts(outside_ids))

    async def waiting(self, link_id: UUID, limit: int) -> list[Mirror]:
        """Return the mirrors whose item there is to be written and not known to be, the oldest first."""
        return await self._mirrors("waiting", link_id=link_id, limit=limit)

    async def known(self, link_id: UUID) -> dict[str, MirrorState]:
        """Return the ids of all items there that have a mirror, and how it stands."""
        rows = await self.tx.rows(Q["known"], self._named(link_id=link_id))
        return {id_: MirrorState(state) for id_, state in rows}

    async def mirror(self, mirror_id: UUID) -> Mirror:
        """Return a mirror. Raises UnknownMirrorError."""
        return _mirror(await self._one("mirror", mirror_id, "There is no such item elsewhere."))

    async def add(self, mirrors: Sequence[Mirror]) -> None:
        """Keep new mirrors, with their bases."""
        if mirrors:
            named = self._named(
                ids=[one.id for one in mirrors],
                link_ids=[one.link_id for one in mirrors],
                item_ids=[one.item_id for one in mirrors],
                outside_ids=[one.outside_id for one in mirrors],
                bases=Jsons(canonical(one.base) for one in mirrors),
                states=Texts(one.state.value for one in mirrors),
                at=self._clock.now(),
            )
            await self.tx.run(Q["add"], named)

    async def keep(self, mirrors: Sequence[Mirror]) -> None:
        """Keep mirrors as they are now."""
        if mirrors:
            named = self._named(
                ids=[one.id for one in mirrors],
                outside_ids=[one.outside_id for one in mirrors],
                bases=Jsons(canonical(one.base) for one in mirrors),
                sents=Jsons(canonical(one.sent) for one in mirrors),
                refuseds=Jsons(canonical(_refusals(one)) for one in mirrors),
                states=Texts(one.state.value for one in mirrors),
                askeds=[one.asked.value if one.asked else None for one in mirrors],
                begun=[one.begun_at for one in mirrors],
                cause_ids=[one.cause_id for one in mirrors],
                hops=Longs(one.hops for one in mirrors),
                written=[one.written_at for one in mirrors],
                at=self._clock.now(),
            )
            await self.tx.run(Q["keep"], named)

    async def unmirrored(self, link: OutsideLink, limit: int) -> list[Item]:
        """Return items of our board that have no mirror and are not deleted, the oldest first."""
        named = self._named(link_id=link.id, board_id=link.board_id, limit=limit)
        ids = [id_ for (id_,) in await self.tx.rows(Q["unmirrored"], named)]
        items = await self.items(ids)
        return [items[id_] for id_ in ids]

    async def moved(self, link: OutsideLink, limit: int) -> tuple[list[Moved], int]:
        """Return which items of our board were changed since `seen_change`, and the newest change told of."""
        named = self._named(board_id=link.board_id, after=link.seen_change, limit=limit)
        rows = await self.tx.rows(Q["moved"], named)
        found = [Moved(item_id, id_, Cause(cause_id, hops)) for item_id, id_, cause_id, hops in rows]
        return found, max((one.change_id for one in found), default=link.seen_change)

    async def items(self, ids: Collection[UUID]) -> dict[UUID, Item]:
        """Return items of ours, deleted ones too."""
        return await self._boards.some_items(ids, tx=self.tx) if ids else {}

    async def put_items(self, board_id: UUID, wanted: Sequence[NewItem], by: By) -> list[Item]:
        """Make items. Raises as `Boards.put_items` does."""
        return await self._boards.put_items(board_id, wanted, actor=by.actor, cause=by.cause, tx=self.tx)

    async def set_items(self, edits: Sequence[ItemEdit], by: By) -> list[Item]:
        """Change items. Raises as `Boards.set_items` does."""
        return await self._boards.set_items(edits, actor=by.actor, cause=by.cause, tx=self.tx)

    async def delete_item(self, item_id: UUID, by: By) -> None:
        """Delete an item. Raises NoSuchItemError."""
        await self._boards.delete_item(item_id, actor=by.actor, cause=by.cause, tx=self.tx)

    async def restore_item(self, item_id: UUID, by: By) -> None:
        """Take a deletion back. Raises NoSuchItemError, NoSuchBoardError."""
        await self._boards.restore_item(item_id, actor=by.actor, cause=by.cause, tx=self.tx)

    async def touched(self, item_id: UUID, names: Collection[str]) -> dict[str, Touched]:
        """Return when fields of an item of ours were changed last, and by whom."""
        named = self._named(item_id=item_id, fields=Texts(names))
        return {name: Touched(at, by) for name, at, by in await self.tx.rows(Q["touched"], named)}

    async def open_of(self, mirror_ids: Collection[UUID]) -> dict[UUID, dict[str, OutsideConflict]]:
        """Return what somebody is being asked about, by mirror and field."""
        found: dict[UUID, dict[str, OutsideConflict]] = {id_: {} for id_ in mirror_ids}
        for row in await self.tx.rows(Q["open_of"], self._named(ids=list(found))) if found else ():
            one = _conflict(row)
            found[one.mirror_id][one.field] = one
        return found

    async def conflict(self, conflict_id: UUID) -> OutsideConflict:
        """Return a conflict. Raises UnknownMirrorError."""
        return _conflict(await self._one("conflict", conflict_id, "There is no such conflict."))

    async def add_conflict(
        self, mirror: Mirror, clash: Clash, touched: Mapping[Side, Touched], state: Ruling, by: str
    ) -> None:
        """Keep a clash: open, or decided already."""
        at = self._clock.now()
        named = self._clash(clash, touched) | {
            "id": uuid4(),
            "mirror_id": mirror.id,
            "field": clash.field,
            "base": Json(canonical(clash.base)),
            "state": state.value,
            "at": at,
            "decided_at": None if state is Ruling.OPEN else at,
            "decided_by": by,
        }
        await self.tx.run(Q["add_conflict"], named)

    async def renew_conflict(
        self, found: OutsideConflict, clash: Clash, touched: Mapping[Side, Touched]
    ) -> None:
        """Keep what both sides hold by now of something that is still open."""
        await self.tx.run(Q["renew_conflict"], self._clash(clash, touched) | {"id": found.id})

    async def decide(self, found: OutsideConflict, state: Ruling, by: str) -> None:
        """Say how a conflict stands now."""
        named = self._named(
            id=found.id, state=state.value, before=found.state.value, at=self._clock.now(), by=by
        )
        await self.tx.run(Q["decide"], named)

    async def note(self, lines: Sequence[Line], by: By, at: datetime) -> None:
        """Log operations."""
        if lines:
            named = self._named(
                link_ids=[one.mirror.link_id for one in lines],
                mirror_ids=[one.mirror.id for one in lines],
                item_ids=[one.mirror.item_id for one in lines],
                outside_ids=[one.mirror.outside_id for one in lines],
                whats=Texts(one.what for one in lines),
                fields=Jsons(canonical(one.fields) for one in lines),
                results=Texts(one.result for one in lines),
                actor_kind=by.actor.kind.value,
                actor_id=by.actor.id,
                actor_name=by.actor.name,
                cause_id=by.cause.id,
                hops=by.cause.hops,
                at=at,
            )
            await self.tx.run(Q["note"], named)

    async def _mirrors(self, query: str, **named: Any) -> list[Mirror]:
        return [_mirror(row) for row in await self.tx.rows(Q[query], self._named(**named))]

    async def _one(self, query: str, id_: UUID, otherwise: str) -> tuple[Any, ...]:
        rows = await self.tx.rows(Q[query], self._named(id=id_))
        if not rows:
            raise UnknownMirrorError(otherwise, action="Look at the board as it is now.")
        return rows[0]

    def _clash(self, clash: Clash, touched: Mapping[Side, Touched]) -> dict[str, Any]:
        ours, theirs = touched.get(Side.JOB), touched.get(Side.ITEM)
        return self._named(
            kind=clash.kind.value,
            ours=Json(canonical(clash.held(Side.JOB))),
            theirs=Json(canonical(clash.held(Side.ITEM))),
            ours_at=ours.at if ours else None,
            ours_by=ours.by if ours else "",
            theirs_at=theirs.at if theirs else None,
            theirs_by=theirs.by if theirs else "",
            sentence=clash.sentence,
        )

    def _named(self, **more: Any) -> dict[str, Any]:
        return {"tenant_id": self._tenant_id, **more}


def _columns_of(link: OutsideLink) -> dict[str, Any]:
    return {
        "id": link.id,
        "board_id": link.board_id,
        "vendor": link.vendor,
        "outside_board_id": link.outside_board_id,
        "columns": Json(canonical([[one.key, one.column_id] for one in link.columns])),
        "groups": Json(canonical(dict(link.groups))),
        "owner": link.owner.value,
        "state": link.state.value,
        "seen_change": link.seen_change,
        "layout": Json(canonical(asdict(link.layout))),
        "people": Json(canonical([asdict(one) for one in link.people])),
        "me": link.me,
        "passed_at": link.passed_at,
        "held": link.held,
        "trouble": link.trouble,
    }


def _link(row: tuple[Any, ...]) -> OutsideLink:
    id_, board_id, vendor, there, columns, groups, owner, state, seen, layout, people, *rest = row
    return OutsideLink(
        id_,
        board_id,
        vendor,
        there,
        tuple(ColumnMap(*one) for one in columns),
        groups,
        OwnerRule(owner),
        LinkState(state),
        seen,
        _layout(layout),
        tuple(OutsidePerson(**one) for one in people),
        *rest,
    )


def _layout(kept: Mapping[str, Any]) -> OutsideBoard:
    columns = (
        OutsideColumn(
            one["id"],
            one["title"],
            one["type"],
            TheirKind(one["kind"]) if one["kind"] else None,
            tuple(OutsideLabel(**label) for label in one["labels"]),
        )
        for one in kept["columns"]
    )
    groups = tuple(OutsideGroup(**one) for one in kept["groups"])
    return OutsideBoard(kept["id"], kept["name"], tuple(columns), groups)


def _refusals(mirror: Mirror) -> dict[str, Any]:
    return {name: asdict(one) for name, one in mirror.refused.items()}


def _mirror(row: tuple[Any, ...]) -> Mirror:
    id_, link_id, item_id, outside_id, base, sent, refused, state, asked, *rest = row
    refusals = {name: Refused(**one) for name, one in refused.items()}
    gone = Gone(asked) if asked else None
    return Mirror(id_, link_id, item_id, outside_id, base, sent, refusals, MirrorState(state), gone, *rest)


def _conflict(row: tuple[Any, ...]) -> OutsideConflict:
    named = dict(zip(_CONFLICT, row, strict=True))
    return OutsideConflict(**named | {"kind": Kind(named["kind"]), "state": Ruling(named["state"])})


def _done(row: tuple[Any, ...]) -> OutsideDone:
    id_, at, link_id, mirror_id, item_id, outside_id, what, written, result, *who = row
    kind, actor_id, name, cause_id, hops = who
    by = Actor(ActorKind(kind), actor_id, name)
    return OutsideDone(
        id_, at, link_id, mirror_id, item_id, outside_id, what, written, result, by, cause_id, hops
    )
