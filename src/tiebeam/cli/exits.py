"""Exit codes, by what a script should do next."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiebeam.kernel.errors import TiebeamError


class Exit(IntEnum):
    """What a command's exit code means."""

    OK = 0
    """It did what was asked."""
    FAILED = 1
    """It failed in a way that Tiebeam did not expect: a fault of ours, please report it."""
    USAGE = 2
    """The command line, a setting or an input cannot be used as it is."""
    VENDOR = 3
    """The vendor refused, is unreachable, or its credentials must be renewed."""
    DATABASE = 4
    """The database is unreachable, full, or of another version."""
    INCOMPLETE = 5
    """It ran to the end, but something is missing: a stream was not read, a check failed, copies differ."""
    INTERRUPTED = 130
    """Somebody pressed Ctrl-C; what was done is kept and the next run goes on from there."""


_BY_PREFIX = {
    "input": Exit.USAGE,
    "records": Exit.USAGE,
    "jobs": Exit.USAGE,
    "settings": Exit.USAGE,
    "app": Exit.USAGE,
    "web": Exit.USAGE,
    "store": Exit.DATABASE,
    "transport": Exit.VENDOR,
    "procore": Exit.VENDOR,
    "vault": Exit.VENDOR,
    "connection": Exit.VENDOR,
    "token": Exit.VENDOR,
    "vendor": Exit.VENDOR,
}


def exit_for(error: TiebeamError) -> Exit:
    """Return the exit code for an error, by the first word of its code."""
    return _BY_PREFIX.get(error.code.partition(".")[0], Exit.FAILED)
