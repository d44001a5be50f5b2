"""Where a connection's access token comes from, however many processes want it at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from tiebeam.kernel.backoff import Backoff
from tiebeam.kernel.errors import Owner, TiebeamError
from tiebeam.kernel.moments import iso_z
from tiebeam.operations.tokens.model import (
    Connection,
    GrantKind,
    GrantSource,
    NewGrant,
    NotConnectedError,
    Secrets,
    Status,
    good_seconds_min,
    is_final,
    not_connected,
    refresh_ahead_seconds,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime
    from uuid import UUID

    from tiebeam.kernel.clock import Clock

LOOK_AGAIN_SECONDS: Final = 60.0
"""How long a process trusts what it has read: a disconnection reaches it within this."""
CALL_SECONDS_MAX: Final = 60.0
LEASE_SECONDS_MAX: Final = 75.0
REFUSED_AGAIN_SECONDS: Final = 60.0
"""A token that replaced a refused one and is refused within this: the vendor wants us no more."""
RETRIES: Final = Backoff(base_seconds=1.0, wait_seconds_max=30.0, attempts_max=4)


class Lease(Protocol):
    """The exclusive right to refresh one connection's token."""

    connection: Connection
    secrets: Secrets

    async def begin(self) -> None:
        """Commit that the refresh token is about to be spent."""

    async def keep(self, grant: NewGrant) -> None:
        """Keep what was granted, when the lease ends."""

    async def fail(self, status: Status, why: TiebeamError) -> None:
        """Say, when the lease ends, that the connection is of no use until somebody acts."""


class Credentials(Protocol):
    """Where secrets are kept."""

    async def read(self, tenant_id: UUID, connection_id: UUID) -> tuple[Connection, Secrets]:
        """Return a connection and its secrets."""
        ...

    def lease(
        self, tenant_id: UUID, connection_id: UUID, *, wait_seconds: float
    ) -> AbstractAsyncContextManager[Lease]:
        """Hold the only right to refresh; what is kept is committed at the end."""
        ...


class UnansweredError(TiebeamError):
    """The vendor's login did not answer in time."""

    code = "tokens.unanswered"
    owner = Owner.NOBODY


@dataclass(frozen=True, slots=True)
class _Held:
    """A token as a process remembers it, and until when that counts."""

    token: str = field(repr=False)
    until: datetime


