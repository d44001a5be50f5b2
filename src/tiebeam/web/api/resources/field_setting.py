"""What a phone keeps so that it works without a network: projects, crews, cost codes, and who captures."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from tiebeam.capture import Capture
from tiebeam.field.projects import model
from tiebeam.identity.permissions import Permission
from tiebeam.web.api.asker import Asked
from tiebeam.web.api.field_shapes import (
    CostCode,
    Crew,
    FieldPerson,
    FieldProject,
    Member,
    NewProject,
    Setting,
)
from tiebeam.web.api.problems import nothing_there
from tiebeam.web.api.resources.field import own_projects
from tiebeam.web.api.route import GuardedRoute, needs

ROUTER = APIRouter(route_class=GuardedRoute, tags=["field"])

_Text = Annotated[str, Query(min_length=1, max_length=200)]


@ROUTER.get("/field/setting", **needs(Permission.FIELD_CAPTURE))
async def setting(ask: Asked) -> Setting:
    """Say what can be captured for, and with whom."""
    projects, seen = Capture(await ask.app()).projects(), await own_projects(ask)
    active = [
        one
        for one in await projects.all()
        if one.status is model.Standing.ACTIVE and (seen is None or one.id in seen)
    ]
    ids = {one.id for one in active}
    by = ask.asker.by
    return Setting(
        person=FieldPerson(id=by.id, name=by.name),
        today=ask.house.clock.now().date(),
        projects=[FieldProject(id=one.id, number=one.number, name=one.name) for one in active],
        crews=[_crew(one) for one in await projects.crews()],
        cost_codes=[_code(one) for one in await projects.cost_codes() if one.project_id in ids],
    )


@ROUTER.post("/field/projects", status_code=201, **needs(Permission.FIELD_REVIEW, method="post"))
async def add_project(ask: Asked, new: NewProject) -> FieldProject:
    """Add a project of the company's own; Procore need not know of it."""
    made = await Capture(await ask.app()).projects().add(new.number, new.name)
    await ask.note("project.added", f"project:{made.id}", {"number": made.number})
    return FieldProject(id=made.id, number=made.number, name=made.name)


@ROUTER.put("/field/crews", **needs(Permission.FIELD_REVIEW, method="put"))
async def set_crew(ask: Asked, crew: Crew) -> Crew:
    """Say who is in a crew, which is known by its name."""
    members = [model.Member(one.name, one.trade) for one in crew.members]
    kept = await Capture(await ask.app()).projects().set_crew(crew.name, members)
    await ask.note("crew.set", f"crew:{kept.name}", {"members": [one.name for one in kept.members]})
    return _crew(kept)


@ROUTER.delete("/field/crews", status_code=204, **needs(Permission.FIELD_REVIEW, 404, method="delete"))
async def remove_crew(ask: Asked, name: _Text) -> None:
    """Remove a crew; what was captured with it stays as it is."""
    if not await Capture(await ask.app()).projects().remove_crew(name):
        raise nothing_there("such crew")
    await ask.note("crew.removed", f"crew:{name}")


@ROUTER.put("/field/cost-codes", **needs(Permission.FIELD_REVIEW, method="put"))
async def set_cost_code(ask: Asked, wanted: CostCode) -> CostCode:
    """Add a cost code to a project, or call it otherwise."""
    code = model.CostCode(wanted.project_id, wanted.code, wanted.name)
    kept = await Capture(await ask.app()).projects().set_cost_code(code)
    await ask.note("cost_code.set", f"project:{kept.project_id}", {"code": kept.code, "name": kept.name})
    return _code(kept)


@ROUTER.delete("/field/cost-codes", status_code=204, **needs(Permission.FIELD_REVIEW, 404, method="delete"))
async def remove_cost_code(ask: Asked, project_id: UUID, code: _Text) -> None:
    """Remove a cost code; what was captured with it stays as it is."""
    if not await Capture(await ask.app()).projects().remove_cost_code(project_id, code):
        raise nothing_there("such cost code")
    await ask.note("cost_code.removed", f"project:{project_id}", {"code": code})


def _crew(one: model.Crew) -> Crew:
    return Crew(
        name=one.name, members=[Member(name=member.name, trade=member.trade) for member in one.members]
    )


def _code(one: model.CostCode) -> CostCode:
    return CostCode(project_id=one.project_id, code=one.code, name=one.name)
