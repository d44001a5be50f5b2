"""What is wrong and how bad it is, as a table: each rule looks at one kind of observation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from tiebeam.operations.alerts.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from tiebeam.operations.limits.levels import GateLevel

FREE_SHARE_MIN: Final = 0.20
FAILURES_MAX: Final = 3
APART_MAX: Final = 3
"""How many kinds of records of one connection are told of one by one when they are late."""
_LATE_RULE: Final = "not_synced"
_HOUR_SECONDS: Final = 3600.0


@dataclass(frozen=True, slots=True)
class StreamAge:
    """The oldest reading of a stream in a connection that is connected."""

    connection_id: UUID
    stream: str
    title: str
    places: int
    """How many of its places (projects, schedules) are late by two intervals or more."""
    age: timedelta
    interval: timedelta
    unread: bool = False
    """Whether some place of it was never read to its end; `age` counts from when it was connected."""


@dataclass(frozen=True, slots=True)
class GateSeen:
    """How the rate gate of a connection stands."""

    connection_id: UUID
    vendor: str
    level: GateLevel


@dataclass(frozen=True, slots=True)
class FailureStreak:
    """Calls of one API that failed in a row, each after its own retries."""

    connection_id: UUID
    api: str
    failures: int
    cause: str
    action: str
    server_fault: bool
    """Whether the last of them was the vendor's own fault: an answer 5xx."""
    since: datetime


@dataclass(frozen=True, slots=True)
class ConnectionSeen:
    """How a connection stands."""

    connection_id: UUID
    vendor: str
    company_id: str | None
    status: str
    code: str | None
    reason: str | None
    action: str | None


@dataclass(frozen=True, slots=True)
class ConflictsSeen:
    """Records whose two sides disagreed, and what was done about it, since yesterday."""

    connection_id: UUID
    records: int


@dataclass(frozen=True, slots=True)
class HoldsSeen:
    """Deletions of a connection that wait for a person."""

    connection_id: UUID
    holds: int
    records: int


@dataclass(frozen=True, slots=True)
class DiskSeen:
    """How full the disk under a folder is."""

    folder: str
    free_bytes: int
    total_bytes: int

    @property
    def free_share(self) -> float:
        """The part of it that is free, from 0 to 1."""
        return self.free_bytes / self.total_bytes if self.total_bytes else 0.0


@dataclass(frozen=True, slots=True)
class ChannelSeen:
    """How sending to a channel goes."""

    channel: str
    failures: int
    error: str | None
    own: bool = False
    """Whether the company has added it itself."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: which severity a measure comes to, and what is said of it."""

    name: str
    title: str
    looks_at: type[Any]
    measure: Callable[[Any], float]
    """Of an observation; what reaches no step is well."""
    steps: tuple[tuple[float, Severity], ...]
    """Least measure and severity, worst first."""
    subject: Callable[[Any], str]
    summary: Callable[[Any], str]
    action: Callable[[Any], str]


def downloads_may_run(disk: DiskSeen) -> bool:
    """Return whether there is room for files to be fetched."""
    return disk.free_share >= FREE_SHARE_MIN


def is_exhausted(level: GateLevel) -> bool:
    """Return whether the vendor lets no call pass: no call is left in the hour, or it answered 429."""
    empty = any(window.width_seconds >= _HOUR_SECONDS and window.left <= 0 for window in level.windows)
    return not level.off and (empty or (level.paused_seconds > 0 and "429" in level.pause_reason))


def title_of(rule: str) -> str:
    """Return a rule's title; its own name for a rule of another part of the house."""
    known = RULES.get(rule)
    return known.title if known else rule.replace("_", " ").capitalize()


def judged(observations: Iterable[Any]) -> list[Finding]:
    """Return what is wrong about `observations`, by every rule that looks at their kind."""
    pairs = [(rule, seen) for seen in observations for rule in RULES.values()]
    found = [_finding(rule, seen) for rule, seen in pairs if isinstance(seen, rule.looks_at)]
    return [finding for finding in found if finding is not None]


