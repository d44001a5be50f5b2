"""The client against the simulated monday.com: reading, writing, and every way an answer goes wrong."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest
from tests.factories.connector_ports import RecordingGate, ScriptedTransport, answer
from tests.factories.monday_desk import JOBS_URL, LABELS, START, FixedTokens, MondayDesk
from tests.factories.sim_transport import SimTransport

from tiebeam.connectors.monday.client import Got, MondayClient, Query
from tiebeam.connectors.monday.errors import ROWS
from tiebeam.connectors.monday.hook_calls import HooksRefusedError
from tiebeam.connectors.monday.hooks import SUBSCRIPTIONS
from tiebeam.connectors.monday.limits import DAILY_CALLS
from tiebeam.connectors.monday.model import ItemsPage, ItemState, Kind, OutsideBoard, OutsideItem
from tiebeam.connectors.monday.reads import MondayReader
from tiebeam.connectors.outcomes import VendorError
from tiebeam.connectors.ports import Refusal, RefusalKind, Response, Share
from tiebeam.kernel.clock import ManualClock
from tiebeam.operations.limits.gate import memory_gate
from tiebeam.operations.limits.model import Rates
from tiebeam.simulators.base.faults import FaultRule
from tiebeam.simulators.monday.options import DAILY_CALLS as THEIR_DAILY_CALLS
from tiebeam.simulators.monday.options import MondayOptions
from tiebeam.simulators.monday.state import By

JOB = "0f8fad5b-d9cb-469f-a165-70867728950e"
ME = Query("query { me { id } }")
VALUES: dict[str, Any] = {
    "status": "In progress",
    "starts": "2026-03-09",
    "address": "1 Elm St",
    "notes": "Ring twice",
    "value": 12.5,
    "job": JOB,
}
URL = "https://tiebeam.example/hooks/monday/s3cret"


async def board_of(desk: MondayDesk) -> OutsideBoard:
    board = await desk.reader.board(desk.board_id)
    assert isinstance(board, OutsideBoard)
    return board


def item(found: OutsideItem | Refusal) -> OutsideItem:
    assert isinstance(found, OutsideItem), found
    return found


def refusal(found: Any) -> Refusal:
    assert isinstance(found, Refusal), found
    return found


async def everything(desk: MondayDesk) -> list[OutsideItem]:
    found: list[OutsideItem] = []
    cursor = None
    while True:
        page = await desk.reader.page(desk.board_id, cursor)
        assert isinstance(page, ItemsPage), page
        found += page.items
        cursor = page.cursor
        if cursor is None:
            return found


async def test_a_board_is_read_with_its_columns_labels_and_groups() -> None:
    desk = MondayDesk()
    board = await board_of(desk)
    assert (board.id, board.name) == (desk.board_id, "Jobs")
    assert {each.id: each.kind for each in board.columns} == {
        "status": Kind.STATUS,
        "lead": Kind.PEOPLE,
        "starts": Kind.DATE,
        "address": Kind.TEXT,
        "notes": Kind.TEXT,
        "value": Kind.NUMBER,
        "job": Kind.LINK,
        "seen": None,
    }
    status = board.column("status")
    assert status
    assert [(each.text, each.done) for each in status.labels] == [
        (text, index in (1, 5)) for index, text in LABELS.items()
    ]
    assert [each.id for each in board.groups] == ["topics", "closed"]
    assert refusal(await desk.reader.board("77")).kind is RefusalKind.NOT_FOUND
    assert refusal(await desk.reader.page("77")).kind is RefusalKind.NOT_FOUND


@pytest.mark.req("L1", "L2")
async def test_what_is_written_is_read_again() -> None:
    desk = MondayDesk()
    board, lead = await board_of(desk), [str(desk.bob.id), str(desk.ann.id)]
    made = item(await desk.writer.create(board, "Roof", {**VALUES, "lead": lead}, group="closed"))
    assert (made.name, made.group, made.values) == ("Roof", "closed", {**VALUES, "lead": lead})
    assert made.updated_at == START
    assert await everything(desk) == [made]
    desk.clock.advance(60)
    changed = item(
        await desk.writer.change(board, made.id, {"status": "Done", "lead": None, "notes": ""}, name="Porch")
    )
    assert changed.name == "Porch"
    assert changed.values == {**{k: v for k, v in VALUES.items() if k != "notes"}, "status": "Done"}
    assert await desk.reader.items([made.id, made.id, "77"]) == (changed,)
    assert await desk.reader.find(board.id, "job", JOB) == (changed,)
    assert await desk.reader.find(board.id, "job", "elsewhere") == ()
    assert item(await desk.writer.move(board.id, made.id, "topics")).group == "topics"


async def test_an_ended_item_is_told_from_one_that_never_was() -> None:
    desk = MondayDesk()
    board = await board_of(desk)
    one, two = [item(await desk.writer.create(board, name, {})) for name in ("Roof", "Porch")]
    assert item(await desk.writer.archive(board.id, one.id)).state is ItemState.ARCHIVED
    assert item(await desk.writer.delete(board.id, two.id)).state is ItemState.DELETED
    again = refusal(await desk.writer.delete(board.id, two.id))
    assert (again.kind, again.maybe_done) == (RefusalKind.NOT_FOUND, False)
    assert await everything(desk) == []
    found = await desk.reader.items([one.id, two.id])
    assert not isinstance(found, Refusal)
    assert [each.state for each in found] == [ItemState.ARCHIVED, ItemState.DELETED]


async def test_a_large_board_is_read_in_few_calls() -> None:
    desk = MondayDesk()
    for number in range(1203):
        desk.state.create(desk.board, f"Item {number}", By(desk.ann.id), values={"address": "x"})
    found = await everything(desk)
    assert [each.name for each in found] == [f"Item {number}" for number in range(1203)]
    assert desk.client.calls == 3
    many = await desk.reader.items([each.id for each in found[:250]])
    assert not isinstance(many, Refusal)
    assert [each.id for each in many] == [each.id for each in found[:250]]


async def test_a_page_that_is_too_large_is_halved_until_it_fits() -> None:
    desk = MondayDesk(options=MondayOptions(query_complexity_max=20_000))
    for number in range(300):
        desk.state.create(desk.board, f"Item {number}", By(desk.ann.id), values={})
    assert len(await everything(desk)) == 300
    tight = MondayDesk(options=MondayOptions(query_complexity_max=100))
    assert refusal(await tight.reader.page(tight.board_id)).code == "monday.query_too_large"


async def test_people_and_our_own_user_are_known() -> None:
    desk = MondayDesk()
    me, people = await desk.reader.me(), await desk.reader.people()
    assert not isinstance(me, Refusal)
    assert not isinstance(people, Refusal)
    assert me.id == str(desk.simulator.options.tokens[0].user_id)
    assert {str(desk.ann.id), str(desk.bob.id), me.id} < {person.id for person in people}


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"status": "Nope"}, "monday.value_unfit"),
        ({"seen": "x"}, "monday.value_unfit"),
        ({"nope": "x"}, "monday.column_gone"),
    ],
)
async def test_what_cannot_be_held_costs_no_call(values: dict[str, Any], code: str) -> None:
    desk = MondayDesk()
    board = await board_of(desk)
    before = desk.client.calls
    for found in (
        refusal(await desk.writer.create(board, "Roof", values)),
        refusal(await desk.writer.change(board, "1", values)),
    ):
        assert (found.code, found.calls, found.maybe_done) == (code, 0, False)
    assert desk.client.calls == before


async def test_what_changed_over_there_meanwhile_is_refused_by_name() -> None:
    desk = MondayDesk()
    board = await board_of(desk)
    del desk.board.columns["status"].labels[1]
    made = refusal(await desk.writer.create(board, "Roof", {"status": "Done"}))
    assert (made.code, made.maybe_done) == ("monday.label_unknown", False)
    del desk.board.columns["status"]
    assert refusal(await desk.writer.create(board, "Roof", {"status": "New"})).code == "monday.column_gone"
    assert refusal(await desk.writer.create(board, "", {})).code == "monday.value_refused"
    assert not desk.board.items


async def test_writes_to_a_board_wait_for_one_another() -> None:
    desk = MondayDesk(options=MondayOptions(mutation_seconds=1))
    board = await board_of(desk)
    under_way = most = 0
    inside = SimTransport(desk.simulator, desk.clock)

    class Watched:
        async def send(self, request: Any) -> Response:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            try:
                return await inside.send(request)
            finally:
                under_way -= 1

    desk.client._transport = Watched()
    made = await asyncio.gather(*(desk.writer.create(board, f"Item {n}", VALUES) for n in range(10)))
    assert most == 1
    assert [item(each).values for each in made] == [VALUES] * 10
    assert desk.simulator.parallel_writes == 0


@pytest.mark.parametrize(
    ("rule", "done", "maybe"),
    [
        (FaultRule("drop_request", match="create_item", count=1), 0, False),
        (FaultRule("drop_answer", match="create_item", count=1), 1, True),
        (FaultRule("delay", match="create_item", count=1, delay_seconds=100), 1, True),
        (FaultRule("status", match="create_item", count=1, status=500), 0, True),
        (FaultRule("status", match="create_item", count=1, status=502, processed=True), 1, True),
        (FaultRule("status", match="create_item", count=1, status=200, processed=True), 1, True),
        (FaultRule("status", match="create_item", count=1, status=429, retry_after_seconds=7), 0, False),
        (FaultRule("truncate", match="create_item", count=1), 1, True),
        (FaultRule("html", match="create_item", count=1), 1, True),
        (FaultRule("garbage", match="create_item", count=1), 1, True),
    ],
    ids=lambda value: f"{value.kind}-{value.status}" if isinstance(value, FaultRule) else "",
)
async def test_a_write_is_sent_once_and_says_whether_it_may_be_done(
    rule: FaultRule, done: int, *, maybe: bool
) -> None:
    desk = MondayDesk(rule)
    board = await board_of(desk)
    lost = refusal(await desk.writer.create(board, "Roof", {"job": JOB}))
    assert lost.maybe_done is maybe
    assert len(desk.board.items) == done
    assert lost.wait_seconds == (7 if rule.status == 429 else 0)
    found = await desk.reader.find(board.id, "job", JOB)
    assert not isinstance(found, Refusal)
    assert len(found) == done, "a look tells whether to send it again"


@pytest.mark.parametrize("kind", ["drop_request", "drop_answer", "status", "truncate", "html", "garbage"])
async def test_a_read_is_asked_again(kind: Any) -> None:
    desk = MondayDesk(FaultRule(kind, match="boards", count=2))
    desk.create("Roof")
    assert [each.name for each in await everything(desk)] == ["Roof"]
    assert desk.client.calls == 3
    lasting = MondayDesk(FaultRule(kind, match="boards"))
    found = refusal(await lasting.reader.page(lasting.board_id))
    assert found.kind in (RefusalKind.UNAVAILABLE, RefusalKind.UNREADABLE)


@pytest.mark.parametrize("answers", ["status", "errors"])
@pytest.mark.parametrize("style", ["new", "old"])
async def test_spent_complexity_is_waited_for(answers: Any, style: Any) -> None:
    options = MondayOptions(app_complexity=60_000, limits_answer=answers, complexity_error=style)
    desk = MondayDesk(options=options)
    for _ in range(3):
        assert (await everything(desk)) == []
        desk.clock.advance(1)
    assert desk.simulator.limits.refused > 0
    assert desk.clock.monotonic() > 40
    assert all(seen.status == 429 for seen in desk.gate.sightings if seen.retry_after_seconds is not None)
    assert any(seen.retry_after_seconds for seen in desk.gate.sightings)


async def test_when_the_day_is_used_up_nobody_waits_for_midnight_in_a_call() -> None:
    desk = MondayDesk(options=MondayOptions(daily_calls=1))
    await board_of(desk)
    found = refusal(await desk.reader.page(desk.board_id))
    assert (found.code, found.wait_seconds) == ("monday.daily_limit", 8 * 3600 + 1800)
    assert desk.client.calls == 2
    desk.clock.advance(found.wait_seconds)
    assert await everything(desk) == []


async def test_a_gate_that_knows_the_plan_never_meets_the_daily_limit() -> None:
    desk = MondayDesk(options=MondayOptions(plan="free"))
    rates = Rates(calls_per_day=DAILY_CALLS["free"], learns=False)
    desk.client._gate = memory_gate(desk.clock, rates)
    desk.client._begin_seconds = 86_400.0
    for _ in range(250):
        assert isinstance(await desk.client.ask(ME, dict), Got)
    report = desk.simulator.stats_report()
    assert (report["refused"], report["calls"]) == (0, 250)
    assert report["largest_day"] <= 200
    assert desk.clock.monotonic() < 2 * 86_400


def test_both_sides_were_told_the_same_of_the_plans() -> None:
    assert dict(DAILY_CALLS) == THEIR_DAILY_CALLS


async def test_a_token_refused_twice_blocks() -> None:
    desk = MondayDesk()
    desk.tokens.text = "revoked"
    for call in (desk.reader.me, lambda: desk.writer.delete("1", "1")):
        with pytest.raises(VendorError) as caught:
            await call()
        assert caught.value.code == "monday.token_refused"
    assert desk.tokens.replaced == 2
    assert desk.client.calls == 4


async def test_hooks_are_kept_one_for_each_subscription() -> None:
    desk = MondayDesk()
    with pytest.raises(HooksRefusedError) as caught:
        await desk.hooks.keep(desk.board_id, URL, ())
    assert caught.value.code == "monday.challenge_failed"
    desk.listens(URL)
    made = await desk.hooks.keep(desk.board_id, URL, ())
    assert tuple(hook.event for hook in made) == SUBSCRIPTIONS
    known = [hook.id for hook in made]
    assert await desk.hooks.keep(desk.board_id, URL, known) == made
    await desk.hooks.remove(made[0].id)
    await desk.hooks.remove(made[0].id)
    again = await desk.hooks.keep(desk.board_id, URL, known)
    assert again[1:] == made[1:]
    assert len(desk.simulator.webhooks.hooks) == len(SUBSCRIPTIONS)
    with pytest.raises(HooksRefusedError, match="255"):
        await desk.hooks.make(desk.board_id, "https://x/" + "x" * 250, "create_item")


class Scripted:
    """A client whose answers are given."""

    def __init__(self, *script: Response | Exception) -> None:
        self.transport = ScriptedTransport(*script)
        self.gate = RecordingGate()
        self.clock = ManualClock(START)
        self.client = MondayClient(
            gate=self.gate,
            tokens=FixedTokens("s3cret-token"),
            transport=self.transport,
            clock=self.clock,
            chance=lambda: 0.0,
        )


def error(code: str, message: str = "it said so", **rest: Any) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code, **rest}}]}


EVERY = {
    "monday.token_refused": answer({"errors": ["Not Authenticated"]}, 401),
    "monday.daily_limit": answer(error("DAILY_LIMIT_EXCEEDED", retry_in_seconds=9999)),
    "monday.query_too_large": answer(error("ComplexityException", "Query exceeds the maximum of 5000000")),
    "monday.limited": answer(error("maxConcurrencyExceeded"), 429, retry_after="1"),
    "monday.forbidden": answer(error("UserUnauthorizedException", status_code=403)),
    "monday.not_found": answer(error("ResourceNotFoundException", status_code=404)),
    "monday.column_gone": answer(error("InvalidColumnIdException")),
    "monday.label_unknown": answer(error("ColumnValueException", "This status label doesn't exist")),
    "monday.value_refused": answer(error("ColumnValueException", "invalid value")),
    "monday.cursor_old": answer(error("CursorExpiredError")),
    "monday.challenge_failed": answer(error("FailedChallenge")),
    "monday.query_refused": answer(error("undefinedField", "Field 'x' doesn't exist")),
    "monday.server_error": answer(error("INTERNAL_SERVER_ERROR")),
    "monday.bad_request": answer(error("SomethingNew")),
    "monday.redirected": answer(None, 302),
    "monday.html_answer": answer(body=b"<html><title>Back soon</title></html>"),
    "monday.garbled_answer": answer(body=b'{"data": '),
    "monday.wrong_shape": answer({"data": []}),
}


async def judged(desk: Scripted) -> Refusal | VendorError:
    try:
        return refusal(await desk.client.ask(ME, dict))
    except VendorError as blocked:
        return blocked


@pytest.mark.parametrize("code", EVERY)
async def test_every_error_has_its_row(code: str) -> None:
    desk = Scripted(EVERY[code])
    found = await judged(desk)
    assert found.code == code
    assert found.cause
    assert found.action


def test_no_row_of_the_table_is_left_out() -> None:
    assert {row.code for row in ROWS} == set(EVERY)


async def test_an_error_beside_data_may_be_done_and_one_of_no_known_kind_too() -> None:
    beside = Scripted(answer({"data": {"done": {"id": "1"}}, **error("ColumnValueException")}))
    unknown = Scripted(answer({"errors": [{"message": "Something went wrong"}]}))
    for desk in (beside, unknown):
        assert refusal(await desk.client.change(ME, dict)).maybe_done
    refused = Scripted(answer({"data": {"done": None}, **error("ColumnValueException")}))
    assert not refusal(await refused.client.change(ME, dict)).maybe_done


async def test_a_call_passes_the_gate_under_its_share_and_names_the_version() -> None:
    desk = Scripted(answer({"data": {"me": {"id": "1"}}}))
    assert await desk.client.ask(Query("query { me { id } }", {"a": 1}, Share.POLL), dict) == Got(
        {"me": {"id": "1"}}
    )
    assert desk.gate.entered == [Share.POLL]
    (request,) = desk.transport.requests
    assert (request.method, request.url) == ("POST", "https://api.monday.com/v2")
    assert (request.headers["Authorization"], request.headers["API-Version"]) == ("s3cret-token", "2026-01")
    assert orjson.loads(request.body or b"") == {"query": "query { me { id } }", "variables": {"a": 1}}


async def test_what_it_said_holds_no_token() -> None:
    desk = Scripted(answer(error("SomethingNew", "token s3cret-token is odd")))
    assert "s3cret-token" not in refusal(await desk.client.ask(ME, dict)).cause


async def test_a_call_that_gets_no_turn_is_not_made() -> None:
    desk = Scripted(answer({"data": {}}))

    class Shut(RecordingGate):
        async def enter(self, share: Share) -> None:
            desk.clock.advance(10_000)
            await super().enter(share)

    desk.client._gate = Shut()
    found = refusal(await desk.client.change(ME, dict))
    assert (found.code, found.maybe_done) == ("monday.no_turn", False)
    assert desk.transport.requests == []


async def test_a_link_to_a_job_is_an_address_over_there() -> None:
    desk = MondayDesk()
    made = item(await desk.writer.create(await board_of(desk), "Roof", {"job": JOB}))
    assert desk.board.items[int(made.id)].values["job"]["url"] == JOBS_URL + JOB
    plain = await MondayReader(desk.client).items([made.id])
    assert not isinstance(plain, Refusal)
    assert plain[0].values["job"] == JOBS_URL + JOB
