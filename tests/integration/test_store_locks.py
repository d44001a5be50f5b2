"""Locks that die with their holder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.factories.embedded import asked

from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from tiebeam.kernel.clock import ManualClock

_HOLDERS = """
select count(distinct pid) from pg_locks
where locktype = 'advisory'
    and database = (select oid from pg_database where datname = current_database())
"""
_HANG_UP = """
select count(pg_terminate_backend(pid, 10000)) from (
    select distinct pid from pg_locks
    where locktype = 'advisory'
        and database = (select oid from pg_database where datname = current_database())
) as holder
"""


async def test_one_holds_it_and_the_others_are_told_at_once(
    store: Store, database_url: str, clock: ManualClock
) -> None:
    async with await Store.open(database_url, clock=clock) as other:
        mine = await store.lock("pull/1")
        assert mine
        assert await store.lock("pull/1") is None
        assert await other.lock("pull/1") is None
        assert await mine.held()
        await mine.release()
        await mine.release()
        assert not await mine.held()
        theirs = await other.lock("pull/1")
        assert theirs
        assert await store.lock("pull/1") is None


async def test_many_locks_share_one_connection(store: Store, owner_url: str) -> None:
    held = [await store.lock(f"pull/{n}") for n in range(20)]
    assert all(held)
    assert await asked(owner_url, _HOLDERS) == 1


async def test_a_late_second_release_takes_nothing_from_the_next_holder(store: Store) -> None:
    first = await store.lock("pull/1")
    assert first
    await first.release()
    second = await store.lock("pull/1")
    assert second
    await first.release()
    assert await second.held()
    assert await store.lock("pull/1") is None


async def test_it_is_released_at_the_end_of_a_block(store: Store) -> None:
    lock = await store.lock("pull/1")
    assert lock
    async with lock:
        assert await store.lock("pull/1") is None
    assert await store.lock("pull/1")


async def test_closing_the_store_gives_up_its_locks(
    store: Store, database_url: str, clock: ManualClock
) -> None:
    other = await Store.open(database_url, clock=clock)
    assert await other.lock("pull/1")
    await other.close()
    assert await store.lock("pull/1")


@pytest.mark.parametrize("asks_first", [True, False])
async def test_a_lost_connection_loses_its_locks_and_says_so(
    store: Store, owner_url: str, *, asks_first: bool
) -> None:
    first = await store.lock("pull/1")
    second = await store.lock("pull/2")
    assert first
    assert second
    assert await asked(owner_url, _HANG_UP) == 1
    if asks_first:
        assert not await first.held()
    again = await store.lock("pull/1")
    assert again
    await first.release()
    await second.release()
    assert await again.held()
    assert not await second.held()
