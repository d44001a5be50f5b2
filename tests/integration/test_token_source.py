"""Tokens: good when handed out, refreshed once, and honest when they cannot be."""

from __future__ import annotations

import asyncio
import traceback
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.factories.logins import FakeLogin, busy, revoked, serving
from tests.factories.processes import heard, process

from tiebeam.kernel.clock import SystemClock
from tiebeam.kernel.errors import TiebeamError
from tiebeam.operations.tokens.keys import Keyring
from tiebeam.operations.tokens.model import Connection, GrantKind, NotConnectedError, Secrets, Status, Terms
from tiebeam.operations.tokens.repository import Connections, Credentials
from tiebeam.operations.tokens.source import VaultTokenSource
from tiebeam.operations.tokens.vault import Vault

if TYPE_CHECKING:
    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store


@dataclass
class Bench:
    """One tenant's connections, and a login to refresh them at."""

    store: Store
    tenant: Tenant
    clock: ManualClock
    keyring: Keyring
    login: FakeLogin

    @property
    def connections(self) -> Connections:
        return Connections(self.store, Vault(self.keyring))

    async def connect(
        self, *, life_seconds: float = 5400, grant_kind: GrantKind = GrantKind.AUTHORIZATION_CODE
    ) -> Connection:
        terms = Terms("procore", "production", "https://login", "https://api", "client", grant_kind)
        refresh = "refresh-secret-0" if grant_kind is GrantKind.AUTHORIZATION_CODE else None
        secrets = Secrets("access-secret-0", refresh, "client-secret")
        expires_at = self.clock.now() + timedelta(seconds=life_seconds)
        return await self.connections.add(self.tenant.id, terms, secrets, expires_at=expires_at)

    def source(self, connection: Connection) -> VaultTokenSource:
        return VaultTokenSource(
            tenant_id=self.tenant.id,
            connection_id=connection.id,
            credentials=Credentials(self.store, Vault(self.keyring)),
            grants=self.login,
            clock=self.clock,
            chance=lambda: 0.5,
        )

    async def now(self, connection: Connection) -> Connection:
        return await self.connections.get(self.tenant.id, connection.id)


@pytest.fixture
def bench(store: Store, tenant: Tenant, clock: ManualClock) -> Bench:
    return Bench(store, tenant, clock, Keyring.of_new_key(), FakeLogin(clock))


async def test_a_token_with_time_left_is_handed_out_as_it_is(bench: Bench) -> None:
    source = bench.source(await bench.connect())
    assert await source.token() == "access-secret-0"
    assert await source.token() == "access-secret-0"
    assert bench.login.calls == 0


@pytest.mark.req("P2")
async def test_a_token_is_refreshed_ten_minutes_before_its_end(bench: Bench) -> None:
    connection = await bench.connect()
    source = bench.source(connection)
    bench.clock.advance(5400 - 620)
    assert await source.token() == "access-secret-0"
    bench.clock.advance(30)
    assert await source.token() == "access-secret-1"
    after = await bench.now(connection)
    assert after.last_refreshed_at == bench.clock.now()
    assert after.token_expires_at == bench.clock.now() + timedelta(seconds=5400)
    assert after.refresh_began_at is None
    assert await bench.source(connection).token() == "access-secret-1", "committed, not only remembered"


@pytest.mark.req("P2")
async def test_a_login_that_fails_ahead_of_need_costs_nothing(bench: Bench) -> None:
    source = bench.source(await bench.connect())
    bench.clock.advance(5400 - 300)
    bench.login.faults = [busy()]
    assert await source.token() == "access-secret-0"
    assert await source.token() == "access-secret-0"
    assert bench.login.calls == 1, "and it is not asked again at once"
    bench.clock.advance(61)
    assert await source.token() == "access-secret-2"


@pytest.mark.req("P2", "W16")
async def test_a_login_that_fails_when_needed_is_asked_again_ever_later(bench: Bench) -> None:
    source = bench.source(await bench.connect(life_seconds=0))
    before = bench.clock.monotonic()
    bench.login.faults = [busy(), busy(), busy()]
    assert await source.token() == "access-secret-4"
    assert bench.clock.monotonic() - before == pytest.approx((1 + 2 + 4) * 0.75)


