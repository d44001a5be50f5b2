"""The door for deliveries: limits first, then the receiver; an answer says nothing of who is known here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final
from uuid import UUID

from tiebeam.kernel.correlation import bound
from tiebeam.link.outside.door.receive import Answer as Said
from tiebeam.link.outside.door.receive import Heard
from tiebeam.replicate.webhooks.model import Answer
from tiebeam.replicate.webhooks.receive import BODY_BYTES_MAX

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from tiebeam.link.outside.door.receive import MondayDoor
    from tiebeam.web.parts import Services

PATH: Final = "/webhooks/procore"
MONDAY: Final = "/webhooks/monday/"
"""Before the company's id, the link's, and its secret: monday.com signs only what an app has asked for."""

_STATUS = {Answer.STORED: 204, Answer.REFUSED: 401, Answer.TOO_LARGE: 413, Answer.BUSY: 503}
_SAID = {Said.STORED: 200, Said.LISTENS: 200, Said.REFUSED: 401, Said.BUSY: 503}
_SLOW: Final = 408
_HEADERS = {
    405: (b"allow", b"POST"),
    408: (b"connection", b"close"),
    413: (b"connection", b"close"),
    503: (b"retry-after", b"1"),
}


class _TooLargeError(Exception):
    """A body beyond the limit."""


class _HungUpError(Exception):
    """The sender went away in the middle of its body."""


class Doorway:
    """Takes deliveries in itself and hands everything else on to the pages.

    A delivery is a secret and a few hundred bytes: to send it through what pages need (routes, sessions,
    headers for browsers) took half as long again as to take it in.
    """

    def __init__(self, pages: ASGIApp, services: Services) -> None:
        self._pages = pages
        self._services = services
        self._in_hand = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a delivery: 200 or 204 once stored, else 401, 413, 408 (a slow body) or 503 (again)."""
        door = self._services.monday
        of_monday = scope["type"] == "http" and door is not None and scope["path"].startswith(MONDAY)
        if scope["type"] != "http" or (scope["path"] != PATH and not of_monday):
            await self._pages(scope, receive, send)
        elif scope["method"] != "POST":
            await _answer(send, 405)
        else:
            status, body = await self._taken(scope, receive, of_monday=of_monday)
            await _answer(send, status, body)

    async def _taken(self, scope: Scope, receive: Receive, *, of_monday: bool) -> tuple[int, bytes]:
        if self._in_hand >= self._services.in_hand_max:
            self._services.told(Answer.BUSY.value)
            return _STATUS[Answer.BUSY], b""
        self._in_hand += 1
        try:
            with bound():
                return await _taken(scope, receive, self._services, of_monday=of_monday)
        finally:
            self._in_hand -= 1


async def _taken(scope: Scope, receive: Receive, services: Services, *, of_monday: bool) -> tuple[int, bytes]:
    try:
        async with asyncio.timeout(services.body_wait_seconds):
            body = await _body(scope, receive)
    except _TooLargeError:
        services.told(Answer.TOO_LARGE.value)
        return _STATUS[Answer.TOO_LARGE], b""
    except (TimeoutError, _HungUpError):
        services.told("slow")
        return _SLOW, b""
    if of_monday and services.monday is not None:
        heard = await _heard(scope, body, services.monday)
        services.told_of_monday(heard.answer.value)
        return _SAID[heard.answer], heard.body
    secret, signature = _header(scope, b"authorization"), _header(scope, b"x-signature-256")
    answer = await services.receiver.receive(secret, body, signature=signature)
    services.told(answer.value)
    return _STATUS[answer], b""


async def _heard(scope: Scope, body: bytes, door: MondayDoor) -> Heard:
    tenant, link, secret = (*scope["path"].removeprefix(MONDAY).split("/"), "", "")[:3]
    try:
        ids = UUID(tenant), UUID(link)
    except ValueError:
        return Heard(Said.REFUSED)
    return await door.receive(*ids, secret, body, _header(scope, b"authorization"))


async def _body(scope: Scope, receive: Receive) -> bytes:
    declared = _header(scope, b"content-length") or "0"
    if (
        not declared.isascii()
        or not declared.isdigit()
        or len(declared) > 9
        or int(declared) > BODY_BYTES_MAX
    ):
        raise _TooLargeError
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _HungUpError
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > BODY_BYTES_MAX:
            raise _TooLargeError
    return bytes(body)


def _header(scope: Scope, name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


async def _answer(send: Send, status: int, body: bytes = b"") -> None:
    headers = [] if status == 204 else [(b"content-length", str(len(body)).encode())]
    if body:
        headers.append((b"content-type", b"application/json"))
    if status in _HEADERS:
        headers.append(_HEADERS[status])
    start: Message = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body})
