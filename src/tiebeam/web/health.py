"""What probes and collectors ask: alive, ready, and the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from tiebeam.web.parts import Services

_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


async def healthz(_: Request) -> Response:
    """Answer as long as the process answers anything."""
    return PlainTextResponse("ok\n")


def readyz(services: Services) -> Callable[[Request], Awaitable[Response]]:
    """Return what says whether deliveries can be stored: 200, or 503 with what is missing."""

    async def ready(_: Request) -> Response:
        missing = await services.ready()
        return PlainTextResponse(f"{missing or 'ready'}\n", status_code=503 if missing else 200)

    return ready


def metrics(services: Services) -> Callable[[Request], Awaitable[Response]]:
    """Return what gives the numbers to Prometheus."""

    async def numbers(_: Request) -> Response:
        return Response(services.metrics(), media_type=_PROMETHEUS)

    return numbers