async def test_a_login_that_goes_on_failing_is_an_error_that_passes(bench: Bench) -> None:
    connection = await bench.connect(life_seconds=0)
    bench.login.faults = [busy() for _ in range(4)]
    with pytest.raises(TiebeamError) as caught:
        await bench.source(connection).token()
    assert caught.value.code == "procore.login_busy"
    assert (await bench.now(connection)).status is Status.CONNECTED


@pytest.mark.req("P2", "P19")
async def test_a_revoked_grant_is_found_out_once_and_said_plainly(bench: Bench) -> None:
    connection = await bench.connect(life_seconds=0)
    bench.login.refresh_token = "another"
    for _ in range(3):
        with pytest.raises(NotConnectedError) as caught:
            await bench.source(connection).token()
        assert caught.value.code == "procore.grant_revoked"
        assert "Connect" in caught.value.action
    assert bench.login.calls == 1
    after = await bench.now(connection)
    assert (after.status, after.code) == (Status.ERROR, "procore.grant_revoked")
    await bench.connections.reconnect(
        bench.tenant.id,
        connection.id,
        Secrets("fresh", "refresh-secret-9"),
        expires_at=bench.clock.now() + timedelta(hours=1),
    )
    assert await bench.source(connection).token() == "fresh"


@pytest.mark.req("P21")
async def test_a_failing_connection_touches_no_other(bench: Bench) -> None:
    broken, well = await bench.connect(life_seconds=0), await bench.connect()
    bench.login.faults = [revoked()]
    with pytest.raises(NotConnectedError):
        await bench.source(broken).token()
    assert await bench.source(well).token() == "access-secret-0"
    assert await bench.now(well) == well


@pytest.mark.req("P2")
async def test_sources_that_know_nothing_of_each_other_refresh_once(bench: Bench) -> None:
    connection = await bench.connect(life_seconds=0)
    bench.login.held = asyncio.Event()
    waiting = [asyncio.create_task(bench.source(connection).token()) for _ in range(4)]
    await bench.login.asked.wait()
    bench.login.held.set()
    assert await asyncio.gather(*waiting) == ["access-secret-1"] * 4
    assert bench.login.calls == 1


async def test_who_needs_no_token_yet_does_not_wait_for_one_who_refreshes(bench: Bench) -> None:
    connection = await bench.connect()
    bench.clock.advance(5400 - 300)
    bench.login.held = asyncio.Event()
    refreshing = asyncio.create_task(bench.source(connection).token())
    await bench.login.asked.wait()
    assert await bench.source(connection).token() == "access-secret-0"
    bench.login.held.set()
    assert await refreshing == "access-secret-1"


async def test_a_refused_token_is_replaced_once_for_all_who_hold_it(bench: Bench) -> None:
    source = bench.source(await bench.connect())
    stale = await source.token()
    replaced = await asyncio.gather(*[source.replace(stale) for _ in range(5)])
    assert set(replaced) == {"access-secret-1"}
    assert bench.login.calls == 1
    assert await source.token() == "access-secret-1"


@pytest.mark.req("P2", "P19")
async def test_a_fresh_token_that_is_refused_as_well_disconnects(bench: Bench) -> None:
    connection = await bench.connect()
    source = bench.source(connection)
    fresh = await source.replace(await source.token())
    with pytest.raises(NotConnectedError) as caught:
        await source.replace(fresh)
    assert caught.value.code == "procore.token_refused"
    assert (await bench.now(connection)).status is Status.DISCONNECTED
    assert bench.login.calls == 1
    with pytest.raises(NotConnectedError):
        await source.token()


async def test_a_token_refused_much_later_is_simply_replaced(bench: Bench) -> None:
    source = bench.source(await bench.connect())
    fresh = await source.replace(await source.token())
    bench.clock.advance(300)
    assert await source.replace(fresh) == "access-secret-2"