class VaultTokenSource:
    """One connection's tokens: refreshed ahead of their end, by exactly one of all that use them."""

    def __init__(
        self,
        *,
        tenant_id: UUID,
        connection_id: UUID,
        credentials: Credentials,
        grants: GrantSource,
        clock: Clock,
        chance: Callable[[], float],
        retries: Backoff = RETRIES,
    ) -> None:
        self._tenant_id = tenant_id
        self._connection_id = connection_id
        self._credentials = credentials
        self._grants = grants
        self._clock = clock
        self._chance = chance
        self._retries = retries
        self._turn = asyncio.Lock()
        self._running: set[asyncio.Task[str]] = set()
        self._held: _Held | None = None
        self._replacement: _Held | None = None

    async def token(self) -> str:
        """Return a token that is good for at least a minute.

        Raises NotConnectedError when somebody must act, and any other TiebeamError when it passes by itself.
        """
        if self._held is not None and self._clock.now() < self._held.until:
            return self._held.token
        return await self._uninterrupted(None)

    async def replace(self, stale: str) -> str:
        """Return another token than `stale`, which the vendor has just refused. Raises as `token` does."""
        return await self._uninterrupted(stale)

    async def _uninterrupted(self, stale: str | None) -> str:
        # Who waits may be cancelled; a refresh under way must not be, or the pair that it brings is lost.
        task = asyncio.ensure_future(self._renewed(stale))
        self._running.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[str]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()

    async def _renewed(self, stale: str | None) -> str:
        async with self._turn:
            connection, secrets = await self._credentials.read(self._tenant_id, self._connection_id)
            left_seconds = self._left_seconds(connection, secrets, stale)
            if left_seconds > refresh_ahead_seconds(connection):
                return self._hold(connection, secrets)
            if left_seconds > good_seconds_min(connection):
                return await self._ahead(connection, secrets, stale)
            return await self._now_or_never(stale)

    async def _ahead(self, connection: Connection, secrets: Secrets, stale: str | None) -> str:
        """Refresh ahead of need: if that fails for now, the present token serves a little longer."""
        try:
            return await self._refreshed(stale, ahead=True)
        except NotConnectedError:
            raise
        except TiebeamError:
            return self._hold(connection, secrets)

    async def _now_or_never(self, stale: str | None) -> str:
        attempt = 1
        while True:
            try:
                return await self._refreshed(stale, ahead=False)
            except TiebeamError as error:
                wait_seconds = self._retries.wait_seconds(attempt, self._chance())
                if wait_seconds is None or isinstance(error, NotConnectedError):
                    raise
            await self._clock.sleep(wait_seconds)
            attempt += 1

    async def _refreshed(self, stale: str | None, *, ahead: bool) -> str:
        wait_seconds = 0.0 if ahead else LEASE_SECONDS_MAX
        leased = self._credentials.lease(self._tenant_id, self._connection_id, wait_seconds=wait_seconds)
        async with leased as lease:
            outcome = await self._settled(lease, stale, ahead=ahead)
        # Only now is it committed, and only now may anyone use it.
        if isinstance(outcome, NotConnectedError):
            self._held = None
            raise outcome
        if stale is not None:
            until = self._clock.now() + timedelta(seconds=REFUSED_AGAIN_SECONDS)
            self._replacement = _Held(outcome.access_token, until)
        self._held = None
        return outcome.access_token

    async def _settled(self, lease: Lease, stale: str | None, *, ahead: bool) -> NewGrant | NotConnectedError:
        """Return what holds from now on: what another has refreshed meanwhile, a new grant, or a refusal."""
        connection, secrets = lease.connection, lease.secrets
        left_seconds = self._left_seconds(connection, secrets, stale)
        least_seconds = refresh_ahead_seconds(connection) if ahead else good_seconds_min(connection)
        if left_seconds > least_seconds and secrets.access_token and connection.token_expires_at:
            return _Kept(secrets.access_token, secrets.refresh_token, connection.token_expires_at)
        refusal = self._hopeless(connection, secrets, stale)
        if refusal is not None:
            await lease.fail(*refusal)
            return refusal[1]
        return await self._granted(lease)

    async def _granted(self, lease: Lease) -> NewGrant | NotConnectedError:
        """Return what the vendor grants, or why it never will again; what passes by itself is raised."""
        try:
            async with asyncio.timeout(CALL_SECONDS_MAX):
                grant = await self._asked(lease)
        except TimeoutError:
            raise _unanswered(lease.connection) from None
        except TiebeamError as error:
            if not is_final(error):
                raise
            why = _explained(error, lease.connection)
            await lease.fail(Status.ERROR, why)
            return why
        await lease.keep(grant)
        return grant

    async def _asked(self, lease: Lease) -> NewGrant:
        if lease.connection.grant_kind is GrantKind.CLIENT_CREDENTIALS:
            return await self._grants.client_credentials()
        await lease.begin()
        return await self._grants.refresh(lease.secrets.refresh_token or "")

    def _hopeless(
        self, connection: Connection, secrets: Secrets, stale: str | None
    ) -> tuple[Status, NotConnectedError] | None:
        """Return the status that is plain without asking the vendor, and why; None: ask."""
        if stale is not None and self._replaced_lately(stale):
            return Status.DISCONNECTED, _refused_again(connection)
        if connection.grant_kind is GrantKind.AUTHORIZATION_CODE and not secrets.refresh_token:
            return Status.ERROR, _nothing_to_refresh_with(connection)
        return None

    def _replaced_lately(self, stale: str) -> bool:
        replacement = self._replacement
        return (
            replacement is not None and replacement.token == stale and self._clock.now() <= replacement.until
        )

    def _left_seconds(self, connection: Connection, secrets: Secrets, stale: str | None) -> float:
        """Return how long the kept token lives; 0 when there is none or it is the stale one."""
        if connection.status is not Status.CONNECTED:
            self._held = None
            raise not_connected(connection)
        if not secrets.access_token or secrets.access_token == stale or connection.token_expires_at is None:
            return 0.0
        return (connection.token_expires_at - self._clock.now()).total_seconds()

    def _hold(self, connection: Connection, secrets: Secrets) -> str:
        """Remember the kept token until it is time to look again."""
        token, now = secrets.access_token or "", self._clock.now()
        look_at = now + timedelta(seconds=LOOK_AGAIN_SECONDS)
        for least_seconds in (good_seconds_min(connection), refresh_ahead_seconds(connection)):
            turn = (connection.token_expires_at or now) - timedelta(seconds=least_seconds)
            if turn > now:
                look_at = min(look_at, turn)
        self._held = _Held(token, look_at)
        return token


@dataclass(frozen=True, slots=True)
class _Kept:
    """A grant that another process has brought."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime


def _explained(error: TiebeamError, connection: Connection) -> NotConnectedError:
    cause = error.cause
    if connection.refresh_began_at is not None:
        # Written before the call, so it stands only when an earlier one was never heard of again.
        cause += (
            f" An earlier refresh, begun at {iso_z(connection.refresh_began_at)}, brought no answer that"
            " could be kept, and a refresh token serves only once."
        )
    return NotConnectedError(cause, action=error.action, code=error.code, owner=error.owner)


def _unanswered(connection: Connection) -> UnansweredError:
    return UnansweredError(
        f"The login of {connection.vendor} did not answer within {CALL_SECONDS_MAX:.0f} seconds.",
        action="Nothing needs to be done: it is tried again by itself.",
    )


def _refused_again(connection: Connection) -> NotConnectedError:
    return NotConnectedError(
        f"{connection.vendor.capitalize()} refused the access token, and the one that replaced it as well.",
        action="Connect the company again; until then nothing is read.",
        code=f"{connection.vendor}.token_refused",
    )


def _nothing_to_refresh_with(connection: Connection) -> NotConnectedError:
    return NotConnectedError(
        f"The access token of {connection.vendor.capitalize()} has ended, and nothing is kept to refresh it.",
        action="Connect the company again; until then nothing is read.",
        code=f"{connection.vendor}.grant_missing",
    )
