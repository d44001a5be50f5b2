"""Change orders of every tier with their lines, change events and prime contracts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from tiebeam.simulators.procore.bodies import read_body
from tiebeam.simulators.procore.errors import missing_parameter, not_found
from tiebeam.simulators.procore.writes import saving
from tiebeam.simulators.procore.writes.building import creating, form_route, updating
from tiebeam.simulators.procore.writes.forms import Form, blanks, entries
from tiebeam.simulators.procore.writes.kinds import decimal
from tiebeam.simulators.procore.writes.references import user_shown
from tiebeam.simulators.procore.writes.tiers import grouped, require_tier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.bodies import Body
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.routing import Handler, Route
    from tiebeam.simulators.procore.tables import Row
    from tiebeam.simulators.procore.writes.forms import Fields

_ORDERS = "/rest/v1.0/potential_change_orders"
_LINES = f"{_ORDERS}/{{potential_change_order_id}}/line_items"
_REQUESTS = "/rest/v1.0/change_order_requests"
_PACKAGES = "/rest/v1.0/change_order_packages"
_CONTRACTS = "/rest/v1.0/prime_contracts"
_STATUS = (
    "status:=draft|not_pricing|pricing|pending|revised|proceeding|not_proceeding|no_charge|approved"
    "|rejected|void"
)
_DOLLARS = {"base_currency_iso_code": "USD", "currency_iso_code": "USD"}
_ZERO = "0.00"


def _numbered(call: Call, resource: str, project_id: int | None) -> Fields:
    number = saving.number_after(call, resource, project_id)
    return {
        "number": f"{number:03d}",
        "position": number,
        "status": "draft",
        "revision": 0,
        "private": False,
        "executed": False,
        "grand_total": _ZERO,
        "creator": user_shown(call),
        "created_by_id": call.principal.user["id"],
        "reviewed_at": None,
        "attachments": [],
        "currency_configuration": _DOLLARS,
    }


def _order_blank(call: Call, project_id: int | None) -> Fields:
    require_tier(call, "potential_change_orders", project_id)
    return _order_shown(call, project_id)


def _order_shown(call: Call, project_id: int | None) -> Fields:
    fields = {**blanks(_ORDER), **_numbered(call, "potential_change_orders", project_id)}
    unknown = (
        "change_reason change_order_request_id change_order_request_title change_order_package_title"
        " change_order_request_acronym_number change_order_package_acronym_number reviewer"
        " designated_reviewer location_id reason received_from reference request_for_quote_id"
        " change_order_change_reason_id"
    )
    return {
        **dict.fromkeys(unknown.split()),
        **fields,
        "type": "PrimeContractChangeOrder",
        "line_items_total": _ZERO,
        "line_items_extended_total": _ZERO,
        "change_order_tiers": call.state.order_tiers(project_id),
        "accounting_method": "amount",
        "field_change": False,
        "paid": False,
        "void": False,
        "signed_change_order_received_date": None,
        "custom_fields": {},
    }


def _order_settled(call: Call, held: Fields, changes: Fields) -> Fields:
    """The number makes the acronym, the contract the firm; once there are lines they are the total."""
    if "contract" in changes:
        contract = changes.pop("contract")
        changes |= {"contract_id": contract["id"], "vendor": contract["vendor"]}
    if "id" in held and _lines_of(call, held["id"]):
        changes.pop("grand_total", None)
    changes = grouped(call, held, changes)
    whole = {**held, **changes}
    return {**changes, "potential_change_order_acronym_number": f"PCO #{whole['number']}"}


_ORDER = Form(
    "potential_change_orders",
    "change_order",
    entries(
        f"title description number {_STATUS} due_date:date grand_total:money schedule_impact_amount:int",
        "origin_id origin_data invoiced_date:date paid_date:date prime_change_event_id:int",
        "commitment_change_event_id:int currency_exchange_rate change_order_request_id:int",
        "change_order_request:object",
    ),
    blank=_order_blank,
    settle=_order_settled,
)


def _line_blank(call: Call, project_id: int | None) -> Fields:
    project = call.state.get("projects", project_id or 0)
    order = call.state.get("potential_change_orders", call.integer_param("potential_change_order_id"))
    return {
        **blanks(_LINE),
        "position": 1 + len(_lines_of(call, order["id"])),
        "amount": _ZERO,
        "total_amount": _ZERO,
        "extended_amount": _ZERO,
        "extended_type": "manual",
        "quantity": "0.0",
        "unit_cost": _ZERO,
        "holder": {"id": order.get("contract_id"), "holder_type": "PrimeContract"},
        "company": {"id": call.state.company_id, "name": (project.get("company") or {}).get("name")},
        "project": {"id": project["id"], "name": project.get("name")},
        "change_event_line_item": None,
    }


def _line_settled(_call: Call, held: Fields, changes: Fields) -> Fields:
    """A calculated line is its quantity times its unit cost; a manual one is what was said."""
    whole = {**held, **changes}
    amount = decimal(whole.get("amount")) or Decimal(0)
    if whole.get("extended_type") == "calculated":
        amount = (decimal(whole.get("quantity")) or 0) * (decimal(whole.get("unit_cost")) or Decimal(0))
    text = str(amount.quantize(Decimal("0.01")))
    return {**changes, "amount": text, "total_amount": text, "extended_amount": text}


_LINE = Form(
    "potential_change_order_line_items",
    "line_item",
    entries(
        "description amount:money quantity:quantity unit_cost:money uom extended_type:=manual|calculated",
        "cost_code_id:full_cost_code>cost_code line_item_type_id:line_item_type wbs_code_id:wbs_code",
        "tax_code_id:int origin_id origin_data",
    ),
    blank=_line_blank,
    settle=_line_settled,
)


def _request_blank(call: Call, project_id: int | None) -> Fields:
    require_tier(call, "change_order_requests", project_id)
    shown = _numbered(call, "change_order_requests", project_id)
    return {**blanks(_REQUEST), **shown, "contract": None, "batch": None}


def _contract_settled(_call: Call, _held: Fields, changes: Fields) -> Fields:
    if "contract" in changes:
        contract = changes["contract"]
        shown = {**contract, "type": "PrimeContract", "status": "Approved"}
        changes |= {"contract_id": contract["id"], "contract": shown}
    return changes


_REQUEST = Form(
    "change_order_requests",
    "change_order",
    entries(
        f"title description number {_STATUS} due_date:date grand_total:money schedule_impact_amount:int",
        "origin_id origin_data invoiced_date:date paid_date:date change_order_package_id:int",
    ),
    blank=_request_blank,
    settle=_contract_settled,
)


def _package_blank(call: Call, project_id: int | None) -> Fields:
    unknown = ("review_notes", "revised_substantial_completion_date", "designated_reviewer", "reviewer")
    return {
        **dict.fromkeys(unknown),
        **blanks(_PACKAGE),
        **_numbered(call, "change_order_packages", project_id),
        "type": "PrimeContractChangeOrder",
        "line_items": [],
        "custom_fields": {},
    }


def _package_settled(_call: Call, _held: Fields, changes: Fields) -> Fields:
    contract = changes.pop("contract", None)
    return changes if contract is None else {**changes, "contract_id": contract["id"]}


_PACKAGE = Form(
    "change_order_packages",
    "change_order",
    entries(
        f"title description number {_STATUS} grand_total:money schedule_impact_amount:int origin_code",
        "origin_id origin_data due_date:date invoiced_date:date paid_date:date executed:bool",
        "signed_change_order_received_date:date",
    ),
    blank=_package_blank,
    settle=_package_settled,
)


def _contract_blank(call: Call, project_id: int | None) -> Fields:
    sums = ("original_contract_amount", "revised_contract_amount", "approved_change_orders")
    return {
        **blanks(_CONTRACT),
        **dict.fromkeys((*sums, "pending_change_orders", "grand_total"), _ZERO),
        "number": str(saving.number_after(call, "prime_contracts", project_id)),
        "status": "Draft",
        "executed": False,
        "private": True,
        "accounting_method": "amount",
        "attachments": [],
        "line_items": [],
        "currency_configuration": _DOLLARS,
        "custom_fields": {},
    }


_CONTRACT = Form(
    "prime_contracts",
    "prime_contract",
    entries(
        "title number description status executed:bool private:bool vendor_id:vendor contract_date:date",
        "contractor_id:vendor architect_id:vendor contract_start_date:date execution_date:date",
        "substantial_completion_date:date actual_completion_date:date inclusions exclusions",
        "retainage_percent:quantity origin_id origin_data",
    ),
    blank=_contract_blank,
)


def routes() -> Iterator[Route]:
    """Every write of the change orders and their contracts."""
    for path, form in ((_ORDERS, _ORDER), (_REQUESTS, _REQUEST), (_PACKAGES, _PACKAGE)):
        yield form_route("POST", path, form, _under_contract(form))
        yield updating(f"{path}/{{id}}", form)
    for path, form in ((_ORDERS, _ORDER), (_REQUESTS, _REQUEST)):
        yield form_route("PATCH", f"{path}/sync", form, _synced_under_contract(form))
    yield creating(_CONTRACTS, _CONTRACT)
    yield updating(f"{_CONTRACTS}/{{id}}", _CONTRACT)
    yield form_route("GET", f"{_LINES}/{{id}}", _LINE, _on_line(lambda _call, _body, _order, row: row))
    yield form_route("POST", _LINES, _LINE, _add_line)
    yield form_route("PATCH", f"{_LINES}/sync", _LINE, _sync_lines)
    yield form_route("PATCH", f"{_LINES}/{{id}}", _LINE, _on_line(_change_line))
    yield form_route("DELETE", f"{_LINES}/{{id}}", _LINE, _drop_line)


def _under_contract(form: Form) -> Handler:
    """Create under a contract, which the body has to name beside the wrapper."""

    def handler(call: Call) -> SimResponse:
        body = read_body(call.request)
        project_id = saving.enter(call, body, form.resource)
        contracted = _contracted(form, body.integer("contract_id"))
        sent = {**body.wrapped(form.wrapper), "contract_id": body.integer("contract_id")}
        row = saving.insert(call, contracted, sent, project_id=project_id)
        if form is _PACKAGE and call.state.order_tiers(project_id) == 1:
            _add_its_order(call, row)
        return saving.answer(call, form.resource, row, status=201)

    return handler


def _add_its_order(call: Call, package: Row) -> None:
    """With one tier, a package comes with the potential change order that holds its lines."""
    named = ("title", "description", "status", "contract_id", "schedule_impact_amount")
    shown = _order_shown(call, package.project_id)
    fields = {**shown, **{name: package.fields.get(name) for name in named}}
    fields["change_order_package_title"] = package.fields.get("title")
    fields["potential_change_order_acronym_number"] = f"PCO #{shown['number']}"
    call.state.insert("potential_change_orders", fields, project_id=package.project_id, at=call.moment)


def _synced_under_contract(form: Form) -> Handler:
    def handler(call: Call) -> SimResponse:
        body = read_body(call.request)
        project_id = saving.enter(call, body, form.resource)
        contract_id = call.query.integer("contract_id") or body.integer("contract_id")
        updates = [{**update, "contract_id": contract_id} for update in body.listed("updates")]
        body.fields["updates"] = updates
        return saving.sync(call, _contracted(form, contract_id), body, project_id=project_id)

    return handler


def _contracted(form: Form, contract_id: int | None) -> Form:
    """The form with the contract as one of its fields. Raises ApiError 400 when no contract is named."""
    if contract_id is None:
        raise missing_parameter("contract_id")
    own = (*form.entries, *entries("contract_id:contract"))
    return Form(form.resource, form.wrapper, own, form.blank, form.settle, form.unique, form.files)


def _lines_of(call: Call, order_id: int) -> list[Fields]:
    return call.state.rows("potential_change_order_line_items", parent_id=order_id)


def _order_of(call: Call, body: Body) -> Row:
    project_id = saving.enter(call, body, "potential_change_orders")
    return saving.held(call, "potential_change_orders", project_id, "potential_change_order_id")


def _settle_order(call: Call, order: Row) -> None:
    """The order's total is that of its lines."""
    total = sum((Decimal(line["amount"]) for line in _lines_of(call, int(order.id))), Decimal(0))
    text = str(total.quantize(Decimal("0.01")))
    names = ("grand_total", "line_items_total", "line_items_extended_total")
    if any(order.fields.get(name) != text for name in names):
        call.state.update("potential_change_orders", order.id, dict.fromkeys(names, text), at=call.moment)


