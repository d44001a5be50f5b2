"""Rules in words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tiebeam.jobs.automations.model import Check, Happening
from tiebeam.jobs.automations.rules import spoken
from tiebeam.jobs.model import HOPS_MAX

if TYPE_CHECKING:
    from tiebeam.jobs.automations.model import Action, Condition, Trigger, World

NOTHING_TO_DO: Final = "Nothing had to be changed."
GONE: Final = "It is not there any more."
ACTED_TOO_OFTEN: Final = "The rule acted more than {most:,} times within a minute."
CIRCLE: Final = (
    f"It was the answer to an answer, more than {HOPS_MAX} times in a row: rules go round in a circle."
)
MEND: Final = "Look at its log, change what it answers or what it does, and make the change again."


def trigger_in_words(trigger: Trigger, world: World) -> str:
    """Return what a rule answers, as a clause."""
    board = world.boards.get(trigger.board_id) if trigger.board_id else None
    lost = "a board that is gone" if trigger.board_id else ""
    where = f" of {board.name if board else lost}" if trigger.board_id else ""
    if trigger.happening is Happening.COLUMN_BECOMES:
        (name,) = trigger.fields
        column = board.column(name) if board else None
        return f"{column.title if column else name}{where} becomes {spoken(trigger.value, world)}"
    named = f" ({', '.join(trigger.fields)})" if trigger.fields else ""
    return f"{trigger.happening.in_words}{where}{named}"


def condition_in_words(condition: Condition, world: World) -> str:
    """Return a condition as a clause."""
    value = f" {spoken(condition.value, world)}" if condition.check.compares else ""
    return f"{condition.name} {condition.check.in_words}{value}"


def action_in_words(action: Action, world: World) -> str:
    """Return what is done, with what is written."""
    board = world.boards.get(action.board_id) if action.board_id else None
    where = f" on {board.name}" if board else ""
    values = ", ".join(f"{key} = {_value(value, world)}" for key, value in action.values.items())
    return f"{action.kind.in_words}{where}{': ' if values else ''}{values}"


def unmet_in_words(condition: Condition, world: World) -> str:
    """Return why a rule did nothing."""
    if condition.check is Check.IS_EMPTY:
        return f"{condition.name} is not empty."
    if condition.check is Check.IS_NOT_EMPTY:
        return f"{condition.name} is empty."
    return f"It does not hold that {condition_in_words(condition, world)}."


def _value(value: Any, world: World) -> str:
    return spoken(value, world) or "nothing"
