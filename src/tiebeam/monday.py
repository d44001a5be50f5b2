"""A company's monday.com: connected by a token, tried, and ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tiebeam.app import CHANCE
from tiebeam.connectors.monday.client import MondayClient
from tiebeam.connectors.monday.limits import DAILY_CALLS
from tiebeam.kernel.errors import BadInputError, Owner
from tiebeam.link.outside.account.repository import Account, Accounts
from tiebeam.operations.alerts.rules import GateSeen
from tiebeam.operations.limits.gate import RateGate, memory_gate
from tiebeam.operations.limits.model import Rates, domain_of
from tiebeam.operations.tokens.kept import KeptTokenSource
from tiebeam.operations.tokens.model import GrantKind, NotConnectedError, Secrets, Status, Terms
from tiebeam.push.deliveries.monday.account import MondayAccount

if TYPE_CHECKING:
    from datetime import datetime

    from tiebeam.app import App
    from tiebeam.connectors.monday.model import OutsideAccount
    from tiebeam.connectors.ports import Gate, TokenSource
    from tiebeam.operations.tokens.model import Connection

VENDOR: Final = "monday"
PLANS: Final = tuple(DAILY_CALLS)
_BURST_CALLS: Final = 10
_CALLS_PER_SECOND: Final = 2.0


class TokenRefusedError(BadInputError):
    """monday.com does not know a token that was given."""

    code = "connection.token_refused"
    owner = Owner.ADMIN


@dataclass(frozen=True, slots=True)
class Spent:
    """The calls of a day, from midnight to midnight (UTC)."""

    today: int
    allowed: int
    shut_until: datetime | None = None
    """Until when no call passes, where monday.com has said so."""

    @property
    def left(self) -> int:
        """How many may still be made."""
        return max(0, self.allowed - self.today)


@dataclass(frozen=True, slots=True)
class Monday:
    """One tenant's dealings with monday.com. There is one connection, to one account."""

    app: App

    async def connection(self) -> Connection | None:
        """Return the connection in use, else the one that was ended last; None when there never was one."""
        found = [one for one in await self.app.grants.list(self.app.tenant.id) if one.vendor == VENDOR]
        used = [one for one in found if one.status is not Status.DISCONNECTED]
        return max(used or found, key=lambda one: one.since, default=None)

    async def present(self) -> Connection:
        """Return the connection in use. Raises NotConnectedError where nothing was connected, or it ended."""
        found = await self.connection()
        if found is None or found.status is Status.DISCONNECTED:
            raise NotConnectedError(
                "monday.com is not connected.",
                action="An administrator connects it under Settings, Integrations, or with"
                " `tiebeam connect monday`.",
            )
        return found

    async def account(self, connection: Connection) -> Account:
        """Return the account that a connection leads to."""
        found = await self.accounts().of(connection.id)
        return found or Account(connection.company_id or "", "", "", "", PLANS[0])

    def accounts(self) -> Accounts:
        """Return what is kept of accounts."""
        return Accounts(self.app.store, self.app.tenant.id)

    async def connect(self, token: str, plan: str) -> tuple[Connection, Account]:
        """Connect the account of a token, after seeing that it works; the same account goes on as it was.

        Raises BadInputError for no plan of theirs and for a second account, TokenRefusedError, and
        TiebeamError when monday.com cannot be asked. Nothing is kept then.
        """
        _require_plan(plan)
        if not token.strip() or not token.isascii() or not token.isprintable():
            raise BadInputError("That is no token.", action="Copy it from monday.com again, the whole of it.")
        token = token.strip()
        seen = await self._tried(token)
        present = await self.connection()
        if present and present.status is not Status.DISCONNECTED and present.company_id != seen.id:
            raise BadInputError(
                "This company is connected to another account of monday.com; one has one.",
                action="Disconnect that one first, or give a token of that account.",
            )
        connection = await self._kept(seen, token)
        account = Account(seen.id, seen.name, seen.user.id, seen.user.name, plan)
        await self.accounts().put(connection.id, account)
        return connection, account

    async def test(self) -> OutsideAccount:
        """Ask monday.com who we are, and keep what it says. One call. Raises TiebeamError."""
        connection = await self.present()
        seen = await (await self.desk(connection)).who()
        known = await self.account(connection)
        fresh = replace(known, name=seen.name, user_id=seen.user.id, user_name=seen.user.name)
        await self.accounts().put(connection.id, fresh)
        return seen

    async def set_plan(self, plan: str) -> None:
        """Say what the account has bought, and thereby how many calls a day it may make."""
        _require_plan(plan)
        connection = await self.present()
        await self.accounts().put(connection.id, replace(await self.account(connection), plan=plan))

    async def disconnect(self) -> list[str]:
        """Destroy the token. What is mirrored stays on both sides, and is the same no more.

        Returns what monday.com could not be told, each with what to do there.
        """
        connection = await self.present()
        await self.app.grants.disconnect(self.app.tenant.id, connection.id)
        return []

    def gate(self, connection: Connection, account: Account) -> RateGate:
        """Return what every call of a connection passes: its day's calls are all that is known of a limit."""
        domain = domain_of(connection.vendor, connection.environment, connection.client_id)
        rates = _rates(account.plan, off=not self.app.settings.rate_limit)
        return self.app.gate_of(domain, rates)

    async def gates(self) -> list[GateSeen]:
        """Return how the gate of the connection in use stands, for the alerts."""
        one = await self.connection()
        if one is None or one.status is not Status.CONNECTED:
            return []
        return [GateSeen(one.id, one.vendor, await self.gate(one, await self.account(one)).level())]

    async def spent(self, connection: Connection) -> Spent:
        """Return how many of the day's calls were made."""
        account = await self.account(connection)
        level = await self.gate(connection, account).level()
        day = next((one for one in level.windows if one.name == "day"), None)
        now, shut = self.app.clock.now(), timedelta(seconds=level.paused_seconds)
        return Spent(day.used if day else 0, DAILY_CALLS[account.plan], now + shut if shut else None)

    async def client(self, connection: Connection) -> MondayClient:
        """Return what asks monday.com as a connection."""
        tokens = KeptTokenSource(
            tenant_id=self.app.tenant.id,
            connection_id=connection.id,
            credentials=self.app.credentials(),
            standings=self.app.grants,
            clock=self.app.clock,
        )
        return self._client(connection.api_url, self.gate(connection, await self.account(connection)), tokens)

    async def desk(self, connection: Connection) -> MondayAccount:
        """Return what a person has looked up in the account."""
        return MondayAccount(await self.client(connection))

    def _client(self, url: str, gate: Gate, tokens: TokenSource) -> MondayClient:
        app = self.app
        return MondayClient(
            base_url=url, gate=gate, tokens=tokens, transport=app.transport, clock=app.clock, chance=CHANCE
        )

    async def _tried(self, token: str) -> OutsideAccount:
        url = self.app.settings.monday_api_url
        # The account is not known yet, and it is the account that has a gate: this one call passes by itself.
        client = self._client(url, memory_gate(self.app.clock), _Trial(token))
        return await MondayAccount(client).who()

    async def _kept(self, seen: OutsideAccount, token: str) -> Connection:
        app, url = self.app, self.app.settings.monday_api_url
        site = "production" if url == type(app.settings).model_fields["monday_api_url"].default else "custom"
        terms = Terms(VENDOR, site, url, url, seen.id, GrantKind.TOKEN, seen.id)
        kept = Secrets(token)
        every = await app.grants.list(app.tenant.id)
        older = [one for one in every if (one.vendor, one.company_id) == (VENDOR, seen.id)]
        if older:
            return await app.grants.reconnect(app.tenant.id, older[-1].id, kept, terms=terms)
        return await app.grants.add(app.tenant.id, terms, kept)


@dataclass(frozen=True, slots=True)
class _Trial:
    """A token that is being tried."""

    given: str

    async def token(self) -> str:
        return self.given

    async def replace(self, stale: str) -> str:
        del stale
        raise TokenRefusedError(
            "monday.com refused this token.",
            action="Copy it again: in monday.com under your picture, Developers, API access tokens.",
        )

    def __repr__(self) -> str:
        return "_Trial()"


def _rates(plan: str, *, off: bool) -> Rates:
    calls = DAILY_CALLS[plan]
    return Rates(
        burst_calls=_BURST_CALLS,
        calls_per_second=_CALLS_PER_SECOND,
        calls_per_hour=calls,
        calls_per_day=calls,
        learns=False,
        off=off,
    )


def _require_plan(plan: str) -> None:
    if plan not in DAILY_CALLS:
        raise BadInputError(
            f"monday.com has no plan {plan[:40]!r}.", action=f"Choose one of {', '.join(PLANS)}."
        )
