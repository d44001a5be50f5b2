"""Pages about a board as a whole: deleted and brought back, a label renamed, how it is kept in step."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from tests.factories.console import console

from tiebeam.identity.model import Role
from tiebeam.jobs.boards.model import ColumnKind, Label, NewColumn
from tiebeam.jobs.boards.repository import Boards
from tiebeam.jobs.repository import Jobs
from tiebeam.link.pairs.model import Flow, Owner
from tiebeam.link.pairs.run import Linking
from tiebeam.operations.audit.model import Actor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    import httpx
    from tests.factories.console import Console

    from tiebeam.identity.model import Tenant
    from tiebeam.jobs.boards.model import Board
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("L6")

NO_FORM: Mapping[str, str] = {}
ME = Actor.command("ann")
LABELS = (Label("To do"), Label("Nearly"), Label("Done", "green", done=True))
COLUMNS = (NewColumn("Status", ColumnKind.STATUS, LABELS), NewColumn("Job", ColumnKind.LINK))


class Desk:
    """Somebody at the console, and the company's board."""

    def __init__(self, house: Console, store: Store) -> None:
        self.house = house
        named = store, house.tenant.id, store.clock
        self.boards, self.jobs, self.linking = Boards(*named), Jobs(*named), Linking(*named)
        self.client: httpx.AsyncClient
        self.csrf = ""
        self.board: Board

    async def come(self, role: Role = Role.TENANT_ADMIN) -> Desk:
        self.client, came = await self.house.signed_in(role)
        self.csrf = came.session.csrf
        self.board = await self.boards.create("Punch list", COLUMNS, ("A", "B"), actor=ME)
        return self

    async def page(self, path: str) -> str:
        answer = await self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def post(self, path: str, form: Mapping[str, str] = NO_FORM, status: int = 303) -> httpx.Response:
        data = {"csrf": self.csrf, **form}
        answer = await self.client.post(path, data=data)
        assert answer.status_code == status, answer.text
        return answer

    async def names(self) -> list[str]:
        return [one.name for one in await self.boards.items(self.board.id)]

    def form(self, page: str) -> dict[str, str]:
        """Return what a form of the page would send as it stands."""
        chosen = re.findall(r'<select name="([^"]+)".*?</select>', page, re.DOTALL)
        found = {}
        for name in chosen:
            inner = re.search(rf'<select name="{name}".*?</select>', page, re.DOTALL)
            option = re.search(r'value="([^"]*)" selected', inner[0]) if inner else None
            found[name] = option[1] if option else ""
        return found


@pytest.fixture
async def desk(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Desk]:
    async with console(store, clock, tenant, tmp_path) as house:
        yield await Desk(house, store).come()


async def test_a_deleted_board_is_brought_back_with_its_items(desk: Desk) -> None:
    item = await desk.boards.create_item(desk.board.id, "Gutter", values={"status": "Nearly"}, actor=ME)
    here = f"/boards/{desk.board.id}"
    assert "Deleted boards" not in await desk.page("/boards")
    await desk.post(f"{here}/delete")
    assert "Punch list" in (await desk.page("/boards")).partition("Deleted boards")[2]
    assert "This board was deleted" in await desk.page(here)
    reader, _ = await desk.house.signed_in(Role.OFFICE)
    assert "Deleted boards" not in (await reader.get("/boards")).text
    answer = await desk.post(f"{here}/restore")
    assert answer.headers["location"] == here
    assert "Gutter" in await desk.page(here)
    assert await desk.boards.items(desk.board.id) == [item]
    assert "Deleted boards" not in await desk.page("/boards")


async def test_who_may_not_manage_boards_brings_none_back(desk: Desk) -> None:
    await desk.boards.layout.delete(desk.board.id, actor=ME)
    client, came = await desk.house.signed_in(Role.OFFICE)
    answer = await client.post(f"/boards/{desk.board.id}/restore", data={"csrf": came.session.csrf})
    assert answer.status_code == 403
    assert (await desk.boards.get(desk.board.id)).deleted_at is not None


async def test_a_renamed_label_is_renamed_on_every_item_and_stands_for_the_same(desk: Desk) -> None:
    live = await desk.boards.create_item(desk.board.id, "Gutter", values={"status": "Nearly"}, actor=ME)
    gone = await desk.boards.create_item(desk.board.id, "Downpipe", values={"status": "Nearly"}, actor=ME)
    await desk.boards.delete_item(gone.id, actor=ME)
    here, column = f"/boards/{desk.board.id}", f"/boards/{desk.board.id}/columns/status"
    await desk.post(f"{here}/in-step", {**desk.form(await desk.page(f"{here}/in-step")), "label-1": "done"})
    assert 'value="relabel"' in await desk.page(f"{here}/setting")
    await desk.post(column, {"wish": "relabel", "old": "Nearly", "new": "Snagged"})
    await desk.post(f"/items/{gone.id}/restore")
    for id_ in (live.id, gone.id):
        assert (await desk.boards.item(id_)).values["status"] == "Snagged"
    assert (await desk.linking.rules(desk.board.id)).labels == {"Snagged": "done"}
    await desk.post(column, {"wish": "relabel", "old": "Nearly", "new": "Late"}, 400)


