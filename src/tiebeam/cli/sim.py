"""`tiebeam sim`: a simulated vendor as a real HTTP server, to try Tiebeam or anything else against."""

from __future__ import annotations

import asyncio
import secrets as chance
from datetime import UTC, datetime, timedelta
from pathlib import Path  # noqa: TC003 - Typer reads the annotation at run time
from typing import TYPE_CHECKING, Annotated

import typer

from tiebeam.cli.output import AsJson, console, print_json
from tiebeam.cli.running import run_command
from tiebeam.kernel.errors import BadInputError
from tiebeam.simulators.base.clock import WallClock
from tiebeam.simulators.base.faults import Faults, rules_from_json
from tiebeam.simulators.base.server import dispatching, serve
from tiebeam.simulators.company.build import build_company
from tiebeam.simulators.company.life import Life
from tiebeam.simulators.company.size import Size
from tiebeam.simulators.procore.app import ProcoreSimulator
from tiebeam.simulators.procore.options import ProcoreOptions
from tiebeam.simulators.procore.state import ProcoreState

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiebeam.simulators.company.company import Company

commands = typer.Typer(
    help="Run a simulated vendor, clean-room and full of its real one's ways.", no_args_is_help=True
)

COMPANY_ID = 4_294_968_001
"""Beyond 32 bits, as Procore's ids may be."""


@commands.callback()
def _group() -> None:
    """Keep `sim` a group, so that further vendors can join it."""


class MovableClock:
    """The wall clock, moved forward at will: a working day can pass in a second."""

    def __init__(self) -> None:
        self._wall = WallClock()
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Return the shifted time."""
        return self._wall.now().astimezone(UTC) + self._ahead

    def move(self, seconds: float) -> None:
        """Move the time forward."""
        self._ahead += timedelta(seconds=seconds)


def simulated_procore(
    now: Callable[[], datetime],
    *,
    seed: int,
    size: Size,
    options: ProcoreOptions,
    faults: Faults | None,
    pace: float,
    always_open: bool = False,
) -> tuple[ProcoreSimulator, Company]:
    """Build a simulated Procore with its company, which does not live until somebody lets it.

    `always_open`: it works through nights and weekends.
    """
    state = ProcoreState(COMPANY_ID, now, seed)
    company = build_company(
        state, seed=seed, size=size, start=now(), life=Life(rate_multiplier=pace, always_open=always_open)
    )
    return ProcoreSimulator(state, options=options, faults=faults), company


@commands.command()
def procore(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8490,
    host: Annotated[
        str, typer.Option(help="The address to listen at; keep it on this machine.")
    ] = "127.0.0.1",
    seed: Annotated[int, typer.Option(help="The same seed gives the same company.")] = 1,
    size: Annotated[
        str, typer.Option(help="tiny, small, reference, or PROJECTSxITEMS such as 50x20000.")
    ] = "reference",
    faults: Annotated[Path | None, typer.Option(help="A JSON file of fault rules (see FIDELITY.md).")] = None,
    hourly: Annotated[int, typer.Option(min=0, help="Calls an hour; 0 for no limit.")] = 600,
    spike: Annotated[int, typer.Option(min=0, help="Calls in ten seconds; 0 for no limit.")] = 25,
    pace: Annotated[float, typer.Option(min=0, help="How busy the company is; 0 lets nothing change.")] = 1.0,
    consent: Annotated[
        bool, typer.Option("--consent", help="Ask whoever grants access on a page, as Procore does.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Serve a simulated Procore until Ctrl-C, with a company that works, changes and deletes things.

    GET /__sim/truth tells what a perfect copy would hold, GET /__sim/stats counts calls,
    POST /__sim/control moves time, switches faults and makes changes.
    """

    async def work() -> None:
        clock = MovableClock()
        options = ProcoreOptions(
            hourly_limit=hourly or None,
            spike_limit=spike or None,
            auto_consent=not consent,
            token_seed=1 + chance.randbits(62),  # Once started anew it has never heard of its old tokens.
        )
        simulator, company = simulated_procore(
            clock.now,
            seed=seed,
            size=parse_size(size),
            options=options,
            faults=_faults(faults, seed),
            pace=pace,
        )
        if pace:
            simulator.on_request = lambda moment: _live(company, moment)
        simulator.on_advance = clock.move
        simulator.on_changes = lambda wanted: len(company.burst(wanted))
        try:
            webhooks = dispatching(simulator.webhooks, _living(company, clock) if pace else clock.now)
            async with serve(simulator, host, port) as url, webhooks:
                _announce(url, options, as_json=as_json)
                await asyncio.get_running_loop().create_future()
        except OSError as error:
            raise BadInputError(
                f"The simulator cannot listen at {host}:{port}: {error.strerror or error}.",
                action="Choose another port with --port, or 0 for a free one.",
            ) from error

    run_command(work(), as_json=as_json)


