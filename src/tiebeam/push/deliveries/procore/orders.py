"""A change order request as steps: a potential change order by sync, its lines, its paper and photos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.connectors.procore.writes import orders
from tiebeam.push.deliveries.procore.amounts import line_amount, markup_amounts
from tiebeam.push.deliveries.procore.catalogue import CONTRACT_MISSING, CONTRACT_UNKNOWN, blocked
from tiebeam.push.deliveries.procore.facts import TIERS_MAX
from tiebeam.push.deliveries.procore.steps import (
    OF_PACKAGE,
    PLACE,
    Made,
    documents,
    images,
    papers_of,
    receipt,
    step,
)
from tiebeam.push.deliveries.procore.words import order_description, plain, title
from tiebeam.push.model import Steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tiebeam.push.deliveries.procore.facts import CostCode, Facts
    from tiebeam.push.model import Blocked, Paper, Plan, PlannedStep

ORDER = "order"
PACKAGE = "package"
REQUEST = "request"


def plan_order(paper: Paper, facts: Facts, contract_id: str, codes: Mapping[str, CostCode]) -> Plan:
    """Return the steps of a change order request under a contract. `codes` hold those that its lines name."""
    said = title(paper, str(paper.body["title"]))
    files = (*documents(paper, facts.choices, said), *images(paper, facts.choices, said))
    event = () if paper.body.get("change_event") else later_event(paper, contract_id)
    tiers = facts.order_tiers or facts.choices.order_tiers
    whole = (*_orders(paper, facts, contract_id, tiers), *_lines(paper, facts, codes))
    return Steps((*whole, *_grouping(paper, facts, contract_id, tiers), *event, *files))


def _orders(paper: Paper, facts: Facts, contract_id: str, tiers: int) -> Iterator[PlannedStep]:
    """Yield what makes the order that holds the lines; with one tier, a package comes with it."""
    if tiers > 1:
        yield _order(paper, facts, contract_id)
        return
    fields = _fields(paper, facts)
    above = {name: value for name, value in fields.items() if name != "prime_change_event_id"}
    yield _package(paper, contract_id, above)
    write = orders.change(paper.project, contract_id, OF_PACKAGE, fields)
    yield step(ORDER, Made.PACKAGE_ORDER, write, needs=PACKAGE)


def _package(paper: Paper, contract_id: str, fields: Mapping[str, Any]) -> PlannedStep:
    named = {**fields, "origin_id": f"{paper.origin}:package"}
    return step(PACKAGE, Made.PACKAGE, orders.package(paper.project, contract_id, named))


def _grouping(paper: Paper, facts: Facts, contract_id: str, tiers: int) -> Iterator[PlannedStep]:
    """Yield what puts an order into what comes above it, where the tenant wants that and there is such."""
    if not facts.choices.orders_grouped or tiers == 1:
        return
    fields = _fields(paper, facts)
    fields.pop("prime_change_event_id", None)
    if tiers == TIERS_MAX:
        named = {**fields, "origin_id": f"{paper.origin}:request"}
        yield step(REQUEST, Made.REQUEST, orders.request(paper.project, contract_id, named))
        into: dict[str, Any] = {"change_order_request_id": receipt(REQUEST)}
        made, above = Made.INTO_REQUEST, REQUEST
    else:
        yield _package(paper, contract_id, fields)
        into = {"change_order_request": {"change_order_package_id": receipt(PACKAGE)}}
        made, above = Made.INTO_PACKAGE, PACKAGE
    write = orders.change(paper.project, contract_id, PLACE, into)
    yield step(f"into-{above}", made, write, needs=(ORDER, above))


def later_event(paper: Paper, contract_id: str) -> Iterator[PlannedStep]:
    """Return what ties an order to the change event chosen beside it, each choice a step of its own."""
    event = paper.later.get("change_event")
    if event:
        write = orders.change(paper.project, contract_id, PLACE, {"prime_change_event_id": int(event)})
        yield step(f"change-event-{event}", Made.ORDER_EVENT, write, needs=ORDER)


def _order(paper: Paper, facts: Facts, contract_id: str) -> PlannedStep:
    return step(ORDER, Made.ORDER, orders.order(paper.project, contract_id, _fields(paper, facts)))


def _fields(paper: Paper, facts: Facts) -> dict[str, Any]:
    body = paper.body
    fields: dict[str, Any] = {
        "origin_id": paper.origin,
        "title": title(paper, str(body["title"])),
        "description": order_description(body, [one.name for one in papers_of(paper)]),
        "status": facts.choices.order_status,
    }
    if body.get("schedule_days") is not None:
        fields["schedule_impact_amount"] = body["schedule_days"]
    if body.get("change_event"):
        fields["prime_change_event_id"] = int(body["change_event"])
    return fields


def _lines(paper: Paper, facts: Facts, codes: Mapping[str, CostCode]) -> Iterator[PlannedStep]:
    rows = [*_own_lines(paper, facts, codes), *_markups(paper)]
    if rows:
        write = orders.lines(paper.project, PLACE, rows)
        yield step("lines", Made.ORDER_LINES, write, needs=ORDER)


def _own_lines(paper: Paper, facts: Facts, codes: Mapping[str, CostCode]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(paper.body.get("lines") or (), 1):
        found = {
            "cost_code_id": codes[line["cost_code"]].id if line.get("cost_code") in codes else None,
            "line_item_type_id": facts.line_item_types.get(line["kind"]),
        }
        yield {
            "origin_id": f"{paper.origin}:line:{number}",
            "description": line["description"],
            "quantity": plain(line["quantity"]),
            "unit_cost": plain(line["unit_cost"]),
            "uom": line.get("unit") or "",
            # Manual, so that what it comes to is what we showed, to the cent.
            "amount": str(line_amount(line)),
            "extended_type": "manual",
            **{name: value for name, value in found.items() if value is not None},
        }


def _markups(paper: Paper) -> Iterator[dict[str, Any]]:
    lines, markups = paper.body.get("lines") or (), paper.body.get("markups") or ()
    amounts = markup_amounts(lines, markups)
    for number, (markup, amount) in enumerate(zip(markups, amounts, strict=True), 1):
        yield {
            "origin_id": f"{paper.origin}:markup:{number}",
            "description": f"{markup['name']} {plain(markup['percent'])} %",
            "amount": str(amount),
            "extended_type": "manual",
        }


def contract_of(paper: Paper, facts: Facts) -> str | Blocked:
    """Return the contract of a change order request: its own, or the project's only one."""
    wanted, known = paper.body.get("contract"), facts.contracts
    if wanted and (known is None or any(str(one.id) == wanted for one in known)):
        return str(wanted)
    if not wanted and known is not None and len(known) == 1:
        return str(known[0].id)
    if wanted:
        cause = f"{paper.number} names the contract {wanted}, and the project has no such prime contract."
        return blocked(CONTRACT_UNKNOWN, paper, cause, field="contract")
    cause = f"{paper.number} names no contract, and Procore takes a change order only under one."
    return blocked(CONTRACT_MISSING, paper, cause, field="contract")
