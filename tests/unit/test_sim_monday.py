from __future__ import annotations

from typing import Any

import orjson
import pytest
from tests.factories.monday_desk import CHANGE, CREATE, HOOK, ITEM, MondayDesk

from tiebeam.simulators.base.faults import FaultRule
from tiebeam.simulators.base.messages import ConnectionLost, SimRequest
from tiebeam.simulators.monday.options import MondayOptions
from tiebeam.simulators.monday.state import By, Column

DOCUMENTED = """
query ($ids: [ID!]) {
  boards(ids: $ids) {
    name updated_at columns { id title type settings_str }
    items_page(limit: 500, query_params: {rules: [{column_id: "status", compare_value: ["Done"]}]}) {
      cursor
      items {
        id name updated_at group { id title }
        column_values {
          id type text value column { id title }
          ... on MirrorValue { display_value }
          ... on BoardRelationValue { display_value linked_item_ids }
          ... on StatusValue { index label }
        }
      }
    }
  }
}
"""
PAGE = (
    "query ($ids: [ID!], $n: Int!) { boards(ids: $ids) { items_page(limit: $n) { cursor items { name } } } }"
)
NEXT = "query ($c: String!, $n: Int!) { next_items_page(cursor: $c, limit: $n) { cursor items { name } } }"
URL = "https://tiebeam.example/hooks/monday/s3cret"


def told(desk: MondayDesk) -> list[dict[str, Any]]:
    """Deliver what is due and return what was said."""
    events = []
    for delivery in desk.simulator.webhooks.due(desk.clock.now()):
        events.append(orjson.loads(delivery.body)["event"])
        desk.simulator.webhooks.delivered(delivery.id, 200, desk.clock.now())
    return events


def watch(desk: MondayDesk, *events: str, config: str | None = None) -> None:
    desk.listens(URL)
    for event in events:
        desk.asked(HOOK, board=desk.board_id, url=URL, event=event, config=config)


def test_the_documented_query_is_answered_as_documented() -> None:
    desk = MondayDesk()
    desk.create("Porch")
    item_id = desk.create("Roof", status={"label": "Done"}, value="12.5", address="1 Elm St")
    board = desk.asked(DOCUMENTED, ids=[desk.board_id])["boards"][0]
    assert [each["id"] for each in board["columns"]][:2] == ["name", "status"]
    assert orjson.loads(board["columns"][1]["settings_str"])["labels"]["1"] == "Done"
    (item,) = board["items_page"]["items"]
    assert (item["id"], item["name"], item["group"]["title"]) == (item_id, "Roof", "Active")
    cells = {cell["id"]: cell for cell in item["column_values"]}
    assert (cells["status"]["index"], cells["status"]["label"], cells["status"]["text"]) == (
        1,
        "Done",
        "Done",
    )
    assert (cells["value"]["text"], cells["value"]["value"]) == ("12.5", '"12.5"')
    assert cells["lead"]["value"] is None
    assert (cells["seen"]["text"], cells["seen"]["display_value"]) == (None, "")


