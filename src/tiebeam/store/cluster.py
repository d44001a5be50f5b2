"""Make a data directory and launch the server on it. All of it blocks and runs under the boot lock."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from tiebeam.store.errors import EmbeddedServerError, disk_full
from tiebeam.store.postmaster import hold, pid_lines, ticks

if TYPE_CHECKING:
    from tiebeam.store.account import Account
    from tiebeam.store.binaries import Binaries
    from tiebeam.store.postmaster import Places

PORT: Final = 5432
OWNER: Final = "tiebeam"
SUPERUSER: Final = "postgres"

_SOCKET_PATH_BYTES_MAX: Final = 100
_LOG_BYTES_MAX: Final = 10_000_000

# One statement a line, as single-user mode reads them. The owner is no superuser: what works here works on a
# managed database too.
_FOUNDATION = """\
create role tiebeam login createdb createrole;
create role tiebeam_app login nosuperuser nobypassrls nocreatedb nocreaterole;
grant tiebeam_app to tiebeam with admin option;
create database tiebeam owner tiebeam;
"""

_SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "max_wal_size": "512MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "wal_compression": "on",
    "jit": "off",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}
_UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# Memory that holds what is being compared: beyond it a sweep waits for the disk at every page. It is taken as
# it is used.
_BUFFERS_MIB = (128, 1024)
_BUFFERS_SHARE = 8

# The shell is gone before the server is up, so the server is nobody's child and leaves no zombie behind.
_DETACHED = ("/bin/sh", "-c", '"$@" &', "sh")


def _memory() -> dict[str, str]:
    whole = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    with suppress(OSError, ValueError):
        # What a container may use of it; `max` where it may use all.
        whole.append(int(Path("/sys/fs/cgroup/memory.max").read_text("ascii")))
    least, most = _BUFFERS_MIB
    return {"shared_buffers": f"{max(least, min(most, min(whole) // _BUFFERS_SHARE // 2**20))}MB"}


@dataclass(frozen=True, slots=True)
class Launch:
    """What is to be started, by whom, and how patiently."""

    places: Places
    binaries: Binaries
    account: Account
    fsync: bool
    ready_seconds_max: float


def make_data(launch: Launch) -> None:
    """Make the data directory, its roles and its database, unless there is one: all of it or none of it."""
    if launch.places.data.exists():
        return
    unfinished = launch.places.root / "data.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    locale = ["--no-locale"]
    if launch.binaries.major >= 17:
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    _run(
        launch,
        "initdb",
        *("--pgdata", str(unfinished), "--username", SUPERUSER, "--encoding=UTF8", "--data-checksums"),
        *("--auth-local=trust", "--auth-host=reject", "--no-instructions"),
        *(() if launch.fsync else ("--no-sync",)),
        *locale,
    )
    _run(
        launch,
        "postgres",
        "--single",
        "-D",
        str(unfinished),
        "-c",
        "exit_on_error=on",
        "postgres",
        said=_FOUNDATION,
    )
    unfinished.rename(launch.places.data)


def _run(launch: Launch, program: str, *arguments: str, said: str = "") -> None:
    ran = subprocess.run(  # noqa: S603 - PostgreSQL's own programs, no shell
        [launch.binaries.program(program), *arguments],
        input=said,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd="/",
        env=_environment(),
        check=False,
        **launch.account.popen(),
    )
    if ran.returncode:
        raise _failure(f"PostgreSQL's {program} could not make the data directory", ran.stdout)


def _environment() -> dict[str, str]:
    # The operator's own PostgreSQL variables are about some other server.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C"}


def _failure(what: str, output: str) -> Exception:
    if "No space left on device" in output or "Disk quota exceeded" in output:
        return disk_full()
    lines = [line for line in output.strip().splitlines() if line][-5:]
    return EmbeddedServerError(
        f"{what}: {' / '.join(lines) or 'it said nothing'}.",
        action="Mend what it complains about, or set TIEBEAM_DATABASE_URL to a server of your own.",
    )


def ensure_running(launch: Launch) -> None:
    """Start the server unless it runs, and wait until it takes connections, however long its recovery takes.

    Raises `EmbeddedServerError` when it dies, or is not ready after `ready_seconds_max`.
    """
    log_start: int | None = None
    for _ in ticks(launch.ready_seconds_max):
        log_start = _started_or_failed(launch, log_start)
        if _ready(launch.places):
            return
    raise EmbeddedServerError(
        f"The embedded PostgreSQL is not ready after {launch.ready_seconds_max:.0f} seconds.",
        action=f"See {launch.places.log}: it may still be recovering from a crash. Try again later.",
    )


def _started_or_failed(launch: Launch, log_start: int | None) -> int | None:
    """Start the server if no process of it is left; if that was done before, it has failed."""
    lock = hold(launch.places.lock("server"), wait=False)
    if lock is None:
        return log_start
    with lock:
        if log_start is not None:
            raise _failure("The embedded PostgreSQL does not start", _log_after(launch, log_start))
        return _start(launch, lock)


def _start(launch: Launch, lock: IO[bytes]) -> int:
    """Launch the server with `lock` in its hands; return where in the log its words begin."""
    _disown_pid_file(launch.places)
    settings = _SETTINGS | _memory() | ({} if launch.fsync else _UNSAFE)
    folder = str(_socket_folder(launch)).replace('"', '""')
    settings["unix_socket_directories"] = f'"{folder}"'
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with _opened_log(launch) as log:
        log_start = log.tell()
        subprocess.run(  # noqa: S603 - PostgreSQL's own program, given to the shell as words
            [*_DETACHED, launch.binaries.program("postgres"), "-D", str(launch.places.data), *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=_environment() | {"PG_GRANDPARENT_PID": str(os.getpid())},
            # Ctrl-C in the terminal is for us; the server goes when its last client does.
            start_new_session=True,
            pass_fds=(lock.fileno(),),
            check=True,
            **launch.account.popen(),
        )
    return log_start


def _disown_pid_file(places: Places) -> None:
    """Put our own pid into a dead server's file.

    Its number may belong to some other process by now, which PostgreSQL would take for a live server; of its
    grandparent's, which it is told, it takes no notice. The rest must stay: it guards against a server that
    was started by other means.
    """
    lines = pid_lines(places)
    if not lines:
        return
    lines[0] = str(os.getpid())
    if len(lines) > 7:
        lines[7] = "stopped "
    places.pid_file.write_text("\n".join(lines), "utf-8", "surrogateescape")


def _opened_log(launch: Launch) -> IO[bytes]:
    log = launch.places.log
    if log.exists() and log.stat().st_size > _LOG_BYTES_MAX:
        log.replace(log.with_suffix(".log.1"))
    return log.open("ab")


def _socket_folder(launch: Launch) -> Path:
    folder = launch.places.root / "run"
    if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) > _SOCKET_PATH_BYTES_MAX or "," in str(folder):
        # Paths of sockets are short by law of the kernel, and libpq splits hosts at commas.
        name = hashlib.sha256(os.fsencode(launch.places.root)).hexdigest()[:12]
        folder = Path(_short_temporary_folder(), f"tiebeam-{launch.account.user_id}-{name}")
    try:
        folder.mkdir(mode=0o700)
        launch.account.own(folder)
    except FileExistsError:
        _require_private(folder, launch.account)
    (folder / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
    return folder


def _short_temporary_folder() -> str:
    folder = tempfile.gettempdir()
    if len(os.fsencode(folder)) < 50 and "," not in folder:
        return folder
    return "/tmp"  # noqa: S108 - a private folder is made in it


def _require_private(folder: Path, account: Account) -> None:
    status = folder.lstat()
    private = stat.S_ISDIR(status.st_mode) and stat.S_IMODE(status.st_mode) == 0o700
    if not private or status.st_uid != account.user_id:
        raise EmbeddedServerError(
            f"{folder} is to hold the database's socket, and it is not a private folder of {account.name}.",
            action="Find out who made it, and remove it.",
        )


def _ready(places: Places) -> bool:
    lines = pid_lines(places)
    return len(lines) > 7 and lines[7].strip() == "ready" and _answers(socket_path(places))


def socket_path(places: Places) -> Path:
    """Return the running server's socket, as it says itself: its starter may have chosen another folder."""
    return Path(pid_lines(places)[4], f".s.PGSQL.{PORT}")


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _log_after(launch: Launch, position: int) -> str:
    with launch.places.log.open("rb") as log:
        log.seek(position)
        return log.read().decode("utf-8", "replace")


def ensure_watched(places: Places) -> None:
    """Start a watcher unless one is on duty."""
    on_duty = hold(places.lock("watch"), wait=False)
    if on_duty is None:
        return
    on_duty.close()
    package = Path(__file__).parents[2]
    subprocess.run(  # noqa: S603 - this interpreter, our own module
        [sys.executable, "-S", "-m", "tiebeam.store.watch", str(places.root)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"PYTHONPATH": str(package), "PATH": os.defpath},
        check=True,
    )
