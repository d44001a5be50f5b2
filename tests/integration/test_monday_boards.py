"""Boards of monday.com kept the same as boards of ours, by the jobs of the queue."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.factories.monday_stage import HERE, monday_staged

from tiebeam.duties import Duties
from tiebeam.kernel.errors import BadInputError
from tiebeam.link.outside.model import OwnerRule
from tiebeam.mirrors import Rest, SameBoards
from tiebeam.monday import Monday
from tiebeam.operations.audit.model import Actor
from tiebeam.operations.queue.model import Done, Job, RetryAt
from tiebeam.operations.queue.plan import verdict
from tiebeam.operations.queue.repository import Claims
from tiebeam.simulators.base.faults import FaultRule, Faults
from tiebeam.simulators.monday.limits import Limits
from tiebeam.simulators.monday.options import MondayOptions
from tiebeam.upkeep import Upkeep
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
KINDS = ["outside.pull", "outside.decide"]


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
    await boards.doors().tell(link.id, roof, stage.console.clock.now(), answers=False)
    read = await boards.doors().told(link.id)
    await boards.doors().tell(link.id, roof, stage.console.clock.now(), answers=True)
    await boards.doors().read(link.id, read)
    (again,) = await boards.doors().told(link.id)
    assert (again.item_id, again.answers) == (roof, True), "what was told while it was read is not forgotten"
    await boards.hear(link.id)
    await JobsAndBoards(boards.app).boards().change_item(item.id, values={"address": "2 Oak St"}, actor=BY)
    assert "outside.send" in {job.kind for job in await boards.changed()}
    calls = stage.calls()
    await boards.send(link.id)
    assert stage.calls() - calls == 2, "one look and one write"
    assert await boards.changed() == []
    await boards.send(link.id)
    assert stage.calls() - calls == 2, "nothing to say, nothing asked"
    assert stage.desk.texts(roof)["address"] == "2 Oak St"


async def troubles_of(stage: MondayStage) -> tuple[str, ...]:
    (standing,) = await (await boards_of(stage)).standings()
    return standing.troubles


async def alerts_of(stage: MondayStage) -> list[str]:
    app = await stage.app()
    return [one.summary for one in await app.alert_desk().open_alerts(app.tenant.id)]


async def test_a_board_that_is_not_to_be_seen_any_more_is_told_of_and_goes_on_when_it_is_back(
    stage: MondayStage,
) -> None:
    stage.desk.create("Roof")
    link = await joined(stage)
    boards = await boards_of(stage)
    gone = stage.desk.state.boards.pop(stage.desk.board.id)
    rest = await boards.pull(link.id)
    assert rest.why.startswith("monday.com has no such board")
    (said,) = await troubles_of(stage)
    assert "Invite that user to the board" in said
    (alert,) = await alerts_of(stage)
    assert "Jobs: monday.com has no such board" in alert
    assert "monday.com has no such board" in await stage.page(f"/boards/{link.board_id}/outside")
    assert set(await items_of(stage, link)) == {"Roof"}, "a board that is not seen proves nothing"
    item = (await items_of(stage, link))["Roof"]
    await JobsAndBoards(boards.app).boards().change_item(item.id, values={"address": "2 Oak St"}, actor=BY)
    await boards.doors().tell(link.id, "1", stage.console.clock.now(), answers=False)
    assert (await boards.due(), await boards.changed()) == ([], []), "it does not spend the calls of the day"
    stage.desk.state.boards[gone.id] = gone
    assert await boards.pull(link.id) == Rest()
    assert (await troubles_of(stage), await alerts_of(stage)) == ((), [])


async def test_a_column_that_is_gone_there_keeps_its_cells_here(stage: MondayStage) -> None:
    stage.desk.create("Roof", address="1 Main St")
    link = await joined(stage)
    kept = stage.desk.board.columns.pop("address")
    await (await boards_of(stage)).pull(link.id)
    assert (await items_of(stage, link))["Roof"].values["address"] == "1 Main St"
    (said,) = await troubles_of(stage)
    assert "The column “Address” has none there any more" in said
    assert "gone there" in await stage.page(f"/boards/{link.board_id}/outside")
    assert len(await alerts_of(stage)) == 1
    stage.desk.board.columns["address"] = kept
    await (await boards_of(stage)).pull(link.id)
    assert (await troubles_of(stage), await alerts_of(stage)) == ((), [])


async def test_an_emptied_board_waits_for_a_person(stage: MondayStage) -> None:
    ids = [stage.desk.create(f"Item {number}") for number in range(24)]
    link = await joined(stage)
    boards = await boards_of(stage)
    for one in ids:
        stage.desk.asked("mutation ($item: ID) { delete_item(item_id: $item) { id } }", item=one)
    await boards.pull(link.id)
    assert len(await items_of(stage, link)) == 24
    assert await boards.mirrors().asks() == []
    page = await stage.page(f"/boards/{link.board_id}/outside")
    assert "Yes, 24 items are gone there" in page
    await stage.post(f"/boards/{link.board_id}/outside/pull", approved="yes")
    assert f"{link.id}/approved" in await queued(stage)
    await boards.pull(link.id, approved=True)
    assert len(await boards.mirrors().asks()) == 24
    conflicts = await stage.client.get("/conflicts")
    assert "Put it there again" in conflicts.text


async def test_parted_boards_stay_as_they_are(stage: MondayStage) -> None:
    roof = stage.desk.create("Roof")
    link = await joined(stage)
    answer = await stage.post(f"/boards/{link.board_id}/outside/stop")
    assert answer.status_code == 303
    boards = await boards_of(stage)
    assert await boards.links() == []
    item = (await items_of(stage, link))["Roof"]
    await JobsAndBoards(boards.app).boards().change_item(item.id, values={"address": "2 Oak St"}, actor=BY)
    calls = stage.calls()
    assert await boards.due() == []
    assert await boards.send(link.id) == Rest()
    assert stage.calls() == calls
    assert "address" not in stage.desk.texts(roof)
    assert "is kept the same as none" in await stage.page(f"/boards/{link.board_id}/outside")


async def test_nothing_is_done_for_a_board_that_was_deleted_here(stage: MondayStage) -> None:
    link = await joined(stage)
    boards = await boards_of(stage)
    await JobsAndBoards(boards.app).boards().layout.delete(link.board_id, actor=BY)
    calls = stage.calls()
    assert await boards.pull(link.id) == Rest()
    assert stage.calls() == calls
    assert ["was deleted" in one for one in await alerts_of(stage)] == [True]


async def test_what_is_joined_to_a_board_that_is_here_takes_what_is_called_the_same(
    stage: MondayStage,
) -> None:
    stage.desk.create("Roof", address="1 Main St")
    stage.desk.create("Deck")
    boards = await boards_of(stage)
    board = await JobsAndBoards(boards.app).boards().active_jobs()
    await JobsAndBoards(boards.app).boards().create_item(board.id, "Roof", actor=BY)
    page = await stage.client.get(f"{HERE}/boards/{stage.desk.board_id}?with={board.id}")
    assert '<option value="address" selected>' in page.text
    link = await boards.join(stage.desk.board_id, board.id, {"address": "address"}, OwnerRule.LATEST)
    calls = stage.calls()
    await boards.doors().tell(link.id, "1", stage.console.clock.now(), answers=False)
    assert await boards.send(link.id) == Rest()
    assert await boards.hear(link.id) == Rest()
    assert stage.calls() == calls, "before both were laid beside each other nothing is sent or read"
    await boards.pull(link.id)
    items = await items_of(stage, link)
    assert set(items) == {"Roof", "Deck"}
    assert items["Roof"].values["address"] == "1 Main St"
    assert len(stage.desk.board.items) == 2, "nothing was made twice"
    with pytest.raises(BadInputError):
        await boards.join(stage.desk.board_id, board.id, {}, OwnerRule.LATEST)


async def test_a_column_cannot_be_joined_to_one_of_another_kind(stage: MondayStage) -> None:
    boards = await boards_of(stage)
    board = await JobsAndBoards(boards.app).boards().active_jobs()
    for wrong in ({"status": "address"}, {"address": "seen"}, {"nothing": "address"}):
        with pytest.raises(BadInputError):
            await boards.join(stage.desk.board_id, board.id, wrong, OwnerRule.LATEST)
    twice = {"starts": "starts", "ends": "starts"}
    with pytest.raises(BadInputError):
        await boards.join(stage.desk.board_id, board.id, twice, OwnerRule.LATEST)
    assert await boards.links() == []


async def test_passes_take_turns_within_half_of_the_day_s_calls(stage: MondayStage) -> None:
    stage.desk.create("Roof")
    link = await joined(stage)
    boards = await boards_of(stage)
    clock = stage.console.clock
    (standing,) = await boards.standings()
    assert standing.last is not None
    assert standing.last.calls == 3
    await boards.monday.set_plan("free")
    seconds = 86_400 * 3 / 100
    clock.advance(seconds - 60)
    assert "outside.pull" not in {job.kind for job in await boards.due()}
    clock.advance(61)
    assert "outside.pull" in {job.kind for job in await boards.due()}
    await boards.pull(link.id)
    assert "outside.pull" not in {job.kind for job in await boards.due()}


async def test_hooks_are_made_once_and_removed_in_the_end(
    store: Store, tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with monday_staged(store, tenant, tmp_path, webhook_url="http://door.test") as stage:
        await stage.connect()
        boards = await boards_of(stage)
        link = await boards.begin(stage.desk.board_id, "", OwnerRule.LATEST, BY)
        await boards.pull(link.id)
        door = await boards.doors().of(link.id)
        assert door is not None
        assert door.refused is not None, "nobody has answered monday.com's question"
        assert "looking" in await stage.page(f"/boards/{link.board_id}/outside")
        monkeypatch.setattr(stage.desk.simulator.webhooks, "has_answered", lambda _url: True)
        stage.console.clock.advance(3601)
        await boards.pull(link.id)
        made = set(stage.desk.simulator.webhooks.hooks)
        assert len(made) == 7
        stage.console.clock.advance(3601)
        await boards.pull(link.id)
        assert set(stage.desk.simulator.webhooks.hooks) == made
        (url,) = {hook.url for hook in stage.desk.simulator.webhooks.hooks.values()}
        path = url.removeprefix("http://door.test")
        client = stage.console.stranger()
        assert (await client.post(path, content=b'{"challenge":"c"}')).status_code == 404, "no door is here"
        await boards.stop(link.id)
        assert stage.desk.simulator.webhooks.hooks == {}
        assert await boards.doors().of(link.id) is None


@pytest.mark.req("L3", "L6")
async def test_what_both_sides_have_changed_is_decided_on_the_page_and_can_be_undone(
    stage: MondayStage,
) -> None:
    roof = stage.desk.create("Roof", address="1 Main St")
    link = await joined(stage, OwnerRule.ASK)
    boards = await boards_of(stage)
    item = (await items_of(stage, link))["Roof"]
    await JobsAndBoards(boards.app).boards().change_item(item.id, values={"address": "2 Oak St"}, actor=BY)
    stage.desk.change(roof, address="3 Elm St")
    await boards.send(link.id)
    (conflict,) = await boards.mirrors().conflicts()
    page = (await stage.client.get("/conflicts")).text
    assert "2 Oak St" in page
    assert "3 Elm St" in page
    assert "Nothing waits for you" not in page
    assert '<a href="/conflicts">1</a>' in await stage.page(f"/boards/{link.board_id}/outside")
    answer = await stage.act(f"/outside/conflicts/{conflict.id}", whose="nobody")
    assert answer.status_code == 400
    await stage.act(f"/outside/conflicts/{conflict.id}", whose="theirs")
    await carried_out(stage)
    assert (await items_of(stage, link))["Roof"].values["address"] == "3 Elm St"
    assert await boards.mirrors().conflicts() == []
    assert "Decided lately between here and monday.com" in (await stage.client.get("/conflicts")).text
    await stage.act(f"/outside/conflicts/{conflict.id}/undo")
    await carried_out(stage)
    assert (await items_of(stage, link))["Roof"].values["address"] == "2 Oak St"
    (again,) = await boards.mirrors().conflicts()
    await stage.act(f"/outside/conflicts/{again.id}", whose="ours")
    await carried_out(stage)
    assert stage.desk.texts(roof)["address"] == "2 Oak St"
    await stage.act(f"/outside/conflicts/{again.id}", whose="theirs")
    await carried_out(stage)
    assert stage.desk.texts(roof)["address"] == "2 Oak St", "what was decided is not decided by a late press"


@pytest.mark.req("L6")
async def test_of_an_item_that_is_gone_there_a_person_says_what_becomes_of_ours(stage: MondayStage) -> None:
    roof = stage.desk.create("Roof")
    link = await joined(stage)
    boards = await boards_of(stage)
    stage.desk.asked("mutation ($item: ID) { archive_item(item_id: $item) { id } }", item=roof)
    await boards.pull(link.id)
    (mirror,) = await boards.mirrors().asks()
    assert "The item was archived there." in (await stage.client.get("/conflicts")).text
    await stage.act(f"/outside/asks/{mirror.id}", then="delete")
    await carried_out(stage)
    assert await items_of(stage, link) == {}
    assert await boards.mirrors().asks() == []


async def test_what_fails_there_again_and_again_is_an_alert_and_loses_nothing(stage: MondayStage) -> None:
    stage.desk.create("Roof")
    link = await joined(stage)
    app = await stage.app()
    duties = Duties(stage.console.house.settings, app.clock, app.store, app.transport)
    pull = Job(1, app.tenant.id, "outside.pull", str(link.id), {"link": str(link.id)}, 1, app.clock.now())
    stage.desk.simulator.faults = Faults(1, [FaultRule("status", "POST", status=500)])
    for _ in range(3):
        outcome = await duties.handlers()["outside.pull"](pull)
        assert isinstance(outcome, RetryAt)
        assert outcome.at > app.clock.now()
    await Upkeep(app).look(await Monday(app).gates())
    assert any("a fault on its side" in one for one in await alerts_of(stage))
    stage.desk.simulator.faults = None
    assert await duties.handlers()["outside.pull"](pull) == Done()
    await Upkeep(app).look(await Monday(app).gates())
    assert await alerts_of(stage) == []


async def test_the_calls_of_a_day_used_up_are_waited_for_till_midnight(stage: MondayStage) -> None:
    stage.desk.create("Roof")
    link = await joined(stage)
    boards = await boards_of(stage)
    stage.desk.simulator.limits = Limits(MondayOptions(daily_calls=0))
    rest = await boards.pull(link.id)
    now = stage.console.clock.now()
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    assert rest.wait_seconds == pytest.approx((midnight - now).total_seconds())
    assert (rest.code, await troubles_of(stage)) == ("", ())


async def carried_out(stage: MondayStage) -> None:
    """Do what was decided, as a worker does, and what waits before it for the same board."""
    app = await stage.app()
    handlers = Duties(stage.console.house.settings, app.clock, app.store, app.transport).handlers()
    claims = Claims(app.store, app.clock)
    worker, done = await claims.join("one"), list[str]()
    while "outside.decide" not in done:
        _, jobs = await claims.turn(worker, [], 9, tenant_max=9, kinds=KINDS)
        assert jobs, "nothing was asked for"
        for job in jobs:
            assert await handlers[job.kind](job) == Done()
            done.append(job.kind)
        await claims.turn(worker, [verdict(job, Done()) for job in jobs], 0, tenant_max=9, kinds=KINDS)


async def queued(stage: MondayStage) -> set[str]:
    app = await stage.app()
    return {one.key for one in await app.queue.jobs(app.tenant.id, ["pending"])}
