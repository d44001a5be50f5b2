from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from tests.factories.procore_writer import COMPANY, START, P, Writer

from tiebeam.simulators.base.faults import FaultRule

if TYPE_CHECKING:
    from tiebeam.simulators.procore.webhooks.model import Delivery

HOOKS = "/rest/v1.0/webhooks/hooks"
V2 = f"/rest/v2.0/companies/{COMPANY}/webhooks/hooks"
TARGET = "https://hooks.example.com/procore"
SETTINGS = {
    "namespace": "tiebeam",
    "destination_url": TARGET,
    "destination_headers": {"Authorization": "Bearer s"},
}
RFI = {"rfi": {"subject": "Slab", "rfi_manager_id": 21, "question": {"body": "?"}}}


@pytest.fixture
def writer() -> Writer:
    return Writer()


def hook(writer: Writer, version: str = "v2", *wanted: tuple[str, str], **scope: int) -> int:
    owner = scope or {"company_id": COMPANY}
    made: int = writer.created(HOOKS, {**owner, "hook": {**SETTINGS, "api_version": version}})["id"]
    for name, event in wanted or (("RFIs", "create"), ("RFIs", "update"), ("RFIs", "delete")):
        body = {**owner, "api_version": version, "trigger": {"resource_name": name, "event_type": event}}
        assert writer.created(f"{HOOKS}/{made}/triggers", body)["event_type"] == event.upper()
    return made


def due(writer: Writer) -> list[Delivery]:
    return writer.simulator.webhooks.due(writer.clock.now())


def bodies(found: list[Delivery]) -> list[Any]:
    return [orjson.loads(delivery.body) for delivery in found]


def report(writer: Writer, found: list[Delivery], status: int | None = 200) -> None:
    for delivery in found:
        writer.simulator.webhooks.delivered(delivery.id, status, writer.clock.now())


def test_a_write_is_told_with_who_did_it(writer: Writer) -> None:
    hook(writer)
    made = writer.created(f"{P}/rfis", RFI)
    (delivery,) = due(writer)
    assert (delivery.url, delivery.headers["Authorization"]) == (TARGET, "Bearer s")
    (body,) = bodies([delivery])
    user = writer.simulator.options.service_user["id"]
    assert body == {
        "id": body["id"],
        "ulid": body["ulid"],
        "timestamp": "2026-03-02T15:00:00.000000Z",
        "metadata": {
            "source_user_id": user,
            "source_project_id": 5,
            "source_operation_id": None,
            "source_company_id": COMPANY,
            "source_application_id": "tiebeam-client-id",
        },
        "user_id": user,
        "company_id": COMPANY,
        "project_id": 5,
        "api_version": "v2.0",
        "event_type": "create",
        "resource_name": "RFIs",
        "resource_id": made["id"],
    }
    assert len(body["ulid"]) == 26
    assert due(writer) == []


def test_newer_payloads_name_relatives_or_are_all_text(writer: Writer) -> None:
    hook(writer, "v3", ("RFI Replies", "create"))
    hook(writer, "v4", ("RFI Replies", "create"))
    rfi_id = writer.put("rfis", subject="x")
    reply = writer.created(f"{P}/rfis/{rfi_id}/replies", {"reply": {"body": "a"}})
    third, fourth = bodies(due(writer))
    assert (third["api_version"], third["related_resources"]) == ("v3.0", [{"id": rfi_id, "name": "RFIs"}])
    assert fourth.pop("id") == third["ulid"]
    assert fourth == {
        "timestamp": third["timestamp"],
        "reason": "create",
        "company_id": str(COMPANY),
        "project_id": "5",
        "user_id": str(third["user_id"]),
        "resource_type": "RFI Replies",
        "resource_id": str(reply["id"]),
    }


def test_what_the_company_itself_does_is_told_too_at_its_own_moment(writer: Writer) -> None:
    hook(writer)
    hook(writer, "v4")
    at = START - timedelta(minutes=5)
    author = {"id": 21, "name": "Ana Cruz"}
    made = writer.state.insert("rfis", {"subject": "x", "created_by": author}, project_id=5, at=at)["id"]
    writer.state.update("rfis", made, {"subject": "y"})
    writer.state.update("rfis", made, {"subject": "z"}, touch=False)
    writer.state.delete("rfis", made)
    writer.state.delete("rfis", made)
    writer.state.restore("rfis", made)
    found = due(writer)
    told = bodies(found)
    second = [each for each in told if "metadata" in each]
    assert [each["event_type"] for each in second] == ["create", "update", "delete", "update"]
    assert [each["reason"] for each in told if "reason" in each] == ["create", "update", "delete", "restore"]
    assert second[0]["timestamp"] == "2026-03-02T14:55:00.000000Z"
    assert (second[0]["user_id"], second[0]["metadata"]["source_application_id"]) == (21, None)


