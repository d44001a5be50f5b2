"""A house put up for as long as a command runs: its parts, its address, the way to its first account."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from tiebeam.always import always_on, until_stopped
from tiebeam.app import set_up
from tiebeam.cli.logging import configure_logging
from tiebeam.cli.output import console
from tiebeam.identity.beginning.repository import FirstRun
from tiebeam.kernel.clock import SystemClock
from tiebeam.settings import read_settings
from tiebeam.web.app import create_app, create_probes
from tiebeam.web.parts import House, services_of
from tiebeam.web.serving import listen, serve

if TYPE_CHECKING:
    import socket
    from collections.abc import Coroutine

    from tiebeam.always import AlwaysOn


async def kept_up(*names: str, prepare: bool) -> None:
    """Run the parts of these names ("workers", "scheduler", "web") until cancelled.

    With `prepare` the database is made first, and whoever has no account yet is told where to make one.
    Raises the errors of settings, address and database.
    """
    settings = read_settings()
    configure_logging(settings.log_level, SystemClock())
    with ExitStack() as held:
        port = settings.web_port if "web" in names else settings.metrics_port
        at = held.enter_context(listen(settings.web_host, port)) if port is not None else None
        if prepare:
            await set_up(settings)
        async with always_on(settings) as house:
            console.print(f"Up: {_told(names, at)}. Ctrl-C ends it.", highlight=False)
            if prepare and at is not None:
                await _welcome(house, at)
            await until_stopped(house, *_parts(house, names, at))


async def _welcome(house: AlwaysOn, at: socket.socket) -> None:
    """While nobody has an account, say where the first one is made."""
    token = await FirstRun(house.store, house.clock).begin()
    if token is None:
        return
    place = f"http://{at.getsockname()[0]}:{at.getsockname()[1]}/first-run?token={token}"
    console.print(
        "Nobody has an account yet. Make the first one here, once, within an hour:", highlight=False
    )
    console.print(place, markup=False, highlight=False, soft_wrap=True)


def _parts(
    house: AlwaysOn, names: tuple[str, ...], at: socket.socket | None
) -> list[Coroutine[Any, Any, None]]:
    parts: list[Coroutine[Any, Any, None]] = []
    if "workers" in names:
        parts.append(house.work())
    if "scheduler" in names:
        parts.append(house.schedule())
    if at is not None:
        services = services_of(house)
        app = create_app(services, House.of(house)) if "web" in names else create_probes(services)
        parts += [serve(app, at, house.stop), house.measure()]
    return parts


def _told(names: tuple[str, ...], at: socket.socket | None) -> str:
    place = f" at http://{at.getsockname()[0]}:{at.getsockname()[1]}" if at else ""
    return (
        " and ".join(names) + place if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}{place}"
    )
