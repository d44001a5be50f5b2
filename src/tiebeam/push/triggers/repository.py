"""What has documents sent, kept."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from tiebeam.push.triggers.model import Triggers
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from uuid import UUID

    from tiebeam.store.pool import Store
    from tiebeam.store.transaction import Transaction

Q = queries("tiebeam.push.triggers")


class TriggerChoices:
    """What one tenant has chosen, by target."""

    def __init__(self, store: Store, tenant_id: UUID) -> None:
        self._store = store
        self._tenant_id = tenant_id

    async def of(self, target: str, *, tx: Transaction | None = None) -> Triggers:
        """Return what has documents sent to a target, within the caller's transaction if given."""
        async with self._in(tx) as within:
            named = {"tenant_id": self._tenant_id, "target": target}
            return await within.one(Triggers, Q["of_target"], named) or Triggers()

    async def choose(self, target: str, wanted: Triggers) -> None:
        """Have documents sent by this from now on."""
        named = {
            "tenant_id": self._tenant_id,
            "target": target,
            "button": wanted.button,
            "on_approval": wanted.on_approval,
            "batch_minutes": wanted.batch_minutes,
        }
        async with self._store.transaction(self._tenant_id) as tx:
            await tx.run(Q["put"], named)

    async def batched(self, target: str, at: datetime, *, tx: Transaction) -> None:
        """A batch was sent, in the same transaction."""
        await tx.run(Q["batched"], {"tenant_id": self._tenant_id, "target": target, "at": at})

    @asynccontextmanager
    async def _in(self, tx: Transaction | None) -> AsyncIterator[Transaction]:
        if tx is not None:
            yield tx
            return
        async with self._store.transaction(self._tenant_id) as own:
            yield own
