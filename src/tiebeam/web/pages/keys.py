"""What programs and devices come in with: API keys, and codes that enrol a device. Each is shown once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tiebeam.identity.permissions import KEY_SCOPES, Permission, permissions_of
from tiebeam.kernel.errors import BadInputError
from tiebeam.web.pages.integration import uuid_of
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from starlette.responses import Response

    from tiebeam.identity.model import ApiKey, Device
    from tiebeam.web.call import Call

KEYS: Final = "/settings/keys"
DEVICES: Final = "/settings/devices"
DAYS_MAX: Final = 3650


async def keys(call: Call) -> Response:
    """Show every key of the company."""
    return await _keys(call)


async def _keys(call: Call, made: ApiKey | None = None, secret: str | None = None) -> Response:
    viewer = call.viewer
    mine = permissions_of(viewer.person.role, viewer.session.how)
    return call.render(
        "keys.html",
        title="API keys",
        keys=await call.house.keys.all(viewer.tenant.id),
        scopes=sorted(scope.value for scope in KEY_SCOPES & mine),
        made=made,
        secret=secret,
    )


async def make_key(call: Call) -> Response:
    """Make a key, and show its secret once."""
    form = call.form
    names = [one for one in form.getlist("scope") if isinstance(one, str)] if form else []
    known = {scope.value for scope in KEY_SCOPES}
    if not names or not known.issuperset(names):
        raise BadInputError("A key needs at least one scope.", action="Tick what the program has to do.")
    days = call.posted("days", most=5)
    if days and not (days.isascii() and days.isdigit() and 1 <= int(days) <= DAYS_MAX):
        raise BadInputError(f"A key lasts 1 to {DAYS_MAX} days.", action="Give a number of days, or none.")
    made, secret = await call.house.keys.make(
        call.viewer.tenant.id,
        name=call.posted("name", most=400),
        scopes=[Permission(name) for name in names],
        by=call.viewer.person,
        expires_at=call.house.clock.now() + timedelta(days=int(days)) if days else None,
    )
    return await _keys(call, made, secret)


async def rotate_key(call: Call) -> Response:
    """Make a key in the place of another, and show its secret once."""
    made, secret = await call.house.keys.rotate(
        call.viewer.tenant.id, uuid_of(call.posted("key")), by=call.viewer.person
    )
    return await _keys(call, made, secret)


async def revoke_key(call: Call) -> Response:
    """Let a key in no more."""
    key = await call.house.keys.revoke(
        call.viewer.tenant.id, uuid_of(call.posted("key")), by=call.viewer.person
    )
    return call.to(KEYS, notice=f"The key {key.name} opens nothing any more.")


async def devices(call: Call) -> Response:
    """Show every device of the company."""
    return await _devices(call)


async def _devices(call: Call, made: Device | None = None, code: str | None = None) -> Response:
    found, address = await call.house.devices.all(call.viewer.tenant.id), call.house.settings.address
    return call.render("devices.html", title="Devices", devices=found, made=made, code=code, address=address)


async def invite(call: Call) -> Response:
    """Make room for a device, and show its code once."""
    made, code = await call.house.devices.invite(
        call.viewer.tenant.id, name=call.posted("name", most=400), by=call.viewer.person
    )
    return await _devices(call, made, code)


async def revoke_device(call: Call) -> Response:
    """Let a device in no more."""
    device = await call.house.devices.revoke(
        call.viewer.tenant.id, uuid_of(call.posted("device")), by=call.viewer.person
    )
    return call.to(DEVICES, notice=f"{device.name} is out; whoever was signed in on it is signed out.")


ROWS = (
    Row("GET", KEYS, Permission.KEYS_MANAGE, keys),
    Row("POST", KEYS, Permission.KEYS_MANAGE, make_key),
    Row("POST", f"{KEYS}/rotate", Permission.KEYS_MANAGE, rotate_key),
    Row("POST", f"{KEYS}/revoke", Permission.KEYS_MANAGE, revoke_key),
    Row("GET", DEVICES, Permission.DEVICES_MANAGE, devices),
    Row("POST", DEVICES, Permission.DEVICES_MANAGE, invite),
    Row("POST", f"{DEVICES}/revoke", Permission.DEVICES_MANAGE, revoke_device),
)
