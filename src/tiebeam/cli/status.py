"""`tiebeam status`: what there is, how fresh it is, what is wrong and what waits for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tiebeam.app import opened
from tiebeam.cli.output import AsJson, ago, console, print_json, print_table
from tiebeam.cli.running import run_command
from tiebeam.mirrors import SameBoards
from tiebeam.settings import read_settings

if TYPE_CHECKING:
    from datetime import datetime

    from tiebeam.app import ConnectionStatus
    from tiebeam.cli.exits import Exit
    from tiebeam.mirrors import Summary
    from tiebeam.replicate.replica import StreamStatus


def status(
    log: Annotated[int, typer.Option(help="Also show this many of the latest sync log entries.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Show each connection's health and how complete and fresh every kind of record is."""

    async def work() -> Exit | None:
        async with opened(read_settings()) as app:
            found = await app.status(log_limit=log)
            monday = await SameBoards(app).summary()
            now = app.clock.now()
        if as_json:
            print_json({"at": now, "connections": found, "monday": monday})
        elif not found and monday is None:
            console.print(
                "Nothing is connected yet. Next: `tiebeam connect procore`, or `tiebeam demo` to look around."
            )
        for one in [] if as_json else found:
            _print_connection(one, now)
        if monday is not None and not as_json:
            _print_monday(monday, now)
        return None

    run_command(work(), as_json=as_json)


def _print_connection(one: ConnectionStatus, now: datetime) -> None:
    console.print(f"[bold]{one.vendor}[/] company {one.company_id}: [bold]{one.status}[/]", highlight=False)
    for words in (one.reason, one.action):
        if words:
            console.print(words, markup=False, highlight=False)
    console.print(f"Calls left: {one.calls_left}", highlight=False)
    heads = ("kind", "live", "deleted", "hidden", "read", "oldest read", "off")
    print_table("Records", heads, [_cells(stream, now) for stream in one.streams])
    for stream in one.streams:
        if stream.last_error:
            console.print(f"{stream.stream}: {stream.last_error}", markup=False, highlight=False)
    if one.damaged:
        console.print(f"{one.damaged} rows could not be taken in; see `tiebeam status --json`.")
    if one.holds:
        console.print(
            f"[bold yellow]{one.holds} deletions wait for a person[/]: `tiebeam deletions list`.",
            highlight=False,
        )
    if one.log:
        entries = [(e.at, e.stream, e.scope_text, e.result, e.records, e.calls, e.detail) for e in one.log]
        print_table("Sync log", ("at", "kind", "where", "result", "records", "calls", "detail"), entries)


def _print_monday(found: Summary, now: datetime) -> None:
    console.print(
        f"[bold]monday.com[/] account {found.account} as {found.user}: [bold]{found.status}[/]",
        highlight=False,
    )
    for words in (found.reason, found.action):
        if words:
            console.print(words, markup=False, highlight=False)
    console.print(f"Calls today: {found.calls_today} of {found.calls_a_day}", highlight=False)
    heads = ("board", "state", "items", "to decide", "last whole pass", "hears by")
    rows = [
        (one.name, one.state, one.items, one.open or None, ago(one.passed_at, now), one.hears_by)
        for one in found.boards
    ]
    print_table("Boards that are the same there", heads, rows)
    for one in found.boards:
        for trouble in one.troubles:
            console.print(f"{one.name}: {trouble}", markup=False, highlight=False)


def _cells(stream: StreamStatus, now: datetime) -> tuple[Any, ...]:
    return (
        stream.stream.partition(".")[2],
        stream.live,
        stream.deleted,
        stream.hidden,
        f"{stream.feeds_complete}/{stream.feeds - stream.feeds_off - stream.feeds_hidden}",
        ago(stream.oldest_read_at, now),
        stream.feeds_off or None,
    )
