from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.factories.connector_ports import NumberedTokens, RecordingGate, ScriptedTransport, answer

from tiebeam.connectors.answers import read_object
from tiebeam.connectors.outcomes import BROKEN, transport_error
from tiebeam.connectors.ports import Refusal, Share
from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.connectors.procore.client import Call, Got, ProcoreClient
from tiebeam.connectors.procore.hooks import (
    STREAM_OF,
    Event,
    GarbledError,
    Hook,
    ShapeError,
    Subject,
    Trigger,
    Wanted,
    read_event,
    repair,
    subject_of,
    triggers_for,
)
from tiebeam.kernel.clock import ManualClock
from tiebeam.simulators.procore.webhooks.names import ANNOUNCED
from tiebeam.simulators.procore.webhooks.payloads import payload

pytestmark = pytest.mark.req("R4")

AT = datetime(2026, 3, 2, 15, tzinfo=UTC)
V2: dict[str, Any] = {
    "id": 12,
    "ulid": "01JABC",
    "timestamp": "2026-03-02T15:00:00.000000Z",
    "metadata": {"source_user_id": 7, "source_application_id": "app"},
    "user_id": 8,
    "company_id": 4294968001,
    "project_id": 5,
    "api_version": "v2.0",
    "event_type": "create",
    "resource_name": "RFIs",
    "resource_id": 99,
}
V4 = {
    "id": "01JABC",
    "timestamp": "2026-03-02T15:00:00Z",
    "reason": "create",
    "company_id": "4294968001",
    "project_id": "5",
    "user_id": "7",
    "resource_type": "RFIs",
    "resource_id": "99",
}


def read(said: Any) -> Event:
    return read_event(orjson.dumps(said))


def test_the_three_versions_say_the_same() -> None:
    second, fourth = read(V2), read(V4)
    third = read({**V2, "api_version": "v3.0", "related_resources": [{"id": 3, "name": "RFIs"}, 4, {}]})
    assert second == Event("01JABC", "4294968001", "5", "RFIs", "99", "create", AT, "7", "app")
    assert (third.related, third.dedupe_id) == ((("RFIs", "3"),), second.dedupe_id)
    assert (fourth.dedupe_id, fourth.at, fourth.user_id, fourth.application_id) == ("01JABC", AT, "7", None)


def test_what_is_not_said_is_not_made_up() -> None:
    found = read({**V4, "project_id": None, "timestamp": "soon", "user_id": None, "reason": "restore"})
    assert (found.project_id, found.at, found.user_id, found.event_type) == (None, None, None, "update")
    assert read({**V2, "ulid": None}).dedupe_id == "12"


@pytest.mark.parametrize("name", ["id", "company_id", "resource_id", "resource_type", "reason"])
@pytest.mark.parametrize("value", [None, True, [], {}, "", "x" * 300, "a\0b", 1.5])
def test_what_must_be_there_is_asked_for(name: str, value: Any) -> None:
    if name == "reason" and value in ("x" * 300, "a\0b"):
        assert read({**V4, name: value}).event_type == "update"
        return
    with pytest.raises(ShapeError):
        read({**V4, name: value})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text("ab\0é", max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*V2, *V4]), inner, max_size=8)
    ),
    max_leaves=12,
)


@given(st.binary(max_size=200) | JSON.map(orjson.dumps))
def test_nothing_that_is_sent_breaks_it(body: bytes) -> None:
    try:
        found = read_event(body)
    except (GarbledError, ShapeError):
        return
    assert "\0" not in f"{found.dedupe_id}{found.company_id}{found.record_id}{found.resource}"


def test_every_stream_that_is_followed_exists_and_what_procore_tells_of_is_followed() -> None:
    names = {stream.name for stream in STREAMS}
    assert set(STREAM_OF.values()) <= names
    copied = {f"procore.{told.resource}": told.name for told in ANNOUNCED}
    assert {name: told for name, told in copied.items() if name in names and told not in STREAM_OF} == {}
    assert {STREAM_OF[told] for name, told in copied.items() if name in names} <= names


def test_a_child_is_read_with_its_parent() -> None:
    reply = read({**V2, "resource_name": "RFI Replies", "related_resources": [{"id": 3, "name": "RFIs"}]})
    assert subject_of(reply) == Subject("procore.rfis", "3")
    assert subject_of(read({**V2, "resource_name": "RFI Replies"})) == Subject("procore.rfis", None)
    assert subject_of(read({**V2, "resource_name": "Manpower Logs"})) == Subject(
        "procore.manpower_logs", "99"
    )
    assert subject_of(read({**V2, "resource_name": "Locations"})) is None


