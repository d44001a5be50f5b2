"""Rows in memory, grouped by project and by parent; order and renderings are kept until they change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tiebeam.simulators.procore.resources import Resource

RecordId = int | str
Key = tuple[int | None, RecordId]


@dataclass(slots=True)
class Row:
    """One record and what is known about it besides its fields."""

    fields: dict[str, Any]
    project_id: int | None
    parent_id: RecordId | None
    deleted_at: datetime | None = None
    hidden: bool = False
    rendered: dict[str, bytes] = field(default_factory=dict)

    @property
    def id(self) -> RecordId:
        """The record's own id."""
        record_id: RecordId = self.fields["id"]
        return record_id

    @property
    def live(self) -> bool:
        """Whether an ordinary list shows it."""
        return self.deleted_at is None and not self.hidden


class Bucket:
    """Some rows of a table in the order of their ids; `version` grows with every change to any of them."""

    def __init__(self) -> None:
        self.version = 0
        self._rows: dict[Key, Row] = {}
        self._sorted: list[Row] | None = []

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.sorted())

    def add(self, key: Key, row: Row) -> None:
        """Put a new row in its place."""
        self._rows[key] = row
        self.version += 1
        if self._sorted is not None and (not self._sorted or _precedes(self._sorted[-1], row)):
            self._sorted.append(row)
        else:
            self._sorted = None

    def drop(self, key: Key) -> None:
        """Forget a row."""
        del self._rows[key]
        self._sorted = None
        self.version += 1

    def sorted(self) -> list[Row]:
        """The rows by id; not to be changed by the caller."""
        if self._sorted is None:
            self._sorted = sorted(self._rows.values(), key=lambda row: row.id)
        return self._sorted


def _precedes(left: Row, right: Row) -> bool:
    left_id, right_id = left.id, right.id
    if isinstance(left_id, int) and isinstance(right_id, int):
        return left_id <= right_id
    return str(left_id) <= str(right_id)


class Table:
    """All rows of one resource."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self.everything = Bucket()
        self.graves: dict[Key, Row] = {}
        self._by_key: dict[Key, Row] = {}
        self._by_project: dict[int | None, Bucket] = {}
        self._by_parent: dict[RecordId, Bucket] = {}
        self._next_id = resource.first_id

    def key(self, record_id: RecordId, project_id: int | None) -> Key:
        """How the row is found; members repeat their ids in every project, so there it is part of the key."""
        return (project_id if self.resource.membership else None, record_id)

    def take_id(self) -> int:
        """An id that no row has had."""
        taken = self._next_id
        self._next_id += 1
        return taken

    def add(self, row: Row) -> None:
        """Insert a row; its id must be new."""
        key = self.key(row.id, row.project_id)
        if key in self._by_key:
            name = self.resource.name
            raise ValueError(f"{name} {row.id} exists already: update it, or insert without an id")
        if isinstance(row.id, int) and row.id >= self._next_id:
            self._next_id = row.id + 1
        self.graves.pop(key, None)
        self._by_key[key] = row
        for bucket in self._buckets(row):
            bucket.add(key, row)

    def remove(self, row: Row) -> None:
        """Take a row out for good, remembering only that it was there."""
        key = self.key(row.id, row.project_id)
        del self._by_key[key]
        self.graves[key] = row
        for bucket in self._buckets(row):
            bucket.drop(key)

    def changed(self, row: Row) -> None:
        """Note that a row's fields or state are no longer what they were."""
        row.rendered.clear()
        for bucket in self._buckets(row):
            bucket.version += 1

    def find(self, record_id: RecordId, project_id: int | None = None) -> Row | None:
        """The row, whatever its state."""
        if self.resource.membership and project_id is None:
            return next((row for row in self.everything if row.id == record_id), None)
        return self._by_key.get(self.key(record_id, project_id))

    def bucket(self, *, project_id: int | None = None, parent_id: RecordId | None = None) -> Bucket:
        """The rows of a parent, else of a project, else all of them."""
        if parent_id is not None:
            return self._by_parent.get(parent_id) or Bucket()
        if project_id is not None:
            return self._by_project.get(project_id) or Bucket()
        return self.everything

    def _buckets(self, row: Row) -> list[Bucket]:
        buckets = [self.everything, self._by_project.setdefault(row.project_id, Bucket())]
        if row.parent_id is not None:
            buckets.append(self._by_parent.setdefault(row.parent_id, Bucket()))
        return buckets
