from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tiebeam.simulators.base.clock import ManualClock
from tiebeam.simulators.procore.app import ProcoreSimulator
from tiebeam.simulators.procore.caller import Caller
from tiebeam.simulators.procore.options import OAuthClient, ProcoreOptions
from tiebeam.simulators.procore.state import ProcoreState

START = datetime(2026, 3, 2, 15, tzinfo=UTC)


def open_desk(**options: Any) -> tuple[ManualClock, Caller]:
    clock = ManualClock(START)
    state = ProcoreState(1000, clock.now, 1)
    simulator = ProcoreSimulator(state, options=ProcoreOptions(**options))
    return clock, Caller(simulator, company_id=1000).sign_in()


def shown(caller: Caller) -> tuple[int, int, int, int]:
    answer = caller.get("/rest/v1.0/me")
    names = ("Limit", "Remaining", "Reset")
    limit, remaining, reset = (int(answer.headers[f"X-Rate-Limit-{name}"]) for name in names)
    return answer.status, limit, remaining, reset - int(START.timestamp())


def test_headers_speak_of_the_spike_until_the_hour_is_nearer_its_end() -> None:
    clock, caller = open_desk(spike_limit=3, hourly_limit=5)
    assert shown(caller) == (200, 3, 2, 10)
    assert shown(caller) == (200, 3, 1, 10)
    clock.advance(11)
    assert shown(caller) == (200, 5, 2, 3600)
    assert shown(caller) == (200, 5, 1, 3600)


def test_the_spike_refuses_and_lets_through_again_as_its_oldest_call_ends() -> None:
    clock, caller = open_desk(spike_limit=2, hourly_limit=None, refused_calls_count=False)
    shown(caller)
    clock.advance(4)
    shown(caller)
    assert shown(caller) == (429, 2, 0, 10)
    clock.advance(6)
    assert shown(caller)[0] == 200
    assert shown(caller)[0] == 429


def test_a_refused_call_counts_too_so_hammering_never_gets_through() -> None:
    clock, caller = open_desk(spike_limit=2, hourly_limit=None)
    statuses = []
    for _ in range(20):
        statuses.append(shown(caller)[0])
        clock.advance(1)
    assert statuses == [200, 200] + [429] * 18
    clock.advance(10)
    assert shown(caller)[0] == 200


def test_waiting_until_reset_is_enough() -> None:
    clock, caller = open_desk(spike_limit=2, hourly_limit=None)
    answers = []
    for _ in range(4):
        clock.advance(1)
        answers.append(shown(caller))
    status, _, _, reset = answers[-1]
    assert status == 429
    clock.set(datetime.fromtimestamp(START.timestamp() + reset, UTC))
    assert shown(caller)[0] == 200


def test_failed_calls_count() -> None:
    _, caller = open_desk(spike_limit=2, hourly_limit=None)
    assert caller.get("/rest/v1.0/no_such_thing").status == 404
    assert caller.get("/rest/v1.0/projects").status == 400
    assert caller.get("/rest/v1.0/me").status == 429


def test_the_hour_can_be_fixed_and_then_empties_at_once() -> None:
    clock, caller = open_desk(spike_limit=None, hourly_limit=2, hourly_window="fixed")
    assert shown(caller) == (200, 2, 1, 3600)
    clock.advance(3599)
    assert shown(caller)[0] == 200
    assert shown(caller)[:3] == (429, 2, 0)
    clock.advance(1)
    assert shown(caller) == (200, 2, 1, 7200)


def test_the_rolling_hour_gives_back_one_call_at_a_time() -> None:
    clock, caller = open_desk(spike_limit=None, hourly_limit=2)
    shown(caller)
    clock.advance(1800)
    shown(caller)
    clock.advance(1801)
    assert shown(caller)[0] == 200
    assert shown(caller)[0] == 429


def test_a_429_says_nothing_of_retrying_unless_switched_on() -> None:
    _, caller = open_desk(spike_limit=1)
    caller.get("/rest/v1.0/me")
    assert "Retry-After" not in caller.get("/rest/v1.0/me").headers
    _, caller = open_desk(spike_limit=1, retry_after_on_429=True)
    caller.get("/rest/v1.0/me")
    assert caller.get("/rest/v1.0/me").headers["Retry-After"] == "10"


def test_without_limits_there_are_no_headers() -> None:
    _, caller = open_desk(spike_limit=None, hourly_limit=None)
    answer = caller.get("/rest/v1.0/me")
    assert not [name for name in answer.headers if name.startswith("X-Rate")]


@pytest.mark.parametrize(("limit_by", "status"), [("client", 429), ("token", 200)])
def test_the_limit_belongs_to_the_app_or_to_the_token(limit_by: str, status: int) -> None:
    _, caller = open_desk(spike_limit=1, limit_by=limit_by)
    assert caller.get("/rest/v1.0/me").status == 200
    assert caller.sign_in().get("/rest/v1.0/me").status == status


def test_two_apps_do_not_share_a_limit() -> None:
    _, caller = open_desk(spike_limit=1, clients=(OAuthClient("a", "s"), OAuthClient("b", "s")))
    assert caller.get("/rest/v1.0/me").status == 200
    assert caller.sign_in(1).get("/rest/v1.0/me").status == 200


def test_stats_keep_the_largest_count_of_any_window() -> None:
    clock, caller = open_desk(spike_limit=3, hourly_limit=100)
    for _ in range(4):
        caller.get("/rest/v1.0/me")
    clock.advance(100)
    caller.get("/rest/v1.0/me")
    report = caller.simulator.stats_report()
    assert report["windows"]["spike"] == {"seconds": 10, "limit": 3, "largest": 4}
    assert report["windows"]["hourly"] == {"seconds": 3600, "limit": 100, "largest": 5}
    assert report["refused_429"] == 1
    assert report["by_status"] == {"200": 5, "429": 1}
