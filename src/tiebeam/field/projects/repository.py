"""Our own projects, crews and cost codes, remembered. No vendor knows anything of them."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from tiebeam.field.projects.model import CostCode, Crew, Member, Project, Standing
from tiebeam.kernel.canonical import canonical
from tiebeam.kernel.errors import BadInputError
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tiebeam.store.pool import Store

Q = queries("tiebeam.field.projects")

MEMBERS_MAX: Final = 200
_NUMBER_MAX = 40
_NAME_MAX = 200
_CODE_MAX = 80


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
        await self._run(Q["set_standing"], id=project_id, status=status.value)

    async def crews(self) -> list[Crew]:
        """Return every crew, by name."""
        async with self._store.transaction(self._tenant_id) as tx:
            found = await tx.rows(Q["crews"], {"tenant_id": self._tenant_id})
        return [Crew(name, tuple(Member(**one) for one in members)) for name, members in found]

    async def set_crew(self, name: str, members: Sequence[Member]) -> Crew:
        """Say who is in a crew, which is made if need be. Raises BadInputError."""
        crew = Crew(_named(name), tuple(Member(_named(one.name), one.trade or None) for one in members))
        if len(crew.members) > MEMBERS_MAX:
            raise BadInputError(f"A crew has at most {MEMBERS_MAX} members.", action="Make two crews of it.")
        told = canonical([asdict(one) for one in crew.members]).decode()
        await self._run(Q["set_crew"], name=crew.name, members=told)
        return crew

    async def remove_crew(self, name: str) -> bool:
        """Remove a crew; say whether there was one. What was captured with it stays as it is."""
        return await self._run(Q["remove_crew"], name=name) > 0

    async def cost_codes(self) -> list[CostCode]:
        """Return the cost codes of every project."""
        async with self._store.transaction(self._tenant_id) as tx:
            return await tx.all(CostCode, Q["cost_codes"], {"tenant_id": self._tenant_id})

    async def set_cost_code(self, wanted: CostCode) -> CostCode:
        """Add a cost code, or call it otherwise. Raises BadInputError for a project that is not there."""
        code, name = " ".join(wanted.code.split()), " ".join(wanted.name.split())
        if not (1 <= len(code) <= _CODE_MAX and len(name) <= _NAME_MAX):
            raise BadInputError(
                f"A cost code has at most {_CODE_MAX} characters and a name of {_NAME_MAX}.",
                action="Shorten it.",
            )
        kept = CostCode(wanted.project_id, code, name)
        if not await self._run(Q["set_cost_code"], **asdict(kept)):
            raise BadInputError("There is no such project.", action="Choose one of the list.")
        return kept

    async def remove_cost_code(self, project_id: UUID, code: str) -> bool:
        """Remove a cost code; say whether there was one."""
        return await self._run(Q["remove_cost_code"], project_id=project_id, code=code) > 0

    async def _run(self, sql: str, **named: Any) -> int:
        async with self._store.transaction(self._tenant_id) as tx:
            return await tx.run(sql, {"tenant_id": self._tenant_id, **named})


def _named(text: str) -> str:
    found = " ".join(text.split())
    if not 1 <= len(found) <= _NAME_MAX:
        raise BadInputError(f"A name has 1 to {_NAME_MAX} characters.", action="Fill it in, or shorten it.")
    return found
