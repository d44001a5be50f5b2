"""What findings do to alerts, when a channel is told, and in which words. Nothing here does any of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from tiebeam.operations.alerts.machine import AlertEvent, moved
from tiebeam.operations.alerts.model import AlertStatus, Digest, Notice, NoticeEvent, Severity
from tiebeam.operations.alerts.rules import title_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from tiebeam.operations.alerts.model import Alert, Finding, Quiet

LINES_OF_RULE_MAX: Final = 8
"""How many alerts of one rule a message spells out."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a report does to the alerts."""

    opened: tuple[Finding, ...] = ()
    changed: tuple[Alert, ...] = ()
    """Standing ones as they are now; those that came back are among them."""
    loud: frozenset[int] = frozenset()
    """Ids among `changed` of which there is something to tell."""
    resolved: tuple[Alert, ...] = ()


def plan(known: Sequence[Alert], findings: Iterable[Finding], now: datetime) -> Changes:
    """Return what to do about `findings`, given the alerts of the same rules.

    `known` holds the standing alerts, and of the resolved ones those that may come back: at most one alert of
    each rule and subject. Of several findings of the same trouble the worst counts.
    """
    worst = _worst_by_key(findings)
    by_key = {alert.key: alert for alert in known}
    opened = tuple(finding for key, finding in worst.items() if key not in by_key)
    pairs = [(alert, worst[alert.key]) for alert in known if alert.key in worst]
    gone = [alert for alert in known if alert.key not in worst and alert.status is not AlertStatus.RESOLVED]
    return Changes(
        opened=opened,
        changed=tuple(_seen_again(alert, finding, now) for alert, finding in pairs),
        loud=frozenset(alert.id for alert, finding in pairs if _is_news(alert, finding)),
        resolved=tuple(_gone(alert, now) for alert in gone),
    )


def _worst_by_key(findings: Iterable[Finding]) -> dict[tuple[str, str], Finding]:
    worst: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        known = worst.get(finding.key)
        if known is None or finding.severity > known.severity:
            worst[finding.key] = finding
    return worst


def _event(alert: Alert, finding: Finding) -> AlertEvent:
    return AlertEvent.WORSENED if finding.severity > alert.severity else AlertEvent.SEEN


def _is_news(alert: Alert, finding: Finding) -> bool:
    return alert.status is AlertStatus.RESOLVED or finding.severity > alert.severity


def _seen_again(alert: Alert, finding: Finding, now: datetime) -> Alert:
    status = moved(alert.status, _event(alert, finding))
    taken = status is AlertStatus.ACKNOWLEDGED
    return replace(
        alert,
        severity=finding.severity,
        status=status,
        summary=finding.summary,
        action=finding.action,
        sightings=alert.sightings + 1,
        seen_at=now,
        acknowledged_at=alert.acknowledged_at if taken else None,
        acknowledged_by=alert.acknowledged_by if taken else None,
        resolved_at=None,
    )


def _gone(alert: Alert, now: datetime) -> Alert:
    return replace(alert, status=moved(alert.status, AlertEvent.GONE), resolved_at=now)


def is_due(notices: Sequence[Notice], last_sent_at: datetime | None, quiet: Quiet, now: datetime) -> bool:
    """Return whether a channel is told now: at once after a silence, else when its quiet time is over."""
    if not notices:
        return False
    urgent = any(n.severity is Severity.CRITICAL and n.event is NoticeEvent.OPENED for n in notices)
    rest = quiet.urgent if urgent else quiet.other
    return last_sent_at is None or now >= last_sent_at + rest


def digest(company: str, notices: Sequence[Notice]) -> Digest:
    """Return the one message that tells of all `notices`; there must be at least one. It holds no secret."""
    news = [notice for notice in notices if notice.event is NoticeEvent.OPENED]
    over = [notice for notice in notices if notice.event is NoticeEvent.RESOLVED]
    parts = [*_parts(news)]
    if over:
        parts.append("\n".join(["Well again:", *_lines([f"- {notice.summary}" for notice in over])]))
    return Digest(
        title=f"Tiebeam, {company}: {_count(news, len(over))}",
        body="\n\n".join(parts),
        severity=max(notice.severity for notice in notices),
        all_resolved=not news,
        notices=tuple(notices),
    )


def trial(company: str, now: datetime) -> Digest:
    """Return a message by which a channel is tried."""
    words = ("This is a test of the channel.", "Nothing is wrong, and nothing needs to be done.")
    notice = Notice(0, 0, NoticeEvent.OPENED, Severity.INFO, 0, now, "test", "test", *words, now)
    found = digest(company, [notice])
    return replace(found, title=f"{found.title} (test)")


def _count(news: Sequence[Notice], over: int) -> str:
    counts = Counter(notice.severity for notice in news)
    said = [f"{counts[level]} {level.title}" for level in sorted(counts, reverse=True)]
    return ", ".join([*said, *([f"{over} resolved"] if over else [])])


def _parts(news: Sequence[Notice]) -> Iterable[str]:
    ordered = sorted(news, key=lambda notice: (-notice.severity, notice.rule, notice.noted_at, notice.id))
    for (severity, rule), group in groupby(ordered, key=lambda notice: (notice.severity, notice.rule)):
        found = list(group)
        lines = [f"- {notice.summary}\n  → {notice.action}" for notice in found]
        yield "\n".join([f"{title_of(rule)} ({severity.title}):", *_lines(lines)])


def _lines(lines: list[str]) -> list[str]:
    left = len(lines) - LINES_OF_RULE_MAX
    more = [f"- and {left} more: tiebeam alerts list"] if left > 0 else []
    return lines[:LINES_OF_RULE_MAX] + more
