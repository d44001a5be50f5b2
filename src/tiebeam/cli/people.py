"""`tiebeam people` and `tiebeam keys`: who may come in, and which programs."""

from __future__ import annotations

import getpass
import sys
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tiebeam.app import opened
from tiebeam.cli.output import AsJson, ago, console, print_json, print_table
from tiebeam.cli.running import run_command
from tiebeam.identity.accounts import Accounts
from tiebeam.identity.keys import ApiKeys
from tiebeam.identity.model import Role  # noqa: TC001 - Typer reads the annotation at run time
from tiebeam.identity.permissions import KEY_SCOPES, Permission
from tiebeam.identity.repository import Register
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.audit.model import Actor
from tiebeam.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from tiebeam.app import App
    from tiebeam.identity.model import ApiKey, Person


commands = typer.Typer(help="See who may come in, add people, give roles and passwords.")
keys = typer.Typer(help="Make, list and revoke API keys.")

Email = Annotated[str, typer.Argument(help="The person's e-mail address.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking.")
]


@commands.command("add")
def add_person(
    email: Email,
    role: Annotated[Role, typer.Option(help="What they are here for.")],
    name: Annotated[str | None, typer.Option(help="Their name; without it, the e-mail address.")] = None,
    from_stdin: FromStdin = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="They sign in by OpenID Connect or PIN alone.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add somebody."""

    async def work() -> None:
        password = None if no_password else _password(from_stdin=from_stdin)
        async with _desk() as (app, accounts, _):
            person = await accounts.add_person(
                app.tenant.id, email=email, name=name or email, role=role, password=password, by=_me()
            )
        _tell_person(person, f"{person.email} may come in as {role.in_words}.", as_json=as_json)

    run_command(work(), as_json=as_json)


@commands.command("list")
def list_people(as_json: AsJson = False) -> None:
    """List everybody of the company."""

    async def work() -> None:
        async with _desk() as (app, accounts, _):
            found, now = await accounts.people(app.tenant.id), app.clock.now()
        if as_json:
            print_json(found)
        elif not found:
            console.print("Nobody yet. Add somebody with `tiebeam people add`.")
        else:
            heads = ("e-mail", "name", "role", "comes in by", "last time")
            print_table("People", heads, [_person_cells(person, now) for person in found])

    run_command(work(), as_json=as_json)


@commands.command("role")
def set_role(
    email: Email,
    role: Annotated[Role, typer.Argument(help="The new role.")],
    as_json: AsJson = False,
) -> None:
    """Give somebody another role; their sessions end."""

    async def work() -> None:
        async with _desk() as (app, accounts, _):
            found = await _somebody(app, accounts, email)
            person = await accounts.set_role(app.tenant.id, found.id, role, by=_me())
        _tell_person(person, f"{person.email} is {role.in_words} now.", as_json=as_json)

    run_command(work(), as_json=as_json)


@commands.command("password")
def set_password(email: Email, from_stdin: FromStdin = False, as_json: AsJson = False) -> None:
    """Set somebody's password; their sessions end, and they need not wait any more."""

    async def work() -> None:
        async with _desk() as (app, accounts, _):
            found = await _somebody(app, accounts, email)
            password = _password(from_stdin=from_stdin)
            person = await accounts.set_password(app.tenant.id, found.id, password, by=_me())
        _tell_person(person, f"{person.email} has a new password.", as_json=as_json)

    run_command(work(), as_json=as_json)


@commands.command("disable")
def disable(
    email: Email,
    undo: Annotated[bool, typer.Option("--undo", help="Let them in again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let somebody in no more; their sessions end, and what they did stays in the audit trail."""

    async def work() -> None:
        async with _desk() as (app, accounts, _):
            found = await _somebody(app, accounts, email)
            change = accounts.enable if undo else accounts.disable
            person = await change(app.tenant.id, found.id, by=_me())
        told = f"{person.email} may come in again." if undo else f"{person.email} may come in no more."
        _tell_person(person, told, as_json=as_json)

    run_command(work(), as_json=as_json)


@keys.command("add")
def add_key(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scopes: Annotated[
        list[Permission],
        typer.Option("--scope", help="What it may do; repeat for several."),
    ],
    days: Annotated[int | None, typer.Option(min=1, help="Days until it ends; without, never.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make an API key and print its secret, which is never shown again."""

    async def work() -> None:
        async with _desk() as (app, _, api_keys):
            until = None if days is None else app.clock.now() + timedelta(days=days)
            key, secret = await api_keys.make(
                app.tenant.id, name=name, scopes=scopes, expires_at=until, by=_me()
            )
        if as_json:
            print_json(_key_as_json(key) | {"secret": secret})
        else:
            console.print(f"The key {key.prefix} ({key.name}). Keep its secret: it is not shown again.")
            console.print(secret, highlight=False, soft_wrap=True)

    run_command(work(), as_json=as_json)


@keys.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List the API keys, also those that are over."""

    async def work() -> None:
        async with _desk() as (app, _, api_keys):
            found, now = await api_keys.all(app.tenant.id), app.clock.now()
        if as_json:
            print_json([_key_as_json(key) for key in found])
        elif not found:
            console.print(f"No keys. A key can have the scopes {', '.join(sorted(KEY_SCOPES))}.")
        else:
            heads = ("key", "name", "scopes", "ends", "last used", "state")
            print_table("API keys", heads, [_key_cells(key, now) for key in found])

    run_command(work(), as_json=as_json)


@keys.command("revoke")
def revoke_key(
    prefix: Annotated[str, typer.Argument(help="How the key begins, as `tiebeam keys list` shows it.")],
    as_json: AsJson = False,
) -> None:
    """Let a key in no more, at once."""

    async def work() -> None:
        async with _desk() as (app, _, api_keys):
            found = [key for key in await api_keys.all(app.tenant.id) if key.prefix == prefix]
            if len(found) != 1:
                raise BadInputError(f"No key begins with {prefix!r}.", action="See `tiebeam keys list`.")
            key = await api_keys.revoke(app.tenant.id, found[0].id, by=_me())
        if as_json:
            print_json(_key_as_json(key))
        else:
            console.print(f"{key.prefix} ({key.name}) opens nothing any more.")

    run_command(work(), as_json=as_json)


@asynccontextmanager
async def _desk() -> AsyncIterator[tuple[App, Accounts, ApiKeys]]:
    async with opened(read_settings()) as app:
        register = Register(app.store)
        yield app, Accounts(register, app.clock), ApiKeys(register, app.clock)


def _me() -> Actor:
    return Actor.command(getpass.getuser())


async def _somebody(app: App, accounts: Accounts, email: str) -> Person:
    found = await accounts.find(app.tenant.id, email)
    if found is None:
        raise BadInputError(
            f"{app.tenant.name} has nobody with the e-mail address {email!r}.",
            action="See `tiebeam people list`.",
        )
    return found


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


def _tell_person(person: Person, told: str, *, as_json: bool) -> None:
    if as_json:
        print_json(person)
    else:
        console.print(told, markup=False)


def _person_cells(person: Person, now: datetime) -> tuple[Any, ...]:
    ways = [name for name, has in (("password", person.has_password), ("PIN", person.has_pin)) if has]
    how = (", ".join(ways) or "OpenID Connect") if person.active else "disabled"
    return (person.email, person.name, person.role, how, ago(person.signed_in_at, now))


def _key_as_json(key: ApiKey) -> dict[str, Any]:
    fields = {name: getattr(key, name) for name in key.__dataclass_fields__}
    return fields | {"scopes": sorted(key.scopes)}


def _key_cells(key: ApiKey, now: datetime) -> tuple[Any, ...]:
    state = "revoked" if key.revoked_at else "opens" if key.stands(now) else "over"
    state = f"{state}, rotated" if key.replaced_by and state == "opens" else state
    ends, used = key.expires_at or "never", ago(key.used_at, now)
    return (key.prefix, key.name, ", ".join(sorted(key.scopes)), ends, used, state)
