"""What each view of a record contains, without anything that a read changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.simulators.procore.resources import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiebeam.simulators.procore.state import ProcoreState
    from tiebeam.simulators.procore.tables import Row


def build_view(state: ProcoreState, resource: str, row: Row, view: str) -> Any:
    """The content of a record in a view: `list`, `detail`, `ids`, `compact`, or one of the resource's own."""
    builder = _OWN.get((resource, view)) or _COMMON.get(view)
    if builder is None:
        raise KeyError(f"{resource} have no view {view!r}")
    return builder(state, resource, row)


def _list(_state: ProcoreState, resource: str, row: Row) -> dict[str, Any]:
    left_out = RESOURCES[resource].detail_only
    return {name: value for name, value in row.fields.items() if name not in left_out}


def _detail(_state: ProcoreState, _resource: str, row: Row) -> dict[str, Any]:
    return dict(row.fields)


def _ids(_state: ProcoreState, _resource: str, row: Row) -> Any:
    return row.id


def _compact(_state: ProcoreState, _resource: str, row: Row) -> dict[str, Any]:
    return {"id": row.id, "name": row.fields.get("name")}


def _textual(value: Any, name: str = "") -> Any:
    """Version 2 writes ids as strings, wherever they stand."""
    if isinstance(value, dict):
        return {key: _textual(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_textual(item) for item in value]
    if type(value) is int and (name == "id" or name.endswith("_id")):
        return str(value)
    return value


def _version_2(_state: ProcoreState, resource: str, row: Row) -> Any:
    return _textual(_list(_state, resource, row))


def _rfi_list(state: ProcoreState, resource: str, row: Row) -> dict[str, Any]:
    content = _list(state, resource, row)
    if "questions" in content:
        content["questions"] = [
            {"id": q.get("id"), "body": q.get("body")} for q in content["questions"] or []
        ]
    return content


def _rfi_detail(state: ProcoreState, _resource: str, row: Row) -> dict[str, Any]:
    replies = [
        reply.fields for reply in state.tables["rfi_replies"].bucket(parent_id=row.id).sorted() if reply.live
    ]
    questions = [dict(question) for question in row.fields.get("questions") or []]
    for position, question in enumerate(questions):
        own = [reply for reply in replies if _answers(reply, question, first=position == 0)]
        question["answers"] = [*(question.get("answers") or []), *own]
    return {**row.fields, "questions": questions}


def _answers(reply: dict[str, Any], question: dict[str, Any], *, first: bool) -> bool:
    asked = reply.get("question_id")
    return first if asked is None else bool(asked == question.get("id"))


_V1_0_LEFT_OUT = ("change_items", "markup_items", "production_quantities", "event_origin", "external_data")
_V1_1_LEFT_OUT = ("change_event_line_items", "rfqs")


def _change_event_v1_0(state: ProcoreState, resource: str, row: Row) -> dict[str, Any]:
    content = {
        name: value for name, value in _list(state, resource, row).items() if name not in _V1_0_LEFT_OUT
    }
    status, number = row.fields.get("status"), str(row.fields.get("number") or "")
    content["status"] = status.get("name") if isinstance(status, dict) else status
    content["alphanumeric_number"] = number
    content["number"] = int(number) if number.isdecimal() else None
    external = row.fields.get("external_data") or {}
    content["origin_id"] = external.get("origin_id")
    content.setdefault("change_event_line_items", [])
    return content


def _change_event_list(state: ProcoreState, resource: str, row: Row) -> dict[str, Any]:
    content = _list(state, resource, row)
    return {name: value for name, value in content.items() if name not in _V1_1_LEFT_OUT}


def _change_event_detail(_state: ProcoreState, _resource: str, row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.fields.items() if name not in _V1_1_LEFT_OUT}


_PROJECT_EXTENDED = (
    "actual_start_date",
    "departments",
    "description",
    "estimated_completion_date",
    "estimated_start_date",
    "flag",
    "inbound_email",
    "inbound_email_address",
    "locale",
    "logo_url",
    "office",
    "public_notes",
    "square_feet",
    "template",
    "tz_name",
    "warranty_end_date",
    "warranty_start_date",
)


def _project_list(_state: ProcoreState, _resource: str, row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.fields.items() if name not in _PROJECT_EXTENDED}


def _meeting_list(state: ProcoreState, resource: str, row: Row) -> dict[str, Any]:
    content = _list(state, resource, row)
    content.pop("group_title", None)
    return content


def _meeting_detail(_state: ProcoreState, _resource: str, row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.fields.items() if name != "group_title"}


_SUBMITTAL_OBJECTS = (
    "cost_code",
    "location",
    "received_from",
    "responsible_contractor",
    "scheduled_task",
    "specification_section",
    "status",
    "sub_job",
    "submittal_manager",
    "submittal_package",
)
_SUBMITTAL_SCALARS = (
    "id",
    "actual_delivery_date",
    "bic_due_date",
    "confirmed_delivery_date",
    "closed_at",
    "description",
    "design_team_review_time",
    "due_date",
    "internal_review_time",
    "issue_date",
    "lead_time",
    "number",
    "private",
    "received_date",
    "required_on_site_date",
    "revision",
    "submit_by",
    "title",
)


def _submittal_v2(_state: ProcoreState, _resource: str, row: Row) -> Any:
    fields = row.fields
    content: dict[str, Any] = {name: fields.get(name) for name in _SUBMITTAL_SCALARS}
    content.update({f"{name}_id": (fields.get(name) or {}).get("id") for name in _SUBMITTAL_OBJECTS})
    content["type"] = (fields.get("type") or {}).get("name")
    content["distribution_member_ids"] = [member["id"] for member in fields.get("distribution_members") or []]
    return _textual(content)


def _document_v2(state: ProcoreState, resource: str, row: Row) -> Any:
    content = _list(state, resource, row)
    content.pop("name_with_path", None)
    return _textual(content)


_FILE_FIELDS = ("description", "file_type", "checked_out_by", "checked_out_until")


def _document_file(state: ProcoreState, resource: str, row: Row) -> Any:
    """A file as the older tree shows it: flat, with its versions in a list."""
    content = _list(state, resource, row)
    held = content.pop("file", None) or {}
    for name in ("document_type", "children", "is_recycle_bin", "read_only", "private_parent"):
        content.pop(name, None)
    version = held.get("current_version")
    versions = [{**version, "file_id": row.id}] if version else []
    flat = {name: held.get(name) for name in _FILE_FIELDS}
    return {**content, **flat, "size": (version or {}).get("size"), "file_versions": versions}


def _document_folder(state: ProcoreState, resource: str, row: Row) -> Any:
    content = _list(state, resource, row)
    content.pop("file", None)
    return {**content, **(content.pop("children", None) or {}), "folders": [], "files": []}


def _schedule_v2(state: ProcoreState, resource: str, row: Row) -> Any:
    content = dict(row.fields)
    own_id = content.pop("id")
    place: dict[str, Any] = {"project_id": row.project_id, "company_id": state.company_id}
    if resource != "schedules":
        place["schedule_id"] = row.parent_id
    return _textual({RESOURCES[resource].id_field: own_id, **content, **place})


_COMMON: dict[str, Callable[[ProcoreState, str, Row], Any]] = {
    "list": _list,
    "detail": _detail,
    "ids": _ids,
    "compact": _compact,
    "v2": _version_2,
}

_OWN: dict[tuple[str, str], Callable[[ProcoreState, str, Row], Any]] = {
    ("rfis", "list"): _rfi_list,
    ("rfis", "detail"): _rfi_detail,
    ("change_events", "list"): _change_event_list,
    ("change_events", "detail"): _change_event_detail,
    ("change_events", "list.v1.0"): _change_event_v1_0,
    ("projects", "list"): _project_list,
    ("projects", "extended"): _detail,
    ("meetings", "list"): _meeting_list,
    ("meetings", "detail"): _meeting_detail,
    ("submittals", "v2"): _submittal_v2,
    ("documents", "v2"): _document_v2,
    ("documents", "file"): _document_file,
    ("documents", "folder"): _document_folder,
    **{
        (resource, view): _schedule_v2
        for resource in ("schedules", "activities", "activity_links")
        for view in ("list", "detail")
    },
}
