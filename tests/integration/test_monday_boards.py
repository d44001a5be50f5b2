"""Boards of monday.com kept the same as boards of ours, by the jobs of the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.factories.monday_stage import monday_staged

from tiebeam.link.outside.model import OwnerRule
from tiebeam.mirrors import SameBoards
from tiebeam.operations.audit.model import Actor
from tiebeam.working import JobsAndBoards

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.factories.monday_stage import MondayStage

    from tiebeam.identity.model import Tenant
    from tiebeam.jobs.boards.model import Item
    from tiebeam.link.outside.model import OutsideLink
    from tiebeam.store.pool import Store

BY = Actor.command("tests")


@pytest.fixture
async def stage(store: Store, tenant: Tenant, tmp_path: Path) -> AsyncIterator[MondayStage]:
    async with monday_staged(store, tenant, tmp_path) as found:
        await found.connect()
        yield found


async def boards_of(stage: MondayStage) -> SameBoards:
    return SameBoards(await stage.app())


async def joined(stage: MondayStage, owner: OwnerRule = OwnerRule.LATEST) -> OutsideLink:
    """Make the board of theirs here, and read it."""
    boards = await boards_of(stage)
    link = await boards.begin(stage.desk.board_id, "", owner, BY)
    rest = await boards.pull(link.id)
    assert rest.wait_seconds is None, rest
    return link


async def items_of(stage: MondayStage, link: OutsideLink) -> dict[str, Item]:
    found = await JobsAndBoards(await stage.app()).boards().items(link.board_id)
    return {one.name: one for one in found}


@pytest.mark.req("L2")
async def test_a_board_of_theirs_becomes_one_of_ours_with_all_that_is_on_it(stage: MondayStage) -> None:
    stage.desk.create("Roof", status={"label": "In progress"}, address="1 Main St", value="12.5")
    stage.desk.create("Deck")
    link = await joined(stage)
    items = await items_of(stage, link)
    assert set(items) == {"Roof", "Deck"}
    assert items["Roof"].values == {"status": "In progress", "address": "1 Main St", "value": 12.5}
    board = await JobsAndBoards(await stage.app()).boards().get(link.board_id)
    assert [one.title for one in board.columns] == [
        "Status", "Lead", "Starts", "Address", "Notes", "Value", "Job"
    ]  # fmt: skip
    (standing,) = await (await boards_of(stage)).standings()
    assert (standing.items, standing.open, standing.in_words) == (2, 0, "kept the same")
    assert standing.last is not None
    assert (standing.last.ours, standing.last.theirs) == (2, 0)


async def test_what_is_changed_on_either_side_shows_on_the_other(stage: MondayStage) -> None:
    roof = stage.desk.create("Roof", address="1 Main St")
    link = await joined(stage)
    boards = await boards_of(stage)
    calls = stage.calls()
    await boards.send(link.id)
    assert stage.calls() == calls, "what came from there is not said there"
    stage.desk.change(roof, status={"label": "Done"})
    await boards.doors().tell(link.id, roof, stage.console.clock.now(), answers=False)
    assert [job.kind for job in await boards.due()] == ["outside.hear"]
    await boards.hear(link.id)
    item = (await items_of(stage, link))["Roof"]
    assert item.values["status"] == "Done"
    assert await boards.doors().told(link.id) == []
    await JobsAndBoards(boards.app).boards().change_item(item.id, values={"address": "2 Oak St"}, actor=BY)
    assert "outside.send" in {job.kind for job in await boards.changed()}
    calls = stage.calls()
    await boards.send(link.id)
    assert stage.calls() - calls == 2, "one look and one write"
    assert await boards.changed() == []
    await boards.send(link.id)
    assert stage.calls() - calls == 2, "nothing to say, nothing asked"
    assert stage.desk.texts(roof)["address"] == "2 Oak St"
