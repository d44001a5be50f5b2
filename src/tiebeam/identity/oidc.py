"""Signing in by OpenID Connect: people come in with the account that they have elsewhere."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

from tiebeam.identity.model import How, Person, Refused, SignedIn
from tiebeam.identity.provider import CodeRefusedError, OidcError, OpenIdClient
from tiebeam.identity.rules import email_or_none, local_path, name_of
from tiebeam.identity.secrets import hash_of, new_secret
from tiebeam.identity.stays import Arrival, Stay, Stays
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.audit.model import Actor, ActorKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiebeam.connectors.ports import Transport
    from tiebeam.identity.model import Role, Tenant
    from tiebeam.identity.provider import Provider, Vouched
    from tiebeam.identity.repository import Desk, Register
    from tiebeam.kernel.clock import Clock

FLOW_LASTS: Final = timedelta(minutes=10)
BEGIN_AGAIN: Final = "This sign-in took too long, or was begun in another browser. Begin again."
NO_ACCESS: Final = "Your account there gives no access here. Ask an administrator of your company."
NOT_THERE: Final = "The sign-in was not completed there. Begin again."

_WORD = re.compile(r"[a-z_]{1,40}")
_BY: Final = Actor.system("openid connect")


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in under way: where to send the browser, and what it keeps in a cookie until it is back."""

    url: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Returned:
    """Somebody came in by OpenID Connect, and wanted to go on to a place (a path of ours)."""

    signed_in: SignedIn
    return_to: str


