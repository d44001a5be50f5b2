"""Two sides and what they last agreed on, field by field: what is to be written where. Pure.

An echo is no case of its own: what a link has written is what the base holds, so it changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from tiebeam.link.pairs.model import Clash, Flow, Kind, Merge, Odd, Owner, Side, When

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tiebeam.link.pairs.model import FieldRule

    Cannot: TypeAlias = Callable[[Side, str, Any], str | None]

NEVER_AGREED: Final = object()
"""The base of a field that the two sides never agreed on."""
_EMPTY: Final = (None, "")


def _can(_side: Side, _field: str, _value: Any) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Known:
    """What else is known of a pair when its sides are laid beside each other."""

    when: When = field(default_factory=When)
    sent: Mapping[str, Any] = field(default_factory=dict)
    """What was sent to the item and not yet heard to have arrived: found there, it is ours."""
    open: frozenset[str] = frozenset()
    """Fields that somebody is being asked about: no rule decides them."""
    cannot: Cannot = _can
    """Says why a side cannot hold a value, or None."""
    decided: Mapping[str, Side] = field(default_factory=dict)
    """Whose value a person has taken, by field."""


def merge(
    base: Mapping[str, Any],
    job: Mapping[str, Any],
    item: Mapping[str, Any],
    rules: Iterable[FieldRule],
    known: Known | None = None,
) -> Merge:
    """Return what is to be written where. Fields that a side does not have are left alone.

    The values of both sides are in the same words; what has none there is an `Odd`.
    """
    work = _Work(dict(base), known or Known())
    for rule in rules:
        if rule.field in job and rule.field in item:
            work.lay(rule, job[rule.field], item[rule.field])
    meanwhile = {name: item[name] for name in work.to_item}
    return Merge(work.to_job, work.to_item, work.base, tuple(work.clashes), meanwhile)


@dataclass(frozen=True, slots=True)
class Agreed:
    """What is remembered of a pair whose item is elsewhere, and not written together with the job."""

    base: Mapping[str, Any]
    sent: Mapping[str, Any]
    """What was sent to the item and not yet heard to have arrived."""

    def arrived(self) -> Agreed:
        """Return what is remembered once the item has taken all of it."""
        return Agreed({**self.base, **self.sent}, {})


def before_sending(found: Merge) -> Agreed:
    """Return what is to be remembered, together with the change of the job, before the item is written.

    A process that dies after that has lost nothing: what it sent is known for its own where it is found, and
    is sent again where it is not.
    """
    return Agreed({**found.base, **found.meanwhile}, dict(found.to_item))


def contested(
    base: Mapping[str, Any], job: Mapping[str, Any], item: Mapping[str, Any], rules: Iterable[FieldRule]
) -> list[str]:
    """Return the fields that differ from each other and, on both sides, from the base."""
    both = [one.field for one in rules if one.field in job and one.field in item]
    return [
        name for name in both if job[name] != item[name] and base.get(name) not in (job[name], item[name])
    ]


@dataclass(slots=True)
class _Work:
    base: dict[str, Any]
    known: Known
    to_job: dict[str, Any] = field(default_factory=dict)
    to_item: dict[str, Any] = field(default_factory=dict)
    clashes: list[Clash] = field(default_factory=list)

    def lay(self, rule: FieldRule, job: Any, item: Any) -> None:
        """Decide one field."""
        winner = self.known.decided.get(rule.field)
        if winner is not None and job != item and not isinstance(job if winner is Side.JOB else item, Odd):
            self._take(winner, rule, job, item)
            return
        if isinstance(item, Odd) or isinstance(job, Odd):
            odd = item if isinstance(item, Odd) else job
            self._clash(rule, Kind.UNMAPPED, job, item, odd.sentence)
            return
        if job == item:
            self.base[rule.field] = job
            return
        base = self._agreed(rule.field, job, item)
        if rule.flow is not Flow.BOTH:
            self._take(Side.JOB if rule.flow is Flow.TO_BOARD else Side.ITEM, rule, job, item)
        elif item == base:
            self._take(Side.JOB, rule, job, item)
        elif job == base:
            self._take(Side.ITEM, rule, job, item)
        else:
            self._contest(rule, job, item)

    def _agreed(self, name: str, job: Any, item: Any) -> Any:
        """Return the base; where there is none, an empty side has nothing to say until somebody is asked."""
        if name in self.known.sent and item == self.known.sent[name]:
            return item
        if name in self.base:
            return self.base[name]
        if name in self.known.open:
            return NEVER_AGREED
        return next((one for one in (job, item) if one in _EMPTY), NEVER_AGREED)

    def _contest(self, rule: FieldRule, job: Any, item: Any) -> None:
        winner = None if rule.field in self.known.open else self._winner(rule)
        if winner is None:
            self._clash(rule, Kind.DIFFERS, job, item, "Both sides have changed it.")
            return
        base = self.base.get(rule.field)
        if self._take(winner, rule, job, item):
            said = f"Both sides had changed it; the rule took that of the {winner.value}."
            self.clashes.append(Clash(rule.field, Kind.DIFFERS, base, job, item, said, winner))

    def _winner(self, rule: FieldRule) -> Side | None:
        if rule.owner in (Owner.JOB, Owner.BOARD):
            return Side.JOB if rule.owner is Owner.JOB else Side.ITEM
        job, item = (side.get(rule.field) for side in (self.known.when.job, self.known.when.item))
        if rule.owner is Owner.ASK or job is None or item is None:
            return None
        return Side.ITEM if item > job else Side.JOB

    def _take(self, winner: Side, rule: FieldRule, job: Any, item: Any) -> bool:
        """Write the winner's value to the other side; say whether it can be held there."""
        value = job if winner is Side.JOB else item
        why = self.known.cannot(winner.other, rule.field, value)
        if why is not None:
            self._clash(rule, Kind.UNMAPPED, job, item, why)
            return False
        (self.to_item if winner is Side.JOB else self.to_job)[rule.field] = value
        self.base[rule.field] = value
        return True

    def _clash(self, rule: FieldRule, kind: Kind, job: Any, item: Any, sentence: str) -> None:
        base = self.base.get(rule.field)
        self.clashes.append(Clash(rule.field, kind, base, job, item, sentence))
