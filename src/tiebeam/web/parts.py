"""What the web application is put together from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tiebeam.identity.accounts import Accounts
from tiebeam.identity.beginning.repository import FirstRun
from tiebeam.identity.keys import ApiKeys
from tiebeam.identity.pins import Devices
from tiebeam.identity.repository import Register
from tiebeam.operations.audit.repository import Trail
from tiebeam.operations.metrics.tenants.repository import tenant_health
from tiebeam.replicate.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from tiebeam.always import AlwaysOn
    from tiebeam.app import App
    from tiebeam.identity.repository import Tenants
    from tiebeam.kernel.clock import Clock
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
    in_hand_max: int = 500
    """How many deliveries are worked on at once; more are asked to come again."""
    body_wait_seconds: float = 3.0
    """How long a sender may take over its body."""


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
        )
