"""How an alert moves, as a table."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from tiebeam.operations.alerts.model import AlertStatus

if TYPE_CHECKING:
    from collections.abc import Mapping


class AlertEvent(StrEnum):
    """What can happen to an alert."""

    SEEN = "seen"
    """It is found again, no worse than before."""
    WORSENED = "worsened"
    """It is found again, and is more severe than before."""
    ACKNOWLEDGED = "acknowledged"
    GONE = "gone"
    """It was looked for and not found."""


class IllegalMoveError(ValueError):
    """Nothing like this can happen to an alert that stands there."""


MOVES: Final[Mapping[tuple[AlertStatus, AlertEvent], AlertStatus]] = {
    (AlertStatus.OPEN, AlertEvent.SEEN): AlertStatus.OPEN,
    (AlertStatus.OPEN, AlertEvent.WORSENED): AlertStatus.OPEN,
    (AlertStatus.OPEN, AlertEvent.ACKNOWLEDGED): AlertStatus.ACKNOWLEDGED,
    (AlertStatus.OPEN, AlertEvent.GONE): AlertStatus.RESOLVED,
    (AlertStatus.ACKNOWLEDGED, AlertEvent.SEEN): AlertStatus.ACKNOWLEDGED,
    (AlertStatus.ACKNOWLEDGED, AlertEvent.WORSENED): AlertStatus.OPEN,
    (AlertStatus.ACKNOWLEDGED, AlertEvent.ACKNOWLEDGED): AlertStatus.ACKNOWLEDGED,
    (AlertStatus.ACKNOWLEDGED, AlertEvent.GONE): AlertStatus.RESOLVED,
    # A trouble that comes back within minutes is the same one; later it is a new alert.
    (AlertStatus.RESOLVED, AlertEvent.SEEN): AlertStatus.OPEN,
    (AlertStatus.RESOLVED, AlertEvent.WORSENED): AlertStatus.OPEN,
}


def moved(status: AlertStatus, event: AlertEvent) -> AlertStatus:
    """Return where an alert stands after `event`. Raises IllegalMoveError."""
    try:
        return MOVES[status, event]
    except KeyError:
        raise IllegalMoveError(f"an alert that is {status} cannot be {event}") from None
