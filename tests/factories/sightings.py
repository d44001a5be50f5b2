"""What a vendor's headers say, as tests need it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Seen:
    """One answer, as a gate sees it."""

    status: int | None = 200
    limit: int | None = None
    remaining: int | None = None
    reset: datetime | None = None
    date: datetime | None = None
    retry_after_seconds: float | None = None


def headers(
    date: datetime,
    limit: int,
    span_seconds: float,
    remaining: int | None = None,
    *,
    status: int = 200,
    retry_after_seconds: float | None = None,
) -> Seen:
    """Return an answer given at `date` (the vendor's clock) whose Reset lies `span_seconds` ahead of it."""
    reset = date + timedelta(seconds=span_seconds)
    return Seen(status, limit, remaining, reset, date, retry_after_seconds)
