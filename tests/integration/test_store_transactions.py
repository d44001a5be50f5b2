"""Transactions, single statements and the kill between any two of them, on a real PostgreSQL."""
# ruff: noqa: PT012 - where a block raises is where its transaction ends.

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest
from tests.factories.embedded import asked, told

from tiebeam.store.adapt import Hashes, Json, Jsons, Texts
from tiebeam.store.errors import ContendedError, SchemaChangedError, StoreUnreachableError
from tiebeam.store.pool import Store
from tiebeam.store.sql import Sql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.transaction import Transaction

_ADD = Sql("insert into public.note (id, body) values (%(id)s, %(body)b)", "add")
_COUNT = "select count(*) from public.note"


class Killed(BaseException):
    """What a test raises where a process would die."""


class Watching:
    """Remembers what was run, and dies after the statement number `dies_after`."""

    def __init__(self, dies_after: int | None = None) -> None:
        self.seen: list[str] = []
        self._dies_after = dies_after

    async def __call__(self, name: str) -> None:
        self.seen.append(name)
        if len(self.seen) == self._dies_after:
            raise Killed


@dataclass
class Note:
    id: int
    body: Any


@pytest.fixture
async def note_url(owner_url: str, database_url: str) -> str:
    await told(
        owner_url,
        "create table public.note (id bigint primary key, body jsonb)",
        "grant all on public.note to tiebeam_app",
    )
    return database_url


@pytest.fixture
async def notes(note_url: str, clock: ManualClock) -> AsyncIterator[Store]:
    async with await Store.open(note_url, clock=clock) as store:
        yield store


async def test_a_block_that_ends_is_kept_and_one_that_fails_is_not(notes: Store) -> None:
    async with notes.transaction(None) as tx:
        assert await tx.run(_ADD, {"id": 1, "body": Json(b'{"a":1}')}) == 1
    with pytest.raises(ZeroDivisionError):
        async with notes.transaction(None) as tx:
            await tx.run(_ADD, {"id": 2, "body": None})
            raise ZeroDivisionError
    async with notes.transaction(None) as tx:
        assert await tx.rows("select id, body from public.note") == [(1, {"a": 1})]
        assert await tx.one(Note, "select id, body from public.note") == Note(1, {"a": 1})
        assert await tx.one(Note, "select id, body from public.note where id = %(id)s", {"id": 2}) is None
        assert await tx.value("select body from public.note where id = %(id)s", {"id": 2}) is None


async def test_a_swallowed_error_does_not_pass_for_a_commit(notes: Store) -> None:
    with pytest.raises(ContendedError, match="already failed"):
        async with notes.transaction(None) as tx:
            await tx.run(_ADD, {"id": 1, "body": None})
            with pytest.raises(psycopg.errors.DivisionByZero):
                await tx.value("select 1 / 0")
    async with notes.transaction(None) as tx:
        assert await tx.value(_COUNT) == 0


async def test_values_cross_both_ways_unchanged(notes: Store) -> None:
    at = datetime(1969, 7, 20, 20, 17, tzinfo=UTC)
    big = UUID("ffffffff-ffff-4fff-bfff-ffffffffffff")
    asked = "select %(at)s::timestamptz, %(big)b::uuid, %(digest)b::bytea, %(id)s::bigint, %(names)s::text[]"
    given = {"at": at, "big": big, "digest": b"\x00\xff", "id": 2**53 + 1, "names": ["😀", "a,b", ""]}
    async with notes.transaction(None) as tx:
        assert await tx.rows(asked, given) == [tuple(given.values())]
        (found,) = (await tx.rows("select %(at)s::timestamptz", {"at": at}))[0]
    assert found.utcoffset() == at.utcoffset()


async def test_json_is_sent_as_it_is(notes: Store) -> None:
    ready = b'{"b": 1.10, "a": ["\xf0\x9f\x98\x80"], "n": 12345678901234567890}'
    async with notes.transaction(None) as tx:
        text = "select (%(binary)b::jsonb)::text, (%(text)t::jsonb)::text"
        sent, again = (await tx.rows(text, {"binary": Json(ready), "text": Json(ready)}))[0]
        assert sent == again == '{"a": ["😀"], "b": 1.10, "n": 12345678901234567890}'
        many = "select body from unnest(%(all)b::jsonb[]) as t (body)"
        assert await tx.rows(many, {"all": [Json(b"1"), Json(b"null")]}) == [(1,), (None,)]


