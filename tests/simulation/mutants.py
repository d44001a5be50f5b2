"""Ways to break the engine. The simulation must notice each, or it proves nothing of the whole one."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from tiebeam.connectors.streams import Absence, Means
from tiebeam.operations.limits.gate import RateGate
from tiebeam.replicate import details, fingerprint, plan, pull, reading, repository, sync
from tiebeam.replicate.model import Mode, State, Verdict
from tiebeam.replicate.repository import Replica

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tiebeam.connectors.ports import Refusal
    from tiebeam.replicate.model import Debt, Feed, PageChanges, Pull
    from tiebeam.replicate.reading import ReadPage

    Mutant = Callable[[ExitStack], None]


def _swap(stack: ExitStack, owner: Any, name: str, value: Any) -> None:
    stack.enter_context(patch.object(owner, name, value))


def _drop_the_overlap(stack: ExitStack) -> None:
    _swap(stack, plan, "OVERLAP", timedelta(0))


def _take_our_clock_for_the_watermark(stack: ExitStack) -> None:
    _swap(stack, repository, "next_watermark", lambda pull: pull.started_at - plan.OVERLAP)


def _trust_a_404_as_deletion(stack: ExitStack) -> None:
    whole = details.Details._refused

    async def refused(self: details.Details, feed: Feed, debt: Debt, refusal: Refusal) -> details.Settled:
        if refusal.kind in pull.LOCKED_OUT:
            await _mark_deleted(self._replica, feed, [debt.key])
        return await whole(self, feed, debt, refusal)

    _swap(stack, details.Details, "_refused", refused)


def _take_a_tool_switched_off_for_deletion(stack: ExitStack) -> None:
    whole = Replica.refuse_pull

    async def refuse_pull(self: Replica, feed: Feed, pull: Pull, error: str) -> None:
        async with self._store.transaction(self._tenant_id) as tx:
            query = "select key from tiebeam.record where feed_id = %(feed)s and state = 1"
            keys = [row[0] for row in await tx.rows(query, {"feed": feed.id})]
        await _mark_deleted(self, feed, keys)
        await whole(self, feed, pull, error)

    _swap(stack, Replica, "refuse_pull", refuse_pull)


async def _mark_deleted(replica: Replica, feed: Feed, keys: list[str]) -> None:
    async with replica._store.transaction(replica._tenant_id) as tx:
        await replica._set_state(tx, feed.id, None, keys, state=State.DELETED, why="mutant")


def _take_hidden_for_deleted(stack: ExitStack) -> None:
    whole = Replica.end_pull

    async def end_pull(self: Replica, feed: Feed, pull: Pull, absence: Absence) -> Any:
        del absence
        return await whole(self, feed, pull, Absence.DELETED)

    _swap(stack, Replica, "end_pull", end_pull)


def _advance_the_watermark_before_the_pages(stack: ExitStack) -> None:
    whole = Replica.begin_pull

    async def begin_pull(self: Replica, feed: Feed, *args: Any, **named: Any) -> Pull:
        begun = await whole(self, feed, *args, **named)
        if begun.updated_to is not None:
            async with self._store.transaction(self._tenant_id) as tx:
                query = (
                    "update tiebeam.feed set watermark = greatest(watermark, %(to)s::timestamptz)"
                    " where id = %(id)s"
                )
                await tx.run(query, {"to": begun.updated_to - plan.OVERLAP, "id": feed.id})
        return begun

    _swap(stack, Replica, "begin_pull", begin_pull)


def _move_the_checkpoint_before_the_page(stack: ExitStack) -> None:
    whole = Replica.apply_page

    async def apply_page(
        self: Replica, feed: Feed, pull: Pull, page: ReadPage, *, detailed: bool
    ) -> PageChanges | None:
        if not await self.advance(pull, page.after):
            return None
        with patch.dict(_LOOSE, {"hold_checkpoint": "select 1", "advance_pull": "select 1"}):
            return await whole(self, feed, pull, page, detailed=detailed)

    _swap(stack, repository, "Q", _LooseQueries(repository.Q))
    _swap(stack, Replica, "apply_page", apply_page)


_LOOSE: dict[str, str] = {}


class _LooseQueries:
    """The repository's statements, some of them replaced."""

    def __init__(self, queries: Any, replaced: dict[str, str] | None = None) -> None:
        self._queries = queries
        self._replaced = _LOOSE if replaced is None else replaced

    def __getitem__(self, name: str) -> str:
        found: str = self._replaced.get(name) or self._queries[name]
        return found


def _forget_the_old_version(stack: ExitStack) -> None:
    _swap(stack, repository, "Q", _LooseQueries(repository.Q, {"keep_versions": "select 1"}))


def _hash_signed_urls(stack: ExitStack) -> None:
    _swap(stack, reading, "drop", lambda value, _paths: value)
    _swap(stack, reading, "fingerprints", lambda _volatile: fingerprint.Fingerprints(()))


