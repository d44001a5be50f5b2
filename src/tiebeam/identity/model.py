"""Who uses Tiebeam: companies, people, and what they come in with."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from tiebeam.operations.audit.model import Actor, ActorKind

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Tenant:
    """A company; every row of every table belongs to one. `slug` names it in commands and addresses."""

    id: UUID
    slug: str
    name: str
    created_at: datetime


class Role(StrEnum):
    """What somebody is here for; `identity.permissions` says what each may do."""

    SAAS_ADMIN = "saas_admin"
    TENANT_ADMIN = "tenant_admin"
    OPERATOR = "operator"
    OFFICE = "office"
    ESTIMATOR = "estimator"
    LEADERSHIP = "leadership"
    FIELD = "field"

    @property
    def in_words(self) -> str:
        """The role as people read it."""
        return _IN_WORDS[self]


_IN_WORDS = {
    Role.SAAS_ADMIN: "SaaS admin",
    Role.TENANT_ADMIN: "Tenant admin",
    Role.OPERATOR: "Operator",
    Role.OFFICE: "Office and project managers",
    Role.ESTIMATOR: "Estimator",
    Role.LEADERSHIP: "Leadership",
    Role.FIELD: "Field",
}


class How(StrEnum):
    """How somebody signed in."""

    PASSWORD = "password"  # noqa: S105 - the word, not one of them
    OIDC = "oidc"
    PIN = "pin"
    """On an enrolled device: capture only, whatever the role."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of a company. `email` is in lower case and theirs alone within the company."""

    id: UUID
    tenant_id: UUID
    email: str
    name: str
    role: Role
    active: bool
    has_password: bool
    has_pin: bool
    project_ids: frozenset[str] | None
    """The projects that they see, by Procore's ids; None means all."""
    made_at: datetime
    signed_in_at: datetime | None = None

    @property
    def actor(self) -> Actor:
        """How the audit trail names them."""
        return Actor(ActorKind.PERSON, str(self.id), self.email)


@dataclass(frozen=True, slots=True)
class Session:
    """A stay, from signing in to signing out. Its token is with the browser alone; a hash of it is kept."""

    id: UUID
    tenant_id: UUID
    person_id: UUID
    csrf: str = field(repr=False)
    """What every form of this session sends along."""
    made_at: datetime
    seen_at: datetime
    expires_at: datetime
    """When it ends however busy it is."""
    how: How
    device_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What a program comes in with. The secret was shown once; a hash of it is kept."""

    id: UUID
    tenant_id: UUID
    name: str
    prefix: str
    """How the secret begins: enough to tell keys apart, too little to guess one."""
    scopes: frozenset[str]
    """The permissions it has (values of `identity.permissions.Permission`)."""
    made_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None
    replaced_by: UUID | None = None

    def stands(self, now: datetime) -> bool:
        """Whether it still opens the door."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    @property
    def actor(self) -> Actor:
        """How the audit trail names it."""
        return Actor(ActorKind.KEY, str(self.id), self.name)


@dataclass(frozen=True, slots=True)
class Device:
    """A phone or tablet that field people sign in on with their PINs."""

    id: UUID
    tenant_id: UUID
    name: str
    made_at: datetime
    enrolled_at: datetime | None
    """None while its code waits to be typed in."""
    seen_at: datetime | None
    revoked_at: datetime | None

    @property
    def actor(self) -> Actor:
        """How the audit trail names it."""
        return Actor(ActorKind.DEVICE, str(self.id), self.name)


By: TypeAlias = "Person | ApiKey | Actor"
"""Who does something. Bounds on what a person or a key may hand on hold for those two; an `Actor` is the
command line or Tiebeam itself."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody came in. `token` goes into the cookie and is never to be had again."""

    token: str = field(repr=False)
    session: Session
    person: Person
    tenant: Tenant


@dataclass(frozen=True, slots=True)
class Refused:
    """Somebody did not come in. The message is the same whatever was wrong, and fit to be shown."""

    message: str
    wait_seconds: int | None = None
    """For how long no further try is heard; None when there may be one at once."""
