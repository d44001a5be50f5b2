"""Change events: that something will cost more, and what it is thought to cost."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from tiebeam.simulators.company.moments import later
from tiebeam.simulators.procore.identifiers import stamp

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from tiebeam.simulators.company.site import Fields, Site

_CENT = Decimal("0.01")
EVENT_STATUSES = [
    {"id": 601 + i, "name": name, "mapped_to_status": mapped}
    for i, (name, mapped) in enumerate(
        (("Open", "open"), ("Pending", "pending"), ("Closed", "closed"), ("Void", "void"))
    )
]
_EVENT_TYPES = [
    {"id": 621 + i, "name": name, "abbreviation": short}
    for i, (name, short) in enumerate(
        (("Owner Change", "OC"), ("Allowance", "AL"), ("Contingency", "CT"), ("TBD", "TBD"))
    )
]
REASONS = [
    {"id": 641 + i, "change_reason": reason}
    for i, reason in enumerate(("Client Request", "Design Development", "Existing Condition", "Weather"))
]
_LINE_TYPE = {
    "id": 502,
    "name": "Materials",
    "code": "M",
    "base_type": "materials",
    "origin_id": None,
    "origin_data": None,
}
_WHY = ("Owner request", "Unforeseen condition", "Design revision", "Coordination")


def raise_event(site: Site, rng: Random, at: datetime, until: datetime) -> Fields:
    """A change event, because of an RFI when one was said to cost; settled by `until` or not."""
    rfi = take_waiting(site, "costly rfis", "rfis")
    number = site.number("change event")
    lines = event_lines(site, rng, at)
    settled = later(rng, at, 45) <= until
    status = EVENT_STATUSES[2] if settled else rng.choice(EVENT_STATUSES[:2])
    fields = {
        "number": f"{number:03d}",
        "title": rfi["subject"] if rfi else f"{rng.choice(_WHY)}: {lines[0]['description'].lower()}",
        "description": f"{rng.choice(_WHY)} on {site.job.name}",
        "scope": rng.choice(("tbd", "in_scope", "out_of_scope")),
        "status": status,
        "change_type": rng.choice(_EVENT_TYPES),
        "change_reason": rng.choice(REASONS),
        "event_type": "owner_change",
        "event_scope": "out_of_scope",
        "event_origin": _origin(rfi),
        "rfi": _rfi_ref(rfi),
        "project_id": site.project_id,
        "company_id": site.state.company_id,
        "comments_enabled": True,
        "deletable": True,
        "prime_contract_for_estimates": {**site.contract, "name": site.contract["title"]}
        if site.contract
        else None,
        "external_data": {"origin_id": None, "origin_data": None},
        "created_by": site.staff_ref(rng),
        "attachments": site.attachments(rng, "quote", 0.3),
        "change_event_line_items": lines,
        "change_items": [_change_item(line) for line in lines],
        "markup_items": [],
        "production_quantities": [],
        "rfqs": [],
        "notes": None,
        "source": None,
        "currency_configuration": {"currency_iso_code": "USD"},
        "custom_fields": {},
    }
    event = site.insert("change_events", fields, at)
    site.waiting["unpriced events"].append(event["id"])
    return event


def take_waiting(site: Site, pool: str, resource: str) -> Fields | None:
    """The oldest waiting paper that still is there."""
    waiting = site.waiting[pool]
    while waiting:
        row = site.state.tables[resource].find(waiting.pop(0))
        if row is not None and row.live:
            return row.fields
    return None


def _origin(rfi: Fields | None) -> Fields | None:
    if rfi is None:
        return None
    return {
        "origin_id": rfi["id"],
        "origin_type": "RFI",
        "display_name": rfi["full_number"],
        "web_page_url": None,
    }


def _rfi_ref(rfi: Fields | None) -> Fields | None:
    if rfi is None:
        return None
    shown = ("id", "full_number", "due_date", "status")
    return {**{name: rfi[name] for name in shown}, "title": rfi["subject"], "number": int(rfi["number"])}


def event_lines(site: Site, rng: Random, at: datetime) -> list[Fields]:
    """Lines of a change event with estimates; those of potential change orders come from them."""
    lines = []
    for number in range(1, 1 + rng.choice((1, 1, 2, 2, 3, 5))):
        firm = site.firm(rng)
        if firm.trade is None:
            continue
        quantity, unit_cost = rng.randint(1, 120), Decimal(rng.randint(400, 90_000)) / 100
        lines.append(
            {
                "id": site.sub_id(),
                "number": str(number),
                "title": rng.choice(firm.trade.materials),
                "description": rng.choice(firm.trade.work),
                "status": "open",
                "vendor": firm.ref,
                "contract": None,
                "cost_code": site.cost_codes.get(firm.trade.name),
                "cost_code_id": (site.cost_codes.get(firm.trade.name) or {}).get("id"),
                "budget_code": site.wbs_codes.get(firm.trade.name),
                "line_item_type": _LINE_TYPE,
                "line_item_type_id": _LINE_TYPE["id"],
                "estimated_cost_amount": str((quantity * unit_cost).quantize(_CENT)),
                "estimated_cost_calculation_strategy": "automatic",
                "estimated_cost_quantity": quantity,
                "estimated_cost_unit_cost": float(unit_cost),
                "uom": firm.trade.uom,
                "rfq_amount": "0.00",
                "commitment_contract_cost": "0.00",
                "commitment_pco_cost": "0.00",
                "prime_pco_cost": "0.00",
                "created_at": stamp(at),
                "updated_at": stamp(at),
            }
        )
    return lines


def _change_item(line: Fields) -> Fields:
    amount = line["estimated_cost_amount"]
    return {
        "id": line["id"],
        "item_type": "line_item",
        "description": line["description"],
        "budget_code": line["budget_code"],
        "cost_impact": {"amount": amount, "quantity": line["estimated_cost_quantity"], "uom": line["uom"]},
        "revenue_impact": {"amount": amount, "source": "matches_cost"},
        "latest_cost_values": {"rom": amount, "quote": None},
        "latest_revenue_values": {"rom": amount, "prime_pco": None},
        "created_at": line["created_at"],
        "updated_at": line["updated_at"],
    }
