"""The wires of a week: every host's simulator, what passed over them, and grants whose answers were lost."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import orjson
from tests.factories.sim_transport import SimTransport
from tests.simulation.journal import JournalTransport

from tiebeam.connectors.procore.environments import environment_at
from tiebeam.connectors.procore.oauth import ProcoreLogin
from tiebeam.simulators.base.messages import SimRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from random import Random

    from tests.simulation.journal import Journal
    from tests.simulation.week_clock import VirtualClock

    from tiebeam.connectors.ports import Request, Response, Transport
    from tiebeam.connectors.procore.oauth import Grant
    from tiebeam.simulators.procore.app import ProcoreSimulator

CLIENT_ID = "tiebeam-client-id"
CLIENT_SECRET = "tiebeam-client-secret"
_LATENCY_SECONDS = (0.08, 0.6)
_REDIRECT = "http://localhost"


class Network:
    """Brings each request to the vendor whose host it names."""

    def __init__(self, vendors: Mapping[str, Transport]) -> None:
        self._vendors = vendors

    async def send(self, request: Request) -> Response:
        """Return what the vendor answers. Raises TransportError."""
        return await self._vendors[urlsplit(request.url).netloc].send(request)


class _Timeless:
    """A clock that nobody waits by.

    A refresh holds its row while it asks the login: with waits that hold up the loop, no other task may come
    in between and wait for that row.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self.now = clock.now
        self.monotonic = clock.monotonic

    async def sleep(self, seconds: float) -> None:
        """Wait for nothing."""


class VendorWire(JournalTransport):
    """The wire to one vendor: calls take time, and every one is written down."""

    def __init__(
        self, simulator: ProcoreSimulator, journal: Journal, clock: VirtualClock, rng: Random
    ) -> None:
        super().__init__(SimTransport(simulator, clock), journal, clock)
        self._login = SimTransport(simulator, _Timeless(clock))
        self._simulator = simulator
        self._rng = rng
        self._refused_at = float("-inf")
        self._answered: dict[str, list[datetime]] = defaultdict(list)
        self.lost_grants = 0
        """Refresh tokens that were spent on an answer that never came to be kept."""
        self.refused_tokens = 0
        """Answers 401: calls that were refused although they had a token."""

    async def send(self, request: Request) -> Response:
        """Return what the vendor answers, some time after. Raises TransportError."""
        path = urlsplit(request.url).path
        if path.startswith("/oauth/"):
            return await self._asked_to_log_in(request)
        await self._clock.sleep(self._rng.uniform(*_LATENCY_SECONDS))
        now = self._clock.monotonic()
        if self._refused_at < now < self._paused_until:
            early = self._paused_until - now
            self.impatient.append(f"{path} came {early:.1f} s too early")
        response = await self._inner.send(request)
        self._note(path.lstrip("/"), response)
        return response

    def _note(self, path: str, response: Response) -> None:
        if response.status == 200:
            self._journal.note(path, response.body)
            for name in self._journal.streams_of(path):
                self._answered[name].append(self._clock.now())
        self.refused_tokens += response.status == 401
        if response.status == 429:
            # What had been let through before the refusal came may still be on its way.
            self._refused_at = self._clock.monotonic() + _LATENCY_SECONDS[1]
            asked = float(response.headers.get("retry-after", 1))
            self._paused_until = max(self._paused_until, self._clock.monotonic() + asked)

    async def _asked_to_log_in(self, request: Request) -> Response:
        oauth = self._simulator.oauth
        issued = oauth._issued
        response = None
        try:
            response = await self._login.send(request)
            return response
        finally:
            if oauth._issued > issued and not _grants(response):
                self.lost_grants += 1

    def asked_between(self, stream: str, start: datetime, end: datetime) -> bool:
        """Whether a listing of a stream, or a record of it, was had within a time."""
        moments = self._answered[stream]
        place = bisect_left(moments, start)
        return place < len(moments) and moments[place] <= end

    def is_spent(self, refresh_token: str | None) -> bool:
        """Whether a refresh token serves no more: used up, or revoked."""
        grant = self._simulator.oauth._by_refresh.get(refresh_token or "")
        return grant is None or grant.refreshed or grant.revoked


def _grants(response: Response | None) -> bool:
    if response is None or response.status != 200:
        return False
    try:
        answer: Any = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(answer, dict) and "access_token" in answer


async def sign_in(simulator: ProcoreSimulator, transport: Transport, clock: VirtualClock, url: str) -> Grant:
    """Grant access as a person does in a browser, on a day on which nothing goes wrong."""
    faults = simulator.faults
    active = faults is not None and faults.active
    if faults is not None:
        faults.stop()
    query = (("client_id", CLIENT_ID), ("response_type", "code"), ("redirect_uri", _REDIRECT))
    host = {"host": urlsplit(url).netloc}
    answer = simulator.handle(SimRequest("GET", "/oauth/authorize", query=query, headers=host))
    code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
    login = ProcoreLogin(
        environment=environment_at(url, url),
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        transport=transport,
        clock=clock,
    )
    grant = await login.exchange_code(code, redirect_uri=_REDIRECT)
    if faults is not None and active:
        faults.resume()
    return grant
