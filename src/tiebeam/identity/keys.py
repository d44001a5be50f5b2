"""API keys: what programs come in with."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from uuid import UUID

    from tiebeam.identity.model import ApiKey, By, Tenant
    from tiebeam.identity.permissions import Permission
    from tiebeam.identity.repository import Register
    from tiebeam.kernel.clock import Clock

GRACE: Final = timedelta(days=1)
"""How long a rotated key still works."""


class ApiKeys:
    """The API keys of every company. A secret reads `tb_`, eight characters that tell keys apart, and 256 bits."""

    def __init__(
        self,
        register: Register,
        clock: Clock,
        *,
        new_id: Callable[[], UUID] = uuid4,
        new_secret: Callable[[], str] = secrets.token_urlsafe,
    ) -> None: ...

    async def make(
        self,
        tenant_id: UUID,
        *,
        name: str,
        scopes: Iterable[Permission],
        by: By,
        expires_at: datetime | None = None,
    ) -> tuple[ApiKey, str]:
        """Make a key; return it and its secret, which is never to be had again.

        Raises BadInputError (no name, no scope, an end that is past), NotAllowedError when `by` may less.
        """
        raise NotImplementedError

    async def of(self, secret: str) -> tuple[ApiKey, Tenant] | None:
        """Return whose key a secret is; None when it is unknown, revoked or over."""
        raise NotImplementedError

    async def list(self, tenant_id: UUID) -> list[ApiKey]:
        """Return every key of a company, the newest first, also those that are over."""
        raise NotImplementedError

    async def rotate(
        self, tenant_id: UUID, key_id: UUID, *, by: By, grace: timedelta = GRACE
    ) -> tuple[ApiKey, str]:
        """Make a key of the same name, scopes and end; the old one works for `grace` yet."""
        raise NotImplementedError

    async def revoke(self, tenant_id: UUID, key_id: UUID, *, by: By) -> ApiKey:
        """Let a key in no more. Raises BadInputError when the company has none of that id, NotAllowedError."""
        raise NotImplementedError
