from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from tiebeam.connectors.answers import GarbledError, ShapeError
from tiebeam.connectors.monday.hooks import (
    EventKind,
    NotGenuineError,
    challenge_of,
    read_event,
    same_secret,
    verify,
)
from tiebeam.simulators.monday.webhooks.signing import signed

NOW = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
CLAIMS = {"accountId": 1, "userId": 2, "aud": "https://tiebeam.example/x", "exp": int(NOW.timestamp()) + 300}
SECRET = "app-secret"
REAL: dict[str, Any] = {
    "userId": 32002207,
    "originalTriggerUuid": None,
    "boardId": 77,
    "pulseId": 5000000003,
    "pulseName": "Task 1",
    "groupId": "topics",
    "columnValues": {},
    "app": "monday",
    "type": "create_pulse",
    "triggerTime": "2026-05-21T14:00:00.000Z",
    "subscriptionId": 5,
    "triggerUuid": "b5ed2e17c530f43668de130142445cba",
}


def body(**changed: Any) -> bytes:
    return orjson.dumps({"event": {**REAL, **changed}})


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("prefix", ["", "Bearer "])
def test_a_genuine_delivery_shows_its_claims(algorithm: str, prefix: str) -> None:
    assert verify(prefix + signed(CLAIMS, SECRET, algorithm), SECRET, NOW) == CLAIMS


def forged() -> dict[str, str | None]:
    genuine = signed(CLAIMS, SECRET)
    head, claims, signature = genuine.split(".")
    none = signed(CLAIMS, SECRET).replace(head, "eyJhbGciOiJub25lIn0", 1)
    return {
        "missing": None,
        "empty": "",
        "of another secret": signed(CLAIMS, "another"),
        "of no algorithm": none,
        "of no algorithm, unsigned": none.rpartition(".")[0] + ".",
        "cut": genuine[:-2],
        "other claims": ".".join([head, signed({**CLAIMS, "userId": 9}, SECRET).split(".")[1], signature]),
        "in two parts": f"{head}.{claims}",
        "not base64": "ä.b.c",
        "no JSON": "eyJ.eyJ.eyJ",
        "expired": signed({**CLAIMS, "exp": int(NOW.timestamp()) - 61}, SECRET),
        "without an end": signed({"accountId": 1}, SECRET),
    }


@pytest.mark.parametrize("kind", forged())
def test_a_delivery_that_proves_nothing_is_refused(kind: str) -> None:
    with pytest.raises(NotGenuineError) as caught:
        verify(forged()[kind], SECRET, NOW)
    assert SECRET not in str(caught.value)


def test_without_a_secret_of_ours_nothing_is_genuine() -> None:
    with pytest.raises(NotGenuineError):
        verify(signed(CLAIMS, ""), "", NOW)
    assert same_secret("s3cret", "s3cret")
    assert not same_secret("s3cret", "other")
    assert not same_secret("", "")


def test_a_clock_may_be_a_minute_off() -> None:
    assert verify(signed(CLAIMS, SECRET), SECRET, NOW + timedelta(seconds=360)) == CLAIMS


def test_a_challenge_is_told_from_an_event() -> None:
    assert challenge_of(b'{"challenge":"abc"}') == "abc"
    for other in (body(), b"", b"[]", b'{"challenge":5}', b'{"challenge":"x","event":{}}'):
        assert challenge_of(other) is None


def test_a_real_event_is_understood() -> None:
    event = read_event(body())
    assert (event.kind, event.board_id, event.item_id) == (EventKind.CREATED, "77", "5000000003")
    assert (event.trigger_id, event.column_id) == (REAL["triggerUuid"], None)
    assert event.at == datetime(2026, 5, 21, 14, tzinfo=UTC)


@pytest.mark.req("L3")
def test_our_own_user_is_known_but_a_rule_that_answered_it_is_news() -> None:
    assert read_event(body()).is_by("32002207")
    assert not read_event(body()).is_by("1")
    assert not read_event(body(originalTriggerUuid="b5ed")).is_by("32002207")


def test_an_event_of_a_name_unknown_here_is_reason_enough_to_read_the_item() -> None:
    assert read_event(body(type="something_new")).kind is EventKind.OTHER
    gone = read_event(body(pulseId=None, itemId=8, type="delete_pulse"))
    assert (gone.kind, gone.item_id) == (EventKind.DELETED, "8")


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", GarbledError),
        (b"[]", ShapeError),
        (b'{"event":[]}', ShapeError),
        (body(boardId=None), ShapeError),
        (body(pulseId=True), ShapeError),
        (body(triggerUuid=""), ShapeError),
    ],
)
def test_what_is_no_event_is_refused(said: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_event(said)
