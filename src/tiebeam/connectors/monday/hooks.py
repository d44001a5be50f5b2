"""monday.com's webhooks as data: who sent one, what it says. What it says is never the truth. Pure."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode
from binascii import Error as BinasciiError
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from tiebeam.connectors.answers import GarbledError, ShapeError, parse_json
from tiebeam.kernel.errors import Owner, TiebeamError
from tiebeam.kernel.moments import parse_moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

SUBSCRIPTIONS: Final = (
    "create_item",
    "change_column_value",
    "change_name",
    "item_moved_to_any_group",
    "item_archived",
    "item_deleted",
    "item_restored",
)
"""What a board is watched for: one hook for each."""
URL_CHARACTERS_MAX: Final = 255
CLOCK_SLACK_SECONDS: Final = 60

_HASHES: Final = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
_TEXT_MAX: Final = 200


class EventKind(StrEnum):
    """What happened, by the name that an event has."""

    CREATED = "create_pulse"
    VALUE = "update_column_value"
    NAME = "update_name"
    GROUP = "move_pulse_into_group"
    ARCHIVED = "archive_pulse"
    DELETED = "delete_pulse"
    RESTORED = "restore_pulse"
    OTHER = "other"
    """Something about the item that has another name here: reason enough to read it."""


@dataclass(frozen=True, slots=True)
class Event:
    """What a delivery says: which item to read, and what tells an echo from news."""

    trigger_id: str
    """The same for every copy of a delivery, and for every hook that is told of the same thing."""
    original_trigger_id: str | None
    """What an automation of theirs answered."""
    kind: EventKind
    board_id: str
    item_id: str
    column_id: str | None
    user_id: str | None
    at: datetime | None

    def is_by(self, user_id: str) -> bool:
        """Whether a user did it by hand or by token: of our own user, it is our own echo.

        What an automation did in answer is news, whoever is named.
        """
        return self.user_id == user_id and self.original_trigger_id is None


class NotGenuineError(TiebeamError):
    """A delivery that does not prove that monday.com sent it."""

    code = "monday.webhook_not_genuine"
    owner = Owner.ADMIN

    def __init__(self, cause: str) -> None:
        super().__init__(
            cause,
            action="If it came from monday.com, enter the app's signing secret again; otherwise nothing needs"
            " to be done: it was not taken in.",
        )


def challenge_of(body: bytes) -> str | None:
    """Return what is to be answered, as the same JSON with 200, to who asks whether we listen; else None."""
    try:
        said = parse_json(body)
    except GarbledError:
        return None
    challenge = said.get("challenge") if isinstance(said, dict) else None
    return challenge if isinstance(challenge, str) and "event" not in said else None


def verify(authorization: str | None, secret: str, now: datetime) -> Mapping[str, Any]:
    """Return the claims of a delivery's JSON Web Token, signed with the app's signing secret.

    Only an app's webhooks are signed; others prove themselves by the secret in their URL alone. Raises
    NotGenuineError for a missing, forged or expired token.
    """
    parts = (authorization or "").removeprefix("Bearer ").split(".")
    if len(parts) != 3 or not secret:
        raise NotGenuineError("A webhook came without the signature of monday.com.")
    head, claims, signature = (_decoded(part) for part in parts)
    hashing = _HASHES.get(str(_object(head).get("alg")))
    if hashing is None:
        raise NotGenuineError("A webhook came with a signature of another kind than monday.com's.")
    signed = ".".join(parts[:2]).encode()
    if not hmac.compare_digest(hmac.new(secret.encode(), signed, hashing).digest(), signature):
        raise NotGenuineError("A webhook came whose signature is not monday.com's.")
    found = _object(claims)
    expires = found.get("exp")
    if not isinstance(expires, int | float) or expires + CLOCK_SLACK_SECONDS < now.timestamp():
        raise NotGenuineError("A webhook came whose signature has expired.")
    return found


def same_secret(given: str, kept: str) -> bool:
    """Say whether the secret in a webhook's URL is ours, in the same time whatever it is."""
    return bool(kept) and hmac.compare_digest(given.encode(), kept.encode())


def read_event(body: bytes) -> Event:
    """Return the event of a delivery. Raises GarbledError, ShapeError."""
    said = parse_json(body)
    event = said.get("event") if isinstance(said, dict) else None
    if not isinstance(event, dict):
        raise ShapeError("an object with `event` was promised")
    item_id = _id(event.get("pulseId")) or _id(event.get("itemId"))
    board_id, trigger_id = _id(event.get("boardId")), _id(event.get("triggerUuid"))
    if not (item_id and board_id and trigger_id):
        raise ShapeError("boardId, pulseId and triggerUuid were promised")
    return Event(
        trigger_id=trigger_id,
        original_trigger_id=_id(event.get("originalTriggerUuid")),
        kind=_kind(event.get("type")),
        board_id=board_id,
        item_id=item_id,
        column_id=_id(event.get("columnId")),
        user_id=_id(event.get("userId")),
        at=parse_moment(event.get("triggerTime")),
    )


def _decoded(part: str) -> bytes:
    try:
        return urlsafe_b64decode(part.encode("ascii") + b"=" * (-len(part) % 4))
    except (BinasciiError, UnicodeEncodeError, ValueError):
        raise NotGenuineError("A webhook came with a signature that cannot be read.") from None


def _object(text: bytes) -> Mapping[str, Any]:
    try:
        found = parse_json(text)
    except GarbledError:
        found = None
    if not isinstance(found, dict):
        raise NotGenuineError("A webhook came with a signature that cannot be read.")
    return found


def _kind(value: Any) -> EventKind:
    try:
        return EventKind(value)
    except ValueError:
        return EventKind.OTHER


def _id(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value)
    return text if 0 < len(text) <= _TEXT_MAX and text.isprintable() else None
