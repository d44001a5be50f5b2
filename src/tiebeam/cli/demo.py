"""`tiebeam demo`: a whole company, copied and kept in step, on this machine, in a minute."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import SecretStr

from tiebeam.app import opened, set_up
from tiebeam.cli.comparison import Comparison, Site, Truth, a_while, compare, fewest_calls
from tiebeam.cli.exits import Exit
from tiebeam.cli.output import AsJson, console, print_json, print_table
from tiebeam.cli.running import run_command
from tiebeam.cli.sim import COMPANY_ID, MovableClock, parse_size, simulated_procore
from tiebeam.cli.sync import SyncProgress
from tiebeam.connectors.streams import Scope
from tiebeam.kernel.clock import SystemClock
from tiebeam.operations.tokens.model import GrantKind
from tiebeam.replicate.model import Tally
from tiebeam.replicate.plan import value_at
from tiebeam.replicate.streams import STREAMS
from tiebeam.replicate.sync import Wish
from tiebeam.settings import read_settings
from tiebeam.simulators.base.server import serve
from tiebeam.simulators.procore.caller import Caller
from tiebeam.simulators.procore.options import ProcoreOptions
from tiebeam.simulators.procore.render import VOLATILE_FIELDS
from tiebeam.simulators.procore.resources import RESOURCES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from datetime import datetime

    from tiebeam.app import App
    from tiebeam.connectors.streams import Stream
    from tiebeam.operations.tokens.model import Connection
    from tiebeam.settings import Settings
    from tiebeam.simulators.company.company import Company
    from tiebeam.simulators.procore.app import ProcoreSimulator

_HOURLY = 200_000
_SPIKE = 3_000
_WORKDAY_HOURS = 9
_PACE = 3.0


class DemoClock:
    """The demo's one time, for the company and for Tiebeam: a day can pass in a moment."""

    def __init__(self, movable: MovableClock) -> None:
        self._movable = movable
        self._own = SystemClock()
        self._moved = 0.0

    def now(self) -> datetime:
        """Return the demo's time."""
        return self._movable.now()

    def monotonic(self) -> float:
        """Return the demo's seconds."""
        return self._own.monotonic() + self._moved

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self._movable.move(seconds)
        self._moved += seconds

    def steady(self) -> DemoClock:
        """Return a clock of the same time whose seconds never leap: for what tells the dead by them."""
        return DemoClock(self._movable)

    async def sleep(self, seconds: float) -> None:
        """Really wait."""
        await self._own.sleep(seconds)


@dataclass(slots=True)
class Demo:
    """A demo in hand."""

    app: App
    connection: Connection
    clock: DemoClock
    simulator: ProcoreSimulator
    company: Company
    quiet: bool
    tally: Tally = field(default_factory=Tally)
    failures: int = 0

    def say(self, words: str) -> None:
        """Tell a person what happens; nothing with --json."""
        if not self.quiet:
            console.print(words, highlight=False)

    async def sync(self, *, sweep: bool = False) -> Tally:
        """Sync, and return what it did."""
        with SyncProgress(quiet=self.quiet) as progress:
            synced = await self.app.sync_one(self.connection, Wish(sweep=sweep), progress.show)
        self.tally.add(synced.report.tally)
        self.failures += len(synced.report.failures)
        return synced.report.tally

    def live(self, hours: float) -> int:
        """Let the company work for some hours; return how many things it did."""
        self.clock.move(hours * 3600)
        return len(self.company.live_until(self.clock.now()))

    def truth(self) -> Truth:
        """Return the company's own truth, with what Procore makes up at each reading as it answers for it."""
        truth = Truth(self.simulator.truth(), STREAMS, VOLATILE_FIELDS)
        caller = Caller(self.simulator, company_id=COMPANY_ID).sign_in()
        for stream in STREAMS:
            for project in truth.projects() if stream.view not in RESOURCES else ():
                self._add_answers(truth, caller, stream, str(project["id"]))
        return truth

    def _add_answers(self, truth: Truth, caller: Caller, stream: Stream, project_id: str) -> None:
        reply = caller.get(stream.listings[0].path.format(project_id=project_id), {"per_page": 100})
        rows = reply.json if isinstance(reply.json, list) else [reply.json]
        for row in rows if reply.status == 200 else ():
            key = str(value_at(row, stream.key))
            truth.add(stream, Scope((("project_id", project_id),)), key, row)

    def sites(self, truth: Truth) -> list[Site]:
        """Return the projects that can be seen, with what is switched off in them."""
        return [
            Site(
                str(row["id"]),
                self._switched_off(int(row["id"])),
                row.get("tz_name"),
                row.get("created_at"),
            )
            for row in truth.projects()
        ]

    def _switched_off(self, project_id: int) -> frozenset[str]:
        """Return the tools of our streams whose resource is behind a tool that is off in the project."""
        tools = ((stream.tool, RESOURCES[stream.view].tool) for stream in STREAMS if stream.view in RESOURCES)
        enabled = self.simulator.state.tool_enabled
        return frozenset(
            ours for ours, theirs in tools if ours and theirs and not enabled(project_id, theirs)
        )


