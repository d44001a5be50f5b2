"""People and how they come in: with a password, and then with the token of their session."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from tiebeam.identity.passwords import Passwords

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from uuid import UUID

    from tiebeam.identity.model import By, Person, Refused, Role, Session, SignedIn, Tenant
    from tiebeam.identity.repository import Register
    from tiebeam.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class Stay:
    """How long a session lasts."""

    idle: timedelta = timedelta(hours=12)
    """It ends when nothing was asked for so long."""
    whole: timedelta = timedelta(days=14)
    """It ends then in any case."""


class Accounts:
    """The people of every company. Each change and each try to come in is noted in the audit trail."""

    def __init__(
        self,
        register: Register,
        clock: Clock,
        *,
        home: str | None = None,
        stay: Stay = Stay(),
        passwords: Passwords | None = None,
        new_id: Callable[[], UUID] = uuid4,
        new_secret: Callable[[], str] = secrets.token_urlsafe,
    ) -> None:
        """`home` is the slug of the company whose trail takes tries that belong to no company."""

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
        raise NotImplementedError

    async def people(self, tenant_id: UUID) -> list[Person]:
        """Return everybody of a company by name, also those who are disabled."""
        raise NotImplementedError

    async def person(self, tenant_id: UUID, person_id: UUID) -> Person:
        """Return somebody. Raises BadInputError when the company has nobody of that id."""
        raise NotImplementedError

    async def find(self, tenant_id: UUID, email: str) -> Person | None:
        """Return who has an e-mail address."""
        raise NotImplementedError

    async def set_role(self, tenant_id: UUID, person_id: UUID, role: Role, *, by: By) -> Person:
        """Give another role, and end their sessions. Raises BadInputError (last admin), NotAllowedError."""
        raise NotImplementedError

    async def set_projects(
        self, tenant_id: UUID, person_id: UUID, project_ids: Iterable[str] | None, *, by: By
    ) -> Person:
        """Say which projects they see; None for all. Raises BadInputError, NotAllowedError."""
        raise NotImplementedError

    async def set_password(self, tenant_id: UUID, person_id: UUID, password: str, *, by: By) -> Person:
        """Set somebody's password, and end their sessions. Raises BadInputError (weak), NotAllowedError."""
        raise NotImplementedError

    async def change_password(
        self, person: Person, old: str, new: str, *, address: str, session: Session | None = None
    ) -> Refused | None:
        """Have somebody change the own password, ending all their sessions but `session`.

        Tries are limited as at the door. Raises BadInputError when the new one is weak.
        """
        raise NotImplementedError

    async def disable(self, tenant_id: UUID, person_id: UUID, *, by: By) -> Person:
        """Let somebody in no more and end their sessions. Raises BadInputError (last admin), NotAllowedError."""
        raise NotImplementedError

    async def enable(self, tenant_id: UUID, person_id: UUID, *, by: By) -> Person:
        """Let somebody in again. Raises BadInputError, NotAllowedError."""
        raise NotImplementedError

    async def sign_in(
        self, tenant_slug: str | None, email: str, password: str, *, address: str
    ) -> SignedIn | Refused:
        """Let somebody in, or not. `address` is where from.

        Without a company's slug the e-mail address must be known in one company alone. Who is unknown,
        disabled or wrong hears the same, after the same work. Failures make both the account and the address
        wait ever longer; meanwhile nothing is heard, and how much was not heard is noted with the next try.
        """
        raise NotImplementedError

    async def session(self, token: str) -> tuple[Session, Person, Tenant] | None:
        """Return whose session a token is, and keep it from idling out; None when it is over or none."""
        raise NotImplementedError

    async def sessions(self, tenant_id: UUID, person_id: UUID) -> list[Session]:
        """Return somebody's standing sessions, the one last seen first."""
        raise NotImplementedError

    async def sign_out(self, token: str) -> None:
        """End a session; an unknown token is no error."""
        raise NotImplementedError

    async def end_sessions(self, tenant_id: UUID, person_id: UUID, *, by: By) -> int:
        """End all of somebody's sessions; return how many stood."""
        raise NotImplementedError