def _skip_the_last_page(stack: ExitStack) -> None:
    whole = plan.after_page

    def after_page(pull: Pull, listing: Any, *, has_next: bool, total: int | None, per_page: int) -> Pull:
        before_last = total is not None and pull.next_page >= -(-total // per_page) - 1
        return whole(pull, listing, has_next=has_next and not before_last, total=total, per_page=per_page)

    _swap(stack, pull, "after_page", after_page)


def _ignore_shifts_of_the_total(stack: ExitStack) -> None:
    _swap(stack, plan, "pages_back", lambda _pull, _total, _per_page: 0)


def _believe_one_sweep(stack: ExitStack) -> None:
    async def absent(self: Replica, tx: Any, feed: Feed, pull: Pull, *, already_gone: set[str]) -> list[str]:
        found: set[str] = set()
        for day_from, day_to in repository._covered(pull):
            named = self._named(
                feed_id=feed.id, pull_id=pull.id, started_at=pull.started_at, day_from=day_from, day_to=day_to
            )
            found.update(row[0] for row in await tx.rows(repository.Q["missing_keys"], named))
        return sorted(found - already_gone)

    _swap(stack, Replica, "_absent", absent)


def _take_any_listing_for_a_whole_one(stack: ExitStack) -> None:
    whole = Replica.end_pull

    async def end_pull(self: Replica, feed: Feed, pull: Pull, absence: Absence) -> Any:
        return await whole(self, feed, replace(pull, mode=Mode.SWEEP), absence)

    _swap(stack, Replica, "end_pull", end_pull)


def _believe_windows_of_days(stack: ExitStack) -> None:
    whole = Replica._absent

    async def absent(self: Replica, tx: Any, feed: Feed, pull: Pull, *, already_gone: set[str]) -> list[str]:
        if pull.mode is not Mode.WINDOW:
            return await whole(self, tx, feed, pull, already_gone=already_gone)
        marked: set[str] = set()
        for day_from, day_to in repository._covered(pull):
            named = self._named(
                feed_id=feed.id, pull_id=pull.id, started_at=pull.started_at, day_from=day_from, day_to=day_to
            )
            rows = await tx.rows(repository.Q["missing_keys"], named)
            marked.update(key for key, again in rows if again)
        await whole(self, tx, feed, pull, already_gone=already_gone)
        return sorted(marked - already_gone)

    _swap(stack, Replica, "_absent", absent)


def _disable_the_fuse(stack: ExitStack) -> None:
    _swap(stack, repository, "fuse", lambda _candidates, _live: Verdict.APPLY)


def _ignore_the_recycle_bin(stack: ExitStack) -> None:
    whole = plan.segments_for

    def segments_for(stream: Any, mode: Mode) -> Any:
        bins = {i for i, listing in enumerate(stream.listings) if listing.means is Means.DELETED}
        return tuple(part for part in whole(stream, mode) if part.listing not in bins)

    _swap(stack, pull, "segments_for", segments_for)


def _overlook_the_deleted_flag(stack: ExitStack) -> None:
    _swap(stack, reading, "flagged", lambda _stream, _row: False)


def _forget_pages_on_resuming(stack: ExitStack) -> None:
    whole = Replica.running_pull

    async def running_pull(self: Replica, feed: Feed) -> Pull | None:
        found = await whole(self, feed)
        if found is not None:
            async with self._store.transaction(self._tenant_id) as tx:
                await tx.run(repository.Q["forget_pages"], self._named(pull_id=found.id))
        return found

    _swap(stack, Replica, "running_pull", running_pull)


def _let_every_call_pass(stack: ExitStack) -> None:
    async def enter(self: RateGate, share: str) -> None:
        del self, share

    _swap(stack, RateGate, "enter", enter)


def _leave_switched_off_tools_off(stack: ExitStack) -> None:
    whole = plan.may_be_read

    def may_be_read(feed: Feed, *, now: Any, insist: bool) -> bool:
        del insist
        return whole(feed, now=now - timedelta(days=3650), insist=False)

    _swap(stack, sync, "may_be_read", may_be_read)


MUTANTS: dict[str, Mutant] = {
    mutant.__name__.strip("_"): mutant
    for mutant in (
        _drop_the_overlap,
        _take_our_clock_for_the_watermark,
        _trust_a_404_as_deletion,
        _take_a_tool_switched_off_for_deletion,
        _take_hidden_for_deleted,
        _advance_the_watermark_before_the_pages,
        _move_the_checkpoint_before_the_page,
        _forget_the_old_version,
        _hash_signed_urls,
        _skip_the_last_page,
        _ignore_shifts_of_the_total,
        _believe_one_sweep,
        _take_any_listing_for_a_whole_one,
        _believe_windows_of_days,
        _disable_the_fuse,
        _ignore_the_recycle_bin,
        _overlook_the_deleted_flag,
        _forget_pages_on_resuming,
        _let_every_call_pass,
        _leave_switched_off_tools_off,
    )
}


@contextmanager
def mutated(name: str) -> Iterator[None]:
    """Break the engine in one way for a while."""
    with ExitStack() as stack:
        MUTANTS[name](stack)
        yield
