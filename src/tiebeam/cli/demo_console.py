"""The console of the demo: its accounts, and what makes its buttons work."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from tiebeam.always import AlwaysOn
from tiebeam.connectors.http import AiohttpTransport
from tiebeam.identity.model import Role
from tiebeam.operations.audit.model import Actor
from tiebeam.web.app import create_app
from tiebeam.web.parts import House, services_of
from tiebeam.web.serving import AddressTakenError, listen, serve

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator

    from tiebeam.app import App
    from tiebeam.kernel.clock import Clock
    from tiebeam.settings import Settings

ROLES: Final = (Role.TENANT_ADMIN, Role.OPERATOR, Role.OFFICE)
_PASSWORD_BYTES: Final = 12


@asynccontextmanager
async def demo_console(app: App, clock: Clock) -> AsyncIterator[tuple[str, str, list[str]]]:
    """Serve the console for as long as the block runs; gives its address, a password and who it is for.

    `clock` must not leap: a worker that seems to have slept for minutes is taken for dead.
    """
    async with AiohttpTransport() as transport:
        house = AlwaysOn(app.settings, clock, app.store, transport)
        parts, password = House.of(house), secrets.token_urlsafe(_PASSWORD_BYTES)
        emails = []
        for role in ROLES:
            person = await parts.accounts.add_person(
                app.tenant.id,
                email=f"{role.value.replace('_', '.')}@demo.example",
                name=f"Demo {role.in_words.lower()}",
                role=role,
                by=Actor.command("demo"),
                password=password,
            )
            emails.append(person.email)
        with _address(app.settings) as at:
            services = services_of(house)
            running = asyncio.create_task(
                house.run(serve(create_app(services, parts), at, house.stop), house.work(), house.measure())
            )
            try:
                host, port = at.getsockname()[:2]
                yield f"http://{host}:{port}", password, emails
            finally:
                house.stop.set()
                await running


def _address(settings: Settings) -> socket.socket:
    """Take the port that is set or, when somebody else has it, any other: a demo must not fail of that."""
    try:
        return listen(settings.web_host, settings.web_port)
    except AddressTakenError:
        return listen(settings.web_host, 0)
