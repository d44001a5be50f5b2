"""The law of freshness: the budget holds, what matters more is read more often, nothing is wasted."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiebeam.replicate.freshness.allocate import Demand, allocate
from tiebeam.replicate.freshness.model import Estimate, Item, Probe
from tiebeam.replicate.freshness.plan import CRITICAL_SHARE_MAX, CRITICAL_TIMES, plan

NOW = datetime(2026, 3, 2, 15, 20, tzinfo=UTC)
FEW = settings(max_examples=60, deadline=None)

demands = st.builds(
    Demand,
    cost_calls=st.integers(1, 9).map(float),
    rate_per_hour=st.one_of(st.just(0.0), st.floats(1e-4, 100)),
    weight=st.sampled_from([1.0, 2.0, 4.0]),
    hours_min=st.just(1 / 60),
    hours_max=st.floats(0.1, 200),
)
probed = st.builds(replace, demands, probe_calls=st.just(1.0), probe_sees=st.floats(0, 1))
mixed = st.lists(st.one_of(demands, probed), min_size=1, max_size=30)


@st.composite
def companies(draw: st.DrawFn) -> tuple[list[Item], dict[int, Estimate]]:
    items, estimates = [], {}
    for feed_id in range(1, draw(st.integers(2, 25))):
        cost = draw(st.integers(1, 8))
        items.append(
            Item(
                feed_id=feed_id,
                stream=f"procore.kind{feed_id % 4}",
                title=f"Kind {feed_id % 4}",
                scope_text=f"project_id={feed_id}",
                cost_calls=cost,
                weight=draw(st.sampled_from([1.0, 2.0, 4.0])),
                ceiling=timedelta(minutes=draw(st.sampled_from([5, 15, 30, 60]))),
                covered_by_webhook=draw(st.booleans()),
                calls_per_change=draw(st.sampled_from([0.0, 1.0])),
                probe=Probe(1.0, 0.6) if cost > 2 and draw(st.booleans()) else None,
            )
        )
        rates = draw(st.lists(st.floats(0, 30), min_size=168, max_size=168) if feed_id == 1 else st.none())
        estimates[feed_id] = Estimate(tuple(rates)) if rates else Estimate.constant(draw(st.floats(0, 30)))
    return items, estimates


def read_at(items: list[Item], minutes: int) -> dict[int, datetime]:
    return {item.feed_id: NOW - timedelta(minutes=minutes * (1 + item.feed_id % 5)) for item in items}


def least(demand: Demand) -> float:
    """Return the fewest calls an hour that a demand can be met with."""
    return demand.cost_calls / demand.hours_max


@FEW
@given(mixed, st.floats(0.5, 2000))
def test_the_budget_is_never_exceeded(some: list[Demand], budget: float) -> None:
    found = allocate(some, budget)
    floor = math.fsum(
        least(one)
        + (one.probe_calls / one.hours_max + one.cost_calls * one.rate_per_hour * one.probe_sees)
        * bool(one.probe_calls)
        for one in some
    )
    assert found.calls_per_hour <= max(budget, floor) * (1 + 1e-6)


@FEW
@given(st.lists(demands, min_size=2, max_size=20), st.floats(0.2, 0.9), st.data())
def test_no_shift_of_calls_between_two_items_would_be_fresher(
    some: list[Demand], share: float, data: st.DataObject
) -> None:
    low = math.fsum(map(least, some))
    high = math.fsum(one.cost_calls / one.hours_min for one in some)
    found = allocate(some, low + (high - low) * share)
    giver, taker = data.draw(st.permutations(range(len(some))))[:2]
    moved = 0.02 * found.paces[giver].calls_per_hour
    before = found.paces[giver].delay + found.paces[taker].delay
    after = 0.0
    for place, calls in ((giver, -moved), (taker, moved)):
        one = some[place]
        hours = one.cost_calls / (found.paces[place].calls_per_hour + calls)
        if not one.hours_min <= hours <= one.hours_max:
            return
        after += one.weight * one.rate_per_hour * hours / 2
    assert after >= before * (1 - 1e-6)


@FEW
@given(mixed, st.floats(1, 500), st.floats(1.01, 4))
def test_more_calls_leave_no_more_delay(some: list[Demand], budget: float, more: float) -> None:
    assert allocate(some, budget * more).delay <= allocate(some, budget).delay * (1 + 1e-6)


@FEW
@given(st.lists(demands, min_size=2, max_size=20), st.floats(1, 500), st.floats(1.01, 50))
def test_what_weighs_or_changes_more_is_read_no_less_often(
    some: list[Demand], budget: float, more: float
) -> None:
    before = allocate(some, budget).paces[0].read_hours
    rate, weight = some[0].rate_per_hour, some[0].weight
    for louder in (replace(some[0], rate_per_hour=rate * more), replace(some[0], weight=weight * more)):
        assert allocate([louder, *some[1:]], budget).paces[0].read_hours <= before * (1 + 1e-6)


@FEW
@given(companies(), st.floats(5, 3000))
def test_the_planned_hour_costs_no_more_than_the_budget(
    company: tuple[list[Item], dict[int, Estimate]], budget: float
) -> None:
    items, estimates = company
    made = plan(items, estimates, budget, NOW, read_at(items, 30))
    assert made.owed_calls_per_hour + sum(call.calls for call in made.hour) <= budget * (1 + 1e-9)
    assert all(NOW <= call.at < NOW + timedelta(hours=1) for call in made.hour)
    assert [call.at for call in made.hour] == sorted(call.at for call in made.hour)


@pytest.mark.req("R1")
@FEW
@given(companies(), st.floats(0.2, 6) | st.just(1 / (CRITICAL_TIMES * CRITICAL_SHARE_MAX)))
def test_ceilings_hold_when_the_budget_allows(
    company: tuple[list[Item], dict[int, Estimate]], part: float
) -> None:
    items = [replace(item, covered_by_webhook=False, calls_per_change=0.0) for item in company[0]]
    wanted = sum(item.cost_calls / (item.ceiling / timedelta(hours=1)) for item in items)
    made = plan(items, company[1], wanted * part, NOW, read_at(items, 1))
    if part >= 1.000001:
        allowed = 1.0
    elif part >= 1.000001 / (CRITICAL_TIMES * CRITICAL_SHARE_MAX):  # On the edge, rounding decides.
        allowed = CRITICAL_TIMES
    else:
        allowed = made.stretch
    for slot in made.slots.values():
        last = made.last_reads[slot.item.feed_id]
        assert slot.next_read(last) <= last + slot.item.ceiling * allowed + timedelta(seconds=1)
    if part >= 1.000001:
        assert made.shortfalls == ()


@FEW
@given(companies(), st.floats(20, 3000))
def test_the_same_company_gets_the_same_plan_in_whatever_order(
    company: tuple[list[Item], dict[int, Estimate]], budget: float
) -> None:
    items, estimates = company
    once = plan(items, estimates, budget, NOW, read_at(items, 20))
    again = plan(items, estimates, budget, NOW, read_at(items, 20))
    later = NOW + timedelta(minutes=7)
    assert once.due(later) == again.due(later)
    assert once.hour == again.hour
    turned = plan(items[::-1], estimates, budget, NOW, read_at(items, 20))
    assert [one.feed_id for one in turned.due(later)] == [one.feed_id for one in once.due(later)]


@FEW
@given(companies(), st.floats(20, 3000), st.floats(0, 40))
def test_idle_calls_go_to_what_is_due_next(
    company: tuple[list[Item], dict[int, Estimate]], budget: float, spare: float
) -> None:
    items, estimates = company
    made = plan(items, estimates, budget, NOW, read_at(items, 3))
    due, ahead = made.due(NOW), made.due(NOW, spare_calls=spare)
    assert ahead[: len(due)] == due
    costs = {item.feed_id: item.cost_calls for item in items}
    assert sum(1.0 if one.probe else costs[one.feed_id] for one in ahead[len(due) :]) <= spare
