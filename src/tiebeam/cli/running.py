"""Running a command: one event loop, one place where errors become words and exit codes."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import typer

from tiebeam.cli.exits import Exit, exit_for
from tiebeam.cli.output import errors, print_error
from tiebeam.kernel.errors import TiebeamError

if TYPE_CHECKING:
    from collections.abc import Coroutine


def run_command(work: Coroutine[Any, Any, Exit | None], *, as_json: bool = False) -> None:
    """Run a command's work to its end and leave with its exit code."""
    try:
        code = asyncio.run(_until_asked_to_end(work)) or Exit.OK
    except (TiebeamError, BaseExceptionGroup) as failure:
        error = known_error(failure)
        if error is None:
            raise
        print_error(error, as_json=as_json)
        code = exit_for(error)
    except (KeyboardInterrupt, asyncio.CancelledError):
        errors.print("Interrupted. What was done is kept; the same command goes on from there.")
        code = Exit.INTERRUPTED
    if code is not Exit.OK:
        sys.stdout.flush()
        raise typer.Exit(int(code))


async def _until_asked_to_end(work: Coroutine[Any, Any, Exit | None]) -> Exit | None:
    """Do the work; SIGTERM ends it as Ctrl-C does: what the command has put up, it also takes down.

    Not by way of SIGINT, which a shell has its background jobs ignore.
    """
    task = asyncio.current_task()
    assert task
    # Windows has no such handlers; there a process is ended without being asked.
    with suppress(NotImplementedError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await work


def known_error(failure: BaseException) -> TiebeamError | None:
    """Return the error that a person can act on, also out of a group; None when something else is in there.

    Listings that are read side by side fail together when the way to the vendor or the database is gone.
    """
    if isinstance(failure, TiebeamError):
        return failure
    if not isinstance(failure, BaseExceptionGroup):
        return None
    found = [known_error(part) for part in failure.exceptions]
    return None if None in found else found[0]