def gathered(
    findings: Sequence[Finding], observations: Iterable[Any], standing: Collection[tuple[str, str]]
) -> list[Finding]:
    """Return what is to be told of, where many findings are one trouble; `standing` is told of already.

    While a vendor fails, that nothing is read of it is no news; and of many kinds that are late at once only
    their number is, and the first.
    """
    silent = {
        _of_connection(one)
        for one in observations
        if isinstance(one, FailureStreak) and one.failures >= FAILURES_MAX
    }
    fresh = [one for one in findings if one.rule == _LATE_RULE and (one.rule, one.subject) not in standing]
    told = [one for one in findings if one not in fresh]
    for connection in sorted({one.subject.partition("/")[0] for one in fresh}):
        if connection in silent and (_LATE_RULE, connection) not in standing:
            continue
        late = [one for one in fresh if one.subject.partition("/")[0] == connection]
        together = len(late) > APART_MAX or (_LATE_RULE, connection) in standing
        told += [_together(connection, late)] if together else late
    return told


def _together(connection: str, late: Sequence[Finding]) -> Finding:
    worst = max(late, key=lambda one: one.severity)
    kinds = f"{len(late)} kinds of records were" if len(late) > 1 else "A kind of records was"
    return replace(worst, subject=connection, summary=f"{kinds} not read in time. {late[0].summary}")


def rules_for(*kinds: type[Any]) -> frozenset[str]:
    """Return the names of the rules that look at these kinds of observation: those a report speaks for."""
    return frozenset(rule.name for rule in RULES.values() if rule.looks_at in kinds)


def _finding(rule: Rule, seen: Any) -> Finding | None:
    measure = rule.measure(seen)
    severity = next((severity for least, severity in rule.steps if measure >= least), None)
    if severity is None:
        return None
    return Finding(rule.name, rule.subject(seen), severity, rule.summary(seen), rule.action(seen))


def _of_connection(seen: Any) -> str:
    return f"connection:{seen.connection_id}"


def _minutes(span: timedelta) -> str:
    minutes = span.total_seconds() / 60
    if minutes < 120:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.0f} h" if minutes < 2880 else f"{minutes / 1440:.0f} days"


def _lateness(seen: StreamAge) -> float:
    return 0.0 if seen.unread else seen.age / seen.interval


def _late(seen: StreamAge) -> str:
    where = "" if seen.places == 1 else f" in {seen.places} places"
    return (
        f"{seen.title} were last read {_minutes(seen.age)} ago{where};"
        f" they should be every {_minutes(seen.interval)}."
    )


def _exhausted(seen: GateSeen) -> str:
    if seen.level.paused_seconds:
        wait_seconds, why = seen.level.paused_seconds, seen.level.pause_reason
        return f"{seen.vendor} lets no call pass for {wait_seconds:.0f} s: {why}."
    full = next(w for w in seen.level.windows if w.width_seconds >= _HOUR_SECONDS and w.left <= 0)
    span = "an hour" if full.width_seconds == _HOUR_SECONDS else "a day"
    return f"All {full.limit} calls {span} that {seen.vendor} allows are used."


def _failing(seen: FailureStreak) -> str:
    return f"{seen.failures} calls in a row to {seen.api} failed since {seen.since:%H:%M} UTC. {seen.cause}"


def _down(seen: ConnectionSeen) -> float:
    return float(seen.status == "error" or (seen.status == "disconnected" and seen.code is not None))


