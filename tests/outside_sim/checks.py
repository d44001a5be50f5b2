"""What has to be so of two joined boards, whatever happened before."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from tests.factories.monday_desk import JOBS_URL
from tests.link_sim.memory import BrokenError

from tiebeam.connectors.monday.rows import ITEM, item_of
from tiebeam.link.outside.model import MirrorState, OwnerRule, Ruling
from tiebeam.link.outside.run import AUTHOR
from tiebeam.link.pairs.model import Odd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from tests.outside_sim.world import OutsideWorld

    from tiebeam.connectors.ports import Refusal
    from tiebeam.jobs.boards.model import Item
    from tiebeam.link.outside.cells import Sheet
    from tiebeam.link.outside.model import Mirror
    from tiebeam.simulators.monday.state import Happening

ROUNDS_MAX: Final = 6


def check_writes(world: OutsideWorld) -> None:
    """Look that no cell was written more often than somebody gave cause, on either side."""
    if world.touched:
        return
    of = {one.outside_id: one for one in world.kept.mirrors.values()}
    rules = bool(world.monday.simulator.automations.rules)
    there = _there(world)
    here = _here(world)
    for (outside_id, name), counted in there.items():
        mirror = of.get(outside_id)
        if mirror is None or (str(mirror.id), name) in world.decided or rules:
            continue
        edits = sum(1 for id_, one, _ in world.our_edits if (id_, one) == (mirror.item_id, name))
        slack = 1 + (counted["theirs"] if world.kills else 0)
        if counted["ours"] > edits + slack:
            raise BrokenError(f"{name} was written there {counted['ours']} times for {edits} edits")
        written = here[mirror.item_id, name]
        if written > counted["theirs"] + 1:
            raise BrokenError(f"{name} was written here {written} times for {counted['theirs']} edits")


def _there(world: OutsideWorld) -> dict[tuple[str, str], Counter[str]]:
    """Return how often each cell there was written, by us and by others."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for one in world.happenings:
        cell = found.setdefault((str(one.item_id), _field(one)), Counter())
        cell["ours" if one.by.user_id == world.me else "theirs"] += 1
    return found


def _here(world: OutsideWorld) -> Counter[tuple[UUID | None, str]]:
    """Return how often each cell of ours was written by what keeps the boards the same."""
    every = (one for one in world.kept.writes if one.actor == AUTHOR.name)
    return Counter((one.item_id, name) for one in every for name in one.fields)


async def calm(world: OutsideWorld, say: Callable[[str], None]) -> None:
    """No more edits, faults or deaths: what is left is done, and then nothing is."""
    world.events.clear()
    link = world.kept.link.id
    told = await world.mirroring.send(link)
    _check_no_refusal(told.refusal)
    check_edits_kept(world)
    for number in range(ROUNDS_MAX):
        before = _everything(world)
        for told in (await world.mirroring.send(link), await world.mirroring.pull(link)):
            _check_no_refusal(told.refusal)
            say(f"calm {number}: {told}")
        world.clock.advance(400)
        if _everything(world) == before:
            break
    else:
        raise BrokenError("it never comes to rest")
    check_writes(world)
    await _check_still(world)
    check_equal(world)
    check_edits_kept(world)


