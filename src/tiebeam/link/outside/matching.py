"""Which items there are those of ours: when two boards are joined, and when an answer was lost. Pure."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from tiebeam.connectors.monday.model import ItemState
from tiebeam.link.outside.model import NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence

    from tiebeam.connectors.monday.model import OutsideItem
    from tiebeam.jobs.boards.model import Item
    from tiebeam.link.outside.cells import Sheet
    from tiebeam.link.outside.model import Mirror

SLACK: Final = timedelta(minutes=2)
"""Their clock may be behind ours by so much."""


def joined(sheet: Sheet, items: Iterable[Item], theirs: Iterable[OutsideItem]) -> dict[str, Item]:
    """Return which item of ours each one there is: by the job that both name, then by the name.

    What two have alike says nothing of either.
    """
    here = {one.id: (one, sheet.of_ours(one)) for one in items}
    there = {one.id: sheet.of_theirs(one) for one in theirs}
    found: dict[str, Item] = {}
    for key in (sheet.job_of, _name):
        free = {id_: values for id_, values in there.items() if id_ not in found}
        taken = {one.id for one in found.values()}
        ours = _alone({id_: key(values) for id_, (_, values) in here.items() if id_ not in taken})
        for value, outside_id in _alone({id_: key(values) for id_, values in free.items()}).items():
            if value in ours:
                found[outside_id] = here[ours[value]][0]
    return found


def made_by_us(
    sheet: Sheet, mirror: Mirror, items: Iterable[OutsideItem], known: Collection[str]
) -> tuple[OutsideItem, bool] | None:
    """Return the item that was made there for a mirror though nobody told us, and whether that is sure.

    It was made since by the user that we act as, and is known for nothing else. One that was renamed or is
    another's work cannot be told from it: then it is not sure.
    """
    since = mirror.begun_at
    able = [
        one
        for one in items
        if one.creator_id == sheet.link.me and one.state is ItemState.ACTIVE and one.id not in known
        if since and one.created_at and one.created_at >= since - SLACK
    ]
    if not able:
        return None
    best = max(able, key=lambda one: _alike(mirror.sent, sheet.of_theirs(one)))
    values = sheet.of_theirs(best)
    job = sheet.job_of(mirror.sent)
    same_job = job is not None and sheet.job_of(values) == job
    return best, same_job or values[NAME] == mirror.sent.get(NAME)


def _alike(sent: Mapping[str, Any], values: Mapping[str, Any]) -> tuple[bool, int]:
    return values.get(NAME) == sent.get(NAME), sum(1 for name in sent if values.get(name) == sent[name])


def _name(values: Mapping[str, Any]) -> str:
    return str(values[NAME]).casefold()


def _alone(keys: Mapping[Any, Hashable]) -> dict[Hashable, Any]:
    """Return who has each key, of those that one alone has."""
    having: dict[Hashable, Sequence[Any]] = defaultdict(list)
    for id_, key in keys.items():
        if key is not None:
            having[key] = [*having[key], id_]
    return {key: ids[0] for key, ids in having.items() if len(ids) == 1}
