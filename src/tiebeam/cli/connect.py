"""`tiebeam connect`: give Tiebeam access to a vendor's system."""

from __future__ import annotations

import secrets
from pathlib import Path  # noqa: TC003 - typer reads the annotation at run time
from typing import TYPE_CHECKING, Annotated

import typer

from tiebeam.app import opened
from tiebeam.cli.output import AsJson, console, errors, print_json
from tiebeam.cli.running import run_command
from tiebeam.connectors.monday.limits import DAILY_CALLS
from tiebeam.kernel.errors import BadInputError
from tiebeam.mirrors import SameBoards
from tiebeam.monday import PLANS, Monday
from tiebeam.operations.tokens.model import GrantKind
from tiebeam.settings import read_settings

if TYPE_CHECKING:
    from tiebeam.app import App
    from tiebeam.cli.exits import Exit
    from tiebeam.connectors.procore.oauth import Grant
    from tiebeam.settings import Settings

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


@commands.command()
def monday(
    plan: Annotated[
        str,
        typer.Option(help=f"What the account has bought: {', '.join(PLANS)}. It says the calls of a day."),
    ] = "free",
    token_file: Annotated[
        Path | None, typer.Option(help="A file that holds the token. Else TIEBEAM_MONDAY_TOKEN, else asked.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Connect one account of monday.com by a token of the user that Tiebeam is to act as."""

    async def work() -> Exit | None:
        settings = read_settings()
        async with opened(settings) as app:
            connection, account = await Monday(app).connect(_token(settings, token_file), plan)
            await SameBoards(app).renewed()
        if as_json:
            found = {"connection": connection.id, "account": account.account_id, "user": account.user_name}
            print_json({**found, "plan": plan, "calls_a_day": DAILY_CALLS[plan]})
        else:
            console.print(
                f"Connected to {account.name} as {account.user_name}.", highlight=False, markup=False
            )
            console.print(
                f"It makes at most {DAILY_CALLS[plan]:,} calls a day (plan {plan}).", highlight=False
            )
            console.print("Next: choose a board under Settings, Integrations, monday.com.")
        return None

    run_command(work(), as_json=as_json)


def _token(settings: Settings, file: Path | None) -> str:
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadInputError(
                f"The file {file} cannot be read: {error}.", action="Name one that holds the token alone."
            ) from error
    if settings.monday_token is not None:
        return settings.monday_token.get_secret_value()
    return str(typer.prompt("Token of monday.com", hide_input=True, err=True))
