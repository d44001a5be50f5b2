"""Tenants and their people, remembered; and one transaction in which an act and its note are one."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from tiebeam.identity.entry.repository import Doors, EnrolledDevices, Flows, Keys, Sessions
from tiebeam.identity.model import Person, Role, Tenant
from tiebeam.identity.rules import actor_of
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.audit.repository import Trail
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping
    from datetime import datetime

    from tiebeam.identity.model import By
    from tiebeam.store.pool import Store
    from tiebeam.store.transaction import Transaction

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

    async def rename(self, tenant_id: UUID, name: str) -> None:
        """Give a company another name; its short name stays."""
        async with self._store.transaction(tenant_id) as tx:
            await tx.run(Q.rename_tenant, {"id": tenant_id, "name": name})

    async def find(self, slug: str) -> Tenant | None:
        """Return the tenant of that slug, or None."""
        async with self._store.transaction(None) as tx:
            tenant_id = await tx.value(Q.tenant_of, {"slug": slug})
        if tenant_id is None:
            return None
        async with self._store.transaction(tenant_id) as tx:
            return await tx.one(Tenant, Q.find_tenant, {"id": tenant_id})


class People:
    """The people of one tenant, within one transaction."""

    def __init__(self, tx: Transaction, tenant_id: UUID) -> None:
        self._tx = tx
        self._tenant_id = tenant_id

    async def add(self, person: Person, password_hash: str | None) -> bool:
        """Keep somebody; say whether the e-mail address was free."""
        named = self._named(
            person.id,
            email=person.email,
            name=person.name,
            role=person.role.value,
            password_hash=password_hash,
            project_ids=_sorted(person.project_ids),
            made_at=person.made_at,
        )
        return await self._tx.run(Q["insert_person"], named) > 0

    async def all(self) -> list[Person]:
        """Return everybody."""
        rows = await self._tx.rows(Q["people"], {"tenant_id": self._tenant_id})
        return [_person(row) for row in rows]

    async def find(self, person_id: UUID) -> Person | None:
        """Return somebody by id."""
        return _first(await self._tx.rows(Q["find_person"], self._named(person_id)))

    async def find_by_email(self, email: str) -> Person | None:
        """Return somebody by e-mail address."""
        named = {"tenant_id": self._tenant_id, "email": email}
        return _first(await self._tx.rows(Q["find_person_by_email"], named))

    async def hold(self, person_id: UUID) -> Person:
        """Return somebody, held until the transaction ends. Raises BadInputError when there is nobody."""
        return known(_first(await self._tx.rows(Q["hold_person"], self._named(person_id))))

    async def hold_admins(self) -> set[UUID]:
        """Return the standing administrators, held until the transaction ends; before anybody else is."""
        return {row[0] for row in await self._tx.rows(Q["hold_admins"], {"tenant_id": self._tenant_id})}

    async def kept(self, person_id: UUID) -> tuple[str | None, str | None]:
        """Return the hashes of somebody's password and PIN."""
        rows = await self._tx.rows(Q["kept_of_person"], self._named(person_id))
        return (rows[0][0], rows[0][1]) if rows else (None, None)

    async def set_role(self, person_id: UUID, role: Role) -> None:
        """Give somebody another role."""
        await self._tx.run(Q["set_role"], self._named(person_id, role=role.value))

    async def set_projects(self, person_id: UUID, project_ids: Iterable[str] | None) -> None:
        """Say which projects somebody sees."""
        await self._tx.run(Q["set_projects"], self._named(person_id, project_ids=_sorted(project_ids)))

    async def set_active(self, person_id: UUID, *, active: bool) -> None:
        """Let somebody in, or not."""
        await self._tx.run(Q["set_active"], self._named(person_id, active=active))

    async def set_password(self, person_id: UUID, password_hash: str, *, former: str | None = None) -> bool:
        """Keep somebody's password; with `former`, only in the place of that hash. Say whether it is kept."""
        query = Q["set_password"] if former is None else Q["renew_password"]
        more = {} if former is None else {"former": former}
        return await self._tx.run(query, self._named(person_id, hash=password_hash, **more)) > 0

    async def set_pin(self, person_id: UUID, pin_hash: str | None) -> None:
        """Keep somebody's PIN, or none."""
        await self._tx.run(Q["set_pin"], self._named(person_id, hash=pin_hash))

    async def came_in(self, person_id: UUID, at: datetime) -> None:
        """Remember when somebody last signed in."""
        await self._tx.run(Q["came_in"], self._named(person_id, at=at))

    async def vouched(self, issuer: str, subject: str) -> UUID | None:
        """Return whom an OpenID provider means."""
        named = {"tenant_id": self._tenant_id, "issuer": issuer, "subject": subject}
        found: UUID | None = await self._tx.value(Q["find_vouched"], named)
        return found

    async def keep_vouched(self, issuer: str, subject: str, person_id: UUID, at: datetime) -> None:
        """Keep whom an OpenID provider means."""
        named = {"tenant_id": self._tenant_id, "issuer": issuer, "subject": subject}
        await self._tx.run(Q["keep_vouched"], named | {"person_id": person_id, "at": at})

    def _named(self, person_id: UUID, **more: Any) -> dict[str, Any]:
        return {"tenant_id": self._tenant_id, "id": person_id, **more}