def _add_line(call: Call) -> SimResponse:
    body = read_body(call.request)
    order = _order_of(call, body)
    sent = body.wrapped("line_item")
    row = saving.insert(call, _LINE, sent, project_id=order.project_id, parent_id=order.id)
    _settle_order(call, order)
    return saving.answer(call, _LINE.resource, row, status=201)


def _sync_lines(call: Call) -> SimResponse:
    body = read_body(call.request)
    order = _order_of(call, body)
    response = saving.sync(call, _LINE, body, project_id=order.project_id, parent_id=order.id)
    _settle_order(call, order)
    return response


def _on_line(act: Callable[[Call, Body, Row, Row], Row]) -> Handler:
    """Something done to one line of the order in the path."""

    def handler(call: Call) -> SimResponse:
        body = read_body(call.request)
        order = _order_of(call, body)
        row = saving.held(call, _LINE.resource, order.project_id)
        if row.parent_id != order.id:
            raise not_found()
        return saving.answer(call, _LINE.resource, act(call, body, order, row))

    return handler


def _change_line(call: Call, body: Body, order: Row, row: Row) -> Row:
    saving.change(call, _LINE, row, body.wrapped("line_item"))
    _settle_order(call, order)
    return row


def _remove_line(call: Call, _body: Body, order: Row, row: Row) -> Row:
    call.state.delete(_LINE.resource, row.id, at=call.moment)
    _settle_order(call, order)
    return row


def _drop_line(call: Call) -> SimResponse:
    _on_line(_remove_line)(call)
    return saving.nothing(200)