def test_a_board_is_read_page_by_page_for_an_hour() -> None:
    desk = MondayDesk()
    for number in range(7):
        desk.create(f"Item {number}")
    page = desk.asked(PAGE, ids=[desk.board_id], n=3)["boards"][0]["items_page"]
    first, names = page["cursor"], [each["name"] for each in page["items"]]
    while page["cursor"]:
        page = desk.asked(NEXT, c=page["cursor"], n=3)["next_items_page"]
        names += [each["name"] for each in page["items"]]
    assert names == [f"Item {number}" for number in range(7)]
    desk.clock.advance(3600)
    assert desk.refused(NEXT, c=first, n=3) == "CursorException"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ boards { nope } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ boards(", "GRAPHQL_VALIDATION_FAILED"),
        ("{ no_such_thing }", "GRAPHQL_VALIDATION_FAILED"),
        ('mutation { create_item(board_id: 1, item_name: "x") { id } }', "InvalidBoardIdException"),
        ("mutation { delete_item(item_id: 1) { id } }", "InvalidItemIdException"),
        ("mutation { delete_webhook(id: 1) { id } }", "ResourceNotFoundException"),
    ],
)
def test_what_is_not_there_is_refused_within_a_success(query: str, code: str) -> None:
    desk = MondayDesk()
    answer = desk.raw(query)
    assert answer.status == 200
    assert desk.refused(query) == code


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"nope": "x"}, "InvalidColumnIdException"),
        ({"status": {"label": "Nope"}}, "ColumnValueException"),
        ({"status": {"index": 3}}, "ColumnValueException"),
        ({"lead": {"personsAndTeams": [{"id": 1, "kind": "person"}]}}, "ColumnValueException"),
        ({"starts": {"date": "2026-02-30"}}, "ColumnValueException"),
        ({"value": "twelve"}, "ColumnValueException"),
        ({"value": 12.5}, "ColumnValueException"),
        ({"job": {"url": "elm"}}, "ColumnValueException"),
        ({"seen": "x"}, "ColumnValueException"),
        ({"address": "x" * 2001}, "ColumnValueException"),
        ({"name": ""}, "ItemNameTooLongException"),
    ],
)
def test_a_wrong_value_changes_nothing_at_all(cells: dict[str, Any], code: str) -> None:
    desk = MondayDesk()
    item_id = desk.create("Roof", address="1 Elm St")
    values = orjson.dumps({"address": "2 Oak Ave", **cells}).decode()
    assert desk.refused(CHANGE, board=desk.board_id, item=item_id, values=values) == code
    assert desk.texts(item_id) == {"address": "1 Elm St"}


@pytest.mark.parametrize("values", ["{no", "[]", {"address": "x"}])
def test_values_are_json_within_json(values: Any) -> None:
    desk = MondayDesk()
    assert desk.refused(CREATE, board=desk.board_id, name="x", values=values) == "JsonParseException"
    assert not desk.board.items


def test_an_empty_value_empties_a_cell_and_labels_are_made_on_demand() -> None:
    desk = MondayDesk()
    item_id = desk.create("Roof", address="x", status={"label": "Done"}, value="1")
    desk.change(item_id, address="", status={}, value="")
    assert desk.texts(item_id) == {}
    made = CHANGE.replace("column_values: $values", "column_values: $values, create_labels_if_missing: true")
    desk.asked(made, board=desk.board_id, item=item_id, values='{"status":{"label":"Waiting"}}')
    assert desk.texts(item_id) == {"status": "Waiting"}


def test_deleted_items_are_shown_by_their_ids_alone() -> None:
    desk = MondayDesk()
    item_id = desk.create()
    desk.asked("mutation ($id: ID) { delete_item(item_id: $id) { id } }", id=item_id)
    assert desk.asked(PAGE, ids=[desk.board_id], n=5)["boards"][0]["items_page"]["items"] == []
    assert desk.asked(ITEM, ids=[item_id, "77"])["items"][0]["state"] == "deleted"
    hidden = ITEM.replace("ids: $ids", "ids: $ids, exclude_nonactive: true")
    assert desk.asked(hidden, ids=[item_id])["items"] == []
    assert desk.refused(CHANGE, board=desk.board_id, item=item_id, values="{}") == "InvalidItemIdException"


@pytest.mark.parametrize("token", ["", "nobodys"])
def test_a_stranger_is_not_let_in(token: str) -> None:
    assert MondayDesk().raw("{ me { id } }", token=token).status == 401


def test_calls_are_counted_by_the_day_and_refused_ones_too() -> None:
    desk = MondayDesk(options=MondayOptions(plan="free"))
    for _ in range(200):
        assert desk.raw("{ me { id } }").status == 200
    answer = desk.raw("{ me { id } }")
    assert answer.status == 429
    assert answer.headers["Retry-After"] == str(8 * 3600 + 1800)
    assert b"DAILY_LIMIT_EXCEEDED" in answer.body
    desk.clock.advance(8 * 3600 + 1799)
    assert desk.raw("{ me { id } }").status == 429
    desk.clock.advance(1)
    assert desk.raw("{ me { id } }").status == 200, "midnight in UTC"
    assert desk.simulator.stats_report()["largest_day"] == 202


