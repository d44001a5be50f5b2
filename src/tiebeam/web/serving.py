"""Serving the web application until it is asked to end."""

from __future__ import annotations

import asyncio
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from tiebeam.kernel.errors import Owner, TiebeamError
from tiebeam.kernel.memory import spare_what_is_loaded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

_ENDING_SECONDS_MAX = 5
_IDLE_SECONDS_MAX = 15
_CONNECTIONS_MAX = 2000
_HEADER_BYTES_MAX = 16 * 1024


class AddressTakenError(TiebeamError):
    """Nothing can be served at the address that is set."""

    code = "web.address"
    owner = Owner.OPERATOR


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """Take the address, before anything else is started. Raises AddressTakenError."""
    try:
        at = socket.create_server((host, port), backlog=2048, reuse_port=False)
    except OSError as error:
        raise AddressTakenError(
            f"The web pages cannot be served at {host}:{port}: {error.strerror or error}.",
            action="End what uses that port, or set TIEBEAM_WEB_HOST or TIEBEAM_WEB_PORT to another.",
        ) from error
    # asyncio does so only where a socket names its protocol, and this one does not: what is sent in two parts
    # would wait some 40 ms for the other side to acknowledge the first.
    at.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return at


async def serve(app: ASGIApp, at: socket.socket, stop: asyncio.Event) -> None:
    """Serve at a listening socket until `stop` is set; what is in hand is answered first."""
    spare_what_is_loaded()
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            limit_concurrency=_CONNECTIONS_MAX,
            http="h11",  # The one that bounds the headers, whatever else happens to be installed.
            h11_max_incomplete_event_size=_HEADER_BYTES_MAX,
            timeout_keep_alive=_IDLE_SECONDS_MAX,
            timeout_graceful_shutdown=_ENDING_SECONDS_MAX,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[at]))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    server.should_exit = True
    await serving
