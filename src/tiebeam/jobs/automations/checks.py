"""Whether a rule can be kept: everything it names is there, and everything it writes can be. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from tiebeam.jobs.automations.model import NAME_MAX, PARTS_MAX, ActionKind, Check, Happening
from tiebeam.jobs.automations.rules import (
    ITEM_NAMES,
    JOB_NAMES,
    NAMED,
    PLAIN_NAMES,
    fitted,
    fitted_job,
    id_or_none,
    same,
)
from tiebeam.jobs.automations.shape import shape_of
from tiebeam.jobs.boards.model import ColumnKind
from tiebeam.jobs.boards.values import checked as checked_value
from tiebeam.jobs.boards.values import column_of
from tiebeam.jobs.model import FIELDS, JobStatus
from tiebeam.jobs.rules import as_json, checked_fields
from tiebeam.kernel.canonical import UnstorableError, canonical
from tiebeam.kernel.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from tiebeam.jobs.automations.model import Action, Condition, Draft, Trigger, World
    from tiebeam.jobs.boards.model import Board, Column

GIVEN: Final[Mapping[ActionKind, tuple[str, ...]]] = {
    ActionKind.NOTIFY: ("text",),
    ActionKind.PUSH_DOCUMENT: ("document", "target"),
    ActionKind.REFRESH_RECORD: ("stream", "record"),
    ActionKind.SYNC_TO_BOARD: (),
    ActionKind.SYNC_TO_JOB: (),
}
"""What actions that write neither a job nor an item are given: all of it, and nothing else."""
TEXT_MAX: Final = 2000
RULE_BYTES_MAX: Final = 10_000
ITEM_FIELDS: Final = ("name", "group")
"""What every item has beside its cells."""


def checked(draft: Draft, world: World) -> Draft:
    """Return a rule as it can be kept, its values in the form of what they are written to.

    Raises BadInputError with the one thing that is wrong, and what can be had.
    """
    _storable(draft)
    name = draft.name.strip()
    if not 0 < len(name) <= NAME_MAX:
        raise BadInputError(
            "The rule has no name, or too long a one.",
            action=f"Give it one of at most {NAME_MAX} characters, such as “Say when a job is done”.",
        )
    _few(draft)
    trigger = _trigger(draft.trigger, world)
    conditions = tuple(_condition(one, trigger, world) for one in draft.conditions)
    actions = tuple(_action(one, trigger, world) for one in draft.actions)
    return replace(draft, name=name, trigger=trigger, conditions=conditions, actions=actions)


def _storable(draft: Draft) -> None:
    try:
        size = len(canonical([draft.name, shape_of(draft)]))
    except UnstorableError:
        raise BadInputError(
            "The rule holds a character that cannot be kept.", action="Type it anew instead of pasting it."
        ) from None
    if size > RULE_BYTES_MAX:
        raise BadInputError(
            f"The rule is {size:,} bytes long, and can have {RULE_BYTES_MAX:,}.",
            action="Shorten its texts, or make several rules of it.",
        )


def _few(draft: Draft) -> None:
    if not draft.actions:
        raise BadInputError("The rule does nothing.", action="Choose at least one thing that it does.")
    if max(len(draft.actions), len(draft.conditions)) > PARTS_MAX:
        raise BadInputError(
            f"A rule has at most {PARTS_MAX} conditions and {PARTS_MAX} actions.", action="Make two of it."
        )


def _trigger(trigger: Trigger, world: World) -> Trigger:
    if trigger.happening.of_job:
        _known("field of a job", trigger.fields, FIELDS)
        return replace(trigger, board_id=None, value=None)
    board = _board(trigger.board_id, world) if trigger.board_id else None
    _known("column", trigger.fields, _cells(board))
    if trigger.happening is not Happening.COLUMN_BECOMES:
        return replace(trigger, value=None)
    if board is None or len(trigger.fields) != 1:
        raise BadInputError(
            "It is not said which column is meant.", action="Choose a board and one of its columns."
        )
    return replace(trigger, value=_becomes(column_of(board, trigger.fields[0]), trigger.value, world))


def _becomes(column: Column, value: Any, world: World) -> Any:
    found = checked_value(column, fitted(column.kind, value, world), world.here)
    if found is None:
        raise BadInputError(
            f"It is not said what “{column.title}” becomes.",
            action="Give a value, such as one of its labels.",
        )
    return found


def names_of(trigger: Trigger, world: World) -> tuple[str, ...]:
    """Return what the conditions and values of a rule with that trigger can name."""
    if trigger.happening.of_job:
        return (*JOB_NAMES, *PLAIN_NAMES)
    board = world.boards.get(trigger.board_id) if trigger.board_id else None
    cells = tuple(f"item.{one.key}" for one in board.columns) if board else ()
    return (*ITEM_NAMES, *cells, *JOB_NAMES, *PLAIN_NAMES)


def _condition(condition: Condition, trigger: Trigger, world: World) -> Condition:
    _known("value to look at", [condition.name], names_of(trigger, world))
    if not condition.check.compares:
        return replace(condition, value=None)
    values = condition.value if isinstance(condition.value, list) else [condition.value]
    if not values or any(one is None or one == "" for one in values):
        raise BadInputError(
            f"It is not said what {condition.name} is compared with.",
            action="Give a value, or ask whether it is empty.",
        )
    if condition.check is not Check.CONTAINS:
        labels = _labels(condition.name, trigger, world)
        for one in values if labels else ():
            _label(condition.name, labels, one)
    for one in values if _of_people(condition.name, trigger, world) else ():
        if id_or_none(str(one)) not in world.people:
            raise BadInputError(
                f"“{one}” is nobody of the company.", action="Name people by their e-mail addresses."
            )
    return replace(condition, value=values if condition.check is Check.ONE_OF else values[0])


def _of_people(name: str, trigger: Trigger, world: World) -> bool:
    column = _column(name, trigger, world)
    return name == "job.lead_id" or (column is not None and column.kind is ColumnKind.PEOPLE)


def _labels(name: str, trigger: Trigger, world: World) -> tuple[str, ...]:
    if name == "job.status":
        return tuple(one.in_words for one in JobStatus)
    column = _column(name, trigger, world)
    return tuple(one.text for one in column.labels) if column else ()


def _column(name: str, trigger: Trigger, world: World) -> Column | None:
    board = world.boards.get(trigger.board_id) if trigger.board_id else None
    return board.column(name.removeprefix("item.")) if board and name.startswith("item.") else None


def _action(action: Action, trigger: Trigger, world: World) -> Action:
    names = names_of(trigger, world)
    for value in action.values.values():
        _named(value, names)
    match action.kind:
        case ActionKind.CREATE_JOB | ActionKind.CHANGE_JOB:
            return replace(action, board_id=None, values=_job_values(action, world))
        case ActionKind.CREATE_ITEM | ActionKind.CHANGE_ITEM:
            return _item_action(action, trigger, world)
        case ActionKind.SYNC_TO_JOB if trigger.happening.of_job:
            raise BadInputError(
                "A rule about jobs has no item to put on its job.", action="Put the job on its board instead."
            )
        case _:
            return replace(action, board_id=None, values=_given(action))


def _job_values(action: Action, world: World) -> dict[str, Any]:
    _written(action, FIELDS)
    if action.kind is ActionKind.CREATE_JOB and not action.values.get("title"):
        raise BadInputError("A job needs a title.", action="Add a line such as “title = {item.name}”.")
    return {name: _job_value(name, value, world) for name, value in action.values.items()}


def _job_value(name: str, value: Any, world: World) -> Any:
    """Return a value as the field holds it; text that names something is looked at when it is filled in."""
    if _open(value):
        return value
    (found,) = checked_fields({name: fitted_job(name, value, world)}, world.here).values()
    return found.in_words if isinstance(found, JobStatus) else as_json(found)


def _item_action(action: Action, trigger: Trigger, world: World) -> Action:
    board_id = action.board_id
    if action.kind is ActionKind.CHANGE_ITEM and not trigger.happening.of_job:
        board_id = trigger.board_id  # It is the item that was changed, on whatever board.
    elif board_id is None:
        raise BadInputError("It is not said on which board.", action="Choose the board of the item.")
    board = _board(board_id, world) if board_id else None
    _written(action, _cells(board))
    if action.kind is ActionKind.CREATE_ITEM and not action.values.get("name"):
        raise BadInputError("An item needs a name.", action="Add a line such as “name = {job.title}”.")
    values = {key: _cell(key, value, board, world) for key, value in action.values.items()}
    return replace(action, board_id=board_id, values=values)


def _cell(key: str, value: Any, board: Board | None, world: World) -> Any:
    column = board.column(key) if board else None
    if _open(value):
        return value
    if column is not None:
        return checked_value(column, fitted(column.kind, value, world), world.here)
    if key == "group" and board is not None:
        return _label(key, tuple(one.title for one in board.groups), value)
    if not str(value or "").strip():
        raise BadInputError(f"An item needs a {key}.", action="Fill it in, or leave the line out.")
    return value


def _open(value: Any) -> bool:
    return isinstance(value, str) and NAMED.search(value) is not None


def _written(action: Action, known: Iterable[str]) -> None:
    if not action.values:
        raise BadInputError(
            f"“{action.kind.in_words}” writes nothing.", action="Add a line such as “status = Done”."
        )
    _known("field", action.values, known)


def _label(key: str, labels: tuple[str, ...], value: Any) -> str:
    found = next((one for one in labels if same(one, value)), None)
    if found is None:
        raise BadInputError(f"{key} cannot be “{value}”.", action=f"It can be {_listed(labels)}.")
    return found


def _given(action: Action) -> dict[str, Any]:
    wanted = GIVEN[action.kind]
    _known("entry", action.values, wanted)
    missing = [one for one in wanted if not action.values.get(one)]
    if missing:
        raise BadInputError(
            f"“{action.kind.in_words}” needs {_listed(missing)}.",
            action=f"Add a line such as “{missing[0]} = …”.",
        )
    if any(len(str(one)) > TEXT_MAX for one in action.values.values()):
        raise BadInputError("The text is too long.", action=f"Use at most {TEXT_MAX} characters.")
    return {key: str(action.values[key]) for key in wanted}


def _named(value: Any, names: tuple[str, ...]) -> None:
    for found in NAMED.finditer(value) if isinstance(value, str) else ():
        _known("value to fill in", [found[1]], names)


def _known(what: str, given: Iterable[str], known: Iterable[str]) -> None:
    lost = [one for one in given if one not in set(known)]
    if lost:
        there = _listed(known)
        raise BadInputError(
            f"There is no {what} called “{lost[0]}” here.",
            action=f"There is {there}." if there else "Leave it out.",
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _board(board_id: UUID, world: World) -> Board:
    board = world.boards.get(board_id)
    if board is None:
        raise BadInputError("That board is gone.", action="Choose another one.")
    return board


def _cells(board: Board | None) -> tuple[str, ...]:
    return (*ITEM_FIELDS, *(one.key for one in board.columns)) if board else ITEM_FIELDS
