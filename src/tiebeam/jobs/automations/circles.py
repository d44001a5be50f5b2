"""Which rules would answer one another for ever. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tiebeam.jobs.automations.model import ActionKind, Happening
from tiebeam.jobs.automations.rules import NAMED, WHAT, same
from tiebeam.jobs.boards.model import Purpose
from tiebeam.jobs.model import Subject, What

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from uuid import UUID

    from tiebeam.jobs.automations.model import Action, Draft, Trigger, World

MIRRORED: Final = {
    "title": "name",
    "status": "status",
    "lead_id": "lead",
    "address": "address",
    "starts_on": "starts",
    "ends_on": "ends",
}
"""Fields of a job, and the columns of "Active Jobs" on which the two built-in rules put them, and back."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What an action may do, seen as what happens then."""

    subject: Subject
    board_id: UUID | None
    """Of an item: the board, None for any."""
    what: What
    values: Mapping[str, Any]


def circle_of(draft: Draft, others: Iterable[Draft], world: World) -> tuple[str, ...]:
    """Return the names of the rules by which this one would come to answer itself; none if it would not.

    What is only ever written once is no circle: a constant that is there already changes nothing.
    """
    if _answers_itself(draft, world):
        return (draft.name,)
    rest = [one for one in others if not one.only_syncs]
    for path in _paths(draft, rest, world, [draft]):
        if _leads(path[-1], draft, world):
            return tuple(one.name for one in path)
    return ()


def _paths(
    at: Draft, rest: Sequence[Draft], world: World, path: list[Draft], depth_max: int = 8
) -> Iterator[list[Draft]]:
    for one in rest if len(path) < depth_max else ():
        if one not in path and _leads(at, one, world):
            longer = [*path, one]
            yield longer
            yield from _paths(one, rest, world, longer)


def _answers_itself(draft: Draft, world: World) -> bool:
    return any(
        _meets(effect, draft.trigger)
        for effect in effects(draft, world)
        if effect.what is What.CREATED or any(_open(value) for value in effect.values.values())
    )


def _leads(one: Draft, other: Draft, world: World) -> bool:
    return any(_meets(effect, other.trigger) for effect in effects(one, world))


def effects(draft: Draft, world: World) -> list[Effect]:
    """Return what a rule may do, and what the built-in rules then make of that."""
    own = [effect for one in draft.actions if (effect := _effect(one, draft.trigger))]
    home = next((id_ for id_, one in world.boards.items() if one.purpose is Purpose.ACTIVE_JOBS), None)
    return [*own, *(mirrored for one in own if (mirrored := _mirrored(one, home)))]


def _effect(action: Action, trigger: Trigger) -> Effect | None:
    match action.kind:
        case ActionKind.CREATE_JOB:
            return Effect(Subject.JOB, None, What.CREATED, action.values)
        case ActionKind.CHANGE_JOB:
            return Effect(Subject.JOB, None, What.CHANGED, action.values)
        case ActionKind.CREATE_ITEM:
            return Effect(Subject.ITEM, action.board_id, What.CREATED, action.values)
        case ActionKind.CHANGE_ITEM:
            board_id = action.board_id or trigger.board_id
            return Effect(Subject.ITEM, board_id, What.CHANGED, action.values)
        case _:
            return None


def _mirrored(effect: Effect, home: UUID | None) -> Effect | None:
    if home is None:
        return None
    if effect.subject is Subject.ITEM and effect.board_id not in {home, None}:
        return None
    to_item = effect.subject is Subject.JOB
    names = MIRRORED if to_item else {column: name for name, column in MIRRORED.items()}
    values = {names[key]: value for key, value in effect.values.items() if key in names}
    if not values:
        return None
    subject = Subject.ITEM if to_item else Subject.JOB
    return Effect(subject, home if to_item else None, effect.what, values)


def _meets(effect: Effect, trigger: Trigger) -> bool:
    subject, kinds = WHAT[trigger.happening]
    if effect.subject is not subject or effect.what not in kinds:
        return False
    if None not in {effect.board_id, trigger.board_id} and effect.board_id != trigger.board_id:
        return False
    if not trigger.fields:
        return True
    if trigger.happening is Happening.COLUMN_BECOMES:
        return any(_may_be(effect.values.get(name), trigger.value) for name in trigger.fields)
    return effect.what is What.CREATED or any(name in effect.values for name in trigger.fields)


def _may_be(value: Any, wanted: Any) -> bool:
    return _open(value) or same(value, wanted)


def _open(value: Any) -> bool:
    return isinstance(value, str) and NAMED.search(value) is not None
