"""What every `Transport` promises, on sockets and in process alike."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from tests.factories.raw_server import raw_server
from tests.factories.sim_transport import SimTransport

from tiebeam.connectors.http import AiohttpTransport
from tiebeam.connectors.ports import Request, TransportError
from tiebeam.kernel.clock import ManualClock
from tiebeam.simulators.base.messages import ConnectionLost, SimRequest, SimResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from tiebeam.connectors.ports import Transport

    Handler = Callable[[SimRequest], SimResponse]
    Wire = Callable[[Handler], AbstractAsyncContextManager[tuple[Transport, str]]]


@asynccontextmanager
async def sockets(handler: Handler) -> AsyncIterator[tuple[Transport, str]]:
    async with raw_server(handler) as (_, port), AiohttpTransport() as transport:
        yield transport, f"http://127.0.0.1:{port}"


class _Handling:
    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    def handle(self, request: SimRequest) -> SimResponse:
        return self._handler(request)


@asynccontextmanager
async def in_process(handler: Handler) -> AsyncIterator[tuple[Transport, str]]:
    clock = ManualClock(datetime(2026, 3, 2, tzinfo=UTC))
    yield SimTransport(_Handling(handler), clock), "http://simulated.invalid"


@pytest.fixture(params=[sockets, in_process], ids=["sockets", "in_process"])
def wire(request: pytest.FixtureRequest) -> Wire:
    chosen: Wire = request.param
    return chosen


@pytest.mark.parametrize("status", [200, 204, 400, 401, 404, 429, 500, 503])
async def test_an_answer_is_returned_whatever_its_status(wire: Wire, status: int) -> None:
    body = b"" if status == 204 else b'{"x":1}'
    async with wire(lambda _: SimResponse(status, {"X-Rate-Limit-Limit": "25"}, body)) as (transport, base):
        answer = await transport.send(Request("GET", f"{base}/x"))
    assert (answer.status, answer.body) == (status, body)
    assert answer.headers["x-rate-limit-limit"] == "25"


async def test_redirects_are_not_followed(wire: Wire) -> None:
    paths = []

    def handler(request: SimRequest) -> SimResponse:
        paths.append(request.path)
        return SimResponse(302, {"Location": "/elsewhere"})

    async with wire(handler) as (transport, base):
        answer = await transport.send(Request("GET", f"{base}/x"))
    assert answer.status == 302
    assert answer.headers["location"] == "/elsewhere"
    assert paths == ["/x"]


async def test_a_request_arrives_as_it_was_made(wire: Wire) -> None:
    seen: list[SimRequest] = []

    def handler(request: SimRequest) -> SimResponse:
        seen.append(request)
        return SimResponse(200)

    query = (
        ("filters[updated_at]", "2026-03-01T00:00:00Z...2026-03-02T00:00:00+01:00"),
        ("filters[id][]", "1"),
        ("filters[id][]", "2"),
        ("name", "a b&c=d#e/f?g é 👷 100%"),
        ("empty", ""),
    )
    async with wire(handler) as (transport, base):
        await transport.send(
            Request("POST", f"{base}/rest/a%2Fb/c%20d", query, {"Authorization": "Bearer t"}, b"\x00\xffbody")
        )
    (request,) = seen
    assert (request.method, request.query, request.body) == ("POST", query, b"\x00\xffbody")
    assert request.path == "/rest/a/b/c d"
    assert request.headers["authorization"] == "Bearer t"


async def test_a_long_answer_comes_whole(wire: Wire) -> None:
    body = bytes(range(256)) * 40_000
    async with wire(lambda _: SimResponse(200, {}, body)) as (transport, base):
        answer = await transport.send(Request("GET", f"{base}/x"))
    assert answer.body == body


async def test_no_answer_in_time_is_an_error_of_a_request_that_was_sent(wire: Wire) -> None:
    async with wire(lambda _: SimResponse(200, delay_seconds=30)) as (transport, base):
        with pytest.raises(TransportError) as caught:
            await transport.send(Request("POST", f"{base}/x", timeout_seconds=0.2))
    assert caught.value.code == "transport.timeout"
    assert caught.value.sent


async def test_a_lost_answer_is_an_error_of_a_request_that_was_sent(wire: Wire) -> None:
    def handler(_: SimRequest) -> SimResponse:
        raise ConnectionLost(sent=True)

    async with wire(handler) as (transport, base):
        with pytest.raises(TransportError) as caught:
            await transport.send(Request("POST", f"{base}/x"))
    assert caught.value.code == "transport.broken"
    assert caught.value.sent
    assert "tried again" in caught.value.action


async def test_after_an_error_the_next_request_goes_through(wire: Wire) -> None:
    asked: list[SimRequest] = []

    def handler(request: SimRequest) -> SimResponse:
        asked.append(request)
        if len(asked) == 1:
            raise ConnectionLost(sent=True)
        return SimResponse(200, {}, b"ok")

    async with wire(handler) as (transport, base):
        with pytest.raises(TransportError):
            await transport.send(Request("POST", f"{base}/x"))
        assert (await transport.send(Request("POST", f"{base}/x"))).body == b"ok"
