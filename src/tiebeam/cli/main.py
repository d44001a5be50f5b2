"""The command `tiebeam`."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COMMANDS: Final[Mapping[str, str]] = {
    "demo": "demo:demo",
    "init": "init:init",
    "connect": "connect:commands",
    "sync": "sync:sync",
    "status": "status:status",
    "up": "always:up",
    "worker": "always:worker",
    "scheduler": "always:scheduler",
    "web": "always:web",
    "plan": "outlook:plan",
    "queue": "queue:commands",
    "alerts": "alerts:commands",
    "log": "log:commands",
    "records": "records:commands",
    "deletions": "deletions:commands",
    "people": "people:commands",
    "keys": "people:keys",
    "jobs": "jobs:commands",
    "audit": "audit:commands",
    "sim": "sim:commands",
    "doctor": "doctor:doctor",
}
"""Every command, in the order of the help, and where in `tiebeam.cli` its function or group is."""
_HELP = "A true local copy of Procore, kept in step. Start with `tiebeam demo`."
_EPILOG = (
    "Exit codes: 0 done; 1 a fault of ours; 2 the command line, a setting or an input cannot be used; "
    "3 the vendor refused or cannot be reached; 4 the database; 5 done, but something is missing; "
    "130 interrupted. "
    "Settings are environment variables TIEBEAM_…: see docs/reference/settings.md."
)


def command_line(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """Return the command line with these commands: what the others need is not loaded."""
    made = typer.Typer(
        name="tiebeam",
        help=_HELP,
        epilog=_EPILOG,
        callback=_nothing_first,
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for name in names:
        module, _, member = COMMANDS[name].partition(":")
        found: Any = getattr(import_module(f"tiebeam.cli.{module}"), member)
        if isinstance(found, typer.Typer):
            made.add_typer(found, name=name)
        else:
            made.command(name)(found)
    return made


def _nothing_first() -> None:
    """Do nothing: with it, even a single command is called by its name."""


def run() -> None:
    """Run the command line."""
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    command_line([asked] if asked in COMMANDS else COMMANDS)()
