"""What only happens on sockets: broken HTTP, TLS, limits, pools, and honest errors about each."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.factories.raw_server import Raw, raw_server

from tiebeam.connectors.http import BODY_BYTES_MAX, AiohttpTransport
from tiebeam.connectors.ports import Request, Response, TransportError
from tiebeam.simulators.base.messages import SimRequest, SimResponse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECRET = "s3cret"


def ask(port: int, *, scheme: str = "http", method: str = "GET") -> Request:
    return Request(
        method,
        f"{scheme}://127.0.0.1:{port}/x",
        (("token", SECRET),),
        {"Authorization": f"Bearer {SECRET}"},
        timeout_seconds=5,
    )


async def answered(
    handler: Callable[[SimRequest], SimResponse | Raw], body_bytes_max: int = BODY_BYTES_MAX
) -> Response:
    async with raw_server(handler) as (_, port), AiohttpTransport(body_bytes_max=body_bytes_max) as transport:
        return await transport.send(ask(port))


async def failed(data: bytes, body_bytes_max: int = BODY_BYTES_MAX) -> TransportError:
    with pytest.raises(TransportError) as caught:
        await answered(lambda _: Raw(data), body_bytes_max)
    assert SECRET not in f"{caught.value!r} {caught.value}"
    assert caught.value.action
    return caught.value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x16\x03\x01 this is no HTTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut short",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\ncut short",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nno size\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\njunk",
        b"HTTP/1.1 200 OK\r\nContent-Le",
    ],
)
async def test_broken_http_is_a_broken_connection(data: bytes) -> None:
    error = await failed(data)
    assert error.code == "transport.broken"
    assert error.sent
    assert "127.0.0.1" in error.cause


async def test_a_truncated_body_without_a_length_is_returned_as_it_came() -> None:
    answer = await answered(lambda _: Raw(b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[{"id":1'))
    assert answer.body == b'[{"id":1'


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
    ],
)
async def test_an_answer_beyond_the_limit_is_not_taken_in(head: bytes) -> None:
    error = await failed(head + b"x" * 2000, body_bytes_max=1000)
    assert error.code == "transport.too_large"
    assert "1,000" in error.cause


async def test_the_limit_counts_what_a_compressed_answer_unfolds_to() -> None:
    packed = gzip.compress(b"x" * 1_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
    assert (await failed(head + packed, body_bytes_max=100_000)).code == "transport.too_large"
    answer = await answered(lambda _: Raw(head + packed))
    assert len(answer.body) == 1_000_000


async def test_repeated_headers_are_joined_and_long_ones_taken() -> None:
    link = f'<https://x/{"y" * 20_000}>; rel="next"'
    head = f'HTTP/1.1 200 OK\r\nLink: {link}\r\nlink: <z>; rel="last"\r\nContent-Length: 0\r\n\r\n'
    answer = await answered(lambda _: Raw(head.encode()))
    assert answer.headers["link"] == f'{link}, <z>; rel="last"'


async def test_cookies_are_never_kept() -> None:
    seen: list[str | None] = []

    def handler(request: SimRequest) -> SimResponse:
        seen.append(request.headers.get("cookie"))
        return SimResponse(200, {"Set-Cookie": "session=other-tenant; Path=/"})

    async with raw_server(handler) as (_, port), AiohttpTransport() as transport:
        for _ in range(2):
            await transport.send(ask(port))
    assert seen == [None, None]


async def test_connections_are_kept_and_closed() -> None:
    async with raw_server(lambda _: SimResponse(200)) as (server, port):
        transport = AiohttpTransport(user_agent="tiebeam/test")
        for _ in range(5):
            await transport.send(ask(port))
        assert server.connections == 1
        await transport.close()
        await transport.close()
        await transport.send(ask(port))
        assert server.connections == 2
        await transport.close()


async def test_many_requests_share_a_bounded_pool() -> None:
    async with raw_server(lambda _: SimResponse(200)) as (server, port):
        async with AiohttpTransport(connections_max=3) as transport:
            answers = await asyncio.gather(*(transport.send(ask(port)) for _ in range(30)))
        assert {answer.status for answer in answers} == {200}
        assert server.connections <= 3


async def test_a_closed_port_was_never_asked() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        async with AiohttpTransport() as transport:
            with pytest.raises(TransportError) as caught:
                await transport.send(ask(held.getsockname()[1], method="POST"))
    assert (caught.value.code, caught.value.sent) == ("transport.unreachable", False)
    assert "firewall" in caught.value.action


async def test_an_unknown_host_was_never_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*_args: object, **_options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    async with AiohttpTransport() as transport:
        with pytest.raises(TransportError) as caught:
            await transport.send(Request("GET", "https://api.procoer.invalid/x"))
    assert (caught.value.code, caught.value.sent) == ("transport.unknown_host", False)
    assert "api.procoer.invalid" in caught.value.cause


@pytest.mark.parametrize("url", ["http://", "not a url", "ftp://127.0.0.1/x", "http://[::1/x"])
async def test_an_address_that_is_none_was_never_asked(url: str) -> None:
    async with AiohttpTransport() as transport:
        with pytest.raises(TransportError) as caught:
            await transport.send(Request("GET", url))
    assert (caught.value.code, caught.value.sent) == ("transport.bad_url", False)


async def test_a_host_that_speaks_no_tls_is_unreachable() -> None:
    plain = raw_server(lambda _: SimResponse(200), greeting=b"HTTP/1.1 400 Bad\r\n\r\n")
    async with plain as (_, port), AiohttpTransport() as transport:
        with pytest.raises(TransportError) as caught:
            await transport.send(ask(port, scheme="https"))
    assert (caught.value.code, caught.value.sent) == ("transport.unreachable", False)


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    tls = self_signed(tmp_path)
    async with raw_server(lambda _: SimResponse(200), tls=tls) as (_, port), AiohttpTransport() as transport:
        with pytest.raises(TransportError) as caught:
            await transport.send(ask(port, scheme="https"))
    assert (caught.value.code, caught.value.sent) == ("transport.certificate", False)
    assert "SSL_CERT_FILE" in caught.value.action


async def test_a_proxy_of_the_environment_that_is_down_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{held.getsockname()[1]}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        async with AiohttpTransport() as transport:
            with pytest.raises(TransportError) as caught:
                await transport.send(Request("GET", "http://api.example/x"))
    assert (caught.value.code, caught.value.sent) == ("transport.proxy", False)


async def test_a_record_of_50_megabytes_comes_through() -> None:
    body = b'[{"id":1,"note":"' + b"x" * 50_000_000 + b'"}]'
    assert (await answered(lambda _: SimResponse(200, {}, body))).body == body


async def test_a_cancelled_request_leaves_the_pool_usable() -> None:
    asked = asyncio.Event()

    def handler(request: SimRequest) -> SimResponse:
        asked.set()
        return SimResponse(200, delay_seconds=30 if request.method == "POST" else 0)

    async with raw_server(handler) as (_, port), AiohttpTransport(connections_max=1) as transport:
        task = asyncio.create_task(transport.send(ask(port, method="POST")))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await transport.send(ask(port))).status == 200


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
