"""The platform under test: everything that dies with its process, and the ways to kill it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tiebeam.connectors.procore.client import ProcoreClient
from tiebeam.connectors.procore.environments import environment_at
from tiebeam.connectors.procore.oauth import ProcoreLogin
from tiebeam.connectors.procore.reads import ProcoreReader
from tiebeam.kernel.errors import TiebeamError
from tiebeam.operations.limits.gate import RateGate
from tiebeam.replicate.repository import Replica
from tiebeam.replicate.sync import Pace, Sync, SyncReport, Wish
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random
    from uuid import UUID

    from tiebeam.connectors.ports import Transport
    from tiebeam.connectors.procore.oauth import Grant
    from tiebeam.connectors.streams import Stream
    from tiebeam.kernel.clock import Clock, ManualClock
    from tiebeam.operations.limits.gate import Row

BASE_URL = "http://procore.test"


class Killed(BaseException):
    """The process was ended by force: nothing after this statement was done."""


@dataclass(frozen=True, slots=True)
class Account:
    """One tenant's connection to one company: what outlives every process."""

    tenant_id: UUID
    connection_id: UUID
    company_id: str
    streams: Sequence[Stream]
    transport: Transport
    counters: Callable[[Store], Row]
    """Where the gate's counters are kept, for a process with this store."""
    pace: Pace
    begin_reading: Callable[[], None] = lambda: None
    end_reading: Callable[[], None] = lambda: None


@dataclass(slots=True)
class Outcome:
    """How a sync ended: `done`, `killed`, or `failed` with the code of a TiebeamError."""

    word: str
    report: SyncReport = field(default_factory=SyncReport)
    statements: int = 0


class LoginTokens:
    """A service account's token, asked for when there is none that lasts another minute."""

    def __init__(self, transport: Transport, clock: Clock) -> None:
        environment = environment_at(BASE_URL, BASE_URL)
        self._login = ProcoreLogin(
            environment=environment,
            client_id="tiebeam-client-id",
            client_secret="tiebeam-client-secret",
            transport=transport,
            clock=clock,
        )
        self._clock = clock
        self._grant: Grant | None = None

    async def token(self) -> str:
        grant = self._grant
        if grant is None or (grant.expires_at - self._clock.now()).total_seconds() < 60:
            grant = self._grant = await self._login.client_credentials()
        return grant.access_token

    async def replace(self, stale: str) -> str:
        if self._grant is not None and self._grant.access_token == stale:
            self._grant = None
        return await self.token()


class Process:
    """One process of the platform. After a kill it is good for nothing but `end`."""

    def __init__(self, url: str, clock: ManualClock, rng: Random) -> None:
        self._url = url
        self._clock = clock
        self._rng = rng
        self._store: Store | None = None
        self.statements = 0
        self.kill_at: int | None = None
        self.breathing: frozenset[str] | None = frozenset()
        """After which statements other tasks may come in between; None: after any."""

    @property
    def store(self) -> Store:
        """The store, once opened."""
        assert self._store is not None
        return self._store

    async def start(self) -> Process:
        """Open the store."""
        self._store = await Store.open(self._url, clock=self._clock, after_statement=self._after_statement)
        return self

    async def end(self) -> None:
        """Close every socket, as the operating system does for a dead process."""
        self.kill_at = None
        await self.store.close()

    async def sync(self, account: Account, wish: Wish) -> Outcome:
        """Run one sync to whatever end it comes to."""
        began = self.statements
        self._clock.advance(1)  # No two syncs begin at the same instant.
        outcome = Outcome("done")
        account.begin_reading()
        try:
            outcome.report = await self._sync(account, wish)
        except BaseExceptionGroup as group:
            outcome.word = _word(group)
        except (TiebeamError, Killed) as error:
            outcome.word = _word(error)
        account.end_reading()
        outcome.statements = self.statements - began
        return outcome

    async def _sync(self, account: Account, wish: Wish) -> SyncReport:
        client = ProcoreClient(
            base_url=BASE_URL,
            company_id=account.company_id,
            gate=RateGate(account.counters(self.store), clock=self._clock),
            tokens=LoginTokens(account.transport, self._clock),
            transport=account.transport,
            clock=self._clock,
            chance=self._rng.random,
            service_account=True,
        )
        replica = Replica(self.store, account.tenant_id, account.connection_id, self._clock)
        reader = ProcoreReader(client, account.streams)
        return await Sync(replica, reader, self._clock, account.streams, wish, pace=account.pace).run()

    async def _after_statement(self, name: str) -> None:
        self.statements += 1
        if self.kill_at is not None and self.statements >= self.kill_at:
            raise Killed
        if (self.breathing is None or name in self.breathing) and self._rng.random() < 0.3:
            await asyncio.sleep(0)


def _word(error: BaseException) -> str:
    leaves = list(_leaves(error))
    if any(isinstance(leaf, Killed) for leaf in leaves):
        return "killed"
    for leaf in leaves:
        if not isinstance(leaf, TiebeamError | asyncio.CancelledError):
            raise leaf
    codes = {leaf.code for leaf in leaves if isinstance(leaf, TiebeamError)}
    return "failed " + " ".join(sorted(codes))


def _leaves(error: BaseException) -> Sequence[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in _leaves(inner)]
    return [error]