def _check_no_refusal(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise BrokenError(f"refused with nobody in the way: {refusal}")


async def _check_still(world: OutsideWorld) -> None:
    """Look that nothing at all is written when nothing has changed."""
    before, happened = _everything(world), len(world.happenings)
    link, ids = world.kept.link.id, [str(one.id) for one in world.theirs()]
    await world.mirroring.hear(link, [*ids, *ids])
    calls = world.monday.client.calls
    asked = any(one.state is Ruling.OPEN for one in world.kept.conflicts.values())
    if not asked and not _waits(world):
        # All is as agreed: whoever looks at every change again has nothing to ask there.
        world.kept.link = replace(world.kept.link, seen_change=0)
    await world.mirroring.send(link)
    if world.monday.client.calls > calls + (1 if _waits(world) else 0):
        raise BrokenError("monday.com was asked although nothing had changed")
    await world.mirroring.pull(link)
    if _everything(world) != before or len(world.happenings) > happened:
        raise BrokenError("something was written although nothing had changed")


def _waits(world: OutsideWorld) -> bool:
    return any(one.waits for one in world.kept.mirrors.values())


def _everything(world: OutsideWorld) -> tuple[Any, ...]:
    kept = world.kept
    items = [(one.id, one.state, one.name, one.group_id, dict(one.values)) for one in world.theirs()]
    return (
        dict(kept.items),
        dict(kept.mirrors),
        dict(kept.conflicts),
        len(kept.writes),
        len(kept.lines),
        items,
        kept.link.seen_change,
    )


def check_equal(world: OutsideWorld) -> None:
    """Look that each item has its other one, and that they are equal or somebody is asked."""
    kept, sheet = world.kept, world.sheet()
    by_item = {one.item_id: one for one in kept.mirrors.values()}
    of = {one.outside_id: one for one in kept.mirrors.values()}
    for item in world.ours():
        mirror = by_item.get(item.id)
        if mirror is None or (mirror.outside_id is None and not mirror.refused):
            raise BrokenError(f"“{item.name}” has no other one there")
        if mirror.state is MirrorState.LINKED:
            _check_there(world, mirror)
            _check_same(world, sheet, mirror, item)
        elif not world.touched:
            raise BrokenError(f"somebody is asked about “{item.name}”, of which nothing is gone")
    for theirs in world.theirs():
        if str(theirs.id) not in of:
            raise BrokenError(f"“{theirs.name}” has no other one here")
    if not world.touched:
        _check_made_once(world)


def _check_made_once(world: OutsideWorld) -> None:
    """Look that what we made there is what somebody has made here, and nothing else."""
    first = _first_by(world)
    for mirror in world.kept.mirrors.values():
        theirs = world.monday.state.item(int(mirror.outside_id or 0))
        ours = theirs is not None and theirs.creator_id == world.me
        if ours and mirror.item_id and first[mirror.item_id] == AUTHOR.name:
            raise BrokenError("an item was made there twice")


def _first_by(world: OutsideWorld) -> dict[UUID, str]:
    """Return who has made each item of ours."""
    found: dict[UUID, str] = {}
    for one in world.kept.writes:
        found.setdefault(one.item_id, one.actor)
    return found


def _check_there(world: OutsideWorld, mirror: Mirror) -> None:
    theirs = world.monday.state.item(int(mirror.outside_id or 0))
    if theirs is None or theirs.state != "active":
        raise BrokenError("an item is gone there, and nobody is asked")


def _check_same(world: OutsideWorld, sheet: Sheet, mirror: Mirror, item: Item) -> None:
    ours, theirs = sheet.of_ours(item), _values_there(world, sheet, mirror)
    asked = {
        one.field
        for one in world.kept.conflicts.values()
        if one.mirror_id == mirror.id and one.state is Ruling.OPEN
    }
    for name in ours.keys() & theirs.keys():
        there = theirs[name].text if isinstance(theirs[name], Odd) else theirs[name]
        same = ours[name] == theirs[name]
        if same == (name in asked):
            raise BrokenError(f"{name} is {ours[name]!r} here, {there!r} there, asked {name in asked}")


def _values_there(world: OutsideWorld, sheet: Sheet, mirror: Mirror) -> Mapping[str, Any]:
    shown = world.monday.asked(_ITEM, ids=[mirror.outside_id])["items"][0]
    return sheet.of_theirs(item_of(shown, jobs_url=JOBS_URL))


_ITEM: Final = f"query ($ids: [ID!]) {{ items(ids: $ids) {{ {ITEM} }} }}"


def check_edits_kept(world: OutsideWorld) -> None:
    """Look that what one side alone has ever changed is now so on both."""
    if world.touched or world.monday.simulator.automations.rules:
        return
    there, sheet = _there(world), world.sheet()
    asked = {(one.mirror_id, one.field) for one in world.kept.conflicts.values() if one.state is Ruling.OPEN}
    first = _first_by(world)
    last = {(str(one.item_id), _field(one)): one.by.user_id == world.me for one in world.happenings}
    for mirror in world.kept.mirrors.values():
        item = world.kept.items.get(mirror.item_id) if mirror.item_id else None
        if item is None or mirror.state is not MirrorState.LINKED or not mirror.outside_id:
            continue
        there_by = world.monday.state.item(int(mirror.outside_id))
        if there_by is not None and there_by.creator_id != world.me and first[item.id] != AUTHOR.name:
            continue  # Both were there before the boards were joined: an empty side takes what the other has.
        theirs = _values_there(world, sheet, mirror)
        for name in theirs:
            if (str(mirror.id), name) in world.decided or (mirror.id, name) in asked:
                continue
            edits = [value for id_, one, value in world.our_edits if (id_, one) == (item.id, name)]
            others = there.get((mirror.outside_id, name), Counter())["theirs"]
            if edits and not others and theirs[name] != edits[-1]:
                raise BrokenError(f"{name} was set to {edits[-1]!r} here alone, and that is lost")
            if others and not edits and last[mirror.outside_id, name]:
                raise BrokenError(f"{name} was changed there alone, and we have overwritten it")


def held_apart(world: OutsideWorld) -> dict[tuple[UUID, str], tuple[Any, Any]]:
    """Return what both sides hold of the cells that nobody but a person may decide."""
    if world.kept.link.owner is not OwnerRule.ASK or world.monday.simulator.automations.rules:
        return {}
    sheet, found = world.sheet(), {}
    for mirror in world.kept.mirrors.values():
        item = world.kept.items.get(mirror.item_id) if mirror.item_id else None
        if item is None or mirror.state is not MirrorState.LINKED or not mirror.outside_id or mirror.sent:
            continue
        ours, theirs = sheet.of_ours(item), _values_there(world, sheet, mirror)
        for name in ours.keys() & theirs.keys() & mirror.base.keys():
            if len({str(one) for one in (ours[name], theirs[name], mirror.base[name])}) == 3:
                found[mirror.id, name] = (ours[name], theirs[name])
    return found


def check_nothing_overwritten(
    world: OutsideWorld, before: Mapping[tuple[UUID, str], tuple[Any, Any]]
) -> None:
    """Look that each side still has what it had."""
    sheet = world.sheet()
    for (mirror_id, name), values in before.items():
        mirror = world.kept.mirrors[mirror_id]
        item = world.kept.items[mirror.item_id] if mirror.item_id else None
        assert item is not None
        if (sheet.of_ours(item)[name], _values_there(world, sheet, mirror)[name]) != values:
            raise BrokenError(f"{name} was overwritten, and somebody was to be asked: {values}")


def _field(one: Happening) -> str:
    return one.column.id if one.column else one.kind
