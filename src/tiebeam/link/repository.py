"""Our projects and their map to a vendor's, remembered. No vendor knows anything of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.kernel.errors import BadInputError
from tiebeam.link.model import VendorProject
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from uuid import UUID

    from tiebeam.store.pool import Store

Q = queries("tiebeam.link")


class ProjectMap:
    """Which of one tenant's projects is which of a vendor's."""

    def __init__(self, store: Store, tenant_id: UUID) -> None:
        self._store = store
        self._tenant_id = tenant_id

    async def vendors(self, connection_id: UUID, stream: str) -> list[VendorProject]:
        """Return what the copy holds of a vendor's projects, by name; `stream` lists them."""
        async with self._store.transaction(self._tenant_id) as tx:
            return await tx.all(
                VendorProject, Q["vendor_projects"], self._named(connection_id, stream=stream)
            )

    async def mapped(self, connection_id: UUID) -> dict[str, UUID]:
        """Return which project of ours each of a vendor's is."""
        async with self._store.transaction(self._tenant_id) as tx:
            return dict(await tx.rows(Q["mapped"], self._named(connection_id)))

    async def map(self, connection_id: UUID, vendor_project_id: str, project_id: UUID) -> None:
        """Say that a vendor's project is one of ours. Raises BadInputError when either is mapped already."""
        named = self._named(
            connection_id,
            vendor_project_id=vendor_project_id,
            project_id=project_id,
            at=self._store.clock.now(),
        )
        async with self._store.transaction(self._tenant_id) as tx:
            if not await tx.run(Q["map"], named):
                raise BadInputError(
                    "One of these two projects is mapped already, or is not there.",
                    action="Projects are mapped one by one: undo the other mapping first.",
                )

    async def unmap(self, connection_id: UUID, vendor_project_id: str) -> bool:
        """Undo a mapping; say whether there was one."""
        named = self._named(connection_id, vendor_project_id=vendor_project_id)
        async with self._store.transaction(self._tenant_id) as tx:
            return await tx.run(Q["unmap"], named) > 0

    def _named(self, connection_id: UUID, **more: Any) -> dict[str, Any]:
        return {"tenant_id": self._tenant_id, "connection_id": connection_id, **more}
