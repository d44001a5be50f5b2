"""What is read beside the plan: feeds never read to their end, and refused ones whose time has come again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tiebeam.replicate.freshness.outlook import planned
from tiebeam.replicate.model import Access, Feed
from tiebeam.replicate.streams import STREAMS

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def feed(
    number: int, access: Access = Access.OPEN, *, ask_at: datetime | None = None, read: bool = True
) -> Feed:
    scope = f"project_id={number}"
    read_at = NOW - HOUR if read else None
    refusals = int(access is Access.OFF)
    return Feed(
        number,
        UUID(int=1),
        "procore.rfis",
        scope,
        access,
        None,
        refusals,
        ask_at,
        *(read_at,) * 4,
        None,
        None,
    )


@pytest.mark.req("R1")
def test_what_was_refused_is_asked_again_when_its_time_has_come() -> None:
    feeds = [feed(1), feed(2, Access.OFF, ask_at=NOW), feed(3, Access.OFF, ask_at=NOW + HOUR)]
    assert planned(STREAMS, feeds, {}, 360, NOW).new == {2}


def test_what_cannot_be_seen_is_left_alone() -> None:
    feeds = [feed(1), feed(2, Access.HIDDEN, ask_at=NOW), feed(3, Access.GONE, ask_at=NOW)]
    assert planned(STREAMS, feeds, {}, 360, NOW).new == set()


def test_places_that_were_refused_do_not_make_the_copy_a_first_one() -> None:
    feeds = [feed(1), *(feed(number, Access.OFF, ask_at=NOW, read=False) for number in range(2, 9))]
    found = planned(STREAMS, feeds, {}, 360, NOW)
    assert not found.copying
    assert len(found.new) == 7
