"""Change events, in both of their versions."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tiebeam.simulators.procore.bodies import as_list, read_body
from tiebeam.simulators.procore.errors import not_found
from tiebeam.simulators.procore.identifiers import stamp
from tiebeam.simulators.procore.writes import saving
from tiebeam.simulators.procore.writes.building import creating, deleting, form_route, updating
from tiebeam.simulators.procore.writes.forms import Form, entries, invalid
from tiebeam.simulators.procore.writes.kinds import decimal, money
from tiebeam.simulators.procore.writes.references import resolve, user_shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.routing import Route
    from tiebeam.simulators.procore.writes.forms import Fields

_SCOPES = "tbd|in_scope|out_of_scope"
# What each field of an object is known by: v1.1 sends objects with an id where v1.0 sends ids.
_BY_ID = {"status": "event_status", "change_type": "event_type", "change_reason": "event_reason"}


def _blank(call: Call, project_id: int | None) -> Fields:
    unknown = (
        "title description status scope change_type change_reason event_type event_scope event_origin rfi"
        " notes source prime_contract_for_estimates"
    )
    lists = ("change_event_line_items", "change_items", "markup_items", "production_quantities", "rfqs")
    return {
        **dict.fromkeys(unknown.split()),
        **{name: [] for name in lists},
        "number": f"{saving.number_after(call, 'change_events', project_id):03d}",
        "project_id": project_id,
        "company_id": call.state.company_id,
        "comments_enabled": True,
        "deletable": True,
        "external_data": {"origin_id": None, "origin_data": None},
        "created_by": user_shown(call),
        "currency_configuration": {"currency_iso_code": "USD"},
        "custom_fields": {},
    }


def _settled_v1_0(call: Call, held: Fields, changes: Fields) -> Fields:
    origin: Fields = {name: changes.pop(name) for name in ("origin_id", "origin_data") if name in changes}
    if origin:
        changes["external_data"] = _external(call, held, origin)
    mapped = changes.pop("mapped_status", None)
    if mapped and not changes.get("status"):
        changes["status"] = {"id": None, "name": mapped.capitalize(), "mapped_to_status": mapped}
    if "event_scope" in changes:
        changes["scope"] = changes["event_scope"]
    if "change_event_line_items_attributes" in changes:
        lines = as_list(changes.pop("change_event_line_items_attributes")) or []
        changes["change_event_line_items"] = [_line(call, item, n) for n, item in enumerate(lines, 1)]
    return changes


def _settled_v1_1(call: Call, held: Fields, changes: Fields) -> Fields:
    for name, kind in _BY_ID.items():
        if isinstance(changes.get(name), dict):
            changes[name] = resolve(call, kind, changes[name].get("id"))
    if "scope" in changes:
        changes["event_scope"] = changes["scope"]
    if isinstance(changes.get("external_data"), dict):
        changes["external_data"] = _external(call, held, changes["external_data"])
    if "change_items" in changes:
        changes["change_items"] = [
            {"id": call.storeroom.take_id(), **item} for item in as_list(changes["change_items"]) or []
        ]
    return changes


def _external(call: Call, held: Fields, sent: Fields) -> Fields:
    """The other system's id, which no other event of the company may have."""
    origin_id = sent.get("origin_id")
    for row in call.state.tables["change_events"].everything if origin_id else ():
        known = (row.fields.get("external_data") or {}).get("origin_id")
        if known == origin_id and row.id != held.get("id"):
            raise invalid(call, {"origin_id": ["has already been taken"]})
    return {**(held.get("external_data") or {}), **sent}


def _line(call: Call, sent: Any, number: int) -> Fields:
    if not isinstance(sent, dict):
        raise invalid(call, {"change_event_line_items_attributes": ["is invalid"]})
    quantity, unit_cost = (
        decimal(sent.get("estimated_cost_quantity")),
        decimal(sent.get("estimated_cost_unit_cost")),
    )
    strategy = sent.get("estimated_cost_calculation_strategy") or "manual"
    amount = decimal(sent.get("estimated_cost_amount"))
    if strategy == "automatic" or amount is None:
        amount = (quantity or Decimal(0)) * (unit_cost or Decimal(0))
    return {
        "id": sent.get("id") or call.storeroom.take_id(),
        "number": str(number),
        "description": sent.get("description"),
        "status": "open",
        "vendor": resolve(call, "vendor", sent.get("proposed_vendor_id")),
        "contract": None,
        "cost_code": resolve(call, "cost_code", sent.get("cost_code_id")),
        "cost_code_id": sent.get("cost_code_id"),
        "budget_code": resolve(call, "wbs_code", (sent.get("budget_code") or {}).get("id")),
        "line_item_type_id": sent.get("line_item_type_id"),
        "uom": sent.get("uom"),
        "estimated_cost_amount": money(amount),
        "estimated_cost_quantity": None if quantity is None else float(quantity),
        "estimated_cost_unit_cost": None if unit_cost is None else float(unit_cost),
        "estimated_cost_calculation_strategy": strategy,
        "rfq_amount": None,
        "created_at": stamp(call.moment),
        "updated_at": stamp(call.moment),
    }


_V1_0 = Form(
    "change_events",
    "change_event",
    entries(
        f"title number description event_scope*:={_SCOPES} status:=open|closed>mapped_status",
        "change_event_status_id*:event_status>status",
        "change_order_change_reason_id:event_reason>change_reason",
        "event_type:=tbd|allowance|contingency|owner_change|transfer origin_id origin_data",
        "rfi_id:named>rfi change_event_line_items_attributes:object",
    ),
    blank=_blank,
    settle=_settled_v1_0,
    unique=None,
    files="attachments",
)
_V1_1 = Form(
    "change_events",
    "change_event",
    entries(
        f"title number description scope*:={_SCOPES} status*:object change_type:object change_reason:object",
        "event_origin:object source prime_contract_for_estimates:object external_data:object",
        "change_items:object",
    ),
    blank=_blank,
    settle=_settled_v1_1,
    unique=None,
    files="attachments",
)


def routes() -> Iterator[Route]:
    """Every write of the tool."""
    for version, form, view in (("v1.0", _V1_0, "list.v1.0"), ("v1.1", _V1_1, "detail")):
        events = f"/rest/{version}/change_events"
        yield creating(events, form, view=view)
        yield updating(f"{events}/{{id}}", form, view=view)
    yield deleting("/rest/v1.1/change_events/{id}", "change_events", "nothing")
    yield form_route("PUT", "/rest/v1.1/change_events/{id}/restore", _V1_1, _restore)


def _restore(call: Call) -> SimResponse:
    project_id = saving.enter(call, read_body(call.request), "change_events")
    row = call.state.tables["change_events"].find(call.integer_param("id"))
    if row is None or row.hidden or row.deleted_at is None or row.project_id != project_id:
        raise not_found()
    call.state.restore("change_events", row.id, at=call.moment)
    return saving.answer(call, "change_events", row)
