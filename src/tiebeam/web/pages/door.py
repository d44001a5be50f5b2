"""Coming in and going out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.identity.model import Refused
from tiebeam.identity.permissions import Permission
from tiebeam.web.guard import SESSION_COOKIE, safe_next
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from starlette.responses import Response

    from tiebeam.web.call import Call


async def sign_in_page(call: Call) -> Response:
    """Ask who is there."""
    if call.viewer_or_none is not None:
        return call.to(safe_next(call.asked("next", "/")))
    return _asking(call, onward=safe_next(call.asked("next", "/")))


async def sign_in(call: Call) -> Response:
    """Let somebody in, or say that they were not."""
    onward = safe_next(call.posted("next") or "/")
    email, company = call.posted("email", most=320), call.posted("company", most=63)
    client = call.request.client
    found = await call.house.accounts.sign_in(
        company or None,
        email,
        call.posted("password", most=1000),
        address=client.host if client else "unknown",
    )
    if isinstance(found, Refused):
        status = 429 if found.wait_seconds else 401
        return _asking(call, onward=onward, email=email, company=company, refused=found, status=status)
    answer = call.to(onward)
    answer.set_cookie(
        SESSION_COOKIE,
        found.token,
        max_age=int((found.session.expires_at - call.house.clock.now()).total_seconds()),
        httponly=True,
        secure=call.request.url.scheme == "https",
        samesite="lax",
        path="/",
    )
    return answer


def _asking(
    call: Call,
    *,
    onward: str,
    email: str = "",
    company: str = "",
    refused: Refused | None = None,
    status: int = 200,
) -> Response:
    return call.render(
        "sign_in.html",
        status=status,
        title="Sign in",
        onward=onward,
        email=email,
        company=company,
        refused=refused,
    )


async def sign_out(call: Call) -> Response:
    """End the session."""
    token = call.request.cookies.get(SESSION_COOKIE, "")
    await call.house.accounts.sign_out(token)
    answer = call.to("/sign-in", notice="You are signed out.")
    answer.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")
    return answer


ROWS = (
    Row("GET", "/sign-in", None, sign_in_page),
    Row("POST", "/sign-in", None, sign_in),
    Row("POST", "/sign-out", Permission.ACCOUNT_MANAGE, sign_out),
)
