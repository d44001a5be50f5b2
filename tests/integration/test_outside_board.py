"""A board of ours and one of monday.com are kept the same, cell by cell, both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from tests.factories.monday_desk import MondayDesk
from tests.factories.people import BOSS
from tests.outside_sim.rig import Rig

from tiebeam.identity.repository import Tenants
from tiebeam.jobs.boards.model import Label
from tiebeam.kernel.errors import BadInputError
from tiebeam.link.outside.model import Gone, OwnerRule, Ruling, Then, Whose
from tiebeam.link.outside.repository import UnknownMirrorError
from tiebeam.link.pairs.model import Kind
from tiebeam.link.pairs.run import DecidedMeanwhileError
from tiebeam.simulators.base.faults import FaultRule, Faults
from tiebeam.simulators.monday.state import By

if TYPE_CHECKING:
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store


@pytest.fixture
async def rig(store: Store, clock: ManualClock) -> Rig:
    tenant = await Tenants(store).create(f"o{uuid4().hex[:8]}", "Oak")
    return Rig(store, tenant.id, clock, MondayDesk(clock=clock))


async def test_what_is_there_comes_here_and_what_is_here_goes_there(rig: Rig) -> None:
    await rig.join()
    there = rig.monday.create("Roof", status={"label": "New"}, value="12.5", address="1 Elm St")
    mine = await rig.make("Hall", status="Done", starts="2026-03-04", notes="Ask Ann")
    told = await rig.mirroring.pull(rig.link.id)
    assert (told.made_ours, told.made_theirs, told.clashes, told.refusal) == (1, 1, 0, None)
    roof = await rig.one("Roof")
    assert roof.values == {"status": "New", "value": 12.5, "address": "1 Elm St"}
    (hall,) = [one for one in rig.theirs() if one.name == "Hall"]
    assert rig.monday.texts(str(hall.id)) == {"status": "Done", "starts": "2026-03-04", "notes": "Ask Ann"}
    assert there != str(hall.id)
    await rig.change(mine, status="New", name="Hall 2")
    before = rig.calls
    told = await rig.mirroring.send(rig.link.id)
    assert (told.theirs, rig.calls - before) == (1, 2)
    assert rig.monday.texts(str(hall.id))["status"] == "New"
    rig.monday.change(there, status={"label": "Cancelled"})
    told = await rig.mirroring.hear(rig.link.id, [there])
    assert told.ours == 1
    assert (await rig.one("Roof")).values["status"] == "Cancelled"
    before = rig.calls
    await rig.mirroring.send(rig.link.id)
    assert rig.calls == before
    told = await rig.mirroring.pull(rig.link.id)
    assert (told.ours, told.theirs, told.made_ours, told.made_theirs) == (0, 0, 0, 0)


async def test_nothing_is_called_for_an_edit_that_says_what_is_there_already(rig: Rig) -> None:
    await rig.join()
    item = await rig.make("Roof", status="New")
    await rig.mirroring.pull(rig.link.id)
    await rig.change(item, status="Done")
    await rig.change(item, status="New")
    before = rig.calls
    told = await rig.mirroring.send(rig.link.id)
    assert (told.theirs, rig.calls - before) == (0, 0)


async def test_people_are_known_by_their_address_and_one_without_a_counterpart_is_asked_about(
    rig: Rig,
) -> None:
    rig.monday.ann.email = "Ann@Oak.test"
    ann, carl = await rig.person("ann@oak.test"), await rig.person("carl@oak.test")
    await rig.join()
    item = await rig.make("Roof", lead=[str(ann)])
    await rig.mirroring.pull(rig.link.id)
    (theirs,) = rig.theirs()
    assert rig.monday.texts(str(theirs.id))["lead"] == "Ann Field"
    await rig.change(item, lead=[str(carl)])
    await rig.mirroring.send(rig.link.id)
    (found,) = await rig.conflicts()
    assert (found.field, found.kind) == ("lead", Kind.UNMAPPED)
    assert "carl@oak.test" in found.sentence
    assert rig.monday.texts(str(theirs.id))["lead"] == "Ann Field"
    settled = await rig.mirroring.settle(found.id, Whose.THEIRS, BOSS)
    assert settled.state is Ruling.THEIRS
    assert (await rig.one("Roof")).values["lead"] == [str(ann)]
    assert await rig.conflicts() == []


async def test_a_team_that_is_named_there_is_never_written_away(rig: Rig) -> None:
    rig.monday.ann.email = "ann@oak.test"
    ann = await rig.person("ann@oak.test")
    await rig.join()
    there = rig.monday.create("Roof")
    await rig.mirroring.pull(rig.link.id)
    crew = {"personsAndTeams": [{"id": rig.monday.ann.id, "kind": "person"}, {"id": 7, "kind": "team"}]}
    rig.monday.change(there, lead=crew)
    await rig.mirroring.hear(rig.link.id, [there])
    await rig.change(await rig.one("Roof"), lead=[str(ann)], notes="Ask Ann")
    await rig.mirroring.send(rig.link.id)
    (found,) = await rig.conflicts()
    assert (found.field, found.kind) == ("lead", Kind.UNMAPPED)
    assert "A team is named there" in found.sentence
    (item,) = rig.theirs()
    assert item.values["lead"]["personsAndTeams"] == crew["personsAndTeams"]
    assert rig.monday.texts(there)["notes"] == "Ask Ann"
    rig.monday.change(there, lead={"personsAndTeams": crew["personsAndTeams"][:1]})
    await rig.mirroring.hear(rig.link.id, [there])
    assert await rig.conflicts() == []


async def test_a_label_that_the_other_side_has_not_is_asked_about_until_it_is_there(rig: Rig) -> None:
    await rig.join()
    await rig.make("Roof", status="New")
    await rig.mirroring.pull(rig.link.id)
    (theirs,) = rig.theirs()
    rig.monday.board.columns["status"].labels[7] = "Waiting"
    rig.monday.change(str(theirs.id), status={"label": "Waiting"})
    await rig.mirroring.hear(rig.link.id, [str(theirs.id)])
    (found,) = await rig.conflicts()
    assert (found.field, found.theirs) == ("status", "Waiting")
    assert (await rig.one("Roof")).values["status"] == "New"
    board = await rig.boards.get(rig.link.board_id)
    labels = (*board.columns[0].labels, Label("Waiting"))
    await rig.boards.layout.change_column(board.id, "status", labels=labels, actor=BOSS)
    await rig.mirroring.pull(rig.link.id)
    assert await rig.conflicts() == []
    assert (await rig.one("Roof")).values["status"] == "Waiting"


async def test_what_both_have_changed_is_asked_about_settled_and_undone(rig: Rig) -> None:
    await rig.join(OwnerRule.ASK)
    item = await rig.make("Roof", notes="a")
    await rig.mirroring.pull(rig.link.id)
    (theirs,) = rig.theirs()
    await rig.change(item, notes="ours")
    rig.monday.change(str(theirs.id), notes={"text": "theirs"})
    await rig.mirroring.send(rig.link.id)
    (found,) = await rig.conflicts()
    assert (found.base, found.ours, found.theirs, found.ours_by) == ("a", "ours", "theirs", "boss")
    settled = await rig.mirroring.settle(found.id, Whose.OURS, BOSS)
    assert settled.state is Ruling.OURS
    assert rig.monday.texts(str(theirs.id))["notes"] == "ours"
    again = await rig.mirroring.undo(found.id, BOSS)
    assert (again.state, again.theirs) == (Ruling.OPEN, "theirs")
    assert rig.monday.texts(str(theirs.id))["notes"] == "theirs"
    assert (await rig.one("Roof")).values["notes"] == "ours"
    await rig.mirroring.send(rig.link.id)
    await rig.mirroring.pull(rig.link.id)
    assert [one.id for one in await rig.conflicts()] == [again.id]
    with pytest.raises(DecidedMeanwhileError):
        await rig.mirroring.undo(found.id, BOSS)
    log = await rig.mirrors.log(rig.link.id, item_id=item.id)
    assert {"linked", "conflict", "settled", "undone"} >= {one.what for one in log} - {"to_theirs", "to_ours"}


async def test_an_item_that_is_gone_there_is_asked_about_and_comes_back_or_goes(rig: Rig) -> None:
    await rig.join()
    for name in ("Roof", "Hall", "Yard"):
        await rig.make(name)
    await rig.mirroring.pull(rig.link.id)
    state, bob = rig.monday.state, By(rig.monday.bob.id)
    for one in rig.theirs():
        state.set_state(one, "archived" if one.name == "Roof" else "deleted", bob)
    told = await rig.mirroring.pull(rig.link.id)
    assert told.asks == 3
    asks = {(await rig.boards.item(one.item_id)).name: one for one in await rig.mirrors.asks() if one.item_id}
    assert asks["Roof"].asked is Gone.THEIRS_ARCHIVED
    await rig.mirroring.answer(asks["Roof"].id, Then.KEEP, BOSS)
    await rig.mirroring.answer(asks["Hall"].id, Then.DELETE, BOSS)
    await rig.mirroring.answer(asks["Yard"].id, Then.APART, BOSS)
    await rig.mirroring.pull(rig.link.id)
    assert [one.name for one in rig.theirs()] == ["Roof"]
    assert {one.name for one in await rig.ours()} == {"Roof", "Yard"}
    assert await rig.mirrors.asks() == []


async def test_an_item_deleted_here_is_asked_about_and_deleted_there_when_somebody_says_so(rig: Rig) -> None:
    await rig.join()
    item = await rig.make("Roof")
    await rig.mirroring.pull(rig.link.id)
    await rig.boards.delete_item(item.id, actor=BOSS)
    told = await rig.mirroring.send(rig.link.id)
    assert (told.asks, len(rig.theirs())) == (1, 1)
    (asked,) = await rig.mirrors.asks()
    await rig.mirroring.answer(asked.id, Then.DELETE, BOSS)
    assert rig.theirs() == []
    await rig.mirroring.pull(rig.link.id)
    assert await rig.ours() == []


async def test_many_that_are_gone_at_once_wait_for_a_person(rig: Rig) -> None:
    await rig.join()
    for number in range(30):
        rig.monday.create(f"Item {number}")
    await rig.mirroring.pull(rig.link.id)
    for one in rig.theirs()[:25]:
        rig.monday.state.set_state(one, "deleted", By(rig.monday.bob.id))
    told = await rig.mirroring.pull(rig.link.id)
    assert (told.held, told.asks) == (25, 0)
    (link,) = await rig.mirrors.links()
    assert link.held == 25
    told = await rig.mirroring.pull(rig.link.id, approved=True)
    assert (told.held, told.asks) == (0, 25)


async def test_boards_that_are_joined_find_the_items_that_both_have_already(rig: Rig) -> None:
    await rig.join()
    there = rig.monday.create("Roof", status={"label": "Done"})
    for _ in range(2):
        rig.monday.create("Twin")
    await rig.make("roof", notes="ours")
    await rig.make("Twin")
    told = await rig.mirroring.pull(rig.link.id)
    assert (told.made_ours, told.made_theirs) == (2, 1)
    assert rig.monday.texts(there)["notes"] == "ours"
    assert sorted(one.name.casefold() for one in await rig.ours()) == ["roof", "twin", "twin", "twin"]


async def test_groups_are_kept_the_same_where_they_are_joined(rig: Rig) -> None:
    await rig.join(groups=True)
    item = await rig.make("Roof")
    await rig.mirroring.pull(rig.link.id)
    (theirs,) = rig.theirs()
    closed = (await rig.boards.get(rig.link.board_id)).groups[1].id
    await rig.boards.change_item(item.id, group_id=closed, actor=BOSS)
    await rig.mirroring.send(rig.link.id)
    assert theirs.group_id == "closed"
    rig.monday.state.move(theirs, "topics", By(rig.monday.bob.id))
    await rig.mirroring.hear(rig.link.id, [str(theirs.id)])
    assert (await rig.one("Roof")).group_id != closed


async def test_a_spent_day_stops_nothing_here_and_loses_nothing(rig: Rig) -> None:
    await rig.join()
    item = await rig.make("Roof", status="New")
    await rig.mirroring.pull(rig.link.id)
    rig.monday.simulator.faults = Faults(1, [FaultRule("status", "", status=429, retry_after_seconds=40_000)])
    await rig.change(item, status="Done")
    told = await rig.mirroring.send(rig.link.id)
    assert told.refusal is not None
    rig.monday.simulator.faults = None
    told = await rig.mirroring.send(rig.link.id)
    assert (told.theirs, told.refusal) == (1, None)
    assert rig.monday.texts(str(rig.theirs()[0].id))["status"] == "Done"


async def test_another_company_sees_nothing_of_it(rig: Rig, store: Store, clock: ManualClock) -> None:
    await rig.join(OwnerRule.ASK)
    await rig.make("Roof")
    await rig.mirroring.pull(rig.link.id)
    other = await Tenants(store).create(f"o{uuid4().hex[:8]}", "Birch")
    beside = Rig(store, other.id, clock, rig.monday)
    assert await beside.mirrors.links() == []
    assert await beside.mirrors.log() == []
    with pytest.raises(UnknownMirrorError):
        await beside.mirroring.pull(rig.link.id)
    with pytest.raises(BadInputError, match="already"):
        await rig.mirrors.join(rig.link)


async def test_a_group_or_a_label_that_is_gone_there_is_asked_about_and_not_tried_for_ever(rig: Rig) -> None:
    await rig.join(groups=True)
    item = await rig.make("Roof", status="New", notes="a")
    await rig.mirroring.pull(rig.link.id)
    (theirs,) = rig.theirs()
    closed = (await rig.boards.get(rig.link.board_id)).groups[1].id
    del rig.monday.board.groups["closed"]
    rig.monday.board.columns["status"].labels.pop(1)
    await rig.boards.change_item(item.id, group_id=closed, values={"status": "Done"}, actor=BOSS)
    await rig.change(item, notes="b")
    told = await rig.mirroring.send(rig.link.id)
    assert (told.refusal, told.more) == (None, False)
    assert {one.field for one in await rig.conflicts()} == {"group", "status"}
    assert rig.monday.texts(str(theirs.id))["notes"] == "b"
    before = rig.calls
    await rig.mirroring.send(rig.link.id)
    assert rig.calls == before
    await rig.boards.create_item(rig.link.board_id, "Hall", group_id=closed, actor=BOSS)
    await rig.mirroring.send(rig.link.id)
    assert {one.name for one in rig.theirs()} == {"Roof", "Hall"}


async def test_what_could_not_be_made_there_is_made_when_it_can_be(rig: Rig) -> None:
    await rig.join()
    long, gone = await rig.make("Roof " * 55), await rig.make("Hall")
    await rig.mirroring.pull(rig.link.id)
    late = await rig.make("Yard")
    await rig.boards.delete_item(late.id, actor=BOSS)
    await rig.mirroring.send(rig.link.id)
    assert {one.name for one in rig.theirs()} == {gone.name}
    (found,) = await rig.conflicts()
    assert "255 characters" in found.sentence
    await rig.change(long, name="Roof")
    await rig.boards.restore_item(late.id, actor=BOSS)
    await rig.mirroring.send(rig.link.id)
    assert {one.name for one in rig.theirs()} == {"Roof", "Hall", "Yard"}
    assert await rig.conflicts() == []
