"""Companies, projects, and the people and firms in their directories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.simulators.procore.calls import open_project
from tiebeam.simulators.procore.errors import json_response
from tiebeam.simulators.procore.filters import Among, Flag, Search
from tiebeam.simulators.procore.listing import Listing, Narrowing, respond
from tiebeam.simulators.procore.paging import PROJECTS
from tiebeam.simulators.procore.reads.building import (
    CREATED,
    ID,
    UPDATED,
    company_list,
    demand_company,
    detail,
    project_list,
    seen_row,
    show,
)
from tiebeam.simulators.procore.routing import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.routing import Handler

_COMPANY = "/rest/v1.0/companies/{company_id}"
_PROJECT = "/rest/v1.0/projects/{project_id}"
_IDS = {"ids": "ids", "ids_only": "ids", "compact": "compact"}
_BY_ORIGIN = Among("filters[origin_id]", "origin_id")
_BY_VENDOR = Among("filters[vendor_id]", "vendor.id")
_BY_NAME = Search("filters[search]", ("name", "email_address", "first_name", "last_name"))

_PROJECT_FILTERS = (
    CREATED,
    UPDATED,
    ID,
    _BY_ORIGIN,
    Search("filters[name]", ("name",)),
    Among("filters[project_number]", "project_number"),
    Flag("filters[is_demo]", "is_demo"),
    Flag("filters[template]", "template"),
    Among("filters[by_stage]", "project_stage.id"),
)
_PROJECTS_V1_0 = Listing("projects", filters=_PROJECT_FILTERS, sorts=("name", "display_name"), views=_IDS)
_PROJECTS_V1_1 = Listing(
    "projects",
    filters=_PROJECT_FILTERS,
    sorts=("name", "display_name"),
    paging=PROJECTS,
    views={**_IDS, "extended": "extended"},
)
_USER_FILTERS = (CREATED, UPDATED, _BY_ORIGIN, _BY_VENDOR, _BY_NAME)
_USERS = Listing("users", filters=_USER_FILTERS, sorts=("name",), views=_IDS)
_USERS_INACTIVE = Listing("users", "deleted", sorts=("name",))
_VENDORS = Listing(
    "vendors",
    filters=(CREATED, UPDATED, ID, _BY_ORIGIN, _BY_NAME, Flag("filters[is_active]", "is_active")),
    sorts=("name",),
    views={"compact": "compact"},
)
_VENDORS_INACTIVE = Listing("vendors", "deleted", sorts=("name",), views={"compact": "compact"})
_PEOPLE = Listing("people", filters=(_BY_NAME, _BY_VENDOR, Flag("filters[is_employee]", "is_employee")))
_PEOPLE_INACTIVE = Listing("people", "deleted")
_PROJECT_VENDORS = Listing(
    "project_vendors", filters=(ID, _BY_NAME, Among("filters[parent_id]", "parent.id")), sorts=("name",)
)
_PROJECT_USERS = Listing("project_users", filters=(*_USER_FILTERS, ID), sorts=("name",), views=_IDS)
_PROJECT_PEOPLE = Listing(
    "project_people",
    filters=(_BY_NAME, _BY_VENDOR, Flag("filters[is_employee]", "is_employee")),
    sorts=("name",),
)


def routes() -> Iterator[Route]:
    """Every route of the family."""
    yield Route("GET", "/rest/v1.0/me", _me, header=False)
    yield Route("GET", "/rest/v1.0/company_base_url", _company_base_url)
    companies = Listing("companies")
    yield Route("GET", "/rest/v1.0/companies", lambda call: respond(call, companies), header=False)
    yield Route("GET", "/rest/v1.0/projects", _projects(_PROJECTS_V1_0), resource="projects")
    yield Route("GET", "/rest/v1.1/projects", _projects(_PROJECTS_V1_1), resource="projects")
    yield Route("GET", f"{_COMPANY}/projects", _projects(_PROJECTS_V1_0), resource="projects")
    yield Route("GET", "/rest/v1.0/projects/{id}", _project)
    yield from _people_routes()
    yield from _vendor_routes()


def _people_routes() -> Iterator[Route]:
    for version in ("v1.0", "v1.1", "v1.2", "v1.3"):
        users = f"/rest/{version}/companies/{{company_id}}/users"
        yield company_list(users, _USERS)
        yield company_list(f"{users}/inactive", _USERS_INACTIVE)
        yield detail(f"{users}/{{id}}", "users")
        yield company_list(f"/rest/{version}/users", _USERS)
        yield detail(f"/rest/{version}/users/{{id}}", "users")
    yield company_list(f"{_COMPANY}/people", _PEOPLE)
    yield company_list(f"{_COMPANY}/people/inactive", _PEOPLE_INACTIVE)
    yield project_list(f"{_PROJECT}/users", _PROJECT_USERS)
    yield detail(f"{_PROJECT}/users/{{id}}", "project_users")
    yield project_list(f"{_PROJECT}/people", _PROJECT_PEOPLE)


def _vendor_routes() -> Iterator[Route]:
    yield company_list("/rest/v1.0/vendors", _VENDORS)
    yield detail("/rest/v1.0/vendors/{id}", "vendors")
    yield company_list(f"{_COMPANY}/vendors/inactive", _VENDORS_INACTIVE)
    for version in ("v1.0", "v1.1"):
        vendors = f"/rest/{version}/projects/{{project_id}}/vendors"
        yield project_list(vendors, _PROJECT_VENDORS)
        yield detail(f"{vendors}/{{id}}", "project_vendors")


def _me(call: Call) -> SimResponse:
    user = call.principal.user
    return json_response({"id": user["id"], "login": user["login"], "name": user["name"]})


def _company_base_url(call: Call) -> SimResponse:
    return json_response({"zone": "us01", "web_base_url": call.base_url})


def _projects(listing: Listing) -> Handler:
    def handler(call: Call) -> SimResponse:
        demand_company(call)
        permitted = call.state.project_permitted
        only = Narrowing(call.state.forbidden_projects(), lambda row: permitted(int(row.id)))
        return respond(call, listing, only=only)

    return handler


def _project(call: Call) -> SimResponse:
    row = seen_row(call, "projects", "id")
    demand_company(call)
    open_project(call.state, int(row.id), None)
    if call.query.get("view") == "minimal":
        return show(call, "projects", row, view="compact")
    return show(call, "projects", row)
