"""A company's connection to Procore, looked after by its administrator: made, chosen, paused, ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tiebeam.app import procore_app, procore_environment
from tiebeam.connectors.procore.environments import environment_at
from tiebeam.connectors.procore.oauth import ProcoreLogin
from tiebeam.identity.beginning.repository import ConsentStates
from tiebeam.kernel.errors import BadInputError, Owner, TiebeamError
from tiebeam.link.repository import ProjectMap
from tiebeam.operations.tokens.model import GrantKind, NotConnectedError, Secrets, Status, Terms
from tiebeam.replicate.choices.model import MINIMAL, Choice
from tiebeam.replicate.reach import known_feeds
from tiebeam.replicate.streams import STREAMS, procore_companies
from tiebeam.replicate.sync import Wish
from tiebeam.upkeep import Upkeep

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from tiebeam.app import App
    from tiebeam.connectors.procore.oauth import Grant
    from tiebeam.identity.model import Session
    from tiebeam.link.model import VendorProject
    from tiebeam.operations.tokens.model import Connection
    from tiebeam.replicate.streams import Company

PROJECTS: Final = "procore.projects"
ERASE_DAYS_MAX: Final = 365


class ConsentError(TiebeamError):
    """Procore's consent page was not left the way it should be."""

    code = "connection.consent"
    owner = Owner.ADMIN


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of ending a connection."""

    hooks_removed: int
    troubles: tuple[str, ...]
    """What could not be done at Procore, each with what to do there."""


@dataclass(frozen=True, slots=True)
class Integration:
    """One tenant's dealings with Procore. There is one connection, to one Procore company."""

    app: App

    async def connection(self) -> Connection | None:
        """Return the connection in use, else the one that was ended last; None when there never was one."""
        found = await self.app.connections()
        used = [one for one in found if one.status is not Status.DISCONNECTED]
        return max(used or found, key=lambda one: one.since, default=None)

    async def pending(self) -> Connection | None:
        """Return the connection for which a company is still to be chosen."""
        found = await self.app.grants.list(self.app.tenant.id)
        return next((one for one in reversed(found) if one.company_id is None), None)

    async def leave(self, session: Session, redirect_uri: str) -> str:
        """Return the address of Procore's consent page for whoever this session is. Raises BadInputError."""
        login = self.app.procore_login()
        state = await self._states().begin(session)
        return login.authorize_url(state=state, redirect_uri=redirect_uri)

    async def come_back(
        self, session: Session, *, state: str, code: str, error: str, redirect_uri: str
    ) -> Connection:
        """Take what Procore's consent page sent back; a connection without a company is still to be settled.

        Raises ConsentError for a state that is not this session's or was used, and for a refusal; LoginError.
        """
        if not state or not await self._states().end(session, state):
            raise ConsentError(
                "This answer of Procore belongs to no consent that was begun here, or is too old.",
                action="Begin again from the page of the integration, in this browser.",
            )
        if error or not code:
            raise ConsentError(
                "Access was not granted on Procore's page.",
                action="Begin again, and choose to allow; without consent nothing is read.",
            )
        grant = await self.app.procore_login().exchange_code(code, redirect_uri=redirect_uri)
        return await self._tried(grant, GrantKind.AUTHORIZATION_CODE)

    async def by_service_account(self) -> Connection:
        """Connect as the app itself. Raises BadInputError when no app is set, LoginError."""
        grant = await self.app.procore_login().client_credentials()
        return await self._tried(grant, GrantKind.CLIENT_CREDENTIALS)

    async def companies(self, pending: Connection) -> tuple[Company, ...]:
        """Return the companies that a login sees. Raises TiebeamError."""
        return await procore_companies(await self.app.client(pending))

    async def settle(self, pending: Connection, company_id: str) -> Connection:
        """Choose the company that is read. Raises BadInputError for one that is not seen, or a second one."""
        if company_id not in {one.id for one in await self.companies(pending)}:
            raise BadInputError(
                "This login does not see that company in Procore.", action="Choose one of those shown."
            )
        present = await self.connection()
        if present and present.status is not Status.DISCONNECTED and present.company_id != company_id:
            raise BadInputError(
                f"This company is connected to Procore company {present.company_id}; one has one.",
                action="Disconnect that one first, or sign in to Procore as somebody who sees it.",
            )
        # Before it can be read by anybody: until somebody has chosen projects, none is copied.
        await self.app.choices.choose(pending.id, Choice(frozenset(), MINIMAL))
        return await self.app.settled(pending, _terms(pending), company_id)

    async def abandon(self) -> None:
        """Forget logins for which no company was chosen."""
        for one in await self.app.grants.list(self.app.tenant.id):
            if one.company_id is None:
                await self._revoke(one)
                await self.app.grants.delete(self.app.tenant.id, one.id)

    async def list_projects(self, connection: Connection) -> list[VendorProject]:
        """Read which projects there are, and nothing else. Raises TiebeamError."""
        await self.app.sync_one(connection, Wish(stream=PROJECTS))
        return await self.projects().vendors(connection.id, PROJECTS)

    def projects(self) -> ProjectMap:
        """Return which of our own projects is which of Procore's."""
        return ProjectMap(self.app.store, self.app.tenant.id)

    async def own_projects(self, seen: Collection[str] | None) -> frozenset[UUID] | None:
        """Return which of our own projects somebody sees who sees those of Procore's; None means all."""
        if seen is None:
            return None
        connection = await self.connection()
        mapped = await self.projects().mapped(connection.id) if connection else {}
        return frozenset(ours for theirs, ours in mapped.items() if theirs in seen)

    async def choose(self, connection: Connection, choice: Choice) -> None:
        """Have only this copied from now on. What was copied of anything else stays as it is."""
        await self.app.choices.choose(connection.id, choice)
        await known_feeds(self.app.replica(connection), STREAMS, choice)

    async def pause(self, connection: Connection, by: str) -> Connection:
        """Read nothing for a while. Raises BadInputError unless it is connected."""
        _require(connection, Status.CONNECTED)
        why = NotConnectedError(
            f"{by} has paused it.", action="Resume it when it is to be read again.", code="connection.paused"
        )
        return await self.app.grants.set_status(self.app.tenant.id, connection.id, Status.PAUSED, why)

    async def resume(self, connection: Connection) -> Connection:
        """Read again, from where it was. Raises BadInputError unless it is paused."""
        _require(connection, Status.PAUSED)
        resumed = await self.app.grants.set_status(self.app.tenant.id, connection.id, Status.CONNECTED)
        await self.app.queue.hasten(self.app.tenant.id)
        return resumed

    async def disconnect(self, connection: Connection, erase_after_days: int | None) -> Ended:
        """End it: no more deliveries, tokens revoked and destroyed, the copy kept or marked for deletion.

        What Procore cannot be told now is in `troubles`: the connection ends all the same.
        """
        if connection.status is Status.DISCONNECTED:
            raise BadInputError("It is disconnected already.", action="Nothing needs to be done.")
        if erase_after_days is not None and not 0 <= erase_after_days <= ERASE_DAYS_MAX:
            raise BadInputError(
                f"A copy is deleted after 0 to {ERASE_DAYS_MAX} days.", action="Give another number of days."
            )
        troubles: list[str] = []
        removed = 0
        try:
            removed = await Upkeep(self.app).end_hook(connection)
        except TiebeamError as error:
            troubles.append(
                f"The webhook could not be removed: {error.cause}"
                f" Remove `tiebeam-{connection.id}` at Procore."
            )
        if not await self._revoke(connection):
            troubles.append("The access could not be revoked at Procore: remove the app there.")
        await self.app.grants.disconnect(self.app.tenant.id, connection.id)
        due = None if erase_after_days is None else self.app.clock.now() + timedelta(days=erase_after_days)
        await self.app.choices.mark(connection.id, due)
        return Ended(removed, tuple(troubles))

    async def _tried(self, grant: Grant, kind: GrantKind) -> Connection:
        """Keep a grant until its company is known; where that is plain, settle it at once."""
        await self.abandon()
        environment = procore_environment(self.app.settings)
        client_id, secret = procore_app(self.app.settings)
        terms = Terms(
            "procore", environment.name, environment.login_url, environment.api_url, client_id, kind
        )
        kept = Secrets(grant.access_token, grant.refresh_token, secret)
        tenant_id = self.app.tenant.id
        pending = await self.app.grants.add(tenant_id, terms, kept, expires_at=grant.expires_at)
        try:
            plain = self._plain(await self.companies(pending), await self.connection())
            return await self.settle(pending, plain) if plain else pending
        except TiebeamError:
            await self.abandon()
            raise

    def _plain(self, seen: tuple[Company, ...], present: Connection | None) -> str | None:
        """Return the company that a login must be for; None: it is to be chosen. Raises BadInputError."""
        ids = [one.id for one in seen]
        if present and present.company_id in ids:
            return present.company_id
        if present and present.status is not Status.DISCONNECTED:
            raise BadInputError(
                f"This login does not see the Procore company {present.company_id} that is connected here.",
                action="Sign in to Procore as somebody who sees it. Nothing has changed.",
                code="procore.company_not_visible",
                owner=Owner.ADMIN,
            )
        if not ids:
            raise BadInputError(
                "This login sees no company in Procore.",
                action="Have the app installed in your company, and its login added to the directory.",
                code="procore.company_not_visible",
                owner=Owner.ADMIN,
            )
        return ids[0] if len(ids) == 1 else None

    async def _revoke(self, connection: Connection) -> bool:
        """Have Procore forget a grant; whether it has."""
        try:
            _, kept = await self.app.credentials().read(self.app.tenant.id, connection.id)
            login = ProcoreLogin(
                environment=environment_at(connection.login_url, connection.api_url),
                client_id=connection.client_id,
                client_secret=kept.client_secret or "",
                transport=self.app.transport,
                clock=self.app.clock,
            )
            for token in (kept.refresh_token, kept.access_token):
                if token:
                    await login.revoke(token)
        except TiebeamError:
            return False
        return True

    def _states(self) -> ConsentStates:
        return ConsentStates(self.app.store, self.app.tenant.id, self.app.clock)


def _terms(connection: Connection) -> Terms:
    return Terms(
        connection.vendor,
        connection.environment,
        connection.login_url,
        connection.api_url,
        connection.client_id,
        connection.grant_kind,
    )


def _require(connection: Connection, status: Status) -> None:
    if connection.status is not status:
        raise BadInputError(
            f"It is {connection.status.value}, not {status.value}.", action="See how it stands now."
        )
