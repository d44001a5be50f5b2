"""Whatever is asked of a gate and whenever: no window is exceeded, no share is kept from its own."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, TypeAlias

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.factories import sightings
from tests.factories.sightings import Seen

from tiebeam.operations.limits.bucket import admit, give_back, holds, own_calls
from tiebeam.operations.limits.model import SHARES, Rates, State, Ticket, decode, encode
from tiebeam.operations.limits.rules import learn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Then: TypeAlias = "Callable[[float], None]"
START = 1_795_000_000.0


def headers(now: float, limit: int, span_seconds: float) -> Seen:
    return sightings.headers(datetime.fromtimestamp(now, UTC), limit, span_seconds)


@dataclass
class Playground:
    """Callers of one gate on an event queue: the arithmetic of the gate without any waiting."""

    rates: Rates = field(default_factory=Rates)
    state: State = field(default_factory=State)
    passed: list[tuple[float, str]] = field(default_factory=list)
    waited: list[tuple[float, str, float]] = field(default_factory=list)
    _queue: list[tuple[float, int, Callable[[float], None]]] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=count)

    def at(self, when: float, act: Callable[[float], None]) -> None:
        heapq.heappush(self._queue, (when, next(self._number), act))

    def call(self, when: float, share: str, then: Callable[[float], None] | None = None) -> None:
        self.at(when, lambda now: self._ask(now, now, share, None, then))

    def saturate(self, share: str, callers: int, until: float) -> None:
        def again(now: float) -> None:
            if now < until:
                self.call(now + 0.001, share, again)

        for _ in range(callers):
            self.call(START, share, again)

    def learn(self, when: float, seen: Callable[[float], Seen]) -> None:
        def told(now: float) -> None:
            self.state = learn(self.state, self.rates, seen(now), now)

        self.at(when, told)

    def run(self, until: float) -> None:
        while self._queue and self._queue[0][0] <= until:
            now, _, act = heapq.heappop(self._queue)
            act(now)

    def _ask(
        self,
        now: float,
        since: float,
        share: str,
        unused: Ticket | None,
        then: Callable[[float], None] | None,
    ) -> None:
        kept = self.state if unused is None else give_back(self.state, unused)
        self.state, ticket = admit(kept, self.rates, share, now)

        def wake(woken: float) -> None:
            if not holds(self.state, ticket, woken):
                self._ask(woken, since, share, ticket, then)
                return
            self.passed.append((woken, share))
            self.waited.append((since, share, woken - since))
            if then is not None:
                then(woken)

        self.at(now + ticket.wait_seconds, wake)


def most_within(times: list[float], width_seconds: float) -> int:
    most, first = 0, 0
    for last, at in enumerate(times):
        while times[first] <= at - width_seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


moments = st.floats(0, 4000).map(lambda seconds: START + seconds)
arrivals = st.lists(st.tuples(moments, st.sampled_from(SHARES), st.integers(1, 20)), max_size=6)
limits = st.tuples(st.integers(1, 40), st.integers(20, 200))


@pytest.mark.req("R8", "R9")
@given(arrivals=arrivals, limits=limits, held_back=st.sampled_from([0.0, 0.3, 0.5, 1.0]))
@settings(max_examples=15, deadline=None)
def test_no_window_ever_holds_more_than_the_learnt_limit(
    arrivals: list[tuple[float, str, int]], limits: tuple[int, int], held_back: float
) -> None:
    spike, hour = min(limits), max(limits)
    ground = Playground(Rates(held_back=held_back))
    ground.state = learn(ground.state, ground.rates, headers(START, hour, 1800), START)
    ground.state = learn(ground.state, ground.rates, headers(START, spike, 5), START)
    for when, share, calls in arrivals:
        for _ in range(calls):
            ground.call(when, share)
    ground.run(START + 7000)
    times = [at for at, _ in ground.passed]
    assert times == sorted(times)
    assert most_within(times, 10) <= spike
    assert most_within(times, 3600) <= hour


@pytest.mark.req("R8")
@given(arrivals=arrivals)
@settings(max_examples=30, deadline=None)
def test_before_anything_is_learnt_the_configured_bucket_holds(
    arrivals: list[tuple[float, str, int]],
) -> None:
    ground = Playground()
    for when, share, calls in arrivals:
        for _ in range(calls):
            ground.call(when, share)
    ground.run(START + 7000)
    times = [at for at, _ in ground.passed]
    assert most_within(times, 1) <= 10
    assert most_within(times, 10) <= 25
    assert most_within(times, 60) <= 100
    assert most_within(times, 3600) <= 600


@pytest.mark.req("R9")
@given(
    gaps=st.lists(st.floats(0.0, 120.0), min_size=1, max_size=80),
    begin=st.floats(0, 4500),
    share=st.sampled_from(["demand", "webhook"]),
    learnt=st.sampled_from([None, (25, 600), (60, 900), (10, 300)]),
)
@settings(max_examples=15, deadline=None)
def test_a_share_that_returns_starts_at_once_and_keeps_its_rate(
    gaps: list[float], begin: float, share: str, learnt: tuple[int, int] | None
) -> None:
    """A burst of what is held back, and the even rate from there on, whatever has been lent meanwhile."""
    spike, hour = learnt or (25, 600)
    ground = Playground()
    if learnt:
        ground.state = learn(ground.state, ground.rates, headers(START, hour, 1800), START)
        ground.state = learn(ground.state, ground.rates, headers(START, spike, 5), START)
    calls = _promised(gaps, START + begin, spike, hour, SHARES.index(share))
    ground.saturate("poll", 3, calls[-1])
    for when in calls:
        ground.call(when, share)
    ground.run(calls[-1] + 60)
    waits = [wait for _, who, wait in ground.waited if who == share]
    assert waits
    assert max(waits) <= 2.0


def _promised(gaps: list[float], begin: float, spike: int, hour: int, share: int) -> list[float]:
    """Return the moments of `gaps` less those that would go beyond what the share is promised."""
    hour_own, spike_own = own_calls(hour, Rates())[share], own_calls(spike, Rates())[share]
    calls: list[float] = []
    left, then, when = hour_own / 2, begin, begin
    for gap in gaps:
        when += gap
        left = min(hour_own / 2, left + (when - then) * hour_own / 3600)
        then = when
        # A slot is counted whole on either side: a window is a little longer to the gate than to the caller.
        in_spike = sum(at > when - 12 for at in calls)
        in_minute = sum(at > when - 66 for at in calls)
        if left >= 1 and in_spike < min(spike_own, 3) and in_minute < 7:
            left -= 1
            calls.append(when)
    return calls or [begin]


@pytest.mark.req("R9")
@given(calls=st.integers(1, 90), begin=st.floats(0, 4500))
@settings(max_examples=8, deadline=None)
def test_with_everything_held_back_a_share_has_its_whole_own_at_any_time(calls: int, begin: float) -> None:
    ground = Playground(Rates(held_back=1.0))
    ground.state = learn(ground.state, ground.rates, headers(START, 25, 5), START)
    ground.saturate("poll", 3, START + begin + 400)
    for number in range(calls):
        ground.call(START + begin + number * 4.1, "demand")
    ground.run(START + begin + 500)
    waits = [wait for _, share, wait in ground.waited if share == "demand"]
    assert len(waits) == calls
    assert max(waits) <= 2.0


@pytest.mark.req("R9")
def test_an_idle_gate_lends_to_the_only_one_who_polls() -> None:
    ground = Playground()
    ground.state = learn(ground.state, ground.rates, headers(START, 25, 5), START)
    ground.saturate("poll", 3, START + 4 * 3600)
    ground.run(START + 4 * 3600)
    second_hour_on = sum(at >= START + 3600 for at, _ in ground.passed) / 3
    assert second_hour_on > 600 * 0.6 * 1.15
    assert most_within([at for at, _ in ground.passed], 3600) <= 540


@given(
    arrivals=arrivals,
    answers=st.lists(
        st.tuples(
            moments,
            st.sampled_from([200, 200, 200, 429, 503, None]),
            st.integers(1, 900),
            st.integers(-5, 900),
            st.floats(-90, 4000),
            st.one_of(st.none(), st.floats(0, 90)),
        ),
        max_size=12,
    ),
)
@settings(max_examples=15, deadline=None)
def test_nothing_a_vendor_says_breaks_the_gate_or_makes_it_pass_in_a_pause(
    arrivals: list[tuple[float, str, int]],
    answers: list[tuple[float, int | None, int, int, float, float | None]],
) -> None:
    ground = Playground()
    shut: list[tuple[float, float]] = []

    def hear(answer: tuple[float, int | None, int, int, float, float | None], now: float) -> Seen:
        _, status, limit, remaining, span_seconds, retry_after = answer
        date = datetime.fromtimestamp(now, UTC)
        reset = date + timedelta(seconds=span_seconds)
        if status == 429 and retry_after is not None:
            shut.append((now, now + retry_after))
        return Seen(status, limit, remaining, reset, date, retry_after)

    for answer in answers:
        ground.learn(answer[0], partial(hear, answer))
    for when, share, calls in arrivals:
        for _ in range(calls):
            ground.call(when, share)
    ground.run(START + 15_000)
    assert not [(at, gap) for at, _ in ground.passed for gap in shut if gap[0] < at < gap[1]]
    assert decode(orjson.loads(encode(ground.state))) == ground.state
