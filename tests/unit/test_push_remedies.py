"""What can be put in the place of what a target does not take."""

from __future__ import annotations

from typing import Any

import pytest

from tiebeam.push.deliveries.procore.facts import Contract, CostCode, Facts
from tiebeam.push.deliveries.procore.remedies import remedy
from tiebeam.push.remedies import NotMendedError, Option, Remedy, mended

KNOWN = Facts(
    cost_codes={
        "09-250": CostCode(1, "Drywall", budgeted=True),
        "05-900": CostCode(2, "Stairs", budgeted=False),
    },
    contracts=(Contract(4, "Prime"), Contract(5, "")),
    change_events={"7": "Wall at C4"},
)
LINES: list[dict[str, Any]] = [{"cost_code": "1"}, {"cost_code": "2"}, {"cost_code": "1"}]


def test_what_procore_has_is_offered_by_its_name() -> None:
    assert remedy("contract", KNOWN) == Remedy(
        "contract", "Prime contract", (Option("4", "Prime"), Option("5", "5"))
    )
    event = remedy("change_event", KNOWN)
    assert event == Remedy("change_event", "Change event", (Option("7", "Wall at C4"),), may_be_none=True)
    codes = remedy("lines.3.cost_code", KNOWN)
    assert codes
    # What is not in the budget would be refused again.
    assert codes.options == (Option("09-250", "09-250 Drywall"),)
    assert remedy("photos", KNOWN) is None


def test_what_was_never_copied_is_typed() -> None:
    found = remedy("contract", Facts())
    assert found
    assert (found.options, found.checked("4711")) == ((), "4711")


@pytest.mark.parametrize("value", ["", "6", "x" * 201])
def test_nothing_else_is_taken(value: str) -> None:
    found = remedy("contract", KNOWN)
    assert found
    with pytest.raises(NotMendedError):
        found.checked(value)


def test_a_change_event_may_be_none_yet() -> None:
    found = remedy("change_event", KNOWN)
    assert found
    assert found.checked("") is None


def test_a_place_gets_another_value_and_nothing_else_changes() -> None:
    body = {"contract": None, "lines": LINES}
    assert mended(body, "contract", "4") == {"contract": "4", "lines": LINES}
    assert body["contract"] is None


def test_the_same_wrong_code_is_mended_in_every_line() -> None:
    found = mended({"lines": LINES}, "lines.0.cost_code", "3")
    assert [one["cost_code"] for one in found["lines"]] == ["3", "2", "3"]
    assert [one["cost_code"] for one in LINES] == ["1", "2", "1"]


@pytest.mark.parametrize("place", ["nothing", "lines.9.cost_code", "lines.x.cost_code", "contract.0.a"])
def test_a_place_that_is_gone_is_told(place: str) -> None:
    with pytest.raises(NotMendedError, match="changed meanwhile"):
        mended({"contract": None, "lines": LINES}, place, "4")
