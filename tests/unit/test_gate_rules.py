"""What headers teach a gate, and what they cannot talk it into."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.factories.sightings import Seen, headers

from tiebeam.operations.limits.bucket import admit, give_back, holds, limit_of, used_until
from tiebeam.operations.limits.levels import level
from tiebeam.operations.limits.model import HOUR, SPIKE, Rates, State, Ticket, Window, domain_of
from tiebeam.operations.limits.rules import learn, window_of

DATE = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
NOW = DATE.timestamp()
RATES = Rates()


def learnt(*sightings: Seen, state: State | None = None, now: float = NOW) -> State:
    state = state or State()
    for sighting in sightings:
        state = learn(state, RATES, sighting, now)
    return state


def passed(state: State, share: str, calls: int, now: float = NOW) -> State:
    for _ in range(calls):
        state, ticket = admit(state, RATES, share, now)
        now += ticket.wait_seconds
    return state


def crowded(callers: int) -> tuple[State, Ticket]:
    """Return the state after so many asked at once, and the last one's ticket."""
    state, ticket = admit(State(), RATES, "poll", NOW)
    for _ in range(callers - 1):
        state, ticket = admit(state, RATES, "poll", NOW)
    return state, ticket


@pytest.mark.parametrize(
    ("limit", "span_seconds", "window"),
    [
        (25, 7, SPIKE),
        (600, 1800, HOUR),
        (600, 5, HOUR),  # an hour about to turn
        (25, 13, HOUR),  # no spike window lasts that long, whatever the number
        (400, 4, SPIKE),  # a generous one; nothing else would ever show it
        (60, 9, SPIKE),
        (30, -4000, SPIKE),  # an absurd reset: the number alone speaks
        (500, 90_000, HOUR),
    ],
)
def test_the_reset_says_which_window_and_the_limit_where_it_cannot(
    limit: int, span_seconds: float, window: Window
) -> None:
    assert window_of(State(), RATES, headers(DATE, limit, span_seconds)) is window


def test_headers_that_flip_between_scales_teach_both() -> None:
    state = learnt(headers(DATE, 40, 6, 39), headers(DATE, 900, 2400, 880), headers(DATE, 40, 3, 30))
    assert (limit_of(state, RATES, SPIKE), limit_of(state, RATES, HOUR)) == (40, 900)


def test_a_known_limit_is_recognised_however_near_its_reset() -> None:
    state = learnt(headers(DATE, 100, 1800))
    assert window_of(state, RATES, headers(DATE, 100, 3)) is HOUR


def test_the_same_limit_in_both_windows_is_told_apart_by_the_reset_alone() -> None:
    state = learnt(headers(DATE, 100, 1800), headers(DATE, 90, 5), headers(DATE, 100, 5))
    assert limit_of(state, RATES, HOUR) == 100
    same = learnt(headers(DATE, 25, 1800))
    assert window_of(same, RATES, headers(DATE, 25, 3)) is SPIKE
    assert window_of(same, RATES, Seen(limit=25)) is HOUR


def test_without_headers_nothing_is_learnt() -> None:
    state = State()
    assert learn(state, RATES, Seen(200), NOW) is state


def test_a_vendor_whose_clock_is_years_off_is_understood() -> None:
    then = DATE.replace(year=2019)
    state = learnt(headers(then, 25, 8, 0, status=429))
    assert 8 <= state.paused_until - NOW <= 10


@pytest.mark.parametrize(
    ("sighting", "least", "most"),
    [
        (Seen(429, retry_after_seconds=20), 20, 22),
        (headers(DATE, 25, 9, 0, status=429), 9, 11),
        (headers(DATE, 600, 1200, 0, status=429), 1200, 1202),
        (headers(DATE, 25, 9, 0, status=429, retry_after_seconds=30), 30, 32),
        (Seen(429), 5, 6),
        (Seen(429, retry_after_seconds=10**9), 3600, 3710),
        (Seen(503, retry_after_seconds=17), 17, 19),
        (Seen(None), 65, 65),
    ],
)
@pytest.mark.req("R8")
def test_how_long_a_pause_lasts(sighting: Seen, least: float, most: float) -> None:
    assert least <= learnt(sighting).paused_until - NOW <= most


def test_a_503_without_a_wish_is_no_pause() -> None:
    state = State()
    assert learn(state, RATES, Seen(503), NOW) is state


def test_refusals_without_a_wait_are_answered_ever_longer() -> None:
    state, now, waits = State(), NOW, []
    for _ in range(8):
        state = learn(state, RATES, Seen(429), now)
        waits.append(state.paused_until - now)
        now = state.paused_until + 0.1
    assert waits == sorted(waits)
    assert waits[0] == pytest.approx(5)
    assert waits[-1] == pytest.approx(300)
    assert learn(state, RATES, Seen(200), now).strikes == 0