def test_complexity_is_spent_and_comes_back_after_a_minute() -> None:
    desk = MondayDesk(options=MondayOptions(app_complexity=25_000))
    asked = 'mutation ($b: ID!) { create_item(board_id: $b, item_name: "x") { id }'
    asked += " complexity { before after query reset_in_x_seconds } }"
    spent = desk.asked(asked, b=desk.board_id)["complexity"]
    assert (spent["before"], spent["query"]) == (25_000, 10_007)
    assert spent["after"] == 25_000 - 10_007
    desk.clock.advance(20)
    desk.create()
    answer = desk.raw(CREATE, board=desk.board_id, name="x", values="{}")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "40")
    desk.asked("{ me { id } }")
    desk.clock.advance(40)
    desk.create()


def test_one_query_may_not_cost_too_much() -> None:
    desk = MondayDesk()
    large = "{ boards(limit: 1000) { items_page(limit: 500) { items { column_values { id text value } } } } }"
    assert desk.refused(large) == "ComplexityException"


@pytest.mark.parametrize("style", ["new", "old"])
def test_a_limit_can_be_told_within_a_success(style: Any) -> None:
    options = MondayOptions(app_complexity=5, limits_answer="errors", complexity_error=style)
    answer = MondayDesk(options=options).raw(CREATE, board="1", name="x", values="{}")
    assert answer.status == 200
    assert "Retry-After" not in answer.headers
    content = orjson.loads(answer.body)
    if style == "old":
        assert content["error_code"] == "ComplexityException"
    else:
        assert content["errors"][0]["extensions"]["retry_in_seconds"] > 0


def test_writes_to_one_board_at_once_lose_a_part_in_silence() -> None:
    desk = MondayDesk(options=MondayOptions(mutation_seconds=2))
    other = desk.state.add_board("Other", [Column("address", "Address", "text")])
    item_id = desk.create()
    desk.clock.advance(2)
    desk.change(item_id, address="1 Elm St", value="1")
    assert desk.texts(item_id) == {"address": "1 Elm St", "value": "1"}
    desk.asked(CREATE, board=str(other.id), name="x", values="{}")
    assert desk.simulator.parallel_writes == 0, "another board"
    desk.clock.advance(1)
    desk.change(item_id, address="2 Oak Ave", value="2")
    assert desk.simulator.parallel_writes == 1
    assert desk.texts(item_id) in (
        {"address": "2 Oak Ave", "value": "1"},
        {"address": "1 Elm St", "value": "2"},
    )


def test_no_more_calls_run_at_once_than_the_account_may() -> None:
    desk = MondayDesk(options=MondayOptions(concurrency_max=2, mutation_seconds=5))
    for _ in range(2):
        desk.create()
    assert b"maxConcurrencyExceeded" in desk.raw("{ me { id } }").body
    desk.clock.advance(5)
    desk.asked("{ me { id } }")


def test_events_are_named_otherwise_than_their_subscriptions() -> None:
    desk = MondayDesk()
    names = ["create_item", "change_column_value", "change_name", "item_deleted", "item_archived"]
    watch(desk, *names, "item_moved_to_any_group", "item_restored")
    item_id = desk.create("Roof")
    desk.change(item_id, status={"label": "Done"})
    desk.change(item_id, name="Porch")
    desk.asked('mutation ($i: ID) { move_item_to_group(item_id: $i, group_id: "closed") { id } }', i=item_id)
    desk.asked("mutation ($i: ID) { archive_item(item_id: $i) { id } }", i=item_id)
    desk.state.set_state(desk.state.boards[desk.board.id].items[int(item_id)], "active", By(desk.ann.id))
    desk.asked("mutation ($i: ID) { delete_item(item_id: $i) { id } }", i=item_id)
    events = told(desk)
    assert [event["type"] for event in events] == [
        "create_pulse",
        "update_column_value",
        "update_name",
        "move_pulse_into_group",
        "archive_pulse",
        "restore_pulse",
        "delete_pulse",
    ]
    assert {event["boardId"] for event in events} == {desk.board.id}
    change = events[1]
    assert (change["pulseId"], change["columnId"], change["columnType"]) == (int(item_id), "status", "color")
    assert change["value"]["label"]["text"] == "Done"
    assert (change["previousValue"], change["originalTriggerUuid"]) == (None, None)
    assert change["userId"] == desk.simulator.options.tokens[0].user_id
    assert len({event["triggerUuid"] for event in events}) == 7


