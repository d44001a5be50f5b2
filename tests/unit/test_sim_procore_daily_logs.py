from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tiebeam.simulators.base.clock import ManualClock
from tiebeam.simulators.procore.app import ProcoreSimulator
from tiebeam.simulators.procore.caller import Caller
from tiebeam.simulators.procore.options import ProcoreOptions
from tiebeam.simulators.procore.resources import DAILY_LOG_KINDS
from tiebeam.simulators.procore.state import ProcoreState

P = "/rest/v1.0/projects/5"
P11 = "/rest/v1.1/projects/5"
TODAY = date(2026, 3, 1)


class Desk:
    """Two in the morning of 2 March in UTC, when it is still 1 March in Chicago."""

    def __init__(self) -> None:
        self.clock = ManualClock(datetime(2026, 3, 2, 2, tzinfo=UTC))
        self.state = ProcoreState(1000, self.clock.now, 1)
        self.state.insert("projects", {"id": 5, "time_zone": "America/Chicago"})
        options = ProcoreOptions(hourly_limit=None, spike_limit=None)
        self.caller = Caller(ProcoreSimulator(self.state, options=options), company_id=1000).sign_in()

    def sleep_until_morning(self) -> None:
        self.clock.advance(4 * 3600)
        self.caller.sign_in()

    def log(self, kind: str, days_ago: int = 0, **fields: Any) -> int:
        day = (TODAY - timedelta(days=days_ago)).isoformat()
        record_id: int = self.state.insert(kind, {"date": day, **fields}, project_id=5)["id"]
        return record_id

    def ids(self, path: str, /, **query: Any) -> list[int]:
        answer = self.caller.get(path, query)
        assert answer.status == 200, answer.json
        return [row["id"] for row in answer.json]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("kind", DAILY_LOG_KINDS)
def test_each_kind_is_listed_by_date_and_shown_alone(desk: Desk, kind: str) -> None:
    today, before = desk.log(kind), desk.log(kind, days_ago=3)
    assert desk.ids(f"{P}/{kind}") == [today]
    assert desk.ids(f"{P}/{kind}", log_date="2026-02-26") == [before]
    assert desk.ids(f"{P}/{kind}", start_date="2026-02-01", end_date="2026-03-01") == [today, before]
    assert desk.caller.get(f"{P}/{kind}/{before}").json["date"] == "2026-02-26"
    desk.state.delete(kind, before)
    assert desk.ids(f"{P}/{kind}", log_date="2026-02-26") == []
    assert desk.caller.get(f"{P}/{kind}/{before}").status == 404


def test_today_is_the_projects_own_day(desk: Desk) -> None:
    log_id = desk.log("notes_logs")
    assert desk.ids(f"{P}/notes_logs") == [log_id]
    desk.sleep_until_morning()
    assert desk.ids(f"{P}/notes_logs") == []


def test_an_end_beyond_the_projects_today_is_refused_though_it_is_today_in_utc(desk: Desk) -> None:
    asked = {"start_date": "2026-02-20", "end_date": "2026-03-02"}
    answer = desk.caller.get(f"{P}/work_logs", asked)
    assert (answer.status, "in the future" in answer.json["message"]) == (400, True)
    desk.sleep_until_morning()
    assert desk.caller.get(f"{P}/work_logs", asked).status == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"start_date": "2025-11-30", "end_date": "2026-03-01"}, 200),
        ({"start_date": "2025-11-29", "end_date": "2026-03-01"}, 400),
        ({"start_date": "2026-02-20"}, 200),
        ({"end_date": "2026-02-20"}, 400),
        ({"start_date": "2026-02-21", "end_date": "2026-02-20"}, 400),
        ({"log_date": "02/20/2026"}, 400),
        ({"log_date": "2026-12-24"}, 200),
    ],
)
def test_ranges_have_their_limits(desk: Desk, query: dict[str, str], status: int) -> None:
    assert desk.caller.get(f"{P}/delay_logs", query).status == status


@pytest.mark.parametrize(
    "kind", ["manpower_logs", "notes_logs", "delivery_logs", "daily_construction_report_logs"]
)
def test_pending_entries_are_hidden_unless_asked_for(desk: Desk, kind: str) -> None:
    approved, pending = desk.log(kind, status="approved"), desk.log(kind, status="pending")
    assert desk.ids(f"{P}/{kind}") == [approved]
    assert desk.ids(f"{P}/{kind}", **{"filters[status]": "all"}) == [approved, pending]
    assert desk.ids(f"{P}/{kind}", **{"filters[status]": "pending"}) == [pending]


def test_weather_1_1_knows_a_status_and_1_0_does_not(desk: Desk) -> None:
    approved, pending = desk.log("weather_logs"), desk.log("weather_logs", status="pending")
    assert desk.ids(f"{P}/weather_logs") == [approved, pending]
    assert desk.ids(f"{P11}/daily_logs/weather_logs") == [approved]


def test_counts_tell_which_kinds_are_worth_a_call(desk: Desk) -> None:
    for days_ago in (0, 1, 1, 5):
        desk.log("work_logs", days_ago)
    window = {"start_date": "2026-02-28", "end_date": "2026-03-01"}
    for path in (f"{P}/daily_logs/count", f"{P11}/daily_logs/counts"):
        counts = {row["module_name"]: row["count"] for row in desk.caller.get(path, window).json}
        assert counts["work_logs"] == 3
        assert set(counts) == set(DAILY_LOG_KINDS)
        assert sum(counts.values()) == 3


def test_a_header_is_shown_by_day_or_id_and_all_of_them_by_index(desk: Desk) -> None:
    ids = [
        desk.state.insert("daily_log_headers", {"log_date": day}, project_id=5)["id"]
        for day in ("2026-02-10", "2026-03-01")
    ]
    headers = f"{P}/daily_log_headers"
    assert desk.caller.get(headers).json["id"] == ids[1]
    assert desk.caller.get(headers, {"log_date": "2026-02-10"}).json["id"] == ids[0]
    assert desk.caller.get(headers, {"id": ids[0]}).json["log_date"] == "2026-02-10"
    assert desk.caller.get(headers, {"log_date": "2026-02-11"}).status == 404
    assert desk.ids(f"{headers}/index") == ids
    assert desk.ids(f"{headers}/index", start_date="2026-02-20", end_date="2026-03-01") == [ids[1]]


def test_a_switched_off_daily_log_forbids_every_kind(desk: Desk) -> None:
    desk.state.set_tool(5, "daily_log", False)
    paths = [*(f"{P}/{kind}" for kind in DAILY_LOG_KINDS), f"{P11}/daily_logs/counts"]
    assert {desk.caller.get(path).status for path in paths} == {403}


@pytest.mark.parametrize("zone", ["Central Time (US & Canada)", "America/Chicago", "Atlantis/Nowhere", None])
def test_zones_are_known_by_either_name_and_unknown_ones_mean_utc(desk: Desk, zone: str | None) -> None:
    desk.state.update("projects", 5, {"time_zone": zone})
    known = zone is not None and "Atlantis" not in zone
    log_id = desk.log("call_logs", days_ago=0 if known else -1)
    assert desk.ids(f"{P}/call_logs") == [log_id]
