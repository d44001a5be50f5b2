"""`tiebeam deletions`: many deletions at once wait here until a person has looked at them."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tiebeam.app import opened
from tiebeam.cli.output import AsJson, console, print_json, print_table
from tiebeam.cli.running import run_command
from tiebeam.kernel.errors import BadInputError
from tiebeam.settings import read_settings

if TYPE_CHECKING:
    from tiebeam.cli.exits import Exit
    from tiebeam.replicate.model import Hold

commands = typer.Typer(help="Decide on deletions that are too many at once to be believed without a person.")

HoldId = Annotated[int, typer.Argument(help="The number that `tiebeam deletions list` shows.")]


@commands.command("list")
def list_holds(
    every: Annotated[bool, typer.Option("--all", help="Decided ones too.")] = False, as_json: AsJson = False
) -> None:
    """List the deletions that wait for a decision."""

    async def work() -> Exit | None:
        async with opened(read_settings()) as app:
            holds = await app.holds(waiting_only=not every)
        if as_json:
            print_json(holds)
        elif not holds:
            console.print("No deletions wait for a decision.")
        else:
            heads = ("number", "kind", "where", "records", "of live", "evidence", "found", "status")
            print_table("Held deletions", heads, [_cells(hold) for hold in holds])
        return None

    run_command(work(), as_json=as_json)


@commands.command()
def approve(hold: HoldId, as_json: AsJson = False) -> None:
    """Mark the held records as deleted; their content stays."""
    _decide(hold, approve=True, as_json=as_json)


@commands.command()
def refuse(hold: HoldId, as_json: AsJson = False) -> None:
    """Keep the held records; they must be missed twice again to be held anew."""
    _decide(hold, approve=False, as_json=as_json)


def _decide(hold: int, *, approve: bool, as_json: bool) -> None:
    async def work() -> Exit | None:
        async with opened(read_settings()) as app:
            deleted = await app.decide_hold(hold, approve=approve, by=getpass.getuser())
        if deleted is None:
            raise BadInputError(
                f"No deletions wait under number {hold}.", action="See `tiebeam deletions list`."
            )
        if as_json:
            print_json({"hold": hold, "approved": approve, "deleted": deleted})
        else:
            console.print(f"{deleted} records marked as deleted." if approve else "Kept.")
        return None

    run_command(work(), as_json=as_json)


def _cells(hold: Hold) -> tuple[Any, ...]:
    kind = hold.stream.partition(".")[2]
    where = hold.scope_text or "company"
    return (hold.id, kind, where, len(hold.keys), hold.live, hold.evidence, hold.found_at, hold.status)
