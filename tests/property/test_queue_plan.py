"""The pure parts of the queue, on whatever there may be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.queue.model import Blocked, Dead, Done, Job, NewJob, RetryAt, Snooze
from tiebeam.operations.queue.plan import (
    BACKOFF,
    TRANSITIONS,
    WHY_CHARACTERS_MAX,
    Watch,
    after_error,
    folded,
    spread,
    verdict,
)

AT = datetime(2026, 3, 2, tzinfo=UTC)
TENANT = UUID(int=1)

moments = st.none() | st.integers(-1000, 1000).map(lambda seconds: AT + timedelta(seconds=seconds))
wishes = st.builds(
    NewJob,
    kind=st.sampled_from(["sync", "push"]),
    key=st.sampled_from("abc"),
    args=st.fixed_dictionaries({"n": st.integers(0, 9)}),
    priority=st.integers(-9, 9),
    not_before=moments,
)


@given(st.lists(wishes, max_size=12))
def test_folding_keeps_one_wish_a_name_with_the_most_that_any_of_them_asked_for(jobs: list[NewJob]) -> None:
    found = folded(jobs, AT)
    names = [(job.kind, job.key) for job in found]
    assert names == sorted({(job.kind, job.key) for job in jobs})
    for one in found:
        same = [job for job in jobs if (job.kind, job.key) == (one.kind, one.key)]
        assert one.args == same[-1].args
        assert one.priority == max(job.priority for job in same)
        assert (one.not_before or AT) == min(job.not_before or AT for job in same)


@given(st.lists(wishes, max_size=8), st.randoms(use_true_random=False))
def test_two_who_queue_the_same_lock_in_the_same_order(jobs: list[NewJob], chance: object) -> None:
    del chance
    forth = [(job.kind, job.key) for job in folded(jobs, AT)]
    back = [(job.kind, job.key) for job in folded(reversed(jobs), AT)]
    assert forth == back


@given(st.integers(1, 2**62), st.integers(1, BACKOFF.attempts_max - 1))
def test_each_further_attempt_waits_about_twice_as_long_and_the_last_gives_up(
    job_id: int, attempt: int
) -> None:
    found = after_error(Job(job_id, TENANT, "sync", "a", {}, attempt, AT), "why", AT)
    assert isinstance(found, RetryAt)
    whole = min(BACKOFF.wait_seconds_max, BACKOFF.base_seconds * 2 ** (attempt - 1))
    assert whole / 2 <= (found.at - AT).total_seconds() <= whole
    last = after_error(Job(job_id, TENANT, "sync", "a", {}, BACKOFF.attempts_max, AT), "why", AT)
    assert last == Dead("why")
    assert 0 <= spread(job_id, attempt) < 1


def test_jobs_that_failed_together_are_spread_over_the_wait() -> None:
    spreads = sorted(spread(job_id, 1) for job_id in range(1, 1001))
    assert max(later - former for former, later in pairwise(spreads)) < 0.01


@given(st.text(max_size=WHY_CHARACTERS_MAX * 2))
def test_every_outcome_leads_where_the_table_says(why: str) -> None:
    later = AT + timedelta(hours=1)
    for outcome in (Done(), RetryAt(later, why), Snooze(later), Blocked(why), Dead(why)):
        told = verdict(Job(7, TENANT, "sync", "a", {}, 1, AT), outcome)
        assert told.name in TRANSITIONS["processing"]
        assert TRANSITIONS["processing"][told.name] in TRANSITIONS
        assert told.why is None or why.startswith(told.why)
        assert len(told.why or "") <= WHY_CHARACTERS_MAX
        assert (told.until == later) == isinstance(outcome, RetryAt | Snooze)


def test_what_has_ended_leads_nowhere() -> None:
    assert [state for state, ways in TRANSITIONS.items() if not ways] == ["completed", "failed", "cancelled"]


@given(st.lists(st.tuples(st.floats(0.1, 5), st.booleans(), st.booleans()), max_size=60))
def test_only_who_has_been_silent_for_a_lease_is_dead(looks: list[tuple[float, bool, bool]]) -> None:
    watch, now = Watch(lease_seconds=8.0), 0.0
    beats = {1: 0, 2: 0}
    changed = {1: 0.0, 2: 0.0}
    watch.dead(beats, now)
    for wait, *beating in looks:
        now += wait
        for worker, beat in zip((1, 2), beating, strict=True):
            if beat:
                beats[worker] += 1
                changed[worker] = now
        found = watch.dead(dict(beats), now)
        assert found == {worker: beats[worker] for worker in (1, 2) if now - changed[worker] >= 8.0}


def test_an_observer_that_slept_believes_nobody_dead_before_it_has_looked_twice() -> None:
    watch = Watch(lease_seconds=8.0)
    assert watch.dead({1: 5}, 0.0) == {}
    assert watch.dead({1: 900}, 4000.0) == {}
    assert watch.dead({1: 900}, 4008.0) == {1: 900}
    assert watch.dead({}, 4009.0) == {}
    assert watch.dead({1: 900}, 4010.0) == {}, "a new one of that number has a lease of its own"


@pytest.mark.parametrize("priority", [-10, 10, 100])
def test_a_priority_outside_the_scale_is_refused(priority: int) -> None:
    with pytest.raises(BadInputError, match="from -9 to 9"):
        NewJob("sync", "a", {}, priority=priority)
