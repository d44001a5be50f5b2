from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tiebeam.operations.alerts.machine import MOVES, AlertEvent, IllegalMoveError, moved
from tiebeam.operations.alerts.model import (
    Alert,
    AlertStatus,
    Finding,
    Notice,
    NoticeEvent,
    Quiet,
    Severity,
)
from tiebeam.operations.alerts.plan import LINES_OF_RULE_MAX, digest, is_due, plan

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
QUIET = Quiet(urgent=timedelta(minutes=1), other=timedelta(minutes=5))


def finding(subject: str = "a", severity: Severity = Severity.WARNING) -> Finding:
    return Finding("not_synced", subject, severity, f"{subject} is late.", "Look.")


def alert(subject: str = "a", status: AlertStatus = AlertStatus.OPEN) -> Alert:
    taken = AT if status is AlertStatus.ACKNOWLEDGED else None
    resolved = AT if status is AlertStatus.RESOLVED else None
    by = "ann" if taken else None
    words = (f"{subject} is late.", "Look.")
    return Alert(1, "not_synced", subject, Severity.WARNING, status, *words, 1, AT, AT, taken, by, resolved)


def notice(n: int, severity: Severity = Severity.WARNING, event: NoticeEvent = NoticeEvent.OPENED) -> Notice:
    return Notice(n, n, event, severity, 0, AT, "not_synced", f"s{n}", f"Kind {n} is late.", "Look.", AT)


def test_every_pair_of_status_and_event_is_a_move_or_refused() -> None:
    for (status, event), target in MOVES.items():
        assert moved(status, event) is target
    refused = {(s, e) for s in AlertStatus for e in AlertEvent} - MOVES.keys()
    assert refused == {
        (AlertStatus.RESOLVED, AlertEvent.ACKNOWLEDGED),
        (AlertStatus.RESOLVED, AlertEvent.GONE),
    }
    for status, event in refused:
        with pytest.raises(IllegalMoveError, match=status):
            moved(status, event)


def test_the_worst_of_several_findings_of_one_trouble_counts() -> None:
    changes = plan([], [finding(), finding(severity=Severity.CRITICAL), finding("b")], AT)
    assert [(one.subject, one.severity) for one in changes.opened] == [
        ("a", Severity.CRITICAL),
        ("b", Severity.WARNING),
    ]


def test_what_is_found_again_is_no_news_unless_it_is_worse() -> None:
    same = plan([alert()], [finding()], AT)
    assert (same.opened, same.loud, same.resolved) == ((), frozenset(), ())
    assert same.changed[0].sightings == 2
    worse = plan([alert()], [finding(severity=Severity.CRITICAL)], AT)
    assert worse.loud == {1}
    better = plan([alert()], [finding(severity=Severity.INFO)], AT)
    assert better.loud == frozenset()
    assert better.changed[0].severity is Severity.INFO


def test_an_acknowledged_alert_opens_again_only_when_it_gets_worse() -> None:
    taken = alert(status=AlertStatus.ACKNOWLEDGED)
    same = plan([taken], [finding()], AT).changed[0]
    assert (same.status, same.acknowledged_by) == (AlertStatus.ACKNOWLEDGED, "ann")
    worse = plan([taken], [finding(severity=Severity.CRITICAL)], AT).changed[0]
    assert (worse.status, worse.acknowledged_by) == (AlertStatus.OPEN, None)


def test_what_is_no_longer_found_is_resolved_and_may_come_back() -> None:
    changes = plan([alert(), alert("b", AlertStatus.RESOLVED)], [], AT)
    assert [(one.subject, one.status, one.resolved_at) for one in changes.resolved] == [
        ("a", AlertStatus.RESOLVED, AT)
    ]
    back = plan([alert(status=AlertStatus.RESOLVED)], [finding()], AT)
    assert back.changed[0].status is AlertStatus.OPEN
    assert back.changed[0].resolved_at is None
    assert back.loud == {1}


def test_the_first_message_goes_at_once_and_the_next_when_its_quiet_time_is_over() -> None:
    ordinary, urgent = [notice(1)], [notice(1), notice(2, Severity.CRITICAL)]
    assert not is_due([], None, QUIET, AT)
    assert is_due(ordinary, None, QUIET, AT)
    assert not is_due(ordinary, AT - timedelta(seconds=299), QUIET, AT)
    assert is_due(ordinary, AT - timedelta(seconds=300), QUIET, AT)
    assert not is_due(urgent, AT - timedelta(seconds=59), QUIET, AT)
    assert is_due(urgent, AT - timedelta(seconds=60), QUIET, AT)
    over = [notice(1, Severity.CRITICAL, NoticeEvent.RESOLVED)]
    assert not is_due(over, AT - timedelta(seconds=60), QUIET, AT)


@pytest.mark.req("P24")
def test_a_storm_becomes_one_message_that_can_be_read() -> None:
    storm = [notice(n) for n in range(1, 101)]
    storm += [notice(200, Severity.CRITICAL), notice(201, event=NoticeEvent.RESOLVED)]
    message = digest("alder", storm)
    assert message.title == "Tiebeam, alder: 1 critical, 100 warning, 1 resolved"
    critical, warning, over = message.body.split("\n\n")
    assert critical == "Not synced in time (critical):\n- Kind 200 is late.\n  → Look."
    assert warning.startswith("Not synced in time (warning):\n- Kind 1 is late.\n  → Look.\n- Kind 2")
    assert warning.endswith(f"- and {100 - LINES_OF_RULE_MAX} more: tiebeam alerts list")
    assert warning.count("is late") == LINES_OF_RULE_MAX
    assert over == "Well again:\n- Kind 201 is late."
    assert (message.severity, message.all_resolved) == (Severity.CRITICAL, False)
    assert digest("alder", [storm[-1]]).all_resolved
