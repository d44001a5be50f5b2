"""Projects, and the firms, users and people of the company and of its projects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.simulators.procore.bodies import read_body
from tiebeam.simulators.procore.calls import open_project
from tiebeam.simulators.procore.errors import not_found
from tiebeam.simulators.procore.routing import Route
from tiebeam.simulators.procore.writes import saving
from tiebeam.simulators.procore.writes.building import creating, form_route, syncing, write_route
from tiebeam.simulators.procore.writes.forms import Form, blanks, entries, invalid
from tiebeam.simulators.procore.writes.references import user_shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.routing import Handler
    from tiebeam.simulators.procore.tables import Row
    from tiebeam.simulators.procore.writes.forms import Fields

_COMPANY = "/rest/v1.0/companies/{company_id}"
_P10 = "/rest/v1.0/projects/{project_id}"
_P11 = "/rest/v1.1/projects/{project_id}"
_PLACE = "address city state_code country_code zip business_phone mobile_phone fax_number"


def _project_blank(call: Call, _project_id: int | None) -> Fields:
    unknown = "county code program logo_url estimated_start_date estimated_completion_date actual_start_date"
    company = call.state.tables["companies"].find(call.state.company_id)
    name = None if company is None else company.fields.get("name")
    return {
        **dict.fromkeys(unknown.split()),
        **blanks(_PROJECT, "project_template_id", "department_ids"),
        "active": True,
        "company": {"id": call.state.company_id, "name": name},
        "created_by": user_shown(call),
        "departments": [],
        "is_demo": False,
        "template": False,
        "locale": "en",
        "time_zone": "US/Central",
        "tz_name": "America/Chicago",
        "custom_fields": {},
    }


def _project_settled(_call: Call, held: Fields, changes: Fields) -> Fields:
    whole = {**held, **changes}
    number = whole.get("project_number")
    changes["display_name"] = f"{number} - {whole['name']}" if number else whole["name"]
    if changes.get("project_stage_id") is not None:
        changes["project_stage"] = {"id": changes["project_stage_id"], "name": None}
    if changes.get("time_zone"):
        changes["tz_name"] = changes["time_zone"]
    changes.pop("department_ids", None)
    changes.pop("project_template_id", None)
    return changes


_PROJECT = Form(
    "projects",
    "project",
    entries(
        "name* active:bool address city state_code country_code county zip description phone project_number",
        "start_date:date completion_date:date total_value:money estimated_value:money flag:=Red|Yellow|Green",
        "latitude:float longitude:float time_zone public_notes square_feet:int project_stage_id:int locale",
        "origin_id origin_data origin_code store_number warranty_start_date:date warranty_end_date:date",
        "estimated_start_date:date estimated_completion_date:date department_ids:ints parent_job_id:int",
        "project_template_id:int accounting_project_number designated_market_area sector code",
    ),
    blank=_project_blank,
    settle=_project_settled,
)


def _vendor_blank(_call: Call, _project_id: int | None) -> Fields:
    lists = ("attachments", "bidding_distribution", "project_ids", "trades")
    return {
        **blanks(_VENDOR, "standard_cost_code_ids"),
        **{name: [] for name in lists},
        "is_active": True,
        "authorized_bidder": False,
        "prequalified": False,
        "union_member": False,
        "non_union_prevailing_wage": False,
        "company_vendor": True,
        "synced_to_erp": False,
        "bidding": {},
        "children_count": 0,
        "primary_contact": None,
        "vendor_group": None,
        "custom_fields": {},
    }


def _vendor_settled(_call: Call, held: Fields, changes: Fields) -> Fields:
    if "name" in changes:
        changes["company"] = changes["name"]
        if not held.get("abbreviated_name") and not changes.get("abbreviated_name"):
            changes["abbreviated_name"] = changes["name"]
    changes.pop("standard_cost_code_ids", None)
    return changes


_VENDOR = Form(
    "vendors",
    "vendor",
    entries(
        f"name* abbreviated_name {_PLACE} email_address website is_active:bool notes labor_union",
        "license_number trade_name authorized_bidder:bool prequalified:bool union_member:bool origin_id",
        "non_union_prevailing_wage:bool origin_data origin_code parent_id:vendor trade_ids:trades>trades",
        "vendor_group_id:named bidding:object standard_cost_code_ids:ints legal_name",
    ),
    blank=_vendor_blank,
    settle=_vendor_settled,
)


def _user_blank(_call: Call, _project_id: int | None) -> Fields:
    return {
        **blanks(_USER),
        "is_active": True,
        "is_employee": False,
        "contact_id": None,
        "last_login_at": None,
        "welcome_email_sent_at": None,
        "permission_template": None,
        "verified_employee": False,
    }


def _user_settled(_call: Call, held: Fields, changes: Fields) -> Fields:
    whole = {**held, **changes}
    parts = [part for part in (whole.get("first_name"), whole.get("last_name")) if part]
    return {
        **changes,
        "name": " ".join(parts),
        "initials": whole.get("initials") or "".join(part[0] for part in parts),
    }


_USER = Form(
    "users",
    "user",
    entries(
        f"first_name last_name* email_address* {_PLACE} business_phone_extension:int job_title",
        "is_active:bool is_employee:bool employee_id notes initials origin_id origin_data email_signature",
        "vendor_id:vendor work_classification_id:int company_permission_template_id:named",
        "add_to_new_projects:bool default_permission_template_id:named",
    ),
    blank=_user_blank,
    settle=_user_settled,
)


def _person_settled(_call: Call, held: Fields, changes: Fields) -> Fields:
    contact = {"is_active": True, "email": None, **(held.get("contact") or {})}
    if "active" in changes:
        active = changes.pop("active")
        contact["is_active"] = changes["is_active"] = active
    return {**changes, "contact": contact}


_PERSON: Form = Form(
    "people",
    "person",
    entries(
        "first_name last_name* is_employee:bool employee_id active:bool job_title origin_id"
        " work_classification_id:int"
    ),
    blank=lambda _call, _project_id: {**blanks(_PERSON, "active"), "user_id": None, "user_uuid": None},
    settle=_person_settled,
)


def routes() -> Iterator[Route]:
    """Every write of the directory and of projects themselves."""
    yield creating("/rest/v1.0/projects", _PROJECT)
    yield Route("PATCH", "/rest/v1.0/projects/{id}", _update_project)
    yield syncing("/rest/v1.0/projects/sync", _PROJECT)
    yield syncing(f"{_COMPANY}/projects/sync", _PROJECT)
    yield from _vendor_routes()
    yield from _user_routes()
    yield creating(f"{_COMPANY}/people", _PERSON)
    yield form_route(
        "PATCH", f"{_COMPANY}/people/{{id}}", _PERSON, _updating_everywhere(_PERSON, "project_people")
    )
    yield form_route("POST", f"{_P10}/people", _PERSON, _creating_member(_PERSON, "project_people"))
    yield form_route("PATCH", f"{_P10}/people/{{id}}", _PERSON, _updating_member(_PERSON, "project_people"))


def _vendor_routes() -> Iterator[Route]:
    vendors = "/rest/v1.0/vendors"
    members = "project_vendors"
    yield creating(vendors, _VENDOR)
    yield form_route("PATCH", f"{vendors}/{{id}}", _VENDOR, _updating_everywhere(_VENDOR, members))
    yield syncing(f"{vendors}/sync", _VENDOR)
    yield form_route("PATCH", f"{_COMPANY}/vendors/inactive/{{id}}", _VENDOR, _reactivating(_VENDOR))
    for project in (_P10, _P11):
        path = f"{project}/vendors"
        yield form_route("POST", path, _VENDOR, _creating_member(_VENDOR, members))
        yield form_route("PATCH", f"{path}/{{id}}", _VENDOR, _updating_member(_VENDOR, members))
        yield from _membership_routes(path, _VENDOR, members)


def _user_routes() -> Iterator[Route]:
    members = "project_users"
    for version in ("v1.0", "v1.1", "v1.2", "v1.3"):
        users = f"/rest/{version}/companies/{{company_id}}/users"
        yield creating(users, _USER)
        yield syncing(f"{users}/sync", _USER)
        yield form_route("PATCH", f"{users}/{{id}}", _USER, _updating_everywhere(_USER, members))
    yield creating("/rest/v1.0/users", _USER)
    yield form_route("PATCH", f"{_COMPANY}/users/inactive/{{id}}", _USER, _reactivating(_USER))
    path = f"{_P10}/users"
    yield form_route("POST", path, _USER, _creating_member(_USER, members))
    yield form_route("PATCH", f"{path}/{{id}}", _USER, _updating_member(_USER, members))
    yield from _membership_routes(path, _USER, members)


def _membership_routes(path: str, form: Form, members: str) -> Iterator[Route]:
    yield write_route("POST", f"{path}/{{id}}/actions/add", _adding(form, members), "directory")
    yield write_route("DELETE", f"{path}/{{id}}/actions/remove", _removing(members), "directory")


def _update_project(call: Call) -> SimResponse:
    body = read_body(call.request)
    saving.enter(call, body, "projects")
    row = saving.held(call, "projects", None)
    open_project(call.state, int(row.id), None)
    saving.change(call, _PROJECT, row, body.wrapped("project"))
    return saving.answer(call, "projects", row)


def _updating_everywhere(form: Form, members: str) -> Handler:
    """Change a record of the company, and what the projects' directories show of it."""

    def handler(call: Call) -> SimResponse:
        body = read_body(call.request)
        saving.enter(call, body, form.resource)
        row = saving.held(call, form.resource, None)
        saving.change(call, form, row, body.wrapped(form.wrapper))
        _tell_members(call, row, members)
        return saving.answer(call, form.resource, row)

    return handler


