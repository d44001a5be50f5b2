"""`tiebeam connect`: give Tiebeam access to a vendor's system."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated

import typer

from tiebeam.app import opened
from tiebeam.cli.output import AsJson, console, errors, print_json
from tiebeam.cli.running import run_command
from tiebeam.operations.tokens.model import GrantKind
from tiebeam.settings import read_settings

if TYPE_CHECKING:
    from tiebeam.app import App
    from tiebeam.cli.exits import Exit
    from tiebeam.connectors.procore.oauth import Grant

commands = typer.Typer(help="Connect a vendor's system.", no_args_is_help=True)

_WHAT = (
    "Tiebeam will read, and never write: projects, people, RFIs, submittals, drawings, daily logs, meetings, "
    "change orders, photos, documents, specifications, schedules and observations that this login may see."
)


@commands.callback()
def _group() -> None:
    """Keep `connect` a group, so that further vendors can join it."""


@commands.command()
def procore(
    company: Annotated[
        str | None, typer.Option(help="The company's id in Procore, if there are several.")
    ] = None,
    user: Annotated[
        bool,
        typer.Option("--user", help="Act as a user, who grants access in a browser."),
    ] = False,
    code: Annotated[
        str | None,
        typer.Option(help="With --user: the code that Procore showed."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Connect one Procore company, as the app's service account or (--user) as a person."""

    async def work() -> Exit | None:
        async with opened(read_settings()) as app:
            errors.print(_WHAT, highlight=False)
            grant = await _granted_by_user(app, code) if user else None
            kind = GrantKind.AUTHORIZATION_CODE if user else GrantKind.CLIENT_CREDENTIALS
            connection, login, _ = await app.add_procore(company, grant=grant, kind=kind)
        if as_json:
            found = {"connection": str(connection.id), "company": connection.company_id, "login": login.login}
            print_json(found)
        else:
            console.print(f"Connected as {login.name or login.login} to company {connection.company_id}.")
            console.print("Next: `tiebeam sync`. It can be stopped at any time and goes on where it was.")
        return None

    run_command(work(), as_json=as_json)


async def _granted_by_user(app: App, code: str | None) -> Grant:
    login = app.procore_login()
    if code is None:
        address = login.authorize_url(state=secrets.token_urlsafe(16))
        errors.print("Open this address, grant access, and paste the code that Procore shows:")
        errors.print(address, markup=False, highlight=False, soft_wrap=True)
        code = typer.prompt("Code", hide_input=True, err=True)
    return await login.exchange_code(code.strip())
