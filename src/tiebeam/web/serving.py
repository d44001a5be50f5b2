"""How the application is served: by uvicorn, with a limit on everything that a stranger can fill."""

from __future__ import annotations

import socket
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import uvicorn

from tiebeam.kernel.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from fastapi import FastAPI

_CONNECTIONS_MAX = 2000
_HEADER_BYTES_MAX = 16 * 1024
_IDLE_SECONDS_MAX = 15
_LAST_ANSWERS_SECONDS = 5


class _Server(uvicorn.Server):
    """Uvicorn within somebody else's loop: signals are its starter's business."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: FastAPI, host: str = "127.0.0.1", port: int = 8401) -> AsyncIterator[str]:
    """Serve for as long as the block runs, and give the base URL; port 0 takes a free one.

    At the end whatever is in hand is answered first. Raises BadInputError when it cannot listen there.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        access_log=False,
        log_config=None,
        lifespan="off",
        ws="none",
        server_header=False,
        backlog=_CONNECTIONS_MAX,
        limit_concurrency=_CONNECTIONS_MAX,
        h11_max_incomplete_event_size=_HEADER_BYTES_MAX,
        timeout_keep_alive=_IDLE_SECONDS_MAX,
        timeout_graceful_shutdown=_LAST_ANSWERS_SECONDS,
    )
    server = _Server(config)
    bound = _bound(host, port)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[bound])
    try:
        yield f"http://{host}:{bound.getsockname()[1]}"
    finally:
        await server.shutdown(sockets=[bound])


def _bound(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=_CONNECTIONS_MAX)
    except OSError as error:
        raise BadInputError(
            f"The web server cannot listen at {host}:{port}: {error.strerror or error}.",
            action="Choose another port, or 0 for a free one.",
        ) from error
