"""`tiebeam log`: the old sync log, out into files and back again."""

from __future__ import annotations

import getpass
from dataclasses import replace
from pathlib import Path  # noqa: TC003 - typer reads the annotation at run time
from typing import TYPE_CHECKING, Annotated

import typer

from tiebeam.app import opened
from tiebeam.cli.exits import Exit
from tiebeam.cli.output import AsJson, console, print_json, print_table
from tiebeam.cli.running import run_command
from tiebeam.kernel.errors import BadInputError
from tiebeam.kernel.moments import parse_moment
from tiebeam.operations.audit.model import Actor
from tiebeam.operations.retention.plan import NEVER_DELETED
from tiebeam.settings import read_settings

if TYPE_CHECKING:
    from datetime import datetime

    from tiebeam.app import App
    from tiebeam.operations.retention.run import Restored

commands = typer.Typer(help="Archive the old sync log to files, read it back; say how long things are kept.")


@commands.command()
def archive(
    days: Annotated[
        int | None, typer.Option(min=1, help="Keep this many days instead of what is set.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Move what is older than its time into a compressed file; rows go once the file is proven."""

    async def work() -> Exit | None:
        async with opened(read_settings()) as app:
            with console.status("Archiving the sync log …"):
                kept = await app.retention.keep(app.tenant.id)
                kept = kept if days is None else replace(kept, sync_log_days=days)
                done = await app.log_archive(kept).archive(app.tenant.id)
        if as_json:
            print_json(done)
        else:
            files = ", ".join(file.name for file in done.files) or "no new file"
            console.print(f"{done.rows_written} rows written ({files}), {done.rows_deleted} rows deleted.")
            for fault in done.faults:
                console.print(f"Left where it is: {fault}", markup=False, highlight=False)
        return Exit.INCOMPLETE if done.faults else None

    run_command(work(), as_json=as_json)


@commands.command("list")
def list_files(as_json: AsJson = False) -> None:
    """List the files of the archive."""

    async def work() -> Exit | None:
        async with opened(read_settings()) as app:
            found = await app.log_archive().files(app.tenant.id)
            folder = app.log_archive().folder(app.tenant.id)
        if as_json:
            print_json({"folder": str(folder), "files": found})
        elif not found:
            console.print("Nothing has been archived yet.")
        else:
            heads = ("file", "rows", "from", "to", "bytes", "status")
            rows = [(f.name, f.rows, f.first_at, f.last_at, f.size_bytes, f.status) for f in found]
            print_table(f"Archive in {folder}", heads, rows)
        return None

    run_command(work(), as_json=as_json)


@commands.command()
def keep(
    kind: Annotated[str | None, typer.Argument(help="What to change, as the list names it.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Keep it so many days.")] = None,
    default: Annotated[bool, typer.Option("--default", help="As the installation sets it.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask when it is shortened.")] = False,
    as_json: AsJson = False,
) -> None:
    """List how long things are kept for the company, or change it; it counts from the next tidying on."""

    async def work() -> Exit | None:
        if kind is not None and (days is None) != default:
            raise BadInputError("For how long?", action="Give --days, or --default.")
        async with opened(read_settings()) as app:
            if kind is not None and await _is_meant(app, kind, days, yes=yes or as_json):
                await app.retention.set(app.tenant.id, kind, days, by=Actor.command(getpass.getuser()))
            found = await app.retention.all(app.tenant.id)
        if as_json:
            print_json(found)
            return None
        heads = ("kind", "what", "days", "set here", "can be", "default")
        rows = [
            (f.name, f.what, f.days, f.is_own, f"{f.days_min} to {f.days_max}", f.default_days) for f in found
        ]
        print_table("Kept for a time", heads, rows)
        console.print(f"Kept for ever: {', '.join(NEVER_DELETED)}.")
        return None

    run_command(work(), as_json=as_json)


async def _is_meant(app: App, kind: str, days: int | None, *, yes: bool) -> bool:
    """Say what the next tidying takes when something is to be kept for less, and ask."""
    before = await app.retention.one(app.tenant.id, kind)
    wanted = before.default_days if days is None else days
    going = await app.retention.going(app.tenant.id, kind, wanted)
    if wanted >= before.days or yes:
        return True
    console.print(f"The next tidying takes {going:,} rows: {before.what}.", highlight=False)
    return typer.confirm(f"Keep {wanted} days instead of {before.days}?", err=True)


@commands.command()
def restore(
    file: Annotated[
        Path | None, typer.Argument(help="A file, or its name in the archive; or give --from and --to.")
    ] = None,
    since: Annotated[str | None, typer.Option("--from", help="Restore files from this day on.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Restore files up to this moment.")] = None,
    as_json: AsJson = False,
) -> None:
    """Read archived log back for 30 days; doing it twice adds nothing."""

    async def work() -> Exit | None:
        if (file is None) == (since is None):
            raise BadInputError("What shall be restored?", action="Name a file, or give --from and --to.")
        start, end = _moment(since, "--from"), _moment(until, "--to")
        async with opened(read_settings()) as app:
            with console.status("Restoring the sync log …"):
                back = await _restored(app, file, start, end)
        if as_json:
            print_json(back)
        elif not back:
            console.print("No file of the archive holds anything of that time.")
        for one in [] if as_json else back:
            console.print(f"{one.name}: {one.rows} rows, {one.added} of them were missing.", highlight=False)
        return None

    run_command(work(), as_json=as_json)


async def _restored(
    app: App, file: Path | None, start: datetime | None, end: datetime | None
) -> list[Restored]:
    archive = app.log_archive()
    if file is not None:
        return [await archive.restore(app.tenant.id, _found(file, archive.folder(app.tenant.id)))]
    now = app.clock.now()
    return await archive.restore_span(app.tenant.id, start or now, end or now)


def _found(file: Path, folder: Path) -> Path:
    return file if file.exists() or file.parent.name else folder / file.name


def _moment(text: str | None, option: str) -> datetime | None:
    moment = parse_moment(text)
    if text is not None and moment is None:
        raise BadInputError(
            f"{option} {text!r} is no date.", action="Write it as 2026-03-02 or 2026-03-02T15:00."
        )
    return moment
