"""`tiebeam jobs`: the work of a company, looked at and added to from the command line."""

from __future__ import annotations

import getpass
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tiebeam.app import opened
from tiebeam.cli.output import AsJson, console, print_json, print_table
from tiebeam.cli.running import run_command
from tiebeam.identity.accounts import Accounts
from tiebeam.identity.repository import Register
from tiebeam.jobs.changes.repository import Changes
from tiebeam.jobs.errors import NoSuchJobError
from tiebeam.jobs.model import JobStatus, Subject
from tiebeam.jobs.repository import Jobs
from tiebeam.jobs.rules import TITLES, in_words
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.audit.model import Actor
from tiebeam.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from uuid import UUID

    from tiebeam.app import App
    from tiebeam.jobs.model import Change, Job

commands = typer.Typer(help="See jobs and what was done to them, and add some.")

Lead = Annotated[str | None, typer.Option(help="Who leads it on site, by e-mail address.")]
Starts = Annotated[str | None, typer.Option(help="The first day, such as 2026-11-21.")]
Ends = Annotated[str | None, typer.Option(help="The last day.")]


@commands.command("list")
def list_jobs(
    search: Annotated[str | None, typer.Argument(help="Text of the title or the address, or #12.")] = None,
    status: Annotated[
        list[JobStatus] | None, typer.Option(help="How far they have come; repeat for several.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 50,
    after: Annotated[int | None, typer.Option(help="Go on from after the job of this number.")] = None,
    as_json: AsJson = False,
) -> None:
    """List jobs, the newest first."""

    async def work() -> None:
        async with _desk() as (app, jobs):
            found = await jobs.find(search, status, limit=limit, after=after)
            names = await _names(app)
        if as_json:
            print_json([_as_json(job) for job in found])
        elif not found:
            console.print("No such jobs. Add one with `tiebeam jobs add TITLE`.")
        else:
            heads = ("number", "title", "status", "lead", "address", "starts", "ends")
            print_table("Jobs", heads, [_cells(job, names) for job in found])
            if len(found) == limit:
                console.print(f"There may be more: --after {found[-1].number}")

    run_command(work(), as_json=as_json)


@commands.command("show")
def show_job(
    number: Annotated[int, typer.Argument(help="Its number, as `tiebeam jobs list` shows it.")],
    as_json: AsJson = False,
) -> None:
    """Show a job and what was done to it, the latest first."""

    async def work() -> None:
        async with _desk() as (app, jobs):
            job = await jobs.numbered(number)
            if job is None:
                raise NoSuchJobError
            done = await Changes(app.store, app.tenant.id).of(Subject.JOB, job.id)
            names = await _names(app)
        if as_json:
            print_json(_as_json(job) | {"activity": done})
        else:
            heads = ("number", "title", "status", "lead", "address", "starts", "ends")
            print_table("Deleted job" if job.deleted_at else "Job", heads, [_cells(job, names)])
            print_table("Activity", ("when", "who", "what"), [_told(one, names) for one in done])

    run_command(work(), as_json=as_json)


@commands.command("add")
def add_job(
    title: Annotated[str, typer.Argument(help="What is to be done.")],
    status: Annotated[JobStatus, typer.Option(help="How far it has come.")] = JobStatus.NEW,
    lead: Lead = None,
    address: Annotated[str, typer.Option(help="Where it is.")] = "",
    starts: Starts = None,
    ends: Ends = None,
    as_json: AsJson = False,
) -> None:
    """Add a job."""

    async def work() -> None:
        async with _desk() as (app, jobs):
            fields = {
                "title": title,
                "status": status,
                "lead_id": None if lead is None else await _person(app, lead),
                "address": address,
                "starts_on": starts,
                "ends_on": ends,
            }
            (job,) = await jobs.create_all([fields], actor=Actor.command(getpass.getuser()))
        if as_json:
            print_json(_as_json(job))
        else:
            console.print(f"Job {job.number}: {job.title}", markup=False, highlight=False)

    run_command(work(), as_json=as_json)


@asynccontextmanager
async def _desk() -> AsyncIterator[tuple[App, Jobs]]:
    async with opened(read_settings()) as app:
        yield app, Jobs(app.store, app.tenant.id, app.clock)


async def _names(app: App) -> dict[UUID, str]:
    people = await Accounts(Register(app.store), app.clock).people(app.tenant.id)
    return {one.id: one.name for one in people}


async def _person(app: App, email: str) -> UUID:
    found = await Accounts(Register(app.store), app.clock).find(app.tenant.id, email)
    if found is None:
        raise BadInputError(
            f"{app.tenant.name} has nobody with the e-mail address {email!r}.",
            action="See `tiebeam people list`.",
        )
    return found.id


def _as_json(job: Job) -> dict[str, Any]:
    return asdict(job)


def _cells(job: Job, names: Mapping[UUID, str]) -> tuple[Any, ...]:
    lead = names.get(job.lead_id) if job.lead_id else None
    return (str(job.number), job.title, job.status.in_words, lead, job.address, job.starts_on, job.ends_on)


def _told(change: Change, names: Mapping[UUID, str]) -> tuple[Any, ...]:
    if change.field is None:
        return (change.at, change.actor.name, change.what.value)
    before, after = (in_words(change.field, value, names) for value in (change.before, change.after))
    return (change.at, change.actor.name, f"{TITLES[change.field]}: {before} → {after}")
