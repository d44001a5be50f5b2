"""Ids that a write names, as the objects that the record then shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.simulators.procore.writes.kinds import WrongValueError, integer, integers

if TYPE_CHECKING:
    from collections.abc import Iterator

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
# What has no table of its own: any object of that name in any record of a resource.
_SEEN: dict[str, tuple[str, str]] = {
    "observation_type": ("observations", "type"),
    "event_status": ("change_events", "status"),
    "event_type": ("change_events", "change_type"),
    "event_reason": ("change_events", "change_reason"),
}

KINDS = frozenset(
    {"user", "users", "party", "contact", "trade", "trades", "assignee", "named", *_TABLES, *_SEEN}
)


def resolve(call: Call, kind: str, value: Any) -> Any:
    """The object (or objects) that an id (or ids) names; None for none. Raises WrongValueError."""
    if kind in ("users", "trades"):
        single = _user if kind == "users" else _trade
        return [single(call, record_id) for record_id in integers(value)]
    record_id = integer(value)
    if record_id is None:
        return None
    if kind in _TABLES:
        return _tabled(call, kind, record_id)
    if kind in _SEEN:
        return _seen(call, kind, record_id)
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


def _seen(call: Call, kind: str, record_id: int) -> dict[str, Any]:
    resource, name = _SEEN[kind]
    for row in call.state.tables[resource].everything:
        held = row.fields.get(name)
        if isinstance(held, dict) and held.get("id") == record_id:
            return dict(held)
    return {"id": record_id, "name": None}


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


def _trade(call: Call, record_id: int) -> dict[str, Any]:
    for trade in _trades(call):
        if trade.get("id") == record_id:
            return dict(trade)
    return {"id": record_id, "name": None, "active": True}


def _trades(call: Call) -> Iterator[dict[str, Any]]:
    for row in call.state.tables["vendors"].everything:
        yield from row.fields.get("trades") or []


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
    "trade": _trade,
}