def test_calls_refused_together_count_as_one_refusal() -> None:
    state = learnt(*[Seen(429)] * 6)
    assert state.paused_until - NOW == pytest.approx(5)


def test_a_shorter_pause_does_not_cut_a_longer_one() -> None:
    state = learnt(Seen(429, retry_after_seconds=100), Seen(503, retry_after_seconds=2))
    assert state.paused_until - NOW == pytest.approx(101)


def test_only_what_the_vendor_counts_beyond_ours_is_somebody_elses() -> None:
    state = passed(State(), "demand", 3)
    now = state.clock + 1
    assert learn(state, RATES, headers(DATE, 600, 900, 597), now).window(HOUR).foreign == 0
    assert learn(state, RATES, headers(DATE, 600, 900, 500), now).window(HOUR).foreign == 97


def test_an_answer_that_was_overtaken_does_not_hide_the_worse_news() -> None:
    state = learnt(headers(DATE, 600, 900, 100), headers(DATE, 600, 900, 300))
    assert state.window(HOUR).foreign == 500
    later = learnt(headers(DATE + timedelta(seconds=2), 600, 898, 300), state=state, now=NOW + 2)
    assert later.window(HOUR).foreign == 300


def test_a_lower_limit_makes_reservations_void() -> None:
    state, ticket = crowded(12)
    assert ticket.wait_seconds > 0
    assert holds(state, ticket, ticket.at)
    lowered = learnt(headers(DATE, 5, 8), state=state)
    assert not holds(lowered, ticket, ticket.at)


def test_a_pause_makes_reservations_void() -> None:
    state, ticket = crowded(12)
    assert not holds(learnt(Seen(None), state=state), ticket, ticket.at)


@pytest.mark.req("R9")
def test_a_share_within_its_own_passes_though_a_lower_limit_leaves_too_little_for_all() -> None:
    state = learnt(headers(DATE, 600, 1800), headers(DATE, 100, 5))
    now = NOW
    while sum(used_until(state, HOUR, now)) < 300:
        state, ticket = admit(state, RATES, "poll", now)
        now += max(1.0, ticket.wait_seconds)
    lowered = learnt(headers(DATE, 330, 1800), state=state, now=now)
    assert admit(lowered, RATES, "demand", now)[1].wait_seconds <= 1
    assert admit(lowered, RATES, "poll", now)[1].wait_seconds > 10


def test_who_comes_late_must_ask_again_and_gets_the_unused_call_back() -> None:
    state, ticket = admit(State(), RATES, "poll", NOW)
    assert holds(state, ticket, NOW + 0.4)
    assert not holds(state, ticket, NOW + 0.6)
    assert sum(used_until(give_back(state, ticket), HOUR, NOW)) == 0


def test_a_clock_that_lags_behind_the_others_is_pulled_along() -> None:
    ahead = passed(State(), "poll", 25, NOW + 20)
    state, ticket = admit(ahead, RATES, "poll", NOW)
    assert ticket.lag_seconds >= 20
    assert holds(state, ticket, NOW + ticket.wait_seconds) or not ticket.reserved


def test_a_clock_that_was_years_ahead_does_not_shut_the_gate_for_years() -> None:
    wrong = passed(State(), "poll", 5, NOW + 1e8)
    state, ticket = admit(wrong, RATES, "poll", NOW)
    assert ticket.wait_seconds < 60
    assert sum(used_until(state, HOUR, state.clock + 60)) >= 5, "what was spent stays spent"


def test_a_waiter_asks_again_soon_however_long_the_wait() -> None:
    _, ticket = admit(learnt(Seen(429, retry_after_seconds=3000)), RATES, "poll", NOW)
    assert not ticket.reserved
    assert ticket.wait_seconds <= 30


def test_the_level_shows_what_is_left_and_whose() -> None:
    state = passed(learnt(headers(DATE, 25, 8, 25)), "webhook", 2)
    shown = level(state, RATES, state.clock)
    spike = shown.windows[0]
    assert (spike.used, spike.left, spike.learnt) == (2, 23, True)
    assert (spike.shares["webhook"].used, spike.shares["poll"].own) == (2, 15)
    assert not shown.windows[1].learnt


def test_a_domain_tells_nothing_of_its_client() -> None:
    domain = domain_of("procore", "production", "my-client-id")
    assert "client" not in domain
    assert domain != domain_of("procore", "sandbox", "my-client-id")
    assert domain == domain_of("procore", "production", "my-client-id")


@pytest.mark.parametrize(
    "wrong",
    [{"burst_calls": 0}, {"calls_per_second": 0.0}, {"shares": (0.9, 0.2, 0.0, 0.0)}, {"held_back": 2.0}],
)
def test_rates_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must"):
        Rates(**wrong)
