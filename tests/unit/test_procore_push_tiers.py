"""Change order requests in projects of one, two and three tiers; hours of every kind of time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.factories.procore_push import DOCUMENT, ORDER, PDF, PHOTO, TICKET, Drive, Yard, paper

from tiebeam.push.errors import RejectedError
from tiebeam.push.model import Steps
from tiebeam.simulators.base.faults import FaultRule, Faults

ORIGIN = f"tiebeam:11111111-1111-4111-8111-111111111111:{DOCUMENT}"
PACKAGES = "POST .*change_order_packages"


def order(**changes: Any) -> Any:
    return paper("change_order_request", {**ORDER, **changes}, PDF, PHOTO, number="COR-0003")


async def pushed(yard: Yard, *rules: FaultRule, **changes: Any) -> Drive:
    yard.simulator.faults = Faults(1, rules)
    return await Drive().go(yard.target, order(**changes))


def tiered(tiers: Any, *, grouped: bool = False, known: bool = True) -> Yard:
    yard = Yard()
    yard.state.set_order_tiers(5, tiers)
    choices = replace(yard.known.choices, orders_grouped=grouped)
    yard.know(order_tiers=tiers if known else None, choices=choices)
    return yard


@pytest.mark.req("P7")
async def test_with_one_tier_a_package_is_made_and_the_order_that_comes_with_it_holds_the_lines() -> None:
    yard = tiered(1)
    drive = await pushed(yard, change_event=str(yard.event))
    assert not drive.refused
    (package,), (made,) = yard.rows("change_order_packages"), yard.rows("potential_change_orders")
    assert (package["origin_id"], made["origin_id"]) == (f"{ORIGIN}:package", ORIGIN)
    assert package["title"] == made["title"] == "COR-0003 Wall at C4"
    assert (made["grand_total"], made["prime_change_event_id"]) == ("860.18", yard.event)
    assert len(yard.rows("potential_change_order_line_items")) == 4


@pytest.mark.parametrize("kind", ["drop_answer", "drop_request"])
@pytest.mark.parametrize(
    "match", [PACKAGES, r"PATCH .*potential_change_orders/\d+\?", "GET .*potential_change_orders"]
)
async def test_with_one_tier_nothing_is_made_twice_whatever_is_lost(match: str, kind: Any) -> None:
    yard = tiered(1)
    drive = await pushed(yard, FaultRule(kind, match=match, count=1))
    assert not drive.refused
    assert yard.simulator.faults is not None
    assert sum(yard.simulator.faults.fired.values()) == 1
    counts = [len(yard.rows(name)) for name in ("change_order_packages", "potential_change_orders")]
    assert counts == [1, 1]


async def test_an_order_that_cannot_be_told_from_another_is_a_persons_to_decide() -> None:
    yard = tiered(1)
    named = {"title": "COR-0003 Wall at C4", "change_order_package_title": "COR-0003 Wall at C4"}
    yard.put("potential_change_orders", contract_id=yard.contract, **named)
    drive = await pushed(yard)
    assert drive.refused["order"].code == "procore.orders_alike"
    assert yard.rows("potential_change_order_line_items") == []


@pytest.mark.req("P7")
@pytest.mark.parametrize("tiers", [2, 3])
async def test_an_order_goes_into_what_the_tiers_have_above_it_where_that_is_wanted(tiers: int) -> None:
    yard = tiered(tiers, grouped=True)
    drive = await pushed(yard, FaultRule("drop_answer", match="(POST|PATCH) .*change_order", count=5))
    assert not drive.refused
    (made,) = yard.rows("potential_change_orders")
    requests, packages = yard.rows("change_order_requests"), yard.rows("change_order_packages")
    assert (len(requests), len(packages)) == ((0, 1) if tiers == 2 else (1, 0))
    above = "package" if tiers == 2 else "request"
    assert made[f"change_order_{above}_title"] == "COR-0003 Wall at C4"
    assert made["change_order_request_id"] == (requests[0]["id"] if requests else None)


async def test_without_that_wish_an_order_stands_alone() -> None:
    yard = tiered(3)
    await pushed(yard)
    assert [yard.rows(name) for name in ("change_order_requests", "change_order_packages")] == [[], []]
    assert yard.client.calls == 2 + 2 * 2


@pytest.mark.req("P7", "P12")
async def test_a_tier_that_nobody_told_is_refused_with_who_can_tell_it_and_goes_on_once_told() -> None:
    yard = tiered(1, known=False)
    drive = await pushed(yard)
    assert "1 change order tier" in drive.refused["order"].cause
    assert "an administrator says on the page Documents in Procore" in drive.refused["order"].action
    assert yard.rows("potential_change_orders") == []
    yard.know(choices=replace(yard.known.choices, order_tiers=1))
    drive = await pushed(yard)
    assert not drive.refused
    assert len(yard.rows("potential_change_orders")) == 1


async def test_the_copy_knows_better_than_the_choice() -> None:
    yard = tiered(3)
    yard.know(choices=replace(yard.known.choices, order_tiers=1))
    steps = await yard.target.plan(order())
    assert isinstance(steps, Steps)
    assert "package" not in [step.name for step in steps.steps]


@pytest.mark.req("P7", "P15")
async def test_a_line_of_an_older_version_that_a_sync_took_in_part_is_told_and_never_counted() -> None:
    yard = tiered(3)
    drive = await pushed(yard, FaultRule("refuse_part", match="line_items/sync", count=1))
    assert list(drive.refused) == ["lines"]
    edited = order(lines=ORDER["lines"][:1], markups=[])
    plan = await yard.target.plan(edited)
    lines = drive.ready(plan, "lines")
    with pytest.raises(RejectedError, match="Procore holds lines of an older version of COR-0003") as refused:
        await yard.target.look(lines, drive.receipts, edited)
    assert refused.value.code == "procore.lines_stale"
    for row in yard.rows("potential_change_order_line_items")[1:]:
        yard.state.delete("potential_change_order_line_items", row["id"])
    assert await yard.target.look(lines, drive.receipts, edited) is not None


HOURS = [
    {"worker": "Bo Lind", "trade": None, "hours": "8", "time_type": kind, "rate": None}
    for kind in ("regular", "overtime", "double")
]


@pytest.mark.req("P6")
async def test_each_kind_of_time_is_procores_own_and_one_without_is_said_in_words() -> None:
    yard = Yard()
    chosen = {"double": 9002, "regular": None}
    yard.know(
        time_types={"regular": 8695, "double": 9001},
        choices=replace(yard.known.choices, time_types=chosen),
    )
    drive = await Drive().go(yard.target, paper("tm_ticket", {**TICKET, "labour": HOURS}))
    assert not drive.refused
    sent = [row.get("timecard_time_type_id") for row in yard.rows("time_and_material_timecards")]
    assert sent == [8695, None, 9002]
    (entry,) = yard.rows("time_and_material_entries")
    for words in ("8 h\n", "8 h overtime", "8 h double time"):
        assert words in entry["description"]
