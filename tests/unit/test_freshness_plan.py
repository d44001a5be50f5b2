from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.replicate.freshness.allocate import Demand, allocate, pace_at
from tiebeam.replicate.freshness.items import items_of
from tiebeam.replicate.freshness.model import Estimate, Item, Probe
from tiebeam.replicate.freshness.plan import RECONCILE_EVERY, plan
from tiebeam.replicate.model import Access, Feed

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def rfis(feed_id: int) -> Item:
    return Item(
        feed_id,
        "procore.rfis",
        "RFIs",
        f"project_id={feed_id}",
        cost_calls=2,
        weight=4,
        ceiling=timedelta(minutes=5),
    )


def feed(feed_id: int, stream: str, scope: str = "project_id=12", access: Access = Access.OPEN) -> Feed:
    nothing = (None,) * 6
    return Feed(feed_id, UUID(int=1), stream, scope, access, None, 0, None, *nothing[:6])


def test_intervals_follow_the_square_root_of_cost_over_value() -> None:
    asked = [(1, 1, 1), (4, 1, 1), (1, 9, 1), (1, 1, 16)]
    some = [Demand(cost, rate, weight, 0.0, math.inf) for cost, rate, weight in asked]
    found = allocate(some, 30.0)
    base = found.paces[0].read_hours
    assert [pace.read_hours / base for pace in found.paces] == pytest.approx([1, 2, 1 / 3, 1 / 4])
    assert found.calls_per_hour == pytest.approx(30)
    roots = sum(math.sqrt(one.cost_calls * one.rate_per_hour * one.weight) for one in some)
    assert found.delay == pytest.approx(roots**2 / 30 / 2)


def test_a_probe_is_used_where_it_pays_and_only_there() -> None:
    quiet = Demand(8, 0.1, 1, 1 / 60, 100, probe_calls=1, probe_sees=0.9)
    assert pace_at(0.05, quiet).probe_hours is not None
    assert pace_at(0.05, replace(quiet, rate_per_hour=40.0)).probe_hours is None
    assert pace_at(0.05, replace(quiet, probe_calls=7.9, probe_sees=0.2)).probe_hours is None


def test_probed_days_are_read_when_the_probe_or_the_hidden_part_says_so() -> None:
    logs = Item(
        1,
        "procore.daily_logs",
        "Daily logs",
        "project_id=12",
        8,
        2,
        timedelta(hours=12),
        probe=Probe(1, 0.9),
    )
    busy = [replace(rfis(number), cost_calls=1) for number in range(2, 12)]
    rates = {1: Estimate.constant(0.1)} | {one.feed_id: Estimate.constant(5) for one in busy}
    reads = {one.feed_id: NOW - timedelta(minutes=20) for one in (logs, *busy)}
    made = plan([logs, *busy], rates, 60, NOW, reads)
    slot = made.slots[1]
    probe_at = slot.next_probe(reads[1])
    assert probe_at is not None
    assert probe_at < slot.next_read(reads[1])
    due = [one for one in made.due(probe_at) if one.feed_id == 1]
    assert [one.probe for one in due] == [True]
    assert "1 of the 8 calls" in due[0].reason
    probed = plan([logs, *busy], rates, 60, NOW, reads, last_probes={1: NOW})
    assert not [one for one in probed.due(probe_at) if one.feed_id == 1]


def test_what_was_never_read_comes_first_and_says_so() -> None:
    items = [rfis(1), rfis(2)]
    made = plan(items, {}, 600, NOW, {1: NOW - HOUR})
    assert [one.feed_id for one in made.due(NOW)] == [2, 1]
    assert made.due(NOW)[0].reason == "RFIs of project 2: never read."
    assert made.hour[0].choice.feed_id == 2


