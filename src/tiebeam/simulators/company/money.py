"""What changes cost: change events, and the orders, requests and packages under the prime contract."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from tiebeam.simulators.company.moments import at_midnight, day_text, later
from tiebeam.simulators.procore.identifiers import stamp

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from tiebeam.simulators.company.site import Fields, Site

_CENT = Decimal("0.01")
_DOLLARS = {"base_currency_iso_code": "USD", "currency_iso_code": "USD"}
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
_REASONS = [
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


def sign_contract(site: Site, at: datetime) -> None:
    """The one contract with the owner."""
    job = site.job
    fields = {
        "number": f"PC-{job.number}",
        "title": f"{job.name} prime contract",
        "description": f"Between {job.owner.name} and us",
        "status": "Approved",
        "executed": True,
        "private": True,
        "contract_date": job.first_day.isoformat(),
        "contract_start_date": job.first_day.isoformat(),
        "substantial_completion_date": job.finish_day.isoformat(),
        "actual_completion_date": None,
        "execution_date": day_text(at),
        "grand_total": str(job.contract_value),
        "original_contract_amount": str(job.contract_value),
        "revised_contract_amount": str(job.contract_value),
        "approved_change_orders": "0.00",
        "pending_change_orders": "0.00",
        "retainage_percent": "10.0",
        "vendor": job.owner.ref,
        "contractor": site.staff[0].firm.ref,
        "architect": site.designers[0].firm.ref,
        "accounting_method": "amount",
        "inclusions": None,
        "exclusions": None,
        "origin_id": f"PC{job.number}",
        "origin_data": None,
        "currency_configuration": _DOLLARS,
        "attachments": [],
        "line_items": [],
        "custom_fields": {},
    }
    row = site.insert("prime_contracts", fields, at)
    site.contract = {"id": row["id"], "number": row["number"], "title": row["title"], "vendor": job.owner.ref}


def raise_event(site: Site, rng: Random, at: datetime, until: datetime) -> Fields:
    """A change event, because of an RFI when one was said to cost; settled by `until` or not."""
    rfi = _take(site, "costly rfis", "rfis")
    number = site.number("change event")
    lines = _event_lines(site, rng, at)
    settled = later(rng, at, 45) <= until
    status = EVENT_STATUSES[2] if settled else rng.choice(EVENT_STATUSES[:2])
    fields = {
        "number": f"{number:03d}",
        "title": rfi["subject"] if rfi else f"{rng.choice(_WHY)}: {lines[0]['description'].lower()}",
        "description": f"{rng.choice(_WHY)} on {site.job.name}",
        "scope": rng.choice(("tbd", "in_scope", "out_of_scope")),
        "status": status,
        "change_type": rng.choice(_EVENT_TYPES),
        "change_reason": rng.choice(_REASONS),
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


def _take(site: Site, pool: str, resource: str) -> Fields | None:
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


def _event_lines(site: Site, rng: Random, at: datetime) -> list[Fields]:
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


def _dated(at: datetime) -> Fields:
    return {
        "due_date": day_text(at, 14),
        "invoiced_date": None,
        "paid_date": None,
        "reviewed_at": None,
        "signed_change_order_received_date": None,
        "origin_id": None,
        "origin_data": None,
        "origin_code": None,
        "private": False,
        "executed": False,
        "revision": 0,
    }


def price_change(site: Site, rng: Random, at: datetime, until: datetime) -> Fields:
    """A potential change order, out of the oldest change event that has none yet."""
    event = _take(site, "unpriced events", "change_events")
    sources = event["change_event_line_items"] if event else _event_lines(site, rng, at)
    lines = [_order_line(site, position, source) for position, source in enumerate(sources, start=1)]
    total = sum((Decimal(line["total_amount"]) for line in lines), Decimal(0))
    number = site.number("pco")
    author = site.staff_ref(rng)
    fields = {
        **_dated(at),
        "contract_id": site.contract["id"],
        "number": f"{number:03d}",
        "position": number,
        "title": event["title"] if event else lines[0]["description"],
        "description": f"Pricing of change event {event['number']}" if event else "Priced on request",
        "status": _order_status(rng, at, until),
        "type": "PrimeContractChangeOrder",
        "grand_total": str(total.quantize(_CENT)),
        "schedule_impact_amount": rng.choice((0, 0, 0, 2, 5, 10)),
        "change_reason": rng.choice(_REASONS)["change_reason"],
        "prime_change_event_id": event["id"] if event else None,
        "change_order_request_id": None,
        "change_order_request_title": None,
        "change_order_package_title": None,
        "potential_change_order_acronym_number": f"PCO #{number:03d}",
        "change_order_request_acronym_number": None,
        "change_order_package_acronym_number": None,
        "change_order_tiers": 3,
        "created_by_id": author["id"],
        "creator": author,
        "reviewer": None,
        "designated_reviewer": None,
        "line_items": lines,
        "attachments": site.attachments(rng, "pricing", 0.4),
        "currency_configuration": _DOLLARS,
        "custom_fields": {},
    }
    order = site.insert("potential_change_orders", fields, at)
    site.waiting["unrequested orders"].append(order["id"])
    return order


def _order_status(rng: Random, at: datetime, until: datetime) -> str:
    if later(rng, at, 30) <= until:
        return rng.choices(("approved", "rejected", "void", "no_charge"), (8, 1, 1, 1))[0]
    return rng.choice(("draft", "pricing", "pending", "pending", "proceeding"))


def _order_line(site: Site, position: int, source: Fields) -> Fields:
    amount = source["estimated_cost_amount"]
    return {
        "id": site.sub_id(),
        "position": position,
        "description": source["description"],
        "quantity": str(source["estimated_cost_quantity"]),
        "uom": source["uom"],
        "unit_cost": f"{source['estimated_cost_unit_cost']:.2f}",
        "total_amount": amount,
        "extended_amount": amount,
        "cost_code": source["cost_code"],
        "wbs_code": source["budget_code"],
        "holder": {"id": site.contract["id"], "holder_type": "PrimeContract"},
        "line_item_type": source["line_item_type"],
        "markup_line_items": [],
        "currency_configuration": {"currency_iso_code": "USD"},
    }


def _gather(site: Site, pool: str, resource: str, most: int) -> list[Fields]:
    taken = (_take(site, pool, resource) for _ in range(most))
    return [fields for fields in taken if fields is not None]


def _sum(papers: list[Fields]) -> str:
    return str(sum((Decimal(paper["grand_total"]) for paper in papers), Decimal(0)).quantize(_CENT))


def request_change(site: Site, rng: Random, at: datetime, until: datetime) -> Fields:
    """A change order request, over up to three potential change orders that wait for one."""
    orders = _gather(site, "unrequested orders", "potential_change_orders", rng.randint(1, 3))
    number = site.number("cor")
    fields = {
        **_dated(at),
        "contract_id": site.contract["id"],
        "change_order_package_id": None,
        "number": f"{number:03d}",
        "position": number,
        "title": orders[0]["title"] if orders else f"Request {number}",
        "description": f"{len(orders)} potential change orders",
        "status": _order_status(rng, at, until),
        "grand_total": _sum(orders),
        "schedule_impact_amount": sum(order["schedule_impact_amount"] or 0 for order in orders),
        "creator": site.staff_ref(rng),
        "contract": {**site.contract, "type": "PrimeContract", "status": "Approved"},
        "batch": None,
        "attachments": [],
        "currency_configuration": _DOLLARS,
    }
    request = site.insert("change_order_requests", fields, at)
    link = {
        "change_order_request_id": request["id"],
        "change_order_request_title": request["title"],
        "change_order_request_acronym_number": f"COR #{request['number']}",
    }
    for order in orders:
        site.state.update("potential_change_orders", order["id"], link, at=at)
    site.waiting["unpackaged requests"].append(request["id"])
    return request


def package_change(site: Site, rng: Random, at: datetime, until: datetime) -> Fields:
    """A change order package, over up to two requests that wait for one."""
    requests = _gather(site, "unpackaged requests", "change_order_requests", 2)
    number = site.number("package of changes")
    status = _order_status(rng, at, until)
    fields = {
        **_dated(at),
        "contract_id": site.contract["id"],
        "number": f"{number:03d}",
        "position": number,
        "title": f"Change Order {number}",
        "description": f"{len(requests)} requests",
        "status": status,
        "executed": status == "approved",
        "type": "PrimeContractChangeOrder",
        "grand_total": _sum(requests),
        "schedule_impact_amount": sum(request["schedule_impact_amount"] or 0 for request in requests),
        "review_notes": None,
        "revised_substantial_completion_date": None,
        "creator": site.staff_ref(rng),
        "designated_reviewer": site.designer_ref(rng),
        "reviewer": None,
        "attachments": site.attachments(rng, "signed", 0.3),
        "line_items": [],
        "currency_configuration": _DOLLARS,
        "custom_fields": {},
    }
    package = site.insert("change_order_packages", fields, at)
    for request in requests:
        link = {"change_order_package_id": package["id"]}
        site.state.update("change_order_requests", request["id"], link, at=at)
    return package


def settle_contract(site: Site, at: datetime, *, touch: bool = True) -> None:
    """The contract's sums follow from its packages."""
    packages = site.state.rows("change_order_packages", project_id=site.project_id)
    approved = Decimal(_sum([each for each in packages if each["status"] == "approved"]))
    changes = {
        "approved_change_orders": str(approved),
        "pending_change_orders": _sum([each for each in packages if each["status"] == "pending"]),
        "revised_contract_amount": str(site.job.contract_value + approved),
        "grand_total": str(site.job.contract_value + approved),
    }
    held = site.state.get("prime_contracts", site.contract["id"])
    if any(held[name] != value for name, value in changes.items()):
        site.state.update("prime_contracts", held["id"], changes, at=at, touch=touch)


def contract_moment(site: Site) -> datetime:
    """When the contract was signed: in the morning of the first day."""
    return at_midnight(site.job.first_day) + timedelta(hours=9 - site.job.offset_hours)
