"""A server's folder and its life: is it running, and stopping it when nobody uses it.

Liveness is the kernel's word, not a pid file's: the postmaster inherits a locked file, and so does every
process it forks, so the lock is free exactly when the last of them is gone, whatever killed it. Clients hold
a shared lock in the same way. Only the standard library is imported, to keep the watcher small. POSIX only.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

STEP_SECONDS: Final = 0.01
LOCKS: Final = ("boot", "users", "server", "watch")
_STOP_SECONDS_MAX: Final = 60.0
_ORPHANS_SECONDS_MAX: Final = 1.0


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything of one embedded server lives, below `root`."""

    root: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.root / "data"

    @property
    def pid_file(self) -> Path:
        """What the postmaster writes about itself."""
        return self.data / "postmaster.pid"

    @property
    def log(self) -> Path:
        """What the server has to say."""
        return self.root / "postgres.log"

    def lock(self, name: str) -> Path:
        """Return the lock file `name`, one of `LOCKS`."""
        return self.root / f"{name}.lock"


def hold(file: Path, *, shared: bool = False, wait: bool = True) -> IO[bytes] | None:
    """Lock `file` until the answer is closed or its holders are dead; None when taken and not to `wait`."""
    # Not made here: a watcher that wakes late must not put anything into a folder that is being removed.
    opened = file.open("rb")
    try:
        fcntl.flock(opened, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        opened.close()
        return None
    except BaseException:
        opened.close()
        raise
    return opened


@contextmanager
def booting(places: Places) -> Iterator[None]:
    """Be the only one who starts or stops the server of `places`."""
    held = hold(places.lock("boot"))
    try:
        yield
    finally:
        if held:
            held.close()


def ticks(seconds: float) -> Iterator[None]:
    """Yield about every `STEP_SECONDS`, the first time at once, for `seconds` in all."""
    pause = Event()
    for _ in range(max(1, round(seconds / STEP_SECONDS))):
        yield
        pause.wait(STEP_SECONDS)


def running(places: Places) -> bool:
    """Return whether any process of the server is left, orphans included."""
    held = hold(places.lock("server"), wait=False)
    if held is None:
        return True
    held.close()
    return False


def pid_lines(places: Places) -> list[str]:
    """Return the lines of the postmaster's own file, none when there is no such file.

    They are pid, data directory, start, port, socket folder, address, shared memory, status.
    """
    try:
        return places.pid_file.read_text("utf-8", "surrogateescape").split("\n")
    except FileNotFoundError:
        return []


def postmaster_pid(places: Places) -> int | None:
    """Return the pid of our postmaster; None when its file is stale or the number is another's by now."""
    lines = pid_lines(places)
    if not lines or not lines[0].isdigit():
        return None
    pid = int(lines[0])
    return pid if os.fsencode(places.data) in _command_line(pid) else None


def _command_line(pid: int) -> bytes:
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return b""
    listed = subprocess.run(  # noqa: S603 - a number is the only argument
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False
    )
    return listed.stdout


def stop(places: Places) -> bool:
    """Ask the server to shut down, which ends its sessions, and wait; return whether it is gone.

    The caller holds the boot lock.
    """
    pid = postmaster_pid(places) if running(places) else None
    socket_folder = Path(pid_lines(places)[4]) if pid is not None else places.root
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
    patience = _ORPHANS_SECONDS_MAX if pid is None else _STOP_SECONDS_MAX
    gone = any(not running(places) for _ in ticks(patience))
    if gone and places.root not in (socket_folder, *socket_folder.parents):
        with suppress(OSError):
            socket_folder.rmdir()
    return gone


def stop_if_unused(places: Places) -> bool:
    """Stop the server unless a client lives; return whether it is gone."""
    with booting(places):
        unused = hold(places.lock("users"), wait=False)
        if unused is None:
            return False
        with unused:
            return stop(places)
