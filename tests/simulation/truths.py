"""What a perfect copy of each stream holds, told by the simulator's own truth and its own volatile list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.connectors.streams import Scope
from tiebeam.simulators.procore.render import VOLATILE_FIELDS
from tiebeam.simulators.procore.resources import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulation.watched import WatchedState

    from tiebeam.connectors.streams import Stream
    from tiebeam.simulators.procore.app import ProcoreSimulator
    from tiebeam.simulators.procore.truth import TruthRow

# Links to pictures and pages: Procore signs them or may, the simulator leaves them as they are.
_LINKS = frozenset(
    {
        "avatar",
        "cover_photo",
        "download_all_url",
        "latest_revision_url",
        "logo",
        "logo_url",
        "photo_url",
        "share_url",
        "viewable_url",
    }
)
_UNSTABLE = VOLATILE_FIELDS | _LINKS

UNCOMPARED = frozenset(stream.name for stream in STREAMS if stream.view not in RESOURCES)
"""Renderings of other records, with no row of their own in the simulator's truth."""


class Expected(NamedTuple):
    """One record as a perfect copy would hold it."""

    state: str
    """`live`, `deleted` or `hidden`."""
    content: Any


def stable(value: Any) -> Any:
    """Return a JSON value less everything that a mere read changes, at any depth."""
    if isinstance(value, dict):
        return {name: stable(inner) for name, inner in value.items() if name not in _UNSTABLE}
    if isinstance(value, list):
        return [stable(inner) for inner in value]
    return value


def resource_of(stream: Stream) -> str:
    """Return the simulator's name of a stream's records."""
    return stream.view


def expected(simulator: ProcoreSimulator, stream: Stream, scope: Scope) -> dict[str, Expected]:
    """Return every record of a stream within a scope that can be reached, by key."""
    rows = _rows(simulator, resource_of(stream), scope)
    return {str(row.id): Expected(_state(row), _content(stream, row)) for row in rows if row.reachable}


def _rows(simulator: ProcoreSimulator, resource: str, scope: Scope) -> Iterator[TruthRow]:
    values = dict(scope.values)
    project = values.pop("project_id", None)
    project_id = int(project) if project else None
    if resource == "change_order_requests":
        contract = values["contract_id"]
        found = simulator.truth(resource, project_id=project_id)
        return (row for row in found if row.detail is None or str(row.detail["contract_id"]) == contract)
    parent = next(iter(values.values()), None)
    parent_id = int(parent) if parent and parent.isdecimal() else parent
    return simulator.truth(resource, project_id=project_id, parent_id=parent_id)


def _state(row: TruthRow) -> str:
    return "live" if row.state == "inactive" else row.state


def _content(stream: Stream, row: TruthRow) -> Any:
    if row.list is None:
        return None
    if stream.name == "procore.projects":
        return stable(row.detail)  # It is read in its extended view.
    return stable({**row.list, **row.detail} if stream.detail else row.list)


def readable_scopes(state: WatchedState, stream: Stream) -> Iterator[Scope]:
    """Return every scope in which a stream can be read as the company stands now."""
    if not stream.scope:
        yield Scope()
        return
    tool = RESOURCES[resource_of(stream)].tool
    for row in state.tables["projects"].everything:
        project_id = int(row.id)
        if row.hidden or not state.project_permitted(project_id):
            continue
        if tool is not None and not state.tool_enabled(project_id, tool):
            continue
        within = Scope().within("project_id", str(project_id))
        yield from _nested(state, stream, within, project_id)


def _nested(state: WatchedState, stream: Stream, within: Scope, project_id: int) -> Iterator[Scope]:
    if len(stream.scope) == 1:
        yield within
        return
    assert stream.parent is not None
    parent = stream.parent.partition(".")[2]
    tool = RESOURCES[parent].tool
    if tool is not None and not state.tool_enabled(project_id, tool):
        return
    for row in state.tables[parent].bucket(project_id=project_id):
        if row.live:
            yield within.within(stream.scope[-1], str(row.id))
