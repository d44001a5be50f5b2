"""Which tools a project has switched on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.simulators.procore.errors import json_response
from tiebeam.simulators.procore.listing import cut_page
from tiebeam.simulators.procore.paging import NESTED
from tiebeam.simulators.procore.resources import TOOLS
from tiebeam.simulators.procore.routing import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.calls import Call

_FIRST_ID = 2_100_001
_TITLES = {
    "daily_log": "Daily Log",
    "prime_contracts": "Prime Contracts",
    "change_events": "Change Events",
    "rfis": "RFIs",
}


def routes() -> Iterator[Route]:
    """Every route of the family."""
    yield Route("GET", "/rest/v1.0/projects/{project_id}/tools", _tools, in_project=True)


def _tools(call: Call) -> SimResponse:
    """The project's tools in their order; without the filter, those switched off as well."""
    project_id, wanted = call.project_id(), call.query.flag("filters[is_active]")
    tools = [
        {
            "id": _FIRST_ID + position,
            "title": _TITLES.get(tool, tool.title()),
            "engine_name": tool,
            "position": position,
            "is_active": call.state.tool_enabled(project_id, tool),
            "required": tool == "directory",
        }
        for position, tool in enumerate(TOOLS, 1)
    ]
    shown, headers = cut_page(call, NESTED, [tool for tool in tools if wanted in (None, tool["is_active"])])
    return json_response(shown, headers=headers)
