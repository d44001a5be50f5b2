"""Potential change orders and their lines, written by sync: found by `origin_id`, else made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.connectors.ports import Refusal
from tiebeam.connectors.procore.writes.plan import SYNC_MAX, Write, of_project

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from tiebeam.connectors.procore.writes.writer import ProcoreWriter, Row

_ORDERS = "/rest/v1.0/potential_change_orders"
_LOOKED_AT_MAX = 5


def order(project_id: str, contract_id: str, fields: Mapping[str, Any]) -> Write:
    """Return what makes or changes a potential change order under a contract; `fields` hold its origin_id."""
    query = of_project(project_id, ("contract_id", contract_id))
    return Write("PATCH", f"{_ORDERS}/sync", {"updates": [dict(fields)]}, query)


def lines(project_id: str, order_id: str, rows: Sequence[Mapping[str, Any]]) -> Write:
    """Return what makes or changes lines, each with its origin_id. Raises ValueError for too many."""
    if len(rows) > SYNC_MAX:
        raise ValueError(f"{len(rows)} lines are more than the {SYNC_MAX} that one sync takes")
    body = {"updates": [dict(row) for row in rows]}
    return Write("PATCH", f"{_ORDERS}/{order_id}/line_items/sync", body, of_project(project_id))


async def find_order(writer: ProcoreWriter, project_id: str, origin: str) -> Row | Refusal | None:
    """Return the order with an origin id; None when it was not found, and may be synced again without harm.

    The list is filtered by it and does not show it: what it gives is looked at one by one.
    """
    query = of_project(project_id, ("filters[origin_id]", origin))
    found = await writer.search(_ORDERS, query, lambda _: True, count=_LOOKED_AT_MAX)
    if isinstance(found, Refusal):
        return found
    for row in found:
        whole = await writer.one(f"{_ORDERS}/{row['id']}", of_project(project_id))
        if isinstance(whole, Refusal) or whole.get("origin_id") == origin:
            return whole
    return None


async def lines_of(
    writer: ProcoreWriter, project_id: str, order_id: str, origins: Collection[str]
) -> list[Row] | Refusal:
    """Return the lines of an order that have one of the origin ids."""
    path = f"{_ORDERS}/{order_id}/line_items"
    return await writer.search(
        path, of_project(project_id), lambda row: row.get("origin_id") in origins, count=len(origins)
    )
