"""What stands before every page: who asks, whether they may and mean it; and what an error looks like."""

from __future__ import annotations

import hmac
import logging
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Route

from tiebeam.identity.permissions import permissions_of
from tiebeam.kernel.correlation import bound
from tiebeam.kernel.errors import TiebeamError
from tiebeam.web.call import Call, Viewer
from tiebeam.web.statuses import status_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from tiebeam.web.parts import House
    from tiebeam.web.routes import Row

LOG = logging.getLogger(__name__)

SESSION_COOKIE: Final = "tiebeam_session"
_FORM_FIELDS_MAX: Final = 2000  # A company chooses among its projects in one form.
_FORM_PART_BYTES_MAX: Final = 64 * 1024


def route(row: Row, house: House) -> Route:
    """Return a row of the table as a route with its guard before it."""

    async def endpoint(request: Request) -> Response:
        with bound():
            call = Call(request, house)
            try:
                return await _guarded(row, call)
            except TiebeamError as error:
                return _told(call, error)
            except (HTTPException, ClientDisconnect):
                raise
            except Exception:  # Keeps the server answering: one page's fault is told on that page.
                LOG.exception("A page failed on an error that nobody foresaw.")
                return call.render("error.html", status=500, error=None, title="Something broke")

    return Route(row.path, endpoint, methods=[row.method])


async def _guarded(row: Row, call: Call) -> Response:
    request = call.request
    if row.method == "POST":
        if not is_same_origin(request):
            return _forbidden(call, "This form was sent from another page than ours.")
        call.form = await request.form(
            max_files=0, max_fields=_FORM_FIELDS_MAX, max_part_size=_FORM_PART_BYTES_MAX
        )
    call.viewer_or_none = await viewer_of(request, call.house)
    if row.permission is None:
        return await row.handler(call)
    viewer = call.viewer_or_none
    if viewer is None:
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        back = f"?next={quote(asked, safe='')}" if row.method == "GET" and asked != "/" else ""
        return call.to(f"/sign-in{back}")
    if row.permission not in viewer.permissions:
        return _forbidden(call, "Your role does not cover this page.")
    if row.method == "POST" and not _meant(call, viewer):
        return _forbidden(call, "This form is out of date.")
    return await row.handler(call)


async def viewer_of(request: Request, house: House) -> Viewer | None:
    """Return who is signed in by the cookie of a request."""
    token = request.cookies.get(SESSION_COOKIE)
    found = await house.accounts.session(token) if token else None
    if found is None:
        return None
    session, person, tenant = found
    return Viewer(person, tenant, session, permissions_of(person.role, session.how))


def is_same_origin(request: Request) -> bool:
    """Say whether a browser sent this from a page of ours; programs that say nothing of it are let by.

    Those still need the token of the session, which only our pages hold.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _meant(call: Call, viewer: Viewer) -> bool:
    given = call.posted("csrf") or call.request.headers.get("x-csrf-token", "")
    return hmac.compare_digest(given.encode(), viewer.session.csrf.encode())


def _forbidden(call: Call, why: str) -> Response:
    return call.render("forbidden.html", status=403, why=why, title="Not for you")


def _told(call: Call, error: TiebeamError) -> Response:
    return call.render("error.html", status=status_of(error), error=error, title="That did not work")


async def nowhere(house: House, request: Request, _: Exception) -> Response:
    """Answer for an address that nothing is at."""
    call = Call(request, house, await viewer_of(request, house))
    return call.render("nowhere.html", status=404, title="Nothing here")


def safe_next(asked: str) -> str:
    """Return a path of ours to go on to; anything that leads elsewhere leads to the first page."""
    parts = urlsplit(asked)
    ours = asked.startswith("/") and not asked.startswith(("//", "/\\")) and not parts.netloc
    return asked if ours and not parts.scheme and "\\" not in asked and asked.isprintable() else "/"
