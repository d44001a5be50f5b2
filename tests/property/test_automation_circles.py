"""Rules in which no circle is seen end, whatever is done first; and values mean the same both ways."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.factories.automations import PUNCH, WORLD, event

from tiebeam.jobs.automations.circles import circle_of
from tiebeam.jobs.automations.model import Action, ActionKind, Draft, Happening, Trigger
from tiebeam.jobs.automations.rules import answers, filled, same
from tiebeam.jobs.automations.shape import draft_of, shape_of

pytestmark = pytest.mark.req("L3", "L5")

LABELS = ("New", "Done", "On hold")
CELLS = ("status", "note", "hours")
RULES_MAX = 4

constants = {
    "status": st.sampled_from(LABELS),
    "note": st.sampled_from(["a", "b"]),
    "hours": st.integers(0, 2),
}
moving = {
    "status": st.just("{item.status}"),
    "note": st.sampled_from(["{item.note}!", "{item.status}"]),
    "hours": st.just("{item.hours}"),
}
written = st.fixed_dictionaries({}, optional={key: constants[key] | moving[key] for key in CELLS}).filter(
    bool
)
triggers = st.one_of(
    st.lists(st.sampled_from(CELLS), unique=True, max_size=2).map(
        lambda names: Trigger(Happening.ITEM_CHANGED, PUNCH, tuple(names))
    ),
    st.sampled_from(LABELS).map(lambda label: Trigger(Happening.COLUMN_BECOMES, PUNCH, ("status",), label)),
)
drafts = st.builds(
    lambda trigger, values: Draft("r", trigger, (), (Action(ActionKind.CHANGE_ITEM, PUNCH, values),)),
    triggers,
    written,
)


def named(rules: list[Draft]) -> list[Draft]:
    return [replace(one, name=f"r{number}") for number, one in enumerate(rules)]


def answers_in_a_row(rules: list[Draft], cells: dict[str, Any], first: dict[str, Any], most: int) -> int:
    """Return how long the longest chain of answers becomes that one edit begins, at most `most`."""
    waiting = [(0, first)]
    longest = 0
    while waiting and longest < most:
        hops, values = waiting.pop(0)
        changed = {key: (cells[key], value) for key, value in values.items() if not same(cells[key], value)}
        cells.update({key: after for key, (_, after) in changed.items()})
        longest = max(longest, hops) if changed else longest
        facts = {f"item.{key}": value for key, value in cells.items()}
        for rule in rules if changed else ():
            if answers(rule.trigger, replace(event(), fields=changed)):
                deed = {key: filled(one, facts, WORLD) for key, one in rule.actions[0].values.items()}
                waiting.append((hops + 1, deed))
    return longest


@settings(max_examples=300, deadline=None)
@given(
    st.lists(drafts, min_size=1, max_size=RULES_MAX).map(named),
    st.fixed_dictionaries(constants),
    st.fixed_dictionaries({}, optional=constants),
)
def test_rules_without_a_circle_end(rules: list[Draft], cells: dict[str, Any], first: dict[str, Any]) -> None:
    circles = any(circle_of(one, [two for two in rules if two != one], WORLD) for one in rules)
    # A constant answers itself once without writing anything, so a rule may stand in a chain twice.
    most = 2 * RULES_MAX + 1
    assert circles or answers_in_a_row(rules, dict(cells), first, most) < most


def test_a_circle_that_goes_on_is_seen_to_go_on() -> None:
    trigger = Trigger(Happening.ITEM_CHANGED, PUNCH, ("note",))
    rule = Draft("r0", trigger, (), (Action(ActionKind.CHANGE_ITEM, PUNCH, {"note": "{item.note}!"}),))
    cells: dict[str, Any] = {"status": "New", "note": "a", "hours": 0}
    assert answers_in_a_row([rule], dict(cells), {"note": "b"}, 9) == 9
    assert circle_of(rule, [], WORLD) == ("r0",)


@given(drafts)
def test_every_rule_is_kept_as_it_was(draft: Draft) -> None:
    assert draft_of(draft.name, shape_of(draft)) == draft


values = (
    st.none() | st.text(max_size=8) | st.integers(-9, 9) | st.floats(-9, 9) | st.lists(st.text(max_size=3))
)


@given(values, values)
def test_sameness_is_mutual_and_of_oneself(one: Any, other: Any) -> None:
    assert same(one, one)
    assert same(one, other) == same(other, one)


@given(st.text(max_size=60).filter(lambda text: "{" not in text), values)
def test_text_that_names_nothing_stays_as_it_is(text: str, value: Any) -> None:
    assert filled(text, {}, WORLD) == text
    assert filled("{item.x}", {"item.x": value}, WORLD) == value
