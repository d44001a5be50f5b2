"""`tiebeam sync`: bring the copy up to date, with progress, resumable at any page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self

import typer
from rich.live import Live
from rich.table import Table

from tiebeam.app import opened
from tiebeam.cli.exits import Exit
from tiebeam.cli.output import AsJson, console, duration, errors, print_json, print_table
from tiebeam.cli.running import run_command
from tiebeam.connectors.ports import Share
from tiebeam.kernel.clock import SystemClock
from tiebeam.replicate.sync import Wish
from tiebeam.settings import read_settings

if TYPE_CHECKING:
    from types import TracebackType

    from tiebeam.app import Synced
    from tiebeam.replicate.progress import Progress

_PHASES = {
    1: "people, projects and lists",
    2: "active work",
    3: "drawings, photos, documents",
    4: "schedules and daily logs",
}


def sync(
    project: Annotated[str | None, typer.Option(help="Only the project with this Procore id.")] = None,
    stream: Annotated[str | None, typer.Option(help="Only this kind of record, such as `rfis`.")] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Read everything anew: finds what routine reading cannot.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read what changed in Procore (everything, the first time) into the local copy.

    It can be stopped at any moment: the next run goes on at the page where this one was.
    """

    async def work() -> Exit | None:
        async with opened(read_settings()) as app:
            name = app.stream(stream).name if stream else None
            by_hand = Share.DEMAND if project or stream else Share.POLL
            wish = Wish(project_id=project, stream=name, full=full, share=by_hand)
            with SyncProgress(quiet=as_json) as progress:
                found = await app.sync(wish, progress.show)
            if project:
                await app.records().show(app.stream("projects").name, project)
        if as_json:
            print_json({"connections": [_plain(one) for one in found]})
        for one in [] if as_json else found:
            print_report(one)
        clean = all(one.report.complete for one in found)
        return Exit.OK if clean else Exit.INCOMPLETE

    run_command(work(), as_json=as_json)


class SyncProgress:
    """A live line of what a sync is doing; on a pipe, a plain line now and then; with --json, nothing."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._live = None if quiet or not errors.is_terminal else Live(console=errors, refresh_per_second=8)
        self._clock = SystemClock()
        self._said_at = 0.0

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def show(self, progress: Progress) -> None:
        """Take in a new state of the sync."""
        if self._live:
            self._live.update(_picture(progress))
        elif not self._quiet and self._clock.monotonic() - self._said_at > 5:
            self._said_at = self._clock.monotonic()
            errors.print(_line(progress), highlight=False)


def _line(progress: Progress) -> str:
    left = duration(progress.seconds_left)
    done = f"{progress.feeds_done} of {progress.feeds_known} listings"
    return f"phase {int(progress.phase)} of 4, {done}, {progress.tally.calls} calls, {left} left"


def _picture(progress: Progress) -> Table:
    tally = progress.tally
    grid = Table.grid(padding=(0, 2))
    grid.add_row("phase", f"{int(progress.phase)} of 4: {_PHASES[int(progress.phase)]}")
    grid.add_row("reading", progress.doing)
    grid.add_row("listings", f"{progress.feeds_done:,} of {progress.feeds_known:,}")
    grid.add_row("records", f"{tally.created:,} new, {tally.updated:,} changed, {tally.unchanged:,} the same")
    calls_left = "unknown yet" if progress.calls_left is None else f"about {progress.calls_left:,}"
    grid.add_row("calls", f"{tally.calls:,} made, {calls_left} to go")
    grid.add_row("time left", duration(progress.seconds_left))
    return grid


def print_report(one: Synced) -> None:
    """Print what a sync of one connection did."""
    tally, report = one.report.tally, one.report
    console.print(
        f"{one.vendor}: {tally.calls:,} calls; {tally.created:,} new, {tally.updated:,} changed, "
        f"{tally.deleted:,} deleted, {tally.restored:,} restored, {tally.unchanged:,} the same.",
        highlight=False,
    )
    if tally.damaged:
        console.print(f"{tally.damaged} rows could not be taken in and were set aside: `tiebeam status`.")
    if tally.held:
        console.print(f"{tally.held} deletions wait for a person: `tiebeam deletions list`.")
    if report.feeds_off:
        console.print(
            f"{report.feeds_off} listings are switched off in Procore and will be asked again tomorrow."
        )
    if report.feeds_busy:
        console.print(f"{report.feeds_busy} listings are being read by another process right now.")
    if report.details_owed:
        console.print(f"{report.details_owed} records wait for their details; the next sync asks again.")
    if report.failures:
        rows = [(part.stream, part.scope, part.cause, part.action) for part in report.failures]
        print_table("Not read", ("kind", "where", "why", "what to do"), rows)


def _plain(one: Synced) -> dict[str, Any]:
    report = one.report
    return {
        "vendor": one.vendor,
        "connection": str(one.connection_id),
        "tally": report.tally,
        "feeds_read": report.feeds_read,
        "feeds_off": report.feeds_off,
        "feeds_busy": report.feeds_busy,
        "details_owed": report.details_owed,
        "failures": report.failures,
    }
