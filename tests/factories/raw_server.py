"""An HTTP server on bare sockets, which can break every rule of HTTP."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from tiebeam.simulators.base.messages import ConnectionLost, SimRequest, SimResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes to write as they are before hanging up."""

    data: bytes


class RawServer:
    """Calls `handler` for each request and counts connections."""

    def __init__(self, handler: Callable[[SimRequest], SimResponse | Raw], *, greeting: bytes = b"") -> None:
        self._handler = handler
        self._greeting = greeting
        self._talks: set[asyncio.Task[None]] = set()
        self.connections = 0

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._talks.add(asyncio.create_task(self._talk(reader, writer)))

    async def hang_up(self) -> None:
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(self._greeting)
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while await self._answer(reader, writer):
                    pass
        finally:
            writer.close()
            with suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        try:
            answer = self._handler(await _read(reader))
        except ConnectionLost:
            return False
        if isinstance(answer, Raw):
            writer.write(answer.data)
            return False
        if answer.delay_seconds:
            # Longer than any test's patience: the connection stays open until the caller leaves.
            await reader.read()
            return False
        writer.write(_encoded(answer))
        await writer.drain()
        return True


@asynccontextmanager
async def raw_server(
    handler: Callable[[SimRequest], SimResponse | Raw],
    *,
    tls: ssl.SSLContext | None = None,
    greeting: bytes = b"",
) -> AsyncIterator[tuple[RawServer, int]]:
    """Serve on a free port of the loopback address and give the server and its port."""
    served = RawServer(handler, greeting=greeting)
    server = await asyncio.start_server(served.accept, "127.0.0.1", 0, ssl=tls)
    try:
        yield served, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await served.hang_up()


async def _read(reader: asyncio.StreamReader) -> SimRequest:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ")
    pairs = (line.partition(":") for line in head[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    url = urlsplit(target)
    query = tuple(parse_qsl(url.query, keep_blank_values=True))
    return SimRequest(method, unquote(url.path), query, headers, body)


def _encoded(answer: SimResponse) -> bytes:
    headers = {"Content-Length": str(len(answer.body)), **answer.headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {answer.status} Whatever\r\n{head}\r\n".encode("latin-1") + answer.body
