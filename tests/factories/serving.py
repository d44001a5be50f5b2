"""`tiebeam up` and its parts, running beside a test."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from subprocess import Popen

    from tests.factories.command_line import Shell

PATIENCE_SECONDS = 120


def until(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.3)


@contextmanager
def started(
    user: Shell, command: str = "up", parts: str = "workers, scheduler and web"
) -> Iterator[tuple[Popen[str], str]]:
    """Start it, and give it with the address that it serves; whatever a test comes to, it ends."""
    up = user.start(command, stderr=None)
    try:
        assert up.stdout
        line = up.stdout.readline()
        assert line.startswith(f"Up: {parts} at http://"), line
        yield up, line.split()[-4].rstrip(".")
    finally:
        up.kill()
        up.communicate()
