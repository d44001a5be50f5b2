"""How a company wants its documents in Procore, kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.kernel.canonical import canonical
from tiebeam.push.deliveries.procore.facts import Choices
from tiebeam.store.adapt import Json
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from uuid import UUID

    from tiebeam.store.pool import Store

Q = queries("tiebeam.push.deliveries.procore.choices")


class ProcoreChoices:
    """What one tenant has chosen."""

    def __init__(self, store: Store, tenant_id: UUID) -> None:
        self._store = store
        self._tenant_id = tenant_id

    async def get(self) -> Choices:
        """Return what is chosen, or how it is when nobody has chosen."""
        async with self._store.transaction(self._tenant_id) as tx:
            return await tx.one(Choices, Q["of_tenant"], {"tenant_id": self._tenant_id}) or Choices()

    async def choose(self, wanted: Choices) -> None:
        """Have documents in Procore like this from now on; what is there already stays."""
        named = {
            "tenant_id": self._tenant_id,
            "tickets": wanted.tickets,
            "album_id": wanted.album_id,
            "folder_id": wanted.folder_id,
            "order_status": wanted.order_status,
            "logs": Json(canonical(dict(wanted.logs))),
            "order_tiers": wanted.order_tiers,
            "orders_grouped": wanted.orders_grouped,
            "time_types": Json(canonical(dict(wanted.time_types))),
        }
        async with self._store.transaction(self._tenant_id) as tx:
            await tx.run(Q["put"], named)
