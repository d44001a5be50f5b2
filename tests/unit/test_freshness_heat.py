"""How old the copy is, judged by the intervals that the tenant has set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tiebeam.replicate.freshness.heat import Warmth, heat
from tiebeam.replicate.model import Access, Feed
from tiebeam.replicate.streams import STREAMS, find_stream

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
RFIS = find_stream("rfis")


def feed(age: timedelta) -> Feed:
    at = NOW - age
    return Feed(
        1, UUID(int=1), RFIS.name, "project_id=7", Access.OPEN, None, 0, None, at, at, at, at, None, None
    )


def warmth(age: timedelta, intervals: dict[str, timedelta] | None = None) -> Warmth:
    picture = heat(STREAMS, [feed(age)], NOW, intervals=intervals)
    ((project, cells),) = picture.lines
    assert project == "7"
    (cell,) = cells.values()
    assert cell.age == age
    return cell.warmth


@pytest.mark.req("R16")
def test_an_interval_that_is_set_counts_instead_of_the_usual_one() -> None:
    usual = timedelta(minutes=RFIS.interval_minutes)
    assert warmth(usual) is Warmth.CURRENT
    assert warmth(usual, {RFIS.name: usual / 6}) is Warmth.CRITICAL
    assert warmth(usual, {RFIS.name: usual / 3}) is Warmth.LATE
    assert warmth(usual * 3) is Warmth.LATE
    assert warmth(usual * 3, {RFIS.name: usual * 3}) is Warmth.CURRENT


@pytest.mark.req("R16")
def test_an_interval_counts_for_its_own_stream_alone() -> None:
    usual = timedelta(minutes=RFIS.interval_minutes)
    others = {stream.name: usual / 100 for stream in STREAMS if stream is not RFIS}
    assert warmth(usual, others) is Warmth.CURRENT
