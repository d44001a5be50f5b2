"""One call to Procore: gate, token, send, learn, sort the answer, and again while that can help."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import orjson

from tiebeam.connectors.answers import GarbledError, ShapeError
from tiebeam.connectors.outcomes import Do, Fault, Outcome, Place, outcome_of, outcome_of_silence
from tiebeam.connectors.ports import Request, Share, TransportError
from tiebeam.connectors.procore.errors import NO_TURN, ROWS
from tiebeam.connectors.procore.limits import NO_ANSWER, pause_seconds, sighting_of
from tiebeam.connectors.sayings import looks_like_html, said_in
from tiebeam.kernel.backoff import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiebeam.connectors.ports import (
        Gate,
        Query,
        Refusal,
        Response,
        Sighting,
        TokenSource,
        Transport,
    )
    from tiebeam.kernel.clock import Clock

T = TypeVar("T")

WITHOUT_COMPANY = frozenset({"/rest/v1.0/me", "/rest/v1.0/companies"})
"""Where a user's grant need not say for which company it asks."""


@dataclass(frozen=True, slots=True)
class Call:
    """What to ask: a path below the base URL, its query, who pays, and where it lies."""

    path: str
    query: Query = ()
    share: Share = Share.DEMAND
    place: Place = Place.COMPANY


@dataclass(frozen=True, slots=True)
class _Asking:
    """A call and how it is made."""

    method: str
    call: Call
    body: bytes | None = field(default=None, repr=False)
    begin_before: float | None = None
    """By the monotonic clock."""


@dataclass(frozen=True, slots=True)
class Got(Generic[T]):
    """A success: what was read from it, the answer itself, the vendor's clock, and the calls it took."""

    value: T
    response: Response
    sighting: Sighting
    calls: int = 1