class Desk:
    """One tenant's people and what they come in with, in one transaction; what is done is noted last."""

    def __init__(self, tx: Transaction, tenant_id: UUID, trail: Trail) -> None:
        self._tx = tx
        self._tenant_id = tenant_id
        self._trail = trail
        self.people = People(tx, tenant_id)
        self.sessions = Sessions(tx, tenant_id)
        self.keys = Keys(tx, tenant_id)
        self.devices = EnrolledDevices(tx, tenant_id)
        self.flows = Flows(tx, tenant_id)

    async def tenant(self) -> Tenant:
        """Return the company."""
        found = await self._tx.one(Tenant, Q["find_tenant"], {"id": self._tenant_id})
        assert found
        return found

    async def note(self, by: By, act: str, subject: str, detail: Mapping[str, Any] | None = None) -> None:
        """Note what was done."""
        await self._trail.note(self._tenant_id, actor_of(by), act, subject, detail, tx=self._tx)


class Register:
    """Everybody of every company, and what they come in with."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._trail = Trail(store, store.clock)
        self.tenants = Tenants(store)
        self.doors = Doors(store)

    @asynccontextmanager
    async def desk(self, tenant_id: UUID) -> AsyncIterator[Desk]:
        """Give a desk for one transaction: all that is done there is kept, or nothing of it."""
        async with self._store.transaction(tenant_id) as tx:
            yield Desk(tx, tenant_id, self._trail)

    async def tenants_of(self, email: str) -> list[UUID]:
        """Return up to two companies in which an e-mail address is known."""
        async with self._store.autocommit(None) as single:
            return [row[0] for row in await single.rows(Q["person_tenants"], {"email": email})]


def known(person: Person | None) -> Person:
    """Return somebody who is there. Raises BadInputError for nobody."""
    if person is None:
        raise BadInputError("This company has no such person.", action="See who there is, and choose one.")
    return person


def _first(rows: list[tuple[Any, ...]]) -> Person | None:
    return _person(rows[0]) if rows else None


def _person(row: tuple[Any, ...]) -> Person:
    id_, tenant_id, email, name, role, active, has_password, has_pin, projects, made_at, signed_in_at = row
    return Person(
        id_,
        tenant_id,
        email,
        name,
        Role(role),
        active,
        has_password,
        has_pin,
        None if projects is None else frozenset(projects),
        made_at,
        signed_in_at,
    )


def _sorted(project_ids: Iterable[str] | None) -> list[str] | None:
    return None if project_ids is None else sorted(project_ids)