async def test_client_credentials_simply_ask_again(bench: Bench) -> None:
    connection = await bench.connect(life_seconds=0, grant_kind=GrantKind.CLIENT_CREDENTIALS)
    assert await bench.source(connection).token() == "access-secret-1"
    assert (await bench.now(connection)).refresh_began_at is None


async def test_tokens_that_live_shorter_than_the_margin_are_still_used(bench: Bench) -> None:
    bench.login.life_seconds = 90
    source = bench.source(await bench.connect(life_seconds=0))
    assert [await source.token() for _ in range(5)] == ["access-secret-1"] * 5
    bench.clock.advance(85)
    assert await source.token() == "access-secret-2"


@pytest.mark.parametrize("status", [Status.PAUSED, Status.DISCONNECTED])
async def test_a_connection_that_is_switched_off_gives_no_token(bench: Bench, status: Status) -> None:
    connection = await bench.connect()
    source = bench.source(connection)
    await source.token()
    await bench.connections.set_status(bench.tenant.id, connection.id, status)
    bench.clock.advance(61)
    with pytest.raises(NotConnectedError, match=status.value):
        await source.token()


async def test_who_stops_waiting_does_not_lose_the_pair(bench: Bench) -> None:
    connection = await bench.connect(life_seconds=0)
    bench.login.held = asyncio.Event()
    source = bench.source(connection)
    waiting = asyncio.create_task(source.token())
    await bench.login.asked.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    bench.login.held.set()
    assert await source.token() == "access-secret-1"
    assert bench.login.calls == 1


@pytest.mark.req("P2")
async def test_no_secret_is_ever_said(
    bench: Bench, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    connection = await bench.connect(life_seconds=0)
    bench.login.faults = [busy()]
    source = bench.source(connection)
    stale = await source.replace(await source.token())
    with pytest.raises(NotConnectedError) as caught:
        await source.replace(stale)
    said = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(vars(source))
    said += caplog.text + "".join(capsys.readouterr()) + repr(await bench.now(connection))
    assert "-secret-" not in said
    assert "client-secret" not in said


@pytest.mark.req("P2")
async def test_of_many_processes_exactly_one_refreshes(bench: Bench, database_url: str) -> None:
    connection = await bench.connect(life_seconds=0)
    bench.login = FakeLogin(SystemClock(), held=asyncio.Event())
    arguments, secret = (database_url, bench.tenant.id, connection.id), bench.keyring.written()
    async with serving(bench.login) as port, AsyncExitStack() as stack:
        running = [
            await stack.enter_async_context(process("want_token", *arguments, port, "", secret=secret))
            for _ in range(4)
        ]
        for one in running:
            assert await heard(one) == {"asking": True}
        await asyncio.wait_for(bench.login.asked.wait(), 30)
        assert bench.login.held is not None
        bench.login.held.set()
        told = [await heard(one) for one in running]
    assert told == [{"token": "access-secret-1"}] * 4
    assert bench.login.calls == 1


@pytest.mark.req("P2")
@pytest.mark.parametrize("die_at", ["before commit", "commit"])
async def test_a_refresher_killed_around_its_commit(bench: Bench, database_url: str, die_at: str) -> None:
    """Before it, the pair is lost and somebody must reconnect; after it, nothing is."""
    connection = await bench.connect(life_seconds=0)
    bench.login = FakeLogin(SystemClock())
    arguments = (database_url, bench.tenant.id, connection.id)
    async with serving(bench.login) as port:
        secret = bench.keyring.written()
        async with process("want_token", *arguments, port, die_at, secret=secret) as dying:
            assert await heard(dying) == {"asking": True}
            assert await heard(dying) is None
        assert bench.login.calls == 1
        async with process("want_token", *arguments, port, "", secret=secret) as next_one:
            await heard(next_one)
            told = await heard(next_one)
    assert told is not None
    after = await bench.now(connection)
    if die_at == "commit":
        assert told == {"token": "access-secret-1"}
        assert (after.status, bench.login.calls) == (Status.CONNECTED, 1)
    else:
        assert told["code"] == "procore.grant_revoked"
        assert "brought no answer that could be kept" in str(told["cause"])
        assert (after.status, bench.login.calls) == (Status.ERROR, 2)
