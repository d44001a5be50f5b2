"""Forms, totals and what may follow on what."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.factories.field_work import FOREMAN, OFFICE, PHOTO, SIGNED, WHOLE, request_form, ticket

from tiebeam.field.forms import FORMS, body_of, form_of, photos_of
from tiebeam.field.model import Aside, Document, Kind, Standing
from tiebeam.field.rules import STEPS, Act, NotPossibleError, aside_of, line_total, step, totals
from tiebeam.kernel.errors import BadInputError

pytestmark = pytest.mark.req("P25")

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def document(**more: Any) -> Document:
    known: dict[str, Any] = {
        "id": UUID(int=1),
        "kind": Kind.TM_TICKET,
        "project_id": UUID(int=2),
        "number": "TM-0001",
        "standing": Standing.SUBMITTED,
        "version": 3,
        "body": {},
        "captured_at": AT,
        "received_at": AT,
        "changed_at": AT,
        "author": FOREMAN,
        "device_id": None,
        "locked_reason": None,
    }
    return Document(**{**known, **more})


@pytest.mark.parametrize("kind", Kind)
def test_a_kept_body_is_read_as_it_was_written(kind: Kind) -> None:
    kept = body_of(form_of(kind, WHOLE[kind]))
    assert body_of(form_of(kind, kept)) == kept
    assert set(kept) == set(FORMS[kind].model_fields)
    assert kind.in_words
    assert kind.letters


@pytest.mark.parametrize("kind", Kind)
def test_members_that_nobody_knows_are_refused_however_deep(kind: Kind) -> None:
    with pytest.raises(BadInputError, match="surprise"):
        form_of(kind, {**WHOLE[kind], "surprise": 1})
    for name, value in WHOLE[kind].items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            odd = {**WHOLE[kind], name: [{**value[0], "surprise": 1}]}
            with pytest.raises(BadInputError, match="surprise"):
                form_of(kind, odd)


@pytest.mark.parametrize(
    "hours",
    [
        8.5,
        8,
        True,
        None,
        "",
        "8,5",
        "1e1",
        "-1",
        "0",
        "24.01",
        "NaN",
        "Infinity",
        " 8",
        "8.12345",
        "٨",
        "0x8",
    ],
)
def test_hours_are_plain_text_above_nothing_and_within_a_day(hours: object) -> None:
    with pytest.raises(BadInputError, match=r"labour\.0\.hours cannot be used"):
        form_of(Kind.TM_TICKET, ticket(labour=[{"worker": "A", "hours": hours}]))


@pytest.mark.parametrize(("name", "text"), [("notes", "a\x00b"), ("notes", "\ud800"), ("cost_code", "\x00")])
def test_text_that_no_database_can_hold_is_refused(name: str, text: str) -> None:
    with pytest.raises(BadInputError, match=name):
        form_of(Kind.TM_TICKET, ticket(**{name: text}))


def test_the_photos_of_a_body_are_its_own_each_once_and_the_signature() -> None:
    photo, signed = UUID(PHOTO), UUID(SIGNED)
    found = {kind: photos_of(kind, body_of(form_of(kind, WHOLE[kind]))) for kind in Kind}
    assert found == {
        Kind.TM_TICKET: [photo, signed],
        Kind.CHANGE_ORDER_REQUEST: [photo],
        Kind.DAILY_REPORT: [photo],
        Kind.CHECK_IN: [],
        Kind.PHOTO: [photo],
    }


def test_a_ticket_comes_to_what_its_rates_say_and_tells_of_lines_without() -> None:
    body = body_of(form_of(Kind.TM_TICKET, WHOLE[Kind.TM_TICKET]))
    body["labour"].append({"worker": "B", "hours": "2", "rate": None, "time_type": "overtime", "trade": None})
    found = totals(Kind.TM_TICKET, body)
    assert found
    assert (found.labour, found.materials, found.equipment) == tuple(
        map(Decimal, ("807.50", "50.20", "60.00"))
    )
    assert (found.total, found.unpriced) == (Decimal("917.70"), 1)
    bare = body_of(form_of(Kind.TM_TICKET, ticket(labour=[], materials=[])))
    assert totals(Kind.TM_TICKET, bare) is None
    assert totals(Kind.DAILY_REPORT, {}) is None


def test_mark_ups_compound_in_their_order_each_rounded_to_the_cent() -> None:
    found = totals(Kind.CHANGE_ORDER_REQUEST, body_of(form_of(Kind.CHANGE_ORDER_REQUEST, request_form())))
    assert found
    assert (found.labour, found.materials) == (Decimal("807.50"), Decimal("-1.00"))
    assert found.markups == (("Overhead", Decimal("80.65")), ("Profit", Decimal("44.36")))
    assert found.total == Decimal("931.51")


@pytest.mark.parametrize(
    ("quantity", "price", "comes_to"),
    [("1", "0.005", "0.00"), ("1", "0.015", "0.02"), ("3", "0.335", "1.00"), ("0.1", "0.2", "0.02")],
)
def test_half_a_cent_goes_to_the_even_one(quantity: str, price: str, comes_to: str) -> None:
    assert str(line_total(quantity, price)) == comes_to


amounts = st.decimals("0", "99999", places=2).map(str)


@given(
    st.lists(st.tuples(amounts, amounts), max_size=8), st.lists(st.decimals("0", "50", places=2), max_size=3)
)
def test_the_parts_of_a_request_add_up_to_its_total(
    lines: list[tuple[str, str]], percents: list[Decimal]
) -> None:
    body = request_form(
        lines=[
            {"kind": "other", "description": "x", "quantity": quantity, "unit_cost": cost}
            for quantity, cost in lines
        ],
        markups=[{"name": "m", "percent": str(one)} for one in percents],
    )
    found = totals(Kind.CHANGE_ORDER_REQUEST, body_of(form_of(Kind.CHANGE_ORDER_REQUEST, body)))
    assert found
    exact = sum((Decimal(quantity) * Decimal(cost) for quantity, cost in lines), Decimal(0))
    for one in percents:
        exact *= 1 + one / 100
    assert found.total == found.other + sum(amount for _, amount in found.markups)
    # Every rounding is off by half a cent at most, of which the mark-ups after it make 1.5 ** 3 at most.
    assert abs(found.total - exact) <= Decimal("0.005") * (len(lines) + 3) * Decimal("3.375")


@pytest.mark.req("P13")
def test_every_pair_of_standing_and_act_is_decided_and_refusals_change_nothing() -> None:
    for standing, act in product(Standing, Act):
        found = document(standing=standing)
        if (standing, act) in STEPS:
            assert step(found, act, 3) is STEPS[standing, act]
            assert step(document(standing=STEPS[standing, act]), act, 99) is STEPS[standing, act]
        else:
            with pytest.raises(NotPossibleError, match=f"is {standing}, and cannot be"):
                step(found, act, 3)


def test_a_step_is_taken_on_what_was_looked_at_and_on_nothing_locked_or_undecided() -> None:
    for changed, told in (
        ({"version": 4}, "is at version 4, not 3"),
        ({"locked_reason": "It is in Procore."}, "read-only: It is in Procore"),
        ({"aside_version": 5}, "Version 5 of TM-0001 was kept aside"),
    ):
        with pytest.raises(NotPossibleError, match=told):
            step(document(**changed), Act.APPROVE, 3)


@pytest.mark.req("P13")
@pytest.mark.parametrize(
    ("changed", "author", "base", "reviews", "aside"),
    [
        ({}, FOREMAN, 3, False, None),
        ({}, FOREMAN, 2, False, Aside.STALE),
        ({}, OFFICE, 3, True, None),
        ({}, OFFICE, 2, True, Aside.STALE),
        ({}, OFFICE, 3, False, Aside.NOT_THE_AUTHOR),
        ({"standing": Standing.APPROVED}, FOREMAN, 3, False, Aside.APPROVED),
        ({"standing": Standing.APPROVED}, OFFICE, 3, True, None),
        ({"locked_reason": "Sent."}, FOREMAN, 3, False, Aside.LOCKED),
        ({"locked_reason": "Sent."}, OFFICE, 3, True, Aside.LOCKED),
    ],
)
def test_whose_change_counts(
    changed: dict[str, Any], author: Any, base: int, *, reviews: bool, aside: Aside | None
) -> None:
    assert aside_of(document(**changed), author, base, reviews=reviews) is aside
    assert aside is None or aside.in_words.endswith(".")
