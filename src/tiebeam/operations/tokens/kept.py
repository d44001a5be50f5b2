"""A token that a person gave and that holds until it is taken back: nothing renews it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from tiebeam.kernel.errors import Owner
from tiebeam.operations.tokens.model import Connection, NotConnectedError, Secrets, Status, not_connected

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from tiebeam.kernel.clock import Clock
    from tiebeam.kernel.errors import TiebeamError

LOOK_AGAIN: Final = timedelta(seconds=60)
"""How long a process trusts what it has read: a disconnection reaches it within this."""


class Credentials(Protocol):
    """Where secrets are kept."""

    async def read(self, tenant_id: UUID, connection_id: UUID) -> tuple[Connection, Secrets]:
        """Return a connection and its secrets."""
        ...


class Standings(Protocol):
    """Where it is kept how connections stand."""

    async def set_status(
        self, tenant_id: UUID, connection_id: UUID, status: Status, why: TiebeamError | None = None
    ) -> Connection:
        """Say how a connection stands, and why."""
        ...


@dataclass(frozen=True, slots=True)
class _Held:
    token: str = field(repr=False)
    until: datetime


class KeptTokenSource:
    """One connection's token, as it was given. Refused, the connection waits for a person with another."""

    def __init__(
        self,
        *,
        tenant_id: UUID,
        connection_id: UUID,
        credentials: Credentials,
        standings: Standings,
        clock: Clock,
    ) -> None:
        self._ids = (tenant_id, connection_id)
        self._credentials = credentials
        self._standings = standings
        self._clock = clock
        self._held: _Held | None = None

    async def token(self) -> str:
        """Return the token. Raises NotConnectedError when somebody must act first."""
        if self._held is None or self._clock.now() >= self._held.until:
            self._held = _Held(await self._read(), self._clock.now() + LOOK_AGAIN)
        return self._held.token

    async def replace(self, stale: str) -> str:
        """Return the token that a person has given meanwhile; else say that the connection is refused.

        Raises NotConnectedError.
        """
        self._held = None
        token = await self._read()
        if token != stale:
            return token
        why = _refused((await self._credentials.read(*self._ids))[0].vendor)
        await self._standings.set_status(*self._ids, Status.ERROR, why)
        raise why

    async def _read(self) -> str:
        connection, secrets = await self._credentials.read(*self._ids)
        if connection.status is not Status.CONNECTED or not secrets.access_token:
            raise not_connected(connection)
        return secrets.access_token


def _refused(vendor: str) -> NotConnectedError:
    return NotConnectedError(
        f"{vendor}.com refused the token that it was given: it was taken back, or its owner has left.",
        action="Give another one under Settings, Integrations, or with `tiebeam connect "
        f"{vendor}`. Until then the boards go on here, and what is changed is sent afterwards.",
        code=f"{vendor}.token_refused",
        owner=Owner.ADMIN,
    )
