"""Connections and what they are granted. Whatever is secret has no repr."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from tiebeam.kernel.errors import Owner, TiebeamError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


class GrantKind(StrEnum):
    """How a connection got its access."""

    AUTHORIZATION_CODE = "authorization_code"
    """A user granted it; refresh tokens serve once."""
    CLIENT_CREDENTIALS = "client_credentials"
    """The app itself has it, and simply asks again."""
    TOKEN = "token"  # noqa: S105 - the word for a way of access, and no secret
    """A person gave a token that holds until it is taken back; there is none to exchange it for."""


class Status(StrEnum):
    """Whether a connection can be used."""

    CONNECTED = "connected"
    PAUSED = "paused"
    """Switched off by a person for a while."""
    ERROR = "error"
    """The vendor refuses it until somebody acts; `reason` and `action` say what to do."""
    DISCONNECTED = "disconnected"
    """Ended, by a person or by the vendor; it must be connected anew."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a new connection is made of, its secrets apart."""

    vendor: str
    environment: str
    login_url: str
    api_url: str
    client_id: str
    grant_kind: GrantKind
    company_id: str | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """A tenant's access to one vendor system. It holds no secret."""

    id: UUID
    tenant_id: UUID
    vendor: str
    environment: str
    login_url: str
    api_url: str
    client_id: str
    company_id: str | None
    grant_kind: GrantKind
    status: Status
    code: str | None
    """The stable code of why it stands as it does, such as `procore.grant_revoked`; None when all is well."""
    reason: str | None
    """The same in plain words."""
    action: str | None
    """What to do about it."""
    since: datetime
    """When it came to its present status."""
    created_at: datetime
    refresh_began_at: datetime | None
    """When a refresh began whose answer was never kept; None when the last one was."""
    last_refreshed_at: datetime | None
    token_expires_at: datetime | None

    def __post_init__(self) -> None:
        """Take the words of the database as what they mean."""
        object.__setattr__(self, "grant_kind", GrantKind(self.grant_kind))
        object.__setattr__(self, "status", Status(self.status))


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is sealed for a connection. Its repr shows nothing."""

    access_token: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    client_secret: str | None = field(default=None, repr=False)


class NewGrant(Protocol):
    """What a vendor's login gives: a token, and for a user's grant the means to the next."""

    @property
    def access_token(self) -> str:
        """The bearer token."""

    @property
    def refresh_token(self) -> str | None:
        """What the next refresh must present; None for client credentials."""

    @property
    def expires_at(self) -> datetime:
        """When the token ends, by our clock."""


class GrantSource(Protocol):
    """A vendor's login, as one connection's app.

    Both raise TiebeamError. A code that ends in one of FINAL_CODES says that asking again is of no use;
    anything else passes, and is tried again.
    """

    async def refresh(self, refresh_token: str) -> NewGrant:
        """Return a new pair for a refresh token, which is dead from then on."""
        ...

    async def client_credentials(self) -> NewGrant:
        """Return a grant to the app itself."""
        ...


_AHEAD_SECONDS: Final = 600.0
_GOOD_SECONDS: Final = 60.0

FINAL_CODES: Final = frozenset({"grant_revoked", "wrong_client", "login_refused"})


def is_final(error: TiebeamError) -> bool:
    """Return whether a login's error stands until somebody acts."""
    return error.code.rpartition(".")[2] in FINAL_CODES


def refresh_ahead_seconds(connection: Connection) -> float:
    """Return how long before its end a token is exchanged: ten minutes, or a ninth of a shorter life."""
    return min(_AHEAD_SECONDS, _life_seconds(connection) / 9)


def good_seconds_min(connection: Connection) -> float:
    """Return how long a token must still live to be handed out: a minute, or half of a shorter life."""
    return min(_GOOD_SECONDS, _life_seconds(connection) / 2)


def _life_seconds(connection: Connection) -> float:
    if connection.token_expires_at is None or connection.last_refreshed_at is None:
        return 0.0
    return max(0.0, (connection.token_expires_at - connection.last_refreshed_at).total_seconds())


class NotConnectedError(TiebeamError):
    """The connection cannot be used as it stands; `code` says why."""

    code = "connection.not_connected"
    owner = Owner.ADMIN


class UnknownConnectionError(TiebeamError):
    """This tenant has no such connection."""

    code = "connection.unknown"
    owner = Owner.OPERATOR


def not_connected(connection: Connection) -> NotConnectedError:
    """Return the error of using a connection that is not connected: its own reason, and its own way out."""
    reason = connection.reason or f"The connection to {connection.vendor} is {connection.status}."
    action = connection.action or "Connect it again, or switch it on again if a person paused it."
    return NotConnectedError(reason, action=action, code=connection.code or f"connection.{connection.status}")
