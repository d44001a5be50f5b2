"""The pages of rules: made, tried, changed, switched and removed as forms, without any script."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from tests.factories.console import console

from tiebeam.identity.model import Role
from tiebeam.jobs.automations.model import ActionKind, Check, Condition, Happening, Result
from tiebeam.jobs.automations.repository import RuledWork
from tiebeam.jobs.automations.run import Automations
from tiebeam.jobs.boards.model import ColumnKind, Label, NewColumn, NewItem
from tiebeam.operations.audit.model import Actor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection
    from pathlib import Path
    from uuid import UUID

    import httpx
    from tests.factories.console import Console

    from tiebeam.identity.model import SignedIn, Tenant
    from tiebeam.jobs.automations.model import Rule
    from tiebeam.jobs.automations.ports import Note
    from tiebeam.jobs.boards.model import Board
    from tiebeam.jobs.model import Cause
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("L5", "L6")

HERE = "/automations"
PAGE_BYTES_MAX = 100_000
ME = Actor.command("tests")


class Quiet:
    """Hands that do nothing."""

    async def sync_to_board(self, job_ids: Collection[UUID], cause: Cause) -> dict[UUID, str]:
        return {id_: f"{id_} {cause.hops}" for id_ in job_ids}

    async def sync_to_job(self, item_ids: Collection[UUID], cause: Cause) -> dict[UUID, str]:
        return {id_: f"{id_} {cause.hops}" for id_ in item_ids}

    async def push_document(self, document: str, target: str, cause: Cause) -> str:
        return f"{document} {target} {cause.hops}"

    async def refresh_record(self, stream: str, record: str, cause: Cause) -> str:
        return f"{stream} {record} {cause.hops}"

    async def notify(self, note: Note) -> str:
        return note.summary


class Desk:
    """Somebody at the console, and the rules of their company."""

    def __init__(self, house: Console, client: httpx.AsyncClient, came: SignedIn, board: Board) -> None:
        self.client, self.came, self.board = client, came, board
        self.work = RuledWork.of(house.store, house.tenant.id, house.clock)
        self.asks = Automations(self.work, house.clock, Quiet())

    async def page(self, path: str = "") -> str:
        answer = await self.client.get(f"{HERE}{path}")
        assert answer.status_code == 200, answer.text
        assert len(answer.content) <= PAGE_BYTES_MAX
        return html.unescape(answer.text)

    async def post(self, path: str = "", **form: Any) -> httpx.Response:
        return await self.client.post(f"{HERE}{path}", data={"csrf": self.came.session.csrf, **form})

    def typed(self, **more: str | list[str]) -> dict[str, Any]:
        """Return the form of a rule that closes the job of an item."""
        return {
            "name": "Close the job",
            "happening": "column_becomes",
            "board": str(self.board.id),
            "fields": "status",
            "value": "done",
            "condition_name": ["item.who", "", ""],
            "condition_check": ["contains", "is", "is"],
            "condition_value": [self.came.person.email, "", ""],
            "action_kind": ["change_job", "notify", ""],
            "action_board": ["", "", ""],
            "action_values": [
                f"status = Done\nlead_id = {self.came.person.email}",
                "text = {item.name} is done\n  and so is the job",
                "",
            ],
            **more,
        }

    async def mine(self) -> list[Rule]:
        return [one for one in await self.work.rules.all() if one.built_in is None]


@pytest.fixture
async def house(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Console]:
    async with console(store, clock, tenant, tmp_path) as made:
        yield made


@pytest.fixture
async def desk(house: Console) -> Desk:
    client, came = await house.signed_in(Role.OPERATOR)
    boards = RuledWork.of(house.store, house.tenant.id, house.clock).boards
    columns = (
        NewColumn("Status", ColumnKind.STATUS, (Label("Open"), Label("Done", done=True))),
        NewColumn("Who", ColumnKind.PEOPLE),
        NewColumn("Job", ColumnKind.LINK),
    )
    return Desk(house, client, came, await boards.create("Punch <b>list</b>", columns, actor=ME))


async def test_a_new_company_has_the_two_rules_of_the_start(desk: Desk) -> None:
    page = await desk.page()
    assert "Put every job on the board" in page
    assert page.count("from the start</span>") == 2
    assert "Nothing yet." in page


async def test_a_rule_is_made_tried_and_does_what_was_tried(desk: Desk) -> None:
    assert "Punch <b>list</b>" not in (await desk.client.get(f"{HERE}/new")).text
    job = await desk.work.jobs.create(title="Roof", actor=ME)
    item = await desk.work.boards.create_item(
        desk.board.id,
        "Gutter",
        values={"status": "Open", "who": [str(desk.came.person.id)], "job": str(job.id)},
        actor=ME,
    )
    await desk.work.boards.change_item(item.id, values={"status": "Done"}, actor=ME)
    shown = html.unescape((await desk.post(**desk.typed(act="try"))).text)
    assert "What it would have done" in shown
    assert "Change the job: status = Done, lead_id = Operator; Raise an alert: text = Gutter is done" in shown
    assert await desk.mine() == []
    kept = await desk.post(**desk.typed(act="save"))
    (rule,) = await desk.mine()
    assert (kept.status_code, kept.headers["location"]) == (303, f"{HERE}/{rule.id}")
    assert rule.draft.trigger.value == "Done"
    assert rule.draft.conditions == (Condition("item.who", Check.CONTAINS, str(desk.came.person.id)),)
    change, notify = rule.draft.actions
    assert change.values == {"status": "Done", "lead_id": str(desk.came.person.id)}
    assert (notify.kind, notify.values) == (
        ActionKind.NOTIFY,
        {"text": "{item.name} is done\nand so is the job"},
    )
    await desk.asks.react()
    assert (await desk.work.jobs.get(job.id)).lead_id == desk.came.person.id
    for path in ("", f"/{rule.id}", "/log", "/log?result=done"):
        assert f'<a href="/items/{item.id}">item</a> changed' in await desk.page(path)
    assert "/items/" not in await desk.page("/log?result=failed")


async def test_a_form_sent_back_as_it_is_changes_nothing(desk: Desk) -> None:
    await desk.post(**desk.typed())
    (before,) = await desk.mine()
    page = await desk.page(f"/{before.id}")
    form = page.split(f'action="/automations/{before.id}"')[1].split("</form>", maxsplit=1)[0]
    typed: dict[str, list[str]] = {}
    found = re.finditer(
        r'<input name="(\w+)" value="([^"]*)"|<select name="(\w+)">(.*?)</select>'
        r'|<textarea name="(\w+)"[^>]*>(.*?)</textarea>',
        form,
        re.DOTALL,
    )
    for one in found:
        name = one[1] or one[3] or one[5]
        chosen = re.findall(r'<option value="([^"]*)" selected', one[4] or "") or [""]
        typed.setdefault(name, []).append(chosen[0] if one[3] else one[2] or one[6] or "")
    typed["condition_check"] = [one or "is" for one in typed["condition_check"]]
    answer = await desk.post(f"/{before.id}", version=str(before.version), **typed)
    assert answer.status_code == 303
    assert await desk.mine() == [before]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (
            {"fields": "colour"},
            "There is no column called “colour” here. There is name, group, status, who, job.",
        ),
        ({"value": "Gone"}, "Status: “Gone” is none of its labels."),
        ({"happening": "x"}, "What it answers was not chosen."),
        ({"board": "x"}, "That is no id of ours."),
        ({"name": ""}, "The rule has no name"),
        ({"action_kind": ["", "", ""]}, "The rule does nothing."),
        ({"action_values": ["status: Done", "text = x", ""]}, "“status: Done” does not say what is written"),
        ({"action_values": ["lead_id = zoe@alder.test", "text = x", ""]}, "no such person"),
        ({"condition_check": ["like", "is", "is"]}, "How a value is looked at was not chosen."),
    ],
)
async def test_what_cannot_be_kept_is_said_and_stays_typed(
    desk: Desk, more: dict[str, Any], told: str
) -> None:
    answer = await desk.post(**desk.typed(**{"name": "Kept as typed", **more}))
    assert answer.status_code == 400
    page = html.unescape(answer.text)
    assert told in page
    assert more.get("name") == "" or 'value="Kept as typed"' in page
    assert await desk.mine() == []


async def test_a_circle_is_said_when_it_is_kept(desk: Desk) -> None:
    change = {"action_kind": ["change_item"], "action_board": [""], "condition_name": [""]}
    for name, value, other in (("ping", "Open", "Done"), ("pong", "Done", "Open")):
        await desk.post(**desk.typed(**change, name=name, value=value, action_values=[f"status = {other}"]))
    (pong,) = (one for one in await desk.mine() if one.name == "pong")
    assert "It may answer itself (“pong” → “ping” → “pong”)" in await desk.page(f"/{pong.id}")


async def test_two_who_change_a_rule_at_once_are_told(desk: Desk) -> None:
    await desk.post(**desk.typed())
    (rule,) = await desk.mine()
    assert (await desk.post(f"/{rule.id}", **desk.typed(name="First", version="1"))).status_code == 303
    late = await desk.post(f"/{rule.id}", **desk.typed(name="Second", version="1"))
    assert late.status_code == 400
    assert "Somebody changed “First” meanwhile." in html.unescape(late.text)
    assert [one.name for one in await desk.mine()] == ["First"]


async def test_rules_are_switched_restored_and_removed_and_the_trail_says_by_whom(
    desk: Desk, house: Console
) -> None:
    await desk.post(**desk.typed())
    (mine,) = await desk.mine()
    await desk.post(f"/{mine.id}/enabled", enabled="no")
    assert [one.enabled for one in await desk.mine()] == [False]
    await desk.post(f"/{mine.id}/remove")
    assert await desk.mine() == []
    first, *_ = await desk.work.rules.all()
    await desk.post(f"/{first.id}/enabled", enabled="no")
    assert (await desk.post(f"/{first.id}/remove")).status_code == 400
    await desk.post(f"/{first.id}/restore")
    assert (await desk.work.rules.get(first.id)).enabled
    assert (await desk.client.get(f"{HERE}/{uuid4()}")).status_code == 404
    acts = [one.act for one in await house.house.trail.entries(house.tenant.id, limit=20)]
    assert [one for one in acts if one.startswith("automation.")] == [
        "automation.restored", "automation.set", "automation.removed", "automation.set", "automation.set",
    ]  # fmt: skip


async def test_who_may_only_look_sees_no_form(desk: Desk, house: Console) -> None:
    await desk.post(**desk.typed())
    (rule,) = await desk.mine()
    client, came = await house.signed_in(Role.OFFICE)
    for path in (HERE, f"{HERE}/{rule.id}", f"{HERE}/log"):
        page = await client.get(path)
        assert page.status_code == 200
        assert 'action="/automations' not in page.text.replace("/automations/log", "")
    form = {"csrf": came.session.csrf, **desk.typed()}
    assert (await client.post(HERE, data=form)).status_code == 403
    assert (await client.get(f"{HERE}/new")).status_code == 403


async def test_many_boards_and_a_long_log_stay_light(desk: Desk) -> None:
    columns = [
        NewColumn(f"A status number {number}", ColumnKind.STATUS, (Label("x" * 60),) * 1)
        for number in range(40)
    ]
    for number in range(32):
        await desk.work.boards.create(f"Board {number} {'y' * 60}", columns, actor=ME)
    text = "text = " + "{item.name} " * 70
    for value, actions in (("Open", 10), ("Done", 1)):
        form = {"action_kind": ["notify"] * actions, "action_board": [""] * actions, "condition_name": [""]}
        await desk.post(**desk.typed(**form, value=value, action_values=[text] * actions))
    rule = (await desk.mine())[0]
    items = [NewItem("z" * 200, {"status": "Done"})] * 60
    await desk.work.boards.put_items(desk.board.id, items, actor=ME)
    await desk.asks.react()
    assert len(await desk.work.firings.find(result=Result.DONE)) == 50
    for path in ("", "/new", f"/{rule.id}", "/log"):
        await desk.page(path)
    assert "9 boards more" in await desk.page("/new")
    assert 'rel="next"' in await desk.page("/log")
    assert Happening.COLUMN_BECOMES.in_words in await desk.page("/new")
