"""A storm of echoes over boards here and one of monday.com dies out, whatever answers whatever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.factories.monday_desk import MondayDesk
from tests.factories.people import BOSS
from tests.link_sim.desk import LINK, Desk
from tests.outside_sim.rig import Rig

from tiebeam.jobs.model import HOPS_MAX, Subject
from tiebeam.simulators.monday.automations import Automation
from tiebeam.simulators.monday.state import By

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from tiebeam.identity.model import Tenant
    from tiebeam.jobs.boards.model import Item
    from tiebeam.jobs.model import Change
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.simulators.monday.state import Happening
    from tiebeam.store.pool import Store

ROUNDS_MAX = 30


class Ring:
    """A job with an item on the board of jobs, one on another board, and one that monday.com has too."""

    def __init__(self, rig: Rig, desk: Desk) -> None:
        self.rig = rig
        self.desk = desk
        self.events: list[Happening] = []
        self.ours_there = 0
        """How often we have written a cell there."""
        self.rule: Callable[[Change], Awaitable[None]] | None = None
        """What a rule here does about a change."""

    def hear(self, happening: Happening) -> None:
        """Tell of whatever happens there, our own doing too, twice."""
        self.events += [happening, happening]
        if happening.by.user_id == self.rig.monday.simulator.options.tokens[0].user_id:
            self.ours_there += 1

    async def begin(self) -> tuple[UUID, Item, Item, Item]:
        """Make all of it and bring it in step."""
        await self.rig.join()
        job, first = await self.desk.linked()
        office = await self.desk.board("Office")
        values = {"job": str(job), "status": "New"}
        second = await self.desk.boards.create_item(office.id, "Roof", values=values, actor=BOSS)
        third = await self.rig.make("Roof", **values)
        for one in (second, third):
            await self.desk.linking.sync_item(one.id, BOSS)
        await self.rig.mirroring.pull(self.rig.link.id)
        self.rig.monday.state.listeners.append(self.hear)
        await self.storm()
        self.ours_there = 0
        return job, await self.desk.boards.item(first), second, third

    async def storm(self) -> int:
        """Answer whatever was changed, twice over, here and there, until nothing is; return the rounds."""
        for number in range(ROUNDS_MAX):
            waiting, events = await self.desk.changes.waiting(), self.events
            if not waiting and not events:
                return number
            self.events = []
            for together in reversed(waiting * 2):
                await self.desk._answer(together[0])
            for change in [one for together in waiting for one in together]:
                await self._react(change)
                await self.desk.changes.answered([change.id], self.rig.clock.now())
            for _ in range(2):
                await self.rig.mirroring.send(self.rig.link.id)
            for one in reversed(events):
                answers = [str(one.item_id)] if one.by.original else []
                await self.rig.mirroring.hear(self.rig.link.id, [str(one.item_id)], answers)
        raise AssertionError("the storm goes on for ever")

    async def _react(self, change: Change) -> None:
        if self.rule is not None and change.cause.hops < HOPS_MAX:
            await self.rule(change)


@pytest.fixture
def ring(store: Store, tenant: Tenant, clock: ManualClock) -> Ring:
    rig = Rig(store, tenant.id, clock, MondayDesk(clock=clock))
    return Ring(rig, Desk(store, tenant.id, clock))


@pytest.mark.req("L3")
async def test_a_change_there_goes_round_once_and_never_comes_back(ring: Ring) -> None:
    job, first, second, third = await ring.begin()
    (theirs,) = ring.rig.theirs()
    ring.rig.monday.state.set_value(
        theirs, ring.rig.monday.board.columns["status"], {"index": 1}, By(ring.rig.monday.bob.id)
    )
    before = await ring.desk.writes()
    rounds = await ring.storm()
    # The three items and the job once each, nothing there, and a round of echoes that bring nothing about.
    assert (await ring.desk.writes() - before, ring.ours_there) == (4, 0)
    assert rounds <= 4
    for item in (first, second, third):
        assert await ring.desk.statuses(job, item.id) == ("done", "Done")


@pytest.mark.req("L3")
async def test_a_change_here_is_written_there_once(ring: Ring) -> None:
    job, first, second, third = await ring.begin()
    before = await ring.desk.writes()
    await ring.desk.boards.change_item(second.id, values={"status": "Done"}, actor=BOSS)
    rounds = await ring.storm()
    # The edit itself, the job and the two other items; one cell there.
    assert (await ring.desk.writes() - before, ring.ours_there) == (4, 1)
    assert rounds <= 4
    (theirs,) = ring.rig.theirs()
    assert ring.rig.monday.texts(str(theirs.id))["status"] == "Done"
    for item in (first, third):
        assert await ring.desk.statuses(job, item.id) == ("done", "Done")


@pytest.mark.req("L3")
async def test_rules_here_and_there_that_answer_each_other_for_ever_are_cut(ring: Ring) -> None:
    _, _, _, third = await ring.begin()
    rules = ring.rig.monday.simulator.automations.rules
    rules.append(Automation(ring.rig.monday.board.id, "value", "notes", "Value {count}"))

    async def count_on(change: Change) -> None:
        if change.subject is Subject.ITEM and change.subject_id == third.id and change.field == "notes":
            item = await ring.desk.boards.item(third.id)
            values = {"value": item.values.get("value", 0) + 1}
            await ring.desk.boards.change_item(third.id, values=values, actor=LINK, cause=change.cause.next())

    ring.rule = count_on
    await ring.rig.change(third, value=1)
    await ring.storm()
    assert ring.rig.monday.simulator.automations.fired <= HOPS_MAX
    item, (theirs,) = await ring.desk.boards.item(third.id), ring.rig.theirs()
    texts = ring.rig.monday.texts(str(theirs.id))
    assert (texts["value"], texts["notes"]) == (str(item.values["value"]), item.values["notes"])
    before = ring.rig.calls
    assert (await ring.rig.mirroring.send(ring.rig.link.id)).theirs == 0
    assert ring.rig.calls == before


async def test_a_rule_there_that_puts_back_what_we_write_is_asked_about_and_not_fought(ring: Ring) -> None:
    _, _, _, third = await ring.begin()
    rules = ring.rig.monday.simulator.automations.rules
    rules.append(Automation(ring.rig.monday.board.id, "status", "status", "New", becomes="Done"))
    await ring.rig.change(third, status="Done")
    ring.ours_there = 0
    await ring.storm()
    assert ring.ours_there == 2
    (found,) = await ring.rig.conflicts()
    assert (found.field, found.ours, found.theirs) == ("status", "Done", "New")
    assert "did not stay" in found.sentence
