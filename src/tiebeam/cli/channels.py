"""`tiebeam alerts channels`: where the company's own alerts are told. A URL is asked for, never shown."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tiebeam.app import opened
from tiebeam.cli.exits import Exit
from tiebeam.cli.output import AsJson, ago, console, print_json, print_table
from tiebeam.cli.running import run_command
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.alerts.model import Severity
from tiebeam.operations.alerts.own.model import QUIET_MINUTES_MAX, Terms
from tiebeam.operations.audit.model import Actor
from tiebeam.settings import read_settings

if TYPE_CHECKING:
    from datetime import datetime

    from tiebeam.app import App
    from tiebeam.operations.alerts.own.model import OwnChannel

commands = typer.Typer(help="See, add, try and remove the channels that the company's alerts are told on.")

Name = Annotated[str, typer.Argument(help="The channel's name.")]
FromStdin = Annotated[
    bool, typer.Option("--url-stdin", help="Read the URL from standard input instead of asking for it.")
]
Threshold = Annotated[
    str | None, typer.Option("--from", help="The least that is told there: info, warning or critical.")
]
Quiet = Annotated[int | None, typer.Option(min=0, help="Minutes between two messages, at least.")]


@commands.command("list")
def list_channels(as_json: AsJson = False) -> None:
    """List the company's own channels, and how sending to each goes."""

    async def work() -> None:
        async with opened(read_settings()) as app:
            found, now = await app.own_channels.all(app.tenant.id), app.clock.now()
        if as_json:
            print_json([_as_json(one) for one in found])
        elif not found:
            console.print(
                "The company has no channel of its own. Add one with `tiebeam alerts channels add`."
            )
        else:
            heads = ("name", "service", "from", "quiet min", "state", "last told", "added by")
            print_table("Channels", heads, [_cells(one, now) for one in found])

    run_command(work(), as_json=as_json)


@commands.command()
def add(
    name: Name,
    threshold: Threshold = None,
    quiet: Quiet = None,
    from_stdin: FromStdin = False,
    as_json: AsJson = False,
) -> None:
    """Add a channel; its URL is asked for, kept sealed, and never shown."""

    async def work() -> None:
        url = _url(from_stdin=from_stdin)
        async with opened(read_settings()) as app:
            usual = min(round(app.settings.alert_quiet_minutes), QUIET_MINUTES_MAX)
            minutes = usual if quiet is None else quiet
            terms = Terms(name, _severity(threshold or "warning"), minutes)
            made = await app.own_channels.add(app.tenant.id, url, terms, by=_me())
        _tell(
            made,
            f"{made.name} is added, by {made.kind}. Try it: tiebeam alerts channels test",
            as_json=as_json,
        )

    run_command(work(), as_json=as_json)


@commands.command("set")
def change(
    name: Name,
    threshold: Threshold = None,
    quiet: Quiet = None,
    on: Annotated[bool | None, typer.Option("--on/--off", help="Whether anything is told on it.")] = None,
    new_name: Annotated[str | None, typer.Option("--name", help="Another name.")] = None,
    from_stdin: FromStdin = False,
    as_json: AsJson = False,
) -> None:
    """Set a channel otherwise; what is not given stays. With --url-stdin it gets another URL."""

    async def work() -> None:
        url = _url(from_stdin=True) if from_stdin else None
        async with opened(read_settings()) as app:
            found = await _named(app, name)
            terms = Terms(
                new_name or found.name,
                found.threshold if threshold is None else _severity(threshold),
                found.quiet_minutes if quiet is None else quiet,
                found.enabled if on is None else on,
            )
            changed = await app.own_channels.change(app.tenant.id, found.id, terms, by=_me(), url=url)
        _tell(changed, f"{changed.name} is {'on' if changed.enabled else 'off'}.", as_json=as_json)

    run_command(work(), as_json=as_json)


@commands.command("test")
def send_test(name: Name, as_json: AsJson = False) -> None:
    """Send a test on a channel, and say what came of it."""

    async def work() -> Exit | None:
        async with opened(read_settings()) as app:
            found = await _named(app, name)
            tried = await app.own_channels.send_test(app.tenant.id, found.id, app.tenant.slug, by=_me())
        _tell(tried, f"{tried.name}: {tried.tried_error or 'took it.'}", as_json=as_json)
        return Exit.INCOMPLETE if tried.tried_error else None

    run_command(work(), as_json=as_json)


@commands.command()
def remove(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove a channel, and forget its URL."""

    async def work() -> None:
        async with opened(read_settings()) as app:
            found = await _named(app, name)
            if not (yes or as_json) and not typer.confirm(
                f"Remove {found.name} and forget its URL?", err=True
            ):
                return
            gone = await app.own_channels.remove(app.tenant.id, found.id, by=_me())
        _tell(gone, f"{gone.name} is removed, and its URL is forgotten.", as_json=as_json)

    run_command(work(), as_json=as_json)


async def _named(app: App, name: str) -> OwnChannel:
    for one in await app.own_channels.all(app.tenant.id):
        if one.name.casefold() == name.casefold():
            return one
    raise BadInputError(f"No channel is called {name!r}.", action="See `tiebeam alerts channels list`.")


def _severity(word: str) -> Severity:
    for one in Severity:
        if one.title == word.lower():
            return one
    raise BadInputError(f"{word!r} is no severity.", action="Give info, warning or critical.")


def _url(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().strip()
    return str(typer.prompt("URL", hide_input=True, err=True))


def _me() -> Actor:
    return Actor.command(getpass.getuser())


def _tell(one: OwnChannel, told: str, *, as_json: bool) -> None:
    if as_json:
        print_json(_as_json(one))
    else:
        console.print(told, markup=False, highlight=False)


def _as_json(one: OwnChannel) -> dict[str, Any]:
    fields = {name: getattr(one, name) for name in one.__dataclass_fields__}
    return fields | {"threshold": one.threshold.title}


def _cells(one: OwnChannel, now: datetime) -> tuple[Any, ...]:
    state = "off" if not one.enabled else one.error or "on"
    return (
        one.name, one.kind, one.threshold.title, one.quiet_minutes, state, ago(one.sent_at, now), one.added_by
    )  # fmt: skip
