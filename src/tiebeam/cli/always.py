"""`tiebeam up`, `worker`, `scheduler`: what keeps the copy true without anybody asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.always import Parts, always_on, until_stopped
from tiebeam.app import set_up
from tiebeam.cli.output import console
from tiebeam.cli.running import run_command
from tiebeam.settings import read_settings

if TYPE_CHECKING:
    from tiebeam.cli.exits import Exit


def up() -> None:
    """Keep the copy true, all in this process: workers and scheduler, until Ctrl-C.

    On a laptop this is all there is to start. The database is made and brought up to date by itself.
    """
    _run(Parts(worker=True, scheduler=True), prepare=True)


def worker() -> None:
    """Do what is queued, for every tenant of the database; start as many as you like, anywhere.

    Ctrl-C or SIGTERM finishes what is in hand. Killed, another worker goes on within 15 seconds.
    """
    _run(Parts(worker=True))


def scheduler() -> None:
    """Queue what is due. Start two or more: one acts, another takes over within 10 seconds of its death."""
    _run(Parts(scheduler=True))


def _run(parts: Parts, *, prepare: bool = False) -> None:
    async def work() -> Exit | None:
        settings = read_settings()
        if prepare:
            await set_up(settings)
        async with always_on(settings) as house:
            console.print(f"Up: {' and '.join(parts.names)}. Ctrl-C ends it.", highlight=False)
            await until_stopped(house, parts)
        return None

    run_command(work())
