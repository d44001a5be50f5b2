"""OpenID Connect: people come in with the account that their company has given them elsewhere."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from tiebeam.connectors.ports import Transport
    from tiebeam.identity.accounts import Stay
    from tiebeam.identity.model import Refused, Role, SignedIn
    from tiebeam.identity.repository import Register
    from tiebeam.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class Provider:
    """Who vouches for people, and which of its groups have which role here."""

    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    """None for a public client: PKCE alone guards the code."""
    groups_claim: str = "groups"
    roles: Mapping[str, Role] = field(default_factory=dict)
    """Group to role; of several the first that is listed here counts. Without any, only people whom somebody has
    added come in, with the role that they have."""
    scope: str = "openid email profile"


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in under way: where to send the browser, and what it keeps in a cookie until it is back."""

    url: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Returned:
    """Somebody came in by OpenID Connect, and wanted to go on to a place."""

    signed_in: SignedIn
    return_to: str


class OidcSignIn:
    """Signing in by the code flow with PKCE, state and nonce. Keys of the provider may rotate at any time."""

    def __init__(
        self,
        provider: Provider,
        register: Register,
        transport: Transport,
        clock: Clock,
        *,
        redirect_uri: str,
        stay: Stay | None = None,
        new_id: Callable[[], UUID] = uuid4,
        new_secret: Callable[[], str] = secrets.token_urlsafe,
    ) -> None:
        """`redirect_uri` is where the provider sends people back to, as it is registered there."""

    async def begin(self, tenant_slug: str, *, return_to: str = "/") -> Begun:
        """Begin a sign-in to a company. Raises OidcError when the provider is unreachable or not what it says."""
        raise NotImplementedError

    async def finish(
        self,
        secret: str | None,
        *,
        state: str | None,
        code: str | None,
        error: str | None = None,
        address: str,
    ) -> Returned | Refused:
        """End a sign-in with what the provider sent back. `secret` is from the cookie; it serves once.

        Raises OidcError when the provider cannot be asked, or vouches in a way that cannot be trusted.
        """
        raise NotImplementedError
