"""Ways to break a link, each of which some history has to notice."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from tiebeam.link.pairs import merge as merging
from tiebeam.link.pairs.merge import _Work
from tiebeam.link.pairs.model import Kind, Merge, Odd, Owner, PairState, Side
from tiebeam.link.pairs.repository import Pairs
from tiebeam.link.pairs.sync import Syncing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tiebeam.link.pairs.merge import Known
    from tiebeam.link.pairs.model import FieldRule, Pair
    from tiebeam.link.pairs.repository import Hand, Within

    Mutant = Callable[[ExitStack], None]

WHOLE = merging.merge


def _swap(stack: ExitStack, owner: Any, name: str, value: Any) -> None:
    stack.enter_context(patch.object(owner, name, value))


def _forget_the_base(stack: ExitStack) -> None:
    def agreed(_self: _Work, _name: str, job: Any, _item: Any) -> Any:
        return job

    _swap(stack, _Work, "_agreed", agreed)


def _let_the_job_win_always(stack: ExitStack) -> None:
    def agreed(_self: _Work, _name: str, _job: Any, item: Any) -> Any:
        return item

    _swap(stack, _Work, "_agreed", agreed)


def _never_move_the_base(stack: ExitStack) -> None:
    def merge(base: Any, *rest: Any) -> Merge:
        return replace(WHOLE(base, *rest), base=base)

    _swap(stack, merging, "merge", merge)


def _forget_what_was_sent(stack: ExitStack) -> None:
    def merge(base: Any, job: Any, item: Any, rules: Any, known: Known) -> Merge:
        return WHOLE(base, job, item, rules, replace(known, sent={}))

    _swap(stack, merging, "merge", merge)


def _forget_what_the_item_held(stack: ExitStack) -> None:
    def merge(*given: Any) -> Merge:
        found = WHOLE(*given)
        return replace(found, meanwhile={name: given[0].get(name) for name in found.to_item})

    _swap(stack, merging, "merge", merge)


def _decide_while_somebody_is_asked(stack: ExitStack) -> None:
    def merge(base: Any, job: Any, item: Any, rules: Any, known: Known) -> Merge:
        return WHOLE(base, job, item, rules, replace(known, open=frozenset()))

    _swap(stack, merging, "merge", merge)


def _never_ask(stack: ExitStack) -> None:
    whole = _Work._winner

    def winner(self: _Work, rule: FieldRule) -> Side | None:
        return whole(self, replace(rule, owner=Owner.JOB) if rule.owner is Owner.ASK else rule)

    _swap(stack, _Work, "_winner", winner)


def _write_what_cannot_be_held(stack: ExitStack) -> None:
    def merge(base: Any, job: Any, item: Any, rules: Any, known: Known) -> Merge:
        return WHOLE(base, job, item, rules, replace(known, cannot=lambda *_: None))

    _swap(stack, merging, "merge", merge)


def _take_odd_labels_as_they_are(stack: ExitStack) -> None:
    def lay(self: _Work, rule: FieldRule, job: Any, item: Any) -> None:
        if isinstance(item, Odd):
            self._take(Side.ITEM, rule, job, item)
        else:
            whole(self, rule, job, item)

    whole = _Work.lay
    _swap(stack, _Work, "lay", lay)


def _drop_odd_labels_in_silence(stack: ExitStack) -> None:
    def merge(*given: Any) -> Merge:
        found = WHOLE(*given)
        return replace(found, clashes=tuple(one for one in found.clashes if one.kind is not Kind.UNMAPPED))

    _swap(stack, merging, "merge", merge)


def _write_the_winner_back_to_itself(stack: ExitStack) -> None:
    whole = _Work._take

    def take(self: _Work, winner: Side, rule: FieldRule, job: Any, item: Any) -> bool:
        return whole(self, winner.other, rule, job, item)

    _swap(stack, _Work, "_take", take)


def _let_both_ways_go_one_way(stack: ExitStack) -> None:
    def merge(*given: Any) -> Merge:
        return replace(WHOLE(*given), to_job={})

    _swap(stack, merging, "merge", merge)


def _write_equal_values_too(stack: ExitStack) -> None:
    def merge(base: Any, job: Any, *rest: Any) -> Merge:
        found = WHOLE(base, job, *rest)
        return replace(found, to_item={"title": job["title"], **found.to_item})

    _swap(stack, merging, "merge", merge)


def _agree_without_writing(stack: ExitStack) -> None:
    def merge(*given: Any) -> Merge:
        return replace(WHOLE(*given), to_item={})

    _swap(stack, merging, "merge", merge)


def _fill_what_somebody_has_emptied(stack: ExitStack) -> None:
    def agreed(self: _Work, name: str, job: Any, item: Any) -> Any:
        found = whole(self, name, job, item)
        never = found is merging.NEVER_AGREED
        return next((one for one in (job, item) if one in {None, ""}), found) if never else found

    whole = _Work._agreed
    _swap(stack, _Work, "_agreed", agreed)


def _never_keep_the_base_(stack: ExitStack) -> None:
    whole = Pairs.keep

    async def keep(self: Pairs, pairs: Sequence[Pair], tx: Within) -> None:
        await whole(self, [one for one in pairs if one.state is not PairState.LINKED], tx)

    _swap(stack, Pairs, "keep", keep)


def _keep_no_conflicts_(stack: ExitStack) -> None:
    async def add_conflict(*_: Any, **__: Any) -> None:
        pass

    _swap(stack, Pairs, "add_conflict", add_conflict)


def _leave_answered_questions_open_(stack: ExitStack) -> None:
    async def decide(*_: Any) -> bool:
        return True

    _swap(stack, Pairs, "decide", decide)


def _renew_what_has_not_changed_(stack: ExitStack) -> None:
    whole = Syncing._turned

    async def keep(self: Syncing, laid: Any, hand: Hand, tx: Within) -> None:
        await inner(self, laid, hand, tx)
        for one in laid:
            await whole(self, one.pair, one.pair.state, one.pair.asked, hand, tx)

    inner = Syncing._keep
    _swap(stack, Syncing, "_keep", keep)


def _commit_each_statement_(stack: ExitStack) -> None:
    _swap(stack, Pairs, "turn", lambda self, _tx=None: self._store.autocommit(self._tenant_id))


def _all(ending: str) -> dict[str, Mutant]:
    own = {name: one for name, one in globals().items() if name.startswith("_") and callable(one)}
    return {
        name.strip("_"): one
        for name, one in own.items()
        if name not in {"_swap", "_all"} and name.islower() and name.endswith("_") == bool(ending)
    }


MUTANTS: dict[str, Mutant] = _all("")
"""Of the merge, which histories in memory notice."""
KEPT_MUTANTS: dict[str, Mutant] = _all("_")
"""Of what is kept, which histories in the database notice."""


@contextmanager
def mutated(name: str) -> Iterator[None]:
    """Break the link in one way for as long as the block runs."""
    with ExitStack() as stack:
        (MUTANTS | KEPT_MUTANTS)[name](stack)
        yield
