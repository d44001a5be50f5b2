"""What the headers of an answer tell of Procore's limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tiebeam.connectors.ports import Sighting
from tiebeam.kernel.moments import parse_http_date

if TYPE_CHECKING:
    from collections.abc import Mapping

RESET_SECONDS_MAX = 3600
"""The longest window is an hour: a reset beyond that is a clock gone wrong."""

NO_ANSWER = Sighting(status=None)


def sighting_of(status: int, headers: Mapping[str, str], *, now: datetime) -> Sighting:
    """Return what one answer tells. `Reset` is held between `Date` and an hour after it.

    `now` stands in for a missing `Date` in that comparison alone.
    """
    date = parse_http_date(headers.get("date"))
    return Sighting(
        status=status,
        limit=_count(headers.get("x-rate-limit-limit")),
        remaining=_count(headers.get("x-rate-limit-remaining")),
        reset=_reset(headers.get("x-rate-limit-reset"), date or now),
        date=date,
        retry_after_seconds=_retry_after(headers.get("retry-after"), date or now),
    )


def pause_seconds(sighting: Sighting, *, now: datetime) -> float:
    """Return how long an answer asks to wait: `Retry-After`, else until `Reset`, else not at all."""
    if sighting.retry_after_seconds is not None:
        return sighting.retry_after_seconds
    if sighting.reset is None:
        return 0.0
    return max(0.0, (sighting.reset - (sighting.date or now)).total_seconds())


def _count(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _reset(text: str | None, date: datetime) -> datetime | None:
    seconds = _count(text)
    if seconds is None:
        return None
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return min(max(moment, date), date + timedelta(seconds=RESET_SECONDS_MAX))


def _retry_after(text: str | None, date: datetime) -> float | None:
    seconds = _count(text)
    if seconds is None:
        moment = parse_http_date(text)
        if moment is None:
            return None
        seconds = max(0, int((moment - date).total_seconds()))
    return float(min(seconds, RESET_SECONDS_MAX))
