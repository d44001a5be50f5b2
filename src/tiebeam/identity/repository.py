"""Tenants, remembered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from tiebeam.identity.model import Tenant
from tiebeam.kernel.errors import BadInputError
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiebeam.store.pool import Store

Q = queries("tiebeam.identity")

_SLUG = re.compile(r"[a-z0-9](-?[a-z0-9])*")


class Tenants:
    """The companies of one database."""

    def __init__(self, store: Store, new_id: Callable[[], UUID] = uuid4) -> None:
        self._store = store
        self._new_id = new_id

    async def create(self, slug: str, name: str) -> Tenant:
        """Add a tenant. Raises `BadInputError` when the slug is malformed or taken."""
        if not _SLUG.fullmatch(slug):
            raise BadInputError(
                f"{slug!r} cannot be a company's short name.",
                action="Use lower-case letters and digits, with single hyphens between them.",
            )
        tenant = Tenant(self._new_id(), slug, name, self._store.clock.now())
        async with self._store.transaction(tenant.id) as tx:
            made = await tx.run(
                Q.insert_tenant,
                {"id": tenant.id, "slug": slug, "name": name, "created_at": tenant.created_at},
            )
        if not made:
            raise BadInputError(
                f"There is a company called {slug!r} already.",
                action="Choose another short name, or use that one.",
            )
        return tenant

    async def get(self, tenant_id: UUID) -> Tenant:
        """Return a tenant by its id. Raises `BadInputError` when there is none."""
        async with self._store.transaction(tenant_id) as tx:
            found = await tx.one(Tenant, Q.find_tenant, {"id": tenant_id})
        if found is None:
            raise BadInputError(
                f"There is no company with the id {tenant_id}.", action="Name one by its short name."
            )
        return found

    async def find(self, slug: str) -> Tenant | None:
        """Return the tenant of that slug, or None."""
        async with self._store.transaction(None) as tx:
            tenant_id = await tx.value(Q.tenant_of, {"slug": slug})
        if tenant_id is None:
            return None
        async with self._store.transaction(tenant_id) as tx:
            return await tx.one(Tenant, Q.find_tenant, {"id": tenant_id})
