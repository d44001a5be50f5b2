"""PINs: how field people come in, on a device that somebody has enrolled."""

from __future__ import annotations

from base64 import b32encode
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

from tiebeam.identity.accounts import too_often
from tiebeam.identity.model import Device, How, Refused, SignedIn
from tiebeam.identity.passwords import Passwords, check_pin
from tiebeam.identity.permissions import Permission, may
from tiebeam.identity.rules import address_door, name_of, pin_door, require, require_appointment
from tiebeam.identity.secrets import hash_of, new_secret
from tiebeam.identity.stays import SEEN_EVERY, Arrival, Stay, Stays
from tiebeam.kernel.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiebeam.identity.model import By, Person, Tenant
    from tiebeam.identity.repository import Desk, Register
    from tiebeam.kernel.clock import Clock

CODE_LASTS: Final = timedelta(minutes=15)
PIN_STAY: Final = Stay(idle=timedelta(hours=12), whole=timedelta(days=1))
"""A device goes from hand to hand."""
NO_CODE = "This code does not serve (any more). Have a new one made, and type it in within 15 minutes."
NOT_RIGHT = "This PIN is not right."

_CODE_CHARACTERS = 12


class Devices:
    """The enrolled devices of every company, and the PINs of those who may capture in the field."""

    def __init__(
        self,
        register: Register,
        clock: Clock,
        *,
        stay: Stay = PIN_STAY,
        passwords: Passwords | None = None,
        new_id: Callable[[], UUID] = uuid4,
        new_secret: Callable[[], str] = new_secret,
    ) -> None:
        self._register = register
        self._clock = clock
        self._passwords = passwords or Passwords()
        self._new_id = new_id
        self._new_secret = new_secret
        self._stays = Stays(register, clock, stay, new_id=new_id, new_secret=new_secret)

    async def invite(self, tenant_id: UUID, *, name: str, by: By) -> tuple[Device, str]:
        """Make room for a device; return it and the code to type in there, once, within 15 minutes."""
        require(by, tenant_id, Permission.DEVICES_MANAGE)
        now, code = self._clock.now(), _code(self._new_secret())
        device = Device(self._new_id(), tenant_id, name_of(name), now, None, None, None)
        async with self._register.desk(tenant_id) as desk:
            await desk.devices.invite(device, _code_hash(code), now + CODE_LASTS)
            await desk.note(by, "device.invited", _named(device), {"name": device.name})
        return device, code

    async def enrol(self, code: str, *, address: str) -> tuple[Device, str] | Refused:
        """Take a device in by its code; return it and the token that it keeps. Each address has its tries."""
        now, place, code_hash = self._clock.now(), address_door(address), _code_hash(code)
        heard = await self._register.doors.knock([place], now)
        if heard.wait_until is not None:
            return too_often(heard.wait_until, now)
        tenant_id = await self._register.doors.tenant_of_device(code_hash)
        if tenant_id is None:
            return Refused(NO_CODE)
        token = self._new_secret()
        async with self._register.desk(tenant_id) as desk:
            device = await desk.devices.enrol(code_hash, hash_of(token), now)
            if device is None:
                return Refused(NO_CODE)
            await desk.sessions.welcome([], [place], now)
            await desk.note(device.actor, "device.enrolled", _named(device), {"address": address})
        return device, token

    async def of(self, device_token: str) -> tuple[Device, Tenant] | None:
        """Return whose device a token is; None when it is unknown or revoked."""
        token_hash, now = hash_of(device_token), self._clock.now()
        tenant_id = await self._register.doors.tenant_of_device(token_hash)
        if tenant_id is None:
            return None
        async with self._register.desk(tenant_id) as desk:
            device = await desk.devices.find(token_hash)
            if device is None or device.revoked_at is not None:
                return None
            if device.seen_at is None or now - device.seen_at >= SEEN_EVERY:
                await desk.devices.see(device.id, now)
                device = replace(device, seen_at=now)
            return device, await desk.tenant()

    async def all(self, tenant_id: UUID) -> list[Device]:
        """Return every device of a company, the newest first."""
        async with self._register.desk(tenant_id) as desk:
            return await desk.devices.all()

    async def revoke(self, tenant_id: UUID, device_id: UUID, *, by: By) -> Device:
        """Let a device in no more, and end the sessions on it. Raises BadInputError, NotAllowedError."""
        require(by, tenant_id, Permission.DEVICES_MANAGE)
        now = self._clock.now()
        async with self._register.desk(tenant_id) as desk:
            device = await _held(desk, device_id)
            if not await desk.devices.revoke(device_id, now):
                return device
            ended = await desk.sessions.end_all(device_id=device_id)
            detail = {"name": device.name, "sessions_ended": ended}
            await desk.note(by, "device.revoked", _named(device), detail)
        return replace(device, revoked_at=now)

    async def set_pin(self, tenant_id: UUID, person_id: UUID, pin: str | None, *, by: By) -> Person:
        """Set a PIN, or with None take it away; sessions by the former one end.

        Raises BadInputError (too easy, no work in the field), NotAllowedError.
        """
        require(by, tenant_id, Permission.PEOPLE_MANAGE)
        if pin is not None:
            check_pin(pin)
        kept = None if pin is None else await self._passwords.hash(pin)
        async with self._register.desk(tenant_id) as desk:
            person = await desk.people.hold(person_id)
            require_appointment(by, tenant_id, person.role)
            if pin is not None and not may(person.role, Permission.FIELD_CAPTURE):
                raise BadInputError(
                    f"{person.email} has no work in the field to capture.", action="Give another role first."
                )
            await desk.people.set_pin(person_id, kept)
            ended = await desk.sessions.end_all_by_pin(person_id)
            await desk.sessions.welcome([pin_door(tenant_id, person_id)], [], self._clock.now())
            act = "person.pin_removed" if pin is None else "person.pin_set"
            await desk.note(by, act, f"person:{person_id}", {"sessions_ended": ended})
        return replace(person, has_pin=pin is not None)

    async def who(self, device_token: str) -> list[Person]:
        """Return who has a PIN and may sign in on a device; nobody for an unknown one."""
        found = await self.of(device_token)
        if found is None:
            return []
        async with self._register.desk(found[0].tenant_id) as desk:
            return [person for person in await desk.people.all() if _comes_in(person)]

    async def sign_in(
        self, device_token: str, person_id: UUID, pin: str, *, address: str
    ) -> SignedIn | Refused:
        """Let somebody in to capture. Five failures lock them out on every device, for ever longer."""
        found = await self.of(device_token)
        if found is None:
            return Refused("This device is not enrolled (any more). Have it enrolled anew.")
        device, tenant = found
        now, door = self._clock.now(), pin_door(tenant.id, person_id)
        heard = await self._register.doors.knock([door], now)
        if heard.wait_until is not None:
            return too_often(heard.wait_until, now)
        async with self._register.desk(tenant.id) as desk:
            _, kept = await desk.people.kept(person_id)
        right = await self._passwords.matches(kept, pin)
        async with self._register.desk(tenant.id) as desk:
            # Somebody of another company is nobody here.
            person = await desk.people.find(person_id) and await desk.people.hold(person_id)
            unchanged = (await desk.people.kept(person_id))[1] == kept
            if not (right and unchanged and person and _comes_in(person)):
                detail = {"how": How.PIN, "address": address, "missed": heard.missed}
                await desk.note(device.actor, "session.refused", f"person:{person_id}", detail)
                return Refused(NOT_RIGHT)
            if (await _held(desk, device.id)).revoked_at is not None:
                return Refused(NOT_RIGHT)
            arrival = Arrival(person, tenant, How.PIN, address, device_id=device.id, proved=[door])
            return await self._stays.begin(desk, arrival)


def _comes_in(person: Person) -> bool:
    return person.active and person.has_pin and may(person.role, Permission.FIELD_CAPTURE)


def _code(secret: str) -> str:
    """Return a code of 60 bits that can be typed on a phone, in groups of four."""
    letters = b32encode(sha256(secret.encode()).digest()).decode()[:_CODE_CHARACTERS]
    return "-".join(letters[n : n + 4] for n in range(0, _CODE_CHARACTERS, 4))


def _code_hash(code: str) -> bytes:
    # Base 32 has neither 0 nor 1: whoever types one means the letter.
    letters = "".join(filter(str.isalnum, code.upper())).translate(str.maketrans("01", "OI"))
    return hash_of(f"code:{letters}")


async def _held(desk: Desk, device_id: UUID) -> Device:
    device = await desk.devices.hold(device_id)
    if device is None:
        raise BadInputError("This company has no such device.", action="See which there are, and choose one.")
    return device


def _named(device: Device) -> str:
    return f"device:{device.id}"
