"""How rows of the database become feeds and pulls, and pulls rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from tiebeam.replicate.model import Access, Feed, Mode, Pull, Segment

if TYPE_CHECKING:
    from collections.abc import Sequence


def _segment(part: Sequence[Any]) -> Segment:
    listing, day_from, day_to = part
    return Segment(
        listing,
        date.fromisoformat(day_from) if day_from else None,
        date.fromisoformat(day_to) if day_to else None,
    )


def pull_of(row: Sequence[Any]) -> Pull:
    """Return a pull from a row of the database."""
    values = list(row)
    values[2] = Mode(values[2])
    values[3] = tuple(map(_segment, values[3]))
    return Pull(*values)


def feed_of(feed: Feed) -> Feed:
    """Return a feed whose access is what the text means."""
    return replace(feed, access=Access(feed.access))
