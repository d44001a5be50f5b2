"""A database that refuses, in words a person can act on, without the password."""
# ruff: noqa: PT012 - where a block raises is where its transaction ends.

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.factories.embedded import server_folder, superuser, told

from tiebeam.kernel.errors import Owner, TiebeamError
from tiebeam.store.embedded import EmbeddedServer
from tiebeam.store.errors import (
    AccessDeniedError,
    ContendedError,
    DiskFullError,
    ReadOnlyError,
    StoreUnreachableError,
    WallBreachedError,
    connection_error,
    translated,
)
from tiebeam.store.migrate import migrate
from tiebeam.store.pool import Store
from tiebeam.store.schema import schema_state

if TYPE_CHECKING:
    from tiebeam.kernel.clock import ManualClock

_SECRET = "hunter2-not-for-logs"


def _whole(error: BaseException) -> str:
    parts = [repr(error), str(error), *getattr(error, "__notes__", ())]
    following = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return " ".join(parts) + (_whole(following) if following else "")


async def _refused(url: str, clock: ManualClock) -> TiebeamError:
    for attempt in (migrate(url), schema_state(url)):
        with pytest.raises(TiebeamError):
            await attempt
    with pytest.raises(TiebeamError) as caught:
        await Store.open(url, clock=clock)
    assert _SECRET not in _whole(caught.value)
    assert caught.value.owner is Owner.OPERATOR
    return caught.value


async def test_nobody_listens(clock: ManualClock) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"postgresql://ann:{_SECRET}@127.0.0.1:{taken.getsockname()[1]}/site"
        error = await _refused(url, clock)
    assert isinstance(error, StoreUnreachableError)
    assert "127.0.0.1" in error.cause
    assert "user ann" in error.cause
    assert "TIEBEAM_DATABASE_URL" in error.action


async def test_the_host_does_not_exist(clock: ManualClock) -> None:
    error = await _refused(f"postgresql://ann:{_SECRET}@nowhere.invalid/site", clock)
    assert isinstance(error, StoreUnreachableError)
    assert "nowhere.invalid" in error.cause


async def test_a_malformed_url(clock: ManualClock) -> None:
    error = await _refused(f"postgresql://ann:{_SECRET}@[::1/site", clock)
    assert isinstance(error, StoreUnreachableError)
    assert "malformed" in error.cause


async def test_a_wrong_password(clock: ManualClock) -> None:
    with server_folder() as folder:
        async with await EmbeddedServer.start(folder / "db", fsync=False) as server:
            await told(superuser(server), "create role guarded login password 'right'")
            rules = folder / "db" / "data" / "pg_hba.conf"
            rules.write_text(f"local all guarded scram-sha-256\n{rules.read_text()}")
            await told(superuser(server), "select pg_reload_conf()")
            url = server.url("tiebeam", "guarded").replace("guarded@", f"guarded:{_SECRET}@")
            error = await _refused(url, clock)
            assert isinstance(error, AccessDeniedError)
            assert "password is wrong" in error.cause
            assert "wants a password" in (await _refused(server.url("tiebeam", "guarded"), clock)).cause
            assert "does not exist" in (await _refused(server.url("tiebeam", "nobody-here"), clock)).cause
            assert (
                "does not exist" in (await _refused(server.url("no-such-database", "postgres"), clock)).cause
            )


async def test_a_database_that_takes_no_writes(store: Store) -> None:
    with pytest.raises(ReadOnlyError, match="no writes"):
        async with store.transaction(None) as tx:
            await tx.run("set transaction read only")
            await tx.run("create temporary table t (n int)")
            await tx.run("update tiebeam.tenant set name = 'x'")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (psycopg.errors.DiskFull("could not extend file"), DiskFullError),
        (psycopg.errors.ReadOnlySqlTransaction("x"), ReadOnlyError),
        (psycopg.errors.SerializationFailure("x"), ContendedError),
        (psycopg.errors.DeadlockDetected("x"), ContendedError),
        (psycopg.errors.LockNotAvailable("x"), ContendedError),
        (psycopg.errors.InsufficientPrivilege("permission denied for table t"), AccessDeniedError),
        (
            psycopg.errors.InsufficientPrivilege("new row violates row-level security policy"),
            WallBreachedError,
        ),
        (psycopg.OperationalError("server closed the connection unexpectedly"), StoreUnreachableError),
        (psycopg.errors.AdminShutdown("terminating connection"), StoreUnreachableError),
        (psycopg.errors.CrashShutdown("terminating connection"), StoreUnreachableError),
    ],
)
def test_what_the_server_says_is_sorted_by_what_to_do(fault: psycopg.Error, kind: type[TiebeamError]) -> None:
    found = translated(fault)
    assert type(found) is kind
    assert isinstance(found, TiebeamError)
    assert found.cause
    assert found.action
    assert found.code == kind.code


@pytest.mark.parametrize(
    "fault",
    [
        psycopg.errors.UniqueViolation("x"),
        psycopg.errors.QueryCanceled("x"),
        psycopg.errors.UndefinedTable("x"),
        psycopg.errors.FeatureNotSupported("cross-database references"),
        psycopg.ProgrammingError("x"),
    ],
)
def test_a_fault_of_ours_stays_what_it_is(fault: psycopg.Error) -> None:
    assert translated(fault) is fault


def test_a_password_that_the_message_repeats_is_taken_out() -> None:
    error = psycopg.OperationalError(f"cannot resolve {_SECRET}")
    found = connection_error(error, f"postgresql://ann:{_SECRET}@host/site")
    assert _SECRET not in str(found)
