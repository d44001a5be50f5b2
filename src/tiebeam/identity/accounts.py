"""People and how they come in: with a password, and then with the token of their session."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from tiebeam.identity.model import How, Person, Refused, Role, SignedIn
from tiebeam.identity.passwords import Passwords, check_password
from tiebeam.identity.permissions import Permission
from tiebeam.identity.repository import known
from tiebeam.identity.rules import (
    account_door,
    address_door,
    email_of,
    email_or_none,
    name_of,
    require,
    require_appointment,
)
from tiebeam.identity.secrets import new_secret
from tiebeam.identity.stays import Arrival, Stay, Stays
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.audit.model import Actor, ActorKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from tiebeam.identity.model import By, Session, Tenant
    from tiebeam.identity.repository import Register
    from tiebeam.kernel.clock import Clock

NOT_RIGHT = "The e-mail address or the password is not right."
TOO_OFTEN = "There were too many tries. Wait a little, then try again."


class Accounts:
    """The people of every company. Each change and each try to come in is noted in the audit trail."""

    def __init__(
        self,
        register: Register,
        clock: Clock,
        *,
        home: str | None = None,
        stay: Stay | None = None,
        passwords: Passwords | None = None,
        new_id: Callable[[], UUID] = uuid4,
        new_secret: Callable[[], str] = new_secret,
    ) -> None:
        """`home` is the slug of the company whose trail takes tries that belong to no company."""
        self._register = register
        self._clock = clock
        self._home = home
        self._passwords = passwords or Passwords()
        self._new_id = new_id
        self._stays = Stays(register, clock, stay or Stay(), new_id=new_id, new_secret=new_secret)

    async def add_person(
        self,
        tenant_id: UUID,
        *,
        email: str,
        name: str,
        role: Role,
        by: By,
        password: str | None = None,
        project_ids: Iterable[str] | None = None,
    ) -> Person:
        """Add somebody. Raises BadInputError (e-mail malformed or taken, weak password), NotAllowedError."""
        require_appointment(by, tenant_id, role)
        email, name = email_of(email), name_of(name)
        if password is not None:
            check_password(password, email=email, name=name)
        kept = None if password is None else await self._passwords.hash(password)
        projects = None if project_ids is None else frozenset(project_ids)
        person = Person(
            id=self._new_id(),
            tenant_id=tenant_id,
            email=email,
            name=name,
            role=role,
            active=True,
            has_password=kept is not None,
            has_pin=False,
            project_ids=projects,
            made_at=self._clock.now(),
        )
        async with self._register.desk(tenant_id) as desk:
            if not await desk.people.add(person, kept):
                raise BadInputError(
                    f"This company has somebody with the e-mail address {email} already.",
                    action="Change that person, or give another address.",
                )
            await desk.note(by, "person.added", _named(person), _told(person))
        return person

    async def people(self, tenant_id: UUID) -> list[Person]:
        """Return everybody of a company by name, also those who are disabled."""
        async with self._register.desk(tenant_id) as desk:
            return await desk.people.all()

    async def person(self, tenant_id: UUID, person_id: UUID) -> Person:
        """Return somebody. Raises BadInputError when the company has nobody of that id."""
        async with self._register.desk(tenant_id) as desk:
            return known(await desk.people.find(person_id))

    async def find(self, tenant_id: UUID, email: str) -> Person | None:
        """Return who has an e-mail address."""
        found = email_or_none(email)
        async with self._register.desk(tenant_id) as desk:
            return await desk.people.find_by_email(found) if found else None

    async def set_role(self, tenant_id: UUID, person_id: UUID, role: Role, *, by: By) -> Person:
        """Give another role, and end their sessions. Raises BadInputError (last admin), NotAllowedError."""
        require(by, tenant_id, Permission.PEOPLE_MANAGE)
        async with self._register.desk(tenant_id) as desk:
            admins = await desk.people.hold_admins()
            person = await desk.people.hold(person_id)
            require_appointment(by, tenant_id, person.role, role)
            if role is person.role:
                return person
            _spare_last_admin(person, admins)
            await desk.people.set_role(person_id, role)
            ended = await desk.sessions.end_all(person_id=person_id)
            detail = {"from": person.role, "to": role, "sessions_ended": ended}
            await desk.note(by, "person.role_set", _named(person), detail)
        return replace(person, role=role)

    async def set_projects(
        self, tenant_id: UUID, person_id: UUID, project_ids: Iterable[str] | None, *, by: By
    ) -> Person:
        """Say which projects they see; None for all. Raises BadInputError, NotAllowedError."""
        require(by, tenant_id, Permission.PEOPLE_MANAGE)
        projects = None if project_ids is None else frozenset(project_ids)
        async with self._register.desk(tenant_id) as desk:
            person = await desk.people.hold(person_id)
            require_appointment(by, tenant_id, person.role)
            await desk.people.set_projects(person_id, projects)
            changed = replace(person, project_ids=projects)
            detail = {"from": _projects(person), "to": _projects(changed)}
            await desk.note(by, "person.projects_set", _named(person), detail)
        return changed

    async def set_password(self, tenant_id: UUID, person_id: UUID, password: str, *, by: By) -> Person:
        """Set somebody's password, and end their sessions. Raises BadInputError (weak), NotAllowedError."""
        require(by, tenant_id, Permission.PEOPLE_MANAGE)
        person = await self.person(tenant_id, person_id)
        require_appointment(by, tenant_id, person.role)
        check_password(password, email=person.email, name=person.name)
        kept = await self._passwords.hash(password)
        async with self._register.desk(tenant_id) as desk:
            # The role may have changed while the password was hashed.
            person = await desk.people.hold(person_id)
            require_appointment(by, tenant_id, person.role)
            await desk.people.set_password(person_id, kept)
            ended = await desk.sessions.end_all(person_id=person_id)
            doors = [account_door(tenant_id, person.email)]
            await desk.sessions.welcome(doors, [], self._clock.now())
            await desk.note(by, "person.password_set", _named(person), {"sessions_ended": ended})
        return replace(person, has_password=True)

    async def change_password(
        self, person: Person, old: str, new: str, *, address: str, session: Session | None = None
    ) -> Refused | None:
        """Have somebody change the own password, ending all their sessions but `session`.

        Tries are limited as at the door. Raises BadInputError when the new one is weak.
        """
        check_password(new, email=person.email, name=person.name)
        now, door = self._clock.now(), account_door(person.tenant_id, person.email)
        heard = await self._register.doors.knock([door], now)
        if heard.wait_until is not None:
            return too_often(heard.wait_until, now)
        async with self._register.desk(person.tenant_id) as desk:
            former, _ = await desk.people.kept(person.id)
        right = await self._passwords.matches(former, old)
        kept = await self._passwords.hash(new) if right else ""
        async with self._register.desk(person.tenant_id) as desk:
            if not right or not await desk.people.set_password(person.id, kept, former=former):
                detail = {"address": address, "missed": heard.missed}
                await desk.note(person, "person.password_refused", _named(person), detail)
                return Refused("The present password is not right.")
            ended = await desk.sessions.end_all(person_id=person.id, but=session.id if session else None)
            await desk.sessions.welcome([door], [], now)
            await desk.note(person, "person.password_set", _named(person), {"sessions_ended": ended})
        return None

    async def disable(self, tenant_id: UUID, person_id: UUID, *, by: By) -> Person:
        """Let somebody in no more, end their sessions. Raises BadInputError (last admin), NotAllowedError."""
        require(by, tenant_id, Permission.PEOPLE_MANAGE)
        async with self._register.desk(tenant_id) as desk:
            admins = await desk.people.hold_admins()
            person = await desk.people.hold(person_id)
            require_appointment(by, tenant_id, person.role)
            if not person.active:
                return person
            _spare_last_admin(person, admins)
            await desk.people.set_active(person_id, active=False)
            ended = await desk.sessions.end_all(person_id=person_id)
            await desk.note(by, "person.disabled", _named(person), {"sessions_ended": ended})
        return replace(person, active=False)

    async def enable(self, tenant_id: UUID, person_id: UUID, *, by: By) -> Person:
        """Let somebody in again. Raises BadInputError, NotAllowedError."""
        require(by, tenant_id, Permission.PEOPLE_MANAGE)
        async with self._register.desk(tenant_id) as desk:
            person = await desk.people.hold(person_id)
            require_appointment(by, tenant_id, person.role)
            if person.active:
                return person
            await desk.people.set_active(person_id, active=True)
            await desk.note(by, "person.enabled", _named(person))
        return replace(person, active=True)

    async def sign_in(
        self, tenant_slug: str | None, email: str, password: str, *, address: str
    ) -> SignedIn | Refused:
        """Let somebody in, or not. `address` is where from.

        Without a company's slug the e-mail address must be known in one company alone. Who is unknown,
        disabled or wrong hears the same, after the same work. Failures make both the account and the address
        wait ever longer; meanwhile nothing is heard, and how much was not heard is noted with the next try.
        """
        now, tried = self._clock.now(), email_or_none(email)
        tenant = await self._meant(tenant_slug, tried)
        account, place = account_door(tenant.id if tenant else None, tried or ""), address_door(address)
        heard = await self._register.doors.knock([account, place], now)
        if heard.wait_until is not None:
            return too_often(heard.wait_until, now)
        person, kept = await self._kept(tenant, tried)
        right = await self._passwords.matches(kept, password)
        if not (right and person and person.active and tenant and kept):
            await self._note_refusal(tenant, tried, address, heard.missed)
            return Refused(NOT_RIGHT)
        arrival = Arrival(person, tenant, How.PASSWORD, address, proved=[account], passed=[place])
        renewed = await self._passwords.hash(password) if self._passwords.outdated(kept) else None
        async with self._register.desk(tenant.id) as desk:
            present = await desk.people.hold(person.id)
            if not present.active or (await desk.people.kept(person.id))[0] != kept:
                return Refused(NOT_RIGHT)
            if renewed:
                await desk.people.set_password(person.id, renewed, former=kept)
            return await self._stays.begin(desk, replace(arrival, person=present))

    async def session(self, token: str) -> tuple[Session, Person, Tenant] | None:
        """Return whose session a token is, and keep it from idling out; None when it is over or none."""
        return await self._stays.of(token)

    async def sessions(self, tenant_id: UUID, person_id: UUID) -> list[Session]:
        """Return somebody's standing sessions, the one last seen first."""
        return await self._stays.standing(tenant_id, person_id)

    async def sign_out(self, token: str) -> None:
        """End a session; an unknown token is no error."""
        await self._stays.end(token)

    async def end_sessions(self, tenant_id: UUID, person_id: UUID, *, by: By) -> int:
        """End all of somebody's sessions; return how many. Raises BadInputError, NotAllowedError."""
        own = isinstance(by, Person) and by.id == person_id
        require(by, tenant_id, Permission.ACCOUNT_MANAGE if own else Permission.PEOPLE_MANAGE)
        async with self._register.desk(tenant_id) as desk:
            person = await desk.people.hold(person_id)
            if not own:
                require_appointment(by, tenant_id, person.role)
            ended = await desk.sessions.end_all(person_id=person_id)
            await desk.note(by, "session.all_ended", _named(person), {"sessions_ended": ended})
        return ended

    async def _meant(self, slug: str | None, email: str | None) -> Tenant | None:
        """Return the company that somebody wants into."""
        if slug is not None:
            return await self._register.tenants.find(slug)
        found = await self._register.tenants_of(email or "")
        return await self._register.tenants.get(found[0]) if len(found) == 1 else None

    async def _kept(self, tenant: Tenant | None, email: str | None) -> tuple[Person | None, str | None]:
        if tenant is None or email is None:
            return None, None
        async with self._register.desk(tenant.id) as desk:
            person = await desk.people.find_by_email(email)
            return (person, (await desk.people.kept(person.id))[0]) if person else (None, None)

    async def _note_refusal(
        self, tenant: Tenant | None, email: str | None, address: str, missed: int
    ) -> None:
        taken_by = tenant or (await self._register.tenants.find(self._home) if self._home else None)
        if taken_by is None:
            return
        # What is no address may be a password in the wrong field.
        stranger = Actor(ActorKind.STRANGER, "", email or "")
        detail: dict[str, Any] = {"address": address, "how": How.PASSWORD, "missed": missed}
        async with self._register.desk(taken_by.id) as desk:
            await desk.note(stranger, "session.refused", f"account:{email or ''}", detail)


def too_often(wait_until: datetime, now: datetime) -> Refused:
    """Return what somebody hears whose try was not heard."""
    return Refused(TOO_OFTEN, max(1, ceil((wait_until - now) / timedelta(seconds=1))))


def _spare_last_admin(person: Person, admins: set[UUID]) -> None:
    """Raise BadInputError when a company would be left without an administrator."""
    if person.role is Role.TENANT_ADMIN and admins == {person.id}:
        raise BadInputError(
            f"{person.email} is the only administrator of this company.",
            action="Make somebody else an administrator first.",
        )


def _named(person: Person) -> str:
    return f"person:{person.id}"


def _told(person: Person) -> dict[str, Any]:
    return {"email": person.email, "role": person.role, "projects": _projects(person)}


def _projects(person: Person) -> list[str] | None:
    return None if person.project_ids is None else sorted(person.project_ids)