async def test_rows_are_copied_in(notes: Store) -> None:
    rows = [(n, Json(b'{"n":%d}' % n)) for n in range(2000)]
    async with notes.transaction(None) as tx:
        await tx.copy("copy public.note (id, body) from stdin (format binary)", rows, ("int8", "jsonb"))
        assert await tx.value("select sum((body->>'n')::int) from public.note") == sum(range(2000))


async def test_many_run_in_one_round_trip(notes: Store) -> None:
    async with notes.transaction(None) as tx:
        assert await tx.run_many(_ADD, [{"id": n, "body": None} for n in range(50)]) == 50
    async with notes.autocommit(None) as tx:
        assert await tx.run_many(_ADD, [{"id": n, "body": None} for n in range(50, 60)]) == 10
        assert await tx.value(_COUNT) == 60


async def test_a_pipeline_sends_without_waiting(notes: Store) -> None:
    async with notes.transaction(None) as tx, tx.pipeline():
        for n in range(10):
            assert await tx.run(_ADD, {"id": n, "body": None}) == 0
        assert await tx.value(_COUNT) == 10
    with pytest.raises(psycopg.errors.UniqueViolation):
        async with notes.transaction(None) as tx, tx.pipeline():
            await tx.run(_ADD, {"id": 11, "body": None})
            await tx.run(_ADD, {"id": 1, "body": None})
    async with notes.transaction(None) as tx:
        assert await tx.value(_COUNT) == 10


async def test_single_statements_stand_alone(notes: Store) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation):
        async with notes.autocommit(None) as tx:
            assert await tx.run(_ADD, {"id": 1, "body": None}) == 1
            await tx.run(_ADD, {"id": 1, "body": None})
    async with notes.transaction(None) as tx:
        assert await tx.value(_COUNT) == 1


async def test_single_statements_choose_their_durability_and_tenant(notes: Store) -> None:
    tenant_id = UUID(int=7)
    asked = "select current_setting('synchronous_commit') || ' ' || current_setting('tiebeam.tenant', true)"
    async with notes.transaction(None) as tx:
        usual = await tx.value("select current_setting('synchronous_commit')")
    async with notes.autocommit(tenant_id, synchronous_commit=False) as tx:
        assert await tx.value(asked) == f"off {tenant_id}"
    async with notes.autocommit(tenant_id) as tx:
        assert await tx.value(asked) == f"{usual} {tenant_id}"
    async with notes.autocommit(None) as tx:
        assert await tx.value(asked) == f"{usual} "


async def _work(store: Store) -> None:
    async with store.transaction(None) as tx:
        await tx.run(_ADD, {"id": 1, "body": None})
        async with tx.pipeline():
            await tx.run(_ADD, {"id": 2, "body": None})
        await tx.run(_ADD, {"id": 3, "body": None})


_STEPS = ["begin", "add", "add", "add", "before commit", "commit"]


@pytest.mark.parametrize("dies_after", range(1, len(_STEPS) + 1))
async def test_a_kill_after_any_statement_keeps_all_or_nothing(
    notes: Store, note_url: str, clock: ManualClock, dies_after: int
) -> None:
    watching = Watching(dies_after)
    async with await Store.open(note_url, clock=clock, after_statement=watching) as store:
        with pytest.raises(Killed):
            await _work(store)
        assert watching.seen == _STEPS[:dies_after]
        await _settled(notes)
        async with notes.transaction(None) as tx:
            assert await tx.value(_COUNT) == (3 if dies_after == len(_STEPS) else 0)
        async with store.transaction(None) as tx:
            assert await tx.value("select 1") == 1


async def _asleep(store: Store) -> bool:
    async with store.autocommit(None) as single:
        found = "select count(*) > 0 from pg_stat_activity where wait_event = 'PgSleep'"
        return bool(await single.value(f"{found} and datname = current_database()"))


async def _settled(store: Store) -> None:
    """Wait until the server has noticed that the killed connection is gone: it holds a lock until then."""
    async with store.transaction(None) as tx:
        await tx.run("lock table public.note in access exclusive mode")


