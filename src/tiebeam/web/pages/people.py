"""The people of a company; and one's own account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tiebeam.identity.model import Person, Refused, Role
from tiebeam.identity.permissions import Permission, may
from tiebeam.identity.secrets import new_secret
from tiebeam.integration import PROJECTS, Integration
from tiebeam.kernel.errors import BadInputError
from tiebeam.web.pages.integration import uuid_of
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from starlette.responses import Response

    from tiebeam.web.call import Call

HERE: Final = "/settings/people"
ACCOUNT: Final = "/account"
ROLES: Final = tuple(role for role in Role if role is not Role.SAAS_ADMIN)
_PASSWORD_CHARACTERS: Final = 24
"""144 bits: more than anybody guesses, and short enough to be read out."""


async def people(call: Call) -> Response:
    """Show everybody of the company."""
    found = await call.house.accounts.people(call.viewer.tenant.id)
    return call.render("people.html", title="People", people=found, roles=ROLES)


async def add(call: Call) -> Response:
    """Add somebody, and show their first password once."""
    password = new_secret()[:_PASSWORD_CHARACTERS]
    person = await call.house.accounts.add_person(
        call.viewer.tenant.id,
        email=call.posted("email", most=320),
        name=call.posted("name", most=400),
        role=_role(call),
        by=call.viewer.person,
        password=password,
    )
    return await _shown(call, person, password=password)


async def person_page(call: Call) -> Response:
    """Show somebody, and what can be changed."""
    return await _shown(call, await _person(call))


async def _shown(call: Call, person: Person, *, password: str | None = None) -> Response:
    app = await call.app()
    connection = await Integration(app).connection()
    projects = await Integration(app).projects().vendors(connection.id, PROJECTS) if connection else []
    return call.render(
        "person.html",
        title=person.name,
        person=person,
        password=password,
        roles=ROLES,
        projects=projects,
        sessions=await call.house.accounts.sessions(person.tenant_id, person.id),
        captures=may(person.role, Permission.FIELD_CAPTURE),
    )


async def set_role(call: Call) -> Response:
    """Give somebody another role."""
    person = await _person(call)
    changed = await call.house.accounts.set_role(
        person.tenant_id, person.id, _role(call), by=call.viewer.person
    )
    return _back(call, person, f"The role is {changed.role.in_words} now.")


async def set_projects(call: Call) -> Response:
    """Say which projects somebody sees."""
    person, form = await _person(call), call.form
    chosen = [one for one in form.getlist("project") if isinstance(one, str) and one] if form else []
    wanted = None if call.posted("projects") == "all" else chosen
    await call.house.accounts.set_projects(person.tenant_id, person.id, wanted, by=call.viewer.person)
    return _back(call, person, "The projects were changed.")


async def set_active(call: Call) -> Response:
    """Let somebody in no more, or again."""
    person, accounts = await _person(call), call.house.accounts
    change = accounts.enable if call.posted("active") == "yes" else accounts.disable
    changed = await change(person.tenant_id, person.id, by=call.viewer.person)
    return _back(call, person, "May sign in again." if changed.active else "May sign in no more.")


async def reset_password(call: Call) -> Response:
    """Give somebody a new password, shown once."""
    person, password = await _person(call), new_secret()[:_PASSWORD_CHARACTERS]
    changed = await call.house.accounts.set_password(
        person.tenant_id, person.id, password, by=call.viewer.person
    )
    return await _shown(call, changed, password=password)


async def set_pin(call: Call) -> Response:
    """Set or take away somebody's PIN."""
    person = await _person(call)
    pin = call.posted("pin", most=20) or None
    await call.house.devices.set_pin(person.tenant_id, person.id, pin, by=call.viewer.person)
    return _back(call, person, "The PIN was set." if pin else "The PIN was taken away.")


async def end_sessions(call: Call) -> Response:
    """Sign somebody out everywhere."""
    person = await _person(call)
    ended = await call.house.accounts.end_sessions(person.tenant_id, person.id, by=call.viewer.person)
    return _back(call, person, f"{ended} sessions were ended.")


async def _person(call: Call) -> Person:
    """Return whom the address names: somebody of the viewer's own company. Raises BadInputError."""
    person_id = uuid_of(call.request.path_params["person_id"])
    return await call.house.accounts.person(call.viewer.tenant.id, person_id)


def _role(call: Call) -> Role:
    try:
        return Role(call.posted("role", most=40))
    except ValueError:
        raise BadInputError("There is no such role.", action="Choose among those shown.") from None


def _back(call: Call, person: Person, notice: str) -> Response:
    return call.to(f"{HERE}/{person.id}", notice=notice)


async def account(call: Call) -> Response:
    """Show one's own account."""
    return await _account(call)


async def _account(call: Call, refused: Refused | None = None) -> Response:
    person = call.viewer.person
    sessions = await call.house.accounts.sessions(person.tenant_id, person.id)
    status = 200 if refused is None else 429 if refused.wait_seconds else 400
    return call.render(
        "account.html", title="Your account", sessions=sessions, refused=refused, status=status
    )


async def change_password(call: Call) -> Response:
    """Change one's own password."""
    if call.posted("new", most=1000) != call.posted("again", most=1000):
        return await _account(call, Refused("The two new passwords are not the same."))
    client = call.request.client
    refused = await call.house.accounts.change_password(
        call.viewer.person,
        call.posted("old", most=1000),
        call.posted("new", most=1000),
        address=client.host if client else "unknown",
        session=call.viewer.session,
    )
    if refused is not None:
        return await _account(call, refused)
    return call.to(ACCOUNT, notice="The password is changed. Every other session of yours was ended.")


async def end_own_sessions(call: Call) -> Response:
    """Sign out everywhere."""
    person = call.viewer.person
    await call.house.accounts.end_sessions(person.tenant_id, person.id, by=person)
    return call.to("/sign-in", notice="You are signed out everywhere.")


_DO, _OWN = Permission.PEOPLE_MANAGE, Permission.ACCOUNT_MANAGE
ROWS = (
    Row("GET", HERE, _DO, people),
    Row("POST", HERE, _DO, add),
    Row("GET", f"{HERE}/{{person_id}}", _DO, person_page),
    Row("POST", f"{HERE}/{{person_id}}/role", _DO, set_role),
    Row("POST", f"{HERE}/{{person_id}}/projects", _DO, set_projects),
    Row("POST", f"{HERE}/{{person_id}}/active", _DO, set_active),
    Row("POST", f"{HERE}/{{person_id}}/password", _DO, reset_password),
    Row("POST", f"{HERE}/{{person_id}}/pin", _DO, set_pin),
    Row("POST", f"{HERE}/{{person_id}}/sessions/end", _DO, end_sessions),
    Row("GET", ACCOUNT, _OWN, account),
    Row("POST", f"{ACCOUNT}/password", _OWN, change_password),
    Row("POST", f"{ACCOUNT}/sessions/end", _OWN, end_own_sessions),
)
