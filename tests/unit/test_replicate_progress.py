from __future__ import annotations

import pytest

from tiebeam.replicate.progress import Budget, Meter


@pytest.mark.req("R12")
def test_an_estimate_follows_the_pace_and_what_streams_have_cost() -> None:
    meter = Meter()
    meter.feed_done("a", 1)
    meter.feed_done("a", 3)
    meter.feed_done("b", 10)
    assert meter.calls_left(["a", "a", "b"], 5) == 5 + 2 + 2 + 10
    assert meter.seconds_left(100) is None, "there is no pace yet"
    meter.tick(0.0, 0)
    meter.tick(10.0, 20)
    assert meter.seconds_left(100) == pytest.approx(50.0)


@pytest.mark.req("R12")
def test_what_the_hour_does_not_allow_waits_for_later_hours() -> None:
    meter = Meter()
    meter.tick(0.0, 0)
    meter.tick(10.0, 20)
    assert meter.seconds_left(100, Budget(left=400, per_hour=600)) == pytest.approx(50.0)
    assert meter.seconds_left(1000, Budget(left=400, per_hour=600)) == pytest.approx(3600.0)


def test_an_unknown_stream_is_taken_for_an_average_one() -> None:
    meter = Meter()
    assert meter.calls_left(["new"], 0) == 1
    meter.feed_done("a", 4)
    meter.feed_done("b", 8)
    assert meter.calls_left(["new"], 0) == 6


def test_the_pace_is_that_of_the_last_minute() -> None:
    meter = Meter()
    for second in range(0, 200, 10):
        meter.tick(float(second), second if second < 100 else 100 + (second - 100) * 10)
    assert meter.seconds_left(100) == pytest.approx(10.0, rel=0.05)
