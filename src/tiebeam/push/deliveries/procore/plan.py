"""What a paper becomes in Procore, or why nothing does. Pure: of the paper and the facts of its project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.push.deliveries.procore import orders
from tiebeam.push.deliveries.procore.catalogue import (
    CHANGE_EVENT_UNKNOWN,
    COST_CODE_NOT_BUDGETED,
    COST_CODE_UNKNOWN,
    EVENT_NOT_TIED,
    NOT_SENT,
    blocked,
)
from tiebeam.push.deliveries.procore.orders import ORDER, contract_of, plan_order
from tiebeam.push.deliveries.procore.reports import plan_report
from tiebeam.push.deliveries.procore.steps import images
from tiebeam.push.deliveries.procore.tickets import ENTRY, later_event, plan_ticket
from tiebeam.push.deliveries.procore.words import title
from tiebeam.push.model import Blocked, Steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tiebeam.push.deliveries.procore.facts import CostCode, Facts
    from tiebeam.push.model import Paper, Plan


def plan_paper(paper: Paper, facts: Facts) -> Plan:
    """Return the steps of a paper of any kind, or what a person must mend before anything is sent."""
    trouble = (None if paper.made else _wrong_code(paper, facts)) or _wrong_event(paper, facts)
    if trouble is not None:
        return trouble
    if paper.made:
        return _beside(paper, facts)
    planner = _PLANNERS.get(paper.kind)
    if planner is None:
        cause = f"{paper.number} stays in Tiebeam: Procore has no place for such papers."
        return blocked(NOT_SENT, paper, cause)
    return planner(paper, facts)


def _beside(paper: Paper, facts: Facts) -> Plan:
    """Return what is to be made of a paper that is there: what was chosen beside it, and nothing else."""
    if not paper.later.get("change_event"):
        return Steps((), paper.made)
    if ENTRY in paper.made:
        return Steps(tuple(later_event(paper)), paper.made)
    if ORDER not in paper.made:
        cause = f"{paper.number} was sent as a document, and Procore ties no document to a change event."
        return blocked(EVENT_NOT_TIED, paper, cause, field="change_event")
    contract = contract_of(paper, facts)
    if isinstance(contract, Blocked):
        return contract
    return Steps(tuple(orders.later_event(paper, contract)), paper.made)


def _order(paper: Paper, facts: Facts) -> Plan:
    contract = contract_of(paper, facts)
    if isinstance(contract, Blocked):
        return contract
    return plan_order(paper, facts, contract, _codes(paper, facts))


def _photo(paper: Paper, facts: Facts) -> Plan:
    said = title(paper, str(paper.body.get("description") or ""))
    return Steps(tuple(images(paper, facts.choices, said, best_effort=False)))


_PLANNERS: Mapping[str, Callable[[Paper, Facts], Plan]] = {
    "tm_ticket": plan_ticket,
    "change_order_request": _order,
    "daily_report": plan_report,
    "photo": _photo,
}


def _named_codes(paper: Paper) -> Iterator[tuple[str, str]]:
    """Yield where in the body a cost code stands, and the code."""
    if paper.body.get("cost_code"):
        yield "cost_code", str(paper.body["cost_code"])
    for number, line in enumerate(paper.body.get("lines") or ()):
        if line.get("cost_code"):
            yield f"lines.{number}.cost_code", str(line["cost_code"])


def _codes(paper: Paper, facts: Facts) -> dict[str, CostCode]:
    known = facts.cost_codes or {}
    return {code: known[code] for _, code in _named_codes(paper) if code in known}


def _wrong_code(paper: Paper, facts: Facts) -> Blocked | None:
    for field, code in _named_codes(paper):
        if facts.cost_codes is None:
            return None
        found = facts.cost_codes.get(code)
        if found is None:
            cause = f"{paper.number} names the cost code {code}, and the project in Procore has no such code."
            return blocked(COST_CODE_UNKNOWN, paper, cause, field=field)
        if found.budgeted is False:
            cause = f"{paper.number} names the cost code {code} ({found.name}), which is not in the budget."
            return blocked(COST_CODE_NOT_BUDGETED, paper, cause, field=field)
    return None


def _wrong_event(paper: Paper, facts: Facts) -> Blocked | None:
    event = paper.body.get("change_event") or paper.later.get("change_event")
    known = str(event).isdigit() and (facts.change_events is None or str(event) in facts.change_events)
    if not event or known:
        return None
    cause = f"{paper.number} names the change event {event}, and the project in Procore has no such event."
    return blocked(CHANGE_EVENT_UNKNOWN, paper, cause, field="change_event")