class OidcSignIn:
    """Signing in by the code flow with PKCE, state and nonce. Keys of the provider may rotate at any time.

    State, nonce and verifier are made of one secret that the browser keeps; here its hash is kept, to serve
    once.
    """

    def __init__(
        self,
        provider: Provider,
        register: Register,
        transport: Transport,
        clock: Clock,
        *,
        redirect_uri: str,
        stay: Stay | None = None,
        new_id: Callable[[], UUID] = uuid4,
        new_secret: Callable[[], str] = new_secret,
    ) -> None:
        """`redirect_uri` is where the provider sends people back to, as it is registered there."""
        self._client = OpenIdClient(provider, transport, clock)
        self._roles = provider.roles
        self._register = register
        self._clock = clock
        self._redirect_uri = redirect_uri
        self._new_id = new_id
        self._new_secret = new_secret
        self._stays = Stays(register, clock, stay or Stay(), new_id=new_id, new_secret=new_secret)

    async def begin(self, tenant_slug: str, *, return_to: str = "/") -> Begun:
        """Begin a sign-in to a company.

        Raises OidcError when the provider is unreachable or not what it says, BadInputError for no company.
        """
        tenant = await self._register.tenants.find(tenant_slug)
        if tenant is None:
            raise BadInputError("There is no such company here.", action="Give its short name.")
        secret, now = self._new_secret(), self._clock.now()
        url = await self._client.authorize_url(
            redirect_uri=self._redirect_uri,
            state=_made_of(secret, "state"),
            nonce=_made_of(secret, "nonce"),
            verifier=_made_of(secret, "verifier"),
        )
        async with self._register.desk(tenant.id) as desk:
            await desk.flows.begin(hash_of(secret), local_path(return_to), now, now + FLOW_LASTS)
        return Begun(url, secret)

    async def finish(
        self,
        secret: str | None,
        *,
        state: str | None,
        code: str | None,
        error: str | None = None,
        address: str,
    ) -> Returned | Refused:
        """End a sign-in with what the provider sent back. `secret` is from the cookie; it serves once.

        Raises OidcError when the provider cannot be asked, or vouches in a way that cannot be trusted.
        """
        taken = await self._taken(secret, state)
        if taken is None or not secret:
            return Refused(BEGIN_AGAIN)
        tenant, return_to = taken
        if error or not code:
            why = error if error and _WORD.fullmatch(error) else "no_code"
            return await self._refused(tenant, "", address, why, NOT_THERE)
        found = await self._asked(tenant, secret, code, address)
        if isinstance(found, Refused):
            return found
        came_in = await self._let_in(tenant, found, address)
        return came_in if isinstance(came_in, Refused) else Returned(came_in, return_to)

    async def _taken(self, secret: str | None, state: str | None) -> tuple[Tenant, str] | None:
        """Take up a sign-in that comes back to the browser that began it; None when it is over or none."""
        if not secret or not state:
            return None
        if not hmac.compare_digest(_made_of(secret, "state").encode(), state.encode("utf-8", "replace")):
            return None
        tenant_id = await self._register.doors.tenant_of_flow(hash_of(secret))
        if tenant_id is None:
            return None
        async with self._register.desk(tenant_id) as desk:
            tenant = await desk.tenant()
            return_to = await desk.flows.take(hash_of(secret), self._clock.now())
        return None if return_to is None else (tenant, return_to)

    async def _asked(self, tenant: Tenant, secret: str, code: str, address: str) -> Vouched | Refused:
        try:
            return await self._client.vouched(
                code,
                redirect_uri=self._redirect_uri,
                nonce=_made_of(secret, "nonce"),
                verifier=_made_of(secret, "verifier"),
            )
        except CodeRefusedError as error:
            return await self._refused(tenant, "", address, error.code, BEGIN_AGAIN)
        except OidcError as error:
            await self._refused(tenant, "", address, error.code, NOT_THERE)
            raise

    async def _let_in(self, tenant: Tenant, vouched: Vouched, address: str) -> SignedIn | Refused:
        role = next((role for group, role in self._roles.items() if group in vouched.groups), None)
        if self._roles and role is None:
            return await self._refused(tenant, vouched.email or "", address, "no_group", NO_ACCESS)
        async with self._register.desk(tenant.id) as desk:
            person = await self._person(desk, tenant.id, vouched, role)
            if person is not None and person.active:
                person = await _with_role(desk, person, role)
                return await self._stays.begin(desk, Arrival(person, tenant, How.OIDC, address))
        why = "unknown" if person is None else "disabled"
        return await self._refused(tenant, vouched.email or "", address, why, NO_ACCESS)

    async def _person(
        self, desk: Desk, tenant_id: UUID, vouched: Vouched, role: Role | None
    ) -> Person | None:
        """Return whom the provider means: known already, known by e-mail address, or new with a role."""
        known_id = await desk.people.vouched(vouched.issuer, vouched.subject)
        if known_id is not None:
            return await desk.people.hold(known_id)
        email = email_or_none(vouched.email or "")
        if email is None:
            return None
        person = await desk.people.find_by_email(email)
        if person is None and role is not None:
            person = await self._made(desk, tenant_id, email, vouched, role)
        if person is not None and person.active:
            person = await desk.people.hold(person.id)
            now = self._clock.now()
            await desk.people.keep_vouched(vouched.issuer, vouched.subject, person.id, now)
            await desk.note(_BY, "person.vouched", f"person:{person.id}", {"issuer": vouched.issuer})
        return person

    async def _made(
        self, desk: Desk, tenant_id: UUID, email: str, vouched: Vouched, role: Role
    ) -> Person | None:
        person = Person(
            id=self._new_id(),
            tenant_id=tenant_id,
            email=email,
            name=_name(vouched, email),
            role=role,
            active=True,
            has_password=False,
            has_pin=False,
            project_ids=None,
            made_at=self._clock.now(),
        )
        if not await desk.people.add(person, None):
            # Somebody has added them at this very moment.
            return await desk.people.find_by_email(email)
        detail = {"email": email, "role": role, "projects": None}
        await desk.note(_BY, "person.added", f"person:{person.id}", detail)
        return person

    async def _refused(self, tenant: Tenant, email: str, address: str, why: str, message: str) -> Refused:
        actor = Actor(ActorKind.STRANGER, "", email)
        detail = {"how": How.OIDC, "address": address, "why": why}
        async with self._register.desk(tenant.id) as desk:
            await desk.note(actor, "session.refused", f"account:{email}", detail)
        return Refused(message)


async def _with_role(desk: Desk, person: Person, role: Role | None) -> Person:
    """Return somebody with the role that the groups give now; sessions with another one end."""
    if role is None or role is person.role:
        return person
    await desk.people.set_role(person.id, role)
    ended = await desk.sessions.end_all(person_id=person.id)
    detail = {"from": person.role, "to": role, "sessions_ended": ended}
    await desk.note(_BY, "person.role_set", f"person:{person.id}", detail)
    return replace(person, role=role)


def _made_of(secret: str, use: str) -> str:
    """Return what a secret gives for a use: 256 bits, which tell neither the secret nor another use."""
    return hmac.new(secret.encode("utf-8", "replace"), use.encode(), sha256).hexdigest()


def _name(vouched: Vouched, email: str) -> str:
    try:
        return name_of(vouched.name)
    except BadInputError:
        return email
