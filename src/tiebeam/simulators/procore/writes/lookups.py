"""Lists of what a writer has to choose from: statuses, types, reasons, trades and firms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.simulators.procore.errors import json_response
from tiebeam.simulators.procore.listing import cut_page
from tiebeam.simulators.procore.paging import CLASSIC, VERSION_2
from tiebeam.simulators.procore.routing import Route
from tiebeam.simulators.procore.writes.choices import choices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.routing import Handler

_COMPANY = "/rest/v1.0/companies/{company_id}"
_PROJECT = "/rest/v1.0/projects/{project_id}"
_V2 = "/rest/v2.0/companies/{company_id}"
_ORDER_STATUSES = (
    "draft",
    "not_pricing",
    "pricing",
    "pending",
    "revised",
    "proceeding",
    "not_proceeding",
    "no_charge",
    "approved",
    "rejected",
    "void",
)


def routes() -> Iterator[Route]:
    """Every list of choices."""
    yield _in_project(
        "/rest/v1.0/change_event/statuses", _listing("event_status", show_in_select=True), "change_events"
    )
    yield Route("GET", f"{_V2}/change_events/statuses", _wrapped("event_status"))
    yield Route("GET", f"{_V2}/change_event/types", _wrapped("event_type"))
    yield Route(
        "GET", "/rest/v1.0/change_order_change_reasons", _listing("event_reason", show_in_select=True)
    )
    yield Route("GET", f"{_V2}/change_order_change_reasons", _wrapped("event_reason"))
    yield _in_project("/rest/v1.0/change_order/statuses", _order_statuses, "prime_contracts")
    yield Route("GET", f"{_COMPANY}/observation_types", _listing("observation_type"))
    yield _in_project(f"{_PROJECT}/observation_types", _listing("observation_type"), "observations")
    yield _in_project("/rest/v1.0/observations/types", _listing("observation_type"), "observations")
    yield Route("GET", f"{_COMPANY}/trades", _listing("trade"))
    yield Route("GET", f"{_COMPANY}/timecard_time_types", _listing("time_type"))
    yield _in_project("/rest/v1.0/timecard_time_types", _listing("time_type"), "daily_log")
    yield _in_project("/rest/v1.0/line_item_types", _listing("line_item_type"), None)
    for kind in ("manpower_logs/contact_options", "manpower_logs/vendor_options"):
        yield _in_project(f"{_PROJECT}/{kind}", _firms, "daily_log")
    yield _in_project(f"{_PROJECT}/daily_construction_report_logs/vendor_options", _firms, "daily_log")


def _in_project(path: str, handler: Handler, tool: str | None) -> Route:
    return Route("GET", path, handler, tool=tool, in_project=True)


def _listing(kind: str, **beside: Any) -> Handler:
    def handler(call: Call) -> SimResponse:
        shown, headers = cut_page(call, CLASSIC, choices(call.state, kind))
        return json_response([{**choice, **beside} for choice in shown], headers=headers)

    return handler


def _wrapped(kind: str) -> Handler:
    """The second version: ids are text."""

    def handler(call: Call) -> SimResponse:
        shown, headers = cut_page(call, VERSION_2, choices(call.state, kind))
        rows = [{**choice, "id": str(choice["id"]), "show_in_select": True} for choice in shown]
        return json_response({"data": rows}, headers=headers)

    return handler


def _order_statuses(_call: Call) -> SimResponse:
    rows = [{"id": n, "name": name, "key": name} for n, name in enumerate(_ORDER_STATUSES, 1)]
    return json_response(rows)


def _firms(call: Call) -> SimResponse:
    """The firms of the project's directory."""
    firms = call.state.rows("project_vendors", project_id=call.project_id())
    shown, headers = cut_page(call, CLASSIC, [{"id": firm["id"], "name": firm.get("name")} for firm in firms])
    return json_response(shown, headers=headers)
