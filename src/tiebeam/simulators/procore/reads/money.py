"""Prime contracts, the tiers of change orders, change events, and the codes that costs hang on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.simulators.procore.errors import missing_parameter
from tiebeam.simulators.procore.filters import Among, Range, Search
from tiebeam.simulators.procore.listing import Listing, respond
from tiebeam.simulators.procore.paging import NESTED
from tiebeam.simulators.procore.reads.building import CREATED, ID, UPDATED, child_list, detail, project_list
from tiebeam.simulators.procore.routing import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.calls import Call

_PROJECT = "/rest/v1.0/projects/{project_id}"
_BY_ORIGIN = Among("filters[origin_id]", "origin_id")
_BY_STATUS = Among("filters[status]", "status")
_DUE = Range("due_date")
_PCO_FILTERS = (ID, CREATED, UPDATED, _DUE, _BY_ORIGIN, Among("filters[contract_id]", "contract_id"))
_COR = Listing(
    "change_order_requests",
    filters=(
        ID,
        CREATED,
        UPDATED,
        _DUE,
        _BY_STATUS,
        Among("contract_id", "contract_id"),
        Among("filters[change_order_package_id]", "change_order_package_id"),
    ),
)
_PACKAGE_FILTERS = (ID, CREATED, UPDATED, _DUE, Among("contract_id", "contract_id"))


def routes() -> Iterator[Route]:
    """Every route of the family."""
    yield from _order_routes()
    yield from _event_routes()
    yield from _code_routes()


def _order_routes() -> Iterator[Route]:
    contracts = Listing("prime_contracts", filters=(ID, CREATED, UPDATED, _BY_ORIGIN, _BY_STATUS))
    yield project_list("/rest/v1.0/prime_contracts", contracts)
    yield detail("/rest/v1.0/prime_contracts/{id}", "prime_contracts")
    orders = "/rest/v1.0/potential_change_orders"
    yield project_list(orders, Listing("potential_change_orders", filters=_PCO_FILTERS))
    yield detail(f"{orders}/{{id}}", "potential_change_orders")
    lines = Listing("potential_change_order_line_items", filters=(ID, CREATED, UPDATED), paging=NESTED)
    yield child_list(
        f"{orders}/{{potential_change_order_id}}/line_items",
        lines,
        parent="potential_change_orders",
        parameter="potential_change_order_id",
    )
    requests = "/rest/v1.0/change_order_requests"
    yield Route(
        "GET", requests, _requests, tool="prime_contracts", in_project=True, resource="change_order_requests"
    )
    yield detail(f"{requests}/{{id}}", "change_order_requests")
    packages = "/rest/v1.0/change_order_packages"
    yield project_list(packages, Listing("change_order_packages", filters=_PACKAGE_FILTERS))
    yield detail(f"{packages}/{{id}}", "change_order_packages")
    unpaged = Listing("change_order_packages", filters=_PACKAGE_FILTERS, paging=None)
    yield project_list(f"{_PROJECT}/prime_change_orders", unpaged)


def _requests(call: Call) -> SimResponse:
    if call.query.integer("contract_id") is None:
        raise missing_parameter("contract_id")
    return respond(call, _COR, project_id=call.project_id())


def _event_routes() -> Iterator[Route]:
    for version, view in (("v1.0", "list.v1.0"), ("v1.1", "list")):
        events = f"/rest/{version}/change_events"
        yield project_list(events, Listing("change_events", filters=(ID, CREATED, UPDATED), view=view))
        own = "list.v1.0" if version == "v1.0" else "detail"
        yield detail(f"{events}/{{id}}", "change_events", view=own)


def _code_routes() -> Iterator[Route]:
    costs = "/rest/v1.0/cost_codes"
    yield project_list(costs, Listing("cost_codes", filters=(ID, _BY_ORIGIN)))
    yield detail(f"{costs}/{{id}}", "cost_codes")
    codes = Listing(
        "wbs_codes",
        filters=(UPDATED, _BY_STATUS, Search("query", ("flat_code", "flat_name", "description"))),
    )
    yield project_list(f"{_PROJECT}/work_breakdown_structure/wbs_codes", codes)
    locations = Listing(
        "locations",
        filters=(ID, UPDATED, Among("filters[parent_id]", "parent_id"), Search("filters[search]", ("name",))),
        sorts=("created_at", "name", "node_name", "parent_id", "updated_at"),
    )
    yield project_list(f"{_PROJECT}/locations", locations)
    yield project_list("/rest/v1.0/locations", Listing("locations"))
    yield detail(f"{_PROJECT}/locations/{{location_id}}", "locations")
    yield detail("/rest/v1.0/locations/{id}", "locations")
