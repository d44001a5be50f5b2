"""RFIs with their replies, and submittals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.simulators.procore.bodies import read_body
from tiebeam.simulators.procore.errors import ApiError, not_found
from tiebeam.simulators.procore.identifiers import stamp
from tiebeam.simulators.procore.writes import saving
from tiebeam.simulators.procore.writes.attachments import attached
from tiebeam.simulators.procore.writes.building import creating, deleting, form_route, updating
from tiebeam.simulators.procore.writes.forms import Form, blanks, entries, invalid
from tiebeam.simulators.procore.writes.references import user_shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.routing import Route
    from tiebeam.simulators.procore.tables import Row
    from tiebeam.simulators.procore.writes.forms import Fields

_P10 = "/rest/v1.0/projects/{project_id}"
_P11 = "/rest/v1.1/projects/{project_id}"
_IMPACTS = frozenset({"yes_known", "yes_unknown", "no_impact", "tbd", "n_a"})


def _rfi_blank(call: Call, project_id: int | None) -> Fields:
    number = saving.number_after(call, "rfis", project_id)
    return {
        **blanks(_RFI, "question", "required_assignee_ids", "source_rfi_header_id"),
        "number": str(number),
        "prefix": "RFI-",
        "status": "open",
        "draft": False,
        "accepted": False,
        "private": False,
        "initiated_at": stamp(call.moment),
        "time_resolved": None,
        "created_by": user_shown(call),
        "assignees": [],
        "ball_in_court": None,
        "ball_in_courts": [],
        "ball_in_court_role": "Assignee",
        "distribution_list": [],
        "cost_impact": {"status": None, "value": None},
        "schedule_impact": {"status": None, "value": None},
        "drawing_ids": [],
        "questions": [],
        "sub_job": None,
        "custom_textfield_1": {"label": "", "value": None},
        "custom_textfield_2": {"label": "", "value": None},
        "custom_fields": {},
    }


def _rfi_settled(call: Call, held: Fields, changes: Fields) -> Fields:
    required = changes.pop("required_assignee_ids", None)
    if changes.get("assignee") and "assignees" not in changes:
        changes["assignees"] = [changes["assignee"]]
    if "assignees" in changes:
        people = [{**each, "response_required": _asked(each, required)} for each in changes["assignees"]]
        changes |= {"assignees": people, "assignee": people[0] if people else None}
        shown = [{name: each[name] for name in ("id", "login", "name")} for each in people]
        changes |= {"ball_in_courts": shown, "ball_in_court": shown[0] if shown else None}
    for name in ("cost_impact", "schedule_impact"):
        _check_impact(call, name, changes.get(name))
    if "draft" in changes:
        changes |= {"status": "draft" if changes["draft"] else held["status"]}
        changes |= {
            "initiated_at": None if changes["draft"] else held.get("initiated_at") or stamp(call.moment)
        }
    if changes.get("accepted") and not held.get("accepted"):
        changes |= {"status": "closed", "time_resolved": stamp(call.moment), "ball_in_courts": []}
        changes |= {"ball_in_court": None}
    whole = {**held, **changes}
    changes["translated_status"] = str(whole["status"]).capitalize()
    changes["full_number"] = f"{whole.get('prefix') or ''}{whole['number']}"
    if "question" in changes:
        changes["questions"] = _asked_first(call, held, changes.pop("question"))
    return changes


def _asked(person: Fields, required: list[int] | None) -> bool:
    return required is None or person["id"] in required


def _check_impact(call: Call, name: str, impact: Any) -> None:
    if isinstance(impact, dict) and impact.get("status") not in (None, *_IMPACTS):
        raise invalid(call, {f"{name}.status": ["is not included in the list"]})


def _asked_first(call: Call, held: Fields, sent: Any) -> list[Fields]:
    """The questions with the first one as it was sent. Raises ApiError for one without words."""
    if not isinstance(sent, dict) or not sent.get("body"):
        raise invalid(call, {"question.body": ["can't be blank"]})
    before = (held.get("questions") or [{}])[0]
    text = str(sent["body"])
    question = {
        "id": before.get("id") or call.storeroom.take_id(),
        "body": text,
        "question_date": before.get("question_date") or stamp(call.moment),
        "plain_text_body": text,
        "rich_text_body": text if text.startswith("<") else f"<p>{text}</p>",
        "created_by": before.get("created_by") or call.principal.user["name"],
        "attachments": [*before.get("attachments", []), *attached(call, sent)],
        "answers": before.get("answers", []),
    }
    return [question, *(held.get("questions") or [])[1:]]


_RFI = Form(
    "rfis",
    "rfi",
    entries(
        "subject* rfi_manager_id*:user question*:object reference assignee_id:user",
        "assignee_ids:users>assignees required_assignee_ids:ints draft:bool accepted:bool due_date:date",
        "private:bool number prefix revision",
        "received_from_login_information_id:user>received_from responsible_contractor_id:vendor",
        "distribution_ids:users>distribution_list project_stage_id:int location_id:location drawing_number",
        "schedule_impact:object cost_impact:object specification_section_id:section cost_code_id:cost_code",
        "source_rfi_header_id:int",
    ),
    blank=_rfi_blank,
    settle=_rfi_settled,
    unique=None,
)


def _reply_blank(call: Call, _project_id: int | None) -> Fields:
    author = call.principal.user
    return {
        "official": False,
        "answer_date": stamp(call.moment),
        "created_by": author["name"],
        "created_by_id": author["id"],
    }


def _reply_settled(_call: Call, _held: Fields, changes: Fields) -> Fields:
    if "body" in changes:
        text = changes.pop("body") or ""
        changes |= {
            "plain_text_body": text,
            "rich_text_body": text if text.startswith("<") else f"<p>{text}</p>",
        }
    return changes


_REPLY = Form(
    "rfi_replies",
    "reply",
    entries("body official:bool"),
    blank=_reply_blank,
    settle=_reply_settled,
    unique=None,
    files="attachments",
)


def routes() -> Iterator[Route]:
    """Every write of the two tools."""
    rfi = f"{_P10}/rfis/{{id}}"
    yield creating(f"{_P10}/rfis", _RFI)
    yield form_route("PATCH", f"{_P10}/rfis", _RFI, _change_rfis)
    yield updating(rfi, _RFI)
    yield form_route("PATCH", f"{rfi}/recycle", _RFI, _recycle)
    yield form_route("PATCH", f"{rfi}/retrieve", _RFI, _retrieve)
    replies = f"{_P10}/rfis/{{rfi_id}}/replies"
    yield form_route("POST", replies, _REPLY, _reply)
    yield form_route("PATCH", f"{replies}/{{id}}", _REPLY, _change_reply)
    yield form_route("DELETE", f"{replies}/{{id}}", _REPLY, _withdraw_reply)
    for project in (_P10, _P11):
        yield creating(f"{project}/submittals", _SUBMITTAL)
        yield updating(f"{project}/submittals/{{id}}", _SUBMITTAL)
    yield deleting(f"{_P11}/submittals/{{id}}", "submittals")


def _change_rfis(call: Call) -> SimResponse:
    """The same for many RFIs, each named by its id."""
    changed = []
    for item in read_body(call.request).listed("data"):
        row = call.state.tables["rfis"].find(int(item.get("id") or 0))
        if row is None or not row.live or row.project_id != call.project_id():
            raise not_found("The RFI")
        changed.append(saving.change(call, _RFI, row, item))
    return saving.answer_all(call, "rfis", changed)


def _recycle(call: Call) -> SimResponse:
    row = saving.held(call, "rfis", call.project_id())
    call.state.update("rfis", row.id, {"status": "recycled"}, touch=False)
    call.state.delete("rfis", row.id, at=call.moment)
    return saving.nothing(200)


def _retrieve(call: Call) -> SimResponse:
    row = call.state.tables["rfis"].find(call.integer_param("id"))
    if row is None or row.hidden or row.deleted_at is None or row.project_id != call.project_id():
        raise not_found()
    closed = "closed" if row.fields.get("time_resolved") else "open"
    call.state.update("rfis", row.id, {"status": "draft" if row.fields.get("draft") else closed}, touch=False)
    call.state.restore("rfis", row.id, at=call.moment)
    return saving.nothing(200)


def _reply(call: Call) -> SimResponse:
    body = read_body(call.request)
    project_id = call.project_id()
    rfi = saving.held(call, "rfis", project_id, "rfi_id")
    row = saving.insert(
        call, _REPLY, body.wrapped("reply"), project_id=project_id, parent_id=rfi.id, beside=body.fields
    )
    return saving.answer(call, "rfi_replies", row, status=201)


def _own_reply(call: Call) -> Row:
    rfi = saving.held(call, "rfis", call.project_id(), "rfi_id")
    row = saving.held(call, "rfi_replies", call.project_id())
    if row.parent_id != rfi.id:
        raise not_found()
    return row


def _change_reply(call: Call) -> SimResponse:
    """Only whether it is the official answer can be changed."""
    row = _own_reply(call)
    sent = read_body(call.request).wrapped("reply")
    if "official" not in sent:
        raise ApiError(400, "param is missing or the value is empty: official")
    saving.change(call, _REPLY, row, {"official": sent["official"]})
    return saving.answer(call, "rfi_replies", row)


def _withdraw_reply(call: Call) -> SimResponse:
    call.state.delete("rfi_replies", _own_reply(call).id, at=call.moment)
    return saving.nothing(200)


def _submittal_blank(call: Call, project_id: int | None) -> Fields:
    lists = ("approvers", "ball_in_court", "distribution_members", "associated_attachments", "drawing_ids")
    return {
        **blanks(_SUBMITTAL),
        **{name: [] for name in lists},
        "number": str(saving.number_after(call, "submittals", project_id)),
        "revision": "0",
        "current_revision": True,
        "status": _first_status(call),
        "private": False,
        "created_by": user_shown(call),
        "closed_at": None,
        "distributed_at": None,
        "distributed_submittals": [],
        "last_distributed_submittal": None,
        "attachments_count": 0,
        "for_record_only": False,
        "custom_fields": {},
    }


def _first_status(call: Call) -> Fields | None:
    rows = [row.fields for row in call.state.tables["submittal_statuses"].everything]
    chosen = next((row for row in rows if row.get("status") == "Open"), rows[0] if rows else None)
    return chosen and {name: chosen.get(name) for name in ("id", "name", "status")}


def _submittal_settled(_call: Call, held: Fields, changes: Fields) -> Fields:
    if "type" in changes:
        name = changes["type"]
        changes["type"] = None if name is None else {"id": None, "name": name}
    changes.pop("workflow_data", None)
    whole = {**held, **changes}
    section = whole.get("specification_section") or {}
    changes["formatted_number"] = "-".join(
        str(part) for part in (section.get("number"), whole.get("number")) if part
    )
    location, cost_code = whole.get("location") or {}, whole.get("cost_code") or {}
    return {**changes, "location_id": location.get("id"), "cost_code_id": cost_code.get("id")}


_SUBMITTAL = Form(
    "submittals",
    "submittal",
    entries(
        "number* title description revision type private:bool status_id:submittal_status",
        "actual_delivery_date:date confirmed_delivery_date:date due_date:date issue_date:date",
        "received_date:date required_on_site_date:date submit_by:date lead_time:int internal_review_time:int",
        "design_team_review_time:int received_from_id:user submittal_manager_id:user",
        "distribution_member_ids:users>distribution_members responsible_contractor_id:vendor",
        "cost_code_id:cost_code location_id:location specification_section_id:section sub_job_id:int",
        "submittal_package_id:package scheduled_task_id:task source_submittal_log_id:int",
        "custom_textarea_1 custom_textfield_1",
    ),
    blank=_submittal_blank,
    settle=_submittal_settled,
    unique=None,
    files="attachments",
)
