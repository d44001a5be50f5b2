"""Stays: how a session begins, how long it stands, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

from tiebeam.identity.model import How, Session, SignedIn
from tiebeam.identity.secrets import hash_of, new_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from tiebeam.identity.model import Person, Tenant
    from tiebeam.identity.repository import Desk, Register
    from tiebeam.identity.rules import Door
    from tiebeam.kernel.clock import Clock

SEEN_EVERY: Final = timedelta(minutes=1)
"""How exactly it is known when something was last used."""


@dataclass(frozen=True, slots=True)
class Stay:
    """How long a session lasts."""

    idle: timedelta = timedelta(hours=12)
    """It ends when nothing was asked for so long."""
    whole: timedelta = timedelta(days=14)
    """It ends then in any case."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who has proved to be who they say."""

    person: Person
    tenant: Tenant
    how: How
    address: str
    device_id: UUID | None = None
    proved: Sequence[Door] = ()
    """Doors at which no failure counts any more."""
    passed: Sequence[Door] = ()
    """Doors at which this try does not count."""


class Stays:
    """The sessions of every company."""

    def __init__(
        self,
        register: Register,
        clock: Clock,
        stay: Stay,
        *,
        new_id: Callable[[], UUID] = uuid4,
        new_secret: Callable[[], str] = new_secret,
    ) -> None:
        self._register = register
        self._clock = clock
        self._stay = stay
        self._new_id = new_id
        self._new_secret = new_secret

    async def begin(self, desk: Desk, arrival: Arrival) -> SignedIn:
        """Begin a session, always with a token of its own, and note it."""
        now, token, person = self._clock.now(), self._new_secret(), arrival.person
        session = Session(
            id=self._new_id(),
            tenant_id=person.tenant_id,
            person_id=person.id,
            csrf=self._new_secret(),
            made_at=now,
            seen_at=now,
            expires_at=now + self._stay.whole,
            how=arrival.how,
            device_id=arrival.device_id,
        )
        await desk.sessions.drop_over(person.id, now, now - self._stay.idle)
        await desk.sessions.begin(session, hash_of(token))
        await desk.sessions.welcome(arrival.proved, arrival.passed, now)
        await desk.people.came_in(person.id, now)
        detail = {"how": arrival.how, "address": arrival.address, "device": arrival.device_id}
        told = {name: value for name, value in detail.items() if value is not None}
        await desk.note(person, "session.made", f"session:{session.id}", told)
        return SignedIn(token, session, replace(person, signed_in_at=now), arrival.tenant)

    async def of(self, token: str) -> tuple[Session, Person, Tenant] | None:
        """Return whose session a token is, and keep it from idling out; None when it is over or none."""
        token_hash, now = hash_of(token), self._clock.now()
        tenant_id = await self._register.doors.tenant_of_session(token_hash)
        if tenant_id is None:
            return None
        async with self._register.desk(tenant_id) as desk:
            session = await desk.sessions.find(token_hash)
            if session is None or not self.stands(session, now):
                return None
            person = await desk.people.find(session.person_id)
            tenant = await desk.tenant()
            if person is None or not person.active:
                return None
            if now - session.seen_at >= SEEN_EVERY:
                await desk.sessions.see(session.id, now)
                session = replace(session, seen_at=now)
        return session, person, tenant

    def stands(self, session: Session, now: datetime) -> bool:
        """Say whether a session is neither over nor idle for too long."""
        return now < session.expires_at and now - session.seen_at < self._stay.idle

    async def standing(self, tenant_id: UUID, person_id: UUID) -> list[Session]:
        """Return somebody's standing sessions, the one last seen first."""
        now = self._clock.now()
        async with self._register.desk(tenant_id) as desk:
            return await desk.sessions.of(person_id, now, now - self._stay.idle)

    async def end(self, token: str) -> None:
        """End a session and note it; an unknown token is no error."""
        token_hash = hash_of(token)
        tenant_id = await self._register.doors.tenant_of_session(token_hash)
        if tenant_id is None:
            return
        async with self._register.desk(tenant_id) as desk:
            session = await desk.sessions.find(token_hash)
            person = await desk.people.find(session.person_id) if session else None
            if session and person and await desk.sessions.end(session.id):
                await desk.note(person, "session.ended", f"session:{session.id}")
