"""One query to monday.com: gate, token, send, learn, sort the answer, and again while that can help."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import orjson

from tiebeam.connectors.answers import GarbledError, ShapeError
from tiebeam.connectors.monday.answers import Said, data_in, error_in
from tiebeam.connectors.monday.errors import NO_TURN, ROWS
from tiebeam.connectors.monday.limits import NO_ANSWER, sighting_of
from tiebeam.connectors.outcomes import Do, Fault, Outcome, Place, outcome_of, outcome_of_silence
from tiebeam.connectors.ports import Request, Share, TransportError
from tiebeam.connectors.sayings import looks_like_html, said_in
from tiebeam.kernel.backoff import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tiebeam.connectors.ports import Gate, Refusal, Response, Sighting, TokenSource, Transport
    from tiebeam.kernel.clock import Clock

T = TypeVar("T")

API_URL = "https://api.monday.com/v2"
API_VERSION = "2026-01"
WAIT_SECONDS_MAX = 120.0
"""A call that could be made only later than this is refused, with the time to wait."""


@dataclass(frozen=True, slots=True)
class Query:
    """A GraphQL document with its variables, and who pays."""

    document: str
    variables: Mapping[str, Any] = field(default_factory=dict, repr=False)
    share: Share = Share.DEMAND


@dataclass(frozen=True, slots=True)
class Got(Generic[T]):
    """A success: what was read from it, and the calls it took."""

    value: T
    calls: int = 1


@dataclass(frozen=True, slots=True)
class _Attempt(Generic[T]):
    result: T | Outcome
    token: str = ""
    sighting: Sighting = NO_ANSWER
    in_part: bool = False


class MondayClient:
    """Asks one account's monday.com. What it reads may be asked again; what it changes is sent once."""

    def __init__(
        self,
        *,
        gate: Gate,
        tokens: TokenSource,
        transport: Transport,
        clock: Clock,
        chance: Callable[[], float],
        base_url: str = API_URL,
        backoff: Backoff | None = None,
        timeout_seconds: float = 70.0,
        begin_seconds: float = WAIT_SECONDS_MAX,
    ) -> None:
        """`chance` returns numbers in [0, 1). A call that finds no turn in `begin_seconds` is refused."""
        self.calls = 0
        self._url = base_url.rstrip("/")
        self._gate = gate
        self._tokens = tokens
        self._transport = transport
        self._clock = clock
        self._chance = chance
        self._backoff = backoff or Backoff()
        self._timeout_seconds = timeout_seconds
        self._begin_seconds = begin_seconds

    async def ask(self, query: Query, read: Callable[[dict[str, Any]], T]) -> Got[T] | Refusal:
        """Return what `read` makes of the data, or the refusal that the error table gives.

        `read` raises ShapeError for data that it cannot read. Raises TiebeamError when nothing can succeed
        before somebody acts.
        """
        refreshed = False
        attempt = 0
        while True:
            attempt += 1
            tried = await self._attempt(query, read)
            outcome = tried.result
            if not isinstance(outcome, Outcome):
                return Got(outcome, attempt)
            if outcome.row.do is Do.REFRESH and not refreshed:
                refreshed = True
                await self._tokens.replace(tried.token)
                continue
            wait_seconds = self._wait_seconds(outcome, tried.sighting, attempt)
            if wait_seconds is None:
                return _given_up(tried, outcome, attempt)
            await self._clock.sleep(wait_seconds)

    async def change(self, query: Query, read: Callable[[dict[str, Any]], T]) -> Got[T] | Refusal:
        """Make a change once, whatever comes of it. Otherwise as `ask`.

        Only a stale token, which is refused before anything is done, is replaced and the call made again. A
        refusal says by `maybe_done` whether to look before it is made again, and how long to wait.
        """
        tried = await self._attempt(query, read)
        if isinstance(tried.result, Outcome) and tried.result.row.do is Do.REFRESH:
            await self._tokens.replace(tried.token)
            tried = await self._attempt(query, read)
        if isinstance(tried.result, Outcome):
            return _given_up(tried, tried.result, 1)
        return Got(tried.result)

    async def _attempt(self, query: Query, read: Callable[[dict[str, Any]], T]) -> _Attempt[T]:
        if not await self._turn(query.share):
            return _Attempt(Outcome(NO_TURN, sent=False))
        token = await self._tokens.token()
        self.calls += 1
        try:
            response = await self._transport.send(self._request(query, token))
        except TransportError as error:
            await self._gate.observe(NO_ANSWER)
            return _Attempt(outcome_of_silence(error), token)
        result, said = _sorted(response, read, token)
        limited = isinstance(result, Outcome) and result.row.do is Do.WAIT_UNTIL
        retry_seconds = None if said is None else said.retry_seconds
        sighting = sighting_of(response, limited=limited, retry_seconds=retry_seconds, now=self._clock.now())
        await self._gate.observe(sighting)
        return _Attempt(result, token, sighting, in_part=said is not None and said.in_part)

    async def _turn(self, share: Share) -> bool:
        """Wait until the call may be made; False when its time was over first."""
        begun = self._clock.monotonic()
        try:
            async with asyncio.timeout(self._begin_seconds):
                await self._gate.enter(share)
        except TimeoutError:
            return False
        return self._clock.monotonic() - begun <= self._begin_seconds

    def _request(self, query: Query, token: str) -> Request:
        headers = {
            "Authorization": token,
            "API-Version": API_VERSION,
            "Accept": "application/json",
            "Content-Type": "application/json",
        }
        body = orjson.dumps({"query": query.document, "variables": dict(query.variables)})
        return Request("POST", self._url, (), headers, body, timeout_seconds=self._timeout_seconds)

    def _wait_seconds(self, outcome: Outcome, sighting: Sighting, attempt: int) -> float | None:
        """Return how long to wait before the next attempt; None when there is to be none."""
        row = outcome.row
        if row.do not in (Do.RETRY, Do.WAIT_UNTIL) or attempt >= (row.attempts_max or attempt + 1):
            return None
        wait_seconds = self._backoff.wait_seconds(attempt, self._chance())
        asked_seconds = sighting.retry_after_seconds or 0.0
        if wait_seconds is None or asked_seconds > WAIT_SECONDS_MAX:
            return None
        return wait_seconds + asked_seconds


