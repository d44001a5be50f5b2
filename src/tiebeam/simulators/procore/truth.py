"""What a perfect copy would hold: every record's stable content and state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tiebeam.simulators.procore.resources import RESOURCES
from tiebeam.simulators.procore.views import build_view

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.procore.state import ProcoreState
    from tiebeam.simulators.procore.tables import RecordId, Row, Table


@dataclass(frozen=True, slots=True)
class TruthRow:
    """One record as it is.

    `state` is live, inactive (only in the list of inactive ones), deleted or hidden. `reachable` is false
    when the caller could not know, because the project is not permitted or its tool is off. `list` and
    `detail` are the contents of the two renderings without volatile fields, null for what was purged.
    """

    resource: str
    project_id: int | None
    parent_id: RecordId | None
    id: RecordId
    state: str
    reachable: bool
    list: Any
    detail: Any


def truth(
    state: ProcoreState,
    resource: str | None = None,
    *,
    project_id: int | None = None,
    parent_id: RecordId | None = None,
) -> Iterator[TruthRow]:
    """Every record of a resource (or of all), of a project or parent (or of all), purged ones last."""
    for name in [resource] if resource else RESOURCES:
        table = state.tables[name]
        for row in table.bucket(project_id=project_id, parent_id=parent_id):
            yield _truth_row(state, table, row, gone=False)
        for row in table.graves.values():
            if project_id in (None, row.project_id) and parent_id in (None, row.parent_id):
                yield _truth_row(state, table, row, gone=True)


def _truth_row(state: ProcoreState, table: Table, row: Row, *, gone: bool) -> TruthRow:
    name = table.resource.name
    return TruthRow(
        resource=name,
        project_id=row.project_id,
        parent_id=row.parent_id,
        id=row.id,
        state="deleted" if gone else _state_of(table, row),
        reachable=_reachable(state, table, row),
        list=None if gone else build_view(state, name, row, "list"),
        detail=None if gone else build_view(state, name, row, "detail"),
    )


def _state_of(table: Table, row: Row) -> str:
    if row.hidden:
        return "hidden"
    if row.deleted_at is None:
        return "live"
    return "inactive" if table.resource.deletion == "inactive" else "deleted"


def _reachable(state: ProcoreState, table: Table, row: Row) -> bool:
    project_id = int(row.id) if table.resource.name == "projects" else row.project_id
    if project_id is None:
        return True
    projects = state.tables["projects"].find(project_id)
    if projects is None or projects.hidden or not state.project_permitted(project_id):
        return False
    return table.resource.tool is None or state.tool_enabled(project_id, table.resource.tool)
