"""PINs: how field people come in, on a device that somebody has enrolled."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tiebeam.identity.accounts import Stay
    from tiebeam.identity.model import By, Device, Person, Refused, SignedIn, Tenant
    from tiebeam.identity.passwords import Passwords
    from tiebeam.identity.repository import Register
    from tiebeam.kernel.clock import Clock


class Devices:
    """The enrolled devices of every company, and the PINs of those who may capture in the field."""

    def __init__(
        self,
        register: Register,
        clock: Clock,
        *,
        stay: Stay | None = None,
        passwords: Passwords | None = None,
        new_id: Callable[[], UUID] = uuid4,
        new_secret: Callable[[], str] = secrets.token_urlsafe,
    ) -> None: ...

    async def invite(self, tenant_id: UUID, *, name: str, by: By) -> tuple[Device, str]:
        """Make room for a device; return it and the code to type in there, once, within 15 minutes."""
        raise NotImplementedError

    async def enrol(self, code: str, *, address: str) -> tuple[Device, str] | Refused:
        """Take a device in by its code; return it and the token that it keeps. Tries are limited by address."""
        raise NotImplementedError

    async def of(self, device_token: str) -> tuple[Device, Tenant] | None:
        """Return whose device a token is; None when it is unknown or revoked."""
        raise NotImplementedError

    async def list(self, tenant_id: UUID) -> list[Device]:
        """Return every device of a company, the newest first."""
        raise NotImplementedError

    async def revoke(self, tenant_id: UUID, device_id: UUID, *, by: By) -> Device:
        """Let a device in no more, and end the sessions on it. Raises BadInputError, NotAllowedError."""
        raise NotImplementedError

    async def set_pin(self, tenant_id: UUID, person_id: UUID, pin: str | None, *, by: By) -> Person:
        """Set a PIN, or with None take it away. Raises BadInputError (too easy, no field work), NotAllowedError."""
        raise NotImplementedError

    async def who(self, device_token: str) -> list[Person]:
        """Return who has a PIN and may sign in on a device; nobody for an unknown one."""
        raise NotImplementedError

    async def sign_in(
        self, device_token: str, person_id: UUID, pin: str, *, address: str
    ) -> SignedIn | Refused:
        """Let somebody in to capture. Five failures lock them out on every device, for ever longer."""
        raise NotImplementedError