async def test_a_cancelled_task_keeps_nothing_and_leaves_the_store_usable(notes: Store) -> None:
    inside = asyncio.Event()

    async def work() -> None:
        async with notes.transaction(None) as tx:
            await tx.run(_ADD, {"id": 1, "body": None})
            inside.set()
            await tx.value("select pg_sleep(60)::text")

    task = asyncio.create_task(work())
    await inside.wait()
    # A wish to stop that comes before the statement does is lost, and the server would sleep to the end.
    while not await _asleep(notes):
        assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await _settled(notes)
    async with notes.transaction(None) as tx:
        assert await tx.value(_COUNT) == 0


async def test_no_more_connections_than_allowed(note_url: str, clock: ManualClock) -> None:
    async with await Store.open(note_url, clock=clock, pool_size_max=3) as store:

        async def backend() -> int:
            async with store.transaction(None) as tx:
                return int(await tx.value("select pg_backend_pid() from pg_sleep(0.01)"))

        assert len(set(await asyncio.gather(*(backend() for _ in range(20))))) <= 3


async def test_a_server_that_hung_up_on_idle_connections_costs_nothing(notes: Store, owner_url: str) -> None:
    async with notes.transaction(None) as tx:
        before = await _pid(tx)
    await _hang_up(owner_url, before)
    async with notes.transaction(None) as tx:
        assert await _pid(tx) != before


async def test_a_server_that_hangs_up_in_the_middle_is_named(notes: Store, owner_url: str) -> None:
    with pytest.raises(StoreUnreachableError, match="Nothing uncommitted was kept"):
        async with notes.transaction(None) as tx:
            await tx.run(_ADD, {"id": 1, "body": None})
            await _hang_up(owner_url, await _pid(tx))
            await tx.run(_ADD, {"id": 2, "body": None})
    async with notes.transaction(None) as tx:
        assert await tx.value(_COUNT) == 0


async def _pid(tx: Transaction) -> int:
    return int(await tx.value("select pg_backend_pid()"))


async def _hang_up(owner_url: str, pid: int) -> None:
    assert await asked(owner_url, f"select pg_terminate_backend({pid}, 10000)")


async def test_a_deadlock_is_contention(notes: Store) -> None:
    async with notes.transaction(None) as tx:
        await tx.run_many(_ADD, [{"id": 1, "body": None}, {"id": 2, "body": None}])
    touch = "update public.note set body = null where id = %(id)s"
    both_inside = asyncio.Barrier(2)

    async def cross(first: int, second: int) -> None:
        async with notes.transaction(None) as tx:
            await tx.run(touch, {"id": first})
            await both_inside.wait()
            await tx.run(touch, {"id": second})

    ended = await asyncio.gather(cross(1, 2), cross(2, 1), return_exceptions=True)
    assert sorted(type(end).__name__ for end in ended) == ["ContendedError", "NoneType"]


async def test_a_statement_prepared_before_a_migration_recovers(notes: Store, owner_url: str) -> None:
    everything = "select * from public.note"
    for _often_enough_to_be_prepared in range(4):
        async with notes.transaction(None) as tx:
            await tx.rows(everything)
    await told(owner_url, "alter table public.note add column more int")
    with pytest.raises(SchemaChangedError):
        async with notes.transaction(None) as tx:
            await tx.rows(everything)
    async with notes.transaction(None) as tx:
        assert await tx.rows(everything) == []


@pytest.mark.parametrize("count", [0, 1, 3])
async def test_arrays_that_are_made_in_one_go_arrive_as_they_were(store: Store, count: int) -> None:
    texts = ["", "zażółć \U0001f477", "x" * 70_000][:count]
    hashes = [bytes(range(16)), None, b""][:count]
    jsons = [b'{"a":[1,"\xc3\xbc"]}', b"null", b'"' + b"y" * 70_000 + b'"'][:count]
    async with store.transaction(None) as tx:
        found = await tx.rows(
            "select %(texts)b::text[], %(hashes)b::bytea[], array_length(%(jsons)b::jsonb[], 1),"
            " (%(jsons)b::jsonb[])[3]",
            {"texts": Texts(texts), "hashes": Hashes(hashes), "jsons": Jsons(jsons)},
        )
    length = count or None
    assert found == [(texts, hashes, length, "y" * 70_000 if count == len(jsons) == 3 else None)]
