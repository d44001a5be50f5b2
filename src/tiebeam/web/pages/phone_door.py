"""The door of the phone pages: a device is enrolled by its code, and people come in by their PINs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson
from starlette.responses import Response

from tiebeam.identity.model import Refused
from tiebeam.identity.permissions import Permission, permissions_of
from tiebeam.kernel.errors import BadInputError
from tiebeam.web.call import Viewer
from tiebeam.web.guard import SESSION_COOKIE
from tiebeam.web.pages.door import is_https, keep_session
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from tiebeam.web.call import Call

HERE: Final = "/phone/door"
DEVICE_COOKIE: Final = "tiebeam_device"
_DEVICE_LASTS: Final = timedelta(days=400)
"""The longest that browsers keep a cookie; every PIN begins it anew."""


async def door(call: Call) -> Response:
    """Say which device this is, who may come in on it, and who is in."""
    return await _told(call, call.viewer_or_none)


async def enrol(call: Call) -> Response:
    """Take the device in by its code; it keeps a token that no script sees."""
    found = await call.house.devices.enrol(call.posted("code", most=40), address=_address(call))
    if isinstance(found, Refused):
        return _refused(found)
    _, token = found
    return _kept(call, await _told(call, None, token), token)


async def sign_in(call: Call) -> Response:
    """Let somebody in by a PIN, to capture and nothing else."""
    token = _device_token(call)
    person_id, pin = _person_id(call), call.posted("pin", most=20)
    found = await call.house.devices.sign_in(token, person_id, pin, address=_address(call))
    if isinstance(found, Refused):
        return _refused(found)
    permissions = permissions_of(found.person.role, found.session.how)
    viewer = Viewer(found.person, found.tenant, found.session, permissions)
    return keep_session(call, _kept(call, await _told(call, viewer), token), found)


async def sign_out(call: Call) -> Response:
    """End the session; the device stays enrolled, and what it has not sent stays on it."""
    await call.house.accounts.sign_out(call.request.cookies.get(SESSION_COOKIE, ""))
    answer = await _told(call, None)
    answer.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")
    return answer


async def _told(call: Call, viewer: Viewer | None, token: str | None = None) -> Response:
    devices, token = call.house.devices, token or _device_token(call)
    found = await devices.of(token) if token else None
    people = await devices.who(token) if found else []
    captures = viewer is not None and Permission.FIELD_CAPTURE in viewer.permissions
    return _json(
        {
            "device": {"name": found[0].name, "company": found[1].name} if found else None,
            "people": [{"id": str(one.id), "name": one.name} for one in people],
            "viewer": _viewer(viewer) if viewer is not None and captures else None,
        }
    )


def _viewer(viewer: Viewer) -> dict[str, str]:
    return {
        "id": str(viewer.person.id),
        "name": viewer.person.name,
        "company": viewer.tenant.name,
        "csrf": viewer.session.csrf,
    }


def _person_id(call: Call) -> UUID:
    try:
        return UUID(call.posted("person", most=40))
    except ValueError:
        raise BadInputError("Nobody was chosen.", action="Choose who you are, and try again.") from None


def _device_token(call: Call) -> str:
    return call.request.cookies.get(DEVICE_COOKIE, "")


def _address(call: Call) -> str:
    client = call.request.client
    return client.host if client else "unknown"


def _kept(call: Call, answer: Response, token: str) -> Response:
    answer.set_cookie(
        DEVICE_COOKIE,
        token,
        max_age=int(_DEVICE_LASTS.total_seconds()),
        httponly=True,
        secure=is_https(call),
        samesite="strict",
        path="/phone",
    )
    return answer


def _refused(found: Refused) -> Response:
    told = {"message": found.message, "wait_seconds": found.wait_seconds}
    return _json(told, status=429 if found.wait_seconds else 401)


def _json(told: dict[str, Any], *, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(orjson.dumps(told), status, media_type="application/json", headers=headers)


ROWS = (
    Row("GET", HERE, None, door),
    Row("POST", f"{HERE}/enrol", None, enrol),
    Row("POST", f"{HERE}/sign-in", None, sign_in),
    Row("POST", f"{HERE}/sign-out", None, sign_out),
)
