"""A job's fields and an item's cells in the same words. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from tiebeam.jobs.boards.model import ColumnKind
from tiebeam.jobs.boards.values import job_in
from tiebeam.jobs.model import JobStatus
from tiebeam.link.pairs.model import LINK_COLUMN, Kind, Odd, Side

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tiebeam.jobs.boards.model import Board, Column, Item
    from tiebeam.jobs.model import Job
    from tiebeam.link.pairs.model import Conflict, FieldRule, Rules

_NAME: Final = "name"
_KINDS: Final = {
    "status": ColumnKind.STATUS,
    "lead_id": ColumnKind.PEOPLE,
    "address": ColumnKind.TEXT,
    "created": ColumnKind.DATE,
    "starts_on": ColumnKind.DATE,
    "ends_on": ColumnKind.DATE,
}
"""What a column has to be to hold a field."""


def of_job(job: Job) -> dict[str, Any]:
    """Return what a job holds, by field."""
    return {
        "title": job.title,
        "status": job.status.value,
        "lead_id": str(job.lead_id) if job.lead_id else None,
        "address": job.address,
        "created": job.created_at.date().isoformat(),
        "starts_on": _day(job.starts_on),
        "ends_on": _day(job.ends_on),
    }


def to_job(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields as a job has them."""
    return {name: _of_job(name, value) for name, value in values.items()}


def _of_job(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "status":
        return JobStatus(value)
    if name == "lead_id":
        return UUID(value)
    return date.fromisoformat(value) if name in {"starts_on", "ends_on"} else value


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


@dataclass(frozen=True, slots=True)
class Cells:
    """What the items of a board hold, in the words of a job."""

    board: Board
    rules: Rules
    people: Mapping[str, bool] = field(default_factory=dict)
    """The company's people by id: whether they are still there."""

    @property
    def link(self) -> str | None:
        """The key of the column that names the job, None where there is none."""
        column = self.board.column(LINK_COLUMN)
        found = column if column and column.kind is ColumnKind.LINK else self.board.first(ColumnKind.LINK)
        return found.key if found else None

    def names(self, item: Item) -> UUID | None:
        """Return the job that an item names, or None."""
        return job_in(item.values.get(self.link)) if self.link else None

    @property
    def held(self) -> tuple[FieldRule, ...]:
        """The rules of those fields that the board has a column for."""
        return tuple(one for one in self.rules.fields if one.column == _NAME or self._column(one))

    def of_item(self, item: Item) -> dict[str, Any]:
        """Return what an item holds, by field; an `Odd` where a job has nothing like it."""
        return {one.field: self._of(one, item) for one in self.held}

    def to_item(
        self, values: Mapping[str, Any], item: Item | None = None
    ) -> tuple[str | None, dict[str, Any]]:
        """Return the name (None: as it is) and the cells by which an item holds these values.

        Who else is named beside the lead stays, unless there is to be no lead.
        """
        cells = dict(self._cells(values, item))
        return cells.pop(_NAME, None), cells

    def given_back(self, found: Conflict, item: Item) -> tuple[str | None, dict[str, Any]]:
        """Return the name and the cells by which an item holds again what it held in a conflict."""
        rule = self.rules.of(found.field)
        if found.kind is Kind.UNMAPPED and rule is not None and rule.column != _NAME:
            return None, {rule.column: found.item or None}
        return self.to_item({found.field: found.item}, item)

    def cannot(self, side: Side, name: str, value: Any) -> str | None:
        """Say why a side cannot be given a value, or None."""
        if name == "lead_id" and value is not None and not self.people.get(value):
            return "This person has left, or is not known here: choose somebody else."
        column = self.board.column("status" if (rule := self.rules.of(name)) is None else rule.column)
        if side is Side.ITEM and name == "status" and column and self._label(value, column) is None:
            words = JobStatus(value).in_words
            return f"{self.board.name} has no label for “{words}”: add one, or say which label stands for it."
        return None

    def _column(self, rule: FieldRule) -> Column | None:
        column = self.board.column(rule.column)
        return column if column and column.kind is _KINDS.get(rule.field) else None

    def _of(self, rule: FieldRule, item: Item) -> Any:
        if rule.column == _NAME:
            return " ".join(item.name.split())
        value = item.values.get(rule.column)
        if rule.field == "status":
            return self._status(value)
        if rule.field == "lead_id":
            return value[0] if value else None
        return (value or "").strip() if rule.field == "address" else value

    def _status(self, label: str | None) -> str | Odd:
        if not label:
            return Odd("", "The item has no status, which a job always has: choose one.")
        known = self._statuses().get(label.casefold())
        return known or Odd(label, f"No status of a job is called “{label}”: say which one it stands for.")

    def _statuses(self) -> dict[str, str]:
        chosen = {label.casefold(): status for label, status in self.rules.labels.items()}
        return {one.in_words.casefold(): one.value for one in JobStatus} | chosen

    def _label(self, status: str, column: Column) -> str | None:
        known = self._statuses()
        fitting = [one.text for one in column.labels if known.get(one.text.casefold()) == status]
        words = JobStatus(status).in_words.casefold()
        return next((text for text in fitting if text.casefold() == words), fitting[0] if fitting else None)

    def _cells(self, values: Mapping[str, Any], item: Item | None) -> Iterator[tuple[str, Any]]:
        for rule in self.held:
            if rule.field in values:
                yield rule.column, self._cell(rule, values[rule.field], item)

    def _cell(self, rule: FieldRule, value: Any, item: Item | None) -> Any:
        column = self.board.column(rule.column)
        if rule.field == "status" and column:
            return self._label(value, column)
        if rule.field == "lead_id":
            return _people(value, (item.values.get(rule.column) if item else None) or [])
        return value or None


def _people(lead: str | None, held: list[str]) -> list[str] | None:
    """Return who is named: the lead takes the place of the one before, and the others stay."""
    return [lead, *(one for one in held[1:] if one != lead)] if lead else None
