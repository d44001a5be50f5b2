"""`tiebeam init`: make the database ready and a tenant to work for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tiebeam.app import set_up
from tiebeam.cli.output import AsJson, console, print_json
from tiebeam.cli.running import run_command
from tiebeam.settings import read_settings

if TYPE_CHECKING:
    from tiebeam.cli.exits import Exit


def init(
    name: Annotated[str | None, typer.Option(help="The company's name, for people to read.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make or update the database, and the tenant of TIEBEAM_TENANT. Doing it again changes nothing."""

    async def work() -> Exit | None:
        settings = read_settings()
        tenant = await set_up(settings, name=name)
        where = "TIEBEAM_DATABASE_URL" if settings.database_url else f"{settings.data} (embedded)"
        if as_json:
            print_json({"tenant": tenant.slug, "id": str(tenant.id), "database": where})
        else:
            console.print(f"Ready: tenant [bold]{tenant.slug}[/] in {where}.", highlight=False)
            console.print("Next: `tiebeam connect procore`.")
        return None

    run_command(work(), as_json=as_json)
