"""The door for deliveries: limits first, then the receiver; an answer says nothing of who is known here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from tiebeam.kernel.correlation import bound
from tiebeam.replicate.webhooks.model import Answer
from tiebeam.replicate.webhooks.receive import BODY_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from tiebeam.web.parts import Services

_STATUS = {Answer.STORED: 204, Answer.REFUSED: 401, Answer.TOO_LARGE: 413, Answer.BUSY: 503}
_AGAIN = {"Retry-After": "1"}


class _TooLargeError(Exception):
    """A body beyond the limit."""


def deliveries(services: Services) -> Callable[[Request], Awaitable[Response]]:
    """Return what takes a delivery: 204 once stored, else 401, 413, 408 (a slow body) or 503 (again)."""
    in_hand = 0

    async def take(request: Request) -> Response:
        nonlocal in_hand
        if in_hand >= services.in_hand_max:
            services.told(Answer.BUSY.value)
            return Response(status_code=503, headers=_AGAIN)
        in_hand += 1
        try:
            with bound():
                return await _taken(request, services)
        finally:
            in_hand -= 1

    return take


async def _taken(request: Request, services: Services) -> Response:
    try:
        async with asyncio.timeout(services.body_wait_seconds):
            body = await _body(request)
    except _TooLargeError:
        services.told(Answer.TOO_LARGE.value)
        return Response(status_code=413, headers={"Connection": "close"})
    except (TimeoutError, ClientDisconnect):
        services.told("slow")
        return Response(status_code=408, headers={"Connection": "close"})
    said = request.headers
    answer = await services.receiver.receive(
        said.get("authorization"), body, signature=said.get("x-signature-256")
    )
    services.told(answer.value)
    return Response(status_code=_STATUS[answer], headers=_AGAIN if answer is Answer.BUSY else None)


async def _body(request: Request) -> bytes:
    declared = request.headers.get("content-length", "0")
    if (
        not declared.isascii()
        or not declared.isdigit()
        or len(declared) > 9
        or int(declared) > BODY_BYTES_MAX
    ):
        raise _TooLargeError
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise _TooLargeError
    return bytes(body)
