"""Potential change orders and their lines, by sync: found by `origin_id`, else made; what they go into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tiebeam.connectors.procore.writes.plan import SYNC_MAX, Write, of_project

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ORDERS: Final = "/rest/v1.0/potential_change_orders"
REQUESTS: Final = "/rest/v1.0/change_order_requests"
PACKAGES: Final = "/rest/v1.0/change_order_packages"


def order(project_id: str, contract_id: str, fields: Mapping[str, Any]) -> Write:
    """Return what makes or changes a potential change order under a contract; `fields` hold its origin_id."""
    query = of_project(project_id, ("contract_id", contract_id))
    return Write("PATCH", f"{ORDERS}/sync", {"updates": [dict(fields)]}, query)


def request(project_id: str, contract_id: str, fields: Mapping[str, Any]) -> Write:
    """Return what makes or changes a change order request, into which potential ones are put."""
    query = of_project(project_id, ("contract_id", contract_id))
    return Write("PATCH", f"{REQUESTS}/sync", {"updates": [dict(fields)]}, query)


def package(project_id: str, contract_id: str, fields: Mapping[str, Any]) -> Write:
    """Return what makes a change order package. No sync knows packages: it is made once, and looked for."""
    body = {"project_id": int(project_id), "contract_id": int(contract_id), "change_order": dict(fields)}
    return Write("POST", PACKAGES, body, of_project(project_id))


def change(project_id: str, contract_id: str, order_id: str, fields: Mapping[str, Any]) -> Write:
    """Return what changes a potential change order. Doing it again changes nothing."""
    body = {"project_id": int(project_id), "contract_id": int(contract_id), "change_order": dict(fields)}
    return Write("PATCH", f"{ORDERS}/{order_id}", body, of_project(project_id))


def lines(project_id: str, order_id: str, rows: Sequence[Mapping[str, Any]]) -> Write:
    """Return what makes or changes lines, each with its origin_id. Raises ValueError for too many."""
    if len(rows) > SYNC_MAX:
        raise ValueError(f"{len(rows)} lines are more than the {SYNC_MAX} that one sync takes")
    body = {"updates": [dict(row) for row in rows]}
    return Write("PATCH", f"{ORDERS}/{order_id}/line_items/sync", body, of_project(project_id))