def demo(
    leave: Annotated[bool, typer.Option("--exit", help="End when all is shown, not at Ctrl-C.")] = False,
    size: Annotated[str, typer.Option(help="tiny, small, reference, or PROJECTSxITEMS.")] = "reference",
    seed: Annotated[int, typer.Option(help="The same seed gives the same company.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Copy a make-believe builder's Procore, let it work for a day, and prove that the copy is true.

    It needs nothing but this machine: the database, the simulated Procore and the company are all its own,
    and are gone when it ends. (Killed with -9, it leaves a folder tiebeam-demo-… among the temporary ones;
    its database ends by itself.)
    """

    async def work() -> Exit | None:
        async with _staged(parse_size(size), seed, quiet=as_json) as stage:
            result = await _play(stage)
            if as_json:
                print_json(result)
            if not leave:
                from tiebeam.cli.demo_console import demo_console  # noqa: PLC0415 - as in cli.always

                async with demo_console(stage.app, stage.clock.steady()) as (address, password, emails):
                    stage.say(
                        f"\n[bold]The console is at {address}[/]. Sign in with the password {password} as"
                    )
                    stage.say("   " + "   ".join(emails))
                    await _stay(stage)
        return Exit.OK if result["converged"] else Exit.INCOMPLETE

    run_command(work(), as_json=as_json)


@asynccontextmanager
async def _staged(size: Any, seed: int, *, quiet: bool) -> AsyncIterator[Demo]:
    clock = MovableClock()
    options = ProcoreOptions(hourly_limit=_HOURLY, spike_limit=_SPIKE)
    simulator, company = simulated_procore(
        clock.now, seed=seed, size=size, options=options, faults=None, pace=_PACE, always_open=True
    )
    with _folder() as folder:
        async with serve(simulator) as url:
            settings = _settings(folder, url, options)
            moving = DemoClock(clock)
            if not quiet:
                console.print(
                    f"Simulated Procore at {url}; embedded PostgreSQL in {folder}.", highlight=False
                )
            await set_up(settings, moving, name="Demo")
            async with opened(settings, clock=moving) as app:
                connection, _, _ = await app.add_procore(
                    str(COMPANY_ID), grant=None, kind=GrantKind.CLIENT_CREDENTIALS
                )
                yield Demo(app, connection, moving, simulator, company, quiet)


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="tiebeam-demo-"))
    # For root, the server runs as another user, who must be able to pass through.
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _settings(folder: Path, url: str, options: ProcoreOptions) -> Settings:
    client = options.clients[0]
    return read_settings(
        data=folder,
        database_url=None,
        postgres_fsync=False,
        tenant="demo",
        master_key=None,
        procore_environment="custom",
        procore_login_url=url,
        procore_api_url=url,
        procore_client_id=client.client_id,
        procore_client_secret=SecretStr(client.client_secret),
        rate_limit=True,
        rate_hourly_max=_HOURLY,
    )


async def _play(demo: Demo) -> dict[str, Any]:
    """Copy, let live, follow, prove; return what there is to say."""
    began = demo.clock.monotonic()
    truth = demo.truth()
    sites = demo.sites(truth)
    demo.say(f"\n[bold]1.[/] The first copy of {len(sites)} projects.")
    first = await demo.sync()
    fewest = fewest_calls(truth, STREAMS, sites, demo.clock.now())
    took = demo.clock.monotonic() - began
    demo.say(f"   {first.created:,} records with {first.calls:,} calls (the fewest possible: {fewest:,}).")
    first_check = await compare(demo.app.records(demo.connection.id), truth, STREAMS)
    demo.say(f"\n[bold]2.[/] The company works for {_WORKDAY_HOURS} hours.")
    acts = demo.live(_WORKDAY_HOURS)
    began = demo.clock.monotonic()
    later = await demo.sync()
    demo.say(f"   It did {acts:,} things. {_changed(later)}, with {later.calls:,} calls.")
    demo.say("\n[bold]3.[/] Two sweeps, to prove what is gone.")
    for _ in range(2):
        demo.clock.move(60)
        later.add(await demo.sync(sweep=True))
    took += demo.clock.monotonic() - began - 120
    demo.say(f"   {_changed(later)} since the first copy.")
    check = await compare(demo.app.records(demo.connection.id), demo.truth(), STREAMS)
    _tell(demo, check)
    return {
        "projects": check.records.get("projects", 0),
        "records": check.records,
        "calls": first.calls,
        "calls_minimum": fewest,
        "calls_following": later.calls,
        "duration_s": round(took, 1),
        "changes_made": acts,
        "changes_applied": later.changes,
        "deleted": later.deleted,
        "converged": first_check.equal and check.equal and not demo.failures,
    }


def _changed(tally: Tally) -> str:
    return (
        f"{tally.created:,} new, {tally.updated:,} changed, {tally.deleted:,} deleted, "
        f"{tally.restored:,} restored"
    )


def _tell(demo: Demo, check: Comparison) -> None:
    demo.say(f"\n[bold]4.[/] Copy and truth, {check.compared:,} records compared by content:")
    if check.equal:
        demo.say("   [bold green]equal[/].")
    for name in ("missing", "invented", "different"):
        places = getattr(check, name)
        if places:
            demo.say(f"   [bold red]{name}[/]: {len(places)}, such as {places[0]}")
    if not demo.quiet:
        rows = [(name, count) for name, count in sorted(check.records.items()) if count]
        print_table("Live records in the copy", ("kind", "records"), rows)


async def _stay(demo: Demo) -> None:
    """Go on for as long as somebody looks: the company works, the copy follows."""
    folder = demo.app.settings.data
    demo.say(
        "\nIt goes on until Ctrl-C: ten minutes of work every ten seconds. Meanwhile, in another terminal:"
    )
    demo.say(f"   export TIEBEAM_DATA={folder} TIEBEAM_TENANT=demo")
    demo.say("   tiebeam status        tiebeam records list rfis        tiebeam records history rfis ID\n")
    passed = 0.0
    while True:
        await demo.clock.sleep(10)
        acts = demo.live(1 / 6)
        passed += 600
        tally = await demo.sync()
        demo.say(f"{a_while(passed)} later: {acts} things happened; {_changed(tally)}, {tally.calls} calls.")
