"""`tiebeam queue`: what waits, runs and has ended; what is queued by hand; how often, and whether at all."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from tiebeam.app import opened
from tiebeam.cli.output import AsJson, ago, console, print_json, print_table
from tiebeam.cli.running import run_command
from tiebeam.duties import SCHEDULES, sync_job
from tiebeam.kernel.correlation import bound
from tiebeam.kernel.errors import BadInputError
from tiebeam.replicate.replica import NoSuchRecordError
from tiebeam.settings import read_settings
from tiebeam.wishes import record_job, refresh_job

if TYPE_CHECKING:
    from tiebeam.app import App
    from tiebeam.cli.exits import Exit
    from tiebeam.operations.queue.model import NewJob
    from tiebeam.operations.tokens.model import Connection

commands = typer.Typer(help="What is queued, by schedule or by hand.", no_args_is_help=True)

_Name = Annotated[str, typer.Argument(help="The schedule, such as procore.sync.")]


@commands.command()
def status(
    history: Annotated[int, typer.Option(min=0, help="Also show this many of the latest jobs.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show how many jobs are in which state, and the latest ones."""

    async def work() -> Exit | None:
        async with opened(read_settings()) as app:
            counts = await app.queue.counts(app.tenant.id)
            entries = await app.queue.history(app.tenant.id, history)
            ticks = await app.schedules.history(app.tenant.id, history)
            now = app.clock.now()
        if as_json:
            print_json({"counts": counts, "jobs": entries, "ticks": ticks})
            return None
        if not counts:
            console.print("Nothing was ever queued. Next: `tiebeam up`, or `tiebeam queue trigger`.")
        rows = [(one.kind, one.state, one.jobs, ago(one.oldest_at, now)) for one in counts]
        print_table("Jobs", ("kind", "state", "jobs", "oldest"), rows)
        rows_of = [
            (one.job_id, one.kind, one.state, one.attempts, ago(one.enqueued_at, now), one.error or "")
            for one in entries
        ]
        print_table("Latest", ("id", "kind", "state", "attempts", "queued", "error"), rows_of)
        return None

    run_command(work(), as_json=as_json)


@commands.command()
def trigger(
    project: Annotated[str | None, typer.Option(help="Only the project with this Procore id.")] = None,
    stream: Annotated[str | None, typer.Option(help="Only this kind of record, such as `rfis`.")] = None,
    record: Annotated[str | None, typer.Option(help="Only the record with this id; needs --stream.")] = None,
    connection: Annotated[
        str | None,
        typer.Option(help="Only this connection (one user's): its id of `tiebeam status --json`."),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Read everything anew.")] = False,
    as_json: AsJson = False,
) -> None:
    """Queue a sync of every connection now: what is due, or exactly what the options name."""
    if record and not stream:
        raise typer.BadParameter("It needs --stream, the kind of record it is.", param_hint="--record")

    async def work() -> Exit | None:
        async with opened(read_settings()) as app:
            name = app.stream(stream).name if stream else None
            found = _named(await app.connections(), connection)
            with bound() as under:
                if record and name:
                    jobs = await _record_jobs(app, found, name, record, project)
                elif project or stream or full:
                    jobs = [refresh_job(one, project=project, stream=name, full=full) for one in found]
                else:
                    jobs = [sync_job(one) for one in found]
            queued = await app.queue.trigger(app.tenant.id, jobs)
        if as_json:
            print_json({"queued": queued, "correlation_id": under})
        else:
            told = f"{queued} queued. A worker does it: `tiebeam up`, or `tiebeam worker`."
            console.print(told, highlight=False)
        return None

    run_command(work(), as_json=as_json)


def _named(found: list[Connection], wanted: str | None) -> list[Connection]:
    """Return the connection that is named; all of them when none is. Raises BadInputError."""
    chosen = [one for one in found if wanted in (None, str(one.id))]
    if wanted is not None and not chosen:
        there = ", ".join(str(one.id) for one in found) or "none"
        raise BadInputError(f"There is no connection {wanted!r}.", action=f"There are these: {there}.")
    return chosen


async def _record_jobs(
    app: App, found: list[Connection], stream: str, key: str, project: str | None
) -> list[NewJob]:
    """Return the jobs that read a record, for each connection that has it. Raises NoSuchRecordError."""
    jobs = []
    missing = None
    for one in found:
        try:
            jobs.append(record_job(one, await app.records(one.id).show(stream, key, project), stream))
        except NoSuchRecordError as error:
            missing = error
    if missing and not jobs:
        raise missing
    return jobs


@commands.command()
def cancel(
    job: Annotated[int, typer.Argument(help="Its id, as `tiebeam queue status` shows it.")],
    as_json: AsJson = False,
) -> None:
    """End a job that waits, or ask for the end of one that runs."""

    async def work() -> Exit | None:
        async with opened(read_settings()) as app:
            if not await app.queue.cancel(app.tenant.id, job):
                raise BadInputError(
                    f"No job {job} waits or runs.", action="`tiebeam queue status` shows those that do."
                )
        _say({"cancelled": job}, f"Job {job} is cancelled.", as_json=as_json)
        return None

    run_command(work(), as_json=as_json)


@commands.command()
def every(
    schedule: _Name,
    minutes: Annotated[float, typer.Argument(min=1 / 60, help="How many minutes lie between two ticks.")],
    as_json: AsJson = False,
) -> None:
    """Change how often a schedule ticks for this tenant, without a restart."""
    _change(schedule, every_minutes=minutes, enabled=True, as_json=as_json)


@commands.command()
def pause(schedule: _Name, as_json: AsJson = False) -> None:
    """Switch a schedule off for this tenant, without a restart."""
    _change(schedule, every_minutes=None, enabled=False, as_json=as_json)


@commands.command()
def resume(schedule: _Name, as_json: AsJson = False) -> None:
    """Switch a schedule on again, as often as the program has it."""
    _change(schedule, every_minutes=None, enabled=True, as_json=as_json)


def _change(schedule: str, *, every_minutes: float | None, enabled: bool, as_json: bool) -> None:
    async def work() -> Exit | None:
        interval = timedelta(minutes=every_minutes) if every_minutes else None
        async with opened(read_settings()) as app:
            if schedule not in SCHEDULES:
                raise BadInputError(
                    f"There is no schedule {schedule!r}.",
                    action=f"Name one of these: {', '.join(SCHEDULES)}.",
                )
            await app.schedules.set(schedule, every=interval, enabled=enabled, tenant_id=app.tenant.id)
        state = "off" if not enabled else f"every {every_minutes:g} min" if every_minutes else "on"
        told = {"schedule": schedule, "enabled": enabled, "every_minutes": every_minutes}
        _say(told, f"{schedule} is {state} for this tenant.", as_json=as_json)
        return None

    run_command(work(), as_json=as_json)


def _say(told: dict[str, object], words: str, *, as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        console.print(words, highlight=False)
