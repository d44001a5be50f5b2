"""Items of ours made there, each once: one whose making was cut is looked for first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from tiebeam.connectors.ports import Refusal, RefusalKind
from tiebeam.link.outside.laying import Reading, is_about_it
from tiebeam.link.outside.matching import made_by_us
from tiebeam.link.outside.model import NAME, TRIES_MAX, MirrorState, Refused, Ruling
from tiebeam.link.outside.ports import Line
from tiebeam.link.pairs.model import Clash, Kind, Side

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from tiebeam.connectors.monday.model import OutsideItem
    from tiebeam.kernel.clock import Clock
    from tiebeam.link.outside.cells import Sheet
    from tiebeam.link.outside.laying import Laying
    from tiebeam.link.outside.model import Mirror, Mirrored, OutsideLink
    from tiebeam.link.outside.ports import Books, Desk, Turn

PAGES_MAX: Final = 2000
WAITING_MAX: Final = 1000


class Making:
    """What makes items there."""

    def __init__(self, books: Books, desk: Desk, clock: Clock, laying: Laying) -> None:
        self._books = books
        self._desk = desk
        self._clock = clock
        self._laying = laying

    async def resume(self, link_id: UUID, told: Mirrored, listing: list[OutsideItem] | None = None) -> bool:
        """Find out what became of items whose making was cut short, and make them if they were not made.

        `listing` is the board there read to its end, if it was; what is found in it and written is taken out.
        Say whether to go on.
        """
        async with self._books.turn() as turn:
            waiting = await turn.waiting(link_id, WAITING_MAX)
        for one in waiting:
            begun = one.outside_id is None and one.begun_at is not None
            if begun and not await self._resume_one(link_id, one, told, listing):
                return False
        return True

    async def make(self, link_id: UUID, told: Mirrored, limit: int) -> None:
        """Make up to `limit` items that are still to be made."""
        async with self._books.turn() as turn:
            waiting = await turn.waiting(link_id, WAITING_MAX)
        new = [one for one in waiting if one.outside_id is None and not one.refused]
        for one in new[:limit]:
            if not await self.make_one(link_id, one, told):
                return
        told.more |= len(new) > limit

    async def listed(self, link: OutsideLink, told: Mirrored) -> list[OutsideItem] | None:
        """Return all items of the board there, once each; None when it could not be read to its end."""
        found: dict[str, OutsideItem] = {}
        cursor: str | None = None
        for _ in range(PAGES_MAX):
            page = await self._desk.page(link.outside_board_id, cursor)
            if isinstance(page, Refusal):
                told.refusal = page
                return None
            found |= {one.id: one for one in page.items}
            cursor = page.cursor
            if cursor is None:
                return list(found.values())
        told.more = True
        return None

    async def _resume_one(
        self, link_id: UUID, mirror: Mirror, told: Mirrored, listing: list[OutsideItem] | None
    ) -> bool:
        async with self._books.turn() as turn:
            link = await turn.link(link_id)
            sheet = await self._laying.sheet(turn, link)
            known = await turn.known(link_id)
        found = None
        if listing is None:
            named = await self._desk.named(link.outside_board_id, str(mirror.sent.get(NAME, "")))
            if isinstance(named, Refusal):
                told.refusal = named
                return False
            found = made_by_us(sheet, mirror, named, known)
        if listing is None and (found is None or not found[1]):
            # It may have been renamed: only the whole board tells that it was not made.
            listing = await self.listed(link, told)
            if listing is None:
                return False
        if listing is not None:
            found = made_by_us(sheet, mirror, listing, known)
        if found is None:
            return await self.make_one(link_id, mirror, told)
        if listing is not None:
            listing.remove(found[0])
        return await self._adopt(link_id, mirror, found, told)

    async def _adopt(
        self, link_id: UUID, mirror: Mirror, found: tuple[OutsideItem, bool], told: Mirrored
    ) -> bool:
        item, sure = found
        async with self._books.turn() as turn:
            # What it holds besides was changed since: nobody else knew of it.
            now = await turn.mirror(mirror.id)
            await turn.keep([replace(now, base={})])
        adopting = {item.id: mirror.id}
        reading = Reading((item,), adopting=adopting, written=sure, unsure=not sure)
        return await self._laying.round(link_id, reading, told)

    async def make_one(self, link_id: UUID, mirror: Mirror, told: Mirrored) -> bool:
        """Make one; say whether to go on with others."""
        prepared = await self._prepare(link_id, mirror)
        if prepared is None:
            return True
        sheet, sent = prepared
        answer = await self._create(sheet, sent)
        if isinstance(answer, Refusal):
            return await self._keep_refusal(mirror, sent, answer, told)
        told.made_theirs += 1
        reading = Reading((answer,), adopting={answer.id: mirror.id}, written=True)
        return await self._laying.round(link_id, reading, told)

    async def _prepare(self, link_id: UUID, mirror: Mirror) -> tuple[Sheet, Mapping[str, Any]] | None:
        """Keep that it is being made, and with what; None when there is nothing to be made any more."""
        async with self._books.turn() as turn:
            now = await turn.mirror(mirror.id)
            items = await turn.items([now.item_id] if now.item_id else [])
            item = items.get(now.item_id) if now.item_id else None
            if now.outside_id is not None or now.state is not MirrorState.LINKED:
                return None
            if item is None or item.deleted_at is not None:
                await turn.keep([replace(now, state=MirrorState.APART, sent={}, begun_at=None)])
                return None
            sheet = await self._laying.sheet(turn, await turn.link(link_id))
            ours = sheet.of_ours(item)
            sent = {
                name: value
                for name, value in ours.items()
                if value is not None and sheet.cannot(Side.ITEM, name, value) is None
            }
            if NAME not in sent:
                await self._refuse(turn, now, ours[NAME], sheet.cannot(Side.ITEM, NAME, ours[NAME]) or "")
                return None
            base: dict[str, Any] = {name: None for name in ours if name != NAME}
            at = self._clock.now()
            after = replace(now, base=base, sent=sent, begun_at=at, written_at=at)
            await turn.keep([after])
            await self._laying.lines(turn, [Line("to_theirs", after, sent, "It is to be made there.")])
            return sheet, sent

    async def _create(self, sheet: Sheet, sent: Mapping[str, Any]) -> OutsideItem | Refusal:
        """Make it with all that it is to hold; with its name alone where something of that is refused."""
        group = sheet.group_there(sent)
        board, name = sheet.link.layout, sent[NAME]
        answer = await self._desk.create(board, name, sheet.there(sent), group)
        if isinstance(answer, Refusal) and is_about_it(answer) and len(sent) > 1:
            return await self._desk.create(board, name, {}, None)
        return answer

    async def _keep_refusal(
        self, mirror: Mirror, sent: Mapping[str, Any], refusal: Refusal, told: Mirrored
    ) -> bool:
        """Keep what came of a making that was refused; one that may be done stays under way."""
        about_it = refusal.kind is RefusalKind.BAD_REQUEST and not refusal.maybe_done
        if not about_it:
            told.refusal = refusal
        if refusal.maybe_done:
            return False
        async with self._books.turn() as turn:
            now = await turn.mirror(mirror.id)
            if about_it:
                await self._refuse(turn, now, sent[NAME], f"{refusal.cause} {refusal.action}")
            else:
                await turn.keep([replace(now, sent={}, begun_at=None)])
        return about_it

    async def _refuse(self, turn: Turn, mirror: Mirror, name: str, why: str) -> None:
        """Make it no more before its name is another one or somebody has looked."""
        refused = {NAME: Refused(name, why, TRIES_MAX)}
        await turn.keep([replace(mirror, sent={}, begun_at=None, refused=refused)])
        if NAME not in (await turn.open_of([mirror.id])).get(mirror.id, {}):
            clash = Clash(NAME, Kind.UNMAPPED, None, name, None, why)
            await turn.add_conflict(mirror, clash, {}, Ruling.OPEN, "")
        await self._laying.lines(turn, [Line("refused", mirror, {NAME: name}, why)])
