"""Virtual hours of four hungry processes: never over a limit, and whoever asks in person is served.

`make never-over` lets a whole day pass; here it is a little more than one window of an hour.
"""

from __future__ import annotations

import pytest
from tests.never_over.day import in_window, run_day


@pytest.mark.req("R8", "R9", "R19")
async def test_four_processes_never_exceed_a_limit_and_a_person_never_waits(database_url: str) -> None:
    day = await run_day(database_url, hours=1.5, seed=3)
    assert (day.spike_windows_over, day.hour_windows_over, day.refused_429) == (0, 0, 0), day
    assert day.refresh_waits_over == 0, day
    assert day.refreshes > 20
    assert day.of_budget > 0.7, "polling wants all that it can get"


@pytest.mark.req("R8")
async def test_limits_that_were_never_told_of_are_kept_as_well(database_url: str) -> None:
    """Half of what is configured. An hour's limit shows only near its end, so for that hour nobody can be
    promised a prompt start."""
    day = await run_day(database_url, hours=1.25, hourly=300, spike=12, seed=3)
    assert (day.spike_windows_over, day.hour_windows_over) == (0, 0), day
    assert day.refused_429 <= 1, day
    assert day.calls > 300


async def test_without_the_gate_the_same_processes_are_over_at_once(database_url: str) -> None:
    day = await run_day(database_url, hours=0.01, gate=False)
    assert day.spike_windows_over > 0
    assert day.refused_429 > 1


def test_windows_are_counted_as_the_vendor_does() -> None:
    assert in_window([0.0, 4.0, 9.9, 10.0, 14.0], 10.0) == [1, 2, 3, 3, 3]
    assert in_window([], 10.0) == []
