"""What a rule makes of what happened: whether it is asked, what must hold, what is to be done. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from tiebeam.jobs.automations.model import Action, Check, Event, Happening
from tiebeam.jobs.boards.model import ColumnKind
from tiebeam.jobs.model import JobStatus, Subject, What
from tiebeam.kernel.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from tiebeam.jobs.automations.model import Condition, Draft, Rule, Trigger, World
    from tiebeam.jobs.boards.model import Board, Item
    from tiebeam.jobs.model import Change, Job

NAMED: Final = re.compile(r"\{([a-z]+(?:\.[a-z0-9_]+)?)\}")
"""A name in a text."""
JOB_NAMES: Final = (
    "job.id",
    "job.number",
    "job.title",
    "job.status",
    "job.lead_id",
    "job.address",
    "job.starts_on",
    "job.ends_on",
    "job.created_on",
)
ITEM_NAMES: Final = ("item.id", "item.name", "item.group")
PLAIN_NAMES: Final = ("today", "who")

WHAT: Final[Mapping[Happening, tuple[Subject, frozenset[What]]]] = {
    Happening.JOB_CREATED: (Subject.JOB, frozenset({What.CREATED})),
    Happening.JOB_CHANGED: (Subject.JOB, frozenset({What.CHANGED})),
    Happening.JOB_TOUCHED: (Subject.JOB, frozenset(What)),
    Happening.ITEM_CREATED: (Subject.ITEM, frozenset({What.CREATED})),
    Happening.ITEM_CHANGED: (Subject.ITEM, frozenset({What.CHANGED})),
    Happening.ITEM_TOUCHED: (Subject.ITEM, frozenset(What)),
    Happening.COLUMN_BECOMES: (Subject.ITEM, frozenset({What.CREATED, What.CHANGED})),
}


def events_of(changes: Iterable[Change]) -> list[Event]:
    """Return what happened, oldest first: the changes that one write made belong together."""
    ordered = sorted(changes, key=lambda one: (one.subject, str(one.subject_id), one.version, one.id))
    groups = groupby(ordered, key=lambda one: (one.subject, one.subject_id, one.version))
    return sorted((event_of(list(group)) for _, group in groups), key=lambda one: one.id)


def event_of(changes: Sequence[Change]) -> Event:
    """Return what one write did; its changes in their order."""
    first = changes[0]
    fields: dict[str, tuple[Any, Any]] = {}
    for one in changes:
        fields |= {one.field: (one.before, one.after)} if one.field else _whole(one)
    return Event(
        ids=tuple(one.id for one in changes),
        at=first.at,
        subject=first.subject,
        subject_id=first.subject_id,
        board_id=first.board_id,
        what=first.what,
        fields=fields,
        version=first.version,
        actor=first.actor,
        cause=first.cause,
    )


def _whole(change: Change) -> dict[str, tuple[Any, Any]]:
    before, after = change.before or {}, change.after or {}
    return {name: (before.get(name), after.get(name)) for name in {**before, **after}}


def answers(trigger: Trigger, event: Event) -> bool:
    """Say whether a rule with that trigger is asked about what happened."""
    subject, kinds = WHAT[trigger.happening]
    if event.subject is not subject or event.what not in kinds:
        return False
    if trigger.board_id is not None and event.board_id != trigger.board_id:
        return False
    if trigger.happening is Happening.COLUMN_BECOMES:
        return any(_became(event, name, trigger.value) for name in trigger.fields)
    if event.what is not What.CHANGED:
        return True
    # Where an item stands among others says nothing of it.
    changed = event.fields.keys() - {"position"}
    return bool(changed & set(trigger.fields)) if trigger.fields else bool(changed)


def _became(event: Event, name: str, value: Any) -> bool:
    before, after = event.fields.get(name, (None, None))
    return same(after, value) and not same(before, value)


def facts_of(
    event: Event, job: Job | None, item: Item | None, board: Board | None, today: date
) -> dict[str, Any]:
    """Return everything that the conditions and values of a rule can name, as JSON has it."""
    facts: dict[str, Any] = {"today": today.isoformat(), "who": event.actor.name}
    if job is not None:
        facts |= {
            "job.id": str(job.id),
            "job.number": job.number,
            "job.title": job.title,
            "job.status": job.status.in_words,
            "job.lead_id": str(job.lead_id) if job.lead_id else None,
            "job.address": job.address or None,
            "job.starts_on": job.starts_on.isoformat() if job.starts_on else None,
            "job.ends_on": job.ends_on.isoformat() if job.ends_on else None,
            "job.created_on": job.created_at.date().isoformat(),
        }
    elif event.subject is Subject.ITEM:
        facts |= dict.fromkeys(JOB_NAMES)
    if item is not None and board is not None:
        group = next((one.title for one in board.groups if one.id == item.group_id), None)
        facts |= {"item.id": str(item.id), "item.name": item.name, "item.group": group}
        facts |= {f"item.{one.key}": item.values.get(one.key) for one in board.columns}
    return facts


def unmet(conditions: Iterable[Condition], facts: Mapping[str, Any]) -> Condition | None:
    """Return the first condition that does not hold, or None."""
    return next((one for one in conditions if not _holds(one, facts)), None)


def _holds(condition: Condition, facts: Mapping[str, Any]) -> bool:
    found, wanted = facts.get(condition.name), condition.value
    match condition.check:
        case Check.IS:
            return same(found, wanted)
        case Check.IS_NOT:
            return not same(found, wanted)
        case Check.IS_EMPTY:
            return _parts(found) == []
        case Check.IS_NOT_EMPTY:
            return _parts(found) != []
        case Check.CONTAINS:
            return _contains(found, wanted)
        case Check.ONE_OF:
            return any(same(found, one) or _contains_whole(found, one) for one in wanted or ())


def _contains(found: Any, wanted: Any) -> bool:
    if isinstance(found, list):
        return _contains_whole(found, wanted)
    return all(_text(one) in _text(found) or same(found, one) for one in _parts(wanted))


def _contains_whole(found: Any, wanted: Any) -> bool:
    return isinstance(found, list) and {*map(_plain, _parts(wanted))} <= {*map(_plain, found)}


def same(one: Any, other: Any) -> bool:
    """Say whether two values mean the same: neither case nor the blanks around a text count."""
    return sorted(map(_plain, _parts(one))) == sorted(map(_plain, _parts(other)))


def _parts(value: Any) -> list[Any]:
    if value is None or value in ("", []):
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip().casefold()


def _plain(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        text = _text(value)
        return repr(float(text)) if _NUMBER.fullmatch(text) else text
    return repr(float(value))


_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")


def plan_of(draft: Draft, facts: Mapping[str, Any], world: World) -> list[Action]:
    """Return what a rule does, its values filled in. Raises BadInputError for a name that is lost."""
    return [filled_action(one, facts, world) for one in draft.actions]


def filled_action(action: Action, facts: Mapping[str, Any], world: World) -> Action:
    """Return an action with its values filled in. Raises BadInputError for a name that is lost."""
    values = {key: filled(value, facts, world) for key, value in action.values.items()}
    return replace(action, values=values)


def filled(value: Any, facts: Mapping[str, Any], world: World) -> Any:
    """Return a value with what its text names: a name alone is the value itself, else its words."""
    if isinstance(value, list):
        return [filled(one, facts, world) for one in value]
    if not isinstance(value, str):
        return value
    alone = NAMED.fullmatch(value.strip())
    if alone:
        return _named(alone[1], facts)
    return NAMED.sub(lambda found: spoken(_named(found[1], facts), world), value)


def _named(name: str, facts: Mapping[str, Any]) -> Any:
    if name not in facts:
        raise BadInputError(
            f"There is nothing called {name} here any more.",
            action="Open the rule and choose another name, or put the column back.",
        )
    return facts[name]


def spoken(value: Any, world: World) -> str:
    """Return a value as people read it: whom an id means by their name, a list with commas."""
    return ", ".join(_word(one, world) for one in _parts(value))


def _word(value: Any, world: World) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    person = world.people.get(id_) if isinstance(value, str) and (id_ := id_or_none(value)) else None
    return person or str(value)


def id_or_none(text: str) -> UUID | None:
    """Return the id that a text is, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None


def asked_in_order(rules: Iterable[Rule], event: Event) -> list[Rule]:
    """Return the rules that are asked about what happened, in the order given."""
    return [one for one in rules if one.enabled and answers(one.draft.trigger, event)]


def fitted(kind: ColumnKind, value: Any, world: World) -> Any:
    """Return a value in the form in which a column of that kind holds it; whether it can is not looked at."""
    if value is None or value in ("", []):
        return None
    match kind:
        case ColumnKind.PEOPLE:
            return [str(one) for one in _parts(value)]
        case ColumnKind.TEXT:
            return spoken(value, world)
        case _:
            parts = _parts(value)
            return parts[0] if len(parts) == 1 else spoken(value, world)


def fitted_job(name: str, value: Any, world: World) -> Any:
    """Return a value in the form in which that field of a job holds it; whether it can is not looked at."""
    parts = _parts(value)
    match name:
        case "title" | "address":
            return spoken(value, world)
        case "status":
            return next((one.value for one in JobStatus if same(one.in_words, value)), value)
        case _:
            return parts[0] if parts else None
