"""A rule as it is typed into a form, and back. What is typed is shown again when it cannot be kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tiebeam.jobs.automations.model import (
    PARTS_MAX,
    Action,
    ActionKind,
    Check,
    Condition,
    Draft,
    Happening,
    Trigger,
)
from tiebeam.jobs.boards.model import ColumnKind
from tiebeam.kernel.errors import BadInputError
from tiebeam.web.pages.integration import uuid_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from tiebeam.identity.model import Person
    from tiebeam.jobs.automations.model import World
    from tiebeam.web.call import Call

TEXT_MAX: Final = 12_000
_LINE: Final = re.compile(r"\s*([A-Za-z0-9_]+)\s*=\s?(.*)", re.DOTALL)
_NEXT: Final = "\n    "
"""How a value goes on in its next line."""


@dataclass(frozen=True, slots=True)
class TypedCondition:
    """A line of conditions."""

    name: str = ""
    check: str = Check.IS.value
    value: str = ""


@dataclass(frozen=True, slots=True)
class TypedAction:
    """One action; `values` a line each."""

    kind: str = ""
    board: str = ""
    values: str = ""


@dataclass(frozen=True, slots=True)
class Typed:
    """Everything that is typed."""

    name: str = ""
    happening: str = Happening.JOB_CHANGED.value
    board: str = ""
    fields: str = ""
    value: str = ""
    conditions: tuple[TypedCondition, ...] = ()
    actions: tuple[TypedAction, ...] = ()


def typed_in(call: Call) -> Typed:
    """Return what was typed. Raises BadInputError when it is too long to be looked at."""
    conditions = zip(*(_many(call, f"condition_{one}") for one in ("name", "check", "value")), strict=False)
    actions = zip(*(_many(call, f"action_{one}") for one in ("kind", "board", "values")), strict=False)
    return Typed(
        name=call.posted("name", most=400),
        happening=call.posted("happening", most=40),
        board=call.posted("board", most=40),
        fields=call.posted("fields"),
        value=call.posted("value"),
        conditions=tuple(TypedCondition(*one) for one in conditions if one[0]),
        actions=tuple(TypedAction(*one) for one in actions if one[0]),
    )


def _many(call: Call, name: str) -> list[str]:
    given = call.form.getlist(name) if call.form is not None else []
    texts = [one for one in given if isinstance(one, str)]
    if len(texts) > 2 * PARTS_MAX or any(len(one) > TEXT_MAX for one in texts):
        raise BadInputError("The form holds too much.", action="Make several rules of it.")
    return [one.strip() for one in texts]


class Spelling:
    """Turns values into what is typed and back: people are written by their e-mail addresses."""

    def __init__(self, world: World, people: Sequence[Person]) -> None:
        self._world = world
        self._emails = {str(one.id): one.email for one in people}
        self._ids = {one.email.casefold(): str(one.id) for one in people}
        self._ids |= {one.name.casefold(): str(one.id) for one in people if _only(one, people)}

    def draft(self, typed: Typed) -> Draft:
        """Return the rule that was typed; whether it can be kept is not looked at. Raises BadInputError."""
        happening = _one_of(Happening, typed.happening, "What it answers")
        board_id = uuid_of(typed.board) if typed.board and not happening.of_job else None
        fields = tuple(_split(typed.fields))
        value = None
        if happening is Happening.COLUMN_BECOMES and typed.value:
            value = self._read(typed.value, people=self._holds_people(board_id, fields[0] if fields else ""))
        return Draft(
            typed.name,
            Trigger(happening, board_id, fields, value),
            tuple(self._condition(one, board_id) for one in typed.conditions),
            tuple(self._action(one, board_id) for one in typed.actions),
        )

    def typed(self, draft: Draft) -> Typed:
        """Return a rule as it would be typed."""
        trigger = draft.trigger
        return Typed(
            name=draft.name,
            happening=trigger.happening.value,
            board=str(trigger.board_id or ""),
            fields=", ".join(trigger.fields),
            value=self._written(trigger.value),
            conditions=tuple(
                TypedCondition(one.name, one.check.value, self._written(one.value))
                for one in draft.conditions
            ),
            actions=tuple(
                TypedAction(one.kind.value, str(one.board_id or ""), self._lines(one.values))
                for one in draft.actions
            ),
        )

    def _condition(self, typed: TypedCondition, board_id: UUID | None) -> Condition:
        check = _one_of(Check, typed.check, "How a value is looked at")
        of_people = typed.name == "job.lead_id" or (
            typed.name.startswith("item.") and self._holds_people(board_id, typed.name.removeprefix("item."))
        )
        if check is Check.ONE_OF:
            return Condition(typed.name, check, [self._one(part, of_people) for part in _split(typed.value)])
        return Condition(typed.name, check, self._one(typed.value, of_people))

    def _action(self, typed: TypedAction, of_trigger: UUID | None) -> Action:
        kind = _one_of(ActionKind, typed.kind, "What it does")
        board_id = uuid_of(typed.board) if typed.board else None
        on = board_id or of_trigger
        items = kind in {ActionKind.CREATE_ITEM, ActionKind.CHANGE_ITEM}
        jobs = kind in {ActionKind.CREATE_JOB, ActionKind.CHANGE_JOB}
        return Action(
            kind,
            board_id,
            {
                key: self._read(
                    text, people=(jobs and key == "lead_id") or (items and self._holds_people(on, key))
                )
                for key, text in _pairs(typed.values).items()
            },
        )

    def _holds_people(self, board_id: UUID | None, key: str) -> bool:
        board = self._world.boards.get(board_id) if board_id else None
        column = board.column(key) if board else None
        return column is not None and column.kind is ColumnKind.PEOPLE

    def _read(self, text: str, *, people: bool) -> Any:
        if not people or text.strip().startswith("{"):
            return text
        return [self._one(one, of_people=True) for one in _split(text)]

    def _one(self, text: str, of_people: bool) -> str:  # noqa: FBT001 - what a text is of decides how it is read
        return self._ids.get(text.casefold(), text) if of_people else text

    def _lines(self, values: Mapping[str, Any]) -> str:
        return "\n".join(
            f"{key} = {self._written(value)}".replace("\n", _NEXT) for key, value in values.items()
        )

    def _written(self, value: Any) -> str:
        if isinstance(value, list):
            return ", ".join(self._written(one) for one in value)
        return "" if value is None else self._emails.get(str(value), str(value))


def _only(person: Person, people: Sequence[Person]) -> bool:
    """Say whether nobody else has that name."""
    return sum(one.name.casefold() == person.name.casefold() for one in people) == 1


def _pairs(text: str) -> dict[str, str]:
    """Return what is written, a line each; one that begins with a blank goes on with the last."""
    found: dict[str, str] = {}
    for line in re.split(r"\n(?![ \t])", "\n".join(text.splitlines())):
        if not line.strip():
            continue
        pair = _LINE.fullmatch(line)
        if pair is None:
            raise BadInputError(
                f"“{line.strip()[:60]}” does not say what is written to what.",
                action="Write each as in “status = Done”, a line each.",
            )
        found[pair[1]] = re.sub(r"\n[ \t]+", "\n", pair[2]).strip()
    return found


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _one_of(kind: type[Any], text: str, what: str) -> Any:
    try:
        return kind(text)
    except ValueError:
        raise BadInputError(f"{what} was not chosen.", action="Choose one of the list.") from None
