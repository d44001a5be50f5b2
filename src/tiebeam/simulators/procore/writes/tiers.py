"""Which change orders there are in a project, by its number of tiers: one, two or three."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.simulators.procore.writes.forms import invalid
from tiebeam.simulators.procore.writes.kinds import WrongValueError

if TYPE_CHECKING:
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.writes.forms import Fields

_MADE_IN = {
    "potential_change_orders": (2, 3),
    "change_order_requests": (3,),
    "change_order_packages": (1, 2, 3),
}
_CALLED = {
    "potential_change_orders": "Potential change orders",
    "change_order_requests": "Change order requests",
}


def require_tier(call: Call, resource: str, project_id: int | None) -> None:
    """Raises ApiError when the project's tiers know no such order, or make it by themselves."""
    tiers = call.state.order_tiers(project_id)
    if tiers not in _MADE_IN[resource]:
        said = f"{_CALLED[resource]} cannot be created in a project with {tiers} change order tier(s)"
        raise invalid(call, {"base": [said]})


def grouped(call: Call, held: Fields, changes: Fields) -> Fields:
    """What an order shows of the request or the package that it is put into. Raises WrongValueError."""
    if changes.get("change_order_request_id") is not None:
        request = _found(call, held, "change_order_requests", changes["change_order_request_id"])
        changes["change_order_request_title"] = request["title"]
    within = changes.pop("change_order_request", None)
    if isinstance(within, dict) and within.get("change_order_package_id") is not None:
        package = _found(call, held, "change_order_packages", within["change_order_package_id"])
        changes["change_order_package_title"] = package["title"]
    return changes


def _found(call: Call, held: Fields, resource: str, record_id: object) -> Fields:
    row = call.state.tables[resource].find(int(str(record_id)))
    own = call.state.tables["potential_change_orders"].find(held["id"]) if "id" in held else None
    if row is None or not row.live or (own is not None and row.project_id != own.project_id):
        raise WrongValueError("must exist")
    return row.fields
