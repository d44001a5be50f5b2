"""`tiebeam up`, `worker`, `scheduler`, `web`: what keeps the copy true without anybody asking."""

from __future__ import annotations

from tiebeam.cli.running import run_command


def up() -> None:
    """Keep the copy true, all in this process: workers, scheduler and web, until Ctrl-C.

    On a laptop this is all there is to start. The database is made and brought up to date by itself.
    """
    _run("workers", "scheduler", "web", prepare=True)


def worker() -> None:
    """Do what is queued, for every tenant of the database; start as many as you like, anywhere.

    Ctrl-C or SIGTERM finishes what is in hand. Killed, another worker goes on within 15 seconds.
    """
    _run("workers")


def scheduler() -> None:
    """Queue what is due. Start two or more: one acts, another takes over within 10 seconds of its death."""
    _run("scheduler")


def web() -> None:
    """Serve webhooks, /healthz, /readyz and /metrics; start as many as you like behind one address."""
    _run("web")


def _run(*names: str, prepare: bool = False) -> None:
    from tiebeam.cli.house import kept_up  # noqa: PLC0415 - the web triples the start of every command

    run_command(kept_up(*names, prepare=prepare))
