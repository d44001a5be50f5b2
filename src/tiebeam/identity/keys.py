"""API keys: what programs come in with."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

from tiebeam.identity.model import ApiKey, Person
from tiebeam.identity.permissions import GRANTS, KEY_SCOPES, Permission
from tiebeam.identity.rules import NotAllowedError, name_of, require
from tiebeam.identity.secrets import hash_of, new_secret
from tiebeam.identity.stays import SEEN_EVERY
from tiebeam.kernel.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from tiebeam.identity.model import By, Tenant
    from tiebeam.identity.repository import Desk, Register
    from tiebeam.kernel.clock import Clock

GRACE: Final = timedelta(days=1)
"""How long a rotated key still works."""
_BEGINS = "tb_"


class ApiKeys:
    """The API keys of every company: `tb_`, eight characters that tell keys apart, and 256 secret bits."""

    def __init__(
        self,
        register: Register,
        clock: Clock,
        *,
        new_id: Callable[[], UUID] = uuid4,
        new_secret: Callable[[], str] = new_secret,
    ) -> None:
        self._register = register
        self._clock = clock
        self._new_id = new_id
        self._new_secret = new_secret

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
        wanted = frozenset(scopes)
        _require_scopes(by, tenant_id, wanted)
        if expires_at is not None and expires_at <= self._clock.now():
            raise BadInputError(
                "This key would be over already.", action="Give an end that is still to come."
            )
        key, secret = self._new(tenant_id, name_of(name), frozenset(map(str, wanted)), expires_at)
        async with self._register.desk(tenant_id) as desk:
            await desk.keys.add(key, hash_of(secret))
            await desk.note(by, "key.made", _named(key), _told(key))
        return key, secret

    async def of(self, secret: str) -> tuple[ApiKey, Tenant] | None:
        """Return whose key a secret is; None when it is unknown, revoked or over."""
        if not secret.startswith(_BEGINS):
            return None
        secret_hash, now = hash_of(secret), self._clock.now()
        tenant_id = await self._register.doors.tenant_of_key(secret_hash)
        if tenant_id is None:
            return None
        async with self._register.desk(tenant_id) as desk:
            key = await desk.keys.find(secret_hash)
            if key is None or not key.stands(now):
                return None
            if key.used_at is None or now - key.used_at >= SEEN_EVERY:
                await desk.keys.use(key.id, now)
                key = replace(key, used_at=now)
            return key, await desk.tenant()

    async def all(self, tenant_id: UUID) -> list[ApiKey]:
        """Return every key of a company, the newest first, also those that are over."""
        async with self._register.desk(tenant_id) as desk:
            return await desk.keys.all()

    async def rotate(
        self, tenant_id: UUID, key_id: UUID, *, by: By, grace: timedelta = GRACE
    ) -> tuple[ApiKey, str]:
        """Make a key of the same name, scopes and end; the old one works for `grace` yet.

        Raises BadInputError when the key no longer stands, NotAllowedError when `by` may less than it.
        """
        require(by, tenant_id, Permission.KEYS_MANAGE)
        now = self._clock.now()
        async with self._register.desk(tenant_id) as desk:
            old = await _held(desk, key_id)
            if not old.stands(now) or old.replaced_by is not None:
                raise BadInputError("This key is over, or has been rotated.", action="Make another one.")
            _require_scopes(by, tenant_id, frozenset(map(Permission, old.scopes)))
            key, secret = self._new(tenant_id, old.name, old.scopes, old.expires_at)
            until = min(now + grace, old.expires_at or now + grace)
            await desk.keys.add(key, hash_of(secret))
            await desk.keys.replace(old.id, key.id, until)
            detail = _told(key) | {"replaces": f"{old.id}", "until": until}
            await desk.note(by, "key.rotated", _named(key), detail)
        return key, secret

    async def revoke(self, tenant_id: UUID, key_id: UUID, *, by: By) -> ApiKey:
        """Let a key in no more. Raises BadInputError when there is none of that id, NotAllowedError."""
        require(by, tenant_id, Permission.KEYS_MANAGE)
        now = self._clock.now()
        async with self._register.desk(tenant_id) as desk:
            key = await _held(desk, key_id)
            if not await desk.keys.revoke(key_id, now):
                return key
            await desk.note(by, "key.revoked", _named(key), {"name": key.name, "prefix": key.prefix})
        return replace(key, revoked_at=now)

    def _new(
        self, tenant_id: UUID, name: str, scopes: frozenset[str], expires_at: datetime | None
    ) -> tuple[ApiKey, str]:
        id_ = self._new_id()
        prefix = f"{_BEGINS}{id_.hex[:8]}"
        key = ApiKey(
            id=id_,
            tenant_id=tenant_id,
            name=name,
            prefix=prefix,
            scopes=scopes,
            made_at=self._clock.now(),
            expires_at=expires_at,
            used_at=None,
            revoked_at=None,
        )
        return key, f"{prefix}_{self._new_secret()}"


def _require_scopes(by: By, tenant_id: UUID, wanted: frozenset[Permission]) -> None:
    """Raise unless `by` may give all of these to a key: nobody hands on what they do not have."""
    require(by, tenant_id, Permission.KEYS_MANAGE)
    if not wanted or not wanted <= KEY_SCOPES:
        odd = ", ".join(sorted(wanted - KEY_SCOPES)) or "none"
        raise BadInputError(
            f"A key cannot have these scopes: {odd}.", action="Choose from those that are listed."
        )
    if isinstance(by, Person):
        own: frozenset[str] = frozenset(GRANTS[by.role])
    elif isinstance(by, ApiKey):
        own = by.scopes
    else:
        return
    if not wanted <= own:
        raise NotAllowedError(
            f"This key could do more than its maker: {', '.join(sorted(wanted - own))}.",
            action="Leave these out, or ask somebody who has them.",
        )


async def _held(desk: Desk, key_id: UUID) -> ApiKey:
    key = await desk.keys.hold(key_id)
    if key is None:
        raise BadInputError("This company has no such key.", action="See which there are, and choose one.")
    return key


def _named(key: ApiKey) -> str:
    return f"key:{key.id}"


def _told(key: ApiKey) -> dict[str, object]:
    return {
        "name": key.name,
        "prefix": key.prefix,
        "scopes": sorted(key.scopes),
        "expires_at": key.expires_at,
    }
