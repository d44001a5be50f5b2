"""What befalls the embedded server and its clients, each with real processes."""
# ruff: noqa: ASYNC220, ASYNC240 - a test's loop has nothing else to run.

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from tests.factories.embedded import (
    Client,
    asked,
    client_of,
    gone,
    kill_postmaster,
    kill_watcher,
    off_duty,
    server_folder,
    superuser,
    told,
)

from tiebeam.store.embedded import EmbeddedServer
from tiebeam.store.errors import EmbeddedServerError
from tiebeam.store.postmaster import Places, postmaster_pid, running

if TYPE_CHECKING:
    from collections.abc import Iterator

_STARTED_AT = "select pg_postmaster_start_time()::text"


@pytest.fixture
def root() -> Iterator[Path]:
    with server_folder() as folder:
        yield folder / "server"


async def test_it_starts_stops_and_starts_again_with_its_data(root: Path) -> None:
    async with await EmbeddedServer.start(root, fsync=False) as server:
        await told(server.owner_url(), "create table kept (n int)", "insert into kept values (7)")
    assert not running(Places(root))
    async with await EmbeddedServer.start(root, fsync=False) as server:
        assert await asked(server.owner_url(), "select n from kept") == 7
    await off_duty(root)


async def test_it_is_what_it_says(root: Path) -> None:
    async with await EmbeddedServer.start(root) as server:
        settings = {
            name: await asked(superuser(server), f"show {name}")
            for name in (
                "data_checksums",
                "listen_addresses",
                "fsync",
                "server_encoding",
                "unix_socket_permissions",
            )
        }
        roles = "select string_agg(rolname, ',') from pg_roles where rolsuper and rolcanlogin"
        assert await asked(superuser(server), roles) == "postgres"
        folder = Path(str(await asked(superuser(server), "show unix_socket_directories")).strip('"'))
        if server.major >= 17:
            locale = "select datlocprovider::text || datlocale from pg_database where datname = 'tiebeam'"
            assert await asked(superuser(server), locale) == "bC.UTF-8"
    assert settings == {
        "data_checksums": "on",
        "listen_addresses": "",
        "fsync": "on",
        "server_encoding": "UTF8",
        "unix_socket_permissions": "0700",
    }
    assert folder.stat().st_mode & 0o777 == 0o700


async def test_the_last_one_out_stops_it(root: Path) -> None:
    first = await EmbeddedServer.start(root, fsync=False)
    second = await EmbeddedServer.start(root, fsync=False)
    await first.stop()
    await first.stop()
    assert await asked(second.url(), "select 1") == 1
    await second.stop()
    assert not running(Places(root))


async def test_several_processes_start_one_server_from_nothing(root: Path) -> None:
    clients = await asyncio.gather(*(Client.spawn(root) for _ in range(4)))
    await asyncio.gather(*(client.ready() for client in clients))
    started = {await asked(client.url, _STARTED_AT) for client in clients}
    assert len(started) == 1
    await asyncio.gather(*(client.leave() for client in clients))
    assert not running(Places(root))


async def test_a_killed_server_recovers_what_was_committed(root: Path) -> None:
    async with await EmbeddedServer.start(root) as server:
        await told(server.owner_url(), "create table kept (n int)", "insert into kept values (7)")
        kill_postmaster(root)
        async with await EmbeddedServer.start(root) as again:
            assert await asked(again.owner_url(), "select n from kept") == 7
    assert not running(Places(root))


async def test_a_server_killed_in_mid_query_waits_for_its_orphans(root: Path) -> None:
    async with await EmbeddedServer.start(root, fsync=False) as server:
        busy = await psycopg.AsyncConnection.connect(server.url(), autocommit=True)
        # It never looks up from its work, so it outlives its postmaster until the work is done.
        work = asyncio.create_task(busy.execute(b"select count(*) from generate_series(1, 6000000)"))
        while not await asked(superuser(server), _BUSY):
            pass
        kill_postmaster(root)
        async with await EmbeddedServer.start(root, fsync=False) as again:
            assert await asked(again.url(), "select 1") == 1
            await work
            with pytest.raises(psycopg.OperationalError):
                await busy.execute(b"select 1")


_BUSY = """
select count(*) from pg_stat_activity
where state = 'active' and query like '%generate_series(1,%' and pid <> pg_backend_pid()
"""


async def test_a_killed_client_does_not_leave_the_server_behind(root: Path) -> None:
    client = await (await Client.spawn(root)).ready()
    await client.kill()
    await gone(root)
    await off_duty(root)


