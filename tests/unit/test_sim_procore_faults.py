from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
import pytest

from tiebeam.simulators.base.clock import ManualClock
from tiebeam.simulators.base.faults import KINDS, FaultRule, Faults, rules_from_json
from tiebeam.simulators.base.messages import ConnectionLost
from tiebeam.simulators.procore.app import ProcoreSimulator
from tiebeam.simulators.procore.caller import Caller
from tiebeam.simulators.procore.options import ProcoreOptions
from tiebeam.simulators.procore.state import ProcoreState

RFIS = "/rest/v1.0/projects/5/rfis"
START = datetime(2026, 3, 2, 15, tzinfo=UTC)


class Desk:
    def __init__(self, *rules: FaultRule, seed: int = 1, **options: Any) -> None:
        self.clock = ManualClock(START)
        self.state = ProcoreState(1000, self.clock.now, 1)
        self.state.insert("projects", {"id": 5, "name": "Tower"})
        for number in range(30):
            self.state.insert("rfis", {"subject": f"RFI {number}"}, project_id=5)
        known: dict[str, Any] = {"hourly_limit": None, "spike_limit": None, **options}
        self.simulator = ProcoreSimulator(self.state, options=ProcoreOptions(**known))
        self.caller = Caller(self.simulator, company_id=1000).sign_in()
        self.simulator.faults = Faults(seed, rules)

    def status(self, path: str = RFIS) -> int:
        try:
            return self.caller.get(path).status
        except ConnectionLost:
            return 0


def test_a_lost_request_has_no_effect_and_a_lost_answer_has() -> None:
    desk = Desk(
        FaultRule("drop_request", match="/oauth/token", count=1),
        FaultRule("drop_answer", match="/oauth/token", skip=1, count=1),
    )
    calls = desk.simulator.stats.calls
    with pytest.raises(ConnectionLost) as lost:
        desk.caller.sign_in()
    assert (lost.value.sent, desk.simulator.stats.calls) == (False, calls)
    with pytest.raises(ConnectionLost) as lost:
        desk.caller.sign_in()
    assert (lost.value.sent, desk.simulator.stats.calls) == (True, calls + 1)


def test_a_refresh_token_dies_though_the_answer_is_lost() -> None:
    desk = Desk(FaultRule("drop_answer", match="POST /oauth/token", skip=1, count=1))
    authorize = {"response_type": "code", "client_id": "tiebeam-client-id"}
    code = desk.caller.get("/oauth/authorize", authorize).headers["Location"].partition("code=")[2]
    app = {"client_id": "tiebeam-client-id", "client_secret": "tiebeam-client-secret"}
    grant = desk.caller.post("/oauth/token", {"grant_type": "authorization_code", "code": code, **app}).json
    refresh = {"grant_type": "refresh_token", "refresh_token": grant["refresh_token"], **app}
    with pytest.raises(ConnectionLost):
        desk.caller.post("/oauth/token", refresh)
    assert desk.caller.post("/oauth/token", refresh).json["error"] == "invalid_grant"


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_status_can_be_forced_with_or_without_a_time_to_wait(status: int) -> None:
    desk = Desk(
        FaultRule("status", match="rfis", status=status, count=1),
        FaultRule("status", match="rfis", status=status, skip=1, count=1, retry_after_seconds=7),
    )
    first, second = desk.caller.get(RFIS), desk.caller.get(RFIS)
    assert (first.status, "Retry-After" in first.headers) == (status, False)
    assert (second.status, second.headers["Retry-After"]) == (status, "7")
    assert desk.status() == 200


def test_a_forced_status_may_hide_that_the_call_took_effect() -> None:
    desk = Desk(FaultRule("status", match="POST /oauth/revoke", status=502, processed=True))
    fields = {"client_id": "tiebeam-client-id", "client_secret": "tiebeam-client-secret"}
    assert desk.caller.post("/oauth/revoke", {"token": desk.caller.token, **fields}).status == 502
    assert desk.status() == 401


def test_a_forced_status_counts_against_the_limits() -> None:
    desk = Desk(FaultRule("status", match="rfis", count=2), spike_limit=2)
    assert [desk.status() for _ in range(3)] == [503, 503, 429]


def test_an_answer_can_be_late() -> None:
    desk = Desk(FaultRule("delay", delay_seconds=12.5))
    assert desk.caller.get(RFIS).response.delay_seconds == 12.5


def test_an_answer_can_be_cut_be_a_page_of_html_or_garbage() -> None:
    desk = Desk(
        FaultRule("truncate", count=1),
        FaultRule("html", skip=1, count=1),
        FaultRule("garbage", skip=2, count=1),
    )
    for content_type in ("application/json", "text/html", "application/json"):
        answer = desk.caller.get(RFIS)
        assert (answer.status, answer.headers["Content-Type"].partition(";")[0]) == (200, content_type)
        with pytest.raises(orjson.JSONDecodeError):
            orjson.loads(answer.response.body)
    assert len(desk.caller.get(RFIS).json) == 30


def test_a_row_can_stand_twice_in_a_page() -> None:
    desk = Desk(FaultRule("repeat_row"))
    rows = [row["id"] for row in desk.caller.get(RFIS).json]
    assert (len(rows), len(set(rows))) == (31, 30)


def test_a_grant_can_be_revoked_from_outside() -> None:
    desk = Desk(FaultRule("revoke_grant", match="rfis", count=1))
    assert desk.status() == 401
    assert desk.status() == 401
    desk.caller.sign_in()
    assert desk.status() == 200


