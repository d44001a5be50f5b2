"""The pages of jobs and boards: lists, cells typed into, lanes, what two people change at once, bounds."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from tests.factories.console import console

from tiebeam.identity.model import Role
from tiebeam.jobs.boards.model import ColumnKind, Label, NewColumn, NewItem
from tiebeam.jobs.boards.repository import Boards
from tiebeam.jobs.changes.repository import Changes
from tiebeam.jobs.repository import Jobs
from tiebeam.link.pairs.model import Owner
from tiebeam.link.pairs.run import Linking
from tiebeam.operations.audit.model import Actor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx
    from tests.factories.console import Console

    from tiebeam.identity.model import Tenant
    from tiebeam.jobs.boards.model import Board, Item
    from tiebeam.jobs.model import Job
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("L6")

PAGE_BYTES_MAX = 100_000
RULE = Actor.system("rule of the tests")


class Hand:
    """Somebody at the console."""

    def __init__(self, client: httpx.AsyncClient, csrf: str, id_: UUID) -> None:
        self.client, self.csrf, self.id = client, csrf, id_

    async def page(self, path: str) -> str:
        answer = await self.client.get(path)
        assert answer.status_code == 200, answer.text
        assert len(answer.content) <= PAGE_BYTES_MAX, (path, len(answer.content))
        return answer.text

    async def post(self, path: str, **form: object) -> httpx.Response:
        data = {"csrf": self.csrf, **{name.replace("__", "."): str(text) for name, text in form.items()}}
        return await self.client.post(path, data=data)

    async def does(self, path: str, **form: object) -> str:
        answer = await self.post(path, **form)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]


class Yard:
    """A company with its jobs and boards."""

    def __init__(self, house: Console, store: Store) -> None:
        tenant_id, clock = house.tenant.id, store.clock
        self.house = house
        self.jobs = Jobs(store, tenant_id, clock)
        self.boards = Boards(store, tenant_id, clock)
        self.changes = Changes(store, tenant_id)

    async def somebody(self, role: Role = Role.OFFICE) -> Hand:
        client, came = await self.house.signed_in(role)
        return Hand(client, came.session.csrf, came.person.id)

    async def job(self, title: str = "New roof", **more: Any) -> Job:
        return await self.jobs.create(title=title, actor=RULE, **more)

    async def item(self, board: Board, name: str = "Roof", **values: Any) -> Item:
        return await self.boards.create_item(board.id, name, values=values, actor=RULE)

    async def every_kind(self) -> Board:
        labels = (Label("To do"), Label("Done", "green", done=True))
        columns = [
            NewColumn("State", ColumnKind.STATUS, labels),
            *(NewColumn(kind.value, kind) for kind in ColumnKind if kind is not ColumnKind.STATUS),
        ]
        return await self.boards.create("Every kind", columns, ("One", "Two"), actor=RULE)


@pytest.fixture
async def yard(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Yard]:
    async with console(store, clock, tenant, tmp_path) as house:
        yield Yard(house, store)


async def test_a_job_from_an_empty_page_to_done(yard: Yard) -> None:
    hand = await yard.somebody()
    assert "No jobs yet" in await hand.page("/jobs")
    here = await hand.does("/jobs", title="New roof", status="new", lead_id="Office and project managers")
    (job,) = await yard.jobs.find()
    assert here == f"/jobs/{job.id}"
    assert job.lead_id == hand.id
    page = await hand.page(here)
    assert "#1 New roof" in page
    assert "added it" in page
    await hand.does(here, version=1, status="done", starts_on="2026-03-02", address="1 Elm Row\r\nYard 2")
    job = await yard.jobs.get(job.id)
    assert (job.status, str(job.starts_on), job.address) == ("done", "2026-03-02", "1 Elm Row\nYard 2")
    page = await hand.page(here)
    assert re.search(r"Status: <del>New</del>\s*<ins>Done</ins>", page)
    assert "New roof" not in await hand.page("/jobs?status=new")
    assert "New roof" in await hand.page("/jobs?search=roof&status=done")


async def test_a_form_that_changes_nothing_writes_nothing(yard: Yard) -> None:
    hand = await yard.somebody()
    job = await yard.job(address="1 Elm Row\nYard 2", lead_id=hand.id)
    before = await yard.changes.newest()
    form = {"title": "New roof", "address": "1 Elm Row\r\nYard 2", "status": "new", "ends_on": ""}
    lead = "Office and project managers"
    answer = await hand.post(f"/jobs/{job.id}", version=job.version, lead_id=lead, **form)
    assert answer.status_code == 303
    assert await yard.changes.newest() == before
    assert (await yard.jobs.get(job.id)).version == job.version


async def test_a_deleted_job_is_brought_back(yard: Yard) -> None:
    hand = await yard.somebody()
    job = await yard.job()
    await hand.does(f"/jobs/{job.id}/delete")
    assert "was deleted" in await hand.page(f"/jobs/{job.id}")
    assert "No jobs yet" in await hand.page("/jobs")
    assert (await hand.post(f"/jobs/{job.id}", version=2, title="x")).status_code == 409
    await hand.does(f"/jobs/{job.id}/restore")
    assert "New roof" in await hand.page("/jobs")


async def test_every_kind_of_cell_is_typed_and_emptied(yard: Yard) -> None:
    hand = await yard.somebody()
    job = await yard.job("The other roof")
    board = await yard.every_kind()
    item = await yard.item(board)
    typed = {
        "v__state": "Done",
        "v__people": "Office and project managers",
        "v__date": "2026-03-09",
        "v__text": "<b>copper</b>",
        "v__number": "12.5",
        "v__link": f"#{job.number}",
    }
    here = f"/boards/{board.id}"
    assert await hand.does(f"/items/{item.id}", version=1, name="Roof 2", back=here, **typed) == here
    found = await yard.boards.item(item.id)
    assert found.values == {
        "state": "Done",
        "people": [str(hand.id)],
        "date": "2026-03-09",
        "text": "<b>copper</b>",
        "number": 12.5,
        "link": str(job.id),
    }
    page = await hand.page(here)
    assert "#1 The other roof" in page
    assert "<b>copper" not in page
    assert "copper" in page
    shown = await hand.page(f"/items/{item.id}")
    assert "The other roof" in shown
    assert 'value="12.5"' in shown
    assert "Roof 2" in await hand.page(f"/jobs/{job.id}")
    await hand.does(f"/items/{item.id}", version=2, **dict.fromkeys(typed, ""))
    assert (await yard.boards.item(item.id)).values == {}


@pytest.mark.parametrize(
    ("cell", "text", "said"),
    [
        ("v__state", "Nearly", "none of its labels"),
        ("v__date", "soon", "is no date"),
        ("v__number", "many", "is no number"),
        ("v__people", "Nobody Inparticular", "is nobody called"),
        ("v__link", "#77", "no job #77"),
        ("v__link", "javascript:alert(1)", "neither a job nor an address"),
    ],
)
async def test_what_cannot_be_kept_is_said_and_nothing_is_written(
    yard: Yard, cell: str, text: str, said: str
) -> None:
    hand = await yard.somebody()
    board = await yard.every_kind()
    item = await yard.item(board, state="To do")
    answer = await hand.post(f"/items/{item.id}", version=1, **{cell: text})
    assert answer.status_code == 400
    assert said in answer.text.replace("&#39;", "'")
    assert (await yard.boards.item(item.id)).version == 1


async def test_two_people_change_different_cells_of_a_row_at_once(yard: Yard) -> None:
    one, other = await yard.somebody(), await yard.somebody()
    board = await yard.every_kind()
    item = await yard.item(board, state="To do", text="tin")
    await one.does(f"/items/{item.id}", version=1, v__state="Done", v__text="tin")
    # The whole row, as a browser without script sends it: what was not touched takes nothing back.
    await other.does(f"/items/{item.id}", version=1, v__state="To do", v__text="copper", name="Roof")
    found = await yard.boards.item(item.id)
    assert found.values == {"state": "Done", "text": "copper"}


async def test_two_people_change_the_same_cell_and_one_of_them_is_asked(yard: Yard) -> None:
    one, other = await yard.somebody(), await yard.somebody(Role.ESTIMATOR)
    board = await yard.every_kind()
    item = await yard.item(board, text="tin")
    here = f"/items/{item.id}"
    await one.does(here, version=1, v__text="copper")
    answer = await other.post(here, version=1, v__text="slate", v__number="3")
    assert answer.status_code == 409
    for words in ("slate", "copper", "Office and project managers", "The rest of what you typed was saved"):
        assert words in answer.text
    found = await yard.boards.item(item.id)
    assert found.values == {"text": "copper", "number": 3}
    version = re.search(r'name="version" value="(\d+)"', answer.text)
    assert version
    await other.does(here, version=version.group(1), v__text="slate")
    assert (await yard.boards.item(item.id)).values["text"] == "slate"


async def test_the_same_of_a_job_and_what_one_did_oneself_is_known(yard: Yard) -> None:
    one, other = await yard.somebody(), await yard.somebody(Role.ESTIMATOR)
    job = await yard.job()
    here = f"/jobs/{job.id}"
    await one.does(here, version=1, title="Roof A")
    await one.does(here, version=1, title="Roof B")
    answer = await other.post(here, version=1, title="Roof C")
    assert answer.status_code == 409
    assert (await yard.jobs.get(job.id)).title == "Roof B"


async def test_who_comes_between_the_look_and_the_write_is_compared_with_too(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand, board = await yard.somebody(), await yard.every_kind()
    item, job = await yard.item(board, text="tin"), await yard.job()
    looked: list[UUID] = []

    async def change_item(self: Boards, item_id: UUID, **more: Any) -> Item:
        if item_id not in looked:
            looked.append(item_id)
            await unhindered(self, item_id, values={"number": 7}, actor=RULE)
        return await unhindered(self, item_id, **more)

    async def change_job(self: Jobs, job_id: UUID, wanted: Any, **more: Any) -> Job:
        if job_id not in looked:
            looked.append(job_id)
            await unhindered_job(self, job_id, {"title": "By the rule"}, actor=RULE)
        return await unhindered_job(self, job_id, wanted, **more)

    unhindered, unhindered_job = Boards.change_item, Jobs.change
    monkeypatch.setattr(Boards, "change_item", change_item)
    monkeypatch.setattr(Jobs, "change", change_job)
    await hand.does(f"/items/{item.id}", version=1, v__text="copper")
    assert (await yard.boards.item(item.id)).values == {"text": "copper", "number": 7}
    answer = await hand.post(f"/jobs/{job.id}", version=1, title="By hand", status="done")
    assert (answer.status_code, "By the rule" in answer.text) == (409, True)
    found = await yard.jobs.get(job.id)
    assert (found.title, found.status) == ("By the rule", "done")


async def test_lanes_hold_their_items_and_a_card_is_moved_by_a_form(yard: Yard) -> None:
    hand = await yard.somebody()
    board = await yard.every_kind()
    for number in range(30):
        await yard.item(board, f"Item {number}", state="To do")
    await yard.item(board, "Without")
    page = await hand.page(f"/boards/{board.id}?view=kanban")
    assert "All 30 of them" in page
    assert "No status" in page
    (first, *_) = await yard.boards.items(board.id)
    assert f"/items/{first.id}" in page
    await hand.does(f"/items/{first.id}", version=1, v__state="Done")
    assert (await yard.boards.item(first.id)).values["state"] == "Done"
    lane = await hand.page(f"/boards/{board.id}?lane=Done&column=state")
    assert "Item 0" in lane
    assert "Item 1<" not in lane


async def test_a_board_of_many_items_is_walked_through_page_by_page(yard: Yard) -> None:
    hand = await yard.somebody()
    board = await yard.every_kind()
    wanted = [
        NewItem(f"Item {number:04}", {"text": "é<&" * 60}, board.groups[number % 2].id)
        for number in range(240)
    ]
    await yard.boards.put_items(board.id, wanted, actor=RULE)
    seen: list[str] = []
    path = f"/boards/{board.id}"
    while path:
        page = await hand.page(path)
        seen += re.findall(r'<tr id="i([0-9a-f]{32})"', page)
        more = re.search(r'rel="next" href="([^"]+)"', page)
        path = more.group(1).replace("&amp;", "&") if more else ""
    assert len(seen) == len(set(seen)) == 240
    assert (await hand.client.get(f"/boards/{board.id}?after=x~nan~y")).status_code == 400


async def test_the_widest_board_with_the_longest_texts_stays_small(yard: Yard) -> None:
    hand = await yard.somebody()
    labels = tuple(Label(f"{'Ü' * 50} {number}") for number in range(40))
    columns = [
        NewColumn(
            f"{'Ö' * 60} {number}",
            ColumnKind.STATUS if number % 2 else ColumnKind.TEXT,
            labels * (number % 2),
        )
        for number in range(50)
    ]
    board = await yard.boards.create("Wide", columns, ("One",), actor=RULE)
    values = {
        one.key: labels[0].text if one.kind is ColumnKind.STATUS else "<" * 10_000 for one in board.columns
    }
    await yard.boards.put_items(board.id, [NewItem("&" * 300, values) for _ in range(60)], actor=RULE)
    await hand.page(f"/boards/{board.id}")
    await hand.page(f"/boards/{board.id}?view=kanban")
    (item, *_) = await yard.boards.items(board.id)
    path, pages = f"/items/{item.id}", 0
    while path:
        more = re.search(r'href="(/items/[^"]+columns=[0-9]+)"', await hand.page(path))
        path, pages = more.group(1) if more else "", pages + 1
    assert pages > 10


async def test_boards_their_columns_and_groups_are_changed(yard: Yard) -> None:
    boss, hand = await yard.somebody(Role.OPERATOR), await yard.somebody()
    assert "Active Jobs" in await hand.page("/boards")
    assert (await hand.client.get("/boards/active-jobs")).headers["location"].startswith("/boards/")
    here = await boss.does("/boards", name="Snags")
    assert (await hand.post("/boards", name="No")).status_code == 403
    await boss.does(
        f"{here}/columns", title="Trade", kind="status", labels="Roofer, blue\nPainter, red, done"
    )
    await boss.does(f"{here}/columns/trade", title="Craft", labels="Painter, red, done\nRoofer")
    await boss.does(f"{here}/columns/trade", wish="up")
    await boss.does(f"{here}/columns/people", wish="remove")
    await boss.does(f"{here}/groups", title="Later")
    board = await yard.boards.get(UUID(here.rpartition("/")[2]))
    assert [one.key for one in board.columns] == ["status", "trade", "due"]
    assert board.columns[1].title == "Craft"
    assert board.columns[1].labels == (Label("Painter", "red", done=True), Label("Roofer"))
    await boss.does(f"{here}/groups/{board.groups[1].id}", wish="up")
    await boss.does(f"{here}/groups/{board.groups[0].id}", title="Now")
    await boss.does(f"{here}/items", name="Crack", v__trade="Roofer", group=board.groups[0].id)
    refused = await boss.post(f"{here}/groups/{board.groups[0].id}", wish="remove")
    assert refused.status_code == 409
    assert "Move them into another group first" in refused.text
    assert "Crack" in await boss.page(here)
    setting = await boss.page(f"{here}/setting")
    assert "Craft" in setting
    assert "Painter, red, done\nRoofer, grey</textarea>" in setting
    await boss.does(f"{here}/rename", name="Snag list")
    await boss.does(f"{here}/delete")
    assert "Snag list" not in (await boss.page("/boards")).partition("Deleted boards")[0]


async def test_the_board_of_the_jobs_keeps_what_it_is_in_step_by(yard: Yard) -> None:
    boss = await yard.somebody(Role.OPERATOR)
    board = await yard.boards.active_jobs()
    assert (await boss.post(f"/boards/{board.id}/columns/status", wish="remove")).status_code == 409
    assert (await boss.post(f"/boards/{board.id}/delete")).status_code == 409
    assert "Nothing on this board yet" in await boss.page(f"/boards/{board.id}")


async def test_what_is_not_there_is_said_to_be(yard: Yard) -> None:
    hand = await yard.somebody()
    for path in (f"/jobs/{uuid4()}", f"/items/{uuid4()}", f"/boards/{uuid4()}"):
        answer = await hand.client.get(path)
        assert (answer.status_code, "There is no such" in answer.text) == (404, True)
    for path in ("/jobs/x", "/items/x", "/boards/x", "/jobs?status=odd", "/jobs?after=x"):
        assert (await hand.client.get(path)).status_code == 400


async def test_another_company_sees_nothing_of_it(yard: Yard) -> None:
    job, board = await yard.job(), await yard.every_kind()
    item = await yard.item(board)
    other = await yard.house.company("birch")
    client, _ = await yard.house.signed_in(Role.TENANT_ADMIN, tenant=other)
    for path in (
        f"/jobs/{job.id}",
        f"/items/{item.id}",
        f"/boards/{board.id}",
        f"/boards/{board.id}/setting",
    ):
        assert (await client.get(path)).status_code == 404
    assert "New roof" not in (await client.get("/jobs")).text


async def test_who_may_only_look_is_offered_nothing_to_change(yard: Yard) -> None:
    reader = await yard.somebody(Role.LEADERSHIP)
    job, board = await yard.job(), await yard.every_kind()
    item = await yard.item(board, state="To do", text="tin")
    for path in (
        "/jobs",
        f"/jobs/{job.id}",
        "/boards",
        f"/boards/{board.id}",
        f"/items/{item.id}",
        "/conflicts",
    ):
        page = await reader.page(path)
        assert 'method="post"' not in page.partition("<main")[2]
    assert "<button" not in (await reader.page(f"/boards/{board.id}?view=kanban")).partition("<main")[2]
    assert (await reader.post(f"/items/{item.id}", version=1, name="x")).status_code == 403


class Step:
    """A job and its item that have gone apart, and somebody to decide."""

    def __init__(self, yard: Yard, hand: Hand, job: Job, item: Item) -> None:
        self.yard, self.hand, self.job, self.item = yard, hand, job, item

    async def status(self) -> tuple[str, Any]:
        job, item = await self.yard.jobs.get(self.job.id), await self.yard.boards.item(self.item.id)
        return job.status.value, item.values.get("status")

    async def conflict(self, where: str = "waiting") -> str:
        page = (await self.hand.page("/conflicts")).partition(f'id="{where}"')[2]
        found = re.search(r'action="/conflicts/([0-9a-f-]+)', page)
        assert found, page
        return found.group(1)


async def on_the_board(yard: Yard) -> Step:
    hand = await yard.somebody()
    job = await yard.job()
    answer = await hand.post(f"/jobs/{job.id}/sync")
    assert answer.headers["location"] == f"/jobs/{job.id}"
    assert "It is on the board now." in await hand.page(f"/jobs/{job.id}")
    (item,) = await yard.boards.items_linked(job.id)
    return Step(yard, hand, job, item)


async def apart(yard: Yard) -> Step:
    """Give one whose two sides say something else, which a person has to decide."""
    step = await on_the_board(yard)
    linking = Linking(yard.house.store, yard.house.tenant.id, yard.house.clock)
    rules = await linking.rules(step.item.board_id)
    asking = tuple(replace(one, owner=Owner.ASK) for one in rules.fields)
    await linking.choose(step.item.board_id, replace(rules, fields=asking))
    await step.hand.does(f"/jobs/{step.job.id}", version=1, status="done")
    await step.hand.does(f"/items/{step.item.id}", version=step.item.version, v__status="On hold")
    assert await step.hand.does(f"/jobs/{step.job.id}/sync") == "/conflicts"
    return step


async def test_the_board_and_the_job_are_brought_in_step_by_hand_both_ways(yard: Yard) -> None:
    step = await on_the_board(yard)
    hand, job, item = step.hand, step.job, step.item
    assert f"/items/{item.id}" in await hand.page(f"/jobs/{job.id}")
    assert "#1 New roof" in await hand.page(f"/items/{item.id}")
    await hand.does(f"/jobs/{job.id}", version=1, status="scheduled")
    await hand.does(f"/jobs/{job.id}/sync")
    assert "Written to the board: Status." in await hand.page(f"/jobs/{job.id}")
    assert await step.status() == ("scheduled", "Scheduled")
    assert "wrote to the board" in await hand.page("/conflicts")
    version = (await yard.boards.item(item.id)).version
    await hand.does(f"/items/{item.id}", version=version, v__status="Done")
    await hand.does(f"/items/{item.id}/sync")
    assert "Written to the job: Status." in await hand.page(f"/items/{item.id}")
    assert await step.status() == ("done", "Done")
    await hand.does(f"/items/{item.id}/sync")
    assert "Both sides are in step already." in await hand.page(f"/items/{item.id}")


@pytest.mark.req("L3")
@pytest.mark.parametrize(("side", "after"), [("job", ("done", "Done")), ("item", ("on_hold", "On hold"))])
async def test_a_conflict_is_shown_decided_and_undone(yard: Yard, side: str, after: tuple[str, str]) -> None:
    step = await apart(yard)
    assert await step.status() == ("done", "On hold")
    page = await step.hand.page("/conflicts")
    for words in ("Status", "Done", "On hold", "Office and project managers"):
        assert words in page
    assert "changed on both sides" in await step.hand.page(f"/jobs/{step.job.id}")
    conflict = await step.conflict()
    await step.hand.does(f"/conflicts/{conflict}", side=side)
    assert await step.status() == after
    assert "Nothing waits for you" in await step.hand.page("/conflicts")
    assert (await step.hand.post(f"/conflicts/{conflict}", side="job")).status_code == 409
    await step.hand.does(f"/conflicts/{await step.conflict('decided')}/undo")
    assert await step.status() == ("done", "On hold")
    await step.conflict()


@pytest.mark.req("L3")
@pytest.mark.parametrize(("chosen", "gone"), [("keep", "none"), ("delete", "both"), ("unlink", "job")])
async def test_after_a_deletion_somebody_says_what_becomes_of_the_other(
    yard: Yard, chosen: str, gone: str
) -> None:
    step = await on_the_board(yard)
    await step.hand.does(f"/jobs/{step.job.id}/delete")
    await step.hand.does(f"/items/{step.item.id}/sync")
    page = await step.hand.page("/conflicts")
    assert "The job was deleted." in page
    pair = re.search(r'action="/pairs/([0-9a-f-]+)/answer"', page)
    assert pair
    assert (await step.hand.post(f"/pairs/{pair.group(1)}/answer", answer="perhaps")).status_code == 400
    await step.hand.does(f"/pairs/{pair.group(1)}/answer", answer=chosen)
    assert "Nothing waits for you" in await step.hand.page("/conflicts")
    assert ((await yard.boards.item(step.item.id)).deleted_at is not None) == (gone == "both")
    assert ((await yard.jobs.get(step.job.id)).deleted_at is not None) == (gone != "none")


async def test_what_may_belong_together_is_linked_and_parted_again(yard: Yard) -> None:
    hand = await yard.somebody()
    job = await yard.job("Slate roof of the old mill")
    board = await yard.boards.active_jobs()
    item = await yard.item(board, "Slate roof of the old mill")
    page = await hand.page("/conflicts")
    assert "These may belong together" in page
    await hand.does("/pairs", job=job.id, item=item.id)
    assert (await yard.boards.item(item.id)).values["job"] == str(job.id)
    pair = re.search(r'action="/pairs/([0-9a-f-]+)/unlink"', await hand.page(f"/jobs/{job.id}"))
    assert pair
    await hand.does(f"/pairs/{pair.group(1)}/unlink")
    assert "job" not in (await yard.boards.item(item.id)).values
    assert (await hand.post(f"/pairs/{uuid4()}/unlink")).status_code == 404
    assert (await hand.post("/pairs", job="x", item="y")).status_code == 400
