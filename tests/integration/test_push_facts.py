from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.factories.procore_desk import ProcoreDesk
from tests.factories.replicas import Copy

from tiebeam.identity.repository import Tenants
from tiebeam.link.facts.repository import CopiedFacts
from tiebeam.push.deliveries.procore.choices.repository import ProcoreChoices
from tiebeam.push.deliveries.procore.facts import Choices, Contract, CostCode

if TYPE_CHECKING:
    from tiebeam.store.pool import Store

VIEWS = (
    "cost_codes",
    "prime_contracts",
    "change_events",
    "project_users",
    "project_people",
    "project_vendors",
    "project_tools",
    "potential_change_orders",
    "timecard_entries",
)


def stocked() -> ProcoreDesk:
    desk = ProcoreDesk()
    types = [{"id": 8, "name": "Labor"}, {"id": 9, "name": "Materials"}]
    desk.put("cost_codes", id=1, name="Drywall", code="250", full_code="09-250", budgeted=True)
    desk.put("cost_codes", id=2, name="Paint", code="900", full_code="09-900", line_item_types=types)
    desk.put("cost_codes", id=3, name="Stairs", code="900", full_code="05-900", budgeted=False)
    desk.put("prime_contracts", id=4, title="Prime", number="PC-1")
    desk.put("change_events", id=5, number="1", title="Wall")
    desk.state.set_order_tiers(5, 2)
    for number, tiers in ((6, None), (7, 2)):
        desk.put("potential_change_orders", id=number, number="1", title="Wall", change_order_tiers=tiers)
    for number, name in enumerate(("Regular Time", "Overtime", "overtime", "Double  Time", "Travel")):
        kind = {"id": 90 + number, "time_type": name, "abbreviated_time_type": "T", "global": True}
        desk.put("timecard_entries", date="2026-03-02", hours="8", timecard_time_type=kind)
    for user_id, name in ((21, "Bo  Lind"), (22, "Al Roe"), (23, "AL ROE")):
        desk.put("project_users", id=user_id, name=name)
    trade = {"id": 71, "name": "Carpenter"}
    for party_id in (31, 32):
        desk.put("project_people", id=party_id, first_name="Bo", work_classification=trade)
    desk.put("project_vendors", id=11, name="Acme Drywall")
    return desk


@pytest.mark.req("P5", "P10")
async def test_the_copy_says_what_a_document_may_name(store: Store) -> None:
    tenant = await Tenants(store).create("facts", "Ridgeline")
    desk = stocked()
    desk.state.set_tool(5, "time_and_materials", False)
    copy = Copy(desk, store, tenant.id, *VIEWS)
    await copy.sync()
    choices = Choices("documents", 7, 8, "draft", {"crew": "notes_logs", "work": None})
    await ProcoreChoices(store, tenant.id).choose(Choices())
    await ProcoreChoices(store, tenant.id).choose(choices)
    known = await CopiedFacts(
        store, tenant.id, copy.connection_id, ProcoreChoices(store, tenant.id).get
    ).facts("5")
    assert known.cost_codes == {
        "250": CostCode(1, "Drywall", budgeted=True),
        "09-250": CostCode(1, "Drywall", budgeted=True),
        "09-900": CostCode(2, "Paint"),
        "05-900": CostCode(3, "Stairs", budgeted=False),
    }
    assert known.contracts == (Contract(4, "Prime"),)
    assert known.change_events == {"5": "Wall"}
    assert known.people == {"bo lind": 21}
    assert known.companies == {"acme drywall": 11}
    assert known.classifications == {"carpenter": 71}
    assert known.line_item_types == {"labour": 8, "material": 9}
    assert known.order_tiers == 2
    # Two are called overtime: which of them is meant, nobody can say.
    assert known.time_types == {"regular": 90, "double": 93}
    assert known.tools_off == frozenset({"time_and_materials"})
    assert known.choices == choices


async def test_what_was_never_copied_checks_nothing_and_what_is_empty_does(store: Store) -> None:
    tenant = await Tenants(store).create("facts", "Ridgeline")
    copy = Copy(ProcoreDesk(), store, tenant.id, "prime_contracts")
    await copy.sync()
    source = CopiedFacts(store, tenant.id, copy.connection_id, ProcoreChoices(store, tenant.id).get)
    known = await source.facts("5")
    assert known.contracts == ()
    assert known.choices == Choices()
    assert known.cost_codes is None
    assert known.change_events is None
    assert known.tools_off == frozenset()
    assert (known.order_tiers, known.time_types) == (None, {})
    assert (await source.facts("6")).contracts is None


async def test_what_was_deleted_may_not_be_named(store: Store) -> None:
    tenant = await Tenants(store).create("facts", "Ridgeline")
    desk = stocked()
    copy = Copy(desk, store, tenant.id, "change_events")
    await copy.sync()
    desk.state.delete("change_events", 5)
    await copy.sync(full=True)
    known = await CopiedFacts(
        store, tenant.id, copy.connection_id, ProcoreChoices(store, tenant.id).get
    ).facts("5")
    assert known.change_events == {}
