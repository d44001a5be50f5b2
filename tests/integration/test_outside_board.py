"""A board of ours and one of monday.com are kept the same, cell by cell, both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from tests.factories.monday_desk import MondayDesk
from tests.outside_sim.rig import Rig

from tiebeam.identity.repository import Tenants

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
