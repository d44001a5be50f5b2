"""The simulator's own doors under /__sim: truth, counts and control, outside the API's limits."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from tiebeam.simulators.base.faults import Faults, rules_from_json
from tiebeam.simulators.procore.calls import Query, read_fields
from tiebeam.simulators.procore.errors import ApiError, json_response, not_found
from tiebeam.simulators.procore.resources import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tiebeam.simulators.base.messages import SimRequest, SimResponse
    from tiebeam.simulators.procore.state import ProcoreState
    from tiebeam.simulators.procore.tables import RecordId
    from tiebeam.simulators.procore.truth import TruthRow

_PAGE = 1000


class Simulated(Protocol):
    """What the doors open on."""

    state: ProcoreState
    faults: Faults | None
    on_advance: Callable[[float], None] | None
    on_changes: Callable[[int], int] | None

    def truth(
        self,
        resource: str | None = None,
        *,
        project_id: int | None = None,
        parent_id: RecordId | None = None,
    ) -> Iterator[TruthRow]:
        """What a perfect copy would hold."""

    def stats_report(self) -> dict[str, Any]:
        """What was called, and how often."""

    def stop_faults(self) -> None:
        """Let nothing go wrong any more."""


def handle(simulator: Simulated, request: SimRequest) -> SimResponse:
    """Answer a call under /__sim. Raises ApiError."""
    match (request.method, request.path):
        case ("GET", "/__sim/truth"):
            return _truth(simulator, Query(request.query))
        case ("GET", "/__sim/stats"):
            return json_response(simulator.stats_report())
        case ("POST", "/__sim/control"):
            return _control(simulator, _json_fields(request))
    raise not_found()


def _truth(simulator: Simulated, query: Query) -> SimResponse:
    """A page of truth: {rows, next}; `next` is the offset to ask for, null at the end."""
    resource = query.get("resource")
    if resource is not None and resource not in RESOURCES:
        raise ApiError(400, f"There is no resource {resource}; there are {', '.join(RESOURCES)}")
    offset, size = query.integer("offset") or 0, query.integer("per_page") or _PAGE
    rows = simulator.truth(
        resource, project_id=query.integer("project_id"), parent_id=_parent(query.get("parent_id"))
    )
    page = [asdict(row) for row in islice(rows, offset, offset + size + 1)]
    following = offset + size if len(page) > size else None
    return json_response({"rows": page[:size], "next": following})


def _parent(text: str | None) -> int | str | None:
    return int(text) if text is not None and text.isdecimal() else text


def _json_fields(request: SimRequest) -> dict[str, Any]:
    if request.body.lstrip().startswith(b"{"):
        fields: dict[str, Any] = orjson.loads(request.body)
        return fields
    return read_fields(request)


def _control(simulator: Simulated, fields: dict[str, Any]) -> SimResponse:
    """Do what each field asks, in this order: faults, tool, project, advance_seconds, changes."""
    if "faults" in fields:
        _control_faults(simulator, fields["faults"])
    if "tool" in fields:
        switch = fields["tool"]
        simulator.state.set_tool(switch["project_id"], switch["name"], bool(switch["enabled"]))
    if "project" in fields:
        switch = fields["project"]
        simulator.state.permit_project(switch["id"], bool(switch["allowed"]))
    if "advance_seconds" in fields:
        if simulator.on_advance is None:
            raise ApiError(400, "Nothing lives in this simulator: no advance hook is set")
        simulator.on_advance(float(fields["advance_seconds"]))
    if "changes" in fields:
        if simulator.on_changes is None:
            raise ApiError(400, "Nothing lives in this simulator: no hook for changes is set")
        made = simulator.on_changes(int(fields["changes"]))
        return json_response({"now": simulator.state.now().isoformat(), "changes": made})
    return json_response({"now": simulator.state.now().isoformat()})


def _control_faults(simulator: Simulated, wanted: Any) -> None:
    if wanted == "stop":
        simulator.stop_faults()
    elif wanted == "resume" and simulator.faults is not None:
        simulator.faults.resume()
    elif isinstance(wanted, dict):
        try:
            rules = rules_from_json(orjson.dumps(wanted.get("rules", [])))
        except ValueError as error:
            raise ApiError(400, str(error)) from error
        simulator.faults = Faults(int(wanted.get("seed", 0)), rules)
    else:
        raise ApiError(400, 'faults must be "stop", "resume" or {"seed": …, "rules": […]}')