class ProcoreClient:
    """Asks one company's Procore. What it reads may be asked again; what it sends or writes goes once."""

    def __init__(
        self,
        *,
        base_url: str,
        company_id: str | None,
        gate: Gate,
        tokens: TokenSource,
        transport: Transport,
        clock: Clock,
        chance: Callable[[], float],
        backoff: Backoff | None = None,
        timeout_seconds: float = 60.0,
        service_account: bool = False,
    ) -> None:
        """`chance` returns numbers in [0, 1); a service account names its company on every call."""
        self.company_id = company_id
        self.calls = 0
        self._base_url = base_url.rstrip("/")
        self._gate = gate
        self._tokens = tokens
        self._transport = transport
        self._clock = clock
        self._chance = chance
        self._backoff = backoff or Backoff()
        self._timeout_seconds = timeout_seconds
        self._service_account = service_account

    async def get(self, call: Call, read: Callable[[Response], T]) -> Got[T] | Refusal:
        """Return what `read` makes of the answer, or the refusal that the error table gives.

        `read` raises GarbledError or ShapeError for a body that it cannot read. Raises TiebeamError when
        nothing can succeed before somebody acts.
        """
        return await self._ask(_Asking("GET", call), read)

    async def send(
        self, method: str, call: Call, read: Callable[[Response], T], *, content: Any = None
    ) -> Got[T] | Refusal:
        """POST or DELETE `content` as JSON, for the hooks of a connection: no record is written this way.

        It is asked again only when the vendor said that nothing was done (busy, limited, a stale token), so
        that after a broken connection the caller must look. Otherwise as `get`.
        """
        body = None if content is None else orjson.dumps(content)
        return await self._ask(_Asking(method, call, body), read)

    async def write(
        self,
        method: str,
        call: Call,
        read: Callable[[Response], T],
        *,
        content: Any,
        begin_seconds: float = 3600.0,
    ) -> Got[T] | Refusal:
        """POST, PATCH or PUT `content` as JSON to make or change a record: asked once, whatever comes.

        Only a stale token, which is refused before anything is done, is replaced and the call made again. It
        is not made at all when it cannot begin within `begin_seconds`, as for want of a turn: who waits for
        it may think by then that it was lost. A refusal says whether the record may be there all the same,
        and how long to wait. Raises TiebeamError when nothing can succeed before somebody acts; then nothing
        was done.
        """
        asking = _Asking(method, call, orjson.dumps(content), self._clock.monotonic() + begin_seconds)
        result, token, sighting = await self._attempt(asking, read)
        if isinstance(result, Outcome) and result.row.do is Do.REFRESH:
            await self._tokens.replace(token)
            result, _, sighting = await self._attempt(asking, read)
        if isinstance(result, Got):
            return result
        if result.maybe_done:
            return result.refusal(1)
        refusal = _given_up(result, 1)
        return replace(refusal, wait_seconds=pause_seconds(sighting, now=self._clock.now()))

    async def _ask(self, asking: _Asking, read: Callable[[Response], T]) -> Got[T] | Refusal:
        refreshed = False
        attempt = 0
        while True:
            attempt += 1
            result, token, sighting = await self._attempt(asking, read)
            if isinstance(result, Got):
                return Got(result.value, result.response, sighting, attempt)
            if result.row.do is Do.REFRESH and not refreshed:
                refreshed = True
                await self._tokens.replace(token)
                continue
            wait_seconds = self._wait_seconds(asking, result, sighting, attempt)
            if wait_seconds is None:
                return _given_up(result, attempt)
            await self._clock.sleep(wait_seconds)

    async def _attempt(
        self, asking: _Asking, read: Callable[[Response], T]
    ) -> tuple[Got[T] | Outcome, str, Sighting]:
        if not await self._turn(asking):
            return Outcome(NO_TURN, sent=False), "", NO_ANSWER
        token = await self._tokens.token()
        if self._is_late(asking):
            return Outcome(NO_TURN, sent=False), token, NO_ANSWER
        self.calls += 1
        try:
            response = await self._transport.send(self._request(asking, token))
        except TransportError as error:
            await self._gate.observe(NO_ANSWER)
            return outcome_of_silence(error), token, NO_ANSWER
        sighting = sighting_of(response.status, response.headers, now=self._clock.now())
        await self._gate.observe(sighting)
        return _sorted(response, asking.call.place, read, sighting, token), token, sighting

    async def _turn(self, asking: _Asking) -> bool:
        """Wait until the call may be made; False when its time was over first."""
        left_seconds = None
        if asking.begin_before is not None:
            left_seconds = asking.begin_before - self._clock.monotonic()
        try:
            async with asyncio.timeout(left_seconds):
                await self._gate.enter(asking.call.share)
        except TimeoutError:
            return False
        return True

    def _is_late(self, asking: _Asking) -> bool:
        return asking.begin_before is not None and self._clock.monotonic() > asking.begin_before

    def _request(self, asking: _Asking, token: str) -> Request:
        call = asking.call
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if self.company_id and (self._service_account or call.path not in WITHOUT_COMPANY):
            headers["Procore-Company-Id"] = self.company_id
        if asking.body is not None:
            headers["Content-Type"] = "application/json"
        return Request(
            asking.method,
            self._base_url + call.path,
            call.query,
            headers,
            asking.body,
            timeout_seconds=self._timeout_seconds,
        )

    def _wait_seconds(
        self, asking: _Asking, outcome: Outcome, sighting: Sighting, attempt: int
    ) -> float | None:
        """Return how long to wait before the next attempt; None when there is to be none.

        The gate holds everybody back after a 429; waiting here too costs nothing and spreads those who wait.
        """
        row = outcome.row
        if row.do not in (Do.RETRY, Do.WAIT_UNTIL) or attempt >= (row.attempts_max or attempt + 1):
            return None
        if row.do is Do.RETRY and asking.method != "GET":
            return None
        wait_seconds = self._backoff.wait_seconds(attempt, self._chance())
        if wait_seconds is None or row.do is Do.RETRY:
            return wait_seconds
        return wait_seconds + pause_seconds(sighting, now=self._clock.now())


def _sorted(
    response: Response,
    place: Place,
    read: Callable[[Response], T],
    sighting: Sighting,
    token: str,
) -> Got[T] | Outcome:
    if not 200 <= response.status < 300:
        said = said_in(response.body).replace(token, "[removed]")
        return outcome_of(ROWS, status=response.status, said=said, place=place)
    try:
        return Got(read(response), response, sighting)
    except GarbledError:
        fault = Fault.HTML if looks_like_html(response.body) else Fault.GARBLED
        said = said_in(response.body) if fault is Fault.HTML else ""
    except ShapeError as error:
        fault, said = Fault.SHAPE, str(error)
    said = said.replace(token, "[removed]")
    return outcome_of(ROWS, status=response.status, said=said, place=place, fault=fault)


def _given_up(outcome: Outcome, calls: int) -> Refusal:
    if outcome.row.do in (Do.REFRESH, Do.BLOCK, Do.STOP):
        raise outcome.error()
    return outcome.refusal(calls)
