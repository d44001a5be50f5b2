"""Items of ours and those there laid beside each other: our side in one transaction, then theirs, a look."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4, uuid5

from tiebeam.connectors.monday.model import ItemState, OutsideItem
from tiebeam.connectors.ports import Refusal, RefusalKind
from tiebeam.jobs.model import Cause
from tiebeam.link.outside.cells import Sheet
from tiebeam.link.outside.model import (
    GROUP,
    NAME,
    TRIES_MAX,
    LinkState,
    Mirror,
    MirrorState,
    Refused,
    Ruling,
    Whose,
)
from tiebeam.link.outside.plan import (
    Laid,
    circling,
    differs,
    heard,
    lay,
    remembered,
    ruling,
    standing,
    too_many_gone,
)
from tiebeam.link.outside.ports import By, Line
from tiebeam.link.pairs.model import Odd, Side, Touched

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from tiebeam.jobs.boards.model import Item
    from tiebeam.kernel.clock import Clock
    from tiebeam.link.outside.model import Mirrored, OutsideLink
    from tiebeam.link.outside.ports import Books, Desk, Turn
    from tiebeam.operations.audit.model import Actor

ROUNDS_MAX: Final = 3
"""So often one call goes on answering what changed there while it wrote; then the next one does."""
_VALUE: Final = {Whose.OURS: "our value", Whose.THEIRS: "their value"}
ANSWER_SECONDS: Final = 300.0
"""What a rule there changes so soon after we wrote is an answer to it: a circle of rules comes to an end."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Items as they were read there, and what else is known of them."""

    items: Sequence[OutsideItem]
    joins: Mapping[str, Item] = field(default_factory=dict)
    """Items of ours that are the same, though they have no mirror yet."""
    adopting: Mapping[str, UUID] = field(default_factory=dict)
    """Mirrors for which items there were made, by the ids of these."""
    unsure: bool = False
    """Whether what differs is to be asked about, whatever the rule."""
    written: bool = False
    """Whether they were read after we wrote them, in the answer."""
    approved: bool = False
    """Whether many may be gone at once."""
    answers: Collection[str] = ()
    """Items that a rule there is known to have changed."""
    causes: Mapping[UUID, Cause] = field(default_factory=dict)
    """What our items were changed by."""
    seen_change: int | None = None
    """The newest change of ours that was looked at for it."""
    decided: Mapping[UUID, Mapping[str, Side]] = field(default_factory=dict)
    """Whose value a person has taken, by mirror and field."""
    actor: Actor | None = None
    """Who has it done, if not the rules."""


