"""What stands around a connector's ports: every call is counted, timed, traced and told under its id."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from tiebeam.connectors.ports import Refusal, Share, TransportError
from tiebeam.kernel.correlation import bound
from tiebeam.kernel.errors import TiebeamError
from tiebeam.operations.limits.levels import level
from tiebeam.operations.limits.model import decode
from tiebeam.operations.metrics.traces import NoTraces

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping
    from contextlib import AbstractContextManager
    from datetime import date, datetime

    from tiebeam.connectors.ports import (
        Detail,
        Gate,
        Page,
        PageRequest,
        Reader,
        Request,
        Response,
        Sighting,
        Transport,
    )
    from tiebeam.connectors.streams import Scope, Stream
    from tiebeam.kernel.clock import Clock
    from tiebeam.operations.limits.model import Rates
    from tiebeam.operations.metrics.model import Measures
    from tiebeam.operations.metrics.registry import Metrics
    from tiebeam.operations.metrics.traces import Span, Traces

Answer = TypeVar("Answer")

logger = logging.getLogger(__name__)

# Whose call the next one is: the gate hears it, the transport must tell it, and the same task asks both.
_SHARE: ContextVar[str] = ContextVar("tiebeam_share", default="none")
_CHANGES = ("created", "updated", "restored", "deleted", "hidden", "held", "damaged")
_REQUEST_ID_HEADERS = ("x-request-id", "x-correlation-id")


class Instruments:
    """What a call is told to, for one vendor."""

    def __init__(self, vendor: str, metrics: Metrics, clock: Clock, traces: Traces | None = None) -> None:
        self.vendor = vendor
        self.metrics = metrics
        self.clock = clock
        self.traces = traces or NoTraces()

    def transport(self, inner: Transport, *, share: str | None = None) -> InstrumentedTransport:
        """Return `inner`, told of. `share` names calls that pass no gate, such as `login`."""
        return InstrumentedTransport(inner, self, share)

    def gate(self, inner: Gate) -> InstrumentedGate:
        """Return `inner`, told of."""
        return InstrumentedGate(inner, self)

    def reader(self, inner: Reader) -> InstrumentedReader:
        """Return `inner`, told of."""
        return InstrumentedReader(inner, self)

    def changed(self, counts: object) -> None:
        """Count what became of records in the copy: what `counts` has of created, updated and the like."""
        found = {change: getattr(counts, change, 0) for change in _CHANGES}
        self.metrics.records_changed({change: records for change, records in found.items() if records})


class InstrumentedTransport:
    """Counts, times and traces what it sends, and logs each call with our id and the vendor's."""

    def __init__(self, inner: Transport, instruments: Instruments, share: str | None = None) -> None:
        self._inner = inner
        self._to = instruments
        self._share = share

    async def send(self, request: Request) -> Response:
        """Return the answer, whatever its status. Raises TransportError."""
        share = self._share or _SHARE.get()
        began = self._to.clock.monotonic()
        code: int | str = "cancelled"
        response = None
        with bound(), self._span(request, share) as span:
            try:
                response = await self._inner.send(request)
                code = response.status
                span.note({"http.response.status_code": code})
            except TransportError as error:
                code = error.code
                self._to.metrics.failed(code)
                raise
            finally:
                self._told(request, share, code, began, response)
            return response

    def _span(self, request: Request, share: str) -> AbstractContextManager[Span]:
        url = urlsplit(request.url)
        attributes = {
            "http.request.method": request.method,
            "server.address": url.hostname or "",
            "url.path": url.path,
            "tiebeam.share": share,
        }
        return self._to.traces.span(f"{self._to.vendor} {request.method}", attributes)

    def _told(
        self, request: Request, share: str, code: int | str, began: float, response: Response | None
    ) -> None:
        seconds = self._to.clock.monotonic() - began
        self._to.metrics.called(self._to.vendor, share, code, seconds)
        logger.debug(
            "vendor.call",
            extra={
                "vendor": self._to.vendor,
                "share": share,
                "method": request.method,
                "path": urlsplit(request.url).path,
                "outcome": code,
                "took_seconds": round(seconds, 3),
                "vendor_request_id": _request_id(response),
            },
        )


class InstrumentedGate:
    """Times the waits before a gate and counts the pauses that a vendor asks for."""

    def __init__(self, inner: Gate, instruments: Instruments) -> None:
        self._inner = inner
        self._to = instruments

    async def enter(self, share: Share) -> None:
        """Return when a call may be made and has been counted."""
        began = self._to.clock.monotonic()
        await self._inner.enter(share)
        _SHARE.set(Share(share).value)
        self._to.metrics.waited(self._to.vendor, Share(share).value, self._to.clock.monotonic() - began)

    async def observe(self, sighting: Sighting) -> None:
        """Learn from an answer."""
        if sighting.status == 429:
            self._to.metrics.paused(self._to.vendor)
        await self._inner.observe(sighting)


class InstrumentedReader:
    """Counts pages and rows by stream, and refusals and errors by code."""

    def __init__(self, inner: Reader, instruments: Instruments) -> None:
        self._inner = inner
        self._to = instruments

    async def page(self, request: PageRequest) -> Page | Refusal:
        """Return one page, or why there is none. Raises TiebeamError."""
        found = await self._counted(self._inner.page(request))
        if not isinstance(found, Refusal):
            self._to.metrics.page_read(request.stream.name, len(found.rows))
        return found

    async def detail(self, stream: Stream, scope: Scope, key: str, share: Share) -> Detail | Refusal:
        """Return one whole object by its key. Raises TiebeamError."""
        return await self._counted(self._inner.detail(stream, scope, key, share))

    async def busy_days(
        self, stream: Stream, scope: Scope, day_from: date, day_to: date, share: Share
    ) -> Mapping[str, int] | Refusal:
        """Return how many rows a window of days holds, by stream. Raises TiebeamError."""
        return await self._counted(self._inner.busy_days(stream, scope, day_from, day_to, share))

    async def _counted(self, asking: Awaitable[Answer]) -> Answer:
        try:
            found = await asking
        except TiebeamError as error:
            self._to.metrics.failed(error.code)
            raise
        if isinstance(found, Refusal):
            self._to.metrics.failed(found.code)
        return found


def show_measures(metrics: Metrics, measures: Measures, *, now: datetime, rates: Rates) -> None:
    """Bring the gauges of the whole database up to what `collect` read at `now`."""
    metrics.show_streams(measures.streams)
    metrics.show_connections(measures.connections)
    metrics.show_gates([level(decode(state), rates, now.timestamp()) for state in measures.gates])


def _request_id(response: Response | None) -> str | None:
    """Return what the vendor calls this request, to be named when asking for its help."""
    if response is None:
        return None
    return next((response.headers[name] for name in _REQUEST_ID_HEADERS if name in response.headers), None)
