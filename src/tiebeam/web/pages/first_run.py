"""The first person of an installation: let in by the one-time address that `tiebeam up` printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.identity.model import Role
from tiebeam.identity.passwords import check_password
from tiebeam.identity.rules import email_of, name_of
from tiebeam.kernel.errors import BadInputError, TiebeamError
from tiebeam.operations.audit.model import Actor, ActorKind
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from starlette.responses import Response

    from tiebeam.web.call import Call

PATH = "/first-run"
_BY = Actor(ActorKind.SYSTEM, "", "first run")


async def page(call: Call) -> Response:
    """Ask who the first administrator is, of whoever has the token."""
    token = call.asked("token")
    if not token or not await call.house.first_run.is_open(token):
        return _shut(call)
    return _asking(call, token)


async def make(call: Call) -> Response:
    """Make the first administrator; the token is dead from then on."""
    house, token = call.house, call.posted("token", most=200)
    if not token or not await house.first_run.is_open(token):
        return _shut(call)
    password = call.posted("password", most=1000)
    try:
        email, name = email_of(call.posted("email", most=400)), name_of(call.posted("name", most=400))
        company = name_of(call.posted("company", most=400))
        check_password(password, email=email, name=name)
        if password != call.posted("again", most=1000):
            raise BadInputError("The two passwords are not the same.", action="Type the same one twice.")
    except TiebeamError as error:
        return _asking(call, token, error)
    tenant = await house.tenants.find(house.settings.tenant)
    if tenant is None or not await house.first_run.use(token):
        return _shut(call)
    await house.tenants.rename(tenant.id, company)
    await house.accounts.add_person(
        tenant.id, email=email, name=name, role=Role.TENANT_ADMIN, by=_BY, password=password
    )
    return call.to("/sign-in", notice="Welcome. Sign in with what you have just chosen.")


def _asking(call: Call, token: str, error: TiebeamError | None = None) -> Response:
    return call.render(
        "first_run.html",
        title="Welcome",
        status=400 if error else 200,
        token=token,
        error=error,
        email=call.posted("email", most=400),
        name=call.posted("name", most=400),
        company=call.posted("company", most=400),
    )


def _shut(call: Call) -> Response:
    return call.render("first_run_shut.html", title="Nothing to do here", status=403)


ROWS = (Row("GET", PATH, None, page), Row("POST", PATH, None, make))
