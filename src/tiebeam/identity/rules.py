"""What is decided without looking anything up: who may appoint whom, how long a door stays shut."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from tiebeam.identity.model import ApiKey, Person, Role
from tiebeam.identity.permissions import Permission, may, may_appoint
from tiebeam.kernel.errors import BadInputError, Owner, TiebeamError

if TYPE_CHECKING:
    from uuid import UUID

    from tiebeam.identity.model import By
    from tiebeam.operations.audit.model import Actor

_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f<>\"(),:;\[\]\\]{1,64}@[^@\s\x00-\x1f\x7f<>\"(),:;\[\]\\]{1,255}")
NAME_LENGTH_MAX: Final = 200


class NotAllowedError(TiebeamError):
    """Who asks for it may not do it."""

    code = "input.not_allowed"
    owner = Owner.ADMIN


@dataclass(frozen=True, slots=True)
class Waits:
    """How failures make one wait: after `free` of them `base_seconds`, then twice as long each time."""

    free: int
    base_seconds: float
    seconds_max: float


OF_ACCOUNT: Final = Waits(free=5, base_seconds=30, seconds_max=900)
OF_ADDRESS: Final = Waits(free=30, base_seconds=10, seconds_max=900)
"""A whole office may come in from one address."""
OF_PIN: Final = Waits(free=5, base_seconds=60, seconds_max=3600)
FORGOTTEN_SECONDS: Final = 86_400.0
"""After a day without a try, failures no longer count."""


@dataclass(frozen=True, slots=True)
class Door:
    """What is knocked at: an account, an address or a PIN, told by a hash."""

    key: bytes
    waits: Waits


def account_door(tenant_id: UUID | None, email: str) -> Door:
    """Return the door of an account; one that does not exist has one just the same."""
    return Door(_key("account", str(tenant_id), email), OF_ACCOUNT)


def address_door(address: str) -> Door:
    """Return the door of where somebody comes from; one of IPv6 is known by its network (/64)."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return Door(_key("address", address), OF_ADDRESS)
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        place = mapped or ip_network((int(parsed), 64), strict=False)
        return Door(_key("address", str(place)), OF_ADDRESS)
    return Door(_key("address", str(parsed)), OF_ADDRESS)


def pin_door(tenant_id: UUID, person_id: UUID) -> Door:
    """Return the door of somebody's PIN, the same on every device."""
    return Door(_key("pin", str(tenant_id), str(person_id)), OF_PIN)


def _key(*parts: str) -> bytes:
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()


def email_of(text: str) -> str:
    """Return an e-mail address as it is kept. Raises BadInputError when it is none."""
    email = unicodedata.normalize("NFC", text).strip().lower()
    if not _EMAIL.fullmatch(email) or any(0xD800 <= ord(letter) < 0xE000 for letter in email):
        raise BadInputError("That is no e-mail address.", action="Give one such as ann@example.com.")
    return email


def email_or_none(text: str) -> str | None:
    """Return an e-mail address as it is kept; None for what is none (a password, in the wrong field)."""
    try:
        return email_of(text)
    except BadInputError:
        return None


def name_of(text: str) -> str:
    """Return a name on one line, fit to be kept. Raises BadInputError for none and for a long one."""
    readable = "".join(c if c.isprintable() and not 0xD800 <= ord(c) < 0xE000 else " " for c in text)
    name = " ".join(readable.split())
    if not 1 <= len(name) <= NAME_LENGTH_MAX:
        raise BadInputError(f"A name has 1 to {NAME_LENGTH_MAX} characters.", action="Give another.")
    return name


def local_path(text: str) -> str:
    """Return a path of ours to go on to; `/` for what leads elsewhere."""
    safe = (
        text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() and text.isascii()
    )
    return text if safe and "\\" not in text else "/"


def require(by: By, tenant_id: UUID, permission: Permission) -> None:
    """Raise NotAllowedError unless `by` may do this in that company."""
    if isinstance(by, Person):
        allowed = by.tenant_id == tenant_id and by.active and may(by.role, permission)
    elif isinstance(by, ApiKey):
        allowed = by.tenant_id == tenant_id and permission in by.scopes
    else:
        allowed = True
    if not allowed:
        raise NotAllowedError(
            f"This takes the permission {permission}.", action="Ask an administrator of the company."
        )


def require_appointment(by: By, tenant_id: UUID, *roles: Role) -> None:
    """Raise NotAllowedError unless `by` may make or change people of these roles in that company."""
    require(by, tenant_id, Permission.PEOPLE_MANAGE)
    if isinstance(by, Person):
        allowed = all(may_appoint(by.role, role) for role in roles)
    elif isinstance(by, ApiKey):
        # A key that makes an administrator would be one.
        allowed = not any(may(role, Permission.PEOPLE_MANAGE) or role is Role.SAAS_ADMIN for role in roles)
    else:
        allowed = True
    if not allowed:
        raise NotAllowedError(
            f"Who is {' or '.join(role.in_words for role in roles)} is decided by somebody else.",
            action="Have it done at the command line: `tiebeam people`.",
        )


def actor_of(by: By) -> Actor:
    """Return how the audit trail names who acts."""
    return by.actor if isinstance(by, Person | ApiKey) else by
