"""The prime contract, and the orders, requests and packages that change its sum."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from tiebeam.simulators.company.change_events import REASONS, event_lines, take_waiting
from tiebeam.simulators.company.moments import at_midnight, day_text, later

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from tiebeam.simulators.company.site import Fields, Site

_ORDER_BLANKS = {
    **dict.fromkeys(("commitment_change_event_id", "location_id", "reason", "received_from", "reference")),
    "request_for_quote_id": None,
    "change_order_change_reason_id": None,
    "accounting_method": "amount",
    "field_change": False,
    "paid": False,
    "void": False,
}
_CENT = Decimal("0.01")
_DOLLARS = {"base_currency_iso_code": "USD", "currency_iso_code": "USD"}


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
    event = take_waiting(site, "unpriced events", "change_events")
    sources = event["change_event_line_items"] if event else event_lines(site, rng, at)
    number = site.number("pco")
    author = site.staff_ref(rng)
    fields = {
        **_dated(at),
        "contract_id": site.contract["id"],
        "number": f"{number:03d}",
        "position": number,
        "title": event["title"] if event else sources[0]["description"],
        "description": f"Pricing of change event {event['number']}" if event else "Priced on request",
        "status": _order_status(rng, at, until),
        "type": "PrimeContractChangeOrder",
        **_totals(_estimate(sources)),
        "schedule_impact_amount": rng.choice((0, 0, 0, 2, 5, 10)),
        "change_reason": rng.choice(REASONS)["change_reason"],
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
        **_ORDER_BLANKS,
        "vendor": site.job.owner.ref,
        "attachments": site.attachments(rng, "pricing", 0.4),
        "currency_configuration": _DOLLARS,
        "custom_fields": {},
    }
    order = site.insert("potential_change_orders", fields, at)
    for source in sources:
        _add_line(site, order, event, source, at)
    site.waiting["unrequested orders"].append(order["id"])
    return order


def _order_status(rng: Random, at: datetime, until: datetime) -> str:
    if later(rng, at, 30) <= until:
        return rng.choices(("approved", "rejected", "void", "no_charge"), (8, 1, 1, 1))[0]
    return rng.choice(("draft", "pricing", "pending", "pending", "proceeding"))


def _add_line(site: Site, order: Fields, event: Fields | None, source: Fields, at: datetime) -> None:
    amount = source["estimated_cost_amount"]
    origin = None
    if event is not None:
        origin = {"id": source["id"], "event_id": event["id"], "cost_rom": amount, "revenue_rom": amount}
    fields = {
        "position": site.number(f"lines {order['id']}"),
        "description": source["description"],
        "amount": amount,
        "total_amount": amount,
        "extended_amount": amount,
        "extended_type": "calculated",
        "quantity": str(source["estimated_cost_quantity"]),
        "uom": source["uom"],
        "unit_cost": f"{source['estimated_cost_unit_cost']:.2f}",
        "cost_code": source["cost_code"],
        "wbs_code": source["budget_code"],
        "holder": {"id": site.contract["id"], "holder_type": "PrimeContract"},
        "line_item_type": source["line_item_type"],
        "change_event_line_item": origin,
        "company": {"id": site.state.company_id, "name": site.staff[0].firm.name},
        "project": {"id": site.project_id, "name": site.job.name},
        "tax_code_id": None,
        "origin_id": None,
        "origin_data": None,
    }
    site.insert("potential_change_order_line_items", fields, at, parent_id=order["id"])


def extend_order(site: Site, rng: Random, order: Fields, at: datetime) -> Fields:
    """Add lines to a potential change order, and say what changes in the order itself."""
    sources = event_lines(site, rng, at)
    for source in sources:
        _add_line(site, order, None, source, at)
    return _totals(Decimal(order["grand_total"]) + _estimate(sources))


def _estimate(sources: list[Fields]) -> Decimal:
    return sum((Decimal(source["estimated_cost_amount"]) for source in sources), Decimal(0))


def _totals(total: Decimal) -> Fields:
    names = ("grand_total", "line_items_total", "line_items_extended_total")
    return dict.fromkeys(names, str(total.quantize(_CENT)))


def _gather(site: Site, pool: str, resource: str, most: int) -> list[Fields]:
    taken = (take_waiting(site, pool, resource) for _ in range(most))
    return [fields for fields in taken if fields is not None]


def _sum(papers: list[Fields]) -> str:
    return str(sum((Decimal(paper["grand_total"]) for paper in papers), Decimal(0)).quantize(_CENT))


def request_change(site: Site, rng: Random, at: datetime, until: datetime) -> Fields:
    """A change order request, over up to three potential change orders that wait for one."""
    orders = _gather(site, "unrequested orders", "potential_change_orders", rng.randint(1, 3))
    number, author = site.number("cor"), site.staff_ref(rng)
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
        "creator": author,
        "created_by_id": author["id"],
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
    number, author = site.number("package of changes"), site.staff_ref(rng)
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
        "creator": author,
        "created_by_id": author["id"],
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