def test_a_tool_and_a_project_can_be_lost_for_a_while() -> None:
    desk = Desk(
        FaultRule("disable_tool", match="rfis", count=1, for_seconds=60),
        FaultRule("lose_project", match="submittals", count=1, for_seconds=120),
    )
    assert desk.status() == 403
    assert desk.status("/rest/v1.0/projects/5/submittals") == 403
    desk.clock.advance(60)
    assert desk.status() == 403
    desk.clock.advance(60)
    assert desk.status() == 200


def test_a_record_can_be_hidden_and_is_seen_again_when_the_faults_are_stopped() -> None:
    desk = Desk(FaultRule("hide_record", match="rfis", count=1, for_seconds=10**9))
    assert len(desk.caller.get(RFIS).json) == 29
    assert len(desk.caller.get(RFIS).json) == 29
    desk.simulator.stop_faults()
    assert len(desk.caller.get(RFIS).json) == 30


def test_a_change_without_an_end_outlives_the_faults() -> None:
    desk = Desk(FaultRule("disable_tool", match="rfis", count=1))
    assert desk.status() == 403
    desk.simulator.stop_faults()
    assert desk.status() == 403


def test_a_given_record_is_hidden() -> None:
    first = ProcoreState(1, lambda: START, 1).insert("rfis", {}, project_id=5)["id"]
    desk = Desk(FaultRule("hide_record", match="me$", resource="rfis", record_id=first, project_id=5))
    assert desk.status("/rest/v1.0/me") == 200
    assert desk.status(f"{RFIS}/{first}") == 404


def test_the_date_can_be_skewed() -> None:
    desk = Desk(FaultRule("skew_clock", skew_seconds=-90, count=1), spike_limit=5)
    first, second = desk.caller.get(RFIS), desk.caller.get(RFIS)
    assert (parsedate_to_datetime(first.headers["Date"]) - START).total_seconds() == -90
    assert parsedate_to_datetime(second.headers["Date"]) == START
    assert int(second.headers["X-Rate-Limit-Reset"]) - int(first.headers["X-Rate-Limit-Reset"]) == 90


@pytest.mark.parametrize(("change", "rows"), [("insert", 31), ("delete", 29), ("update", 30)])
def test_rows_change_between_two_pages_of_one_walk(change: Any, rows: int) -> None:
    desk = Desk(FaultRule("change_between_pages", change=change, count=1))
    before = {row["id"]: dict(row) for row in desk.state.rows("rfis")}
    page = desk.caller.get(RFIS, {"per_page": 10})
    assert page.headers["Total"] == "30"
    after = {row["id"]: row for row in desk.state.rows("rfis")}
    assert len(after) == rows
    assert after != before
    assert desk.caller.get(page.links["next"]).headers["Total"] == str(rows)


def test_nothing_changes_behind_the_last_page() -> None:
    desk = Desk(FaultRule("change_between_pages", change="delete"))
    desk.caller.get(RFIS)
    assert len(desk.state.rows("rfis")) == 30


def test_a_rule_keeps_to_its_time_its_calls_and_its_number() -> None:
    half_past = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
    desk = Desk(
        FaultRule("status", match=r"^GET .*/rfis\?page=2$", count=1),
        FaultRule("status", match="/me", after=half_past, before=half_past.replace(minute=40)),
    )
    assert desk.status() == 200
    assert desk.status(f"{RFIS}?page=2") == 503
    assert desk.status(f"{RFIS}?page=2") == 200
    met = []
    for _ in range(4):
        met.append(desk.status("/rest/v1.0/me"))
        desk.clock.advance(15 * 60)
    assert met == [200, 200, 503, 200]


def test_one_seed_meets_the_same_faults_and_another_seed_others() -> None:
    rules = (FaultRule("status", probability=0.3), FaultRule("drop_request", probability=0.2))

    def met(seed: int) -> list[int]:
        desk = Desk(*rules, seed=seed)
        return [desk.status() for _ in range(60)]

    assert met(4) == met(4) != met(5)
    assert {0, 200, 503} == set(met(4))


def test_fired_faults_are_counted_and_can_be_stopped_and_resumed() -> None:
    desk = Desk(FaultRule("status"))
    assert desk.status() == 503
    faults = desk.simulator.faults
    assert faults is not None
    faults.stop()
    assert desk.status() == 200
    faults.resume()
    assert desk.status() == 503
    assert desk.simulator.stats_report()["faults"] == {"status": 2}


def test_rules_are_read_from_json() -> None:
    text = orjson.dumps([{"kind": "delay", "delay_seconds": 3, "after": "2026-03-02T00:00:00Z"}])
    assert rules_from_json(text) == [
        FaultRule("delay", delay_seconds=3, after=datetime(2026, 3, 2, tzinfo=UTC))
    ]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"kind": "explode"}, "no fault 'explode'"),
        ({"kind": "delay", "secs": 3}, "unknown fields"),
        ({"kind": "delay", "probability": 2}, "from 0 to 1"),
        ({"kind": "delay", "match": "("}, "cannot be used"),
        ({}, "cannot be used"),
    ],
)
def test_a_rule_that_could_never_fire_is_refused(rule: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match="rule 0") as refused:
        rules_from_json(orjson.dumps([rule]))
    assert said in str(refused.value)


def test_every_kind_of_fault_is_carried_out_without_an_error_of_its_own() -> None:
    for kind in KINDS:
        desk = Desk(FaultRule(kind))
        assert desk.status(f"{RFIS}?per_page=5") in {0, 200, 401, 403, 503}, kind
        assert desk.status("/nowhere") in {0, 200, 401, 404, 503}, kind
