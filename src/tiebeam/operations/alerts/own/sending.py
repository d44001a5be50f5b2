"""One message to one channel, as a process of its own: what a company names cannot reach into ours.

It is started with nothing of our environment, reads its errand from standard input, refuses to connect to
what is no public address, whatever a name leads to by now or an answer redirects to, starts no process,
and can be ended at any time.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from contextlib import suppress
from typing import Any, Final

import apprise

from tiebeam.kernel.errors import TiebeamError
from tiebeam.operations.alerts.own.addresses import fault_of
from tiebeam.operations.alerts.own.kinds import destination_of

MEMORY_BYTES_MAX: Final = 768 * 1024 * 1024
_CALLS: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_PROCESSES: Final = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork"})
_STATUS: Final = re.compile(r"\berror=(\d{3})\b")


class Guard:
    """Stands at every connection that this process makes; `refused` says what it stopped."""

    def __init__(self) -> None:
        self.refused: str | None = None

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        """Raise PermissionError for what is not allowed here."""
        if event in _PROCESSES:
            raise PermissionError(event)
        if event not in _CALLS:
            return
        address = args[1] if len(args) > 1 else None
        why = fault_of(str(address[0])) if isinstance(address, tuple) and address else "private"
        if why is not None:
            self.refused = why
            raise PermissionError(event)


class _Ear(logging.Handler):
    """Hears what the plug-in says of a failure: the status goes on, the rest is forgotten."""

    def __init__(self) -> None:
        super().__init__()
        self.said = ""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(TypeError, ValueError):
            self.said += record.getMessage() + "\n"


def carry(errand: dict[str, Any]) -> dict[str, Any]:
    """Do an errand; return whether the message was taken, what answered, and what was refused."""
    destination = destination_of(errand["url"])
    ear, guard = _Ear(), Guard()
    log = logging.getLogger("apprise")
    log.addHandler(ear)
    log.propagate = False
    if not errand["private"]:
        sys.addaudithook(guard)
    taken = destination.plugin.notify(
        title=errand["title"],
        body=errand["body"],
        notify_type=apprise.NotifyType(errand["kind"]),
        body_format=apprise.NotifyFormat.TEXT,
    )
    status = _STATUS.search(ear.said)
    return {
        "taken": bool(taken),
        "status": int(status.group(1)) if status else None,
        "unreachable": "onnection error" in ear.said,
        "refused": guard.refused,
    }


def _bound_memory() -> None:
    with suppress(ImportError, ValueError, OSError):  # Windows has no such bound.
        import resource  # noqa: PLC0415 - it is not there everywhere

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))


def main() -> None:
    """Do the errand that stands at standard input, and write what came of it."""
    _bound_memory()
    try:
        found = carry(json.loads(sys.stdin.buffer.read()))
    except TiebeamError as error:
        found = {"taken": False, "said": error.cause}
    except Exception:  # noqa: BLE001 - a plug-in that breaks is a message that was not taken, and tells no more
        found = {"taken": False}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
