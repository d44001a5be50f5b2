"""A vendor that counts calls from midnight to midnight."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.factories.sightings import Seen

from tiebeam.operations.limits.bucket import admit, in_force
from tiebeam.operations.limits.levels import level
from tiebeam.operations.limits.model import DAY, SHARES, Rates, State, decode, encode
from tiebeam.operations.limits.rules import learn

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp()
MIDNIGHT = datetime(2026, 3, 3, tzinfo=UTC).timestamp()
RATES = Rates(burst_calls=100, calls_per_second=50, calls_per_hour=10**6, calls_per_day=40, learns=False)


def passes(gaps: list[tuple[float, str]]) -> list[float]:
    """Let calls come one after another, each as long after the one before; return when each passed."""
    state, now, passed = State(), NOON, []
    for gap_seconds, share in gaps:
        now += gap_seconds
        state, ticket = admit(state, RATES, share, now)
        while not ticket.reserved:
            now = max(now + ticket.wait_seconds, ticket.at - 5)
            state, ticket = admit(state, RATES, share, now)
        now = max(now, ticket.at)
        passed.append(now)
    return passed


@pytest.mark.req("R8")
@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 4000), st.sampled_from(SHARES)), min_size=60, max_size=90))
def test_no_day_holds_more_than_it_may(gaps: list[tuple[float, str]]) -> None:
    days = Counter(int(at // 86_400) for at in passes(gaps))
    assert max(days.values()) <= 40


def test_what_was_held_back_until_midnight_comes_at_once_afterwards() -> None:
    passed = passes([(0.0, "poll"), (0.0, "demand"), (0.0, "webhook"), (0.0, "headroom")] * 15)
    first = [at for at in passed if at < MIDNIGHT]
    assert 20 <= len(first) <= 40
    assert MIDNIGHT <= passed[len(first)] <= MIDNIGHT + 60


def test_only_who_counts_by_days_has_that_window() -> None:
    assert DAY in in_force(State(), RATES)
    assert DAY not in in_force(State(), Rates())
    assert [window.name for window in level(State(), RATES, NOON).windows][-1] == "day"


def test_a_pause_until_midnight_is_honoured_where_days_count_and_bounded_elsewhere() -> None:
    refused = Seen(429, retry_after_seconds=MIDNIGHT - NOON)
    assert learn(State(), RATES, refused, NOON).paused_until == MIDNIGHT + 1
    assert learn(State(), Rates(), refused, NOON).paused_until < NOON + 3800


def test_the_days_count_is_kept_with_the_rest() -> None:
    state, _ = admit(State(), RATES, "poll", NOON)
    kept = decode(orjson.loads(encode(state)))
    assert kept == state
    assert sum(map(sum, kept.window(DAY).counts.values())) == 1


@pytest.mark.parametrize("calls", [0, -1])
def test_a_day_without_calls_is_no_limit_to_set(calls: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        Rates(calls_per_day=calls)
