"""The trail, kept: entries are added and read, and never touched again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.operations.audit.model import Actor, Entry, Verified, Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from tiebeam.kernel.clock import Clock
    from tiebeam.store.pool import Store
    from tiebeam.store.transaction import Transaction


class Trail:
    """The audit trails of all tenants, each a chain of its own behind its own tenant's wall."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def note(
        self,
        tenant_id: UUID,
        actor: Actor,
        act: str,
        subject: str,
        detail: Mapping[str, Any] | None = None,
        *,
        tx: Transaction | None = None,
    ) -> None:
        """Add an entry, with `tx` within the caller's transaction: the act and its note are one.

        Note last: the tenant's chain is held until the transaction ends. What looks like a secret in `detail`
        is taken out.
        """
        raise NotImplementedError

    async def entries(
        self, tenant_id: UUID, wanted: Wanted = Wanted(), *, limit: int = 100, before: int | None = None
    ) -> list[Entry]:
        """Return entries, the newest first; those before a number, to go on from a page."""
        raise NotImplementedError

    async def verify(self, tenant_id: UUID) -> Verified:
        """Read the whole chain and say whether anything in it was changed, removed or reordered."""
        raise NotImplementedError