class Laying:
    """What lays items beside each other and writes what is to be written."""

    def __init__(self, books: Books, desk: Desk, clock: Clock, actor: Actor) -> None:
        self._books = books
        self._desk = desk
        self._clock = clock
        self._actor = actor

    async def sheet(self, turn: Turn, link: OutsideLink) -> Sheet:
        """Return how the items of a joined board are read and written."""
        board, people = await turn.board(link.board_id), await turn.people()
        return Sheet(link, board, people, self._desk.why_not)

    async def round(self, link_id: UUID, reading: Reading, told: Mirrored) -> bool:
        """Lay items beside ours, write both sides, and look at what came of it; say whether to go on.

        Our side and what is to be written there are kept in one transaction, before it is written there.
        """
        laid = await self._lay(link_id, reading, told)
        for _ in range(ROUNDS_MAX):
            writing = [one for one in laid if one.writes_there]
            answers = await self._write_there(link_id, writing, told)
            if not answers:
                break
            again = Reading(answers, written=True, actor=reading.actor)
            laid = await self._lay(link_id, again, told)
            if told.refusal is not None:
                break
        told.more |= any(one.writes_there for one in laid)
        return told.refusal is None

    async def begin(self, turn: Turn, link: OutsideLink, items: Iterable[Item]) -> None:
        """Keep that items of ours are to be made there."""
        await turn.add([Mirror(uuid4(), link.id, one.id, None) for one in items])

    async def lines(self, turn: Turn, lines: Sequence[Line], by: By | None = None) -> None:
        """Log operations."""
        await turn.note(lines, by or self.by(), self._clock.now())

    def by(self, actor: Actor | None = None, cause: Cause | None = None) -> By:
        """Return who does it, in answer to what; by default the beginning of a chain."""
        return By(actor or self._actor, cause or Cause(uuid4()))

    async def _lay(self, link_id: UUID, reading: Reading, told: Mirrored) -> list[Laid]:
        async with self._books.turn() as turn:
            link = await turn.link(link_id)
            if link.state is not LinkState.ON:
                return []
            sheet = await self.sheet(turn, link)
            mirrors = await self._mirrors(turn, sheet, reading, told)
            ready = await self._standing(turn, link, mirrors, reading, told)
            at, fresh = self._clock.now(), Cause(uuid4())
            for one in ready:
                await self._merge(turn, sheet, one, reading)
            by = {one.mirror.id: self._cause(one, reading, at, fresh) for one in ready}
            await self._write_ours(turn, sheet, ready, by, told)
            await self._keep(turn, ready, by, at, told)
            if reading.seen_change is not None and reading.seen_change != link.seen_change:
                await turn.keep_link(replace(await turn.link(link_id), seen_change=reading.seen_change))
        return ready

    async def _mirrors(
        self, turn: Turn, sheet: Sheet, reading: Reading, told: Mirrored
    ) -> dict[str, tuple[Mirror, OutsideItem]]:
        """Return the mirror of each item that was read; one for which there is none gets its item here."""
        of = {
            one.outside_id: one for one in await turn.of_outside(sheet.link.id, [i.id for i in reading.items])
        }
        found: dict[str, tuple[Mirror, OutsideItem]] = {}
        new = []
        for one in reading.items:
            mirror = of.get(one.id)
            if mirror is None and one.id in reading.adopting:
                mirror = await turn.mirror(reading.adopting[one.id])
                mirror = _adopted(mirror, one, unsure=reading.unsure)
                await turn.keep([mirror])
            if mirror is not None:
                found[one.id] = (mirror, one)
            elif one.state is ItemState.ACTIVE and one.board_id == sheet.link.outside_board_id:
                new.append(one)
        made = await self._make_ours(turn, sheet, new, reading, told)
        return found | made

    async def _make_ours(
        self, turn: Turn, sheet: Sheet, new: Sequence[OutsideItem], reading: Reading, told: Mirrored
    ) -> dict[str, tuple[Mirror, OutsideItem]]:
        """Make our items, with what they can hold of it; the rest is asked about when they are laid."""
        wanted, mirrors = [], []
        for one in new:
            joined = reading.joins.get(one.id)
            if joined is not None:
                mirrors.append(Mirror(uuid4(), sheet.link.id, joined.id, one.id))
                continue
            id_ = uuid5(sheet.link.id, one.id)
            values = {
                name: value
                for name, value in sheet.of_theirs(one).items()
                if not isinstance(value, Odd) and sheet.cannot(Side.JOB, name, value) is None
            }
            wanted.append(sheet.new_item(values, id_, f"Item {one.id}"))
            mirrors.append(Mirror(uuid4(), sheet.link.id, id_, one.id, base=values))
        if wanted:
            await turn.put_items(sheet.board.id, wanted, self.by(reading.actor))
        await turn.add(mirrors)
        told.made_ours += len(wanted)
        words = "It is the same as the one there from now on."
        await self.lines(turn, [Line("linked", one, one.base, words) for one in mirrors])
        return {one.id: (mirror, one) for mirror, one in zip(mirrors, new, strict=True)}

    async def _standing(
        self,
        turn: Turn,
        link: OutsideLink,
        mirrors: Mapping[str, tuple[Mirror, OutsideItem]],
        reading: Reading,
        told: Mirrored,
    ) -> list[Laid]:
        """Return those that are there on both sides; of the others somebody is asked."""
        items = await turn.items([one.item_id for one, _ in mirrors.values() if one.item_id])
        open_ = await turn.open_of([one.id for one, _ in mirrors.values()])
        ready, turned = [], []
        for mirror, theirs in mirrors.values():
            item = items.get(mirror.item_id) if mirror.item_id else None
            state, gone = standing(mirror, item, theirs, link.outside_board_id)
            after = replace(mirror, state=state, asked=gone)
            if after != mirror:
                turned.append(after)
            if state is MirrorState.LINKED and item is not None:
                ready.append(Laid(after, item, theirs, open_.get(mirror.id, {}), before=mirror))
        missing = sum(1 for one in turned if one.state is MirrorState.ASKS)
        if not reading.approved and missing > 1:
            linked = sum(1 for one in (await turn.known(link.id)).values() if one is MirrorState.LINKED)
            if too_many_gone(missing, linked):
                told.held = missing
                turned = [one for one in turned if one.state is not MirrorState.ASKS]
                await turn.keep_link(replace(link, held=missing))
        await self._turn_to(turn, turned, told)
        return ready

    async def _turn_to(self, turn: Turn, turned: Sequence[Mirror], told: Mirrored) -> None:
        await turn.keep(turned)
        told.asks += sum(1 for one in turned if one.state is MirrorState.ASKS)
        words = {MirrorState.LINKED: "Both sides are there again.", MirrorState.APART: "Both sides are gone."}
        what = {MirrorState.LINKED: "linked", MirrorState.APART: "parted", MirrorState.ASKS: "asked"}
        lines = [
            Line(what[one.state], one, {}, one.asked.question if one.asked else words[one.state])
            for one in turned
        ]
        await self.lines(turn, lines)

    async def _merge(self, turn: Turn, sheet: Sheet, one: Laid, reading: Reading) -> None:
        """Lay both beside each other; who was last is looked up only where that may matter."""
        theirs = sheet.of_theirs(one.theirs)
        one.mirror = heard(one.mirror, theirs, written=reading.written)
        if one.item.id in reading.causes:
            one.mirror = circling(one.mirror, sheet.of_ours(one.item), reading.causes[one.item.id])
        decided = reading.decided.get(one.mirror.id)
        one.merge = lay(sheet, one, decided=decided, unsure=reading.unsure)
        if one.merge.clashes:
            names = {clash.field for clash in one.merge.clashes}
            ours = await turn.touched(one.item.id, names)
            there = Touched(one.theirs.updated_at, "") if one.theirs.updated_at else None
            one.touched = {name: _sides(ours.get(name), there) for name in names}
            one.merge = lay(sheet, one, decided=decided, unsure=reading.unsure)

    def _cause(self, one: Laid, reading: Reading, at: datetime, fresh: Cause) -> By:
        """Return what a change is an answer to: what we wrote there just before, else ours, else nothing."""
        mirror = one.mirror
        if one.item.id in reading.causes:
            return self.by(reading.actor, reading.causes[one.item.id].next())
        answers = reading.written or mirror.outside_id in reading.answers
        soon = mirror.written_at is not None and (at - mirror.written_at).total_seconds() <= ANSWER_SECONDS
        if mirror.cause_id is not None and answers and soon:
            return self.by(reading.actor, Cause(mirror.cause_id, mirror.hops + 1))
        return self.by(reading.actor, fresh)

    async def _write_ours(
        self, turn: Turn, sheet: Sheet, laid: Sequence[Laid], by: Mapping[UUID, By], told: Mirrored
    ) -> None:
        edits = defaultdict(list)
        for one in laid:
            if one.merge.to_job:
                edits[by[one.mirror.id]].append(sheet.edit(one.merge.to_job, one.item))
        for who, some in edits.items():
            await turn.set_items(some, who)
            told.ours += len(some)

    async def _keep(
        self, turn: Turn, laid: Sequence[Laid], by: Mapping[UUID, By], at: datetime, told: Mirrored
    ) -> None:
        """Keep what both agree on, what is to be written there, and what is asked."""
        kept = []
        lines: defaultdict[By, list[Line]] = defaultdict(list)
        for one in laid:
            after = remembered(one, by[one.mirror.id].cause, at)
            if after != one.before:
                kept.append(after)
            one.mirror = after
            if one.merge.clashes or one.open:
                await self._keep_clashes(turn, one, by[one.mirror.id], told)
            lines[by[one.mirror.id]] += _lines(one)
        await turn.keep(kept)
        for who, some in lines.items():
            await self.lines(turn, some, who)

    async def _keep_clashes(self, turn: Turn, one: Laid, by: By, told: Mirrored) -> None:
        for clash in one.merge.clashes:
            found, touched = one.open.get(clash.field), one.touched.get(clash.field, {})
            if clash.winner is not None:
                whose = Whose.of(clash.winner)
                said = f"Both sides had changed it; the rule took {_VALUE[whose]}."
                decided = replace(clash, sentence=said)
                await turn.add_conflict(one.mirror, decided, touched, Ruling(whose.value), "the rule")
            elif found is None:
                await turn.add_conflict(one.mirror, clash, touched, Ruling.OPEN, "")
                told.clashes += 1
            elif differs(found, clash):
                await turn.renew_conflict(found, clash, touched)
        asked = {clash.field for clash in one.merge.clashes}
        for name, found in one.open.items():
            if name not in asked:
                await turn.decide(found, ruling(one.merge, name), by.actor.name)

    async def _write_there(
        self, link_id: UUID, laid: Sequence[Laid], told: Mirrored
    ) -> tuple[OutsideItem, ...]:
        """Write items there, one after another, until all are or nothing more can be; return the answers."""
        if not laid:
            return ()
        async with self._books.turn() as turn:
            sheet = await self.sheet(turn, await turn.link(link_id))
        answers, refused = [], []
        for one in laid:
            answer, why = await self._write_item(sheet, one)
            refused += why
            if isinstance(answer, Refusal):
                told.refusal = answer
                break
            answers.append(answer)
            told.theirs += answer is not one.theirs
        await self._keep_refused(refused)
        return tuple(answers)

    async def _write_item(
        self, sheet: Sheet, one: Laid
    ) -> tuple[OutsideItem | Refusal, list[tuple[Mirror, str, Refused]]]:
        """Write an item there; what is refused of it is told beside, by field."""
        values = dict(one.merge.to_item)
        found = one.theirs
        refused = []
        if GROUP in values:
            moved, group = await self._move(sheet, one.theirs.id, values), values.pop(GROUP)
            if not isinstance(moved, Refusal):
                found = moved
            elif is_about_it(moved):
                refused.append((one.mirror, GROUP, _refused(group, moved)))
            else:
                return moved, []
        if not values:
            return found, refused
        answer = await self._change(sheet, one.theirs.id, values)
        if not isinstance(answer, Refusal) or not is_about_it(answer):
            return answer, refused
        answer, apart = await self._write_apart(sheet, one, values, (found, answer))
        return answer, [*refused, *apart]

    async def _write_apart(
        self, sheet: Sheet, one: Laid, values: Mapping[str, Any], before: tuple[OutsideItem, Refusal]
    ) -> tuple[OutsideItem | Refusal, list[tuple[Mirror, str, Refused]]]:
        """Write what was refused together cell by cell: one of them is to blame, and the others go."""
        found, refusal = before
        if len(values) == 1:
            return found, [(one.mirror, name, _refused(value, refusal)) for name, value in values.items()]
        refused = []
        for name, value in values.items():
            answer = await self._change(sheet, one.theirs.id, {name: value})
            if not isinstance(answer, Refusal):
                found = answer
            elif is_about_it(answer):
                refused.append((one.mirror, name, _refused(value, answer)))
            else:
                return answer, refused
        return found, refused

    async def _change(self, sheet: Sheet, item_id: str, values: Mapping[str, Any]) -> OutsideItem | Refusal:
        return await self._desk.change(sheet.link.layout, item_id, sheet.there(values), values.get(NAME))

    async def _move(self, sheet: Sheet, item_id: str, values: Mapping[str, Any]) -> OutsideItem | Refusal:
        group = sheet.group_there(values)
        assert group is not None
        return await self._desk.move(sheet.link.outside_board_id, item_id, group)

    async def _keep_refused(self, refused: Sequence[tuple[Mirror, str, Refused]]) -> None:
        """Keep what was refused, and open the question about it."""
        if not refused:
            return
        async with self._books.turn() as turn:
            for mirror, name, why in refused:
                now = await turn.mirror(mirror.id)
                sent = {one: value for one, value in now.sent.items() if one != name}
                known = {**now.refused, name: why}
                await turn.keep([replace(now, sent=sent, refused=known)])
                await self.lines(turn, [Line("refused", now, {name: why.value}, why.why)])