async def test_a_killed_client_takes_nothing_from_the_others(root: Path) -> None:
    async with await EmbeddedServer.start(root, fsync=False) as server:
        client = await (await Client.spawn(root)).ready()
        await client.kill()
        assert await asked(server.url(), "select 1") == 1


async def test_with_client_and_watcher_killed_the_next_one_takes_over(root: Path) -> None:
    client = await (await Client.spawn(root)).ready()
    started = await asked(client.url, _STARTED_AT)
    kill_watcher(root)
    await off_duty(root)
    await client.kill()
    async with await EmbeddedServer.start(root, fsync=False) as server:
        assert await asked(server.url(), _STARTED_AT) == started
    await gone(root)


async def test_a_killed_watcher_is_replaced(root: Path) -> None:
    async with await EmbeddedServer.start(root, fsync=False) as server:
        kill_watcher(root)
        await off_duty(root)
        client = await (await Client.spawn(root)).ready()
        await server.stop()
        await client.kill()
        await gone(root)


async def test_a_pid_file_whose_number_is_now_somebody_elses(root: Path) -> None:
    async with await EmbeddedServer.start(root, fsync=False):
        pass
    owner = (root / "data").stat()
    with subprocess.Popen(
        ["/bin/cat"], stdin=subprocess.PIPE, **_as(owner.st_uid, owner.st_gid)
    ) as bystander:
        pid_file = Places(root).pid_file
        pid_file.write_text(
            f"{bystander.pid}\n{root}/data\n1790000000\n5432\n{root}/run\n\n  5432001  11\nready   \n"
        )
        async with await EmbeddedServer.start(root, fsync=False) as server:
            assert await asked(server.url(), "select 1") == 1
            assert postmaster_pid(Places(root)) != bystander.pid
        assert bystander.poll() is None
        bystander.communicate()


def _as(user: int, group: int) -> dict[str, Any]:
    return {"user": user, "group": group} if os.geteuid() == 0 else {}


@pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere init takes in every orphan, and leaves no zombie"
)
async def test_a_zombie_postmaster_is_dead(root: Path) -> None:
    async with client_of(root, adopting=True) as client:
        # It falls to this client, who does not look after it, so it stays in the process table.
        pid = kill_postmaster(root)
        async with await EmbeddedServer.start(root, fsync=False) as server:
            assert _state(pid) == "Z"
            assert await asked(server.url(), "select 1") == 1
            assert client.process.returncode is None


def _state(pid: int) -> str:
    listed = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listed.stdout.strip()[:1]


async def test_an_initdb_that_was_killed_leaves_no_half_made_data(root: Path) -> None:
    async with await EmbeddedServer.start(root, fsync=False):
        pass
    (root / "data").rename(root / "data.new")
    (root / "data.new" / "PG_VERSION").unlink()
    async with await EmbeddedServer.start(root, fsync=False) as server:
        assert await asked(server.url(), "select 1") == 1
    assert not (root / "data.new").exists()


async def test_a_start_that_takes_too_long_says_where_to_look(root: Path) -> None:
    with pytest.raises(EmbeddedServerError, match=r"not ready after 0 seconds.*postgres\.log"):
        await EmbeddedServer.start(root, fsync=False, ready_seconds_max=0)
    async with await EmbeddedServer.start(root, fsync=False) as server:
        assert await asked(server.url(), "select 1") == 1


async def test_a_broken_data_directory_says_what_postgres_said(root: Path) -> None:
    async with await EmbeddedServer.start(root, fsync=False):
        pass
    (root / "data" / "global" / "pg_control").write_bytes(b"")
    with pytest.raises(EmbeddedServerError, match="pg_control"):
        await EmbeddedServer.start(root, fsync=False)
    assert not running(Places(root))


async def test_stopping_after_the_folder_was_removed_is_no_fault(root: Path) -> None:
    server = await EmbeddedServer.start(root, fsync=False)
    places = Places(root)
    pid = postmaster_pid(places)
    assert pid
    moved = root.with_name("moved")
    root.rename(moved)
    await server.stop()
    moved.rename(root)
    async with await EmbeddedServer.start(root, fsync=False):
        assert postmaster_pid(places) == pid


async def test_the_operators_own_postgres_variables_do_not_matter(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PGPORT": "1",
        "PGHOST": "nowhere.invalid",
        "PGDATA": "/nowhere",
        "PGUSER": "x",
    }.items():
        monkeypatch.setenv(name, value)
    async with await EmbeddedServer.start(root, fsync=False) as server:
        assert await asked(server.url(), "select current_user") == "tiebeam_app"