def test_a_hook_hears_of_its_scope_and_its_triggers_only(writer: Writer) -> None:
    in_project = hook(writer, "v2", ("RFIs", "create"), project_id=6)
    writer.put("rfis", subject="elsewhere")
    writer.state.insert("rfis", {"subject": "here"}, project_id=6)
    writer.state.insert("submittals", {"title": "unasked"}, project_id=6)
    writer.state.insert("time_and_material_entries", {"name": "never told"}, project_id=6)
    assert [delivery.hook_id for delivery in due(writer)] == [in_project]


def test_files_and_folders_have_names_of_their_own(writer: Writer) -> None:
    hook(writer, "v2", ("Project Files", "create"), ("Project Folders", "create"))
    writer.created("/rest/v1.0/folders?project_id=5", {"folder": {"name": "A"}})
    sent = {"name": "a.pdf", "upload_uuid": writer.uploaded()}
    writer.created("/rest/v1.0/files?project_id=5", {"file": sent})
    assert [body["resource_name"] for body in bodies(due(writer))] == ["Project Folders", "Project Files"]


def test_a_failing_receiver_pauses_its_whole_queue_twice_as_long_each_time(writer: Writer) -> None:
    hook(writer)
    for number in range(3):
        writer.put("rfis", subject=str(number))
    first = due(writer)
    report(writer, first, 500)
    assert [len(first), len(due(writer))] == [3, 0]
    pauses: list[float] = []
    while len(pauses) < 14:
        before = writer.clock.now()
        writer.clock.set(writer.simulator.webhooks.next_moment(before) or before)
        pauses.append((writer.clock.now() - before).total_seconds())
        probe = due(writer)
        assert [delivery.id for delivery in probe] == [first[0].id]
        report(writer, probe, None)
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600]
    writer.clock.advance(3600)
    report(writer, due(writer), 204)
    rest = due(writer)
    assert [delivery.id for delivery in rest] == [delivery.id for delivery in first[1:]]


def test_after_twelve_hours_what_waits_is_thrown_away(writer: Writer) -> None:
    made = hook(writer)
    writer.put("rfis", subject="lost")
    report(writer, due(writer), 503)
    writer.clock.advance(12 * 3600)
    assert due(writer) == []
    writer.put("rfis", subject="told")
    assert len(due(writer)) == 1
    writer.caller.sign_in()
    path = f"{HOOKS}/{made}/deliveries"
    query: dict[str, Any] = {"company_id": COMPANY, "filter[status]": "discarded"}
    assert [row["outcome"] for row in writer.got(path, query)] == ["discarded"]
    query = {"company_id": COMPANY, "filters[status]": "failing"}
    assert [row["response_status"] for row in writer.got(path, query)] == [503]


def test_an_attempt_that_nobody_reports_is_tried_again(writer: Writer) -> None:
    hook(writer)
    writer.put("rfis", subject="x")
    (lost,) = due(writer)
    writer.clock.advance(30)
    assert due(writer) == []
    writer.clock.advance(1)
    assert [delivery.id for delivery in due(writer)] == [lost.id]


def test_faults_repeat_reorder_and_drop_and_touch_nothing_else() -> None:
    for rule, sent in (
        (FaultRule("repeat_event"), [1, 1, 2, 2, 3, 3]),
        (FaultRule("drop_event", match="update"), [1, 2, 3]),
        (FaultRule("drop_event", match="RFIs create", count=2), [3]),
        (FaultRule("delay"), [1, 2, 3]),
    ):
        writer = Writer(rule)
        hook(writer)
        numbers = {writer.put("rfis", subject=str(n)): n for n in (1, 2, 3)}
        found = due(writer)
        assert [numbers[int(each.event.resource_id)] for each in found] == sent
        report(writer, found)
        assert due(writer) == []
    writer = Writer(FaultRule("reorder_events"))
    hook(writer)
    made = [writer.put("rfis", subject=str(n)) for n in range(9)]
    heard = [int(each.event.resource_id) for each in due(writer)]
    assert heard != made
    assert sorted(heard) == made


def test_the_same_seed_tells_the_same() -> None:
    def story() -> list[tuple[str, bytes]]:
        again = Writer(
            FaultRule("repeat_event", probability=0.5), FaultRule("reorder_events", probability=0.5)
        )
        hook(again)
        for number in range(20):
            again.put("rfis", subject=str(number))
        return [(delivery.id, delivery.body) for delivery in due(again)]

    assert story() == story()


