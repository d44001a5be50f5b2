"""The command `tiebeam`."""

from __future__ import annotations

import typer

from tiebeam.cli import alerts, audit, connect, deletions, jobs, log, people, queue, records
from tiebeam.cli.always import scheduler, up, web, worker
from tiebeam.cli.demo import demo
from tiebeam.cli.doctor import doctor
from tiebeam.cli.init import init
from tiebeam.cli.outlook import plan
from tiebeam.cli.sim import commands as sim_commands
from tiebeam.cli.status import status
from tiebeam.cli.sync import sync

_EPILOG = (
    "Exit codes: 0 done; 1 a fault of ours; 2 the command line, a setting or an input cannot be used; "
    "3 the vendor refused or cannot be reached; 4 the database; 5 done, but something is missing; "
    "130 interrupted. "
    "Settings are environment variables TIEBEAM_…: see docs/reference/settings.md."
)

app = typer.Typer(
    name="tiebeam",
    help="A true local copy of Procore, kept in step. Start with `tiebeam demo`.",
    epilog=_EPILOG,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demo)
app.command()(init)
app.add_typer(connect.commands, name="connect")
app.command()(sync)
app.command()(status)
app.command()(up)
app.command()(worker)
app.command()(scheduler)
app.command()(web)
app.command()(plan)
app.add_typer(queue.commands, name="queue")
app.add_typer(alerts.commands, name="alerts")
app.add_typer(log.commands, name="log")
app.add_typer(records.commands, name="records")
app.add_typer(deletions.commands, name="deletions")
app.add_typer(jobs.commands, name="jobs")
app.add_typer(people.commands, name="people")
app.add_typer(people.keys, name="keys")
app.add_typer(audit.commands, name="audit")
app.add_typer(sim_commands, name="sim")
app.command()(doctor)


def run() -> None:
    """Run the command line."""
    app()
