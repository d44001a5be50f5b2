"""People: who there is, what they are here for, and which projects they see."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from tiebeam.identity.model import Person as Kept
from tiebeam.identity.model import Role
from tiebeam.identity.permissions import Permission
from tiebeam.web.api.asker import Asked
from tiebeam.web.api.cursors import Page
from tiebeam.web.api.etags import require_match, tag
from tiebeam.web.api.places import Words
from tiebeam.web.api.problems import nothing_there
from tiebeam.web.api.route import GuardedRoute, needs

ROUTER = APIRouter(route_class=GuardedRoute, tags=["people"])

_PROJECTS = Field(default=None, max_length=1000, description="Procore's ids of the projects; null: all.")


class Person(BaseModel):
    """Somebody of the company."""

    id: UUID
    email: str
    name: str
    role: Role
    active: bool
    project_ids: list[str] | None = Field(description="The projects that they see; null: all.")
    made_at: datetime
    signed_in_at: datetime | None


class NewPerson(BaseModel):
    """Somebody to be added. They come in by the company's provider, or once they have a password."""

    model_config = ConfigDict(extra="forbid")

    email: Words
    name: Words
    role: Role
    project_ids: list[Words] | None = _PROJECTS


class PersonSetting(BaseModel):
    """What somebody is to be."""

    model_config = ConfigDict(extra="forbid")

    role: Role
    active: bool
    project_ids: list[Words] | None = _PROJECTS


@ROUTER.get("/people", **needs(Permission.PEOPLE_MANAGE))
async def people(ask: Asked) -> Page[Person]:
    """List everybody of the company by name, also those who are disabled."""
    found = await ask.house.accounts.people(ask.asker.tenant.id)
    return Page(items=[_shown(one) for one in found], next=None)


@ROUTER.get("/people/{person_id}", **needs(Permission.PEOPLE_MANAGE, 404))
async def person(ask: Asked, answer: Response, person_id: UUID) -> Person:
    """Show somebody. The ETag tells of role, projects and whether they may come in."""
    found = await _one(ask, person_id)
    tag(answer, _setting(found))
    return _shown(found)


@ROUTER.post("/people", status_code=201, **needs(Permission.PEOPLE_MANAGE, method="post"))
async def add(ask: Asked, answer: Response, new: NewPerson) -> Person:
    """Add somebody."""
    made = await ask.house.accounts.add_person(
        ask.asker.tenant.id,
        email=new.email,
        name=new.name,
        role=new.role,
        by=ask.asker.by,
        project_ids=new.project_ids,
    )
    answer.headers["Location"] = f"/api/v1/people/{made.id}"
    return _shown(made)


@ROUTER.put("/people/{person_id}", **needs(Permission.PEOPLE_MANAGE, 404, 412, method="put"))
async def change(ask: Asked, answer: Response, person_id: UUID, wanted: PersonSetting) -> Person:
    """Say what somebody is here for, what they see, and whether they may come in."""
    accounts, tenant_id, by = ask.house.accounts, ask.asker.tenant.id, ask.asker.by
    found = await _one(ask, person_id)
    require_match(ask.request, _setting(found))
    if found.role is not wanted.role:
        await accounts.set_role(tenant_id, person_id, wanted.role, by=by)
    if _setting(found).project_ids != (None if wanted.project_ids is None else sorted(wanted.project_ids)):
        await accounts.set_projects(tenant_id, person_id, wanted.project_ids, by=by)
    if found.active and not wanted.active:
        await accounts.disable(tenant_id, person_id, by=by)
    elif wanted.active and not found.active:
        await accounts.enable(tenant_id, person_id, by=by)
    found = await _one(ask, person_id)
    tag(answer, _setting(found))
    return _shown(found)


async def _one(ask: Asked, person_id: UUID) -> Kept:
    for one in await ask.house.accounts.people(ask.asker.tenant.id):
        if one.id == person_id:
            return one
    raise nothing_there("such person")


def _setting(one: Kept) -> PersonSetting:
    projects = None if one.project_ids is None else sorted(one.project_ids)
    return PersonSetting(role=one.role, active=one.active, project_ids=projects)


def _shown(one: Kept) -> Person:
    return Person(
        id=one.id,
        email=one.email,
        name=one.name,
        role=one.role,
        active=one.active,
        project_ids=_setting(one).project_ids,
        made_at=one.made_at,
        signed_in_at=one.signed_in_at,
    )
