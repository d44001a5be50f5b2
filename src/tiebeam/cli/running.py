"""Running a command: one event loop, one place where errors become words and exit codes."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING, Any

import typer

from tiebeam.cli.exits import Exit, exit_for
from tiebeam.cli.output import errors, print_error
from tiebeam.kernel.errors import TiebeamError

if TYPE_CHECKING:
    from collections.abc import Coroutine


def run_command(work: Coroutine[Any, Any, Exit | None], *, as_json: bool = False) -> None:
    """Run a command's work to its end and leave with its exit code."""
    # To be asked to end is to be interrupted: what the command has put up, it also takes down.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        code = asyncio.run(work) or Exit.OK
    except (TiebeamError, BaseExceptionGroup) as failure:
        error = known_error(failure)
        if error is None:
            raise
        print_error(error, as_json=as_json)
        code = exit_for(error)
    except KeyboardInterrupt:
        errors.print("Interrupted. What was done is kept; the same command goes on from there.")
        code = Exit.INTERRUPTED
    if code is not Exit.OK:
        sys.stdout.flush()
        raise typer.Exit(int(code))


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
