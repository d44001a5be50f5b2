"""Coming in and going out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.responses import RedirectResponse

from tiebeam.identity.model import Refused
from tiebeam.identity.oidc import FLOW_LASTS
from tiebeam.identity.permissions import Permission, permissions_of
from tiebeam.kernel.errors import BadInputError
from tiebeam.web.guard import SESSION_COOKIE, safe_next
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from starlette.responses import Response

    from tiebeam.identity.model import SignedIn
    from tiebeam.identity.oidc import OidcSignIn
    from tiebeam.web.call import Call


FLOW_PATH: Final = "/sign-in/openid"
FLOW_COOKIE: Final = "tiebeam_openid"


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
    return _let_in(call, found, onward)


async def openid(call: Call) -> Response:
    """Send the browser to the provider that vouches for people."""
    company = call.asked("company") or call.house.settings.tenant
    begun = await _openid(call).begin(company, return_to=safe_next(call.asked("next", "/")))
    answer = RedirectResponse(begun.url, status_code=303, headers={"Cache-Control": "no-store"})
    answer.set_cookie(
        FLOW_COOKIE,
        begun.secret,
        max_age=int(FLOW_LASTS.total_seconds()),
        httponly=True,
        secure=is_https(call),
        samesite="lax",
        path=FLOW_PATH,
    )
    return answer


async def openid_back(call: Call) -> Response:
    """Let in whom the provider vouches for, or say that they were not."""
    client = call.request.client
    found = await _openid(call).finish(
        call.request.cookies.get(FLOW_COOKIE),
        state=call.asked("state") or None,
        code=call.asked("code") or None,
        error=call.asked("error") or None,
        address=client.host if client else "unknown",
    )
    if isinstance(found, Refused):
        answer = _asking(call, onward="/", refused=found, status=401)
    else:
        answer = _let_in(call, found.signed_in, safe_next(found.return_to))
    answer.delete_cookie(FLOW_COOKIE, path=FLOW_PATH, httponly=True, samesite="lax")
    return answer


def _openid(call: Call) -> OidcSignIn:
    if call.house.oidc is None:
        raise BadInputError(
            "No OpenID Connect provider is set here.",
            action="Sign in with your password, or have TIEBEAM_OIDC_ISSUER and TIEBEAM_OIDC_CLIENT_ID set.",
        )
    return call.house.oidc


def _let_in(call: Call, found: SignedIn, onward: str) -> Response:
    sees = permissions_of(found.person.role, found.session.how)
    if onward == "/" and Permission.HEALTH_READ_ALL_TENANTS in sees:
        onward = "/health"
    elif onward == "/" and Permission.HEALTH_READ not in sees:
        onward = "/phone"
    return keep_session(call, call.to(onward), found)


def keep_session(call: Call, answer: Response, found: SignedIn) -> Response:
    """Have the browser keep the session of somebody who came in."""
    answer.set_cookie(
        SESSION_COOKIE,
        found.token,
        max_age=int((found.session.expires_at - call.house.clock.now()).total_seconds()),
        httponly=True,
        secure=is_https(call),
        samesite="lax",
        path="/",
    )
    return answer


def is_https(call: Call) -> bool:
    """Say whether the browser speaks TLS, to us or to what stands before us."""
    return "https" in (call.request.url.scheme, urlsplit(call.house.settings.address).scheme)


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
        openid=call.house.oidc is not None,
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
    Row("GET", FLOW_PATH, None, openid),
    Row("GET", f"{FLOW_PATH}/back", None, openid_back),
    Row("POST", "/sign-out", Permission.ACCOUNT_MANAGE, sign_out),
)
