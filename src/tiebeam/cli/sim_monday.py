"""The simulated monday.com behind `tiebeam sim monday`. It loads GraphQL, which no other command needs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiebeam.cli.output import console, print_json
from tiebeam.kernel.errors import BadInputError
from tiebeam.simulators.base.server import dispatching, serve
from tiebeam.simulators.monday.account import small_account
from tiebeam.simulators.monday.app import MondaySimulator
from tiebeam.simulators.monday.options import DAILY_CALLS, MondayOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tiebeam.simulators.base.faults import Faults
    from tiebeam.simulators.monday.state import Board


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to serve, and where."""

    host: str
    port: int
    seed: int
    items: int
    plan: str
    as_json: bool


def options_of(plan: str) -> MondayOptions:
    """Return the options of a plan. Raises BadInputError for one that there is not."""
    if plan not in DAILY_CALLS:
        raise BadInputError(
            f"monday.com has no plan {plan!r}.", action=f"Choose one of {', '.join(DAILY_CALLS)}."
        )
    return MondayOptions(plan=plan)  # type: ignore[arg-type] # it is one of them


async def serve_monday(
    wanted: Wanted, now: Callable[[], datetime], move: Callable[[float], None], faults: Faults | None
) -> None:
    """Serve until cancelled; `move` moves the time that `now` tells. Raises BadInputError."""
    options = options_of(wanted.plan)
    state, board = small_account(now, seed=wanted.seed, items=wanted.items)
    simulator = MondaySimulator(state, options=options, faults=faults)
    simulator.on_advance = move
    try:
        webhooks = dispatching(simulator.webhooks, now)
        async with serve(simulator, wanted.host, wanted.port) as url, webhooks:
            _announce(url, board, options, as_json=wanted.as_json)
            await asyncio.get_running_loop().create_future()
    except OSError as error:
        raise BadInputError(
            f"The simulator cannot listen at {wanted.host}:{wanted.port}: {error.strerror or error}.",
            action="Choose another port with --port, or 0 for a free one.",
        ) from error


def _announce(url: str, board: Board, options: MondayOptions, *, as_json: bool) -> None:
    app, personal = options.tokens
    if as_json:
        tokens = {
            "token": app.text,
            "personal_token": personal.text,
            "signing_secret": options.signing_secret,
        }
        print_json({"url": f"{url}/v2", "board_id": str(board.id), **tokens})
        return
    lines = (
        f"A simulated monday.com is at {url}/v2, board {board.id} ({board.name}). Ctrl-C ends it.",
        f"Token of an app: {app.text}    of a person: {personal.text}",
        f"Signing secret of its webhooks: {options.signing_secret}",
        f"{options.calls_a_day:,} calls a day ({options.plan}). What people see: {url}/__sim/truth",
    )
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
