"""A simulator behind a real HTTP socket."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from tiebeam.simulators.base.dispatch import send_due
from tiebeam.simulators.base.messages import Challenger, ConnectionLost, SimRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from datetime import datetime

    from tiebeam.simulators.base.dispatch import Outbox, Post
    from tiebeam.simulators.base.messages import Simulator

_RECEIVER_TIMEOUT_SECONDS = 5
_BODY_BYTES_MAX = 512 * 1024 * 1024


@asynccontextmanager
async def serve(simulator: Simulator, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve `simulator` and give its base URL; port 0 takes a free one. OSError when a port is taken."""
    server = web.Server(_adapter(simulator), access_log=None, handler_cancellation=True)
    runner = web.ServerRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def dispatching(
    outbox: Outbox, now: Callable[[], datetime], pause_seconds: float = 0.2
) -> AsyncIterator[None]:
    """Send what an outbox has due in the background, with a pause between looks, until the block ends."""

    async def rounds() -> None:
        async with posting() as post:
            while True:
                await send_due(outbox, now, post)
                await asyncio.sleep(pause_seconds)

    task = asyncio.create_task(rounds())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def posting() -> AsyncIterator[Post]:
    """Give a function that POSTs and gives the status, or None when no answer came within five seconds."""
    async with ClientSession(timeout=ClientTimeout(total=_RECEIVER_TIMEOUT_SECONDS)) as session:

        async def post(url: str, headers: Mapping[str, str], body: bytes) -> int | None:
            try:
                async with session.post(url, data=body, headers=dict(headers)) as answer:
                    return answer.status
            except (ClientError, TimeoutError):
                return None

        yield post


def _adapter(simulator: Simulator) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        asked = await _request(request)
        if isinstance(simulator, Challenger):
            await _challenge(simulator, asked)
        try:
            response = simulator.handle(asked)
        except ConnectionLost:
            return _hang_up(request)
        if response.delay_seconds > 0:
            await asyncio.sleep(response.delay_seconds)
        return web.Response(status=response.status, headers=response.headers, body=response.body)

    return answer


async def _challenge(simulator: Challenger, asked: SimRequest) -> None:
    """Ask the receivers that a call names whether they listen, and tell the simulator what they said."""
    for url, challenge in simulator.challenges(asked):
        status, body = await _answered(url, challenge)
        simulator.hear_answer(url, challenge, status, body)


async def _answered(url: str, challenge: str) -> tuple[int | None, bytes]:
    async with ClientSession(timeout=ClientTimeout(total=_RECEIVER_TIMEOUT_SECONDS)) as session:
        try:
            async with session.post(url, json={"challenge": challenge}) as answer:
                return answer.status, await answer.read()
        except (ClientError, TimeoutError, ValueError):
            return None, b""


async def _request(request: web.BaseRequest) -> SimRequest:
    return SimRequest(
        method=request.method,
        path=request.path,
        query=tuple(request.query.items()),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await _body(request),
    )


async def _body(request: web.BaseRequest) -> bytes:
    """The whole body, however large a file it holds; `read` would stop at one mebibyte."""
    chunks, size = [], 0
    async for chunk in request.content.iter_any():
        size += len(chunk)
        if size > _BODY_BYTES_MAX:
            raise web.HTTPRequestEntityTooLarge(_BODY_BYTES_MAX, size)
        chunks.append(chunk)
    return b"".join(chunks)


def _hang_up(request: web.BaseRequest) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