def test_the_simulators_payloads_are_those_that_are_read() -> None:
    from tiebeam.simulators.procore.webhooks import model  # noqa: PLC0415 - its Event is another

    made = model.Event(1, "01J", AT, "delete", "delete", "RFIs", 9, 1000, 5, 7, "app", ((3, "RFIs"),))
    for version in model.PAYLOAD_VERSIONS:
        found = read(payload(made, version))
        assert (found.dedupe_id, found.record_id, found.event_type, found.at) == ("01J", "9", "delete", AT)


WANTED = Wanted("tiebeam-1", "https://here", "v3.0", frozenset({("RFIs", "create"), ("RFIs", "delete")}))


def hook(hook_id: str, **changed: Any) -> Hook:
    known = {"namespace": "tiebeam-1", "payload_version": "v3.0", "destination_url": "https://here"}
    return Hook(hook_id, **{**known, "active": True, **changed})


def test_a_sound_hook_is_kept_and_its_triggers_mended() -> None:
    have = [Trigger("RFIs", "create", "t1"), Trigger("Images", "update", "t2")]
    plan = repair(WANTED, [hook("1"), hook("2", namespace="other")], {"1": have}, "1")
    assert (plan.keep, plan.remove, plan.add, plan.drop) == ("1", (), (("RFIs", "delete"),), ("t2",))
    whole = [Trigger("RFIs", "create", "t1"), Trigger("RFIs", "delete", "t2")]
    assert not repair(WANTED, [hook("1")], {"1": whole}, "1").needed


@pytest.mark.parametrize(
    "changed", [{"active": False}, {"destination_url": "https://there"}, {"payload_version": "v2.0"}]
)
def test_a_hook_that_is_not_as_wanted_is_made_anew(changed: dict[str, Any]) -> None:
    plan = repair(WANTED, [hook("1", **changed)], {}, "1")
    assert (plan.keep, plan.remove, len(plan.add)) == (None, ("1",), 2)


def test_a_hook_whose_secret_is_not_ours_is_made_anew() -> None:
    assert repair(WANTED, [hook("1"), hook("2")], {}, "2").remove == ("1",)
    assert repair(WANTED, [hook("1")], {}, None).keep is None


def test_triggers_are_made_for_what_is_offered_and_copied() -> None:
    offered = [("RFIs", ("create", "update")), ("Locations", ("create",)), ("Images", ("delete", "strange"))]
    assert triggers_for(offered) == {("RFIs", "create"), ("RFIs", "update"), ("Images", "delete")}


def client(transport: ScriptedTransport) -> tuple[ProcoreClient, RecordingGate, NumberedTokens]:
    gate, tokens = RecordingGate(), NumberedTokens()
    made = ProcoreClient(
        base_url="https://api.example.com",
        company_id="1",
        gate=gate,
        tokens=tokens,
        transport=transport,
        clock=ManualClock(AT),
        chance=lambda: 0.5,
    )
    return made, gate, tokens


HOOKS = Call("/rest/v2.0/companies/1/webhooks/hooks", share=Share.DEMAND)


async def test_what_is_sent_goes_through_gate_and_token_as_json() -> None:
    transport = ScriptedTransport(answer({"data": {"id": "1"}}, 201))
    asking, gate, _ = client(transport)
    got = await asking.send("POST", HOOKS, lambda it: read_object(it.body), content={"a": 1})
    assert isinstance(got, Got)
    (request,) = transport.requests
    assert (request.method, request.body, got.value) == ("POST", b'{"a":1}', {"id": "1"})
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Procore-Company-Id"] == "1"
    assert (gate.entered, len(gate.sightings)) == ([Share.DEMAND], 1)


@pytest.mark.parametrize("failure", [transport_error(BROKEN, "", sent=True), answer({}, 500)])
async def test_what_may_have_been_done_is_not_sent_again(failure: Any) -> None:
    transport = ScriptedTransport(failure)
    got = await client(transport)[0].send("POST", HOOKS, lambda _: None, content={})
    assert isinstance(got, Refusal)
    assert len(transport.requests) == 1


async def test_what_was_certainly_not_done_is_sent_again() -> None:
    busy, stale = answer({}, 429), answer({}, 401)
    transport = ScriptedTransport(busy, stale, answer({"data": 1}, 201))
    asking, _, tokens = client(transport)
    got = await asking.send("DELETE", HOOKS, lambda _: "done")
    assert isinstance(got, Got)
    assert (got.value, len(transport.requests), tokens.replaced) == ("done", 3, ["token-1"])
