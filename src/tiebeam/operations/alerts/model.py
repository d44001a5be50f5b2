"""Alerts and what is told of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta


class Severity(IntEnum):
    """How bad it is. A channel has a threshold, and hears of what reaches it."""

    INFO = 1
    """Worth knowing; nothing stops."""
    WARNING = 2
    """Something suffers, and somebody should look at it today."""
    CRITICAL = 3
    """Something stands still, or soon will."""

    @property
    def title(self) -> str:
        """Return `info`, `warning` or `critical`."""
        return self.name.lower()


class AlertStatus(StrEnum):
    """Where an alert stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    """Somebody has taken it on: it is told of no more, unless it gets worse."""
    RESOLVED = "resolved"
    """It is no longer found."""


class NoticeEvent(StrEnum):
    """What of an alert is told."""

    OPENED = "opened"
    """It was found, or got worse."""
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong that was seen. The same rule and subject mean the same trouble."""

    rule: str
    subject: str
    """What it is about, from wide to narrow: `connection:<id>/procore.rfis`."""
    severity: Severity
    summary: str
    """What happened, in one sentence."""
    action: str
    """What to do next, in one sentence."""

    @property
    def key(self) -> tuple[str, str]:
        """What tells one trouble from another."""
        return self.rule, self.subject


@dataclass(frozen=True, slots=True)
class Alert:
    """A trouble that was found, from its first sighting to its end."""

    id: int
    rule: str
    subject: str
    severity: Severity
    status: AlertStatus
    summary: str
    action: str
    sightings: int
    opened_at: datetime
    seen_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    resolved_at: datetime | None

    def __post_init__(self) -> None:
        """Take the values of the database as what they mean."""
        object.__setattr__(self, "severity", Severity(self.severity))
        object.__setattr__(self, "status", AlertStatus(self.status))

    @property
    def key(self) -> tuple[str, str]:
        """What tells one trouble from another."""
        return self.rule, self.subject


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that a channel is still to be told."""

    id: int
    alert_id: int
    event: NoticeEvent
    severity: Severity
    attempts: int
    noted_at: datetime
    rule: str
    subject: str
    summary: str
    action: str
    opened_at: datetime

    def __post_init__(self) -> None:
        """Take the values of the database as what they mean."""
        object.__setattr__(self, "event", NoticeEvent(self.event))
        object.__setattr__(self, "severity", Severity(self.severity))


@dataclass(frozen=True, slots=True)
class Quiet:
    """The least time between two messages of a channel; what is found meanwhile becomes one message."""

    urgent: timedelta
    """While something critical waits."""
    other: timedelta


@dataclass(frozen=True, slots=True)
class Digest:
    """One message: everything that a channel is told at once."""

    title: str
    body: str
    severity: Severity
    all_resolved: bool
    notices: Sequence[Notice]
