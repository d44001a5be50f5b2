"""Receiving: who sent it, what it says, stored before it is answered. Nothing is fetched here."""

from __future__ import annotations

import hmac
import logging
from collections import OrderedDict
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from tiebeam.connectors.procore.hooks import GarbledError, ShapeError, read_event
from tiebeam.kernel.correlation import correlation_id
from tiebeam.kernel.errors import TiebeamError
from tiebeam.replicate.webhooks.inbox import NotStorableError
from tiebeam.replicate.webhooks.model import Answer, Fate, Filed
from tiebeam.replicate.webhooks.plan import filed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tiebeam.connectors.streams import Stream
    from tiebeam.kernel.clock import Clock
    from tiebeam.replicate.webhooks.inbox import Inbox
    from tiebeam.replicate.webhooks.model import Hook
    from tiebeam.replicate.webhooks.repository import Deliveries

LOG = logging.getLogger(__name__)

BODY_BYTES_MAX = 64 * 1024
_AUTHORIZATION_CHARACTERS_MAX = 512
_KNOWN_SECONDS = 30.0
_UNKNOWN_SECONDS = 5.0
_SENDERS_MAX = 10_000
_RETIRED_FOR = timedelta(hours=1)


def secret_hash(authorization: str) -> bytes:
    """Return what is kept of a secret: it is 256 random bits, so that a plain hash gives nothing away."""
    return sha256(authorization.encode("utf-8", "surrogateescape")).digest()


class Receiver:
    """Takes deliveries for every tenant.

    `signing_key` has every delivery carry an HMAC besides: SHA-256 of the body, in hexadecimal, with or
    without `sha256=` before it. `on_stored` is told of each that wants fetching.
    """

    def __init__(
        self,
        deliveries: Deliveries,
        inbox: Inbox,
        clock: Clock,
        streams: Iterable[Stream],
        *,
        signing_key: bytes | None = None,
        on_stored: Callable[[Filed], None] = lambda _: None,
    ) -> None:
        self._deliveries = deliveries
        self._inbox = inbox
        self._clock = clock
        self._streams = {stream.name: stream for stream in streams}
        self._signing_key = signing_key
        self._on_stored = on_stored
        self._senders: OrderedDict[bytes, tuple[Hook | None, float]] = OrderedDict()

    async def receive(
        self, authorization: str | None, body: bytes, *, signature: str | None = None
    ) -> Answer:
        """Store a delivery and say what to answer; whoever is not known learns nothing, not even that.

        It is kept with the correlation id of the task, under which it is fetched later.
        """
        if len(body) > BODY_BYTES_MAX:
            return Answer.TOO_LARGE
        try:
            hook = await self._sender(authorization)
            if hook is None or not self._signed(body, signature):
                return Answer.REFUSED
            one = self._filed(hook, body)
            if one.event is not None and one.event.company_id != hook.company_id:
                return Answer.REFUSED
            await self._inbox.put(one)
        except NotStorableError:
            return await self._once_more(authorization)
        except TiebeamError:
            # The sender keeps what we do not take: its own queue waits and tries again.
            return Answer.BUSY
        LOG.debug("webhook.stored", extra={"delivery": one.dedupe_id, "fate": one.fate.value})
        if one.fate is Fate.FETCH:
            self._on_stored(one)
        return Answer.STORED

    async def _once_more(self, authorization: str | None) -> Answer:
        """Look the sender up anew: what was known of it for some seconds is no longer true."""
        self._senders.pop(secret_hash(authorization or ""), None)
        try:
            return Answer.BUSY if await self._sender(authorization) else Answer.REFUSED
        except TiebeamError:
            return Answer.BUSY

    async def _sender(self, authorization: str | None) -> Hook | None:
        if not authorization or len(authorization) > _AUTHORIZATION_CHARACTERS_MAX:
            return None
        given = secret_hash(authorization)
        hook = await self._looked_up(given)
        if hook is None or not hmac.compare_digest(hook.secret_hash, given):
            return None
        late = hook.retired_at is not None and self._clock.now() - hook.retired_at > _RETIRED_FOR
        return None if late else hook

    async def _looked_up(self, given: bytes) -> Hook | None:
        now = self._clock.monotonic()
        found = self._senders.get(given)
        if found is not None and now < found[1]:
            return found[0]
        hook = await self._deliveries.hook_of(given)
        self._senders[given] = (hook, now + (_KNOWN_SECONDS if hook else _UNKNOWN_SECONDS))
        self._senders.move_to_end(given)
        while len(self._senders) > _SENDERS_MAX:
            self._senders.popitem(last=False)
        return hook

    def _signed(self, body: bytes, signature: str | None) -> bool:
        if self._signing_key is None:
            return True
        given = (signature or "").removeprefix("sha256=").lower()
        made = hmac.new(self._signing_key, body, sha256).hexdigest()
        return hmac.compare_digest(made.encode(), given.encode("utf-8", "surrogateescape"))

    def _filed(self, hook: Hook, body: bytes) -> Filed:
        now = self._clock.now()
        try:
            event = read_event(body)
        except (GarbledError, ShapeError):
            # To refuse it would make the sender hold back everything that comes after it.
            name = f"sha256:{sha256(body).hexdigest()}"
            return Filed(
                hook, name, Fate.UNREADABLE, "push", body, now, now, None, correlation_id=correlation_id()
            )
        return filed(event, hook, self._streams, body=body, received_at=now, correlation_id=correlation_id())
