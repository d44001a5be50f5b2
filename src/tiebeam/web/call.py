"""One request of a person: who asks, what for, and how it is answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.responses import RedirectResponse

from tiebeam.kernel.errors import BadInputError
from tiebeam.web.rendering import rendered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import FormData
    from starlette.requests import Request
    from starlette.responses import Response

    from tiebeam.app import App
    from tiebeam.identity.model import Person, Session, Tenant
    from tiebeam.identity.permissions import Permission
    from tiebeam.web.parts import House

NOTICE_COOKIE = "tiebeam_notice"
_NOTICE_SECONDS = 30
_NOTICE_BYTES_MAX = 1500  # In hexadecimal and with its name, a cookie may have 4096.


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is signed in, and what that allows."""

    person: Person
    tenant: Tenant
    session: Session
    permissions: frozenset[Permission]

    def may(self, permission: str) -> bool:
        """Say whether they have a permission, by its name."""
        return permission in {one.value for one in self.permissions}

    def sees(self, project_id: str | None) -> bool:
        """Say whether they see what lies in a project; None is the company itself."""
        return project_id is None or self.person.project_ids is None or project_id in self.person.project_ids


@dataclass(slots=True)
class Call:
    """A request of somebody who may make it."""

    request: Request
    house: House
    viewer_or_none: Viewer | None = None
    """None on the few pages that are open to everybody."""
    form: FormData | None = field(default=None, repr=False)
    """What was posted; None for a GET."""

    @property
    def viewer(self) -> Viewer:
        """Who asks. Raises LookupError on an open page."""
        if self.viewer_or_none is None:
            raise LookupError("nobody is signed in on an open page")
        return self.viewer_or_none

    async def app(self) -> App:
        """Return the viewer's company's side of things: nothing here can name another company."""
        return await self.house.app(self.viewer.tenant.id)

    async def note(self, act: str, subject: str, detail: Mapping[str, Any] | None = None) -> None:
        """Note in the trail of the viewer's company what they did."""
        viewer = self.viewer
        await self.house.trail.note(viewer.tenant.id, viewer.person.actor, act, subject, detail)

    def asked(self, name: str, default: str = "") -> str:
        """Return a value of the query, without the blanks around it."""
        return self.request.query_params.get(name, default).strip()

    def number(self, name: str, default: int, *, least: int = 0, most: int = 1_000_000) -> int:
        """Return a number of the query. Raises BadInputError."""
        text = self.asked(name)
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and len(text) <= 9 and least <= int(text) <= most):
            raise BadInputError(
                f"{name!r} must be a number from {least} to {most}.", action="Correct the address."
            )
        return int(text)

    def posted(self, name: str, *, most: int = 2000) -> str:
        """Return a field of the form, without the blanks around it. Raises BadInputError when too long."""
        value = self.form.get(name, "") if self.form is not None else ""
        if not isinstance(value, str) or len(value) > most:
            raise BadInputError(f"The field {name!r} cannot be used.", action="Fill in the form again.")
        return value.strip()

    def render(self, template: str, *, status: int = 200, **context: Any) -> Response:
        """Return a page, with the notice that the page before left."""
        known = {
            "viewer": self.viewer_or_none,
            "now": self.house.clock.now(),
            "path": self.request.url.path,
            "notice": self.notice(),
        }
        answer = rendered(template, {**known, **context}, status=status)
        if known["notice"]:
            answer.delete_cookie(NOTICE_COOKIE, path="/", httponly=True, samesite="lax")
        return answer

    def to(self, path: str, *, notice: str = "", **query: str) -> Response:
        """Send the browser on to a page of ours, which shows a notice once."""
        target = f"{path}?{urlencode(query)}" if query else path
        answer = RedirectResponse(target, status_code=303)
        if notice:
            answer.set_cookie(
                NOTICE_COOKIE,
                notice.encode()[:_NOTICE_BYTES_MAX].hex(),
                max_age=_NOTICE_SECONDS,
                httponly=True,
                samesite="lax",
                path="/",
            )
        return answer

    def notice(self) -> str:
        """Return the notice that the page before left."""
        try:
            return bytes.fromhex(self.request.cookies.get(NOTICE_COOKIE, "")).decode(errors="ignore")
        except ValueError:
            return ""
