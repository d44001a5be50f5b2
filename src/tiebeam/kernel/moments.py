"""Moments as vendors write them, and as we do."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def parse_moment(text: object) -> datetime | None:
    """Return an ISO 8601 moment or date in UTC; None for null and for what is no moment.

    A moment without an offset is taken as UTC. Procore writes `2016-10-23T21:39:40Z`, at times only a date.
    """
    if not isinstance(text, str) or not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is UTC:
            return moment
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_http_date(text: str | None) -> datetime | None:
    """Return the moment of an HTTP `Date` header (whole seconds), or None when it is missing or garbled."""
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def iso_z(moment: datetime) -> str:
    """Return `2026-11-21T03:32:03Z`: whole seconds, as Procore's filters take them."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
