"""`tiebeam records`: what the replica holds, and everything it ever held."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from tiebeam.app import opened
from tiebeam.cli.output import AsJson, console, named_state, print_json, print_table
from tiebeam.cli.running import run_command
from tiebeam.connectors.streams import Scope
from tiebeam.kernel.errors import BadInputError
from tiebeam.kernel.moments import parse_moment
from tiebeam.replicate.plan import value_at
from tiebeam.replicate.replica import Slice
from tiebeam.settings import read_settings

if TYPE_CHECKING:
    from tiebeam.cli.exits import Exit
    from tiebeam.kernel.diff import Difference
    from tiebeam.replicate.replica import Record, RecordRow, Version

commands = typer.Typer(help="Look at records, their history, and how they stood at any moment.")

StreamName = Annotated[str, typer.Argument(help="Which kind, such as `rfis` (see `tiebeam status`).")]
Key = Annotated[str, typer.Argument(help="The record's id in Procore.")]
Project = Annotated[str | None, typer.Option("--project", help="Only in the project with this Procore id.")]

_TITLES = ("subject", "title", "name", "display_name", "description", "comments", "comment", "number")


@commands.command("list")
def list_records(
    stream: StreamName,
    project: Project = None,
    search: Annotated[str | None, typer.Option(help="Only records that contain this text.")] = None,
    deleted: Annotated[bool, typer.Option("--deleted", help="Deleted records too.")] = False,
    as_of: Annotated[str | None, typer.Option("--as-of", help="As the replica stood at this moment.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many at most.")] = 50,
    offset: Annotated[int, typer.Option(min=0, help="How many to leave out first.")] = 0,
    as_json: AsJson = False,
) -> None:
    """List records of a kind, the latest change first."""

    async def work() -> Exit | None:
        async with opened(read_settings()) as app:
            wanted = Slice(app.stream(stream).name, project, deleted, search, limit, offset)
            rows = await app.records().find(wanted, as_of=_moment(as_of) if as_of else None)
        if as_json:
            print_json([_row(row) for row in rows])
        elif rows:
            heads = ("id", "title", "project", "state", "version", "changed")
            print_table(f"{stream}", heads, [_cells(row) for row in rows])
        else:
            console.print(
                f"No {stream} here. `tiebeam sync` fetches them; `tiebeam status` shows what there is."
            )
        return None

    run_command(work(), as_json=as_json)


@commands.command()
def show(stream: StreamName, key: Key, project: Project = None, as_json: AsJson = False) -> None:
    """Show one record as it stands now."""

    async def work() -> Exit | None:
        async with opened(read_settings()) as app:
            record = await app.records().show(app.stream(stream).name, key, project)
        if as_json:
            print_json(_told(record))
            return None
        reason = f" ({record.state_reason})" if record.state_reason else ""
        console.print(f"[bold]{stream} {record.key}[/] · {record.scope_text or 'company'}", highlight=False)
        console.print(f"{named_state(record.state)}{reason}, version {record.version}", highlight=False)
        console.print_json(orjson.dumps(record.payload).decode())
        return None

    run_command(work(), as_json=as_json)


@commands.command()
def history(stream: StreamName, key: Key, project: Project = None, as_json: AsJson = False) -> None:
    """List every version of a record, the oldest first."""

    async def work() -> Exit | None:
        async with opened(read_settings()) as app:
            versions = await app.records().history(app.stream(stream).name, key, project)
        if as_json:
            print_json([_told(version) for version in versions])
            return None
        heads = ("version", "state", "from", "until", "vendor's change", "why")
        rows = [_version_cells(version) for version in versions]
        print_table(f"{stream} {key}", heads, rows)
        return None

    run_command(work(), as_json=as_json)


@commands.command("as-of")
def as_of_moment(
    stream: StreamName,
    key: Key,
    moment: Annotated[str, typer.Argument(help="A date or an ISO 8601 moment; without an offset it is UTC.")],
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Show a record as the replica had it at a moment."""

    async def work() -> Exit | None:
        when = _moment(moment)
        async with opened(read_settings()) as app:
            version = await app.records().as_of(app.stream(stream).name, key, when, project)
        if as_json:
            print_json(_told(version) if version else None)
        elif version is None:
            console.print(f"The replica did not know {stream} {key} yet at {when.isoformat()}.")
        else:
            console.print(f"version {version.version}, {named_state(version.state)}", highlight=False)
            console.print_json(orjson.dumps(version.payload).decode())
        return None

    run_command(work(), as_json=as_json)


@commands.command()
def diff(
    stream: StreamName,
    key: Key,
    before: Annotated[
        int | None, typer.Option("--from", help="A version; by default the one before.")
    ] = None,
    after: Annotated[int | None, typer.Option("--to", help="A version; by default the latest.")] = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Show what changed between two versions of a record."""

    async def work() -> Exit | None:
        async with opened(read_settings()) as app:
            old, new, found = await app.records().diff(
                app.stream(stream).name, key, before=before, after=after, project_id=project
            )
        if as_json:
            print_json({"from": old.version, "to": new.version, "differences": found})
        elif not found:
            states = f"{named_state(old.state)} to {named_state(new.state)}"
            console.print(f"The content of versions {old.version} and {new.version} is the same ({states}).")
        else:
            title = f"{stream} {key}: version {old.version} to {new.version}"
            print_table(title, ("field", "before", "after"), [_difference(part) for part in found])
        return None

    run_command(work(), as_json=as_json)


def _moment(text: str) -> datetime:
    moment = parse_moment(text)
    if moment is None:
        raise BadInputError(
            f"{text!r} is no moment.", action="Write it as 2026-11-21 or 2026-11-21T15:00:00-05:00."
        )
    return moment.astimezone(UTC)


def _row(row: RecordRow) -> dict[str, Any]:
    return {
        "key": row.key,
        "scope": row.scope_text,
        "state": named_state(row.state),
        "version": row.version,
        "vendor_at": row.vendor_at,
        "changed_at": row.changed_at,
        "payload": row.payload,
    }


def _told(found: Record | Version) -> dict[str, Any]:
    return {**asdict(found), "state": named_state(found.state)}


def _cells(row: RecordRow) -> tuple[Any, ...]:
    titles = (value_at(row.payload, path) for path in _TITLES)
    title = next((str(found) for found in titles if found), "")
    project = Scope.parse(row.scope_text).project_id
    changed = (row.vendor_at or row.changed_at).strftime("%Y-%m-%d")
    return (row.key, title[:80], project, named_state(row.state), row.version, changed)


def _version_cells(version: Version) -> tuple[Any, ...]:
    until = version.valid_to or "now"
    state = named_state(version.state)
    return (version.version, state, version.valid_from, until, version.vendor_at, version.state_reason)


def _difference(part: Difference) -> tuple[str, str, str]:
    return (part.path, _short(part.before), _short(part.after))


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode() if value is not None else ""
    return text if len(text) <= 300 else f"{text[:300]}…"
