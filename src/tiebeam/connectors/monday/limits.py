"""What monday.com allows, and what its answers tell of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tiebeam.connectors.ports import Sighting
from tiebeam.kernel.moments import parse_http_date

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tiebeam.connectors.ports import Response

DAILY_CALLS: Final[Mapping[str, int]] = {
    "free": 200,
    "trial": 200,
    "basic": 1_000,
    "standard": 1_000,
    "pro": 10_000,
    "enterprise": 25_000,
}
"""Calls that a plan allows between two midnights (UTC): the `calls_per_day` of the connection's gate."""

RETRY_SECONDS_MAX: Final = 24 * 3600.0
NO_ANSWER: Final = Sighting(status=None)


def sighting_of(response: Response, *, limited: bool, retry_seconds: float | None, now: datetime) -> Sighting:
    """Return what an answer tells: an answer that is `limited` counts as a 429, whatever its status."""
    date = parse_http_date(response.headers.get("date"))
    told = _retry_after(response.headers.get("retry-after"), date or now)
    seconds = told if told is not None else retry_seconds
    return Sighting(
        status=429 if limited else response.status,
        date=date,
        retry_after_seconds=None if seconds is None else min(max(0.0, seconds), RETRY_SECONDS_MAX),
    )


def _retry_after(text: str | None, date: datetime) -> float | None:
    text = (text or "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    moment = parse_http_date(text)
    return None if moment is None else (moment - date).total_seconds()
