"""Jobs and boards for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.factories.people import BOSS, accounts_on

from tiebeam.identity.model import Role
from tiebeam.jobs.boards.repository import Boards
from tiebeam.jobs.changes.repository import Changes
from tiebeam.jobs.repository import Jobs
from tiebeam.operations.audit.model import Actor, ActorKind

if TYPE_CHECKING:
    from uuid import UUID

    from tiebeam.store.pool import Store

ANN = Actor(ActorKind.PERSON, "ann", "Ann")
BOB = Actor(ActorKind.PERSON, "bob", "Bob")


def work_on(store: Store, tenant_id: UUID) -> tuple[Jobs, Boards, Changes]:
    clock = store.clock
    return Jobs(store, tenant_id, clock), Boards(store, tenant_id, clock), Changes(store, tenant_id)


async def person_on(store: Store, tenant_id: UUID, name: str) -> UUID:
    made = await accounts_on(store).add_person(
        tenant_id, email=f"{name.lower()}@alder.example", name=name, role=Role.OFFICE, password=None, by=BOSS
    )
    return made.id


async def disable(store: Store, tenant_id: UUID, person_id: UUID) -> None:
    await accounts_on(store).disable(tenant_id, person_id, by=BOSS)
