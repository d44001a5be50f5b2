"""A simulator behind the `Transport` port, in process and on virtual time."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from tiebeam.connectors.outcomes import BROKEN, TIMED_OUT, transport_error
from tiebeam.connectors.ports import Response
from tiebeam.simulators.base.messages import ConnectionLost, SimRequest

if TYPE_CHECKING:
    from tiebeam.connectors.ports import Request
    from tiebeam.kernel.clock import Clock
    from tiebeam.simulators.base.messages import Simulator


class SimTransport:
    """Hands requests to a simulator. Its delays pass on the given clock, up to a request's own time-out."""

    def __init__(self, simulator: Simulator, clock: Clock) -> None:
        self._simulator = simulator
        self._clock = clock

    async def send(self, request: Request) -> Response:
        try:
            answer = self._simulator.handle(_sim_request(request))
        except ConnectionLost as lost:
            raise transport_error(BROKEN, "", sent=lost.sent) from lost
        await self._clock.sleep(min(answer.delay_seconds, request.timeout_seconds))
        if answer.delay_seconds > request.timeout_seconds:
            raise transport_error(TIMED_OUT, "", sent=True)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status, headers, answer.body)


def _sim_request(request: Request) -> SimRequest:
    url = urlsplit(request.url)
    headers = {name.lower(): value for name, value in request.headers.items()}
    return SimRequest(
        method=request.method,
        path=unquote(url.path),
        query=request.query,
        headers={"host": url.netloc, **headers},
        body=request.body or b"",
    )