@commands.command()
def monday(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8491,
    host: Annotated[
        str, typer.Option(help="The address to listen at; keep it on this machine.")
    ] = "127.0.0.1",
    seed: Annotated[int, typer.Option(help="The same seed gives the same account.")] = 1,
    items: Annotated[int, typer.Option(min=0, help="How many items the board begins with.")] = 40,
    plan: Annotated[
        str, typer.Option(help="free, trial, basic, standard, pro or enterprise: how many calls a day.")
    ] = "pro",
    faults: Annotated[Path | None, typer.Option(help="A JSON file of fault rules (see FIDELITY.md).")] = None,
    as_json: AsJson = False,
) -> None:
    """Serve a simulated monday.com until Ctrl-C: one account with a board of jobs, its limits and webhooks.

    GET /__sim/truth tells what people see, GET /__sim/stats counts calls, POST /__sim/control moves time,
    switches faults, sets up rules on its side and makes people's edits.
    """
    from tiebeam.cli.sim_monday import Wanted, serve_monday  # noqa: PLC0415 - GraphQL is slow to load

    wanted = Wanted(host, port, seed, items, plan, as_json)
    clock = MovableClock()
    run_command(serve_monday(wanted, clock.now, clock.move, _faults(faults, seed)), as_json=as_json)


def _live(company: Company, moment: datetime) -> None:
    company.live_until(moment)


def _living(company: Company, clock: MovableClock) -> Callable[[], datetime]:
    """Return a clock for deliveries: the company works on while nobody asks for anything, and tells of it."""

    def now() -> datetime:
        moment = clock.now()
        company.live_until(moment)
        return moment

    return now


def parse_size(text: str) -> Size:
    """Return the size that `tiny`, `reference` or `50x20000` names. Raises BadInputError."""
    projects, by, items = text.partition("x")
    try:
        return Size.of(projects=int(projects), items=int(items)) if by else Size.named(text)
    except ValueError as error:
        raise BadInputError(
            f"There is no size {text!r}.",
            action="Use tiny, small, reference, or a number of projects and items: 50x20000.",
        ) from error


def _faults(file: Path | None, seed: int) -> Faults | None:
    if file is None:
        return None
    try:
        return Faults(seed, rules_from_json(file.read_bytes()))
    except (OSError, ValueError) as error:
        raise BadInputError(
            f"The fault rules in {file} cannot be used: {error}.",
            action="Give a JSON array of rules; FIDELITY.md of the simulator shows their fields.",
        ) from error


def _announce(url: str, options: ProcoreOptions, *, as_json: bool) -> None:
    client = options.clients[0]
    if as_json:
        found = {
            "url": url,
            "company_id": COMPANY_ID,
            "client_id": client.client_id,
            "client_secret": client.client_secret,
        }
        print_json(found)
        return
    console.print(f"A simulated Procore is at {url}, company {COMPANY_ID}. Ctrl-C ends it.", highlight=False)
    console.print("To connect Tiebeam to it, in another terminal:\n", highlight=False)
    for name, value in (
        ("PROCORE_ENVIRONMENT", "custom"),
        ("PROCORE_LOGIN_URL", url),
        ("PROCORE_API_URL", url),
        ("PROCORE_CLIENT_ID", client.client_id),
        ("PROCORE_CLIENT_SECRET", client.client_secret),
    ):
        console.print(f"  export TIEBEAM_{name}={value}", markup=False, highlight=False, soft_wrap=True)
    console.print("  tiebeam init && tiebeam connect procore && tiebeam sync\n", highlight=False)
