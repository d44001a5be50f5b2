"""Ways to break a joined board, each of which some history has to notice."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from tests.outside_sim.memory import MemoryTurn

from tiebeam.link.outside import laying, making, run
from tiebeam.link.outside.cells import Sheet
from tiebeam.link.outside.laying import Laying
from tiebeam.link.outside.making import Making
from tiebeam.link.outside.matching import made_by_us as made_by_us_whole
from tiebeam.link.outside.model import MirrorState, OwnerRule
from tiebeam.link.outside.plan import lay as lay_whole
from tiebeam.link.outside.plan import remembered as remembered_whole
from tiebeam.link.outside.plan import standing as standing_whole
from tiebeam.link.pairs.model import Kind, Owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Mutant = Callable[[ExitStack], None]

_LISTED = Making.listed


def _swap(stack: ExitStack, owner: Any, name: str, value: Any) -> None:
    stack.enter_context(patch.object(owner, name, value))


def _forget_the_base(stack: ExitStack) -> None:
    def remembered(one: Any, *rest: Any) -> Any:
        return replace(remembered_whole(one, *rest), base=one.before.base)

    _swap(stack, laying, "remembered", remembered)


def _forget_what_was_sent(stack: ExitStack) -> None:
    _swap(stack, laying, "remembered", lambda *given: replace(remembered_whole(*given), sent={}))


def _take_what_was_sent_for_arrived(stack: ExitStack) -> None:
    def heard(mirror: Any, _theirs: Any, **_: Any) -> Any:
        return replace(mirror, base={**mirror.base, **mirror.sent}, sent={})

    _swap(stack, laying, "heard", heard)


def _never_look_for_what_was_cut(stack: ExitStack) -> None:
    _swap(stack, making, "made_by_us", lambda *_: None)


def _keep_no_beginning(stack: ExitStack) -> None:
    whole = MemoryTurn.keep

    async def keep(self: MemoryTurn, mirrors: Any) -> None:
        await whole(self, [replace(one, begun_at=None) for one in mirrors])

    _swap(stack, MemoryTurn, "keep", keep)


def _adopt_what_another_has(stack: ExitStack) -> None:
    def made_by_us(sheet: Any, mirror: Any, items: Any, _known: Any) -> Any:
        return made_by_us_whole(sheet, mirror, items, ())

    _swap(stack, making, "made_by_us", made_by_us)


def _conclude_from_a_part(stack: ExitStack) -> None:
    async def listed(self: Making, *given: Any) -> Any:
        return (await _LISTED(self, *given) or [])[1:]

    _swap(stack, Making, "listed", listed)


def _ask_nobody_what_is_gone(stack: ExitStack) -> None:
    def standing(*given: Any) -> Any:
        state, gone = standing_whole(*given)
        return (MirrorState.LINKED, None) if state is MirrorState.ASKS else (state, gone)

    _swap(stack, laying, "standing", standing)


def _write_nothing_there(stack: ExitStack) -> None:
    _swap(stack, laying, "lay", lambda *given, **more: replace(lay_whole(*given, **more), to_item={}))


def _write_nothing_here(stack: ExitStack) -> None:
    _swap(stack, laying, "lay", lambda *given, **more: replace(lay_whole(*given, **more), to_job={}))


def _write_equal_values_too(stack: ExitStack) -> None:
    def lay(sheet: Any, one: Any, **more: Any) -> Any:
        found = lay_whole(sheet, one, **more)
        return replace(found, to_item={"name": one.item.name, **found.to_item})

    _swap(stack, laying, "lay", lay)


def _drop_what_cannot_be_held(stack: ExitStack) -> None:
    def lay(*given: Any, **more: Any) -> Any:
        found = lay_whole(*given, **more)
        return replace(found, clashes=tuple(one for one in found.clashes if one.kind is not Kind.UNMAPPED))

    _swap(stack, laying, "lay", lay)


def _write_what_cannot_be_held(stack: ExitStack) -> None:
    _swap(stack, Sheet, "cannot", lambda *_: None)


def _keep_no_questions(stack: ExitStack) -> None:
    async def add_conflict(*_: Any) -> None:
        pass

    _swap(stack, MemoryTurn, "add_conflict", add_conflict)


def _leave_questions_open(stack: ExitStack) -> None:
    async def decide(*_: Any) -> None:
        pass

    _swap(stack, MemoryTurn, "decide", decide)


def _see_no_change(stack: ExitStack) -> None:
    _swap(stack, run, "to_say", lambda *_: False)


def _see_changes_before_they_are_read(stack: ExitStack) -> None:
    whole = MemoryTurn.moved

    async def moved(self: MemoryTurn, link: Any, limit: int) -> Any:
        found = await whole(self, link, limit)
        await self.keep_link(replace(link, seen_change=found[1]))
        return found

    _swap(stack, MemoryTurn, "moved", moved)


def _ask_although_nothing_was_changed(stack: ExitStack) -> None:
    _swap(stack, run, "to_say", lambda *_: True)


def _never_ask(stack: ExitStack) -> None:
    def owner(self: OwnerRule) -> Owner:
        return Owner.JOB if self is OwnerRule.ASK else Owner.BOARD

    _swap(stack, OwnerRule, "owner", property(owner))


def _write_there_before_it_is_kept(stack: ExitStack) -> None:
    """What our side takes is written after theirs, and lost when the process dies between."""
    whole = Laying._write_ours

    async def write_ours(self: Laying, turn: Any, sheet: Any, laid: Any, *rest: Any) -> None:
        await whole(self, turn, sheet, [one for one in laid if not one.writes_there], *rest)

    _swap(stack, Laying, "_write_ours", write_ours)


MUTANTS: dict[str, Mutant] = {
    name.strip("_"): one
    for name, one in dict(globals()).items()
    if name.startswith("_") and name.islower() and name != "_swap" and callable(one)
}


@contextmanager
def mutated(name: str) -> Iterator[None]:
    """Break joined boards in one way for as long as the block runs."""
    with ExitStack() as stack:
        MUTANTS[name](stack)
        yield