def test_hooks_of_the_first_version(writer: Writer) -> None:
    made = hook(writer)
    query = {"company_id": COMPANY}
    (shown,) = writer.got(HOOKS, query)
    assert (shown["api_version"], shown["owned_by_project_id"]) == ("v2", None)
    assert shown["destination_headers"] == {"Authorization": "Bearer s"}
    assert writer.got(HOOKS, {"project_id": 5}) == []
    assert writer.caller.get(HOOKS).status == 400
    body = {**query, "hook": {"destination_url": "https://other.example.com/"}}
    assert writer.changed(f"{HOOKS}/{made}", body)["destination_url"] == "https://other.example.com/"
    triggers = writer.got(f"{HOOKS}/{made}/triggers", query)
    assert (
        writer.send("DELETE", f"{HOOKS}/{made}/triggers/{triggers[0]['id']}?company_id={COMPANY}").status
        == 200
    )
    bulk = {**query, "triggers": [triggers[1]["id"], 1]}
    partly = writer.json("DELETE", f"{HOOKS}/{made}/triggers/bulk", bulk)
    assert (partly.status, partly.json["success"]) == (207, [triggers[1]["id"]])
    wanted = [
        {"resource_name": "Submittals", "event_type": "create"},
        {"resource_name": "Fax", "event_type": "create"},
    ]
    mixed = writer.json(
        "POST", f"{HOOKS}/{made}/triggers/bulk", {**query, "api_version": "v2", "triggers": wanted}
    )
    assert (mixed.status, len(mixed.json["success"]), mixed.json["failed"][0]["trigger"]) == (
        207,
        1,
        wanted[1],
    )
    many = {**query, "api_version": "v2", "triggers": wanted * 251}
    assert writer.json("POST", f"{HOOKS}/{made}/triggers/bulk", many).status == 413
    assert writer.send("DELETE", f"{HOOKS}/{made}?company_id={COMPANY}").status == 200
    writer.put("rfis", subject="unheard")
    assert due(writer) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"namespace": "Not Good"}, "namespace"),
        ({"destination_url": "ftp://x"}, "destination_url"),
        ({"api_version": "v9"}, "payload_version"),
        ({"destination_headers": "x"}, "destination_headers"),
    ],
)
def test_settings_that_cannot_work_are_refused(writer: Writer, changes: dict[str, str], field: str) -> None:
    body = {"company_id": COMPANY, "hook": {**SETTINGS, "api_version": "v2", **changes}}
    answer = writer.json("POST", HOOKS, body)
    assert (answer.status, list(answer.json["errors"])) == (422, [field])


@pytest.mark.parametrize(
    ("name", "event"),
    [("Fax", "create"), ("Weather Logs", "delete"), ("Project Users", "update"), ("RFIs", "create")],
)
def test_triggers_that_cannot_fire_are_refused(writer: Writer, name: str, event: str) -> None:
    made = hook(writer)
    body = {"company_id": COMPANY, "trigger": {"resource_name": name, "event_type": event}}
    assert writer.json("POST", f"{HOOKS}/{made}/triggers", body).status == 422


def test_hooks_of_the_second_version(writer: Writer) -> None:
    body = {**SETTINGS, "payload_version": "v4.0"}
    made = writer.created(V2, body)["data"]
    assert (made["status"], made["destination_headers"]) == ("active", {"Authorization": "********"})
    triggers = f"{V2}/{made['id']}/triggers"
    wanted = [{"resource_name": "RFIs", "event_type": event} for event in ("create", "delete")]
    assert len(writer.created(f"{triggers}/bulk", wanted)["data"]) == 2
    assert writer.json("POST", triggers, wanted[0]).status == 400
    writer.put("rfis", subject="x")
    path = f"{V2}/{made['id']}/deliveries"
    (waiting,) = writer.got(path, {"filter[status]": "enqueued"})["data"]
    assert waiting["payload"]["resource_type"] == "RFIs"
    report(writer, due(writer))
    done = writer.got(path, {"filter[status]": "succeeded", "filter[resource_name]": "RFIs"})["data"]
    assert done[0]["delivery_attempts"][0]["response_status"] == 200
    assert writer.got(path, {"filter[start]": "2026-03-03"})["data"] == []
    assert writer.got(V2)["data"][0]["trigger_count"] == 2
    shown = writer.got(triggers)["data"]
    removed = writer.json("DELETE", f"{triggers}/bulk", [shown[0]["id"]])
    assert removed.json == {"data": {"succeeded": [shown[0]["id"]]}}
    assert writer.send("DELETE", f"{triggers}/{shown[1]['id']}").status == 204
    assert writer.changed(f"{V2}/{made['id']}", {"status": "disabled"})["data"]["status"] == "disabled"
    assert (
        writer.caller.get(f"/rest/v2.0/companies/{COMPANY}/projects/5/webhooks/hooks/{made['id']}").status
        == 404
    )
    assert writer.send("DELETE", f"{V2}/{made['id']}").status == 204
    assert writer.caller.get(f"{V2}/{made['id']}").status == 404


def test_the_names_that_may_be_asked_for_depend_on_the_scope(writer: Writer) -> None:
    of_company = writer.got("/rest/v1.0/webhooks/resources", {"company_id": COMPANY})
    of_project = writer.got("/rest/v1.0/webhooks/resources", {"project_id": 5})
    assert {"Company Users", "Projects"} <= {row["name"] for row in of_company}
    assert {"RFIs", "Manpower Logs", "Timecard Entries"} <= {row["name"] for row in of_project}
    assert "Company Users" not in {row["name"] for row in of_project}
    path = f"/rest/v2.0/companies/{COMPANY}/projects/5/webhooks/resources"
    page = writer.caller.get(path, {"payload_version": "v4.0", "per_page": 100})
    assert {row["name"] for row in page.json["data"]} == {row["name"] for row in of_project}
    assert writer.caller.get(path).status == 400
