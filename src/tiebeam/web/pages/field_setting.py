"""What the phones offer: crews and cost codes, typed or pasted a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tiebeam.field.projects.model import CostCode, Member
from tiebeam.identity.permissions import Permission
from tiebeam.kernel.errors import BadInputError
from tiebeam.web.pages.field import site_of
from tiebeam.web.pages.integration import uuid_of
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from starlette.responses import Response

    from tiebeam.web.call import Call

HERE: Final = "/field/setting"
CODES_MAX: Final = 500
_PASTED_MAX: Final = 60_000


async def setting_page(call: Call) -> Response:
    """Show crews, and the cost codes of each project."""
    site = await site_of(call)
    projects = site.capture.projects()
    codes = [one for one in await projects.cost_codes() if one.project_id in site.projects]
    return call.render(
        "field_setting.html",
        title="Crews and cost codes",
        site=site,
        crews=await projects.crews(),
        codes=codes,
    )


async def set_crew(call: Call) -> Response:
    """Say who is in a crew, a line each: the name, and after a comma the trade."""
    site, name = await site_of(call), call.posted("name", most=400)
    pairs = [line.partition(",") for line in _lines(call, "members")]
    members = [Member(who, trade.strip() or None) for who, _, trade in pairs]
    crew = await site.capture.projects().set_crew(name, members)
    await call.note("crew.set", f"crew:{crew.name}", {"members": [one.name for one in crew.members]})
    return call.to(HERE, notice=f"{crew.name} has {len(crew.members)} members.")


async def remove_crew(call: Call) -> Response:
    """Remove a crew; what was captured with it stays as it is."""
    site, name = await site_of(call), call.posted("name", most=400)
    if await site.capture.projects().remove_crew(name):
        await call.note("crew.removed", f"crew:{name}", {})
    return call.to(HERE, notice=f"{name} is offered no more.")


async def set_codes(call: Call) -> Response:
    """Add cost codes to a project, a line each: the code, and after a blank what it is called."""
    site, project_id = await site_of(call), uuid_of(call.posted("project"))
    if project_id not in site.projects:
        raise BadInputError("There is no such project.", action="Choose one of the list.")
    lines = _lines(call, "codes")
    if len(lines) > CODES_MAX:
        raise BadInputError(f"At most {CODES_MAX} codes are taken at once.", action="Paste some at a time.")
    for line in lines:
        code, _, name = line.partition(" ")
        await site.capture.projects().set_cost_code(CostCode(project_id, code, name))
    await call.note("cost_code.set", f"project:{project_id}", {"codes": len(lines)})
    return call.to(HERE, notice=f"{len(lines)} cost codes were added to {site.called(project_id)}.")


async def remove_code(call: Call) -> Response:
    """Remove a cost code; what was captured with it stays as it is."""
    site, project_id = await site_of(call), uuid_of(call.posted("project"))
    code = call.posted("code", most=200)
    if project_id in site.projects and await site.capture.projects().remove_cost_code(project_id, code):
        await call.note("cost_code.removed", f"project:{project_id}", {"code": code})
    return call.to(HERE, notice=f"{code} is offered no more.")


def _lines(call: Call, name: str) -> list[str]:
    text = call.posted(name, most=_PASTED_MAX).replace("\t", " ").replace("\x00", "")
    return [line.strip() for line in text.splitlines() if line.strip()]


ROWS = (
    Row("GET", HERE, Permission.FIELD_REVIEW, setting_page),
    Row("POST", f"{HERE}/crews", Permission.FIELD_REVIEW, set_crew),
    Row("POST", f"{HERE}/crews/remove", Permission.FIELD_REVIEW, remove_crew),
    Row("POST", f"{HERE}/cost-codes", Permission.FIELD_REVIEW, set_codes),
    Row("POST", f"{HERE}/cost-codes/remove", Permission.FIELD_REVIEW, remove_code),
)
