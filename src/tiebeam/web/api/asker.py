"""Who asks over the API: a program with its key, or a person with a session in a browser."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Depends, Request

from tiebeam.connectors.streams import Scope
from tiebeam.identity.model import ApiKey, Person
from tiebeam.identity.permissions import Permission
from tiebeam.web.api.problems import Problem
from tiebeam.web.guard import is_same_origin, viewer_of

if TYPE_CHECKING:
    from tiebeam.app import App
    from tiebeam.identity.model import Session, Tenant
    from tiebeam.operations.audit.model import Actor
    from tiebeam.web.parts import House

_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="tiebeam"'}
_BROWSER_READS: Final = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and what that allows."""

    tenant: Tenant
    by: Person | ApiKey
    permissions: frozenset[Permission]
    session: Session | None = None
    """None for a key."""

    @property
    def actor(self) -> Actor:
        """How the audit trail names them."""
        return self.by.actor

    @property
    def projects(self) -> list[str] | None:
        """The projects they see, by Procore's ids; None means all. A key is the company's, and sees all."""
        if isinstance(self.by, ApiKey) or self.by.project_ids is None:
            return None
        return sorted(self.by.project_ids)

    def sees(self, project_id: str | None) -> bool:
        """Say whether they see what lies in a project; None is the company itself."""
        return project_id is None or self.projects is None or project_id in self.projects

    def sees_scope(self, scope_text: str) -> bool:
        """Say whether they see what was read within a scope."""
        return self.sees(Scope.parse(scope_text).project_id)


@dataclass(frozen=True, slots=True)
class Ask:
    """One request of somebody who may make it."""

    request: Request
    house: House
    asker: Asker

    async def app(self) -> App:
        """Return the asker's company's side of things: nothing here can name another company."""
        return await self.house.app(self.asker.tenant.id)

    async def note(self, act: str, subject: str, detail: dict[str, object] | None = None) -> None:
        """Add what was done to the audit trail."""
        await self.house.trail.note(self.asker.tenant.id, self.asker.actor, act, subject, detail)


def _kept(request: Request) -> Ask:
    found = request.state.ask
    assert isinstance(found, Ask)
    return found


Asked = Annotated[Ask, Depends(_kept)]
"""What every operation takes: the route has seen to it that whoever asks may."""


async def asker_of(request: Request, house: House) -> Asker:
    """Return who asks. Raises Problem: 401 for nobody, 403 for a browser that may not have meant it."""
    said = request.headers.get("authorization")
    if said is not None:
        return await _by_key(said, house)
    viewer = await viewer_of(request, house)
    if viewer is None:
        raise _nobody("Nobody is signed in, and no API key was given.")
    if request.method not in _BROWSER_READS:
        _require_meant(request, viewer.session)
    return Asker(viewer.tenant, viewer.person, viewer.permissions, viewer.session)


async def _by_key(said: str, house: House) -> Asker:
    scheme, _, secret = said.partition(" ")
    found = await house.keys.of(secret.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        raise _nobody("This API key is unknown, revoked or over.")
    key, tenant = found
    known = {one.value for one in Permission}
    return Asker(tenant, key, frozenset(Permission(scope) for scope in key.scopes if scope in known))


def _require_meant(request: Request, session: Session) -> None:
    given = request.headers.get("x-csrf-token", "")
    if not is_same_origin(request) or not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise Problem(
            403,
            "api.csrf",
            "A browser's session changes things only with the token of its pages.",
            action="Send the session's token as X-CSRF-Token from a page of ours, or use an API key.",
        )


def _nobody(cause: str) -> Problem:
    return Problem(
        401,
        "api.not_signed_in",
        cause,
        action="Send `Authorization: Bearer tb_…` with a key that stands, or sign in.",
        headers=_CHALLENGE,
    )
