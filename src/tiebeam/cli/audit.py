"""`tiebeam audit`: who did what, and whether the trail is as it was written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from tiebeam.app import opened
from tiebeam.cli.exits import Exit
from tiebeam.cli.output import AsJson, console, print_json, print_table
from tiebeam.cli.running import run_command
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.audit.model import Wanted
from tiebeam.operations.audit.repository import LIMIT_MAX, Trail
from tiebeam.settings import read_settings

if TYPE_CHECKING:
    from tiebeam.operations.audit.anchors.model import Proven
    from tiebeam.operations.audit.model import Entry

commands = typer.Typer(help="See who did what, and verify that nothing of it was changed.")

_HEAD = re.compile(r"([1-9][0-9]{0,18}):([0-9a-f]{64})")


@commands.command("list")
def list_entries(
    act: Annotated[
        str | None, typer.Option(help="An act (session.refused), or a noun with all its acts (session).")
    ] = None,
    subject: Annotated[str | None, typer.Option(help="What it was done to, such as key:ID.")] = None,
    before: Annotated[int | None, typer.Option(min=1, help="Only entries with a lower number.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=LIMIT_MAX, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List entries of the audit trail, the newest first."""

    async def work() -> None:
        async with opened(read_settings()) as app:
            trail = Trail(app.store, app.clock)
            wanted = Wanted(act=act, subject=subject)
            found = await trail.entries(app.tenant.id, wanted, limit=limit, before=before)
        if as_json:
            print_json(found)
        elif not found:
            console.print("Nothing was noted that fits.")
        else:
            heads = ("number", "at", "who", "act", "subject", "detail")
            print_table("Audit trail", heads, [_cells(entry) for entry in found])

    run_command(work(), as_json=as_json)


@commands.command()
def verify(
    head: Annotated[
        str | None,
        typer.Option(help="NUMBER:HASH that an earlier run printed: that entry must be as it was then."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read the whole trail and its daily signatures; say if anything was changed or removed (exit code 5).

    Keep the last line elsewhere: with --head it shows even a trail that somebody has written anew.
    """

    async def work() -> Exit | None:
        expected = _kept(head)
        async with opened(read_settings()) as app:
            found = await app.evidence.prove(app.tenant.id)
            number, kept = expected or (0, b"")
            same = expected is None or await app.evidence.trail.hash_at(app.tenant.id, number) == kept
        elsewhere = None if same else f"the entry {number} is not the one that was kept elsewhere"
        fault = found.fault or elsewhere
        _tell(found, fault, as_json=as_json)
        return Exit.INCOMPLETE if fault else None

    run_command(work(), as_json=as_json)


def _tell(found: Proven, fault: str | None, *, as_json: bool) -> None:
    trail = found.trail
    if as_json:
        told = {"holds": fault is None, "fault": fault, "entries": trail.entries}
        signed = {"anchors": found.anchors, "anchored": found.anchored, "public_key": found.public_key}
        print_json(told | {"number": trail.number, "hash": trail.hash} | signed)
    elif fault:
        console.print(f"The trail does not hold: {fault}. {trail.entries:,} entries of its chain do.")
    else:
        console.print(f"The trail holds: {trail.entries:,} entries.")
        days = f"{found.anchors:,} daily signatures, the last up to entry {found.anchored:,}."
        console.print(days if found.anchors else "Nothing of it is signed yet: `tiebeam up` does so daily.")
        console.print(f"{trail.number}:{trail.hash.hex()}", highlight=False, soft_wrap=True)


def _kept(head: str | None) -> tuple[int, bytes] | None:
    if head is None:
        return None
    found = _HEAD.fullmatch(head)
    if found is None:
        raise BadInputError(
            "--head is not a number, a colon and a hash.", action="Give what `tiebeam audit verify` printed."
        )
    return int(found[1]), bytes.fromhex(found[2])


def _cells(entry: Entry) -> tuple[Any, ...]:
    who = f"{entry.actor.kind} {entry.actor.name}".strip()
    detail = orjson.dumps(entry.detail).decode() if entry.detail else ""
    return (str(entry.number), entry.at, who, entry.act, entry.subject, detail)