def test_a_hook_for_one_column_hears_of_no_other() -> None:
    desk = MondayDesk()
    watch(desk, "change_specific_column_value", config='{"columnId":"value"}')
    item_id = desk.create()
    desk.change(item_id, address="x", value="1")
    assert [event["columnId"] for event in told(desk)] == ["value"]


@pytest.mark.parametrize("told_of", [True, False])
def test_writing_what_is_there_already_is_told_as_a_change(*, told_of: bool) -> None:
    desk = MondayDesk(options=MondayOptions(unchanged_is_told=told_of))
    item_id = desk.create("Roof", address="x")
    watch(desk, "change_column_value", "change_name")
    desk.change(item_id, address="x", name="Roof")
    assert len(told(desk)) == (2 if told_of else 0)


def test_a_delivery_is_tried_once_a_minute_for_half_an_hour() -> None:
    desk = MondayDesk()
    watch(desk, "create_item")
    desk.create()
    webhooks, tried = desk.simulator.webhooks, []
    for _ in range(3600):
        for delivery in webhooks.due(desk.clock.now()):
            tried.append(desk.clock.monotonic())
            webhooks.delivered(delivery.id, 500, desk.clock.now())
        desk.clock.advance(1)
    assert tried == [60.0 * number for number in range(31)]
    assert webhooks.deliveries[0].status == "discarded"
    assert webhooks.next_moment() is None


def test_a_receiver_that_says_nothing_is_tried_again() -> None:
    desk = MondayDesk()
    watch(desk, "create_item")
    desk.create()
    assert len(desk.simulator.webhooks.due(desk.clock.now())) == 1
    desk.clock.advance(29)
    assert desk.simulator.webhooks.due(desk.clock.now()) == []
    desk.clock.advance(91)
    assert desk.simulator.webhooks.due(desk.clock.now()) == [], "noticed now; a minute later it is sent again"
    desk.clock.advance(60)
    assert len(desk.simulator.webhooks.due(desk.clock.now())) == 1


def test_a_hook_is_made_only_for_who_answers_the_challenge() -> None:
    desk = MondayDesk()
    made = {"board": desk.board_id, "url": URL, "event": "create_item", "config": None}
    body = orjson.dumps({"query": HOOK, "variables": made})
    request = SimRequest("POST", "/v2", (), {"authorization": "tiebeam-app-token"}, body)
    ((url, challenge),) = desk.simulator.challenges(request)
    assert url == URL
    desk.simulator.hear_answer(url, challenge, 200, b'{"challenge":"another"}')
    assert desk.refused(HOOK, **made) == "FailedChallenge"
    desk.simulator.hear_answer(url, challenge, 200, orjson.dumps({"challenge": challenge}))
    assert desk.asked(HOOK, **made)["create_webhook"]["event"] == "create_item"
    assert desk.refused(HOOK, **{**made, "url": URL + "x" * 256}) == "InvalidArgumentException"
    hooks = desk.asked("query ($b: ID!) { webhooks(board_id: $b) { id event } }", b=desk.board_id)["webhooks"]
    assert [hook["event"] for hook in hooks] == ["create_item"]


def test_a_rule_of_theirs_answers_and_names_what_it_answers() -> None:
    desk = MondayDesk()
    watch(desk, "change_column_value")
    item_id = desk.create()
    rule = {"board_id": desk.board.id, "when_column": "status", "becomes": "Done", "set_column": "address"}
    control = {"automations": [{**rule, "written": "closed"}]}
    desk.simulator.handle(SimRequest("POST", "/__sim/control", body=orjson.dumps(control)))
    desk.change(item_id, status={"label": "New"})
    desk.change(item_id, status={"label": "Done"})
    _, status, address = told(desk)
    assert desk.texts(item_id) == {"status": "Done", "address": "closed"}
    assert (address["originalTriggerUuid"], address["userId"]) == (status["triggerUuid"], -4)