def _adopted(mirror: Mirror, theirs: OutsideItem, *, unsure: bool) -> Mirror:
    found = replace(mirror, outside_id=theirs.id, begun_at=None)
    return replace(found, base={}, sent={}) if unsure else found


def _sides(ours: Touched | None, theirs: Touched | None) -> dict[Side, Touched]:
    both = ((Side.JOB, ours), (Side.ITEM, theirs))
    return {side: one for side, one in both if one is not None}


def is_about_it(found: Refusal) -> bool:
    """Say whether a refusal is about what was to be written, and would come again."""
    return found.kind in {RefusalKind.BAD_REQUEST, RefusalKind.NOT_FOUND} and not found.maybe_done


def _refused(value: Any, found: Refusal) -> Refused:
    return Refused(value, f"{found.cause} {found.action}", TRIES_MAX)


def _lines(one: Laid) -> list[Line]:
    wrote = {"to_ours": one.merge.to_job, "to_theirs": one.merge.to_item}
    said = {"to_ours": "Ours was changed", "to_theirs": "Theirs is to be changed"}
    found = [
        Line(what, one.mirror, values, f"{said[what]}: {', '.join(values)}.")
        for what, values in wrote.items()
        if values
    ]
    for clash in one.merge.clashes:
        known = one.open.get(clash.field)
        if known is None or differs(known, clash):
            held = {"ours": clash.held(Side.JOB), "theirs": clash.held(Side.ITEM)}
            found.append(Line("conflict", one.mirror, {clash.field: held}, clash.sentence))
    return found
