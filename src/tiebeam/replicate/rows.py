"""From what the database holds to what it means."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from tiebeam.replicate.model import Access, Mode, Pull, Segment, Stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiebeam.replicate.model import Feed


def stored_of(told: Sequence[Sequence[Any]]) -> dict[str, Stored]:
    """Return what is stored of records by their keys, from the answer to `stored`; empty without one."""
    return {row[0]: Stored(*row) for row in told[0]} if told else {}


def pull_of(row: Sequence[Any]) -> Pull:
    """Return a pull from its row."""
    values = list(row)
    values[2] = Mode(values[2])
    values[3] = tuple(map(_segment, values[3]))
    return Pull(*values)


def feed_of(feed: Feed) -> Feed:
    """Return a feed whose access is still the word of the database."""
    return replace(feed, access=Access(feed.access))


def _segment(part: Sequence[Any]) -> Segment:
    listing, day_from, day_to = part
    return Segment(
        listing,
        date.fromisoformat(day_from) if day_from else None,
        date.fromisoformat(day_to) if day_to else None,
    )
