"""Observations and what is answered to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.simulators.procore.bodies import read_body
from tiebeam.simulators.procore.errors import not_found
from tiebeam.simulators.procore.identifiers import stamp
from tiebeam.simulators.procore.writes import saving
from tiebeam.simulators.procore.writes.building import creating, deleting, form_route, updating
from tiebeam.simulators.procore.writes.forms import Form, blanks, entries, invalid
from tiebeam.simulators.procore.writes.references import user_shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.routing import Route
    from tiebeam.simulators.procore.writes.forms import Fields

_ITEMS = "/rest/v1.0/observations/items"
_P10 = "/rest/v1.0/projects/{project_id}"
_LABELS = {
    "initiated": "Initiated",
    "ready_for_review": "Ready For Review",
    "not_accepted": "Not Accepted",
    "closed": "Closed",
}


def _blank(call: Call, project_id: int | None) -> Fields:
    lists = ("drawing_ids", "drawing_revisions", "current_drawing_revision_ids", "distribution_members")
    return {
        **blanks(_ITEM),
        **{name: [] for name in lists},
        "number": str(saving.number_after(call, "observations", project_id)),
        "status": "initiated",
        "priority": None,
        "personal": False,
        "date_notified": None,
        "closed_at": None,
        "origin": None,
        "checklist_item": None,
        "checklist_list": None,
        "created_by": user_shown(call),
        "custom_fields": {},
    }


def _settled(call: Call, held: Fields, changes: Fields) -> Fields:
    if "description" in changes:
        text = changes["description"]
        changes["description_rich_text"] = None if text is None else f"<p>{text}</p>"
    status = changes.get("status")
    if status is not None and status != held.get("status"):
        changes["closed_at"] = stamp(call.moment) if status == "closed" else None
    return changes


_ITEM = Form(
    "observations",
    "observation",
    entries(
        "name* type_id*:observation_type number description personal:bool due_date:date",
        "priority:=Low|Medium|High|Urgent status:=initiated|ready_for_review|not_accepted|closed",
        "assignee_id:assignee trade_id:trade location_id:location specification_section_id:section",
        "distribution_member_ids:users>distribution_members contributing_behavior_id:named",
        "contributing_condition_id:named hazard_id:named",
    ),
    blank=_blank,
    settle=_settled,
    unique=None,
    files="attachments",
)


def _answer_blank(call: Call, _project_id: int | None) -> Fields:
    author = call.principal.user
    shown = {"id": author["id"], "name": author["name"]}
    return {"comment": None, "created_by": shown, "created_by_name": author["name"]}


_ANSWER = Form(
    "observation_response_logs",
    "response_log",
    entries("comment"),
    blank=_answer_blank,
    unique=None,
    files="attachments",
)


def routes() -> Iterator[Route]:
    """Every write of the tool."""
    yield creating(_ITEMS, _ITEM)
    yield updating(f"{_ITEMS}/{{id}}", _ITEM)
    yield deleting(f"{_P10}/observations/items/{{id}}", "observations", "nothing")
    yield form_route("PATCH", f"{_P10}/recycle_bin/observations/items/{{id}}/restore", _ITEM, _restore)
    yield form_route("POST", f"{_ITEMS}/{{item_id}}/response_logs", _ANSWER, _answer)


def _restore(call: Call) -> SimResponse:
    row = call.state.tables["observations"].find(call.integer_param("id"))
    if row is None or row.hidden or row.deleted_at is None or row.project_id != call.project_id():
        raise not_found()
    call.state.restore("observations", row.id, at=call.moment)
    return saving.answer(call, "observations", row)


def _answer(call: Call) -> SimResponse:
    """A response, which may move the observation on to another status."""
    body = read_body(call.request)
    project_id = saving.enter(call, body, "observations")
    item = saving.held(call, "observations", project_id, "item_id")
    status = body.fields.get("status") or item.fields.get("status")
    if status not in _LABELS:
        raise invalid(call, {"status": ["is not included in the list"]})
    sent = body.fields.get("response_log")
    row = saving.insert(
        call,
        _ANSWER,
        sent if isinstance(sent, dict) else {},
        project_id=project_id,
        parent_id=item.id,
        beside=body.fields,
    )
    told = {"item_id": item.id, "status": _LABELS[status]}
    call.state.update("observation_response_logs", row.id, told, touch=False)
    if status != item.fields.get("status"):
        saving.change(call, _ITEM, item, {"status": status})
    return saving.answer(call, "observation_response_logs", row, status=201)
