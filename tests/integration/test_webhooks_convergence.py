"""Whatever is sent twice, in another order or not at all: the copy comes to be what the vendor has."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from tests.factories.webhooks import PostRoom

from tiebeam.simulators.base.faults import FaultRule

if TYPE_CHECKING:
    from tiebeam.identity.model import Tenant
    from tiebeam.store.pool import Store

VIEWS = ("submittals", "rfis", "images", "change_events")
NAMED = ("id", "title", "subject", "description", "number", "updated_at", "questions")
STEPS = 60


def act(room: PostRoom, random: Random, made: dict[str, list[int]]) -> None:
    """Have something happen in the company."""
    view = random.choice(VIEWS)
    mine = made[view]
    kind = random.choice(("create", "create", "update", "update", "delete"))
    text = {
        "title": f"{random.random()}",
        "subject": f"{random.random()}",
        "description": f"{random.random()}",
    }
    if kind == "create" or not mine:
        mine.append(room.desk.put(view, number=str(len(mine)), questions=[], **text))
    elif kind == "update":
        room.desk.state.update(view, random.choice(mine), text)
    else:
        gone = mine.pop(random.randrange(len(mine)))
        room.desk.state.delete(view, gone)


async def compare(room: PostRoom) -> None:
    """See that the copy holds the vendor's living records, as they are, and no others."""
    for view in VIEWS:
        copied = {key: row.payload for key, row in (await room.find(view)).items()}
        living = {str(row.id): row for row in room.desk.simulator.truth(view) if row.state == "live"}
        assert set(copied) == set(living), view
        for key, payload in copied.items():
            truth = living[key].list | (living[key].detail if view == "rfis" else {})
            assert {name: payload[name] for name in NAMED if name in payload} == {
                name: truth[name] for name in NAMED if name in truth
            }, (view, key)


@pytest.mark.req("R4")
@pytest.mark.parametrize("seed", range(4))
async def test_the_copy_comes_to_be_what_the_vendor_has(store: Store, tenant: Tenant, seed: int) -> None:
    rules = [
        FaultRule("repeat_event", match="WEBHOOK", probability=0.3),
        FaultRule("reorder_events", match="WEBHOOK", probability=0.3),
        FaultRule("drop_event", match="WEBHOOK", probability=0.2),
    ]
    room = await PostRoom.opened(store, tenant.id, *rules)
    random = Random(seed)
    made: dict[str, list[int]] = {view: [] for view in VIEWS}
    await room.sync(*VIEWS)
    await room.keeper.keep(room.terms())
    for _ in range(STEPS):
        act(room, random, made)
        room.desk.clock.advance(random.choice((0.3, 1, 40)))
        if random.random() < 0.5:
            await room.deliver()
        if random.random() < 0.3:
            await room.fetch(after_seconds=0)
    room.desk.simulator.stop_faults()
    room.desk.clock.advance(60)
    await room.deliver()
    await room.gap.catch_up()
    for _ in range(5):
        await room.fetch(after_seconds=700)
    assert await room.rows("select * from tiebeam.webhook_pending") == []
    await compare(room)
