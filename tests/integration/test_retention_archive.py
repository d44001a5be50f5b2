"""The archive of the sync log: out and back byte for byte, whatever is killed, and no file is believed."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
import signal
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.factories.database import at, fresh_database

from tiebeam.identity.repository import Tenants
from tiebeam.operations.retention.archive_file import ArchiveWriter
from tiebeam.operations.retention.model import ArchiveError, ArchiveStatus
from tiebeam.operations.retention.plan import Keep
from tiebeam.operations.retention.repository import OldRows
from tiebeam.operations.retention.run import RESTORED_FOR, Batches, LogArchive
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from tests.factories.database import TestServer

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import Clock, ManualClock

pytestmark = pytest.mark.req("R17")

ROWS = 60
_FILL = """
insert into tiebeam.sync_log (tenant_id, at, feed_id, pull_id, direction, result, keys, hashes, calls, detail)
select %(tenant)s, %(at)s::timestamptz - (%(rows)s - n) * interval '1 day' - interval '1.234567 seconds',
    n %% 3,
    case when n %% 4 > 0 then n end, 'vendor_to_local', case n %% 3 when 0 then 'created' else 'pull' end,
    case when n %% 3 = 0 then array['k' || n, 'Ü "quoted"', ''] else '{}' end,
    case when n %% 3 = 0 then array[decode(md5(n::text), 'hex'), ''::bytea, '\\x00ff'] else '{}' end,
    n, case when n %% 2 = 0 then E'said: "ümlaut"\\n\\t' || n end
from generate_series(1, %(rows)s) n
"""
_DUMP = """
select id, tenant_id, at, feed_id, pull_id, direction, result, keys, hashes, calls, detail
from tiebeam.sync_log order by id
"""


class Killed(BaseException):
    """The process is gone."""


async def fill(store: Store, tenant: Tenant, clock: ManualClock, rows: int = ROWS) -> None:
    """A row a day up to now: with 30 days kept, half of them are old."""
    async with store.transaction(tenant.id) as tx:
        await tx.run(_FILL, {"tenant": tenant.id, "at": clock.now(), "rows": rows})


async def dump(store: Store, tenant_id: UUID) -> list[tuple[Any, ...]]:
    async with store.transaction(tenant_id) as tx:
        return await tx.rows(_DUMP)


def archive_of(store: Store, clock: Clock, folder: Path, *, file_rows: int = 1000) -> LogArchive:
    return LogArchive(OldRows(store), folder, clock, keep=Keep(30), batches=Batches(7, file_rows))


@pytest.fixture
async def filled(store: Store, tenant: Tenant, clock: ManualClock) -> list[tuple[Any, ...]]:
    await fill(store, tenant, clock)
    return await dump(store, tenant.id)


@pytest.fixture
def archive(store: Store, clock: ManualClock, tmp_path: Path) -> LogArchive:
    return archive_of(store, clock, tmp_path)


async def test_what_is_old_goes_and_comes_back_byte_for_byte(
    store: Store, clock: ManualClock, tenant: Tenant, archive: LogArchive, filled: list[Any]
) -> None:
    done = await archive.archive(tenant.id)
    assert (done.rows_written, done.rows_deleted, done.faults) == (30, 30, ())
    assert await dump(store, tenant.id) == filled[30:]
    (file,) = await archive.files(tenant.id)
    assert (file.status, file.rows, file.last_at) == (ArchiveStatus.EMPTIED, 30, filled[29][2])
    path = archive.folder(tenant.id) / file.name
    written = path.read_bytes()
    assert hashlib.sha256(written).digest() == file.sha256
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700

    back = await archive.restore(tenant.id, path)
    assert (back.rows, back.added) == (30, 30)
    assert await dump(store, tenant.id) == filled
    assert (await archive.restore(tenant.id, path)).added == 0
    assert await dump(store, tenant.id) == filled

    clock.advance(RESTORED_FOR.total_seconds() - 60)
    assert (await archive.archive(tenant.id)).rows_deleted == 29
    assert await dump(store, tenant.id) == [*filled[:30], filled[59]]
    clock.advance(60)
    assert (await archive.archive(tenant.id)).rows_deleted == 31
    assert await dump(store, tenant.id) == []
    assert path.read_bytes() == written


async def test_the_same_rows_make_the_same_bytes(
    store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path, filled: list[Any]
) -> None:
    assert filled
    rows = await OldRows(store).old_log(tenant.id, clock.now(), 0, 1000)
    files = []
    for name in ("one", "two"):
        writer = ArchiveWriter(tmp_path / name, tenant.id)
        writer.add(rows)
        files.append((tmp_path / name / writer.finish().name).read_bytes())
    assert files[0] == files[1]
    first, *lines, last = gzip.decompress(files[0]).splitlines()
    assert str(tenant.id).encode() in first
    assert len(lines) == ROWS
    assert b'"rows":60' in last


async def test_a_kill_after_any_statement_loses_nothing_and_doubles_nothing(
    store: Store, database_url: str, tenant: Tenant, tmp_path: Path, filled: list[Any]
) -> None:
    kills, clock = 0, store.clock
    while await killed_after(database_url, clock, tenant, tmp_path, statements=kills + 1):
        kills += 1
        assert kills < 500
        await see_it_whole(store, clock, tenant, tmp_path, filled)
    assert kills > 40


_DOOMED = """
import asyncio, os, pathlib, signal, sys, uuid
from tiebeam.kernel.clock import ManualClock
from tiebeam.operations.retention.plan import Keep
from tiebeam.operations.retention.repository import OldRows
from tiebeam.operations.retention.run import Batches, LogArchive
from tiebeam.store.pool import Store
from datetime import datetime