@pytest.mark.req("R1")
def test_a_budget_that_is_too_small_is_told_in_a_sentence() -> None:
    items = [rfis(number) for number in range(1, 5)]
    rates = {one.feed_id: Estimate.constant(3) for one in items}
    made = plan(items, rates, 8 * 60 / 22, NOW, dict.fromkeys(rates, NOW))
    [sentence] = made.shortfalls
    assert sentence == (
        "RFIs of 4 projects will be up to 22 min old (wanted: 5 min); "
        "ask Procore for a higher limit or enable webhooks."
    )
    assert plan(items, rates, 200, NOW, dict.fromkeys(rates, NOW)).shortfalls == ()
    poor = plan(items, rates, 5, NOW, dict.fromkeys(rates, NOW)).shortfalls[0]
    assert "critical" in poor


def test_webhooks_let_a_feed_rest_at_a_reconciliation() -> None:
    covered = replace(rfis(1), covered_by_webhook=True)
    other = rfis(2)
    rates = {1: Estimate.constant(0.5), 2: Estimate.constant(0.5)}
    reads = {1: NOW - RECONCILE_EVERY, 2: NOW}
    made = plan([covered, other], rates, 20, NOW, reads)
    assert made.slots[1].interval > 5 * made.slots[2].interval
    assert made.slots[1].next_read(NOW) <= NOW + RECONCILE_EVERY + timedelta(seconds=1)
    assert made.shortfalls == () or "RFIs of 1 project " in made.shortfalls[0]
    assert [one.feed_id for one in made.due(NOW)] == [1]


def test_details_are_paid_before_the_rest_is_shared_out() -> None:
    plain = [replace(rfis(number), ceiling=HOUR) for number in range(1, 6)]
    owing = [replace(one, calls_per_change=1.0) for one in plain]
    rates = {one.feed_id: Estimate.constant(4) for one in plain}
    reads = dict.fromkeys(rates, NOW)
    assert plan(owing, rates, 100, NOW, reads).owed_calls_per_hour == pytest.approx(20)
    dear, free = (plan(some, rates, 100, NOW, reads).slots[1].interval for some in (owing, plain))
    assert dear > free


def test_a_quiet_night_is_not_read_at_the_pace_of_the_day() -> None:
    day = tuple(6.0 if hour % 24 >= 15 else 0.05 for hour in range(168))
    items = [replace(rfis(number), ceiling=4 * HOUR) for number in range(1, 30)]
    rates = {1: Estimate(day)} | {one.feed_id: Estimate.constant(1) for one in items[1:]}
    reads = dict.fromkeys(rates, NOW)
    before = plan(items, rates, 300, NOW - timedelta(hours=3), reads).slots[1]
    after = plan(items, rates, 300, NOW, reads).slots[1]
    assert before.interval > 4 * after.interval
    night = NOW - timedelta(minutes=30)
    assert NOW < before.next_read(night) < NOW + timedelta(hours=1)


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least some calls"):
        plan([rfis(1)], {}, 0, NOW, {})
    with pytest.raises(ValueError, match="must be positive"):
        replace(rfis(1), cost_calls=0)


def test_feeds_that_are_read_together_are_one_item() -> None:
    names = ["procore.work_logs", "procore.manpower_logs", "procore.timecard_entries", "procore.rfis"]
    feeds = [feed(number, name) for number, name in enumerate(names, 1)]
    feeds += [feed(9, "procore.meetings", access=Access.OFF), feed(10, "procore.work_logs", "project_id=13")]
    items = items_of(STREAMS, feeds[::-1], covered={"procore.rfis"})
    assert [one.feed_ids for one in sorted(items, key=lambda one: one.feed_id)] == [(1, 2), (3,), (4,), (10,)]
    logs = next(one for one in items if one.feed_id == 1)
    assert (logs.stream, logs.title, logs.probe is not None) == ("procore.daily_logs", "Daily logs", True)
    mail = next(one for one in items if one.feed_id == 4)
    assert (mail.cost_calls, mail.weight, mail.calls_per_change) == (2, 4, 1)
    assert mail.covered_by_webhook
    assert mail.ceiling == timedelta(minutes=5)


@pytest.mark.req("R1")
def test_a_tenant_may_set_other_intervals() -> None:
    items = items_of(STREAMS, [feed(1, "procore.rfis")], ceilings={"procore.rfis": HOUR})
    assert items[0].ceiling == HOUR
