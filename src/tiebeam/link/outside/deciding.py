"""What people decide about items that are elsewhere too: whose value counts, what becomes of one alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from tiebeam.connectors.ports import Refusal, RefusalKind
from tiebeam.kernel.errors import BadInputError, TiebeamError
from tiebeam.link.outside.laying import Reading
from tiebeam.link.outside.model import Gone, Mirror, Mirrored, MirrorState, Ruling, Then, Whose
from tiebeam.link.outside.ports import Line
from tiebeam.link.pairs.model import Clash, Kind
from tiebeam.link.pairs.run import DecidedMeanwhileError

if TYPE_CHECKING:
    from uuid import UUID

    from tiebeam.connectors.monday.model import OutsideItem
    from tiebeam.link.outside.cells import Sheet
    from tiebeam.link.outside.laying import Laying
    from tiebeam.link.outside.making import Making
    from tiebeam.link.outside.model import OutsideConflict
    from tiebeam.link.outside.ports import Books, Desk, Turn
    from tiebeam.operations.audit.model import Actor

_SETTLED = frozenset({Ruling.OURS, Ruling.THEIRS})


class NotReachedError(TiebeamError):
    """The other system did not do what was asked."""

    code = "outside.not_reached"


class Deciding:
    """What carries out what people decide."""

    def __init__(self, books: Books, desk: Desk, laying: Laying, making: Making) -> None:
        self._books = books
        self._desk = desk
        self._laying = laying
        self._making = making

    async def settle(self, conflict_id: UUID, whose: Whose, actor: Actor) -> OutsideConflict:
        """Take the value of one side of an open conflict for both.

        Raises UnknownMirrorError, DecidedMeanwhileError, NotReachedError, and BadInputError where the other
        side cannot hold it.
        """
        async with self._books.turn() as turn:
            found = await turn.conflict(conflict_id)
            if found.state is not Ruling.OPEN:
                raise DecidedMeanwhileError("This was decided already.", action="Look at both items.")
            mirror = await turn.mirror(found.mirror_id)
            refused = {name: one for name, one in mirror.refused.items() if name != found.field}
            await turn.keep([replace(mirror, refused=refused)])
            words = f"{found.field}: {whose.value}."
            await self._laying.lines(turn, [Line("settled", mirror, {}, words)], self._laying.by(actor))
        told = Mirrored()
        if mirror.outside_id is None:
            await self._making.make_one(mirror.link_id, mirror, told)
        else:
            read = await self._read(mirror.outside_id)
            decided = {mirror.id: {found.field: whose.side}}
            await self._laying.round(mirror.link_id, Reading((read,), decided=decided, actor=actor), told)
        return await self._settled(found, told)

    async def undo(self, conflict_id: UUID, actor: Actor) -> OutsideConflict:
        """Give back to each side what it held before a conflict was decided; it is open again.

        Raises UnknownMirrorError, BadInputError, NotReachedError, and DecidedMeanwhileError when either side
        has been changed since.
        """
        async with self._books.turn() as turn:
            found = await turn.conflict(conflict_id)
            mirror = await turn.mirror(found.mirror_id)
        if found.state not in _SETTLED or mirror.outside_id is None:
            raise DecidedMeanwhileError("Nothing was decided here.", action="Open the list of conflicts.")
        if found.kind is not Kind.DIFFERS:
            raise BadInputError(
                "One side had nothing like what the other one held.",
                action="Change it by hand, on either side.",
            )
        read = await self._read(mirror.outside_id)
        async with self._books.turn() as turn:
            sheet = await self._give_back(turn, found, read, actor)
        if found.state is Ruling.OURS:
            await self._write_back(sheet, read, {found.field: found.theirs})
        async with self._books.turn() as turn:
            return (await turn.open_of([mirror.id]))[mirror.id][found.field]

    async def answer(self, mirror_id: UUID, then: Then, actor: Actor) -> Mirrored:
        """Say what is to become of a mirror that asks.

        Raises UnknownMirrorError, DecidedMeanwhileError, NotReachedError.
        """
        async with self._books.turn() as turn:
            mirror = await turn.mirror(mirror_id)
        gone = mirror.asked
        if mirror.state is not MirrorState.ASKS or gone is None:
            raise DecidedMeanwhileError("Nobody is asked about this (any more).", action="Look at it again.")
        if then is Then.DELETE and gone is Gone.OURS_DELETED and mirror.outside_id:
            await self._delete_there(mirror)
        async with self._books.turn() as turn:
            words = f"{gone.question} {then.value.capitalize()}."
            by = self._laying.by(actor)
            await self._laying.lines(turn, [Line("answered", mirror, {}, words)], by)
            if then is Then.KEEP:
                await self._bring_back(turn, mirror, actor)
            else:
                if then is Then.DELETE and gone is not Gone.OURS_DELETED and mirror.item_id:
                    await turn.delete_item(mirror.item_id, by)
                await turn.keep([_apart(mirror)])
                for found in (await turn.open_of([mirror.id]))[mirror.id].values():
                    await turn.decide(found, Ruling.AGREED, actor.name)
        return await self._follow(mirror, then)

    async def _read(self, outside_id: str) -> OutsideItem:
        found = await self._desk.items([outside_id])
        if isinstance(found, Refusal):
            raise _not_reached(found)
        if not found:
            raise DecidedMeanwhileError("The item is not there any more.", action="Bring the board in step.")
        return found[0]

    async def _settled(self, found: OutsideConflict, told: Mirrored) -> OutsideConflict:
        async with self._books.turn() as turn:
            after = await turn.conflict(found.id)
            still = (await turn.open_of([found.mirror_id]))[found.mirror_id].get(found.field)
        if still is not None:
            if told.refusal is not None:
                raise _not_reached(told.refusal)
            raise BadInputError(still.sentence, action="Take the other one, or mend that first.")
        return after

    async def _give_back(self, turn: Turn, found: OutsideConflict, read: OutsideItem, actor: Actor) -> Sheet:
        """Write what our side held before, where it lost, and open the conflict anew."""
        name, mirror = found.field, await turn.mirror(found.mirror_id)
        sheet = await self._laying.sheet(turn, await turn.link(found.link_id))
        item = (await turn.items([mirror.item_id])).get(mirror.item_id) if mirror.item_id else None
        won = found.ours if found.state is Ruling.OURS else found.theirs
        now = (sheet.of_ours(item).get(name), sheet.of_theirs(read).get(name)) if item else None
        if now != (won, won) or mirror.state is not MirrorState.LINKED or item is None:
            raise DecidedMeanwhileError(
                "This was changed again since it was decided.", action="Change it by hand, on either side."
            )
        loser = Whose.THEIRS if found.state is Ruling.OURS else Whose.OURS
        lost = found.theirs if loser is Whose.THEIRS else found.ours
        why = sheet.cannot(loser.side, name, lost, item.values.get(name))
        if why is not None:
            raise BadInputError(why, action="Change it by hand, on either side.")
        by = self._laying.by(actor)
        if loser is Whose.OURS:
            await turn.set_items([sheet.edit({name: lost}, item)], by)
        await turn.keep([replace(mirror, base={**mirror.base, name: found.base})])
        await turn.decide(found, Ruling.UNDONE, actor.name)
        said = "It was decided, and that was undone."
        clash = Clash(name, found.kind, found.base, found.ours, found.theirs, said)
        await turn.add_conflict(mirror, clash, found.touched, Ruling.OPEN, "")
        await self._laying.lines(turn, [Line("undone", mirror, {}, f"{name} is open again.")], by)
        return sheet

    async def _write_back(self, sheet: Sheet, read: OutsideItem, values: dict[str, object]) -> None:
        """Write what their side held before. Where that is lost, both stay equal and nobody is asked."""
        link = sheet.link
        group = sheet.group_there(values) if "group" in values else None
        if group is not None:
            answer = await self._desk.move(link.outside_board_id, read.id, group)
        else:
            name = values.get("name")
            told = name if isinstance(name, str) else None
            answer = await self._desk.change(link.layout, read.id, sheet.there(values), told)
        if isinstance(answer, Refusal):
            raise _not_reached(answer)

    async def _delete_there(self, mirror: Mirror) -> None:
        async with self._books.turn() as turn:
            link = await turn.link(mirror.link_id)
        answer = await self._desk.delete(link.outside_board_id, mirror.outside_id or "")
        if isinstance(answer, Refusal) and answer.kind is not RefusalKind.NOT_FOUND:
            raise _not_reached(answer)

    async def _bring_back(self, turn: Turn, mirror: Mirror, actor: Actor) -> None:
        """Restore ours, or have theirs made again; the one that is gone there is then of no concern."""
        if mirror.asked is Gone.OURS_DELETED and mirror.item_id:
            await turn.restore_item(mirror.item_id, self._laying.by(actor))
            await turn.keep([replace(mirror, state=MirrorState.LINKED, asked=None)])
            return
        linked = replace(mirror, state=MirrorState.LINKED, asked=None)
        await turn.keep([replace(linked, outside_id=None, base={}, sent={}, refused={}, begun_at=None)])
        gone = Mirror(uuid4(), mirror.link_id, None, mirror.outside_id, state=MirrorState.APART)
        await turn.add([gone])

    async def _follow(self, mirror: Mirror, then: Then) -> Mirrored:
        """Do what is to be done there. What is refused now waits for the next time."""
        told = Mirrored()
        if then is not Then.KEEP:
            return told
        if mirror.asked is not Gone.OURS_DELETED:
            await self._making.make_one(mirror.link_id, mirror, told)
        elif mirror.outside_id:
            read = await self._desk.items([mirror.outside_id])
            if isinstance(read, Refusal):
                told.refusal = read
            else:
                await self._laying.round(mirror.link_id, Reading(read), told)
        return told


def _apart(mirror: Mirror) -> Mirror:
    return replace(mirror, state=MirrorState.APART, asked=None, sent={}, begun_at=None)


def _not_reached(refusal: Refusal) -> NotReachedError:
    return NotReachedError(
        f"Nothing could be written there. {refusal.cause}", action=refusal.action, owner=refusal.owner
    )
