"""Requests over sockets: the one place that knows aiohttp."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from tiebeam.connectors.outcomes import (
    BAD_ADDRESS,
    BAD_CERTIFICATE,
    BROKEN,
    FAILED,
    PROXY_REFUSED,
    TIMED_OUT,
    TOO_LARGE,
    UNKNOWN_HOST,
    UNREACHABLE,
    ErrorRow,
    transport_error,
)
from tiebeam.connectors.ports import Response

if TYPE_CHECKING:
    from types import SimpleNamespace, TracebackType

    from tiebeam.connectors.ports import Request, TransportError

BODY_BYTES_MAX: Final = 256 * 1024 * 1024
CONNECTIONS_MAX: Final = 32
CONNECT_SECONDS_MAX: Final = 15.0

_HEADER_BYTES_MAX = 64 * 1024
_KEEP_ALIVE_SECONDS = 30.0

# The first row whose errors match counts: the particular before the general.
_ROWS: tuple[tuple[tuple[type[BaseException], ...], ErrorRow], ...] = (
    ((aiohttp.ClientConnectorDNSError,), UNKNOWN_HOST),
    ((aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError), PROXY_REFUSED),
    (
        (aiohttp.ClientConnectorCertificateError, aiohttp.ServerFingerprintMismatch, ssl.CertificateError),
        BAD_CERTIFICATE,
    ),
    ((aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError), BAD_ADDRESS),
    ((aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError), UNREACHABLE),
    ((TimeoutError,), TIMED_OUT),
    (
        (
            aiohttp.ClientConnectionError,
            aiohttp.ClientPayloadError,
            aiohttp.ClientResponseError,
            ConnectionError,
        ),
        BROKEN,
    ),
    ((aiohttp.ClientError, OSError), FAILED),
)


@dataclass(slots=True)
class _Progress:
    """How far one request came."""

    sent: bool = False


class _TooLargeError(Exception):
    """More came than is accepted."""


class AiohttpTransport:
    """Sends requests over a pool of connections. Proxies and trusted certificates come from the environment.

    A GET whose pooled connection proves closed before any answer is sent once more on a fresh one, by aiohttp
    itself; nothing else is ever repeated here.
    """

    def __init__(
        self,
        *,
        body_bytes_max: int = BODY_BYTES_MAX,
        connections_max: int = CONNECTIONS_MAX,
        user_agent: str = "tiebeam",
    ) -> None:
        """`body_bytes_max` bounds an answer after decompression."""
        self._body_bytes_max = body_bytes_max
        self._connections_max = connections_max
        self._user_agent = user_agent
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection. A later request opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def send(self, request: Request) -> Response:
        """Return the answer, whatever its status. Redirects are not followed. Raises TransportError."""
        progress = _Progress()
        try:
            return await self._exchange(request, progress)
        except _TooLargeError:
            limit = f"The limit is {self._body_bytes_max:,} bytes ({_host(request.url)})."
            raise transport_error(TOO_LARGE, limit, sent=True) from None
        except (aiohttp.ClientError, OSError) as error:
            raise _translated(error, request, progress) from error

    async def _exchange(self, request: Request, progress: _Progress) -> Response:
        url = _url(request)
        async with self._open_session().request(
            request.method,
            url,
            data=request.body,
            proxy=_proxy_for(url),
            headers=request.headers,
            allow_redirects=False,
            timeout=_timeout(request.timeout_seconds),
            trace_request_ctx=progress,
        ) as answer:
            body = await self._read(answer)
            return Response(answer.status, _headers(answer), body)

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        chunks: list[bytes] = []
        left = self._body_bytes_max
        if (answer.content_length or 0) > left:
            answer.close()
            raise _TooLargeError
        async for chunk in answer.content.iter_any():
            chunks.append(chunk)
            left -= len(chunk)
            if left < 0:
                answer.close()
                raise _TooLargeError
        return b"".join(chunks)

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._connections_max, keepalive_timeout=_KEEP_ALIVE_SECONDS
                ),
                # A cookie kept would carry one tenant's session into another's request.
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self._user_agent},
                max_line_size=_HEADER_BYTES_MAX,
                max_field_size=_HEADER_BYTES_MAX,
                trace_configs=[_tracing()],
            )
        return self._session


def _tracing() -> aiohttp.TraceConfig:
    """Note when a request leaves. It is noted just before: `sent` may be a false yes and never a false no."""
    config = aiohttp.TraceConfig()
    config.on_request_headers_sent.append(_note_sent)
    return config


async def _note_sent(
    _session: aiohttp.ClientSession,
    context: SimpleNamespace,
    _params: aiohttp.TraceRequestHeadersSentParams,
) -> None:
    context.trace_request_ctx.sent = True


def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds, sock_connect=min(seconds, CONNECT_SECONDS_MAX))


def _url(request: Request) -> URL:
    """Return the URL with its query quoted in full: a bracket or a plus must arrive as it is meant."""
    query = urlencode(request.query, quote_via=quote)
    try:
        return URL(f"{request.url}?{query}" if query else request.url, encoded=True)
    except ValueError as error:
        raise aiohttp.InvalidURL(_host(request.url)) from error


def _proxy_for(url: URL) -> str | None:
    """Return the proxy that the environment names for a URL.

    aiohttp's own `trust_env` asks two threads at each request, and fails on a host that `.netrc` knows.
    """
    proxy = getproxies().get(url.scheme)
    return proxy if proxy and url.host and not proxy_bypass(url.host) else None


def _headers(answer: aiohttp.ClientResponse) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in answer.headers.items():
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def _translated(error: Exception, request: Request, progress: _Progress) -> TransportError:
    row = next(row for kinds, row in _ROWS if isinstance(error, kinds))
    never_sent = row in (UNKNOWN_HOST, BAD_ADDRESS) or isinstance(error, aiohttp.ClientConnectorError)
    return transport_error(
        row,
        f"({_host(request.url)}: {_reason(error)})",
        sent=progress.sent and not never_sent,
    )


def _reason(error: Exception) -> str:
    """Return why, in words that hold no part of the request."""
    cause = getattr(error, "os_error", error)
    return (getattr(cause, "strerror", None) or type(error).__name__).strip()


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "no host"
    except ValueError:
        return "no host"
