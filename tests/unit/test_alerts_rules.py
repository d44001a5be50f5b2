from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tiebeam.operations.alerts.model import Finding, Severity
from tiebeam.operations.alerts.rules import (
    RULES,
    ChannelSeen,
    ConflictsSeen,
    ConnectionSeen,
    DiskSeen,
    FailureStreak,
    GateSeen,
    HoldsSeen,
    StreamAge,
    downloads_may_run,
    gathered,
    judged,
    rules_for,
)
from tiebeam.operations.limits.levels import GateLevel, WindowLevel

CONNECTION = UUID(int=7)
AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def age(minutes: float, *, interval: float = 15, unread: bool = False) -> StreamAge:
    return StreamAge(
        CONNECTION,
        "procore.rfis",
        "RFIs",
        4,
        timedelta(minutes=minutes),
        timedelta(minutes=interval),
        unread,
    )


def level(*, left: int = 10, spike_left: int = 5, paused: float = 0.0, why: str = "") -> GateLevel:
    windows = (
        WindowLevel("10 seconds", 10.0, 25, True, 0, 0, spike_left, {}),
        WindowLevel("hour", 3600.0, 600, True, 0, 0, left, {}),
    )
    return GateLevel(windows, paused, why)


def streak(failures: int, *, server_fault: bool) -> FailureStreak:
    cause, action = "Procore failed to answer.", "See its status page."
    return FailureStreak(CONNECTION, "procore", failures, cause, action, server_fault, AT)


def connection(status: str, code: str | None = None) -> ConnectionSeen:
    return ConnectionSeen(CONNECTION, "procore", "12", status, code, "Access was revoked.", None)


def gate(found: GateLevel) -> GateSeen:
    return GateSeen(CONNECTION, "procore", found)


@pytest.mark.req("R16", "P24", "W16")
@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (age(29), None),
        (age(30), ("not_synced", Severity.WARNING)),
        (age(74), ("not_synced", Severity.WARNING)),
        (age(75), ("not_synced", Severity.CRITICAL)),
        (age(60 * 23, unread=True), None),
        (age(60 * 24, unread=True), ("never_synced", Severity.WARNING)),
        (gate(level()), None),
        (gate(level(spike_left=0)), None),
        (gate(level(left=0)), ("limit_exhausted", Severity.WARNING)),
        (
            gate(level(paused=9, why="the vendor's limit was exceeded (429)")),
            ("limit_exhausted", Severity.WARNING),
        ),
        (gate(level(paused=65, why="the vendor could not be reached")), None),
        (streak(2, server_fault=True), None),
        (streak(3, server_fault=True), ("server_errors", Severity.CRITICAL)),
        (streak(2, server_fault=False), None),
        (streak(3, server_fault=False), ("api_failing", Severity.WARNING)),
        (connection("connected"), None),
        (connection("paused"), None),
        (connection("disconnected"), None),
        (connection("error", "procore.grant_revoked"), ("connection_down", Severity.CRITICAL)),
        (connection("disconnected", "procore.grant_revoked"), ("connection_down", Severity.CRITICAL)),
        (ConflictsSeen(CONNECTION, 0), None),
        (ConflictsSeen(CONNECTION, 3), ("conflicts", Severity.INFO)),
        (HoldsSeen(CONNECTION, 1, 40), ("deletions_held", Severity.WARNING)),
        (DiskSeen("data", 20, 100), None),
        (DiskSeen("data", 199, 1000), ("disk_low", Severity.CRITICAL)),
        (DiskSeen("data", 0, 0), ("disk_low", Severity.CRITICAL)),
        (ChannelSeen("slack", 2, "no"), None),
        (ChannelSeen("slack", 3, "no"), ("channel_failing", Severity.WARNING)),
    ],
)
def test_what_is_seen_becomes_the_finding_of_one_row(
    seen: object, expected: tuple[str, Severity] | None
) -> None:
    found = [(finding.rule, finding.severity) for finding in judged([seen])]
    assert found == ([expected] if expected else [])


def test_a_finding_says_what_happened_and_what_to_do() -> None:
    (finding,) = judged([age(70)])
    assert finding.summary == "RFIs were last read 70 min ago in 4 places; they should be every 15 min."
    assert "tiebeam status" in finding.action
    assert finding.subject == f"connection:{CONNECTION}/procore.rfis"
    (finding,) = judged([DiskSeen("data", 5_000_000_000, 50_000_000_000)])
    assert finding.summary == "The disk under data is 10% free (5.0 GB); downloads are paused."


def test_downloads_run_until_the_disk_is_too_full() -> None:
    assert downloads_may_run(DiskSeen("data", 20, 100))
    assert not downloads_may_run(DiskSeen("data", 19, 100))


def test_a_gate_that_is_off_is_never_exhausted() -> None:
    assert judged([gate(GateLevel((), 0.0, "", off=True))]) == []


def test_the_rules_of_a_kind_are_those_that_look_at_it() -> None:
    assert rules_for(StreamAge) == {"not_synced", "never_synced"}
    assert rules_for(FailureStreak, DiskSeen) == {"server_errors", "api_failing", "disk_low"}
    kinds = [rule.looks_at for rule in RULES.values()]
    assert rules_for(*kinds) == set(RULES)


def test_the_steps_of_every_rule_go_from_the_worst_down() -> None:
    for rule in RULES.values():
        assert list(rule.steps) == sorted(rule.steps, reverse=True)


def late(*kinds: str, connection: UUID = CONNECTION) -> list[Finding]:
    return judged(replace(age(30), connection_id=connection, stream=kind, title=kind) for kind in kinds)


@pytest.mark.req("P24")
def test_many_kinds_that_are_late_at_once_are_one_alert() -> None:
    few, many = late("a", "b", "c"), late("a", "b", "c", "d")
    assert gathered(few, [], []) == few
    (told,) = gathered(many, [], [])
    assert told.subject == f"connection:{CONNECTION}"
    assert told.summary.startswith("4 kinds of records were not read in time. a were last read 30 min ago")
    standing = [(told.rule, told.subject)]
    (still,) = gathered(late("d"), [], standing)
    assert still.subject == told.subject
    assert gathered(many, [], [(one.rule, one.subject) for one in many]) == many


@pytest.mark.req("P24")
def test_while_a_vendor_fails_it_is_no_news_that_nothing_is_read() -> None:
    failing = streak(3, server_fault=False)
    few, elsewhere = late("a", "b"), late("a", connection=UUID(int=77))
    assert gathered([*few, *elsewhere], [failing], []) == elsewhere
    assert gathered(few, [failing], [(few[0].rule, few[0].subject)]) == few[:1]
    assert gathered(few, [replace(failing, failures=2)], []) == few
