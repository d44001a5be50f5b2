"""What somebody typed over what they saw, while others typed too: what is written, and what clashes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from tiebeam.jobs.model import Change
    from tiebeam.operations.audit.model import Actor


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that somebody else changed after it was looked at."""

    field: str
    mine: Any
    theirs: Any
    by: Actor
    """Who changed it last."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Merged:
    """What becomes of a form."""

    wanted: Mapping[str, Any]
    """What is to be written."""
    clashes: Sequence[Clash]
    """What is not, until somebody has looked at both."""


def merged(
    mine: Mapping[str, Any], now: Mapping[str, Any], since: Sequence[Change], person_id: str
) -> Merged:
    """Return what becomes of the fields of a form.

    `since` holds what was changed after the version that was looked at, the newest first. A field that a
    form holds as it was seen was not touched; what one changed oneself, in another window, one knows.
    """
    seen: dict[str, Any] = {}
    last: dict[str, Change] = {}
    for one in reversed(since):
        if one.field is None:
            continue
        if one.actor.id == person_id:
            seen.pop(one.field, None)
            last.pop(one.field, None)
        else:
            seen.setdefault(one.field, one.before)
            last[one.field] = one
    wanted: dict[str, Any] = {}
    clashes: list[Clash] = []
    for name, value in mine.items():
        theirs = now.get(name)
        if _same(value, theirs) or (name in seen and _same(value, seen[name])):
            continue
        if name in seen and not _same(seen[name], theirs):
            clashes.append(Clash(name, value, theirs, last[name].actor, last[name].at))
        else:
            wanted[name] = value
    return Merged(wanted, clashes)


def _same(one: Any, other: Any) -> bool:
    """Say whether two values are the same once a form has carried them: nothing is as empty as no text."""
    return bool(_carried(one) == _carried(other))


def _carried(value: Any) -> Any:
    if value is None or value == []:
        return ""
    return "\n".join(value.strip().splitlines()) if isinstance(value, str) else value
