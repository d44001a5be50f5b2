"""Anchors and the key that signs them, kept: both are added and read, and never touched again."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final, Protocol

from tiebeam.operations.audit.anchors.model import Anchor, Proven, TrailBrokenError
from tiebeam.operations.audit.anchors.plan import digest, first_fault, said
from tiebeam.operations.audit.repository import Trail
from tiebeam.operations.audit.signing import SigningKey
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tiebeam.kernel.clock import Clock
    from tiebeam.operations.audit.model import Verified
    from tiebeam.store.pool import Store

Q = queries("tiebeam.operations.audit.anchors")

_AGAIN: Final = "Keep a copy of the database as it is, and compare it with a backup from before."


class Box(Protocol):
    """Seals the signing key, so that who reads the database cannot sign."""

    @property
    def key_id(self) -> str:
        """The id of the key that seals."""

    def seal(self, text: str, tenant_id: UUID, owner_id: UUID) -> tuple[str, bytes]:
        """Return the key's id and what was sealed."""

    def open(self, key_id: str, data: bytes, tenant_id: UUID, owner_id: UUID) -> str:
        """Return what was sealed. Raises TiebeamError."""


class Evidence:
    """The trails of all tenants with what is signed of them."""

    def __init__(self, store: Store, clock: Clock, box: Box, chance: Callable[[int], bytes]) -> None:
        """`chance` gives the random bytes of a new signing key."""
        self._store = store
        self._clock = clock
        self._box = box
        self._chance = chance
        self.trail = Trail(store, clock)

    async def anchor(self, tenant_id: UUID) -> Anchor | None:
        """Sign where the trail ends today; return today's anchor, or None while there is no entry.

        Doing it again the same day changes nothing. Raises TrailBrokenError, and signs nothing, when the
        trail is not as it was.
        """
        found = await self.prove(tenant_id)
        if found.fault is not None:
            raise TrailBrokenError(f"The audit trail does not hold: {found.fault}.", action=_AGAIN)
        if not found.trail.number:
            return None
        key = await self.key(tenant_id)
        kept = await self.anchors(tenant_id)
        now = self._clock.now()
        day = now.astimezone(UTC).date()
        if not kept or kept[-1].day < day:
            trail, before = found.trail, digest(kept[-1] if kept else None)
            anchor = Anchor(tenant_id, day, trail.number, trail.hash, before, now, key.public)
            await self._keep(replace(anchor, signature=key.sign(said(anchor))))
        return (await self.anchors(tenant_id))[-1]

    async def prove(self, tenant_id: UUID) -> Proven:
        """Read the whole trail and all of its anchors, and say what is wrong with them, if anything is."""
        # The anchors first: one that is made meanwhile may cover entries that the look at the trail leaves.
        anchors = await self.anchors(tenant_id)
        trail = await self.trail.verify(tenant_id)
        key = await self._kept_key(tenant_id)
        fault = await self._fault(tenant_id, trail, anchors, key)
        anchored = anchors[-1].number if anchors else 0
        return Proven(trail, len(anchors), anchored, key.public if key else None, fault)

    async def _fault(
        self, tenant_id: UUID, trail: Verified, anchors: list[Anchor], key: SigningKey | None
    ) -> str | None:
        if trail.fault:
            return trail.fault.what
        if not anchors:
            return None
        if key is None:
            return "the key that signed its anchors is gone"
        named = {"tenant_id": tenant_id, "numbers": [one.number for one in anchors]}
        async with self._store.transaction(tenant_id) as tx:
            hashes = {number: bytes(hash_) for number, hash_ in await tx.rows(Q["hashes_at"], named)}
        return first_fault(anchors, hashes, key.public)

    async def anchors(self, tenant_id: UUID) -> list[Anchor]:
        """Return all anchors, the oldest first."""
        async with self._store.transaction(tenant_id) as tx:
            return [Anchor(*row) for row in await tx.rows(Q["anchors"], {"tenant_id": tenant_id})]

    async def key(self, tenant_id: UUID) -> SigningKey:
        """Return the company's signing key, made at first use. Raises TiebeamError when it cannot be opened.

        Raises TrailBrokenError when it is gone and anchors are left that it had signed.
        """
        found = await self._kept_key(tenant_id)
        if found is not None:
            return found
        if await self.anchors(tenant_id):
            raise TrailBrokenError("The key that signed the anchors is gone.", action=_AGAIN)
        key, secret = SigningKey.new(self._chance)
        named = self._sealed(tenant_id, secret) | {"public_key": key.public, "at": self._clock.now()}
        async with self._store.transaction(tenant_id) as tx:
            await tx.run(Q["insert_key"], named)
        # Of several that come first at once one has made it, and all use that.
        kept = await self._kept_key(tenant_id)
        assert kept is not None
        return kept

    async def _kept_key(self, tenant_id: UUID) -> SigningKey | None:
        async with self._store.transaction(tenant_id) as tx:
            rows = await tx.rows(Q["find_key"], {"tenant_id": tenant_id})
            if not rows:
                return None
            key_id, sealed = rows[0]
            secret = b64decode(self._box.open(key_id, sealed, tenant_id, tenant_id))
            if key_id != self._box.key_id:
                # The master key was changed: sealed anew before the former one is taken away.
                await tx.run(Q["seal_key"], self._sealed(tenant_id, secret))
        return SigningKey(secret)

    def _sealed(self, tenant_id: UUID, secret: bytes) -> dict[str, Any]:
        key_id, sealed = self._box.seal(b64encode(secret).decode(), tenant_id, tenant_id)
        return {"tenant_id": tenant_id, "key_id": key_id, "sealed": sealed}

    async def _keep(self, anchor: Anchor) -> None:
        named = {name: getattr(anchor, name) for name in anchor.__dataclass_fields__}
        async with self._store.transaction(anchor.tenant_id) as tx:
            await tx.run(Q["add_anchor"], named)
