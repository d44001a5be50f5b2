"""A company's own channels: added, changed, tried, removed; and as what alerts are told on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from tiebeam.kernel.errors import TiebeamError
from tiebeam.operations.alerts.channels import NotToldError, kind_of
from tiebeam.operations.alerts.own.addresses import require_public
from tiebeam.operations.alerts.own.courier import Courier, Parcel
from tiebeam.operations.alerts.own.kinds import destination_of
from tiebeam.operations.alerts.plan import trial

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tiebeam.operations.alerts.channels import Channel
    from tiebeam.operations.alerts.model import Digest, Quiet, Severity
    from tiebeam.operations.alerts.own.kinds import Destination
    from tiebeam.operations.alerts.own.model import OwnChannel, Terms
    from tiebeam.operations.alerts.own.repository import OwnRows
    from tiebeam.operations.audit.model import Actor

_WHAT_TO_DO: Final = "Send a test from Settings > Notifications, and give the channel a URL that holds."


class Box(Protocol):
    """What URLs are sealed in. A sealed URL opens only as that of its channel of its company."""

    def seal(self, text: str, tenant_id: UUID, owner_id: UUID) -> tuple[str, bytes]:
        """Return the id of the key, and what was sealed with it."""

    def open(self, key_id: str, data: bytes, tenant_id: UUID, owner_id: UUID) -> str:
        """Return what was sealed. Raises TiebeamError."""


class OwnChannels:
    """The channels that companies have chosen themselves."""

    def __init__(
        self,
        rows: OwnRows,
        box: Box,
        courier: Courier,
        new_id: Callable[[], UUID],
        *,
        private_allowed: bool = False,
    ) -> None:
        """`private_allowed` lets a URL lead to addresses that are not of the public internet."""
        self._rows = rows
        self._box = box
        self._courier = courier
        self._new_id = new_id
        self._private_allowed = private_allowed

    async def all(self, tenant_id: UUID) -> list[OwnChannel]:
        """Return a company's channels, by name."""
        return await self._rows.all(tenant_id)

    async def get(self, tenant_id: UUID, channel_id: UUID) -> OwnChannel:
        """Return one of a company's channels. Raises UnknownChannelError."""
        return await self._rows.get(tenant_id, channel_id)

    async def add(self, tenant_id: UUID, url: str, terms: Terms, *, by: Actor) -> OwnChannel:
        """Keep a channel, its URL sealed. Raises ChannelRefusedError, BadInputError."""
        channel_id, found = self._new_id(), await self._judged(url)
        seal = self._box.seal(url.strip(), tenant_id, channel_id)
        return await self._rows.add(tenant_id, channel_id, terms, by, kind=found.kind.title, seal=seal)

    async def change(
        self, tenant_id: UUID, channel_id: UUID, terms: Terms, *, by: Actor, url: str | None = None
    ) -> OwnChannel:
        """Set a channel otherwise; without a URL it keeps the one it has.

        Raises UnknownChannelError, ChannelRefusedError, BadInputError.
        """
        if url is None:
            return await self._rows.change(tenant_id, channel_id, terms, by)
        found = await self._judged(url)
        seal = self._box.seal(url.strip(), tenant_id, channel_id)
        return await self._rows.change(tenant_id, channel_id, terms, by, kind=found.kind.title, seal=seal)

    async def remove(self, tenant_id: UUID, channel_id: UUID, *, by: Actor) -> OwnChannel:
        """Forget a channel and its URL; return what it was. Raises UnknownChannelError."""
        return await self._rows.remove(tenant_id, channel_id, by)

    async def send_test(self, tenant_id: UUID, channel_id: UUID, company: str, *, by: Actor) -> OwnChannel:
        """Send a trial message, also to a channel that is off; the channel that is returned says how it went.

        Raises UnknownChannelError.
        """
        found = await self._rows.get(tenant_id, channel_id)
        try:
            await self._told(tenant_id, found).send(trial(company, self._rows.now))
        except NotToldError as error:
            return await self._rows.note_trial(tenant_id, channel_id, error.cause, by)
        return await self._rows.note_trial(tenant_id, channel_id, None, by)

    async def heard(self, tenant_id: UUID) -> list[Channel]:
        """Return the channels of a company that are on, as what alerts are told on."""
        return [self._told(tenant_id, one) for one in await self._rows.all(tenant_id) if one.enabled]

    async def _judged(self, url: str) -> Destination:
        found = destination_of(url)
        if found.host is not None and not self._private_allowed:
            await require_public(found.host)
        return found

    def _told(self, tenant_id: UUID, one: OwnChannel) -> Channel:
        return _Told(
            one.key, one.threshold, one.quiet, _Way(tenant_id, one, self._rows, self._box, self._courier)
        )


@dataclass(frozen=True, slots=True)
class _Way:
    """How a message gets to a channel: its URL is opened for this message alone."""

    tenant_id: UUID
    channel: OwnChannel
    rows: OwnRows
    box: Box
    courier: Courier

    async def go(self, message: Digest) -> str | None:
        key_id, sealed = await self.rows.sealed(self.tenant_id, self.channel.id)
        url = self.box.open(key_id, sealed, self.tenant_id, self.channel.id)
        return await self.courier.carry(Parcel(url, message.title, message.body, kind_of(message)))


@dataclass(frozen=True, slots=True)
class _Told:
    """An own channel as the alert desk knows channels."""

    name: str
    threshold: Severity
    quiet: Quiet
    way: _Way

    async def send(self, message: Digest) -> None:
        """Send one message. Raises NotToldError."""
        try:
            why = await self.way.go(message)
        except TiebeamError as error:
            why = error.cause
        except OSError:  # No process can be started now: the other channels are told all the same.
            why = "It cannot be sent from this machine at the moment."
        if why is not None:
            raise NotToldError(why, action=_WHAT_TO_DO)
