"""What the web application is put together from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tiebeam.identity.accounts import Accounts
from tiebeam.identity.beginning.repository import FirstRun
from tiebeam.identity.keys import ApiKeys
from tiebeam.identity.oidc import OidcSignIn
from tiebeam.identity.pins import Devices
from tiebeam.identity.provider import Provider, roles_in
from tiebeam.identity.repository import Register
from tiebeam.operations.audit.repository import Trail
from tiebeam.operations.metrics.tenants.repository import tenant_health
from tiebeam.replicate.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from tiebeam.always import AlwaysOn
    from tiebeam.app import App
    from tiebeam.connectors.ports import Transport
    from tiebeam.identity.repository import Tenants
    from tiebeam.kernel.clock import Clock
    from tiebeam.link.outside.door.receive import MondayDoor
    from tiebeam.operations.metrics.tenants.repository import TenantHealth
    from tiebeam.replicate.webhooks.receive import Receiver
    from tiebeam.settings import Settings

INTERVALS = {stream.name: stream.interval_minutes for stream in STREAMS}


@dataclass(frozen=True, slots=True)
class Services:
    """What the application stands on."""

    receiver: Receiver
    ready: Callable[[], Awaitable[str | None]]
    """Returns None when everything is there, else what is missing in one sentence without a secret."""
    metrics: Callable[[], bytes]
    """Returns the text that Prometheus reads."""
    told: Callable[[str], None] = lambda _: None
    """Hears of every delivery what became of it: `stored`, `refused`, `too_large`, `slow` or `busy`."""
    monday: MondayDoor | None = None
    """What takes in what monday.com tells of mirrored boards; without it nothing is there."""
    told_of_monday: Callable[[str], None] = lambda _: None
    """The same of monday.com's, and `listens` of who only asked whether we do."""
    in_hand_max: int = 500
    """How many deliveries are worked on at once; more are asked to come again."""
    body_wait_seconds: float = 3.0
    """How long a sender may take over its body."""


def services_of(house: AlwaysOn) -> Services:
    """Return what the application of a running system stands on."""
    return Services(
        house.receiver(),
        house.ready,
        house.metrics.exposition,
        house.delivered,
        monday=house.monday_door(),
        told_of_monday=house.told_of_monday,
    )


@dataclass(frozen=True, slots=True)
class House:
    """What the console stands on, for every company of one database."""

    clock: Clock
    settings: Settings
    accounts: Accounts
    keys: ApiKeys
    devices: Devices
    trail: Trail
    tenants: Tenants
    first_run: FirstRun
    health: Callable[[], Awaitable[list[TenantHealth]]]
    """Returns how every company stands."""
    app: Callable[[UUID], Awaitable[App]]
    """Returns one company's side of things."""
    oidc: OidcSignIn | None = None
    """Signing in by OpenID Connect; None where no provider is set."""
    stopping: Callable[[], bool] = lambda: False
    """Says whether the process is about to end: what stays open for a browser then closes."""

    @classmethod
    def of(cls, on: AlwaysOn) -> House:
        """Return what the console of a running system stands on."""
        register = Register(on.store)
        return cls(
            clock=on.clock,
            settings=on.settings,
            accounts=Accounts(register, on.clock, home=on.settings.tenant),
            keys=ApiKeys(register, on.clock),
            devices=Devices(register, on.clock),
            trail=Trail(on.store, on.clock),
            tenants=register.tenants,
            first_run=FirstRun(on.store, on.clock),
            health=partial(tenant_health, on.store, on.clock, INTERVALS),
            app=on.app,
            oidc=oidc_of(on.settings, register, on.transport, on.clock),
            stopping=on.stop.is_set,
        )


def oidc_of(settings: Settings, register: Register, transport: Transport, clock: Clock) -> OidcSignIn | None:
    """Return how people sign in by the provider that is set, if one is. Raises BadInputError."""
    if not settings.oidc_issuer or not settings.oidc_client_id:
        return None
    secret = settings.oidc_client_secret
    provider = Provider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=secret.get_secret_value() if secret else None,
        groups_claim=settings.oidc_groups_claim,
        roles=roles_in(settings.oidc_groups),
        email_trusted=settings.oidc_email_trusted,
    )
    back = f"{settings.address}/sign-in/openid/back"
    return OidcSignIn(provider, register, transport, clock, redirect_uri=back)
