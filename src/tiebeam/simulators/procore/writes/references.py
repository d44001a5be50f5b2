"""Ids that a write names, as the objects that the record then shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.simulators.procore.writes.choices import SOURCES, choices
from tiebeam.simulators.procore.writes.kinds import WrongValueError, integer, integers

if TYPE_CHECKING:
    from tiebeam.simulators.procore.calls import Call

_VENDOR = ("id", "name")
_PARTY = ("employee_id", "first_name", "is_employee", "last_name", "user_id", "work_classification")
# The table that holds what an id may name, and which of its fields another record shows (none: all of them).
_TABLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "vendor": ("vendors", _VENDOR),
    "location": ("locations", ()),
    "cost_code": ("cost_codes", ("id", "name")),
    "full_cost_code": ("cost_codes", ()),
    "wbs_code": ("wbs_codes", ("id", "flat_code", "description")),
    "section": ("specification_sections", ("id", "number", "description", "label", "current_revision_id")),
    "package": ("submittal_packages", ("id", "number", "title", "description")),
    "submittal_status": ("submittal_statuses", ("id", "name", "status")),
    "task": ("tasks", ("id", "name", "key")),
    "contract": ("prime_contracts", ("id", "number", "title", "vendor")),
}
KINDS = frozenset({"user", "users", "party", "contact", "trades", "assignee", "named", *_TABLES, *SOURCES})


def resolve(call: Call, kind: str, value: Any) -> Any:
    """The object (or objects) that an id (or ids) names; None for none. Raises WrongValueError."""
    if kind in ("users", "trades"):
        single = "user" if kind == "users" else "trade"
        return [resolve(call, single, record_id) for record_id in integers(value)]
    record_id = integer(value)
    if record_id is None:
        return None
    if kind in _TABLES:
        return _tabled(call, kind, record_id)
    if kind in SOURCES:
        return _chosen(call, kind, record_id)
    return _PEOPLE[kind](call, record_id)


def user_shown(call: Call) -> dict[str, Any]:
    """The caller as other records show them."""
    return {name: call.principal.user.get(name) for name in ("id", "login", "name")}


def _tabled(call: Call, kind: str, record_id: int) -> dict[str, Any]:
    table, shown = _TABLES[kind]
    row = call.state.tables[table].find(record_id)
    if row is None or row.hidden:
        raise WrongValueError("must exist")
    return {name: row.fields.get(name) for name in shown} if shown else dict(row.fields)


def _chosen(call: Call, kind: str, record_id: int) -> dict[str, Any]:
    """The choice with that id; one that nobody made before is taken as it is."""
    known = choices(call.state, kind)
    return next((dict(each) for each in known if each["id"] == record_id), {"id": record_id, "name": None})


def _user(call: Call, record_id: int) -> dict[str, Any]:
    if record_id == call.principal.user["id"]:
        return user_shown(call)
    for table in ("users", "project_users"):
        row = call.state.tables[table].find(record_id)
        if row is not None:
            fields = row.fields
            login = fields.get("login") or fields.get("email_address")
            return {"id": record_id, "login": login, "name": _name(fields)}
    raise WrongValueError("must exist")


def _assignee(call: Call, record_id: int) -> dict[str, Any]:
    row = call.state.tables["users"].find(record_id)
    vendor = row.fields.get("vendor") if row is not None else None
    return {"id": record_id, "name": _user(call, record_id)["name"], "vendor": vendor}


def _party(call: Call, record_id: int) -> dict[str, Any]:
    for table in ("people", "project_people"):
        row = call.state.tables[table].find(record_id)
        if row is not None:
            shown = {name: row.fields.get(name) for name in _PARTY}
            return {"id": record_id, "name": _name(row.fields), **shown}
    raise WrongValueError("must exist")


def _contact(call: Call, record_id: int) -> dict[str, Any]:
    """A log's contact, which may be a firm as well as a person."""
    firm = call.state.tables["vendors"].find(record_id)
    if firm is not None:
        return {"id": record_id, "name": firm.fields.get("name"), "vendor_name": firm.fields.get("name")}
    person = _party(call, record_id)
    return {"id": record_id, "name": person["name"], "login_information_id": person["user_id"]}


def _name(fields: dict[str, Any]) -> str:
    parts = (fields.get("first_name"), fields.get("last_name"))
    return str(fields.get("name") or " ".join(part for part in parts if part))


def _named(_call: Call, record_id: int) -> dict[str, Any]:
    """What is known by its id alone."""
    return {"id": record_id, "name": None}


_PEOPLE = {
    "named": _named,
    "user": _user,
    "assignee": _assignee,
    "party": _party,
    "contact": _contact,
}
