"""Taking in what monday.com tells: who sent it, which item it is about, kept before it is answered.

Nothing of what is told is believed: the item is read.
"""

from __future__ import annotations

import hmac
import logging
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import orjson

from tiebeam.connectors.answers import GarbledError, ShapeError
from tiebeam.connectors.monday.hooks import NotGenuineError, challenge_of, read_event, verify
from tiebeam.kernel.errors import TiebeamError

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tiebeam.connectors.monday.hooks import Event
    from tiebeam.kernel.clock import Clock
    from tiebeam.link.outside.door.repository import Doors, Knock

LOG = logging.getLogger(__name__)

_SECRET_CHARACTERS_MAX: Final = 200


class Answer(StrEnum):
    """What is said to who knocks."""

    STORED = "stored"
    """Also of what is our own doing, and of what nothing is to be done about."""
    LISTENS = "listens"
    """To who asks whether we do: the same is said back."""
    REFUSED = "refused"
    BUSY = "busy"
    """To come again: it could not be kept."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of a delivery."""

    answer: Answer
    body: bytes = b""


def secret_hash(secret: str) -> bytes:
    """Return what is compared: the secret is 256 random bits, so that a plain hash gives nothing away."""
    return sha256(secret.encode("utf-8", "surrogateescape")).digest()


class MondayDoor:
    """Takes in what is told of the mirrored boards of every company.

    With a `signing_secret` each delivery must bear monday.com's signature besides the secret of its address.
    `on_told` hears of each link of which an item is to be read.
    """

    def __init__(
        self,
        doors: Callable[[UUID], Doors],
        clock: Clock,
        *,
        signing_secret: str = "",
        on_told: Callable[[UUID, UUID], None] = lambda _tenant, _link: None,
    ) -> None:
        """`doors` returns those of a company; one that there is not has none."""
        self._doors = doors
        self._clock = clock
        self._signing_secret = signing_secret
        self._on_told = on_told

    async def receive(
        self, tenant_id: UUID, link_id: UUID, secret: str, body: bytes, authorization: str | None
    ) -> Heard:
        """Keep which item was told of, and say what to answer."""
        if len(secret) > _SECRET_CHARACTERS_MAX:
            return Heard(Answer.REFUSED)
        try:
            knock = await self._doors(tenant_id).knock(link_id)
            if knock is None or not hmac.compare_digest(knock.secret_hash, secret_hash(secret)):
                return Heard(Answer.REFUSED)
            challenge = challenge_of(body)
            if challenge is not None:
                return Heard(Answer.LISTENS, orjson.dumps({"challenge": challenge}))
            if self._signing_secret:
                verify(authorization, self._signing_secret, self._clock.now())
            event = _event(knock, body)
            if event is not None:
                answers = event.original_trigger_id is not None
                await self._doors(tenant_id).tell(link_id, event.item_id, self._clock.now(), answers=answers)
                self._on_told(tenant_id, link_id)
        except NotGenuineError as error:
            LOG.warning("A webhook of monday.com was refused: %s", error.cause)
            return Heard(Answer.REFUSED)
        except TiebeamError:
            # The sender keeps what we do not take: it tries again for half an hour.
            return Heard(Answer.BUSY)
        return Heard(Answer.STORED)


def _event(knock: Knock, body: bytes) -> Event | None:
    """Return what is news of this board; None for our own doing and for what cannot be read.

    To refuse what cannot be read would only have it sent thirty times more.
    """
    try:
        event = read_event(body)
    except (GarbledError, ShapeError) as error:
        LOG.warning("A webhook of monday.com could not be read: %s", error)
        return None
    if event.board_id != knock.board_id or event.is_by(knock.user_id):
        return None
    return event