def test_rules_that_answer_each_other_are_stopped() -> None:
    desk = MondayDesk()
    item_id = desk.create()
    there = {"board_id": desk.board.id, "when_column": "address", "set_column": "value", "written": "{count}"}
    back = {**there, "when_column": "value", "set_column": "address"}
    body = orjson.dumps({"automations": [there, back]})
    assert desk.simulator.handle(SimRequest("POST", "/__sim/control", body=body)).status == 200
    desk.change(item_id, address="go")
    assert desk.simulator.stats_report()["automations"] == {"fired": 10, "stopped": 1}


def test_people_work_through_the_back_door() -> None:
    desk = MondayDesk()
    edits: list[dict[str, Any]] = [
        {"do": "create", "board": desk.board.id, "name": "Roof", "user": desk.bob.id}
    ]
    answer = desk.simulator.handle(SimRequest("POST", "/__sim/control", body=orjson.dumps({"edits": edits})))
    item_id = orjson.loads(answer.body)["items"][0]
    edits = [
        {"do": "set", "item": item_id, "column": "status", "value": "Done"},
        {"do": "rename", "item": item_id, "name": "Porch"},
        {"do": "move", "item": item_id, "group": "closed"},
        {"do": "archive", "item": item_id},
    ]
    desk.simulator.handle(SimRequest("POST", "/__sim/control", body=orjson.dumps({"edits": edits})))
    truth = orjson.loads(desk.simulator.handle(SimRequest("GET", "/__sim/truth")).body)
    assert truth["boards"][0]["items"] == [
        {
            "id": item_id,
            "name": "Porch",
            "group": "closed",
            "state": "archived",
            "values": {"status": "Done"},
        }
    ]
    wrong = orjson.dumps({"edits": [{"do": "dance", "item": item_id}]})
    assert desk.simulator.handle(SimRequest("POST", "/__sim/control", body=wrong)).status == 400


def test_faults_of_calls_happen_as_planned() -> None:
    desk = MondayDesk(
        FaultRule("drop_request", match="create_item", count=1),
        FaultRule("drop_answer", match="create_item", skip=1, count=1),
        FaultRule("status", match=" me$", count=1, status=500),
        FaultRule("status", match=" me$", skip=1, count=1, status=200),
        FaultRule("html", match=" me$", skip=2, count=1),
        FaultRule("half_done", match="change_multiple", count=1),
    )
    for sent in (False, True):
        with pytest.raises(ConnectionLost) as lost:
            desk.create()
        assert lost.value.sent is sent
    (item,) = desk.board.items.values()
    assert [desk.raw("{ me { id } }").status for _ in range(2)] == [500, 200]
    assert desk.raw("{ me { id } }").body.startswith(b"<!DOCTYPE html>")
    values = orjson.dumps({"address": "x", "value": "1"}).decode()
    assert desk.raw(CHANGE, board=desk.board_id, item=str(item.id), values=values).status == 503
    assert desk.texts(str(item.id)) == {"address": "x"}


def test_faults_of_deliveries_happen_as_planned() -> None:
    desk = MondayDesk(
        FaultRule("drop_event", match="Roof|create_pulse", count=1),
        FaultRule("repeat_event", match="update_name", count=1),
        FaultRule("delay_event", match="delete_pulse", delay_seconds=600, count=1),
    )
    watch(desk, "create_item", "change_name", "item_deleted")
    item_id = desk.create()
    desk.change(item_id, name="Porch")
    desk.asked("mutation ($i: ID) { delete_item(item_id: $i) { id } }", i=item_id)
    assert [event["type"] for event in told(desk)] == ["update_name", "update_name"]
    desk.clock.advance(599)
    assert told(desk) == []
    desk.clock.advance(1)
    assert [event["type"] for event in told(desk)] == ["delete_pulse"]
