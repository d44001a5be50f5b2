from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.factories.sim_company import START, company, fingerprint, items_by_project

from tiebeam.simulators.company.life import LIFE_MIX, Life
from tiebeam.simulators.company.size import Size

LIFE = Life(mix={**LIFE_MIX, "toggle": 1.0, "round": 2.0, "hide": 1.0, "show": 1.0}, silent_reply_share=0.3)
DAY_SECONDS = 86_400


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    steps=st.lists(st.integers(0, 9 * DAY_SECONDS), max_size=30),
)
def test_many_small_steps_are_one_large_step(seed: int, steps: list[int]) -> None:
    end = START + timedelta(days=9)
    at_once, by_steps = company(seed, life=LIFE), company(seed, life=LIFE)
    changes = []
    for seconds in steps:
        changes += by_steps.live_until(START + timedelta(seconds=seconds))
    changes += by_steps.live_until(end)
    assert at_once.live_until(end) == changes
    assert fingerprint(at_once) == fingerprint(by_steps)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), projects=st.integers(1, 12), each=st.integers(0, 150))
def test_any_size_is_met(seed: int, projects: int, each: int) -> None:
    counts = items_by_project(company(seed, Size.of(projects=projects, items=projects * each)))
    total = sum(counts.values())
    assert len(counts) == projects
    assert abs(total - projects * each) <= 0.15 * projects * each + 16 * projects


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.sampled_from([(1, 0), (2, 60), (4, 300)]))
def test_any_company_lives_through_bursts_and_months(seed: int, size: tuple[int, int]) -> None:
    built = company(seed, Size.of(projects=size[0], items=size[1]), life=LIFE)
    told = built.burst(40)
    assert len(told) >= 40
    assert built.live_until(START + timedelta(days=60))
