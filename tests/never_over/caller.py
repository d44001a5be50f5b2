"""A process that calls the vendor as the platform does: through the shared gate, by Tiebeam's own client."""

from __future__ import annotations

import asyncio
import sys
from random import Random
from typing import TYPE_CHECKING

from tests.factories.procore_desk import LoginTokens
from tests.never_over.lockstep import SharedClock

from tiebeam.connectors.http import AiohttpTransport
from tiebeam.connectors.ports import PageRequest, Refusal, Share
from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.connectors.procore.client import ProcoreClient
from tiebeam.connectors.procore.environments import environment_at
from tiebeam.connectors.procore.oauth import ProcoreLogin
from tiebeam.connectors.procore.reads import ProcoreReader
from tiebeam.connectors.streams import Scope
from tiebeam.kernel.clock import SystemClock
from tiebeam.operations.limits.gate import RateGate
from tiebeam.operations.limits.model import Rates
from tiebeam.operations.limits.repository import PostgresRow
from tiebeam.simulators.procore.options import OAuthClient
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from tiebeam.connectors.ports import Request, Response, Sighting

POLLERS = 3
_REFRESH_AFTER_SECONDS = (30.0, 240.0)
_REFRESH_CALLS_MAX = 3
_THERE_SECONDS_MAX = 0.3
_BACK_SECONDS_MAX = 0.5
_PROJECTS = next(stream for stream in STREAMS if stream.view == "projects")


class Way:
    """The way to the vendor, which takes virtual time in both directions, and never the same."""

    def __init__(self, way: AiohttpTransport, clock: SharedClock, rng: Random) -> None:
        self._way = way
        self._clock = clock
        self._rng = rng

    async def send(self, request: Request) -> Response:
        await self._clock.sleep(self._rng.uniform(0, _THERE_SECONDS_MAX))
        answer = await self._way.send(request)
        await self._clock.sleep(self._rng.uniform(0, _BACK_SECONDS_MAX))
        return answer


class Timed:
    """A gate that remembers when it was last passed."""

    def __init__(self, gate: RateGate, clock: SharedClock) -> None:
        self._gate = gate
        self._clock = clock
        self.passed_at: list[float] = []

    async def enter(self, share: Share) -> None:
        await self._gate.enter(share)
        self.passed_at.append(self._clock.monotonic())

    async def observe(self, sighting: Sighting) -> None:
        await self._gate.observe(sighting)


class Caller:
    """One task's client, behind the gate of its process."""

    def __init__(self, gate: RateGate, clock: SharedClock, api: str, company_id: str, way: Way) -> None:
        self.clock = clock
        self.gate = Timed(gate, clock)
        app = OAuthClient()
        # Of the login nobody asks for virtual time: it is outside the limits.
        login = ProcoreLogin(
            environment=environment_at(api, api),
            client_id=app.client_id,
            client_secret=app.client_secret,
            transport=way,
            clock=clock,
        )
        self.reader = ProcoreReader(
            ProcoreClient(
                base_url=api,
                company_id=company_id,
                gate=self.gate,
                tokens=LoginTokens(login),
                transport=way,
                clock=clock,
                chance=lambda: 0.5,
                service_account=True,
            )
        )

    async def read(self, share: Share) -> None:
        """Read a page, and say what the vendor refused."""
        answer = await self.reader.page(PageRequest(_PROJECTS, 0, Scope(), 1, share=share))
        if isinstance(answer, Refusal):
            self.clock.tell(refused=str(answer.cause))


async def poll(caller: Caller) -> None:
    """Always want more."""
    with caller.clock.awake():
        while True:
            await caller.read(Share.POLL)


async def refresh(caller: Caller, rng: Random) -> None:
    """Want something now, at moments that nobody foresees, and tell how long it took to begin."""
    with caller.clock.awake():
        while True:
            await caller.clock.sleep(rng.uniform(*_REFRESH_AFTER_SECONDS))
            wished_at, caller.gate.passed_at = caller.clock.monotonic(), []
            for _ in range(rng.randint(1, _REFRESH_CALLS_MAX)):
                await caller.read(Share.DEMAND)
            caller.clock.tell(waited=caller.gate.passed_at[0] - wished_at, at=wished_at)


async def main(program: str, seed: str, gate_is: str, *places: str) -> None:
    """Call until the conductor hangs up. `places`: the database, the gate's domain, port, vendor, company."""
    database, domain, port, api, company = places
    rng = Random(seed)
    async with (
        await Store.open(database, clock=SystemClock(), pool_size_max=8) as store,
        AiohttpTransport() as http,
    ):
        clock = await SharedClock.joined(int(port))
        gate = RateGate(PostgresRow(store, domain), clock=clock, rates=Rates(off=gate_is == "off"))
        way = Way(http, clock, rng)
        callers = [Caller(gate, clock, api, company, way) for _ in range(POLLERS if program == "poll" else 1)]
        work: list[Awaitable[None]] = [
            poll(one) if program == "poll" else refresh(one, rng) for one in callers
        ]
        tasks = [asyncio.ensure_future(one) for one in work]
        listening = asyncio.ensure_future(clock.run())
        await asyncio.wait((listening, *tasks), return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        for found in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(found, Exception):
                raise found


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
