"""What the simulated company holds: records with their life, switched-off tools and project permissions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tiebeam.simulators.procore.identifiers import Ulids, stamp
from tiebeam.simulators.procore.resources import RESOURCES, TOOLS, Resource
from tiebeam.simulators.procore.tables import RecordId, Row, Table

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that was done to a record, at a moment, told once it is done."""

    kind: Literal["create", "update", "delete", "restore"]
    resource: str
    row: Row
    at: datetime


class ProcoreState:
    """The records of one company.

    Records are stored whole, as a detail answer shows them; lists leave fields out when they are read. Signed
    URLs are never stored. The dictionaries given back are the stored ones: change them by `update` alone.

    `children_touch_parents` says whether a new or changed reply or response log bumps its parent's
    `updated_at` (undocumented by the vendor, so switchable). Every one of `listeners` is told what happens;
    hiding and showing, and changes that leave `updated_at` alone, are not told.
    """

    def __init__(self, company_id: int, now: Callable[[], datetime], seed: int) -> None:
        """An empty company."""
        self.company_id = company_id
        self.now = now
        self.seed = seed
        self.children_touch_parents = True
        self.tables: dict[str, Table] = {name: Table(resource) for name, resource in RESOURCES.items()}
        self.listeners: list[Callable[[Happening], None]] = []
        self._ulids = Ulids(seed)
        self._disabled_tools: set[tuple[int, str]] = set()
        self._forbidden_projects: set[int] = set()
        self._order_tiers: dict[int, int] = {}

    def insert(
        self,
        resource: str,
        fields: dict[str, Any],
        *,
        project_id: int | None = None,
        parent_id: RecordId | None = None,
        at: datetime | None = None,
    ) -> dict[str, Any]:
        """Add a record made `at` (now when not given) and give it back with its id and moments.

        Raises KeyError for an unknown resource, ValueError for an id that exists or a scope that is missing.
        """
        table = self._table(resource)
        kind = table.resource
        _demand_scope(kind, project_id, parent_id)
        moment = at or self.now()
        record_id = fields["id"] if "id" in fields else self._take_id(table, moment)
        complete = {"id": record_id, **fields}
        _set_moments(kind, complete, moment)
        row = Row(complete, project_id, parent_id)
        _follow_activity(kind, row, moment)
        table.add(row)
        self._touch_parent(table.resource, row, moment)
        self._tell("create", resource, row, moment)
        return row.fields

    def update(
        self,
        resource: str,
        record_id: RecordId,
        changes: dict[str, Any],
        *,
        at: datetime | None = None,
        touch: bool = True,
        project_id: int | None = None,
    ) -> dict[str, Any]:
        """Change fields of a record, and its `updated_at` unless `touch=False`. KeyError if there is none."""
        row = self.row(resource, record_id, project_id)
        row.fields.update(changes)
        _follow_activity(self._table(resource).resource, row, at or self.now())
        self._changed(resource, row, at, touch=touch)
        if touch:
            self._tell("update", resource, row, at)
        return row.fields

    def delete(
        self,
        resource: str,
        record_id: RecordId,
        *,
        at: datetime | None = None,
        project_id: int | None = None,
    ) -> None:
        """Delete a record in its resource's way; a second time is harmless."""
        table = self._table(resource)
        row = self.row(resource, record_id, project_id)
        moment = at or self.now()
        if table.resource.deletion == "hard":
            row.deleted_at = moment
            table.remove(row)
            self._touch_parent(table.resource, row, moment)
            self._tell("delete", resource, row, moment)
            return
        if row.deleted_at is None:
            row.deleted_at = moment
            row.fields.update(_marks(table.resource, moment))
            self._changed(resource, row, moment, touch=True)
            self._tell("delete", resource, row, moment)

    def restore(
        self,
        resource: str,
        record_id: RecordId,
        *,
        at: datetime | None = None,
        project_id: int | None = None,
    ) -> dict[str, Any]:
        """Undo a deletion. Raises KeyError when the record is gone for good."""
        row = self.row(resource, record_id, project_id)
        if row.deleted_at is not None:
            row.deleted_at = None
            row.fields.update(_marks(self._table(resource).resource, None))
            self._changed(resource, row, at, touch=True)
            self._tell("restore", resource, row, at)
        return row.fields

    def purge(self, resource: str, record_id: RecordId, *, project_id: int | None = None) -> None:
        """Remove a record for good, from its recycle bin too."""
        row = self.row(resource, record_id, project_id)
        was_there = row.deleted_at is None
        row.deleted_at = row.deleted_at or self.now()
        table = self._table(resource)
        table.remove(row)
        self._parent_changed(table.resource, row)
        if was_there:
            self._tell("delete", resource, row, row.deleted_at)

    def hide(self, resource: str, record_id: RecordId, *, project_id: int | None = None) -> None:
        """Make a record private to others: out of every list and bin, 404 alone, though it lives on."""
        self._set_hidden(resource, record_id, project_id, hidden=True)

    def unhide(self, resource: str, record_id: RecordId, *, project_id: int | None = None) -> None:
        """Let a hidden record be seen again; its `updated_at` does not tell."""
        self._set_hidden(resource, record_id, project_id, hidden=False)

    def get(self, resource: str, record_id: RecordId, *, project_id: int | None = None) -> dict[str, Any]:
        """A record's fields, whatever its state. Raises KeyError if there is none."""
        return self.row(resource, record_id, project_id).fields

    def rows(
        self,
        resource: str,
        *,
        project_id: int | None = None,
        parent_id: RecordId | None = None,
        deleted: bool = False,
    ) -> list[dict[str, Any]]:
        """The fields of the live records of a scope by id, or of the deleted ones that can be restored."""
        bucket = self._table(resource).bucket(project_id=project_id, parent_id=parent_id)
        return [row.fields for row in bucket if not row.hidden and (row.deleted_at is not None) == deleted]

    def row(self, resource: str, record_id: RecordId, project_id: int | None = None) -> Row:
        """The stored row itself. Raises KeyError if there is none."""
        row = self._table(resource).find(record_id, project_id)
        if row is None:
            raise KeyError(f"no {resource} {record_id}: insert it first, or see whether it was purged")
        return row

    def set_tool(self, project_id: int, tool: str, enabled: bool) -> None:  # noqa: FBT001 - it is the very subject
        """Switch a tool of a project on or off (all are on at first). ValueError for an unknown tool."""
        if tool not in TOOLS:
            raise ValueError(f"no tool {tool!r}; there are {', '.join(TOOLS)}")
        (self._disabled_tools.discard if enabled else self._disabled_tools.add)((project_id, tool))

    def tool_enabled(self, project_id: int, tool: str) -> bool:
        """Whether a project has a tool."""
        return (project_id, tool) not in self._disabled_tools

    def set_order_tiers(self, project_id: int, tiers: Literal[1, 2, 3]) -> None:
        """Say how many tiers the change orders of a project have (three at first)."""
        self._order_tiers[project_id] = tiers

    def order_tiers(self, project_id: int | None) -> int:
        """How many tiers the change orders of a project have."""
        return self._order_tiers.get(project_id or 0, 3)

    def permit_project(self, project_id: int, allowed: bool) -> None:  # noqa: FBT001 - it is the very subject
        """Let the service account into a project or not (all are permitted at first)."""
        (self._forbidden_projects.discard if allowed else self._forbidden_projects.add)(project_id)

    def project_permitted(self, project_id: int) -> bool:
        """Whether the service account may see a project."""
        return project_id not in self._forbidden_projects

    def forbidden_projects(self) -> frozenset[int]:
        """The projects that the service account may not see."""
        return frozenset(self._forbidden_projects)

    def _table(self, resource: str) -> Table:
        table = self.tables.get(resource)
        if table is None:
            raise KeyError(f"no resource {resource!r}; resources.py lists them")
        return table

    def _take_id(self, table: Table, moment: datetime) -> RecordId:
        return self._ulids.take(moment) if table.resource.string_ids else table.take_id()

    def _tell(
        self,
        kind: Literal["create", "update", "delete", "restore"],
        resource: str,
        row: Row,
        at: datetime | None,
    ) -> None:
        for listener in self.listeners:
            listener(Happening(kind, resource, row, at or self.now()))

    def _changed(self, resource: str, row: Row, at: datetime | None, *, touch: bool) -> None:
        table = self._table(resource)
        moment = at or self.now()
        if touch and table.resource.has_updated_at:
            row.fields["updated_at"] = stamp(moment)
        table.changed(row)
        if touch:
            self._touch_parent(table.resource, row, moment)

    def _set_hidden(
        self, resource: str, record_id: RecordId, project_id: int | None, *, hidden: bool
    ) -> None:
        row = self.row(resource, record_id, project_id)
        table = self._table(resource)
        row.hidden = hidden
        table.changed(row)
        self._parent_changed(table.resource, row)

    def _touch_parent(self, kind: Resource, row: Row, moment: datetime) -> None:
        parent = self._parent_changed(kind, row)
        if parent is not None and self.children_touch_parents:
            parent.fields["updated_at"] = stamp(moment)

    def _parent_changed(self, kind: Resource, row: Row) -> Row | None:
        """The parent whose detail shows the row, if any, with its rendering forgotten."""
        if kind.touches_parent is None or row.parent_id is None:
            return None
        table = self._table(kind.touches_parent)
        parent = table.find(row.parent_id)
        if parent is not None:
            table.changed(parent)
        return parent


