"""What comes of an item of ours and its other one when they are laid beside each other. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from tiebeam.connectors.monday.model import ItemState
from tiebeam.jobs.model import HOPS_MAX
from tiebeam.link.outside.model import TRIES_MAX, Gone, MirrorState, Refused, Ruling
from tiebeam.link.pairs import merge as merging
from tiebeam.link.pairs.merge import Known, before_sending
from tiebeam.link.pairs.model import Merge, Odd, Side, When

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tiebeam.connectors.monday.model import OutsideItem
    from tiebeam.jobs.boards.model import Item
    from tiebeam.jobs.model import Cause
    from tiebeam.link.outside.cells import Sheet
    from tiebeam.link.outside.model import Mirror, OutsideConflict
    from tiebeam.link.pairs.model import Clash, Touched

NOT_KEPT: Final = "It was written there and did not stay: a rule there may have put it back."
CIRCLE: Final = "Rules here and rules there answer each other in a circle: change one, then take a value."
GONE_MIN: Final = 20
GONE_SHARE: Final = 0.05
_NOTHING: Final = Merge({}, {}, {}, (), {})
_NEVER: Final = object()
_GONE: Final = {ItemState.ARCHIVED: Gone.THEIRS_ARCHIVED, ItemState.DELETED: Gone.THEIRS_DELETED}


@dataclass(slots=True)
class Laid:
    """An item and its other one beside each other, with what comes of it."""

    mirror: Mirror
    item: Item
    theirs: OutsideItem
    open: Mapping[str, OutsideConflict] = field(default_factory=dict)
    merge: Merge = _NOTHING
    touched: Mapping[str, Mapping[Side, Touched]] = field(default_factory=dict)
    before: Mirror | None = None
    """The mirror as it was kept before."""

    @property
    def writes_there(self) -> bool:
        """Whether the item there is to be written."""
        return bool(self.merge.to_item)


def heard(mirror: Mirror, theirs: Mapping[str, Any], *, written: bool) -> Mirror:
    """Return a mirror that knows what of that which was sent has arrived.

    With `written` the item there was read after the write, whose answer we have: what is not as it was sent
    was changed since, or (where it is as it was before) was not kept.
    """
    base, sent, refused = dict(mirror.base), dict(mirror.sent), dict(mirror.refused)
    for name, value in mirror.sent.items():
        there = _plain(theirs.get(name))
        if there == value:
            base[name] = value
            refused.pop(name, None)
        elif not written or name not in theirs:
            continue
        elif there == base.get(name, _NEVER):
            known = refused.get(name)
            times = known.times + 1 if known and known.value == value else 1
            refused[name] = Refused(value, NOT_KEPT, times)
        else:
            base[name] = value
        sent.pop(name)
    return replace(mirror, base=base, sent=sent, refused=refused)


def standing(
    mirror: Mirror, item: Item | None, theirs: OutsideItem, board_id: str
) -> tuple[MirrorState, Gone | None]:
    """Return how a mirror stands now, and which side is gone."""
    if mirror.state is MirrorState.APART:
        return mirror.state, None
    ours_gone = item is None or item.deleted_at is not None
    gone = _GONE.get(theirs.state) or (None if theirs.board_id == board_id else Gone.THEIRS_DELETED)
    if ours_gone and gone:
        return MirrorState.APART, None
    if ours_gone or gone:
        return MirrorState.ASKS, gone or Gone.OURS_DELETED
    return MirrorState.LINKED, None


def too_many_gone(gone: int, all_told: int) -> bool:
    """Say whether so many are gone at once that a person has to say that this is meant."""
    return gone > max(GONE_MIN, GONE_SHARE * all_told)


def lay(sheet: Sheet, one: Laid, *, decided: Mapping[str, Side] | None = None, unsure: bool = False) -> Merge:
    """Return what is to be written where. With `unsure` whatever differs is asked about."""
    ours, theirs = sheet.of_ours(one.item), sheet.of_theirs(one.theirs)

    def cannot(side: Side, name: str, value: Any) -> str | None:
        known = one.mirror.refused.get(name)
        if side is Side.ITEM and known and known.value == value and known.times >= TRIES_MAX:
            return known.why
        return sheet.cannot(side, name, value, one.item.values.get(name))

    asked = frozenset(one.open) | (frozenset(ours) if unsure else frozenset())
    at = {name: of[Side.JOB].at for name, of in one.touched.items() if Side.JOB in of}
    moment = one.theirs.updated_at
    there = dict.fromkeys(theirs, moment) if moment else {}
    known = Known(When(at, there), one.mirror.sent, asked, cannot, decided or {})
    return merging.merge(one.mirror.base, ours, theirs, sheet.rules, known)


def remembered(one: Laid, cause: Cause, at: datetime) -> Mirror:
    """Return the mirror as it is to be kept with what its merge writes, before the item there is written."""
    agreed = before_sending(one.merge)
    base = {name: _plain(value) for name, value in agreed.base.items()}
    ours = {**one.merge.to_item, **one.merge.to_job}
    refused = {
        name: known
        for name, known in one.mirror.refused.items()
        if name not in base or name in ours or any(clash.field == name for clash in one.merge.clashes)
    }
    after = replace(one.mirror, base=base, sent=dict(agreed.sent), refused=refused)
    if one.writes_there:
        return replace(after, cause_id=cause.id, hops=cause.hops, written_at=at)
    return after


def circling(mirror: Mirror, ours: Mapping[str, Any], cause: Cause) -> Mirror:
    """Return a mirror that takes no more of a chain of answers that is too long."""
    if cause.hops < HOPS_MAX:
        return mirror
    new = {name: value for name, value in ours.items() if mirror.base.get(name) != value}
    stopped = {name: Refused(value, CIRCLE, TRIES_MAX) for name, value in new.items()}
    return replace(mirror, refused={**mirror.refused, **stopped})


def to_say(mirror: Mirror, ours: Mapping[str, Any]) -> bool:
    """Say whether an item of ours holds anything that the other one has not been told."""
    return any(_news(mirror, name, value) for name, value in ours.items())


def differs(found: OutsideConflict, clash: Clash) -> bool:
    """Say whether a clash is not any more as it was when it was kept."""
    now = (clash.kind, clash.held(Side.JOB), clash.held(Side.ITEM), clash.sentence)
    return (found.kind, found.ours, found.theirs, found.sentence) != now


def ruling(found: Merge, name: str) -> Ruling:
    """Return how a conflict was decided that is none any more."""
    if name in found.to_item:
        return Ruling.OURS
    return Ruling.THEIRS if name in found.to_job else Ruling.AGREED


def _news(mirror: Mirror, name: str, value: Any) -> bool:
    known = mirror.refused.get(name)
    if known and known.value == value and known.times >= TRIES_MAX:
        return known.why == CIRCLE  # It has still to be asked about.
    return bool(mirror.base.get(name, _NEVER) != value)


def _plain(value: Any) -> Any:
    return value.text if isinstance(value, Odd) else value