def _sorted(
    response: Response, read: Callable[[dict[str, Any]], T], token: str
) -> tuple[T | Outcome, Said | None]:
    fault, words = Fault.REFUSED, ""
    try:
        said = error_in(response)
        if said is not None:
            return _refused(said, response, token), said
        return read(data_in(response)), None
    except GarbledError:
        fault = Fault.HTML if looks_like_html(response.body) else Fault.GARBLED
        words = said_in(response.body) if fault is Fault.HTML else ""
    except ShapeError as error:
        fault, words = Fault.SHAPE, str(error)
    words = words.replace(token, "[removed]")
    return outcome_of(ROWS, status=response.status, said=words, place=Place.COMPANY, fault=fault), None


def _refused(said: Said, response: Response, token: str) -> Outcome:
    status = response.status if said.status is None else said.status
    words = said.text.replace(token, "[removed]")
    outcome = outcome_of(ROWS, status=status, said=words, place=Place.COMPANY)
    return replace(outcome, status=said.status)


def _given_up(tried: _Attempt[T], outcome: Outcome, calls: int) -> Refusal:
    maybe_done = outcome.maybe_done or tried.in_part
    if outcome.row.do is Do.REFRESH or (outcome.row.do in (Do.BLOCK, Do.STOP) and not maybe_done):
        raise outcome.error()
    refusal = outcome.refusal(calls)
    return replace(refusal, maybe_done=maybe_done, wait_seconds=tried.sighting.retry_after_seconds or 0.0)
