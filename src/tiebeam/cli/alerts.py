"""`tiebeam alerts`: what is wrong, who has taken it on, and whether messages get through."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tiebeam.app import opened
from tiebeam.cli import channels
from tiebeam.cli.exits import Exit
from tiebeam.cli.output import AsJson, ago, console, print_json, print_table
from tiebeam.cli.running import run_command
from tiebeam.kernel.errors import BadInputError
from tiebeam.settings import read_settings

if TYPE_CHECKING:
    from datetime import datetime

    from tiebeam.operations.alerts.model import Alert

commands = typer.Typer(help="See what is wrong, take it on, and try whether messages get through.")
commands.add_typer(channels.commands, name="channels")


@commands.command("list")
def list_alerts(
    every: Annotated[bool, typer.Option("--all", help="Resolved ones too.")] = False, as_json: AsJson = False
) -> None:
    """List the alerts that stand, the worst first, each with what to do."""

    async def work() -> Exit | None:
        async with opened(read_settings()) as app:
            found = await app.alert_desk().open_alerts(app.tenant.id, every=every)
            now = app.clock.now()
        if as_json:
            print_json([_as_json(alert) for alert in found])
        elif not found:
            console.print("Nothing is wrong.")
        else:
            heads = ("number", "severity", "status", "since", "what", "what to do")
            print_table("Alerts", heads, [_cells(alert, now) for alert in found])
        return None

    run_command(work(), as_json=as_json)


@commands.command()
def ack(
    alerts: Annotated[
        list[int] | None, typer.Argument(help="The numbers that `tiebeam alerts list` shows.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All that are open.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take alerts on: nobody is told of them any more, unless they get worse."""

    async def work() -> Exit | None:
        if bool(alerts) == every:
            raise BadInputError("Which alerts?", action="Give their numbers, or --all.")
        async with opened(read_settings()) as app:
            desk, by = app.alert_desk(), getpass.getuser()
            taken = await desk.acknowledge(app.tenant.id, None if every else alerts, by=by)
        missed = sorted(set(alerts or ()) - set(taken))
        if missed and not taken:
            numbers = ", ".join(map(str, missed))
            raise BadInputError(
                f"No open alert has the number {numbers}.", action="See `tiebeam alerts list`."
            )
        if as_json:
            print_json({"acknowledged": taken, "not_open": missed})
        else:
            console.print(f"{len(taken)} taken on." + (f" Not open: {missed}." if missed else ""))
        return None

    run_command(work(), as_json=as_json)


@commands.command("test")
def try_channels(as_json: AsJson = False) -> None:
    """Send a message to every channel of the installation, and say which took it."""

    async def work() -> Exit | None:
        async with opened(read_settings()) as app:
            told = await app.alert_desk().test(app.tenant.slug)
        if as_json:
            print_json(told)
        else:
            rows = [(one.channel, one.error or "took it") for one in told]
            print_table("Channels", ("channel", "result"), rows)
        return Exit.INCOMPLETE if any(one.error for one in told) else None

    run_command(work(), as_json=as_json)


def _as_json(alert: Alert) -> dict[str, Any]:
    fields = {name: getattr(alert, name) for name in alert.__dataclass_fields__}
    return {**fields, "severity": alert.severity.title}


def _cells(alert: Alert, now: datetime) -> tuple[Any, ...]:
    since = ago(alert.opened_at, now)
    who = f"{alert.status} by {alert.acknowledged_by}" if alert.acknowledged_by else alert.status
    return (alert.id, alert.severity.title, who, since, alert.summary, alert.action)
