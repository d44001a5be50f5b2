"""The simulated company's state, watched: what was ever gone, and what changed without telling."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from tiebeam.simulators.procore.filters import moment_of
from tiebeam.simulators.procore.state import ProcoreState

if TYPE_CHECKING:
    from datetime import datetime

    from tiebeam.simulators.procore.resources import Resource
    from tiebeam.simulators.procore.tables import RecordId, Row

LATE_SECONDS_MAX = 900
"""How much later than its own `updated_at` an honest change may come to be seen."""


class Name(NamedTuple):
    """One record of the company, whatever state it is in; members repeat their ids in every project."""

    resource: str
    project_id: int | None
    id: str


Place = tuple[str, int | None]
"""A kind of record in a project."""


class WatchedState(ProcoreState):
    """Remembers what promises are checked against; it changes nothing about the company."""

    def __init__(self, company_id: int, now: Any, seed: int) -> None:
        super().__init__(company_id, now, seed)
        self.ever_gone: set[Name] = set()
        self.left: set[Place] = set()
        self.entered: set[Place] = set()
        self.torn: set[Place] = set()
        """Lists in which, during one sync, rows vanished and others appeared: no count gives that away."""
        self.silent: set[Name] = set()
        """Records whose present content no incremental read would notice."""

    def name(self, resource: str, record_id: RecordId, project_id: int | None) -> Name:
        """Return how a record is called here."""
        member = self.tables[resource].resource.membership
        return Name(resource, project_id if member else None, str(record_id))

    def insert(
        self,
        resource: str,
        fields: dict[str, Any],
        *,
        project_id: int | None = None,
        parent_id: RecordId | None = None,
        at: datetime | None = None,
    ) -> dict[str, Any]:
        made = super().insert(resource, fields, project_id=project_id, parent_id=parent_id, at=at)
        self.entered.add((resource, project_id))
        self._note(resource, made["id"], project_id, touch=True)
        return made

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
        fields = super().update(resource, record_id, changes, at=at, touch=touch, project_id=project_id)
        self._note(resource, record_id, project_id, touch=touch)
        return fields

    def delete(
        self,
        resource: str,
        record_id: RecordId,
        *,
        at: datetime | None = None,
        project_id: int | None = None,
    ) -> None:
        row = self.row(resource, record_id, project_id)
        super().delete(resource, record_id, at=at, project_id=project_id)
        if self.tables[resource].resource.deletion != "inactive":
            self.ever_gone.add(self.name(resource, record_id, row.project_id))
        self.left.add((resource, row.project_id))
        self._note(resource, record_id, row.project_id, touch=True)

    def restore(
        self,
        resource: str,
        record_id: RecordId,
        *,
        at: datetime | None = None,
        project_id: int | None = None,
    ) -> dict[str, Any]:
        fields = super().restore(resource, record_id, at=at, project_id=project_id)
        self.entered.add((resource, self.row(resource, record_id, project_id).project_id))
        self._note(resource, record_id, project_id, touch=True)
        return fields

    def purge(self, resource: str, record_id: RecordId, *, project_id: int | None = None) -> None:
        row = self.row(resource, record_id, project_id)
        super().purge(resource, record_id, project_id=project_id)
        name = self.name(resource, record_id, row.project_id)
        self.ever_gone.add(name)
        self.silent.add(name)
        self.left.add((resource, row.project_id))

    def _note(self, resource: str, record_id: RecordId, project_id: int | None, *, touch: bool) -> None:
        name = self.name(resource, record_id, project_id)
        row = self.tables[resource].find(record_id, project_id)
        if touch and row is not None and self._tells(row):
            self.silent.discard(name)
        else:
            self.silent.add(name)

    def _tells(self, row: Row) -> bool:
        """Whether the row's own time says that it has just changed."""
        moment = moment_of(row.fields.get("updated_at"))
        earliest = self.now() - timedelta(seconds=LATE_SECONDS_MAX)
        return moment is not None and moment >= earliest.timestamp()

    def _set_hidden(
        self, resource: str, record_id: RecordId, project_id: int | None, *, hidden: bool
    ) -> None:
        super()._set_hidden(resource, record_id, project_id, hidden=hidden)
        self.silent.add(self.name(resource, record_id, project_id))
        place = (resource, self.row(resource, record_id, project_id).project_id)
        (self.left if hidden else self.entered).add(place)

    def permit_project(self, project_id: int, allowed: bool) -> None:  # noqa: FBT001 - as the state has it
        super().permit_project(project_id, allowed)
        # The list of projects is filtered by their own time, which says nothing of who may see them.
        self.silent.add(self.name("projects", project_id, None))

    def begin_reading(self) -> None:
        """Note that a sync begins."""
        self.left.clear()
        self.entered.clear()

    def end_reading(self) -> None:
        """Note that a sync has ended."""
        self.torn |= self.left & self.entered

    def _touch_parent(self, kind: Resource, row: Row, moment: datetime) -> None:
        super()._touch_parent(kind, row, moment)
        if kind.touches_parent is not None and row.parent_id is not None and self.children_touch_parents:
            self._note(kind.touches_parent, row.parent_id, row.project_id, touch=True)

    def _parent_changed(self, kind: Resource, row: Row) -> Row | None:
        parent = super()._parent_changed(kind, row)
        if parent is not None and kind.touches_parent is not None:
            self.silent.add(self.name(kind.touches_parent, parent.id, parent.project_id))
        return parent
