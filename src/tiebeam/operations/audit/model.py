"""An entry of the audit trail, and who is named in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID


class ActorKind(StrEnum):
    """What acts."""

    PERSON = "person"
    KEY = "key"
    """An API key."""
    DEVICE = "device"
    COMMAND = "command"
    """Somebody at the command line; the name is that of the machine's user."""
    SYSTEM = "system"
    STRANGER = "stranger"
    """Somebody who did not get in; the name is the e-mail address that was given, if it was one."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: `id` stays when the name changes, and is empty where there is none."""

    kind: ActorKind
    id: str
    name: str

    @classmethod
    def command(cls, user: str) -> Actor:
        """Return who types commands."""
        return cls(ActorKind.COMMAND, "", user)

    @classmethod
    def system(cls, name: str = "tiebeam") -> Actor:
        """Return a part of Tiebeam that acts by itself."""
        return cls(ActorKind.SYSTEM, "", name)


@dataclass(frozen=True, slots=True)
class Entry:
    """One act. `number` counts from 1 within a tenant, without gaps."""

    tenant_id: UUID
    number: int
    at: datetime
    actor: Actor
    act: str
    """A noun and a verb, such as `session.made` or `person.role_set`."""
    subject: str
    """What it was done to: a kind and an id, such as `person:1f…`."""
    detail: Mapping[str, Any]
    correlation_id: str | None
    previous: bytes
    """The hash of the entry before it; 32 zero bytes for the first."""
    hash: bytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are asked for; what is None does not count."""

    act: str | None = None
    """An act, or the noun of all its acts (`session`)."""
    subject: str | None = None
    actor_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Up to but without this moment."""
    subjects: tuple[str, ...] | None = None
    """One of these."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Where the chain breaks, and how, in words."""

    number: int
    what: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What a look at the whole chain found. Number and hash, kept elsewhere, show a chain written anew."""

    entries: int
    number: int
    """Of the last entry; 0 when there is none."""
    hash: bytes
    fault: Fault | None = field(default=None)

    @property
    def holds(self) -> bool:
        """Whether nothing was changed, removed or put in another order."""
        return self.fault is None
