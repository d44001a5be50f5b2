"""Our projects and their map to a vendor's, remembered. No vendor knows anything of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from tiebeam.kernel.errors import BadInputError
from tiebeam.link.model import Project, Standing, VendorProject
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiebeam.store.pool import Store

Q = queries("tiebeam.link")

_NUMBER_MAX = 40
_NAME_MAX = 200


class Projects:
    """The projects of one tenant."""

    def __init__(self, store: Store, tenant_id: UUID, new_id: Callable[[], UUID] = uuid4) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._new_id = new_id

    async def all(self) -> list[Project]:
        """Return every project, by number."""
        async with self._store.transaction(self._tenant_id) as tx:
            found = await tx.all(Project, Q["projects"], {"tenant_id": self._tenant_id})
        return [replace(one, status=Standing(one.status)) for one in found]

    async def add(self, number: str, name: str) -> Project:
        """Add a project. Raises BadInputError when its number is taken, or it has none, or no name."""
        number, name = " ".join(number.split()), " ".join(name.split())
        if not (1 <= len(number) <= _NUMBER_MAX and 1 <= len(name) <= _NAME_MAX):
            raise BadInputError(
                f"A project has a number of at most {_NUMBER_MAX} characters and a name of {_NAME_MAX}.",
                action="Fill in both.",
            )
        project = Project(self._new_id(), number, name, Standing.ACTIVE, self._store.clock.now())
        named = {"id": project.id, "number": number, "name": name, "status": "active", "at": project.made_at}
        async with self._store.transaction(self._tenant_id) as tx:
            if not await tx.run(Q["add_project"], {**named, "tenant_id": self._tenant_id}):
                raise BadInputError(
                    f"There is a project with the number {number} already.", action="Give another number."
                )
        return project

    async def set_standing(self, project_id: UUID, status: Standing) -> None:
        """Say whether a project is still being built."""
        named = {"tenant_id": self._tenant_id, "id": project_id, "status": status.value}
        async with self._store.transaction(self._tenant_id) as tx:
            await tx.run(Q["set_standing"], named)

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
