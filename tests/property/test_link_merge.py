"""Ten thousand histories of a job and its item: in step in the end, or in the inbox, and quietly."""

from __future__ import annotations

import pytest
from tests.link_sim.memory import live
from tests.link_sim.mutants import MUTANTS, mutated

from tiebeam.link.pairs.merge import Known, contested, merge
from tiebeam.link.pairs.model import FieldRule, Flow, Kind, Odd, Owner, Side

HISTORIES = 10_000
CAUGHT_WITHIN = 10_000

STATUS = FieldRule("status", "status", Owner.ASK)


@pytest.mark.req("L3")
def test_ten_thousand_histories_end_in_step_or_in_the_inbox() -> None:
    ends = [live(seed) for seed in range(HISTORIES)]
    # Without these it would be no wonder.
    assert sum(1 for one in ends if one.crashes) > HISTORIES / 2
    assert sum(1 for one in ends if one.open) > HISTORIES / 20
    assert sum(one.writes[side] for one in ends for side in Side) > HISTORIES


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_merge_is_noticed(name: str) -> None:
    with mutated(name), pytest.raises(AssertionError):
        all(live(seed) for seed in range(CAUGHT_WITHIN))


def test_a_label_that_no_status_has_overwrites_nothing_whatever_the_owner() -> None:
    for owner in Owner:
        for flow in Flow:
            rule = FieldRule("status", "status", owner, flow)
            odd = Odd("Waiting", "No status is called Waiting.")
            found = merge({"status": "new"}, {"status": "done"}, {"status": odd}, [rule])
            assert not found.writes
            assert found.base == {"status": "new"}
            assert [(one.kind, one.winner, one.sentence) for one in found.clashes] == [
                (Kind.UNMAPPED, None, "No status is called Waiting.")
            ]


def test_what_the_other_side_cannot_hold_is_not_written_and_said() -> None:
    known = Known(cannot=lambda side, name, value: f"{side} {name} {value}" if side is Side.JOB else None)
    found = merge({"status": "new"}, {"status": "new"}, {"status": "done"}, [STATUS], known)
    assert not found.writes
    assert found.base == {"status": "new"}
    assert [(one.kind, one.sentence) for one in found.clashes] == [(Kind.UNMAPPED, "job status done")]


def test_a_field_that_one_side_does_not_have_is_left_alone() -> None:
    found = merge({"status": "new"}, {"status": "done"}, {}, [STATUS])
    assert not found.writes
    assert found.base == {"status": "new"}


def test_contested_are_those_that_three_hold_differently() -> None:
    rules = [FieldRule(name, name, Owner.ASK) for name in "abcd"]
    job, item = {"a": 1, "b": 1, "c": 2, "d": 1}, {"a": 1, "b": 0, "c": 1, "d": 2}
    assert contested({"a": 0, "b": 0, "c": 0, "d": 1}, job, item, rules) == ["c"]
