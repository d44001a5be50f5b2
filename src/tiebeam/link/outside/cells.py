"""Our items and those elsewhere in the same words: ours. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tiebeam.connectors.monday.model import TEAM
from tiebeam.jobs.boards.model import ColumnKind, ItemEdit, NewItem
from tiebeam.jobs.boards.rules import named
from tiebeam.jobs.boards.values import checked, job_in
from tiebeam.kernel.errors import BadInputError
from tiebeam.link.outside.model import GROUP, NAME
from tiebeam.link.pairs.model import FieldRule, Odd, Side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tiebeam.connectors.monday.model import Kind as TheirKind
    from tiebeam.connectors.monday.model import OutsideColumn, OutsideItem
    from tiebeam.jobs.boards.model import Board, Column, Item
    from tiebeam.link.outside.model import OutsideLink
    from tiebeam.link.outside.ports import Person

NAME_THERE_MAX = 255


@dataclass(frozen=True, slots=True)
class Sheet:
    """How the items of a joined board are read and written on both sides."""

    link: OutsideLink
    board: Board
    people: Mapping[str, Person] = field(default_factory=dict)
    """Ours, by id."""
    why_not: Callable[[OutsideColumn, Any], str | None] = lambda _column, _value: None
    """Says why a column there cannot hold a value."""

    @property
    def pairs(self) -> tuple[tuple[Column, OutsideColumn], ...]:
        """The columns that are kept the same, as far as both are there and hold the like."""
        return tuple(self._pairs())

    @property
    def rules(self) -> tuple[FieldRule, ...]:
        """Whose value counts, by field."""
        fields = [NAME, *([GROUP] if self.link.groups else []), *(ours.key for ours, _ in self.pairs)]
        return tuple(FieldRule(one, one, self.link.owner.owner) for one in fields)

    def job_of(self, values: Mapping[str, Any]) -> UUID | None:
        """Return the job that an item names, in our words."""
        keys = (ours.key for ours, _ in self.pairs if ours.kind is ColumnKind.LINK)
        return next((job for key in keys if (job := job_in(values.get(key)))), None)

    def of_ours(self, item: Item) -> dict[str, Any]:
        """Return what an item of ours holds."""
        found: dict[str, Any] = {NAME: item.name}
        if str(item.group_id) in self.link.groups:
            found[GROUP] = str(item.group_id)
        for ours, _ in self.pairs:
            value = item.values.get(ours.key)
            found[ours.key] = sorted(value) if isinstance(value, list) else value
        return found

    def of_theirs(self, item: OutsideItem) -> dict[str, Any]:
        """Return what an item there holds; an `Odd` where there is nothing like it here."""
        found: dict[str, Any] = {NAME: " ".join(item.name.split())}
        group = next((ours for ours, theirs in self.link.groups.items() if theirs == item.group), None)
        if group is not None:
            found[GROUP] = group
        for ours, theirs in self.pairs:
            found[ours.key] = self._of_theirs(ours, item.values.get(theirs.id))
        return found

    def cannot(self, side: Side, name: str, value: Any, now: Any = None) -> str | None:
        """Say why a side cannot be given a value, or None; `now` is what the cell of ours holds."""
        return self._cannot_ours(name, value, now) if side is Side.JOB else self._cannot_theirs(name, value)

    def new_item(self, values: Mapping[str, Any], id_: UUID, otherwise: str) -> NewItem:
        """Return an item of ours that holds these values; named `otherwise` where none of them is a name."""
        group = UUID(values[GROUP]) if values.get(GROUP) else None
        cells = {name: one for name, one in values.items() if name not in {NAME, GROUP} and one is not None}
        return NewItem(values.get(NAME) or otherwise, cells, group_id=group, id=id_)

    def edit(self, values: Mapping[str, Any], item: Item) -> ItemEdit:
        """Return what is to be changed of an item of ours. Who is named keeps the order."""
        cells = {
            name: _in_order(value, item.values.get(name))
            for name, value in values.items()
            if name not in {NAME, GROUP}
        }
        group = values.get(GROUP)
        return ItemEdit(item.id, values.get(NAME), UUID(group) if group else None, values=cells)

    def there(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values as cells there, by the ids of the columns; without name and group."""
        both = [(ours, theirs) for ours, theirs in self.pairs if ours.key in values]
        return {theirs.id: self._there(ours, theirs, values[ours.key]) for ours, theirs in both}

    def group_there(self, values: Mapping[str, Any]) -> str | None:
        """Return the group there of one of ours, or None."""
        return self.link.groups.get(str(values.get(GROUP)))

    def _pairs(self) -> Iterator[tuple[Column, OutsideColumn]]:
        for one in self.link.columns:
            ours, theirs = self.board.column(one.key), self.link.layout.column(one.column_id)
            if ours and theirs and kind_fits(ours.kind, theirs.kind):
                yield ours, theirs

    def _of_theirs(self, ours: Column, value: Any) -> Any:
        if value is None:
            return None
        if ours.kind is ColumnKind.STATUS:
            return _label_here(ours, value)
        if ours.kind is ColumnKind.PEOPLE:
            return self._people_here(value)
        return (value.strip() or None) if ours.kind is ColumnKind.TEXT else value

    def _people_here(self, ids: list[str]) -> Any:
        there = {one.id: one for one in self.link.people}
        by_mail = {one.email.casefold(): id_ for id_, one in self.people.items() if one.email}
        mails = {one: there[one].email.casefold() if one in there else "" for one in ids}
        unknown = [one for one, mail in mails.items() if mail not in by_mail]
        if unknown:
            names = [there[one].name if one in there else one for one in ids]
            if any(one.startswith(TEAM) for one in unknown):
                return Odd(
                    ", ".join(names),
                    "A team is named there, and here only people are: name its people there, or leave it so.",
                )
            missing = ", ".join(there[one].name if one in there else one for one in unknown)
            return Odd(
                ", ".join(names),
                f"Nobody here has the e-mail address of {missing}: add them under the same address, or"
                " choose somebody else.",
            )
        return sorted({by_mail[mail] for mail in mails.values()}) or None

    def _there(self, ours: Column, theirs: OutsideColumn, value: Any) -> Any:
        if ours.kind is ColumnKind.STATUS and value:
            alike = [one.text for one in theirs.labels if one.text.casefold() == value.casefold()]
            return value if value in alike or not alike else alike[0]
        return self._people_there(value) if ours.kind is ColumnKind.PEOPLE else value

    def _people_there(self, ids: list[str] | None) -> list[str] | None:
        found = [self._person_there(one) for one in ids or ()]
        return [one for one in found if one] or None

    def _person_there(self, person_id: str) -> str | None:
        ours = self.people.get(person_id)
        mail = ours.email.casefold() if ours else ""
        same = (one for one in self.link.people if one.email.casefold() == mail and one.enabled)
        return next((one.id for one in same), None) if mail else None

    def _cannot_ours(self, name: str, value: Any, now: Any) -> str | None:
        try:
            if name == NAME:
                named(value)
            elif name != GROUP and (column := self.board.column(name)):
                people = {UUID(id_): one.active for id_, one in self.people.items()}
                checked(column, value, people, before=now)
        except BadInputError as error:
            return str(error)
        return None

    def _cannot_theirs(self, name: str, value: Any) -> str | None:
        if name == GROUP:
            return None
        if name == NAME:
            too_long = len(value) > NAME_THERE_MAX
            return f"A name has at most {NAME_THERE_MAX} characters there: shorten it." if too_long else None
        ours, theirs = next((both for both in self.pairs if both[0].key == name), (None, None))
        if ours is None or theirs is None:
            return None
        if ours.kind is ColumnKind.PEOPLE:
            lacking = [one for one in value or () if self._person_there(one) is None]
            names = ", ".join(self.people[one].name if one in self.people else one for one in lacking)
            return (
                f"Nobody there has the e-mail address of {names}: invite them, or choose somebody else."
                if lacking
                else None
            )
        return self.why_not(theirs, self._there(ours, theirs, value))


def _label_here(column: Column, text: str) -> Any:
    alike = [one.text for one in column.labels if one.text.casefold() == text.casefold()]
    if text in alike or len(alike) == 1:
        return text if text in alike else alike[0]
    return Odd(text, f"“{column.title}” has no label “{text}” here: add it, or choose another one.")


def _in_order(value: Any, held: Any) -> Any:
    if not isinstance(value, list):
        return value
    kept = [one for one in held or () if one in value]
    return [*kept, *(one for one in value if one not in kept)]


def kind_fits(ours: ColumnKind, theirs: TheirKind | None) -> bool:
    """Say whether a column of ours and one there hold the like."""
    return theirs is not None and ours.value == theirs.value
