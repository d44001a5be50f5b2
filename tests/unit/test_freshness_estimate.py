from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from tiebeam.replicate.freshness.estimate import (
    CHANGES_PER_READ_MAX,
    HALF_LIFE,
    HISTORY_WEIGHT,
    begun,
    cost_calls,
    estimates,
    missed_share,
    observe,
    sees_share,
)
from tiebeam.replicate.freshness.model import (
    Estimate,
    Evidence,
    Item,
    Seen,
    hour_of_week,
    hours_since_epoch,
)

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOON = 12
SUNDAY_NIGHT = 6 * 24 + 2


def item(feed_id: int, *, stream: str = "procore.rfis", project: int | None = None) -> Item:
    scope = f"project_id={project or feed_id}"
    return Item(feed_id, stream, "RFIs", scope, cost_calls=2, weight=4, ceiling=timedelta(minutes=5))


def watched(counts: list[int], *, every: timedelta = HOUR, start: datetime = MONDAY) -> Evidence:
    found = observe(Evidence(), Seen(start, 999, calls=2))
    for number, changes in enumerate(counts, 1):
        found = observe(found, Seen(start + every * number, changes, calls=2))
    return found


def working_week(rate: float, weeks: int, seed: int) -> list[int]:
    """Return counts for each hour: `rate` an hour from 9 to 17 on workdays, a fiftieth of it else."""
    rng = Random(seed)
    hours = [hour % 168 for hour in range(168 * weeks)]
    busy = [hour < 120 and 9 <= hour % 24 < 17 for hour in hours]
    return [sum(rng.random() < (rate if on else rate / 50) / 20 for _ in range(20)) for on in busy]


def test_hours_of_the_week_begin_on_monday() -> None:
    assert hour_of_week(hours_since_epoch(MONDAY)) == 0
    assert hour_of_week(hours_since_epoch(MONDAY - timedelta(seconds=1))) == 167
    assert hour_of_week(hours_since_epoch(MONDAY + timedelta(days=3, hours=5, minutes=59))) == 77


def test_the_first_read_starts_the_watch_and_counts_nothing() -> None:
    first = observe(Evidence(), Seen(MONDAY, 5000, calls=9))
    assert (first.as_of, sum(first.changes), sum(first.hours), first.calls) == (MONDAY, 0, 0, 9)


def test_changes_of_a_long_interval_are_laid_where_they_are_likely() -> None:
    shape = [0.0] * 9 + [1.0] * 8 + [0.0] * 151
    start = observe(Evidence(), Seen(MONDAY, 0, calls=2))
    found = observe(start, Seen(MONDAY + timedelta(hours=24), 8, calls=2), shape)
    assert list(found.changes[9:17]) == pytest.approx([1.0] * 8)
    assert sum(found.changes) == pytest.approx(8)
    assert list(found.hours[:24]) == [1.0] * 24
    even = observe(start, Seen(MONDAY + timedelta(hours=24), 8, calls=2))
    assert even.changes[3] == pytest.approx(8 / 24)


def test_an_import_of_thousands_is_no_habit() -> None:
    assert sum(watched([40_000]).changes) == pytest.approx(CHANGES_PER_READ_MAX)


def test_what_was_seen_fades_by_half_in_a_half_life() -> None:
    begun = watched([10])
    assert begun.as_of
    later = observe(begun, Seen(begun.as_of + HALF_LIFE, 0, calls=0))
    assert sum(later.changes) == pytest.approx(5)


def test_the_rate_of_a_feed_and_the_hours_of_its_week_are_found_again() -> None:
    items = [item(number) for number in range(1, 11)]
    rates = [0.2, 0.4, 0.4, 0.6, 0.8, 1, 1, 2, 3, 6]
    seen = {
        one.feed_id: watched(working_week(rate, 4, seed=one.feed_id))
        for one, rate in zip(items, rates, strict=True)
    }
    found = estimates(items, seen, MONDAY + timedelta(weeks=4))
    for one, rate in zip(items, rates, strict=True):
        at_noon = sum(found[one.feed_id].rates_per_hour[day * 24 + NOON] for day in range(5)) / 5
        assert at_noon == pytest.approx(rate, rel=0.5)
        assert found[one.feed_id].rates_per_hour[SUNDAY_NIGHT] < at_noon / 10


def test_a_feed_without_a_history_is_taken_for_one_of_its_stream_and_project() -> None:
    quiet, loud = ("procore.spec", [0] * 300), ("procore.rfis", [2] * 300)
    items, seen = [], {}
    for number, (stream, counts) in enumerate([quiet, loud] * 3, 1):
        items.append(item(number, stream=stream, project=1 + number % 3))
        seen[number] = watched(counts)
    items += [item(90, stream="procore.spec", project=9), item(91, stream="procore.rfis", project=9)]
    found = estimates(items, seen, MONDAY + timedelta(days=13))
    assert found[91].rates_per_hour[NOON] > 30 * found[90].rates_per_hour[NOON]
    assert found[91].rates_per_hour[NOON] == pytest.approx(2, rel=0.6)


