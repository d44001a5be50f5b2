"""The processes of an installation: started, killed without warning, and started again after a moment."""

from __future__ import annotations

import signal
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.factories.command_line import Shell

NAMES = ("worker-1", "worker-2", "scheduler-1", "scheduler-2", "web-1")
_ENDS_WITHIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Killed:
    """What was killed, which process it was, and when."""

    part: str
    pid: int
    at: datetime

    @property
    def kind(self) -> str:
        """`worker`, `scheduler` or `web`."""
        return self.part.partition("-")[0]


@dataclass(slots=True)
class Parts:
    """What runs of `NAMES`, each as `tiebeam worker`, `scheduler` or `web` in a process of its own."""

    user: Shell
    logs: Path
    running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    died: list[str] = field(default_factory=list)
    """What ended by itself: nothing may."""

    def start(self, part: str) -> None:
        """Start what does not run."""
        with (self.logs / f"{part}.log").open("a") as log:
            words = part.partition("-")[0]
            self.running[part] = self.user.start(words, stdout=subprocess.DEVNULL, stderr=log)

    def kill(self, part: str) -> Killed:
        """End a process as a power cut does: it learns nothing of it."""
        process = self.running.pop(part)
        if process.poll() is not None:
            self.died.append(part)
        at = datetime.now(UTC)
        process.kill()
        process.wait()
        return Killed(part, process.pid, at)

    def end(self) -> dict[str, int]:
        """End what runs gracefully, and return the exit codes."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        ended, self.running = self.running, {}
        return {part: _ended(process) for part, process in ended.items()}


def _ended(process: subprocess.Popen[str]) -> int:
    try:
        return process.wait(_ENDS_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


@contextmanager
def parts(user: Shell, logs: Path) -> Iterator[Parts]:
    """Start all of them; whatever comes, none is left running."""
    logs.mkdir(parents=True, exist_ok=True)
    found = Parts(user, logs)
    try:
        for part in NAMES:
            found.start(part)
        yield found
    finally:
        for process in found.running.values():
            process.kill()
            process.wait()


def free_port() -> int:
    """Return a port that the web can be started at again and again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
