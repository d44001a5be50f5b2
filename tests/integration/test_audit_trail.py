"""The audit trail: what is noted stays as it was, and any change of it shows."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from tests.factories.database import at

from tiebeam.identity.repository import Tenants
from tiebeam.kernel.correlation import bound
from tiebeam.operations.audit.model import Actor, ActorKind, Wanted
from tiebeam.operations.audit.plan import START
from tiebeam.operations.audit.repository import Trail
from tiebeam.store.errors import AccessDeniedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.factories.database import TestServer

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

    Meddle = Callable[[str], Awaitable[None]]

pytestmark = pytest.mark.req("P17", "P21")

ANN = Actor(ActorKind.PERSON, "1", "ann@alder.example")


@pytest.fixture
def trail(store: Store, clock: ManualClock) -> Trail:
    return Trail(store, clock)


@pytest.fixture
async def other(store: Store) -> Tenant:
    return await Tenants(store).create("birch", "Birch Ltd")


@pytest.fixture
async def noted(trail: Trail, tenant: Tenant) -> list[int]:
    """Five entries, by number."""
    for number in range(1, 6):
        await trail.note(tenant.id, ANN, "key.made", f"key:{number}", {"name": f"k{number}"})
    return [1, 2, 3, 4, 5]


@pytest.fixture
def meddle(database_server: TestServer, database_name: str) -> Meddle:
    """Do what only somebody who may do anything to the database can."""
    if database_server.embedded is None:
        pytest.skip("this server was given by URL, without its superuser")

    async def meddle(sql: str) -> None:
        url = at(database_server.admin_url, database_name)
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await connection.execute(b"set session_replication_role = replica")
            await connection.execute(sql.encode())

    return meddle


async def test_entries_come_back_as_they_were_noted(trail: Trail, tenant: Tenant, clock: ManualClock) -> None:
    detail = {"b": [1, None, True], "a": {"é": "x"}, "share": 0.5, "at": datetime(2026, 1, 2, tzinfo=UTC)}
    with bound("click-1"):
        await trail.note(tenant.id, ANN, "key.made", "key:1", detail)
    (entry,) = await trail.entries(tenant.id)
    assert (entry.number, entry.at, entry.actor, entry.act) == (1, clock.now(), ANN, "key.made")
    assert (entry.subject, entry.correlation_id, entry.previous) == ("key:1", "click-1", START)
    assert entry.detail == {
        "a": {"é": "x"},
        "b": [1, None, True],
        "share": "0.5",
        "at": "2026-01-02T00:00:00+00:00",
    }
    assert (await trail.verify(tenant.id)).holds


async def test_secrets_and_control_characters_are_never_noted(trail: Trail, tenant: Tenant) -> None:
    detail = {"password": "hunter2hunter2", "said": "Authorization: Bearer abcdefgh\x00"}
    stranger = Actor(ActorKind.STRANGER, "", "a\ud800\x00b@c")
    await trail.note(tenant.id, stranger, "session.refused", "account:a\x00", detail)
    (entry,) = await trail.entries(tenant.id)
    assert "hunter2" not in str(entry)
    assert "abcdefgh" not in str(entry)
    assert (await trail.verify(tenant.id)).holds


async def test_entries_are_found_by_what_they_say(
    trail: Trail, tenant: Tenant, clock: ManualClock, noted: list[int]
) -> None:
    clock.advance(60)
    await trail.note(tenant.id, Actor.command("root"), "key.revoked", "key:3")
    await trail.note(tenant.id, ANN, "keyring.made", "x")

    async def found(wanted: Wanted, **more: Any) -> list[int]:
        return [entry.number for entry in await trail.entries(tenant.id, wanted, **more)]

    assert await found(Wanted(), limit=3) == [7, 6, 5]
    assert await found(Wanted(), limit=3, before=5) == [4, 3, 2]
    assert await found(Wanted(act="key")) == [6, *reversed(noted)]
    assert await found(Wanted(act="key.revoked")) == [6]
    assert await found(Wanted(subject="key:3")) == [6, 3]
    assert await found(Wanted(actor_id="1")) == [7, *reversed(noted)]
    assert await found(Wanted(since=clock.now())) == [7, 6]
    assert await found(Wanted(until=clock.now(), act="key.made")) == [5, 4, 3, 2, 1]


async def test_a_note_is_kept_with_its_act_or_not_at_all(trail: Trail, store: Store, tenant: Tenant) -> None:
    async def failing() -> None:
        async with store.transaction(tenant.id) as tx:
            await trail.note(tenant.id, ANN, "key.made", "key:1", tx=tx)
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        await failing()
    assert await trail.entries(tenant.id) == []
    async with store.transaction(tenant.id) as tx:
        await trail.note(tenant.id, ANN, "key.made", "key:1", tx=tx)
    assert [entry.number for entry in await trail.entries(tenant.id)] == [1]


async def test_notes_side_by_side_make_one_chain(trail: Trail, tenant: Tenant) -> None:
    await asyncio.gather(*(trail.note(tenant.id, ANN, "key.used", f"key:{n}") for n in range(20)))
    found = await trail.verify(tenant.id)
    assert (found.entries, found.number, found.fault) == (20, 20, None)


async def test_a_long_chain_is_read_in_parts(
    trail: Trail, tenant: Tenant, monkeypatch: pytest.MonkeyPatch, noted: list[int]
) -> None:
    monkeypatch.setattr("tiebeam.operations.audit.repository._BATCH", 2)
    found = await trail.verify(tenant.id)
    assert (found.entries, found.number, found.fault) == (len(noted), 5, None)
    assert await trail.hash_at(tenant.id, 5) == found.hash
    assert await trail.hash_at(tenant.id, 6) is None


async def test_an_empty_chain_holds(trail: Trail, tenant: Tenant) -> None:
    found = await trail.verify(tenant.id)
    assert (found.entries, found.number, found.hash, found.holds) == (0, 0, START, True)


async def test_every_tenant_has_a_chain_of_its_own(trail: Trail, tenant: Tenant, other: Tenant) -> None:
    await trail.note(tenant.id, ANN, "key.made", "key:1")
    await trail.note(other.id, ANN, "key.made", "key:2")
    await trail.note(tenant.id, ANN, "key.made", "key:3")
    assert [entry.subject for entry in await trail.entries(other.id)] == ["key:2"]
    assert [entry.number for entry in await trail.entries(tenant.id)] == [2, 1]
    assert (await trail.verify(tenant.id)).holds
    assert (await trail.verify(other.id)).holds
    assert await trail.hash_at(other.id, 2) is None


@pytest.mark.usefixtures("noted")
@pytest.mark.parametrize(
    "attempt",
    [
        "update tiebeam.audit set act = 'nothing'",
        "delete from tiebeam.audit",
        "truncate tiebeam.audit",
        "delete from tiebeam.audit_head",
        "update tiebeam.audit_head set number = 1",
        "update tiebeam.audit_head set number = 9",
        "alter table tiebeam.audit disable trigger all",
    ],
)
async def test_the_application_can_only_add(store: Store, tenant: Tenant, trail: Trail, attempt: str) -> None:
    with pytest.raises(AccessDeniedError):
        async with store.transaction(tenant.id) as tx:
            await tx.run(attempt)
    assert (await trail.verify(tenant.id)).entries == 5


@pytest.mark.usefixtures("noted")
async def test_even_the_owner_is_stopped_by_the_trigger(owner_url: str, tenant: Tenant) -> None:
    async with await psycopg.AsyncConnection.connect(owner_url) as owner:
        await owner.execute(b"select set_config('tiebeam.tenant', %s, false)", (str(tenant.id),))
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only ever added to"):
            await owner.execute(b"update tiebeam.audit set act = 'nothing'")


_SWAP = """
update tiebeam.audit a set number = 1000 + number where number in (2, 3);
update tiebeam.audit a set number = 1005 - number where number > 1000
"""


@pytest.mark.usefixtures("noted")
@pytest.mark.parametrize(
    ("meddling", "place"),
    [
        ("update tiebeam.audit set actor_name = 'bob' where number = 3", (3, "was changed")),
        ("update tiebeam.audit set at = at + interval '1 second' where number = 1", (1, "was changed")),
        ('update tiebeam.audit set detail = \'{"name": "x"}\' where number = 2', (2, "was changed")),
        ("update tiebeam.audit set correlation_id = 'x' where number = 5", (5, "was changed")),
        ("delete from tiebeam.audit where number = 1", (1, "is missing")),
        ("delete from tiebeam.audit where number = 3", (3, "is missing")),
        ("delete from tiebeam.audit where number = 5", (5, "are missing")),
        ("delete from tiebeam.audit", (1, "are missing")),
        (_SWAP, (2, "does not follow")),
    ],
)
async def test_meddling_with_the_past_shows(
    trail: Trail, tenant: Tenant, meddle: Meddle, meddling: str, place: tuple[int, str]
) -> None:
    number, what = place
    await meddle(meddling)
    fault = (await trail.verify(tenant.id)).fault
    assert fault
    assert (fault.number, what in fault.what) == (number, True)


@pytest.mark.usefixtures("noted")
async def test_a_tail_that_was_cut_off_with_its_head_shows_by_a_hash_kept_elsewhere(
    trail: Trail, tenant: Tenant, meddle: Meddle
) -> None:
    kept = await trail.verify(tenant.id)
    cut = "update tiebeam.audit_head h set number = 4, hash = a.hash from tiebeam.audit a where a.number = 4;"
    await meddle(cut + "delete from tiebeam.audit where number = 5")
    assert (await trail.verify(tenant.id)).holds
    assert await trail.hash_at(tenant.id, kept.number) != kept.hash


async def test_an_entry_added_while_the_chain_is_read_is_left_for_the_next_time(
    trail: Trail, tenant: Tenant, noted: list[int], clock: ManualClock
) -> None:
    clock.advance(timedelta(days=1).total_seconds())
    both = await asyncio.gather(trail.verify(tenant.id), trail.note(tenant.id, ANN, "key.made", "key:6"))
    assert both[0].fault is None
    assert both[0].number in {len(noted), len(noted) + 1}