def test_one_count_moves_a_feed_a_little_and_many_decide() -> None:
    others = {number: watched([0] * 400) for number in range(1, 9)}
    rates = []
    for hours in (0, 2, 20, 400):
        seen = others | {9: watched([3] * hours)}
        rates.append(estimates([item(n) for n in range(1, 10)], seen, MONDAY)[9].rates_per_hour[NOON])
    assert rates == sorted(rates)
    assert rates[-1] == pytest.approx(3, rel=0.1)


def test_nothing_known_is_no_fault() -> None:
    assert estimates([], {}, MONDAY) == {}
    found = estimates([item(1)], {}, MONDAY)
    assert min(found[1].rates_per_hour) > 0


def test_the_quiet_of_long_ago_is_forgotten() -> None:
    items = [item(number) for number in range(1, 6)]
    seen = {number: watched([1] * 336) for number in range(2, 6)} | {1: watched([0] * 336)}
    soon = estimates(items, seen, MONDAY + timedelta(days=14))[1]
    fresh = {n: replace(one, as_of=MONDAY + timedelta(days=400)) for n, one in seen.items() if n > 1}
    late = estimates(items, seen | fresh, MONDAY + timedelta(days=400))[1]
    assert late.mean(0, 168) > 20 * soon.mean(0, 168)


def test_costs_and_shares_lean_on_the_usual_until_they_are_known() -> None:
    assert cost_calls(None, 7) == sees_share(None, 7) == missed_share(None, 7) == 7
    assert cost_calls(watched([0] * 500), 7) == pytest.approx(2, rel=0.05)
    probed = replace(Evidence(), announced=900.0, unannounced=100.0)
    assert sees_share(probed, 0.1) == pytest.approx(0.9, abs=0.01)
    covered = replace(Evidence(), told=900.0, missed=100.0)
    assert missed_share(covered, 0.01) == pytest.approx(0.1, abs=0.01)
    assert missed_share(replace(Evidence(), missed=100.0), 0.01) == 0.01


def test_what_a_probe_did_not_announce_is_held_against_it_only_if_it_was_asked() -> None:
    begun = watched([])
    unasked = observe(begun, Seen(MONDAY + HOUR, 3, calls=2))
    asked = observe(replace(begun, probed_at=MONDAY + HOUR / 2), Seen(MONDAY + HOUR, 3, calls=2, announced=1))
    assert (unasked.announced, unasked.unannounced) == (0, 0)
    assert (asked.announced, asked.unannounced) == (1, 2)


def test_an_estimate_is_whole_and_its_mean_weighs_the_hours() -> None:
    with pytest.raises(ValueError, match="168 rates"):
        Estimate((1.0,))
    step = Estimate((1.0, 3.0) + (0.0,) * 166)
    start = hours_since_epoch(MONDAY)
    assert step.mean(start + 0.5, start + 1.5) == pytest.approx(2)
    assert step.mean(start + 0.5, start + 0.5) == 1


def test_the_times_of_the_records_of_the_first_read_tell_how_often_it_changed_before() -> None:
    seen = Seen(MONDAY, 900, calls=3)
    at_noon = [MONDAY - timedelta(days=day, hours=12) for day in range(1, 8)]
    found = begun(seen, [*at_noon, MONDAY - timedelta(days=15), MONDAY + HOUR])
    assert sum(found.changes) == pytest.approx(HISTORY_WEIGHT * 7)
    assert found.changes[NOON] == pytest.approx(HISTORY_WEIGHT)
    assert sum(found.hours) == pytest.approx(HISTORY_WEIGHT * 336)
    assert (found.as_of, found.calls) == (MONDAY, 3)
    imported = begun(seen, [MONDAY - HOUR] * 5000)
    assert sum(imported.changes) == pytest.approx(HISTORY_WEIGHT * CHANGES_PER_READ_MAX)
    assert begun(seen, []) == observe(Evidence(), seen), "where the vendor tells no times, nothing is known"


def test_glances_and_reads_together_watch_every_hour_once() -> None:
    found = observe(Evidence(), Seen(MONDAY, 9, calls=2))
    glance = Seen(MONDAY + 3 * HOUR, 6, calls=1, glance=True, glance_sees=0.9)
    found = observe(found, glance)
    assert (found.as_of, found.probed_at) == (MONDAY, glance.until)
    assert sum(found.changes) == pytest.approx(6)
    assert sum(found.hours) == pytest.approx(0.9 * 3)
    found = observe(found, Seen(MONDAY + 4 * HOUR, 2, calls=2, glance_sees=0.9))
    assert sum(found.hours) == pytest.approx(4, rel=0.01)
    assert sum(found.changes) == pytest.approx(8, rel=0.01)
    assert found.announced + found.unannounced == pytest.approx(8, rel=0.01)
    assert found.unannounced == pytest.approx(2 * 0.4 / 1.3)


def test_a_count_that_cries_wolf_is_trusted_less() -> None:
    found = observe(Evidence(), Seen(MONDAY, 9, calls=2))
    for hour in range(1, 11):
        found = replace(found, probed_at=MONDAY + hour * HOUR - timedelta(minutes=1))
        found = observe(found, Seen(MONDAY + hour * HOUR, 0, calls=8, announced=3))
    assert sees_share(found, 0.6) < 0.35