def _demand_scope(kind: Resource, project_id: int | None, parent_id: RecordId | None) -> None:
    if kind.scope != "company" and project_id is None:
        raise ValueError(f"{kind.name} belong to a project: give project_id")
    if kind.scope == "parent" and parent_id is None:
        raise ValueError(f"{kind.name} belong to a parent: give parent_id")


def _set_moments(kind: Resource, fields: dict[str, Any], moment: datetime) -> None:
    if kind.has_created_at:
        fields.setdefault("created_at", stamp(moment))
    if kind.has_updated_at:
        fields.setdefault("updated_at", stamp(moment))
    for mark, value in _marks(kind, None).items():
        fields.setdefault(mark, value)


def _follow_activity(kind: Resource, row: Row, moment: datetime) -> None:
    """Being inactive is a field that the record's own makers may set, so deletion follows it."""
    if kind.deletion == "inactive":
        active = row.fields.get(_activity_field(kind), True)
        row.deleted_at = None if active else row.deleted_at or moment


def _activity_field(kind: Resource) -> str:
    return "active" if kind.name == "projects" else "is_active"


def _marks(kind: Resource, moment: datetime | None) -> dict[str, Any]:
    text = None if moment is None else stamp(moment)
    marks: dict[str, Any] = {
        mark: text if mark.endswith("_at") else moment is not None for mark in kind.marks
    }
    if kind.deletion == "inactive":
        marks[_activity_field(kind)] = moment is None
    return marks