_ROWS = (
    Rule(
        _LATE_RULE,
        "Not synced in time",
        StreamAge,
        _lateness,
        ((5.0, Severity.CRITICAL), (2.0, Severity.WARNING)),
        lambda seen: f"connection:{seen.connection_id}/{seen.stream}",
        _late,
        lambda _: "See `tiebeam status --log 20` for why, and that `tiebeam up` or a worker runs.",
    ),
    Rule(
        "never_synced",
        "First copy not finished",
        StreamAge,
        lambda seen: seen.age.total_seconds() / 86_400 if seen.unread else 0.0,
        ((1.0, Severity.WARNING),),
        lambda seen: f"connection:{seen.connection_id}/{seen.stream}",
        lambda seen: f"{seen.title} were never read to the end, {_minutes(seen.age)} after connecting.",
        lambda _: "See `tiebeam status --log 20` for why; `tiebeam sync` goes on where it stopped.",
    ),
    Rule(
        "limit_exhausted",
        "Call limit exhausted",
        GateSeen,
        lambda seen: float(is_exhausted(seen.level)),
        ((1.0, Severity.WARNING),),
        _of_connection,
        _exhausted,
        lambda _: "It goes on by itself. If it happens daily, ask the vendor for a higher limit.",
    ),
    Rule(
        "server_errors",
        "The vendor answers with errors",
        FailureStreak,
        lambda seen: float(seen.failures if seen.server_fault else 0),
        ((FAILURES_MAX, Severity.CRITICAL),),
        lambda seen: f"connection:{seen.connection_id}/{seen.api}",
        _failing,
        lambda seen: seen.action,
    ),
    Rule(
        "api_failing",
        "An API fails",
        FailureStreak,
        lambda seen: float(0 if seen.server_fault else seen.failures),
        ((FAILURES_MAX, Severity.WARNING),),
        lambda seen: f"connection:{seen.connection_id}/{seen.api}",
        _failing,
        lambda seen: seen.action,
    ),
    Rule(
        "connection_down",
        "Connection refused",
        ConnectionSeen,
        _down,
        ((1.0, Severity.CRITICAL),),
        _of_connection,
        lambda seen: f"{seen.vendor.capitalize()} company {seen.company_id}: {seen.reason or seen.status}",
        lambda seen: seen.action or f"Connect it again: tiebeam connect {seen.vendor}.",
    ),
    Rule(
        "conflicts",
        "Conflicts settled",
        ConflictsSeen,
        lambda seen: float(seen.records),
        ((1.0, Severity.INFO),),
        _of_connection,
        lambda seen: f"{seen.records} records disagreed since yesterday; the vendor's content was taken.",
        lambda _: "See which with `tiebeam status --log 100`; every former version is kept.",
    ),
    Rule(
        "deletions_held",
        "Deletions wait for a person",
        HoldsSeen,
        lambda seen: float(seen.holds),
        ((1.0, Severity.WARNING),),
        _of_connection,
        lambda seen: f"{seen.records} records are missing at the vendor, too many at once to be believed.",
        lambda _: "Look at `tiebeam deletions list`, then approve or refuse.",
    ),
    Rule(
        "disk_low",
        "Disk nearly full",
        DiskSeen,
        lambda seen: float(not downloads_may_run(seen)),
        ((1.0, Severity.CRITICAL),),
        lambda seen: f"disk:{seen.folder}",
        lambda seen: (
            f"The disk under {seen.folder} is {seen.free_share:.0%} free"
            f" ({seen.free_bytes / 1e9:.1f} GB); downloads are paused."
        ),
        lambda _: f"Free space until {FREE_SHARE_MIN:.0%} is free, or move the data to a larger disk.",
    ),
    Rule(
        "channel_failing",
        "Alerts do not get through",
        ChannelSeen,
        lambda seen: float(seen.failures),
        ((FAILURES_MAX, Severity.WARNING),),
        lambda seen: f"channel:{seen.channel}",
        lambda seen: f"{seen.failures} messages in a row to {seen.channel} failed. {seen.error}",
        lambda seen: (
            "Send a test from Settings > Notifications; change the channel's URL there, or remove it."
            if seen.own
            else "Try it with `tiebeam alerts test`, and correct its URL in TIEBEAM_ALERT_URLS."
        ),
    ),
)
RULES: Final[Mapping[str, Rule]] = {rule.name: rule for rule in _ROWS}