@pytest.mark.req("L3")
async def test_how_a_board_is_kept_in_step_is_chosen_and_counts(desk: Desk) -> None:
    here = f"/boards/{desk.board.id}/in-step"
    page = await desk.page(here)
    fields = {f"{part}-{one}" for part in ("owner", "flow") for one in ("title", "status")}
    assert set(desk.form(page)) == fields | {"label-0", "label-1"}
    assert "address" not in page, "the board has no place for it"
    chosen = {"owner-status": "ask", "flow-title": "to_board", "label-0": "new", "label-1": "on_hold"}
    answer = await desk.post(here, {**desk.form(page), **chosen})
    assert answer.headers["location"] == here
    rules = await desk.linking.rules(desk.board.id)
    status, title = rules.of("status"), rules.of("title")
    assert status is not None
    assert title is not None
    assert (status.owner, title.flow, title.owner) == (Owner.ASK, Flow.TO_BOARD, Owner.JOB)
    assert rules.labels == {"To do": "new", "Nearly": "on_hold"}
    shown = desk.form(await desk.page(here))
    assert (shown["owner-status"], shown["flow-title"], shown["label-1"]) == ("ask", "to_board", "on_hold")

    job = await desk.jobs.create(title="Gutter", actor=ME)
    item = await desk.boards.create_item(
        desk.board.id, "Gutter", values={"status": "Nearly", "job": str(job.id)}, actor=ME
    )
    await desk.linking.sync_item(item.id, ME)
    (conflict,) = await desk.linking.conflicts(job_id=job.id)
    assert (conflict.field, conflict.item) == ("status", "on_hold")

    before = await desk.linking.rules(desk.board.id)
    for odd in ({"owner-status": "nobody"}, {"flow-title": ""}, {"label-1": "nearly"}):
        await desk.post(here, {**desk.form(page), **odd}, 400)
    assert await desk.linking.rules(desk.board.id) == before


async def test_a_board_that_names_no_job_says_how_it_gets_in_step(desk: Desk) -> None:
    plain = await desk.boards.create("Plain", COLUMNS[:1], actor=ME)
    page = await desk.page(f"/boards/{plain.id}/in-step")
    assert "Add a column" in unquote(page)
    assert "<select" not in page
    reader, _ = await desk.house.signed_in(Role.LEADERSHIP)
    shown = (await reader.get(f"/boards/{desk.board.id}/in-step")).text
    assert "disabled" in shown
    assert ">Keep<" not in shown


async def test_rows_and_cards_are_put_beside_others_by_their_forms(desk: Desk) -> None:
    here = f"/boards/{desk.board.id}"
    one, two, three = [
        await desk.boards.create_item(desk.board.id, name, values={"status": "To do"}, actor=ME)
        for name in ("One", "Two", "Three")
    ]
    other = await desk.boards.create_item(
        desk.board.id, "Other", group_id=desk.board.groups[1].id, values={"status": "To do"}, actor=ME
    )
    for view in ("", "?view=kanban"):
        page = await desk.page(f"{here}{view}")
        ups = re.findall(r'formaction="/items/([0-9a-f-]+)/move" name="before" value="([0-9a-f]+)"', page)
        downs = re.findall(r'formaction="/items/([0-9a-f-]+)/move" name="behind" value="([0-9a-f]+)"', page)
        assert (str(two.id), one.id.hex) in ups
        assert (str(two.id), three.id.hex) in downs
        assert str(one.id) not in {found for found, _ in ups}
    answer = await desk.post(f"/items/{two.id}/move", {"before": one.id.hex, "back": f"{here}?view=kanban"})
    assert answer.headers["location"] == f"{here}?view=kanban"
    assert await desk.names() == ["Two", "One", "Three", "Other"]
    await desk.post(f"/items/{two.id}/move", {"behind": one.id.hex})
    assert await desk.names() == ["One", "Two", "Three", "Other"]
    await desk.post(f"/items/{one.id}/move", {"behind": three.id.hex})
    assert await desk.names() == ["Two", "Three", "One", "Other"]
    before = await desk.boards.item(one.id)
    await desk.post(f"/items/{one.id}/move", {"behind": three.id.hex})
    assert await desk.boards.item(one.id) == before, "where it stands already nothing is written"
    await desk.post(f"/items/{three.id}/move", {"behind": other.id.hex})
    assert (await desk.boards.item(three.id)).group_id == desk.board.groups[1].id
    await desk.boards.delete_item(other.id, actor=ME)
    await desk.post(f"/items/{one.id}/move", {"behind": other.id.hex}, 404)
    await desk.post(f"/items/{one.id}/move", {}, 400)
    elsewhere = await desk.boards.create("Elsewhere", COLUMNS, actor=ME)
    far = await desk.boards.create_item(elsewhere.id, "Far", actor=ME)
    for side in ("before", "behind"):
        await desk.post(f"/items/{one.id}/move", {side: far.id.hex}, 404)
    client, came = await desk.house.signed_in(Role.LEADERSHIP)
    assert "/move" not in (await client.get(here)).text
    form = {"csrf": came.session.csrf, "before": one.id.hex}
    assert (await client.post(f"/items/{two.id}/move", data=form)).status_code == 403