def _tell_members(call: Call, row: Row, members: str) -> None:
    own = {"project_ids", "id"}
    shown = {name: value for name, value in row.fields.items() if name not in own}
    for member in call.state.tables[members].everything:
        if member.id == row.id:
            call.state.update(
                members, row.id, shown, at=call.moment, touch=False, project_id=member.project_id
            )


def _reactivating(form: Form) -> Handler:
    def handler(call: Call) -> SimResponse:
        saving.enter(call, read_body(call.request), form.resource)
        row = call.state.tables[form.resource].find(call.integer_param("id"))
        if row is None or row.hidden or row.deleted_at is None:
            raise not_found()
        call.state.restore(form.resource, row.id, at=call.moment)
        return saving.answer(call, form.resource, row)

    return handler


def _creating_member(form: Form, members: str) -> Handler:
    """A new record of the company that is in the project's directory at once."""

    def handler(call: Call) -> SimResponse:
        sent = read_body(call.request).wrapped(form.wrapper)
        row = saving.insert(call, form, sent, project_id=None)
        member = _enrol(call, row, members, call.project_id())
        return saving.answer(call, members, member, status=201)

    return handler


def _enrol(call: Call, row: Row, members: str, project_id: int) -> Row:
    fields: Fields = dict(row.fields)
    if "project_ids" in fields:
        ids = [*(fields["project_ids"] or []), project_id]
        call.state.update("vendors", row.id, {"project_ids": ids}, at=call.moment, touch=False)
        fields["project_ids"] = [project_id]
    call.state.insert(members, fields, project_id=project_id, at=call.moment)
    return call.state.row(members, row.id, project_id)


def _updating_member(form: Form, members: str) -> Handler:
    """What a project's directory shows is the company's record, so that is what changes."""

    def handler(call: Call) -> SimResponse:
        member = saving.held(call, members, call.project_id())
        row = call.state.tables[form.resource].find(member.id)
        sent: dict[str, Any] = read_body(call.request).wrapped(form.wrapper)
        if row is None:
            raise not_found()
        saving.change(call, form, row, sent)
        _tell_members(call, row, members)
        return saving.answer(call, members, member)

    return handler


def _adding(form: Form, members: str) -> Handler:
    def handler(call: Call) -> SimResponse:
        row = saving.held(call, form.resource, None)
        if call.state.tables[members].find(row.id, call.project_id()) is not None:
            raise invalid(call, {"base": ["is already a member of this project"]})
        member = _enrol(call, row, members, call.project_id())
        return saving.answer(call, members, member, status=201)

    return handler


def _removing(members: str) -> Handler:
    def handler(call: Call) -> SimResponse:
        member = saving.held(call, members, call.project_id())
        call.state.delete(members, member.id, at=call.moment, project_id=call.project_id())
        return saving.nothing()

    return handler
