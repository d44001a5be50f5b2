"""Commands that are ready to run: the program is loaded once, and each command is a process forked from it.

Loading it is most of what a short command costs, and the tests run hundreds. The process of a command is its
own: it has its environment, folder, session, input and exit code, as one that a shell starts. That `tiebeam`
also starts from nothing is seen by whoever starts it with `Shell.start`.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import TYPE_CHECKING, Any

from tiebeam.cli.main import command_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]
_LETTER_BYTES_MAX = 1 << 20
TERMINAL = {"COLUMNS": "200", "TERM": "dumb"}
"""Of the environment what is read when the program is loaded: the same for every command."""
_LATE = "tiebeam.store.migrate"
"""What commands load when they need it."""


def run_command(
    words: Sequence[str], *, stdin: str, environment: Mapping[str, str], folder: Path, seconds_max: float
) -> subprocess.CompletedProcess[str]:
    """Run `tiebeam` with `words` to its end. Raises `subprocess.TimeoutExpired`."""
    assert environment.items() >= TERMINAL.items()
    letter = json.dumps({"words": [*words], "environment": {**environment}, "folder": str(folder)}).encode()
    with ExitStack() as stack:
        texts = [stack.enter_context(TemporaryFile("w+", encoding="utf-8", newline="")) for _ in range(3)]
        texts[0].write(stdin)
        texts[0].seek(0)
        ours, theirs = map(stack.enter_context, socket.socketpair())
        _stand().send(letter, [*(text.fileno() for text in texts), theirs.fileno()])
        theirs.close()
        code = _code_of(ours, words, seconds_max)
        for text in texts[1:]:
            text.seek(0)
        return subprocess.CompletedProcess([*words], code, texts[1].read(), texts[2].read())


def _code_of(told: socket.socket, words: Sequence[str], seconds_max: float) -> int:
    """Return the exit code of a command, having ended it when it takes too long."""
    with told.makefile("rb", buffering=0) as lines:
        process_id = int(lines.readline())
        told.settimeout(seconds_max)
        try:
            return int(lines.readline())
        except TimeoutError:
            os.killpg(process_id, signal.SIGKILL)
            raise subprocess.TimeoutExpired([*words], seconds_max) from None


class _Stand:
    """The process that has loaded the program."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._turn = Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.factories.ready_commands", str(theirs.fileno())],
                env={
                    **os.environ,
                    **TERMINAL,
                    "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
                },
                cwd=ROOT,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )

    def send(self, letter: bytes, files: list[int]) -> None:
        """Have a command run with these as its standard files and as what is told of its end."""
        with self._turn:
            socket.send_fds(self._ours, [letter], files)

    def end(self) -> None:
        """End it."""
        self._ours.close()
        self._process.wait()


@cache
def _stand() -> _Stand:
    made = _Stand()
    atexit.register(made.end)
    return made


def _serve(asked: socket.socket) -> dict[str, Any]:
    """Fork a process for each command that is asked for; return what is to be run, in that process."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        letter, files, _, _ = socket.recv_fds(asked, _LETTER_BYTES_MAX, 4)
        if not letter:
            sys.exit()
        if os.fork() == 0:
            asked.close()
            if _watched(files):
                found: dict[str, Any] = json.loads(letter)
                return found
        for file in files:
            os.close(file)


def _watched(files: list[int]) -> bool:
    """Fork once more: return in the command's process, and tell of its end from the one that stays."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    process_id = os.fork()
    if process_id == 0:
        os.setsid()
        for number, file in enumerate(files):
            if number < 3:
                os.dup2(file, number)
            os.close(file)
        return True
    os.write(files[3], b"%d\n" % process_id)
    _, status = os.waitpid(process_id, 0)
    with suppress(BrokenPipeError):  # Whoever asked has waited long enough.
        os.write(files[3], b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(words: Sequence[str], environment: Mapping[str, str], folder: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    time.tzset()
    sys.argv = ["tiebeam", *words]
    runpy.run_module("tiebeam", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    command_line()
    import_module(_LATE)
    gc.collect()
    gc.freeze()
    _become(**_serve(socket.socket(fileno=int(sys.argv[1]))))