url, tenant, folder, now, batches = sys.argv[1:]

async def main():
    asked = 0
    async def count(name):
        nonlocal asked
        asked += name.endswith("old_log")
        if asked == int(batches):
            os.kill(os.getpid(), signal.SIGKILL)
    clock = ManualClock(datetime.fromisoformat(now))
    async with await Store.open(url, clock=clock, after_statement=count) as store:
        archive = LogArchive(OldRows(store), pathlib.Path(folder), clock, keep=Keep(30), batches=Batches(7))
        await archive.archive(uuid.UUID(tenant))

asyncio.run(main())
"""


async def test_a_file_that_a_kill_cut_off_is_written_anew(
    store: Store, database_url: str, tenant: Tenant, archive: LogArchive, filled: list[Any]
) -> None:
    folder = archive.folder(tenant.id)
    words = (database_url, str(tenant.id), str(folder.parent), store.clock.now().isoformat(), "3")
    doomed = await asyncio.create_subprocess_exec(sys.executable, "-c", _DOOMED, *words)
    assert await doomed.wait() == -signal.SIGKILL
    assert [path.name for path in folder.iterdir()] == ["sync_log.part"]
    assert await dump(store, tenant.id) == filled
    assert (await archive.archive(tenant.id)).rows_deleted == 30
    (path,) = folder.iterdir()
    assert (await archive.restore(tenant.id, path)).added == 30
    assert await dump(store, tenant.id) == filled


async def killed_after(url: str, clock: Clock, tenant: Tenant, folder: Path, *, statements: int) -> bool:
    """Archive until that many statements have run, then die; False when it came to its end before."""
    left = statements

    async def count(_: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed

    doomed = await Store.open(url, clock=clock, after_statement=count)
    try:
        await archive_of(doomed, clock, folder, file_rows=11).archive(tenant.id)
    except Killed:
        return True
    finally:
        await doomed.close()
    return False


async def see_it_whole(store: Store, clock: Clock, tenant: Tenant, folder: Path, filled: list[Any]) -> None:
    """Finish what was killed, read everything back, and begin again with all rows in the database alone."""
    archive = archive_of(store, clock, folder, file_rows=11)
    done = await archive.archive(tenant.id)
    assert done.faults == ()
    assert await dump(store, tenant.id) == filled[30:]
    files = await archive.files(tenant.id)
    assert sum(file.rows for file in files) == 30
    assert {path.name for path in archive.folder(tenant.id).iterdir()} == {file.name for file in files}
    await archive.restore_span(tenant.id, clock.now() - timedelta(days=999), clock.now())
    assert await dump(store, tenant.id) == filled
    for file in files:
        (archive.folder(tenant.id) / file.name).unlink()
    async with store.transaction(tenant.id) as tx:
        await tx.run("delete from tiebeam.log_archive")


@pytest.mark.parametrize(
    "fault", ["cut", "changed", "tail", "empty", "header", "other", "version", "missing"]
)
async def test_a_file_that_is_not_as_it_was_is_refused_and_nothing_changes(
    store: Store, tenant: Tenant, archive: LogArchive, filled: list[Any], fault: str
) -> None:
    await archive.archive(tenant.id)
    (file,) = await archive.files(tenant.id)
    path = archive.folder(tenant.id) / file.name
    spoil(path, fault)
    with pytest.raises(ArchiveError) as refused:
        await archive.restore(tenant.id, path)
    assert refused.value.code == "input.archive"
    assert SAID[fault] in refused.value.cause
    assert refused.value.action
    assert await dump(store, tenant.id) == filled[30:]
    assert [one.status for one in await archive.files(tenant.id)] == [ArchiveStatus.EMPTIED]


SAID = {
    "cut": "gzip cannot read it",
    "changed": "it was cut off or changed",
    "tail": "it was cut off or changed",
    "empty": "line 1 is no JSON object",
    "header": "it is not an archived sync log",
    "other": "is the log of another company",
    "version": "is of version 2",
    "missing": "There is no file",
}


def spoil(path: Path, fault: str) -> None:
    if fault == "missing":
        path.unlink()
    elif fault == "cut":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif fault == "empty":
        path.write_bytes(b"")
    else:
        lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
        path.write_bytes(gzip.compress(b"".join(changed(lines, fault))))


def changed(lines: list[bytes], fault: str) -> list[bytes]:
    header, *rows, end = lines
    if fault == "changed":
        return [header, *rows[:-1], rows[-1].replace(b'"calls":', b'"calls":1'), end]
    if fault == "tail":
        return [header, *rows[:-2], end]
    headers = {
        "header": b'{"format":"x"}\n',
        "other": re.sub(rb'"tenant":"........', b'"tenant":"00000000', header),
        "version": header.replace(b'"version":1', b'"version":2'),
    }
    return [headers[fault], *rows, end]


async def test_a_good_file_of_other_content_is_not_taken_for_the_archived_one(
    store: Store, clock: ManualClock, tenant: Tenant, archive: LogArchive, filled: list[Any]
) -> None:
    rows = await OldRows(store).old_log(tenant.id, clock.now() - timedelta(days=30), 0, 1000)
    await archive.archive(tenant.id)
    (file,) = await archive.files(tenant.id)
    writer = ArchiveWriter(archive.folder(tenant.id), tenant.id)
    writer.add([rows[0], *rows[2:]])
    forged = writer.finish()
    assert forged.name == file.name
    with pytest.raises(ArchiveError, match="not the file that was archived under this name"):
        await archive.restore(tenant.id, archive.folder(tenant.id) / forged.name)
    assert await dump(store, tenant.id) == filled[30:]


async def test_rows_that_differ_from_their_file_are_not_deleted(
    store: Store, clock: ManualClock, tenant: Tenant, archive: LogArchive, filled: list[Any]
) -> None:
    rows = await OldRows(store).old_log(tenant.id, clock.now() - timedelta(days=30), 0, 5)
    writer = ArchiveWriter(archive.folder(tenant.id), tenant.id)
    object.__setattr__(rows[2], "calls", 99)
    writer.add(rows)
    writer.finish()
    done = await archive.archive(tenant.id)
    assert len(done.faults) == 1
    assert "other rows of the log" in done.faults[0]
    assert (await dump(store, tenant.id))[:3] == filled[30:33]
    back = await archive.restore(tenant.id, archive.folder(tenant.id) / done.files[0].name)
    assert back.added == 30
    assert await dump(store, tenant.id) == filled


async def test_a_span_brings_back_the_files_that_hold_some_of_it(
    store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path, filled: list[Any]
) -> None:
    archive = archive_of(store, clock, tmp_path, file_rows=10)
    await archive.archive(tenant.id)
    files = await archive.files(tenant.id)
    assert [file.rows for file in files] == [10, 10, 10]
    since = filled[12][2]
    back = await archive.restore_span(tenant.id, since, since + timedelta(hours=1))
    assert [one.name for one in back] == [files[1].name]
    assert await dump(store, tenant.id) == [*filled[10:20], *filled[30:]]


@pytest.mark.req("P21")
async def test_another_company_s_log_and_files_are_out_of_reach(
    store: Store, clock: ManualClock, tenant: Tenant, archive: LogArchive, filled: list[Any]
) -> None:
    other = await Tenants(store).create("birch", "Birch Ltd")
    assert (await archive.archive(other.id)).rows_written == 0
    assert await dump(store, tenant.id) == filled
    await archive.archive(tenant.id)
    assert await archive.files(other.id) == []
    assert await archive.restore_span(other.id, clock.now() - timedelta(days=999), clock.now()) == []
    (file,) = await archive.files(tenant.id)
    with pytest.raises(ArchiveError, match="another company"):
        await archive.restore(other.id, archive.folder(tenant.id) / file.name)
    assert await dump(store, other.id) == []


async def test_one_run_at_a_time(
    store: Store, tenant: Tenant, archive: LogArchive, filled: list[Any]
) -> None:
    turn = await OldRows(store).turn(tenant.id)
    assert turn
    with pytest.raises(ArchiveError, match="Another run"):
        await archive.archive(tenant.id)
    await turn.release()
    assert await dump(store, tenant.id) == filled


async def test_a_lost_database_gets_its_log_back_from_files_alone(
    database_server: TestServer, clock: ManualClock, tenant: Tenant, archive: LogArchive, filled: list[Any]
) -> None:
    await archive.archive(tenant.id)
    (path,) = archive.folder(tenant.id).iterdir()
    async with (
        fresh_database(database_server) as name,
        await Store.open(at(database_server.app_url, name), clock=clock) as anew,
    ):
        await Tenants(anew, lambda: tenant.id).create("alder", "Alder & Sons")
        there = archive_of(anew, clock, path.parents[1] / "elsewhere")
        assert (await there.restore(tenant.id, path)).added == 30
        assert await dump(anew, tenant.id) == filled[:30]
        assert [file.status for file in await there.files(tenant.id)] == [ArchiveStatus.RESTORED]
        clock.advance(RESTORED_FOR.total_seconds())
        assert (await there.archive(tenant.id)).rows_deleted == 30
        await fill(anew, tenant, clock, rows=5)
        taken = await dump(anew, tenant.id)
        with pytest.raises(ArchiveError, match="other rows of the log"):
            await there.restore(tenant.id, path)
        assert await dump(anew, tenant.id) == taken


async def test_for_ever_is_for_ever(
    store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path, filled: list[Any]
) -> None:
    kept = LogArchive(OldRows(store), tmp_path, clock, keep=Keep(sync_log_days=None))
    assert (await kept.archive(tenant.id)).rows_written == 0
    assert await dump(store, tenant.id) == filled


async def test_a_folder_that_cannot_be_written_is_a_help_page_and_no_row_goes(
    store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path, filled: list[Any]
) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(ArchiveError, match="cannot be written") as refused:
        await archive_of(store, clock, tmp_path / "taken").archive(tenant.id)
    assert "TIEBEAM_ARCHIVE" in refused.value.action
    assert await dump(store, tenant.id) == filled
